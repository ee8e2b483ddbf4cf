/* scope.h - whose rows a statement may see. Every table has organisation_id, and every statement
 * about what an organisation owns is made here: its first value is the organisation, and it must
 * name the column beside it. The organisation comes from a session or from a client certificate,
 * never from what a request says. */
#ifndef LAZ_CONSOLE_SCOPE_H
#define LAZ_CONSOLE_SCOPE_H

#include "store/sqlite.h"

/* The organisation of an embedded installation. */
#define LAZ_FIRST_ORGANISATION 1

struct laz_scope {
    int64_t organisation_id;
};

/* laz_db_get with the organisation bound as ?1. Asserts that sql uses it: "organisation_id = ?1",
 * or an insert that lists organisation_id and gives it ?1. */
LAZ_CHECKED enum laz_status laz_scope_get(struct laz_scope scope, struct laz_db *db,
                                          const char *sql, struct laz_statement **out,
                                          struct laz_error *err);

/* What laz_scope_get asserts; for tests. */
bool laz_scope_is_kept(const char *sql);

/* The first column of the first row, for counts; 0 when there is no row. */
LAZ_CHECKED enum laz_status laz_scope_number(struct laz_scope scope, struct laz_db *db,
                                             const char *sql, int64_t *out, struct laz_error *err);

/* All organisations of the installation: for what a local administrator does to the whole of it. */
#define LAZ_ORGANISATIONS_MAX 4096
LAZ_CHECKED enum laz_status laz_organisation_list(struct laz_db *db,
                                                  int64_t ids[LAZ_ORGANISATIONS_MAX], size_t *count,
                                                  struct laz_error *err);

#endif
