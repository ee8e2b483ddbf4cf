/* encryptor.c - malware's harmless stand-in for tests: overwrites the regular files of one folder
 * one after another with bytes that look encrypted, and renames each to NAME.locked. It works only
 * in a folder that holds the file named by MARK. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARK "THIS-FOLDER-MAY-BE-DESTROYED"

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static bool overwrite(int fd, off_t size, uint64_t *state)
{
    unsigned char block[4096];

    for (off_t at = 0; at < size; at += (off_t)sizeof block) {
        size_t len = size - at < (off_t)sizeof block ? (size_t)(size - at) : sizeof block;

        for (size_t i = 0; i < len; i += 8) {
            uint64_t n = next_random(state);

            memcpy(block + i, &n, len - i < 8 ? len - i : 8);
        }
        if (pwrite(fd, block, len, at) != (ssize_t)len)
            return false;
    }
    return true;
}

static useconds_t arg_late_us; /* between an open and its first write */

static bool attack(int dir, const char *name, uint64_t *state)
{
    char locked[NAME_MAX + 16];
    struct stat st;
    int fd = openat(dir, name, O_RDWR | O_NOFOLLOW);
    bool done;

    usleep(arg_late_us);
    done = fd >= 0 && fstat(fd, &st) == 0 && overwrite(fd, st.st_size, state);
    if (fd >= 0)
        close(fd);
    if (!done)
        return false;
    snprintf(locked, sizeof locked, "%s.locked", name);
    return renameat(dir, name, dir, locked) == 0;
}

/* forks: each file by a process of its own, as scripts do. */
static bool attack_maybe_forked(int dir, const char *name, uint64_t *state, bool forks)
{
    pid_t pid;
    int status;

    if (!forks)
        return attack(dir, name, state);
    pid = fork();
    if (pid == 0)
        _exit(attack(dir, name, state) ? 0 : 1);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool is_victim(int dir, const struct dirent *e)
{
    const char *ending = strstr(e->d_name, ".locked");
    struct stat st;

    return e->d_name[0] != '.' && strcmp(e->d_name, MARK) != 0 &&
           (ending == NULL || ending[7] != '\0') &&
           fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

int main(int argc, char **argv)
{
    DIR *folder = argc > 1 ? opendir(argv[1]) : NULL;
    bool forks = argc > 3 && strcmp(argv[3], "fork") == 0;
    useconds_t pause_us = argc > 2 ? (useconds_t)strtoul(argv[2], NULL, 10) : 0;
    uint64_t state = 0x9e3779b97f4a7c15u;
    unsigned hit = 0;

    if (argc > 3 && strcmp(argv[3], "late") == 0)
        arg_late_us = pause_us;
    if (folder == NULL || faccessat(dirfd(folder), MARK, F_OK, 0) != 0) {
        fprintf(stderr,
                "usage: encryptor FOLDER [PAUSE-US] [fork|late]; FOLDER must hold " MARK "\n");
        return 2;
    }
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        if (!is_victim(dirfd(folder), e))
            continue;
        if (!attack_maybe_forked(dirfd(folder), e->d_name, &state, forks))
            break; /* refused */
        hit++;
        usleep(pause_us);
    }
    closedir(folder);
    printf("%u\n", hit);
    return 0;
}
