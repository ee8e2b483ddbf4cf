#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/status.h"
#include "format/identify.h"

#define BYTES(text)                                                                                \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

static void types_are_told_by_content(void **state)
{
    static const struct {
        struct laz_view bytes;
        const char *name;
        enum laz_type_group group;
    } cases[] = {
        {BYTES(""), "empty", LAZ_TYPE_PLAIN},
        {BYTES("PK\3\4"), "zip", LAZ_TYPE_ARCHIVE},
        {BYTES("PK\3"), "data", LAZ_TYPE_PLAIN},
        {BYTES("7z\xBC\xAF\x27\x1C"), "7z", LAZ_TYPE_ARCHIVE},
        {BYTES("Rar!\x1A\x07\x01\x00"), "rar5", LAZ_TYPE_ARCHIVE},
        {BYTES("\x1F\x8B\x08"), "gzip", LAZ_TYPE_STREAM},
        {BYTES("begin 644 a\n"), "uuencode", LAZ_TYPE_STREAM},
        {BYTES("begin-base64 644 a\n"), "uuencode", LAZ_TYPE_STREAM},
        {BYTES("begin with a word"), "text", LAZ_TYPE_MIXED},
        {BYTES("%PDF-1.4"), "pdf", LAZ_TYPE_ARCHIVE},
        {BYTES("{\\rtf1"), "rtf", LAZ_TYPE_MIXED},
        {BYTES("\x7F"
               "ELF"),
         "elf", LAZ_TYPE_MIXED},
        {BYTES("MZ"), "dos", LAZ_TYPE_MIXED},
        {BYTES("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), "ole2", LAZ_TYPE_CLOSED},
        {BYTES("\x89PNG\r\n\x1A\n"), "png", LAZ_TYPE_PLAIN},
        {BYTES("<!DOCTYPE HTML>"), "html", LAZ_TYPE_MIXED},
        {BYTES(" \n<html>"), "html", LAZ_TYPE_MIXED},
        {BYTES("From: a\nTo: b\nSubject: c\n\n"), "mail", LAZ_TYPE_MIXED},
        {BYTES("From a@b Thu\nSubject: c\n\n"), "mail", LAZ_TYPE_MIXED},
        {BYTES("Subject to change"), "text", LAZ_TYPE_MIXED},
        {BYTES("plain\n"), "text", LAZ_TYPE_MIXED},
        {BYTES("a\0b"), "data", LAZ_TYPE_PLAIN},
        {BYTES("-----BEGIN PGP MESSAGE-----"), "pgp", LAZ_TYPE_LOCKED},
        {BYTES("\x60\xEA\x2C\x00\x22\x0B\x01\x02\x10\x00\x02"), "arj", LAZ_TYPE_CLOSED},
        {BYTES("\x60\xEA\x2C\x00\x22\x0B\x01\x02\x10\x00\x03"), "data", LAZ_TYPE_PLAIN},
        {BYTES("\x00\x00-lh5-"), "lha", LAZ_TYPE_ARCHIVE},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct laz_type *type = laz_identify(cases[i].bytes);

        assert_string_equal(type->name, cases[i].name);
        assert_int_equal(type->group, cases[i].group);
        assert_true(strlen(type->name) < 16);
    }
}

static void an_old_tape_is_told_by_its_sum(void **state)
{
    uint8_t header[512] = "name";
    struct laz_view v = {header, sizeof header};
    unsigned sum = 8 * ' ';

    for (size_t i = 0; i < sizeof header; i++)
        sum += header[i];
    snprintf((char *)header + 148, 8, "%06o", sum);
    assert_string_equal(laz_identify(v)->name, "tar");
    header[148] = header[148] == '1' ? '2' : '1';
    assert_string_equal(laz_identify(v)->name, "data");
    memset(header, 0, sizeof header); /* an end mark is no beginning */
    assert_string_equal(laz_identify(v)->name, "data");
}

static void hidden_content_is_seen(void **state)
{
    static const struct {
        struct laz_view bytes;
        bool hides;
    } cases[] = {
        {BYTES("{\\rtf1 hello}"), false},
        {BYTES("{\\rtf1 {\\object\\objdata 01}}"), true},
        {BYTES("From: a\nSubject: c\n\nhello\n"), false},
        {BYTES("From: a\nSubject: c\nContent-Transfer-Encoding: BASE64\n\nYQ==\n"), true},
        {BYTES("From: a\nSubject: c\n\nbegin 644 x\n"), true},
        {BYTES("<html><img src=\"data:image/png;base64,AAAA\">"), false},
        {BYTES("<html>data:x;base64,AAAA"), false},
        {BYTES("\x7F"
               "ELF and so on"),
         false},
        {BYTES("\x7F"
               "ELF UPX!"),
         true},
        {BYTES("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), true},
        {BYTES("\x89PNG\r\n\x1A\n"), false},
        {BYTES("plain"), false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(laz_type_hides(laz_identify(cases[i].bytes), cases[i].bytes),
                         cases[i].hides);
}

static void an_attachment_in_a_page_is_seen(void **state)
{
    char page[600] = "<html><a href=\"data:application/octet-stream;base64,";
    struct laz_view v = laz_view_from(page, sizeof page);

    memset(page + strlen(page), 'A', sizeof page - strlen(page));
    assert_true(laz_type_hides(laz_identify(v), v));
}

static void a_packed_tail_of_a_script_is_seen(void **state)
{
    static uint8_t script[32768];
    struct laz_view v = {script, sizeof script};
    uint32_t noise = 1;

    memset(script, '#', sizeof script);
    assert_false(laz_type_hides(laz_identify(v), v));
    for (size_t i = 16384; i < sizeof script; i++) {
        noise = noise * 1664525 + 1013904223;
        script[i] = (uint8_t)(noise >> 24);
    }
    assert_string_equal(laz_identify(v)->name, "text");
    assert_true(laz_type_hides(laz_identify(v), v));
}

static void no_cut_of_a_header_is_read_past_its_end(void **state)
{
    static const char pe[] =
        "MZ\x90\0................................................"
        "........\x40\0\0\0PE\0\0\x4c\x01\x02\0............\xe0\0\x0f\x01\x0b\x01";

    for (size_t len = 0; len < sizeof pe; len++) {
        uint8_t *exact = malloc(len + 1); /* so that a sanitizer sees the first byte too many */
        struct laz_view v = {exact, len};
        const struct laz_type *type, *inner;
        uint64_t offset;

        assert_non_null(exact);
        memcpy(exact, pe, len);
        type = laz_identify(v);
        assert_non_null(type);
        laz_ignore(laz_type_hides(type, v));                     /* only that it ends */
        laz_ignore(laz_find_appended(type, v, &offset, &inner)); /* only that it ends */
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_told_by_content),
        cmocka_unit_test(an_old_tape_is_told_by_its_sum),
        cmocka_unit_test(hidden_content_is_seen),
        cmocka_unit_test(an_attachment_in_a_page_is_seen),
        cmocka_unit_test(a_packed_tail_of_a_script_is_seen),
        cmocka_unit_test(no_cut_of_a_header_is_read_past_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
