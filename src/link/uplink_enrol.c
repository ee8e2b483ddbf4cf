#include "link/uplink_priv.h"

#include <string.h>

#include "base/text.h"
#include "sys/clock.h"
#include "sys/log.h"

#define CALL_MS        15000
#define RENEW_RETRY_MS ((int64_t)60 * 1000)
#define LOOK_MS        ((int64_t)60 * 1000)     /* how often the certificate's age is looked at */
#define HOPELESS_MS    ((int64_t)5 * 60 * 1000) /* before trying again what only a person can mend */

static bool has_invitation(const struct laz_uplink_config *config,
                           uint8_t pin[LAZ_FINGERPRINT_SIZE])
{
    return config->url != NULL && config->token != NULL && config->pin != NULL &&
           laz_url_is_console(config->url) && laz_token_is_valid(laz_view_of(config->token)) &&
           laz_hex_decode(laz_view_of(config->pin), pin, LAZ_FINGERPRINT_SIZE);
}

static bool connect_by_pin(struct laz_uplink *u, const uint8_t *pin)
{
    struct laz_client_config config = {.pin = pin};
    struct laz_error err;

    if (u->client != NULL)
        return true;
    if (laz_client_new(&config, &u->client, &err) == LAZ_OK)
        return true;
    laz_log_error(LAZ_ERROR, "uplink.client", &err);
    return false;
}

static bool ask_to_enrol(struct laz_uplink *u)
{
    const struct laz_uplink_config *config = u->config;
    struct laz_enrol_facts facts = {config->token, config->hostname, config->os, config->kernel,
                                    config->version};
    LAZ_OWNED(laz_buf_drop) struct laz_buf body = {0};
    struct laz_error err;

    snprintf(u->credential.url, sizeof u->credential.url, "%s", config->url);
    laz_buf_init(&body, 2 * LAZ_PEM_MAX);
    laz_buf_reset(&u->new_key);
    if (laz_credential_pending_key(config->identity_dir, &u->new_key, &err) != LAZ_OK ||
        laz_enrol_request(&facts, laz_buf_view(&u->new_key), &body, &err) != LAZ_OK) {
        laz_log_error(LAZ_ERROR, "uplink.enrol", &err);
        laz_uplink_set_trouble(u, "enrol.identity", err.why);
        return false;
    }
    return laz_uplink_call(u, LAZ_SLOT_CERTIFICATE, "/agent/v1/enrol", "application/json",
                           laz_buf_view(&body), CALL_MS);
}

static enum laz_status keep_credential(struct laz_uplink *u, const uint8_t *pin,
                                       const struct laz_answer *answer, struct laz_error *err)
{
    struct laz_credential *c = &u->credential;
    enum laz_status s;

    laz_buf_reset(&c->key_pem);
    s = laz_buf_add(&c->key_pem, laz_buf_view(&u->new_key));
    if (s == LAZ_OK)
        s = laz_enrol_accept(laz_buf_view(&answer->body), pin, c, err);
    if (s == LAZ_OK)
        s = laz_credential_store(u->config->identity_dir, c, laz_now_ms(), err);
    if (s == LAZ_OK)
        s = laz_uplink_connect(u, err);
    return s;
}

/* What the machine's administrator reads when nobody but him can go on. */
static const char *remedy_of(const char *code)
{
    static const struct {
        const char *code, *text;
    } texts[] = {
        {"enrol.token_used",
         "the token has been used already (make a new one on the console's page)"},
        {"enrol.token_expired", "the token has expired (make a new one on the console's page)"},
        {"enrol.token_wrong", "the console does not know the token (copy it again from its page)"},
        {"console.certificate",
         "the console's certificate does not fit the pin (copy token and pin from its page again; "
         "if "
         "they are right, somebody stands between this machine and the console)"},
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(texts[i].code, code) == 0)
            return texts[i].text;
    return NULL;
}

/* The next try: soon when it may just work, late when a person has to do something first. */
static int64_t wait_after_refusal(struct laz_uplink *u, const struct laz_answer *answer)
{
    const char *text;

    laz_uplink_blame(u, answer);
    text = remedy_of(u->trouble);
    if (text == NULL)
        return laz_backoff_next(&u->certificate_backoff, answer->retry_after_ms);
    laz_log(LAZ_ERROR, "uplink.enrol", "lazaret: enrolment: %s: %s", u->credential.url, text);
    return HOPELESS_MS;
}

static void take_enrolment(struct laz_uplink *u, const uint8_t *pin,
                           const struct laz_answer *answer, int64_t now)
{
    struct laz_error err = {0};
    enum laz_status s;

    if (answer->status != LAZ_OK || answer->http != 200) {
        u->certificate_at = now + wait_after_refusal(u, answer);
        return;
    }
    s = keep_credential(u, pin, answer, &err);
    if (s != LAZ_OK) {
        laz_log_error(LAZ_ERROR, "uplink.enrol", &err);
        laz_uplink_set_trouble(u, s == LAZ_DENIED ? "console.certificate" : "enrol.identity",
                               err.why);
        u->certificate_at = now + HOPELESS_MS;
        return;
    }
    u->enrolled = true;
    u->certificate_at = now;
    laz_backoff_reset(&u->certificate_backoff);
    laz_uplink_set_trouble(u, "", "");
    laz_log(LAZ_INFO, "uplink.enrolled", "endpoint=%s", u->credential.endpoint_id);
}

int64_t laz_uplink_enrol(struct laz_uplink *u, int64_t now)
{
    uint8_t pin[LAZ_FINGERPRINT_SIZE];
    const struct laz_answer *answer;

    if (!has_invitation(u->config, pin)) {
        laz_uplink_set_trouble(u, "enrol.no_token", "no usable address, token and pin were given");
        return now + HOPELESS_MS;
    }
    if (!connect_by_pin(u, pin))
        return now + HOPELESS_MS;
    answer = laz_client_take(u->client, LAZ_SLOT_CERTIFICATE);
    if (answer != NULL)
        take_enrolment(u, pin, answer, now);
    else if (!laz_client_is_busy(u->client, LAZ_SLOT_CERTIFICATE) && now >= u->certificate_at &&
             !ask_to_enrol(u))
        u->certificate_at = now + HOPELESS_MS;
    return laz_client_is_busy(u->client, LAZ_SLOT_CERTIFICATE) ? now + CALL_MS : u->certificate_at;
}

static bool ask_to_renew(struct laz_uplink *u)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf body = {0};
    struct laz_error err;

    laz_buf_init(&body, 2 * LAZ_PEM_MAX);
    laz_buf_reset(&u->new_key);
    if (laz_key_make(&u->new_key, &err) != LAZ_OK ||
        laz_renew_request(u->credential.endpoint_id, laz_buf_view(&u->new_key), &body, &err) !=
            LAZ_OK) {
        laz_log_error(LAZ_ERROR, "uplink.renew", &err);
        return false;
    }
    return laz_uplink_call(u, LAZ_SLOT_CERTIFICATE, "/agent/v1/renew", "application/json",
                           laz_buf_view(&body), CALL_MS);
}

static enum laz_status copy_text(struct laz_buf *to, const struct laz_buf *from)
{
    laz_buf_reset(to);
    return laz_buf_add(to, laz_buf_view(from));
}

/* The old certificate stays in use until the new one has been checked and stored. */
static enum laz_status keep_renewed(struct laz_uplink *u, const struct laz_answer *answer,
                                    struct laz_error *err)
{
    LAZ_OWNED(laz_credential_drop) struct laz_credential fresh = {0};
    struct laz_credential *old = &u->credential;
    enum laz_status s;

    laz_credential_init(&fresh);
    memcpy(fresh.url, old->url, sizeof fresh.url);
    memcpy(fresh.endpoint_id, old->endpoint_id, sizeof fresh.endpoint_id);
    if (copy_text(&fresh.ca_pem, &old->ca_pem) != LAZ_OK ||
        copy_text(&fresh.key_pem, &u->new_key) != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "identity", "", "no memory", "");
    s = laz_renew_accept(laz_buf_view(&answer->body), &fresh, err);
    if (s == LAZ_OK)
        s = laz_credential_store(u->config->identity_dir, &fresh, laz_now_ms(), err);
    if (s != LAZ_OK)
        return s;
    laz_credential_drop(old);
    *old = fresh;
    laz_credential_init(&fresh);
    return laz_uplink_connect(u, err);
}

static void take_renewal(struct laz_uplink *u, const struct laz_answer *answer, int64_t now)
{
    struct laz_error err = {0};

    u->certificate_at = now + RENEW_RETRY_MS;
    if (answer->status != LAZ_OK || answer->http != 200) {
        u->certificate_at = now + laz_backoff_next(&u->certificate_backoff, RENEW_RETRY_MS);
        laz_log(LAZ_WARN, "uplink.renew", "status=%d why=%s", answer->http, answer->problem);
        return;
    }
    if (keep_renewed(u, answer, &err) != LAZ_OK) {
        laz_log_error(LAZ_ERROR, "uplink.renew", &err);
        return;
    }
    laz_backoff_reset(&u->certificate_backoff);
    laz_log(LAZ_INFO, "uplink.renewed", "serial=%s", u->credential.certificate.serial);
}

int64_t laz_uplink_renew(struct laz_uplink *u, int64_t now)
{
    const struct laz_answer *answer = laz_client_take(u->client, LAZ_SLOT_CERTIFICATE);

    if (answer != NULL)
        take_renewal(u, answer, now);
    else if (!laz_client_is_busy(u->client, LAZ_SLOT_CERTIFICATE) && now >= u->certificate_at) {
        u->certificate_at = now + LOOK_MS;
        if (laz_now_ms() >= laz_certificate_renew_at_ms(&u->credential.certificate) &&
            !ask_to_renew(u))
            u->certificate_at = now + RENEW_RETRY_MS;
    }
    return u->certificate_at;
}
