#include "link/uplink.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "link/uplink_priv.h"
#include "sys/channel.h"
#include "sys/clock.h"
#include "sys/identity.h"
#include "sys/log.h"
#include "sys/sandbox.h"

#define STATE_MAX       (LAZ_UPLINK_MESSAGE_MAX)
#define FRAME_MAX       ((size_t)4 * 1024 * 1024)
#define FIRST_WAIT_MS   1000
#define WAIT_MAX_MS     60000
#define ENROL_WAIT_MS   300000
#define OUTBOX_TRY_MS   50 /* while the broker has no room for what we say */
#define MEMORY_MAX      (512 * MIB)
#define DESCRIPTORS_MAX 256

enum laz_status laz_uplink_connect(struct laz_uplink *u, struct laz_error *err)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf identity = {0};
    struct laz_client_config config = {.ca_pem = laz_buf_view(&u->credential.ca_pem)};

    laz_buf_init(&identity, 2 * LAZ_PEM_MAX);
    laz_buf_add(&identity, laz_buf_view(&u->credential.certificate_pem));
    laz_buf_add(&identity, laz_buf_view(&u->credential.key_pem));
    if (laz_buf_failed(&identity) != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "network", "", "no memory", "");
    config.identity_pem = laz_buf_view(&identity);
    laz_client_drop(&u->client); /* what it was doing is done again */
    return laz_client_new(&config, &u->client, err);
}

bool laz_uplink_call(struct laz_uplink *u, enum laz_uplink_slot slot, const char *path,
                     const char *content_type, struct laz_view body, int timeout_ms)
{
    char url[LAZ_URL_SIZE + 256];
    struct laz_call call = {url, content_type, body, timeout_ms};
    struct laz_error err;

    snprintf(url, sizeof url, "%s%s", u->credential.url, path);
    if (laz_client_start(u->client, slot, &call, &err) == LAZ_OK)
        return true;
    laz_log_error(LAZ_ERROR, "uplink.call", &err);
    laz_uplink_set_trouble(u, "console.unreachable", err.why);
    return false;
}

/* Whether what the identity folder holds is to be used, or the invitation that we were given. A
 * console that has moved is still the same when its root is. */
static bool credential_serves(const struct laz_uplink *u)
{
    const struct laz_uplink_config *config = u->config;
    uint8_t pin[LAZ_FINGERPRINT_SIZE];

    if (config->token == NULL || config->pin == NULL ||
        !laz_hex_decode(laz_view_of(config->pin), pin, sizeof pin))
        return true;
    return memcmp(pin, u->credential.pin, sizeof pin) == 0 &&
           laz_now_ms() < u->credential.certificate.not_after_ms;
}

static void follow_console(struct laz_uplink *u)
{
    struct laz_credential *c = &u->credential;
    const char *url = u->config->url;
    struct laz_error err;

    if (url == NULL || !laz_url_is_console(url) || strcmp(url, c->url) == 0)
        return;
    snprintf(c->url, sizeof c->url, "%s", url);
    if (laz_credential_store(u->config->identity_dir, c, laz_now_ms(), &err) != LAZ_OK)
        laz_log_error(LAZ_WARN, "uplink.identity", &err); /* it is told again at the next start */
}

static void load_credential(struct laz_uplink *u)
{
    struct laz_error err = {0};
    enum laz_status s = laz_credential_load(u->config->identity_dir, &u->credential, &err);

    if (s != LAZ_OK && s != LAZ_NOT_FOUND)
        laz_log_error(LAZ_ERROR, "uplink.identity", &err);
    if (s == LAZ_OK && credential_serves(u)) {
        follow_console(u);
        if (laz_uplink_connect(u, &err) == LAZ_OK) {
            u->enrolled = true;
            return;
        }
        laz_log_error(LAZ_ERROR, "uplink.client", &err);
    }
    laz_credential_drop(&u->credential);
    laz_credential_init(&u->credential);
}

static enum laz_status set_up(struct laz_uplink *u, struct laz_error *err)
{
    const struct laz_uplink_config *config = u->config;
    const struct laz_sandbox_path paths[] = {
        {config->identity_dir, true},
        {config->spool_dir, true},
        {"/etc/hosts", false},
        {"/etc/resolv.conf", false},
        {"/etc/nsswitch.conf", false},
        {"/etc/host.conf", false},
        {"/etc/gai.conf", false},
        {"/etc/ssl/openssl.cnf", false},
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
                                        .memory_max = MEMORY_MAX,
                                        .fd_max = DESCRIPTORS_MAX,
                                        .off = !config->sandbox};
    enum laz_status s = LAZ_OK;

    if (config->drop_identity)
        s = laz_identity_drop(LAZ_IDENTITY_AGENT, NULL, err);
    if (s == LAZ_OK && signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        s = laz_fail_errno(err, "uplink", "", "");
    if (s == LAZ_OK)
        s = laz_client_prepare(err);
    if (s == LAZ_OK && laz_set_nonblocking(u->channel, true) != LAZ_OK)
        s = laz_fail_errno(err, "uplink", "channel", "");
    if (s == LAZ_OK)
        s = laz_sandbox_enter(&sandbox, NULL, err);
    if (s == LAZ_OK)
        s = laz_spool_reader_open(config->spool_dir, &u->reader, err);
    return s;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Does everything that is due; returns how long nothing will be. */
static int64_t work(struct laz_uplink *u)
{
    int64_t now = laz_monotonic_ms(), next = now + WAIT_MAX_MS;

    if (!u->enrolled)
        next = earlier(next, laz_uplink_enrol(u, now));
    if (u->enrolled) {
        next = earlier(next, laz_uplink_renew(u, now));
        next = earlier(next, laz_uplink_sync(u, now));
        next = earlier(next, laz_uplink_events(u, now));
    }
    if (u->outbox_count > 0) {
        laz_uplink_flush(u);
        next = earlier(next, now + OUTBOX_TRY_MS);
    }
    return next > now ? next - now : 0;
}

/* Without a client there is nothing to wait for but the broker. */
static void wait_for_news(struct laz_uplink *u, int64_t wait_ms)
{
    struct pollfd broker = {.fd = u->channel, .events = POLLIN};

    if (u->client != NULL)
        laz_client_wait(u->client, u->channel, (int)wait_ms);
    else
        laz_ignore(poll(&broker, 1, (int)wait_ms) < 0); /* what it brings is heard next */
}

static void run(struct laz_uplink *u)
{
    u->began = u->sync_at = u->events_at = u->certificate_at = laz_monotonic_ms();
    laz_uplink_set_online(u, false);
    load_credential(u);
    while (!u->ended) {
        wait_for_news(u, work(u));
        laz_uplink_hear(u);
    }
}

static void clear(struct laz_uplink *u)
{
    laz_client_drop(&u->client);
    laz_credential_drop(&u->credential);
    laz_spool_reader_drop(&u->reader);
    laz_spool_batch_drop(&u->batch);
    laz_buf_clear(&u->frame);
    laz_buf_clear(&u->state);
    laz_buf_clear(&u->new_key);
    while (u->outbox_count > 0)
        free(u->outbox[--u->outbox_count]);
}

int laz_uplink_run(const struct laz_uplink_config *config, int channel)
{
    struct laz_uplink u = {
        .config = config, .channel = channel, .count_max = 1000}; /* events of the first batch */
    struct laz_error err = {0};
    enum laz_status s;

    u.sync_backoff = u.events_backoff = (struct laz_backoff){FIRST_WAIT_MS, WAIT_MAX_MS, 0};
    u.certificate_backoff = (struct laz_backoff){FIRST_WAIT_MS, ENROL_WAIT_MS, 0};
    laz_credential_init(&u.credential);
    laz_spool_batch_init(&u.batch);
    laz_buf_init(&u.frame, FRAME_MAX);
    laz_buf_init(&u.state, STATE_MAX);
    laz_buf_init(&u.new_key, LAZ_PEM_MAX);
    s = set_up(&u, &err);
    if (s == LAZ_OK)
        run(&u);
    else
        laz_log_error(LAZ_ERROR, "uplink.start", &err);
    clear(&u);
    return s == LAZ_OK ? 0 : 1;
}
