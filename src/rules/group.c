#include "rules/compiler_priv.h"

#define PARTS_MAX 64 /* that 'and' joins, and that wait to be looked at */

/* What all objects of a target begin with. */
static const struct laz_group_key known[] = {
    {LAZ_TARGET_PE, 2, {'M', 'Z'}},
    {LAZ_TARGET_ELF, 4, {0x7f, 'E', 'L', 'F'}},
    {LAZ_TARGET_OLE2, 4, {0xd0, 0xcf, 0x11, 0xe0}},
};
#define KNOWN_COUNT (sizeof known / sizeof *known)

/* uint16(0) == 0x5a4d: the bytes that an object then begins with. */
static bool read_magic(const struct laz_ruleset *set, const struct laz_node *read,
                       const struct laz_node *number, struct laz_group_key *out)
{
    uint32_t width = read->operand & LAZ_READ_WIDTH;
    const struct laz_node *at;

    if (read->kind != LAZ_NODE_READ || number->kind != LAZ_NODE_NUMBER || width > LAZ_MAGIC_MAX)
        return false;
    at = laz_node_at(set, read->child[0]);
    if (at->kind != LAZ_NODE_NUMBER || at->n != 0)
        return false;
    out->magic_len = width;
    for (uint32_t i = 0; i < width; i++) {
        uint32_t shift = 8 * ((read->operand & LAZ_READ_BIG_ENDIAN) != 0 ? width - 1 - i : i);

        out->magic[i] = (uint8_t)((uint64_t)number->n >> shift);
    }
    return true;
}

/* $magic at 0, of a pattern that is one run of bytes. */
static bool pattern_magic(const struct laz_ruleset *set, const struct laz_ir_rule *rule,
                          const struct laz_node *node, struct laz_group_key *out)
{
    const struct laz_node *at = laz_node_at(set, node->child[0]);
    const struct laz_pattern *pattern;
    const struct laz_body *body;

    if (node->operand == LAZ_NODE_LOOP_PATTERN || at->kind != LAZ_NODE_NUMBER || at->n != 0)
        return false;
    pattern = laz_list_at(struct laz_pattern, &set->patterns, rule->pattern_first + node->operand);
    if (pattern->body_count != 1)
        return false;
    body = laz_list_at(struct laz_body, &set->bodies, pattern->body_first);
    if (body->nocase)
        return false;
    for (out->magic_len = 0; out->magic_len < body->token_count && out->magic_len < LAZ_MAGIC_MAX;
         out->magic_len++) {
        const struct laz_token *token =
            laz_list_at(struct laz_token, &set->tokens, body->token_first + out->magic_len);

        if (token->kind != LAZ_TOKEN_BYTE || token->mask != 0xff)
            break;
        out->magic[out->magic_len] = token->value;
    }
    return out->magic_len > 0;
}

static bool has_magic(const struct laz_ruleset *set, const struct laz_ir_rule *rule,
                      const struct laz_node *node, struct laz_group_key *out)
{
    if (node->kind == LAZ_NODE_AT)
        return pattern_magic(set, rule, node, out);
    return node->kind == LAZ_NODE_EQUAL && (read_magic(set, laz_node_at(set, node->child[0]),
                                                       laz_node_at(set, node->child[1]), out) ||
                                            read_magic(set, laz_node_at(set, node->child[1]),
                                                       laz_node_at(set, node->child[0]), out));
}

/* Rules of one kind of object share a group, whichever way they name it. */
static void unite(struct laz_group_key *key)
{
    for (size_t i = 0; i < KNOWN_COUNT; i++)
        if ((key->target != LAZ_TARGET_ANY && key->target == known[i].target) ||
            (key->target == LAZ_TARGET_ANY && key->magic_len >= known[i].magic_len &&
             memcmp(key->magic, known[i].magic, known[i].magic_len) == 0)) {
            *key = known[i];
            return;
        }
    if (key->target != LAZ_TARGET_ANY)
        key->magic_len = 0; /* the group takes the one or the other */
    memset(key->magic + key->magic_len, 0, LAZ_MAGIC_MAX - key->magic_len);
}

void laz_group_find(const struct laz_ruleset *set, const struct laz_ir_rule *rule,
                    struct laz_group_key *out)
{
    uint32_t parts[PARTS_MAX] = {rule->condition};
    size_t count = 1;

    *out = (struct laz_group_key){.target = (uint32_t)rule->flags >> LAZ_RULE_TARGET_SHIFT};
    while (out->target == LAZ_TARGET_ANY && count > 0) {
        const struct laz_node *node = laz_node_at(set, parts[--count]);

        if (has_magic(set, rule, node, out))
            break;
        out->magic_len = 0;
        if (node->kind == LAZ_NODE_AND && count + 2 <= PARTS_MAX) {
            parts[count++] = node->child[1];
            parts[count++] = node->child[0];
        }
    }
    unite(out);
}
