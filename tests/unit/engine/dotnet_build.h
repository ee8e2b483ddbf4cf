/* dotnet_build.h - the metadata of a small assembly, put together for tests. */
#ifndef LAZ_TESTS_DOTNET_BUILD_H
#define LAZ_TESTS_DOTNET_BUILD_H

#include "base/buf.h"

#define DOTNET_HEADER_SIZE 72u

/* Appends the header of the runtime, the metadata and one resource to section, whose first byte is
 * at address rva. */
void dotnet_build(struct laz_buf *section, uint32_t rva);

#endif
