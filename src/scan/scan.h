/* scan.h - judges an object: type, known hashes, rules, and then each object in it the same way,
 * within one budget. Pure: bytes in, verdict out. What was not read is never clean. */
#ifndef LAZ_SCAN_SCAN_H
#define LAZ_SCAN_SCAN_H

#include "match/database.h"
#include "scan/budget.h"
#include "scan/verdict.h"

struct laz_scanner; /* belongs to one thread; memory is kept from scan to scan */

/* db is borrowed for the scanner's life. Everything that needs the system is fetched here, before
 * a sandbox closes. */
LAZ_CHECKED enum laz_status laz_scanner_new(const struct laz_database *db, laz_clock_fn *clock,
                                            struct laz_scanner **out, struct laz_error *err);
/* What rules take for the time: Unix time, 0 until it is told. */
void laz_scanner_tell_time(struct laz_scanner *s, int64_t now_s);
void laz_scanner_free(struct laz_scanner *s);
void laz_scanner_drop(struct laz_scanner **s);

/* Always gives a verdict. size is that of the object; when bytes holds only its first part, the
 * verdict says so. A malicious find ends the scan. */
void laz_scan(struct laz_scanner *s, struct laz_view bytes, uint64_t size,
              const struct laz_scan_limits *limits, struct laz_verdict *out);

#endif
