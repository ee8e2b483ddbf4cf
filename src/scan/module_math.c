/* module_math.c - YARA's module math: how the bytes of a part are spread. The measures are those of
 * J. Walker's "ENT", which the module follows. */
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "match/fields_ids.h"
#include "scan/ranges.h"

#define MEAN_OF_BYTES  127.5
#define NO_CORRELATION (-100000.0) /* of equal bytes, or of none */
#define KEPT_MAX       8u          /* counted parts that are remembered */
#define POINT_LEN      6u          /* bytes of a point of monte_carlo_pi */
#define HALF_RANGE     16777215.0  /* largest coordinate, 256^3 - 1 */
#define PI             3.14159265358979323846

struct counted {
    uint64_t offset, len;
    uint32_t of[256];
};

struct state {
    size_t count, next;
    struct counted kept[KEPT_MAX];
    struct counted text; /* of an argument */
};

static bool open_state(struct laz_modules *m, void *state)
{
    return true;
}

static bool real(double value, struct laz_value *out)
{
    *out = laz_value_real(value);
    return !isnan(value); /* as YARA has it: what has no answer is undefined */
}

static void count_bytes(struct laz_view v, struct counted *out)
{
    memset(out->of, 0, sizeof out->of);
    out->len = v.len;
    for (size_t i = 0; i < v.len; i++)
        out->of[v.data[i]]++;
}

static bool is_kept(const struct state *s, uint64_t offset, struct laz_view part)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->kept[i].offset == offset && s->kept[i].len == part.len)
            return true;
    return false;
}

/* The counts of a part of the object: rules by the hundred ask for the same one. */
static const struct counted *recall(struct state *s, uint64_t offset, struct laz_view part)
{
    struct counted *c;

    for (size_t i = 0; i < s->count; i++)
        if (s->kept[i].offset == offset && s->kept[i].len == part.len)
            return &s->kept[i];
    c = &s->kept[s->next];
    s->next = (s->next + 1) % KEPT_MAX;
    s->count = s->count < KEPT_MAX ? s->count + 1 : KEPT_MAX;
    c->offset = offset;
    count_bytes(part, c);
    return c;
}

static double entropy(const struct counted *c)
{
    double sum = 0;

    for (size_t i = 0; i < 256; i++) {
        double share = c->len == 0 ? 0 : (double)c->of[i] / (double)c->len;

        if (share > 0)
            sum -= share * log2(share);
    }
    return sum;
}

static double mean(const struct counted *c)
{
    double sum = 0;

    for (size_t i = 0; i < 256; i++)
        sum += (double)i * c->of[i];
    return sum / (double)c->len;
}

static double deviation(const struct counted *c, double from)
{
    double sum = 0;

    for (size_t i = 0; i < 256; i++)
        sum += fabs((double)i - from) * c->of[i];
    return sum / (double)c->len;
}

static double coincidence(const struct counted *c)
{
    double sum = 0;

    for (size_t i = 0; i < 256; i++)
        sum += (double)c->of[i] * ((double)c->of[i] - 1);
    return sum / ((double)c->len * ((double)c->len - 1));
}

static int64_t mode(const struct counted *c)
{
    size_t most = 0;

    for (size_t i = 1; i < 256; i++)
        if (c->of[i] > c->of[most])
            most = i;
    return (int64_t)most;
}

/* How much each byte says of the next; the last one's next is the first. */
static double serial_correlation(struct laz_view v)
{
    double n = (double)v.len, sum = 0, squares = 0, products = 0, below;

    for (size_t i = 0; i < v.len; i++) {
        double c = v.data[i];

        sum += c;
        squares += c * c;
        products += c * v.data[i + 1 < v.len ? i + 1 : 0];
    }
    below = n * squares - sum * sum;
    return below == 0 ? NO_CORRELATION : (n * products - sum * sum) / below;
}

/* How far from pi is what the share of points within a circle says it is. */
static double monte_carlo_pi(struct laz_view v)
{
    struct laz_view point;
    double points = 0, inside = 0;

    while (laz_take(&v, POINT_LEN, &point)) {
        double x = point.data[0] * 65536.0 + point.data[1] * 256.0 + point.data[2];
        double y = point.data[3] * 65536.0 + point.data[4] * 256.0 + point.data[5];

        points++;
        inside += x * x + y * y <= HALF_RANGE * HALF_RANGE;
    }
    return fabs((4 * inside / points - PI) / PI);
}

/* All of it that is told from the bytes of a part. last is the argument behind the part. */
static bool measure(const struct counted *c, struct laz_view v, int64_t id,
                    const struct laz_value *last, struct laz_value *out)
{
    switch (id) {
    case LAZ_MATH_DEVIATION:
        return real(deviation(c, last->real), out);
    case LAZ_MATH_MEAN:
        return real(mean(c), out);
    case LAZ_MATH_SERIAL_CORRELATION:
        return real(serial_correlation(v), out);
    case LAZ_MATH_MONTE_CARLO_PI:
        return real(monte_carlo_pi(v), out);
    case LAZ_MATH_ENTROPY:
        return real(entropy(c), out);
    case LAZ_MATH_INDEX_OF_COINCIDENCE:
        return real(coincidence(c), out);
    default:
        return id == LAZ_MATH_MODE && laz_give_number(mode(c), out);
    }
}

/* Bytes are counted by their lowest eight bits, whatever number they were given as. */
static bool frequency(const struct counted *c, int64_t id, int64_t byte, struct laz_value *out)
{
    uint32_t n = c->of[(uint8_t)byte];

    return id == LAZ_MATH_COUNT ? laz_give_number(n, out) : real((double)n / (double)c->len, out);
}

static bool to_string(struct laz_modules *m, int64_t n, int64_t base, struct laz_value *out)
{
    uint8_t digits[32];
    struct laz_buf b;

    laz_buf_init(&b, sizeof digits);
    if (base == 10)
        laz_buf_addf(&b, "%lld", (long long)n);
    else if (base == 16)
        laz_buf_addf(&b, "%llx", (unsigned long long)n);
    else if (base == 8)
        laz_buf_addf(&b, "%llo", (unsigned long long)n);
    if (b.len > 0)
        *out = laz_modules_text(m, b.data, b.len);
    laz_buf_clear(&b);
    return out->kind == LAZ_VALUE_TEXT;
}

static bool of_numbers(struct laz_modules *m, const struct laz_field *field,
                       const struct laz_value *args, struct laz_value *out)
{
    switch (field->n) {
    case LAZ_MATH_MEAN_BYTES:
        return real(MEAN_OF_BYTES, out);
    case LAZ_MATH_IN_RANGE:
        return laz_give_number(args[1].real <= args[0].real && args[0].real <= args[2].real, out);
    case LAZ_MATH_MIN: /* both compare as if they had no sign */
        return laz_give_number((uint64_t)args[0].n < (uint64_t)args[1].n ? args[0].n : args[1].n,
                               out);
    case LAZ_MATH_MAX:
        return laz_give_number((uint64_t)args[0].n > (uint64_t)args[1].n ? args[0].n : args[1].n,
                               out);
    case LAZ_MATH_TO_NUMBER:
        return laz_give_number(args[0].n != 0, out);
    case LAZ_MATH_ABS: /* the least number has none, and stays */
        return laz_give_number(args[0].n < 0 ? (int64_t)(0 - (uint64_t)args[0].n) : args[0].n, out);
    default:
        return field->n == LAZ_MATH_TO_STRING &&
               to_string(m, args[0].n, field->args[1] == 'i' ? args[1].n : 10, out);
    }
}

static bool of_text(struct state *s, const struct laz_field *field, const struct laz_value *args,
                    struct laz_value *out)
{
    count_bytes(args[0].text, &s->text);
    return measure(&s->text, args[0].text, field->n, &args[1], out);
}

/* Of the part that args say from range on, or of the whole object. */
static bool of_part(struct laz_modules *m, struct state *s, const struct laz_field *field,
                    const struct laz_value *args, struct laz_value *out)
{
    bool counts = field->n == LAZ_MATH_COUNT || field->n == LAZ_MATH_PERCENTAGE;
    const struct laz_value *range = args + counts;
    struct laz_value whole[2];
    const struct counted *c;
    struct laz_view part;

    if (field->args[counts] != 'i') {
        whole[0] = laz_value_number(0);
        whole[1] = laz_value_number(INT64_MAX);
        range = whole;
    }
    if (!laz_range_take(m, range, &part) || part.len > UINT32_MAX)
        return false;
    if (!is_kept(s, (uint64_t)range[0].n, part) && !laz_modules_spend(m, part.len))
        return false;
    if ((field->n == LAZ_MATH_SERIAL_CORRELATION || field->n == LAZ_MATH_MONTE_CARLO_PI) &&
        !laz_modules_spend(m, part.len)) /* of which no counts tell */
        return false;
    c = recall(s, (uint64_t)range[0].n, part);
    return counts ? frequency(c, field->n, args[0].n, out)
                  : measure(c, part, field->n, &args[2], out);
}

bool laz_module_math(struct laz_modules *m, uint32_t index, const struct laz_value *args,
                     struct laz_value *out)
{
    const struct laz_field *field = &laz_fields_math.fields[index];
    struct state *s = laz_modules_state(m, LAZ_MODULE_MATH, sizeof *s, open_state);

    if (s == NULL)
        return false;
    switch (field->n) {
    case LAZ_MATH_DEVIATION:
    case LAZ_MATH_MEAN:
    case LAZ_MATH_SERIAL_CORRELATION:
    case LAZ_MATH_MONTE_CARLO_PI:
    case LAZ_MATH_ENTROPY:
    case LAZ_MATH_INDEX_OF_COINCIDENCE:
    case LAZ_MATH_COUNT:
    case LAZ_MATH_PERCENTAGE:
    case LAZ_MATH_MODE:
        return field->args[0] == 's' ? of_text(s, field, args, out)
                                     : of_part(m, s, field, args, out);
    default:
        return of_numbers(m, field, args, out);
    }
}
