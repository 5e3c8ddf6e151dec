/* A generated project as the host sees it: its functions, their triggers and binaries.
 *
 * Read from DIR/functions.json, which `cleave generate` writes. Never looks into the sources. */
#ifndef CLEAVE_HOST_PROJECT_H
#define CLEAVE_HOST_PROJECT_H

#include <glib.h>
#include <stdbool.h>

#include "splitter/runtime/cleave_runtime.h"

#define PROJECT_ERROR (project_error_quark())
GQuark project_error_quark(void);

enum project_error {
  PROJECT_ERROR_READ,   /* functions.json cannot be read, or a binary is not built */
  PROJECT_ERROR_CONTENT /* it says something else than a list of functions */
};

/* Whose rules an instance is run by. */
enum project_platform {
  PROJECT_AWS,  /* Runtime API */
  PROJECT_GCP,  /* HTTP on PORT: Cloud Run functions, Knative */
  PROJECT_AZURE /* custom handler */
};

struct project_function {
  char *name;
  enum project_platform platform;
  bool forwards_http; /* Azure: requests come as they are, without an envelope */
  enum cleave_trigger trigger;
  char *key;      /* route, queue, schedule ... */
  char *binary;   /* absolute path */
  char *original; /* program that calls its routine directly; NULL: there is none */
  unsigned memory_mb;
  unsigned timeout_s;
  unsigned max_instances;  /* how many may run at once */
  unsigned max_deliveries; /* of a message before it is a dead letter */
  unsigned batch;          /* AWS: messages of a back end that one event may hold */
  unsigned retry_s;        /* a message that failed comes again after this, doubled each time */
};

struct project {
  char *folder;
  struct project_function *functions;
  size_t n_functions;
};
typedef struct project project_owner;

/* Loads FOLDER/functions.json and checks that every binary is there and executable. Release with
 * project_free(). */
struct project *project_load(const char *folder, GError **error);
void project_free(struct project *project);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(project_owner, project_free)

/* "aws", "gcp" or "knative", "azure". */
bool platform_parse(const char *name, enum project_platform *platform);
const char *platform_name(enum project_platform platform);

/* The function called NAME, or NULL. */
const struct project_function *project_find(const struct project *project, const char *name);

/* "http", "queue" ... */
const char *trigger_name(enum cleave_trigger trigger);
bool trigger_parse(const char *name, enum cleave_trigger *trigger);

#endif
