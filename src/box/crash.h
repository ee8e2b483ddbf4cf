/* crash.h - inputs that ended a worker, kept for who mends it. */
#ifndef LAZ_BOX_CRASH_H
#define LAZ_BOX_CRASH_H

#define LAZ_CRASHES_MAX 32u /* more are not kept: the same file may come for ever */

/* Copies what fd holds to a new file in dir, which only its owner can read. dir may be NULL:
 * nothing is kept. A failure is no reason to stop scanning, so there is none to report. */
void laz_crash_keep(const char *dir, int fd);

#endif
