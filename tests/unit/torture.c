#include "torture.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/status.h"

#define ROUNDS_MAX 100000

static bool is_armed, is_last_of_many;
static size_t until_failure, failed_count;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *text);

static bool fails_now(void)
{
    if (!is_armed)
        return false;
    if (until_failure > 0) {
        until_failure--;
        return false;
    }
    if (!is_last_of_many)
        is_armed = false;
    failed_count++;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails_now() ? NULL : __real_realloc(p, size);
}

char *__wrap_strdup(const char *text)
{
    return fails_now() ? NULL : __real_strdup(text);
}

bool torture_next(struct torture *t)
{
    bool met_failure = failed_count > 0;

    is_armed = false;
    failed_count = 0;
    if (t->started && !met_failure && t->all_after)
        return false;
    if (t->started && !met_failure)
        *t = (struct torture){.all_after = true};
    else if (t->started)
        t->failing++;
    t->started = true;
    LAZ_ASSERT(t->failing < ROUNDS_MAX);
    is_last_of_many = t->all_after;
    until_failure = t->failing;
    is_armed = true;
    return true;
}
