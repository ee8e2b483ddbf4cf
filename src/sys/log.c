#include "sys/log.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "sys/clock.h"

#define LINE_MAX_BYTES 4096

static const char *log_program = "lazaret";
static enum laz_log_level log_level = LAZ_INFO;

void laz_log_open(const char *program, enum laz_log_level level)
{
    log_program = program;
    log_level = level;
}

static const char *level_name(enum laz_log_level level)
{
    switch (level) {
    case LAZ_DEBUG:
        return "debug";
    case LAZ_INFO:
        return "info";
    case LAZ_WARN:
        return "warn";
    case LAZ_ERROR:
        return "error";
    }
    return "error";
}

bool laz_log_level_parse(const char *name, enum laz_log_level *out)
{
    for (unsigned level = LAZ_DEBUG; level <= LAZ_ERROR; level++)
        if (strcmp(name, level_name((enum laz_log_level)level)) == 0) {
            *out = (enum laz_log_level)level;
            return true;
        }
    return false;
}

void laz_log(enum laz_log_level level, const char *event, const char *format, ...)
{
    struct laz_buf line, text;
    char time[LAZ_TIME_TEXT_SIZE];
    va_list arguments;

    if (level < log_level)
        return;
    laz_buf_init(&text, LINE_MAX_BYTES);
    laz_buf_init(&line, 4 * LINE_MAX_BYTES);
    laz_time_text(laz_now_ms(), time);
    va_start(arguments, format);
    laz_ignore(laz_buf_addvf(&text, format, arguments)); /* a line too long is left empty */
    va_end(arguments);
    laz_ignore(laz_buf_addf(&line, "%s %s %s %s ", time, log_program, level_name(level), event));
    laz_ignore(laz_buf_add_terminal(&line, laz_buf_view(&text)));
    laz_ignore(laz_buf_add_text(&line, "\n"));
    laz_ignore(write(STDERR_FILENO, laz_buf_text(&line), line.len) < 0); /* nowhere to tell it */
    laz_buf_clear(&text);
    laz_buf_clear(&line);
}

void laz_log_error(enum laz_log_level level, const char *event, const struct laz_error *err)
{
    char text[1200];

    laz_error_text(err, text, sizeof text);
    laz_log(level, event, "%s", text);
}
