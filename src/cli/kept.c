#include "cli/kept.h"

#include <getopt.h>

#include "cli/cli.h"

int laz_kept_parse(const char *command, void (*print_usage)(FILE *out), int argc, char **argv,
                   struct laz_kept_arguments *out)
{
    static const struct option options[] = {
        {"data", required_argument, NULL, 'd'}, {"json", no_argument, NULL, 'j'},
        {"to", required_argument, NULL, 't'},   {"replace", no_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0},
    };
    int c;

    *out = (struct laz_kept_arguments){.data = LAZ_KEPT_DATA_DEFAULT};
    opterr = 0; /* errors have our own form */
    optind = 1;
    while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        switch (c) {
        case 'd':
            out->data = optarg;
            break;
        case 'j':
            out->json = true;
            break;
        case 't':
            out->to = optarg;
            break;
        case 'r':
            out->replace = true;
            break;
        case 'h':
            print_usage(stdout);
            return LAZ_EXIT_OK;
        default:
            return laz_cli_usage_error(command, argv[optind - 1],
                                       c == ':' ? "needs a value" : "is not an option");
        }
    }
    if (optind == argc) {
        print_usage(stderr);
        return LAZ_EXIT_ERROR;
    }
    out->verb = argv[optind];
    out->ids = argv + optind + 1;
    out->id_count = argc - optind - 1;
    return -1;
}
