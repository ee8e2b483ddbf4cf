#include "sys/identity.h"

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static const struct {
    const char *name;
    uid_t fallback;
} roles[] = {
    [LAZ_IDENTITY_AGENT] = {"lazaret", 61980},
    [LAZ_IDENTITY_CONSOLE] = {"lazaret-console", 61981},
    [LAZ_IDENTITY_WORKER] = {"lazaret-worker", 61982},
};

/* Looks in the file alone: what else the C library asks costs more than all of a worker's start. */
static bool find_in_file(const char *name, struct laz_identity *out)
{
    FILE *file = fopen("/etc/passwd", "re");
    struct passwd entry, *found = NULL;
    char text[4096];

    if (file == NULL)
        return false;
    while (fgetpwent_r(file, &entry, text, sizeof text, &found) == 0 &&
           strcmp(found->pw_name, name) != 0)
        found = NULL;
    fclose(file);
    if (found == NULL)
        return false;
    *out = (struct laz_identity){found->pw_uid, found->pw_gid};
    return true;
}

static bool find_anywhere(const char *name, struct laz_identity *out)
{
    struct passwd entry, *found = NULL;
    char text[4096];

    if (getpwnam_r(name, &entry, text, sizeof text, &found) != 0 || found == NULL)
        return false;
    *out = (struct laz_identity){found->pw_uid, found->pw_gid};
    return true;
}

void laz_identity_find(enum laz_identity_role role, struct laz_identity *out)
{
    const char *name = roles[role].name;

    /* A worker owns no files, so one whose user stands elsewhere may as well have the number. */
    if ((find_in_file(name, out) || (role != LAZ_IDENTITY_WORKER && find_anywhere(name, out))) &&
        out->uid != 0)
        return;
    *out = (struct laz_identity){roles[role].fallback, (gid_t)roles[role].fallback};
}

/* The kernel forgets, when ids change, that a process was to end with its parent. */
static bool set_ids(const struct laz_identity *who)
{
    pid_t parent = getppid();
    int number = 0;

    if (prctl(PR_GET_PDEATHSIG, &number) != 0 || setgroups(0, NULL) != 0 ||
        setresgid(who->gid, who->gid, who->gid) != 0 ||
        setresuid(who->uid, who->uid, who->uid) != 0 || prctl(PR_SET_PDEATHSIG, number) != 0)
        return false;
    if (number != 0 && getppid() != parent)
        laz_ignore(raise(number) != 0); /* it ended meanwhile */
    return true;
}

enum laz_status laz_identity_drop(enum laz_identity_role role, bool *dropped, struct laz_error *err)
{
    struct laz_identity who;

    if (geteuid() != 0) {
        if (dropped != NULL)
            *dropped = false;
        return LAZ_OK;
    }
    laz_identity_find(role, &who);
    if (!set_ids(&who))
        return laz_fail_errno(err, "identity", roles[role].name,
                              "root without CAP_SETUID and CAP_SETGID cannot give up its rights");
    if (setuid(0) == 0 || geteuid() == 0)
        return laz_fail(err, LAZ_DENIED, "identity", roles[role].name,
                        "the rights of root came back", "");
    if (dropped != NULL)
        *dropped = true;
    return LAZ_OK;
}
