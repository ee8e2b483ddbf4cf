/* sync.h - agents that ask and wait: an answer is held back until there is an order for the agent,
 * or its patience ends. */
#ifndef LAZ_CONSOLE_SYNC_H
#define LAZ_CONSOLE_SYNC_H

#include "console/console.h"

#define LAZ_SYNC_HOLD_MAX_MS 25000 /* below the 30 s after which proxies give up */
#define LAZ_SYNC_NEXT_MS     5000  /* when the agent does not wait */
#define LAZ_SYNC_AGAIN_MS    250   /* when it has waited */

struct laz_sync *laz_sync_new(struct laz_console *c); /* NULL when memory ran out */
void laz_sync_drop(struct laz_sync **s);

/* Answers the request now when there are orders or hold_ms is 0, else later. */
void laz_sync_answer(struct laz_sync *s, struct laz_request *request,
                     const struct laz_endpoint *from, int64_t hold_ms);
/* There is an order for this endpoint. */
void laz_sync_wake(struct laz_sync *s, const struct laz_endpoint *endpoint);

#endif
