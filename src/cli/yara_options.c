#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "cli/yara.h"
#include "match/fields.h"
#include "wire/yara_message.h"

#define VERSION "4.5.0" /* of the language and the options: what scripts ask for */

static const char usage_line[] = "Usage: yara [OPTION]... [NAMESPACE:]RULES_FILE... FILE | DIR\n";

static const char help[] =
    "\n"
    "Matches rules of YARA 4.5 by Lazaret's engine, with yara's options and in yara's form.\n"
    "\n"
    "Mandatory arguments to long options are mandatory for short options too.\n"
    "\n"
    "       --atom-quality-table=FILE           taken and not needed\n"
    "  -C,  --compiled-rules                    RULES_FILE is a database of 'lazaret db build'\n"
    "  -c,  --count                             print only number of matches\n"
    "  -E,  --strict-escape                     warn on unknown escape sequences\n"
    "  -d,  --define=VAR=VALUE                  define external variable\n"
    "       --fail-on-warnings                  fail on warnings\n"
    "  -f,  --fast-scan                         of a string only the first match where that will "
    "do\n"
    "  -h,  --help                              show this help and exit\n"
    "  -i,  --identifier=IDENTIFIER             print only rules named IDENTIFIER\n"
    "       --max-process-memory-chunk=NUMBER   taken; memory of processes is not read\n"
    "  -l,  --max-rules=NUMBER                  abort scanning after matching a NUMBER of rules\n"
    "       --max-strings-per-rule=NUMBER       set maximum number of strings per rule "
    "(default=10000)\n"
    "  -x,  --module-data=MODULE=FILE           pass FILE's content as extra data to MODULE\n"
    "  -n,  --negate                            print only not satisfied rules (negate)\n"
    "  -N,  --no-follow-symlinks                do not follow symlinks when scanning\n"
    "  -w,  --no-warnings                       disable warnings\n"
    "  -m,  --print-meta                        print metadata\n"
    "  -D,  --print-module-data                 print module data\n"
    "  -M,  --module-names                      show module names\n"
    "  -e,  --print-namespace                   print rules' namespace\n"
    "  -S,  --print-stats                       print rules' statistics\n"
    "  -s,  --print-strings                     print matching strings\n"
    "  -L,  --print-string-length               print length of matched strings\n"
    "  -X,  --print-xor-key                     print xor key and plaintext of matched strings\n"
    "  -g,  --print-tags                        print tags\n"
    "  -r,  --recursive                         recursively search directories\n"
    "       --scan-list                         scan files listed in FILE, one per line\n"
    "  -z,  --skip-larger=NUMBER                skip files larger than the given size when "
    "scanning a directory\n"
    "  -k,  --stack-size=SLOTS                  taken; the engine has its own limits\n"
    "  -t,  --tag=TAG                           print only rules tagged as TAG\n"
    "  -p,  --threads=NUMBER                    use the specified NUMBER of processes to scan a "
    "directory\n"
    "  -a,  --timeout=SECONDS                   abort scanning after the given number of SECONDS\n"
    "  -v,  --version                           show version information\n"
    "\n"
    "Exit status: 0, or 1 after an error.\n";

enum { OPTION_TABLE = 256, OPTION_FAIL, OPTION_CHUNK, OPTION_STRINGS, OPTION_LIST };

static const struct option options[] = {
    {"atom-quality-table", required_argument, NULL, OPTION_TABLE},
    {"compiled-rules", no_argument, NULL, 'C'},
    {"count", no_argument, NULL, 'c'},
    {"strict-escape", no_argument, NULL, 'E'},
    {"define", required_argument, NULL, 'd'},
    {"fail-on-warnings", no_argument, NULL, OPTION_FAIL},
    {"fast-scan", no_argument, NULL, 'f'},
    {"help", no_argument, NULL, 'h'},
    {"identifier", required_argument, NULL, 'i'},
    {"max-process-memory-chunk", required_argument, NULL, OPTION_CHUNK},
    {"max-rules", required_argument, NULL, 'l'},
    {"max-strings-per-rule", required_argument, NULL, OPTION_STRINGS},
    {"module-data", required_argument, NULL, 'x'},
    {"module-names", no_argument, NULL, 'M'},
    {"negate", no_argument, NULL, 'n'},
    {"no-follow-symlinks", no_argument, NULL, 'N'},
    {"no-warnings", no_argument, NULL, 'w'},
    {"print-meta", no_argument, NULL, 'm'},
    {"print-module-data", no_argument, NULL, 'D'},
    {"print-namespace", no_argument, NULL, 'e'},
    {"print-stats", no_argument, NULL, 'S'},
    {"print-strings", no_argument, NULL, 's'},
    {"print-string-length", no_argument, NULL, 'L'},
    {"print-xor-key", no_argument, NULL, 'X'},
    {"print-tags", no_argument, NULL, 'g'},
    {"recursive", no_argument, NULL, 'r'},
    {"scan-list", no_argument, NULL, OPTION_LIST},
    {"skip-larger", required_argument, NULL, 'z'},
    {"stack-size", required_argument, NULL, 'k'},
    {"tag", required_argument, NULL, 't'},
    {"threads", required_argument, NULL, 'p'},
    {"timeout", required_argument, NULL, 'a'},
    {"version", no_argument, NULL, 'v'},
    {NULL, 0, NULL, 0},
};

static enum laz_status print_modules(void)
{
    for (unsigned m = 0; m < LAZ_MODULES; m++)
        if (m != LAZ_MODULE_OBJECT)
            printf("%s\n", laz_field_table((enum laz_module)m)->module);
    return LAZ_CLOSED;
}

static enum laz_status add_text(struct laz_yara_texts *texts)
{
    if (texts->count == LAZ_YARA_LIST_MAX) {
        fprintf(stderr, "maximum number of options of this kind exceeded: %s\n", optarg);
        return LAZ_INVALID;
    }
    texts->items[texts->count++] = optarg;
    return LAZ_OK;
}

static enum laz_status take_number(uint64_t *out)
{
    if (laz_parse_u64(laz_view_of(optarg), INT64_MAX, out))
        return LAZ_OK;
    fprintf(stderr, "invalid number: %s\n", optarg);
    return LAZ_INVALID;
}

static enum laz_status take_report(struct laz_yara_options *out)
{
    if (strncmp(optarg, "cuckoo=", 7) == 0) {
        out->report = optarg + 7;
        return LAZ_OK;
    }
    if (strchr(optarg, '=') != NULL)
        return LAZ_OK; /* of a module that takes none */
    fprintf(stderr, "error: wrong syntax for `-x` modifier.\n");
    return LAZ_INVALID;
}

/* An option that prints something more. 0: it is another one. */
static uint64_t show_of(int option)
{
    switch (option) {
    case 'g':
        return LAZ_YARA_SHOW_TAGS;
    case 'm':
        return LAZ_YARA_SHOW_METAS;
    case 'e':
        return LAZ_YARA_SHOW_NAME_SPACE;
    case 's':
        return LAZ_YARA_SHOW_STRINGS;
    case 'L':
        return LAZ_YARA_SHOW_LENGTH;
    case 'X':
        return LAZ_YARA_SHOW_KEY;
    case 'D':
        return LAZ_YARA_SHOW_MODULES;
    case 'n':
        return LAZ_YARA_SHOW_OTHERS;
    case 'c':
        return LAZ_YARA_SHOW_COUNT;
    case 'f':
        return LAZ_YARA_SHOW_FIRST;
    default:
        return 0;
    }
}

static enum laz_status unknown_option(char *const *argv)
{
    const char *text = argv[optind - 1];

    if (optopt != 0 && optopt < 256 && strncmp(text, "--", 2) != 0)
        fprintf(stderr, "unknown option `-%c`\n", optopt);
    else
        fprintf(stderr, "unknown option `%s`\n", text);
    return LAZ_INVALID;
}

static enum laz_status take_flag(int option, char *const *argv, struct laz_yara_options *out)
{
    static const struct {
        int option;
        size_t place;
    } flags[] = {
        {'C', offsetof(struct laz_yara_options, compiled)},
        {'r', offsetof(struct laz_yara_options, recursive)},
        {'N', offsetof(struct laz_yara_options, no_links)},
        {'w', offsetof(struct laz_yara_options, no_warnings)},
        {'S', offsetof(struct laz_yara_options, stats)},
        {'E', offsetof(struct laz_yara_options, strict_escape)},
        {OPTION_LIST, offsetof(struct laz_yara_options, is_list)},
        {OPTION_FAIL, offsetof(struct laz_yara_options, fail_on_warnings)},
    };

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (flags[i].option != option)
            continue;
        *(bool *)((char *)out + flags[i].place) = true;
        return LAZ_OK;
    }
    return unknown_option(argv);
}

static enum laz_status take_option(int option, char *const *argv, struct laz_yara_options *out)
{
    uint64_t ignored;

    out->show |= show_of(option);
    if (show_of(option) != 0)
        return LAZ_OK;
    switch (option) {
    case 'h':
        printf("YARA %s, by Lazaret %s\n%s%s", VERSION, LAZ_PROGRAM_VERSION, usage_line, help);
        return LAZ_CLOSED;
    case 'v':
        printf("%s\n", VERSION);
        return LAZ_CLOSED;
    case 'M':
        return print_modules();
    case 'd':
        return add_text(&out->defines);
    case 'i':
        return add_text(&out->identifiers);
    case 't':
        return add_text(&out->tags);
    case 'x':
        return take_report(out);
    case 'l':
        return take_number(&out->rules_max);
    case 'z':
        return take_number(&out->size_max);
    case 'p':
        return take_number(&out->threads);
    case 'a':
        return take_number(&out->timeout_s);
    case OPTION_STRINGS:
        return take_number(&out->strings_max);
    case 'k':
    case OPTION_CHUNK:
        return take_number(&ignored);
    case OPTION_TABLE:
        return LAZ_OK;
    default:
        return take_flag(option, argv, out);
    }
}

enum laz_status laz_yara_options_parse(int argc, char **argv, struct laz_yara_options *out)
{
    int option;

    *out = (struct laz_yara_options){.show = 0};
    opterr = 0;
    while ((option = getopt_long(argc, argv, "CcEd:fhi:l:x:MnNwmDeSsLXgrz:k:t:p:a:v", options,
                                 NULL)) != -1) {
        enum laz_status s = take_option(option, argv, out);

        if (s != LAZ_OK)
            return s;
    }
    if (argc - optind < 2) {
        fprintf(stderr, "yara: wrong number of arguments\n%s\nTry `--help` for more options\n",
                usage_line);
        return LAZ_INVALID;
    }
    out->rules = argv + optind;
    out->rule_count = (size_t)(argc - optind - 1);
    out->target = argv[argc - 1];
    return LAZ_OK;
}
