/* lazaret-tools - the command with all its subcommands; people call it by the name of lazaret. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "cli/cli.h"

static const struct command {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"up", "run the embedded set of one hospital: console and agent", laz_cli_up},
    {"demo", "an attack on a scratch share, stopped and rolled back", laz_cli_demo},
    {"scan", "scan files and folders on demand", laz_cli_scan},
    {"yara", "match rules of YARA, with yara's options and output", laz_cli_yara},
    {"db", "build or describe a detection database", laz_cli_db},
    {"content", "follow sources of detection content", laz_cli_content},
    {"agent", "run or steer the endpoint agent", laz_cli_agent},
    {"vault", "list or restore copies made before a write", laz_cli_vault},
    {"quarantine", "list, restore or delete removed files", laz_cli_quarantine},
    {"console", "run the console or administer it", laz_cli_console},
};

static void print_usage(FILE *out)
{
    fprintf(out, "usage: lazaret COMMAND [ARGUMENT...]\n\nCyberprotection for health care.\n\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].summary);
    fprintf(out, "\n'lazaret COMMAND --help' describes each; the manual page is lazaret(1).\n");
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

int main(int argc, char **argv)
{
    const struct command *command;

    /* A reader that went away is an error of write(), not a silent death. */
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return LAZ_EXIT_ERROR;
    if (argc < 2) {
        print_usage(stderr);
        return LAZ_EXIT_ERROR;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return LAZ_EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("lazaret %s\n", LAZ_PROGRAM_VERSION);
        return LAZ_EXIT_OK;
    }
    command = find_command(argv[1]);
    if (command == NULL) {
        struct laz_error err;

        laz_ignore(laz_fail(&err, LAZ_INVALID, "command", argv[1], "is not known",
                            "see 'lazaret --help'"));
        return laz_cli_fail(&err);
    }
    return command->run(argc - 1, argv + 1);
}
