#include "vault_play.h"

/* The ways in which attackers leave files, each ending with the same two files as before. */
static void attack_rename_after(struct laz_vault *v, const struct place *p)
{
    keep_ok(v, "a", in(p, "share/one"));
    write_text(in(p, "share/one"), "XXXX");
    renamed(v, in(p, "share/one"), in(p, "share/one.locked"), true);
    keep_ok(v, "a", in(p, "share/two"));
    write_text(in(p, "share/two"), "YYYY");
    renamed(v, in(p, "share/two"), in(p, "share/two.locked"), false);
}

static void attack_rename_before(struct laz_vault *v, const struct place *p)
{
    renamed(v, in(p, "share/one"), in(p, "share/one.locked"), true);
    keep_ok(v, "a", in(p, "share/one.locked"));
    write_text(in(p, "share/one.locked"), "XXXX");
    renamed(v, in(p, "share/two"), in(p, "share/two.locked"), false);
    keep_ok(v, "a", in(p, "share/two.locked"));
    write_text(in(p, "share/two.locked"), "YYYY");
}

static void attack_replace(struct laz_vault *v, const struct place *p)
{
    keep_ok(v, "a", in(p, "share/one"));
    write_text(in(p, "share/one.tmp"), "XXXX");
    created(v, in(p, "share/one.tmp"));
    renamed(v, in(p, "share/one.tmp"), in(p, "share/one"), true);
    keep_ok(v, "a", in(p, "share/two"));
    write_text(in(p, "share/two.tmp"), "YYYY");
    created(v, in(p, "share/two.tmp"));
    renamed(v, in(p, "share/two.tmp"), in(p, "share/two"), false);
}

static void attack_delete(struct laz_vault *v, const struct place *p)
{
    keep_ok(v, "a", in(p, "share/one"));
    keep_ok(v, "a", in(p, "share/two"));
    assert_int_equal(unlink(in(p, "share/one")), 0);
    assert_int_equal(unlink(in(p, "share/two")), 0);
    assert_int_equal(rmdir(in(p, "share")), 0);
}

static void attack_link(struct laz_vault *v, const struct place *p)
{
    keep_ok(v, "a", in(p, "share/one"));
    assert_int_equal(unlink(in(p, "share/one")), 0);
    assert_int_equal(symlink("/etc/passwd", in(p, "share/one")), 0);
    keep_ok(v, "a", in(p, "share/two"));
    assert_int_equal(unlink(in(p, "share/two")), 0);
    assert_int_equal(mkfifo(in(p, "share/two"), 0600), 0);
}

static void attack_rename_only(struct laz_vault *v, const struct place *p)
{
    renamed(v, in(p, "share/one"), in(p, "share/x"), true);
    renamed(v, in(p, "share/x"), in(p, "share/y"), true);
    renamed(v, in(p, "share/two"), in(p, "share/one"), true);
}

static void attack_swap(struct laz_vault *v, const struct place *p)
{
    keep_ok(v, "a", in(p, "share/one"));
    keep_ok(v, "a", in(p, "share/two"));
    write_text(in(p, "share/one"), "XXXX");
    renamed(v, in(p, "share/one"), in(p, "share/three"), true);
    renamed(v, in(p, "share/two"), in(p, "share/one"), true);
    renamed(v, in(p, "share/three"), in(p, "share/two"), true);
}

static void attack_folder(struct laz_vault *v, const struct place *p)
{
    keep_ok(v, "a", in(p, "share/one"));
    write_text(in(p, "share/one"), "XXXX");
    renamed(v, in(p, "share"), in(p, "gone"), true);
    keep_ok(v, "a", in(p, "gone/two"));
    write_text(in(p, "gone/two"), "YYYY");
}

static void attack_write_twice(struct laz_vault *v, const struct place *p)
{
    for (int i = 0; i < 3; i++) {
        keep_ok(v, "a", in(p, "share/one"));
        write_text(in(p, "share/one"), "XXXX");
        settle();
    }
    keep_ok(v, "a", in(p, "share/two"));
    assert_int_equal(unlink(in(p, "share/two")), 0);
    write_text(in(p, "share/two"), "made by the attacker");
    keep_ok(v, "a", in(p, "share/two"));
    write_text(in(p, "share/two"), "YYYY");
}

static void every_attack_is_undone(void **state)
{
    static const struct {
        const char *what;
        void (*attack)(struct laz_vault *v, const struct place *p);
    } cases[] = {
        {"renamed after", attack_rename_after},
        {"renamed before", attack_rename_before},
        {"replaced", attack_replace},
        {"deleted", attack_delete},
        {"links and fifos", attack_link},
        {"only renamed", attack_rename_only},
        {"swapped", attack_swap},
        {"folder moved", attack_folder},
        {"written twice", attack_write_twice},
    };
    struct place *p = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_vault *v = open_vault(p);
        struct look one, two, now;
        struct told told;

        assert_int_equal(mkdir(in(p, "share"), 0750), 0);
        write_text(in(p, "share/one"), "first file");
        write_text(in(p, "share/two"), "second file");
        decorate(in(p, "share/two"));
        one = look_at(in(p, "share/one"));
        two = look_at(in(p, "share/two"));
        settle();
        cases[i].attack(v, p);
        assert_int_equal(roll_back(v, "a", &told).failed, 0);
        if (!exists(in(p, "share/one")) || !exists(in(p, "share/two")) ||
            count_entries(in(p, "share")) != 2)
            print_error("case: %s\n", cases[i].what);
        assert_int_equal(count_entries(in(p, "share")), 2);
        assert_text(in(p, "share/one"), "first file");
        assert_text(in(p, "share/two"), "second file");
        now = look_at(in(p, "share/one"));
        assert_same_look(&one, &now);
        now = look_at(in(p, "share/two"));
        assert_same_look(&two, &now);
        now = look_at(in(p, "share"));
        assert_int_equal(now.st.st_mode & 07777, 0750);
        assert_int_equal(count_entries(p->dir), 2); /* share and vault */
        assert_int_equal(unlink(in(p, "share/one")), 0);
        assert_int_equal(unlink(in(p, "share/two")), 0);
        assert_int_equal(rmdir(in(p, "share")), 0);
        laz_vault_free(v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(every_attack_is_undone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
