/* A broker as small as it can be, with a real spool and a real uplink, for the tests:
 *   trial_agent DIR URL TOKEN PIN COUNT [kill-ms]
 * makes DIR/identity and DIR/spool, appends COUNT events {"n":1} …, starts the uplink as a process
 * of its own, prints what it says, and ends when everything has been acknowledged and its standard
 * input has ended. A line on standard input is a message to the uplink. With kill-ms the uplink is
 * killed (SIGKILL) and started again at random moments of that mean distance until all is
 * acknowledged. LAZ_TRIAL_DAYS in the environment moves the uplink's clock. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/number.h"
#include "link/uplink.h"
#include "store/spool.h"
#include "sys/channel.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/identity.h"
#include "sys/log.h"

#define DAY_MS ((int64_t)86400 * 1000)

int64_t __real_laz_now_ms(void);
int64_t __wrap_laz_now_ms(void);

/* The linker puts this in front of the clock. */
int64_t __wrap_laz_now_ms(void)
{
    const char *text = getenv("LAZ_TRIAL_DAYS");
    uint64_t days = 0;

    if (text != NULL)
        laz_ignore(!laz_parse_u64(laz_view_of(text), 100000, &days));
    return __real_laz_now_ms() + (int64_t)days * DAY_MS;
}

struct agent {
    struct laz_uplink_config config;
    struct laz_spool *spool;
    pid_t uplink;
    int channel;
    unsigned kills;
};

static void die(const struct laz_error *err)
{
    char text[1024];

    laz_error_text(err, text, sizeof text);
    fprintf(stderr, "%s\n", text);
    exit(1);
}

static void start_uplink(struct agent *a)
{
    struct laz_error err;
    int ends[2];

    if (laz_channel_pair(ends, &err) != LAZ_OK)
        die(&err);
    fflush(stdout);
    a->uplink = fork();
    if (a->uplink == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        _exit(laz_uplink_run(&a->config, ends[1]));
    }
    close(ends[1]);
    a->channel = ends[0];
}

static void stop_uplink(struct agent *a, int how)
{
    int status;

    if (how != 0)
        kill(a->uplink, how);
    close(a->channel);
    waitpid(a->uplink, &status, 0);
    if (how == 0)
        printf("uplink-exit %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

/* Prints what the uplink says. */
static void hear(struct agent *a)
{
    struct laz_buf b;
    size_t fds = 0;

    laz_buf_init(&b, LAZ_UPLINK_MESSAGE_MAX);
    if (laz_channel_receive(a->channel, &b, NULL, &fds) == LAZ_OK)
        printf("%" PRId64 " %s\n", laz_monotonic_ms(), laz_buf_text(&b));
    fflush(stdout);
    laz_buf_clear(&b);
}

static void say(struct agent *a, const char *text)
{
    laz_ignore(laz_channel_send(a->channel, laz_view_of(text), NULL, 0)); /* it may be dead */
}

static bool all_acked(const struct agent *a)
{
    struct laz_spool_state st;

    laz_ignore(laz_spool_sync(a->spool, NULL)); /* it also looks at what has been acknowledged */
    laz_spool_state_get(a->spool, &st);
    return st.durable_seq == st.last_seq &&
           (st.last_seq == 0 || (st.acked_epoch == st.epoch && st.acked_seq == st.last_seq));
}

static void append_events(struct agent *a, uint64_t count)
{
    struct laz_error err;
    char text[700];

    for (uint64_t i = 1; i <= count; i++) {
        int len = snprintf(text, sizeof text,
                           "{\"n\":%" PRIu64 ",\"file\":{\"path\":\"/srv/share/ward/letter-%" PRIu64
                           ".docx\"},\"pad\":\"%0*d\"}",
                           i, i * 7919 % 100003, 400, 0);

        if (laz_spool_append(a->spool, laz_view_from(text, (size_t)len), false, NULL, &err) !=
                LAZ_OK ||
            (i % 1000 == 0 && laz_spool_sync(a->spool, &err) != LAZ_OK))
            die(&err);
    }
    if (laz_spool_sync(a->spool, &err) != LAZ_OK)
        die(&err);
}

/* False when standard input has ended. */
static bool pass_line(struct agent *a)
{
    char line[4096];

    if (fgets(line, sizeof line, stdin) == NULL)
        return false;
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "append ", 7) == 0) {
        struct laz_error err;

        if (laz_spool_append(a->spool, laz_view_of(line + 7), true, NULL, &err) != LAZ_OK)
            die(&err);
        say(a, "{\"type\":\"wake\"}");
    } else {
        say(a, line);
    }
    return true;
}

static void run(struct agent *a, uint64_t kill_ms)
{
    int64_t began = laz_monotonic_ms(), kill_at = began + (int64_t)kill_ms;
    bool open = true, told = false;

    while (open || !told) {
        struct pollfd fds[2] = {{.fd = a->channel, .events = POLLIN},
                                {.fd = open ? 0 : -1, .events = POLLIN}};

        if (poll(fds, 2, 20) < 0 && errno != EINTR)
            exit(1);
        if ((fds[0].revents & POLLIN) != 0)
            hear(a);
        if ((fds[1].revents & (POLLIN | POLLHUP)) != 0)
            open = pass_line(a);
        if (!told && all_acked(a)) {
            told = true;
            printf("acked %" PRId64 " ms, %u kills\n", laz_monotonic_ms() - began, a->kills);
            fflush(stdout);
        }
        if (kill_ms > 0 && !told && laz_monotonic_ms() >= kill_at) {
            uint32_t chance;

            stop_uplink(a, SIGKILL);
            a->kills++;
            start_uplink(a);
            laz_random_bytes(&chance, sizeof chance);
            /* Ever more time, so that a slow machine comes to an end as well. */
            kill_at = laz_monotonic_ms() +
                      (int64_t)(chance % (2 * kill_ms + 1)) * (int64_t)(20 + a->kills) / 20;
        }
    }
}

static void make_folder(const char *dir, const char *name, char out[512])
{
    struct laz_identity who = {getuid(), getgid()};
    struct laz_error err;

    snprintf(out, 512, "%s/%s", dir, name);
    if (laz_make_dir(out, 0700, &err) != LAZ_OK)
        die(&err);
    if (getuid() == 0)
        laz_identity_find(LAZ_IDENTITY_AGENT, &who);
    if (chown(out, who.uid, who.gid) != 0)
        exit(1);
}

/* The spool belongs to the unprivileged user, as the broker that writes to it does. */
static void become_agent(void)
{
    struct laz_error err;

    if (laz_identity_drop(LAZ_IDENTITY_AGENT, NULL, &err) != LAZ_OK)
        die(&err);
}

int main(int argc, char **argv)
{
    static char identity[512], spool[512];
    struct agent a = {.config = {.identity_dir = identity,
                                 .spool_dir = spool,
                                 .hostname = "trial",
                                 .os = "Debian",
                                 .kernel = "6.1",
                                 .version = "0",
                                 .sandbox = true}};
    struct laz_error err;
    struct rusage usage;
    uint64_t count, kill_ms = 0;

    if (argc < 6 || !laz_parse_u64(laz_view_of(argv[5]), UINT32_MAX, &count) ||
        (argc > 6 && !laz_parse_u64(laz_view_of(argv[6]), 100000, &kill_ms)))
        return 2;
    laz_log_open("trial-agent", LAZ_INFO);
    make_folder(argv[1], "identity", identity);
    make_folder(argv[1], "spool", spool);
    become_agent();
    a.config.url = argv[2][0] == '\0' ? NULL : argv[2];
    a.config.token = argv[3][0] == '\0' ? NULL : argv[3];
    a.config.pin = argv[4][0] == '\0' ? NULL : argv[4];
    if (laz_spool_open(spool, NULL, &a.spool, &err) != LAZ_OK)
        die(&err);
    append_events(&a, count);
    start_uplink(&a);
    run(&a, kill_ms);
    stop_uplink(&a, 0);
    getrusage(RUSAGE_CHILDREN, &usage);
    printf("uplink-cpu-ms %ld\n",
           (long)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
               (long)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000);
    laz_spool_drop(&a.spool);
    return 0;
}
