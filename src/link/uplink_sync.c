#include "link/uplink_priv.h"

#include <string.h>

#include "base/text.h"
#include "link/json.h"
#include "sys/clock.h"
#include "sys/log.h"

#define HOLD_MS        20000
#define SYNC_CALL_MS   (HOLD_MS + 15000)
#define STATE_CALL_MS  15000
#define STATE_SPACE_MS 2000 /* between two reports of a changed state */
#define SYNC_SPACE_MS  500  /* between two syncs, however fast the console answers */
#define FIRST_STATE_MS 3000 /* so long the broker's first state is waited for */
#define NEXT_MAX_MS    300000
#define COMMANDS_MAX   64
#define COMMAND_ID_MAX 64

static const char *const kinds[] = {"quarantine.restore", "quarantine.delete", "incident.undo",
                                    "scan"};

static bool is_known_kind(const char *kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i], kind) == 0)
            return true;
    return false;
}

static bool is_id(const char *id)
{
    return id[0] != '\0' &&
           id[strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")] ==
               '\0';
}

/* A command goes on as it came. What it is worth is for the broker to judge; here only its size and
 * kind are. */
static void pass_command(struct laz_uplink *u, cJSON *command)
{
    const char *id, *kind;
    char *text;

    if (!laz_json_text(command, "id", COMMAND_ID_MAX, &id) || !is_id(id) ||
        !laz_json_text(command, "kind", 32, &kind) || !is_known_kind(kind)) {
        laz_log(LAZ_WARN, "uplink.command", "refused=1");
        return;
    }
    cJSON_DeleteItemFromObjectCaseSensitive(command, "type");
    if (cJSON_AddStringToObject(command, "type", "command") == NULL)
        return;
    text = cJSON_PrintUnformatted(command);
    if (text != NULL)
        laz_uplink_say(u, text);
    cJSON_free(text);
}

static unsigned pass_commands(struct laz_uplink *u, const cJSON *json)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "commands");
    unsigned count = 0;
    cJSON *command;

    cJSON_ArrayForEach(command, list)
    {
        if (!cJSON_IsObject(command) || count++ == COMMANDS_MAX)
            break;
        pass_command(u, command);
    }
    return count;
}

/* False when the console did not answer as it should. */
static bool take_answer(struct laz_uplink *u, const struct laz_answer *answer, uint64_t *next_ms,
                        unsigned *commands)
{
    LAZ_OWNED(laz_json_drop) cJSON *json = NULL;

    *next_ms = 0;
    *commands = 0;
    if (answer->status == LAZ_OK && answer->http == 200)
        json = laz_json_parse_object(laz_buf_view(&answer->body));
    if (json == NULL) {
        laz_uplink_blame(u, answer);
        return false;
    }
    laz_ignore(!laz_json_u64(json, "next_ms", NEXT_MAX_MS, next_ms)); /* 0 when it does not say */
    *commands = pass_commands(u, json);
    laz_uplink_set_trouble(u, "", "");
    laz_uplink_set_online(u, true);
    return true;
}

static void take_sync(struct laz_uplink *u, const struct laz_answer *answer, int64_t now)
{
    uint64_t next_ms;
    unsigned commands;

    if (!take_answer(u, answer, &next_ms, &commands)) {
        laz_uplink_set_online(u, false);
        u->sync_at = now + laz_backoff_next(&u->sync_backoff, answer->retry_after_ms);
        return;
    }
    if (u->sync_backoff.failures > 0) { /* it is back: what waited may go on at once */
        laz_backoff_reset(&u->events_backoff);
        u->events_at = now;
    }
    laz_backoff_reset(&u->sync_backoff);
    if (commands > 0)
        u->sync_at = now;
    else
        u->sync_at = now + (next_ms > SYNC_SPACE_MS ? (int64_t)next_ms : SYNC_SPACE_MS);
}

/* The broker's state, or when there is none yet what we know ourselves. */
static void add_state(struct laz_uplink *u, struct laz_buf *b, int hold_ms)
{
    const struct laz_uplink_config *c = u->config;

    if (u->state.len > 2) {
        laz_buf_add(b, laz_view_first(laz_buf_view(&u->state), u->state.len - 1));
        laz_buf_add_text(b, ",");
    } else {
        laz_buf_add_text(b, "{\"hostname\":");
        laz_buf_add_json(b, laz_view_of(c->hostname == NULL ? "" : c->hostname));
        laz_buf_add_text(b, ",\"version\":");
        laz_buf_add_json(b, laz_view_of(c->version == NULL ? "" : c->version));
        laz_buf_add_text(b, ",");
    }
    laz_buf_addf(b, "\"hold_ms\":%d}", hold_ms);
}

static bool send_state(struct laz_uplink *u, enum laz_uplink_slot slot, int hold_ms, int timeout_ms)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf body = {0};

    laz_buf_init(&body, LAZ_UPLINK_MESSAGE_MAX + 64);
    add_state(u, &body, hold_ms);
    u->state_changed = false;
    return laz_buf_failed(&body) == LAZ_OK &&
           laz_uplink_call(u, slot, "/agent/v1/sync", "application/json", laz_buf_view(&body),
                           timeout_ms);
}

/* While a sync is held at the console, a state that changes meanwhile goes its own way. */
static int64_t report_change(struct laz_uplink *u, int64_t now)
{
    const struct laz_answer *answer = laz_client_take(u->client, LAZ_SLOT_STATE);
    uint64_t next_ms;
    unsigned commands;

    if (answer != NULL)
        laz_ignore(!take_answer(u, answer, &next_ms, &commands)); /* the held sync finds out too */
    if (!u->state_changed || !laz_client_is_busy(u->client, LAZ_SLOT_SYNC) ||
        laz_client_is_busy(u->client, LAZ_SLOT_STATE))
        return now + STATE_CALL_MS;
    if (now < u->state_at)
        return u->state_at;
    u->state_at = now + STATE_SPACE_MS;
    laz_ignore(!send_state(u, LAZ_SLOT_STATE, 0, STATE_CALL_MS)); /* trouble has been told */
    return u->state_at;
}

int64_t laz_uplink_sync(struct laz_uplink *u, int64_t now)
{
    const struct laz_answer *answer = laz_client_take(u->client, LAZ_SLOT_SYNC);

    if (answer != NULL)
        take_sync(u, answer, now);
    if (!laz_client_is_busy(u->client, LAZ_SLOT_SYNC)) {
        if (now < u->sync_at)
            return u->sync_at;
        if (u->state.len == 0 && now < u->began + FIRST_STATE_MS)
            return u->began + FIRST_STATE_MS;
        /* The first one is not held: it tells that we are here. */
        if (!send_state(u, LAZ_SLOT_SYNC, u->online ? HOLD_MS : 0, SYNC_CALL_MS)) {
            u->sync_at = now + laz_backoff_next(&u->sync_backoff, 0);
            return u->sync_at;
        }
        u->state_at = now + STATE_SPACE_MS;
    }
    return report_change(u, now);
}
