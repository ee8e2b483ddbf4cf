#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "agent/quarantine.h"
#include "base/number.h"
#include "sign/digest.h"

static const struct laz_quarantine_meta no_meta;
/* Whole test files fit. */
static const struct laz_quarantine_limits no_reserve = {.free_min = 1};

static struct laz_quarantine *open_quarantine(const struct place *p)
{
    struct laz_quarantine *q;
    struct laz_error err;

    assert_int_equal(laz_quarantine_open(in(p, "q"), &no_reserve, &q, &err), LAZ_OK);
    return q;
}

static enum laz_status put_path(struct laz_quarantine *q, const char *path,
                                const struct laz_quarantine_meta *meta,
                                struct laz_quarantine_put *out)
{
    LAZ_OWNED(laz_fd_drop) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct laz_error err;

    assert_true(fd >= 0);
    return laz_quarantine_put(q, fd, path, meta, out, &err);
}

static unsigned count_entries(const char *dir)
{
    DIR *d = opendir(dir);
    unsigned count = 0;

    assert_non_null(d);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
        count += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 ? 1 : 0;
    closedir(d);
    return count;
}

static void everything_put_in_comes_back(void **state)
{
    static const struct {
        const char *what;
        size_t size;
    } cases[] = {{"empty", 0},
                 {"one byte", 1},
                 {"a chunk", 65536},
                 {"a chunk and one", 65537},
                 {"many", 1000003}};
    struct place *p = *state;
    struct laz_quarantine *q = open_quarantine(p);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = in(p, "victim \xff\n.bin");
        uint8_t *data = calloc(1, cases[i].size + 1);
        struct laz_quarantine_put put;
        struct look before, after;
        struct laz_error err;

        for (size_t n = 0; n < cases[i].size; n++)
            data[n] = (uint8_t)(n * 7 + n / 251);
        write_file(path, data, cases[i].size);
        decorate(path);
        before = look_at(path);
        assert_int_equal(put_path(q, path, &no_meta, &put), LAZ_OK);
        assert_int_equal(put.size, cases[i].size);
        assert_int_equal(put.links_left, 0);
        assert_false(exists(path));
        assert_int_equal(laz_quarantine_restore(q, &put.id, NULL, false, &err), LAZ_OK);
        after = look_at(path);
        assert_same_look(&before, &after);
        assert_int_equal(after.st.st_atim.tv_sec, 1111111111);
        assert_int_equal(after.st.st_atim.tv_nsec, 222222222);
        assert_content(path, data, cases[i].size);
        free(data);
    }
    laz_quarantine_free(q);
}

static void holes_stay_holes(void **state)
{
    struct place *p = *state;
    struct laz_quarantine *q = open_quarantine(p);
    const char *path = in(p, "sparse");
    struct laz_quarantine_put put;
    struct laz_error err;
    struct look before, after;
    uint8_t first[4] = {0};
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    assert_int_equal(pwrite(fd, "start", 5, 0), 5);
    assert_int_equal(pwrite(fd, "middle", 6, 50 * (off_t)MIB), 6);
    assert_int_equal(ftruncate(fd, 100 * (off_t)MIB), 0);
    before = look_at(path);
    assert_true(before.st.st_blocks < 1024);
    assert_int_equal(put_path(q, path, &no_meta, &put), LAZ_OK);
    assert_int_equal(laz_quarantine_restore(q, &put.id, NULL, false, &err), LAZ_OK);
    after = look_at(path);
    assert_same_look(&before, &after);
    assert_true(after.st.st_blocks < 1024);
    close(fd);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(pread(fd, first, 4, 50 * (off_t)MIB), 4);
    assert_memory_equal(first, "midd", 4);
    close(fd);
    laz_quarantine_free(q);
}

static void what_lies_in_quarantine_is_not_the_content(void **state)
{
    static const char text[] = "a text that another scanner would find, long enough to be sure";
    struct place *p = *state;
    struct laz_quarantine *q = open_quarantine(p);
    struct laz_quarantine_put put;
    char file[PATH_SIZE], name[64];
    struct laz_mapping map;
    struct laz_error err;
    int fd;

    write_text(in(p, "virus"), text);
    assert_int_equal(put_path(q, in(p, "virus"), &no_meta, &put), LAZ_OK);
    snprintf(name, sizeof name, "q/%s.q", put.id.text);
    snprintf(file, sizeof file, "%s", in(p, name));
    fd = open(file, O_RDONLY | O_CLOEXEC);
    assert_int_equal(laz_map_fd(fd, &map, &err), LAZ_OK);
    assert_int_equal(laz_view_find(map.bytes, laz_view_from(text, 16)), map.bytes.len);
    laz_mapping_clear(&map);
    close(fd);
    laz_quarantine_free(q);
}

static void a_hard_link_is_reported(void **state)
{
    struct place *p = *state;
    struct laz_quarantine *q = open_quarantine(p);
    struct laz_quarantine_put put;

    write_text(in(p, "one"), "text");
    assert_int_equal(link(in(p, "one"), in(p, "two")), 0);
    assert_int_equal(put_path(q, in(p, "one"), &no_meta, &put), LAZ_OK);
    assert_int_equal(put.links_left, 1);
    assert_false(exists(in(p, "one")));
    assert_text(in(p, "two"), "text");
    laz_quarantine_free(q);
}

static void a_name_that_stands_for_another_file_is_left(void **state)
{
    struct place *p = *state;
    struct laz_quarantine *q = open_quarantine(p);
    struct laz_quarantine_put put;
    struct laz_error err;
    char folder[PATH_SIZE];
    int fd;

    write_text(in(p, "bad"), "bad");
    write_text(in(p, "good"), "good");
    fd = open(in(p, "bad"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(laz_quarantine_put(q, fd, in(p, "good"), &no_meta, &put, &err), LAZ_BUSY);
    assert_int_equal(laz_quarantine_put(q, fd, in(p, "none"), &no_meta, &put, &err), LAZ_BUSY);
    assert_int_equal(mkdir(in(p, "real"), 0755), 0);
    write_text(in(p, "real/bad"), "bad");
    snprintf(folder, sizeof folder, "%s", in(p, "real"));
    assert_int_equal(symlink(folder, in(p, "link")), 0);
    close(fd);
    fd = open(in(p, "real/bad"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(laz_quarantine_put(q, fd, in(p, "link/bad"), &no_meta, &put, &err), LAZ_BUSY);
    assert_int_equal(laz_quarantine_put(q, fd, "relative", &no_meta, &put, &err), LAZ_INVALID);
    assert_text(in(p, "good"), "good");
    assert_text(in(p, "real/bad"), "bad");
    assert_int_equal(unlink(in(p, "real/bad")), 0);
    assert_int_equal(laz_quarantine_put(q, fd, in(p, "real/bad"), &no_meta, &put, &err),
                     LAZ_NOT_FOUND);
    close(fd);
    assert_int_equal(count_entries(in(p, "q")), 1); /* the lock */
    laz_quarantine_free(q);
}

static void only_regular_files_are_taken(void **state)
{
    struct place *p = *state;
    struct laz_quarantine *q = open_quarantine(p);
    struct laz_quarantine_put put;
    struct laz_error err;
    int fd;

    assert_int_equal(mkdir(in(p, "folder"), 0755), 0);
    fd = open(in(p, "folder"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(laz_quarantine_put(q, fd, in(p, "folder"), &no_meta, &put, &err),
                     LAZ_UNSUPPORTED);
    close(fd);
    assert_int_equal(mkfifo(in(p, "fifo"), 0600), 0);
    fd = open(in(p, "fifo"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_int_equal(laz_quarantine_put(q, fd, in(p, "fifo"), &no_meta, &put, &err),
                     LAZ_UNSUPPORTED);
    close(fd);
    laz_quarantine_free(q);
}

static void content_that_was_not_judged_is_not_taken(void **state)
{
    struct place *p = *state;
    struct laz_quarantine *q = open_quarantine(p);
    struct laz_quarantine_meta meta = {.has_sha256 = true};
    struct laz_quarantine_put put;

    write_text(in(p, "file"), "text");
    assert_int_equal(laz_digest(LAZ_SHA256, laz_view_of("other"), meta.sha256), LAZ_OK);
    assert_int_equal(put_path(q, in(p, "file"), &meta, &put), LAZ_BUSY);
    assert_text(in(p, "file"), "text");
    assert_int_equal(laz_digest(LAZ_SHA256, laz_view_of("text"), meta.sha256), LAZ_OK);
    assert_int_equal(put_path(q, in(p, "file"), &meta, &put), LAZ_OK);
    assert_memory_equal(put.sha256, meta.sha256, 32);
    laz_quarantine_free(q);
}

static void nothing_changes_when_it_is_full(void **state)
{
    static const struct laz_quarantine_limits cases[] = {
        {.bytes_max = 4096, .free_min = 1},
        {.file_max = 9999, .free_min = 1},
        {.free_min = UINT64_MAX / 2},
        {.entries_max = 1, .free_min = 1},
    };
    struct place *p = *state;
    struct laz_quarantine_put put;
    struct laz_quarantine *q = open_quarantine(p);
    uint8_t data[10000] = {1};

    write_text(in(p, "first"), "text");
    assert_int_equal(put_path(q, in(p, "first"), &no_meta, &put), LAZ_OK);
    laz_quarantine_free(q);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_error err;

        write_file(in(p, "file"), data, sizeof data);
        assert_int_equal(laz_quarantine_open(in(p, "q"), &cases[i], &q, &err), LAZ_OK);
        assert_int_equal(put_path(q, in(p, "file"), &no_meta, &put), LAZ_LIMIT);
        assert_content(in(p, "file"), data, sizeof data);
        assert_int_equal(count_entries(in(p, "q")), 2); /* the first, the lock */
        laz_quarantine_free(q);
    }
}

static void restoring_overwrites_nothing_unasked(void **state)
{
    struct place *p = *state;
    struct laz_quarantine *q = open_quarantine(p);
    struct laz_quarantine_put put;
    struct laz_error err;

    write_text(in(p, "file"), "old");
    assert_int_equal(put_path(q, in(p, "file"), &no_meta, &put), LAZ_OK);
    write_text(in(p, "file"), "new");
    assert_int_equal(laz_quarantine_restore(q, &put.id, NULL, false, &err), LAZ_EXISTS);
    assert_text(in(p, "file"), "new");
    assert_int_equal(laz_quarantine_restore(q, &put.id, in(p, "other"), false, &err), LAZ_OK);
    assert_text(in(p, "other"), "old");
    assert_int_equal(laz_quarantine_restore(q, &put.id, in(p, "gone/x"), false, &err),
                     LAZ_NOT_FOUND);
    assert_int_equal(laz_quarantine_restore(q, &put.id, NULL, true, &err), LAZ_OK);
    assert_text(in(p, "file"), "old");
    assert_int_equal(mkdir(in(p, "folder"), 0755), 0);
    assert_int_equal(laz_quarantine_restore(q, &put.id, in(p, "folder"), true, &err), LAZ_EXISTS);
    assert_int_equal(count_entries(p->dir), 4); /* file, other, folder, q */
    laz_quarantine_free(q);
}

static bool take_entry(void *context, const struct laz_quarantine_entry *e)
{
    struct laz_quarantine_entry *all = context;
    size_t i = 0;

    while (i < 3 && all[i].size != UINT64_MAX)
        i++;
    assert_true(i < 3);
    all[i] = *e;
    return true;
}

static void the_list_tells_what_is_known(void **state)
{
    struct place *p = *state;
    struct laz_quarantine *q = open_quarantine(p);
    struct laz_quarantine_meta meta = {.detections = laz_view_of("[\"Eicar\"]"),
                                       .actor = laz_view_of("cp"),
                                       .reason = laz_view_of("detected")};
    struct laz_quarantine_entry all[3] = {
        {.size = UINT64_MAX}, {.size = UINT64_MAX}, {.size = UINT64_MAX}};
    struct laz_quarantine_put a, b;
    struct laz_error err;

    write_text(in(p, "a"), "a");
    assert_int_equal(put_path(q, in(p, "a"), &meta, &a), LAZ_OK);
    usleep(20000); /* the order is that of file times */
    write_text(in(p, "b"), "bb");
    assert_int_equal(put_path(q, in(p, "b"), &no_meta, &b), LAZ_OK);
    assert_int_equal(laz_quarantine_restore(q, &a.id, NULL, false, &err), LAZ_OK);
    assert_int_equal(laz_quarantine_list(q, take_entry, all, &err), LAZ_OK);
    assert_string_equal(all[0].id.text, a.id.text);
    assert_true(all[0].restored);
    assert_false(all[0].damaged);
    assert_int_equal(all[0].size, 1);
    assert_int_equal(all[0].mode, 0644);
    assert_string_equal(all[1].id.text, b.id.text);
    assert_false(all[1].restored);
    assert_int_equal(all[2].size, UINT64_MAX);
    laz_quarantine_free(q);
}

static bool check_texts(void *context, const struct laz_quarantine_entry *e)
{
    assert_true(laz_view_equal_text(e->detections, "[\"Eicar\"]"));
    assert_true(laz_view_equal_text(e->actor, "cp"));
    assert_true(laz_view_equal_text(e->reason, "detected"));
    assert_true(laz_view_ends_text(e->path, "/a"));
    *(bool *)context = true;
    return true;
}

static void one_entry_is_found_by_its_id(void **state)
{
    struct place *p = *state;
    struct laz_quarantine *q = open_quarantine(p);
    struct laz_quarantine_meta meta = {.detections = laz_view_of("[\"Eicar\"]"),
                                       .actor = laz_view_of("cp"),
                                       .reason = laz_view_of("detected")};
    struct laz_quarantine_put put;
    struct laz_quarantine_id id;
    struct laz_error err;
    bool seen = false;

    write_text(in(p, "a"), "a");
    assert_int_equal(put_path(q, in(p, "a"), &meta, &put), LAZ_OK);
    assert_int_equal(laz_quarantine_find(q, &put.id, check_texts, &seen, &err), LAZ_OK);
    assert_true(seen);
    assert_true(laz_quarantine_id_parse("00112233445566778899aabbccddeeff", &id));
    assert_int_equal(laz_quarantine_find(q, &id, check_texts, &seen, &err), LAZ_NOT_FOUND);
    assert_int_equal(laz_quarantine_restore(q, &id, NULL, false, &err), LAZ_NOT_FOUND);
    assert_int_equal(laz_quarantine_delete(q, &id, &err), LAZ_NOT_FOUND);
    assert_int_equal(laz_quarantine_delete(q, &put.id, &err), LAZ_OK);
    assert_int_equal(laz_quarantine_find(q, &put.id, check_texts, &seen, &err), LAZ_NOT_FOUND);
    laz_quarantine_free(q);
}

static void ids_are_32_small_digits(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        {"00112233445566778899aabbccddeeff", true},  {"00112233445566778899AABBCCDDEEFF", false},
        {"00112233445566778899aabbccddeef", false},  {"00112233445566778899aabbccddeeff0", false},
        {"../../../../../../../etc/passwd0", false}, {"", false},
    };
    struct laz_quarantine_id id;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(laz_quarantine_id_parse(cases[i].text, &id), cases[i].ok);
}

/* Every byte of prologue and record, and the content: a flipped bit is seen, and nothing restored.
 */
static void damage_is_seen(void **state)
{
    struct place *p = *state;
    struct laz_quarantine *q = open_quarantine(p);
    struct laz_quarantine_put put;
    struct laz_error err;
    char name[64], file[PATH_SIZE];
    struct stat st;
    int fd;

    write_text(in(p, "file"), "some content");
    assert_int_equal(put_path(q, in(p, "file"), &no_meta, &put), LAZ_OK);
    snprintf(name, sizeof name, "q/%s.q", put.id.text);
    snprintf(file, sizeof file, "%s", in(p, name));
    fd = open(file, O_RDWR | O_CLOEXEC);
    assert_int_equal(fstat(fd, &st), 0);
    for (off_t at = 0; at < st.st_size; at = at == 55 ? 4096 : at + 1) {
        enum laz_status s;
        uint8_t byte;

        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= 0x10;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        s = laz_quarantine_restore(q, &put.id, NULL, false, &err);
        assert_true(s == LAZ_DAMAGED || s == LAZ_VERSION);
        assert_false(exists(in(p, "file")));
        byte ^= 0x10;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    }
    for (off_t len = 0; len < st.st_size; len = len == 56 ? 4096 : len + 1) {
        char copy[PATH_SIZE];

        snprintf(copy, sizeof copy, "%s", in(p, "q/00112233445566778899aabbccddeeff.q"));
        write_file(copy, "", 0);
        assert_int_equal(truncate(copy, len), 0);
        {
            LAZ_OWNED(laz_fd_drop) int out = open(copy, O_WRONLY | O_CLOEXEC);
            uint8_t bytes[8192];
            ssize_t n = pread(fd, bytes, (size_t)len, 0);

            assert_int_equal(n, len);
            assert_int_equal(pwrite(out, bytes, (size_t)n, 0), n);
        }
        {
            struct laz_quarantine_id id;

            assert_true(laz_quarantine_id_parse("00112233445566778899aabbccddeeff", &id));
            assert_int_equal(laz_quarantine_restore(q, &id, NULL, false, &err), LAZ_DAMAGED);
        }
    }
    close(fd);
    assert_int_equal(laz_quarantine_restore(q, &put.id, NULL, false, &err), LAZ_OK);
    assert_text(in(p, "file"), "some content");
    laz_quarantine_free(q);
}

static void half_written_entries_are_removed_at_open(void **state)
{
    struct place *p = *state;
    struct laz_quarantine *q = open_quarantine(p);

    laz_quarantine_free(q);
    write_text(in(p, "q/00112233445566778899aabbccddeeff.t"), "half");
    write_text(in(p, "q/00112233445566778899aabbccddeeff.r"), "");
    write_text(in(p, "q/notes.txt"), "not ours");
    q = open_quarantine(p);
    assert_int_equal(count_entries(in(p, "q")), 2); /* notes.txt and the lock */
    laz_quarantine_free(q);
}

static void an_immutable_file_is_taken_and_comes_back_so(void **state)
{
    struct place *p = *state;
    struct laz_quarantine *q = open_quarantine(p);
    struct laz_quarantine_put put;
    struct laz_error err;
    int flags = FS_IMMUTABLE_FL, fd;

    write_text(in(p, "file"), "text");
    fd = open(in(p, "file"), O_RDONLY | O_CLOEXEC);
    if (ioctl(fd, FS_IOC_SETFLAGS, &flags) != 0) {
        close(fd);
        laz_quarantine_free(q);
        skip(); /* not root, or a file system without flags */
        return;
    }
    assert_int_equal(put_path(q, in(p, "file"), &no_meta, &put), LAZ_OK);
    close(fd);
    assert_false(exists(in(p, "file")));
    assert_int_equal(laz_quarantine_restore(q, &put.id, NULL, false, &err), LAZ_OK);
    fd = open(in(p, "file"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(ioctl(fd, FS_IOC_GETFLAGS, &flags), 0);
    assert_true((flags & FS_IMMUTABLE_FL) != 0);
    flags = 0;
    assert_int_equal(ioctl(fd, FS_IOC_SETFLAGS, &flags), 0);
    close(fd);
    laz_quarantine_free(q);
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_make, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(everything_put_in_comes_back),
        PLACED(holes_stay_holes),
        PLACED(what_lies_in_quarantine_is_not_the_content),
        PLACED(a_hard_link_is_reported),
        PLACED(a_name_that_stands_for_another_file_is_left),
        PLACED(only_regular_files_are_taken),
        PLACED(content_that_was_not_judged_is_not_taken),
        PLACED(nothing_changes_when_it_is_full),
        PLACED(restoring_overwrites_nothing_unasked),
        PLACED(the_list_tells_what_is_known),
        PLACED(one_entry_is_found_by_its_id),
        cmocka_unit_test(ids_are_32_small_digits),
        PLACED(damage_is_seen),
        PLACED(half_written_entries_are_removed_at_open),
        PLACED(an_immutable_file_is_taken_and_comes_back_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
