/* vault_journal.h - the append-only list of what the vault keeps for whom. */
#ifndef LAZ_AGENT_VAULT_JOURNAL_H
#define LAZ_AGENT_VAULT_JOURNAL_H

#include "agent/vault_record.h"

struct laz_vault_journal {
    int fd; /* -1 when closed */
    bool writable;
    uint64_t len, sequence; /* sequence: of the next record */
    uint32_t damaged;       /* places at which bytes had to be skipped */
    struct laz_buf buf;     /* a record on its way in or out */
};

/* Called with each sound record in order and the place that it stands at. */
typedef enum laz_status laz_vault_replay_fn(void *context, const struct laz_vault_record *r,
                                            uint64_t at);

/* Opens or, when writable, makes `journal` in dir and replays it. What follows the last sound
 * record is cut off when writable. */
LAZ_CHECKED enum laz_status laz_vault_journal_open(int dir, bool writable, laz_vault_replay_fn *fn,
                                                   void *context, struct laz_vault_journal *out,
                                                   struct laz_error *err);
void laz_vault_journal_clear(struct laz_vault_journal *j);

/* Adds a record; it survives the death of the process when this returns LAZ_OK. On failure the
 * journal is as it was. LAZ_LIMIT: the disk is full. */
LAZ_CHECKED enum laz_status laz_vault_journal_add(struct laz_vault_journal *j,
                                                  const struct laz_vault_record *r, uint64_t *at,
                                                  struct laz_error *err);
/* The record that stands at `at`. Its views live until the next call on j. */
LAZ_CHECKED enum laz_status laz_vault_journal_read(struct laz_vault_journal *j, uint64_t at,
                                                   struct laz_vault_record *out,
                                                   struct laz_error *err);

/* A new journal is written beside the old one by laz_vault_journal_add on *out, then takes its
 * place, on disk, in j. */
LAZ_CHECKED enum laz_status laz_vault_journal_fold(int dir, const struct laz_vault_journal *j,
                                                   struct laz_vault_journal *out,
                                                   struct laz_error *err);
LAZ_CHECKED enum laz_status laz_vault_journal_replace(int dir, struct laz_vault_journal *j,
                                                      struct laz_vault_journal *by,
                                                      struct laz_error *err);

#endif
