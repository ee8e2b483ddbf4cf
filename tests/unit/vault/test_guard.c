#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/guard.h"
#include "format/identify.h"
#include "scan/change.h"

#define SIZE ((size_t)40000)

/* What people have on a share, made up: each has the bytes that its kind has. */
enum kind { TEXT, CSV, PDF, JPEG, ZIP, GZIP, RANDOM, BASE64, ELF, SQLITE, SALTED, KINDS };

struct content {
    uint8_t *bytes;
    size_t len;
};

static uint32_t chance; /* a sequence that is the same in each run */

static uint32_t next_chance(void)
{
    chance = chance * 1664525u + 1013904223u;
    return chance >> 8;
}

static void fill_random(uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)next_chance();
}

static void fill_text(uint8_t *out, size_t len)
{
    static const char *const words[] = {"patient ", "ward ", "dose ",  "the ", "of ",
                                        "report ",  "and ",  "blood ", "was ", "normal.\n"};

    for (size_t i = 0; i < len;) {
        const char *word = words[next_chance() % 10];
        size_t n = strlen(word);

        for (size_t k = 0; k < n && i < len; k++)
            out[i++] = (uint8_t)word[k];
    }
}

static void put(struct content *c, const char *start, size_t len)
{
    memcpy(c->bytes, start, len);
}

static struct content make(enum kind kind, size_t len, uint32_t seed)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct content c = {malloc(len + 64), len};

    assert_non_null(c.bytes);
    chance = seed * 2654435761u + 12345u;
    if (kind == TEXT || kind == CSV || kind == PDF || kind == ELF || kind == SQLITE)
        fill_text(c.bytes, len);
    else
        fill_random(c.bytes, len);
    switch (kind) {
    case TEXT:
    case RANDOM:
    case KINDS:
        break;
    case CSV:
        for (size_t i = 20; i < len; i += 21)
            c.bytes[i] = ',';
        break;
    case PDF:
        put(&c, "%PDF-1.7\n", 9);
        fill_random(c.bytes + len / 2, len / 2); /* its streams are compressed */
        break;
    case JPEG:
        put(&c, "\xff\xd8\xff\xe0\x00\x10JFIF", 10);
        break;
    case ZIP:
        put(&c, "PK\x03\x04\x14\x00", 6);
        break;
    case GZIP:
        put(&c, "\x1f\x8b\x08\x00", 4);
        break;
    case BASE64:
        for (size_t i = 0; i < len; i++)
            c.bytes[i] = i % 77 == 76 ? '\n' : (uint8_t)digits[c.bytes[i] % 64];
        break;
    case ELF:
        put(&c,
            "\x7f"
            "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0",
            20);
        break;
    case SQLITE:
        put(&c, "SQLite format 3\0", 16);
        break;
    case SALTED:
        put(&c, "Salted__", 8);
        break;
    }
    return c;
}

static bool identify(struct laz_view content, char type[LAZ_CHANGE_TYPE_SIZE])
{
    const struct laz_type *found = laz_identify(content);

    snprintf(type, LAZ_CHANGE_TYPE_SIZE, "%s", found->name);
    return found->known;
}

static struct laz_change measure(struct content old, struct content new_)
{
    struct laz_change change;

    laz_change_measure(laz_view_from(old.bytes, old.len), laz_view_from(new_.bytes, new_.len),
                       identify, &change);
    return change;
}

/* One actor at work on a share, and what the guard says. */
struct scene {
    struct laz_guard *guard;
    int64_t time_ms, step_ms;
    char actor[16];
    struct laz_guard_answer last;
    bool stopped;
};

static void observe(struct scene *s, enum laz_guard_deed deed, const char *path,
                    const char *new_path, const struct laz_change *change)
{
    struct laz_guard_observation o = {.deed = deed,
                                      .time_ms = s->time_ms,
                                      .tree = laz_view_of("/share"),
                                      .path = laz_view_of(path),
                                      .new_path = laz_view_of(new_path),
                                      .change = change};

    laz_guard_observe(s->guard, laz_view_of(s->actor), &o, &s->last);
    s->stopped = s->stopped || s->last.decision == LAZ_GUARD_STOP;
}

static void name(char out[64], unsigned n, const char *extension)
{
    snprintf(out, 64, "/share/dir%u/file%u%s", n % 7, n, extension);
}

static void changed(struct scene *s, const char *path, enum kind from, enum kind to, unsigned n)
{
    struct content old = make(from, SIZE, n), new_ = make(to, SIZE + 16, n + 70000);
    struct laz_change c = measure(old, new_);

    observe(s, LAZ_GUARD_CHANGED, path, "", &c);
    free(old.bytes);
    free(new_.bytes);
}

static void made(struct scene *s, const char *path, enum kind kind, size_t len, unsigned n)
{
    struct content none = make(TEXT, 0, 0), new_ = make(kind, len, n + 90000);
    struct laz_change c = measure(none, new_);

    observe(s, LAZ_GUARD_CREATED, path, "", &c);
    free(none.bytes);
    free(new_.bytes);
}

/* Benign work, 200 files of it where it is about many. */
static void save_in_editor(struct scene *s, unsigned n)
{
    char temporary[64], path[64];
    struct content old = make(TEXT, SIZE, n), new_ = make(TEXT, SIZE, n);
    struct laz_change c;

    name(temporary, n, ".txt.tmp");
    name(path, n, ".txt");
    memmove(new_.bytes + 100, new_.bytes + 90, SIZE - 100); /* a sentence was put in */
    c = measure(old, new_);
    made(s, temporary, TEXT, SIZE, n);
    observe(s, LAZ_GUARD_RENAMED, temporary, path, &c);
    free(old.bytes);
    free(new_.bytes);
}

static void make_archive(struct scene *s, unsigned n)
{
    if (n == 0)
        made(s, "/share/backup.tar.gz", GZIP, SIZE, n);
}

static void gzip_in_place(struct scene *s, unsigned n)
{
    char packed[64], path[64];

    name(packed, n, ".txt.gz");
    name(path, n, ".txt");
    made(s, packed, GZIP, SIZE / 4, n);
    observe(s, LAZ_GUARD_DELETED, path, "", NULL);
}

static void convert_pictures(struct scene *s, unsigned n)
{
    char path[64];

    name(path, n, ".jpg");
    changed(s, path, JPEG, JPEG, n); /* mogrify */
}

static void openssl_one_file(struct scene *s, unsigned n)
{
    if (n != 0)
        return;
    made(s, "/share/secret.txt.enc", SALTED, SIZE, n);
    observe(s, LAZ_GUARD_DELETED, "/share/secret.txt", "", NULL);
}

static void git_checkout(struct scene *s, unsigned n)
{
    char path[64], object[64];

    name(path, n, ".c");
    observe(s, LAZ_GUARD_DELETED, path, "", NULL);
    made(s, path, TEXT, SIZE / 8, n);
    snprintf(object, sizeof object, "/share/.git/objects/%02x/%u", n % 256, n);
    made(s, object, RANDOM, 900, n); /* zlib, which has no mark of its own */
}

static void untar(struct scene *s, unsigned n)
{
    char path[64];

    name(path, n, n % 3 == 0 ? ".txt" : n % 3 == 1 ? ".jpg" : ".bin");
    made(s, path, n % 3 == 0 ? TEXT : n % 3 == 1 ? JPEG : RANDOM, SIZE, n);
}

static void write_database(struct scene *s, unsigned n)
{
    struct content old = make(SQLITE, 10 * SIZE, 1), new_ = make(SQLITE, 10 * SIZE, 1);
    struct laz_change c;

    fill_text(new_.bytes + 4096 * (1 + n % 90), 4096);
    c = measure(old, new_);
    observe(s, LAZ_GUARD_CHANGED, "/share/app.db", "", &c);
    free(old.bytes);
    free(new_.bytes);
}

static void write_container(struct scene *s, unsigned n)
{
    struct content old = make(RANDOM, 10 * SIZE, 1), new_ = make(RANDOM, 10 * SIZE, 1);
    struct laz_change c;

    fill_random(new_.bytes + 4096 * (1 + n % 90), 4096);
    c = measure(old, new_);
    observe(s, LAZ_GUARD_CHANGED, "/share/veracrypt.hc", "", &c);
    free(old.bytes);
    free(new_.bytes);
}

static void encrypted_backup(struct scene *s, unsigned n)
{
    char path[64];

    snprintf(path, sizeof path, "/share/restic/data/%02x/%08x", n % 256, n * 77777);
    made(s, path, RANDOM, SIZE, n);
    if (n % 10 != 9)
        return;
    snprintf(path, sizeof path, "/share/restic/locks/%08x", n);
    made(s, path, RANDOM, 300, n);
    observe(s, LAZ_GUARD_DELETED, path, "", NULL);
}

static void delete_many(struct scene *s, unsigned n)
{
    char path[64];

    name(path, n, ".txt");
    observe(s, LAZ_GUARD_DELETED, path, "", NULL);
}

static void rename_many(struct scene *s, unsigned n)
{
    char path[64], new_path[64];

    name(path, n, ".jpeg");
    name(new_path, n, ".jpg");
    observe(s, LAZ_GUARD_RENAMED, path, new_path, NULL);
}

static void compile(struct scene *s, unsigned n)
{
    char path[64];

    name(path, n, ".o");
    changed(s, path, ELF, ELF, n);
    snprintf(path, sizeof path, "/share/tmp/cc%u.s", n);
    made(s, path, TEXT, SIZE, n);
    observe(s, LAZ_GUARD_DELETED, path, "", NULL);
}

static void replace_text(struct scene *s, unsigned n)
{
    char path[64];
    struct content old = make(CSV, SIZE, n), new_ = make(CSV, SIZE, n);
    struct laz_change c;

    for (size_t i = 0; i < SIZE; i++)
        if (new_.bytes[i] == ',')
            new_.bytes[i] = ';'; /* sed -i on every line */
    name(path, n, ".csv");
    c = measure(old, new_);
    observe(s, LAZ_GUARD_CHANGED, path, "", &c);
    free(old.bytes);
    free(new_.bytes);
}

static void save_documents(struct scene *s, unsigned n)
{
    char path[64];

    name(path, n, ".docx");
    changed(s, path, ZIP, ZIP, n); /* compressed anew: no byte stays where it was */
}

static void rotate_logs(struct scene *s, unsigned n)
{
    char from[64], to[64], packed[64];

    name(from, n, ".log");
    name(to, n, ".log.1");
    name(packed, n, ".log.2.gz");
    made(s, packed, GZIP, SIZE / 8, n);
    observe(s, LAZ_GUARD_DELETED, to, "", NULL);
    observe(s, LAZ_GUARD_RENAMED, from, to, NULL);
    made(s, from, TEXT, 100, n);
}

static const struct work {
    const char *what;
    void (*step)(struct scene *s, unsigned n);
    unsigned count, at_most; /* at_most: files of an attack */
    int64_t step_ms;
} benign[] = {
    {"an editor saves", save_in_editor, 200, 0, 50},
    {"an archive is made", make_archive, 200, 0, 50},
    {"gzip packs files in place", gzip_in_place, 200, 0, 20},
    {"pictures are converted", convert_pictures, 200, 0, 100},
    {"openssl encrypts one file", openssl_one_file, 1, 0, 50},
    {"git checks out", git_checkout, 200, 0, 2},
    {"tar unpacks", untar, 200, 0, 1},
    {"a database writes", write_database, 100, 0, 10},
    {"an encrypted container is used", write_container, 100, 0, 10},
    {"a backup program stores encrypted packs", encrypted_backup, 200, 0, 50},
    {"somebody deletes a folder", delete_many, 200, 0, 1},
    {"somebody renames pictures", rename_many, 200, 0, 1},
    {"a compiler runs", compile, 200, 0, 20},
    {"sed replaces in many files", replace_text, 200, 0, 5},
    {"an office saves documents", save_documents, 200, 0, 1000},
    {"logs are rotated", rotate_logs, 100, 0, 10},
};

/* Attacks: one step is one victim. */
static enum kind victim_kind(unsigned n)
{
    static const enum kind kinds[] = {TEXT, PDF, JPEG, ZIP, CSV, SQLITE};

    return kinds[n % (sizeof kinds / sizeof *kinds)];
}

static void encrypt_in_place(struct scene *s, unsigned n)
{
    char path[64];

    name(path, n, ".doc");
    changed(s, path, victim_kind(n), RANDOM, n);
}

static void encrypt_and_rename(struct scene *s, unsigned n)
{
    char path[64], locked[64];

    name(path, n, ".doc");
    name(locked, n, ".doc.locked");
    changed(s, path, victim_kind(n), RANDOM, n);
    observe(s, LAZ_GUARD_RENAMED, path, locked, NULL);
}

static void copy_and_delete(struct scene *s, unsigned n)
{
    char path[64], locked[64];

    name(path, n, ".doc");
    name(locked, n, ".doc.locked");
    made(s, locked, RANDOM, SIZE, n);
    observe(s, LAZ_GUARD_DELETED, path, "", NULL);
}

static void delete_and_copy_elsewhere(struct scene *s, unsigned n)
{
    char path[64], locked[64];

    name(path, n, ".doc");
    snprintf(locked, sizeof locked, "/share/dir%u/%08x", n % 7, n * 777777u);
    observe(s, LAZ_GUARD_DELETED, path, "", NULL);
    made(s, locked, RANDOM, SIZE, n);
}

static void stripes(struct scene *s, unsigned n)
{
    char path[64];
    struct content old = make(n % 2 == 0 ? TEXT : SQLITE, 8 * SIZE, n);
    struct content new_ = make(n % 2 == 0 ? TEXT : SQLITE, 8 * SIZE, n);
    struct laz_change c;

    for (size_t at = 4096; at + 4096 < new_.len; at += (size_t)16 * 4096)
        fill_random(new_.bytes + at, 4096);
    name(path, n, ".db");
    c = measure(old, new_);
    observe(s, LAZ_GUARD_CHANGED, path, "", &c);
    free(old.bytes);
    free(new_.bytes);
}

static void destroy_headers(struct scene *s, unsigned n)
{
    static const enum kind kinds[] = {PDF, JPEG, ZIP, SQLITE};
    char path[64];
    struct content old = make(kinds[n % 4], SIZE, n), new_ = make(kinds[n % 4], SIZE, n);
    struct laz_change c;

    fill_random(new_.bytes, 4096);
    name(path, n, ".doc");
    c = measure(old, new_);
    observe(s, LAZ_GUARD_CHANGED, path, "", &c);
    free(old.bytes);
    free(new_.bytes);
}

static void encode_as_text(struct scene *s, unsigned n)
{
    static const enum kind kinds[] = {PDF, JPEG, ZIP, SQLITE};
    char path[64];

    name(path, n, ".doc");
    changed(s, path, kinds[n % 4], BASE64, n);
}

static void mask_as_archive(struct scene *s, unsigned n)
{
    static const enum kind kinds[] = {TEXT, PDF, JPEG, SQLITE};
    char path[64];

    name(path, n, ".doc");
    changed(s, path, kinds[n % 4], ZIP, n);
}

static void many_processes(struct scene *s, unsigned n)
{
    snprintf(s->actor, sizeof s->actor, "p%u", n); /* a new one for each file */
    encrypt_in_place(s, n);
}

static void openssl_many(struct scene *s, unsigned n)
{
    char path[64], locked[64];

    name(path, n, ".doc");
    name(locked, n, ".doc.enc");
    made(s, locked, SALTED, SIZE, n);
    observe(s, LAZ_GUARD_DELETED, path, "", NULL);
}

static const struct work attacks[] = {
    {"encrypts in place", encrypt_in_place, 20, 10, 2},
    {"encrypts and renames", encrypt_and_rename, 20, 10, 5},
    {"copies and deletes", copy_and_delete, 20, 10, 5},
    {"deletes, and writes under another name", delete_and_copy_elsewhere, 20, 10, 5},
    {"encrypts stripes", stripes, 20, 10, 5},
    {"destroys headers", destroy_headers, 20, 10, 1},
    {"encodes its result as text", encode_as_text, 20, 10, 5},
    {"puts an archive's mark in front", mask_as_archive, 20, 10, 5},
    {"uses a process for each file", many_processes, 20, 10, 5},
    {"is openssl in a loop", openssl_many, 20, 10, 50},
    {"is slow: 100 files an hour", encrypt_and_rename, 60, 15, 36000},
};

static unsigned play(const struct work *w, struct scene *s)
{
    unsigned n = 0;

    *s = (struct scene){.guard = laz_guard_new(), .time_ms = 1000000, .actor = "actor"};
    assert_non_null(s->guard);
    while (n < w->count && !s->stopped) {
        w->step(s, n++);
        s->time_ms += w->step_ms;
    }
    laz_guard_free(s->guard);
    return n;
}

static void benign_work_is_never_stopped(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof benign / sizeof *benign; i++) {
        struct scene s;

        play(&benign[i], &s);
        print_message("%-42s score %5.1f of %.0f  %s\n", benign[i].what, s.last.score, s.last.bar,
                      s.last.reasons);
        assert_false(s.stopped);
    }
}

static void attacks_are_stopped_within_ten_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
        struct scene s;
        unsigned files = play(&attacks[i], &s);

        print_message("%-42s stopped at %2u files  %s\n", attacks[i].what, files, s.last.reasons);
        assert_true(s.stopped);
        assert_true(files <= attacks[i].at_most);
        assert_true(s.last.reasons[0] != '\0');
    }
}

static void a_note_alone_stops_nobody_but_is_a_reason(void **state)
{
    struct scene s = {.guard = laz_guard_new(), .time_ms = 1, .actor = "a"};

    (void)state;
    for (unsigned n = 0; n < 10; n++) {
        char path[64];

        snprintf(path, sizeof path, "/share/dir%u/HOW TO DECRYPT.txt", n);
        made(&s, path, TEXT, 500, n);
    }
    assert_false(s.stopped);
    assert_string_equal(s.last.reasons, "note-dropped");
    laz_guard_free(s.guard);
}

static void what_was_done_fades(void **state)
{
    struct scene s = {.guard = laz_guard_new(), .time_ms = 1, .actor = "a"};
    double before;

    (void)state;
    encrypt_in_place(&s, 0);
    before = s.last.score;
    assert_true(before > 10);
    s.time_ms += LAZ_GUARD_HALF_LIFE_MS;
    observe(&s, LAZ_GUARD_DELETED, "/share/x", "", NULL);
    assert_true(s.last.score > before * 0.49 && s.last.score < before * 0.51);
    laz_guard_free(s.guard);
}

static bool count_actor(void *context, struct laz_view actor, double score)
{
    unsigned *count = context;

    assert_true(actor.len > 0 && score > 0);
    (*count)++;
    return true;
}

static void the_actors_of_a_tree_are_told(void **state)
{
    struct scene s = {.guard = laz_guard_new(), .time_ms = 1, .actor = "quiet"};
    unsigned count = 0;

    (void)state;
    observe(&s, LAZ_GUARD_DELETED, "/share/x", "", NULL);
    for (unsigned n = 0; n < 3; n++)
        many_processes(&s, n);
    laz_guard_tree_actors(s.guard, laz_view_of("/share"), s.time_ms, count_actor, &count);
    assert_int_equal(count, 3);
    count = 0;
    laz_guard_tree_actors(s.guard, laz_view_of("/other"), s.time_ms, count_actor, &count);
    assert_int_equal(count, 0);
    laz_guard_forget(s.guard, laz_view_of("p1"));
    laz_guard_forget(s.guard, laz_view_of("unknown"));
    laz_guard_tree_actors(s.guard, laz_view_of("/share"), s.time_ms, count_actor, &count);
    assert_int_equal(count, 2);
    laz_guard_free(s.guard);
}

static void an_innocent_actor_is_not_stopped_for_what_others_did(void **state)
{
    struct scene s = {.guard = laz_guard_new(), .time_ms = 1, .actor = "p"};

    (void)state;
    for (unsigned n = 0; n < 12; n++)
        many_processes(&s, n);
    assert_true(s.stopped);
    snprintf(s.actor, sizeof s.actor, "nurse");
    observe(&s, LAZ_GUARD_RENAMED, "/share/a.txt", "/share/b.txt", NULL);
    assert_int_equal(s.last.decision, LAZ_GUARD_WATCH);
    laz_guard_free(s.guard);
}

static void more_actors_than_there_is_room_for_do_no_harm(void **state)
{
    struct scene s = {.guard = laz_guard_new(), .time_ms = 1, .actor = "loud"};

    (void)state;
    for (unsigned n = 0; n < 3; n++)
        encrypt_in_place(&s, n);
    for (unsigned n = 0; n < LAZ_GUARD_ACTORS_MAX + 100; n++) {
        snprintf(s.actor, sizeof s.actor, "q%u", n);
        observe(&s, LAZ_GUARD_DELETED, "/other/x", "", NULL);
    }
    snprintf(s.actor, sizeof s.actor, "loud"); /* it weighed most and was kept */
    observe(&s, LAZ_GUARD_DELETED, "/share/x", "", NULL);
    assert_true(s.last.score > 30);
    laz_guard_free(s.guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(benign_work_is_never_stopped),
        cmocka_unit_test(attacks_are_stopped_within_ten_files),
        cmocka_unit_test(a_note_alone_stops_nobody_but_is_a_reason),
        cmocka_unit_test(what_was_done_fades),
        cmocka_unit_test(the_actors_of_a_tree_are_told),
        cmocka_unit_test(an_innocent_actor_is_not_stopped_for_what_others_did),
        cmocka_unit_test(more_actors_than_there_is_room_for_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
