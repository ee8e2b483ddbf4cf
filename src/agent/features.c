#include "agent/features.h"

#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "sys/watch.h"

static const struct {
    const char *name, *short_name;
} names[LAZ_FEATURES] = {
    [LAZ_FEATURE_PERMISSION] = {"fanotify-permission", "permission"},
    [LAZ_FEATURE_PRE_CONTENT] = {"fanotify-pre-access", "pre-access"},
    [LAZ_FEATURE_NAMES] = {"fanotify-names", "names"},
    [LAZ_FEATURE_LANDLOCK] = {"landlock", "landlock"},
    [LAZ_FEATURE_SECCOMP] = {"seccomp", "seccomp"},
    [LAZ_FEATURE_PIDFD] = {"pidfd", "pidfd"},
};

const char *laz_feature_name(enum laz_feature feature)
{
    return names[feature].name;
}

static void set(struct laz_features *f, enum laz_feature feature, bool on)
{
    f->state[feature] = on ? LAZ_FEATURE_ON : LAZ_FEATURE_MISSING;
}

static bool have_seccomp(void)
{
    uint32_t action = SECCOMP_RET_KILL_PROCESS;

    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static bool have_pidfd(void)
{
    long fd = syscall(SYS_pidfd_open, getpid(), 0);

    if (fd >= 0)
        close((int)fd);
    return fd >= 0;
}

static void detect(struct laz_features *f)
{
    struct laz_watch_abilities watch;
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    laz_watch_probe(&watch);
    f->root = geteuid() == 0;
    f->landlock_abi = abi > 0 ? (uint32_t)abi : 0;
    set(f, LAZ_FEATURE_PERMISSION, watch.permission);
    set(f, LAZ_FEATURE_PRE_CONTENT, watch.pre_content);
    set(f, LAZ_FEATURE_NAMES, watch.names);
    set(f, LAZ_FEATURE_LANDLOCK, abi > 0);
    set(f, LAZ_FEATURE_SECCOMP, have_seccomp());
    set(f, LAZ_FEATURE_PIDFD, have_pidfd());
}

static bool turn_off(struct laz_features *f, struct laz_view name)
{
    for (size_t i = 0; i < LAZ_FEATURES; i++) {
        if (!laz_view_equal_text(name, names[i].name) &&
            !laz_view_equal_text(name, names[i].short_name))
            continue;
        f->state[i] = LAZ_FEATURE_OFF;
        return true;
    }
    return false;
}

enum laz_status laz_features_detect(const char *off, struct laz_features *out,
                                    struct laz_error *err)
{
    struct laz_view rest = laz_view_of(off == NULL ? "" : off), name;
    struct laz_features f = {0};

    detect(&f);
    while (laz_take_until(&rest, ',', &name))
        if (!turn_off(&f, laz_view_trim(name)))
            return laz_fail(err, LAZ_INVALID, "agent", off, "names an unknown feature",
                            "see lazaret-agentd(8)");
    if (f.state[LAZ_FEATURE_LANDLOCK] != LAZ_FEATURE_ON)
        f.landlock_abi = 0;
    *out = f;
    return LAZ_OK;
}

bool laz_features_have(const struct laz_features *f, enum laz_feature feature)
{
    return f->state[feature] == LAZ_FEATURE_ON;
}

bool laz_features_have_gate(const struct laz_features *f)
{
    return f->root && laz_features_have(f, LAZ_FEATURE_PERMISSION) &&
           laz_features_have(f, LAZ_FEATURE_PIDFD);
}

void laz_features_add_json(const struct laz_features *f, struct laz_buf *out)
{
    static const char *const states[] = {"on", "missing", "off"};

    laz_ignore(laz_buf_add_text(out, "["));
    for (size_t i = 0; i < LAZ_FEATURES; i++) {
        laz_ignore(laz_buf_addf(out, "%s{\"name\":\"%s\",\"state\":\"%s\",\"detail\":\"",
                                i == 0 ? "" : ",", names[i].name, states[f->state[i]]));
        if (i == LAZ_FEATURE_LANDLOCK && f->landlock_abi > 0)
            laz_ignore(laz_buf_addf(out, "ABI %u", f->landlock_abi));
        laz_ignore(laz_buf_add_text(out, "\"}"));
    }
    laz_ignore(laz_buf_add_text(out, "]"));
}

/* truncate(2) by path has no event of OPEN, and PRE_ACCESS would cost an event on every read; the
 * loss of a name (unlink, rename over) cannot be held by any event. */
void laz_features_add_unguarded(const struct laz_features *f, const struct laz_unguarded *also,
                                struct laz_buf *out)
{
    if (!laz_features_have_gate(f)) {
        laz_ignore(laz_buf_addf(out, "[\"%s\"]", f->root ? "no-permission" : "no-root"));
        return;
    }
    laz_ignore(laz_buf_add_text(
        out, "[\"truncate-by-path\",\"unlink-and-rename\",\"new-directory-race\""));
    if (!laz_features_have(f, LAZ_FEATURE_NAMES))
        laz_ignore(laz_buf_add_text(out, ",\"new-directories\""));
    if (also->part_of_disk)
        laz_ignore(laz_buf_add_text(out, ",\"outside-hard-links\""));
    if (also->content_missing)
        laz_ignore(laz_buf_add_text(out, ",\"content-missing\""));
    laz_ignore(laz_buf_add_text(out, "]"));
}
