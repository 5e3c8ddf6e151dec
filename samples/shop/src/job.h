/* A piece of work for later, and the table of those who know how to do it. */
#ifndef SHOP_JOB_H
#define SHOP_JOB_H

#include "request.h"

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

#endif
