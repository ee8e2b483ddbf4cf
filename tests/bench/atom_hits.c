/* atom_hits - how often atoms stand in files: what a careless choice of them would cost a matcher.
 * usage: atom_hits ATOMS.HEX <PATHS, one a line, on standard input> */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATOM_MAX   8
#define SLOTS_BITS 21
#define SLOTS      (1u << SLOTS_BITS)

struct atom {
    uint8_t bytes[ATOM_MAX];
    unsigned len;
    uint32_t next; /* index and 1 */
};

static struct atom *atoms;
static uint32_t atom_count, slots[SLOTS];

static uint32_t slot_of(const uint8_t *p)
{
    uint32_t n;

    memcpy(&n, p, sizeof n);
    return n * 2654435761u >> (32 - SLOTS_BITS);
}

static int read_atoms(const char *path)
{
    FILE *f = fopen(path, "r");
    char line[64];

    atoms = calloc(1u << 20, sizeof *atoms);
    if (f == NULL || atoms == NULL)
        return 0;
    while (atom_count < 1u << 20 && fgets(line, sizeof line, f) != NULL) {
        struct atom *a = &atoms[atom_count];
        unsigned byte;

        a->len = 0;
        while (a->len < ATOM_MAX && sscanf(line + (size_t)2 * a->len, "%2x", &byte) == 1)
            a->bytes[a->len++] = (uint8_t)byte;
        if (a->len < 4)
            continue;
        a->next = slots[slot_of(a->bytes)];
        slots[slot_of(a->bytes)] = ++atom_count;
    }
    fclose(f);
    return 1;
}

static uint64_t count_hits(const uint8_t *data, size_t len)
{
    uint64_t hits = 0;

    for (size_t i = 0; i + ATOM_MAX <= len; i++)
        for (uint32_t at = slots[slot_of(data + i)]; at != 0; at = atoms[at - 1].next)
            hits += memcmp(data + i, atoms[at - 1].bytes, atoms[at - 1].len) == 0;
    return hits;
}

int main(int argc, char **argv)
{
    static uint8_t data[64 << 20];
    char path[4096];
    uint64_t hits = 0, bytes = 0;

    if (argc != 2 || !read_atoms(argv[1]))
        return 2;
    while (fgets(path, sizeof path, stdin) != NULL) {
        FILE *f;
        size_t len;

        path[strcspn(path, "\n")] = '\0';
        f = fopen(path, "rb");
        if (f == NULL)
            continue;
        len = fread(data, 1, sizeof data, f);
        fclose(f);
        hits += count_hits(data, len);
        bytes += len;
    }
    printf("careless atoms: %u, %.0f hits per MB of %.0f MB\n", (unsigned)atom_count,
           (double)hits / ((double)bytes / 1e6), (double)bytes / 1e6);
    return 0;
}
