/* overview.h - the first page: how things stand, and what to do next. */
#ifndef LAZ_CONSOLE_OVERVIEW_H
#define LAZ_CONSOLE_OVERVIEW_H

#include "console/account.h"
#include "console/json_out.h"

LAZ_CHECKED enum laz_status laz_overview_put(struct laz_db *db, const struct laz_account *who,
                                             int64_t now_ms, struct laz_json_out *out,
                                             struct laz_error *err);

#endif
