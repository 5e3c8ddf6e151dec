/* Work for later: jobs, the queue that holds them, the timers. */
#pragma once

#include "request.h"

#include <stdio.h>

/* What each program defines for itself. notify() hands work to whoever does it later. Each program
 * has its own way: the server queues the job, the batch tool does it at once. */
/* The payload is written like a form: "template=welcome&user=3". 0, or -1. */
int notify(const char *kind, const char *payload);

/* How the program is called. */
void usage(FILE *to);

/* A piece of work for later, and the table of those who know how to do it. */
struct job {
  char kind[16];
  char *payload;
  int n_attempts;
  struct job *next;
};

struct job_type {
  const char *kind;
  int (*run)(const struct job *job); /* 0 done, -1 try again later */
};

struct job *job_new(const char *kind, const char *payload);
void job_free(struct job *job);

/* Does the job now: what its handler returns, -1 for an unknown kind. */
int job_handle(const struct job *job);

/* A number out of the payload, 0 when it is missing. */
long job_arg_long(const struct job *job, const char *name);
/* A text out of the payload; fits into to, "" when it is missing. */
void job_arg_text(const struct job *job, const char *name, char *to, size_t size);

/* The queue in memory and the thread that empties it. */
int queue_start(void);
/* Finishes what is queued, then ends the thread. */
void queue_stop(void);
int queue_length(void);
/* Waits until nothing is left to do. */
void queue_wait(void);

/* What happens by the clock: a table of timers and the thread that watches it. */
int timer_start(void);
void timer_stop(void);
