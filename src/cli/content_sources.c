#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/content.h"
#include "feed/recommended.h"
#include "sys/clock.h"

/* ---------------------------------------------------------------- arguments */

struct arguments {
    const char *data;
    bool json, dry_run;
    struct laz_feed_source source; /* what options say of a new one */
    bool has_id, has_every;
    char **words; /* the rest */
    int word_count;
};

static bool copy_option(char *out, size_t size, const char *value)
{
    int len = snprintf(out, size, "%s", value);

    return len > 0 && (size_t)len < size;
}

/* A file's path is kept as it is seen from the root, for the update may run elsewhere. */
static bool copy_path(char *out, size_t size, const char *value)
{
    char *real = realpath(value, NULL);
    bool ok = copy_option(out, size, real == NULL ? value : real);

    free(real);
    return ok;
}

static bool take_option(struct arguments *a, int option)
{
    struct laz_feed_source *s = &a->source;
    struct laz_view value = laz_view_of(optarg == NULL ? "" : optarg);

    switch (option) {
    case 'd':
        a->data = optarg;
        return true;
    case 'j':
        a->json = true;
        return true;
    case 'n':
        a->dry_run = true;
        return true;
    case 'i':
        a->has_id = true;
        return copy_option(s->id, sizeof s->id, optarg);
    case 'l':
        return copy_option(s->licence, sizeof s->licence, optarg);
    case 'e':
        a->has_every = true;
        return laz_feed_interval_parse(value, &s->every_s);
    case 'm':
        return laz_parse_size(value, LAZ_FEED_SIZE_MAX, &s->size_max);
    case 's':
        return copy_path(s->secret_file, sizeof s->secret_file, optarg);
    case 'c':
        return copy_path(s->ca_file, sizeof s->ca_file, optarg);
    case 'p':
        s->plain_http = true;
        return true;
    default:
        return false;
    }
}

/* False when an argument is wrong: told, and *status is the exit's. */
static bool parse(struct arguments *a, int argc, char **argv, int *status)
{
    static const struct option options[] = {
        {"data", required_argument, NULL, 'd'},
        {"json", no_argument, NULL, 'j'},
        {"dry-run", no_argument, NULL, 'n'},
        {"id", required_argument, NULL, 'i'},
        {"licence", required_argument, NULL, 'l'},
        {"every", required_argument, NULL, 'e'},
        {"max-size", required_argument, NULL, 'm'},
        {"secret-file", required_argument, NULL, 's'},
        {"ca-file", required_argument, NULL, 'c'},
        {"plain-http", no_argument, NULL, 'p'},
        {NULL, 0, NULL, 0},
    };
    int option;

    *a = (struct arguments){.data = LAZ_CONTENT_DATA};
    laz_feed_source_init(&a->source, "", LAZ_FEED_FILE);
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (take_option(a, option))
            continue;
        *status = laz_cli_usage_error("content", argv[optind - 1],
                                      option == '?' ? "is not an option, or has no value"
                                                    : "is not a value that the option takes");
        return false;
    }
    a->words = argv + optind;
    a->word_count = argc - optind;
    return true;
}

static int finish(struct laz_content *c, enum laz_status s, struct laz_error *err)
{
    if (s == LAZ_OK)
        s = laz_content_save(c, err);
    laz_content_close(c);
    return s == LAZ_OK ? LAZ_EXIT_OK : laz_cli_fail(err);
}

static enum laz_status not_found(const char *id, struct laz_error *err)
{
    return laz_fail(err, LAZ_NOT_FOUND, "content", id, "is no source",
                    "see 'lazaret content list'");
}

/* ---------------------------------------------------------------- list and show */

static void add_member(struct laz_buf *b, const char *name, const char *text)
{
    laz_ignore(laz_buf_addf(b, "\"%s\":", name)); /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add_json(b, laz_view_of(text)));
    laz_ignore(laz_buf_add_text(b, ","));
}

static void add_time(struct laz_buf *b, const char *name, uint64_t ms)
{
    char text[LAZ_TIME_TEXT_SIZE] = "";

    if (ms > 0)
        laz_time_text((int64_t)ms, text);
    add_member(b, name, text);
}

static void add_source_json(struct laz_buf *b, const struct laz_feed_source *s)
{
    laz_ignore(laz_buf_add_text(b, "{")); /* the buffer remembers a refusal */
    add_member(b, "id", s->id);
    add_member(b, "kind", laz_feed_kind_name(s->kind));
    add_member(b, "location", s->location);
    add_member(b, "licence", s->licence);
    add_member(b, "terms", s->terms);
    add_member(b, "outcome", laz_feed_outcome_name(s->outcome));
    add_member(b, "error", s->error);
    add_member(b, "sha256", s->digest);
    add_member(b, "in_use", s->good);
    add_time(b, "checked", s->checked_ms);
    add_time(b, "changed", s->changed_ms);
    add_time(b, "next", s->next_ms);
    laz_ignore(laz_buf_addf(
        b,
        "\"enabled\":%s,\"every_s\":%llu,\"size_max\":%llu,\"size\":%llu,\"http\":%llu,"
        "\"failures\":%llu,\"taken\":%llu,\"unusable\":%llu,\"left_out\":%llu}",
        s->enabled ? "true" : "false", (unsigned long long)s->every_s,
        (unsigned long long)s->size_max, (unsigned long long)s->size, (unsigned long long)s->http,
        (unsigned long long)s->failures, (unsigned long long)s->taken,
        (unsigned long long)s->unusable, (unsigned long long)s->left_out));
}

static void add_list_json(struct laz_buf *b, const struct laz_feed_registry *r)
{
    laz_ignore(laz_buf_add_text(b, "{")); /* as above */
    add_time(b, "built", r->built_ms);
    add_time(b, "held", r->held_ms);
    laz_ignore(laz_buf_addf(b, "\"left_out\":%llu,\"sources\":[", (unsigned long long)r->left_out));
    for (size_t i = 0; i < r->count; i++) {
        laz_ignore(laz_buf_add_text(b, i == 0 ? "" : ","));
        add_source_json(b, &r->sources[i]);
    }
    laz_ignore(laz_buf_add_text(b, "]}\n"));
}

static void add_line(struct laz_buf *b, const char *label, const char *text)
{
    if (text[0] == '\0')
        return;
    laz_ignore(laz_buf_addf(b, "  %-10s ", label)); /* as above */
    laz_ignore(laz_buf_add_terminal(b, laz_view_of(text)));
    laz_ignore(laz_buf_add_u8(b, '\n'));
}

static void add_time_line(struct laz_buf *b, const char *label, uint64_t ms)
{
    char text[LAZ_TIME_TEXT_SIZE];

    if (ms == 0)
        return;
    laz_time_text((int64_t)ms, text);
    add_line(b, label, text);
}

static void add_source_plain(struct laz_buf *b, const struct laz_feed_source *s, bool all)
{
    char every[24], size[64], entries[128];

    laz_feed_interval_text(s->every_s, every);
    snprintf(size, sizeof size, "%llu of at most %llu bytes", (unsigned long long)s->size,
             (unsigned long long)s->size_max);
    snprintf(entries, sizeof entries, "%llu used, %llu not read, %llu left out by the proof",
             (unsigned long long)s->taken, (unsigned long long)s->unusable,
             (unsigned long long)s->left_out);
    laz_ignore(laz_buf_addf(b, "%s (%s, %s)\n", s->id, laz_feed_kind_name(s->kind),
                            s->enabled ? laz_feed_outcome_name(s->outcome) : "disabled"));
    add_line(b, "location", s->location);
    add_line(b, "licence", s->licence[0] == '\0' ? "not stated" : s->licence);
    add_line(b, "entries", s->taken + s->unusable > 0 ? entries : "");
    add_line(b, "problem", s->error);
    add_time_line(b, "changed", s->changed_ms);
    if (!all)
        return;
    add_line(b, "terms", s->terms);
    add_line(b, "every", every);
    add_line(b, "size", size);
    add_time_line(b, "checked", s->checked_ms);
    add_time_line(b, "next", s->next_ms);
    add_line(b, "sha256", s->digest);
    add_line(b, "in use", s->good);
    add_line(b, "refused", s->refused);
    add_line(b, "secret", s->secret_file);
    add_line(b, "authority", s->ca_file);
}

static void add_list_plain(struct laz_buf *b, const struct laz_feed_registry *r)
{
    if (r->count == 0)
        laz_ignore(laz_buf_add_text(b, "No source is followed. 'lazaret content recommended' turns "
                                       "on the usual ones.\n")); /* as above */
    for (size_t i = 0; i < r->count; i++)
        add_source_plain(b, &r->sources[i], false);
    if (r->held_ms > 0)
        laz_ignore(laz_buf_add_text(b,
                                    "The database was taken back: it stays until 'lazaret content "
                                    "update' is run by hand.\n"));
}

static int print(struct laz_buf *b)
{
    int status =
        laz_buf_failed(b) == LAZ_OK && fputs(laz_buf_text(b), stdout) >= 0 && fflush(stdout) == 0
            ? LAZ_EXIT_OK
            : LAZ_EXIT_ERROR;

    laz_buf_clear(b);
    return status;
}

int laz_content_list(int argc, char **argv)
{
    struct laz_content c;
    struct laz_error err;
    struct arguments a;
    struct laz_buf b;
    int status;

    if (!parse(&a, argc, argv, &status))
        return status;
    if (a.word_count > 0)
        return laz_cli_usage_error("content", a.words[0], "'list' takes no name; see 'show'");
    if (laz_content_open(a.data, false, &c, &err) != LAZ_OK)
        return laz_cli_fail(&err);
    laz_buf_init(&b, 2 * LAZ_FEED_REGISTRY_MAX);
    if (a.json)
        add_list_json(&b, &c.registry);
    else
        add_list_plain(&b, &c.registry);
    laz_content_close(&c);
    return print(&b);
}

int laz_content_show(int argc, char **argv)
{
    const struct laz_feed_source *source;
    struct laz_content c;
    struct laz_error err;
    struct arguments a;
    struct laz_buf b;
    int status;

    if (!parse(&a, argc, argv, &status))
        return status;
    if (a.word_count != 1)
        return laz_cli_usage_error("content", "show", "needs one id");
    if (laz_content_open(a.data, false, &c, &err) != LAZ_OK)
        return laz_cli_fail(&err);
    source = laz_feed_registry_find(&c.registry, a.words[0]);
    laz_buf_init(&b, LAZ_FEED_REGISTRY_MAX);
    if (source != NULL && a.json)
        add_source_json(&b, source);
    if (source != NULL && a.json)
        laz_ignore(laz_buf_add_u8(&b, '\n')); /* as above */
    if (source != NULL && !a.json)
        add_source_plain(&b, source, true);
    laz_content_close(&c);
    if (source != NULL)
        return print(&b);
    laz_ignore(not_found(a.words[0], &err)); /* only to be printed */
    return laz_cli_fail(&err);
}

/* ---------------------------------------------------------------- change */

/* The last step of the location that has letters, without its ending. */
static void make_id(const char *location, char id[LAZ_FEED_ID_SIZE])
{
    const char *at = strstr(location, "://"), *end = location + strlen(location);
    size_t n = 0;

    at = at == NULL ? location : at + 3;
    while (end > at && end[-1] == '/')
        end--;
    for (const char *c = end; c > at; c--) {
        if (c[-1] != '/')
            continue;
        at = c;
        break;
    }
    for (; at < end && *at != '.' && *at != '?' && n < LAZ_FEED_ID_SIZE - 1; at++)
        if (isalnum((unsigned char)*at) || (n > 0 && (*at == '-' || *at == '_')))
            id[n++] = (char)tolower((unsigned char)*at);
    id[n] = '\0';
}

static enum laz_status fill_new(struct arguments *a, struct laz_error *err)
{
    struct laz_feed_source *s = &a->source;
    const char *location = a->words[1], *why;
    bool remote = laz_feed_url_is_http(laz_view_of(location));

    if (!laz_feed_kind_parse(laz_view_of(a->words[0]), &s->kind))
        return laz_fail(err, LAZ_INVALID, "content", a->words[0], "is not a kind of source",
                        "see 'lazaret content --help'");
    if (!(remote ? copy_option(s->location, sizeof s->location, location)
                 : copy_path(s->location, sizeof s->location, location)))
        return laz_fail(err, LAZ_INVALID, "content", location, "is empty or too long", "");
    if (!a->has_id)
        make_id(s->location, s->id);
    if (!remote && access(s->location, F_OK) != 0)
        return laz_fail_errno(err, "content", location, "check that it is there");
    if (!laz_feed_source_check(s, &why))
        return laz_fail(err, LAZ_INVALID, "content", a->has_id ? s->id : location, why,
                        "see 'lazaret content --help'");
    return LAZ_OK;
}

int laz_content_add(int argc, char **argv)
{
    struct laz_content c;
    struct laz_error err;
    struct arguments a;
    enum laz_status s;
    int status;

    if (!parse(&a, argc, argv, &status))
        return status;
    if (a.word_count != 2)
        return laz_cli_usage_error("content", "add", "needs a kind and a location");
    s = fill_new(&a, &err);
    if (s == LAZ_OK)
        s = laz_content_open(a.data, true, &c, &err);
    if (s != LAZ_OK)
        return laz_cli_fail(&err);
    s = laz_feed_registry_add(&c.registry, &a.source, &err);
    if (s == LAZ_OK)
        printf("%s is followed. 'lazaret content update' gets it.\n", a.source.id);
    return finish(&c, s, &err);
}

/* Does something to each named source; all names must be there before anything is done. */
static int change_each(int argc, char **argv,
                       void (*change)(struct laz_content *c, struct laz_feed_source *s,
                                      const char *verb))
{
    struct laz_content c;
    struct laz_error err;
    struct arguments a;
    enum laz_status s;
    int status;

    if (!parse(&a, argc, argv, &status))
        return status;
    if (a.word_count == 0)
        return laz_cli_usage_error("content", argv[0], "needs an id");
    s = laz_content_open(a.data, true, &c, &err);
    if (s != LAZ_OK)
        return laz_cli_fail(&err);
    for (int i = 0; s == LAZ_OK && i < a.word_count; i++)
        if (laz_feed_registry_find(&c.registry, a.words[i]) == NULL)
            s = not_found(a.words[i], &err);
    for (int i = 0; s == LAZ_OK && i < a.word_count; i++) {
        struct laz_feed_source *source = laz_feed_registry_find(&c.registry, a.words[i]);

        if (source != NULL) /* named twice */
            change(&c, source, argv[0]);
    }
    return finish(&c, s, &err);
}

static void remove_one(struct laz_content *c, struct laz_feed_source *s, const char *verb)
{
    laz_feed_store_forget(&c->store, s->id);
    laz_feed_registry_remove(&c->registry, s);
}

int laz_content_remove(int argc, char **argv)
{
    return change_each(argc, argv, remove_one);
}

static void enable_one(struct laz_content *c, struct laz_feed_source *s, const char *verb)
{
    s->enabled = strcmp(verb, "enable") == 0;
}

int laz_content_enable(int argc, char **argv)
{
    return change_each(argc, argv, enable_one);
}

/* ---------------------------------------------------------------- recommended */

/* What is not turned on is said with its reason. */
static enum laz_status add_recommended(struct laz_content *c, const struct arguments *a,
                                       const struct laz_feed_recommended *r, struct laz_error *err)
{
    struct laz_feed_source source;

    if (laz_feed_registry_find(&c->registry, r->id) != NULL) {
        printf("%-16s is followed already\n", r->id);
        return LAZ_OK;
    }
    if (r->needs_location && access(r->location, F_OK) != 0) {
        printf("%-16s left out: there is no %s; install freshclam (Debian: clamav-freshclam)\n",
               r->id, r->location);
        return LAZ_OK;
    }
    if (r->needs_key && a->source.secret_file[0] == '\0') {
        printf("%-16s left out: %s\n", r->id, r->terms);
        return LAZ_OK;
    }
    laz_feed_recommended_fill(r, &source);
    if (r->needs_key)
        memcpy(source.secret_file, a->source.secret_file, sizeof source.secret_file);
    printf("%-16s %s; licence: %s%s%s\n", r->id, r->location, r->licence,
           r->terms[0] == '\0' ? "" : "; ", r->terms);
    return laz_feed_registry_add(&c->registry, &source, err);
}

int laz_content_recommended(int argc, char **argv)
{
    struct laz_content c;
    struct laz_error err;
    struct arguments a;
    enum laz_status s;
    int status;

    if (!parse(&a, argc, argv, &status))
        return status;
    if (a.word_count > 0)
        return laz_cli_usage_error("content", a.words[0], "'recommended' takes no name");
    s = laz_content_open(a.data, true, &c, &err);
    if (s != LAZ_OK)
        return laz_cli_fail(&err);
    for (size_t i = 0; s == LAZ_OK && i < laz_feed_recommended_count; i++)
        s = add_recommended(&c, &a, &laz_feed_recommended[i], &err);
    if (!a.dry_run)
        return finish(&c, s, &err);
    laz_content_close(&c);
    return s == LAZ_OK ? LAZ_EXIT_OK : laz_cli_fail(&err);
}
