/* What the public library promises, by its own header alone: library_story WORKER DATABASE, of a
 * database that knows "hello there" as Greeting. Prints a line for each promise, as TAP without
 * numbers. */
#include <lazaret/scan.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static const char *worker, *database;
static int failures;

static void check(int ok, const char *what)
{
    printf("%s - %s\n", ok ? "ok" : "not ok", what);
    failures += !ok;
}

static struct lazaret_scanner *open_scanner(void)
{
    char error[LAZARET_ERROR_SIZE];

    return lazaret_scanner_open(worker, database, error, sizeof error);
}

static int count_detection(void *context, const struct lazaret_detection *d)
{
    if (strcmp(d->name, "Greeting") == 0 && strcmp(d->kind, "yara") == 0 && d->source[0] != '\0' &&
        d->reason != NULL && d->attack != NULL)
        ++*(int *)context;
    return 0;
}

static int end_at_once(void *context, const struct lazaret_detection *d)
{
    (void)context;
    (void)d;
    return 7;
}

static int keep_note(void *context, const struct lazaret_note *n)
{
    snprintf((char *)context, 32, "%s", n->reason);
    return 0;
}

static void buffers_are_judged(struct lazaret_scanner *s)
{
    struct lazaret_result r;
    struct lazaret_visitor visitor = {count_detection, NULL, NULL};
    int count = 0;

    check(lazaret_scan_buffer(s, "oh, hello there", 15, &r) == 0 &&
              r.verdict == LAZARET_MALICIOUS && strcmp(r.name, "Greeting") == 0 &&
              strcmp(r.reason, "detected") == 0 && r.size == 15,
          "a buffer is found");
    visitor.context = &count;
    check(lazaret_result_visit(s, &visitor) == 0 && count == 1, "its detection is shown");
    visitor.detection = end_at_once;
    check(lazaret_result_visit(s, &visitor) == 7, "a visit may end early");
    check(lazaret_scan_buffer(s, "", 0, &r) == 0 && r.verdict == LAZARET_CLEAN && r.size == 0 &&
              r.name[0] == '\0' && r.reason[0] == '\0',
          "nothing is clean");
    count = 0;
    visitor.detection = count_detection;
    check(lazaret_result_visit(s, &visitor) == 0 && count == 0, "and shows nothing");
}

static void streams_are_judged(struct lazaret_scanner *s)
{
    struct lazaret_stream *one = lazaret_stream_open(s), *two = lazaret_stream_open(s);
    struct lazaret_result r;
    int fed = 0;

    for (int i = 0; i < 1000; i++)
        fed += lazaret_stream_feed(one, "0123456789", 10) + lazaret_stream_feed(two, "hello ", 6);
    fed += lazaret_stream_feed(two, "there", 5);
    check(fed == 0, "two streams take pieces in turn");
    check(lazaret_stream_finish(two, &r) == 0 && r.verdict == LAZARET_MALICIOUS && r.size == 6005,
          "what stands over the border of pieces is found");
    check(lazaret_stream_finish(one, &r) == 0 && r.verdict == LAZARET_CLEAN && r.size == 10000,
          "the other stream is clean");
    lazaret_stream_close(lazaret_stream_open(s));
    lazaret_stream_close(NULL);
}

static void long_streams_are_not_clean(struct lazaret_scanner *s)
{
    struct lazaret_limits limits;
    struct lazaret_result r;
    char reason[32] = "";
    struct lazaret_visitor visitor = {NULL, keep_note, NULL};

    lazaret_limits_init(&limits);
    limits.stream_max = 12;
    check(lazaret_scanner_set_limits(s, &limits) == 0, "limits are taken");
    check(lazaret_scan_buffer(s, "0123456789abcdef", 16, &r) == 0 &&
              r.verdict == LAZARET_INCOMPLETE && strcmp(r.reason, "too-large") == 0 &&
              r.size == 16 && r.read == 12,
          "a stream that is too long is incomplete");
    visitor.context = reason;
    check(lazaret_result_visit(s, &visitor) == 0 && strcmp(reason, "too-large") == 0,
          "and its note says why");
    check(lazaret_scan_buffer(s, "hello there, and more", 21, &r) == 0 &&
              r.verdict == LAZARET_MALICIOUS,
          "unless its beginning is found");
    limits.depth_max = 65;
    check(lazaret_scanner_set_limits(s, &limits) == -1, "limits that make no sense are refused");
    lazaret_limits_init(&limits);
    check(lazaret_scanner_set_limits(s, &limits) == 0, "limits can be set back");
}

static void *scan_often(void *result)
{
    struct lazaret_scanner *s = open_scanner();
    struct lazaret_result r;
    long ok = 0;

    for (int i = 0; s != NULL && i < 50; i++)
        ok += lazaret_scan_buffer(s, i % 2 == 0 ? "hello there" : "hello where", 11, &r) == 0 &&
              r.verdict == (i % 2 == 0 ? LAZARET_MALICIOUS : LAZARET_CLEAN);
    lazaret_scanner_close(s);
    *(long *)result = ok;
    return NULL;
}

static void threads_scan_at_the_same_time(void)
{
    pthread_t threads[4];
    long ok[4] = {0};
    int right = 1;

    for (int i = 0; i < 4; i++)
        right = right && pthread_create(&threads[i], NULL, scan_often, &ok[i]) == 0;
    for (int i = 0; right && i < 4; i++)
        right = pthread_join(threads[i], NULL) == 0 && ok[i] == 50;
    check(right, "threads with a scanner each get right answers");
}

int main(int argc, char **argv)
{
    struct lazaret_database holds;
    struct lazaret_scanner *s;

    if (argc != 3)
        return 2;
    worker = argv[1];
    database = argv[2];
    s = open_scanner();
    if (s == NULL)
        return 2;
    lazaret_scanner_database(s, &holds);
    check(holds.rules == 1 && holds.hashes == 0, "the database says what it holds");
    check(lazaret_api() == LAZARET_API && lazaret_version()[0] != '\0',
          "the library has a version");
    buffers_are_judged(s);
    streams_are_judged(s);
    long_streams_are_not_clean(s);
    lazaret_scanner_close(s);
    lazaret_scanner_close(NULL);
    threads_scan_at_the_same_time();
    return failures > 0;
}
