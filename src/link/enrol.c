#include "link/enrol.h"

#include <string.h>

#include "base/text.h"
#include "link/json.h"

static void add_member(struct laz_buf *b, const char *name, const char *text)
{
    laz_buf_addf(b, ",\"%s\":", name);
    laz_buf_add_json(b, laz_view_of(text == NULL ? "" : text));
}

static enum laz_status add_csr(struct laz_view key_pem, const char *name, struct laz_buf *out,
                               struct laz_error *err)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf csr = {0};
    enum laz_status s;

    laz_buf_init(&csr, LAZ_PEM_MAX);
    s = laz_csr_make(key_pem, name, &csr, err);
    if (s != LAZ_OK)
        return s;
    laz_buf_add_text(out, "{\"csr\":");
    laz_buf_add_json(out, laz_buf_view(&csr));
    return LAZ_OK;
}

static enum laz_status finish(struct laz_buf *out, struct laz_error *err)
{
    laz_buf_add_text(out, "}");
    if (laz_buf_failed(out) != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "enrolment", "", "no memory", "");
    return LAZ_OK;
}

enum laz_status laz_enrol_request(const struct laz_enrol_facts *facts, struct laz_view key_pem,
                                  struct laz_buf *out, struct laz_error *err)
{
    enum laz_status s = add_csr(key_pem, "agent", out, err);

    if (s != LAZ_OK)
        return s;
    add_member(out, "token", facts->token);
    add_member(out, "hostname", facts->hostname);
    add_member(out, "os", facts->os);
    add_member(out, "kernel", facts->kernel);
    add_member(out, "version", facts->version);
    return finish(out, err);
}

static bool take_pem(const cJSON *json, const char *name, struct laz_buf *out)
{
    const char *text;

    laz_buf_reset(out);
    return laz_json_text(json, name, LAZ_PEM_MAX - 1, &text) &&
           laz_buf_add_text(out, text) == LAZ_OK;
}

static enum laz_status fail_answer(struct laz_error *err)
{
    return laz_fail(err, LAZ_DAMAGED, "enrolment", "", "the console's answer cannot be understood",
                    "check that the address is a Lazaret console's agent port");
}

enum laz_status laz_enrol_accept(struct laz_view answer, const uint8_t *pin,
                                 struct laz_credential *c, struct laz_error *err)
{
    LAZ_OWNED(laz_json_drop) cJSON *json = laz_json_parse_object(answer);
    struct laz_certificate root;
    const char *id;

    if (json == NULL || !laz_json_text(json, "endpoint_id", LAZ_UUID_TEXT_SIZE - 1, &id) ||
        !take_pem(json, "certificate", &c->certificate_pem) || !take_pem(json, "ca", &c->ca_pem) ||
        laz_certificate_read(laz_buf_view(&c->ca_pem), &root, NULL) != LAZ_OK)
        return fail_answer(err);
    if (memcmp(root.fingerprint, pin, sizeof root.fingerprint) != 0)
        return laz_fail(err, LAZ_DENIED, "enrolment", "", "the console's root has another pin",
                        "copy token and pin from the console's page again");
    snprintf(c->endpoint_id, sizeof c->endpoint_id, "%s", id);
    return LAZ_OK;
}

enum laz_status laz_renew_request(const char *endpoint_id, struct laz_view key_pem,
                                  struct laz_buf *out, struct laz_error *err)
{
    enum laz_status s = add_csr(key_pem, endpoint_id, out, err);

    return s == LAZ_OK ? finish(out, err) : s;
}

enum laz_status laz_renew_accept(struct laz_view answer, struct laz_credential *c,
                                 struct laz_error *err)
{
    LAZ_OWNED(laz_json_drop) cJSON *json = laz_json_parse_object(answer);

    if (json == NULL || !take_pem(json, "certificate", &c->certificate_pem))
        return fail_answer(err);
    return LAZ_OK;
}

static bool is_code(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-")] == '\0';
}

void laz_error_code_of(struct laz_view answer, char out[LAZ_ERROR_CODE_SIZE])
{
    LAZ_OWNED(laz_json_drop) cJSON *json = laz_json_parse_object(answer);
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(json, "error");
    const char *code;

    out[0] = '\0';
    if (laz_json_text(error, "code", LAZ_ERROR_CODE_SIZE - 1, &code) && is_code(code))
        snprintf(out, LAZ_ERROR_CODE_SIZE, "%s", code);
}
