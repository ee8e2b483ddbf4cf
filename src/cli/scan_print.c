#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/number.h"
#include "base/text.h"
#include "cli/scan.h"

#define LINE_MAX_LEN (512 * KIB)

/* All additions to a line are checked once, when it is printed. */
static void add(struct laz_buf *b, const char *text)
{
    laz_ignore(laz_buf_add_text(b, text));
}

static void add_json(struct laz_buf *b, const char *key, const char *text)
{
    laz_ignore(laz_buf_addf(b, "\"%s\":", key));
    laz_ignore(laz_buf_add_json(b, laz_view_of(text)));
}

static void add_number(struct laz_buf *b, const char *key, uint64_t n)
{
    laz_ignore(laz_buf_addf(b, ",\"%s\":%" PRIu64, key, n));
}

static void add_path(struct laz_buf *b, const char *path)
{
    add_json(b, "path", path);
    if (laz_utf8_is_valid(laz_view_of(path)))
        return;
    add(b, ",\"path_b64\":\"");
    laz_ignore(laz_buf_add_base64(b, laz_view_of(path)));
    add(b, "\"");
}

static void add_sha256(struct laz_buf *b, const struct laz_verdict *v)
{
    add(b, ",\"sha256\":");
    if (!v->has_sha256) {
        add(b, "null");
        return;
    }
    add(b, "\"");
    laz_ignore(laz_buf_add_hex(b, laz_view_from(v->sha256, sizeof v->sha256)));
    add(b, "\"");
}

static void add_detections(struct laz_buf *b, const struct laz_verdict *v)
{
    add(b, ",\"detections\":[");
    for (uint32_t i = 0; i < v->detection_count; i++) {
        const struct laz_detection *d = &v->detections[i];

        add(b, i == 0 ? "{" : ",{");
        add_json(b, "name", d->name);
        add(b, ",");
        add_json(b, "kind", d->kind);
        add(b, ",");
        add_json(b, "member", d->member);
        add(b, ",");
        add_json(b, "source", d->source);
        add(b, ",");
        add_json(b, "reason", d->about);
        add(b, ",");
        add_json(b, "attack", d->attack);
        add(b, "}");
    }
    add(b, "]");
}

static void add_notes(struct laz_buf *b, const struct laz_verdict *v)
{
    add(b, ",\"notes\":[");
    for (uint32_t i = 0; i < v->note_count; i++) {
        const struct laz_note *n = &v->notes[i];

        add(b, i == 0 ? "{" : ",{");
        add_json(b, "reason", n->reason);
        add(b, ",");
        add_json(b, "member", n->member);
        add(b, ",");
        add_json(b, "type", n->type);
        add(b, "}");
    }
    add(b, "]");
    add_number(b, "notes_dropped", v->notes_dropped);
}

static void print(const struct laz_buf *b)
{
    LAZ_ASSERT(laz_buf_failed(b) != LAZ_LIMIT); /* a verdict has bounds */
    fputs(laz_buf_text(b), stdout);
}

void laz_scan_print_json(const char *path, const struct laz_verdict *v)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};

    laz_buf_init(&b, LINE_MAX_LEN);
    add(&b, "{");
    add_path(&b, path);
    add(&b, ",");
    add_json(&b, "verdict", laz_verdict_kind_name(v->kind));
    add(&b, ",");
    add_json(&b, "reason", v->reason);
    add(&b, ",");
    add_json(&b, "type", v->type);
    add_number(&b, "size", v->size);
    add_sha256(&b, v);
    add_detections(&b, v);
    add_number(&b, "read", v->read);
    add_number(&b, "skipped", v->skipped);
    add_number(&b, "objects", v->objects);
    add_notes(&b, v);
    add(&b, "}\n");
    print(&b);
}

static void add_escaped(struct laz_buf *b, const char *text)
{
    laz_ignore(laz_buf_add_terminal(b, laz_view_of(text)));
}

static void add_line(struct laz_buf *b, const char *path, const char *verdict, const char *word,
                     const char *member, const char *about)
{
    add_escaped(b, path);
    laz_ignore(laz_buf_addf(b, ": %s", verdict));
    if (word[0] != 0) {
        add(b, ": ");
        add_escaped(b, word);
    }
    if (member[0] != 0) {
        add(b, " (in ");
        add_escaped(b, member);
        add(b, ")");
    }
    if (about[0] != 0) {
        add(b, ": ");
        add_escaped(b, about);
    }
    add(b, "\n");
}

void laz_scan_print_text(const char *path, const struct laz_verdict *v, bool verbose)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};
    const char *verdict = laz_verdict_kind_name(v->kind);

    laz_buf_init(&b, LINE_MAX_LEN);
    for (uint32_t i = 0; i < v->detection_count; i++)
        add_line(&b, path, verdict, v->detections[i].name, v->detections[i].member,
                 v->detections[i].about);
    if (v->detection_count == 0 && (v->kind != LAZ_CLEAN || verbose))
        add_line(&b, path, verdict, v->reason, v->note_count > 0 ? v->notes[0].member : "", "");
    print(&b);
}

void laz_scan_print_summary(const struct laz_scan_summary *s, const struct laz_walk *walk)
{
    double seconds = (double)s->elapsed_ms / 1000;

    fprintf(stderr,
            "%" PRIu64 " files: %" PRIu64 " malicious, %" PRIu64 " suspicious, %" PRIu64
            " incomplete, %" PRIu64 " clean; %" PRIu64 " errors, %" PRIu64 " links and %" PRIu64
            " special files not read; %.1f MB in %.2f s\n",
            s->files, s->malicious, s->suspicious, s->incomplete, s->clean, s->errors,
            walk->link_count, walk->special_count, (double)s->bytes_read / 1e6, seconds);
}
