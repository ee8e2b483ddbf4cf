#include "sign/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

static const struct {
    const char *name;
    size_t size;
} known[LAZ_DIGESTS] = {
    {"MD5", LAZ_MD5_SIZE},
    {"SHA1", LAZ_SHA1_SIZE},
    {"SHA256", LAZ_SHA256_SIZE},
};

/* Written once by laz_digest_init and then only read: what a process has fetched it keeps, because
 * a sandboxed one cannot fetch again. */
static EVP_MD *fetched[LAZ_DIGESTS];

void laz_digest_skip_configuration(void)
{
    uint64_t options = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT;

    /* On failure the configuration is read. */
    laz_ignore(OPENSSL_init_crypto(options, NULL) != 1);
}

void laz_digest_init(void)
{
    for (size_t i = 0; i < LAZ_DIGESTS; i++) {
        if (fetched[i] != NULL)
            continue;
        fetched[i] = EVP_MD_fetch(NULL, known[i].name, NULL);
        LAZ_ASSERT(fetched[i] != NULL && (size_t)EVP_MD_get_size(fetched[i]) == known[i].size);
    }
}

size_t laz_digest_bytes(enum laz_digest kind)
{
    LAZ_ASSERT(kind < LAZ_DIGESTS);
    return known[kind].size;
}

enum laz_status laz_digest(enum laz_digest kind, struct laz_view v, uint8_t *out)
{
    struct laz_digest_job job;
    enum laz_status s = laz_digest_start(&job, kind);

    if (s != LAZ_OK)
        return s;
    s = laz_digest_add(&job, v);
    if (s != LAZ_OK) {
        laz_digest_drop(&job);
        return s;
    }
    return laz_digest_finish(&job, out);
}

enum laz_status laz_digest_start(struct laz_digest_job *job, enum laz_digest kind)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    LAZ_ASSERT(kind < LAZ_DIGESTS);
    laz_digest_init();
    *job = (struct laz_digest_job){.kind = kind};
    if (context == NULL)
        return LAZ_NOMEM;
    if (EVP_DigestInit_ex2(context, fetched[kind], NULL) != 1) {
        EVP_MD_CTX_free(context);
        return LAZ_NOMEM;
    }
    job->context = context;
    return LAZ_OK;
}

enum laz_status laz_digest_add(struct laz_digest_job *job, struct laz_view v)
{
    LAZ_ASSERT(job->context != NULL);
    return v.len == 0 || EVP_DigestUpdate(job->context, v.data, v.len) == 1 ? LAZ_OK : LAZ_NOMEM;
}

enum laz_status laz_digest_finish(struct laz_digest_job *job, uint8_t *out)
{
    unsigned size = 0;
    int ok;

    LAZ_ASSERT(job->context != NULL);
    ok = EVP_DigestFinal_ex(job->context, out, &size);
    laz_digest_drop(job);
    return ok == 1 && size == known[job->kind].size ? LAZ_OK : LAZ_NOMEM;
}

void laz_digest_drop(struct laz_digest_job *job)
{
    EVP_MD_CTX_free(job->context);
    job->context = NULL;
}
