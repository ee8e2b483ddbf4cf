#include "cli/agent_ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/number.h"
#include "sys/channel.h"
#include "sys/fd.h"

#define CONTROL_NAME  "control.sock"
#define ANSWER_MAX    (64 * KIB)
#define ANSWER_WAIT_S 60 /* an undo of many files takes its time */

/* By the folder's descriptor: a socket's path is short, a data folder's need not be. */
static enum laz_status connect_agent(const char *data, int *out, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int dir = open(data, O_PATH | O_DIRECTORY | O_CLOEXEC);
    LAZ_OWNED(laz_fd_drop) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    struct timeval wait = {.tv_sec = ANSWER_WAIT_S};
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    if (dir < 0 || fd < 0)
        return laz_fail_errno(err, "agent", data, "name the agent's data folder with --data");
    snprintf(at.sun_path, sizeof at.sun_path, "/proc/self/fd/%d/" CONTROL_NAME, dir);
    if (connect(fd, (struct sockaddr *)&at, sizeof at) != 0)
        return errno == ENOENT || errno == ECONNREFUSED
                   ? laz_fail(err, LAZ_NOT_FOUND, "agent", data,
                              "no agent runs on this data folder",
                              "start it with 'lazaret agent run' or name another with --data")
                   : laz_fail_errno(err, "agent", data, "ask as root or as who runs the agent");
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0)
        return laz_fail_errno(err, "agent", data, "");
    *out = laz_move_fd(&fd);
    return LAZ_OK;
}

static enum laz_status explain(const char *code, const char *where, struct laz_error *err)
{
    static const struct {
        const char *code, *why, *remedy;
    } known[] = {
        {"denied", "may be asked only by root or by who runs the agent", "use sudo"},
        {"no-gate", "the agent guards nothing here", "run it as root on Linux 5.17 or later"},
        {"not-an-actor", "is no actor", "give an executable's path, an actor's key or sha256:HEX"},
        {"unreachable", "the agent is starting again", "try again in a second"},
        {"reason-missing", "needs a reason", "give --reason TEXT"},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(code, known[i].code) == 0)
            return laz_fail(err, LAZ_DENIED, "agent", where, known[i].why, known[i].remedy);
    return laz_fail(err, LAZ_INVALID, "agent", where, code, "see 'lazaret agent --help'");
}

enum laz_status laz_agent_ask(const char *data, const char *request, cJSON **out,
                              struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    LAZ_OWNED(laz_json_drop) cJSON *json = NULL;
    LAZ_OWNED(laz_buf_drop) struct laz_buf answer = {0};
    enum laz_status s = connect_agent(data, &fd, err);
    size_t none = 0;
    const char *code;
    bool ok = false;

    laz_buf_init(&answer, ANSWER_MAX);
    if (s != LAZ_OK)
        return s;
    if (laz_channel_send(fd, laz_view_of(request), NULL, 0) != LAZ_OK ||
        laz_channel_receive(fd, &answer, NULL, &none) != LAZ_OK)
        return laz_fail(err, LAZ_TIMEOUT, "agent", data, "the agent does not answer",
                        "look at its messages, or start it again");
    json = laz_json_parse_object(laz_buf_view(&answer));
    if (json == NULL || !laz_json_bool(json, "ok", &ok) || !laz_json_text(json, "code", 64, &code))
        return laz_fail(err, LAZ_DAMAGED, "agent", data, "the agent's answer is not understood",
                        "install all programs from one version");
    if (!ok)
        return explain(code, data, err);
    *out = laz_move(json);
    return LAZ_OK;
}
