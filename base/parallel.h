/* Work on several cores. */
#ifndef CLEAVE_BASE_PARALLEL_H
#define CLEAVE_BASE_PARALLEL_H

/* Calls run(context, i) for every i from 0 to n - 1, once each, on up to n_threads threads, one of
 * which is the caller's. Begins with the first numbers; returns when all calls have returned.
 * Where no thread can be made, those that there are do the work. Which thread makes which call is
 * never told, so that results cannot depend on it. */
void parallel_run(unsigned n_threads, unsigned n, void (*run)(void *context, unsigned i),
                  void *context);

#endif
