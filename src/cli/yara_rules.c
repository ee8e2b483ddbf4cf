#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/compile.h"
#include "cli/yara.h"
#include "match/database.h"
#include "match/fields.h"
#include "sys/channel.h"
#include "sys/fd.h"
#include "sys/process.h"
#include "wire/yara_message.h"

#define PATH_SIZE  4096
#define SOURCE_MAX ((size_t)64 * 1024 * 1024) /* of rules that come through a pipe */

/* Our side of the compiler that reads the rules. */
struct reader {
    int channel;
    struct laz_child child;
    struct laz_buf in, out;
    struct laz_yara_rules *rules;
};

static enum laz_status start(const struct laz_yara_options *options, int channel, int out,
                             struct laz_child *child, struct laz_error *err)
{
    char strings_max[24];
    const char *argv[12 + 2 * LAZ_YARA_LIST_MAX] = {"lazaret-compile", "--yara"};
    int fds[] = {channel, out};
    char path[PATH_SIZE];
    struct laz_spawn spawn = {
        .path = path, .argv = argv, .fds = fds, .fd_count = 2, .dies_with_parent = true};
    enum laz_status s = laz_program_dir(path, sizeof path - 32, err);
    size_t n = 2;

    if (s != LAZ_OK)
        return s;
    if (options->no_warnings)
        argv[n++] = "--no-warnings";
    if (options->fail_on_warnings)
        argv[n++] = "--fail-on-warnings";
    if (options->strict_escape)
        argv[n++] = "--strict-escape";
    if (options->strings_max > 0) {
        snprintf(strings_max, sizeof strings_max, "%llu", (unsigned long long)options->strings_max);
        argv[n++] = "--max-strings";
        argv[n++] = strings_max;
    }
    for (size_t i = 0; i < options->defines.count; i++) {
        argv[n++] = "--define";
        argv[n++] = options->defines.items[i];
    }
    snprintf(path + strlen(path), sizeof path - strlen(path), "/lazaret-compile");
    return laz_child_spawn(&spawn, child, err);
}

/* fd may be -1. */
static enum laz_status send(struct reader *r, const struct laz_yara_message *m, int fd)
{
    enum laz_status s;

    laz_buf_reset(&r->out);
    s = laz_yara_message_write(m, &r->out);
    return s == LAZ_OK ? laz_channel_send(r->channel, laz_buf_view(&r->out), &fd, fd < 0 ? 0 : 1)
                       : s;
}

/* What a pipe gives, in a file without a name. */
static int copy_pipe(int pipe)
{
    LAZ_OWNED(laz_fd_drop) int copy = memfd_create("rules", MFD_CLOEXEC);
    struct laz_buf text;
    enum laz_status s;

    laz_buf_init(&text, SOURCE_MAX);
    s = copy < 0 ? LAZ_IO : laz_read_all(pipe, &text, NULL);
    if (s == LAZ_OK)
        s = laz_write_all(copy, laz_buf_view(&text), NULL);
    laz_buf_clear(&text);
    return s == LAZ_OK ? laz_move_fd(&copy) : -1;
}

/* The compiler maps what it gets, so it must be a file. A shell hands rules over as a pipe. */
static int open_source(const char *path)
{
    LAZ_OWNED(laz_fd_drop) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0 || S_ISDIR(st.st_mode))
        return -1;
    return S_ISREG(st.st_mode) ? laz_move_fd(&fd) : copy_pipe(fd);
}

/* fd is the source's; -1: it cannot be read. */
static enum laz_status send_source(struct reader *r, const char *path, struct laz_view space,
                                   int fd)
{
    struct laz_yara_message m = {
        .kind = LAZ_YARA_SOURCE, .text = laz_view_of(path), .second = space};
    struct laz_yara_message missing = {.kind = LAZ_YARA_MISSING};

    return send(r, fd < 0 ? &missing : &m, fd);
}

/* [NAMESPACE:]FILE */
static enum laz_status send_rules(struct reader *r, const char *argument)
{
    const char *colon = strchr(argument, ':');
    const char *path = colon == NULL ? argument : colon + 1;
    struct laz_view space = colon == NULL ? laz_view_of("default")
                                          : laz_view_from(argument, (size_t)(colon - argument));
    LAZ_OWNED(laz_fd_drop) int fd = open_source(path);

    if (fd < 0) {
        fprintf(stderr, "error: could not open file: %s\n", path);
        return LAZ_NOT_FOUND;
    }
    return send_source(r, path, space, fd);
}

/* A path counts from the folder of the file that includes it. */
static enum laz_status answer_ask(struct reader *r, const struct laz_yara_message *m)
{
    struct laz_view from = m->second;
    char path[2 * LAZ_YARA_NAME_MAX + 2];
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    size_t folder = from.len;

    while (folder > 0 && from.data[folder - 1] != '/')
        folder--;
    if (m->text.len > 0 && m->text.data[0] == '/')
        folder = 0;
    snprintf(path, sizeof path, "%.*s%.*s", (int)folder, (const char *)from.data, (int)m->text.len,
             (const char *)m->text.data);
    fd = open_source(path);
    return send_source(r, path, laz_view_first(from, 0), fd);
}

static enum laz_status keep_imports(struct reader *r, const struct laz_yara_message *m)
{
    if (m->text.len > sizeof r->rules->imports)
        return LAZ_DAMAGED;
    r->rules->import_count = m->text.len;
    memcpy(r->rules->imports, m->text.data, m->text.len);
    return LAZ_OK;
}

/* Answers what the compiler asks until it is done. */
static enum laz_status attend(struct reader *r)
{
    enum laz_status s = LAZ_OK;

    while (s == LAZ_OK) {
        struct laz_yara_message m;
        size_t fd_count = 0;

        s = laz_channel_receive(r->channel, &r->in, NULL, &fd_count);
        if (s == LAZ_OK)
            s = laz_yara_message_read(laz_buf_view(&r->in), &m);
        if (s != LAZ_OK)
            break;
        if (m.kind == LAZ_YARA_ASK)
            s = answer_ask(r, &m);
        else
            s = m.kind == LAZ_YARA_IMPORTS ? keep_imports(r, &m) : LAZ_DAMAGED;
    }
    return s == LAZ_CLOSED ? LAZ_OK : s;
}

static enum laz_status hand_over(struct reader *r, const struct laz_yara_options *options)
{
    struct laz_yara_message end = {.kind = LAZ_YARA_SOURCES_END};
    enum laz_status s = LAZ_OK;

    for (size_t i = 0; s == LAZ_OK && i < options->rule_count; i++)
        s = send_rules(r, options->rules[i]);
    if (s == LAZ_OK)
        s = send(r, &end, -1);
    return s == LAZ_OK ? attend(r) : s;
}

static enum laz_status end_child(struct reader *r, enum laz_status s)
{
    int status = 0;

    if (s != LAZ_OK)
        laz_child_stop(&r->child, 0);
    else if (laz_child_wait(&r->child, -1, &status) != LAZ_OK || !WIFEXITED(status))
        s = LAZ_IO;
    else if (WEXITSTATUS(status) != 0)
        s = LAZ_INVALID; /* it said why */
    if (s == LAZ_IO || s == LAZ_DAMAGED)
        fprintf(stderr, "error: the compiler ended before it was done\n");
    return s;
}

static enum laz_status compile(const struct laz_yara_options *options, struct laz_yara_rules *out)
{
    struct reader r = {.channel = -1, .child = {.pidfd = -1}, .rules = out};
    LAZ_OWNED(laz_fd_drop) int theirs = -1;
    struct laz_error err;
    int ends[2];
    enum laz_status s = laz_channel_pair(ends, &err);

    if (s == LAZ_OK) {
        r.channel = ends[0];
        theirs = ends[1];
        s = start(options, theirs, out->db_fd, &r.child, &err);
    }
    laz_fd_drop(&theirs);
    if (s != LAZ_OK) {
        laz_ignore(laz_cli_fail(&err)); /* only to be told */
        laz_fd_drop(&r.channel);
        return s;
    }
    laz_buf_init(&r.in, LAZ_YARA_MESSAGE_MAX);
    laz_buf_init(&r.out, LAZ_YARA_MESSAGE_MAX);
    s = end_child(&r, hand_over(&r, options));
    laz_fd_drop(&r.channel);
    laz_buf_clear(&r.in);
    laz_buf_clear(&r.out);
    return s;
}

/* Of a database that was built before, the modules that its conditions ask. */
static enum laz_status find_imports(struct laz_yara_rules *out, struct laz_error *err)
{
    struct laz_mapping mapping = {{NULL, 0}};
    struct laz_database *db = NULL;
    enum laz_status s = laz_map_fd(out->db_fd, &mapping, err);
    unsigned modules;

    if (s == LAZ_OK)
        s = laz_database_open(mapping.bytes, &db, err);
    if (s == LAZ_OK) {
        modules = laz_database_modules(db);
        for (unsigned m = 0; m < LAZ_MODULE_OBJECT; m++)
            if ((modules & 1u << m) != 0)
                out->imports[out->import_count++] = (uint8_t)m;
    }
    laz_database_free(db);
    laz_mapping_clear(&mapping);
    return s;
}

static enum laz_status open_compiled(const struct laz_yara_options *options,
                                     struct laz_yara_rules *out)
{
    struct laz_error err;

    if (options->rule_count != 1) {
        fprintf(stderr, "error: can't accept multiple rules files when using -C\n");
        return LAZ_INVALID;
    }
    out->db_fd = open_source(options->rules[0]);
    if (out->db_fd < 0) {
        fprintf(stderr, "error: could not open file: %s\n", options->rules[0]);
        return LAZ_NOT_FOUND;
    }
    if (find_imports(out, &err) == LAZ_OK)
        return LAZ_OK;
    fprintf(stderr, "error: invalid compiled rules file: %s: %s\n", options->rules[0], err.why);
    return LAZ_DAMAGED;
}

enum laz_status laz_yara_rules_get(const struct laz_yara_options *options,
                                   struct laz_yara_rules *out)
{
    *out = (struct laz_yara_rules){.db_fd = -1};
    if (options->compiled)
        return open_compiled(options, out);
    out->db_fd = memfd_create("rules", MFD_CLOEXEC);
    if (out->db_fd < 0) {
        fprintf(stderr, "error: not enough memory\n");
        return LAZ_NOMEM;
    }
    return compile(options, out);
}
