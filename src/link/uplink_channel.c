#include "link/uplink_priv.h"

#include <stdlib.h>
#include <string.h>

#include "link/json.h"
#include "sys/channel.h"
#include "sys/clock.h"
#include "sys/log.h"

/* A message that is no JSON object of the broker's is dropped: it is our own program that sent it.
 */
static void take_state(struct laz_uplink *u, cJSON *json)
{
    char *text;

    cJSON_DeleteItemFromObjectCaseSensitive(json, "type");
    text = cJSON_PrintUnformatted(json);
    if (text == NULL)
        return;
    if (strcmp(text, laz_buf_text(&u->state)) != 0) {
        laz_buf_reset(&u->state);
        u->state_changed = laz_buf_add_text(&u->state, text) == LAZ_OK;
    }
    cJSON_free(text);
}

static void take_message(struct laz_uplink *u, struct laz_view message)
{
    LAZ_OWNED(laz_json_drop) cJSON *json = laz_json_parse_object(message);
    const char *type;

    if (json == NULL || !laz_json_text(json, "type", 32, &type))
        laz_log(LAZ_WARN, "uplink.message", "bytes=%zu", message.len);
    else if (strcmp(type, "state") == 0)
        take_state(u, json);
    else if (strcmp(type, "wake") == 0 && u->events_backoff.failures == 0)
        u->events_at = laz_monotonic_ms();
}

void laz_uplink_hear(struct laz_uplink *u)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf message = {0};
    size_t fd_count = 0;
    enum laz_status s;

    laz_buf_init(&message, LAZ_UPLINK_MESSAGE_MAX);
    for (;;) {
        s = laz_channel_receive(u->channel, &message, NULL, &fd_count);
        if (s != LAZ_OK)
            break;
        take_message(u, laz_buf_view(&message));
    }
    if (s != LAZ_BUSY)
        u->ended = true;
}

static void forget_first(struct laz_uplink *u)
{
    free(u->outbox[0]);
    u->outbox_count--;
    memmove(u->outbox, u->outbox + 1, u->outbox_count * sizeof *u->outbox);
}

void laz_uplink_flush(struct laz_uplink *u)
{
    while (u->outbox_count > 0) {
        enum laz_status s = laz_channel_send(u->channel, laz_view_of(u->outbox[0]), NULL, 0);

        if (s == LAZ_BUSY)
            return;
        if (s != LAZ_OK) {
            u->ended = true;
            return;
        }
        forget_first(u);
    }
}

void laz_uplink_say(struct laz_uplink *u, const char *json)
{
    char *copy = strlen(json) > LAZ_UPLINK_MESSAGE_MAX ? NULL : strdup(json);

    if (copy == NULL)
        return;
    if (u->outbox_count == LAZ_OUTBOX_MAX)
        forget_first(u);
    u->outbox[u->outbox_count++] = copy;
    laz_uplink_flush(u);
}

void laz_uplink_set_online(struct laz_uplink *u, bool online)
{
    if (u->online_told && u->online == online)
        return;
    u->online = online;
    u->online_told = true;
    laz_log(LAZ_INFO, online ? "uplink.online" : "uplink.offline", "url=%s", u->credential.url);
    laz_uplink_say(u, online ? "{\"type\":\"online\",\"value\":true}"
                             : "{\"type\":\"online\",\"value\":false}");
}

void laz_uplink_set_trouble(struct laz_uplink *u, const char *code, const char *why)
{
    char message[128];

    if (strcmp(u->trouble, code) == 0)
        return;
    snprintf(u->trouble, sizeof u->trouble, "%s", code);
    if (code[0] != '\0')
        laz_log(LAZ_WARN, "uplink.trouble", "code=%s why=%s", code, why);
    snprintf(message, sizeof message, "{\"type\":\"trouble\",\"code\":\"%s\"}", u->trouble);
    laz_uplink_say(u, message);
}

static const char *code_of_http(int http)
{
    switch (http) {
    case 401:
    case 403:
    case 404:
    case 410:
        return "endpoint.refused";
    case 429:
    case 503:
        return "console.busy";
    default:
        return "console.answer";
    }
}

void laz_uplink_blame(struct laz_uplink *u, const struct laz_answer *answer)
{
    char code[LAZ_ERROR_CODE_SIZE], why[64];

    if (u->enrolled && laz_now_ms() >= u->credential.certificate.not_after_ms) {
        laz_uplink_set_trouble(u, "certificate.expired",
                               "this machine's certificate has expired (enrol it again)");
        return;
    }
    if (answer->status == LAZ_DENIED) {
        laz_uplink_set_trouble(u, "console.certificate", answer->problem);
        return;
    }
    if (answer->status != LAZ_OK) {
        laz_uplink_set_trouble(u, "console.unreachable", answer->problem);
        return;
    }
    laz_error_code_of(laz_buf_view(&answer->body), code);
    snprintf(why, sizeof why, "status %d", answer->http);
    laz_uplink_set_trouble(u, code[0] == '\0' ? code_of_http(answer->http) : code, why);
}
