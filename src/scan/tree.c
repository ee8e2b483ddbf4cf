/* The tree of objects, depth first, with a stack of open archives instead of recursion. */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "scan/scan_priv.h"

#define FIRST_CAPACITY ((size_t)64 * 1024)
#define PIECE_LEN      ((size_t)1024 * 1024) /* unpacked between two looks at the clock */
/* A packed tape is unpacked whole, so that its own hash is known, or else member by member. */
#define WHOLE_TAPE_MAX ((size_t)32 * 1024 * 1024)

static bool is_late(void *context)
{
    struct laz_scanner *s = context;

    return laz_budget_is_late(&s->budget);
}

static enum laz_reason reason_of(enum laz_status status)
{
    switch (status) {
    case LAZ_ENCRYPTED:
        return LAZ_REASON_ENCRYPTED;
    case LAZ_UNSUPPORTED:
        return LAZ_REASON_UNSUPPORTED;
    case LAZ_LIMIT:
        return LAZ_REASON_LIMIT_TIME;
    case LAZ_NOMEM:
        return LAZ_REASON_TOO_LARGE;
    default: /* all else means bytes that break their format */
        return LAZ_REASON_DAMAGED;
    }
}

static bool is_container(const struct laz_type *type)
{
    return type->group == LAZ_TYPE_ARCHIVE || type->group == LAZ_TYPE_STREAM;
}

static void pop(struct laz_scanner *s)
{
    struct laz_frame *f = &s->frames[--s->depth];

    laz_archive_drop(&f->archive);
    free(f->data);
    s->budget.memory_left += f->capacity;
    s->path_len = f->path_len;
    *f = (struct laz_frame){0};
}

/* Opens what is in the object at s->path. */
static void push(struct laz_scanner *s, const struct laz_type *type, struct laz_view bytes)
{
    struct laz_frame *f = &s->frames[s->depth];
    enum laz_status status;

    if (s->depth >= s->budget.depth_max) {
        laz_scanner_note(s, LAZ_REASON_LIMIT_DEPTH, type->name);
        return;
    }
    *f = (struct laz_frame){.type = type, .bytes = bytes, .path_len = s->path_len};
    status = laz_archive_open(type, bytes, is_late, s, &f->archive);
    if (status == LAZ_OK)
        s->depth++;
    else if (!type->weak || status != LAZ_DAMAGED)
        laz_scanner_note(s, reason_of(status), type->name);
}

/* Content that reading the bytes did not show: opened where it can be, noted where it cannot. */
static void look_inside(struct laz_scanner *s, const struct laz_type *type, struct laz_view bytes)
{
    const struct laz_type *inner;
    uint64_t offset;

    if (is_container(type) || laz_type_carries(type, bytes))
        push(s, type, bytes);
    if (laz_find_appended(type, bytes, &offset, &inner)) {
        if (laz_type_hides(type, laz_view_first(bytes, offset)))
            laz_scanner_note(s, LAZ_REASON_UNSUPPORTED, type->name);
        push(s, inner, laz_view_from_offset(bytes, offset));
    } else if (laz_type_hides(type, bytes)) {
        laz_scanner_note(
            s, type->group == LAZ_TYPE_LOCKED ? LAZ_REASON_ENCRYPTED : LAZ_REASON_UNSUPPORTED,
            type->name);
    }
}

static void visit(struct laz_scanner *s, struct laz_view bytes)
{
    const struct laz_type *type = laz_identify(bytes);

    s->verdict->objects++;
    laz_object_judge(s, type, bytes);
    if (!s->done)
        look_inside(s, type, bytes);
}

/* Makes room for one more byte at least. False when the memory of this scan is spent. */
static bool grow(struct laz_scanner *s, struct laz_frame *f)
{
    size_t more = f->capacity == 0 ? FIRST_CAPACITY : f->capacity;
    uint8_t *data;

    if (more > s->budget.memory_left)
        more = (size_t)s->budget.memory_left;
    if (more == 0)
        return false;
    data = realloc(f->data, f->capacity + more);
    if (data == NULL)
        return false;
    f->data = data;
    f->capacity += more;
    s->budget.memory_left -= more;
    return true;
}

static void forget_member(struct laz_scanner *s, struct laz_frame *f)
{
    free(f->data);
    s->budget.memory_left += f->capacity;
    s->budget.bytes_left += f->len;
    f->data = NULL;
    f->len = f->capacity = 0;
}

/* True when the stream's content turned out to be a large tape, whose members come from now on. */
static bool change_to_tape(struct laz_scanner *s, struct laz_frame *f)
{
    enum laz_status status;
    enum laz_type_id id;

    if (f->type->group != LAZ_TYPE_STREAM || f->is_tape ||
        (f->len < WHOLE_TAPE_MAX && s->budget.memory_left > 0))
        return false;
    id = laz_identify(laz_view_from(f->data, f->len))->id;
    if (id != LAZ_TYPE_TAR && id != LAZ_TYPE_CPIO)
        return false;
    forget_member(s, f);
    laz_archive_drop(&f->archive);
    f->is_tape = true;
    status = laz_archive_open_tape(f->type, id, f->bytes, is_late, s, &f->archive);
    if (status != LAZ_OK) {
        laz_scanner_note(s, reason_of(status), f->type->name);
        pop(s);
    }
    return true;
}

/* The member's data into f->data, as much as the budget allows; notes what is missing. False when
 * there is no member: the stream is read as a tape instead. */
static bool read_member(struct laz_scanner *s, struct laz_frame *f, const char *type)
{
    enum laz_status status = LAZ_OK;
    size_t n = 1;

    f->len = 0;
    while (status == LAZ_OK && n > 0) {
        size_t room;

        if (f->len == f->capacity && change_to_tape(s, f))
            return false;
        if (f->len == f->capacity && !grow(s, f)) {
            laz_scanner_note(s, LAZ_REASON_TOO_LARGE, type);
            f->has_rest = true;
            return true;
        }
        room = f->capacity - f->len;
        if (room > PIECE_LEN)
            room = PIECE_LEN;
        if (room > s->budget.bytes_left)
            room = (size_t)s->budget.bytes_left;
        if (room == 0) {
            laz_scanner_note(s, LAZ_REASON_LIMIT_BYTES, type);
            s->done = true;
            return true;
        }
        status = laz_archive_read(f->archive, f->data + f->len, room, &n);
        f->len += n;
        s->budget.bytes_left -= n;
        if (status == LAZ_OK && laz_budget_is_late(&s->budget))
            status = LAZ_LIMIT;
    }
    if (status != LAZ_OK)
        laz_scanner_note(s, reason_of(status), type);
    s->done = s->done || status == LAZ_LIMIT;
    return true;
}

/* "archive/member"; a path that does not fit loses its end. */
static void extend_path(struct laz_scanner *s, struct laz_view name)
{
    size_t room;

    if (s->path_len > 0 && s->path_len < sizeof s->path)
        s->path[s->path_len++] = '/';
    room = sizeof s->path - s->path_len;
    name = laz_view_first(name, room);
    if (name.len > 0)
        memcpy(s->path + s->path_len, name.data, name.len);
    s->path_len += name.len;
}

static void visit_member(struct laz_scanner *s, struct laz_frame *f, const struct laz_member *m)
{
    extend_path(s, m->name);
    if (m->in_place.len > 0) {
        visit(s, m->in_place);
    } else if (m->encrypted) {
        laz_scanner_note(s, LAZ_REASON_ENCRYPTED, f->type->name);
        laz_object_judge_closed(s, m);
        s->verdict->skipped += m->size;
    } else if (m->has_data) {
        struct laz_view bytes;

        if (!read_member(s, f, ""))
            return;
        bytes = laz_view_from(f->data, f->len);
        /* "data", which stands for the one content of a stream, says nothing of a tape's member. */
        if (f->type->group == LAZ_TYPE_STREAM && laz_identify(bytes)->group == LAZ_TYPE_ARCHIVE)
            s->path_len = f->path_len;
        if (!s->done) {
            visit(s, bytes);
        } else {
            /* What was read before a budget ran out still deserves its verdict. */
            s->verdict->objects++;
            laz_object_judge(s, laz_identify(bytes), bytes);
        }
    }
}

/* The archive ended, by its end or before it. */
static void leave(struct laz_scanner *s, struct laz_frame *f, enum laz_status status)
{
    bool chance = f->type->weak && f->member_count == 0 && status == LAZ_DAMAGED;

    s->path_len = f->path_len;
    if (status == LAZ_NOT_FOUND && laz_archive_is_damaged(f->archive))
        status = LAZ_DAMAGED;
    if (status != LAZ_NOT_FOUND && !chance)
        laz_scanner_note(s, reason_of(status), f->type->name);
    s->done = s->done || status == LAZ_LIMIT;
    pop(s);
}

/* What did not fit into memory is still unpacked on the way to the next member, so it costs. */
static void pass_over_rest(struct laz_scanner *s, struct laz_frame *f)
{
    enum laz_status status = LAZ_OK;
    size_t n = 1;

    f->has_rest = false;
    while (status == LAZ_OK && n > 0) {
        size_t room = f->capacity;

        if (room > s->budget.bytes_left)
            room = (size_t)s->budget.bytes_left;
        if (room > PIECE_LEN)
            room = PIECE_LEN;
        if (room == 0 || laz_budget_is_late(&s->budget)) {
            laz_scanner_note(s, room == 0 ? LAZ_REASON_LIMIT_BYTES : LAZ_REASON_LIMIT_TIME, "");
            s->done = true;
            return;
        }
        status = laz_archive_read(f->archive, f->data, room, &n);
        s->budget.bytes_left -= n;
        s->verdict->skipped += n;
    }
}

static void step(struct laz_scanner *s)
{
    struct laz_frame *f = &s->frames[s->depth - 1];
    struct laz_member member;
    enum laz_status status;

    if (f->has_rest)
        pass_over_rest(s, f);
    if (s->done)
        return;
    status = laz_archive_next(f->archive, &member);
    if (status != LAZ_OK) {
        leave(s, f, status);
        return;
    }
    f->member_count++;
    s->path_len = f->path_len;
    if (!laz_budget_take_object(&s->budget)) {
        laz_scanner_note(s, LAZ_REASON_LIMIT_OBJECTS, f->type->name);
        s->done = true;
        return;
    }
    visit_member(s, f, &member);
}

void laz_tree_judge(struct laz_scanner *s, struct laz_view bytes)
{
    s->depth = 0;
    s->path_len = 0;
    s->done = false;
    visit(s, bytes);
    while (s->depth > 0 && !s->done) {
        if (laz_budget_is_late(&s->budget)) {
            laz_scanner_note(s, LAZ_REASON_LIMIT_TIME, "");
            s->done = true;
        } else {
            step(s);
        }
    }
    while (s->depth > 0)
        pop(s);
}
