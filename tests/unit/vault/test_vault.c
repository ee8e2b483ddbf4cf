#include "place.h"

#include <dirent.h>
#include <errno.h>

#include "agent/vault.h"
#include "base/number.h"
#include "sys/clock.h"

static const struct laz_vault_limits small = {.free_min = 1};

static struct laz_vault *open_with(const struct place *p, const struct laz_vault_limits *limits)
{
    struct laz_vault *v;
    struct laz_error err;

    assert_int_equal(laz_vault_open(in(p, "vault"), LAZ_VAULT_WRITE, limits, &v, &err), LAZ_OK);
    return v;
}

static struct laz_vault *open_vault(const struct place *p)
{
    return open_with(p, &small);
}

static enum laz_status keep(struct laz_vault *v, const char *actor, const char *path,
                            struct laz_vault_kept *kept)
{
    LAZ_OWNED(laz_fd_drop) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct laz_error err;

    assert_true(fd >= 0);
    return laz_vault_keep(v, laz_view_of(actor), fd, laz_view_of(path), kept, &err);
}

static void keep_ok(struct laz_vault *v, const char *actor, const char *path)
{
    struct laz_vault_kept kept;

    assert_int_equal(keep(v, actor, path, &kept), LAZ_OK);
}

static void renamed(struct laz_vault *v, const char *from, const char *to, bool with_inode)
{
    struct stat st = {0};

    assert_int_equal(rename(from, to), 0);
    if (with_inode)
        assert_int_equal(lstat(to, &st), 0);
    assert_int_equal(laz_vault_renamed(v, laz_view_of("a"), laz_view_of(from), laz_view_of(to),
                                       st.st_dev, st.st_ino),
                     LAZ_OK);
}

static void created(struct laz_vault *v, const char *path)
{
    assert_int_equal(laz_vault_created(v, laz_view_of("a"), laz_view_of(path)), LAZ_OK);
}

struct told {
    unsigned put_back, unchanged, failed, made;
};

static void hear(void *context, const struct laz_vault_report *report)
{
    struct told *told = context;

    switch (report->outcome) {
    case LAZ_VAULT_PUT_BACK:
        told->put_back++;
        break;
    case LAZ_VAULT_UNCHANGED:
        told->unchanged++;
        break;
    case LAZ_VAULT_FAILED:
        assert_non_null(report->err);
        told->failed++;
        break;
    case LAZ_VAULT_MADE:
        told->made++;
        break;
    }
}

static struct laz_vault_rollback roll_back(struct laz_vault *v, const char *actor,
                                           struct told *told)
{
    struct laz_vault_rollback done;
    struct laz_error err;

    struct laz_vault_listener listener = {.report = hear, .context = told};

    *told = (struct told){0};
    assert_int_equal(laz_vault_roll_back(v, laz_view_of(actor), &listener, &done, &err), LAZ_OK);
    return done;
}

static unsigned count_entries(const char *dir)
{
    DIR *d = opendir(dir);
    unsigned count = 0;

    assert_non_null(d);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
        count += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 ? 1 : 0;
    closedir(d);
    return count;
}

/* Long enough ago that the version can be told by its times. */
static void settle(void)
{
    usleep(30000);
}

static void what_was_overwritten_comes_back_whole(void **state)
{
    struct place *p = *state;
    struct laz_vault *v = open_vault(p);
    const char *path = in(p, "letter \xfe.odt");
    struct look before, after;
    struct told told;
    struct laz_vault_rollback done;

    write_text(path, "dear patient");
    decorate(path);
    before = look_at(path);
    keep_ok(v, "a", path);
    write_text(path, "encrypted!");
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(removexattr(path, "user.note"), 0);
    done = roll_back(v, "a", &told);
    assert_int_equal(done.restored, 1);
    assert_int_equal(done.failed, 0);
    assert_int_equal(told.put_back, 1);
    after = look_at(path);
    assert_same_look(&before, &after);
    assert_text(path, "dear patient");
    assert_int_equal(count_entries(in(p, "vault/evidence")), 1);
    assert_int_equal(count_entries(p->dir), 2); /* the letter, the vault */
    laz_vault_free(v);
}

static void what_was_not_changed_is_not_touched(void **state)
{
    struct place *p = *state;
    struct laz_vault *v = open_vault(p);
    struct look before, after;
    struct told told;

    write_text(in(p, "file"), "text");
    settle();
    before = look_at(in(p, "file"));
    keep_ok(v, "a", in(p, "file"));
    assert_int_equal(roll_back(v, "a", &told).restored, 1);
    assert_int_equal(told.unchanged, 1);
    after = look_at(in(p, "file"));
    assert_int_equal(before.st.st_ino, after.st.st_ino);
    assert_int_equal(before.st.st_ctim.tv_nsec, after.st.st_ctim.tv_nsec);
    laz_vault_free(v);
}

/* The ways in which attackers leave files, each ending with the same two files as before. */
static void attack_rename_after(struct laz_vault *v, const struct place *p)
{
    keep_ok(v, "a", in(p, "share/one"));
    write_text(in(p, "share/one"), "XXXX");
    renamed(v, in(p, "share/one"), in(p, "share/one.locked"), true);
    keep_ok(v, "a", in(p, "share/two"));
    write_text(in(p, "share/two"), "YYYY");
    renamed(v, in(p, "share/two"), in(p, "share/two.locked"), false);
}

static void attack_rename_before(struct laz_vault *v, const struct place *p)
{
    renamed(v, in(p, "share/one"), in(p, "share/one.locked"), true);
    keep_ok(v, "a", in(p, "share/one.locked"));
    write_text(in(p, "share/one.locked"), "XXXX");
    renamed(v, in(p, "share/two"), in(p, "share/two.locked"), false);
    keep_ok(v, "a", in(p, "share/two.locked"));
    write_text(in(p, "share/two.locked"), "YYYY");
}

static void attack_replace(struct laz_vault *v, const struct place *p)
{
    keep_ok(v, "a", in(p, "share/one"));
    write_text(in(p, "share/one.tmp"), "XXXX");
    created(v, in(p, "share/one.tmp"));
    renamed(v, in(p, "share/one.tmp"), in(p, "share/one"), true);
    keep_ok(v, "a", in(p, "share/two"));
    write_text(in(p, "share/two.tmp"), "YYYY");
    created(v, in(p, "share/two.tmp"));
    renamed(v, in(p, "share/two.tmp"), in(p, "share/two"), false);
}

static void attack_delete(struct laz_vault *v, const struct place *p)
{
    keep_ok(v, "a", in(p, "share/one"));
    keep_ok(v, "a", in(p, "share/two"));
    assert_int_equal(unlink(in(p, "share/one")), 0);
    assert_int_equal(unlink(in(p, "share/two")), 0);
    assert_int_equal(rmdir(in(p, "share")), 0);
}

static void attack_link(struct laz_vault *v, const struct place *p)
{
    keep_ok(v, "a", in(p, "share/one"));
    assert_int_equal(unlink(in(p, "share/one")), 0);
    assert_int_equal(symlink("/etc/passwd", in(p, "share/one")), 0);
    keep_ok(v, "a", in(p, "share/two"));
    assert_int_equal(unlink(in(p, "share/two")), 0);
    assert_int_equal(mkfifo(in(p, "share/two"), 0600), 0);
}

static void attack_rename_only(struct laz_vault *v, const struct place *p)
{
    renamed(v, in(p, "share/one"), in(p, "share/x"), true);
    renamed(v, in(p, "share/x"), in(p, "share/y"), true);
    renamed(v, in(p, "share/two"), in(p, "share/one"), true);
}

static void attack_swap(struct laz_vault *v, const struct place *p)
{
    keep_ok(v, "a", in(p, "share/one"));
    keep_ok(v, "a", in(p, "share/two"));
    write_text(in(p, "share/one"), "XXXX");
    renamed(v, in(p, "share/one"), in(p, "share/three"), true);
    renamed(v, in(p, "share/two"), in(p, "share/one"), true);
    renamed(v, in(p, "share/three"), in(p, "share/two"), true);
}

static void attack_folder(struct laz_vault *v, const struct place *p)
{
    keep_ok(v, "a", in(p, "share/one"));
    write_text(in(p, "share/one"), "XXXX");
    renamed(v, in(p, "share"), in(p, "gone"), true);
    keep_ok(v, "a", in(p, "gone/two"));
    write_text(in(p, "gone/two"), "YYYY");
}

static void attack_write_twice(struct laz_vault *v, const struct place *p)
{
    for (int i = 0; i < 3; i++) {
        keep_ok(v, "a", in(p, "share/one"));
        write_text(in(p, "share/one"), "XXXX");
        settle();
    }
    keep_ok(v, "a", in(p, "share/two"));
    assert_int_equal(unlink(in(p, "share/two")), 0);
    write_text(in(p, "share/two"), "made by the attacker");
    keep_ok(v, "a", in(p, "share/two"));
    write_text(in(p, "share/two"), "YYYY");
}

static void every_attack_is_undone(void **state)
{
    static const struct {
        const char *what;
        void (*attack)(struct laz_vault *v, const struct place *p);
    } cases[] = {
        {"renamed after", attack_rename_after},
        {"renamed before", attack_rename_before},
        {"replaced", attack_replace},
        {"deleted", attack_delete},
        {"links and fifos", attack_link},
        {"only renamed", attack_rename_only},
        {"swapped", attack_swap},
        {"folder moved", attack_folder},
        {"written twice", attack_write_twice},
    };
    struct place *p = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_vault *v = open_vault(p);
        struct look one, two, now;
        struct told told;

        assert_int_equal(mkdir(in(p, "share"), 0750), 0);
        write_text(in(p, "share/one"), "first file");
        write_text(in(p, "share/two"), "second file");
        decorate(in(p, "share/two"));
        one = look_at(in(p, "share/one"));
        two = look_at(in(p, "share/two"));
        settle();
        cases[i].attack(v, p);
        assert_int_equal(roll_back(v, "a", &told).failed, 0);
        if (!exists(in(p, "share/one")) || !exists(in(p, "share/two")) ||
            count_entries(in(p, "share")) != 2)
            print_error("case: %s\n", cases[i].what);
        assert_int_equal(count_entries(in(p, "share")), 2);
        assert_text(in(p, "share/one"), "first file");
        assert_text(in(p, "share/two"), "second file");
        now = look_at(in(p, "share/one"));
        assert_same_look(&one, &now);
        now = look_at(in(p, "share/two"));
        assert_same_look(&two, &now);
        now = look_at(in(p, "share"));
        assert_int_equal(now.st.st_mode & 07777, 0750);
        assert_int_equal(count_entries(p->dir), 2); /* share and vault */
        assert_int_equal(unlink(in(p, "share/one")), 0);
        assert_int_equal(unlink(in(p, "share/two")), 0);
        assert_int_equal(rmdir(in(p, "share")), 0);
        laz_vault_free(v);
    }
}

static void all_names_of_a_file_get_their_content_back(void **state)
{
    struct place *p = *state;
    struct laz_vault *v = open_vault(p);
    struct look before, after;
    struct told told;

    write_text(in(p, "one"), "shared content");
    assert_int_equal(link(in(p, "one"), in(p, "two")), 0);
    before = look_at(in(p, "one"));
    keep_ok(v, "a", in(p, "one"));
    write_text(in(p, "one"), "X");
    assert_int_equal(roll_back(v, "a", &told).restored, 1);
    assert_text(in(p, "one"), "shared content");
    assert_text(in(p, "two"), "shared content");
    after = look_at(in(p, "two"));
    assert_int_equal(before.st.st_ino, after.st.st_ino);
    assert_int_equal(after.st.st_nlink, 2);
    laz_vault_free(v);
}

static void files_that_the_actor_made_are_left_and_told(void **state)
{
    struct place *p = *state;
    struct laz_vault *v = open_vault(p);
    struct told told;

    write_text(in(p, "file"), "text");
    keep_ok(v, "a", in(p, "file"));
    write_text(in(p, "file"), "XXXX");
    write_text(in(p, "HOW_TO_DECRYPT.txt"), "pay");
    created(v, in(p, "HOW_TO_DECRYPT.txt"));
    created(v, in(p, "gone meanwhile"));
    assert_int_equal(roll_back(v, "a", &told).left, 1);
    assert_int_equal(told.made, 1);
    assert_text(in(p, "HOW_TO_DECRYPT.txt"), "pay");
    laz_vault_free(v);
}

static void a_folder_in_the_way_fails_and_can_be_tried_again(void **state)
{
    struct place *p = *state;
    struct laz_vault *v = open_vault(p);
    struct laz_vault_rollback done;
    struct told told;

    write_text(in(p, "file"), "text");
    write_text(in(p, "other"), "text");
    keep_ok(v, "a", in(p, "file"));
    keep_ok(v, "a", in(p, "other"));
    write_text(in(p, "other"), "XXXX");
    assert_int_equal(unlink(in(p, "file")), 0);
    assert_int_equal(mkdir(in(p, "file"), 0755), 0);
    done = roll_back(v, "a", &told);
    assert_int_equal(done.restored, 1);
    assert_int_equal(done.failed, 1);
    assert_int_equal(told.failed, 1);
    assert_text(in(p, "other"), "text");
    assert_int_equal(rmdir(in(p, "file")), 0);
    done = roll_back(v, "a", &told);
    assert_int_equal(done.restored, 2); /* counted, though only one is told again */
    assert_int_equal(told.put_back, 1);
    assert_text(in(p, "file"), "text");
    laz_vault_free(v);
}

static void what_is_kept_already_costs_nothing(void **state)
{
    struct place *p = *state;
    struct laz_vault *v = open_vault(p);
    struct laz_vault_kept kept;
    struct laz_vault_state s;

    write_text(in(p, "file"), "text");
    settle();
    assert_int_equal(keep(v, "a", in(p, "file"), &kept), LAZ_OK);
    assert_false(kept.shared);
    assert_int_equal(kept.bytes, 4);
    assert_int_equal(keep(v, "a", in(p, "file"), &kept), LAZ_OK);
    assert_true(kept.shared);
    assert_int_equal(keep(v, "b", in(p, "file"), &kept), LAZ_OK);
    assert_true(kept.shared);
    assert_int_equal(kept.bytes, 0);
    assert_int_equal(count_entries(in(p, "vault/objects")), 1);
    write_text(in(p, "file"), "b wrote this");
    settle();
    assert_int_equal(keep(v, "c", in(p, "file"), &kept), LAZ_OK);
    assert_false(kept.shared);
    laz_vault_state(v, &s);
    assert_int_equal(s.kept, 2);
    assert_int_equal(s.shared, 2);
    assert_int_equal(s.entries, 3);
    assert_int_equal(s.actors, 3);
    laz_vault_free(v);
}

static void a_version_too_young_to_tell_is_not_shared(void **state)
{
    struct place *p = *state;
    struct laz_vault *v = open_vault(p);
    struct laz_vault_kept kept;
    struct told told;

    write_text(in(p, "file"), "one!");
    assert_int_equal(keep(v, "a", in(p, "file"), &kept), LAZ_OK);
    write_text(in(p, "file"), "two!"); /* perhaps within the same tick */
    assert_int_equal(keep(v, "b", in(p, "file"), &kept), LAZ_OK);
    assert_false(kept.shared);
    write_text(in(p, "file"), "XXXX");
    assert_int_equal(roll_back(v, "b", &told).restored, 1);
    assert_text(in(p, "file"), "two!");
    laz_vault_free(v);
}

static void each_actor_gets_back_what_it_touched(void **state)
{
    struct place *p = *state;
    struct laz_vault *v = open_vault(p);
    struct laz_vault_rollback done;
    struct laz_error err;
    struct told told;
    struct laz_vault_listener listener = {.report = hear, .context = &told};

    write_text(in(p, "one"), "first");
    write_text(in(p, "two"), "second");
    keep_ok(v, "a", in(p, "one"));
    keep_ok(v, "b", in(p, "two"));
    write_text(in(p, "one"), "XXXX");
    write_text(in(p, "two"), "good work of b");
    assert_int_equal(roll_back(v, "a", &told).restored, 1);
    assert_text(in(p, "one"), "first");
    assert_text(in(p, "two"), "good work of b");
    assert_int_equal(laz_vault_roll_back(v, laz_view_of("nobody"), &listener, &done, &err),
                     LAZ_NOT_FOUND);
    laz_vault_free(v);
}

static void a_vault_that_was_left_knows_everything_again(void **state)
{
    struct place *p = *state;
    struct laz_vault *v = open_vault(p);
    struct laz_vault_state s;
    struct laz_error err;
    struct told told;

    write_text(in(p, "file"), "text");
    write_text(in(p, "empty"), "");
    keep_ok(v, "a", in(p, "file"));
    keep_ok(v, "a", in(p, "empty"));
    keep_ok(v, "b", in(p, "file"));
    write_text(in(p, "file"), "XXXX");
    write_text(in(p, "empty"), "XXXX");
    renamed(v, in(p, "file"), in(p, "file.locked"), true);
    assert_int_equal(laz_vault_suspect(v, laz_view_of("a"), true), LAZ_OK);
    laz_vault_free(v);
    write_text(in(p, "vault/objects/00000000000000ff"), "interrupted");
    v = open_vault(p);
    laz_vault_state(v, &s);
    assert_int_equal(s.entries, 3);
    assert_int_equal(s.actors, 2);
    assert_int_equal(s.damaged, 0);
    assert_false(exists(in(p, "vault/objects/00000000000000ff")));
    {
        struct laz_vault *second;

        assert_int_equal(laz_vault_open(in(p, "vault"), LAZ_VAULT_WRITE, &small, &second, &err),
                         LAZ_BUSY);
        assert_int_equal(laz_vault_open(in(p, "vault"), LAZ_VAULT_READ, &small, &second, &err),
                         LAZ_OK);
        laz_vault_state(second, &s);
        assert_int_equal(s.entries, 3);
        laz_vault_free(second);
    }
    assert_int_equal(roll_back(v, "a", &told).restored, 2);
    assert_text(in(p, "file"), "text");
    assert_text(in(p, "empty"), "");
    assert_false(exists(in(p, "file.locked")));
    laz_vault_free(v);
}

static void room_is_made_by_the_trusted_and_settled_first(void **state)
{
    static const struct laz_vault_limits tight = {
        .free_min = 1, .bytes_max = 3 * 8192, .settle_s = 1000000};
    struct place *p = *state;
    struct laz_vault *v = open_with(p, &tight);
    struct laz_vault_kept kept;
    struct laz_vault_state s;
    uint8_t data[8192] = {1};
    int old;

    for (int i = 0; i < 4; i++) {
        char name[8];

        snprintf(name, sizeof name, "%d", i);
        write_file(in(p, name), data, sizeof data);
    }
    keep_ok(v, "a", in(p, "0"));
    keep_ok(v, "b", in(p, "1"));
    keep_ok(v, "c", in(p, "2"));
    assert_int_equal(keep(v, "c", in(p, "3"), &kept), LAZ_LIMIT); /* nothing may go */
    assert_int_equal(laz_vault_forget(v, laz_view_of("b")), LAZ_OK);
    assert_int_equal(keep(v, "c", in(p, "3"), &kept), LAZ_OK);
    laz_vault_state(v, &s);
    assert_int_equal(s.evicted, 1);
    assert_int_equal(s.refused, 1);
    assert_int_equal(laz_vault_open_old(v, laz_view_of("a"), laz_view_of(in(p, "0")), -1, &old),
                     LAZ_OK);
    close(old);
    laz_vault_free(v);
}

static void nothing_of_a_suspect_is_evicted(void **state)
{
    static const struct laz_vault_limits tight = {
        .free_min = 1, .bytes_max = 2 * 8192, .settle_s = 1, .age_max_s = 1};
    struct place *p = *state;
    struct laz_vault *v = open_with(p, &tight);
    struct laz_vault_kept kept;
    struct laz_error err;
    uint8_t data[8192] = {1};
    int old;

    write_file(in(p, "0"), data, sizeof data);
    write_file(in(p, "1"), data, sizeof data);
    write_file(in(p, "2"), data, sizeof data);
    keep_ok(v, "a", in(p, "0"));
    keep_ok(v, "b", in(p, "1"));
    assert_int_equal(laz_vault_suspect(v, laz_view_of("a"), true), LAZ_OK);
    sleep(2);
    assert_int_equal(keep(v, "c", in(p, "2"), &kept), LAZ_OK); /* b's is old enough to go */
    assert_int_equal(laz_vault_open_old(v, laz_view_of("b"), laz_view_of(in(p, "1")), -1, &old),
                     LAZ_NOT_FOUND);
    assert_int_equal(laz_vault_tidy(v, laz_now_ms() + 10000, &err), LAZ_OK);
    assert_int_equal(laz_vault_open_old(v, laz_view_of("c"), laz_view_of(in(p, "2")), -1, &old),
                     LAZ_NOT_FOUND);
    assert_int_equal(laz_vault_open_old(v, laz_view_of("a"), laz_view_of(in(p, "0")), -1, &old),
                     LAZ_OK);
    close(old);
    laz_vault_free(v);
}

static void what_is_refused_is_counted(void **state)
{
    static const struct laz_vault_limits cases[] = {
        {.free_min = UINT64_MAX / 2},
        {.free_min = 1, .file_max = 3},
        {.free_min = 1, .bytes_max = 3},
    };
    struct place *p = *state;

    write_text(in(p, "file"), "text");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_vault *v = open_with(p, &cases[i]);
        struct laz_vault_kept kept;
        struct laz_vault_state s;

        assert_int_equal(keep(v, "a", in(p, "file"), &kept), LAZ_LIMIT);
        laz_vault_state(v, &s);
        assert_int_equal(s.refused, 1);
        assert_int_equal(s.entries, 0);
        assert_int_equal(count_entries(in(p, "vault/objects")), 0);
        laz_vault_free(v);
    }
}

static void only_regular_files_are_kept(void **state)
{
    struct place *p = *state;
    struct laz_vault *v = open_vault(p);
    struct laz_vault_kept kept;
    struct laz_error err;
    int fd = open(p->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_int_equal(laz_vault_keep(v, laz_view_of("a"), fd, laz_view_of(p->dir), &kept, &err),
                     LAZ_UNSUPPORTED);
    close(fd);
    laz_vault_free(v);
}

static void the_old_content_is_found_by_path_and_by_inode(void **state)
{
    struct place *p = *state;
    struct laz_vault *v = open_vault(p);
    char text[8] = {0};
    int fd, old;

    write_text(in(p, "file"), "text");
    keep_ok(v, "a", in(p, "file"));
    write_text(in(p, "file"), "XXXX");
    assert_int_equal(laz_vault_open_old(v, laz_view_of("a"), laz_view_of(in(p, "file")), -1, &old),
                     LAZ_OK);
    assert_int_equal(read(old, text, sizeof text), 4);
    assert_string_equal(text, "text");
    close(old);
    assert_int_equal(rename(in(p, "file"), in(p, "file.locked")), 0);
    fd = open(in(p, "file.locked"), O_PATH | O_CLOEXEC);
    assert_int_equal(
        laz_vault_open_old(v, laz_view_of("a"), laz_view_of(in(p, "file.locked")), fd, &old),
        LAZ_OK);
    assert_int_equal(read(old, text, sizeof text), 4);
    close(old);
    assert_int_equal(
        laz_vault_open_old(v, laz_view_of("b"), laz_view_of(in(p, "file.locked")), fd, &old),
        LAZ_NOT_FOUND);
    close(fd);
    laz_vault_free(v);
}

struct list {
    unsigned count;
    uint64_t last;
};

static bool count_entry(void *context, const struct laz_vault_entry *e)
{
    struct list *l = context;

    assert_true(e->id > l->last);
    assert_true(e->path.len > 0 && e->actor.len > 0);
    l->last = e->id;
    l->count++;
    return true;
}

static void copies_are_listed_and_taken_out(void **state)
{
    struct place *p = *state;
    struct laz_vault *v = open_vault(p), *reader;
    struct list l = {0};
    struct laz_error err;

    write_text(in(p, "file"), "text");
    decorate(in(p, "file"));
    keep_ok(v, "a", in(p, "file"));
    write_text(in(p, "file"), "XXXX");
    assert_int_equal(laz_vault_open(in(p, "vault"), LAZ_VAULT_READ, NULL, &reader, &err), LAZ_OK);
    laz_vault_list(reader, count_entry, &l);
    assert_int_equal(l.count, 1);
    assert_int_equal(laz_vault_take_out(reader, l.last, NULL, false, &err), LAZ_EXISTS);
    assert_int_equal(laz_vault_take_out(reader, l.last, in(p, "copy"), false, &err), LAZ_OK);
    assert_text(in(p, "copy"), "text");
    assert_int_equal(laz_vault_take_out(reader, l.last, in(p, "no/copy"), false, &err),
                     LAZ_NOT_FOUND);
    assert_int_equal(laz_vault_take_out(reader, l.last, NULL, true, &err), LAZ_OK);
    assert_text(in(p, "file"), "text");
    assert_int_equal(laz_vault_take_out(reader, 99, NULL, true, &err), LAZ_NOT_FOUND);
    laz_vault_free(reader);
    laz_vault_free(v);
}

/* The journal grows by what happens and is folded to what counts; nothing that counts is lost. */
static void a_folded_journal_says_the_same(void **state)
{
    struct place *p = *state;
    struct laz_vault *v = open_vault(p);
    struct laz_vault_state before, after;
    struct laz_error err;
    struct told told;
    struct stat st;

    write_text(in(p, "file"), "text");
    write_text(in(p, "other"), "other");
    settle();
    keep_ok(v, "b", in(p, "other"));
    assert_int_equal(laz_vault_forget(v, laz_view_of("b")), LAZ_OK);
    keep_ok(v, "a", in(p, "file"));
    write_text(in(p, "file"), "XXXX");
    renamed(v, in(p, "file"), in(p, "file.locked"), true);
    assert_int_equal(laz_vault_suspect(v, laz_view_of("a"), true), LAZ_OK);
    for (int i = 0; i < 70000; i++)
        assert_int_equal(laz_vault_suspect(v, laz_view_of("nobody"), i % 2 == 0), LAZ_OK);
    laz_vault_state(v, &before);
    assert_int_equal(stat(in(p, "vault/journal"), &st), 0);
    assert_true(st.st_size > 2 * (off_t)MIB);
    for (int i = 0; i < 70000; i++)
        assert_int_equal(laz_vault_suspect(v, laz_view_of("nobody"), i % 2 == 0), LAZ_OK);
    assert_int_equal(laz_vault_tidy(v, laz_now_ms(), &err), LAZ_OK);
    assert_int_equal(stat(in(p, "vault/journal"), &st), 0);
    assert_true(st.st_size < 4096);
    laz_vault_state(v, &after);
    assert_int_equal(before.entries, after.entries);
    assert_int_equal(before.bytes, after.bytes);
    laz_vault_free(v);
    v = open_vault(p);
    assert_int_equal(roll_back(v, "a", &told).restored, 1);
    assert_text(in(p, "file"), "text");
    assert_false(exists(in(p, "file.locked")));
    laz_vault_free(v);
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_make, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(what_was_overwritten_comes_back_whole),
        PLACED(what_was_not_changed_is_not_touched),
        PLACED(every_attack_is_undone),
        PLACED(all_names_of_a_file_get_their_content_back),
        PLACED(files_that_the_actor_made_are_left_and_told),
        PLACED(a_folder_in_the_way_fails_and_can_be_tried_again),
        PLACED(what_is_kept_already_costs_nothing),
        PLACED(a_version_too_young_to_tell_is_not_shared),
        PLACED(each_actor_gets_back_what_it_touched),
        PLACED(a_vault_that_was_left_knows_everything_again),
        PLACED(room_is_made_by_the_trusted_and_settled_first),
        PLACED(nothing_of_a_suspect_is_evicted),
        PLACED(what_is_refused_is_counted),
        PLACED(only_regular_files_are_kept),
        PLACED(the_old_content_is_found_by_path_and_by_inode),
        PLACED(copies_are_listed_and_taken_out),
        PLACED(a_folded_journal_says_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
