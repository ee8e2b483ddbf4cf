/* .crb: NAME;TRUSTED;SUBJECT;SERIAL;PUBKEY;EXPONENT;CODE;TIME;CERT;NOT BEFORE;COMMENT[;MIN[;MAX]]
 */
#include "base/number.h"
#include "base/text.h"
#include "rules/clamav_priv.h"
#include "rules/known.h"
#include "sign/authenticode.h"
#include "sign/digest.h"

#define KEY_SIZE_MAX 2048

enum {
    FIELD_NAME,
    FIELD_TRUSTED,
    FIELD_SUBJECT,
    FIELD_SERIAL,
    FIELD_KEY,
    FIELD_EXPONENT,
    FIELD_SIGNS_CODE,
    FIELD_SIGNS_TIME,
    FIELD_SIGNS_CERTIFICATES,
    FIELD_NOT_BEFORE,
    FIELD_COMMENT,
    FIELD_LEVELS,
};

struct entry {
    uint64_t trusted, signs_code, signs_time, signs_certificates;
    uint8_t subject[LAZ_SHA1_SIZE], serial[LAZ_SHA1_SIZE];
    bool has_serial;
    uint8_t key[KEY_SIZE_MAX];
    size_t key_len;
};

static enum laz_status expected(const struct laz_clamav_line *line, size_t field, const char *what,
                                struct laz_error *err)
{
    return laz_clamav_fail(line, LAZ_INVALID, line->fields[field].data, what, "", err);
}

static enum laz_status read_flag(const struct laz_clamav_line *line, size_t field, uint64_t *out,
                                 struct laz_error *err)
{
    return laz_parse_u64(line->fields[field], 1, out)
               ? LAZ_OK
               : expected(line, field, "expected 0 or 1", err);
}

static enum laz_status read_flags(const struct laz_clamav_line *line, struct entry *e,
                                  struct laz_error *err)
{
    enum laz_status s = read_flag(line, FIELD_TRUSTED, &e->trusted, err);

    if (s == LAZ_OK)
        s = read_flag(line, FIELD_SIGNS_CODE, &e->signs_code, err);
    if (s == LAZ_OK)
        s = read_flag(line, FIELD_SIGNS_TIME, &e->signs_time, err);
    if (s == LAZ_OK)
        s = read_flag(line, FIELD_SIGNS_CERTIFICATES, &e->signs_certificates, err);
    return s;
}

static enum laz_status read_entry(const struct laz_clamav_line *line, struct entry *e,
                                  struct laz_error *err)
{
    struct laz_view key = line->fields[FIELD_KEY], since = line->fields[FIELD_NOT_BEFORE];
    uint64_t time;
    enum laz_status s = read_flags(line, e, err);

    if (s != LAZ_OK)
        return s;
    if (!laz_hex_decode(line->fields[FIELD_SUBJECT], e->subject, sizeof e->subject))
        return expected(line, FIELD_SUBJECT, "expected a SHA-1 of 40 hexadecimal digits", err);
    e->has_serial = line->fields[FIELD_SERIAL].len > 0;
    if (e->has_serial && !laz_hex_decode(line->fields[FIELD_SERIAL], e->serial, sizeof e->serial))
        return expected(line, FIELD_SERIAL, "expected a SHA-1 of 40 hexadecimal digits, or nothing",
                        err);
    e->key_len = key.len / 2;
    if (e->key_len == 0 || e->key_len > sizeof e->key || !laz_hex_decode(key, e->key, e->key_len))
        return expected(line, FIELD_KEY, "expected an RSA key's modulus in hexadecimal", err);
    if (since.len > 0 && !laz_parse_u64(since, INT64_MAX, &time))
        return expected(line, FIELD_NOT_BEFORE, "expected a time in seconds, or nothing", err);
    return LAZ_OK;
}

static void add(struct laz_clamav_line *line, enum laz_hash_use use,
                enum laz_certificate_use certificate, const uint8_t *mark)
{
    struct laz_view name = line->fields[FIELD_NAME];

    if (name.len == 0)
        name = laz_view_of("(unnamed CRB rule)"); /* as clamscan says */
    laz_known_add_digest(line->set, use, LAZ_DIGEST_SHA256, mark, laz_certificate_size(certificate),
                         laz_known_label(line->set, name, line->source_text));
}

/* Who is trusted only for time stamps vouches for no program. */
static enum laz_status add_entry(struct laz_clamav_line *line, const struct entry *e,
                                 enum laz_fate *fate, struct laz_error *err)
{
    uint8_t mark[LAZ_CERTIFICATE_MARK_SIZE];

    *fate = LAZ_FATE_TAKEN;
    if (!laz_certificate_mark(e->subject, e->has_serial ? e->serial : NULL,
                              laz_view_from(e->key, e->key_len), mark))
        return expected(line, FIELD_KEY, "expected a key that is not zero", err);
    if (e->trusted == 0)
        add(line, LAZ_HASH_FILE, LAZ_CERTIFICATE_BLOCKED, mark);
    else if (e->signs_code == 0)
        *fate = LAZ_FATE_UNUSED;
    else
        add(line, LAZ_HASH_ALLOW, LAZ_CERTIFICATE_SIGNER, mark);
    if (e->trusted == 1 && e->signs_code == 1 && e->signs_certificates == 1)
        add(line, LAZ_HASH_ALLOW, LAZ_CERTIFICATE_ISSUER, mark);
    return laz_ruleset_failed(line->set, err);
}

/* The comment may be empty, and then nothing stands behind the last separator. */
static bool has_all_fields(const struct laz_clamav_line *line)
{
    return line->field_count >= FIELD_LEVELS ||
           (line->field_count == FIELD_COMMENT && line->text.data[line->text.len - 1] == ';');
}

enum laz_status laz_clamav_read_certificate(struct laz_clamav_line *line, enum laz_fate *fate,
                                            struct laz_error *err)
{
    struct entry e = {0};
    bool applies = true;
    enum laz_status s = LAZ_OK;

    if (!has_all_fields(line))
        return laz_clamav_fail_end(line,
                                   "expected NAME;TRUSTED;SUBJECT;SERIAL;PUBKEY;EXPONENT;CODE;TIME;"
                                   "CERT;NOT BEFORE;COMMENT",
                                   err);
    if (line->fields[FIELD_NAME].len > 0)
        s = laz_clamav_check_name(line, line->fields[FIELD_NAME], err);
    if (s == LAZ_OK)
        s = read_entry(line, &e, err);
    if (s == LAZ_OK)
        s = laz_clamav_levels(line, FIELD_LEVELS, &applies, err);
    if (s != LAZ_OK)
        return s;
    if (!applies || laz_clamav_is_ignored(line, line->fields[FIELD_NAME])) {
        *fate = applies ? LAZ_FATE_IGNORED : LAZ_FATE_LEVEL;
        return LAZ_OK;
    }
    return add_entry(line, &e, fate, err);
}
