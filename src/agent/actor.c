#include "agent/actor.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/number.h"
#include "sys/fd.h"

#define STAT_START_FIELD 20 /* proc(5): field 22, of those behind the name the 20th */
#define PROC_TEXT_MAX    ((size_t)4096)

/* What fits of a small file of /proc. */
static struct laz_view read_proc(pid_t pid, const char *name, char *out, size_t size)
{
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    char path[64];
    ssize_t n;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? -1 : read(fd, out, size);
    return laz_view_from(out, n < 0 ? 0 : (size_t)n);
}

void laz_boot_read(struct laz_boot *out)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf text = {0};
    struct laz_view line, rest;
    uint64_t seconds = 0;

    *out = (struct laz_boot){.id = "00000000", .ticks_per_s = (uint32_t)sysconf(_SC_CLK_TCK)};
    laz_buf_init(&text, 1024 * KIB);
    if (laz_read_file("/proc/sys/kernel/random/boot_id", &text, NULL) == LAZ_OK && text.len >= 8)
        memcpy(out->id, text.data, 8);
    laz_buf_reset(&text);
    if (laz_read_file("/proc/stat", &text, NULL) != LAZ_OK)
        return;
    rest = laz_buf_view(&text);
    while (laz_take_until(&rest, '\n', &line))
        if (laz_view_starts(line, laz_view_of("btime ")))
            laz_ignore(!laz_parse_u64(laz_view_from_offset(line, 6), UINT32_MAX, &seconds));
    out->start_ms = (int64_t)seconds * 1000;
}

/* The name stands in parentheses and may hold any byte, so we look for the last one. */
static struct laz_view behind_name(struct laz_view v)
{
    size_t at = v.len;

    while (at > 0 && v.data[at - 1] != ')')
        at--;
    return laz_view_from_offset(v, at + 1);
}

bool laz_process_read(pid_t pid, pid_t *parent, uint64_t *ticks)
{
    char text[PROC_TEXT_MAX];
    struct laz_view v = behind_name(read_proc(pid, "stat", text, sizeof text));
    struct laz_view field;
    uint64_t n;

    for (unsigned i = 1; laz_take_until(&v, ' ', &field); i++) {
        if (i == 2 && !laz_parse_u64(field, INT32_MAX, &n))
            return false;
        if (i == 2)
            *parent = (pid_t)n;
        if (i == STAT_START_FIELD)
            return laz_parse_u64(field, UINT64_MAX, ticks);
    }
    return false;
}

static void copy_view(char *out, size_t size, struct laz_view v)
{
    v = laz_view_first(v, size - 1);
    if (v.len > 0)
        memcpy(out, v.data, v.len);
    out[v.len] = '\0';
}

/* "Tgid:\t123" and its like. */
static bool take_status_line(struct laz_view line, const char *key, struct laz_view *value)
{
    struct laz_view prefix = laz_view_of(key);

    if (!laz_view_starts(line, prefix))
        return false;
    line = laz_view_trim(laz_view_from_offset(line, prefix.len));
    *value = laz_view_first(line, laz_view_find_byte(line, '\t'));
    return true;
}

bool laz_actor_identify(const struct laz_boot *boot, pid_t tid, struct laz_actor *out)
{
    char text[PROC_TEXT_MAX];
    struct laz_view rest = read_proc(tid, "status", text, sizeof text), line, value;
    uint64_t n, pid = 0, uid = 0;

    memset(out, 0, sizeof *out);
    while (laz_take_until(&rest, '\n', &line)) {
        if (take_status_line(line, "Name:", &value))
            copy_view(out->name, sizeof out->name, value);
        else if (take_status_line(line, "Tgid:", &value) && laz_parse_u64(value, INT32_MAX, &n))
            pid = n;
        else if (take_status_line(line, "Uid:", &value) && laz_parse_u64(value, UINT32_MAX, &n))
            uid = n;
    }
    if (pid == 0 || !laz_process_read((pid_t)pid, &out->parent, &out->ticks))
        return false;
    out->pid = (pid_t)pid;
    out->uid = (uint32_t)uid;
    out->created_ms = boot->start_ms + (int64_t)(out->ticks * 1000 / boot->ticks_per_s);
    snprintf(out->key, sizeof out->key, "actor:%s:%d:%llu", boot->id, (int)out->pid,
             (unsigned long long)out->ticks);
    return true;
}

void laz_actor_describe(struct laz_actor *actor)
{
    char path[64];
    struct laz_view command;
    ssize_t n;

    snprintf(path, sizeof path, "/proc/%d/exe", (int)actor->pid);
    n = readlink(path, actor->exe, sizeof actor->exe - 1);
    actor->exe[n < 0 ? 0 : n] = '\0';
    command = read_proc(actor->pid, "cmdline", actor->command, sizeof actor->command - 1);
    for (size_t i = 0; i + 1 < command.len; i++)
        if (actor->command[i] == '\0')
            actor->command[i] = ' ';
    actor->command[command.len] = '\0';
}

bool laz_actor_key_parse(const struct laz_boot *boot, struct laz_view key, pid_t *pid,
                         uint64_t *ticks)
{
    struct laz_view part;
    uint64_t n;

    if (!laz_take_until(&key, ':', &part) || !laz_view_equal_text(part, "actor") ||
        !laz_take_until(&key, ':', &part) || !laz_view_equal_text(part, boot->id) ||
        !laz_take_until(&key, ':', &part) || !laz_parse_u64(part, INT32_MAX, &n) ||
        !laz_parse_u64(key, UINT64_MAX, ticks))
        return false;
    *pid = (pid_t)n;
    return true;
}
