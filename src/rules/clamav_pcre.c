#include "rules/clamav_priv.h"

enum laz_status laz_clamav_read_pcre(struct laz_clamav_logic *logic, struct laz_view text,
                                     struct laz_view place, struct laz_error *err)
{
    (void)place;
    return laz_clamav_fail(logic->line, LAZ_UNSUPPORTED, text.data,
                           "regular expressions are not supported", "", err);
}
