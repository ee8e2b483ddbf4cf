#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "rules/compiler_priv.h"

static unsigned worth(const char *bytes, size_t len)
{
    return laz_atom_worth((const uint8_t *)bytes, len, false);
}

static void rare_bytes_are_worth_more_than_padding(void **state)
{
    assert_true(worth("\x8b\xd7\x93\xe1", 4) > worth("\0\0\0\0", 4));
    assert_true(worth("\x8b\xd7\x93\xe1", 4) > worth("eeee", 4));
    assert_true(worth("qzjx", 4) > worth("tion", 4));
}

static void repeated_bytes_add_almost_nothing(void **state)
{
    assert_true(worth("\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc", 8) < worth("\xcc\x91", 2));
}

static void either_case_is_worth_less_than_one(void **state)
{
    assert_true(laz_atom_worth((const uint8_t *)"abcd", 4, true) < worth("abcd", 4));
    assert_int_equal(laz_atom_worth((const uint8_t *)"1234", 4, true), worth("1234", 4));
}

static void nothing_is_worth_nothing(void **state)
{
    assert_int_equal(worth("", 0), 0);
}

struct cut {
    struct laz_ruleset set;
    struct laz_list forms;
    const char *why;
    enum laz_status status;
};

static void add_tokens(struct laz_ruleset *set, const struct laz_token *tokens, size_t count)
{
    struct laz_body *body = laz_list_add(set, &set->bodies, sizeof *body);
    struct laz_pattern *pattern = laz_list_add(set, &set->patterns, sizeof *pattern);

    for (size_t i = 0; i < count; i++)
        laz_ruleset_add_token(set, tokens[i]);
    body->token_count = (uint32_t)count;
    pattern->body_count = 1;
}

static void cut(struct cut *c, const struct laz_token *tokens, size_t count)
{
    *c = (struct cut){.why = NULL};
    laz_ruleset_init(&c->set);
    add_tokens(&c->set, tokens, count);
    c->status = laz_forms_cut(&c->set, 0, &c->forms, &c->why, NULL);
}

static void clear(struct cut *c)
{
    free(c->forms.items);
    laz_ruleset_clear(&c->set);
}

#define BYTE(v)                                                                                    \
    {                                                                                              \
        LAZ_TOKEN_BYTE, v, 0xff, 0, 0                                                              \
    }
#define MARK(k)                                                                                    \
    {                                                                                              \
        k, 0, 0, 0, 0                                                                              \
    }
#define GAP(a, b)                                                                                  \
    {                                                                                              \
        LAZ_TOKEN_GAP, 0, 0, a, b                                                                  \
    }

static void an_atom_is_taken_where_bytes_are_rare(void **state)
{
    static const struct laz_token tokens[] = {BYTE(' '),  BYTE(' '),  BYTE('e'),  GAP(1, 1),
                                              BYTE(0x8b), BYTE(0xd7), BYTE(0x93), BYTE(0xe1)};
    struct cut c;

    cut(&c, tokens, sizeof tokens / sizeof *tokens);
    assert_int_equal(c.status, LAZ_OK);
    assert_int_equal(c.forms.count, 1);
    assert_int_equal(laz_list_at(struct laz_cut_form, &c.forms, 0)->atom_at, 4);
    assert_int_equal(laz_list_at(struct laz_cut_form, &c.forms, 0)->atom_len, 4);
    clear(&c);
}

static void alternatives_are_unfolded_when_nothing_else_tells_enough(void **state)
{
    static const struct laz_token tokens[] = {
        BYTE('e'),           MARK(LAZ_TOKEN_OPEN), BYTE(0x8b), BYTE(0xd7), BYTE(0x93),
        MARK(LAZ_TOKEN_BAR), BYTE(0x91),           BYTE(0xe7), BYTE(0x83), MARK(LAZ_TOKEN_CLOSE)};
    struct cut c;

    cut(&c, tokens, sizeof tokens / sizeof *tokens);
    assert_int_equal(c.status, LAZ_OK);
    assert_int_equal(c.forms.count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(laz_list_at(struct laz_cut_form, &c.forms, i)->atom_len, 4);
    clear(&c);
}

static void alternatives_that_explode_are_kept_together(void **state)
{
    struct laz_token tokens[5 * 20];
    struct cut c;

    for (size_t i = 0; i < 20; i++) {
        tokens[5 * i] = (struct laz_token)MARK(LAZ_TOKEN_OPEN);
        tokens[5 * i + 1] = (struct laz_token)BYTE('a');
        tokens[5 * i + 2] = (struct laz_token)MARK(LAZ_TOKEN_BAR);
        tokens[5 * i + 3] = (struct laz_token)BYTE('b');
        tokens[5 * i + 4] = (struct laz_token)MARK(LAZ_TOKEN_CLOSE);
    }
    cut(&c, tokens, sizeof tokens / sizeof *tokens);
    assert_int_equal(c.status, LAZ_OK);
    assert_true(c.forms.count <= 1024);
    clear(&c);
}

static void a_body_without_a_whole_byte_is_searched_for_like_an_expression(void **state)
{
    static const struct laz_token tokens[] = {{LAZ_TOKEN_BYTE, 0x40, 0xf0, 0, 0}, BYTE(0)};
    struct cut c;

    cut(&c, tokens, sizeof tokens / sizeof *tokens);
    assert_int_equal(c.status, LAZ_OK);
    assert_int_equal(c.forms.count, 1);
    assert_true(laz_list_at(struct laz_cut_form, &c.forms, 0)->is_regex);
    assert_int_equal(laz_list_at(struct laz_cut_form, &c.forms, 0)->atom_len, 0);
    clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rare_bytes_are_worth_more_than_padding),
        cmocka_unit_test(repeated_bytes_add_almost_nothing),
        cmocka_unit_test(either_case_is_worth_less_than_one),
        cmocka_unit_test(nothing_is_worth_nothing),
        cmocka_unit_test(an_atom_is_taken_where_bytes_are_rare),
        cmocka_unit_test(alternatives_are_unfolded_when_nothing_else_tells_enough),
        cmocka_unit_test(alternatives_that_explode_are_kept_together),
        cmocka_unit_test(a_body_without_a_whole_byte_is_searched_for_like_an_expression),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
