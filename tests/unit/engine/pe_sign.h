/* pe_sign.h - signs the programs that tests put together, with keys made for the test. */
#ifndef LAZ_TESTS_PE_SIGN_H
#define LAZ_TESTS_PE_SIGN_H

#include "base/buf.h"

enum pe_stamp {
    PE_STAMP_NONE,
    PE_STAMP_PKCS9,   /* a countersignature inside the message */
    PE_STAMP_RFC3161, /* a time stamp with certificates of its own */
};

struct pe_signing {
    enum pe_stamp stamp;
    bool is_nested; /* a second signature inside the first */
    const char *program_name;
    bool has_slow_key; /* whose exponent has far more bits than keys have */
};

#define PE_SIGN_TIME 1700000000 /* what stamps say */

/* Appends a signature to the program and enters it into its header. */
bool pe_sign(struct laz_buf *program, const struct pe_signing *how);
/* The message alone, over the digest of content (32 bytes, SHA-256). */
bool pe_sign_message(const uint8_t digest[32], const struct pe_signing *how, struct laz_buf *out);

#endif
