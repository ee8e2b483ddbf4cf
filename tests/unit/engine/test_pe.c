#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "format/pe.h"
#include "pe_cases.h"
#include "torture.h"

static void headers_are_told_as_they_stand(void **state)
{
    static const struct {
        struct pe_shape shape;
        const char *lines;
    } cases[] = {
        {{false, 0},
         "pe.machine = 332\n"
         "pe.opthdr_magic = 267\n"
         "pe.size_of_optional_header = 224\n"
         "pe.image_base = 4194304\n"
         "pe.base_of_data = 8192\n"
         "pe.is_32bit() = 1\n"
         "pe.is_64bit() = 0\n"
         "pe.size_of_stack_reserve = 65536\n"},
        {{true, 0},
         "pe.machine = 34404\n"
         "pe.opthdr_magic = 523\n"
         "pe.size_of_optional_header = 240\n"
         "pe.image_base = 5368709120\n"
         "pe.base_of_data = undefined\n"
         "pe.is_32bit() = 0\n"
         "pe.is_64bit() = 1\n"
         "pe.size_of_heap_commit = 262144\n"},
        {{false, PE_DLL},
         "pe.is_dll() = 8192\n"
         "pe.characteristics = 8450\n"},
        {{true, PE_ALL},
         "pe.is_pe = 1\n"
         "pe.is_pe() = 1\n"
         "pe.is_dll() = 0\n"
         "pe.number_of_sections = 2\n"
         "pe.timestamp = 1543503875\n"
         "pe.number_of_symbols = 0\n"
         "pe.linker_version.major = 14\n"
         "pe.linker_version.minor = 36\n"
         "pe.size_of_code = 512\n"
         "pe.size_of_uninitialized_data = 48\n"
         "pe.entry_point_raw = 4100\n"
         "pe.entry_point = 1028\n"
         "pe.base_of_code = 4096\n"
         "pe.section_alignment = 4096\n"
         "pe.file_alignment = 512\n"
         "pe.os_version.major = 1\n"
         "pe.os_version.minor = 2\n"
         "pe.image_version.major = 3\n"
         "pe.image_version.minor = 4\n"
         "pe.subsystem_version.major = 5\n"
         "pe.subsystem_version.minor = 6\n"
         "pe.win32_version_value = 7\n"
         "pe.size_of_headers = 1024\n"
         "pe.checksum = 74565\n"
         "pe.subsystem = 3\n"
         "pe.dll_characteristics = 33088\n"
         "pe.loader_flags = 9\n"
         "pe.number_of_rva_and_sizes = 16\n"
         "pe.data_directories[#] = 16\n"
         "pe.data_directories[2].virtual_address = 8712\n"
         "pe.data_directories[16].size = undefined\n"
         "pe.data_directories[-1].size = undefined\n"
         "pe.MACHINE_AMD64 = 34404\n"
         "pe.IMPORT_ANY = -1\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pe_case c;

        pe_case_open(&c, &cases[i].shape);
        pe_case_check(&c, cases[i].lines);
        pe_case_close(&c);
    }
}

static void sections_have_names_and_places(void **state)
{
    struct pe_case c;

    (void)state;
    pe_case_open(&c, &(struct pe_shape){false, PE_ALL});
    pe_case_check(&c, "pe.sections[#] = 2\n"
                      "pe.sections[0].name = \".text\"\n"
                      "pe.sections[0].full_name = \".text\"\n"
                      "pe.sections[1].name = \"/4\"\n"
                      "pe.sections[1].full_name = \".a_long_section_name\"\n"
                      "pe.sections[0].virtual_address = 4096\n"
                      "pe.sections[0].virtual_size = 511\n"
                      "pe.sections[0].raw_data_offset = 1024\n"
                      "pe.sections[0].raw_data_size = 512\n"
                      "pe.sections[0].pointer_to_relocations = 17\n"
                      "pe.sections[0].pointer_to_line_numbers = 34\n"
                      "pe.sections[0].number_of_relocations = 51\n"
                      "pe.sections[0].number_of_line_numbers = 68\n"
                      "pe.sections[0].characteristics = 1610612768\n"
                      "pe.sections[2].name = undefined\n"
                      "pe.section_index(\".text\") = 0\n"
                      "pe.section_index(\"/4\") = 1\n"
                      "pe.section_index(\".TEXT\") = undefined\n"
                      "pe.section_index(1023) = undefined\n"
                      "pe.section_index(1024) = 0\n"
                      "pe.section_index(1535) = 0\n"
                      "pe.section_index(1536) = 1\n"
                      "pe.rva_to_offset(0) = 0\n"
                      "pe.rva_to_offset(4095) = undefined\n"
                      "pe.rva_to_offset(4096) = 1024\n"
                      "pe.rva_to_offset(4606) = 1534\n"
                      "pe.rva_to_offset(4607) = undefined\n"
                      "pe.rva_to_offset(8192) = 1536\n"
                      "pe.rva_to_offset(-1) = undefined\n");
    pe_case_close(&c);
}

static void imports_are_told_by_name_and_number(void **state)
{
    static const char lines[] = "pe.number_of_imports = 3\n"
                                "pe.number_of_imported_functions = 6\n"
                                "pe.import_details[#] = 3\n"
                                "pe.import_details[0].library_name = \"KERNEL32.dll\"\n"
                                "pe.import_details[0].number_of_functions = 2\n"
                                "pe.import_details[0].functions[#] = 2\n"
                                "pe.import_details[0].functions[0].name = \"ExitProcess\"\n"
                                "pe.import_details[0].functions[0].ordinal = undefined\n"
                                "pe.import_details[0].functions[1].name = \"CreateFileW\"\n"
                                "pe.import_details[0].functions[2].name = undefined\n"
                                "pe.import_details[1].functions[0].name = \"closesocket\"\n"
                                "pe.import_details[1].functions[0].ordinal = 3\n"
                                "pe.import_details[1].functions[2].name = \"htons\"\n"
                                "pe.import_details[2].library_name = \"odd.drv\"\n"
                                "pe.import_details[2].functions[0].name = \"ord7\"\n"
                                "pe.import_details[3].library_name = undefined\n"
                                "pe.imports(\"kernel32.DLL\") = 2\n"
                                "pe.imports(\"kernel32\") = 0\n"
                                "pe.imports(\"kernel32.dll\", \"exitprocess\") = 1\n"
                                "pe.imports(\"kernel32.dll\", \"ExitProces\") = 0\n"
                                "pe.imports(\"user32.dll\", \"MessageBoxA\") = 0\n"
                                "pe.imports(\"ws2_32.dll\", 3) = 1\n"
                                "pe.imports(\"ws2_32.dll\", 4) = 0\n"
                                "pe.imports(\"ws2_32.dll\", \"htons\") = 1\n"
                                "pe.imports(1, \"kernel32.dll\") = 2\n"
                                "pe.imports(2, \"kernel32.dll\") = 0\n"
                                "pe.imports(2, \"user32.dll\") = 2\n"
                                "pe.imports(-1, \"user32.dll\", \"messageboxa\") = 1\n"
                                "pe.imports(1, \"user32.dll\", \"messageboxa\") = 0\n"
                                "pe.imports(2, \"user32.dll\", 5) = 1\n"
                                "pe.imports(0, \"user32.dll\", 5) = 0\n"
                                "pe.number_of_delayed_imports = 1\n"
                                "pe.number_of_delayed_imported_functions = 2\n"
                                "pe.delayed_import_details[#] = 1\n"
                                "pe.delayed_import_details[0].library_name = \"USER32.dll\"\n"
                                "pe.delayed_import_details[0].functions[0].name = \"MessageBoxA\"\n"
                                "pe.delayed_import_details[0].functions[1].name = \"ord5\"\n"
                                "pe.delayed_import_details[0].functions[1].ordinal = 5\n"
                                "pe.delay_import_details[0].number_of_functions = 2\n"
                                "pe.import_rva(\"kernel32.dll\", \"nothing\") = undefined\n"
                                "pe.delayed_import_rva(\"user32.dll\", 6) = undefined\n"
                                "pe.imphash() = \"b7c1d710992ae47db6c2dd846275edae\"\n";

    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        struct pe_case c;

        pe_case_open(&c, &(struct pe_shape){wide != 0, PE_IMPORTS | PE_DELAYED});
        pe_case_check(&c, lines);
        pe_case_check(&c, wide != 0 ? "pe.import_rva(\"kernel32.dll\", \"createfilew\") = 8256\n"
                                      "pe.import_rva(\"ws2_32.dll\", 9) = 8320\n"
                                      "pe.delayed_import_rva(\"user32.dll\", 5) = 8528\n"
                                    : "pe.import_rva(\"kernel32.dll\", \"createfilew\") = 8252\n"
                                      "pe.import_rva(\"ws2_32.dll\", 9) = 8296\n"
                                      "pe.delayed_import_rva(\"user32.dll\", 5) = 8476\n");
        pe_case_close(&c);
    }
}

static void exports_are_told_by_name_number_and_index(void **state)
{
    struct pe_case c;

    (void)state;
    pe_case_open(&c, &(struct pe_shape){false, PE_EXPORTS | PE_DLL});
    pe_case_check(&c, "pe.number_of_exports = 3\n"
                      "pe.dll_name = \"built.dll\"\n"
                      "pe.export_timestamp = 1509949441\n"
                      "pe.export_details[#] = 3\n"
                      "pe.export_details[0].name = \"first\"\n"
                      "pe.export_details[0].ordinal = 5\n"
                      "pe.export_details[0].offset = 1040\n"
                      "pe.export_details[0].rva = 4112\n"
                      "pe.export_details[0].forward_name = undefined\n"
                      "pe.export_details[1].name = undefined\n"
                      "pe.export_details[1].offset = 1056\n"
                      "pe.export_details[2].name = \"sent\"\n"
                      "pe.export_details[2].offset = undefined\n"
                      "pe.export_details[2].forward_name = \"NTDLL.target\"\n"
                      "pe.export_details[3].ordinal = undefined\n"
                      "pe.exports(\"FIRST\") = 1\n"
                      "pe.exports(\"second\") = 0\n"
                      "pe.exports(3) = 0\n"
                      "pe.exports(0) = 0\n"
                      "pe.exports_index(\"sent\") = 2\n"
                      "pe.exports_index(\"second\") = undefined\n"
                      "pe.exports_index(5) = undefined\n"); /* past the count */
    pe_case_close(&c);
}

static void resources_and_versions_are_told_in_order(void **state)
{
    struct pe_case c;

    (void)state;
    pe_case_open(&c, &(struct pe_shape){true, PE_RESOURCES});
    pe_case_check(&c, "pe.number_of_resources = 4\n"
                      "pe.resources[#] = 4\n"
                      "pe.resource_timestamp = 1526726658\n"
                      "pe.resource_version.major = 4\n"
                      "pe.resource_version.minor = 2\n"
                      "pe.resources[0].type = undefined\n"
                      "pe.resources[0].type_string = \"B\\x00I\\x00N\\x00\"\n"
                      "pe.resources[0].id = 7\n"
                      "pe.resources[0].language = 1031\n"
                      "pe.resources[0].length = 5\n"
                      "pe.resources[0].name_string = undefined\n"
                      "pe.resources[1].type = 10\n"
                      "pe.resources[1].id = undefined\n"
                      "pe.resources[1].name_string = \"B\\x00I\\x00N\\x00\"\n"
                      "pe.resources[2].language = 1036\n"
                      "pe.resources[2].language_string = undefined\n"
                      "pe.resources[3].type = 16\n"
                      "pe.resources[4].type = undefined\n"
                      "pe.locale(1031) = 1\n"
                      "pe.locale(1034) = 0\n"
                      "pe.language(7) = 1\n"
                      "pe.language(9) = 1\n"
                      "pe.language(10) = 0\n"
                      "pe.number_of_version_infos = 4\n"
                      "pe.version_info[#] = 3\n"
                      "pe.version_info[@0] = \"CompanyName\"\n"
                      "pe.version_info[\"CompanyName\"] = \"Hospital of Tests\"\n"
                      "pe.version_info[\"FileVersion\"] = \"4.5.6\"\n"
                      "pe.version_info[\"Comments\"] = \"\"\n"
                      "pe.version_info[\"companyname\"] = undefined\n"
                      "pe.version_info_list[#] = 4\n"
                      "pe.version_info_list[1].key = \"FileVersion\"\n"
                      "pe.version_info_list[1].value = \"1.2.3\"\n"
                      "pe.version_info_list[4].key = undefined\n");
    pe_case_close(&c);
}

static void what_stands_beside_the_tables_is_told(void **state)
{
    struct pe_case c;

    (void)state;
    pe_case_open(&c, &(struct pe_shape){false, PE_RICH | PE_DEBUG | PE_OVERLAY});
    pe_case_check(&c,
                  "pe.pdb_path = \"C:\\build\\tests\\built.pdb\"\n"
                  "pe.overlay.offset = 2048\n"
                  "pe.overlay.size = 23\n"
                  "pe.rich_signature.offset = 128\n"
                  "pe.rich_signature.length = 32\n"
                  "pe.rich_signature.key = 2319393220\n"
                  "pe.rich_signature.version(24215) = 30\n"
                  "pe.rich_signature.version(24215, 261) = 30\n"
                  "pe.rich_signature.version(24215, 170) = 0\n"
                  "pe.rich_signature.toolid(170) = 4\n"
                  "pe.rich_signature.toolid(170, 40219) = 4\n"
                  "pe.rich_signature.toolid(170, 24215) = 0\n"
                  "pe.rich_signature.version_data = \"\\x97^\\x05\\x01\\x1b\\x9d\\xaa\\x00\"\n");
    pe_case_close(&c);
}

static void what_is_not_there_is_undefined_or_none(void **state)
{
    struct pe_case c;

    (void)state;
    pe_case_open(&c, &(struct pe_shape){false, 0});
    pe_case_check(&c, "pe.number_of_imports = 0\n"
                      "pe.number_of_imported_functions = 0\n"
                      "pe.number_of_delayed_imports = 0\n"
                      "pe.number_of_exports = 0\n"
                      "pe.dll_name = undefined\n"
                      "pe.export_timestamp = undefined\n"
                      "pe.exports(\"x\") = 0\n"
                      "pe.exports_index(\"x\") = undefined\n"
                      "pe.imports(\"x\") = 0\n"
                      "pe.imphash() = \"d41d8cd98f00b204e9800998ecf8427e\"\n"
                      "pe.number_of_resources = 0\n"
                      "pe.resource_timestamp = undefined\n"
                      "pe.resource_version.major = undefined\n"
                      "pe.locale(0) = 0\n"
                      "pe.version_info[#] = 0\n"
                      "pe.version_info[\"x\"] = undefined\n"
                      "pe.overlay.offset = 0\n"
                      "pe.overlay.size = 0\n"
                      "pe.pdb_path = undefined\n"
                      "pe.rich_signature.offset = undefined\n"
                      "pe.rich_signature.version(1) = undefined\n"
                      "pe.number_of_signatures = 0\n"
                      "pe.is_signed = 0\n"
                      "pe.signatures[0].subject = undefined\n"
                      "dotnet.is_dotnet = 0\n"
                      "dotnet.version = undefined\n");
    pe_case_close(&c);
}

static void the_checksum_is_computed_as_the_loader_does(void **state)
{
    struct pe_case c;
    struct laz_pe pe;
    char line[64];

    (void)state;
    pe_case_open(&c, &(struct pe_shape){true, PE_ALL});
    assert_true(laz_pe_read(laz_buf_view(&c.program), &pe));
    pe_patch(&c.program, pe.optional_offset + 64, laz_pe_checksum(&pe));
    pe_case_restart(&c);
    assert_true(laz_pe_read(laz_buf_view(&c.program), &pe));
    assert_int_equal(pe.checksum, laz_pe_checksum(&pe)); /* it does not count itself */
    snprintf(line, sizeof line, "pe.calculate_checksum() = %u\n", pe.checksum);
    pe_case_check(&c, line);
    pe_case_close(&c);
}

/* Changes that make a file no program, or one that says less. */
static void damage_is_not_there_instead_of_wrong(void **state)
{
    static const struct {
        size_t place; /* from the header on; before it when negative */
        uint32_t value;
        const char *lines;
    } cases[] = {
        {0, 0x00004551, "pe.is_pe = 0\npe.machine = undefined\n"},
        {4, 0x00021234, "pe.is_pe = 1\npe.machine = 4660\n"}, /* that nobody knows */
        {4, 0xFFFF014C,
         "pe.is_pe = 1\npe.number_of_sections = 65535\npe.sections[96].name = "
         "undefined\npe.number_of_imports = 0\n"},
        {24 + 16, 0xFFFFFFFF, "pe.entry_point = -1\npe.entry_point_raw = 4294967295\n"},
        {24 + 96 + 8, 0xFFFFFFF0, "pe.number_of_imports = 0\npe.number_of_exports = 3\n"},
        {24 + 96, 0x2000FFFF, "pe.number_of_exports = 0\npe.dll_name = undefined\n"},
        {24 + 96 + 16, 0x7FFFFFFF, "pe.number_of_resources = 0\n"},
        {24 + 96 + 32, 0x7FFFFFFF, "pe.number_of_signatures = 0\n"},
        {24 + 92, 0xFFFFFFFF,
         "pe.number_of_rva_and_sizes = 4294967295\n"
         "pe.data_directories[#] = 16\npe.number_of_imports = 3\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pe_case c;
        struct laz_pe pe;

        pe_case_open(&c, &(struct pe_shape){false, PE_ALL});
        assert_true(laz_pe_read(laz_buf_view(&c.program), &pe));
        pe_patch(&c.program, pe.header_offset + cases[i].place, cases[i].value);
        pe_case_restart(&c);
        pe_case_check(&c, cases[i].lines);
        pe_case_close(&c);
    }
}

static void print_all(struct laz_modules *m)
{
    struct laz_buf out;

    laz_buf_init(&out, PE_BUILD_MAX);
    laz_modules_print(m, LAZ_MODULE_PE, &out);
    laz_modules_print(m, LAZ_MODULE_DOTNET, &out);
    laz_buf_clear(&out);
}

static void files_may_end_at_every_byte(void **state)
{
    struct pe_case c;

    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        pe_case_open(&c, &(struct pe_shape){wide != 0, PE_ALL});
        for (size_t len = 0; len < c.program.len; len++) {
            /* On the heap and no longer than it is, so that a sanitizer sees each byte too many. */
            struct laz_buf part;
            struct laz_modules_input input;

            laz_buf_init(&part, PE_BUILD_MAX);
            laz_buf_add(&part, laz_view_from(c.program.data, len));
            input = (struct laz_modules_input){.bytes = laz_buf_view(&part)};
            laz_modules_start(c.modules, &input);
            print_all(c.modules);
            laz_buf_clear(&part);
        }
        pe_case_close(&c);
    }
}

static void every_byte_may_be_wrong(void **state)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xFF};
    struct pe_case c;

    (void)state;
    pe_case_open(&c, &(struct pe_shape){false, PE_ALL});
    for (size_t i = 0; i < c.program.len; i++)
        for (size_t j = 0; j < sizeof changes; j++) {
            c.program.data[i] ^= changes[j];
            pe_case_restart(&c);
            print_all(c.modules);
            c.program.data[i] ^= changes[j];
        }
    pe_case_close(&c);
}

/* A directory of resources that holds itself has an end all the same. */
static void trees_that_hold_themselves_end(void **state)
{
    struct laz_pe_resources r;
    struct laz_arena *arena = laz_arena_new(64 * 1024 * 1024);
    struct pe_case c;
    struct laz_pe pe;
    uint64_t root;

    (void)state;
    pe_case_open(&c, &(struct pe_shape){false, PE_RESOURCES});
    assert_true(laz_pe_read(laz_buf_view(&c.program), &pe));
    assert_true(laz_pe_offset(&pe, pe.directories[LAZ_PE_DIRECTORY_RESOURCE].address, &root));
    for (size_t i = 0; i < 4; i++)
        pe_patch(&c.program, root + 16 + 8 * i + 4, 0x80000000u);
    assert_true(laz_pe_read(laz_buf_view(&c.program), &pe));
    assert_true(laz_pe_resources_read(&pe, arena, &r));
    assert_true(r.count <= LAZ_PE_RESOURCES_MAX);
    laz_arena_free(arena);
    pe_case_close(&c);
}

static void memory_may_run_out_anywhere(void **state)
{
    struct pe_case c;

    (void)state;
    pe_case_open(&c, &(struct pe_shape){true, PE_ALL});
    TORTURE({
        struct laz_modules *m = NULL;
        struct laz_modules_input input = {.bytes = laz_buf_view(&c.program)};

        if (laz_modules_new(&m) == LAZ_OK) {
            laz_modules_start(m, &input);
            print_all(m);
        }
        laz_modules_free(m);
    });
    pe_case_close(&c);
}

static bool read_parts(const struct laz_pe *pe, struct laz_arena *arena)
{
    struct laz_pe_resources resources;
    struct laz_pe_versions versions;
    struct laz_pe_imports imports;
    struct laz_pe_exports exports;
    struct laz_pe_rich rich;

    return laz_pe_imports_read(pe, arena, &imports) && laz_pe_delayed_read(pe, arena, &imports) &&
           laz_pe_exports_read(pe, arena, &exports) &&
           laz_pe_resources_read(pe, arena, &resources) &&
           laz_pe_versions_read(pe, &resources, arena, &versions) &&
           laz_pe_rich_read(pe, arena, &rich);
}

static void a_full_arena_is_told(void **state)
{
    struct pe_case c;
    struct laz_pe pe;
    bool ok = false;

    (void)state;
    pe_case_open(&c, &(struct pe_shape){true, PE_ALL});
    assert_true(laz_pe_read(laz_buf_view(&c.program), &pe));
    for (size_t max = 0; max < 4096; max += 16) {
        struct laz_arena *arena = laz_arena_new(max);

        assert_non_null(arena);
        assert_true(!ok || read_parts(&pe, arena)); /* with more there is never less */
        laz_arena_reset(arena);
        ok = read_parts(&pe, arena);
        laz_arena_free(arena);
    }
    assert_true(ok);
    pe_case_close(&c);
}

/* For ClamAV's offsets and hashes of sections. */
static void sections_and_entries_are_found_in_the_file(void **state)
{
    struct laz_pe_section s;
    struct pe_case c;
    struct laz_pe pe;
    uint64_t entry;

    (void)state;
    pe_case_open(&c, &(struct pe_shape){true, PE_OVERLAY});
    assert_true(laz_pe_read(laz_buf_view(&c.program), &pe));
    assert_true(laz_pe_entry_offset(&pe, &entry));
    assert_int_equal(entry, PE_TEXT_PLACE + 4);
    assert_true(laz_pe_section_at(&pe, 0, &s));
    assert_int_equal(laz_pe_section_bytes(&pe, &s).len, 0x200);
    assert_ptr_equal(laz_pe_section_bytes(&pe, &s).data, c.program.data + PE_TEXT_PLACE);
    assert_false(laz_pe_section_at(&pe, 2, &s));
    assert_int_equal(laz_pe_sections_end(&pe), PE_DATA_PLACE);
    pe_case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_told_as_they_stand),
        cmocka_unit_test(sections_have_names_and_places),
        cmocka_unit_test(imports_are_told_by_name_and_number),
        cmocka_unit_test(exports_are_told_by_name_number_and_index),
        cmocka_unit_test(resources_and_versions_are_told_in_order),
        cmocka_unit_test(what_stands_beside_the_tables_is_told),
        cmocka_unit_test(what_is_not_there_is_undefined_or_none),
        cmocka_unit_test(the_checksum_is_computed_as_the_loader_does),
        cmocka_unit_test(damage_is_not_there_instead_of_wrong),
        cmocka_unit_test(files_may_end_at_every_byte),
        cmocka_unit_test(every_byte_may_be_wrong),
        cmocka_unit_test(trees_that_hold_themselves_end),
        cmocka_unit_test(memory_may_run_out_anywhere),
        cmocka_unit_test(a_full_arena_is_told),
        cmocka_unit_test(sections_and_entries_are_found_in_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
