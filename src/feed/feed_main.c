/* lazaret-feed - gets content over the network, or takes it out of a package. It opens nothing:
 * what it reads and writes are descriptors that it was given, and it gives up its rights before the
 * first byte that is not ours. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/number.h"
#include "feed/fetch.h"
#include "feed/parts.h"
#include "feed/unpack.h"
#include "sys/fd.h"
#include "sys/identity.h"
#include "sys/sandbox.h"
#include "sign/digest.h"

#define FETCH_MEMORY_MAX  (1 * GIB)
#define UNPACK_MEMORY_MAX (3 * GIB)
#define UNPACK_CPU_S      300
#define FETCH_CPU_S       1800
#define FD_MAX            64
#define FILE_ROOM         (16 * MIB) /* above the source's limit */

static const char usage[] =
    "usage: lazaret-feed fetch|unpack KIND SIZE-MAX\n"
    "Is started by 'lazaret content' only, which hands it what to read and where to write.\n";

static int fail(const struct laz_error *err)
{
    char text[1200];

    laz_error_text(err, text, sizeof text);
    fprintf(stderr, "%s\n", text);
    return 2;
}

/* What a source sends must not fill the disk, whatever goes wrong in here. */
static enum laz_status limit_files(uint64_t size_max, struct laz_error *err)
{
    struct rlimit limit = {size_max + FILE_ROOM, size_max + FILE_ROOM};

    if (setrlimit(RLIMIT_FSIZE, &limit) != 0 || signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
        return laz_fail_errno(err, "feed", "limits", "");
    return LAZ_OK;
}

static enum laz_status seal_fetch(struct laz_error *err)
{
    static const struct laz_sandbox_path paths[] = {
        {"/etc/hosts", false},
        {"/etc/resolv.conf", false},
        {"/etc/nsswitch.conf", false},
        {"/etc/host.conf", false},
        {"/etc/gai.conf", false},
        {"/etc/services", false},
        {"/etc/ssl", false},
        {"/etc/pki", false},
        {"/etc/ca-certificates", false},
        {"/usr/share/ca-certificates", false},
        {"/usr/local/share/ca-certificates", false},
        {"/run/systemd/resolve", false},
        {"/run/resolvconf", false},
        {"/etc/ld.so.cache", false},
        {"/lib", false},
        {"/usr/lib", false},
        {"/dev/urandom", false},
    };
    const struct laz_sandbox sandbox = {.profile = LAZ_SANDBOX_UPLINK,
                                        .paths = paths,
                                        .path_count = sizeof paths / sizeof *paths,
                                        .memory_max = FETCH_MEMORY_MAX,
                                        .cpu_seconds = FETCH_CPU_S,
                                        .fd_max = FD_MAX};
    enum laz_status s = laz_identity_drop(LAZ_IDENTITY_WORKER, NULL, err);

    return s == LAZ_OK ? laz_sandbox_enter(&sandbox, NULL, err) : s;
}

static enum laz_status write_report(const struct laz_feed_report *report, struct laz_error *err)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf text = {0};
    enum laz_status s;

    laz_buf_init(&text, LAZ_FEED_REPORT_MAX);
    s = laz_feed_report_write(report, &text);
    return s == LAZ_OK ? laz_write_all(LAZ_FEED_REPORT_FD, laz_buf_view(&text), err) : s;
}

static enum laz_status fetch(const struct laz_feed_request *request, struct laz_error *err)
{
    LAZ_OWNED(laz_http_drop) struct laz_http *http = NULL;
    struct laz_feed_report report = {.outcome = LAZ_FEED_FAILED};
    struct laz_mapping old = {{NULL, 0}};
    struct laz_fetch f = {.request = request, .output = LAZ_FEED_OUTPUT_FD, .report = &report};
    enum laz_status s = laz_http_new(request, &http, err);

    if (s == LAZ_OK)
        s = laz_map_fd(LAZ_FEED_OLD_FD, &old, err);
    if (s != LAZ_OK)
        return s;
    f.http = http;
    f.old = old.bytes;
    if (request->kind == LAZ_FEED_TAXII)
        laz_fetch_taxii(&f);
    else if (request->kind == LAZ_FEED_MISP)
        laz_fetch_misp(&f);
    else
        laz_fetch_file(&f);
    laz_mapping_clear(&old);
    return write_report(&report, err);
}

static enum laz_status run_fetch(struct laz_error *err)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf text = {0};
    struct laz_feed_request request;
    enum laz_status s;

    laz_digest_init();
    laz_buf_init(&text, LAZ_FEED_REQUEST_MAX);
    s = laz_read_all(LAZ_FEED_REQUEST_FD, &text, err);
    if (s == LAZ_OK && !laz_feed_request_read(laz_buf_view(&text), &request))
        s = laz_fail(err, LAZ_INVALID, "feed", "request", "is not understood",
                     "install all programs from one version");
    if (s == LAZ_OK)
        s = limit_files(request.size_max, err);
    if (s == LAZ_OK)
        s = seal_fetch(err);
    return s == LAZ_OK ? fetch(&request, err) : s;
}

/* Who started us keeps the words with the source. */
static void tell_problem(const struct laz_error *err)
{
    laz_ignore(laz_write_all(LAZ_UNPACK_PROBLEM_FD, laz_view_of(err->why), NULL)); /* or nobody */
}

static enum laz_status run_unpack(const char *kind, const char *size, struct laz_error *err)
{
    struct laz_sandbox sandbox = {.profile = LAZ_SANDBOX_COMPILE,
                                  .memory_max = UNPACK_MEMORY_MAX,
                                  .cpu_seconds = UNPACK_CPU_S};
    struct laz_mapping package = {{NULL, 0}};
    enum laz_feed_kind of;
    uint64_t size_max;
    enum laz_status s;

    if (!laz_feed_kind_parse(laz_view_of(kind), &of) ||
        !laz_parse_u64(laz_view_of(size), LAZ_FEED_SIZE_MAX, &size_max))
        return laz_fail(err, LAZ_INVALID, "feed", kind, "is not a kind and a size", "");
    s = laz_map_fd(LAZ_UNPACK_PACKAGE_FD, &package, err);
    if (s == LAZ_OK)
        s = limit_files(size_max, err);
    if (s == LAZ_OK)
        s = laz_identity_drop(LAZ_IDENTITY_WORKER, NULL, err);
    if (s == LAZ_OK)
        s = laz_sandbox_enter(&sandbox, NULL, err);
    return s == LAZ_OK ? laz_unpack(package.bytes, of, size_max, LAZ_UNPACK_OUTPUT_FD, err) : s;
}

int main(int argc, char **argv)
{
    struct laz_error err;
    enum laz_status s;

    if (argc == 2 && strcmp(argv[1], "fetch") == 0) {
        s = run_fetch(&err);
    } else if (argc == 4 && strcmp(argv[1], "unpack") == 0) {
        s = run_unpack(argv[2], argv[3], &err);
        if (s != LAZ_OK)
            tell_problem(&err);
        return s == LAZ_OK ? 0 : 2;
    } else {
        fputs(usage, argc == 2 && strcmp(argv[1], "--help") == 0 ? stdout : stderr);
        return argc == 2 && strcmp(argv[1], "--help") == 0 ? 0 : 2;
    }
    return s == LAZ_OK ? 0 : fail(&err);
}
