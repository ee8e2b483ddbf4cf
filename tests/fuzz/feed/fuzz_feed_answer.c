/* Any bytes as the head of an answer, as a report of lazaret-feed, and as what it unpacked. */
#include <string.h>

#include "base/text.h"
#include "feed/http_priv.h"
#include "feed/parts.h"
#include "feed/schedule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_head(struct laz_view v)
{
    struct laz_http_head head;
    struct laz_http_answer answer;
    struct laz_view line;
    int64_t ms;

    memset(&head, 0, sizeof head);
    while (laz_take_until(&v, '\n', &line) && laz_http_head_add(&head, line))
        continue;
    LAZ_ASSERT(head.status <= 999);
    laz_http_head_copy(&head, &answer);
    LAZ_ASSERT(laz_utf8_is_valid(laz_view_of(answer.etag)));
    if (laz_feed_retry_after(laz_view_of(head.retry_after), 0, &ms))
        LAZ_ASSERT(ms >= 0 && ms <= (int64_t)7 * 86400 * 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_view v = laz_view_from(data, size), name, bytes;
    struct laz_feed_report report;
    struct laz_feed_request request;

    read_head(v);
    if (laz_feed_report_read(v, &report))
        LAZ_ASSERT(report.outcome < LAZ_FEED_OUTCOMES && report.retry_after_ms >= 0);
    if (laz_feed_request_read(v, &request))
        LAZ_ASSERT(request.kind < LAZ_FEED_KINDS);
    while (laz_parts_take(&v, &name, &bytes))
        LAZ_ASSERT(laz_parts_name_is_safe(name));
    return 0;
}
