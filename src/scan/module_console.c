/* module_console.c - YARA's module console: lines for whoever listens, and always true. */
#include "base/buf.h"
#include "match/fields_ids.h"
#include "scan/modules_priv.h"

#define LINE_MAX (64 * 1024) /* a longer one is not said */

/* As yara: what is logged is escaped, the message before it is not. */
static void add_text(struct laz_buf *line, struct laz_view text, bool is_message)
{
    for (size_t i = 0; i < text.len; i++)
        if (is_message || (text.data[i] >= ' ' && text.data[i] <= '~'))
            laz_buf_add_u8(line, text.data[i]);
        else
            laz_buf_addf(line, "\\x%02x", text.data[i]);
}

static void add(struct laz_buf *line, const struct laz_value *value, bool is_message, bool as_hex)
{
    if (value->kind == LAZ_VALUE_TEXT)
        add_text(line, value->text, is_message);
    else if (value->kind == LAZ_VALUE_REAL)
        laz_buf_addf(line, "%f", value->real);
    else
        laz_buf_addf(line, as_hex ? "0x%llx" : "%lld", (unsigned long long)value->n);
}

bool laz_module_console(struct laz_modules *m, uint32_t index, const struct laz_value *args,
                        struct laz_value *out)
{
    const struct laz_field *field = &laz_fields_console.fields[index];
    struct laz_buf line;

    *out = laz_value_number(1);
    if (m->input.say == NULL)
        return true;
    laz_buf_init(&line, LINE_MAX);
    for (size_t i = 0; field->args[i] != '\0'; i++)
        add(&line, &args[i], field->args[i + 1] != '\0', field->n == LAZ_CONSOLE_HEX);
    if (laz_buf_failed(&line) == LAZ_OK)
        m->input.say(m->input.context, laz_buf_view(&line));
    laz_buf_clear(&line);
    return true;
}
