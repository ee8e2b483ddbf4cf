#include "rules/compile_yara.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "rules/compiler.h"
#include "rules/source.h"
#include "rules/yara_priv.h"
#include "sign/digest.h"
#include "sys/channel.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/identity.h"
#include "sys/sandbox.h"
#include "wire/yara_message.h"

#define CHANNEL      3
#define OUT          4
#define SOURCES_MAX  4096u /* with all that is included */
#define DEFINES_MAX  64u
#define MEMORY_MAX   (4 * GIB)
#define CPU_SECONDS  1800
#define RULE_LEN_MAX 128u

/* Texts and mappings of sources live as long as the process. */
struct job {
    bool no_warnings, fail_on_warnings, strict_escape;
    uint64_t strings_max;                     /* of a rule; 0: the default */
    struct laz_external defines[DEFINES_MAX]; /* borrowed from argv */
    size_t define_count;
    struct laz_source sources[SOURCES_MAX];
    size_t source_count;
    uint64_t warning_count;
    struct laz_buf in, out;
    struct laz_yara_message message; /* the last that came */
    struct laz_error err;
};

static bool parse_arguments(int argc, char **argv, struct job *j)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--no-warnings") == 0)
            j->no_warnings = true;
        else if (strcmp(argv[i], "--fail-on-warnings") == 0)
            j->fail_on_warnings = true;
        else if (strcmp(argv[i], "--strict-escape") == 0)
            j->strict_escape = true;
        else if (strcmp(argv[i], "--max-strings") == 0 && i + 1 < argc) {
            if (!laz_parse_u64(laz_view_of(argv[++i]), INT64_MAX, &j->strings_max))
                return false;
        } else if (strcmp(argv[i], "--define") != 0 || i + 1 == argc ||
                   j->define_count == DEFINES_MAX ||
                   !laz_external_parse(laz_view_of(argv[++i]), &j->defines[j->define_count++]))
            return false;
    }
    return true;
}

static enum laz_status send(struct job *j, const struct laz_yara_message *m)
{
    enum laz_status s;

    laz_buf_reset(&j->out);
    s = laz_yara_message_write(m, &j->out);
    return s == LAZ_OK ? laz_channel_send(CHANNEL, laz_buf_view(&j->out), NULL, 0) : s;
}

static char *copy(struct laz_view v)
{
    return v.len == 0 ? NULL : strndup((const char *)v.data, v.len);
}

/* The source that the last message brought, with its descriptor. */
static bool keep_source(struct job *j, int fd, struct laz_source **out)
{
    struct laz_mapping mapping;
    struct laz_source *source;

    if (j->source_count == SOURCES_MAX || laz_map_fd(fd, &mapping, &j->err) != LAZ_OK)
        return false;
    source = &j->sources[j->source_count];
    source->name = copy(j->message.text);
    source->name_space = copy(j->message.second);
    source->text = mapping.bytes;
    if (source->name == NULL)
        return false;
    j->source_count++;
    *out = source;
    return true;
}

/* The next message. *source is NULL when it brought none. */
static bool receive(struct job *j, struct laz_source **source)
{
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    size_t fd_count = 1;

    *source = NULL;
    if (laz_channel_receive(CHANNEL, &j->in, &fd, &fd_count) != LAZ_OK ||
        laz_yara_message_read(laz_buf_view(&j->in), &j->message) != LAZ_OK ||
        (fd >= 0) != (j->message.kind == LAZ_YARA_SOURCE))
        return false;
    return fd < 0 || keep_source(j, fd, source);
}

static bool find_included(void *context, const struct laz_source *from, struct laz_view name,
                          struct laz_source *out)
{
    struct job *j = context;
    struct laz_yara_message ask = {
        .kind = LAZ_YARA_ASK, .text = name, .second = laz_view_of(from->name)};
    struct laz_source *source;

    if (send(j, &ask) != LAZ_OK || !receive(j, &source) || source == NULL)
        return false;
    *out = *source;
    return true;
}

static bool take_word(struct laz_view *line, const char *word)
{
    struct laz_view rest = *line;

    if (!laz_view_starts(rest, laz_view_of(word)) || !laz_skip(&rest, strlen(word)) ||
        rest.len == 0 || (rest.data[0] != ' ' && rest.data[0] != '\t'))
        return false;
    *line = laz_view_trim(rest);
    return true;
}

/* The name of the rule that begins with this line. */
static bool take_rule_name(struct laz_view line, char out[RULE_LEN_MAX + 1])
{
    size_t len = 0;

    line = laz_view_trim(line);
    while (take_word(&line, "private") || take_word(&line, "global"))
        ;
    if (!take_word(&line, "rule"))
        return false;
    while (len < line.len && len < RULE_LEN_MAX && strchr(" \t:{", line.data[len]) == NULL)
        len++;
    memcpy(out, line.data, len);
    out[len] = '\0';
    return len > 0;
}

/* The rule in which a line of a source stands: the last that begins before it. "" when there is
 * none. */
static void find_rule(const struct job *j, const struct laz_error *why, char out[RULE_LEN_MAX + 1])
{
    struct laz_view rest = {NULL, 0}, line;

    out[0] = '\0';
    for (size_t i = 0; i < j->source_count; i++)
        if (strcmp(j->sources[i].name, why->where) == 0)
            rest = j->sources[i].text;
    for (uint32_t n = 1; n <= why->line && laz_take_until(&rest, '\n', &line); n++)
        laz_ignore(!take_rule_name(line, out)); /* the one before it stays */
}

static void tell(const struct job *j, const char *kind, const struct laz_error *why)
{
    char rule[RULE_LEN_MAX + 1];
    const char *blank = why->remedy[0] != '\0' ? " (" : "";

    find_rule(j, why, rule);
    if (rule[0] != '\0')
        fprintf(stderr, "%s: rule \"%s\" in %s(%u): %s%s%s%s\n", kind, rule, why->where, why->line,
                why->why, blank, why->remedy, blank[0] != '\0' ? ")" : "");
    else
        fprintf(stderr, "%s(%u): %s: %s%s%s%s\n", why->where, why->line, kind, why->why, blank,
                why->remedy, blank[0] != '\0' ? ")" : "");
}

static void on_warning(void *context, const struct laz_error *why)
{
    struct job *j = context;

    j->warning_count++;
    if (!j->no_warnings)
        tell(j, "warning", why);
}

static bool collect(struct job *j)
{
    struct laz_source *source;

    while (receive(j, &source))
        if (j->message.kind == LAZ_YARA_SOURCES_END)
            return true;
        else if (source == NULL)
            return false;
    return false;
}

/* Whatever its name is, it holds rules of YARA. */
static enum laz_status read_source(struct laz_ruleset *set, const struct laz_source *source,
                                   const struct laz_source_options *options, struct laz_error *err)
{
    enum laz_status s;
    uint32_t name;

    if (!laz_source_add(set, source, &name))
        return laz_ruleset_failed(set, err);
    s = laz_yara_read(set, source, options, name, err);
    return s == LAZ_OK ? laz_ruleset_failed(set, err) : s;
}

static enum laz_status read_all(struct job *j, struct laz_ruleset *set)
{
    struct laz_source_options options = {
        .warned = on_warning,
        .warns_of_slow = true,
        .warns_of_escapes = j->strict_escape,
        .strings_max = j->strings_max,
        .include = find_included,
        .context = j,
        .externals = j->defines,
        .external_count = j->define_count,
    };
    size_t count = j->source_count; /* those that are included come behind them */
    enum laz_status s = LAZ_OK;

    for (size_t i = 0; s == LAZ_OK && i < count; i++)
        s = read_source(set, &j->sources[i], &options, &j->err);
    laz_source_finish(set);
    return s;
}

static enum laz_status write_piece(void *context, struct laz_view piece, struct laz_error *err)
{
    return laz_write_all(OUT, piece, err);
}

static enum laz_status write_database(struct job *j, struct laz_ruleset *set)
{
    struct laz_yara_message imports = {.kind = LAZ_YARA_IMPORTS};
    struct laz_image_sink sink = {write_piece, NULL};
    enum laz_status s;

    imports.text = laz_view_from(set->imports.items, set->imports.count);
    s = send(j, &imports);
    return s == LAZ_OK ? laz_compile_to(set, "", (uint64_t)laz_now_ms(), &sink, &j->err) : s;
}

static int compile(struct job *j)
{
    struct laz_ruleset set;
    enum laz_status s;

    laz_ruleset_init(&set);
    s = read_all(j, &set);
    if (s == LAZ_OK && (!j->fail_on_warnings || j->no_warnings || j->warning_count == 0))
        s = write_database(j, &set);
    else if (s == LAZ_OK)
        return 2;
    laz_ruleset_clear(&set);
    if (s != LAZ_OK)
        tell(j, "error", &j->err);
    return s == LAZ_OK ? 0 : 2;
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

int laz_compile_yara_main(int argc, char **argv)
{
    struct job *j = calloc(1, sizeof *j);
    char text[1200];

    laz_digest_init(); /* what it needs from the system it has before the sandbox closes */
    if (j == NULL || !parse_arguments(argc, argv, j))
        return 2;
    laz_buf_init(&j->in, LAZ_YARA_MESSAGE_MAX);
    laz_buf_init(&j->out, LAZ_YARA_MESSAGE_MAX);
    if (seal(&j->err) != LAZ_OK) {
        laz_error_text(&j->err, text, sizeof text);
        fprintf(stderr, "%s\n", text);
        return 2;
    }
    return collect(j) ? compile(j) : 2; /* the process ends: all that it has goes with it */
}
