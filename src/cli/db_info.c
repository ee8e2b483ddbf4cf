#include <inttypes.h>
#include <stdio.h>

#include "base/number.h"
#include "base/text.h"
#include "cli/db_sources.h"
#include "match/database.h"
#include "rules/clamav_kind.h"
#include "rules/language.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define OUTPUT_MAX (64 * MIB)

static void add_text_line(struct laz_buf *b, const char *label, const char *text)
{
    /* the buffer remembers a refusal, here and below */
    laz_ignore(laz_buf_addf(b, "%-9s ", label));
    laz_ignore(laz_buf_add_terminal(b, laz_view_of(text)));
    laz_ignore(laz_buf_add_u8(b, '\n'));
}

/* The kind of a source, for people. */
static const char *kind_of(const char *name)
{
    struct laz_view v = laz_view_of(name);

    switch (laz_language_of(v)) {
    case LAZ_LANGUAGE_YARA:
        return "YARA rules";
    case LAZ_LANGUAGE_CLAMAV:
        return laz_clamav_kind_title(laz_clamav_kind_of(v).kind);
    case LAZ_LANGUAGE_PACK:
        return "pack";
    case LAZ_LANGUAGE_LIST:
    case LAZ_LANGUAGE_UNKNOWN: /* one that was said to be a list */
        break;
    }
    return "list";
}

static void add_fates(struct laz_buf *b, const struct laz_database_source *source)
{
    const char *comma = "; left out: ";

    laz_ignore(laz_buf_addf(b, "%-9s %s, %" PRIu32 " taken", "  kind", kind_of(source->name),
                            source->fates[LAZ_SOURCE_TAKEN]));
    for (unsigned fate = LAZ_SOURCE_TAKEN + 1; fate < LAZ_SOURCE_FATES; fate++) {
        if (source->fates[fate] == 0)
            continue;
        laz_ignore(laz_buf_addf(b, "%s%" PRIu32 " %s", comma, source->fates[fate],
                                laz_source_fate_name((enum laz_source_fate)fate)));
        comma = ", ";
    }
    laz_ignore(laz_buf_add_u8(b, '\n'));
}

static void add_source(struct laz_buf *b, const struct laz_database_source *source)
{
    add_text_line(b, "source", source->name);
    add_fates(b, source);
    if (source->is_unsigned)
        add_text_line(b, "  signed", "no: its folder's owner was believed");
    if (source->sha256 == NULL)
        return;
    laz_ignore(laz_buf_addf(b, "%-9s ", "  sha256"));
    laz_ignore(laz_buf_add_hex(b, laz_view_from(source->sha256, 32)));
    laz_ignore(laz_buf_add_u8(b, '\n'));
}

static void add_plain(struct laz_buf *b, const struct laz_database *db,
                      const struct laz_database_info *info, const char *built)
{
    add_text_line(b, "name", info->name);
    add_text_line(b, "built", built);
    laz_ignore(laz_buf_addf(b, "%-9s %" PRIu32 "\n", "format", info->format_version));
    laz_ignore(laz_buf_addf(b, "%-9s %" PRIu64 "\n", "rules", info->rule_count));
    laz_ignore(laz_buf_addf(b, "%-9s %" PRIu64 "\n", "hashes", info->hash_count));
    laz_ignore(laz_buf_addf(b, "%-9s %" PRIu64 "\n", "lists", info->list_count));
    laz_ignore(laz_buf_addf(b, "%-9s %" PRIu64 "\n", "allowed", info->allow_count));
    laz_ignore(laz_buf_addf(b, "%-9s %" PRIu64 "\n", "atoms", info->atom_count));
    add_text_line(b, "matcher", info->platform);
    for (uint32_t i = 0; i < info->source_count; i++) {
        struct laz_database_source source;

        laz_database_source_get(db, i, &source);
        add_source(b, &source);
    }
}

static void add_json_text(struct laz_buf *b, const char *key, const char *text)
{
    laz_ignore(laz_buf_addf(b, "\"%s\":", key));
    laz_ignore(laz_buf_add_json(b, laz_view_of(text)));
}

static void add_json_fates(struct laz_buf *b, const struct laz_database_source *source)
{
    const char *comma = "";

    laz_ignore(laz_buf_add_text(b, ",\"kind\":"));
    laz_ignore(laz_buf_add_json(b, laz_view_of(kind_of(source->name))));
    laz_ignore(
        laz_buf_addf(b, ",\"taken\":%" PRIu32 ",\"left_out\":{", source->fates[LAZ_SOURCE_TAKEN]));
    for (unsigned fate = LAZ_SOURCE_TAKEN + 1; fate < LAZ_SOURCE_FATES; fate++) {
        if (source->fates[fate] == 0)
            continue;
        laz_ignore(laz_buf_addf(b, "%s\"%s\":%" PRIu32, comma,
                                laz_source_fate_name((enum laz_source_fate)fate),
                                source->fates[fate]));
        comma = ",";
    }
    laz_ignore(laz_buf_add_u8(b, '}'));
}

static void add_json_sources(struct laz_buf *b, const struct laz_database *db, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct laz_database_source source;

        laz_database_source_get(db, i, &source);
        laz_ignore(laz_buf_add_text(b, i == 0 ? "{" : ",{"));
        add_json_text(b, "name", source.name);
        if (source.sha256 != NULL) {
            laz_ignore(laz_buf_add_text(b, ",\"sha256\":\""));
            laz_ignore(laz_buf_add_hex(b, laz_view_from(source.sha256, 32)));
            laz_ignore(laz_buf_add_u8(b, '"'));
        }
        if (source.is_unsigned)
            laz_ignore(laz_buf_add_text(b, ",\"signed\":false"));
        add_json_fates(b, &source);
        laz_ignore(laz_buf_add_u8(b, '}'));
    }
}

static void add_json(struct laz_buf *b, const struct laz_database *db,
                     const struct laz_database_info *info, const char *built)
{
    laz_ignore(laz_buf_add_u8(b, '{'));
    add_json_text(b, "name", info->name);
    laz_ignore(laz_buf_add_u8(b, ','));
    add_json_text(b, "built", built);
    laz_ignore(laz_buf_addf(b, ",\"format\":%" PRIu32 ",\"rules\":%" PRIu64 ",\"hashes\":%" PRIu64,
                            info->format_version, info->rule_count, info->hash_count));
    laz_ignore(laz_buf_addf(b, ",\"lists\":%" PRIu64 ",\"allowed\":%" PRIu64, info->list_count,
                            info->allow_count));
    laz_ignore(laz_buf_addf(b, ",\"atoms\":%" PRIu64 ",", info->atom_count));
    add_json_text(b, "matcher", info->platform);
    laz_ignore(laz_buf_add_text(b, ",\"sources\":["));
    add_json_sources(b, db, info->source_count);
    laz_ignore(laz_buf_add_text(b, "]}\n"));
}

static enum laz_status print(const struct laz_database *db, bool json, struct laz_error *err)
{
    struct laz_database_info info;
    char built[LAZ_TIME_TEXT_SIZE];
    struct laz_buf b;
    enum laz_status s;

    laz_database_info_get(db, &info);
    laz_time_text((int64_t)info.built_ms, built);
    laz_buf_init(&b, OUTPUT_MAX);
    if (json)
        add_json(&b, db, &info, built);
    else
        add_plain(&b, db, &info, built);
    s = laz_buf_failed(&b);
    if (s != LAZ_OK)
        s = laz_fail(err, s, "database", "", "has more sources than can be printed", "");
    else
        s = laz_write_all(1, laz_buf_view(&b), err);
    laz_buf_clear(&b);
    return s;
}

enum laz_status laz_db_info_print(const char *path, bool json, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = laz_open_read(path);
    LAZ_OWNED(laz_database_drop) struct laz_database *db = NULL;
    struct laz_mapping mapping = {{NULL, 0}};
    enum laz_status s;

    if (fd < 0)
        return laz_fail_errno(err, "database", path, "check that it is there and readable");
    s = laz_map_fd(fd, &mapping, err);
    if (s == LAZ_OK)
        s = laz_database_open(mapping.bytes, &db, err);
    if (s == LAZ_OK)
        s = print(db, json, err);
    laz_database_drop(&db);
    laz_mapping_clear(&mapping);
    return s;
}
