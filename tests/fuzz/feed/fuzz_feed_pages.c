/* Any bytes as what a TAXII or MISP server says. The first byte chooses: t for TAXII, f for a feed
 * of MISP, s for a server of it; pages are divided by NUL, and the first one is the content as it
 * was. What is gathered is JSON whatever came, and is taken again as the content as it was. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "feed/fetch.h"
#include "feed/slice.h"
#include "sys/fd.h"

#define SIZE_MAX_OUT ((uint64_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is left of the pages: instead of the network. */
static struct laz_view pages;

void laz_http_get(struct laz_http *h, const struct laz_http_call *call, struct laz_http_answer *out)
{
    struct laz_view page;

    memset(out, 0, sizeof *out);
    laz_buf_reset(call->body);
    if (!laz_take_until(&pages, '\0', &page) || laz_buf_add(call->body, page) != LAZ_OK) {
        out->outcome = LAZ_FEED_UNREACHABLE;
        return;
    }
    out->outcome = LAZ_FEED_FRESH;
    out->http = 200;
    out->size = page.len;
    if (page.len > 0 && page.data[page.len - 1] == '\n') /* a page that has a date */
        memcpy(out->added_last, "2026-01-01T00:00:00.000Z", 25);
}

static void fetch(uint8_t kind, struct laz_view old, bool whole, int out,
                  struct laz_feed_report *report)
{
    struct laz_feed_request request = {.kind = kind == 't' ? LAZ_FEED_TAXII : LAZ_FEED_MISP,
                                       .whole = whole,
                                       .size_max = SIZE_MAX_OUT,
                                       .url = laz_view_of("https://x.example/taxii2/"),
                                       .header =
                                           laz_view_of(kind == 's' ? "Authorization: x" : "")};
    struct laz_fetch f = {.request = &request, .output = out, .old = old, .report = report};

    memset(report, 0, sizeof *report);
    if (kind == 't')
        laz_fetch_taxii(&f);
    else
        laz_fetch_misp(&f);
    LAZ_ASSERT(report->outcome != LAZ_FEED_NEVER && report->outcome < LAZ_FEED_OUTCOMES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LAZ_OWNED(laz_fd_drop) int first = memfd_create("first", MFD_CLOEXEC);
    LAZ_OWNED(laz_fd_drop) int second = memfd_create("second", MFD_CLOEXEC);
    struct laz_view all = laz_view_from(data, size), old, value;
    struct laz_mapping m = {{NULL, 0}};
    struct laz_feed_report report;
    uint8_t kind;

    LAZ_ASSERT(first >= 0 && second >= 0);
    if (!laz_take_u8(&all, &kind) || !laz_take_until(&all, '\0', &old))
        return 0;
    pages = all;
    fetch(kind, old, false, first, &report);
    if (report.outcome != LAZ_FEED_FRESH && report.outcome != LAZ_FEED_SAME)
        return 0;
    LAZ_ASSERT(laz_map_fd(first, &m, NULL) == LAZ_OK && m.bytes.len == report.size);
    LAZ_ASSERT(laz_slice_check(m.bytes, &value) && laz_slice_is_object(value));
    pages = all;
    fetch(kind, m.bytes, false, second, &report);
    laz_mapping_clear(&m);
    return 0;
}
