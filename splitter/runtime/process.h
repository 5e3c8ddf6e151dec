/* A child process of this program and what it writes, read until it ends or the deadline comes.
 * The child shares no state with the parent afterwards; the parent always reaps it. */
#ifndef CLEAVE_PROCESS_H
#define CLEAVE_PROCESS_H

#include "buffer.h"
#include "cleave_runtime.h"

#include <sys/types.h>

struct process {
  pid_t pid;    /* 0 in the child */
  int output;   /* parent: read end; child: write end */
  int problems; /* the same for a second pipe, or -1 */
};

/* Forks. In the child crash reports are off, signals are at their defaults and it leads a process
 * group. Returns 0, or -1 with error set. */
int process_start(struct process *process, bool has_problems, struct cleave_error *error);

/* Reads both pipes to their ends into the buffers (what passes a limit is dropped and *is_cut set),
 * then reaps the child. Returns its exit code, or -1 with error set when a signal or the deadline
 * ended it; routine is named there. */
int process_finish(struct process *process, struct buffer *output, struct buffer *problems,
                   bool *is_cut, const char *routine, struct cleave_error *error);

/* Writes everything; false when the reader is gone. */
bool process_write(int descriptor, const void *data, size_t n);

#endif
