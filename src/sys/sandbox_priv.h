/* sandbox_priv.h - the two halves of the sandbox. */
#ifndef LAZ_SYS_SANDBOX_PRIV_H
#define LAZ_SYS_SANDBOX_PRIV_H

#include "sys/sandbox.h"

#if defined(__SANITIZE_ADDRESS__)
#define LAZ_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LAZ_SANITIZED 1
#endif
#endif
#ifndef LAZ_SANITIZED
#define LAZ_SANITIZED 0
#endif

/* Takes away all paths but those named. *abi is 0 when the kernel has no Landlock. */
LAZ_CHECKED enum laz_status laz_landlock_enter(const struct laz_sandbox *sandbox, uint32_t *abi,
                                               struct laz_error *err);
/* Takes away all system calls but those of the profile. */
LAZ_CHECKED enum laz_status laz_seccomp_enter(enum laz_sandbox_profile profile,
                                              struct laz_error *err);

#endif
