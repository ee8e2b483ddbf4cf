/* clock.h - time and chance. Tests bend them by standing behind these functions. */
#ifndef LAZ_SYS_CLOCK_H
#define LAZ_SYS_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t laz_now_ms(void);       /* Unix time */
int64_t laz_monotonic_ms(void); /* for deadlines; also counts while the machine sleeps */
int64_t laz_monotonic_ns(void);
void laz_sleep_ms(int64_t ms);
void laz_random_bytes(void *out,
                      size_t len); /* from the kernel; never fails, may end the process */
/* RFC 3339 in UTC with milliseconds, 24 characters and a NUL. */
#define LAZ_TIME_TEXT_SIZE 32
void laz_time_text(int64_t unix_ms, char out[LAZ_TIME_TEXT_SIZE]);

#endif
