/* What of a state lives in one process only: open files, sockets, threads, pointers to routines,
 * objects of libraries. No database holds these for the next call. Judges by types and by what the
 * writing lines call. */
#ifndef CLEAVE_SPLITTER_HANDLE_H
#define CLEAVE_SPLITTER_HANDLE_H

#include "splitter/monolith.h"

/* Why STATE cannot leave its process, in words, or NULL when it can: a new string. Links to other
 * records of the program can leave, as keys; locks go with what they guard and are not asked.
 * MAY_BE_OPENED (may be NULL) tells whether another process can open its own: a file, a descriptor,
 * an object of a library, but no callback, thread or process. O(accesses of the state + types). */
char *handle_in_state(const struct monolith *monolith, guint32 state, bool *may_be_opened);

#endif
