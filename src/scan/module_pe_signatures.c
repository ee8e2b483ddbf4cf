#include "scan/module_pe_priv.h"

static void read_signatures(const struct laz_pe_question *q, bool verifies)
{
    struct laz_module_pe *s = q->state;
    struct laz_signed_parts parts = {.count = LAZ_PE_SIGNED_PARTS};
    struct laz_pe_signature signature;

    if (!laz_pe_signature_read(&s->pe, &signature))
        return;
    for (unsigned i = 0; i < LAZ_PE_SIGNED_PARTS; i++)
        parts.parts[i] = signature.parts[i];
    laz_ignore(!laz_authenticode_read(signature.pkcs7, verifies ? &parts : NULL, q->modules->arena,
                                      &s->signatures)); /* what was read before is there */
}

/* Verification reads the whole file and is done only when a rule asks for what it tells. */
static const struct laz_authenticode_list *signatures_of(const struct laz_pe_question *q,
                                                         bool verifies)
{
    struct laz_module_pe *s = q->state;

    if (verifies && laz_pe_begin_part(s, LAZ_PE_PART_VERIFIED)) {
        laz_pe_begin_part(s, LAZ_PE_PART_SIGNATURES);
        read_signatures(q, true);
    } else if (laz_pe_begin_part(s, LAZ_PE_PART_SIGNATURES)) {
        read_signatures(q, false);
    }
    return &s->signatures;
}

static bool needs_verification(enum laz_pe_field field)
{
    return field == LAZ_PE_IS_SIGNED || field == LAZ_PE_SIGNATURE_VERIFIED ||
           field == LAZ_PE_SIGNATURE_FILE_DIGEST || field == LAZ_PE_COUNTER_VERIFIED;
}

static bool give_text_if(const struct laz_pe_question *q, struct laz_view text)
{
    return text.data != NULL && laz_pe_give_text(q, text);
}

/* The fields of a certificate; first is the row of its thumbprint, where they begin. */
static bool answer_certificate(const struct laz_pe_question *q, enum laz_pe_field first,
                               const struct laz_certificate_text *c)
{
    switch (q->field - first + LAZ_PE_SIGNATURE_THUMBPRINT) {
    case LAZ_PE_SIGNATURE_THUMBPRINT:
        return give_text_if(q, c->thumbprint);
    case LAZ_PE_SIGNATURE_ISSUER:
        return give_text_if(q, c->issuer);
    case LAZ_PE_SIGNATURE_SUBJECT:
        return give_text_if(q, c->subject);
    case LAZ_PE_SIGNATURE_VERSION:
        return laz_pe_give_number(q, (uint64_t)c->version);
    case LAZ_PE_SIGNATURE_ALGORITHM:
        return give_text_if(q, c->algorithm);
    case LAZ_PE_SIGNATURE_ALGORITHM_OID:
        return give_text_if(q, c->algorithm_oid);
    case LAZ_PE_SIGNATURE_SERIAL:
        return give_text_if(q, c->serial);
    case LAZ_PE_SIGNATURE_NOT_BEFORE:
        return laz_pe_give_number(q, (uint64_t)c->not_before_s);
    default: /* not_after, the last */
        return laz_pe_give_number(q, (uint64_t)c->not_after_s);
    }
}

/* The n-th argument chooses one of list. */
static bool answer_listed(const struct laz_pe_question *q, unsigned n, enum laz_pe_field first,
                          const struct laz_certificate_list *list)
{
    uint32_t i;

    return laz_pe_index(q, n, list->count, &i) && answer_certificate(q, first, &list->items[i]);
}

static bool answer_valid_on(const struct laz_pe_question *q, const struct laz_authenticode *a)
{
    int64_t time = q->args[1].n;

    return a->chain.count > 0 && laz_pe_give_number(q, time >= a->chain.items[0].not_before_s &&
                                                           time <= a->chain.items[0].not_after_s);
}

static bool answer_counter(const struct laz_pe_question *q, const struct laz_authenticode *a)
{
    const struct laz_countersignature *c;
    uint32_t i;

    if (!laz_pe_index(q, 1, a->counter_count, &i))
        return false;
    c = &a->counters[i];
    switch (q->field) {
    case LAZ_PE_COUNTER_VERIFIED:
        return laz_pe_give_number(q, c->is_verified);
    case LAZ_PE_COUNTER_SIGN_TIME:
        return laz_pe_give_number(q, c->has_time ? (uint64_t)c->time_s : 0);
    case LAZ_PE_COUNTER_DIGEST_ALG:
        return give_text_if(q, c->digest_algorithm);
    case LAZ_PE_COUNTER_DIGEST:
        return give_text_if(q, c->digest);
    case LAZ_PE_COUNTER_LENGTH_OF_CHAIN:
    case LAZ_PE_COUNTER_CHAIN_COUNT:
        return laz_pe_give_number(q, c->chain.count);
    default: /* of one certificate of its chain */
        return answer_listed(q, 2, LAZ_PE_COUNTER_CHAIN_THUMBPRINT, &c->chain);
    }
}

/* What the signer's own block says. */
static bool answer_signer(const struct laz_pe_question *q, const struct laz_authenticode *a)
{
    switch (q->field) {
    case LAZ_PE_SIGNER_PROGRAM_NAME:
        return give_text_if(q, a->program_name);
    case LAZ_PE_SIGNER_DIGEST:
        return give_text_if(q, a->signer_digest);
    case LAZ_PE_SIGNER_DIGEST_ALG:
        return give_text_if(q, a->signer_digest_algorithm);
    case LAZ_PE_SIGNER_LENGTH_OF_CHAIN:
    case LAZ_PE_SIGNER_CHAIN_COUNT:
        return laz_pe_give_number(q, a->chain.count);
    default: /* of one certificate of its chain */
        return answer_listed(q, 1, LAZ_PE_SIGNER_CHAIN_THUMBPRINT, &a->chain);
    }
}

static bool answer_one(const struct laz_pe_question *q, const struct laz_authenticode *a)
{
    switch (q->field) {
    case LAZ_PE_SIGNATURE_VALID_ON:
        return answer_valid_on(q, a);
    case LAZ_PE_SIGNATURE_VERIFIED:
        return laz_pe_give_number(q, a->is_verified);
    case LAZ_PE_SIGNATURE_DIGEST_ALG:
        return give_text_if(q, a->digest_algorithm);
    case LAZ_PE_SIGNATURE_DIGEST:
        return give_text_if(q, a->digest);
    case LAZ_PE_SIGNATURE_FILE_DIGEST:
        return give_text_if(q, a->file_digest);
    case LAZ_PE_NUMBER_OF_CERTIFICATES:
    case LAZ_PE_CERTIFICATE_COUNT:
        return laz_pe_give_number(q, a->certificates.count);
    case LAZ_PE_NUMBER_OF_COUNTERS:
    case LAZ_PE_COUNTER_COUNT:
        return laz_pe_give_number(q, a->counter_count);
    default: /* by where the row stands */
        break;
    }
    if (q->field >= LAZ_PE_NUMBER_OF_COUNTERS)
        return answer_counter(q, a);
    if (q->field >= LAZ_PE_SIGNER_PROGRAM_NAME)
        return answer_signer(q, a);
    if (q->field >= LAZ_PE_CERTIFICATE_THUMBPRINT)
        return answer_listed(q, 1, LAZ_PE_CERTIFICATE_THUMBPRINT, &a->certificates);
    /* The signer's certificate, as it was told before signatures had lists. */
    return a->chain.count > 0 &&
           answer_certificate(q, LAZ_PE_SIGNATURE_THUMBPRINT, &a->chain.items[0]);
}

static bool answer_is_signed(const struct laz_pe_question *q,
                             const struct laz_authenticode_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i].is_verified)
            return laz_pe_give_number(q, 1);
    return laz_pe_give_number(q, 0);
}

bool laz_pe_answer_signatures(const struct laz_pe_question *q)
{
    const struct laz_authenticode_list *list;
    uint32_t i;

    if (q->field >= LAZ_PE_FIELD_COUNT) /* a constant: nobody asks for it */
        return false;
    list = signatures_of(q, needs_verification(q->field));
    switch (q->field) {
    case LAZ_PE_IS_SIGNED:
        return answer_is_signed(q, list);
    case LAZ_PE_NUMBER_OF_SIGNATURES:
    case LAZ_PE_SIGNATURE_COUNT:
        return laz_pe_give_number(q, list->count);
    default: /* of one signature */
        return laz_pe_index(q, 0, list->count, &i) && answer_one(q, &list->items[i]);
    }
}
