#include "console/password_lane.h"

#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "sign/token.h"
#include "sys/fd.h"

#define THREADS 2

struct job {
    struct job *next;
    laz_password_done *done;
    void *context;
    char password[LAZ_PASSWORD_MAX], new_password[LAZ_PASSWORD_MAX];
    size_t password_len, new_password_len;
    char hash[LAZ_PASSWORD_HASH_SIZE];
    struct laz_password_answer answer;
};

struct queue {
    struct job *first, **last;
};

struct laz_password_lane {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct queue waiting, finished; /* under the lock */
    unsigned waiting_count;
    bool ends;
    pthread_t threads[THREADS];
    unsigned thread_count;
    int wake; /* an eventfd: something is finished */
    struct event *woken;
};

static void push(struct queue *q, struct job *job)
{
    job->next = NULL;
    *q->last = job;
    q->last = &job->next;
}

static struct job *pop(struct queue *q)
{
    struct job *job = q->first;

    if (job == NULL)
        return NULL;
    q->first = job->next;
    if (q->first == NULL)
        q->last = &q->first;
    return job;
}

static void free_job(struct job *job)
{
    laz_secret_wipe(job, sizeof *job);
    free(job);
}

static void work_on(struct job *job)
{
    enum laz_status s =
        laz_password_check(laz_view_from(job->password, job->password_len), job->hash);

    job->answer.right = s == LAZ_OK;
    job->answer.tried = s == LAZ_OK || s == LAZ_DENIED;
    if (s != LAZ_OK || job->new_password_len == 0)
        return;
    if (laz_password_hash(laz_view_from(job->new_password, job->new_password_len),
                          job->answer.new_hash, NULL) != LAZ_OK)
        job->answer.tried = false;
}

static void *run_thread(void *context)
{
    struct laz_password_lane *lane = context;
    uint64_t one = 1;

    pthread_mutex_lock(&lane->lock);
    while (!lane->ends) {
        struct job *job = pop(&lane->waiting);

        if (job == NULL) {
            pthread_cond_wait(&lane->more, &lane->lock);
            continue;
        }
        lane->waiting_count--;
        pthread_mutex_unlock(&lane->lock);
        work_on(job);
        pthread_mutex_lock(&lane->lock);
        push(&lane->finished, job);
        laz_ignore(write(lane->wake, &one, sizeof one) <
                   0); /* full only when it is awake already */
    }
    pthread_mutex_unlock(&lane->lock);
    return NULL;
}

static void on_finished(evutil_socket_t fd, short what, void *context)
{
    struct laz_password_lane *lane = context;
    struct job *job;
    uint64_t count;

    laz_ignore(read(fd, &count, sizeof count) < 0); /* only empties it */
    for (;;) {
        pthread_mutex_lock(&lane->lock);
        job = pop(&lane->finished);
        pthread_mutex_unlock(&lane->lock);
        if (job == NULL)
            return;
        job->done(job->context, &job->answer);
        free_job(job);
    }
}

/* Signals belong to the loop's thread. */
static bool start_threads(struct laz_password_lane *lane)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (lane->thread_count < THREADS &&
           pthread_create(&lane->threads[lane->thread_count], NULL, run_thread, lane) == 0)
        lane->thread_count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return lane->thread_count == THREADS;
}

enum laz_status laz_password_lane_new(struct event_base *base, struct laz_password_lane **out,
                                      struct laz_error *err)
{
    LAZ_OWNED(laz_password_lane_drop) struct laz_password_lane *lane = calloc(1, sizeof *lane);

    if (lane == NULL)
        return laz_fail(err, LAZ_NOMEM, "console", "passwords", "no memory", "");
    pthread_mutex_init(&lane->lock, NULL);
    pthread_cond_init(&lane->more, NULL);
    lane->waiting.last = &lane->waiting.first;
    lane->finished.last = &lane->finished.first;
    lane->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (lane->wake < 0)
        return laz_fail_errno(err, "console", "passwords", "");
    lane->woken = event_new(base, lane->wake, EV_READ | EV_PERSIST, on_finished, lane);
    if (lane->woken == NULL || event_add(lane->woken, NULL) != 0 || !start_threads(lane))
        return laz_fail(err, LAZ_NOMEM, "console", "passwords", "the threads cannot be started",
                        "");
    *out = laz_move(lane);
    return LAZ_OK;
}

void laz_password_lane_drop(struct laz_password_lane **at)
{
    struct laz_password_lane *lane = laz_move(*at);
    struct job *job;

    if (lane == NULL)
        return;
    pthread_mutex_lock(&lane->lock);
    lane->ends = true;
    pthread_cond_broadcast(&lane->more);
    pthread_mutex_unlock(&lane->lock);
    while (lane->thread_count > 0)
        pthread_join(lane->threads[--lane->thread_count], NULL);
    while ((job = pop(&lane->waiting)) != NULL || (job = pop(&lane->finished)) != NULL)
        free_job(job);
    if (lane->woken != NULL)
        event_free(lane->woken);
    laz_fd_drop(&lane->wake);
    pthread_cond_destroy(&lane->more);
    pthread_mutex_destroy(&lane->lock);
    free(lane);
}

static struct job *make_job(struct laz_view password, const char *hash,
                            struct laz_view new_password)
{
    struct job *job;

    if (password.len > LAZ_PASSWORD_MAX || new_password.len > LAZ_PASSWORD_MAX ||
        strlen(hash) >= LAZ_PASSWORD_HASH_SIZE || (job = calloc(1, sizeof *job)) == NULL)
        return NULL;
    if (password.len > 0)
        memcpy(job->password, password.data, password.len);
    job->password_len = password.len;
    if (new_password.len > 0)
        memcpy(job->new_password, new_password.data, new_password.len);
    job->new_password_len = new_password.len;
    memcpy(job->hash, hash, strlen(hash) + 1);
    return job;
}

enum laz_status laz_password_lane_try(struct laz_password_lane *lane, struct laz_view password,
                                      const char *hash, struct laz_view new_password,
                                      laz_password_done *done, void *context)
{
    struct job *job = make_job(password, hash, new_password);
    bool full;

    if (job == NULL)
        return LAZ_NOMEM;
    job->done = done;
    job->context = context;
    pthread_mutex_lock(&lane->lock);
    full = lane->waiting_count == LAZ_PASSWORD_WAITING_MAX;
    if (!full) {
        push(&lane->waiting, job);
        lane->waiting_count++;
        pthread_cond_signal(&lane->more);
    }
    pthread_mutex_unlock(&lane->lock);
    if (full)
        free_job(job);
    return full ? LAZ_BUSY : LAZ_OK;
}
