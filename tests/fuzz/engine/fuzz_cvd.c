/* A ClamAV pack from anybody: its header, its signature and the lists inside. */
#include "base/status.h"
#include "format/cvd.h"
#include "sign/clamav.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum laz_status take(void *context, struct laz_view name, struct laz_view content,
                            struct laz_error *err)
{
    size_t *total = context;

    (void)err;
    LAZ_ASSERT(name.len > 0 && laz_view_find_byte(name, '/') == name.len);
    *total += content.len;
    return *total < (size_t)1 << 24 ? LAZ_OK : LAZ_LIMIT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_view bytes = laz_view_from(data, size);
    struct laz_error err = {.status = LAZ_OK};
    struct laz_cvd cvd;
    size_t total = 0;

    if (laz_cvd_open(bytes, "fuzz.cvd", &cvd, &err) != LAZ_OK) {
        LAZ_ASSERT(err.why[0] != '\0');
        return 0;
    }
    LAZ_ASSERT(!laz_clamav_is_signed(&laz_clamav_key, cvd.md5, cvd.signature));
    laz_ignore(laz_cvd_read(&cvd, "fuzz.cvd", take, &total, &err)); /* either may be right */
    LAZ_ASSERT(laz_clamav_check_detached(&laz_clamav_key, cvd.body, "fuzz.sign", bytes, 220,
                                         &err) != LAZ_OK);
    return 0;
}
