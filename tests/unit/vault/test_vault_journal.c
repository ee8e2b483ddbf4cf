#include "place.h"

#include "agent/vault_journal.h"

#define RECORDS 6u

static struct laz_vault_record record(unsigned n)
{
    static const char *const paths[RECORDS] = {"/a", "/bb", "/ccc", "/dddd", "/eeeee", "/ffffff"};

    return (struct laz_vault_record){.kind = LAZ_VAULT_RECORD_CREATED,
                                     .actor = laz_view_of("actor"),
                                     .path = laz_view_of(paths[n])};
}

struct heard {
    unsigned count;
    bool seen[RECORDS];
    unsigned last; /* length of the last path: they grow */
};

/* Each must be one that was written, in order. */
static enum laz_status hear(void *context, const struct laz_vault_record *r, uint64_t at)
{
    struct heard *h = context;

    (void)at;
    assert_int_equal(r->kind, LAZ_VAULT_RECORD_CREATED);
    assert_true(laz_view_equal_text(r->actor, "actor"));
    assert_true(r->path.len >= 2 && r->path.len <= RECORDS + 1);
    assert_true(r->path.len > h->last);
    assert_true(laz_view_equal(r->path, record((unsigned)r->path.len - 2).path));
    h->last = (unsigned)r->path.len;
    h->seen[r->path.len - 2] = true;
    h->count++;
    return LAZ_OK;
}

static struct heard replay(const struct place *p, bool writable, uint32_t *damaged)
{
    LAZ_OWNED(laz_fd_drop) int dir = laz_open_dir(p->dir);
    struct heard h = {.count = 0};
    struct laz_vault_journal j;
    struct laz_error err;

    assert_int_equal(laz_vault_journal_open(dir, writable, hear, &h, &j, &err), LAZ_OK);
    *damaged = j.damaged;
    laz_vault_journal_clear(&j);
    return h;
}

/* The journal of all records, whose bytes are returned. */
static size_t write_all(const struct place *p, uint8_t *bytes, size_t room)
{
    LAZ_OWNED(laz_fd_drop) int dir = laz_open_dir(p->dir);
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    struct heard h = {.count = 0};
    struct laz_vault_journal j;
    struct laz_error err;
    ssize_t n;

    assert_int_equal(laz_vault_journal_open(dir, true, hear, &h, &j, &err), LAZ_OK);
    for (unsigned i = 0; i < RECORDS; i++) {
        struct laz_vault_record r = record(i), again;
        uint64_t at;

        assert_int_equal(laz_vault_journal_add(&j, &r, &at, &err), LAZ_OK);
        assert_int_equal(laz_vault_journal_read(&j, at, &again, &err), LAZ_OK);
        assert_true(laz_view_equal(again.path, record(i).path));
    }
    laz_vault_journal_clear(&j);
    fd = laz_open_read(in(p, "journal"));
    n = read(fd, bytes, room);
    assert_true(n > 0 && (size_t)n < room);
    return (size_t)n;
}

static void what_was_written_is_read_in_order(void **state)
{
    struct place *p = *state;
    uint8_t bytes[4096];
    uint32_t damaged;

    write_all(p, bytes, sizeof bytes);
    assert_int_equal(replay(p, false, &damaged).count, RECORDS);
    assert_int_equal(damaged, 0);
}

/* Cut at every byte: the whole records before are read, and writing goes on behind them. */
static void a_cut_journal_gives_its_whole_records(void **state)
{
    struct place *p = *state;
    uint8_t bytes[4096];
    size_t len = write_all(p, bytes, sizeof bytes);
    unsigned before = 0;

    for (size_t cut = 0; cut <= len; cut++) {
        struct heard h;
        uint32_t damaged;

        write_file(in(p, "journal"), bytes, cut);
        h = replay(p, true, &damaged);
        assert_true(h.count >= before && h.count <= before + 1);
        for (unsigned i = 0; i < h.count; i++)
            assert_true(h.seen[i]);
        before = h.count;
        assert_int_equal(replay(p, true, &damaged).count, h.count);
        assert_int_equal(damaged, 0); /* what followed is cut off */
    }
    assert_int_equal(before, RECORDS);
}

/* Every bit flipped: at most the record that it lies in is lost, and never a wrong one is read. */
static void a_flipped_bit_loses_one_record_at_most(void **state)
{
    struct place *p = *state;
    uint8_t bytes[4096];
    size_t len = write_all(p, bytes, sizeof bytes);

    for (size_t bit = 0; bit < len * 8; bit++) {
        struct heard h;
        uint32_t damaged;

        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        write_file(in(p, "journal"), bytes, len);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        h = replay(p, false, &damaged);
        assert_int_equal(h.count, RECORDS - 1);
        assert_int_equal(damaged, 1);
    }
}

/* A record that stands twice, or an old one behind newer ones, is none. */
static void an_old_record_does_not_come_back(void **state)
{
    struct place *p = *state;
    uint8_t bytes[8192];
    size_t len = write_all(p, bytes, sizeof bytes / 2);
    uint32_t damaged;

    memcpy(bytes + len, bytes, len);
    write_file(in(p, "journal"), bytes, 2 * len);
    assert_int_equal(replay(p, false, &damaged).count, RECORDS);
    assert_int_equal(damaged, 1);
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_make, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(what_was_written_is_read_in_order),
        PLACED(a_cut_journal_gives_its_whole_records),
        PLACED(a_flipped_bit_loses_one_record_at_most),
        PLACED(an_old_record_does_not_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
