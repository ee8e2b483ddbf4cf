#include "feed/recommended.h"

#include <stdio.h>

#include "base/number.h"

#define HOUR 3600u
#define DAY  (24 * HOUR)

#define ABUSE_CH_TERMS                                                                             \
    "free under abuse.ch's fair use policy (https://abuse.ch/terms-of-use/); needs an Auth-Key, "  \
    "free at https://auth.abuse.ch/, in a file named by --secret-file"

/* Locations and terms as the publishers state them: docs.clamav.net; the README and LICENSE of the
 * repositories on GitHub; bazaar.abuse.ch/export, urlhaus.abuse.ch/api, threatfox.abuse.ch/export;
 * openphish.com/faq.html. No schedule is shorter than the publisher's own. */
const struct laz_feed_recommended laz_feed_recommended[] = {
    {.id = "clamav",
     .kind = LAZ_FEED_FRESHCLAM,
     .location = "/var/lib/clamav",
     .licence = "GPL-2.0-only",
     .terms = "ClamAV's official databases; freshclam fetches them, this reads what it has fetched",
     .every_s = 1 * HOUR,
     .size_max = 1 * GIB,
     .needs_location = true},
    {.id = "yara-forge-core",
     .kind = LAZ_FEED_YARA,
     .location = "https://github.com/YARAHQ/yara-forge/releases/latest/download/"
                 "yara-forge-rules-core.zip",
     .licence = "each rule's own, in its metas",
     .terms = "collected by YARA Forge from public repositories; a new set each week",
     .every_s = 1 * DAY,
     .size_max = 128 * MIB},
    {.id = "signature-base",
     .kind = LAZ_FEED_YARA,
     .location = "https://github.com/Neo23x0/signature-base/archive/refs/heads/master.zip",
     .licence = "DRL-1.1",
     .terms = "Detection Rule License: the author's name must stay with a rule and its matches",
     .every_s = 1 * DAY,
     .size_max = 256 * MIB},
    {.id = "reversinglabs",
     .kind = LAZ_FEED_YARA,
     .location = "https://github.com/reversinglabs/reversinglabs-yara-rules/archive/refs/heads/"
                 "develop.zip",
     .licence = "MIT",
     .terms = "",
     .every_s = 1 * DAY,
     .size_max = 128 * MIB},
    {.id = "malwarebazaar",
     .kind = LAZ_FEED_LIST,
     .location = "https://mb-api.abuse.ch/v2/files/exports/{key}/sha256_recent.txt",
     .licence = "CC0-1.0",
     .terms = ABUSE_CH_TERMS,
     .every_s = 1 * HOUR,
     .size_max = 512 * MIB,
     .needs_key = true},
    {.id = "urlhaus",
     .kind = LAZ_FEED_LIST,
     .location = "https://urlhaus-api.abuse.ch/v2/files/exports/{key}/recent.csv",
     .licence = "CC0-1.0",
     .terms = ABUSE_CH_TERMS,
     .every_s = 1 * HOUR,
     .size_max = 256 * MIB,
     .needs_key = true},
    {.id = "threatfox",
     .kind = LAZ_FEED_LIST,
     .location = "https://threatfox-api.abuse.ch/v2/files/exports/{key}/recent.csv",
     .licence = "CC0-1.0",
     .terms = ABUSE_CH_TERMS,
     .every_s = 1 * HOUR,
     .size_max = 256 * MIB,
     .needs_key = true},
    {.id = "openphish",
     .kind = LAZ_FEED_LIST,
     .location = "https://raw.githubusercontent.com/openphish/public_feed/refs/heads/main/feed.txt",
     .licence = "OpenPhish's terms of use",
     .terms = "for non-commercial and internal business use only (openphish.com/faq.html)",
     .every_s = 12 * HOUR,
     .size_max = 16 * MIB},
};
const size_t laz_feed_recommended_count =
    sizeof laz_feed_recommended / sizeof *laz_feed_recommended;

void laz_feed_recommended_fill(const struct laz_feed_recommended *r, struct laz_feed_source *out)
{
    laz_feed_source_init(out, r->id, r->kind);
    snprintf(out->location, sizeof out->location, "%s", r->location);
    snprintf(out->licence, sizeof out->licence, "%s", r->licence);
    snprintf(out->terms, sizeof out->terms, "%s", r->terms);
    out->every_s = r->every_s;
    out->size_max = r->size_max;
}
