/* lazaret yara: takes yara's options and prints what yara prints, so that scripts that call it go
 * on working. Rules are compiled and matched in boxed processes. */
#include "cli/yara.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "match/database.h"
#include "sys/fd.h"

#define EXIT_FAILURE_OF_YARA 1

static uint32_t lane_count(const struct laz_yara_options *o)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (!o->is_many || o->rules_max > 0)
        return 1;
    if (o->threads > 0)
        return o->threads < UINT32_MAX ? (uint32_t)o->threads : UINT32_MAX;
    return processors > 0 ? (uint32_t)processors : 1;
}

static void print_stats(const struct laz_yara_rules *rules)
{
    struct laz_mapping mapping = {{NULL, 0}};
    struct laz_database *db = NULL;
    struct laz_database_info info;

    if (laz_map_fd(rules->db_fd, &mapping, NULL) == LAZ_OK &&
        laz_database_open(mapping.bytes, &db, NULL) == LAZ_OK) {
        laz_database_info_get(db, &info);
        printf("number of rules                    : %llu\n", (unsigned long long)info.rule_count);
        printf("number of atoms                    : %llu\n", (unsigned long long)info.atom_count);
    }
    laz_database_free(db);
    laz_mapping_clear(&mapping);
}

static int match(const struct laz_yara_options *options, const struct laz_yara_rules *rules)
{
    LAZ_OWNED(laz_yara_lanes_drop) struct laz_yara_lanes *lanes = NULL;
    struct laz_error err;
    bool walked, matched;

    if (laz_yara_lanes_new(options, rules, lane_count(options), &lanes, &err) != LAZ_OK) {
        laz_ignore(laz_cli_fail(&err)); /* only to be told: the status is yara's */
        return EXIT_FAILURE_OF_YARA;
    }
    walked = laz_yara_walk(options, lanes);
    matched = laz_yara_lanes_finish(lanes);
    /* Of many files some may fail, as with yara. */
    return walked && (matched || options->is_many) ? LAZ_EXIT_OK : EXIT_FAILURE_OF_YARA;
}

int laz_cli_yara(int argc, char **argv)
{
    struct laz_yara_options options;
    struct laz_yara_rules rules = {.db_fd = -1};
    struct stat st;
    int status = EXIT_FAILURE_OF_YARA;

    switch (laz_yara_options_parse(argc, argv, &options)) {
    case LAZ_OK:
        break;
    case LAZ_CLOSED:
        return LAZ_EXIT_OK;
    default:
        return EXIT_FAILURE_OF_YARA;
    }
    options.is_many = options.is_list || (stat(options.target, &st) == 0 && S_ISDIR(st.st_mode));
    if (laz_yara_rules_get(&options, &rules) == LAZ_OK) {
        if (options.stats)
            print_stats(&rules);
        status = match(&options, &rules);
    }
    laz_fd_drop(&rules.db_fd);
    return fflush(stdout) == 0 ? status : EXIT_FAILURE_OF_YARA;
}
