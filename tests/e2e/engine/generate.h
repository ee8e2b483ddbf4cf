/* generate.h - rules and objects made up from a seed. */
#ifndef LAZ_TESTS_GENERATE_H
#define LAZ_TESTS_GENERATE_H

#include "base/buf.h"

struct dice {
    uint64_t state;
};

void generate_object(struct dice *dice, struct laz_buf *out);
/* A rule called rNNN, as text of its language. */
void generate_yara_rule(struct dice *dice, size_t number, struct laz_buf *out);
void generate_condition_rule(struct dice *dice, size_t number, struct laz_buf *out);
void generate_clamav_rule(struct dice *dice, size_t number, struct laz_buf *out);

#endif
