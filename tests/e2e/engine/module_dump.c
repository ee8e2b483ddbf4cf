/* module_dump.c - prints what the modules named before "--" say of the files behind it, in the form
 * of `yara -D`. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scan/modules.h"
#include "sign/digest.h"

#define OUT_MAX ((size_t)256 * 1024 * 1024)

static bool map(const char *path, struct laz_view *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    void *p;

    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size <= 0)
        return false;
    p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    *out = laz_view_from(p, (size_t)st.st_size);
    return p != MAP_FAILED;
}

static bool dump(struct laz_modules *m, const char *const *names, int count, const char *path)
{
    struct laz_modules_input input = {0};
    struct laz_buf out;
    bool ok;

    if (!map(path, &input.bytes))
        return false;
    laz_buf_init(&out, OUT_MAX);
    laz_modules_start(m, &input);
    for (int i = 0; i < count; i++)
        laz_modules_print(m, laz_module_find(laz_view_of(names[i])), &out);
    ok = laz_buf_failed(&out) == LAZ_OK && fwrite(out.data, 1, out.len, stdout) == out.len &&
         printf("end %s\n", path) > 0;
    laz_buf_clear(&out);
    munmap((void *)(uintptr_t)input.bytes.data, input.bytes.len);
    return ok;
}

int main(int argc, char **argv)
{
    struct laz_modules *m = NULL;
    int names = 1, failed = 0;

    laz_digest_init();
    while (names < argc && strcmp(argv[names], "--") != 0) {
        if (laz_module_find(laz_view_of(argv[names])) == LAZ_MODULE_NONE)
            return 2;
        names++;
    }
    if (laz_modules_new(&m) != LAZ_OK)
        return 2;
    for (int i = names + 1; i < argc; i++)
        failed += !dump(m, (const char *const *)argv + 1, names - 1, argv[i]);
    laz_modules_free(m);
    return failed == 0 ? 0 : 1;
}
