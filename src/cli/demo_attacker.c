/* demo_attacker.c - malware's harmless stand-in: encrypts the files of one folder one after another
 * and renames them, as ransomware does. It works only in a folder that holds the mark which
 * `lazaret demo` puts there, uses a key that everybody knows, and is never installed. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"
#include "base/view.h"
#include "cli/demo.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define BLOCK_SIZE 65536

static const unsigned char known_key[crypto_stream_chacha20_KEYBYTES] =
    "a key that everybody knows";

static bool encrypt_in_place(int fd)
{
    static unsigned char block[BLOCK_SIZE];
    static const unsigned char nonce[crypto_stream_chacha20_NONCEBYTES] = {0};
    uint64_t counter = 0;
    off_t offset = 0;

    for (;;) {
        ssize_t n = pread(fd, block, sizeof block, offset);

        if (n <= 0)
            return n == 0;
        if (crypto_stream_chacha20_xor_ic(block, block, (unsigned long long)n, nonce, counter,
                                          known_key) != 0)
            return false;
        if (pwrite(fd, block, (size_t)n, offset) != n)
            return false;
        offset += n;
        counter += BLOCK_SIZE / 64; /* ChaCha20 counts blocks of 64 bytes */
    }
}

static bool attack_file(int dir, const char *name)
{
    LAZ_OWNED(laz_fd_drop) int fd = openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    char locked[NAME_MAX + 16];

    if (fd < 0 || !encrypt_in_place(fd))
        return false;
    laz_fd_drop(&fd);
    snprintf(locked, sizeof locked, "%s.locked", name);
    return renameat(dir, name, dir, locked) == 0;
}

static unsigned attack_folder(int dir)
{
    DIR *folder = fdopendir(dir);
    unsigned hit = 0;

    if (folder == NULL)
        return 0;
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        if (e->d_type != DT_REG || e->d_name[0] == '.' ||
            laz_view_ends_text(laz_view_of(e->d_name), ".locked"))
            continue;
        if (!attack_file(dirfd(folder), e->d_name))
            break; /* refused: the protection works */
        hit++;
        laz_sleep_ms(
            5); /* 200 files a second, half of what the fastest families were measured at */
    }
    closedir(folder);
    return hit;
}

int main(int argc, char **argv)
{
    int dir;

    if (argc != 2) {
        fprintf(stderr, "usage: lazaret-demo-attacker FOLDER\n");
        return 2;
    }
    dir = laz_open_dir(argv[1]);
    if (dir < 0 || faccessat(dir, LAZ_DEMO_MARK, F_OK, 0) != 0) {
        fprintf(stderr, "lazaret: demo: %s: is not a demo share (run 'lazaret demo')\n", argv[1]);
        return 2;
    }
    if (sodium_init() < 0)
        return 2;
    printf("%u\n", attack_folder(dir));
    return 0;
}
