#include "box/input.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A signal handler has no other way to find them. */
static sigjmp_buf on_fault;
static volatile sig_atomic_t guarded;

static void catch_fault(int signal_number)
{
    if (!guarded) {
        signal(signal_number, SIG_DFL);
        _exit(128 + signal_number);
    }
    guarded = 0;
    siglongjmp(on_fault, 1);
}

enum laz_status laz_input_catch_faults(struct laz_error *err)
{
    struct sigaction action = {.sa_handler = catch_fault, .sa_flags = SA_NODEFER};

    sigemptyset(&action.sa_mask);
    if (sigaction(SIGBUS, &action, NULL) != 0)
        return laz_fail_errno(err, "worker", "SIGBUS", "");
    return LAZ_OK;
}

bool laz_input_guard(void (*use)(void *context), void *context)
{
    if (sigsetjmp(on_fault, 0) != 0)
        return false;
    guarded = 1;
    use(context);
    guarded = 0;
    return true;
}

/* Until its end, whatever size it claims: files of /proc claim none. */
static enum laz_status read_small(int fd, uint8_t *room, struct laz_input *out)
{
    size_t len = 0;

    while (len < LAZ_INPUT_SMALL_MAX) {
        ssize_t n = pread(fd, room + len, LAZ_INPUT_SMALL_MAX - len, (off_t)len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return LAZ_IO;
        if (n == 0)
            break;
        len += (size_t)n;
    }
    out->bytes = laz_view_from(room, len);
    /* One that grew past the room is not whole. */
    out->size = len < LAZ_INPUT_SMALL_MAX || out->size == len ? len : len + 1;
    return LAZ_OK;
}

static enum laz_status map_large(int fd, struct laz_input *out)
{
    size_t len = out->size < LAZ_INPUT_MAX ? (size_t)out->size : (size_t)LAZ_INPUT_MAX;
    void *p = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);

    if (p == MAP_FAILED)
        return LAZ_IO;
    laz_ignore(madvise(p, len, MADV_SEQUENTIAL) != 0); /* a hint */
    out->mapped = p;
    out->bytes = laz_view_from(p, len);
    return LAZ_OK;
}

enum laz_status laz_input_open(int fd, uint8_t *room, struct laz_input *out)
{
    struct stat st;

    *out = (struct laz_input){.size = 0};
    /* Not fstat: the C library's asks for a path, which the sandbox denies. */
    if (syscall(SYS_fstat, fd, &st) != 0)
        return LAZ_IO;
    if (!S_ISREG(st.st_mode))
        return LAZ_INVALID;
    out->size = (uint64_t)st.st_size;
    return out->size <= LAZ_INPUT_SMALL_MAX ? read_small(fd, room, out) : map_large(fd, out);
}

void laz_input_close(struct laz_input *in)
{
    if (in->mapped != NULL)
        laz_ignore(munmap(in->mapped, in->bytes.len) != 0); /* it was mapped by us */
    *in = (struct laz_input){.size = 0};
}
