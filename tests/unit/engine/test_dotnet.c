#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "format/dotnet.h"
#include "pe_cases.h"
#include "torture.h"

static void metadata_are_told(void **state)
{
    static const char lines[] = "dotnet.is_dotnet = 1\n"
                                "dotnet.version = \"v4.0.30319\"\n"
                                "dotnet.module_name = \"built.exe\"\n"
                                "dotnet.number_of_streams = 5\n"
                                "dotnet.streams[#] = 5\n"
                                "dotnet.streams[0].name = \"#~\"\n"
                                "dotnet.streams[2].name = \"#US\"\n"
                                "dotnet.streams[2].size = 13\n"
                                "dotnet.streams[5].name = undefined\n"
                                "dotnet.number_of_guids = 1\n"
                                "dotnet.guids[0] = \"00112233-4455-6677-8899-aabbccddeeff\"\n"
                                "dotnet.guids[1] = undefined\n"
                                "dotnet.number_of_resources = 1\n"
                                "dotnet.resources[0].name = \"built.resources\"\n"
                                "dotnet.resources[0].length = 8\n"
                                "dotnet.resources[1].length = undefined\n"
                                "dotnet.assembly.name = \"built\"\n"
                                "dotnet.assembly.culture = \"fr\"\n"
                                "dotnet.assembly.version.major = 1\n"
                                "dotnet.assembly.version.minor = 2\n"
                                "dotnet.assembly.version.build_number = 3\n"
                                "dotnet.assembly.version.revision_number = 4\n"
                                "dotnet.number_of_assembly_refs = 1\n"
                                "dotnet.assembly_refs[0].name = \"mscorlib\"\n"
                                "dotnet.assembly_refs[0].version.major = 4\n"
                                "dotnet.assembly_refs[0].public_key_or_token = "
                                "\"\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\x08\"\n"
                                "dotnet.number_of_modulerefs = 1\n"
                                "dotnet.modulerefs[0] = \"kernel32\"\n"
                                "dotnet.modulerefs[1] = undefined\n"
                                "dotnet.typelib = \"aabbccdd-0011-2233-4455-66778899aabb\"\n"
                                "dotnet.number_of_constants = 1\n"
                                "dotnet.constants[0] = \"c\\x00o\\x00n\\x00s\\x00t\\x00\"\n"
                                "dotnet.number_of_user_strings = 2\n"
                                "dotnet.user_strings[0] = \"h\\x00i\\x00!\\x00\"\n"
                                "dotnet.user_strings[1] = \"\\xe9\\x00\"\n"
                                "dotnet.number_of_field_offsets = 1\n"
                                "dotnet.field_offsets[0] = 1536\n";

    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        struct pe_case c;

        pe_case_open(&c, &(struct pe_shape){wide != 0, PE_DOTNET});
        pe_case_check(&c, lines);
        pe_case_close(&c);
    }
}

static void classes_are_told_with_their_methods(void **state)
{
    struct pe_case c;

    (void)state;
    pe_case_open(&c, &(struct pe_shape){false, PE_DOTNET | PE_DLL});
    pe_case_check(&c, "dotnet.number_of_classes = 2\n"
                      "dotnet.classes[#] = 2\n"
                      "dotnet.classes[0].fullname = \"Tests.Built.Outer\"\n"
                      "dotnet.classes[0].name = \"Outer\"\n"
                      "dotnet.classes[0].namespace = \"Tests.Built\"\n"
                      "dotnet.classes[0].visibility = \"public\"\n"
                      "dotnet.classes[0].type = \"class\"\n"
                      "dotnet.classes[0].abstract = 1\n"
                      "dotnet.classes[0].sealed = 1\n"
                      "dotnet.classes[0].number_of_generic_parameters = 1\n"
                      "dotnet.classes[0].generic_parameters[0] = \"T\"\n"
                      "dotnet.classes[0].number_of_base_types = 2\n"
                      "dotnet.classes[0].base_types[0] = \"System.Object\"\n"
                      "dotnet.classes[0].base_types[1] = \"System.Object<int>\"\n"
                      "dotnet.classes[0].base_types[2] = undefined\n"
                      "dotnet.classes[0].number_of_methods = 3\n"
                      "dotnet.classes[0].methods[#] = 3\n"
                      "dotnet.classes[0].methods[0].name = \"Run\"\n"
                      "dotnet.classes[0].methods[0].visibility = \"public\"\n"
                      "dotnet.classes[0].methods[0].virtual = 1\n"
                      "dotnet.classes[0].methods[0].static = 0\n"
                      "dotnet.classes[0].methods[0].return_type = \"System.Object<T>\"\n"
                      "dotnet.classes[0].methods[0].number_of_parameters = 2\n"
                      "dotnet.classes[0].methods[0].parameters[0].name = \"count\"\n"
                      "dotnet.classes[0].methods[0].parameters[0].type = \"ref int\"\n"
                      "dotnet.classes[0].methods[0].parameters[1].type = \"string[]\"\n"
                      "dotnet.classes[0].methods[0].parameters[2].type = undefined\n"
                      "dotnet.classes[0].methods[1].name = \"Make\"\n"
                      "dotnet.classes[0].methods[1].visibility = \"private\"\n"
                      "dotnet.classes[0].methods[1].static = 1\n"
                      "dotnet.classes[0].methods[1].number_of_generic_parameters = 1\n"
                      "dotnet.classes[0].methods[1].generic_parameters[0] = \"U\"\n"
                      "dotnet.classes[0].methods[1].return_type = \"U\"\n"
                      "dotnet.classes[0].methods[1].parameters[0].name = \"P_0\"\n"
                      "dotnet.classes[0].methods[1].parameters[0].type = \"int[3,1...]\"\n"
                      "dotnet.classes[0].methods[2].name = \".ctor\"\n"
                      "dotnet.classes[0].methods[2].return_type = undefined\n"
                      "dotnet.classes[0].methods[3].name = undefined\n"
                      "dotnet.classes[1].fullname = \"Tests.Built.Outer.Inner\"\n"
                      "dotnet.classes[1].namespace = \"Tests.Built.Outer\"\n"
                      "dotnet.classes[1].type = \"interface\"\n"
                      "dotnet.classes[1].number_of_methods = 0\n"
                      "dotnet.classes[2].name = undefined\n");
    pe_case_close(&c);
}

static void print_all(struct laz_modules *m)
{
    struct laz_buf out;

    laz_buf_init(&out, PE_BUILD_MAX);
    laz_modules_print(m, LAZ_MODULE_DOTNET, &out);
    laz_buf_clear(&out);
}

static void metadata_may_end_at_every_byte(void **state)
{
    struct pe_case c;

    (void)state;
    pe_case_open(&c, &(struct pe_shape){false, PE_DOTNET});
    for (size_t len = 0; len < c.program.len; len++) {
        struct laz_modules_input input;
        struct laz_buf part;

        laz_buf_init(&part, PE_BUILD_MAX);
        laz_buf_add(&part, laz_view_from(c.program.data, len));
        input = (struct laz_modules_input){.bytes = laz_buf_view(&part)};
        laz_modules_start(c.modules, &input);
        print_all(c.modules);
        laz_buf_clear(&part);
    }
    pe_case_close(&c);
}

static void every_byte_of_metadata_may_be_wrong(void **state)
{
    static const uint8_t changes[] = {0x01, 0x02, 0x40, 0x80, 0xFF};
    struct pe_case c;

    (void)state;
    pe_case_open(&c, &(struct pe_shape){false, PE_DOTNET});
    for (size_t i = PE_DATA_PLACE; i < c.program.len; i++)
        for (size_t j = 0; j < sizeof changes; j++) {
            c.program.data[i] ^= changes[j];
            pe_case_restart(&c);
            print_all(c.modules);
            c.program.data[i] ^= changes[j];
        }
    pe_case_close(&c);
}

/* A specification of a type that is a list of itself is written until its budget is spent. */
static void types_of_themselves_end(void **state)
{
    static const uint8_t list[] = {0x05, 0x15, 0x12, 0x05, 0x01, 0x08};
    static const uint8_t own[] = {0x05, 0x15, 0x12, 0x06, 0x01, 0x08}; /* TypeSpec 1 */
    struct pe_case c;
    size_t at;

    (void)state;
    pe_case_open(&c, &(struct pe_shape){false, PE_DOTNET});
    at = laz_view_find(laz_buf_view(&c.program), laz_view_from(list, sizeof list));
    assert_true(at < c.program.len);
    memcpy(c.program.data + at, own, sizeof own);
    pe_case_restart(&c);
    pe_case_check(&c, "dotnet.classes[0].number_of_base_types = 1\n"
                      "dotnet.classes[0].base_types[0] = \"System.Object\"\n");
    pe_case_close(&c);
}

static void memory_may_run_out_anywhere(void **state)
{
    struct pe_case c;

    (void)state;
    pe_case_open(&c, &(struct pe_shape){true, PE_DOTNET});
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

static bool read_parts(const struct laz_dotnet *d, struct laz_arena *arena)
{
    struct laz_dotnet_references references;
    struct laz_dotnet_resources resources;
    struct laz_dotnet_classes *classes;
    struct laz_dotnet_offsets offsets;
    struct laz_dotnet_texts texts;

    if (!laz_dotnet_references_read(d, arena, &references) ||
        !laz_dotnet_resources_read(d, arena, &resources) ||
        !laz_dotnet_constants_read(d, arena, &texts) ||
        !laz_dotnet_module_refs_read(d, arena, &texts) ||
        !laz_dotnet_user_strings(d, arena, &texts) ||
        !laz_dotnet_field_offsets_read(d, arena, &offsets))
        return false;
    classes = laz_dotnet_classes_read(d, arena);
    for (uint32_t i = 0; classes != NULL && i < laz_dotnet_class_count(classes); i++)
        if (laz_dotnet_class(classes, i) == NULL || laz_dotnet_class_bases(classes, i) == NULL ||
            laz_dotnet_class_methods(classes, i) == NULL)
            return false;
    return classes != NULL;
}

static void a_full_arena_is_told(void **state)
{
    struct laz_dotnet d;
    struct pe_case c;
    struct laz_pe pe;
    bool ok = false;

    (void)state;
    pe_case_open(&c, &(struct pe_shape){true, PE_DOTNET});
    assert_true(laz_pe_read(laz_buf_view(&c.program), &pe));
    assert_true(laz_dotnet_read(&pe, &d));
    for (size_t max = 0; max < 32 * 1024; max += 128) {
        struct laz_arena *arena = laz_arena_new(max);

        assert_non_null(arena);
        ok = read_parts(&d, arena);
        laz_arena_free(arena);
    }
    assert_true(ok);
    pe_case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metadata_are_told),
        cmocka_unit_test(classes_are_told_with_their_methods),
        cmocka_unit_test(metadata_may_end_at_every_byte),
        cmocka_unit_test(every_byte_of_metadata_may_be_wrong),
        cmocka_unit_test(types_of_themselves_end),
        cmocka_unit_test(memory_may_run_out_anywhere),
        cmocka_unit_test(a_full_arena_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
