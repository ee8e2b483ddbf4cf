#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"
#include "base/text.h"
#include "cli/content.h"
#include "cli/db_sources.h"
#include "feed/fetcher.h"
#include "feed/parts.h"
#include "sign/digest.h"
#include "sys/fd.h"

#define LEFT_OUT_MAX ((size_t)4 * MIB)
#define PATH_SIZE    4096
#define NAME_SIZE    (LAZ_FEED_ID_SIZE + LAZ_PARTS_NAME_MAX + 16)

void laz_content_build_init(struct laz_content_build *b, struct laz_content *c)
{
    memset(b, 0, sizeof *b);
    b->content = c;
    b->bundle = b->words = -1;
    laz_buf_init(&b->left_out_names, LEFT_OUT_MAX);
    laz_buf_init(&b->left_out_files, LEFT_OUT_MAX);
    b->parts[b->part_count++].source = NULL;
    for (size_t i = 0; i < c->registry.count; i++)
        if (c->registry.sources[i].enabled)
            b->parts[b->part_count++].source = &c->registry.sources[i];
}

void laz_content_build_clear(struct laz_content_build *b)
{
    laz_fd_drop(&b->bundle);
    laz_fd_drop(&b->words);
    laz_buf_clear(&b->left_out_names);
    laz_buf_clear(&b->left_out_files);
}

void laz_content_refuse(struct laz_content_part *part, const char *why)
{
    struct laz_feed_source *s = part->source;
    bool has_good;

    LAZ_ASSERT(s != NULL);
    has_good = laz_feed_is_remote(s) && s->good[0] != '\0' && !part->use_good &&
               strcmp(s->good, s->digest) != 0;
    if (!part->use_good && laz_feed_is_remote(s))
        memcpy(s->refused, s->digest, sizeof s->refused);
    snprintf(s->error, sizeof s->error, "%.200s; %s", why,
             has_good ? "what it had before is used" : "nothing of it is used");
    part->use_good = has_good;
    part->refused = !has_good;
    part->left_out = 0;
    fprintf(stderr, "lazaret: content: %s: %s\n", s->id, s->error);
}

/* ---------------------------------------------------------------- one source */

int laz_content_room(const struct laz_content *c)
{
    return openat(c->store.content_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

/* What the front ends know a kind by, when its location does not say. */
static const char *ending_of(const struct laz_feed_source *s)
{
    static const char *const known[] = {".csv", ".json", ".txt"};

    switch (s->kind) {
    case LAZ_FEED_YARA:
        return ".yar";
    case LAZ_FEED_STIX:
    case LAZ_FEED_TAXII:
        return ".stix.json";
    case LAZ_FEED_MISP:
        return ".misp.json";
    case LAZ_FEED_LIST:
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (laz_view_ends_text(laz_view_of(s->location), known[i]))
                return known[i];
        return ".txt";
    case LAZ_FEED_FRESHCLAM:
    case LAZ_FEED_FOLDER:
    case LAZ_FEED_FILE:
    case LAZ_FEED_KINDS:
        break;
    }
    return "";
}

/* What a list finds is named after its source. */
static enum laz_status write_one(struct laz_content_build *b, const struct laz_feed_source *s,
                                 const char *name, struct laz_view bytes, struct laz_error *err)
{
    char list[LAZ_FEED_ID_SIZE + 8];

    if (s->kind == LAZ_FEED_YARA || s->kind == LAZ_FEED_FILE)
        return laz_db_source_write(b->bundle, name, bytes, err);
    snprintf(list, sizeof list, "list=%s", s->id);
    return laz_db_source_write_list(b->bundle, name, list, bytes, err);
}

static enum laz_status add_members(struct laz_content_build *b, const struct laz_feed_source *s,
                                   struct laz_view parts, struct laz_error *err)
{
    struct laz_view name, bytes;

    while (parts.len > 0) {
        char text[NAME_SIZE];
        enum laz_status status;

        if (!laz_parts_take(&parts, &name, &bytes))
            return laz_fail(err, LAZ_DAMAGED, "content", s->id,
                            "the unpacker said something that it never says", "");
        snprintf(text, sizeof text, "%s/%.*s", s->id, (int)name.len, (const char *)name.data);
        status = write_one(b, s, text, bytes, err);
        if (status != LAZ_OK)
            return status;
    }
    return LAZ_OK;
}

static enum laz_status add_package(struct laz_content_build *b, const struct laz_feed_source *s,
                                   int fd, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int room = laz_content_room(b->content);
    struct laz_mapping m = {{NULL, 0}};
    char problem[LAZ_FEED_TEXT_SIZE];
    enum laz_status status;

    if (room < 0)
        return laz_fail_errno(err, "content", s->id, "check the data folder's file system");
    status = laz_feed_unpack(fd, s, room, problem);
    if (status != LAZ_OK)
        return laz_fail(err, status, "content", s->id, problem, "");
    status = laz_map_fd(room, &m, err);
    if (status == LAZ_OK)
        status = add_members(b, s, m.bytes, err);
    laz_mapping_clear(&m);
    return status;
}

/* A package or one text. */
static enum laz_status add_bytes(struct laz_content_build *b, const struct laz_feed_source *s,
                                 int fd, struct laz_error *err)
{
    struct laz_mapping m = {{NULL, 0}};
    char name[NAME_SIZE];
    enum laz_status status = laz_map_fd(fd, &m, err);

    if (status != LAZ_OK)
        return status;
    if (m.bytes.len > s->size_max)
        status = laz_fail(err, LAZ_LIMIT, "content", s->id, "is larger than its limit",
                          "raise it with --max-size when you add the source");
    else if (laz_feed_is_package(m.bytes) && (s->kind == LAZ_FEED_YARA || s->kind == LAZ_FEED_LIST))
        status = add_package(b, s, fd, err);
    else {
        snprintf(name, sizeof name, "%s%s", s->id, ending_of(s));
        status = write_one(b, s, name, m.bytes, err);
    }
    laz_mapping_clear(&m);
    return status;
}

static enum laz_status add_remote(struct laz_content_build *b, const struct laz_content_part *part,
                                  struct laz_error *err)
{
    const struct laz_feed_source *s = part->source;
    LAZ_OWNED(laz_fd_drop) int dir = laz_feed_store_source(&b->content->store, s->id);
    LAZ_OWNED(laz_fd_drop) int fd = -1;

    if (dir >= 0)
        fd = openat(dir, part->use_good ? "good" : "content", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return LAZ_OK; /* nothing has come yet: the registry says why */
    if (fd < 0)
        return laz_fail_errno(err, "content", s->id, "");
    return add_bytes(b, s, fd, err);
}

static enum laz_status add_local(struct laz_content_build *b, const struct laz_feed_source *s,
                                 struct laz_error *err)
{
    char path[LAZ_FEED_LOCATION_SIZE];
    char *paths[] = {path, NULL};
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    struct stat st;

    memcpy(path, s->location, sizeof path);
    if (stat(path, &st) != 0)
        return laz_fail_errno(err, "content", s->location, "check that it is there");
    if (S_ISDIR(st.st_mode) || s->kind == LAZ_FEED_FILE)
        return laz_db_sources_collect(paths, b->bundle, err);
    fd = laz_open_read(path);
    return fd < 0 ? laz_fail_errno(err, "content", s->location, "") : add_bytes(b, s, fd, err);
}

/* Our own rules: beside the programs in a build tree, else where they are installed. */
static enum laz_status add_default(struct laz_content_build *b, struct laz_error *err)
{
    static const char *const places[] = {"content", "../share/lazaret/packs"};
    char programs[PATH_SIZE - 64], path[PATH_SIZE];
    char *paths[] = {path, NULL};
    enum laz_status s = laz_program_dir(programs, sizeof programs, err);

    for (size_t i = 0; s == LAZ_OK && i < sizeof places / sizeof *places; i++) {
        snprintf(path, sizeof path, "%s/%s", programs, places[i]);
        if (access(path, F_OK) == 0)
            return laz_db_sources_collect(paths, b->bundle, err);
    }
    return s != LAZ_OK
               ? s
               : laz_fail(err, LAZ_NOT_FOUND, "content", path, "our own rules are not there",
                          "reinstall, or build the whole project");
}

/* ---------------------------------------------------------------- all of them */

/* A source that cannot be read leaves nothing behind. */
static enum laz_status add_part(struct laz_content_build *b, struct laz_content_part *part,
                                struct laz_error *err)
{
    struct laz_feed_source *source = part->source;
    struct laz_error why = {.status = LAZ_OK};
    off_t first = lseek(b->bundle, 0, SEEK_CUR);
    enum laz_status s;

    part->first = part->end = (uint64_t)first;
    if (part->refused)
        return LAZ_OK;
    if (source == NULL)
        s = add_default(b, err);
    else if (laz_feed_is_remote(source))
        s = add_remote(b, part, &why);
    else
        s = add_local(b, source, &why);
    if (s == LAZ_OK) {
        part->end = (uint64_t)lseek(b->bundle, 0, SEEK_CUR);
        return LAZ_OK;
    }
    if (source == NULL)
        return s;
    if (ftruncate(b->bundle, first) != 0 || lseek(b->bundle, first, SEEK_SET) != first)
        return laz_fail_errno(err, "content", source->id, "check the disk");
    if (s == LAZ_IO || s == LAZ_NOMEM) { /* ours, and most likely not the source's fault */
        if (err != NULL)
            *err = why;
        return s;
    }
    laz_content_refuse(part, why.why);
    return part->use_good ? add_part(b, part, err) : LAZ_OK;
}

/* What was refused once and has not changed since is not tried again. */
static void choose_content(struct laz_content_part *part)
{
    const struct laz_feed_source *s = part->source;

    if (s == NULL || part->use_good || part->refused || s->refused[0] == '\0' ||
        strcmp(s->refused, s->digest) != 0)
        return;
    part->use_good = s->good[0] != '\0' && strcmp(s->good, s->digest) != 0;
    part->refused = !part->use_good;
}

static enum laz_status digest_inputs(const struct laz_content_build *b,
                                     char inputs[LAZ_FEED_DIGEST_SIZE], struct laz_error *err)
{
    uint8_t digest[LAZ_DIGEST_SIZE_MAX];
    struct laz_digest_job job;
    struct laz_mapping m = {{NULL, 0}};
    enum laz_status s = laz_map_fd(b->bundle, &m, err);

    if (s != LAZ_OK)
        return s;
    s = laz_digest_start(&job, LAZ_SHA256);
    if (s == LAZ_OK)
        s = laz_digest_add(&job, laz_view_of(LAZ_PROGRAM_VERSION));
    if (s == LAZ_OK)
        s = laz_digest_add(&job, m.bytes);
    if (s == LAZ_OK)
        s = laz_digest_finish(&job, digest);
    laz_mapping_clear(&m);
    if (s != LAZ_OK)
        return laz_fail(err, s, "content", "", "cannot be hashed", "");
    laz_hex_encode(laz_view_from(digest, LAZ_SHA256_SIZE), inputs);
    return LAZ_OK;
}

enum laz_status laz_content_gather(struct laz_content_build *b, char inputs[LAZ_FEED_DIGEST_SIZE],
                                   struct laz_error *err)
{
    laz_fd_drop(&b->bundle);
    b->bundle = laz_content_room(b->content);
    if (b->bundle < 0)
        return laz_fail_errno(err, "content", b->content->data,
                              "the file system must take files without a name (O_TMPFILE)");
    for (size_t i = 0; i < b->part_count; i++) {
        enum laz_status s;

        choose_content(&b->parts[i]);
        s = add_part(b, &b->parts[i], err);
        if (s != LAZ_OK)
            return s;
    }
    return inputs == NULL ? LAZ_OK : digest_inputs(b, inputs, err);
}
