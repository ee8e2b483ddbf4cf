#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/number.h"
#include "cli/cli.h"
#include "cli/demo.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/process.h"

#define PROTECT_MAX   32
#define READY_WAIT_MS 30000
#define STOP_GRACE_MS 5000
#define RESTART_MIN_AGE_MS                                                                         \
    5000 /* a program that lives shorter than this waits before its next try */
#define RESTART_PAUSE_MS 2000
#define TOKEN_TEXT_MAX   ((size_t)4096)

/* One program that is kept running. */
struct member {
    const char *name; /* for people */
    struct laz_child child;
    int64_t started_ms, start_at_ms; /* start_at_ms is 0 while it runs */
};

struct up {
    const char *data, *listen, *agent_listen, *without, *db;
    const char *protect[PROTECT_MAX + 1]; /* and the scratch share */
    size_t protect_count;
    char share[PATH_MAX]; /* the scratch share; "" when it is not used */
    int signals;
    bool demo, verbose;
    char programs[PATH_MAX]; /* the folder that our programs stand in */
    char enrol_token[256], enrol_pin[128];
    struct member console, agent, content;
    struct laz_child demo_child;
};

static void print_usage(void)
{
    printf(
        "usage: lazaret up [--data DIR] [--protect DIR]... [--demo]\n\n"
        "Runs the embedded set of one hospital under one supervisor: the console and the agent of\n"
        "this machine. What ends is started again; Ctrl-C stops all of it.\n\n"
        "  --data DIR           where everything is kept (default: data)\n"
        "  --protect DIR        guard this folder; may be given several times (default: "
        "DIR/share,\n"
        "                       a scratch share)\n"
        "  --db FILE            detection database (default: the installed or built one)\n"
        "  --listen ADDR        the page's address (default: 127.0.0.1:8443)\n"
        "  --agent-listen ADDR  the address for agents (default: 127.0.0.1:8444)\n"
        "  --without LIST       do as if the kernel lacked these features (see lazaret-agentd(8))\n"
        "  --demo               play 'lazaret demo' once everything runs\n"
        "  --verbose            also what goes well, each file that was looked at only in part\n");
}

static enum laz_status join_path(char out[PATH_MAX], const char *folder, const char *name,
                                 struct laz_error *err)
{
    int len = snprintf(out, PATH_MAX, "%s/%s", folder, name);

    if (len < 0 || len >= PATH_MAX)
        return laz_fail(err, LAZ_INVALID, "up", folder, "is too long a path",
                        "choose a shorter one");
    return LAZ_OK;
}

/* Waits for the line that a daemon writes to its --ready-fd, or for a signal that asks to stop. */
static enum laz_status wait_ready(const struct up *up, int fd, const char *name,
                                  struct laz_error *err)
{
    struct pollfd ready[] = {{.fd = fd, .events = POLLIN}, {.fd = up->signals, .events = POLLIN}};
    char line[8];
    int n;

    do
        n = poll(ready, 2, READY_WAIT_MS);
    while (n < 0 && errno == EINTR);
    if (ready[0].revents == 0 && ready[1].revents != 0)
        return laz_fail(err, LAZ_CLOSED, "up", name, "was told to stop while it started", "");
    if (n == 0)
        return laz_fail(err, LAZ_TIMEOUT, "up", name, "did not get ready in time",
                        "see its messages above");
    if (read(fd, line, sizeof line) <= 0)
        return laz_fail(err, LAZ_CLOSED, "up", name, "ended while it started",
                        "see its message above");
    return LAZ_OK;
}

/* fds become 3, 4, … in it; those below 0 end the list. */
static enum laz_status spawn_program(struct up *up, const char *const *argv, const int fds[2],
                                     struct laz_child *out, struct laz_error *err)
{
    char path[PATH_MAX];
    struct laz_spawn spawn = {.path = path,
                              .argv = argv,
                              .fds = fds,
                              .fd_count = fds[0] < 0   ? 0
                                          : fds[1] < 0 ? 1
                                                       : 2,
                              .dies_with_parent = true,
                              .new_group = true};
    enum laz_status s = join_path(path, up->programs, argv[0], err);

    return s != LAZ_OK ? s : laz_child_spawn(&spawn, out, err);
}

/* Starts a daemon that says when it is ready, and waits for that. secret is its descriptor 4, or -1
 * for none. */
static enum laz_status start_member(struct up *up, struct member *m, const char *const *argv,
                                    int secret, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int read_end = -1;
    LAZ_OWNED(laz_fd_drop) int write_end = -1;
    enum laz_status s;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return laz_fail_errno(err, "up", m->name, "raise the limit of open files");
    read_end = ends[0];
    write_end = ends[1];
    s = spawn_program(up, argv, (int[2]){write_end, secret}, &m->child, err);
    if (s != LAZ_OK)
        return s;
    laz_fd_drop(&write_end);
    m->started_ms = laz_monotonic_ms();
    m->start_at_ms = 0;
    s = wait_ready(up, read_end, m->name, err);
    if (s != LAZ_OK)
        laz_child_stop(&m->child, STOP_GRACE_MS);
    return s;
}

/* What is caught is a warning, and would stand between the lines of the demo, which tells it too.
 */
static const char *log_level(const struct up *up)
{
    return up->verbose ? "info" : up->demo ? "error" : "warn";
}

static enum laz_status start_console(struct up *up, struct laz_error *err)
{
    char data[PATH_MAX];
    const char *argv[] = {"lazaret-consoled",
                          "run",
                          "--data",
                          data,
                          "--listen",
                          up->listen,
                          "--agent-listen",
                          up->agent_listen,
                          "--ready-fd",
                          "3",
                          "--log-level",
                          log_level(up),
                          NULL};
    enum laz_status s = join_path(data, up->data, "console", err);

    return s != LAZ_OK ? s : start_member(up, &up->console, argv, -1, err);
}

/* The text behind "key: " on a line of its own. */
static bool take_value(struct laz_view text, const char *key, char *out, size_t size)
{
    struct laz_view line, prefix = laz_view_of(key);

    while (laz_take_until(&text, '\n', &line)) {
        if (!laz_view_starts(line, prefix))
            continue;
        line = laz_view_trim(laz_view_from_offset(line, prefix.len));
        if (line.len == 0 || line.len >= size)
            return false;
        memcpy(out, line.data, line.len);
        out[line.len] = '\0';
        return true;
    }
    return false;
}

/* Asks the console for a one-time enrolment token: what it prints goes to a file in memory. */
static enum laz_status fetch_token(struct up *up, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int output = memfd_create("token", MFD_CLOEXEC);
    LAZ_OWNED(laz_buf_drop) struct laz_buf text = {0};
    char data[PATH_MAX], path[PATH_MAX];
    const char *argv[] = {"lazaret", "console", "token", "--data", data, NULL};
    struct laz_spawn spawn = {
        .path = path, .argv = argv, .output = output, .dies_with_parent = true};
    struct laz_child child;
    enum laz_status s;
    int wait_status;

    laz_buf_init(&text, TOKEN_TEXT_MAX);
    if (output < 0)
        return laz_fail_errno(err, "up", "token", "");
    s = join_path(data, up->data, "console", err);
    if (s == LAZ_OK)
        s = join_path(path, up->programs, "lazaret", err);
    if (s == LAZ_OK)
        s = laz_child_spawn(&spawn, &child, err);
    if (s != LAZ_OK)
        return s;
    s = laz_child_wait(&child, READY_WAIT_MS, &wait_status);
    if (s != LAZ_OK)
        laz_child_stop(&child, 0);
    if (s != LAZ_OK || !WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != 0)
        return laz_fail(err, LAZ_IO, "up", "token", "the console gave no enrolment token",
                        "see its message above");
    if (lseek(output, 0, SEEK_SET) != 0)
        return laz_fail_errno(err, "up", "token", "");
    s = laz_read_all(output, &text, err);
    if (s != LAZ_OK)
        return s;
    if (!take_value(laz_buf_view(&text), "token: ", up->enrol_token, sizeof up->enrol_token) ||
        !take_value(laz_buf_view(&text), "pin: ", up->enrol_pin, sizeof up->enrol_pin))
        return laz_fail(err, LAZ_DAMAGED, "up", "token", "the console's answer is not understood",
                        "install all programs from one version");
    return LAZ_OK;
}

static bool agent_is_enrolled(const struct up *up)
{
    char path[PATH_MAX + 64];

    snprintf(path, sizeof path, "%s/agent/identity/agent.crt", up->data);
    return access(path, F_OK) == 0;
}

/* In a file in memory, for no argument is secret. */
static enum laz_status hand_token(const struct up *up, int *out, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = memfd_create("token", MFD_CLOEXEC);

    if (fd < 0 || dprintf(fd, "%s\n%s\n", up->enrol_token, up->enrol_pin) < 0 ||
        lseek(fd, 0, SEEK_SET) != 0)
        return laz_fail_errno(err, "up", "token", "");
    *out = laz_move_fd(&fd);
    return LAZ_OK;
}

static enum laz_status start_agent(struct up *up, struct laz_error *err)
{
    char data[PATH_MAX], url[256];
    const char *argv[32 + 2 * (PROTECT_MAX + 1)];
    LAZ_OWNED(laz_fd_drop) int token = -1;
    size_t n = 0;
    enum laz_status s = join_path(data, up->data, "agent", err);

    if (s == LAZ_OK && !agent_is_enrolled(up) && up->enrol_token[0] == '\0')
        s = fetch_token(up, err);
    if (s == LAZ_OK && up->enrol_token[0] != '\0')
        s = hand_token(up, &token, err);
    if (s != LAZ_OK)
        return s;
    snprintf(url, sizeof url, "https://%s", up->agent_listen);
    argv[n++] = "lazaret-agentd";
    argv[n++] = "run";
    argv[n++] = "--data";
    argv[n++] = data;
    argv[n++] = "--console";
    argv[n++] = url;
    argv[n++] = "--ready-fd";
    argv[n++] = "3";
    argv[n++] = "--log-level";
    argv[n++] = log_level(up);
    if (token >= 0) {
        argv[n++] = "--token-fd";
        argv[n++] = "4";
    }
    if (up->db != NULL) {
        argv[n++] = "--db";
        argv[n++] = up->db;
    }
    if (up->without != NULL) {
        argv[n++] = "--without";
        argv[n++] = up->without;
    }
    for (size_t i = 0; i < up->protect_count; i++) {
        argv[n++] = "--protect";
        argv[n++] = up->protect[i];
    }
    argv[n] = NULL;
    return start_member(up, &up->agent, argv, token, err);
}

static void start_demo(struct up *up)
{
    const char *argv[] = {"lazaret", "demo", "--share", up->share, NULL};
    struct laz_error err;

    if (spawn_program(up, argv, (int[2]){-1, -1}, &up->demo_child, &err) != LAZ_OK)
        laz_ignore(laz_cli_fail(&err)); /* told; the protection goes on */
}

/* Has nothing to get ready: it asks the sources that people chose, when their time comes. */
static enum laz_status start_content(struct up *up, struct laz_error *err)
{
    const char *argv[] = {"lazaret", "content", "run", "--data", up->data, NULL};

    up->content.started_ms = laz_monotonic_ms();
    up->content.start_at_ms = 0;
    return spawn_program(up, argv, (int[2]){-1, -1}, &up->content.child, err);
}

static enum laz_status (*const starters[])(struct up *, struct laz_error *) = {
    start_console, start_agent, start_content};

/* A member has ended by itself: say so, and decide when it is started again. */
static void note_end(struct member *m, int wait_status)
{
    int64_t now = laz_monotonic_ms();

    if (WIFSIGNALED(wait_status))
        fprintf(stderr, "lazaret: up: the %s was ended by signal %d; it is started again\n",
                m->name, WTERMSIG(wait_status));
    else
        fprintf(stderr, "lazaret: up: the %s ended with status %d; it is started again\n", m->name,
                WEXITSTATUS(wait_status));
    m->start_at_ms = now - m->started_ms < RESTART_MIN_AGE_MS ? now + RESTART_PAUSE_MS : now;
}

static void restart_due(struct up *up)
{
    struct member *members[] = {&up->console, &up->agent, &up->content};

    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        struct member *m = members[i];
        struct laz_error err;

        if (m->start_at_ms == 0 || m->start_at_ms > laz_monotonic_ms())
            continue;
        if (starters[i](up, &err) == LAZ_OK)
            continue;
        laz_ignore(laz_cli_fail(&err)); /* told; tried again */
        m->start_at_ms = laz_monotonic_ms() + RESTART_PAUSE_MS;
    }
}

static void reap(struct laz_child *child, struct member *m)
{
    int wait_status;

    if (child->pidfd < 0 || laz_child_wait(child, 0, &wait_status) != LAZ_OK)
        return;
    if (m != NULL)
        note_end(m, wait_status);
}

/* Until a signal asks to stop. */
static void watch(struct up *up)
{
    for (;;) {
        struct pollfd fds[] = {{.fd = up->signals, .events = POLLIN},
                               {.fd = up->console.child.pidfd, .events = POLLIN},
                               {.fd = up->agent.child.pidfd, .events = POLLIN},
                               {.fd = up->content.child.pidfd, .events = POLLIN},
                               {.fd = up->demo_child.pidfd, .events = POLLIN}};
        bool waiting = up->console.start_at_ms != 0 || up->agent.start_at_ms != 0 ||
                       up->content.start_at_ms != 0;

        if (poll(fds, sizeof fds / sizeof *fds, waiting ? 200 : -1) < 0 && errno != EINTR)
            return;
        if ((fds[0].revents & POLLIN) != 0)
            return;
        reap(&up->console.child, &up->console);
        reap(&up->agent.child, &up->agent);
        reap(&up->content.child, &up->content);
        reap(&up->demo_child, NULL);
        restart_due(up);
    }
}

static int open_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void tell_what_runs(const struct up *up)
{
    printf("\nLazaret runs. The page: https://%s/ (user: admin)\n", up->listen);
    if (geteuid() != 0)
        printf("Not started as root: everything but the kernel gate runs, so nothing is stopped on "
               "open or write. Start it as root to protect this machine.\n");
    for (size_t i = 0; i < up->protect_count; i++)
        printf("Guarded: %s%s\n", up->protect[i], geteuid() == 0 ? "" : " (not without root)");
    printf("Ctrl-C stops all of it. A lost password: lazaret console reset-admin --data "
           "%s/console\n\n",
           up->data);
    fflush(stdout);
}

static enum laz_status start_all(struct up *up, struct laz_error *err)
{
    enum laz_status s = laz_program_dir(up->programs, sizeof up->programs, err);

    if (s == LAZ_OK)
        s = start_console(up, err);
    if (s == LAZ_OK)
        s = start_agent(up, err);
    if (s == LAZ_OK)
        s = start_content(up, err);
    return s;
}

static void stop_all(struct up *up)
{
    laz_child_stop(&up->demo_child, 0);
    laz_child_stop(&up->content.child, STOP_GRACE_MS);
    laz_child_stop(&up->agent.child, STOP_GRACE_MS); /* first: its last events reach the console */
    laz_child_stop(&up->console.child, STOP_GRACE_MS);
}

/* Two supervisors on one folder would fight for it. */
static enum laz_status lock_data(const char *data, int *out, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = laz_open_dir(data);

    if (fd < 0)
        return laz_fail_errno(err, "up", data, "check permissions");
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return laz_fail(err, LAZ_BUSY, "up", data, "another 'lazaret up' runs on this data folder",
                        "stop it, or choose another with --data");
    *out = laz_move_fd(&fd);
    return LAZ_OK;
}

static int run(struct up *up)
{
    LAZ_OWNED(laz_fd_drop) int lock = -1;
    struct laz_error err;
    enum laz_status s;

    s = laz_make_dir(up->data, 0755, &err);
    if (s == LAZ_OK)
        s = lock_data(up->data, &lock, &err);
    if (s == LAZ_OK && up->share[0] != '\0')
        s = laz_demo_share_make(up->share, &err);
    if (s == LAZ_OK && (up->signals = open_signals()) < 0)
        s = laz_fail_errno(&err, "up", "signals", "");
    if (s != LAZ_OK)
        return laz_cli_fail(&err);
    s = start_all(up, &err);
    if (s != LAZ_OK) {
        stop_all(up);
        return laz_cli_fail(&err);
    }
    tell_what_runs(up);
    if (up->demo)
        start_demo(up);
    watch(up);
    printf("Stopping…\n");
    stop_all(up);
    return LAZ_EXIT_OK;
}

/* Returns false when the arguments are wrong or asked only for help; *status is then the exit's. */
static bool parse_arguments(struct up *up, int argc, char **argv, int *status)
{
    static const struct option options[] = {{"data", required_argument, NULL, 'd'},
                                            {"protect", required_argument, NULL, 'p'},
                                            {"db", required_argument, NULL, 'b'},
                                            {"listen", required_argument, NULL, 'l'},
                                            {"agent-listen", required_argument, NULL, 'a'},
                                            {"without", required_argument, NULL, 'w'},
                                            {"demo", no_argument, NULL, 'm'},
                                            {"verbose", no_argument, NULL, 'v'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    int option;

    opterr = 0; /* errors have our own form */
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'd':
            up->data = optarg;
            break;
        case 'p':
            if (up->protect_count == PROTECT_MAX) {
                *status = laz_cli_usage_error("up", "--protect", "is given too often");
                return false;
            }
            up->protect[up->protect_count++] = optarg;
            break;
        case 'b':
            up->db = optarg;
            break;
        case 'l':
            up->listen = optarg;
            break;
        case 'a':
            up->agent_listen = optarg;
            break;
        case 'w':
            up->without = optarg;
            break;
        case 'm':
            up->demo = true;
            break;
        case 'v':
            up->verbose = true;
            break;
        case 'h':
            print_usage();
            *status = LAZ_EXIT_OK;
            return false;
        default:
            *status = laz_cli_usage_error("up", argv[optind - 1], "is not an option");
            return false;
        }
    }
    if (optind == argc)
        return true;
    *status = laz_cli_usage_error("up", argv[optind], "is not an option");
    return false;
}

int laz_cli_up(int argc, char **argv)
{
    struct up up = {.data = "data",
                    .listen = "127.0.0.1:8443",
                    .agent_listen = "127.0.0.1:8444",
                    .signals = -1,
                    .console = {.name = "console", .child = {.pidfd = -1}},
                    .agent = {.name = "agent", .child = {.pidfd = -1}},
                    .content = {.name = "updater of content", .child = {.pidfd = -1}},
                    .demo_child = {.pidfd = -1}};
    int status;

    if (!parse_arguments(&up, argc, argv, &status))
        return status;
    if (up.demo || up.protect_count == 0) {
        int len = snprintf(up.share, sizeof up.share, "%s/share", up.data);

        if (len < 0 || (size_t)len >= sizeof up.share)
            return laz_cli_usage_error("up", up.data, "is too long a path");
        up.protect[up.protect_count++] = up.share;
    }
    status = run(&up);
    laz_fd_drop(&up.signals);
    return status;
}
