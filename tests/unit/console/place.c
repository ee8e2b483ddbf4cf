#include "place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "console/schema.h"
#include "sign/digest.h"

void place_make(struct place *p)
{
    char path[128];

    laz_digest_init();
    snprintf(p->folder, sizeof p->folder, "/tmp/lazaret-console.XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(path, sizeof path, "%s/db", p->folder);
    assert_int_equal(laz_console_db_open(path, &p->db, NULL), LAZ_OK);
    place_run(p, "INSERT INTO organisation VALUES (1, 'first', 1), (2, 'second', 1)");
}

void place_remove(struct place *p)
{
    static const char *const names[] = {"db", "db-wal", "db-shm"};
    char path[128];

    laz_db_drop(&p->db);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", p->folder, names[i]);
        laz_ignore(unlink(path) != 0); /* not each is there */
    }
    assert_int_equal(rmdir(p->folder), 0);
}

int64_t place_number(struct place *p, const char *sql)
{
    struct laz_statement *st;
    bool row;
    int64_t n;

    assert_int_equal(laz_db_get(p->db, sql, &st, NULL), LAZ_OK);
    assert_int_equal(laz_statement_step(st, &row, NULL), LAZ_OK);
    assert_true(row);
    n = laz_column_i64(st, 0);
    laz_statement_reset(st);
    return n;
}

void place_run(struct place *p, const char *sql)
{
    struct laz_error err;

    if (laz_db_run(p->db, sql, &err) != LAZ_OK)
        fail_msg("%s: %s", sql, err.why);
}

void place_add_endpoint(struct place *p, int64_t organisation_id, const char *name,
                        struct laz_endpoint *out)
{
    const struct laz_scope scope = {organisation_id};
    struct laz_report report = {0};
    char uuid[LAZ_UUID_TEXT_SIZE];

    snprintf(report.name, sizeof report.name, "%s", name);
    laz_buf_init(&report.details, LAZ_REPORT_MAX);
    laz_buf_init(&report.counters, LAZ_REPORT_MAX);
    laz_buf_add_text(&report.details, "{}");
    laz_buf_add_text(&report.counters, "{\"opens\":5}");
    laz_uuid_make(uuid);
    assert_int_equal(laz_endpoint_add(p->db, scope, uuid, &report, out, NULL), LAZ_OK);
    laz_report_clear(&report);
}

void place_add_account(struct place *p, int64_t organisation_id, const char *name,
                       struct laz_account *out)
{
    const struct laz_scope scope = {organisation_id};

    assert_int_equal(laz_account_add(p->db, scope, name, "admin", "hash", NULL), LAZ_OK);
    assert_int_equal(laz_account_find(p->db, laz_view_of(name), out, NULL), LAZ_OK);
}
