/* log.h - what a daemon tells its administrator: one line an event, on standard error, with a
 * stable name first. No patient names, no subjects, no contents. Libraries never log. */
#ifndef LAZ_SYS_LOG_H
#define LAZ_SYS_LOG_H

#include <stdbool.h>

#include "base/status.h"

enum laz_log_level { LAZ_DEBUG, LAZ_INFO, LAZ_WARN, LAZ_ERROR };

/* Below level nothing is written. program stands in each line and lives as long as the process. */
void laz_log_open(const char *program, enum laz_log_level level);
/* "debug", "info", "warn" or "error". */
bool laz_log_level_parse(const char *name, enum laz_log_level *out);
/* laz_log(LAZ_WARN, "scan.limit", "job=%u budget=%s", job, "depth"). Control bytes are escaped. */
void laz_log(enum laz_log_level level, const char *event, const char *format, ...) LAZ_PRINTF(3, 4);
void laz_log_error(enum laz_log_level level, const char *event, const struct laz_error *err);

#endif
