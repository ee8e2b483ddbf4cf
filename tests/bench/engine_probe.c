/* The engine in one process, as a worker has it.
 *
 *   engine_probe first DATABASE FILE      CPU microseconds from open to the verdict, and its parts
 *   engine_probe memory DATABASE <PATHS   private kB after these files were scanned, and at most
 * while a new copy of the database takes the place of the old one
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "match/matcher.h"

#define OBJECT_MAX ((size_t)64 << 20)

struct engine {
    struct laz_view image;
    struct laz_database *db;
    struct laz_matcher *matcher;
};

static double cpu_us(void)
{
    struct timespec t;

    laz_ignore(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static bool map(const char *path, struct laz_view *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat state;
    void *p = MAP_FAILED;

    if (fd >= 0 && fstat(fd, &state) == 0)
        p = mmap(NULL, (size_t)state.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (fd >= 0)
        laz_ignore(close(fd) != 0);
    if (p == MAP_FAILED)
        return false;
    *out = laz_view_from(p, (size_t)state.st_size);
    return true;
}

static bool start(const char *path, struct engine *e)
{
    *e = (struct engine){{NULL, 0}, NULL, NULL};
    return map(path, &e->image) && laz_database_open(e->image, &e->db, NULL) == LAZ_OK &&
           laz_matcher_new(e->db, &e->matcher, NULL) == LAZ_OK;
}

static void stop(struct engine *e)
{
    laz_matcher_free(e->matcher);
    laz_database_free(e->db);
    laz_ignore(munmap((void *)(uintptr_t)e->image.data, e->image.len) != 0);
}

static bool go_on(void *context, const struct laz_hit *hit)
{
    return true;
}

static void scan(struct engine *e, struct laz_view bytes)
{
    struct laz_match_object object = {.bytes = bytes, .target = LAZ_TARGET_PE};

    laz_ignore(laz_matcher_run(e->matcher, &object, NULL, go_on, NULL));
}

static long anonymous_kb(void)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    long kb = 0;

    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, "RssAnon:", 8) == 0)
            kb = strtol(line + 8, NULL, 10);
    if (f != NULL)
        laz_ignore(fclose(f));
    return kb;
}

static int print_first(const char *database, const char *file)
{
    double before = cpu_us(), opened;
    struct engine e;
    struct laz_view object;

    if (!start(database, &e) || !map(file, &object))
        return 1;
    opened = cpu_us();
    scan(&e, object);
    printf("  open %.0f us, first verdict %.0f us of CPU\n", opened - before, cpu_us() - before);
    return 0;
}

static int print_memory(const char *database)
{
    struct engine e, next;
    char path[4096];
    long rest, peak;

    if (!start(database, &e))
        return 1;
    while (fgets(path, sizeof path, stdin) != NULL) {
        struct laz_view object;

        path[strcspn(path, "\n")] = '\0';
        if (!map(path, &object))
            continue;
        if (object.len < OBJECT_MAX)
            scan(&e, object);
        laz_ignore(munmap((void *)(uintptr_t)object.data, object.len) != 0);
    }
    rest = anonymous_kb();
    if (!start(database, &next))
        return 1;
    peak = anonymous_kb();
    stop(&e);
    printf("%ld %ld\n", rest, peak > rest ? peak : rest);
    stop(&next);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "first") == 0)
        return print_first(argv[2], argv[3]);
    if (argc == 3 && strcmp(argv[1], "memory") == 0)
        return print_memory(argv[2]);
    return 2;
}
