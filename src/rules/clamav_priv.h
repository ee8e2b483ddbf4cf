/* clamav_priv.h - ClamAV's lists: one signature a line, fields between colons. */
#ifndef LAZ_RULES_CLAMAV_PRIV_H
#define LAZ_RULES_CLAMAV_PRIV_H

#include "rules/source.h"

#define LAZ_CLAMAV_FIELDS_MAX 6

/* The functionality level of ClamAV that we read like: signatures may name the levels for which
 * they are (its manual, "Functionality levels"). 210 is that of 1.4. */
#define LAZ_CLAMAV_LEVEL 210

struct laz_clamav_line {
    const struct laz_source *source;
    struct laz_view text; /* without the end of the line */
    uint32_t number;
    struct laz_view fields[LAZ_CLAMAV_FIELDS_MAX];
    size_t field_count;
};

/* The next line that is no comment (#) and not empty; false at the end. line is zeroed at first. */
bool laz_clamav_next(struct laz_view *rest, struct laz_clamav_line *line);

/* Fails at the byte that at (a part of the line) begins with. */
LAZ_CHECKED enum laz_status laz_clamav_fail(const struct laz_clamav_line *line,
                                            enum laz_status status, const uint8_t *at,
                                            const char *why, const char *remedy,
                                            struct laz_error *err);
/* A name that can be printed and stands in one word. */
LAZ_CHECKED enum laz_status laz_clamav_check_name(const struct laz_clamav_line *line,
                                                  struct laz_view name, struct laz_error *err);
/* Reads the levels in the fields from first on; *applies is false when they exclude ours. */
LAZ_CHECKED enum laz_status laz_clamav_levels(const struct laz_clamav_line *line, size_t first,
                                              bool *applies, struct laz_error *err);

/* .hdb and .hsb: DIGEST:SIZE:NAME[:MIN[:MAX]] */
LAZ_CHECKED enum laz_status laz_clamav_read_hashes(struct laz_ruleset *set,
                                                   const struct laz_source *source,
                                                   uint32_t source_text, struct laz_error *err);
/* .ndb: NAME:TARGET:OFFSET:BODY[:MIN[:MAX]] */
LAZ_CHECKED enum laz_status laz_clamav_read_bodies(struct laz_ruleset *set,
                                                   const struct laz_source *source,
                                                   const struct laz_source_options *options,
                                                   uint32_t source_text, struct laz_error *err);
/* Adds the tokens of a body. */
LAZ_CHECKED enum laz_status laz_clamav_read_body(struct laz_ruleset *set,
                                                 const struct laz_clamav_line *line,
                                                 struct laz_view body, struct laz_error *err);

#endif
