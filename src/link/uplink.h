/* uplink.h - the agent's only process with the network: it enrols, sends the spool's events, tells
 * the console the agent's state and brings its commands. It has no privilege, keeps its key and its
 * certificate in its identity folder, and speaks to one console, whose root it knows by its pin.
 *
 * On the channel (SOCK_SEQPACKET, one JSON object a message, at most LAZ_UPLINK_MESSAGE_MAX):
 *   broker to uplink  {"type":"state", ...what /agent/v1/sync sends...}   kept, sent with each sync
 *                     {"type":"wake"}                                      the spool has new events
 *   uplink to broker  {"type":"online","value":true}                       or false, when it
 * changes
 *                     {"type":"trouble","code":"enrol.token_used"}         why it is not online, on
 * change
 *                     {"type":"command","id":"…","kind":"…",…}             as the console sent it,
 * with type The spool is also polled once a second, so a lost wake loses nothing. A command may
 * come twice (when the console did not learn that it arrived): the broker answers each id once. */
#ifndef LAZ_LINK_UPLINK_H
#define LAZ_LINK_UPLINK_H

#include <stdbool.h>
#include <stddef.h>

#define LAZ_UPLINK_MESSAGE_MAX ((size_t)64 * 1024)

struct laz_uplink_config {
    const char *identity_dir; /* exists, 0700, the uplink's own */
    const char *spool_dir;    /* exists, shared with the broker, same user */
    /* For the first enrolment; NULL when the identity folder holds one already. An identity whose
     * console has this pin and whose certificate is valid is kept, at this address; else the token
     * is used to enrol again. */
    const char *url;   /* "https://host:8444" */
    const char *token; /* one-time */
    const char *pin;   /* SHA-256 of the console's root certificate, 64 hexadecimal digits */
    /* Told at enrolment. */
    const char *hostname, *os, *kernel, *version;
    bool drop_identity; /* leave root for the unprivileged user first (nothing when not root) */
    bool sandbox;       /* landlock and seccomp */
};

/* Runs until the channel closes (returns 0) or it cannot go on at all (returns 1, after saying why
 * in the log and, when it can, on the channel). All other descriptors should be closed already. */
int laz_uplink_run(const struct laz_uplink_config *config, int channel);

#endif
