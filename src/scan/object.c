#include <string.h>

#include "scan/normal.h"
#include "scan/scan_priv.h"

static enum laz_target target_of(enum laz_type_id id)
{
    switch (id) {
    case LAZ_TYPE_PE:
        return LAZ_TARGET_PE;
    case LAZ_TYPE_OLE2:
        return LAZ_TARGET_OLE2;
    case LAZ_TYPE_HTML:
        return LAZ_TARGET_HTML;
    case LAZ_TYPE_MAIL:
        return LAZ_TARGET_MAIL;
    case LAZ_TYPE_PICTURE:
        return LAZ_TARGET_GRAPHICS;
    case LAZ_TYPE_ELF:
        return LAZ_TARGET_ELF;
    case LAZ_TYPE_TEXT:
        return LAZ_TARGET_TEXT;
    case LAZ_TYPE_MACHO:
        return LAZ_TARGET_MACHO;
    case LAZ_TYPE_PDF:
        return LAZ_TARGET_PDF;
    case LAZ_TYPE_FLASH:
        return LAZ_TARGET_FLASH;
    case LAZ_TYPE_JAVA:
        return LAZ_TARGET_JAVA;
    default: /* ClamAV has no target for the others */
        return LAZ_TARGET_ANY;
    }
}

/* A rule's author may say that it only raises suspicion. */
static bool is_suspicion(const char *tags)
{
    struct laz_view rest = laz_view_of(tags), tag;

    while (laz_take_until(&rest, ' ', &tag))
        if (laz_view_equal_text(tag, "suspicious"))
            return true;
    return false;
}

static struct laz_view meta_text(struct laz_scanner *s, uint32_t rule, const char *name)
{
    uint32_t count = laz_database_meta_count(s->db, rule);
    struct laz_meta meta;

    for (uint32_t i = 0; i < count; i++) {
        laz_database_meta_get(s->db, rule, i, &meta);
        if (strcmp(meta.name, name) == 0 && meta.value.kind == LAZ_VALUE_TEXT)
            return meta.value.text;
    }
    return laz_view_of("");
}

/* What a rule says for people: "reason" in our own rules, "description" in most public ones. */
static void explain(struct laz_scanner *s, const struct laz_hit *hit, struct laz_detection *d)
{
    struct laz_view about = meta_text(s, hit->rule, "reason");

    if (about.len == 0)
        about = meta_text(s, hit->rule, "description");
    laz_detection_explain(d, about, meta_text(s, hit->rule, "attack"));
}

/* What was found in the object as it stands is not said again of its other form. */
static bool is_told(const struct laz_scanner *s, const char *name)
{
    for (uint32_t i = s->first_detection; i < s->verdict->detection_count; i++)
        if (strcmp(s->verdict->detections[i].name, name) == 0)
            return true;
    return false;
}

bool laz_object_add_hit(void *context, const struct laz_hit *hit)
{
    struct laz_scanner *s = context;
    struct laz_detection *d;

    if (s->is_normal && is_told(s, hit->name))
        return true;
    if (laz_object_is_allowed(s)) {
        s->verdict->allowed++;
        return true;
    }
    d = laz_verdict_add_detection(s->verdict, hit->name, hit->kind, hit->source,
                                  laz_scanner_path(s), is_suspicion(hit->tags));
    if (d != NULL && hit->is_rule)
        explain(s, hit, d);
    return s->verdict->detection_count < LAZ_VERDICT_DETECTIONS_MAX;
}

/* The rules on one form of the object: its bytes, or what they are brought into. */
static void run_rules(struct laz_scanner *s, const struct laz_type *type, struct laz_view bytes,
                      enum laz_target target, bool is_normal)
{
    const char *types[LAZ_SCAN_DEPTH_LIMIT];
    struct laz_modules_around around;
    struct laz_modules_input input = {.bytes = bytes, .now_s = s->now_s, .around = &around};
    struct laz_match_object object = {.bytes = bytes,
                                      .target = target,
                                      .is_normal = is_normal,
                                      .field = laz_modules_field,
                                      .context = s->modules,
                                      .is_field_cut = laz_modules_cut(s->modules)};
    struct laz_external_value externals[LAZ_OBJECT_EXTERNALS];
    struct laz_match_limits limits = {0};

    s->is_normal = is_normal;
    laz_object_look_around(s, types, &around);
    object.external_count = laz_object_externals(s, type, externals);
    object.externals = externals;
    laz_modules_start(s->modules, &input);
    switch (laz_matcher_run(s->matcher, &object, &limits, laz_object_add_hit, s)) {
    case LAZ_OK:
        break;
    case LAZ_LIMIT:
        laz_scanner_note(s, LAZ_REASON_LIMIT_TIME, type->name);
        break;
    default: /* memory, and whatever else kept the rules from being decided */
        laz_scanner_note(s, LAZ_REASON_TOO_LARGE, type->name);
        break;
    }
}

typedef enum laz_status normal_fn(struct laz_view bytes, struct laz_buf *out);

static void run_normal(struct laz_scanner *s, const struct laz_type *type, struct laz_view bytes,
                       normal_fn *bring, enum laz_target target)
{
    struct laz_buf normal;

    laz_buf_init(&normal, LAZ_NORMAL_MAX);
    if (bring(bytes, &normal) == LAZ_OK)
        run_rules(s, type, laz_buf_view(&normal), target, true);
    else
        laz_scanner_note(s, LAZ_REASON_TOO_LARGE, type->name);
    laz_buf_clear(&normal);
}

/* ClamAV's signatures for texts and pages are written for their normal form. */
static void run_all_rules(struct laz_scanner *s, const struct laz_type *type, struct laz_view bytes)
{
    enum laz_target target = target_of(type->id);
    bool has_normal = (target == LAZ_TARGET_TEXT || target == LAZ_TARGET_HTML) &&
                      laz_matcher_has_normal(s->matcher) && bytes.len <= LAZ_NORMAL_MAX;

    run_rules(s, type, bytes, has_normal ? LAZ_TARGET_ANY : target, false);
    if (!has_normal || s->verdict->detection_count == LAZ_VERDICT_DETECTIONS_MAX)
        return;
    if (target == LAZ_TARGET_TEXT) {
        run_normal(s, type, bytes, laz_normal_text, target);
        return;
    }
    run_normal(s, type, bytes, laz_normal_page, target);
    run_normal(s, type, bytes, laz_normal_shown, target);
}

void laz_object_judge_closed(struct laz_scanner *s, const struct laz_member *member)
{
    static const struct laz_type closed = {.name = "data"};

    if (!laz_matcher_has_normal(s->matcher))
        return;
    s->object = (struct laz_view){0};
    s->first_detection = s->verdict->detection_count;
    s->is_allowed_known = false;
    s->member_size = member->size;
    s->is_encrypted = member->encrypted;
    run_rules(s, &closed, s->object, LAZ_TARGET_ANY, true); /* YARA's rules are of bytes */
    s->member_size = 0;
    s->is_encrypted = false;
}

void laz_object_judge(struct laz_scanner *s, const struct laz_type *type, struct laz_view bytes)
{
    bool opens = type->group == LAZ_TYPE_ARCHIVE || type->group == LAZ_TYPE_STREAM;
    uint32_t before = s->verdict->detection_count;

    s->object = bytes;
    s->first_detection = before;
    s->is_allowed_known = false;
    laz_object_find_digests(s, type, bytes);
    run_all_rules(s, type, bytes);
    laz_object_find_links(s, type, bytes);
    s->verdict->read += bytes.len;
    /* A find in an archive's own bytes does not name the member, which follows soon. */
    if (s->verdict->kind == LAZ_MALICIOUS && s->verdict->detection_count > before && !opens)
        s->done = true;
    if (s->verdict->detection_count == LAZ_VERDICT_DETECTIONS_MAX)
        s->done = true;
}
