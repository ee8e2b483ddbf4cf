/* ingest.h - batches of events on their way into the database. What arrives in one turn of the loop
 * is stored in one transaction, so that a hundred agents share one flush of the disk; each is
 * answered after the commit. */
#ifndef LAZ_CONSOLE_INGEST_H
#define LAZ_CONSOLE_INGEST_H

#include "console/console.h"

struct laz_ingest *laz_ingest_new(struct laz_console *c); /* NULL when memory ran out */
void laz_ingest_drop(struct laz_ingest **at);

/* Takes the request of an agent: decodes its body, and answers it later, or now when it is refused.
 */
void laz_ingest_take(struct laz_ingest *i, struct laz_request *request,
                     const struct laz_endpoint *from);

#endif
