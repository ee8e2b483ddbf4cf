/* A condition's program of a hostile database: what the check at opening takes must run to its end
 * within its steps, whatever it computes. */
#include <stdlib.h>

#include "match/fields.h"
#include "match/matcher_priv.h"
#include "rules/compiler.h"
#include "rules/source.h"

#define STEPS_MAX 20000
#define CODE_MAX  4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A database with three patterns and an external, to which programs are added. */
struct desk {
    struct laz_buf image;
    struct laz_database *db;
    struct laz_matcher *matcher;
    struct laz_database with_code;
    uint8_t *code; /* of the database, and room for the program */
    size_t code_len;
};

static bool hit(void *context, const struct laz_hit *h)
{
    (void)context;
    return h->name[0] != '\0';
}

static bool field(void *context, uint32_t number, const struct laz_value *args,
                  struct laz_value *out)
{
    const struct laz_field *f = laz_field_get(number);

    (void)context;
    for (size_t i = 0; f->args[i] != '\0'; i++)
        LAZ_ASSERT(args[i].kind != LAZ_VALUE_UNDEFINED);
    switch (number % 5) {
    case 0:
        return false;
    case 1:
        *out = laz_value_text(laz_view_of("a text"));
        return true;
    case 2:
        *out = laz_value_real(0.5);
        return true;
    default:
        *out = laz_value_number((int64_t)number - 8);
        return true;
    }
}

static struct desk *make_desk(void)
{
    static const char text[] =
        "rule first { condition: filesize > 2 }\n"
        "rule second { strings: $a = \"abc\" $b = \"bc\" $c = /c[ab]{1,4}/ condition: "
        "all of them and for any of them : (# > 0) and filename == \"x\" }";
    struct laz_source source = {.name = "fuzz.yar", .text = laz_view_of(text)};
    struct laz_source_options options = {.skipped = NULL};
    struct desk *desk = calloc(1, sizeof *desk);
    struct laz_ruleset set;
    struct laz_error err;

    LAZ_ASSERT(desk != NULL);
    laz_buf_init(&desk->image, LAZ_IMAGE_MAX);
    laz_ruleset_init(&set);
    LAZ_ASSERT(laz_source_read(&set, &source, &options, &err) == LAZ_OK);
    LAZ_ASSERT(laz_compile(&set, "fuzz", 1, &desk->image, &err) == LAZ_OK);
    laz_ruleset_clear(&set);
    desk->code = aligned_alloc(LAZ_DB_PAGE, (desk->image.len + LAZ_DB_PAGE) / LAZ_DB_PAGE *
                                                LAZ_DB_PAGE); /* the image, until it is open */
    LAZ_ASSERT(desk->code != NULL);
    memcpy(desk->code, desk->image.data, desk->image.len);
    LAZ_ASSERT(laz_database_open(laz_view_from(desk->code, desk->image.len), &desk->db, &err) ==
               LAZ_OK);
    LAZ_ASSERT(laz_matcher_new(desk->db, &desk->matcher, &err) == LAZ_OK);
    desk->with_code = *desk->db;
    desk->code_len = desk->db->sections[LAZ_SECTION_CODE].len;
    desk->code = malloc(desk->code_len + CODE_MAX);
    LAZ_ASSERT(desk->code != NULL);
    memcpy(desk->code, desk->db->sections[LAZ_SECTION_CODE].data, desk->code_len);
    return desk;
}

static void run(struct desk *desk, struct laz_rule *rule)
{
    static const char object[] = "abcabc cab caab abcc bc";
    struct laz_match_object o = {.bytes = laz_view_from(object, sizeof object - 1), .field = field};
    struct laz_matcher *m = desk->matcher;
    struct laz_match_limits limits = {.steps_max = STEPS_MAX};

    m->db = desk->db;
    laz_ignore(laz_matcher_run(m, &o, &limits, hit, NULL)); /* it finds the patterns' places */
    m->db = &desk->with_code;
    m->object = &o;
    m->status = LAZ_OK;
    m->steps_left = STEPS_MAX;
    laz_ignore(laz_matcher_condition(m, rule)); /* either may be right */
    LAZ_ASSERT(m->steps_left <= STEPS_MAX);
    m->object = NULL;
    m->db = desk->db;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct desk *desk; /* made once, for the process */
    struct laz_condition_bounds bounds = {.pattern_count = 3, .rule_index = 1};
    struct laz_rule rule;

    if (size > CODE_MAX)
        return 0;
    if (desk == NULL)
        desk = make_desk();
    if (size > 0)
        memcpy(desk->code + desk->code_len, data, size);
    desk->with_code.sections[LAZ_SECTION_CODE] = laz_view_from(desk->code, desk->code_len + size);
    bounds.external_count = desk->db->external_count;
    bounds.text_len = desk->db->sections[LAZ_SECTION_TEXT].len;
    bounds.code = desk->with_code.sections[LAZ_SECTION_CODE];
    if (!laz_condition_code_check(laz_view_from(data, size), &bounds))
        return 0;
    rule = laz_database_rule(desk->db, 1);
    rule.code = (uint32_t)desk->code_len;
    rule.code_len = (uint32_t)size;
    run(desk, &rule);
    return 0;
}
