/* features.h - what this kernel and our rights give the agent, found at start, and what it cannot
 * guard for want of it. */
#ifndef LAZ_AGENT_FEATURES_H
#define LAZ_AGENT_FEATURES_H

#include "base/buf.h"
#include "base/status.h"

enum laz_feature {
    LAZ_FEATURE_PERMISSION,  /* fanotify-permission: without it there is no gate */
    LAZ_FEATURE_PRE_CONTENT, /* fanotify-pre-access */
    LAZ_FEATURE_NAMES,       /* fanotify-names */
    LAZ_FEATURE_LANDLOCK,
    LAZ_FEATURE_SECCOMP,
    LAZ_FEATURE_PIDFD,
    LAZ_FEATURES,
};
const char *laz_feature_name(enum laz_feature feature);

enum laz_feature_state { LAZ_FEATURE_ON, LAZ_FEATURE_MISSING, LAZ_FEATURE_OFF };

struct laz_features {
    enum laz_feature_state state[LAZ_FEATURES];
    uint32_t landlock_abi;
    bool root;
};

/* off: names with commas that are treated as missing, for tests; NULL: none. LAZ_INVALID when one
 * is not known. Short forms "permission", "pre-access", "names" are taken too. */
LAZ_CHECKED enum laz_status laz_features_detect(const char *off, struct laz_features *out,
                                                struct laz_error *err);
bool laz_features_have(const struct laz_features *f, enum laz_feature feature);
/* True when files can be held at open at all. */
bool laz_features_have_gate(const struct laz_features *f);

/* What is not guarded for other reasons than the kernel's. */
struct laz_unguarded {
    bool content_missing; /* there is no database that can be used */
    bool part_of_disk;    /* a guarded folder is not the root of its file system */
};

/* JSON arrays for the agent's state: features, and codes of what is not guarded. */
void laz_features_add_json(const struct laz_features *f, struct laz_buf *out);
void laz_features_add_unguarded(const struct laz_features *f, const struct laz_unguarded *also,
                                struct laz_buf *out);

#endif
