#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "base/text.h"
#include "cli/agent_ask.h"
#include "cli/cli.h"
#include "sys/fd.h"
#include "sys/process.h"

#define SYSTEM_DATA   "/var/lib/lazaret/agent"
#define ANSWER_MAX    (64 * KIB)
#define REQUEST_MAX   ((size_t)8192)
#define GLASS_MINUTES 60

struct options {
    const char *data, *reason;
    uint64_t minutes;
    bool json, off;
};

static void print_usage(void)
{
    printf(
        "usage: lazaret agent run [--foreground] [--data DIR] [--protect DIR]...\n"
        "       lazaret agent status [--data DIR] [--json]\n"
        "       lazaret agent allow [--data DIR] ACTOR\n"
        "       lazaret agent undo [--data DIR] INCIDENT\n"
        "       lazaret agent break-glass [--data DIR] --reason TEXT [--minutes N]\n"
        "       lazaret agent break-glass [--data DIR] --off\n\n"
        "Runs or steers the endpoint agent. It guards, stops and rolls back by default.\n\n"
        "  run          start it; without --foreground it goes on in the background once it "
        "guards.\n"
        "               All further options are those of lazaret-agentd(8)\n"
        "  status       what it guards, what this kernel cannot guard, and its counters\n"
        "  allow        never stop ACTOR: an executable's path, an actor's key, or sha256:HEX of\n"
        "               a file's content that may be opened\n"
        "  undo         put back what an actor did; INCIDENT is its key as the console shows it\n"
        "  break-glass  hold and stop nothing for a while (default: %u minutes), only log\n\n"
        "  --data DIR   the agent's data folder (default: " SYSTEM_DATA ")\n",
        GLASS_MINUTES);
}

/* ------------------------------------------------------------------------------ printing */

static void print_terminal(const char *text)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};

    laz_buf_init(&b, ANSWER_MAX);
    laz_ignore(laz_buf_add_terminal(&b, laz_view_of(text))); /* too long prints nothing */
    fputs(laz_buf_text(&b), stdout);
}

static void print_list(const char *title, const cJSON *list)
{
    const cJSON *item;

    printf("%s", title);
    cJSON_ArrayForEach(item, list)
    {
        printf(" ");
        if (cJSON_IsString(item))
            print_terminal(item->valuestring);
    }
    printf("\n");
}

static void print_features(const cJSON *list)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list)
    {
        const char *name, *state, *detail;

        if (!laz_json_text(item, "name", 64, &name) || !laz_json_text(item, "state", 16, &state))
            continue;
        laz_ignore(!laz_json_text(item, "detail", 64, &detail)); /* "" then */
        printf("  %-20s %s%s%s\n", name, state, detail[0] == '\0' ? "" : ", ", detail);
    }
}

static void print_counters(const cJSON *counters)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, counters) if (cJSON_IsNumber(item) && item->string != NULL)
        printf("  %-20s %.0f\n", item->string, item->valuedouble);
}

static void print_state(const cJSON *state)
{
    const char *mode, *kernel, *version;
    bool glass = false;

    laz_ignore(!laz_json_text(state, "mode", 16, &mode)); /* "" then, here and below */
    laz_ignore(!laz_json_text(state, "kernel", 128, &kernel));
    laz_ignore(!laz_json_text(state, "version", 32, &version));
    laz_ignore(!laz_json_bool(state, "breakglass", &glass));
    printf("mode       %s%s\nversion    %s\nkernel     ", mode,
           glass ? ", break-glass: nothing is held or stopped" : "", version);
    print_terminal(kernel);
    printf("\n");
    print_list("guarding  ", cJSON_GetObjectItemCaseSensitive(state, "protected"));
    print_list("unguarded ", cJSON_GetObjectItemCaseSensitive(state, "unguarded"));
    printf("features\n");
    print_features(cJSON_GetObjectItemCaseSensitive(state, "features"));
    printf("counters\n");
    print_counters(cJSON_GetObjectItemCaseSensitive(state, "counters"));
}

/* ------------------------------------------------------------------------------ the verbs */

static int do_status(const struct options *o)
{
    LAZ_OWNED(laz_json_drop) cJSON *json = NULL;
    struct laz_error err;
    const cJSON *state;

    if (laz_agent_ask(o->data, "status", &json, &err) != LAZ_OK)
        return laz_cli_fail(&err);
    state = cJSON_GetObjectItemCaseSensitive(json, "state");
    if (o->json) {
        char *text = cJSON_PrintUnformatted(state);

        printf("%s\n", text == NULL ? "{}" : text);
        free(text);
    } else {
        print_state(state);
    }
    return LAZ_EXIT_OK;
}

static int do_order(const struct options *o, const char *request, const char *done)
{
    LAZ_OWNED(laz_json_drop) cJSON *json = NULL;
    struct laz_error err;
    uint64_t restored, failed;

    if (laz_agent_ask(o->data, request, &json, &err) != LAZ_OK)
        return laz_cli_fail(&err);
    if (laz_json_u64(json, "files_restored", UINT32_MAX, &restored) &&
        laz_json_u64(json, "files_failed", UINT32_MAX, &failed)) {
        printf("%llu files put back, %llu failed\n", (unsigned long long)restored,
               (unsigned long long)failed);
        return failed > 0 ? 1 : LAZ_EXIT_OK;
    }
    printf("%s\n", done);
    return LAZ_EXIT_OK;
}

/* A program's name is made whole, so that it is the one that the kernel tells. */
static int do_allow(const struct options *o, const char *who)
{
    char path[PATH_MAX], request[REQUEST_MAX];
    bool is_path = strncmp(who, "actor:", 6) != 0 && strncmp(who, "sha256:", 7) != 0;
    struct laz_error err;

    if (is_path && realpath(who, path) == NULL) {
        laz_ignore(laz_fail_errno(&err, "agent", who, "give an executable's path")); /* printed */
        return laz_cli_fail(&err);
    }
    snprintf(request, sizeof request, "allow %s", is_path ? path : who);
    return do_order(o, request, "allowed");
}

static int do_undo(const struct options *o, const char *incident)
{
    char request[REQUEST_MAX];

    snprintf(request, sizeof request, "undo %s", incident);
    return do_order(o, request, "undone");
}

static int do_break_glass(const struct options *o)
{
    char request[REQUEST_MAX];

    if (o->off)
        return do_order(o, "break-glass 0", "protection is on again");
    if (o->reason == NULL || o->reason[0] == '\0')
        return laz_cli_usage_error("agent", "--reason", "is missing");
    snprintf(request, sizeof request, "break-glass %llu %s", (unsigned long long)o->minutes,
             o->reason);
    return do_order(o, request, "protection is off for a while; it comes back by itself");
}

/* ------------------------------------------------------------------------------ run */

static bool has_option(char *const *argv, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; argv[i] != NULL; i++)
        if (strncmp(argv[i], name, len) == 0 && (argv[i][len] == '\0' || argv[i][len] == '='))
            return true;
    return false;
}

/* Waits for "ready" so that an error is seen here, then leaves it alone. */
static int run_behind(const char *program, const char *const *argv, size_t argc)
{
    LAZ_OWNED(laz_fd_drop) int read_end = -1;
    LAZ_OWNED(laz_fd_drop) int write_end = -1;
    const char **all = calloc(argc + 3, sizeof *all);
    struct laz_spawn spawn = {.path = program, .argv = all, .fd_count = 1, .new_group = true};
    struct laz_child child = {.pidfd = -1};
    struct laz_error err;
    enum laz_status s;
    int ends[2];
    char ready;

    if (all == NULL || pipe2(ends, O_CLOEXEC) != 0)
        return LAZ_EXIT_ERROR;
    read_end = ends[0];
    write_end = ends[1];
    spawn.fds = &write_end;
    memcpy(all, argv, argc * sizeof *all);
    all[argc] = "--ready-fd";
    all[argc + 1] = "3";
    s = laz_child_spawn(&spawn, &child, &err);
    free(all);
    if (s != LAZ_OK)
        return laz_cli_fail(&err);
    laz_fd_drop(&write_end);
    return read(read_end, &ready, 1) == 1 ? LAZ_EXIT_OK : LAZ_EXIT_ERROR; /* it has said why */
}

static int do_run(int argc, char **argv)
{
    char program[PATH_MAX];
    const char **all = calloc((size_t)argc + 5, sizeof *all);
    bool foreground = false;
    struct laz_error err;
    size_t n = 0;
    int status;

    if (all == NULL || laz_program_dir(program, sizeof program - 32, &err) != LAZ_OK)
        return all == NULL ? LAZ_EXIT_ERROR : laz_cli_fail(&err);
    snprintf(program + strlen(program), 32, "/lazaret-agentd");
    all[n++] = "lazaret-agentd";
    all[n++] = "run";
    if (!has_option(argv, "--data")) {
        all[n++] = "--data";
        all[n++] = SYSTEM_DATA;
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--foreground") == 0)
            foreground = true;
        else
            all[n++] = argv[i];
    }
    if (has_option(argv, "--help"))
        foreground = true;
    if (!foreground) {
        status = run_behind(program, all, n);
        free(all);
        return status;
    }
    execv(program, (char *const *)(uintptr_t)all);
    laz_ignore(laz_fail_errno(&err, "agent", program, "reinstall, or build the whole project"));
    free(all);
    return laz_cli_fail(&err);
}

/* -1 to go on. */
static int parse(int argc, char **argv, struct options *o)
{
    static const struct option options[] = {{"data", required_argument, NULL, 'd'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"reason", required_argument, NULL, 'r'},
                                            {"off", no_argument, NULL, 'o'},
                                            {"minutes", required_argument, NULL, 'm'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    int option;

    opterr = 0; /* errors have our own form */
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'd')
            o->data = optarg;
        else if (option == 'j')
            o->json = true;
        else if (option == 'r')
            o->reason = optarg;
        else if (option == 'o')
            o->off = true;
        else if (option == 'm' && laz_parse_u64(laz_view_of(optarg), 1440, &o->minutes) &&
                 o->minutes > 0)
            continue;
        else if (option == 'h') {
            print_usage();
            return LAZ_EXIT_OK;
        } else {
            return laz_cli_usage_error("agent", argv[optind - 1], "is not understood");
        }
    }
    return -1;
}

int laz_cli_agent(int argc, char **argv)
{
    struct options o = {.data = SYSTEM_DATA, .minutes = GLASS_MINUTES};
    const char *verb = argc > 1 ? argv[1] : "";
    int status, left;

    if (strcmp(verb, "run") == 0)
        return do_run(argc - 1, argv + 1);
    if (strcmp(verb, "--help") == 0) {
        print_usage();
        return LAZ_EXIT_OK;
    }
    if (argc < 2)
        return laz_cli_usage_error("agent", "", "needs to know what to do");
    status = parse(argc - 1, argv + 1, &o);
    if (status >= 0)
        return status;
    left = argc - 1 - optind;
    if (strcmp(verb, "status") == 0 && left == 0)
        return do_status(&o);
    if (strcmp(verb, "allow") == 0 && left == 1)
        return do_allow(&o, argv[1 + optind]);
    if (strcmp(verb, "undo") == 0 && left == 1)
        return do_undo(&o, argv[1 + optind]);
    if (strcmp(verb, "break-glass") == 0 && left == 0)
        return do_break_glass(&o);
    return laz_cli_usage_error("agent", verb, "is not understood");
}
