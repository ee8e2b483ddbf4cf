#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "wire/vault_message.h"

#define TEXT(s)                                                                                    \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }
static const struct laz_view actor = TEXT("actor:0123abcd:42:99");
static const struct laz_view path = TEXT("/share/a file \xff\n");
static const struct laz_view new_path = TEXT("/share/a file.locked");

static enum laz_status write_message(const struct laz_vault_message *m, struct laz_buf *b)
{
    laz_buf_init(b, LAZ_VAULT_MESSAGE_MAX);
    return laz_vault_message_write(m, b);
}

static void each_message_says_the_same_after_its_way(void **state)
{
    const struct laz_vault_message cases[] = {
        {.kind = LAZ_VAULT_KEEP, .file = {1, actor, path}},
        {.kind = LAZ_VAULT_OPEN, .file = {2, actor, path}},
        {.kind = LAZ_VAULT_RENAMED, .renamed = {actor, path, new_path, 5, 6}},
        {.kind = LAZ_VAULT_CREATED, .actor = {.actor = actor, .path = path}},
        {.kind = LAZ_VAULT_SUSPECT, .actor = {.actor = actor, .on = true}},
        {.kind = LAZ_VAULT_FORGET, .actor = {.actor = actor}},
        {.kind = LAZ_VAULT_ROLLBACK, .actor = {.job = 7, .actor = actor}},
        {.kind = LAZ_VAULT_LIST, .job = {8, LAZ_OK}},
        {.kind = LAZ_VAULT_STATE, .job = {9, LAZ_OK}},
        {.kind = LAZ_VAULT_KEPT, .kept = {1, LAZ_LIMIT, true, UINT64_MAX}},
        {.kind = LAZ_VAULT_RESTORED, .restored = {1, LAZ_IO, true, 5, path, new_path}},
        {.kind = LAZ_VAULT_LEFT, .restored = {.job = 1, .path = path}},
        {.kind = LAZ_VAULT_ROLLED_BACK, .rolled_back = {1, LAZ_OK, 2, 3, 4, 5}},
        {.kind = LAZ_VAULT_OPENED, .job = {1, LAZ_NOT_FOUND}},
        {.kind = LAZ_VAULT_LISTED, .job = {1, LAZ_OK}},
        {.kind = LAZ_VAULT_ENTRY, .entry = {1, 2, 3, 4, true, actor, path}},
        {.kind = LAZ_VAULT_STATED, .stated = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        LAZ_OWNED(laz_buf_drop) struct laz_buf once = {0}, twice = {0};
        struct laz_vault_message read;

        assert_int_equal(write_message(&cases[i], &once), LAZ_OK);
        assert_int_equal(laz_vault_message_read(laz_buf_view(&once), &read), LAZ_OK);
        assert_int_equal(read.kind, cases[i].kind);
        assert_int_equal(write_message(&read, &twice), LAZ_OK);
        assert_true(laz_view_equal(laz_buf_view(&once), laz_buf_view(&twice)));
        for (size_t len = 0; len < once.len; len++) /* cut anywhere, it is refused */
            assert_int_equal(
                laz_vault_message_read(laz_view_first(laz_buf_view(&once), len), &read),
                LAZ_DAMAGED);
        laz_ignore(laz_buf_add_u8(&once, 0)); /* and with something behind it */
        assert_int_equal(laz_vault_message_read(laz_buf_view(&once), &read), LAZ_DAMAGED);
    }
}

static void what_cannot_be_asked_is_not_written(void **state)
{
    static char long_path[LAZ_VAULT_PATH_MAX + 1], long_actor[LAZ_VAULT_ACTOR_MAX + 1];
    const struct laz_view most_path = laz_view_from(long_path, LAZ_VAULT_PATH_MAX - 1);
    const struct laz_view more_path = laz_view_from(long_path, LAZ_VAULT_PATH_MAX);
    const struct laz_view most_actor = laz_view_from(long_actor, LAZ_VAULT_ACTOR_MAX);
    const struct laz_view more_actor = laz_view_from(long_actor, LAZ_VAULT_ACTOR_MAX + 1);
    const struct {
        struct laz_view actor, path;
        bool ok;
    } cases[] = {
        {actor, path, true},
        {most_actor, most_path, true},
        {actor, more_path, false},
        {more_actor, path, false},
        {actor, TEXT("relative"), false},
        {actor, TEXT("/with\0nul"), false},
        {actor, TEXT(""), false},
        {TEXT(""), path, false},
    };

    (void)state;
    memset(long_path, '/', sizeof long_path);
    memset(long_actor, 'a', sizeof long_actor);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_vault_message m = {.kind = LAZ_VAULT_KEEP,
                                      .file = {1, cases[i].actor, cases[i].path}};
        LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};

        assert_int_equal(write_message(&m, &b), cases[i].ok ? LAZ_OK : LAZ_INVALID);
    }
}

static void nonsense_is_refused(void **state)
{
    static const struct laz_view cases[] = {
        TEXT(""),
        TEXT("\0"),
        TEXT("\x0a"),
        TEXT("\xff"),
        TEXT("\x08\1\0\0\0\0\0\0\0\xc8"),
        TEXT("\x08\1\0\0\0\0\0\0\0"), /* no status */
    };
    struct laz_vault_message m;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(laz_vault_message_read(cases[i], &m), LAZ_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_says_the_same_after_its_way),
        cmocka_unit_test(what_cannot_be_asked_is_not_written),
        cmocka_unit_test(nonsense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
