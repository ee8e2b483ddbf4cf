/* pe_write.c - writes the programs that tests put together into a folder: for comparisons, and for
 * the corpora of fuzz targets. */
#include <stdio.h>

#include "pe_build.h"

static bool write_one(const char *folder, const char *name, const struct pe_shape *shape)
{
    char path[4096];
    struct laz_buf b;
    FILE *f;
    bool ok;

    laz_buf_init(&b, PE_BUILD_MAX);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    ok = pe_build(shape, &b);
    f = ok ? fopen(path, "wb") : NULL;
    ok = f != NULL && fwrite(b.data, 1, b.len, f) == b.len;
    if (f != NULL && fclose(f) != 0)
        ok = false;
    laz_buf_clear(&b);
    return ok;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        struct pe_shape shape;
    } files[] = {{"plain-32", {false, 0}},
                 {"plain-64", {true, 0}},
                 {"all-32", {false, PE_ALL}},
                 {"all-64", {true, PE_ALL}},
                 {"library-32", {false, PE_DLL | PE_EXPORTS | PE_IMPORTS}},
                 {"library-64", {true, PE_DLL | PE_EXPORTS | PE_IMPORTS}},
                 {"dotnet-32", {false, PE_DOTNET}},
                 {"dotnet-64", {true, PE_DOTNET | PE_RESOURCES}},
                 {"dotnet-library", {false, PE_DOTNET | PE_DLL}}};

    if (argc != 2)
        return 2;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (!write_one(argv[1], files[i].name, &files[i].shape))
            return 1;
    return 0;
}
