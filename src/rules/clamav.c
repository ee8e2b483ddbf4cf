/* Reads ClamAV's lists line by line: one that is wrong does not hide the others. */
#include <stdlib.h>

#include "rules/clamav_priv.h"

static const struct {
    laz_clamav_line_fn *read;
    char separator;
} readers[LAZ_CLAMAV_KINDS] = {
    [LAZ_CLAMAV_HASHES] = {laz_clamav_read_hash, ':'},
    [LAZ_CLAMAV_SECTIONS] = {laz_clamav_read_section, ':'},
    [LAZ_CLAMAV_IMPORTS] = {laz_clamav_read_import, ':'},
    [LAZ_CLAMAV_ALLOWED] = {laz_clamav_read_allowed, ':'},
    [LAZ_CLAMAV_BODIES] = {laz_clamav_read_body_line, ':'},
    [LAZ_CLAMAV_LOGICAL] = {laz_clamav_read_logical, ';'},
    [LAZ_CLAMAV_IGNORED] = {laz_clamav_check_ignored, ':'},
    [LAZ_CLAMAV_METADATA] = {laz_clamav_read_metadata, ':'},
    [LAZ_CLAMAV_CERTIFICATES] = {laz_clamav_read_certificate, ';'},
    [LAZ_CLAMAV_MAGIC] = {laz_clamav_read_magic, ':'},
    [LAZ_CLAMAV_PHISHING] = {laz_clamav_read_phishing, ':'},
    [LAZ_CLAMAV_BAD_URLS] = {laz_clamav_read_bad_url, ':'},
    [LAZ_CLAMAV_GOOD_URLS] = {laz_clamav_read_good_url, ':'},
    [LAZ_CLAMAV_SETTINGS] = {laz_clamav_read_setting, ':'},
};

/* What is read before all else. */
static laz_clamav_line_fn *preparer_of(enum laz_clamav_kind kind)
{
    return kind == LAZ_CLAMAV_IGNORED  ? laz_clamav_read_ignored
           : kind == LAZ_CLAMAV_BODIES ? laz_clamav_read_macro
                                       : NULL;
}

static void count(struct laz_ruleset *set, enum laz_clamav_kind kind, enum laz_fate fate)
{
    set->fates[kind][fate] += set->fates[kind][fate] < UINT32_MAX;
}

/* A line that nothing here reads: it is counted, and told once for each list. */
static enum laz_status pass_over(const struct laz_clamav_line *line, struct laz_error *err)
{
    return laz_clamav_fail(line, LAZ_UNSUPPORTED, line->text.data,
                           "entries of this kind of list are not supported", "", err);
}

static enum laz_status read_line(struct laz_clamav_line *line, enum laz_clamav_kind kind,
                                 enum laz_fate *fate, struct laz_error *err)
{
    struct laz_ruleset_mark mark = laz_ruleset_mark(line->set);
    enum laz_status s;

    *fate = LAZ_FATE_TAKEN;
    s = readers[kind].read == NULL ? pass_over(line, err) : readers[kind].read(line, fate, err);
    if (s == LAZ_OK && *fate == LAZ_FATE_TAKEN)
        return s;
    laz_ruleset_rewind(line->set, mark);
    if (s != LAZ_OK)
        *fate = s == LAZ_UNSUPPORTED ? LAZ_FATE_UNSUPPORTED : LAZ_FATE_WRONG;
    return s;
}

static enum laz_status read_lines(struct laz_clamav_line *line, enum laz_clamav_kind kind,
                                  const struct laz_source_options *options, struct laz_error *err)
{
    struct laz_view rest = line->source->text;

    while (laz_clamav_next(&rest, line)) {
        struct laz_error why = {.status = LAZ_OK};
        enum laz_fate fate;
        enum laz_status s = read_line(line, kind, &fate, &why);

        count(line->set, kind, fate);
        if (s == LAZ_OK)
            continue;
        if (options->skipped == NULL || (s != LAZ_UNSUPPORTED && s != LAZ_INVALID)) {
            if (err != NULL)
                *err = why;
            return s;
        }
        options->skipped(options->context, &why);
    }
    return LAZ_OK;
}

/* Every line counts as one that nobody asked for. */
static void count_unwanted(struct laz_clamav_line *line, enum laz_clamav_kind kind)
{
    struct laz_view rest = line->source->text;

    while (laz_clamav_next(&rest, line))
        count(line->set, kind, LAZ_FATE_UNWANTED);
}

enum laz_status laz_clamav_read(struct laz_ruleset *set, const struct laz_source *source,
                                const struct laz_source_options *options, uint32_t source_text,
                                struct laz_error *err)
{
    struct laz_clamav_kind_info info = laz_clamav_kind_of(laz_view_of(source->name));
    struct laz_clamav_line line = {
        .set = set,
        .source = source,
        .source_text = source_text,
        .is_unwanted = info.is_unwanted,
        .separator = readers[info.kind].separator,
    };

    if (info.kind == LAZ_CLAMAV_ABOUT)
        return LAZ_OK;
    if (!info.is_unwanted || options->want_unwanted)
        return read_lines(&line, info.kind, options, err);
    count_unwanted(&line, info.kind);
    return LAZ_OK;
}

static int compare_ignored(const void *a, const void *b, void *context)
{
    const struct laz_ignored *x = a, *y = b;
    const struct laz_ruleset *set = context;

    return laz_view_compare(laz_view_of(laz_ruleset_text_at(set, x->name)),
                            laz_view_of(laz_ruleset_text_at(set, y->name)));
}

enum laz_status laz_clamav_prepare(struct laz_ruleset *set, const struct laz_source *source,
                                   struct laz_error *err)
{
    struct laz_clamav_kind_info info = laz_clamav_kind_of(laz_view_of(source->name));
    struct laz_clamav_line line = {.set = set, .source = source, .separator = ':'};
    laz_clamav_line_fn *read = preparer_of(info.kind);
    struct laz_view rest = source->text;

    while (read != NULL && laz_clamav_next(&rest, &line)) {
        size_t tokens = set->tokens.count;
        enum laz_fate fate = LAZ_FATE_TAKEN;

        if (read(&line, &fate, NULL) != LAZ_OK) /* told when all lines are read */
            set->tokens.count = tokens;
        if (set->failed)
            return laz_ruleset_failed(set, err);
    }
    if (info.kind == LAZ_CLAMAV_IGNORED && set->ignored.count > 0)
        qsort_r(set->ignored.items, set->ignored.count, sizeof(struct laz_ignored), compare_ignored,
                set);
    return LAZ_OK;
}
