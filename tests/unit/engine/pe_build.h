/* pe_build.h - small programs for Windows, put together for tests: what stands in them is known, as
 * nothing is in them that was not put there. */
#ifndef LAZ_TESTS_PE_BUILD_H
#define LAZ_TESTS_PE_BUILD_H

#include "base/buf.h"

#define PE_BUILD_MAX ((size_t)256 * 1024)

enum pe_part {
    PE_IMPORTS = 1u << 0,   /* KERNEL32.dll by name, WS2_32.dll and odd.drv by number too */
    PE_DELAYED = 1u << 1,   /* USER32.dll, by name and by number */
    PE_EXPORTS = 1u << 2,   /* three, one forwarded, one without a name */
    PE_RESOURCES = 1u << 3, /* raw data in two languages, a named one, and a version */
    PE_RICH = 1u << 4,
    PE_DEBUG = 1u << 5,     /* a path */
    PE_OVERLAY = 1u << 6,   /* "behind the last section" */
    PE_LONG_NAME = 1u << 7, /* of the second section, in the table of strings */
    PE_DLL = 1u << 8,
    PE_DOTNET = 1u << 9, /* metadata: dotnet_build.h */
    PE_ALL = (1u << 8) - 1,
};

struct pe_shape {
    bool is_64bit;
    unsigned parts;
};

#define PE_TEXT_RVA   0x1000u
#define PE_DATA_RVA   0x2000u
#define PE_TEXT_PLACE 0x400u /* in the file */
#define PE_DATA_PLACE 0x600u
#define PE_BASE_32    0x400000u
#define PE_BASE_64    UINT64_C(0x140000000)

/* Appends the program to out; false when memory ran out. */
bool pe_build(const struct pe_shape *shape, struct laz_buf *out);
/* A number of 4 bytes at a place. */
void pe_patch(struct laz_buf *b, size_t place, uint32_t n);
/* Zeros up to a border. */
void pe_align(struct laz_buf *b, size_t border);

#endif
