#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/quarantine.h"
#include "agent/safepath.h"
#include "base/text.h"
#include "cli/agent_ask.h"
#include "cli/cli.h"
#include "cli/kept.h"
#include "sys/clock.h"

#define LINE_MAX_LEN ((size_t)128 * 1024)

static void print_usage(FILE *out)
{
    fprintf(out,
            "usage: lazaret quarantine list [--data DIR] [--json]\n"
            "       lazaret quarantine restore [--data DIR] [--to PATH] [--replace] ID...\n"
            "       lazaret quarantine delete [--data DIR] ID...\n\n"
            "Files that were taken away because something was found in them. They come back byte\n"
            "for byte, with owner, mode, ACL, attributes and times. The agent that runs on DIR is\n"
            "told to allow the content that is restored.\n\n"
            "  --data DIR   the data folder of the agent (default: " LAZ_KEPT_DATA_DEFAULT ")\n"
            "  --json       one line of JSON an entry\n"
            "  --to PATH    restore to this path instead of where the file came from\n"
            "  --replace    also when something stands there\n");
}

static void print_json(const struct laz_quarantine_entry *e, struct laz_buf *b)
{
    char time[LAZ_TIME_TEXT_SIZE];

    laz_time_text(e->time_ms, time);
    laz_ignore(laz_buf_addf(b, "{\"id\":\"%s\",\"state\":\"%s\"", e->id.text,
                            e->damaged    ? "damaged"
                            : e->restored ? "restored"
                                          : "held")); /* checked once, by the caller */
    laz_ignore(laz_buf_addf(b, ",\"time\":\"%s\",\"size\":%" PRIu64, time, e->size));
    laz_ignore(laz_buf_add_text(b, ",\"path\":"));
    laz_ignore(laz_buf_add_json(b, e->path));
    if (!laz_utf8_is_valid(e->path)) {
        laz_ignore(laz_buf_add_text(b, ",\"path_b64\":\""));
        laz_ignore(laz_buf_add_base64(b, e->path));
        laz_ignore(laz_buf_add_text(b, "\""));
    }
    laz_ignore(laz_buf_add_text(b, ",\"sha256\":\""));
    laz_ignore(laz_buf_add_hex(b, laz_view_from(e->sha256, sizeof e->sha256)));
    laz_ignore(
        laz_buf_addf(b, "\",\"mode\":\"%04o\",\"uid\":%u,\"gid\":%u", e->mode, e->uid, e->gid));
    laz_ignore(laz_buf_add_text(b, ",\"detections\":"));
    laz_ignore(laz_buf_add_json(b, e->detections));
    laz_ignore(laz_buf_add_text(b, ",\"actor\":"));
    laz_ignore(laz_buf_add_json(b, e->actor));
    laz_ignore(laz_buf_add_text(b, ",\"reason\":"));
    laz_ignore(laz_buf_add_json(b, e->reason));
    laz_ignore(laz_buf_add_text(b, "}"));
}

static void print_line(const struct laz_quarantine_entry *e, struct laz_buf *b)
{
    char time[LAZ_TIME_TEXT_SIZE];

    laz_time_text(e->time_ms, time);
    if (e->damaged) {
        laz_ignore(laz_buf_addf(b, "%s  damaged", e->id.text));
        return;
    }
    laz_ignore(laz_buf_addf(b, "%s  %s  %-8s  %10" PRIu64 "  ", e->id.text, time,
                            e->restored ? "restored" : "held", e->size));
    laz_ignore(laz_buf_add_terminal(b, e->path)); /* checked once, by the caller */
}

struct listing {
    struct laz_buf line;
    bool json, failed;
};

static bool list_entry(void *context, const struct laz_quarantine_entry *e)
{
    struct listing *l = context;

    laz_buf_reset(&l->line);
    if (l->json)
        print_json(e, &l->line);
    else
        print_line(e, &l->line);
    l->failed = laz_buf_failed(&l->line) != LAZ_OK || puts(laz_buf_text(&l->line)) < 0;
    return !l->failed;
}

static int list(struct laz_quarantine *q, const struct laz_kept_arguments *a)
{
    struct listing l = {.json = a->json};
    struct laz_error err;
    enum laz_status s;

    if (a->id_count > 0)
        return laz_cli_usage_error("quarantine", a->ids[0], "'list' takes no ids");
    laz_buf_init(&l.line, LINE_MAX_LEN);
    s = laz_quarantine_list(q, list_entry, &l, &err);
    laz_buf_clear(&l.line);
    if (s != LAZ_OK)
        return laz_cli_fail(&err);
    if (l.failed || fflush(stdout) != 0) {
        laz_ignore(laz_fail_errno(&err, "quarantine", "standard output", ""));
        return laz_cli_fail(&err);
    }
    return LAZ_EXIT_OK;
}

static bool note_digest(void *context, const struct laz_quarantine_entry *entry)
{
    memcpy(context, entry->sha256, sizeof entry->sha256);
    return false;
}

/* Whoever takes a file back wants to open it: the agent is told before it stands there, or it would
 * take it away again. */
static enum laz_status allow_content(struct laz_quarantine *q, const struct laz_kept_arguments *a,
                                     const struct laz_quarantine_id *id, struct laz_error *err)
{
    LAZ_OWNED(laz_json_drop) cJSON *answer = NULL;
    char data[PATH_MAX], request[16 + 64 + 1] = "allow sha256:";
    uint8_t sha256[32];
    enum laz_status s = laz_quarantine_find(q, id, note_digest, sha256, err);

    if (s != LAZ_OK)
        return s;
    if (snprintf(data, sizeof data, "%s/agent", a->data) >= (int)sizeof data)
        return laz_fail(err, LAZ_INVALID, "quarantine", "--data", "is too long", "");
    laz_hex_encode(laz_view_from(sha256, sizeof sha256), request + strlen(request));
    s = laz_agent_ask(data, request, &answer, err);
    if (s != LAZ_NOT_FOUND)
        return s;
    fprintf(stderr,
            "note: no agent runs on this data folder; one that is started later takes the file "
            "away again unless it is told: lazaret agent %s\n",
            request);
    return LAZ_OK;
}

static int for_one(struct laz_quarantine *q, const struct laz_kept_arguments *a, const char *text)
{
    struct laz_quarantine_id id;
    struct laz_error err;
    char to[PATH_MAX];
    enum laz_status s = LAZ_OK;

    if (!laz_quarantine_id_parse(text, &id))
        return laz_cli_usage_error("quarantine", text, "is not an id: 32 hexadecimal digits");
    if (a->to != NULL)
        s = laz_path_resolve(a->to, to, &err);
    if (s == LAZ_OK && strcmp(a->verb, "restore") == 0)
        s = allow_content(q, a, &id, &err);
    if (s == LAZ_OK && strcmp(a->verb, "restore") == 0)
        s = laz_quarantine_restore(q, &id, a->to == NULL ? NULL : to, a->replace, &err);
    else if (s == LAZ_OK)
        s = laz_quarantine_delete(q, &id, &err);
    if (s != LAZ_OK)
        return laz_cli_fail(&err);
    printf("%s %s\n", strcmp(a->verb, "restore") == 0 ? "restored" : "deleted", text);
    return LAZ_EXIT_OK;
}

static int for_each(struct laz_quarantine *q, const struct laz_kept_arguments *a)
{
    int result = LAZ_EXIT_OK;

    if (a->id_count == 0)
        return laz_cli_usage_error("quarantine", a->verb, "needs at least one id");
    if (a->to != NULL && (a->id_count > 1 || strcmp(a->verb, "restore") != 0))
        return laz_cli_usage_error("quarantine", "--to", "is for restoring one file");
    for (int i = 0; i < a->id_count; i++)
        if (for_one(q, a, a->ids[i]) != LAZ_EXIT_OK)
            result = LAZ_EXIT_ERROR;
    return result;
}

static int with_quarantine(const struct laz_kept_arguments *a)
{
    LAZ_OWNED(laz_quarantine_drop) struct laz_quarantine *q = NULL;
    struct laz_error err;
    char dir[PATH_MAX];

    if (snprintf(dir, sizeof dir, "%s/agent/quarantine", a->data) >= (int)sizeof dir)
        return laz_cli_usage_error("quarantine", "--data", "is too long");
    if (access(dir, F_OK) != 0) {
        laz_ignore(laz_fail_errno(&err, "quarantine", dir, "name the data folder with --data"));
        return laz_cli_fail(&err);
    }
    if (laz_quarantine_open(dir, NULL, &q, &err) != LAZ_OK)
        return laz_cli_fail(&err);
    return strcmp(a->verb, "list") == 0 ? list(q, a) : for_each(q, a);
}

int laz_cli_quarantine(int argc, char **argv)
{
    struct laz_kept_arguments a;
    int result = laz_kept_parse("quarantine", print_usage, argc, argv, &a);

    if (result >= 0)
        return result;
    LAZ_ASSERT(a.verb != NULL);
    if (strcmp(a.verb, "list") != 0 && strcmp(a.verb, "restore") != 0 &&
        strcmp(a.verb, "delete") != 0)
        return laz_cli_usage_error("quarantine", a.verb, "is not list, restore or delete");
    return with_quarantine(&a);
}
