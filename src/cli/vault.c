#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "agent/safepath.h"
#include "agent/vault.h"
#include "base/number.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/kept.h"
#include "sys/clock.h"

#define LINE_MAX_LEN ((size_t)64 * 1024)

static void print_usage(FILE *out)
{
    fprintf(out,
            "usage: lazaret vault list [--data DIR] [--json]\n"
            "       lazaret vault restore [--data DIR] [--to PATH] [--replace] ID...\n\n"
            "Copies that were made of files before a program wrote to them.\n\n"
            "  --data DIR   the data folder of the agent (default: " LAZ_KEPT_DATA_DEFAULT ")\n"
            "  --json       one line of JSON an entry\n"
            "  --to PATH    write the copy to this path instead of where it was made\n"
            "  --replace    also when something stands there; that is moved to the vault's\n"
            "               folder evidence\n\n"
            "To undo all that one program did, see 'lazaret agent undo'.\n");
}

static void print_json(const struct laz_vault_entry *e, struct laz_buf *b)
{
    char time[LAZ_TIME_TEXT_SIZE];

    laz_time_text(e->kept_ms, time);
    laz_ignore(laz_buf_addf(b, "{\"id\":%" PRIu64 ",\"time\":\"%s\",\"size\":%" PRIu64, e->id, time,
                            e->size)); /* checked once, by the caller */
    laz_ignore(laz_buf_addf(b, ",\"suspect\":%s,\"restored\":%s", e->suspect ? "true" : "false",
                            e->restored ? "true" : "false"));
    laz_ignore(laz_buf_add_text(b, ",\"actor\":"));
    laz_ignore(laz_buf_add_json(b, e->actor));
    laz_ignore(laz_buf_add_text(b, ",\"path\":"));
    laz_ignore(laz_buf_add_json(b, e->path));
    if (!laz_utf8_is_valid(e->path)) {
        laz_ignore(laz_buf_add_text(b, ",\"path_b64\":\""));
        laz_ignore(laz_buf_add_base64(b, e->path));
        laz_ignore(laz_buf_add_text(b, "\""));
    }
    laz_ignore(laz_buf_add_text(b, "}"));
}

static void print_line(const struct laz_vault_entry *e, struct laz_buf *b)
{
    char time[LAZ_TIME_TEXT_SIZE];

    laz_time_text(e->kept_ms, time);
    laz_ignore(laz_buf_addf(b, "%8" PRIu64 "  %s  %10" PRIu64 "  %-8s  ", e->id, time, e->size,
                            e->restored  ? "restored"
                            : e->suspect ? "suspect"
                                         : "kept"));
    laz_ignore(laz_buf_add_terminal(b, e->path)); /* checked once, by the caller */
    laz_ignore(laz_buf_add_text(b, "  "));
    laz_ignore(laz_buf_add_terminal(b, e->actor));
}

struct listing {
    struct laz_buf line;
    bool json, failed;
};

static bool list_entry(void *context, const struct laz_vault_entry *e)
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

static int list(struct laz_vault *v, const struct laz_kept_arguments *a)
{
    struct listing l = {.json = a->json};
    struct laz_error err;

    if (a->id_count > 0)
        return laz_cli_usage_error("vault", a->ids[0], "'list' takes no ids");
    laz_buf_init(&l.line, LINE_MAX_LEN);
    laz_vault_list(v, list_entry, &l);
    laz_buf_clear(&l.line);
    if (l.failed || fflush(stdout) != 0) {
        laz_ignore(laz_fail_errno(&err, "vault", "standard output", ""));
        return laz_cli_fail(&err);
    }
    return LAZ_EXIT_OK;
}

static int restore_one(struct laz_vault *v, const struct laz_kept_arguments *a, const char *text)
{
    struct laz_error err;
    char to[PATH_MAX];
    uint64_t id;

    if (!laz_parse_u64(laz_view_of(text), UINT64_MAX, &id))
        return laz_cli_usage_error("vault", text, "is not an id: a number from 'list'");
    if (a->to != NULL && laz_path_resolve(a->to, to, &err) != LAZ_OK)
        return laz_cli_fail(&err);
    if (laz_vault_take_out(v, id, a->to == NULL ? NULL : to, a->replace, &err) != LAZ_OK)
        return laz_cli_fail(&err);
    printf("restored %s\n", text);
    return LAZ_EXIT_OK;
}

static int restore(struct laz_vault *v, const struct laz_kept_arguments *a)
{
    int result = LAZ_EXIT_OK;

    if (a->id_count == 0)
        return laz_cli_usage_error("vault", "restore", "needs at least one id");
    if (a->to != NULL && a->id_count > 1)
        return laz_cli_usage_error("vault", "--to", "is for restoring one file");
    for (int i = 0; i < a->id_count; i++)
        if (restore_one(v, a, a->ids[i]) != LAZ_EXIT_OK)
            result = LAZ_EXIT_ERROR;
    return result;
}

int laz_cli_vault(int argc, char **argv)
{
    LAZ_OWNED(laz_vault_drop) struct laz_vault *v = NULL;
    struct laz_kept_arguments a;
    struct laz_error err;
    char dir[PATH_MAX];
    int result = laz_kept_parse("vault", print_usage, argc, argv, &a);

    if (result >= 0)
        return result;
    LAZ_ASSERT(a.verb != NULL);
    if (strcmp(a.verb, "list") != 0 && strcmp(a.verb, "restore") != 0)
        return laz_cli_usage_error("vault", a.verb, "is not list or restore");
    if (snprintf(dir, sizeof dir, "%s/agent/vault", a.data) >= (int)sizeof dir)
        return laz_cli_usage_error("vault", "--data", "is too long");
    if (laz_vault_open(dir, LAZ_VAULT_READ, NULL, &v, &err) != LAZ_OK)
        return laz_cli_fail(&err);
    return strcmp(a.verb, "list") == 0 ? list(v, &a) : restore(v, &a);
}
