/* lists_priv.h - lists of digests, URLs, hosts and addresses from many forms: what their readers
 * share. Each reader makes rows of them; a row that says nothing of use is left out, and told. */
#ifndef LAZ_RULES_LISTS_PRIV_H
#define LAZ_RULES_LISTS_PRIV_H

#include "rules/known.h"
#include "rules/lists.h"
#include "rules/source.h"

/* What a column, or a member of an object, may say. */
enum laz_role {
    LAZ_ROLE_SHA256, /* of several digests of one object the first of these is taken */
    LAZ_ROLE_SHA1,
    LAZ_ROLE_MD5,
    LAZ_ROLE_URL,
    LAZ_ROLE_HOST,
    LAZ_ROLE_ADDRESS,
    LAZ_ROLE_INDICATOR, /* any of those: told by its form */
    LAZ_ROLE_SIZE,
    LAZ_ROLE_NAME,
    LAZ_ROLE_CATEGORY,
    LAZ_ROLES
};
#define LAZ_ROLE_NONE LAZ_ROLES
/* By the names of columns that abuse.ch and others use; without regard to case. */
enum laz_role laz_role_of(struct laz_view name);
/* What a word is by its form: a digest, LAZ_ROLE_URL, _HOST, _ADDRESS or _NONE. */
enum laz_role laz_list_guess(struct laz_view v);
/* Without regard to case; text is lower case. */
bool laz_list_word_is(struct laz_view v, const char *text);
bool laz_list_is_csv(struct laz_view text);

struct laz_list_row {
    struct laz_view fields[LAZ_ROLES]; /* empty: it does not say */
    uint32_t columns[LAZ_ROLES];
    uint32_t line, column; /* of the row */
};

struct laz_list_reader {
    struct laz_ruleset *set;
    const struct laz_source *source;
    const struct laz_source_options *options;
    uint32_t source_text;
    struct laz_list_kind_wanted wanted;
    struct laz_view name; /* of the list: in front of the names of its entries */
    bool has_label;
    uint32_t label;                        /* of entries that say nothing of themselves */
    uint64_t taken, left_out, unsupported; /* of those left out */
    uint64_t ended;                        /* revoked, over, or not meant to be looked for */
};

/* Adds what the row says. A row that is wrong is left out and told, or fails where nobody wants to
 * be told. */
LAZ_CHECKED enum laz_status laz_list_take(struct laz_list_reader *r, const struct laz_list_row *row,
                                          struct laz_error *err);
/* Leaves something out, for a reason. Of one source the first LAZ_LIST_TOLD_MAX are told. */
LAZ_CHECKED enum laz_status laz_list_leave_out(struct laz_list_reader *r, enum laz_status status,
                                               uint32_t line, uint32_t column, const char *why,
                                               const char *remedy, struct laz_error *err);
#define LAZ_LIST_TOLD_MAX 20

/* An empty buffer with all its room, so that views of it hold while more is added. */
LAZ_CHECKED bool laz_list_make_room(struct laz_buf *b, size_t max);

/* One for each form. */
typedef enum laz_status laz_list_form_fn(struct laz_list_reader *r, struct laz_error *err);
laz_list_form_fn laz_list_read_plain, laz_list_read_csv, laz_list_read_json;

/* A pattern of STIX 2.1: as many rows as it has alternatives. text is decoded. */
LAZ_CHECKED enum laz_status laz_list_read_stix(struct laz_list_reader *r, struct laz_view text,
                                               const struct laz_list_row *base,
                                               struct laz_error *err);

#endif
