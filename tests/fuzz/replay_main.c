/* Runs a fuzz target once for each file named on the command line, or found in a folder named
 * there, so that every finding stays an ordinary test with any compiler. An empty corpus fails. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/number.h"
#include "sys/fd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned replay(const char *path);

static unsigned replay_folder(const char *path)
{
    DIR *folder = opendir(path);
    unsigned count = 0;

    if (folder == NULL)
        return 0;
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        char inside[PATH_MAX];

        if (e->d_name[0] == '.')
            continue;
        snprintf(inside, sizeof inside, "%s/%s", path, e->d_name);
        count += replay(inside);
    }
    closedir(folder);
    return count;
}

static unsigned replay(const char *path)
{
    struct laz_error err;
    struct laz_buf b;
    struct stat st;

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return replay_folder(path);
    laz_buf_init(&b, 64 * MIB);
    if (laz_read_file(path, &b, &err) != LAZ_OK) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return 0;
    }
    LLVMFuzzerTestOneInput((const uint8_t *)laz_buf_text(&b), b.len);
    laz_buf_clear(&b);
    return 1;
}

int main(int argc, char **argv)
{
    unsigned count = 0;

    for (int i = 1; i < argc; i++)
        count += replay(argv[i]);
    printf("replayed %u inputs\n", count);
    return count > 0 ? 0 : 1;
}
