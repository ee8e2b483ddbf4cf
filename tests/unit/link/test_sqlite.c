#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite.h"
#include "sys/fd.h"

#define APPLICATION 0x4c415a31u

static const struct laz_db_migration steps[] = {
    {"ward", "CREATE TABLE ward (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"},
    {"bed", "CREATE TABLE bed (id INTEGER PRIMARY KEY, ward INTEGER NOT NULL REFERENCES ward(id),"
            " note BLOB, weight REAL) STRICT; CREATE INDEX bed_ward ON bed(ward);"},
    {"broken",
     "CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT; INSERT INTO nowhere VALUES (1);"},
};

struct place {
    char dir[64], file[96], other[112];
};

static int make_place(void **state)
{
    static struct place place;

    snprintf(place.dir, sizeof place.dir, "/tmp/laz-sqlite-XXXXXX");
    assert_non_null(mkdtemp(place.dir));
    snprintf(place.file, sizeof place.file, "%s/test.sqlite", place.dir);
    snprintf(place.other, sizeof place.other, "%s/other.sqlite", place.dir);
    *state = &place;
    return 0;
}

static int remove_place(void **state)
{
    const struct place *place = *state;
    static const char *const names[] = {"test.sqlite",          "test.sqlite-wal",
                                        "test.sqlite-shm",      "other.sqlite",
                                        "test.sqlite.before-1", "test.sqlite.before-2"};
    char path[160];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", place->dir, names[i]);
        unlink(path);
    }
    return rmdir(place->dir);
}

static struct laz_db_config config_of(const struct place *place, size_t migrations)
{
    return (struct laz_db_config){.path = place->file,
                                  .application_id = APPLICATION,
                                  .migrations = steps,
                                  .migration_count = migrations,
                                  .busy_timeout_ms = 50};
}

static struct laz_db *open_db(const struct place *place, size_t migrations)
{
    struct laz_db_config config = config_of(place, migrations);
    struct laz_error err = {0};
    struct laz_db *db = NULL;

    if (laz_db_open(&config, &db, &err) != LAZ_OK)
        fail_msg("%s: %s", err.where, err.why);
    return db;
}

static int64_t number(struct laz_db *db, const char *sql)
{
    struct laz_statement *s;
    bool row = false;
    int64_t n;

    assert_int_equal(laz_db_get(db, sql, &s, NULL), LAZ_OK);
    assert_int_equal(laz_statement_step(s, &row, NULL), LAZ_OK);
    assert_true(row);
    n = laz_column_i64(s, 0);
    laz_statement_reset(s);
    return n;
}

static enum laz_status add_ward(struct laz_db *db, const char *name, struct laz_error *err)
{
    struct laz_statement *s;

    assert_int_equal(laz_db_get(db, "INSERT INTO ward (name) VALUES (?)", &s, NULL), LAZ_OK);
    laz_bind_string(s, 1, name);
    return laz_statement_run(s, err);
}

static void what_is_written_is_read_again(void **state)
{
    static const uint8_t bytes[] = {0, 255, 39, 0};
    LAZ_OWNED(laz_db_drop) struct laz_db *db = open_db(*state, 2);
    struct laz_statement *s;
    bool row = false;

    assert_int_equal(add_ward(db, "it's \" north", NULL), LAZ_OK);
    assert_int_equal(laz_db_last_id(db), 1);
    assert_int_equal(
        laz_db_get(db, "INSERT INTO bed (ward, note, weight) VALUES (?, ?, ?)", &s, NULL), LAZ_OK);
    laz_bind_i64(s, 1, 1);
    laz_bind_blob(s, 2, laz_view_from(bytes, sizeof bytes));
    laz_bind_double(s, 3, 2.5);
    assert_int_equal(laz_statement_run(s, NULL), LAZ_OK);
    laz_bind_i64(s, 1, 1);
    laz_bind_null(s, 2);
    assert_int_equal(laz_statement_run(s, NULL), LAZ_OK);
    assert_int_equal(laz_db_get(db,
                                "SELECT name, note, weight, bed.id FROM bed JOIN ward ON"
                                " ward.id = ward ORDER BY bed.id",
                                &s, NULL),
                     LAZ_OK);
    assert_int_equal(laz_statement_step(s, &row, NULL), LAZ_OK);
    assert_true(row);
    assert_true(laz_view_equal_text(laz_column_text(s, 0), "it's \" north"));
    assert_true(laz_view_equal(laz_column_blob(s, 1), laz_view_from(bytes, sizeof bytes)));
    assert_true(laz_column_double(s, 2) == 2.5);
    assert_int_equal(laz_statement_step(s, &row, NULL), LAZ_OK);
    assert_true(row && laz_column_is_null(s, 1) && laz_column_is_null(s, 2));
    assert_int_equal(laz_column_blob(s, 1).len, 0);
    assert_int_equal(laz_statement_step(s, &row, NULL), LAZ_OK);
    assert_false(row);
}

static void the_file_is_private_and_every_commit_is_synced(void **state)
{
    const struct place *place = *state;
    LAZ_OWNED(laz_db_drop) struct laz_db *db = open_db(place, 2);
    struct stat st;

    assert_int_equal(stat(place->file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(number(db, "PRAGMA synchronous"), 2);
    assert_int_equal(number(db, "PRAGMA foreign_keys"), 1);
    assert_int_equal(number(db, "PRAGMA trusted_schema"), 0);
    assert_int_equal(number(db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
}

static void broken_constraints_have_their_own_status(void **state)
{
    LAZ_OWNED(laz_db_drop) struct laz_db *db = open_db(*state, 2);

    assert_int_equal(add_ward(db, "a", NULL), LAZ_OK);
    assert_int_equal(add_ward(db, "a", NULL), LAZ_EXISTS);
    assert_int_equal(add_ward(db, NULL, NULL), LAZ_INVALID);
    assert_int_equal(laz_db_run(db, "INSERT INTO bed (ward) VALUES (99)", NULL), LAZ_INVALID);
    assert_int_equal(add_ward(db, "b", NULL), LAZ_OK);
    assert_int_equal(number(db, "SELECT count(*) FROM ward"), 2);
}

static enum laz_status add_two(struct laz_db *db, void *second, struct laz_error *err)
{
    enum laz_status s = add_ward(db, "first", err);

    return s == LAZ_OK ? add_ward(db, second, err) : s;
}

static void a_transaction_is_whole_or_nothing(void **state)
{
    LAZ_OWNED(laz_db_drop) struct laz_db *db = open_db(*state, 1);
    char first[] = "first", second[] = "second";

    assert_int_equal(laz_db_transaction(db, add_two, first, NULL), LAZ_EXISTS);
    assert_int_equal(number(db, "SELECT count(*) FROM ward"), 0);
    assert_int_equal(laz_db_transaction(db, add_two, second, NULL), LAZ_OK);
    assert_int_equal(number(db, "SELECT count(*) FROM ward"), 2);
}

static void a_second_writer_is_told_that_it_is_busy(void **state)
{
    LAZ_OWNED(laz_db_drop) struct laz_db *one = open_db(*state, 1);
    LAZ_OWNED(laz_db_drop) struct laz_db *two = open_db(*state, 1);

    assert_int_equal(laz_db_begin(one, NULL), LAZ_OK);
    assert_int_equal(laz_db_begin(two, NULL), LAZ_BUSY);
    assert_int_equal(add_ward(one, "a", NULL), LAZ_OK);
    assert_int_equal(laz_db_commit(one, NULL), LAZ_OK);
    assert_int_equal(laz_db_begin(two, NULL), LAZ_OK);
    laz_db_rollback(two);
    assert_int_equal(number(two, "SELECT count(*) FROM ward"), 1);
}

static void a_migration_keeps_a_copy_of_the_old_file(void **state)
{
    const struct place *place = *state;
    LAZ_OWNED(laz_db_drop) struct laz_db *db = open_db(place, 1);
    struct laz_db_config old = config_of(place, 1);
    LAZ_OWNED(laz_db_drop) struct laz_db *copy = NULL;
    char path[160];

    assert_int_equal(add_ward(db, "kept", NULL), LAZ_OK);
    laz_db_drop(&db);
    db = open_db(place, 2);
    assert_int_equal(number(db, "SELECT count(*) FROM ward WHERE name = 'kept'"), 1);
    assert_int_equal(number(db, "SELECT count(*) FROM bed"), 0);
    snprintf(path, sizeof path, "%s.before-1", place->file);
    old.path = path;
    assert_int_equal(laz_db_open(&old, &copy, NULL), LAZ_OK);
    assert_int_equal(number(copy, "SELECT count(*) FROM ward"), 1);
}

static void a_migration_that_fails_leaves_the_file_as_it_was(void **state)
{
    const struct place *place = *state;
    struct laz_db_config config = config_of(place, 3);
    LAZ_OWNED(laz_db_drop) struct laz_db *db = open_db(place, 2);
    struct laz_db *newer = NULL;

    laz_db_drop(&db);
    assert_int_not_equal(laz_db_open(&config, &newer, NULL), LAZ_OK);
    assert_null(newer);
    db = open_db(place, 2);
    assert_int_equal(number(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'more'"), 0);
}

static void a_newer_or_foreign_file_is_refused(void **state)
{
    const struct place *place = *state;
    LAZ_OWNED(laz_db_drop) struct laz_db *db = open_db(place, 2);
    struct laz_db_config config = config_of(place, 1);
    struct laz_db *none = NULL;
    struct laz_error err;

    laz_db_drop(&db);
    assert_int_equal(laz_db_open(&config, &none, &err), LAZ_VERSION);
    assert_non_null(strstr(err.why, "newer version"));
    config = config_of(place, 2);
    config.application_id = 7;
    assert_int_equal(laz_db_open(&config, &none, &err), LAZ_VERSION);
    assert_non_null(strstr(err.why, "another program"));
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    const struct place *place = *state;
    struct laz_db_config config = config_of(place, 1);
    struct laz_db *none = NULL;
    uint8_t text[4096];

    memset(text, 'x', sizeof text);
    assert_int_equal(
        laz_replace_file(AT_FDCWD, place->file, laz_view_from(text, sizeof text), 0600, NULL),
        LAZ_OK);
    assert_int_equal(laz_db_open(&config, &none, NULL), LAZ_DAMAGED);
}

static void a_copy_is_consistent_while_the_database_is_in_use(void **state)
{
    const struct place *place = *state;
    LAZ_OWNED(laz_db_drop) struct laz_db *db = open_db(place, 1);
    LAZ_OWNED(laz_db_drop) struct laz_db *copy = NULL;
    struct laz_db_config config = config_of(place, 1);

    assert_int_equal(add_ward(db, "a", NULL), LAZ_OK);
    assert_int_equal(laz_db_backup(db, place->other, NULL), LAZ_OK);
    assert_int_equal(laz_db_backup(db, place->other, NULL), LAZ_EXISTS);
    config.path = place->other;
    config.read_only = true;
    assert_int_equal(laz_db_open(&config, &copy, NULL), LAZ_OK);
    assert_int_equal(number(copy, "SELECT count(*) FROM ward"), 1);
    assert_int_equal(laz_db_check(copy, NULL), LAZ_OK);
    assert_int_equal(laz_db_run(copy, "DELETE FROM ward", NULL), LAZ_DENIED);
}

static void fill(struct laz_db *db, enum laz_status *last)
{
    char name[4096];

    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    *last = LAZ_OK;
    for (unsigned i = 0; i < 2000 && *last == LAZ_OK; i++) {
        snprintf(name, 16, "%08u", i);
        name[8] = 'x';
        *last = add_ward(db, name, NULL);
    }
}

static void a_full_disk_is_said_and_loses_nothing(void **state)
{
    struct place *place = *state;
    LAZ_OWNED(laz_db_drop) struct laz_db *db = NULL;
    enum laz_status last;
    int64_t before;

    if (mount("none", place->dir, "tmpfs", 0, "size=1m") != 0)
        skip();
    db = open_db(place, 1);
    fill(db, &last);
    assert_int_equal(last, LAZ_LIMIT);
    before = number(db, "SELECT count(*) FROM ward");
    assert_true(before > 10);
    laz_db_drop(&db);
    db = open_db(place, 1);
    assert_int_equal(number(db, "SELECT count(*) FROM ward"), before);
    assert_int_equal(laz_db_check(db, NULL), LAZ_OK);
    laz_db_drop(&db);
    assert_int_equal(umount(place->dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_read_again, make_place, remove_place),
        cmocka_unit_test_setup_teardown(the_file_is_private_and_every_commit_is_synced, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(broken_constraints_have_their_own_status, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(a_transaction_is_whole_or_nothing, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(a_second_writer_is_told_that_it_is_busy, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(a_migration_keeps_a_copy_of_the_old_file, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(a_migration_that_fails_leaves_the_file_as_it_was,
                                        make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_newer_or_foreign_file_is_refused, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(a_file_that_is_no_database_is_refused, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(a_copy_is_consistent_while_the_database_is_in_use,
                                        make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_full_disk_is_said_and_loses_nothing, make_place,
                                        remove_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
