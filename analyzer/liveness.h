/* Which bodies can run at all, and which variables can be used, program by program: what main, the
 * constructors and their like name, directly or through others (the rule of a linker that drops
 * unused sections).
 *
 * Names only: an address that is taken somewhere alive keeps its routine alive, whether or not
 * anything calls it. Looks at no pointer and writes nothing. */
#ifndef CLEAVE_ANALYZER_LIVENESS_H
#define CLEAVE_ANALYZER_LIVENESS_H

#include "analyzer/linkage.h"

struct liveness;

/* Linear in the facts of all programs. Programs without main, or with parts that only assembly
 * makes, are alive as a whole; so is what a shared library offers. */
struct liveness *liveness_find(struct linkage *linkage);
void liveness_free(struct liveness *liveness);
typedef struct liveness liveness_owner;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(liveness_owner, liveness_free)

/* Whether a link routine or a link object is alive in a program. */
bool liveness_of_routine(const struct liveness *liveness, const struct link_program *program,
                         uint32_t routine);
bool liveness_of_object(const struct liveness *liveness, const struct link_program *program,
                        uint32_t object);
/* Whether a link routine is alive in any program that is looked at. */
bool liveness_anywhere(const struct liveness *liveness, uint32_t routine);

#endif
