#include "pe_cases.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "case_values.h"

void pe_case_restart(struct pe_case *c)
{
    struct laz_modules_input input = {.bytes = laz_buf_view(&c->program)};

    laz_modules_start(c->modules, &input);
}

void pe_case_open(struct pe_case *c, const struct pe_shape *shape)
{
    laz_buf_init(&c->program, PE_BUILD_MAX);
    assert_true(pe_build(shape, &c->program));
    c->modules = NULL;
    assert_int_equal(laz_modules_new(&c->modules), LAZ_OK);
    pe_case_restart(c);
}

void pe_case_check(struct pe_case *c, const char *lines)
{
    char problem[1024] = "";

    if (!case_values_check(c->modules, laz_view_of(lines), problem, sizeof problem))
        fail_msg("%s", problem);
}

void pe_case_close(struct pe_case *c)
{
    laz_modules_drop(&c->modules);
    laz_buf_clear(&c->program);
}
