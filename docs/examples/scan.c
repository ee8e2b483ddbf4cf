/* Judges files, or what comes on standard input, with the public library.
 *
 *     cc scan.c -o scan $(pkg-config --cflags --libs lazaret)
 *     ./scan [--worker PROGRAM] DATABASE FILE...      "-" is standard input
 *
 * Ends with 0 when all is clean, 1 when something was found, 2 on an error, 3 when something could
 * not be read. It is C and C++. */
#include <fcntl.h>
#include <lazaret/scan.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int show_detection(void *context, const struct lazaret_detection *d)
{
    printf("%s:   %s %s%s%s (%s)%s%s\n", (const char *)context, d->kind, d->name,
           d->member[0] != '\0' ? " in " : "", d->member, d->source,
           d->reason[0] != '\0' ? ": " : "", d->reason);
    return 0;
}

static int show_note(void *context, const struct lazaret_note *n)
{
    printf("%s:   not read: %s%s%s\n", (const char *)context, n->reason,
           n->member[0] != '\0' ? ": " : "", n->member);
    return 0;
}

static int scan_stream(struct lazaret_scanner *scanner, int fd, struct lazaret_result *result)
{
    struct lazaret_stream *stream = lazaret_stream_open(scanner);
    char piece[65536];
    ssize_t n = -1;
    int fed = 0;

    if (stream == NULL)
        return -1;
    while (fed == 0 && (n = read(fd, piece, sizeof piece)) > 0)
        fed = lazaret_stream_feed(stream, piece, (size_t)n);
    if (fed < 0 || n < 0) {
        lazaret_stream_close(stream);
        return -1;
    }
    return lazaret_stream_finish(stream, result);
}

static int scan_path(struct lazaret_scanner *scanner, const char *path,
                     struct lazaret_result *result)
{
    int fd, status;

    if (strcmp(path, "-") == 0)
        return scan_stream(scanner, STDIN_FILENO, result);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    status = lazaret_scan_fd(scanner, fd, result);
    close(fd);
    return status;
}

/* The worse of two exit statuses. */
static int worse(int a, int b)
{
    static const int order[] = {0, 2, 3, 1}; /* of clean, found, error, incomplete */

    return order[a] >= order[b] ? a : b;
}

static int judge(struct lazaret_scanner *scanner, const char *path)
{
    struct lazaret_visitor visitor;
    struct lazaret_result result;

    if (scan_path(scanner, path, &result) != 0) {
        fprintf(stderr, "%s: cannot be scanned\n", path);
        return 2;
    }
    printf("%s: %s\n", path, lazaret_verdict_name(result.verdict));
    visitor.detection = show_detection;
    visitor.note = show_note;
    visitor.context = (void *)path;
    lazaret_result_visit(scanner, &visitor);
    return result.verdict == LAZARET_CLEAN ? 0 : result.verdict == LAZARET_INCOMPLETE ? 3 : 1;
}

int main(int argc, char **argv)
{
    char error[LAZARET_ERROR_SIZE];
    const char *worker = NULL;
    struct lazaret_scanner *scanner;
    int i = 1, status = 0;

    if (argc > 2 && strcmp(argv[1], "--worker") == 0) {
        worker = argv[2];
        i = 3;
    }
    if (argc - i < 2) {
        fprintf(stderr, "usage: scan [--worker PROGRAM] DATABASE FILE...\n");
        return 2;
    }
    scanner = lazaret_scanner_open(worker, argv[i], error, sizeof error);
    if (scanner == NULL) {
        fprintf(stderr, "%s\n", error);
        return 2;
    }
    for (i++; i < argc; i++)
        status = worse(status, judge(scanner, argv[i]));
    lazaret_scanner_close(scanner);
    return status;
}
