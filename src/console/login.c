#include "console/login.h"

#include <stdlib.h>

#include "sign/token.h"
#include "sys/clock.h"

enum laz_status laz_login_new(struct event_base *base, struct laz_login **out,
                              struct laz_error *err)
{
    LAZ_OWNED(laz_login_drop) struct laz_login *login = calloc(1, sizeof *login);
    enum laz_status s;

    if (login == NULL)
        return laz_fail(err, LAZ_NOMEM, "console", "log-in", "no memory", "");
    laz_random_bytes(login->secret, sizeof login->secret);
    laz_budget_init(&login->accounts, LAZ_LOGIN_ACCOUNT_BURST, LAZ_LOGIN_ACCOUNT_REFILL_MS);
    laz_budget_init(&login->sources, LAZ_LOGIN_SOURCE_BURST, LAZ_LOGIN_SOURCE_REFILL_MS);
    laz_budget_init(&login->enrolments, LAZ_ENROL_BURST, LAZ_ENROL_REFILL_MS);
    s = laz_password_lane_new(base, &login->lane, err);
    if (s == LAZ_OK)
        *out = laz_move(login);
    return s;
}

void laz_login_drop(struct laz_login **login)
{
    if (*login == NULL)
        return;
    laz_password_lane_drop(&(*login)->lane);
    laz_secret_wipe(*login, sizeof **login);
    free(*login);
    *login = NULL;
}

void laz_login_keys_make(const struct laz_login *login, struct laz_view name, const char *source,
                         bool known, struct laz_login_keys *out)
{
    out->source = laz_budget_key(login->secret, "source", laz_view_of(source));
    out->account = laz_budget_key(login->secret, "account", name);
    if (known)
        out->account ^= laz_budget_key(login->secret, "known", laz_view_of(source));
    if (out->account == 0)
        out->account = 1;
}

static int64_t seconds(int64_t ms)
{
    return ms <= 0 ? 0 : (ms + 999) / 1000;
}

int64_t laz_login_admit(struct laz_login *login, const struct laz_login_keys *keys, int64_t now_ms)
{
    int64_t account = laz_budget_wait_ms(&login->accounts, keys->account, now_ms);
    int64_t source = laz_budget_wait_ms(&login->sources, keys->source, now_ms);

    if (account > 0 || source > 0)
        return seconds(account > source ? account : source);
    laz_budget_take(&login->accounts, keys->account, now_ms);
    laz_budget_take(&login->sources, keys->source, now_ms);
    return 0;
}

void laz_login_forgive(struct laz_login *login, const struct laz_login_keys *keys, int64_t now_ms)
{
    laz_budget_give_back(&login->accounts, keys->account, now_ms);
    laz_budget_give_back(&login->sources, keys->source, now_ms);
}

int64_t laz_login_admit_enrolment(struct laz_login *login, const char *source, int64_t now_ms)
{
    uint64_t key = laz_budget_key(login->secret, "enrol", laz_view_of(source));
    int64_t wait = laz_budget_wait_ms(&login->enrolments, key, now_ms);

    if (wait > 0)
        return seconds(wait);
    laz_budget_take(&login->enrolments, key, now_ms);
    return 0;
}
