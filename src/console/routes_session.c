#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/audit.h"
#include "console/call.h"
#include "console/routes.h"
#include "sign/token.h"
#include "sys/clock.h"
#include "sys/log.h"

/* A request that waits for a password to be tried. */
struct attempt {
    struct laz_console *console;
    struct laz_request *request; /* NULL when the browser has gone away */
    struct laz_account account;
    struct laz_session session; /* of a change of password */
    struct laz_login_keys keys;
    bool known_name;
    char source[64];
};

static void put_session(struct laz_json_out *o, const struct laz_session *s)
{
    laz_out_object(o);
    laz_out_name(o, "user");
    laz_out_object(o);
    laz_out_text_of(o, "name", s->account.name);
    laz_out_text_of(o, "role", s->account.role);
    laz_out_object_end(o);
    laz_out_text_of(o, "csrf", s->csrf);
    laz_out_i64_of(o, "expires", s->expires_ms);
    laz_out_bool_of(o, "first_password", s->account.first_password);
    laz_out_object_end(o);
}

static void set_cookie(struct laz_request *r, const char *value, int64_t seconds)
{
    char text[256];

    snprintf(text, sizeof text,
             LAZ_SESSION_COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=%" PRId64,
             value, seconds);
    laz_request_add_header(r, "Set-Cookie", text);
}

static void refuse_for_now(struct laz_request *r, int64_t seconds)
{
    char params[64], text[24];

    snprintf(params, sizeof params, "{\"seconds\":%" PRId64 "}", seconds);
    snprintf(text, sizeof text, "%" PRId64, seconds);
    laz_request_add_header(r, "Retry-After", text);
    laz_request_reply_error(r, 429, "login.slow_down", params);
}

static void on_gone(void *context)
{
    struct attempt *a = context;

    a->request = NULL;
}

static void free_attempt(struct attempt *a)
{
    laz_secret_wipe(a, sizeof *a);
    free(a);
}

static struct attempt *make_attempt(const struct laz_call *call)
{
    struct attempt *a = calloc(1, sizeof *a);

    if (a == NULL)
        return NULL;
    a->console = call->console;
    a->request = call->request;
    a->session = call->session;
    a->account = call->session.account;
    snprintf(a->source, sizeof a->source, "%s", laz_request_peer(call->request));
    return a;
}

/* Hands the attempt to the threads; from then on it is theirs until it comes back. */
static void hand_over(struct laz_call *call, struct attempt *a, struct laz_view password,
                      const char *hash, struct laz_view new_password, laz_password_done *done)
{
    enum laz_status s =
        laz_password_lane_try(call->console->login->lane, password, hash, new_password, done, a);

    if (s != LAZ_OK) {
        free_attempt(a);
        refuse_for_now(call->request, 2);
        return;
    }
    laz_request_on_close(call->request, on_gone, a);
}

struct login_result {
    struct attempt *attempt;
    bool right;
    char text[LAZ_SESSION_TEXT_SIZE];
    struct laz_session session;
};

/* While it was tried, the password may have been changed. */
static enum laz_status check_again(struct laz_db *db, struct login_result *r,
                                   struct laz_audit_entry *entry, struct laz_error *err)
{
    struct laz_account now;
    enum laz_status s =
        laz_account_get(db, r->attempt->account.scope, r->attempt->account.id, &now, err);

    if (s == LAZ_OK && strcmp(now.password_hash, r->attempt->account.password_hash) != 0) {
        r->right = false;
        entry->verb = "login.refused";
    }
    return s;
}

/* A wrong try is written down too; for a name that does not exist in the first organisation's log,
 * because it belongs to nobody. */
static enum laz_status store_login(struct laz_db *db, void *context, struct laz_error *err)
{
    struct login_result *r = context;
    struct attempt *a = r->attempt;
    struct laz_scope scope = {LAZ_FIRST_ORGANISATION};
    struct laz_audit_entry entry = {a->known_name ? a->account.name : "?",
                                    r->right ? "login.done" : "login.refused", a->source, ""};
    enum laz_status s = LAZ_OK;

    if (a->known_name)
        scope = a->account.scope;
    if (r->right)
        s = check_again(db, r, &entry, err);
    if (s == LAZ_OK && r->right)
        s = laz_session_open(db, &a->account, a->source, &a->console->config.times, r->text,
                             &r->session, err);
    if (s == LAZ_OK && r->right)
        s = laz_account_learn(db, &a->account, a->source, err);
    return s == LAZ_OK ? laz_audit_add(db, scope, &entry, err) : s;
}

static void reply_login(struct attempt *a, const struct login_result *r)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf body = {0};
    struct laz_json_out out = {&body, false};

    laz_buf_init(&body, 4096);
    if (!r->right) {
        laz_request_reply_error(a->request, 401, "login.wrong", NULL);
        return;
    }
    put_session(&out, &r->session);
    set_cookie(a->request, r->text, a->console->config.times.absolute_ms / 1000);
    laz_request_reply_json(a->request, 200, laz_buf_view(&body));
}

static void on_login_tried(void *context, const struct laz_password_answer *answer)
{
    struct attempt *a = context;
    struct login_result r = {.attempt = a, .right = answer->right && a->known_name};
    struct laz_error err;

    if (a->request == NULL && r.right) {
        free_attempt(a); /* nobody is there to take the session */
        return;
    }
    if (!answer->tried) {
        if (a->request != NULL)
            refuse_for_now(a->request, 2);
    } else if (laz_db_transaction(a->console->db, store_login, &r, &err) != LAZ_OK) {
        laz_log_error(LAZ_ERROR, "login.failed", &err);
        if (a->request != NULL)
            laz_request_reply_error(a->request, 500, "internal", NULL);
    } else {
        if (r.right)
            laz_login_forgive(a->console->login, &a->keys, laz_monotonic_ms());
        if (a->request != NULL)
            reply_login(a, &r);
    }
    laz_secret_wipe(&r, sizeof r);
    free_attempt(a);
}

/* Finds the account and asks the budgets. False when it has been answered. */
static bool admit_login(struct laz_call *call, struct attempt *a, struct laz_view name)
{
    bool knows = false;
    enum laz_status s = laz_account_find(call->db, name, &a->account, &call->err);
    int64_t seconds;

    a->known_name = s == LAZ_OK;
    if (s == LAZ_OK)
        s = laz_account_knows(call->db, &a->account, a->source, &knows, &call->err);
    if (s != LAZ_OK && s != LAZ_NOT_FOUND) {
        laz_call_fail(call, s);
        return false;
    }
    laz_login_keys_make(call->console->login, name, a->source, knows, &a->keys);
    seconds = laz_login_admit(call->console->login, &a->keys, laz_monotonic_ms());
    if (seconds > 0) {
        laz_log(LAZ_WARN, "login.slow_down", "source=%s", a->source);
        refuse_for_now(call->request, seconds);
    }
    return seconds == 0;
}

static void try_login(struct laz_call *call, const char *name, const char *password)
{
    struct attempt *a = make_attempt(call);

    if (a == NULL) {
        laz_call_refuse(call, 503, "internal");
        return;
    }
    if (!admit_login(call, a, laz_view_of(name))) {
        free_attempt(a);
        return;
    }
    hand_over(call, a, laz_view_of(password),
              a->known_name ? a->account.password_hash : laz_password_nobody(), laz_view_of(""),
              on_login_tried);
}

void laz_route_login(struct laz_request *request, void *context)
{
    LAZ_OWNED(laz_json_drop) cJSON *body = NULL;
    const char *name, *password;
    struct laz_call call;

    if (!laz_call_open_stranger(&call, request, context) || (body = laz_call_body(&call)) == NULL)
        return;
    if (!laz_json_text(body, "name", LAZ_ACCOUNT_NAME_MAX, &name) ||
        !laz_json_text(body, "password", LAZ_PASSWORD_MAX, &password)) {
        laz_call_refuse(&call, 400, "invalid");
        return;
    }
    try_login(&call, name, password);
}

static enum laz_status store_logout(struct laz_db *db, void *context, struct laz_error *err)
{
    const struct laz_call *call = context;
    const struct laz_audit_entry entry = {call->session.account.name, "logout",
                                          laz_request_peer(call->request), ""};
    enum laz_status s = laz_session_close(db, &call->session, err);

    return s == LAZ_OK ? laz_audit_add(db, call->scope, &entry, err) : s;
}

void laz_route_logout(struct laz_request *request, void *context)
{
    struct laz_console *console = context;
    struct laz_call call;
    enum laz_status s;

    if (!laz_call_open_own(&call, request, context))
        return;
    s = laz_db_transaction(call.db, store_logout, &call, &call.err);
    if (s == LAZ_OK) {
        set_cookie(request, "", 0);
        laz_out_object(&call.out);
        laz_out_object_end(&call.out);
    }
    laz_call_finish(&call, s, 200);
    laz_live_sweep(console->live, console->db);
}

void laz_route_session(struct laz_request *request, void *context)
{
    struct laz_call call;

    if (!laz_call_open_own(&call, request, context))
        return;
    put_session(&call.out, &call.session);
    laz_call_reply(&call, 200);
}

struct password_change {
    const struct attempt *attempt;
    const char *hash;
};

/* Other sessions end: whoever knew the old password is out. */
static enum laz_status store_password(struct laz_db *db, void *context, struct laz_error *err)
{
    const struct password_change *change = context;
    const struct attempt *a = change->attempt;
    const struct laz_audit_entry entry = {a->account.name, "password.changed", a->source, ""};
    enum laz_status s = laz_account_set_password(db, &a->account, change->hash, false, err);

    if (s == LAZ_OK)
        s = laz_session_close_others(db, &a->account, &a->session, err);
    return s == LAZ_OK ? laz_audit_add(db, a->account.scope, &entry, err) : s;
}

static void answer_password(struct attempt *a, int status, const char *code)
{
    if (a->request == NULL)
        return;
    if (code == NULL)
        laz_request_reply_json(a->request, status, laz_view_of("{}"));
    else
        laz_request_reply_error(a->request, status, code, NULL);
}

static void on_password_tried(void *context, const struct laz_password_answer *answer)
{
    struct attempt *a = context;
    struct password_change change = {a, answer->new_hash};
    struct laz_error err;

    if (!answer->tried) {
        answer_password(a, 503, "internal");
    } else if (!answer->right) {
        answer_password(a, 403, "password.wrong");
    } else if (laz_db_transaction(a->console->db, store_password, &change, &err) != LAZ_OK) {
        laz_log_error(LAZ_ERROR, "password.failed", &err);
        answer_password(a, 500, "internal");
    } else {
        laz_login_forgive(a->console->login, &a->keys, laz_monotonic_ms());
        laz_live_sweep(a->console->live, a->console->db);
        answer_password(a, 200, NULL);
    }
    free_attempt(a);
}

static void try_password(struct laz_call *call, const char *old, const char *wanted)
{
    struct attempt *a = make_attempt(call);
    int64_t seconds;

    if (a == NULL) {
        laz_call_refuse(call, 503, "internal");
        return;
    }
    laz_login_keys_make(call->console->login, laz_view_of(a->account.name), a->source, true,
                        &a->keys);
    seconds = laz_login_admit(call->console->login, &a->keys, laz_monotonic_ms());
    if (seconds > 0) {
        free_attempt(a);
        refuse_for_now(call->request, seconds);
        return;
    }
    hand_over(call, a, laz_view_of(old), a->account.password_hash, laz_view_of(wanted),
              on_password_tried);
}

void laz_route_password(struct laz_request *request, void *context)
{
    LAZ_OWNED(laz_json_drop) cJSON *body = NULL;
    const char *old, *wanted;
    struct laz_call call;

    if (!laz_call_open_own(&call, request, context) || (body = laz_call_body(&call)) == NULL)
        return;
    if (!laz_json_text(body, "old", LAZ_PASSWORD_MAX, &old) ||
        !laz_json_text(body, "new", LAZ_PASSWORD_MAX, &wanted)) {
        laz_call_refuse(&call, 400, "invalid");
        return;
    }
    if (strcmp(old, wanted) == 0 ||
        !laz_password_is_good(laz_view_of(wanted), call.session.account.name)) {
        laz_call_refuse(&call, 400, "password.weak");
        return;
    }
    try_password(&call, old, wanted);
}
