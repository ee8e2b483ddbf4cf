#include "vault_play.h"

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

        assert_int_equal(laz_vault_open(in(p, "vault"), LAZ_VAULT_WRITE, NULL, &second, &err),
                         LAZ_BUSY);
        assert_int_equal(laz_vault_open(in(p, "vault"), LAZ_VAULT_READ, NULL, &second, &err),
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(what_was_overwritten_comes_back_whole),
        PLACED(what_was_not_changed_is_not_touched),
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
