#include "box/yara_serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "box/input.h"
#include "box/yara_print.h"
#include "match/matcher.h"
#include "sign/digest.h"
#include "sys/channel.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "wire/yara_message.h"

#define OUT_MAX       ((size_t)(256 * MIB)) /* what one file may make us print */
#define NAMES_MAX     128u
#define EXTERNALS_MAX (NAMES_MAX / 2)
#define IMPORTS_MAX   64u
#define REPORT_MAX    (64 * MIB)
#define MATCHES_MAX   1000000u /* places of a string, as YARA bounds them */

/* Copies of texts that the client sent. */
struct names {
    char *items[NAMES_MAX];
    size_t count;
};

/* What the worker keeps from job to job. */
struct desk {
    struct laz_yara_server *server;
    struct laz_yara_message message;
    struct laz_buf in, answer;
    struct laz_buf out, rules; /* of a job: what comes first, and the rules */
    uint64_t show;
    uint8_t imports[IMPORTS_MAX];
    size_t import_count;
    struct names tags, identifiers, externals;
    struct laz_external_value external_values[EXTERNALS_MAX]; /* two names for each */
    size_t external_count;
    struct laz_buf report;
    uint8_t *room;
    /* of the job that runs */
    struct laz_input input;
    struct laz_view path;
    uint64_t rules_left, rule_count;
    bool has_limit;
    uint8_t *fired; /* a byte for each rule; NULL where nobody asks for the others */
    enum laz_status status;
};

static enum laz_status say(struct desk *d, const struct laz_yara_message *m)
{
    enum laz_status s;

    laz_buf_reset(&d->answer);
    s = laz_yara_message_write(m, &d->answer);
    LAZ_ASSERT(s != LAZ_INVALID && s != LAZ_LIMIT); /* all lengths are bounded */
    return s == LAZ_OK ? laz_channel_send(d->server->channel, laz_buf_view(&d->answer), NULL, 0)
                       : s;
}

void laz_yara_server_say_failed(int channel, const struct laz_error *why)
{
    struct laz_yara_message m = {.kind = LAZ_YARA_FAILED, .text = laz_view_of(why->why)};
    LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};

    laz_buf_init(&b, LAZ_YARA_MESSAGE_MAX);
    /* A client that is gone needs no reason. */
    if (laz_yara_message_write(&m, &b) == LAZ_OK)
        laz_ignore(laz_channel_send(channel, laz_buf_view(&b), NULL, 0));
}

enum laz_status laz_yara_server_prepare(struct laz_yara_server *server,
                                        const struct laz_database *db, struct laz_error *err)
{
    enum laz_status s = laz_matcher_new(db, &server->matcher, err);

    laz_digest_init();
    server->db = db;
    if (s != LAZ_OK)
        return s;
    if (laz_modules_new(&server->modules) != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "worker", "", "no memory", "");
    if ((laz_database_modules(server->db) & 1u << LAZ_MODULE_MAGIC) != 0)
        laz_ignore(laz_modules_load_magic(server->modules, NULL)); /* it then knows nothing */
    return LAZ_OK;
}

static bool has_name(const struct names *names, struct laz_view name)
{
    for (size_t i = 0; i < names->count; i++)
        if (laz_view_equal_text(name, names->items[i]))
            return true;
    return false;
}

static bool has_some_tag(const struct names *wanted, const char *tags)
{
    struct laz_view rest = laz_view_of(tags), tag;

    while (laz_take_until(&rest, ' ', &tag))
        if (has_name(wanted, tag))
            return true;
    return false;
}

static bool is_wanted(const struct desk *d, const struct laz_hit *hit)
{
    return (d->tags.count == 0 || has_some_tag(&d->tags, hit->tags)) &&
           (d->identifiers.count == 0 || has_name(&d->identifiers, laz_view_of(hit->name)));
}

static void show_rule(struct desk *d, const struct laz_hit *hit, struct laz_matcher *matcher)
{
    struct laz_yara_line line = {d->server->db, matcher, d->input.bytes, d->path, d->show};

    if (is_wanted(d, hit) && (d->show & LAZ_YARA_SHOW_COUNT) == 0)
        laz_yara_print_rule(&line, hit, &d->rules);
}

/* As in yara all rules that hold count, also those that are not to be shown. False when there are
 * as many as there may be. */
static bool count_rule(struct desk *d)
{
    d->rule_count++;
    return !d->has_limit || --d->rules_left > 0;
}

static bool on_hit(void *context, const struct laz_hit *hit)
{
    struct desk *d = context;

    if (!hit->is_rule)
        return true;
    if (d->fired != NULL) {
        d->fired[hit->rule] = 1;
        return true;
    }
    show_rule(d, hit, d->server->matcher);
    return count_rule(d);
}

/* Rules that do not hold, up to the last one that may hold. */
static void show_others(struct desk *d)
{
    uint32_t count = laz_database_rule_count(d->server->db);
    struct laz_hit hit;

    for (uint32_t i = 0; i < count; i++) {
        if (!laz_database_rule_get(d->server->db, i, &hit))
            continue;
        if (!d->fired[i])
            show_rule(d, &hit, NULL);
        else if (!count_rule(d))
            return;
    }
}

static void on_line(void *context, struct laz_view line)
{
    struct desk *d = context;

    /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add(&d->out, line));
    laz_ignore(laz_buf_add_text(&d->out, "\n"));
}

static void match_input(void *context)
{
    struct desk *d = context;
    struct laz_modules_input input = {.bytes = d->input.bytes,
                                      .cuckoo = laz_buf_view(&d->report),
                                      .now_s = laz_now_ms() / 1000,
                                      .say = on_line,
                                      .is_unbounded = true,
                                      .context = d};
    struct laz_match_object object = {.bytes = d->input.bytes,
                                      .field = laz_modules_field,
                                      .context = d->server->modules,
                                      .externals = d->external_values,
                                      .external_count = d->external_count};
    struct laz_match_limits limits = {
        .steps_max = UINT64_MAX, .matches_max = MATCHES_MAX, .want_places = true};

    laz_modules_start(d->server->modules, &input);
    if ((d->show & LAZ_YARA_SHOW_MODULES) != 0)
        for (size_t i = 0; i < d->import_count; i++)
            laz_modules_print(d->server->modules, (enum laz_module)d->imports[i], &d->out);
    d->status = laz_matcher_run(d->server->matcher, &object, &limits, on_hit, d);
    if (d->status == LAZ_OK && d->fired != NULL)
        show_others(d);
}

static enum laz_status send_out(struct desk *d, struct laz_view bytes)
{
    enum laz_status s = LAZ_OK;

    while (s == LAZ_OK && bytes.len > 0) {
        struct laz_view piece = laz_view_first(bytes, LAZ_YARA_OUT_MAX);
        struct laz_yara_message m = {
            .kind = LAZ_YARA_OUT, .number = d->message.number, .text = piece};

        bytes = laz_view_from_offset(bytes, piece.len);
        s = say(d, &m);
    }
    return s;
}

static enum laz_status send_warnings(struct desk *d)
{
    const char *rule, *string;
    enum laz_status s = LAZ_OK;
    uint32_t at = 0;

    while (s == LAZ_OK && laz_matcher_next_cut(d->server->matcher, &at, &rule, &string)) {
        char text[512];
        struct laz_yara_message m = {.kind = LAZ_YARA_WARNED, .number = d->message.number};

        snprintf(text, sizeof text,
                 "rule \"%s\": too many matches for %s, results for this rule may be incorrect",
                 rule, string);
        m.text = laz_view_of(text);
        s = say(d, &m);
    }
    return s;
}

static void start_job(struct desk *d)
{
    laz_buf_reset(&d->out);
    laz_buf_reset(&d->rules);
    d->path = d->message.text;
    d->rules_left = d->message.count;
    d->has_limit = d->message.count > 0;
    d->rule_count = 0;
    if (d->fired != NULL)
        memset(d->fired, 0, laz_database_rule_count(d->server->db));
}

/* *fault is set when the file was cut below our reading: the matcher is then of no more use. */
static enum laz_status serve_job(struct desk *d, int fd, bool *fault)
{
    struct laz_yara_message done = {.kind = LAZ_YARA_DONE, .number = d->message.number};
    enum laz_status s;

    start_job(d);
    d->status = laz_input_open(fd, d->room, &d->input);
    if (d->status == LAZ_OK && d->input.bytes.len < d->input.size)
        d->status = LAZ_UNSUPPORTED;
    if (d->status == LAZ_OK && !laz_input_guard(match_input, d)) {
        *fault = true;
        d->status = LAZ_IO;
    }
    if (d->status == LAZ_OK)
        d->status =
            laz_buf_failed(&d->out) != LAZ_OK ? laz_buf_failed(&d->out) : laz_buf_failed(&d->rules);
    s = send_out(d, laz_buf_view(&d->out));
    if (s == LAZ_OK)
        s = send_out(d, laz_buf_view(&d->rules));
    if (s == LAZ_OK && !*fault)
        s = send_warnings(d);
    laz_input_close(&d->input);
    done.status = (uint8_t)d->status;
    done.count = d->rule_count;
    return s == LAZ_OK ? say(d, &done) : s;
}

static enum laz_status add_name(struct names *names, struct laz_view name)
{
    if (names->count == NAMES_MAX)
        return LAZ_LIMIT;
    names->items[names->count] = strndup((const char *)name.data, name.len);
    return names->items[names->count++] != NULL ? LAZ_OK : LAZ_NOMEM;
}

static enum laz_status add_external(struct desk *d)
{
    const struct laz_yara_message *m = &d->message;
    struct laz_external_value *value = &d->external_values[d->external_count];
    enum laz_status s = add_name(&d->externals, m->text);
    double real;

    if (s == LAZ_OK)
        s = add_name(&d->externals, m->second);
    if (s != LAZ_OK)
        return s;
    value->name = laz_view_of(d->externals.items[d->externals.count - 2]);
    memcpy(&real, &m->number, sizeof real);
    if (m->status == LAZ_VALUE_NUMBER)
        value->value = laz_value_number((int64_t)m->number);
    else if (m->status == LAZ_VALUE_REAL)
        value->value = laz_value_real(real);
    else
        value->value = laz_value_text(laz_view_of(d->externals.items[d->externals.count - 1]));
    d->external_count++;
    return LAZ_OK;
}

static enum laz_status set_show(struct desk *d)
{
    d->show = d->message.number;
    for (d->import_count = 0; d->import_count < d->message.text.len; d->import_count++) {
        d->imports[d->import_count] = d->message.text.data[d->import_count];
        if (d->imports[d->import_count] >= LAZ_MODULES)
            return LAZ_DAMAGED;
    }
    free(d->fired);
    d->fired = NULL;
    if ((d->show & LAZ_YARA_SHOW_OTHERS) == 0)
        return LAZ_OK;
    d->fired = calloc(laz_database_rule_count(d->server->db) + (size_t)1, 1);
    return d->fired != NULL ? LAZ_OK : LAZ_NOMEM;
}

/* fd is -1 or one that came with the message. */
static enum laz_status serve(struct desk *d, int fd)
{
    bool fault = false;
    enum laz_status s;

    if ((fd >= 0) != (d->message.kind == LAZ_YARA_JOB || d->message.kind == LAZ_YARA_REPORT))
        return LAZ_DAMAGED;
    switch (d->message.kind) {
    case LAZ_YARA_SHOW:
        return set_show(d);
    case LAZ_YARA_TAG:
        return add_name(&d->tags, d->message.text);
    case LAZ_YARA_IDENTIFIER:
        return add_name(&d->identifiers, d->message.text);
    case LAZ_YARA_EXTERNAL:
        return add_external(d);
    case LAZ_YARA_REPORT:
        laz_buf_reset(&d->report);
        return laz_read_all(fd, &d->report, NULL);
    case LAZ_YARA_JOB:
        s = serve_job(d, fd, &fault);
        return s == LAZ_OK && fault ? LAZ_IO : s;
    default: /* what others say to one another */
        return LAZ_DAMAGED;
    }
}

static enum laz_status serve_all(struct desk *d)
{
    struct laz_yara_message ready = {.kind = LAZ_YARA_READY};
    enum laz_status s = say(d, &ready);

    while (s == LAZ_OK) {
        LAZ_OWNED(laz_fd_drop) int fd = -1;
        size_t fd_count = 1;

        s = laz_channel_receive(d->server->channel, &d->in, &fd, &fd_count);
        if (s == LAZ_OK)
            s = laz_yara_message_read(laz_buf_view(&d->in), &d->message);
        if (s == LAZ_OK)
            s = serve(d, fd_count == 1 ? fd : -1);
    }
    return s;
}

enum laz_status laz_yara_server_run(struct laz_yara_server *server)
{
    struct desk *d = calloc(1, sizeof *d);
    enum laz_status s = LAZ_NOMEM;

    if (d == NULL)
        return LAZ_NOMEM;
    d->server = server;
    d->room = malloc(LAZ_INPUT_SMALL_MAX);
    laz_buf_init(&d->in, LAZ_YARA_MESSAGE_MAX);
    laz_buf_init(&d->answer, LAZ_YARA_MESSAGE_MAX);
    laz_buf_init(&d->out, OUT_MAX);
    laz_buf_init(&d->rules, OUT_MAX);
    laz_buf_init(&d->report, REPORT_MAX);
    if (d->room != NULL)
        s = serve_all(d);
    free(d->room); /* the process ends: what else it has goes with it */
    free(d);
    return s;
}
