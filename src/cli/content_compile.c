/* content_compile.c - makes the database, and finds out whose fault it is when that fails. */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "cli/compile.h"
#include "cli/content.h"
#include "cli/db_sources.h"
#include "match/database.h"
#include "rules/bundle.h"
#include "sys/fd.h"

#define LEFT_OUT_NAMES "left-out.ign2"
#define LEFT_OUT_FILES "left-out.sfp"
#define WORDS_TAIL     4096

static enum laz_status add_left_out(struct laz_content_build *b, struct laz_error *err)
{
    enum laz_status s = LAZ_OK;

    if (b->left_out_names.len > 0)
        s = laz_db_source_write(b->bundle, LEFT_OUT_NAMES, laz_buf_view(&b->left_out_names), err);
    if (s == LAZ_OK && b->left_out_files.len > 0)
        s = laz_db_source_write(b->bundle, LEFT_OUT_FILES, laz_buf_view(&b->left_out_files), err);
    return s;
}

/* The last line that it said. */
static void last_words(int words, char out[LAZ_FEED_TEXT_SIZE])
{
    char tail[WORDS_TAIL];
    off_t size = lseek(words, 0, SEEK_END);
    off_t from = size > WORDS_TAIL ? size - WORDS_TAIL : 0;
    ssize_t n = pread(words, tail, sizeof tail, from);
    struct laz_view v = laz_view_trim(laz_view_from(tail, n < 0 ? 0 : (size_t)n));
    size_t at = v.len;

    while (at > 0 && v.data[at - 1] != '\n')
        at--;
    v = laz_view_first(laz_view_from_offset(v, at), LAZ_FEED_TEXT_SIZE - 1);
    for (size_t i = 0; i < v.len; i++)
        out[i] = v.data[i] >= ' ' && v.data[i] <= '~' ? (char)v.data[i] : '?';
    out[v.len] = '\0';
}

static enum laz_status run_compiler(struct laz_content_build *b, int bundle, int out,
                                    char words[LAZ_FEED_TEXT_SIZE], struct laz_error *err)
{
    struct laz_cli_compile job = {.name = "Lazaret content", .skip_unsupported = true};
    LAZ_OWNED(laz_fd_drop)
    int previous =
        openat(b->content->store.db_fd, LAZ_STORE_CURRENT, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    enum laz_status s;

    laz_fd_drop(&b->words);
    b->words = laz_content_room(b->content);
    if (b->words < 0 || ftruncate(out, 0) != 0 || lseek(out, 0, SEEK_SET) != 0)
        return laz_fail_errno(err, "content", b->content->data, "check the disk");
    job.words = b->words;
    job.previous = previous < 0 ? 0 : previous;
    s = laz_cli_compile(&job, bundle, out, err);
    last_words(b->words, words);
    if (s == LAZ_INVALID)
        return laz_fail(err, LAZ_INVALID, "content", "", words, "");
    return s;
}

/* The part alone. */
static enum laz_status try_part(struct laz_content_build *b, const struct laz_content_part *part,
                                char words[LAZ_FEED_TEXT_SIZE], struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int bundle = laz_content_room(b->content);
    LAZ_OWNED(laz_fd_drop) int out = laz_content_room(b->content);
    struct laz_mapping m = {{NULL, 0}};
    struct laz_view bytes;
    enum laz_status s;

    if (bundle < 0 || out < 0)
        return laz_fail_errno(err, "content", b->content->data, "check the disk");
    s = laz_map_fd(b->bundle, &m, err);
    if (s != LAZ_OK)
        return s;
    LAZ_ASSERT(laz_view_at(m.bytes, part->first, part->end - part->first, &bytes));
    s = laz_write_all(bundle, bytes, err);
    laz_mapping_clear(&m);
    return s == LAZ_OK ? run_compiler(b, bundle, out, words, err) : s;
}

/* Which source the compiler cannot take shows when each is compiled alone. */
static enum laz_status refuse_culprits(struct laz_content_build *b, bool *found,
                                       struct laz_error *err)
{
    *found = false;
    for (size_t i = 1; i < b->part_count; i++) {
        struct laz_content_part *part = &b->parts[i];
        char words[LAZ_FEED_TEXT_SIZE] = "";
        enum laz_status s;

        if (part->end == part->first)
            continue;
        s = try_part(b, part, words, err);
        if (s == LAZ_OK)
            continue;
        if (s != LAZ_INVALID && s != LAZ_LIMIT)
            return s;
        laz_content_refuse(part, words[0] == '\0' ? "the compiler cannot take it" : words);
        *found = true;
    }
    return LAZ_OK;
}

struct laz_content_part *laz_content_part_of(struct laz_content_build *b, const char *source)
{
    struct laz_mapping m = {{NULL, 0}};
    struct laz_content_part *found = NULL;

    if (laz_map_fd(b->bundle, &m, NULL) != LAZ_OK)
        return NULL;
    for (size_t i = 0; found == NULL && i < b->part_count; i++) {
        struct laz_content_part *part = &b->parts[i];
        struct laz_source one;
        struct laz_view v;

        if (!laz_view_at(m.bytes, part->first, part->end - part->first, &v))
            break;
        while (found == NULL && laz_bundle_take(&v, &one))
            if (strcmp(one.name, source) == 0 ||
                (strncmp(one.name, source, strlen(one.name)) == 0 &&
                 !isalnum((unsigned char)source[strlen(one.name)])))
                found = part; /* a pack's lists have names that begin with the pack's */
    }
    laz_mapping_clear(&m);
    return found;
}

static void count_source(struct laz_content_build *b, const struct laz_database_source *source)
{
    struct laz_content_part *part = laz_content_part_of(b, source->name);

    if (part == NULL)
        return;
    part->taken += source->fates[LAZ_SOURCE_TAKEN];
    part->unusable += source->fates[LAZ_SOURCE_UNSUPPORTED] + source->fates[LAZ_SOURCE_WRONG];
}

static enum laz_status count_sources(struct laz_content_build *b, int db, struct laz_error *err)
{
    LAZ_OWNED(laz_database_drop) struct laz_database *database = NULL;
    struct laz_mapping m = {{NULL, 0}};
    struct laz_database_info info;
    enum laz_status s = laz_map_fd(db, &m, err);

    if (s == LAZ_OK)
        s = laz_database_open(m.bytes, &database, err);
    for (size_t i = 0; i < b->part_count; i++)
        b->parts[i].taken = b->parts[i].unusable = 0;
    if (s == LAZ_OK)
        laz_database_info_get(database, &info);
    for (uint32_t i = 0; s == LAZ_OK && i < info.source_count; i++) {
        struct laz_database_source source;

        laz_database_source_get(database, i, &source);
        count_source(b, &source);
    }
    laz_database_drop(&database);
    laz_mapping_clear(&m);
    return s;
}

/* A part of which nothing could be taken is not what it should be. */
static bool refuse_empty(struct laz_content_build *b)
{
    bool found = false;

    for (size_t i = 1; i < b->part_count; i++) {
        struct laz_content_part *part = &b->parts[i];

        if (part->end == part->first || part->taken > 0)
            continue;
        laz_content_refuse(part, part->unusable > 0 ? "none of its entries can be read"
                                                    : "it holds no entry");
        found = true;
    }
    return found;
}

/* Makes the database once. *again: a source was refused, and the rest must be compiled anew. */
static enum laz_status compile_once(struct laz_content_build *b, int out, bool *again,
                                    struct laz_error *err)
{
    char words[LAZ_FEED_TEXT_SIZE];
    off_t end = lseek(b->bundle, 0, SEEK_END);
    enum laz_status s = add_left_out(b, err);
    struct laz_error why;

    *again = false;
    if (s == LAZ_OK)
        s = run_compiler(b, b->bundle, out, words, err);
    if (end < 0 || ftruncate(b->bundle, end) != 0)
        return laz_fail_errno(err, "content", b->content->data, "check the disk");
    if (s == LAZ_OK)
        s = laz_cli_check_database(out, err);
    if (s == LAZ_OK)
        s = count_sources(b, out, err);
    if (s == LAZ_OK)
        *again = refuse_empty(b);
    if (s != LAZ_INVALID && s != LAZ_LIMIT)
        return s;
    if (refuse_culprits(b, again, &why) == LAZ_OK)
        return *again ? LAZ_OK : s; /* err says what the compiler said of all */
    if (err != NULL)
        *err = why;
    return why.status;
}

/* A source may be refused twice: for what is new, and for what it had before. */
#define ROUNDS_MAX 3

enum laz_status laz_content_compile(struct laz_content_build *b, int out, struct laz_error *err)
{
    for (int round = 1; round <= ROUNDS_MAX; round++) {
        bool again;
        enum laz_status s = compile_once(b, out, &again, err);

        if (s != LAZ_OK || !again)
            return s;
        s = laz_content_gather(b, NULL, err);
        if (s != LAZ_OK)
            return s;
    }
    return laz_fail(err, LAZ_INVALID, "content", "database", "cannot be made of these sources",
                    "the one in use stays; remove the sources that are named above");
}
