/* vault_names.h - what an actor did to names, in order, so that what it kept can be led back to
 * where it belongs, and what it moved can be found. Pure. */
#ifndef LAZ_AGENT_VAULT_NAMES_H
#define LAZ_AGENT_VAULT_NAMES_H

#include "agent/vault_record.h"

struct laz_vault_rename {
    uint64_t at;            /* the order of the journal */
    uint64_t device, inode; /* 0: not known */
    char *from, *to;        /* owned */
    bool undone;            /* a folder that has its old name again */
};

struct laz_vault_names {
    struct laz_vault_rename *renames; /* in order */
    size_t rename_count, rename_room;
    char **created; /* sorted after laz_vault_names_sort */
    size_t created_count, created_room;
    uint32_t *by_from, *by_to; /* places in renames, sorted by name and then by order */
    uint32_t *folders;         /* places in renames of folders that were led back */
    size_t folder_count;
};

void laz_vault_names_clear(struct laz_vault_names *n);
LAZ_CHECKED enum laz_status laz_vault_names_add_rename(struct laz_vault_names *n,
                                                       const struct laz_vault_record *r,
                                                       uint64_t at);
LAZ_CHECKED enum laz_status laz_vault_names_add_created(struct laz_vault_names *n,
                                                        struct laz_view path);
/* After everything was added, before anything is asked. */
LAZ_CHECKED enum laz_status laz_vault_names_sort(struct laz_vault_names *n);

bool laz_vault_names_is_created(const struct laz_vault_names *n, const char *path);

/* Where the file that was kept at path, at place `at` in the journal, stood before the actor first
 * renamed it; path itself when it did not. The result is borrowed from n or is path. */
const char *laz_vault_names_origin(const struct laz_vault_names *n, const char *path, uint64_t at,
                                   const struct laz_vault_file_id *file);
/* Where a file that stood at origin stands now after the actor's renames of it. */
const char *laz_vault_names_now(const struct laz_vault_names *n, const char *origin,
                                const struct laz_vault_file_id *file);

/* The folder rename with this place in renames is undone: paths kept below its new name belong
 * below its old one. */
void laz_vault_names_undo_folder(struct laz_vault_names *n, uint32_t place);
/* path, kept at `at`, with the folder renames before that taken back; in out when it differs, else
 * NULL. False when it gets too long. */
bool laz_vault_names_lead_back(const struct laz_vault_names *n, const char *path, uint64_t at,
                               char *out, size_t size, bool *differs);

#endif
