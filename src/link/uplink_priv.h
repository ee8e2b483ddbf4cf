/* uplink_priv.h - what the files of the uplink share. uplink.c is the process and its loop,
 * uplink_enrol.c brings it a certificate, uplink_sync.c tells the state and fetches commands,
 * uplink_events.c sends the spool, uplink_channel.c speaks to the broker. */
#ifndef LAZ_LINK_UPLINK_PRIV_H
#define LAZ_LINK_UPLINK_PRIV_H

#include "link/backoff.h"
#include "link/client.h"
#include "link/credential.h"
#include "link/enrol.h"
#include "link/uplink.h"
#include "store/spool.h"

enum laz_uplink_slot { LAZ_SLOT_SYNC, LAZ_SLOT_STATE, LAZ_SLOT_EVENTS, LAZ_SLOT_CERTIFICATE };

#define LAZ_OUTBOX_MAX 64

struct laz_uplink {
    const struct laz_uplink_config *config;
    int channel;
    bool ended; /* the broker is gone */

    struct laz_credential credential;
    bool enrolled;
    struct laz_client
        *client;            /* NULL while there is nothing to say who we are or whom to believe */
    struct laz_buf new_key; /* for the request under way in LAZ_SLOT_CERTIFICATE */
    int64_t certificate_at; /* when to ask for one; all times are of laz_monotonic_ms */
    struct laz_backoff certificate_backoff;

    struct laz_buf state; /* what the broker last said, a JSON object without its type */
    bool state_changed;
    int64_t began, sync_at, state_at;
    struct laz_backoff sync_backoff;

    struct laz_spool_reader *reader;
    struct laz_spool_batch batch;
    struct laz_buf frame;
    size_t count_max; /* events of the next batch: fewer after one was refused */
    int64_t events_at;
    struct laz_backoff events_backoff;

    bool online, online_told;
    char trouble[LAZ_ERROR_CODE_SIZE];
    char *outbox[LAZ_OUTBOX_MAX]; /* messages that the broker has no room for yet */
    size_t outbox_count;
};

/* uplink_channel.c */
void laz_uplink_hear(struct laz_uplink *u); /* all messages that are there */
void laz_uplink_flush(struct laz_uplink *u);
/* json: a whole message; sent now or soon. The oldest are dropped when nobody listens. */
void laz_uplink_say(struct laz_uplink *u, const char *json);
void laz_uplink_set_online(struct laz_uplink *u, bool online);
/* Told and logged when it is another than before; "" when all is well. */
void laz_uplink_set_trouble(struct laz_uplink *u, const char *code, const char *why);
/* The code for an answer that is not what was hoped for. */
void laz_uplink_blame(struct laz_uplink *u, const struct laz_answer *answer);

/* Each does what is due now, then says when it wants to be called again at the latest. */
int64_t laz_uplink_enrol(struct laz_uplink *u, int64_t now); /* until there is a certificate */
int64_t laz_uplink_renew(struct laz_uplink *u, int64_t now);
int64_t laz_uplink_sync(struct laz_uplink *u, int64_t now);
int64_t laz_uplink_events(struct laz_uplink *u, int64_t now);

/* A client with the certificate that we have now. */
LAZ_CHECKED enum laz_status laz_uplink_connect(struct laz_uplink *u, struct laz_error *err);
/* Starts a call of the path at our console. False, after setting trouble, when it cannot be made.
 */
bool laz_uplink_call(struct laz_uplink *u, enum laz_uplink_slot slot, const char *path,
                     const char *content_type, struct laz_view body, int timeout_ms);

#endif
