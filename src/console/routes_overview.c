#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"
#include "console/call.h"
#include "console/overview.h"
#include "console/routes.h"
#include "console/schema.h"
#include "sys/clock.h"
#include "sys/fd.h"

void laz_route_overview(struct laz_request *request, void *context)
{
    struct laz_call call;

    if (!laz_call_open(&call, request, context))
        return;
    laz_call_finish(
        &call, laz_overview_put(call.db, &call.session.account, laz_now_ms(), &call.out, &call.err),
        200);
}

/* Bytes of memory that are ours now, from the kernel; 0 when it does not say. */
static uint64_t resident_bytes(void)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf text = {0};
    struct laz_view rest, total, resident;
    uint64_t pages;

    laz_buf_init(&text, 4096);
    if (laz_read_file("/proc/self/statm", &text, NULL) != LAZ_OK)
        return 0;
    rest = laz_buf_view(&text);
    if (!laz_take_until(&rest, ' ', &total) || !laz_take_until(&rest, ' ', &resident) ||
        !laz_parse_u64(resident, UINT32_MAX, &pages))
        return 0;
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static int64_t file_bytes(const char *name)
{
    struct stat st;

    return stat(name, &st) == 0 ? (int64_t)st.st_size : 0;
}

void laz_route_health(struct laz_request *request, void *context)
{
    struct laz_call call;

    if (!laz_call_open(&call, request, context))
        return;
    laz_out_object(&call.out);
    laz_out_text_of(&call.out, "version", LAZ_PROGRAM_VERSION);
    laz_out_i64_of(&call.out, "started", call.console->started_ms);
    laz_out_i64_of(&call.out, "memory_bytes", (int64_t)resident_bytes());
    laz_out_i64_of(&call.out, "database_bytes",
                   file_bytes(LAZ_CONSOLE_DB_NAME) + file_bytes(LAZ_CONSOLE_DB_NAME "-wal"));
    laz_out_i64_of(&call.out, "events_stored", (int64_t)call.console->events_stored);
    laz_out_i64_of(&call.out, "pages_open", (int64_t)laz_live_count(call.console->live));
    laz_out_object_end(&call.out);
    laz_call_reply(&call, 200);
}

/* For supervisors and load balancers: no session, and no fact but "it works". */
void laz_route_healthz(struct laz_request *request, void *context)
{
    const struct laz_console *console = context;
    struct laz_statement *st;
    bool row = false;
    bool ok = laz_db_get(console->db, "SELECT 1 FROM organisation", &st, NULL) == LAZ_OK &&
              laz_statement_step(st, &row, NULL) == LAZ_OK && row;

    if (!ok) {
        laz_request_reply_error(request, 503, "unhealthy", NULL);
        return;
    }
    laz_statement_reset(st);
    laz_request_reply_json(request, 200, laz_view_of("{\"status\":\"ok\"}"));
}
