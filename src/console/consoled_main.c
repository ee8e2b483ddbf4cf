/* The console: one process that answers browsers and agents. Its order of starting is visible in
 * run(). */
#include <event2/event.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/number.h"
#include "console/audit.h"
#include "console/console.h"
#include "console/data_dir.h"
#include "console/first_start.h"
#include "console/listen.h"
#include "console/schema.h"
#include "sign/digest.h"
#include "sign/authority.h"
#include "sys/fd.h"
#include "sys/identity.h"
#include "sys/log.h"
#include "sys/sandbox.h"

#define EXIT_TROUBLE   2
#define MEMORY_MAX     GIB
#define MS_PER_DAY     ((int64_t)86400000)
#define MS_PER_HOUR    ((int64_t)3600000)
#define RETENTION_DAYS 90
#define EVENTS_MAX     5000000
#define FDS_WANTED     20000

struct arguments {
    const char *data, *listen, *agent_listen;
    int ready_fd; /* -1: none */
    enum laz_log_level log_level;
    uint64_t idle_hours, retention_days, events_max;
};

static void print_usage(FILE *out)
{
    fprintf(
        out,
        "usage: lazaret-consoled run --data DIR [--listen ADDR] [--agent-listen ADDR]\n\n"
        "Runs the console. Usually started by 'lazaret up' or 'lazaret console run'.\n\n"
        "  --data DIR             where everything is kept\n"
        "  --listen ADDR          the page's address (default: 127.0.0.1:8443)\n"
        "  --agent-listen ADDR    the address for agents (default: 127.0.0.1:8444)\n"
        "  --session-idle HOURS   a session ends after so long without a request (default: 12)\n"
        "  --retention-days DAYS  how long events are kept (default: 90)\n"
        "  --events-max N         how many events are kept at most (default: 5000000)\n"
        "  --log-level LEVEL      debug, info, warn or error (default: info)\n"
        "  --ready-fd N           write \"ready\" to this descriptor when the console serves\n");
}

static int fail(const struct laz_error *err)
{
    char text[1200];

    laz_error_text(err, text, sizeof text);
    fprintf(stderr, "%s\n", text);
    return EXIT_TROUBLE;
}

static bool usage_error(const char *where, const char *why)
{
    struct laz_error err;

    laz_ignore(laz_fail(&err, LAZ_INVALID, "console", where, why, "see 'lazaret-consoled --help'"));
    fail(&err);
    return false;
}

static bool take_number(const char *text, const char *option, uint64_t max, uint64_t *out)
{
    char why[64];

    if (laz_parse_u64(laz_view_of(text), max, out) && *out > 0)
        return true;
    snprintf(why, sizeof why, "needs a number from 1 to %" PRIu64, max);
    return usage_error(option, why);
}

static bool take_descriptor(const char *text, int *out)
{
    uint64_t n;

    if (!laz_parse_u64(laz_view_of(text), 1024, &n) || n < 3)
        return usage_error("--ready-fd", "needs the number of a descriptor from 3");
    *out = (int)n;
    return true;
}

static bool take_option(struct arguments *a, int option)
{
    switch (option) {
    case 'd':
        a->data = optarg;
        return true;
    case 'l':
        a->listen = optarg;
        return true;
    case 'a':
        a->agent_listen = optarg;
        return true;
    case 'i':
        return take_number(optarg, "--session-idle", 24, &a->idle_hours);
    case 'r':
        return take_number(optarg, "--retention-days", 36500, &a->retention_days);
    case 'e':
        return take_number(optarg, "--events-max", 1000000000, &a->events_max);
    case 'f':
        return take_descriptor(optarg, &a->ready_fd);
    case 'v':
        return laz_log_level_parse(optarg, &a->log_level) ||
               usage_error("--log-level", "is debug, info, warn or error");
    default:
        return false;
    }
}

/* False when there is nothing to run; *status is then the exit's. */
static bool parse_arguments(struct arguments *a, int argc, char **argv, int *status)
{
    static const struct option options[] = {
        {"data", required_argument, NULL, 'd'},
        {"listen", required_argument, NULL, 'l'},
        {"agent-listen", required_argument, NULL, 'a'},
        {"session-idle", required_argument, NULL, 'i'},
        {"retention-days", required_argument, NULL, 'r'},
        {"events-max", required_argument, NULL, 'e'},
        {"ready-fd", required_argument, NULL, 'f'},
        {"log-level", required_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int option;

    *status = EXIT_TROUBLE;
    opterr = 0; /* errors have our own form */
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == 'h') {
            print_usage(stdout);
            *status = 0;
            return false;
        }
        if (option == '?' || option == ':')
            return usage_error(argv[optind - 1],
                               option == ':' ? "needs a value" : "is not an option");
        if (!take_option(a, option))
            return false;
    }
    if (optind != argc - 1 || strcmp(argv[optind], "run") != 0)
        return usage_error(optind < argc ? argv[optind] : "command", "only 'run' is known here");
    return a->data != NULL || usage_error("--data", "is missing");
}

/* The names under which browsers may find the console. A machine whose own name no certificate can
 * carry is found by its address. */
static void collect_names(struct laz_console_config *config, char host[256], char address[64])
{
    size_t n = 0;

    config->names[n++] = "localhost";
    config->names[n++] = "127.0.0.1";
    config->names[n++] = "::1";
    if (gethostname(host, 255) == 0 && strcmp(host, "localhost") != 0 &&
        laz_authority_can_name(host))
        config->names[n++] = host;
    snprintf(address, 64, "%s",
             config->page_address[0] == '[' ? config->page_address + 1 : config->page_address);
    address[strcspn(address, config->page_address[0] == '[' ? "]" : ":")] = '\0';
    if (strcmp(address, "127.0.0.1") != 0 && strcmp(address, "::1") != 0 &&
        strcmp(address, "0.0.0.0") != 0 && strcmp(address, "::") != 0)
        config->names[n++] = address;
    config->name_count = n;
}

static enum laz_status seal(struct laz_error *err)
{
    static const struct laz_sandbox_path paths[] = {
        {".", true},
        {"/proc/self", false}, /* its own memory, for the page's figures */
        {"/etc/localtime", false},
    };
    const struct laz_sandbox sandbox = {
        .profile = LAZ_SANDBOX_CONSOLE,
        .paths = paths,
        .path_count = sizeof paths / sizeof *paths,
        .memory_max = MEMORY_MAX,
    };
    struct laz_sandbox_state state;
    enum laz_status s = laz_sandbox_enter(&sandbox, &state, err);

    if (s == LAZ_OK)
        laz_log(LAZ_INFO, "console.sandbox", "landlock=%u seccomp=%d", state.landlock_abi,
                state.seccomp);
    return s;
}

static void on_signal(evutil_socket_t number, short what, void *context)
{
    event_base_loopbreak(context);
}

static enum laz_status watch_signals(struct laz_console *c, struct event *signals[2],
                                     struct laz_error *err)
{
    static const int numbers[] = {SIGTERM, SIGINT};

    for (size_t i = 0; i < 2; i++) {
        signals[i] = evsignal_new(c->base, numbers[i], on_signal, c->base);
        if (signals[i] == NULL || event_add(signals[i], NULL) != 0)
            return laz_fail(err, LAZ_NOMEM, "console", "signals", "no memory", "");
    }
    return LAZ_OK;
}

static enum laz_status tell_ready(int fd, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int owned = fd;

    return fd < 0 ? LAZ_OK : laz_write_all(owned, laz_view_of("ready\n"), err);
}

/* As many connections as we are allowed, each with a descriptor. */
static void raise_fds(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max < FDS_WANTED ? limit.rlim_max : FDS_WANTED;
    laz_ignore(setrlimit(RLIMIT_NOFILE, &limit) != 0); /* then fewer connections are taken */
}

static enum laz_status open_database(struct laz_console *c, const char *data, struct laz_error *err)
{
    char password[LAZ_FIRST_PASSWORD_SIZE];
    bool made = false;
    enum laz_status s = laz_console_db_open(LAZ_CONSOLE_DB_NAME, &c->db, err);

    if (s != LAZ_OK) {
        if (err != NULL)
            snprintf(err->where, sizeof err->where, "%.400s/%s", data, LAZ_CONSOLE_DB_NAME);
        return s;
    }
    s = laz_first_start(c->db, &made, password, err);
    if (s == LAZ_OK && made) {
        printf("administrator: %s  password: %s\n", LAZ_ADMINISTRATOR, password);
        fflush(stdout);
    }
    laz_secret_wipe(password, sizeof password);
    return s;
}

/* Up to here we may be root: the folder, its lock, and the two ports. */
struct opened {
    int lock, page, agents;
};

static enum laz_status open_as_we_came(const struct arguments *a, struct opened *o,
                                       struct laz_error *err)
{
    enum laz_status s = laz_data_dir_enter(a->data, &o->lock, err);

    if (s == LAZ_OK)
        s = laz_listen_bind(a->listen, "--listen", &o->page, err);
    if (s == LAZ_OK)
        s = laz_listen_bind(a->agent_listen, "--agent-listen", &o->agents, err);
    return s;
}

static enum laz_status start(struct laz_console *c, const struct arguments *a, struct opened *o,
                             struct event *signals[2], struct laz_error *err)
{
    static char host[256], address[64]; /* the certificate's names live as long as the process */
    enum laz_status s = open_as_we_came(a, o, err);

    if (s == LAZ_OK)
        s = laz_identity_drop(LAZ_IDENTITY_CONSOLE, NULL, err);
    if (s == LAZ_OK)
        s = laz_database_names_stay_relative(err);
    if (s == LAZ_OK)
        s = open_database(c, a->data, err);
    if (s != LAZ_OK)
        return s;
    laz_listen_address(o->page, c->config.page_address, sizeof c->config.page_address);
    laz_listen_address(o->agents, c->config.agent_address, sizeof c->config.agent_address);
    collect_names(&c->config, host, address);
    s = laz_keys_load(&c->keys, c->config.names, c->config.name_count, err);
    if (s == LAZ_OK)
        s = seal(err);
    if (s == LAZ_OK && (c->base = event_base_new()) == NULL)
        s = laz_fail(err, LAZ_NOMEM, "console", "loop", "no memory", "");
    if (s == LAZ_OK)
        s = watch_signals(c, signals, err);
    if (s == LAZ_OK)
        s = laz_console_start(c, laz_move_fd(&o->page), laz_move_fd(&o->agents), err);
    return s;
}

static int run(const struct arguments *a)
{
    struct laz_console c = {
        .config = {.times = {(int64_t)a->idle_hours * MS_PER_HOUR, LAZ_SESSION_ABSOLUTE_MS},
                   .retention = {(int64_t)a->retention_days * MS_PER_DAY, (int64_t)a->events_max}}};
    struct opened o = {-1, -1, -1};
    struct event *signals[2] = {NULL, NULL};
    struct laz_error err;
    enum laz_status s = start(&c, a, &o, signals, &err);

    if (s == LAZ_OK)
        s = tell_ready(a->ready_fd, &err);
    if (s == LAZ_OK) {
        laz_log(LAZ_INFO, "console.started", "page=https://%s agents=https://%s",
                c.config.page_address, c.config.agent_address);
        if (event_base_dispatch(c.base) < 0)
            s = laz_fail(&err, LAZ_IO, "console", "loop", "has failed", "");
    }
    laz_console_stop(&c);
    for (size_t i = 0; i < 2; i++)
        if (signals[i] != NULL)
            event_free(signals[i]);
    if (c.base != NULL)
        event_base_free(c.base);
    laz_fd_drop(&o.page);
    laz_fd_drop(&o.agents);
    laz_fd_drop(&o.lock);
    if (s != LAZ_OK)
        return fail(&err);
    laz_log(LAZ_INFO, "console.stopped", "%s", "");
    return 0;
}

int main(int argc, char **argv)
{
    struct arguments a = {.listen = "127.0.0.1:8443",
                          .agent_listen = "127.0.0.1:8444",
                          .ready_fd = -1,
                          .log_level = LAZ_INFO,
                          .idle_hours = (uint64_t)(LAZ_SESSION_IDLE_MS / MS_PER_HOUR),
                          .retention_days = RETENTION_DAYS,
                          .events_max = EVENTS_MAX};
    int status;

    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return EXIT_TROUBLE;
    laz_log_open("lazaret-consoled", LAZ_INFO);
    if (!parse_arguments(&a, argc, argv, &status))
        return status;
    laz_log_open("lazaret-consoled", a.log_level);
    laz_digest_init();
    raise_fds();
    return run(&a);
}
