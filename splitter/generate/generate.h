/* generate: from a store with facts and a plan to a folder that builds into functions.
 *
 * Reads the store, writes below one folder, runs nothing. */
#ifndef CLEAVE_GENERATE_GENERATE_H
#define CLEAVE_GENERATE_GENERATE_H

#include <glib.h>
#include <stdbool.h>

#include "store/store.h"

enum generate_platform {
  GENERATE_AWS = 1,
  GENERATE_GCP = 2,
  GENERATE_AZURE = 4,
  GENERATE_KNATIVE = 8,
  GENERATE_OPENWHISK = 16,
  GENERATE_FISSION = 32,
  GENERATE_OPENFAAS = 64,
};

/* What people call them, in the order of their bits; ends with NULL. */
extern const char *const generate_platform_names[];

#define GENERATE_ERROR (generate_error_quark())
GQuark generate_error_quark(void);
enum generate_error {
  GENERATE_ERROR_NO_PLAN,          /* the store holds no functions */
  GENERATE_ERROR_UNKNOWN_FUNCTION, /* a name that the plan does not have */
  GENERATE_ERROR_REFUSED,          /* an option that does not fit the function */
  GENERATE_ERROR_SAME_ROUTE,       /* two functions answer the same requests */
};

struct generate_options {
  const char *folder;
  unsigned platforms;           /* of enum generate_platform */
  const char *const *functions; /* names, NULL-terminated; empty: all that are ready or adapt */
  const char *adapter;          /* overrides the choice, or NULL */
  const char *contracts;        /* path of contracts.yaml, or NULL */
  bool as_services;             /* one binary per service */
  bool with_proxies;            /* what the remaining monolith links in their place */
};

/* What became of the proxy of one function. */
struct generated_proxy {
  char *name;
  char *refusal; /* why there is none, or NULL */
  char *message; /* what means failure, and whether a call may be repeated */
};

/* What became of one planned function. */
struct generated_function {
  char *name;
  char *adapter; /* NULL when it was refused */
  char *message; /* why it was refused, or what has to be done by hand; NULL: nothing */
  bool is_open;  /* its build stops until a decision is made */
};

struct generated {
  GPtrArray *functions; /* struct generated_function *, by name */
  GPtrArray *proxies;   /* struct generated_proxy *, by name */
  GPtrArray *kept;      /* char *: files that people changed; the new version is beside */
  GPtrArray *orphans;   /* char *: changed files that are no longer generated; kept */
  unsigned n_generated, n_refused, n_written, n_same;
};

/* Generates. NULL with ERROR when the store or the folder cannot be used; functions that cannot be
 * generated are rows of the result. Release with generated_free(). */
struct generated *generate(struct store *store, const struct generate_options *options,
                           GError **error);
void generated_free(struct generated *generated);
typedef struct generated generated_owner;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(generated_owner, generated_free)

#endif
