#include "sign/password.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

static_assert(LAZ_PASSWORD_HASH_SIZE >= crypto_pwhash_STRBYTES, "a hash fits");

#define MEMORY ((size_t)64 * 1024 * 1024)
#define PASSES 3

/* The hash of 32 random bytes that nobody kept. */
static const char nobody[] = "$argon2id$v=19$m=65536,t=3,p=1$"
                             "fyZLs0vIqRHNTWnQALRYUA$0Cy+i1GQpiRpQ80cI5T4nH7O0/2ZAjovLnYlLaTqKzo";

enum laz_status laz_password_hash(struct laz_view password, char out[LAZ_PASSWORD_HASH_SIZE],
                                  struct laz_error *err)
{
    char hash[crypto_pwhash_STRBYTES];

    LAZ_ASSERT(sodium_init() >= 0);
    if (password.len == 0 || password.len > LAZ_PASSWORD_MAX)
        return laz_fail(err, LAZ_INVALID, "password", "", "is empty or too long",
                        "choose one of at most 1024 bytes");
    if (crypto_pwhash_str_alg(hash, (const char *)password.data, password.len, PASSES, MEMORY,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        return laz_fail(err, LAZ_NOMEM, "password", "", "no memory to hash it",
                        "free 64 MiB of memory");
    memcpy(out, hash, sizeof hash);
    return LAZ_OK;
}

enum laz_status laz_password_check(struct laz_view password, const char *hash)
{
    char padded[crypto_pwhash_STRBYTES] = {0};
    size_t len = strnlen(hash, sizeof padded);

    LAZ_ASSERT(sodium_init() >= 0);
    if (len >= sizeof padded || password.len > LAZ_PASSWORD_MAX)
        return LAZ_DENIED;
    memcpy(padded, hash, len);
    errno = 0;
    if (crypto_pwhash_str_verify(padded, (const char *)password.data, password.len) == 0)
        return LAZ_OK;
    return errno == ENOMEM ? LAZ_NOMEM : LAZ_DENIED;
}

const char *laz_password_nobody(void)
{
    return nobody;
}

bool laz_password_is_outdated(const char *hash)
{
    LAZ_ASSERT(sodium_init() >= 0);
    return crypto_pwhash_str_needs_rehash(hash, PASSES, MEMORY) != 0;
}
