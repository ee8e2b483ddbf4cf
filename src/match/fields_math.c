#include "match/fields.h"
#include "match/fields_ids.h"

/* Without an offset and a size a function is for the whole object. */
static const struct laz_field fields[] = {
    {"math.MEAN_BYTES", "", 'f', false, LAZ_MATH_MEAN_BYTES},
    {"math.in_range()", "fff", 'i', false, LAZ_MATH_IN_RANGE},
    {"math.deviation()", "iif", 'f', false, LAZ_MATH_DEVIATION},
    {"math.deviation()", "sf", 'f', false, LAZ_MATH_DEVIATION},
    {"math.mean()", "ii", 'f', false, LAZ_MATH_MEAN},
    {"math.mean()", "s", 'f', false, LAZ_MATH_MEAN},
    {"math.serial_correlation()", "ii", 'f', false, LAZ_MATH_SERIAL_CORRELATION},
    {"math.serial_correlation()", "s", 'f', false, LAZ_MATH_SERIAL_CORRELATION},
    {"math.monte_carlo_pi()", "ii", 'f', false, LAZ_MATH_MONTE_CARLO_PI},
    {"math.monte_carlo_pi()", "s", 'f', false, LAZ_MATH_MONTE_CARLO_PI},
    {"math.entropy()", "ii", 'f', false, LAZ_MATH_ENTROPY},
    {"math.entropy()", "s", 'f', false, LAZ_MATH_ENTROPY},
    {"math.index_of_coincidence()", "ii", 'f', false, LAZ_MATH_INDEX_OF_COINCIDENCE},
    {"math.index_of_coincidence()", "s", 'f', false, LAZ_MATH_INDEX_OF_COINCIDENCE},
    {"math.min()", "ii", 'i', false, LAZ_MATH_MIN},
    {"math.max()", "ii", 'i', false, LAZ_MATH_MAX},
    {"math.to_number()", "b", 'i', false, LAZ_MATH_TO_NUMBER},
    {"math.abs()", "i", 'i', false, LAZ_MATH_ABS},
    {"math.count()", "iii", 'i', false, LAZ_MATH_COUNT},
    {"math.count()", "i", 'i', false, LAZ_MATH_COUNT},
    {"math.percentage()", "iii", 'f', false, LAZ_MATH_PERCENTAGE},
    {"math.percentage()", "i", 'f', false, LAZ_MATH_PERCENTAGE},
    {"math.mode()", "ii", 'i', false, LAZ_MATH_MODE},
    {"math.mode()", "", 'i', false, LAZ_MATH_MODE},
    {"math.to_string()", "i", 's', false, LAZ_MATH_TO_STRING},
    {"math.to_string()", "ii", 's', false, LAZ_MATH_TO_STRING},
};

const struct laz_field_table laz_fields_math = {"math", fields, sizeof fields / sizeof *fields};
