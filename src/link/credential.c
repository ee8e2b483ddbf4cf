#include "link/credential.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "link/json.h"
#include "sys/fd.h"

#define FILE_NAME    "identity.json"
#define PENDING_NAME "pending.key"
#define FILE_MAX     (6 * LAZ_PEM_MAX)

void laz_credential_init(struct laz_credential *c)
{
    *c = (struct laz_credential){.url = ""};
    laz_buf_init(&c->ca_pem, LAZ_PEM_MAX);
    laz_buf_init(&c->key_pem, LAZ_PEM_MAX);
    laz_buf_init(&c->certificate_pem, LAZ_PEM_MAX);
}

static void wipe_buf(struct laz_buf *b)
{
    if (b->data != NULL)
        laz_secret_wipe(b->data, b->capacity);
    laz_buf_clear(b);
}

void laz_credential_drop(struct laz_credential *c)
{
    wipe_buf(&c->key_pem);
    laz_buf_clear(&c->ca_pem);
    laz_buf_clear(&c->certificate_pem);
}

bool laz_url_is_console(const char *url)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";
    size_t len = strnlen(url, LAZ_URL_SIZE);

    return len < LAZ_URL_SIZE && len > 8 && memcmp(url, "https://", 8) == 0 &&
           strspn(url + 8, allowed) == len - 8;
}

static bool dir_path(const char *dir, const char *name, char out[PATH_MAX])
{
    int len = snprintf(out, PATH_MAX, "%s/%s", dir, name);

    return len > 0 && len < PATH_MAX;
}

/* Reads what the texts say into the fields beside them. */
static enum laz_status understand(struct laz_credential *c, const char *dir, struct laz_error *err)
{
    struct laz_certificate root;

    if (laz_certificate_read(laz_buf_view(&c->ca_pem), &root, NULL) != LAZ_OK ||
        laz_certificate_read(laz_buf_view(&c->certificate_pem), &c->certificate, NULL) != LAZ_OK)
        return laz_fail(err, LAZ_DAMAGED, "identity", dir, "holds no certificate",
                        "enrol this machine again with a new token");
    memcpy(c->pin, root.fingerprint, sizeof c->pin);
    return LAZ_OK;
}

static bool take_text(const cJSON *json, const char *name, struct laz_buf *out)
{
    const char *text;

    return laz_json_text(json, name, LAZ_PEM_MAX - 1, &text) &&
           laz_buf_add_text(out, text) == LAZ_OK;
}

static bool take_members(const cJSON *json, struct laz_credential *c)
{
    const char *url, *endpoint_id;

    if (!laz_json_text(json, "url", sizeof c->url - 1, &url) || !laz_url_is_console(url) ||
        !laz_json_text(json, "endpoint_id", sizeof c->endpoint_id - 1, &endpoint_id))
        return false;
    snprintf(c->url, sizeof c->url, "%s", url);
    snprintf(c->endpoint_id, sizeof c->endpoint_id, "%s", endpoint_id);
    return take_text(json, "ca", &c->ca_pem) && take_text(json, "key", &c->key_pem) &&
           take_text(json, "certificate", &c->certificate_pem);
}

enum laz_status laz_credential_load(const char *dir, struct laz_credential *out,
                                    struct laz_error *err)
{
    LAZ_OWNED(wipe_buf) struct laz_buf file = {0};
    LAZ_OWNED(laz_json_drop) cJSON *json = NULL;
    char path[PATH_MAX];
    enum laz_status s;

    laz_buf_init(&file, FILE_MAX);
    if (!dir_path(dir, FILE_NAME, path))
        return laz_fail(err, LAZ_INVALID, "identity", dir, "its name is too long", "");
    s = laz_read_file(path, &file, err);
    if (s != LAZ_OK)
        return s;
    json = laz_json_parse_object(laz_buf_view(&file));
    if (json == NULL || !take_members(json, out))
        return laz_fail(err, LAZ_DAMAGED, "identity", path, "cannot be understood",
                        "enrol this machine again with a new token");
    return understand(out, path, err);
}

static void add_member(struct laz_buf *b, const char *name, struct laz_view text)
{
    laz_buf_addf(b, "%s\"%s\":", b->len == 0 ? "{" : ",", name);
    laz_buf_add_json(b, text);
}

enum laz_status laz_credential_store(const char *dir, struct laz_credential *c, int64_t now_ms,
                                     struct laz_error *err)
{
    LAZ_OWNED(wipe_buf) struct laz_buf b = {0};
    char path[PATH_MAX];
    enum laz_status s = understand(c, dir, err);

    if (s == LAZ_OK)
        s = laz_certificate_check(laz_buf_view(&c->certificate_pem), laz_buf_view(&c->key_pem),
                                  laz_buf_view(&c->ca_pem), now_ms, err);
    if (s != LAZ_OK)
        return s;
    laz_buf_init(&b, FILE_MAX);
    add_member(&b, "url", laz_view_of(c->url));
    add_member(&b, "endpoint_id", laz_view_of(c->endpoint_id));
    add_member(&b, "ca", laz_buf_view(&c->ca_pem));
    add_member(&b, "certificate", laz_buf_view(&c->certificate_pem));
    add_member(&b, "key", laz_buf_view(&c->key_pem));
    laz_buf_add_text(&b, "}\n");
    if (laz_buf_failed(&b) != LAZ_OK || !dir_path(dir, FILE_NAME, path))
        return laz_fail(err, LAZ_NOMEM, "identity", dir, "cannot be written", "");
    s = laz_replace_file(AT_FDCWD, path, laz_buf_view(&b), 0600, err);
    if (s == LAZ_OK && dir_path(dir, PENDING_NAME, path) && unlink(path) != 0 && errno != ENOENT)
        return laz_fail_errno(err, "identity", path, "remove it");
    return s;
}

enum laz_status laz_credential_pending_key(const char *dir, struct laz_buf *key_pem,
                                           struct laz_error *err)
{
    char path[PATH_MAX];
    enum laz_status s;

    if (!dir_path(dir, PENDING_NAME, path))
        return laz_fail(err, LAZ_INVALID, "identity", dir, "its name is too long", "");
    s = laz_read_file(path, key_pem, err);
    if (s != LAZ_NOT_FOUND)
        return s;
    s = laz_key_make(key_pem, err);
    if (s != LAZ_OK)
        return s;
    return laz_replace_file(AT_FDCWD, path, laz_buf_view(key_pem), 0600, err);
}
