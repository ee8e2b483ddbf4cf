/* worker.h - the client's side of a scan worker: a process of lazaret-worker that reads hostile
 * bytes and can do nothing else. It gets descriptors, and answers on the channel in the order of
 * the jobs. */
#ifndef LAZ_BOX_WORKER_H
#define LAZ_BOX_WORKER_H

#include "scan/change.h"
#include "scan/scan.h"
#include "sys/process.h"

/* A worker's exit status when it could not prepare: most often because of the database. */
#define LAZ_WORKER_UNUSABLE 2

struct laz_worker_config {
    const char *program; /* NULL: lazaret-worker beside the running program */
    const char *db_path; /* for messages, and opened when db_fd is negative; NULL: no database, so
                            that the worker only compares */
    int db_fd;           /* stays the caller's; -1: db_path is opened */
    bool drop_identity;  /* give up root; started without root it changes nothing */
    bool is_yara;        /* it serves `lazaret yara` (yara_serve.h), and nothing below is for it */
    uint64_t memory_max; /* private memory; 0: LAZ_WORKER_MEMORY_MAX */
};

#define LAZ_WORKER_MEMORY_MAX (384 * 1024 * 1024ULL)

struct laz_worker_end {
    int channel; /* -1 when there is none */
    struct laz_child child;
};

/* Starts a worker. It says hello, or that it failed, on the channel: see laz_worker_receive. The
 * channel may be handed to another, less privileged process. The child dies with its parent. */
LAZ_CHECKED enum laz_status laz_worker_spawn(const struct laz_worker_config *config,
                                             struct laz_worker_end *out, struct laz_error *err);
void laz_worker_end_drop(struct laz_worker_end *end); /* kills it and closes the channel */

/* The descriptors stay the caller's. LAZ_BUSY when a non-blocking channel is full, LAZ_CLOSED when
 * the worker is gone. */
LAZ_CHECKED enum laz_status laz_worker_send_scan(int channel, uint64_t job, int fd,
                                                 const struct laz_scan_limits *limits);
LAZ_CHECKED enum laz_status laz_worker_send_compare(int channel, uint64_t job, int old_fd,
                                                    int new_fd);

enum laz_worker_answer_kind {
    LAZ_ANSWER_HELLO,   /* it is sealed and waits */
    LAZ_ANSWER_FAILED,  /* it cannot work; error says why */
    LAZ_ANSWER_SCAN,    /* verdict */
    LAZ_ANSWER_COMPARE, /* change */
};

struct laz_worker_hello {
    bool no_new_privs, seccomp, identity_dropped;
    uint32_t landlock_abi;
    uint64_t rule_count, hash_count;
};

struct laz_worker_answer {
    enum laz_worker_answer_kind kind;
    uint64_t job; /* of scan and compare */
    union {
        struct laz_worker_hello hello;
        struct laz_error error;
        struct laz_verdict verdict;
        struct laz_change change;
    };
};

/* The next answer. LAZ_BUSY when a non-blocking channel is empty, LAZ_CLOSED when the worker is
 * gone, LAZ_DAMAGED when it said something that no worker says: end it. */
LAZ_CHECKED enum laz_status laz_worker_receive(int channel, struct laz_worker_answer *out);

/* Changes when another database stands in the file: for laz_cache. 0 when it cannot be told. */
uint64_t laz_database_file_id(int fd);

#endif
