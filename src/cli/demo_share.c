#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/number.h"
#include "cli/demo.h"
#include "sys/fd.h"

#define DOCUMENT_MAX (64 * KIB)

static const char *const wards[] = {"cardiology", "radiology",   "maternity", "oncology",
                                    "emergency",  "paediatrics", "surgery",   "pharmacy"};
static const char *const extensions[] = {"txt", "csv", "html", "rtf"};

static void document_name(unsigned number, char *out, size_t size)
{
    snprintf(out, size, "%s-rota-%02u.%s", wards[number % 8], number, extensions[number % 4]);
}

static void add_row(struct laz_buf *b, unsigned kind, unsigned row, unsigned value)
{
    static const char *const shifts[] = {"early", "late", "night"};
    const char *shift = shifts[value % 3];
    unsigned bed = value / 3 % 40 + 1;

    /* b remembers a refusal; the caller asks once. */
    switch (kind) {
    case 1:
        laz_ignore(laz_buf_addf(b, "%u;2026-%02u-%02u;%s;bed %u\n", row, row % 12 + 1, row % 28 + 1,
                                shift, bed));
        break;
    case 2:
        laz_ignore(
            laz_buf_addf(b, "<tr><td>%u</td><td>%s</td><td>bed %u</td></tr>\n", row, shift, bed));
        break;
    case 3:
        laz_ignore(laz_buf_addf(b, "\\par Round %u: %s shift, bed %u, nothing to report.\n", row,
                                shift, bed));
        break;
    default:
        laz_ignore(laz_buf_addf(b, "Round %u, %s shift: bed %u was seen; nothing to report.\n", row,
                                shift, bed));
        break;
    }
}

/* The same number gives the same bytes on every machine: nothing has to be stored to compare. */
static enum laz_status add_document(struct laz_buf *b, unsigned number)
{
    static const char *const openings[] = {"Duty notes\n", "round;date;shift;bed\n",
                                           "<!DOCTYPE html><title>Duty rota</title><table>\n",
                                           "{\\rtf1\\ansi Duty rota\n"};
    static const char *const endings[] = {"End of notes\n", "", "</table>\n", "}\n"};
    unsigned kind = number % 4;
    uint32_t value = number * 2654435761u + 1;

    laz_ignore(laz_buf_add_text(b, openings[kind])); /* b remembers a refusal */
    for (unsigned row = 1; row <= 60 + number * 7; row++) {
        value = value * 1664525u + 1013904223u; /* Numerical Recipes' generator */
        add_row(b, kind, row, value >> 16);
    }
    laz_ignore(laz_buf_add_text(b, endings[kind]));
    return laz_buf_failed(b);
}

static bool document_is_whole(int dir, const char *name, struct laz_view wanted)
{
    LAZ_OWNED(laz_fd_drop) int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    LAZ_OWNED(laz_buf_drop) struct laz_buf found = {0};

    laz_buf_init(&found, DOCUMENT_MAX);
    return fd >= 0 && laz_read_all(fd, &found, NULL) == LAZ_OK &&
           laz_view_equal(laz_buf_view(&found), wanted);
}

static enum laz_status make_document(int dir, unsigned number, struct laz_error *err)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf content = {0};
    char name[NAME_MAX + 1];

    laz_buf_init(&content, DOCUMENT_MAX);
    document_name(number, name, sizeof name);
    if (add_document(&content, number) != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "demo", name, "no memory", "");
    if (document_is_whole(dir, name, laz_buf_view(&content)))
        return LAZ_OK;
    return laz_replace_file(dir, name, laz_buf_view(&content), 0644, err);
}

enum laz_status laz_demo_share_make(const char *folder, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int dir = -1;
    enum laz_status s = laz_make_dir(folder, 0755, err);

    if (s != LAZ_OK)
        return s;
    dir = laz_open_dir(folder);
    if (dir < 0)
        return laz_fail_errno(err, "demo", folder, "check permissions");
    if (faccessat(dir, LAZ_DEMO_MARK, F_OK, 0) != 0)
        s = laz_replace_file(dir, LAZ_DEMO_MARK, laz_view_of("scratch\n"), 0644, err);
    for (unsigned i = 0; i < LAZ_DEMO_DOCUMENTS && s == LAZ_OK; i++)
        s = make_document(dir, i, err);
    return s;
}

unsigned laz_demo_share_damaged(const char *folder, char *first, size_t first_size)
{
    LAZ_OWNED(laz_fd_drop) int dir = laz_open_dir(folder);
    unsigned damaged = 0;

    first[0] = '\0';
    for (unsigned i = 0; i < LAZ_DEMO_DOCUMENTS; i++) {
        LAZ_OWNED(laz_buf_drop) struct laz_buf content = {0};
        char name[NAME_MAX + 1];

        laz_buf_init(&content, DOCUMENT_MAX);
        document_name(i, name, sizeof name);
        if (dir >= 0 && add_document(&content, i) == LAZ_OK &&
            document_is_whole(dir, name, laz_buf_view(&content)))
            continue;
        if (damaged++ == 0)
            snprintf(first, first_size, "%s", name);
    }
    return damaged;
}

void laz_demo_eicar(char out[LAZ_DEMO_EICAR_SIZE + 1])
{
    int len = snprintf(out, LAZ_DEMO_EICAR_SIZE + 1, "%s%s%s%s", "X5O!P%@AP[4\\PZX54(P^)7CC)7}$",
                       "EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE", "!$H+H*");

    LAZ_ASSERT(len == LAZ_DEMO_EICAR_SIZE);
}
