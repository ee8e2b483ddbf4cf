#include "box/worker.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sys/channel.h"
#include "sys/fd.h"
#include "wire/scan_message.h"

/* Both sides name the same bounds. */
static_assert(LAZ_SCAN_DETECTIONS_MAX == LAZ_VERDICT_DETECTIONS_MAX, "detections");
static_assert(LAZ_SCAN_NOTES_MAX == LAZ_VERDICT_NOTES_MAX, "notes");
static_assert(LAZ_SCAN_NAME_MAX + 1 == LAZ_VERDICT_NAME_SIZE, "names");
static_assert(LAZ_SCAN_MEMBER_MAX + 1 == LAZ_VERDICT_MEMBER_SIZE, "members");

#define PROGRAM_NAME "lazaret-worker"

static enum laz_status find_program(const struct laz_worker_config *config, char *out, size_t size,
                                    struct laz_error *err)
{
    char dir[512];
    enum laz_status s;

    if (config->program != NULL) {
        snprintf(out, size, "%s", config->program);
        return LAZ_OK;
    }
    s = laz_program_dir(dir, sizeof dir, err);
    if (s == LAZ_OK)
        snprintf(out, size, "%s/" PROGRAM_NAME, dir);
    return s;
}

static enum laz_status start(const struct laz_worker_config *config, int channel, int db_fd,
                             struct laz_child *out, struct laz_error *err)
{
    int fds[2] = {channel, db_fd};
    char program[640], memory[32];
    const char *argv[7] = {PROGRAM_NAME, "--memory", memory};
    size_t argc = 3;
    struct laz_spawn spawn = {.path = program,
                              .argv = argv,
                              .fds = fds,
                              .fd_count = db_fd < 0 ? 1 : 2,
                              .dies_with_parent = true,
                              .new_group = true};
    enum laz_status s = find_program(config, program, sizeof program, err);

    if (s != LAZ_OK)
        return s;
    snprintf(
        memory, sizeof memory, "%llu",
        (unsigned long long)(config->memory_max > 0 ? config->memory_max : LAZ_WORKER_MEMORY_MAX));
    if (config->drop_identity)
        argv[argc++] = "--drop-identity";
    if (db_fd < 0)
        argv[argc++] = "--no-database";
    if (config->is_yara)
        argv[argc++] = "--yara";
    return laz_child_spawn(&spawn, out, err);
}

enum laz_status laz_worker_spawn(const struct laz_worker_config *config, struct laz_worker_end *out,
                                 struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int opened = -1;
    LAZ_OWNED(laz_fd_drop) int ours = -1;
    LAZ_OWNED(laz_fd_drop) int theirs = -1;
    int ends[2], db_fd = config->db_fd;
    enum laz_status s;

    if (db_fd < 0 && config->db_path != NULL) {
        opened = laz_open_read(config->db_path);
        if (opened < 0)
            return laz_fail_errno(err, "database", config->db_path,
                                  "build it with 'lazaret db build -o FILE SOURCE...'");
        db_fd = opened;
    }
    s = laz_channel_pair(ends, err);
    if (s != LAZ_OK)
        return s;
    ours = ends[0];
    theirs = ends[1];
    s = start(config, theirs, db_fd, &out->child, err);
    if (s == LAZ_OK)
        out->channel = laz_move_fd(&ours);
    return s;
}

void laz_worker_end_drop(struct laz_worker_end *end)
{
    int wait_status;

    laz_fd_drop(&end->channel);
    if (end->child.pidfd < 0)
        return;
    laz_ignore(laz_child_signal(&end->child, 9)); /* when it is gone, the wait sees it */
    laz_ignore(laz_child_wait(&end->child, -1, &wait_status));
}

static enum laz_status send(int channel, const struct laz_scan_message *m, const int *fds,
                            size_t fd_count)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};
    enum laz_status s;

    laz_buf_init(&b, LAZ_SCAN_MESSAGE_MAX);
    s = laz_scan_message_write(m, &b);
    return s == LAZ_OK ? laz_channel_send(channel, laz_buf_view(&b), fds, fd_count) : s;
}

enum laz_status laz_worker_send_scan(int channel, uint64_t job, int fd,
                                     const struct laz_scan_limits *limits)
{
    struct laz_scan_message m = {.kind = LAZ_SCAN_JOB};

    m.job = (struct laz_scan_job_message){.job = job,
                                          .bytes_max = limits->bytes_max,
                                          .objects_max = limits->objects_max,
                                          .depth_max = limits->depth_max,
                                          .time_max_ms = limits->time_max_ms,
                                          .want_sha256 = limits->want_sha256,
                                          .path = laz_view_of(limits->path)};
    return send(channel, &m, &fd, 1);
}

enum laz_status laz_worker_send_compare(int channel, uint64_t job, int old_fd, int new_fd)
{
    struct laz_scan_message m = {.kind = LAZ_SCAN_COMPARE, .compare = job};
    int fds[2] = {old_fd, new_fd};

    return send(channel, &m, fds, 2);
}

static void copy_text(char *out, size_t size, struct laz_view v)
{
    v = laz_view_first(v, size - 1);
    if (v.len > 0)
        memcpy(out, v.data, v.len);
    out[v.len] = 0;
}

static enum laz_status take_verdict(const struct laz_scan_verdict_message *m,
                                    struct laz_verdict *out)
{
    laz_verdict_init(out);
    out->kind = (enum laz_verdict_kind)m->kind;
    out->reason = laz_reason_find(m->reason);
    if (out->reason == NULL || m->type.len >= sizeof out->type)
        return LAZ_DAMAGED;
    copy_text(out->type, sizeof out->type, m->type);
    out->size = m->size;
    out->read = m->read;
    out->skipped = m->skipped;
    out->objects = m->objects;
    out->notes_dropped = m->notes_dropped;
    out->has_sha256 = m->has_sha256;
    memcpy(out->sha256, m->sha256, sizeof out->sha256);
    out->detection_count = m->detection_count;
    for (uint32_t i = 0; i < m->detection_count; i++) {
        struct laz_detection *d = &out->detections[i];

        copy_text(d->name, sizeof d->name, m->detections[i].name);
        copy_text(d->kind, sizeof d->kind, m->detections[i].kind);
        copy_text(d->member, sizeof d->member, m->detections[i].member);
        copy_text(d->source, sizeof d->source, m->detections[i].source);
        copy_text(d->about, sizeof d->about, m->detections[i].about);
        copy_text(d->attack, sizeof d->attack, m->detections[i].attack);
    }
    out->note_count = m->note_count;
    for (uint32_t i = 0; i < m->note_count; i++) {
        out->notes[i].reason = laz_reason_find(m->notes[i].reason);
        if (out->notes[i].reason == NULL)
            return LAZ_DAMAGED;
        copy_text(out->notes[i].member, sizeof out->notes[i].member, m->notes[i].member);
        copy_text(out->notes[i].type, sizeof out->notes[i].type, m->notes[i].type);
    }
    return LAZ_OK;
}

static enum laz_status take_change(const struct laz_scan_change_message *m, struct laz_change *out)
{
    *out = (struct laz_change){
        .old_size = m->old_size,
        .new_size = m->new_size,
        .old_entropy = m->old_entropy,
        .new_entropy = m->new_entropy,
        .new_entropy_max = m->new_entropy_max,
        .new_chi2 = m->new_chi2,
        .encrypted_share = m->encrypted_share,
        .similarity = m->similarity,
        .old_known_type = m->old_known_type,
        .new_known_type = m->new_known_type,
        .header_only = m->header_only,
    };
    copy_text(out->old_type, sizeof out->old_type, m->old_type);
    copy_text(out->new_type, sizeof out->new_type, m->new_type);
    return LAZ_OK;
}

static enum laz_status take_failed(const struct laz_scan_failed_message *m, struct laz_error *out)
{
    *out = (struct laz_error){.status = (enum laz_status)m->status};
    copy_text(out->what, sizeof out->what, m->what);
    copy_text(out->why, sizeof out->why, m->why);
    copy_text(out->remedy, sizeof out->remedy, m->remedy);
    return LAZ_OK;
}

static enum laz_status take_answer(const struct laz_scan_message *m, struct laz_worker_answer *out)
{
    switch (m->kind) {
    case LAZ_SCAN_HELLO:
        out->kind = LAZ_ANSWER_HELLO;
        out->hello = (struct laz_worker_hello){m->hello.no_new_privs,     m->hello.seccomp,
                                               m->hello.identity_dropped, m->hello.landlock_abi,
                                               m->hello.rule_count,       m->hello.hash_count};
        return LAZ_OK;
    case LAZ_SCAN_FAILED:
        out->kind = LAZ_ANSWER_FAILED;
        return take_failed(&m->failed, &out->error);
    case LAZ_SCAN_VERDICT:
        out->kind = LAZ_ANSWER_SCAN;
        out->job = m->verdict.job;
        return take_verdict(&m->verdict, &out->verdict);
    case LAZ_SCAN_CHANGE:
        out->kind = LAZ_ANSWER_COMPARE;
        out->job = m->change.job;
        return take_change(&m->change, &out->change);
    case LAZ_SCAN_JOB:
    case LAZ_SCAN_COMPARE:
        break; /* a worker asks for nothing */
    }
    return LAZ_DAMAGED;
}

enum laz_status laz_worker_receive(int channel, struct laz_worker_answer *out)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};
    struct laz_scan_message m;
    size_t fd_count = 0;
    enum laz_status s;

    laz_buf_init(&b, LAZ_SCAN_MESSAGE_MAX);
    s = laz_channel_receive(channel, &b, NULL, &fd_count);
    if (s != LAZ_OK)
        return s;
    out->job = 0;
    s = laz_scan_message_read(laz_buf_view(&b), &m);
    return s == LAZ_OK ? take_answer(&m, out) : s;
}

uint64_t laz_database_file_id(int fd)
{
    struct stat st;
    uint64_t parts[5], id = 14695981039346656037ULL;

    if (fstat(fd, &st) != 0)
        return 0;
    parts[0] = st.st_dev;
    parts[1] = st.st_ino;
    parts[2] = (uint64_t)st.st_size;
    parts[3] = (uint64_t)st.st_mtim.tv_sec;
    parts[4] = (uint64_t)st.st_mtim.tv_nsec;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (unsigned shift = 0; shift < 64; shift += 8) /* FNV-1a */
            id = (id ^ (parts[i] >> shift & 0xFF)) * 1099511628211ULL;
    return id;
}
