#include "feed/fetcher.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "sys/fd.h"
#include "sys/process.h"

#define PROGRAM    "lazaret-feed"
#define CONNECT_MS 20000
#define SECRET_MAX 1024
#define CA_MAX     ((size_t)1 << 20)
#define PATH_SIZE  4096

static void fail(struct laz_feed_report *out, const char *what, const char *why)
{
    *out = (struct laz_feed_report){.outcome = LAZ_FEED_FAILED};
    snprintf(out->problem, sizeof out->problem, "%.120s%s%.120s", what, what[0] == '\0' ? "" : ": ",
             why);
}

/* ---------------------------------------------------------------- what is secret */

/* A file that others can read holds no secret. */
static const char *read_secret(const char *path, char out[SECRET_MAX])
{
    LAZ_OWNED(laz_fd_drop) int fd = laz_open_read(path);
    LAZ_OWNED(laz_buf_drop) struct laz_buf text = {0};
    struct laz_view v;
    struct stat st;

    laz_buf_init(&text, SECRET_MAX - 1);
    if (fd < 0 || fstat(fd, &st) != 0)
        return "cannot be opened";
    if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0)
        return "can be read by others: its mode must be 0600";
    if (laz_read_all(fd, &text, NULL) != LAZ_OK)
        return "is not one line of at most 1023 bytes";
    v = laz_view_trim(laz_buf_view(&text));
    for (size_t i = 0; i < v.len; i++)
        if (v.data[i] < ' ' || v.data[i] > '~')
            return "is not one line of printable characters";
    if (v.len == 0)
        return "is empty";
    memcpy(out, v.data, v.len);
    out[v.len] = '\0';
    return NULL;
}

static bool is_header(const char *secret)
{
    const char *colon = strstr(secret, ": ");

    return colon != NULL && colon > secret &&
           strspn(secret, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") ==
               (size_t)(colon - secret);
}

/* "Name: value" goes as it is. Else what the kind's servers expect. */
static void add_secret_header(const struct laz_feed_source *s, const char *secret,
                              struct laz_buf *out)
{
    if (is_header(secret)) {
        laz_ignore(laz_buf_add_text(out, secret)); /* the buffer remembers a refusal */
    } else if (s->kind == LAZ_FEED_MISP) {
        laz_ignore(laz_buf_addf(out, "Authorization: %s", secret));
    } else if (s->kind == LAZ_FEED_TAXII && strchr(secret, ':') != NULL) {
        laz_ignore(laz_buf_add_text(out, "Authorization: Basic "));
        laz_ignore(laz_buf_add_base64(out, laz_view_of(secret)));
    } else if (s->kind == LAZ_FEED_TAXII) {
        laz_ignore(laz_buf_addf(out, "Authorization: Bearer %s", secret));
    } else {
        laz_ignore(laz_buf_addf(out, "Auth-Key: %s", secret));
    }
}

static bool is_plain_key(const char *secret)
{
    return strspn(secret, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~") ==
           strlen(secret);
}

static const char *add_url(const struct laz_feed_source *s, const char *secret, struct laz_buf *out)
{
    const char *at = strstr(s->location, LAZ_FEED_SECRET_KEYWORD);

    if (at == NULL) {
        laz_ignore(laz_buf_add_text(out, s->location)); /* the buffer remembers a refusal */
        return NULL;
    }
    if (!is_plain_key(secret))
        return "the key has characters that no URL's step takes";
    laz_ignore(laz_buf_addf(out, "%.*s%s%s", (int)(at - s->location), s->location, secret,
                            at + strlen(LAZ_FEED_SECRET_KEYWORD)));
    return NULL;
}

/* ---------------------------------------------------------------- the request */

struct request_texts {
    struct laz_buf url, header, ca_pem;
};

static void init_texts(struct request_texts *t)
{
    laz_buf_init(&t->url, LAZ_FEED_LOCATION_SIZE + SECRET_MAX);
    laz_buf_init(&t->header, 2 * SECRET_MAX);
    laz_buf_init(&t->ca_pem, CA_MAX);
}

static void clear_texts(struct request_texts *t)
{
    laz_buf_clear(&t->url);
    laz_buf_clear(&t->header);
    laz_buf_clear(&t->ca_pem);
}

static bool fill_texts(const struct laz_feed_source *s, struct request_texts *t,
                       struct laz_feed_report *out)
{
    char secret[SECRET_MAX] = "";
    const char *why = NULL;

    if (s->secret_file[0] != '\0')
        why = read_secret(s->secret_file, secret);
    if (why != NULL) {
        fail(out, s->secret_file, why);
        return false;
    }
    why = add_url(s, secret, &t->url);
    if (why == NULL && secret[0] != '\0' && strstr(s->location, LAZ_FEED_SECRET_KEYWORD) == NULL)
        add_secret_header(s, secret, &t->header);
    if (why == NULL && s->ca_file[0] != '\0' &&
        laz_read_file(s->ca_file, &t->ca_pem, NULL) != LAZ_OK)
        why = "the file with the authority's certificate cannot be read";
    if (why == NULL && (laz_buf_failed(&t->url) != LAZ_OK || laz_buf_failed(&t->header) != LAZ_OK))
        why = "the URL or the key is too long";
    if (why != NULL)
        fail(out, "", why);
    return why == NULL;
}

static struct laz_view variable(const char *name, const char *other)
{
    const char *value = getenv(name);

    if (value == NULL && other != NULL)
        value = getenv(other);
    return laz_view_of(value == NULL ? "" : value);
}

static int write_request(const struct laz_feed_order *order, const struct request_texts *t)
{
    const struct laz_feed_source *s = order->source;
    LAZ_OWNED(laz_fd_drop) int fd = memfd_create("request", MFD_CLOEXEC);
    LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};
    struct laz_feed_request r = {
        .kind = (uint8_t)s->kind,
        .plain_http = s->plain_http,
        .whole = order->whole,
        .size_max = s->size_max,
        .connect_ms = CONNECT_MS,
        .slow_s = order->slow_s == 0 ? LAZ_FEED_SLOW_S : order->slow_s,
        .total_s = LAZ_FEED_TOTAL_S,
        .url = laz_buf_view(&t->url),
        .header = laz_buf_view(&t->header),
        .etag = laz_view_of(order->whole ? "" : s->etag),
        .modified = laz_view_of(order->whole ? "" : s->modified),
        .part_etag = laz_view_of(s->part_etag),
        .part_modified = laz_view_of(s->part_modified),
        .ca_pem = laz_buf_view(&t->ca_pem),
        /* Not HTTP_PROXY: a CGI's caller could set it. */
        .http_proxy = variable("http_proxy", NULL),
        .https_proxy = variable("https_proxy", "HTTPS_PROXY"),
        .all_proxy = variable("all_proxy", "ALL_PROXY"),
        .no_proxy = variable("no_proxy", "NO_PROXY"),
    };

    laz_buf_init(&b, LAZ_FEED_REQUEST_MAX);
    if (fd < 0 || laz_feed_request_write(&r, &b) != LAZ_OK ||
        laz_write_all(fd, laz_buf_view(&b), NULL) != LAZ_OK || lseek(fd, 0, SEEK_SET) != 0)
        return -1;
    return laz_move_fd(&fd);
}

/* ---------------------------------------------------------------- the process */

/* Runs lazaret-feed to its end. False when it did not do its work. */
static bool run(const char *const *argv, const int *fds, size_t fd_count, int timeout_ms)
{
    char path[PATH_SIZE];
    struct laz_child child = {.pidfd = -1};
    struct laz_spawn spawn = {.path = path,
                              .argv = argv,
                              .fds = fds,
                              .fd_count = fd_count,
                              .dies_with_parent = true,
                              .new_group = true};
    int status = 0;

    if (laz_program_dir(path, sizeof path - 32, NULL) != LAZ_OK)
        return false;
    snprintf(path + strlen(path), sizeof path - strlen(path), "/" PROGRAM);
    if (laz_child_spawn(&spawn, &child, NULL) != LAZ_OK)
        return false;
    if (laz_child_wait(&child, timeout_ms, &status) != LAZ_OK) {
        laz_child_stop(&child, 0);
        return false;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void read_report(int fd, struct laz_feed_report *out)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf text = {0};

    laz_buf_init(&text, LAZ_FEED_REPORT_MAX);
    if (lseek(fd, 0, SEEK_SET) != 0 || laz_read_all(fd, &text, NULL) != LAZ_OK ||
        !laz_feed_report_read(laz_buf_view(&text), out))
        fail(out, "", "lazaret-feed said something that it never says");
}

static void ask(const struct laz_feed_order *order, int request, struct laz_feed_report *out)
{
    static const char *const argv[] = {PROGRAM, "fetch", NULL};
    LAZ_OWNED(laz_fd_drop) int report = memfd_create("report", MFD_CLOEXEC);
    LAZ_OWNED(laz_fd_drop) int none = memfd_create("none", MFD_CLOEXEC);
    int fds[4] = {request, order->part_fd, order->old_fd < 0 ? none : order->old_fd, report};

    if (report < 0 || none < 0)
        fail(out, "", "no descriptor or no memory is left");
    else if (!run(argv, fds, 4, (LAZ_FEED_TOTAL_S + 600) * 1000))
        fail(out, "", "lazaret-feed did not do its work (see its message, or memory and limits)");
    else
        read_report(report, out);
}

void laz_feed_fetch(const struct laz_feed_order *order, struct laz_feed_report *out)
{
    LAZ_OWNED(laz_fd_drop) int request = -1;
    struct request_texts texts;

    memset(out, 0, sizeof *out);
    init_texts(&texts);
    if (fill_texts(order->source, &texts, out)) {
        request = write_request(order, &texts);
        if (request < 0)
            fail(out, "", "no memory for the request");
        else
            ask(order, request, out);
    }
    clear_texts(&texts);
}

static void copy_problem(int fd, char problem[LAZ_FEED_TEXT_SIZE])
{
    ssize_t n = pread(fd, problem, LAZ_FEED_TEXT_SIZE - 1, 0);

    problem[n < 0 ? 0 : n] = '\0';
    for (char *c = problem; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    if (problem[0] == '\0')
        snprintf(problem, LAZ_FEED_TEXT_SIZE, "the unpacker ended before it was done");
}

enum laz_status laz_feed_unpack(int package_fd, const struct laz_feed_source *source, int out_fd,
                                char problem[LAZ_FEED_TEXT_SIZE])
{
    LAZ_OWNED(laz_fd_drop) int told = memfd_create("problem", MFD_CLOEXEC);
    char size[32];
    const char *argv[] = {PROGRAM, "unpack", laz_feed_kind_name(source->kind), size, NULL};
    int fds[3] = {package_fd, out_fd, told};

    snprintf(size, sizeof size, "%llu", (unsigned long long)source->size_max);
    if (told < 0) {
        snprintf(problem, LAZ_FEED_TEXT_SIZE, "no descriptor or no memory is left");
        return LAZ_NOMEM;
    }
    if (run(argv, fds, 3, LAZ_FEED_TOTAL_S * 1000))
        return LAZ_OK;
    copy_problem(told, problem);
    return LAZ_DAMAGED;
}
