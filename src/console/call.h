/* call.h - what every route of the page needs: who asks, whether it may, and an answer. */
#ifndef LAZ_CONSOLE_CALL_H
#define LAZ_CONSOLE_CALL_H

#include "console/console.h"
#include "console/json_out.h"
#include "link/json.h"

struct laz_call {
    struct laz_request *request;
    struct laz_console *console;
    struct laz_db *db;
    struct laz_session session;
    struct laz_scope scope;
    struct laz_buf buf;
    struct laz_json_out out; /* writes into buf */
    struct laz_error err;
};

/* Opens a call of somebody who is signed in; a POST must also come from our own page, say its CSRF
 * word, and be of an administrator: everybody else only reads. Returns false when it has been
 * refused and answered. */
bool laz_call_open(struct laz_call *call, struct laz_request *request, void *console);
/* As laz_call_open, for what everybody may do with their own account. */
bool laz_call_open_own(struct laz_call *call, struct laz_request *request, void *console);
/* As laz_call_open, before there is a session: a POST must still come from our own page. */
bool laz_call_open_stranger(struct laz_call *call, struct laz_request *request, void *console);

/* Each of these ends the call. status 200 and the like, with what out holds. */
void laz_call_reply(struct laz_call *call, int status);
/* The answer for a failure of our own functions. */
void laz_call_fail(struct laz_call *call, enum laz_status s);
void laz_call_refuse(struct laz_call *call, int status, const char *code);
/* Replies when s is LAZ_OK, else fails. */
void laz_call_finish(struct laz_call *call, enum laz_status s, int status);

/* The body as an object; NULL when it is none (the call is refused then). The caller drops it. */
cJSON *laz_call_body(struct laz_call *call);
/* after= and limit= of a list. False when they make no sense (the call is refused then). */
bool laz_call_paging(struct laz_call *call, int64_t *after, int64_t *limit);
/* The i-th part of the path as a number; 0 when it is none: no row has it. */
int64_t laz_call_id(const struct laz_call *call, unsigned i);

/* Pure, for tests: whether origin is where a page of ours comes from. */
bool laz_origin_is_ours(struct laz_view origin, struct laz_view host, const char *page_address);

#endif
