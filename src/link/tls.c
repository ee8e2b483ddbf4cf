/* The TLS side of the server: OpenSSL 3, TLS 1.2 with forward secrecy and AEAD, or 1.3. */
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/text.h"
#include "link/server_priv.h"

#define CIPHERS_12                                                                                 \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"   \
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305"

static const uint8_t session_context[] = "lazaret";

static void bio_drop(BIO **bio)
{
    BIO_free(*bio);
    *bio = NULL;
}

static BIO *bio_over(struct laz_view pem)
{
    return pem.len == 0 || pem.len > 4 * LAZ_PEM_MAX ? NULL
                                                     : BIO_new_mem_buf(pem.data, (int)pem.len);
}

static void ctx_drop(SSL_CTX **ctx)
{
    SSL_CTX_free(*ctx);
    *ctx = NULL;
}

/* The first certificate is ours, those behind it travel along. */
static bool use_chain(SSL_CTX *ctx, struct laz_view pem)
{
    LAZ_OWNED(bio_drop) BIO *bio = bio_over(pem);
    X509 *c = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
    bool ok = c != NULL && SSL_CTX_use_certificate(ctx, c) == 1;

    X509_free(c);
    while (ok && (c = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
        if (SSL_CTX_add0_chain_cert(ctx, c) != 1) {
            X509_free(c);
            ok = false;
        }
    ERR_clear_error(); /* the end of the text is an error too */
    return ok;
}

static bool use_key(SSL_CTX *ctx, struct laz_view pem)
{
    LAZ_OWNED(bio_drop) BIO *bio = bio_over(pem);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    bool ok =
        key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1;

    EVP_PKEY_free(key);
    return ok;
}

static bool ask_clients(SSL_CTX *ctx, struct laz_view ca_pem)
{
    LAZ_OWNED(bio_drop) BIO *bio = bio_over(ca_pem);
    X509 *ca = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
    bool ok = ca != NULL && X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), ca) == 1 &&
              SSL_CTX_add_client_CA(ctx, ca) == 1;

    X509_free(ca);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_verify_depth(ctx, 1);
    return ok;
}

static bool set_protocol(SSL_CTX *ctx)
{
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(ctx, CIPHERS_12) == 1 &&
           SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") == 1 &&
           SSL_CTX_set_session_id_context(ctx, session_context, sizeof session_context - 1) == 1;
}

enum laz_status laz_tls_server_new(struct laz_view chain_pem, struct laz_view key_pem,
                                   struct laz_view client_ca_pem, SSL_CTX **out,
                                   struct laz_error *err)
{
    LAZ_OWNED(ctx_drop) SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    if (ctx == NULL || !set_protocol(ctx)) {
        ERR_clear_error();
        return laz_fail(err, LAZ_NOMEM, "TLS", "", "cannot be set up", "");
    }
    if (!use_chain(ctx, chain_pem) || !use_key(ctx, key_pem)) {
        ERR_clear_error();
        return laz_fail(err, LAZ_DAMAGED, "TLS", "", "the certificate does not fit its key",
                        "restore both from a backup");
    }
    if (client_ca_pem.len > 0 && !ask_clients(ctx, client_ca_pem)) {
        ERR_clear_error();
        return laz_fail(err, LAZ_DAMAGED, "TLS", "", "the agents' authority cannot be read",
                        "restore it from a backup");
    }
    *out = laz_move(ctx);
    return LAZ_OK;
}

bool laz_tls_peer(SSL *ssl, struct laz_certificate *out)
{
    X509 *c = SSL_get1_peer_certificate(ssl);
    uint8_t *der = NULL;
    int len = c == NULL ? 0 : i2d_X509(c, &der);
    bool ok = len > 0 && SSL_get_verify_result(ssl) == X509_V_OK &&
              laz_certificate_read_der(laz_view_from(der, (size_t)len), out, NULL) == LAZ_OK;

    OPENSSL_free(der);
    X509_free(c);
    ERR_clear_error();
    return ok;
}
