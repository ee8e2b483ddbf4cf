#include "match/fields.h"
#include "rules/compiler.h"
#include "rules/compiler_priv.h"

void laz_image_init(struct laz_image *image)
{
    *image = (struct laz_image){0};
    for (size_t i = 0; i < LAZ_SECTIONS; i++)
        laz_buf_init(&image->sections[i], LAZ_IMAGE_MAX);
}

void laz_image_clear(struct laz_image *image)
{
    for (size_t i = 0; i < LAZ_SECTIONS; i++)
        laz_buf_clear(&image->sections[i]);
}

static size_t padding_of(size_t len)
{
    return (LAZ_DB_PAGE - len % LAZ_DB_PAGE) % LAZ_DB_PAGE;
}

static uint64_t file_len(const struct laz_image *image)
{
    uint64_t len = LAZ_DB_PAGE;

    for (size_t i = 0; i < LAZ_SECTIONS; i++)
        len += image->sections[i].len + padding_of(image->sections[i].len);
    return len;
}

static void write_entries(const struct laz_image *image, struct laz_buf *page)
{
    uint64_t offset = LAZ_DB_PAGE;

    for (size_t i = 0; i < LAZ_SECTIONS; i++) {
        const struct laz_buf *section = &image->sections[i];

        /* the buffer remembers a refusal */
        laz_ignore(laz_buf_add_u64le(page, offset));
        laz_ignore(laz_buf_add_u64le(page, section->len));
        laz_ignore(laz_buf_add_u32le(page, laz_db_checksum(laz_buf_view(section))));
        laz_ignore(laz_buf_add_u32le(page, 0));
        offset += section->len + padding_of(section->len);
    }
}

static bool write_header(const struct laz_image *image, struct laz_buf *page)
{
    uint8_t *zeros;

    /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add(page, laz_view_from(LAZ_DB_MAGIC, LAZ_DB_MAGIC_SIZE)));
    laz_ignore(laz_buf_add_u32le(page, LAZ_DB_VERSION));
    laz_ignore(laz_buf_add_u32le(page, LAZ_SECTIONS));
    laz_ignore(laz_buf_add_u64le(page, file_len(image)));
    laz_ignore(laz_buf_add_u64le(page, image->built_ms));
    laz_ignore(laz_buf_add_u32le(page, image->name));
    laz_ignore(laz_buf_add_u32le(page, image->platform));
    laz_ignore(laz_buf_add_u32le(page, image->features));
    laz_ignore(laz_buf_add_u32le(page, image->gap_count));
    laz_ignore(laz_buf_add_u32le(page, image->modules));
    laz_ignore(laz_buf_add_u32le(page, laz_fields_checksum()));
    if (laz_buf_extend(page, LAZ_DB_ENTRIES_AT - page->len, &zeros) != LAZ_OK)
        return false;
    write_entries(image, page);
    return laz_buf_extend(page, LAZ_DB_CHECKSUM_AT - page->len, &zeros) == LAZ_OK &&
           laz_buf_add_u32le(page, laz_db_checksum(laz_buf_view(page))) == LAZ_OK;
}

static enum laz_status send_padded(struct laz_view v, const struct laz_image_sink *sink,
                                   struct laz_error *err)
{
    static const uint8_t zeros[LAZ_DB_PAGE];
    enum laz_status s = sink->write(sink->context, v, err);

    if (s == LAZ_OK && padding_of(v.len) > 0)
        s = sink->write(sink->context, laz_view_from(zeros, padding_of(v.len)), err);
    return s;
}

enum laz_status laz_image_send(struct laz_image *image, const struct laz_image_sink *sink,
                               struct laz_error *err)
{
    struct laz_buf page;
    enum laz_status s;

    laz_buf_init(&page, LAZ_DB_PAGE);
    if (!write_header(image, &page))
        s = laz_fail(err, LAZ_NOMEM, "database", "", "no memory", "");
    else
        s = sink->write(sink->context, laz_buf_view(&page), err);
    for (size_t i = 0; s == LAZ_OK && i < LAZ_SECTIONS; i++) {
        s = send_padded(laz_buf_view(&image->sections[i]), sink, err);
        laz_buf_clear(&image->sections[i]);
    }
    laz_buf_clear(&page);
    return s;
}
