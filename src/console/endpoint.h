/* endpoint.h - the rows of endpoints: protected machines. Their id to the outside is a UUID, which
 * their certificate carries. */
#ifndef LAZ_CONSOLE_ENDPOINT_H
#define LAZ_CONSOLE_ENDPOINT_H

#include "console/endpoint_report.h"
#include "console/scope.h"
#include "sign/token.h"

struct laz_endpoint {
    int64_t id;
    struct laz_scope scope;
    char uuid[LAZ_UUID_TEXT_SIZE];
};

/* The endpoint that a certificate's URI (urn:lazaret:ORGANISATION:agent:UUID) names. LAZ_DENIED
 * when the URI is not of this form or names none of ours. */
LAZ_CHECKED enum laz_status laz_endpoint_of_uri(struct laz_db *db, const char *uri,
                                                struct laz_endpoint *out, struct laz_error *err);
/* size: of out; LAZ_LIMIT never happens with 128. */
void laz_endpoint_uri(struct laz_scope scope, const char *uuid, char *out, size_t size);

/* By what the page calls it. LAZ_NOT_FOUND, also for one of another organisation. */
LAZ_CHECKED enum laz_status laz_endpoint_find(struct laz_db *db, struct laz_scope scope,
                                              struct laz_view uuid, struct laz_endpoint *out,
                                              struct laz_error *err);

LAZ_CHECKED enum laz_status laz_endpoint_add(struct laz_db *db, struct laz_scope scope,
                                             const char *uuid, const struct laz_report *report,
                                             struct laz_endpoint *out, struct laz_error *err);

/* What the agent has just said; state is what it amounts to. */
LAZ_CHECKED enum laz_status laz_endpoint_save(struct laz_db *db, const struct laz_endpoint *e,
                                              const struct laz_report *report, const char *state,
                                              int64_t seen_ms, struct laz_error *err);
/* Only that it was there, or is gone. */
LAZ_CHECKED enum laz_status laz_endpoint_set_seen(struct laz_db *db, const struct laz_endpoint *e,
                                                  int64_t seen_ms, struct laz_error *err);
LAZ_CHECKED enum laz_status laz_endpoint_set_offline(struct laz_db *db,
                                                     const struct laz_endpoint *e,
                                                     struct laz_error *err);

struct laz_endpoint_counts {
    int64_t total, protected_count, degraded, offline;
};
LAZ_CHECKED enum laz_status laz_endpoint_count(struct laz_db *db, struct laz_scope scope,
                                               struct laz_endpoint_counts *out,
                                               struct laz_error *err);
/* {"opens":…}: each counter summed over all endpoints. */
LAZ_CHECKED enum laz_status laz_endpoint_sum_counters(struct laz_db *db, struct laz_scope scope,
                                                      struct laz_json_out *out,
                                                      struct laz_error *err);

LAZ_CHECKED enum laz_status laz_endpoint_list(struct laz_db *db, struct laz_scope scope,
                                              int64_t after, int64_t limit,
                                              struct laz_json_out *out, struct laz_error *err);
/* One endpoint with its newest events. */
LAZ_CHECKED enum laz_status laz_endpoint_put(struct laz_db *db, const struct laz_endpoint *e,
                                             int64_t event_limit, struct laz_json_out *out,
                                             struct laz_error *err);

#endif
