#include <math.h>

#include "format/identify_priv.h"

double laz_bytes_entropy(struct laz_view bytes)
{
    uint64_t counts[256] = {0};
    double sum = 0;

    if (bytes.len == 0)
        return 0;
    for (size_t i = 0; i < bytes.len; i++)
        counts[bytes.data[i]]++;
    for (size_t i = 0; i < 256; i++)
        if (counts[i] > 0)
            sum += (double)counts[i] * log2((double)counts[i]);
    return log2((double)bytes.len) - sum / (double)bytes.len;
}
