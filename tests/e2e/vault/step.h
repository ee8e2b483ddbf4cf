/* step.h - runs a function in a child, call of the system by call, and ends or disturbs it at the
 * one that the test names. */
#ifndef LAZ_TEST_STEP_H
#define LAZ_TEST_STEP_H

#include <stdbool.h>

enum step_fault {
    STEP_KILL,  /* SIGKILL before the call is made */
    STEP_ERROR, /* the call is not made and fails with the given errno */
};

struct step_plan {
    enum step_fault fault;
    int error;
    unsigned at; /* which call, from 0; of STEP_ERROR only those that write, flush or make count */
};

enum step_end {
    STEP_DONE,  /* the function returned before its call number `at`; *result says what */
    STEP_FAULT, /* the fault happened; *result is what it returned, or -1 when it was killed */
};

/* The child's memory is lost, so fn works on files and returns a small number. */
enum step_end step_run(int (*fn)(void *context), void *context, const struct step_plan *plan,
                       int *result);
/* Whether this machine can disturb calls (STEP_ERROR). */
bool step_can_disturb(void);

#endif
