#include "format/pdf.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#define DICTIONARY_MAX 4096 /* bytes before "stream" that may be its dictionary */
#define INPUT_MAX      ((size_t)64 * 1024 * 1024) /* handed to zlib at one time */

enum filter {
    FILTER_NONE,  /* the bytes stand as they are */
    FILTER_FLATE, /* ISO 32000-1, 7.4.4: zlib */
    FILTER_SHOWN, /* a picture */
    FILTER_OTHER,
};

struct laz_pdf {
    struct laz_view file;
    uint64_t at;           /* where the next stream is looked for */
    struct laz_view input; /* of the stream that is being read */
    enum filter filter;
    z_stream z;
    bool inflating, ended;
    unsigned count;
    char name[32];
};

struct laz_pdf *laz_pdf_new(struct laz_view bytes)
{
    struct laz_pdf *pdf = calloc(1, sizeof *pdf);

    if (pdf != NULL)
        pdf->file = bytes;
    return pdf;
}

static void end_stream(struct laz_pdf *pdf)
{
    if (pdf->inflating)
        laz_ignore(inflateEnd(&pdf->z) != Z_OK); /* it only frees */
    pdf->inflating = false;
}

void laz_pdf_free(struct laz_pdf *pdf)
{
    if (pdf == NULL)
        return;
    end_stream(pdf);
    free(pdf);
}

static bool has(struct laz_view v, const char *text)
{
    return laz_view_find(v, laz_view_of(text)) < v.len;
}

static enum filter filter_of(struct laz_view dictionary)
{
    static const char *const shown[] = {"/DCTDecode", "/JPXDecode", "/CCITTFaxDecode",
                                        "/JBIG2Decode"};
    static const char *const other[] = {"/LZWDecode",      "/LZW", "/ASCII85Decode",   "/A85",
                                        "/ASCIIHexDecode", "/AHx", "/RunLengthDecode", "/Crypt"};

    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (has(dictionary, other[i]))
            return FILTER_OTHER;
    if (has(dictionary, "/FlateDecode") || has(dictionary, "/Fl ") || has(dictionary, "/Fl]"))
        return FILTER_FLATE;
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (has(dictionary, shown[i]))
            return FILTER_SHOWN;
    return has(dictionary, "/Filter") ? FILTER_OTHER : FILTER_NONE;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == 0;
}

/* A name may be written with #xx for any of its letters: such a dictionary is not understood. */
static const struct laz_view not_understood = {(const uint8_t *)"#", 1};

/* The dictionary that ends before offset; false when there is none, so that it is no stream. */
static bool find_dictionary(struct laz_view file, uint64_t offset, struct laz_view *out)
{
    uint64_t end = offset, start;
    struct laz_view v;
    size_t at = 0;

    while (end > 0 && is_blank(file.data[end - 1]))
        end--;
    if (end < 2 || file.data[end - 1] != '>' || file.data[end - 2] != '>')
        return false;
    start = end > DICTIONARY_MAX ? end - DICTIONARY_MAX : 0;
    if (!laz_view_at(file, start, end - start, &v))
        return false;
    for (size_t n = laz_view_find(v, laz_view_of("obj")); n < v.len;
         n = laz_view_find(v, laz_view_of("obj"))) {
        v = laz_view_from_offset(v, n + 3); /* the last one counts */
        at++;
    }
    *out = at > 0 ? v : not_understood; /* it is longer than any that is well meant */
    return true;
}

static bool is_escaped(struct laz_view dictionary)
{
    return laz_view_find_byte(dictionary, '#') < dictionary.len;
}

/* From the keyword's end: what stands in the stream begins after the end of its line. */
static uint64_t data_offset(struct laz_view file, uint64_t keyword_end)
{
    struct laz_view v = laz_view_from_offset(file, keyword_end);

    if (laz_view_starts(v, laz_view_of("\r\n")))
        return keyword_end + 2;
    if (laz_view_starts(v, laz_view_of("\n")) || laz_view_starts(v, laz_view_of("\r")))
        return keyword_end + 1;
    return keyword_end;
}

/* Without the end of line before "endstream", which belongs to the keyword (7.3.8.1). */
static struct laz_view without_line_end(struct laz_view v)
{
    if (v.len > 0 && v.data[v.len - 1] == '\n')
        v.len--;
    if (v.len > 0 && v.data[v.len - 1] == '\r')
        v.len--;
    return v;
}

static enum laz_status begin_stream(struct laz_pdf *pdf, struct laz_view dictionary,
                                    uint64_t keyword_end)
{
    uint64_t offset = data_offset(pdf->file, keyword_end);
    struct laz_view data = laz_view_from_offset(pdf->file, offset);

    pdf->filter = is_escaped(dictionary) ? FILTER_OTHER : filter_of(dictionary);
    pdf->ended = false;
    pdf->input = laz_view_first(data, laz_view_find(data, laz_view_of("endstream")));
    pdf->at = offset + pdf->input.len;
    if (pdf->filter != FILTER_FLATE) {
        pdf->input = without_line_end(pdf->input);
        return LAZ_OK;
    }
    /* Packed bytes may hold the word by chance; zlib knows its own end. */
    pdf->input = data;
    pdf->at = offset;
    memset(&pdf->z, 0, sizeof pdf->z);
    if (inflateInit(&pdf->z) != Z_OK)
        return LAZ_NOMEM;
    pdf->inflating = true;
    return LAZ_OK;
}

/* The next keyword "stream" that a dictionary stands before. */
static bool find_stream(struct laz_pdf *pdf, struct laz_view *dictionary, uint64_t *keyword_end)
{
    uint64_t at = pdf->at;

    while (at < pdf->file.len) {
        struct laz_view rest = laz_view_from_offset(pdf->file, at);
        size_t n = laz_view_find(rest, laz_view_of("stream"));

        if (n == rest.len)
            break;
        *keyword_end = at + n + strlen("stream");
        if (find_dictionary(pdf->file, at + n, dictionary))
            return true;
        at = *keyword_end;
    }
    return false;
}

/* Readers forgive what we do not: a stream that they find and we do not must not go unsaid. */
static bool has_missed_streams(const struct laz_pdf *pdf)
{
    static const char end[] = "endstream";
    struct laz_view rest = pdf->file;
    unsigned ends = 0;

    for (size_t n = laz_view_find(rest, laz_view_of(end)); n < rest.len && ends <= pdf->count;
         n = laz_view_find(rest, laz_view_of(end))) {
        rest = laz_view_from_offset(rest, n + strlen(end));
        ends++;
    }
    return ends > pdf->count;
}

enum laz_status laz_pdf_next(struct laz_pdf *pdf, struct laz_member *out)
{
    struct laz_view dictionary;
    uint64_t keyword_end;
    enum laz_status s;

    end_stream(pdf);
    if (pdf->count == 0 && has(pdf->file, "/Encrypt"))
        return LAZ_ENCRYPTED;
    if (!find_stream(pdf, &dictionary, &keyword_end))
        return has_missed_streams(pdf) ? LAZ_DAMAGED : LAZ_NOT_FOUND;
    LAZ_ASSERT(keyword_end > pdf->at); /* each step goes forward, so there is an end */
    s = begin_stream(pdf, dictionary, keyword_end);
    if (s != LAZ_OK)
        return s;
    pdf->count++;
    snprintf(pdf->name, sizeof pdf->name, "stream-%u", pdf->count);
    *out = (struct laz_member){.name = laz_view_of(pdf->name),
                               .has_data = pdf->filter != FILTER_SHOWN};
    return LAZ_OK;
}

static enum laz_status inflate_some(struct laz_pdf *pdf, uint8_t *out, size_t size, size_t *len)
{
    size_t given = pdf->input.len < INPUT_MAX ? pdf->input.len : INPUT_MAX;
    int result;

    pdf->z.next_in = (uint8_t *)(uintptr_t)pdf->input.data;
    pdf->z.avail_in = (uInt)given;
    pdf->z.next_out = out;
    pdf->z.avail_out = size > INT_MAX ? INT_MAX : (uInt)size;
    result = inflate(&pdf->z, Z_NO_FLUSH);
    *len = (size_t)(pdf->z.next_out - out);
    pdf->input = laz_view_from_offset(pdf->input, given - pdf->z.avail_in);
    pdf->at += given - pdf->z.avail_in;
    if (result == Z_STREAM_END) {
        pdf->ended = true;
        return LAZ_OK;
    }
    if (result == Z_MEM_ERROR)
        return LAZ_NOMEM;
    /* No progress: the input ended before its stream did. */
    return result == Z_OK && *len > 0 ? LAZ_OK : LAZ_DAMAGED;
}

enum laz_status laz_pdf_read(struct laz_pdf *pdf, uint8_t *out, size_t size, size_t *len)
{
    struct laz_view part;

    *len = 0;
    if (pdf->ended || size == 0)
        return LAZ_OK;
    switch (pdf->filter) {
    case FILTER_NONE:
        part = laz_view_first(pdf->input, size);
        if (part.len > 0)
            memcpy(out, part.data, part.len);
        *len = part.len;
        pdf->input = laz_view_from_offset(pdf->input, part.len);
        return LAZ_OK;
    case FILTER_FLATE:
        return inflate_some(pdf, out, size, len);
    case FILTER_SHOWN:
    case FILTER_OTHER:
        break;
    }
    return LAZ_UNSUPPORTED;
}
