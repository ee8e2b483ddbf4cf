#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "console/routes.h"
#include "link/json.h"
#include "sys/fd.h"

static cJSON *description;

static int load(void **state)
{
    const char *source = getenv("LAZ_SOURCE");
    struct laz_buf text;
    char path[4096];

    assert_non_null(source);
    snprintf(path, sizeof path, "%s/docs/openapi.json", source);
    laz_buf_init(&text, 1 << 22);
    assert_int_equal(laz_read_file(path, &text, NULL), LAZ_OK);
    description = cJSON_Parse(laz_buf_text(&text));
    laz_buf_clear(&text);
    assert_non_null(description);
    return 0;
}

static int unload(void **state)
{
    cJSON_Delete(description);
    return 0;
}

/* "/api/v1/incidents/{incident_id}/close" as the table has it: "/api/v1/incidents/{}/close". */
static void without_names(const char *path, char *out)
{
    bool inside = false;

    for (; *path != '\0'; path++) {
        if (*path == '}')
            inside = false;
        if (!inside)
            *out++ = *path;
        if (*path == '{')
            inside = true;
    }
    *out = '\0';
}

static bool is_described(const struct laz_route *route)
{
    const cJSON *path;

    cJSON_ArrayForEach(path, cJSON_GetObjectItem(description, "paths"))
    {
        char plain[256];

        without_names(path->string, plain);
        if (strcmp(plain, route->path) == 0)
            return cJSON_GetObjectItem(path, route->method == LAZ_GET ? "get" : "post") != NULL;
    }
    return false;
}

/* The page's files and what is unknown are no part of the API. */
static bool is_for_files(const struct laz_route *route)
{
    return strstr(route->path, "{*}") != NULL;
}

static void every_route_is_described(void **state)
{
    size_t counts[2];
    const struct laz_route *tables[] = {laz_page_routes(&counts[0]), laz_agent_routes(&counts[1])};

    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; i < counts[t]; i++)
            if (!is_for_files(&tables[t][i]) && !is_described(&tables[t][i]))
                fail_msg("%s is not described", tables[t][i].path);
}

static bool is_there(const char *path, const char *method)
{
    size_t counts[2];
    const struct laz_route *tables[] = {laz_page_routes(&counts[0]), laz_agent_routes(&counts[1])};
    char plain[256];

    without_names(path, plain);
    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; i < counts[t]; i++)
            if (strcmp(plain, tables[t][i].path) == 0 &&
                strcmp(method, tables[t][i].method == LAZ_GET ? "get" : "post") == 0)
                return true;
    return false;
}

static void everything_described_is_a_route(void **state)
{
    const cJSON *path, *method;
    int count = 0;

    cJSON_ArrayForEach(path, cJSON_GetObjectItem(description, "paths"))
    {
        cJSON_ArrayForEach(method, path)
        {
            if (!is_there(path->string, method->string))
                fail_msg("%s %s is no route", method->string, path->string);
            count++;
        }
    }
    assert_true(count > 20);
}

static void check_references(const cJSON *node)
{
    const cJSON *child;

    cJSON_ArrayForEach(child, node)
    {
        if (child->string != NULL && strcmp(child->string, "$ref") == 0) {
            const char *name = strrchr(child->valuestring, '/') + 1;

            if (cJSON_GetObjectItem(
                    cJSON_GetObjectItem(cJSON_GetObjectItem(description, "components"), "schemas"),
                    name) == NULL)
                fail_msg("%s is not there", child->valuestring);
        }
        check_references(child);
    }
}

static void every_reference_leads_somewhere(void **state)
{
    assert_string_equal(cJSON_GetObjectItem(description, "openapi")->valuestring, "3.1.0");
    check_references(description);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_is_described),
        cmocka_unit_test(everything_described_is_a_route),
        cmocka_unit_test(every_reference_leads_somewhere),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
