/* guard_weigh.h - how much a change of content weighs, by itself. Pure. */
#ifndef LAZ_AGENT_GUARD_WEIGH_H
#define LAZ_AGENT_GUARD_WEIGH_H

#include "agent/guard_actor.h"
#include "scan/change.h"

/* Adds what the change from old to new content of the file at path says. */
void laz_guard_weigh(const struct laz_change *c, struct laz_view path,
                     struct laz_guard_weight *out);

/* The new content is encrypted, or compressed without saying so, or a compressed type under a name
 * that does not go with it, which is taken for a mask. */
bool laz_guard_is_encrypted(const struct laz_change *c, struct laz_view path);
/* Its bytes are as even as encrypted or compressed ones. */
bool laz_guard_is_even(const struct laz_change *c);
bool laz_guard_is_text(const char *type);
/* What follows the last point of the name; empty when there is none. */
struct laz_view laz_guard_extension(struct laz_view path);

#endif
