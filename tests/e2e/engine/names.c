/* Each line of a list on its own, so that no find hides another: prints "OBJECT<tab>NAME" for every
 * signature that a whole scan finds in each file of a folder, and "refused<tab>LINE<tab>WHY" for
 * lines that the compiler does not take.
 *
 * usage: engine_names LIST FOLDER [OTHER LIST]... */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/number.h"
#include "rules/compiler.h"
#include "rules/pack.h"
#include "scan/scan.h"
#include "sign/digest.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define OBJECTS_MAX 4096
#define OTHERS_MAX  8
#define FILE_MAX    (64 * MIB)
#define PAGE        4096

static struct object {
    char name[128];
    struct laz_buf bytes;
} objects[OBJECTS_MAX];
static size_t object_count;
static struct laz_buf others[OTHERS_MAX];

static int64_t no_clock(void)
{
    return 0;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static void read_or_die(const char *path, struct laz_buf *out)
{
    struct laz_error err;
    char text[1200];

    laz_buf_init(out, FILE_MAX);
    if (laz_read_file(path, out, &err) == LAZ_OK)
        return;
    laz_error_text(&err, text, sizeof text);
    fprintf(stderr, "%s\n", text);
    exit(2);
}

static void read_objects(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    char path[4096];

    LAZ_ASSERT(dir != NULL);
    while ((entry = readdir(dir)) != NULL) {
        struct object *o = &objects[object_count];

        if (entry->d_name[0] == '.')
            continue;
        LAZ_ASSERT(object_count < OBJECTS_MAX && strlen(entry->d_name) < sizeof o->name);
        snprintf(o->name, sizeof o->name, "%s", entry->d_name);
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        read_or_die(path, &o->bytes);
        object_count++;
    }
    closedir(dir);
}

static void scan_all(const struct laz_database *db)
{
    static struct laz_verdict verdict;
    struct laz_scan_limits limits;
    struct laz_scanner *scanner;
    struct laz_error err;

    LAZ_ASSERT(laz_scanner_new(db, no_clock, &scanner, &err) == LAZ_OK);
    laz_scan_limits_init(&limits);
    for (size_t i = 0; i < object_count; i++) {
        struct laz_view bytes = laz_buf_view(&objects[i].bytes);

        laz_scan(scanner, bytes, bytes.len, &limits, &verdict);
        for (uint32_t k = 0; k < verdict.detection_count; k++)
            printf("%s\t%s\n", objects[i].name, verdict.detections[k].name);
    }
    laz_scanner_drop(&scanner);
}

static void open_and_scan(struct laz_view image)
{
    struct laz_database *db = NULL;
    struct laz_error err;
    void *memory = NULL;

    LAZ_ASSERT(posix_memalign(&memory, PAGE, image.len + 1) == 0);
    memcpy(memory, image.data, image.len);
    LAZ_ASSERT(laz_database_open(laz_view_from(memory, image.len), &db, &err) == LAZ_OK);
    scan_all(db);
    laz_database_drop(&db);
    free(memory);
}

static enum laz_status read_sources(struct laz_ruleset *set, const char *name, struct laz_view line,
                                    char **paths, struct laz_error *err)
{
    struct laz_pack items[OTHERS_MAX + 1] = {{.source = {.name = name, .text = line}}};
    struct laz_source_options options = {.want_unwanted = true};
    size_t count = 1;
    enum laz_status s = LAZ_OK;

    for (size_t i = 0; paths[i] != NULL && i < OTHERS_MAX; i++)
        items[count++] = (struct laz_pack){
            .source = {.name = base_name(paths[i]), .text = laz_buf_view(&others[i])}};
    for (size_t i = 0; s == LAZ_OK && i < count; i++)
        s = laz_pack_prepare(set, &items[i], err);
    for (size_t i = 0; s == LAZ_OK && i < count; i++)
        s = laz_pack_read(set, &items[i], &options, err);
    return s;
}

static void try_line(const char *name, struct laz_view line, unsigned number, char **paths)
{
    struct laz_ruleset set;
    struct laz_buf image;
    struct laz_error err;
    char text[1200];

    laz_ruleset_init(&set);
    laz_buf_init(&image, LAZ_IMAGE_MAX);
    if (read_sources(&set, name, line, paths, &err) == LAZ_OK &&
        laz_compile(&set, "", 1, &image, &err) == LAZ_OK) {
        open_and_scan(laz_buf_view(&image));
    } else {
        laz_error_text(&err, text, sizeof text);
        printf("refused\t%u\t%s\n", number, text);
    }
    laz_buf_clear(&image);
    laz_ruleset_clear(&set);
}

int main(int argc, char **argv)
{
    struct laz_view rest, line;
    struct laz_buf list;
    unsigned number = 0;

    if (argc < 3 || argc > 3 + OTHERS_MAX) {
        fprintf(stderr, "usage: engine_names LIST FOLDER [OTHER LIST]...\n");
        return 2;
    }
    laz_digest_init();
    read_objects(argv[2]);
    for (int i = 3; i < argc; i++)
        read_or_die(argv[i], &others[i - 3]);
    read_or_die(argv[1], &list);
    rest = laz_buf_view(&list);
    while (laz_take_until(&rest, '\n', &line)) {
        number++;
        if (line.len > 0 && line.data[0] != '#')
            try_line(base_name(argv[1]), line, number, argv + 3);
    }
    laz_buf_clear(&list);
    for (size_t i = 0; i < object_count; i++)
        laz_buf_clear(&objects[i].bytes);
    for (int i = 3; i < argc; i++)
        laz_buf_clear(&others[i - 3]);
    return 0;
}
