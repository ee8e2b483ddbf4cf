#include "console/keys.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "sign/token.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define ROOT_CERTIFICATE "ca/root.crt"
#define ROOT_KEY         "ca/root.key"
#define CHAIN            "tls/console.crt"
#define CHAIN_KEY        "tls/console.key"
#define NAMES            "tls/names" /* what the certificate was made for, one a line */
#define NAMES_MAX        ((size_t)16 * 1024)

static enum laz_status write_file(const char *path, const struct laz_buf *content,
                                  struct laz_error *err)
{
    return laz_replace_file(AT_FDCWD, path, laz_buf_view(content), 0600, err);
}

static void wipe(struct laz_buf *b)
{
    if (b->data != NULL)
        laz_secret_wipe(b->data, b->len);
    laz_buf_clear(b);
}

/* The certificate is written last: as long as it is missing, there is no authority. */
static enum laz_status make_root(struct laz_error *err)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf certificate = {0};
    struct laz_buf key;
    enum laz_status s;

    laz_buf_init(&certificate, LAZ_PEM_MAX);
    laz_buf_init(&key, LAZ_PEM_MAX);
    s = laz_authority_make("Lazaret", &certificate, &key, err);
    if (s == LAZ_OK)
        s = write_file(ROOT_KEY, &key, err);
    if (s == LAZ_OK)
        s = write_file(ROOT_CERTIFICATE, &certificate, err);
    wipe(&key);
    return s;
}

static enum laz_status load_root(struct laz_keys *keys, struct laz_error *err)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf certificate = {0};
    uint8_t pin[LAZ_FINGERPRINT_SIZE];
    struct laz_buf key;
    enum laz_status s;

    laz_buf_init(&certificate, LAZ_PEM_MAX);
    laz_buf_init(&key, LAZ_PEM_MAX);
    s = laz_read_file(ROOT_CERTIFICATE, &certificate, err);
    if (s == LAZ_OK)
        s = laz_read_file(ROOT_KEY, &key, err);
    if (s == LAZ_OK)
        s = laz_authority_load(laz_buf_view(&certificate), laz_buf_view(&key), &keys->authority,
                               err);
    wipe(&key);
    if (s != LAZ_OK)
        return s;
    laz_authority_pin(keys->authority, pin);
    laz_hex_encode(laz_view_from(pin, sizeof pin), keys->pin);
    return LAZ_OK;
}

static void list_names(const char *const *names, size_t count, struct laz_buf *out)
{
    for (size_t i = 0; i < count; i++)
        laz_ignore(laz_buf_addf(out, "%s\n", names[i])); /* a refusal makes the lists differ */
}

/* True when the files are there, whole, young enough and for these names. */
static bool chain_is_good(struct laz_keys *keys, const char *const *names, size_t count)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf wanted = {0};
    LAZ_OWNED(laz_buf_drop) struct laz_buf found = {0};
    struct laz_certificate certificate;
    int64_t now = laz_now_ms();

    laz_buf_init(&wanted, NAMES_MAX);
    laz_buf_init(&found, NAMES_MAX);
    list_names(names, count, &wanted);
    laz_buf_reset(&keys->chain_pem);
    laz_buf_reset(&keys->key_pem);
    return laz_read_file(NAMES, &found, NULL) == LAZ_OK &&
           laz_view_equal(laz_buf_view(&wanted), laz_buf_view(&found)) &&
           laz_read_file(CHAIN, &keys->chain_pem, NULL) == LAZ_OK &&
           laz_read_file(CHAIN_KEY, &keys->key_pem, NULL) == LAZ_OK &&
           laz_certificate_check(laz_buf_view(&keys->chain_pem), laz_buf_view(&keys->key_pem),
                                 laz_authority_certificate(keys->authority), now, NULL) == LAZ_OK &&
           laz_certificate_read(laz_buf_view(&keys->chain_pem), &certificate, NULL) == LAZ_OK &&
           now < laz_certificate_renew_at_ms(&certificate);
}

static enum laz_status make_chain(struct laz_keys *keys, const char *const *names, size_t count,
                                  struct laz_error *err)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf list = {0};
    enum laz_status s;

    laz_buf_init(&list, NAMES_MAX);
    list_names(names, count, &list);
    laz_buf_reset(&keys->chain_pem);
    wipe(&keys->key_pem);
    s = laz_authority_issue_server(keys->authority, names, count, LAZ_SERVER_DAYS, &keys->chain_pem,
                                   &keys->key_pem, err);
    if (s == LAZ_OK)
        s = write_file(CHAIN_KEY, &keys->key_pem, err);
    if (s == LAZ_OK)
        s = write_file(CHAIN, &keys->chain_pem, err);
    if (s == LAZ_OK)
        s = write_file(NAMES, &list, err);
    return s;
}

enum laz_status laz_keys_renew(struct laz_keys *keys, const char *const *names, size_t count,
                               bool *renewed, struct laz_error *err)
{
    *renewed = !chain_is_good(keys, names, count);
    return *renewed ? make_chain(keys, names, count, err) : LAZ_OK;
}

enum laz_status laz_keys_load(struct laz_keys *keys, const char *const *names, size_t count,
                              struct laz_error *err)
{
    enum laz_status s;
    bool renewed;

    *keys = (struct laz_keys){0};
    laz_buf_init(&keys->chain_pem, LAZ_PEM_MAX);
    laz_buf_init(&keys->key_pem, LAZ_PEM_MAX);
    s = laz_make_dir("ca", 0700, err);
    if (s == LAZ_OK)
        s = laz_make_dir("tls", 0700, err);
    if (s == LAZ_OK && access(ROOT_CERTIFICATE, F_OK) != 0) {
        s = make_root(err);
        keys->made_authority = true;
    }
    if (s == LAZ_OK)
        s = load_root(keys, err);
    return s == LAZ_OK ? laz_keys_renew(keys, names, count, &renewed, err) : s;
}

void laz_keys_clear(struct laz_keys *keys)
{
    laz_authority_drop(&keys->authority);
    laz_buf_clear(&keys->chain_pem);
    wipe(&keys->key_pem);
}

enum laz_status laz_keys_read_pin(char pin[2 * LAZ_FINGERPRINT_SIZE + 1], struct laz_error *err)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf pem = {0};
    struct laz_certificate certificate;
    enum laz_status s;

    laz_buf_init(&pem, LAZ_PEM_MAX);
    s = laz_read_file(ROOT_CERTIFICATE, &pem, err);
    if (s == LAZ_OK)
        s = laz_certificate_read(laz_buf_view(&pem), &certificate, err);
    if (s == LAZ_OK)
        laz_hex_encode(laz_view_from(certificate.fingerprint, sizeof certificate.fingerprint), pin);
    return s;
}
