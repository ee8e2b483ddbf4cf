/* Writes the EICAR test file into a folder in every form that libarchive can write: make_forms DIR.
 * Each file's name ends with what is expected of it: ".found" or ".encrypted". */
#include <archive.h>
#include <archive_entry.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In pieces, so that no scanner finds it in this source. */
static const char *const pieces[] = {"X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-",
                                     "ANTIVIRUS-TEST-FILE", "!$H+H*"};
static char eicar[128];

struct form {
    const char *name;
    int (*set_format)(struct archive *a);
    int (*add_filter)(struct archive *a);
    const char *options, *passphrase;
};

static const struct form forms[] = {
    {"zip.found", archive_write_set_format_zip, NULL, "zip:compression=deflate", NULL},
    {"zip-stored.found", archive_write_set_format_zip, NULL, "zip:compression=store", NULL},
    {"zip64.found", archive_write_set_format_zip, NULL, "zip:zip64", NULL},
    {"zip-crypt.encrypted", archive_write_set_format_zip, NULL, "zip:encryption=traditional", "pw"},
    {"zip-aes.encrypted", archive_write_set_format_zip, NULL, "zip:encryption=aes256", "pw"},
    {"7z-lzma.found", archive_write_set_format_7zip, NULL, "7zip:compression=lzma1", NULL},
    {"7z-lzma2.found", archive_write_set_format_7zip, NULL, "7zip:compression=lzma2", NULL},
    {"7z-bzip2.found", archive_write_set_format_7zip, NULL, "7zip:compression=bzip2", NULL},
    {"7z-deflate.found", archive_write_set_format_7zip, NULL, "7zip:compression=deflate", NULL},
    {"7z-ppmd.found", archive_write_set_format_7zip, NULL, "7zip:compression=ppmd", NULL},
    {"7z-store.found", archive_write_set_format_7zip, NULL, "7zip:compression=store", NULL},
    {"tar-ustar.found", archive_write_set_format_ustar, NULL, NULL, NULL},
    {"tar-pax.found", archive_write_set_format_pax, NULL, NULL, NULL},
    {"tar-gnu.found", archive_write_set_format_gnutar, NULL, NULL, NULL},
    {"tar-v7.found", archive_write_set_format_v7tar, NULL, NULL, NULL},
    {"cpio-odc.found", archive_write_set_format_cpio, NULL, NULL, NULL},
    {"cpio-newc.found", archive_write_set_format_cpio_newc, NULL, NULL, NULL},
    {"cpio-bin.found", archive_write_set_format_cpio_bin, NULL, NULL, NULL},
    {"ar-bsd.found", archive_write_set_format_ar_bsd, NULL, NULL, NULL},
    {"ar-svr4.found", archive_write_set_format_ar_svr4, NULL, NULL, NULL},
    {"iso.found", archive_write_set_format_iso9660, NULL, NULL, NULL},
    {"xar.found", archive_write_set_format_xar, NULL, NULL, NULL},
    {"warc.found", archive_write_set_format_warc, NULL, NULL, NULL},
    {"gz.found", archive_write_set_format_raw, archive_write_add_filter_gzip, NULL, NULL},
    {"bz2.found", archive_write_set_format_raw, archive_write_add_filter_bzip2, NULL, NULL},
    {"xz.found", archive_write_set_format_raw, archive_write_add_filter_xz, NULL, NULL},
    {"lzma.found", archive_write_set_format_raw, archive_write_add_filter_lzma, NULL, NULL},
    {"lzip.found", archive_write_set_format_raw, archive_write_add_filter_lzip, NULL, NULL},
    {"zstd.found", archive_write_set_format_raw, archive_write_add_filter_zstd, NULL, NULL},
    {"lz4.found", archive_write_set_format_raw, archive_write_add_filter_lz4, NULL, NULL},
    {"compress.found", archive_write_set_format_raw, archive_write_add_filter_compress, NULL, NULL},
    {"uu.found", archive_write_set_format_raw, archive_write_add_filter_uuencode, NULL, NULL},
    {"b64.found", archive_write_set_format_raw, archive_write_add_filter_b64encode, NULL, NULL},
    {"tar.gz.found", archive_write_set_format_ustar, archive_write_add_filter_gzip, NULL, NULL},
    {"tar.bz2.found", archive_write_set_format_ustar, archive_write_add_filter_bzip2, NULL, NULL},
    {"tar.xz.found", archive_write_set_format_ustar, archive_write_add_filter_xz, NULL, NULL},
    {"tar.zst.found", archive_write_set_format_ustar, archive_write_add_filter_zstd, NULL, NULL},
    {"tar.lz4.found", archive_write_set_format_ustar, archive_write_add_filter_lz4, NULL, NULL},
    {"tar.Z.found", archive_write_set_format_ustar, archive_write_add_filter_compress, NULL, NULL},
    {"cpio.gz.found", archive_write_set_format_cpio_newc, archive_write_add_filter_gzip, NULL,
     NULL},
    {"zip.gz.found", archive_write_set_format_zip, archive_write_add_filter_gzip, NULL, NULL},
    {"7z.xz.found", archive_write_set_format_7zip, archive_write_add_filter_xz, NULL, NULL},
    {"iso.zst.found", archive_write_set_format_iso9660, archive_write_add_filter_zstd, NULL, NULL},
};

static int fail(const struct form *form, struct archive *a)
{
    fprintf(stderr, "%s: %s\n", form->name, archive_error_string(a));
    return 1;
}

static int write_form(const struct form *form, const char *dir)
{
    struct archive *a = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/eicar.%s", dir, form->name);
    archive_entry_set_pathname(entry, "eicar.com");
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)strlen(eicar));
    if (form->set_format(a) != ARCHIVE_OK ||
        (form->add_filter != NULL && form->add_filter(a) != ARCHIVE_OK) ||
        (form->options != NULL && archive_write_set_options(a, form->options) != ARCHIVE_OK) ||
        (form->passphrase != NULL &&
         archive_write_set_passphrase(a, form->passphrase) != ARCHIVE_OK) ||
        archive_write_set_bytes_in_last_block(a, 1) != ARCHIVE_OK ||
        archive_write_open_filename(a, path) != ARCHIVE_OK ||
        archive_write_header(a, entry) != ARCHIVE_OK ||
        archive_write_data(a, eicar, strlen(eicar)) != (la_ssize_t)strlen(eicar) ||
        archive_write_close(a) != ARCHIVE_OK)
        return fail(form, a);
    archive_entry_free(entry);
    return archive_write_free(a) == ARCHIVE_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    int failed = 0;

    if (argc != 2)
        return 2;
    for (size_t i = 0, at = 0; i < sizeof pieces / sizeof *pieces; i++)
        at += (size_t)snprintf(eicar + at, sizeof eicar - at, "%s", pieces[i]);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        failed += write_form(&forms[i], argv[1]);
    return failed > 0 ? 1 : 0;
}
