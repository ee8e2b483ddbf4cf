/* clamav_priv.h - ClamAV's lists: one entry a line, fields between colons or semicolons. */
#ifndef LAZ_RULES_CLAMAV_PRIV_H
#define LAZ_RULES_CLAMAV_PRIV_H

#include "rules/source.h"

#define LAZ_CLAMAV_FIELDS_MAX 68 /* of a logical signature: three, and 64 sub-signatures */

/* The functionality level of ClamAV that we read like: signatures may name the levels for which
 * they are (its manual, "Functionality levels"). 210 is that of 1.4. */
#define LAZ_CLAMAV_LEVEL 210

/* One list while it is read, and the line that is read of it. */
struct laz_clamav_line {
    struct laz_ruleset *set;
    const struct laz_source *source;
    uint32_t source_text;
    bool is_unwanted;     /* the list */
    char separator;       /* of fields; 0: the line is one */
    struct laz_view text; /* without the end of the line */
    uint32_t number;
    struct laz_view fields[LAZ_CLAMAV_FIELDS_MAX];
    size_t field_count;
    bool is_cut; /* there were more fields */
};

/* The next line that is no comment (#) and not empty; false at the end. line is zeroed at first. */
bool laz_clamav_next(struct laz_view *rest, struct laz_clamav_line *line);

/* Fails at the byte that at (a part of the line) begins with. */
LAZ_CHECKED enum laz_status laz_clamav_fail(const struct laz_clamav_line *line,
                                            enum laz_status status, const uint8_t *at,
                                            const char *why, const char *remedy,
                                            struct laz_error *err);
/* The same, at the end of the line. */
LAZ_CHECKED enum laz_status laz_clamav_fail_end(const struct laz_clamav_line *line, const char *why,
                                                struct laz_error *err);
/* A name that can be printed and stands in one word. */
LAZ_CHECKED enum laz_status laz_clamav_check_name(const struct laz_clamav_line *line,
                                                  struct laz_view name, struct laz_error *err);
/* Reads the levels in the fields from first on; *applies is false when they exclude ours. */
LAZ_CHECKED enum laz_status laz_clamav_levels(const struct laz_clamav_line *line, size_t first,
                                              bool *applies, struct laz_error *err);
/* True when the entry with this name is one that some list says to leave out. */
bool laz_clamav_is_ignored(const struct laz_clamav_line *line, struct laz_view name);
/* A number, or MIN-MAX with either end left out, or "*" for any. False when it is none. */
struct laz_clamav_range {
    uint64_t min, max;
};
bool laz_clamav_read_range(struct laz_view text, uint64_t max, struct laz_clamav_range *out);

/* Reads one line of a kind of list. *fate says what became of it, when all is well. */
typedef enum laz_status laz_clamav_line_fn(struct laz_clamav_line *line, enum laz_fate *fate,
                                           struct laz_error *err);
laz_clamav_line_fn laz_clamav_read_hash, laz_clamav_read_section, laz_clamav_read_import,
    laz_clamav_read_allowed, laz_clamav_read_body_line, laz_clamav_read_logical,
    laz_clamav_read_metadata, laz_clamav_read_certificate, laz_clamav_read_magic,
    laz_clamav_read_phishing, laz_clamav_read_bad_url, laz_clamav_read_good_url,
    laz_clamav_read_setting;
/* A name to ignore, and a macro's body, before all else. */
laz_clamav_line_fn laz_clamav_read_ignored, laz_clamav_read_macro;

/* Reads a list of ClamAV's. */
LAZ_CHECKED enum laz_status laz_clamav_read(struct laz_ruleset *set,
                                            const struct laz_source *source,
                                            const struct laz_source_options *options,
                                            uint32_t source_text, struct laz_error *err);
LAZ_CHECKED enum laz_status laz_clamav_prepare(struct laz_ruleset *set,
                                               const struct laz_source *source,
                                               struct laz_error *err);

/* How a body is read. */
struct laz_clamav_modifiers {
    bool wide;
};
/* Adds the tokens of a body. */
LAZ_CHECKED enum laz_status laz_clamav_read_tokens(const struct laz_clamav_line *line,
                                                   struct laz_view body,
                                                   struct laz_clamav_modifiers modifiers,
                                                   struct laz_error *err);

#endif
