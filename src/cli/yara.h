/* yara.h - the parts of `lazaret yara`: what was asked for, the rules, the targets, and those who
 * match. */
#ifndef LAZ_CLI_YARA_H
#define LAZ_CLI_YARA_H

#include "base/buf.h"

#define LAZ_YARA_LIST_MAX 64u

/* Texts that an option may bring again and again; borrowed from argv. */
struct laz_yara_texts {
    const char *items[LAZ_YARA_LIST_MAX];
    size_t count;
};

struct laz_yara_options {
    uint64_t show; /* enum laz_yara_show (wire/yara_message.h) */
    struct laz_yara_texts tags, identifiers, defines;
    const char *report; /* a file for the module cuckoo; NULL: none */
    bool compiled, recursive, no_links, is_list, no_warnings, fail_on_warnings, stats;
    bool strict_escape;
    bool is_many;                /* the target is a folder or a list */
    uint64_t rules_max;          /* 0: all */
    uint64_t strings_max;        /* of a rule; 0: the default */
    uint64_t size_max;           /* of files in folders; 0: any */
    uint64_t timeout_s, threads; /* 0: the default */
    char *const *rules;          /* [NAMESPACE:]FILE */
    size_t rule_count;
    const char *target;
};

/* yara_options.c: LAZ_OK; LAZ_CLOSED when all is done already (--help); LAZ_INVALID when it was
 * told what is wrong. */
LAZ_CHECKED enum laz_status laz_yara_options_parse(int argc, char **argv,
                                                   struct laz_yara_options *out);

/* yara_rules.c: the database of the rules in a file without a name, and which modules they import.
 * Anything but LAZ_OK was told. */
struct laz_yara_rules {
    int db_fd;
    uint8_t imports[64];
    size_t import_count;
};
LAZ_CHECKED enum laz_status laz_yara_rules_get(const struct laz_yara_options *options,
                                               struct laz_yara_rules *out);

/* yara_lanes.c: matchers that work side by side. What they say of files is printed in the order in
 * which the files were given. */
struct laz_yara_lanes;
LAZ_CHECKED enum laz_status laz_yara_lanes_new(const struct laz_yara_options *options,
                                               const struct laz_yara_rules *rules, uint32_t count,
                                               struct laz_yara_lanes **out, struct laz_error *err);
void laz_yara_lanes_free(struct laz_yara_lanes *lanes);
void laz_yara_lanes_drop(struct laz_yara_lanes **lanes);
/* Takes a file, which stays the caller's; waits while all are busy. LAZ_LIMIT when as many rules
 * were shown as there may be, so that nothing more is of use. */
LAZ_CHECKED enum laz_status laz_yara_lanes_submit(struct laz_yara_lanes *lanes, int fd,
                                                  const char *path);
/* Waits for all that was taken. False when some file could not be matched to its end. */
bool laz_yara_lanes_finish(struct laz_yara_lanes *lanes);
/* A file that could not be opened: said in its turn. */
void laz_yara_lanes_miss(struct laz_yara_lanes *lanes, const char *path);

/* yara_walk.c: gives the target's files to the matchers. False when the target itself could not be
 * read. */
bool laz_yara_walk(const struct laz_yara_options *options, struct laz_yara_lanes *lanes);

#endif
