/* What a binary asks of any platform: its limits, what it may touch, and where events go that fail
 * again and again. Descriptors in the platforms' own words and for Terraform are both written from
 * this, so that they cannot differ. Knows no platform. */
#ifndef CLEAVE_GENERATE_REQUIREMENTS_H
#define CLEAVE_GENERATE_REQUIREMENTS_H

#include "splitter/generate/artifact.h"

/* One thing that a function must be allowed to do, and why. */
enum grant_kind {
  GRANT_QUEUE,       /* take messages from a queue */
  GRANT_STREAM,      /* read a stream */
  GRANT_OBJECT,      /* read the objects of a bucket */
  GRANT_DEAD_LETTER, /* put away what failed */
  GRANT_SECRET       /* read a secret */
};

struct grant {
  enum grant_kind kind;
  char *target; /* queue, stream, bucket, dead-letter target or secret */
  char *reason;
};

struct requirements {
  int64_t memory_mb, timeout_s, concurrency;
  bool is_capped; /* more instances than `concurrency` would exhaust something */
  bool is_public; /* callers need no credentials of the platform */
  /* The function of the binary that is called without anybody waiting (schedule, object), whose
   * retries and dead-letter target the binary's asynchronous calls get; or NULL. */
  const struct function_spec *unattended;
  GPtrArray *grants; /* struct grant *, in order of functions, each once */
};

/* The rights of one function: struct grant *. Free with g_ptr_array_unref(). */
GPtrArray *grants_of(const struct function_spec *spec);
/* "takes messages from the queue jobs": for people. A new string. */
char *grant_text(const struct grant *grant);

/* Limits and rights of a binary: the largest of its functions, all of their rights. */
struct requirements *requirements_new(const struct artifact *artifact);
void requirements_free(struct requirements *needs);
typedef struct requirements requirements_owner;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(requirements_owner, requirements_free)

/* What its trigger is called: the key, or the function's name where there is none. */
const char *requirements_source(const struct function_spec *spec);

/* The function of a binary that something of this name wakes, or NULL. */
const struct function_spec *requirements_waker(const struct artifact *artifact, const char *trigger,
                                               const char *source);

/* The connections that one database server has room for, divided among the binaries that
 * connect to it: sets the functions' concurrency and says why. BINARIES: for each of SPECS, what
 * its binary is called. */
void requirements_share_connections(GPtrArray *specs, const char *const *binaries);

#endif
