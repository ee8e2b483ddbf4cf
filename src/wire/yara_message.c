#include "wire/yara_message.h"

#define IMPORTS_MAX 64u
#define STATUS_LAST ((uint8_t)LAZ_CLOSED)

/* What a kind of message may have: the longest texts, the largest numbers. */
struct form {
    uint64_t number_max;
    size_t text_max, second_max;
    bool has_count, has_status;
};

static const struct form forms[LAZ_YARA_KINDS] = {
    [LAZ_YARA_SOURCE] = {0, LAZ_YARA_NAME_MAX, LAZ_YARA_NAME_MAX, false, false},
    [LAZ_YARA_ASK] = {0, LAZ_YARA_NAME_MAX, LAZ_YARA_NAME_MAX, false, false},
    [LAZ_YARA_IMPORTS] = {0, IMPORTS_MAX, 0, false, false},
    [LAZ_YARA_FAILED] = {0, LAZ_YARA_NAME_MAX, 0, false, false},
    [LAZ_YARA_SHOW] = {LAZ_YARA_SHOW_MAX, IMPORTS_MAX, 0, false, false},
    [LAZ_YARA_TAG] = {0, LAZ_YARA_NAME_MAX, 0, false, false},
    [LAZ_YARA_IDENTIFIER] = {0, LAZ_YARA_NAME_MAX, 0, false, false},
    [LAZ_YARA_EXTERNAL] = {UINT64_MAX, LAZ_YARA_NAME_MAX, LAZ_YARA_NAME_MAX, false, true},
    [LAZ_YARA_JOB] = {UINT64_MAX, LAZ_YARA_NAME_MAX, 0, true, false},
    [LAZ_YARA_OUT] = {UINT64_MAX, LAZ_YARA_OUT_MAX, 0, false, false},
    [LAZ_YARA_WARNED] = {UINT64_MAX, LAZ_YARA_NAME_MAX, 0, false, false},
    [LAZ_YARA_DONE] = {UINT64_MAX, 0, 0, true, true},
};

static bool has_form(const struct laz_yara_message *m)
{
    const struct form *form;

    if (m->kind < LAZ_YARA_SOURCE || m->kind >= LAZ_YARA_KINDS)
        return false;
    form = &forms[m->kind];
    return m->number <= form->number_max && m->text.len <= form->text_max &&
           m->second.len <= form->second_max && (form->has_count || m->count == 0) &&
           m->status <= (form->has_status ? STATUS_LAST : 0);
}

static void add_text(struct laz_buf *b, struct laz_view v)
{
    laz_ignore(laz_buf_add_u32le(b, (uint32_t)v.len)); /* checked once, at the end */
    laz_ignore(laz_buf_add(b, v));
}

enum laz_status laz_yara_message_write(const struct laz_yara_message *m, struct laz_buf *out)
{
    if (!has_form(m))
        return LAZ_INVALID;
    laz_ignore(laz_buf_add_u8(out, (uint8_t)m->kind)); /* checked once, at the end */
    laz_ignore(laz_buf_add_u8(out, m->status));
    laz_ignore(laz_buf_add_u64le(out, m->number));
    laz_ignore(laz_buf_add_u64le(out, m->count));
    add_text(out, m->text);
    add_text(out, m->second);
    return laz_buf_failed(out);
}

static bool take_text(struct laz_view *v, struct laz_view *out)
{
    uint32_t len;

    return laz_take_u32le(v, &len) && laz_take(v, len, out);
}

enum laz_status laz_yara_message_read(struct laz_view bytes, struct laz_yara_message *out)
{
    struct laz_yara_message m = {.status = 0};
    uint8_t kind;

    if (!laz_take_u8(&bytes, &kind) || !laz_take_u8(&bytes, &m.status) ||
        !laz_take_u64le(&bytes, &m.number) || !laz_take_u64le(&bytes, &m.count) ||
        !take_text(&bytes, &m.text) || !take_text(&bytes, &m.second) || bytes.len > 0)
        return LAZ_DAMAGED;
    m.kind = (enum laz_yara_message_kind)kind;
    if (!has_form(&m))
        return LAZ_DAMAGED;
    *out = m;
    return LAZ_OK;
}
