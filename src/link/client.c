#include "link/client.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "sign/certificate.h"

#define CONNECT_MS      10000
#define RETRY_AFTER_MAX 3600
#define BODY_MAX        ((size_t)4 * 1024 * 1024)

struct slot {
    CURL *handle;
    struct curl_slist *headers;
    struct laz_buf body;
    struct laz_answer answer;
    char problem[CURL_ERROR_SIZE];
    bool busy, done;
};

struct laz_client {
    CURLM *multi;
    struct laz_buf ca_pem, identity_pem;
    uint8_t pin[LAZ_FINGERPRINT_SIZE];
    bool by_pin;
    struct slot slots[LAZ_CLIENT_SLOTS];
};

enum laz_status laz_client_prepare(struct laz_error *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return laz_fail(err, LAZ_NOMEM, "network", "", "libcurl cannot be set up", "");
    return LAZ_OK;
}

static bool set_up(struct laz_client *client, const struct laz_client_config *config)
{
    client->by_pin = config->ca_pem.len == 0;
    if (client->by_pin)
        memcpy(client->pin, config->pin, sizeof client->pin);
    for (size_t i = 0; i < LAZ_CLIENT_SLOTS; i++) {
        laz_buf_init(&client->slots[i].body, BODY_MAX);
        laz_buf_init(&client->slots[i].answer.body, LAZ_CLIENT_ANSWER_MAX);
        client->slots[i].handle = curl_easy_init();
        if (client->slots[i].handle == NULL)
            return false;
    }
    client->multi = curl_multi_init();
    return client->multi != NULL && laz_buf_add(&client->ca_pem, config->ca_pem) == LAZ_OK &&
           laz_buf_add(&client->identity_pem, config->identity_pem) == LAZ_OK;
}

enum laz_status laz_client_new(const struct laz_client_config *config, struct laz_client **out,
                               struct laz_error *err)
{
    LAZ_OWNED(laz_client_drop) struct laz_client *client = calloc(1, sizeof *client);

    LAZ_ASSERT(config->ca_pem.len > 0 || config->pin != NULL);
    if (client == NULL)
        return laz_fail(err, LAZ_NOMEM, "network", "", "no memory", "");
    laz_buf_init(&client->ca_pem, LAZ_PEM_MAX);
    laz_buf_init(&client->identity_pem, 2 * LAZ_PEM_MAX);
    if (!set_up(client, config))
        return laz_fail(err, LAZ_NOMEM, "network", "", "no memory", "");
    *out = laz_move(client);
    return LAZ_OK;
}

static void clear_slot(struct laz_client *client, struct slot *slot)
{
    if (slot->handle != NULL) {
        if (slot->busy)
            curl_multi_remove_handle(client->multi, slot->handle);
        curl_easy_cleanup(slot->handle);
    }
    curl_slist_free_all(slot->headers);
    laz_buf_clear(&slot->body);
    laz_buf_clear(&slot->answer.body);
}

void laz_client_drop(struct laz_client **client)
{
    struct laz_client *c = laz_move(*client);

    if (c == NULL)
        return;
    for (size_t i = 0; i < LAZ_CLIENT_SLOTS; i++)
        clear_slot(c, &c->slots[i]);
    curl_multi_cleanup(c->multi);
    laz_buf_clear(&c->ca_pem);
    laz_buf_clear(&c->identity_pem);
    free(c);
}

/* ---------------------------------------------------------------- whom we believe */

static X509 *find_pinned(STACK_OF(X509) * chain, const uint8_t *pin)
{
    for (int i = 0; i < sk_X509_num(chain); i++) {
        X509 *c = sk_X509_value(chain, i);
        uint8_t digest[EVP_MAX_MD_SIZE];
        unsigned len = 0;

        if (X509_digest(c, EVP_sha256(), digest, &len) == 1 && len == LAZ_FINGERPRINT_SIZE &&
            memcmp(digest, pin, len) == 0)
            return c;
    }
    return NULL;
}

static bool leads_to(X509 *leaf, X509 *root)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    bool ok = store != NULL && context != NULL && X509_STORE_add_cert(store, root) == 1 &&
              X509_STORE_CTX_init(context, store, leaf, NULL) == 1 &&
              X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER) == 1 &&
              X509_verify_cert(context) == 1;

    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    ERR_clear_error();
    return ok;
}

/* The root that the server shows counts only because its digest is the pin; then the server's own
 * certificate must lead to it. That it names the host is checked by libcurl afterwards. */
static int verify_by_pin(X509_STORE_CTX *context, void *pin)
{
    X509 *leaf = X509_STORE_CTX_get0_cert(context);
    X509 *root = find_pinned(X509_STORE_CTX_get0_untrusted(context), pin);
    bool ok = root != NULL && leads_to(leaf, root);

    X509_STORE_CTX_set_error(context, ok ? X509_V_OK : X509_V_ERR_CERT_UNTRUSTED);
    return ok;
}

static CURLcode prepare_tls(CURL *handle, void *tls, void *context)
{
    struct laz_client *client = context;

    SSL_CTX_set_cert_verify_callback(tls, verify_by_pin, client->pin);
    return CURLE_OK;
}

/* ---------------------------------------------------------------- one call */

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct slot *slot = context;

    return laz_buf_add(&slot->answer.body, laz_view_from(data, size * count)) == LAZ_OK
               ? size * count
               : 0; /* anything else ends the transfer */
}

static bool set_trust(struct laz_client *client, CURL *h)
{
    struct curl_blob ca = {client->ca_pem.data, client->ca_pem.len, CURL_BLOB_NOCOPY};
    struct curl_blob identity = {client->identity_pem.data, client->identity_pem.len,
                                 CURL_BLOB_NOCOPY};
    bool ok = curl_easy_setopt(h, CURLOPT_CAINFO, NULL) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_CAPATH, NULL) == CURLE_OK;

    if (client->by_pin)
        ok = ok && curl_easy_setopt(h, CURLOPT_SSL_CTX_FUNCTION, prepare_tls) == CURLE_OK &&
             curl_easy_setopt(h, CURLOPT_SSL_CTX_DATA, client) == CURLE_OK;
    else
        ok = ok && curl_easy_setopt(h, CURLOPT_CAINFO_BLOB, &ca) == CURLE_OK;
    if (identity.len > 0)
        ok = ok && curl_easy_setopt(h, CURLOPT_SSLCERT_BLOB, &identity) == CURLE_OK &&
             curl_easy_setopt(h, CURLOPT_SSLKEY_BLOB, &identity) == CURLE_OK;
    return ok;
}

static bool set_protocol(struct slot *slot, const struct laz_call *call)
{
    CURL *h = slot->handle;

    return curl_easy_setopt(h, CURLOPT_URL, call->url) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_ERRORBUFFER, slot->problem) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_WRITEDATA, slot) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_PRIVATE, slot) == CURLE_OK;
}

static bool add_header(struct slot *slot, const char *text)
{
    struct curl_slist *longer = curl_slist_append(slot->headers, text);

    if (longer != NULL)
        slot->headers = longer;
    return longer != NULL;
}

static bool set_body(struct slot *slot, const struct laz_call *call)
{
    CURL *h = slot->handle;
    char type[128];

    if (call->content_type == NULL)
        return true;
    snprintf(type, sizeof type, "Content-Type: %s", call->content_type);
    return laz_buf_add(&slot->body, call->body) == LAZ_OK && add_header(slot, type) &&
           add_header(slot, "Expect:") && /* it would cost a round trip */
           curl_easy_setopt(h, CURLOPT_HTTPHEADER, slot->headers) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)slot->body.len) ==
               CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_POSTFIELDS, laz_buf_text(&slot->body)) == CURLE_OK;
}

enum laz_status laz_client_start(struct laz_client *client, unsigned number,
                                 const struct laz_call *call, struct laz_error *err)
{
    struct slot *slot = &client->slots[number];

    LAZ_ASSERT(number < LAZ_CLIENT_SLOTS && !slot->busy);
    curl_easy_reset(slot->handle);
    curl_slist_free_all(slot->headers);
    slot->headers = NULL;
    slot->done = false;
    slot->problem[0] = '\0';
    laz_buf_reset(&slot->body);
    laz_buf_reset(&slot->answer.body);
    if (!set_protocol(slot, call) || !set_trust(client, slot->handle) || !set_body(slot, call) ||
        curl_multi_add_handle(client->multi, slot->handle) != CURLM_OK)
        return laz_fail(err, LAZ_INVALID, "network", call->url, "cannot be called", "");
    slot->busy = true;
    return LAZ_OK;
}

bool laz_client_is_busy(const struct laz_client *client, unsigned slot)
{
    return client->slots[slot].busy;
}

static enum laz_status status_of(CURLcode code)
{
    switch ((int)code) {
    case CURLE_OK:
        return LAZ_OK;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
        return LAZ_DENIED;
    case CURLE_OPERATION_TIMEDOUT:
        return LAZ_TIMEOUT;
    case CURLE_WRITE_ERROR:
        return LAZ_LIMIT;
    default:
        return LAZ_CLOSED;
    }
}

static void finish(struct laz_client *client, struct slot *slot, CURLcode code)
{
    curl_off_t retry_after_s = 0;
    long http = 0;
    const char *why = slot->problem[0] == '\0' ? curl_easy_strerror(code) : slot->problem;

    /* Both are told only when they are there. */
    laz_ignore(curl_easy_getinfo(slot->handle, CURLINFO_RESPONSE_CODE, &http) != CURLE_OK);
    laz_ignore(curl_easy_getinfo(slot->handle, CURLINFO_RETRY_AFTER, &retry_after_s) != CURLE_OK);
    if (retry_after_s < 0 || retry_after_s > RETRY_AFTER_MAX)
        retry_after_s = RETRY_AFTER_MAX;
    slot->answer.status = status_of(code);
    slot->answer.http = (int)http;
    slot->answer.retry_after_ms = (int)retry_after_s * 1000;
    snprintf(slot->answer.problem, sizeof slot->answer.problem, "%s", why);
    curl_multi_remove_handle(client->multi, slot->handle);
    slot->busy = false;
    slot->done = true;
}

static bool take_finished(struct laz_client *client)
{
    bool any = false;
    int left;

    for (CURLMsg *m = curl_multi_info_read(client->multi, &left); m != NULL;
         m = curl_multi_info_read(client->multi, &left)) {
        struct slot *slot = NULL;

        if (m->msg != CURLMSG_DONE)
            continue;
        LAZ_ASSERT(curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&slot) == CURLE_OK);
        finish(client, slot, m->data.result);
        any = true;
    }
    return any;
}

void laz_client_wait(struct laz_client *client, int fd, int timeout_ms)
{
    struct curl_waitfd own = {.fd = fd, .events = CURL_WAIT_POLLIN};
    int running = 0;

    /* Failures of a call come out as its answer; those of the multi handle are only ours. */
    laz_ignore(curl_multi_perform(client->multi, &running) != CURLM_OK);
    if (take_finished(client))
        return;
    laz_ignore(curl_multi_poll(client->multi, &own, fd >= 0, timeout_ms, NULL) != CURLM_OK);
    laz_ignore(curl_multi_perform(client->multi, &running) != CURLM_OK);
    take_finished(client);
}

const struct laz_answer *laz_client_take(struct laz_client *client, unsigned number)
{
    struct slot *slot = &client->slots[number];

    if (!slot->done)
        return NULL;
    slot->done = false;
    return &slot->answer;
}
