#include "cli/content.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"
#include "sys/fd.h"

#define WAIT_MS 15000

static const char usage[] =
    "usage: lazaret content list [--json]\n"
    "       lazaret content show ID\n"
    "       lazaret content add KIND LOCATION [OPTION]...\n"
    "       lazaret content remove|enable|disable ID...\n"
    "       lazaret content recommended [--secret-file FILE] [--dry-run]\n"
    "       lazaret content update [--only ID] [--due] [--now] [--dry-run] [OPTION]...\n"
    "       lazaret content back\n"
    "       lazaret content run\n"
    "Follows sources of detection content: gets what is new, builds a database beside the one in\n"
    "use, proves it on clean files of this machine and on test samples, and puts it in place.\n"
    "\n"
    "KIND is freshclam-folder, folder, file, yara-package, list, stix, taxii or misp.\n"
    "\n"
    "  --data DIR           where everything is kept (default: " LAZ_CONTENT_DATA ")\n"
    "  --json               one JSON object\n"
    "add:\n"
    "  --id ID              its name (default: made from the location)\n"
    "  --licence TEXT       SPDX or words\n"
    "  --every TIME         how often it is asked: 30m, 6h, 1d (default: 1d)\n"
    "  --max-size SIZE      the most that may come: 64M, 1G (default: 256M)\n"
    "  --secret-file FILE   its key, for a server that wants one; readable by its owner only\n"
    "  --ca-file FILE       the only authority whose certificates it may show\n"
    "  --plain-http         unencrypted, also from another machine\n"
    "update:\n"
    "  --only ID            ask only this source\n"
    "  --due                ask only those whose time has come, as the timer does\n"
    "  --now                ask also those that told us to wait\n"
    "  --dry-run            fetch, build and prove, and change no database\n"
    "  --clean DIR          its files are clean too; may be given several times\n"
    "  --sample N           how many files of this machine's packages are tried (default: 2000)\n"
    "  --prove-seconds N    the most time for that (default: 120)\n"
    "  --left-out-max N     rules of one source that may fire on clean files and are left out,\n"
    "                       before the source is refused (default: 20)\n"
    "  --slower-max N       how many times slower than before it may become (default: 4)\n"
    "  --fast-enough SIZE   bytes in a second of CPU at which that does not matter (default: 20M)\n"
    "  --slow-seconds N     give up on a source that sends less than a kilobyte in a second for\n"
    "                       so long (default: 60)\n"
    "  --quiet              only what went wrong\n";

enum laz_status laz_content_open(const char *data, bool exclusive, struct laz_content *out,
                                 struct laz_error *err)
{
    enum laz_status s;

    out->data = data;
    laz_feed_registry_init(&out->registry);
    s = laz_feed_store_open(data, exclusive, WAIT_MS, &out->store, err);
    if (s != LAZ_OK)
        return s;
    s = laz_feed_registry_load(&out->registry, out->store.content_fd, err);
    if (s != LAZ_OK)
        laz_feed_store_close(&out->store);
    return s;
}

static void add_named(struct laz_buf *b, const char *name, const char *text, size_t max)
{
    struct laz_view v = laz_view_first(laz_view_of(text), max);

    while (v.len > 0 && !laz_utf8_is_valid(v)) /* not cut within a letter */
        v.len--;
    laz_ignore(laz_buf_addf(b, "\"%s\":", name)); /* checked once, by the caller */
    laz_ignore(laz_buf_add_json(b, v));
    laz_ignore(laz_buf_add_text(b, ","));
}

/* Without its location, which may hold a key. */
static void add_source(struct laz_buf *b, const struct laz_feed_source *s)
{
    laz_ignore(laz_buf_add_text(b, "{"));
    add_named(b, "id", s->id, sizeof s->id);
    add_named(b, "kind", laz_feed_kind_name(s->kind), 32);
    add_named(b, "licence", s->licence, 80);
    add_named(b, "error", s->error, 160);
    laz_ignore(laz_buf_addf(b,
                            "\"outcome\":\"%s\",\"checked\":%llu,\"good\":%llu,\"failing\":%llu}",
                            laz_feed_outcome_name(s->outcome), (unsigned long long)s->checked_ms,
                            (unsigned long long)s->well_ms, (unsigned long long)s->failing_ms));
}

/* Those that fail come first, so that they are among the few. */
static void add_list(struct laz_buf *b, const struct laz_feed_registry *r)
{
    unsigned listed = 0;

    laz_ignore(laz_buf_add_text(b, ",\"list\":["));
    for (int failing = 1; failing >= 0; failing--)
        for (size_t i = 0; i < r->count && listed < LAZ_FEED_STATE_LISTED; i++) {
            const struct laz_feed_source *s = &r->sources[i];

            if (!s->enabled || (s->error[0] != '\0') != (failing == 1))
                continue;
            laz_ignore(laz_buf_add_text(b, listed++ == 0 ? "" : ","));
            add_source(b, s);
        }
    laz_ignore(laz_buf_add_text(b, "]"));
}

/* Beside the database, for everybody: the agent tells the console. */
static void tell_state(const struct laz_content *c)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};
    const struct laz_feed_source *failing = NULL;
    unsigned count = 0, failing_count = 0;

    for (size_t i = 0; i < c->registry.count; i++) {
        const struct laz_feed_source *s = &c->registry.sources[i];

        count += s->enabled;
        if (!s->enabled || s->error[0] == '\0')
            continue;
        failing_count++;
        failing = s;
    }
    laz_buf_init(&b, LAZ_FEED_STATE_MAX);
    laz_ignore(laz_buf_addf(&b, "{\"sources\":%u,\"failing\":%u,\"held\":%s,\"problem\":", count,
                            failing_count, c->registry.held_ms > 0 ? "true" : "false"));
    laz_ignore(laz_buf_add_json(&b, laz_view_of(failing == NULL ? "" : failing->error)));
    add_list(&b, &c->registry);
    laz_ignore(laz_buf_add_text(&b, "}\n"));
    if (laz_buf_failed(&b) == LAZ_OK) /* only told: the registry is what counts */
        laz_ignore(laz_replace_file(c->store.db_fd, LAZ_FEED_STATE, laz_buf_view(&b), 0644, NULL) !=
                   LAZ_OK);
}

static void note_well(struct laz_feed_source *s)
{
    if (s->error[0] == '\0') {
        s->well_ms = s->checked_ms;
        s->failing_ms = 0;
    } else if (s->failing_ms == 0) {
        s->failing_ms = s->checked_ms;
    }
}

enum laz_status laz_content_save(struct laz_content *c, struct laz_error *err)
{
    enum laz_status s;

    for (size_t i = 0; i < c->registry.count; i++)
        note_well(&c->registry.sources[i]);
    s = laz_feed_registry_save(&c->registry, c->store.content_fd, err);
    if (s == LAZ_OK)
        tell_state(c);
    return s;
}

void laz_content_close(struct laz_content *c)
{
    laz_feed_registry_clear(&c->registry);
    laz_feed_store_close(&c->store);
}

int laz_cli_content(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } verbs[] = {
        {"list", laz_content_list},
        {"show", laz_content_show},
        {"add", laz_content_add},
        {"remove", laz_content_remove},
        {"enable", laz_content_enable},
        {"disable", laz_content_enable},
        {"recommended", laz_content_recommended},
        {"update", laz_content_update},
        {"back", laz_content_back},
        {"run", laz_content_run},
    };

    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return fputs(usage, stdout) < 0 ? LAZ_EXIT_ERROR : LAZ_EXIT_OK;
    for (size_t i = 0; argc >= 2 && i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(argc - 1, argv + 1);
    return laz_cli_usage_error("content", argc >= 2 ? argv[1] : "",
                               "expected list, show, add, remove, enable, disable, recommended, "
                               "update, back or run");
}
