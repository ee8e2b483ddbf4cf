#include "sign/token.h"

#include <assert.h>
#include <sodium.h>

#include "base/text.h"
#include "sign/digest.h"

#define TOKEN_BYTES 16

/* Without i, l, o and u: 2^5 characters none of which can be read as another. */
static const char speakable[] = "0123456789abcdefghjkmnpqrstvwxyz";

static_assert(sizeof speakable - 1 == 32, "a character stands for five bits");

static void draw(void *out, size_t len)
{
    LAZ_ASSERT(sodium_init() >= 0);
    randombytes_buf(out, len);
}

void laz_token_make(char out[LAZ_TOKEN_TEXT_SIZE])
{
    uint8_t bytes[TOKEN_BYTES];

    draw(bytes, sizeof bytes);
    laz_hex_encode(laz_view_from(bytes, sizeof bytes), out);
    laz_secret_wipe(bytes, sizeof bytes);
}

static bool is_lower_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool laz_token_is_valid(struct laz_view token)
{
    if (token.len != 2 * TOKEN_BYTES)
        return false;
    for (size_t i = 0; i < token.len; i++)
        if (!is_lower_hex(token.data[i]))
            return false;
    return true;
}

enum laz_status laz_token_digest(struct laz_view token, uint8_t out[LAZ_TOKEN_DIGEST_SIZE])
{
    if (!laz_token_is_valid(token))
        return LAZ_INVALID;
    return laz_digest(LAZ_SHA256, token, out);
}

static bool is_dash_place(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

void laz_uuid_make(char out[LAZ_UUID_TEXT_SIZE])
{
    uint8_t bytes[16];
    char hex[33];
    size_t at = 0;

    draw(bytes, sizeof bytes);
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40); /* version 4 */
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80); /* the variant of RFC 9562 */
    laz_hex_encode(laz_view_from(bytes, sizeof bytes), hex);
    for (size_t i = 0; i < LAZ_UUID_TEXT_SIZE - 1; i++)
        out[i] = is_dash_place(i) ? '-' : hex[at++];
    out[LAZ_UUID_TEXT_SIZE - 1] = '\0';
}

bool laz_uuid_is_valid(struct laz_view uuid)
{
    if (uuid.len != LAZ_UUID_TEXT_SIZE - 1)
        return false;
    for (size_t i = 0; i < uuid.len; i++)
        if (is_dash_place(i) ? uuid.data[i] != '-' : !is_lower_hex(uuid.data[i]))
            return false;
    return true;
}

void laz_first_password_make(char out[LAZ_FIRST_PASSWORD_SIZE])
{
    uint8_t bytes[20];
    size_t at = 0;

    draw(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        if (i > 0 && i % 4 == 0)
            out[at++] = '-';
        out[at++] =
            speakable[bytes[i] % 32]; /* 256 is a multiple of 32: no character is favoured */
    }
    LAZ_ASSERT(at == LAZ_FIRST_PASSWORD_SIZE - 1);
    out[at] = '\0';
    laz_secret_wipe(bytes, sizeof bytes);
}

bool laz_secret_equal(struct laz_view a, struct laz_view b)
{
    return a.len == b.len && (a.len == 0 || sodium_memcmp(a.data, b.data, a.len) == 0);
}

void laz_secret_wipe(void *secret, size_t len)
{
    sodium_memzero(secret, len);
}
