#include <stdlib.h>

#include "rules/yara_priv.h"

static enum laz_status take_text(struct laz_yara *y, struct laz_ir_meta *meta,
                                 struct laz_error *err)
{
    uint8_t *bytes = malloc(y->word.text.len + 1);
    size_t len;

    if (bytes == NULL)
        return laz_yara_fail(y, LAZ_NOMEM, "no memory", "", err);
    if (!laz_yara_unescape(y->word.text, bytes, &len)) {
        free(bytes);
        return laz_yara_fail(y, LAZ_INVALID, "has an escape that means nothing",
                             "expected \\\\ \\\" \\n \\r \\t or \\xNN", err);
    }
    meta->kind = LAZ_VALUE_TEXT;
    meta->text = laz_ruleset_text(y->set, laz_view_from(bytes, len));
    meta->text_len = (uint32_t)len;
    free(bytes);
    return LAZ_OK;
}

/* "text", a number with or without a sign, true or false */
static enum laz_status take_value(struct laz_yara *y, struct laz_ir_meta *meta,
                                  struct laz_error *err)
{
    bool is_negative = laz_yara_take(y, "-");

    if (y->word.kind == LAZ_YARA_NUMBER) {
        meta->kind = LAZ_VALUE_NUMBER;
        meta->n = is_negative ? -(int64_t)y->word.number : (int64_t)y->word.number;
        return LAZ_OK;
    }
    if (is_negative)
        return laz_yara_expected(y, "a number", err);
    if (y->word.kind == LAZ_YARA_TEXT)
        return take_text(y, meta, err);
    if (!laz_yara_is(y, "true") && !laz_yara_is(y, "false"))
        return laz_yara_expected(y, "a text, a number, true or false", err);
    meta->kind = LAZ_VALUE_NUMBER;
    meta->is_truth = true;
    meta->n = laz_yara_is(y, "true");
    return LAZ_OK;
}

static enum laz_status take_one(struct laz_yara *y, struct laz_error *err)
{
    struct laz_ir_meta meta = {.kind = LAZ_VALUE_NUMBER}, *item;
    enum laz_status s;

    if (y->word.kind != LAZ_YARA_NAME || laz_yara_is_keyword(y->word.text))
        return laz_yara_expected(y, "a name in meta", err);
    meta.name = laz_ruleset_text(y->set, y->word.text);
    laz_yara_advance(y);
    s = laz_yara_need(y, "=", err);
    if (s == LAZ_OK)
        s = take_value(y, &meta, err);
    if (s != LAZ_OK)
        return s;
    laz_yara_advance(y);
    item = laz_list_add(y->set, &y->set->metas, sizeof *item);
    if (item != NULL)
        *item = meta;
    y->rule.meta_count++;
    return laz_ruleset_failed(y->set, err);
}

enum laz_status laz_yara_meta(struct laz_yara *y, struct laz_error *err)
{
    enum laz_status s = LAZ_OK;

    do
        s = take_one(y, err);
    while (s == LAZ_OK && !laz_yara_is(y, "strings") && !laz_yara_is(y, "condition"));
    return s;
}
