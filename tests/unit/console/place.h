/* place.h - a console's database of the test's own, in a folder of its own. */
#ifndef LAZ_TESTS_CONSOLE_PLACE_H
#define LAZ_TESTS_CONSOLE_PLACE_H

#include "console/account.h"
#include "console/endpoint.h"

struct place {
    char folder[64];
    struct laz_db *db;
};

/* Two organisations, 1 and 2. Asserts that it works. */
void place_make(struct place *p);
void place_remove(struct place *p);

/* One number out of the database. */
int64_t place_number(struct place *p, const char *sql);
void place_run(struct place *p, const char *sql);
void place_add_endpoint(struct place *p, int64_t organisation_id, const char *name,
                        struct laz_endpoint *out);
void place_add_account(struct place *p, int64_t organisation_id, const char *name,
                       struct laz_account *out);

#endif
