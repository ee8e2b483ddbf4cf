/* gate_opens.c - opens every regular file below a folder, reads its first 4 KiB and closes it, like
 * grep -r does. Prints: files, opens per second, p50 and p99 of open() in microseconds. */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FILES_MAX 200000

static double *took_us;
static size_t file_count;

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
    char block[4096];
    double start;
    int fd;

    (void)st;
    (void)at;
    if (type != FTW_F || file_count == FILES_MAX)
        return 0;
    start = now_us();
    fd = open(path, O_RDONLY);
    took_us[file_count++] = now_us() - start;
    if (fd < 0)
        return 0;
    if (read(fd, block, sizeof block) < 0)
        perror(path);
    close(fd);
    return 0;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    double start, end;

    took_us = calloc(FILES_MAX, sizeof *took_us);
    if (argc != 2 || took_us == NULL)
        return 2;
    start = now_us();
    if (nftw(argv[1], visit, 32, FTW_PHYS) != 0 || file_count == 0)
        return 1;
    end = now_us();
    qsort(took_us, file_count, sizeof *took_us, compare);
    printf("%zu %.0f %.1f %.1f\n", file_count, (double)file_count / (end - start) * 1e6,
           took_us[file_count / 2], took_us[file_count * 99 / 100]);
    return 0;
}
