#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "console/call.h"
#include "console/enrolment.h"
#include "console/routes.h"

#define EVENTS_OF_ENDPOINT 50
#define FOLDER_PLACE       "DIR" /* the command ends in it: an agent without a folder guards nothing */

void laz_route_endpoints(struct laz_request *request, void *context)
{
    int64_t after, limit;
    struct laz_call call;

    if (!laz_call_open(&call, request, context) || !laz_call_paging(&call, &after, &limit))
        return;
    laz_call_finish(
        &call, laz_endpoint_list(call.db, call.scope, after, limit, &call.out, &call.err), 200);
}

void laz_route_endpoint(struct laz_request *request, void *context)
{
    struct laz_endpoint endpoint;
    struct laz_call call;
    enum laz_status s;

    if (!laz_call_open(&call, request, context))
        return;
    s = laz_endpoint_find(call.db, call.scope, laz_request_parameter(request, 0), &endpoint,
                          &call.err);
    if (s == LAZ_OK)
        s = laz_endpoint_put(call.db, &endpoint, EVENTS_OF_ENDPOINT, &call.out, &call.err);
    laz_call_finish(&call, s, 200);
}

/* A host as it may stand in a URL and in a shell's command line. */
static bool is_plain_host(struct laz_view host)
{
    for (size_t i = 0; i < host.len; i++)
        if (!isalnum(host.data[i]) && strchr(".-:[]", host.data[i]) == NULL)
            return false;
    return host.len > 0 && host.len < 200;
}

static bool is_any_address(const char *address)
{
    return strncmp(address, "0.0.0.0:", 8) == 0 || strncmp(address, "[::]:", 5) == 0;
}

/* Where agents find the console: the address that it listens on, or when that is "every address",
 * the host by which the browser found it. */
static void make_url(const struct laz_call *call, char *out, size_t size)
{
    const char *address = call->console->config.agent_address;
    const char *port = strrchr(address, ':');
    struct laz_view host, name;

    snprintf(out, size, "https://%s", address);
    if (!is_any_address(address) || !laz_request_header(call->request, "Host", &host) ||
        !is_plain_host(host))
        return;
    name = host;
    for (size_t i = host.len; i > 0 && host.data[i - 1] != ']'; i--)
        if (host.data[i - 1] == ':')
            name.len = i - 1;
    snprintf(out, size, "https://%.*s%s", (int)name.len, (const char *)name.data, port);
}

void laz_route_enrolment_token(struct laz_request *request, void *context)
{
    char token[LAZ_TOKEN_TEXT_SIZE], url[512], command[1024];
    struct laz_call call;
    int64_t expires = 0;
    enum laz_status s;

    if (!laz_call_open(&call, request, context))
        return;
    s = laz_enrolment_token_make(call.db, call.scope, call.session.account.name, token, &expires,
                                 &call.err);
    if (s == LAZ_OK) {
        make_url(&call, url, sizeof url);
        snprintf(command, sizeof command,
                 "lazaret agent run --console %s --token %s --pin %s --protect " FOLDER_PLACE, url,
                 token, call.console->keys.pin);
        laz_out_object(&call.out);
        laz_out_text_of(&call.out, "token", token);
        laz_out_text_of(&call.out, "pin", call.console->keys.pin);
        laz_out_text_of(&call.out, "url", url);
        laz_out_i64_of(&call.out, "expires", expires);
        laz_out_text_of(&call.out, "command", command);
        laz_out_object_end(&call.out);
    }
    laz_call_finish(&call, s, 200);
}
