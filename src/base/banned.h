/* banned.h - calls that have no place here, as compile errors. Views and laz_buf_addf do their
 * work. The build includes it before every file of ours, so system headers come first. */
#ifndef LAZ_BASE_BANNED_H
#define LAZ_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef sprintf /* a macro where a compiler lacks what glibc's checks need */

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok gets
#pragma GCC poison atoi atol atoll atof tmpnam mktemp gmtime localtime ctime asctime
#pragma GCC poison system popen

#endif
