/* lazaret-compile - makes a database of sources that it gets as descriptors, in a sandbox. */
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/number.h"
#include "base/text.h"
#include "match/format.h"
#include "rules/bundle.h"
#include "rules/compile_yara.h"
#include "rules/compiler.h"
#include "rules/include.h"
#include "rules/pack.h"
#include "rules/reuse.h"
#include "sign/digest.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/identity.h"
#include "sys/sandbox.h"

#define SOURCES_MAX      256 /* by descriptor; a bundle holds any number */
#define DEFINES_MAX      64
#define MEMORY_MAX       (4 * GIB)
#define CPU_SECONDS      1800
#define INCLUDE_PATH_MAX 4096

struct named_fd {
    char *name; /* borrowed from argv */
    int fd;
    struct laz_mapping mapping;
};

/* Parsed arguments. */
static struct named_fd arg_sources[SOURCES_MAX];
static size_t arg_source_count;
static struct named_fd arg_bundle = {.fd = -1};
static struct named_fd arg_previous = {.fd = -1};
static int arg_out = -1;
static const char *arg_name = "";
static uint64_t arg_built_ms;
static bool arg_skip_unsupported, arg_want_unwanted;
static const char *arg_platform = "";
static uint32_t arg_features_off;
static struct laz_external arg_defines[DEFINES_MAX]; /* borrowed from argv */
static const char *arg_define_texts[DEFINES_MAX];
static size_t arg_define_count;

static const char usage[] =
    "usage: lazaret-compile [OPTION]... --out FD\n"
    "Compiles detection content into a database. It opens nothing: sources and result are\n"
    "descriptors that it was given, and it seals itself before it reads them.\n"
    "\n"
    "  --source NAME=FD     a source; its language is told by the ending of NAME\n"
    "  --bundle FD          sources that were put together by 'lazaret db build'\n"
    "  --out FD             where the database is written\n"
    "  --previous FD        the last one: its rules are taken over when their sources are the "
    "same\n"
    "  --name NAME          name of the pack set\n"
    "  --built MILLISECONDS time that the database says it was built at (default: now)\n"
    "  --define NAME=VALUE  what an external variable of YARA rules means\n"
    "  --skip-unsupported   leave out rules that use what is not supported, and say which\n"
    "  --pua                take lists of unwanted programs too: .hdu, .mdu, .ndu, .ldu and the "
    "like\n"
    "  --yara               serve 'lazaret yara', which says all else over descriptor 3\n"
    "  --platform NAME      avx512, avx2 or sse: what the matcher may use at most (default: all\n"
    "                       that this processor has)\n"
    "  --help\n";

static int fail(const struct laz_error *err)
{
    char text[1200];

    laz_error_text(err, text, sizeof text);
    fprintf(stderr, "%s\n", text);
    return 2;
}

static enum laz_status bad_argument(const char *option, const char *why, struct laz_error *err)
{
    return laz_fail(err, LAZ_INVALID, "lazaret-compile", option, why,
                    "see 'lazaret-compile --help'");
}

static enum laz_status parse_fd(const char *text, int *out, struct laz_error *err)
{
    uint64_t n;

    if (!laz_parse_u64(laz_view_of(text), 65535, &n))
        return bad_argument(text, "is not a descriptor's number", err);
    *out = (int)n;
    return LAZ_OK;
}

static enum laz_status parse_source(char *text, struct laz_error *err)
{
    char *equals = strrchr(text, '=');

    if (equals == NULL)
        return bad_argument(text, "is not NAME=FD", err);
    if (arg_source_count == SOURCES_MAX)
        return bad_argument(text, "is one source too many", err);
    *equals = '\0';
    arg_sources[arg_source_count].name = text;
    return parse_fd(equals + 1, &arg_sources[arg_source_count++].fd, err);
}

static enum laz_status parse_define(const char *text, struct laz_error *err)
{
    if (arg_define_count == DEFINES_MAX)
        return bad_argument(text, "is one definition too many", err);
    if (!laz_external_parse(laz_view_of(text), &arg_defines[arg_define_count]))
        return bad_argument(text, "is not NAME=VALUE", err);
    arg_define_texts[arg_define_count++] = text;
    return LAZ_OK;
}

static enum laz_status parse_platform(const char *text, struct laz_error *err)
{
    static const struct {
        const char *name;
        uint32_t off;
    } platforms[] = {
        {"avx512", 0},
        {"avx2", LAZ_FEATURE_AVX512 | LAZ_FEATURE_AVX512VBMI},
        {"sse", LAZ_FEATURES},
    };

    for (size_t i = 0; i < sizeof platforms / sizeof *platforms; i++)
        if (strcmp(text, platforms[i].name) == 0) {
            arg_platform = text;
            arg_features_off = platforms[i].off;
            return LAZ_OK;
        }
    return bad_argument(text, "is not avx512, avx2 or sse", err);
}

static enum laz_status parse_option(int option, struct laz_error *err)
{
    switch (option) {
    case 's':
        return parse_source(optarg, err);
    case 'b':
        return parse_fd(optarg, &arg_bundle.fd, err);
    case 'o':
        return parse_fd(optarg, &arg_out, err);
    case 'r':
        return parse_fd(optarg, &arg_previous.fd, err);
    case 'n':
        arg_name = optarg;
        return LAZ_OK;
    case 't':
        if (!laz_parse_u64(laz_view_of(optarg), INT64_MAX, &arg_built_ms))
            return bad_argument(optarg, "is not a time in milliseconds", err);
        return LAZ_OK;
    case 'd':
        return parse_define(optarg, err);
    case 'u':
        arg_skip_unsupported = true;
        return LAZ_OK;
    case 'p':
        arg_want_unwanted = true;
        return LAZ_OK;
    case 'x':
        return parse_platform(optarg, err);
    default:
        return bad_argument("", "an option is not known or has no value", err);
    }
}

static enum laz_status parse_arguments(int argc, char **argv, struct laz_error *err)
{
    static const struct option options[] = {
        {"source", required_argument, NULL, 's'},   {"bundle", required_argument, NULL, 'b'},
        {"out", required_argument, NULL, 'o'},      {"name", required_argument, NULL, 'n'},
        {"built", required_argument, NULL, 't'},    {"skip-unsupported", no_argument, NULL, 'u'},
        {"define", required_argument, NULL, 'd'},   {"pua", no_argument, NULL, 'p'},
        {"previous", required_argument, NULL, 'r'}, {"platform", required_argument, NULL, 'x'},
        {"help", no_argument, NULL, 'h'},           {NULL, 0, NULL, 0},
    };
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        enum laz_status s;

        if (option == 'h') {
            fputs(usage, stdout);
            exit(0);
        }
        s = parse_option(option, err);
        if (s != LAZ_OK)
            return s;
    }
    if (optind < argc)
        return bad_argument(argv[optind], "is not an option", err);
    if (arg_out < 0)
        return bad_argument("--out", "is missing", err);
    return LAZ_OK;
}

static void say_slow(void *context, const struct laz_error *why)
{
    char text[1200];

    laz_error_text(why, text, sizeof text);
    fprintf(stderr, "%s\n", text);
}

static void say_skipped(void *context, const struct laz_error *why)
{
    char text[1200];

    laz_error_text(why, text, sizeof text);
    fprintf(stderr, "%s, left out\n", text);
    ++*(uint64_t *)context;
}

static void say_warning(void *context, const struct laz_error *why)
{
    char text[1200];

    (void)context;
    laz_error_text(why, text, sizeof text);
    fprintf(stderr, "%s\n", text);
}

/* Before the sandbox closes: it lets nothing be shared that is not mapped already. */
static enum laz_status map_all(struct laz_error *err)
{
    enum laz_status s = LAZ_OK;

    for (size_t i = 0; s == LAZ_OK && i < arg_source_count; i++)
        s = laz_map_fd(arg_sources[i].fd, &arg_sources[i].mapping, err);
    if (s == LAZ_OK && arg_bundle.fd >= 0)
        s = laz_map_fd(arg_bundle.fd, &arg_bundle.mapping, err);
    if (s == LAZ_OK && arg_previous.fd >= 0)
        s = laz_map_fd(arg_previous.fd, &arg_previous.mapping, err);
    return s;
}

/* Sources, in the order in which they are read. */
static struct laz_pack *inputs;
static size_t input_count, input_capacity;

static enum laz_status add_input(struct laz_source source, struct laz_view sign_file,
                                 struct laz_error *err)
{
    if (input_count == input_capacity) {
        size_t capacity = input_capacity == 0 ? 256 : 2 * input_capacity;
        struct laz_pack *more = realloc(inputs, capacity * sizeof *more);

        if (more == NULL)
            return laz_fail(err, LAZ_NOMEM, "bundle", "", "no memory", "");
        inputs = more;
        input_capacity = capacity;
    }
    inputs[input_count++] = (struct laz_pack){source, sign_file, &laz_clamav_key};
    return LAZ_OK;
}

/* What sources include. */
static struct laz_source *includes;
static size_t include_count;

static enum laz_status add_include(const struct laz_source *source, struct laz_error *err)
{
    struct laz_source *more = realloc(includes, (include_count + 1) * sizeof *more);

    if (more == NULL)
        return laz_fail(err, LAZ_NOMEM, "bundle", "", "no memory", "");
    includes = more;
    includes[include_count] = *source;
    includes[include_count++].list = NULL;
    return LAZ_OK;
}

static bool find_include(void *context, const struct laz_source *from, struct laz_view name,
                         struct laz_source *out)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf path = {.max = INCLUDE_PATH_MAX};

    (void)context;
    if (laz_include_path(from->name, name, &path) != LAZ_OK)
        return false;
    for (size_t i = 0; i < include_count; i++) {
        if (strcmp(includes[i].name, laz_buf_text(&path)) != 0)
            continue;
        *out = includes[i];
        return true;
    }
    return false;
}

/* A detached signature stands before its pack, with the pack's name and this ending. */
static bool is_sign_file_of(const struct laz_source *sign, const char *pack)
{
    size_t len = strlen(pack);

    return strncmp(sign->name, pack, len) == 0 && strcmp(sign->name + len, ".sign") == 0;
}

/* Whoever made the bundle looked at the folders of packs that carry no signature. */
static enum laz_status collect_bundle(struct laz_error *err)
{
    struct laz_view rest = arg_bundle.mapping.bytes;
    struct laz_source sign = {.name = ""};

    while (rest.len > 0) {
        struct laz_source source = {.name = ""};
        bool has_sign;
        enum laz_status s;

        if (!laz_bundle_take(&rest, &source))
            return laz_fail(err, LAZ_DAMAGED, "bundle", "", "is cut short", "");
        if (source.list != NULL && strcmp(source.list, LAZ_INCLUDED) == 0) {
            s = add_include(&source, err);
            if (s != LAZ_OK)
                return s;
            continue;
        }
        if (laz_view_ends_text(laz_view_of(source.name), ".sign")) {
            sign = source;
            continue;
        }
        has_sign = is_sign_file_of(&sign, source.name);
        source.is_unsigned =
            laz_clamav_kind_of(laz_view_of(source.name)).kind == LAZ_CLAMAV_LOCAL_PACK;
        s = add_input(source, has_sign ? sign.text : (struct laz_view){0}, err);
        if (s != LAZ_OK)
            return s;
    }
    return LAZ_OK;
}

static enum laz_status collect(struct laz_error *err)
{
    for (size_t i = 0; i < arg_source_count; i++) {
        struct laz_source source = {
            .name = arg_sources[i].name,
            .text = arg_sources[i].mapping.bytes,
        };
        enum laz_status s = add_input(source, (struct laz_view){0}, err);

        if (s != LAZ_OK)
            return s;
    }
    return collect_bundle(err);
}

static bool add_include_key(struct laz_digest_job *job, const struct laz_source *source)
{
    char digest[2 * LAZ_SHA256_SIZE + 1] = {0};

    laz_hex_encode(laz_view_from(source->sha256, LAZ_SHA256_SIZE), digest);
    return laz_rules_key_add_text(job, source->name) && laz_rules_key_add_text(job, digest);
}

/* A digest of all that decides what rules become: this program, its options, and the sources of
 * rules in their order. False when something has no digest. */
static bool make_key(uint8_t key[32])
{
    LAZ_OWNED(laz_digest_drop) struct laz_digest_job job = {.context = NULL};
    bool ok = laz_rules_key_start(&job, arg_skip_unsupported, arg_want_unwanted);

    for (size_t i = 0; ok && i < input_count; i++)
        ok = laz_rules_key_add(&job, &inputs[i].source);
    for (size_t i = 0; ok && i < include_count; i++)
        ok = add_include_key(&job, &includes[i]);
    for (size_t i = 0; ok && i < arg_define_count; i++)
        ok = laz_rules_key_add_text(&job, arg_define_texts[i]);
    ok = ok && laz_rules_key_add_text(&job, arg_platform);
    return ok && laz_digest_finish(&job, key) == LAZ_OK;
}

/* The last database is checked like any other. One that is damaged or strange is of no use. */
static struct laz_database *take_over(struct laz_ruleset *set)
{
    struct laz_database *previous = NULL;
    uint8_t key[32];

    if (!make_key(key))
        return NULL;
    memcpy(set->rules_key, key, sizeof key);
    if (arg_previous.mapping.bytes.len == 0 ||
        laz_database_open(arg_previous.mapping.bytes, &previous, NULL) != LAZ_OK)
        return NULL;
    if (!laz_database_verify(previous, arg_previous.mapping.bytes) ||
        !laz_ruleset_reuse(set, previous, key))
        laz_database_drop(&previous);
    return previous;
}

static bool has_rules(const struct laz_database *db)
{
    struct laz_database_info info;

    laz_database_info_get(db, &info);
    return info.rule_count > 0;
}

static enum laz_status read_all(struct laz_ruleset *set, struct laz_database **previous,
                                struct laz_error *err)
{
    uint64_t skipped_count = 0;
    char now[LAZ_TIME_TEXT_SIZE];
    struct laz_source_options options = {
        .skipped = arg_skip_unsupported ? say_skipped : NULL,
        .warned = say_warning,
        .include = find_include,
        .context = &skipped_count,
        .externals = arg_defines,
        .external_count = arg_define_count,
        .now = now,
        .want_unwanted = arg_want_unwanted,
    };
    enum laz_status s = collect(err);

    laz_time_text((int64_t)arg_built_ms, now);
    if (s == LAZ_OK) {
        *previous = take_over(set);
        options.known_only = *previous != NULL;
        if (options.known_only && has_rules(*previous))
            printf("rules: taken over from the last database\n");
    }
    for (size_t i = 0; s == LAZ_OK && i < input_count; i++)
        s = laz_pack_prepare(set, &inputs[i], err);
    for (size_t i = 0; s == LAZ_OK && i < input_count; i++)
        s = laz_pack_read(set, &inputs[i], &options, err);
    laz_source_finish(set);
    return s;
}

/* What was taken of ClamAV's lists, what was not, and why. */
static void say_fates(const struct laz_ruleset *set)
{
    static const char *const why[LAZ_FATES] = {
        [LAZ_FATE_LEVEL] = "for other engines",       [LAZ_FATE_IGNORED] = "by ignored names",
        [LAZ_FATE_UNWANTED] = "of unwanted programs", [LAZ_FATE_UNUSED] = "of no use here",
        [LAZ_FATE_UNSUPPORTED] = "not supported",     [LAZ_FATE_WRONG] = "malformed",
    };

    for (unsigned kind = LAZ_CLAMAV_NONE + 1; kind < LAZ_CLAMAV_KINDS; kind++) {
        const uint32_t *fates = set->fates[kind];
        uint64_t total = 0;
        const char *comma = "; left out: ";

        for (unsigned fate = 0; fate < LAZ_FATES; fate++)
            total += fates[fate];
        if (total == 0)
            continue;
        printf("%s: %u taken", laz_clamav_kind_title((enum laz_clamav_kind)kind),
               fates[LAZ_FATE_TAKEN]);
        for (unsigned fate = LAZ_FATE_TAKEN + 1; fate < LAZ_FATES; fate++) {
            if (fates[fate] == 0)
                continue;
            printf("%s%u %s", comma, fates[fate], why[fate]);
            comma = ", ";
        }
        printf("\n");
    }
    fflush(stdout);
}

static enum laz_status write_piece(void *context, struct laz_view piece, struct laz_error *err)
{
    return laz_write_all(*(const int *)context, piece, err);
}

static enum laz_status compile(struct laz_error *err)
{
    struct laz_image_sink sink = {write_piece, &arg_out};
    struct laz_database *previous = NULL;
    struct laz_ruleset set;
    enum laz_status s;

    if (arg_built_ms == 0)
        arg_built_ms = (uint64_t)laz_now_ms();
    laz_ruleset_init(&set);
    set.features_off = arg_features_off;
    set.slow = say_slow;
    s = read_all(&set, &previous, err);
    if (s == LAZ_OK)
        say_fates(&set);
    if (s == LAZ_OK)
        s = laz_compile_to(&set, arg_name, arg_built_ms, &sink, err);
    laz_ruleset_clear(&set);
    laz_database_free(previous);
    return s;
}

static enum laz_status seal(struct laz_error *err)
{
    struct laz_sandbox sandbox = {
        .profile = LAZ_SANDBOX_COMPILE,
        .memory_max = MEMORY_MAX,
        .cpu_seconds = CPU_SECONDS,
    };
    bool dropped;
    enum laz_status s = laz_identity_drop(LAZ_IDENTITY_WORKER, &dropped, err);

    return s == LAZ_OK ? laz_sandbox_enter(&sandbox, NULL, err) : s;
}

int main(int argc, char **argv)
{
    static char out_buffer[BUFSIZ];
    struct laz_error err;

    if (argc > 1 && strcmp(argv[1], "--yara") == 0)
        return laz_compile_yara_main(argc - 1, argv + 1);
    /* A stream without a buffer asks what it writes to, and the sandbox lets nobody ask. */
    if (setvbuf(stdout, out_buffer, _IOFBF, sizeof out_buffer) != 0)
        return 2;
    laz_digest_init(); /* what it needs from the system it has before the sandbox closes */
    if (parse_arguments(argc, argv, &err) != LAZ_OK || map_all(&err) != LAZ_OK ||
        seal(&err) != LAZ_OK || compile(&err) != LAZ_OK)
        return fail(&err);
    return 0;
}
