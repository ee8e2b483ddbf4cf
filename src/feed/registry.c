#include "feed/registry.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "base/text.h"
#include "sys/fd.h"

#define FILE_NAME "sources.conf"
#define HEAD                                                                                       \
    "# The sources of detection content that this machine follows. Written by 'lazaret content'\n" \
    "# (see lazaret-content(8)), which takes it back only as it writes it.\n"

enum field_type { TEXT, NUMBER, FLAG, KIND, OUTCOME };

struct field {
    const char *name;
    enum field_type type;
    size_t offset, size; /* size: of a text's room */
};

#define TEXT_FIELD(name, member)                                                                   \
    {                                                                                              \
        name, TEXT, offsetof(struct laz_feed_source, member),                                      \
            sizeof((struct laz_feed_source *)0)->member                                            \
    }
#define FIELD(name, type, member)                                                                  \
    {                                                                                              \
        name, type, offsetof(struct laz_feed_source, member), 0                                    \
    }

static const struct field fields[] = {
    FIELD("kind", KIND, kind),
    TEXT_FIELD("location", location),
    FIELD("enabled", FLAG, enabled),
    TEXT_FIELD("licence", licence),
    TEXT_FIELD("terms", terms),
    TEXT_FIELD("secret-file", secret_file),
    TEXT_FIELD("ca-file", ca_file),
    FIELD("plain-http", FLAG, plain_http),
    FIELD("every", NUMBER, every_s),
    FIELD("max-size", NUMBER, size_max),
    FIELD("outcome", OUTCOME, outcome),
    FIELD("http", NUMBER, http),
    TEXT_FIELD("error", error),
    FIELD("failures", NUMBER, failures),
    TEXT_FIELD("etag", etag),
    TEXT_FIELD("modified", modified),
    TEXT_FIELD("part-etag", part_etag),
    TEXT_FIELD("part-modified", part_modified),
    TEXT_FIELD("digest", digest),
    TEXT_FIELD("good", good),
    TEXT_FIELD("refused", refused),
    FIELD("size", NUMBER, size),
    FIELD("taken", NUMBER, taken),
    FIELD("unusable", NUMBER, unusable),
    FIELD("left-out", NUMBER, left_out),
    FIELD("checked", NUMBER, checked_ms),
    FIELD("changed", NUMBER, changed_ms),
    FIELD("whole", NUMBER, whole_ms),
    FIELD("well", NUMBER, well_ms),
    FIELD("failing", NUMBER, failing_ms),
    FIELD("next", NUMBER, next_ms),
};
#define FIELD_COUNT (sizeof fields / sizeof *fields)
static_assert(FIELD_COUNT <= 32, "a source's fields are marked in 32 bits");

/* What stands before the first source. */
static const struct head_field {
    const char *name;
    size_t offset;
} head_fields[] = {
    {"held", offsetof(struct laz_feed_registry, held_ms)},
    {"built", offsetof(struct laz_feed_registry, built_ms)},
    {"left-out", offsetof(struct laz_feed_registry, left_out)},
};
#define HEAD_COUNT (sizeof head_fields / sizeof *head_fields)

void laz_feed_registry_init(struct laz_feed_registry *r)
{
    memset(r, 0, sizeof *r);
}

void laz_feed_registry_clear(struct laz_feed_registry *r)
{
    free(r->sources);
    laz_feed_registry_init(r);
}

struct laz_feed_source *laz_feed_registry_find(const struct laz_feed_registry *r, const char *id)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->sources[i].id, id) == 0)
            return &r->sources[i];
    return NULL;
}

enum laz_status laz_feed_registry_add(struct laz_feed_registry *r,
                                      const struct laz_feed_source *source, struct laz_error *err)
{
    if (laz_feed_registry_find(r, source->id) != NULL)
        return laz_fail(err, LAZ_EXISTS, "content", source->id, "is a source already",
                        "choose another id with --id, or remove that one first");
    if (r->count == LAZ_FEED_SOURCES_MAX)
        return laz_fail(err, LAZ_LIMIT, "content", source->id, "would be the 257th source",
                        "remove one first");
    if (r->count == r->capacity) {
        size_t capacity = r->capacity == 0 ? 8 : r->capacity * 2;
        struct laz_feed_source *longer = realloc(r->sources, capacity * sizeof *longer);

        if (longer == NULL)
            return laz_fail(err, LAZ_NOMEM, "content", source->id, "no memory", "");
        r->sources = longer;
        r->capacity = capacity;
    }
    r->sources[r->count++] = *source;
    return LAZ_OK;
}

void laz_feed_registry_remove(struct laz_feed_registry *r, struct laz_feed_source *source)
{
    size_t at = (size_t)(source - r->sources);

    LAZ_ASSERT(at < r->count);
    memmove(source, source + 1, (r->count - at - 1) * sizeof *source);
    r->count--;
}

/* ---------------------------------------------------------------- reading */

struct reader {
    struct laz_feed_registry *registry;
    const char *name;
    uint32_t line, section_line;
    uint32_t seen; /* a bit for each field of the section, so that none comes twice */
    bool in_section;
    struct laz_feed_source source;
    struct laz_error *err;
};

static enum laz_status refuse(struct reader *r, uint32_t line, const char *why)
{
    return laz_fail_at(r->err, LAZ_INVALID, "content", r->name, line, 1, why,
                       "correct it, or move the file away and add the sources again");
}

static bool is_plain_text(struct laz_view v)
{
    for (size_t i = 0; i < v.len; i++)
        if (v.data[i] < ' ' || v.data[i] == 0x7F)
            return false;
    return laz_utf8_is_valid(v);
}

static bool set_field(struct laz_feed_source *s, const struct field *f, struct laz_view value)
{
    char *at = (char *)s + f->offset;

    switch (f->type) {
    case TEXT:
        if (value.len >= f->size || !is_plain_text(value))
            return false;
        memset(at, 0, f->size);
        if (value.len > 0)
            memcpy(at, value.data, value.len);
        return true;
    case NUMBER:
        return laz_parse_u64(value, INT64_MAX, (uint64_t *)(void *)at);
    case FLAG:
        *(bool *)at = laz_view_equal_text(value, "yes");
        return *(bool *)at || laz_view_equal_text(value, "no");
    case KIND:
        return laz_feed_kind_parse(value, (enum laz_feed_kind *)(void *)at);
    case OUTCOME:
        return laz_feed_outcome_parse(value, (enum laz_feed_outcome *)(void *)at);
    }
    return false;
}

static bool digest_is_valid(const char *text)
{
    uint8_t bytes[32];

    return text[0] == '\0' || laz_hex_decode(laz_view_of(text), bytes, sizeof bytes);
}

static enum laz_status end_section(struct reader *r)
{
    const char *why;
    enum laz_status s;

    if (!r->in_section)
        return LAZ_OK;
    if ((r->seen & 1) == 0)
        return refuse(r, r->section_line, "the source has no kind");
    if (!laz_feed_source_check(&r->source, &why))
        return refuse(r, r->section_line, why);
    if (!digest_is_valid(r->source.digest) || !digest_is_valid(r->source.good) ||
        !digest_is_valid(r->source.refused))
        return refuse(r, r->section_line, "a digest is not 64 hexadecimal digits");
    s = laz_feed_registry_add(r->registry, &r->source, r->err);
    return s == LAZ_EXISTS ? refuse(r, r->section_line, "the source stands here twice") : s;
}

static enum laz_status start_section(struct reader *r, struct laz_view line)
{
    enum laz_status s = end_section(r);
    char id[LAZ_FEED_ID_SIZE] = "";

    if (s != LAZ_OK)
        return s;
    if (line.len < 3 || line.data[line.len - 1] != ']')
        return refuse(r, r->line, "expected [ID]");
    line = laz_view_from(line.data + 1, line.len - 2);
    if (!laz_feed_id_is_valid(line))
        return refuse(r, r->line, "an id is 1 to 32 letters, digits, '-', '_' and '.'");
    memcpy(id, line.data, line.len);
    laz_feed_source_init(&r->source, id, LAZ_FEED_FILE);
    r->in_section = true;
    r->section_line = r->line;
    r->seen = 0;
    return LAZ_OK;
}

static enum laz_status read_inputs(struct reader *r, struct laz_view value)
{
    uint8_t bytes[32];

    if (!laz_hex_decode(value, bytes, sizeof bytes))
        return refuse(r, r->line, "expected 64 hexadecimal digits");
    laz_hex_encode(laz_view_from(bytes, sizeof bytes), r->registry->inputs);
    return LAZ_OK;
}

static enum laz_status read_head_field(struct reader *r, struct laz_view key, struct laz_view value)
{
    if (laz_view_equal_text(key, "inputs"))
        return read_inputs(r, value);
    for (size_t i = 0; i < HEAD_COUNT; i++) {
        uint64_t *at = (uint64_t *)(void *)((char *)r->registry + head_fields[i].offset);

        if (!laz_view_equal_text(key, head_fields[i].name))
            continue;
        return laz_parse_u64(value, INT64_MAX, at) ? LAZ_OK
                                                   : refuse(r, r->line, "expected a number");
    }
    return refuse(r, r->line, "is not a setting that stands before the first source");
}

static enum laz_status read_field(struct reader *r, struct laz_view key, struct laz_view value)
{
    if (!r->in_section)
        return read_head_field(r, key, value);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (!laz_view_equal_text(key, fields[i].name))
            continue;
        if ((r->seen >> i & 1) != 0)
            return refuse(r, r->line, "the setting stands here twice");
        r->seen |= 1u << i;
        return set_field(&r->source, &fields[i], value)
                   ? LAZ_OK
                   : refuse(r, r->line, "the value is not one that the setting takes");
    }
    return refuse(r, r->line, "is not a setting of a source");
}

static enum laz_status read_line(struct reader *r, struct laz_view line)
{
    struct laz_view key;

    line = laz_view_trim(line);
    if (line.len == 0 || line.data[0] == '#')
        return LAZ_OK;
    if (line.data[0] == '[')
        return start_section(r, line);
    if (laz_view_find_byte(line, '=') == line.len)
        return refuse(r, r->line, "expected [ID] or NAME = VALUE");
    laz_ignore(laz_take_until(&line, '=', &key)); /* there is one */
    return read_field(r, laz_view_trim(key), laz_view_trim(line));
}

enum laz_status laz_feed_registry_parse(struct laz_feed_registry *out, struct laz_view text,
                                        const char *name, struct laz_error *err)
{
    struct reader r = {.registry = out, .name = name, .err = err};
    struct laz_view line;

    while (laz_take_until(&text, '\n', &line)) {
        enum laz_status s;

        r.line++;
        s = read_line(&r, line);
        if (s != LAZ_OK)
            return s;
    }
    return end_section(&r);
}

/* ---------------------------------------------------------------- writing */

static void write_number(struct laz_buf *out, const char *name, uint64_t n)
{
    if (n > 0)
        laz_ignore(laz_buf_addf(out, "%s = %llu\n", name, (unsigned long long)n));
}

static void write_text(struct laz_buf *out, const char *name, const char *text)
{
    if (text[0] != '\0')
        laz_ignore(laz_buf_addf(out, "%s = %s\n", name, text));
}

/* What has its usual value is not written. */
static void write_field(struct laz_buf *out, const struct laz_feed_source *s, const struct field *f)
{
    const char *at = (const char *)s + f->offset;

    switch (f->type) {
    case TEXT:
        write_text(out, f->name, at);
        return;
    case NUMBER:
        write_number(out, f->name, *(const uint64_t *)(const void *)at);
        return;
    case FLAG:
        write_text(out, f->name, *(const bool *)at ? "yes" : "no");
        return;
    case KIND:
        write_text(out, f->name, laz_feed_kind_name(*(const enum laz_feed_kind *)(const void *)at));
        return;
    case OUTCOME:
        write_text(out, f->name,
                   laz_feed_outcome_name(*(const enum laz_feed_outcome *)(const void *)at));
        return;
    }
}

enum laz_status laz_feed_registry_write(const struct laz_feed_registry *r, struct laz_buf *out)
{
    laz_ignore(laz_buf_add_text(out, HEAD)); /* the buffer remembers a refusal, here and above */
    for (size_t i = 0; i < HEAD_COUNT; i++)
        write_number(out, head_fields[i].name,
                     *(const uint64_t *)(const void *)((const char *)r + head_fields[i].offset));
    write_text(out, "inputs", r->inputs);
    for (size_t i = 0; i < r->count; i++) {
        laz_ignore(laz_buf_addf(out, "\n[%s]\n", r->sources[i].id));
        for (size_t f = 0; f < FIELD_COUNT; f++)
            write_field(out, &r->sources[i], &fields[f]);
    }
    return laz_buf_failed(out);
}

/* ---------------------------------------------------------------- the file */

enum laz_status laz_feed_registry_load(struct laz_feed_registry *out, int dir_fd,
                                       struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = openat(dir_fd, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    LAZ_OWNED(laz_buf_drop) struct laz_buf text = {0};
    enum laz_status s;

    laz_feed_registry_init(out);
    laz_buf_init(&text, LAZ_FEED_REGISTRY_MAX);
    if (fd < 0)
        return errno == ENOENT ? LAZ_OK
                               : laz_fail_errno(err, "content", FILE_NAME, "check permissions");
    s = laz_read_all(fd, &text, err);
    if (s == LAZ_OK)
        s = laz_feed_registry_parse(out, laz_buf_view(&text), FILE_NAME, err);
    if (s != LAZ_OK)
        laz_feed_registry_clear(out);
    return s;
}

enum laz_status laz_feed_registry_save(const struct laz_feed_registry *r, int dir_fd,
                                       struct laz_error *err)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf text = {0};
    enum laz_status s;

    laz_buf_init(&text, LAZ_FEED_REGISTRY_MAX);
    s = laz_feed_registry_write(r, &text);
    if (s != LAZ_OK)
        return laz_fail(err, s, "content", FILE_NAME, "has become too large", "remove sources");
    return laz_replace_file(dir_fd, FILE_NAME, laz_buf_view(&text), 0600, err);
}
