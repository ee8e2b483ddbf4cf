/* module_object.c - what rules ask of any object, whatever its format: no module of YARA's. */
#include "base/arena.h"
#include "base/text.h"
#include "match/fields_ids.h"
#include "scan/modules_priv.h"
#include "scan/program.h"

#define NOWHERE     (INT64_MAX / 2) /* behind every object */
#define BYTES_MAX   18
#define NUMBER_TEXT 0xff /* of how a number stands there: the letter that ClamAV has for it */
#define ANY_LEN_MIN 3    /* of a number that says itself how it stands there */
#define IS_LITTLE   0x100
#define IS_EXACT    0x200

static bool open_object(struct laz_modules *m, void *state)
{
    return laz_program_read(m->input.bytes, m->arena, state);
}

static int64_t offset_or_nowhere(bool is_there, uint64_t offset)
{
    return is_there && offset < NOWHERE ? (int64_t)offset : NOWHERE;
}

static int64_t section_value(const struct laz_program *p, int64_t index, bool size)
{
    if (p == NULL || index < 0 || (uint64_t)index >= p->section_count)
        return size ? 0 : NOWHERE;
    return size ? offset_or_nowhere(true, p->sections[index].size)
                : offset_or_nowhere(p->sections[index].size > 0, p->sections[index].offset);
}

static bool has_version_key(const struct laz_program *p, int64_t offset)
{
    for (uint32_t i = 0; p != NULL && i < p->version_key_count; i++)
        if (offset >= 0 && p->version_keys[i] == (uint64_t)offset)
            return true;
    return false;
}

/* Bytes as a number; of eight the highest bit makes it negative. */
static int64_t read_binary(struct laz_view bytes, bool is_little)
{
    uint64_t n = 0;

    for (size_t i = 0; i < bytes.len; i++)
        n = n << 8 | bytes.data[is_little ? bytes.len - 1 - i : i];
    return (int64_t)n;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct laz_view without_blanks(struct laz_view text)
{
    while (text.len > 0 && is_blank(text.data[0]))
        text = laz_view_from_offset(text, 1);
    return text;
}

static bool has_hex_mark(struct laz_view text)
{
    return text.len > 1 && text.data[0] == '0' && (text.data[1] | 0x20) == 'x';
}

/* As C reads a number: blanks, a sign, digits as many as there are, and 0 without any. An exact one
 * has no blanks, and every byte is its own. */
static bool read_digits(struct laz_view text, unsigned base, bool is_exact, int64_t *out)
{
    bool is_negative;
    uint64_t n = 0;
    size_t i = 0;

    if (!is_exact)
        text = without_blanks(text);
    is_negative = text.len > 0 && text.data[0] == '-';
    if (is_negative || (text.len > 0 && text.data[0] == '+'))
        text = laz_view_from_offset(text, 1);
    if (base == 16 && has_hex_mark(text))
        text = laz_view_from_offset(text, 2);
    for (; i < text.len; i++) {
        int digit = laz_hex_value(text.data[i]);

        if (digit < 0 || (unsigned)digit >= base)
            break;
        if (n > ((uint64_t)INT64_MAX - 15) / base)
            return false;
        n = n * base + (unsigned)digit;
    }
    *out = is_negative ? -(int64_t)n : (int64_t)n;
    return !is_exact || (i > 0 && i == text.len);
}

/* Hexadecimal digits whose first pair is the lowest byte, as clamscan 1.4.6 has them: an odd number
 * of them gets a 0 in front, and a pair that is none ends them. An exact one has neither blanks nor
 * 0x nor an odd number. */
static bool read_little_hex(struct laz_view text, bool is_exact, int64_t *out)
{
    struct laz_view digits = without_blanks(text);
    uint64_t n = 0;
    size_t i = 0;

    if (has_hex_mark(digits))
        digits = laz_view_from_offset(digits, 2);
    if (is_exact && (digits.len != text.len || digits.len % 2 != 0))
        return false;
    for (unsigned shift = 0; i < digits.len && shift < 64; shift += 8) {
        int high = i == 0 && digits.len % 2 != 0 ? 0 : laz_hex_value(digits.data[i++]);
        int low = laz_hex_value(digits.data[i++]);

        if (high < 0 || low < 0)
            break;
        n |= (uint64_t)(high * 16 + low) << shift;
    }
    *out = (int64_t)n;
    return n <= INT64_MAX;
}

/* What may be of either kind is hexadecimal where 0x says so; only that may be little-endian. */
static bool read_text(struct laz_view text, int64_t how, int64_t *out)
{
    bool is_any = (how & NUMBER_TEXT) == 'a', is_exact = (how & IS_EXACT) != 0;
    bool is_little = (how & IS_LITTLE) != 0;
    struct laz_view digits = without_blanks(text);
    bool is_hex = (how & NUMBER_TEXT) == 'h' || (is_any && has_hex_mark(digits));

    if (is_any && (digits.len < ANY_LEN_MIN || (is_little && !is_hex)))
        return false;
    if (is_hex && is_little && text.len > 1)
        return read_little_hex(text, is_exact, out);
    return read_digits(text, is_hex ? 16 : 10, is_exact, out);
}

static bool number_at(struct laz_view object, int64_t offset, int64_t len, int64_t how,
                      int64_t *out)
{
    bool is_binary = (how & NUMBER_TEXT) == 'i';
    struct laz_view bytes;

    if (offset < 0 || len < 1 || len > BYTES_MAX)
        return false;
    if (!laz_view_at(object, (uint64_t)offset, (uint64_t)len, &bytes)) {
        bytes = laz_view_from_offset(object, (uint64_t)offset);
        if (is_binary || (how & IS_EXACT) != 0)
            return false;
    }
    if (!is_binary)
        return read_text(bytes, how, out);
    *out = read_binary(bytes, (how & IS_LITTLE) != 0);
    return true;
}

static bool is_in(const struct laz_modules_around *around, int64_t up, struct laz_view type)
{
    return around != NULL && up >= 1 && (uint64_t)up <= around->depth &&
           laz_view_equal_text(type, around->types[around->depth - (uint64_t)up]);
}

/* What only programs have. */
static bool program_value(const struct laz_program *p, enum laz_object_field field,
                          const struct laz_value *args, int64_t *out)
{
    switch (field) {
    case LAZ_OBJECT_ENTRY_POINT:
        *out = p == NULL ? 0 : (int64_t)p->entry;
        return p != NULL && p->has_entry;
    case LAZ_OBJECT_ENTRY_OFFSET:
        *out = p == NULL ? NOWHERE : offset_or_nowhere(p->has_entry, p->entry);
        return true;
    case LAZ_OBJECT_SECTION_COUNT:
        *out = p == NULL ? 0 : p->section_count;
        return true;
    case LAZ_OBJECT_SECTION_OFFSET:
    case LAZ_OBJECT_SECTION_SIZE:
        *out = section_value(p, args[0].n, field == LAZ_OBJECT_SECTION_SIZE);
        return true;
    case LAZ_OBJECT_LAST_SECTION_OFFSET:
        *out = section_value(p, p == NULL ? -1 : (int64_t)p->section_count - 1, false);
        return true;
    case LAZ_OBJECT_HAS_VERSION_KEY:
        *out = has_version_key(p, args[0].n);
        return true;
    default: /* known without the program */
        break;
    }
    return false;
}

/* What is known of the object by what it lies in. */
static bool member_value(const struct laz_modules *m, enum laz_object_field field, int64_t *out)
{
    const struct laz_modules_around *around = m->input.around;
    bool is_member = around != NULL && around->depth > 0;

    switch (field) {
    case LAZ_OBJECT_DEPTH:
        *out = around == NULL ? 0 : (int64_t)around->depth;
        return true;
    case LAZ_OBJECT_POSITION:
        *out = is_member ? (int64_t)around->position : 0;
        return true;
    case LAZ_OBJECT_SIZE:
        *out =
            is_member ? offset_or_nowhere(true, around->object_size) : (int64_t)m->input.bytes.len;
        return true;
    case LAZ_OBJECT_IS_ENCRYPTED:
        *out = is_member && around->is_encrypted;
        return true;
    case LAZ_OBJECT_CONTAINER_SIZE:
        *out = is_member ? offset_or_nowhere(true, around->size) : 0;
        return is_member;
    default:
        return false;
    }
}

static bool take_name(const struct laz_modules_around *around, struct laz_value *out)
{
    if (around == NULL || around->depth == 0)
        return false;
    *out = laz_value_text(around->name);
    return true;
}

bool laz_module_object(struct laz_modules *m, uint32_t index, const struct laz_value *args,
                       struct laz_value *out)
{
    enum laz_object_field field = (enum laz_object_field)laz_fields_object.fields[index].n;
    const struct laz_modules_around *around = m->input.around;
    int64_t n = 0;
    bool ok = true;

    if (field == LAZ_OBJECT_NUMBER_AT)
        ok = number_at(m->input.bytes, args[0].n, args[1].n, args[2].n, &n);
    else if (field == LAZ_OBJECT_NAME)
        return take_name(around, out);
    else if (field == LAZ_OBJECT_IS_IN)
        n = is_in(around, args[0].n, args[1].text);
    else if (field > LAZ_OBJECT_IS_IN || field == LAZ_OBJECT_DEPTH)
        ok = member_value(m, field, &n);
    else
        ok = program_value(
            laz_modules_state(m, LAZ_MODULE_OBJECT, sizeof(struct laz_program), open_object), field,
            args, &n);
    if (ok)
        *out = laz_value_number(n);
    return ok;
}
