/* content.h - the parts of `lazaret content` among themselves. */
#ifndef LAZ_CLI_CONTENT_H
#define LAZ_CLI_CONTENT_H

#include "feed/registry.h"
#include "feed/store.h"

#define LAZ_CONTENT_DATA      "/var/lib/lazaret"
#define LAZ_CONTENT_CLEAN_MAX 16
#define LAZ_CONTENT_PARTS_MAX (LAZ_FEED_SOURCES_MAX + 1)

/* An open installation. */
struct laz_content {
    const char *data;
    struct laz_feed_store store;
    struct laz_feed_registry registry;
};

LAZ_CHECKED enum laz_status laz_content_open(const char *data, bool exclusive,
                                             struct laz_content *out, struct laz_error *err);
LAZ_CHECKED enum laz_status laz_content_save(struct laz_content *c, struct laz_error *err);
void laz_content_close(struct laz_content *c);

/* content_sources.c: the subcommands about sources; each gets its own name as argv[0]. */
int laz_content_list(int argc, char **argv);
int laz_content_show(int argc, char **argv);
int laz_content_add(int argc, char **argv);
int laz_content_remove(int argc, char **argv);
int laz_content_enable(int argc, char **argv); /* and disable */
int laz_content_recommended(int argc, char **argv);
/* content_update.c */
int laz_content_update(int argc, char **argv);
int laz_content_back(int argc, char **argv);
int laz_content_run(int argc, char **argv);

struct laz_content_update {
    const char *only; /* id, or NULL: all that are enabled */
    bool due;         /* only what is due; a database that was taken back stays */
    bool now;         /* also what asked to be left alone for a while */
    bool dry_run;
    bool quiet;
    uint32_t slow_s;       /* 0: as usual */
    uint32_t sample;       /* clean files */
    uint32_t prove_s;      /* at most, for the clean set */
    uint32_t left_out_max; /* of one source, before it is refused */
    uint32_t slower_max;   /* times the old database */
    uint64_t fast_enough;  /* bytes in a second of CPU, at which that does not matter */
    const char *clean[LAZ_CONTENT_CLEAN_MAX];
    size_t clean_count;
};

/* content_fetch.c: asks the sources that it is time to ask. *changed: something new has come. */
LAZ_CHECKED enum laz_status laz_content_fetch(struct laz_content *c,
                                              const struct laz_content_update *u, bool *changed,
                                              struct laz_error *err);

/* content_build.c: what a database is made of. */
struct laz_content_part {
    struct laz_feed_source *source; /* NULL: the default pack */
    uint64_t first, end;            /* in the bundle */
    uint32_t left_out;              /* rules that the proof left out */
    uint64_t taken, unusable;       /* entries that the compiler took, and could not */
    bool refused;                   /* nothing of it is taken */
    bool use_good;                  /* not what came last, but what stood in the database before */
    bool is_settled; /* refused while clean files are looked at: the rest does not count */
};

struct laz_content_build {
    struct laz_content *content;
    struct laz_content_part parts[LAZ_CONTENT_PARTS_MAX];
    size_t part_count;
    int bundle, words; /* files without a name */
    /* What the proof leaves out: names of rules, and files that a hash took for something else. */
    struct laz_buf left_out_names, left_out_files;
};

/* A file without a name: on the disk, for content may be larger than memory, and gone with its last
 * descriptor. -1 and errno on failure. */
int laz_content_room(const struct laz_content *c);
void laz_content_build_init(struct laz_content_build *b, struct laz_content *c);
void laz_content_build_clear(struct laz_content_build *b);
/* Puts all enabled sources into the bundle; one that cannot be read is told and left out. inputs is
 * the digest of it all. */
LAZ_CHECKED enum laz_status laz_content_gather(struct laz_content_build *b,
                                               char inputs[LAZ_FEED_DIGEST_SIZE],
                                               struct laz_error *err);
/* content_compile.c
 * Makes the database. When one source makes the compiler fail, it is left out and the others go on.
 */
LAZ_CHECKED enum laz_status laz_content_compile(struct laz_content_build *b, int out,
                                                struct laz_error *err);
/* Which part a source of the database, as detections name it, came from; NULL when none. */
struct laz_content_part *laz_content_part_of(struct laz_content_build *b, const char *source);
/* Says why nothing more of the part is taken: its last good content is, when there is another. */
void laz_content_refuse(struct laz_content_part *part, const char *why);

/* content_clean.c: files of this machine that are known to be clean. */
struct laz_content_clean {
    char *path;      /* owned */
    uint8_t md5[16]; /* as the package says */
    bool has_md5;    /* false: from a folder that somebody named */
    bool fired;      /* a rule fired on it */
};

struct laz_content_clean_set {
    struct laz_content_clean *files; /* owned */
    size_t count, capacity;
    uint64_t seen; /* of which these are a sample */
};
LAZ_CHECKED enum laz_status laz_content_clean_collect(const struct laz_content_update *u,
                                                      struct laz_content_clean_set *out,
                                                      struct laz_error *err);
void laz_content_clean_clear(struct laz_content_clean_set *set);
/* Whether the file is still as its package brought it. */
bool laz_content_clean_is_whole(const struct laz_content_clean *file);

/* content_prove.c */
struct laz_content_proof {
    uint64_t files, bytes, fired;
    int64_t elapsed_ms;
    bool stopped; /* the time ran out before all files were looked at */
};
/* Scans the clean set with the database, or only what fired before. What fires goes into the
 * build's lists; *again is then true, and the database must be made once more. */
LAZ_CHECKED enum laz_status laz_content_prove_clean(struct laz_content_build *b, int db,
                                                    const struct laz_content_update *u,
                                                    struct laz_content_clean_set *clean,
                                                    bool only_fired, struct laz_content_proof *out,
                                                    bool *again, struct laz_error *err);
/* The test samples are found. LAZ_INVALID names the one that is not. */
LAZ_CHECKED enum laz_status laz_content_prove_samples(int db, struct laz_error *err);
/* The new database is not much slower than the old one, on the same files. */
LAZ_CHECKED enum laz_status laz_content_prove_speed(const struct laz_content *c, int db,
                                                    const struct laz_content_update *u,
                                                    const struct laz_content_clean_set *clean,
                                                    struct laz_error *err);

#endif
