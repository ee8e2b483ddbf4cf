/* yara_message.h - what `lazaret yara` and the boxed programs that work for it say to each other:
 * the one that compiles its rules, and those that match them. Whoever receives believes nothing: a
 * message that breaks the form below is LAZ_DAMAGED and ends the other side. */
#ifndef LAZ_WIRE_YARA_MESSAGE_H
#define LAZ_WIRE_YARA_MESSAGE_H

#include "base/buf.h"
#include "base/status.h"

#define LAZ_YARA_MESSAGE_MAX ((size_t)64 * 1024)
#define LAZ_YARA_OUT_MAX     ((size_t)48 * 1024) /* bytes of one LAZ_YARA_OUT */
#define LAZ_YARA_NAME_MAX    4096u               /* of a file, a rule, a name space */

/* The numbers stand on the wire. What is in brackets is what a message has. */
enum laz_yara_message_kind {
    /* To and from the compiler. */
    LAZ_YARA_SOURCE = 1,  /* client, with its descriptor: [text] its name, [second] name space */
    LAZ_YARA_MISSING = 2, /* client: what was asked for cannot be read */
    LAZ_YARA_SOURCES_END = 3, /* client: there are no more sources */
    LAZ_YARA_ASK = 4,         /* compiler: the file [text] that [second] includes */
    LAZ_YARA_IMPORTS = 5,     /* compiler: [text] a byte for each imported module, in their order */
    /* To and from a matcher. */
    LAZ_YARA_READY = 6,       /* matcher: its box is closed and it waits */
    LAZ_YARA_FAILED = 7,      /* matcher: it cannot work: [text] why */
    LAZ_YARA_SHOW = 8,        /* client: [number] what to print (enum laz_yara_show), [text] as in
                                 LAZ_YARA_IMPORTS */
    LAZ_YARA_TAG = 9,         /* client: print only rules with one of these tags: [text] */
    LAZ_YARA_IDENTIFIER = 10, /* client: print only rules with one of these names: [text] */
    LAZ_YARA_EXTERNAL = 11,   /* client: [text] its name, [status] enum laz_value_kind, and by that
                                 [second] a text or [number] a number or the bits of a real */
    LAZ_YARA_REPORT = 12,     /* client, with a descriptor: a report for the module cuckoo */
    LAZ_YARA_JOB = 13,        /* client, with a descriptor: [number] of the job, [count] of rules
                                 after which to end, 0 for all, [text] the path as it is printed */
    LAZ_YARA_OUT = 14,        /* matcher: [number] of the job, [text] for standard output */
    LAZ_YARA_DONE = 15,       /* matcher: [number] of the job, [status], [count] of rules */
    LAZ_YARA_WARNED = 16,     /* matcher: [number] of the job, [text] for standard error */
    LAZ_YARA_KINDS,
};

enum laz_yara_show {
    LAZ_YARA_SHOW_TAGS = 1,
    LAZ_YARA_SHOW_METAS = 2,
    LAZ_YARA_SHOW_NAME_SPACE = 4,
    LAZ_YARA_SHOW_STRINGS = 8,
    LAZ_YARA_SHOW_LENGTH = 16,
    LAZ_YARA_SHOW_KEY = 32,
    LAZ_YARA_SHOW_MODULES = 64,
    LAZ_YARA_SHOW_OTHERS = 128, /* rules that do not hold, instead of those that do */
    LAZ_YARA_SHOW_COUNT = 256,  /* nothing of the rules: only how many */
    LAZ_YARA_SHOW_FIRST = 512,  /* of strings about which nobody asks where: the first place only */
    LAZ_YARA_SHOW_MAX = 1023,
};

struct laz_yara_message {
    enum laz_yara_message_kind kind;
    uint8_t status; /* of enum laz_status */
    uint64_t number, count;
    struct laz_view text, second;
};

/* Adds m to out. LAZ_INVALID when it does not have the form. */
LAZ_CHECKED enum laz_status laz_yara_message_write(const struct laz_yara_message *m,
                                                   struct laz_buf *out);
/* The views of *out are borrowed from bytes. */
LAZ_CHECKED enum laz_status laz_yara_message_read(struct laz_view bytes,
                                                  struct laz_yara_message *out);

#endif
