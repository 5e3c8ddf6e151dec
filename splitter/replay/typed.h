/* Typed replay: drawn inputs to the original routine, called directly, and to its function; answers
 * compared bit for bit.
 *
 * Cases below a function's number of boundary cases try every boundary value of every parameter,
 * member, element and arm once, the others plain; cases above are random by seed and number. A
 * case that differs is made as simple as it still differs. Never prints. */
#ifndef CLEAVE_REPLAY_TYPED_H
#define CLEAVE_REPLAY_TYPED_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "splitter/host/project.h"

#define TYPED_ERROR (typed_error_quark())
GQuark typed_error_quark(void);

enum typed_error {
  TYPED_ERROR_UNKNOWN, /* no such function, or none that can be asked */
  TYPED_ERROR_START    /* not built, or it does not start */
};

struct typed_options {
  const struct project *project;
  const char *const *functions; /* NULL-terminated names; none: all that can be asked */
  guint64 seed;
  guint64 n_random;
  bool has_case; /* only this one */
  guint64 only_case;
  const char *platform; /* instead of the project's: name, or NULL */
  unsigned timeout_s;
  /* Called after each case; may be NULL. */
  void (*on_progress)(size_t n_done, size_t n_all, void *data);
  void *data;
};

/* What a finding is about. */
enum typed_kind {
  TYPED_DIFFERS,   /* both answer, and not alike */
  TYPED_HISTORY,   /* a new instance answers alike: something is kept between calls */
  TYPED_UNSTEADY,  /* the original itself answers otherwise when asked again */
  TYPED_OUTCOME,   /* one answers, fails, crashes or hangs where the other does not */
  TYPED_BOTH_CRASH /* no difference, but worth knowing */
};

/* Cases of one kind that differ at one place. */
struct typed_finding {
  enum typed_kind kind;
  guint64 index; /* of the first case */
  size_t n;      /* cases like it */
  bool is_shrunk;
  json_t *input;  /* the simplest found */
  char *original; /* what each side did, unless both answered */
  char *function;
  GPtrArray *differences; /* struct answer_difference * */
};

struct typed_function {
  const char *name;
  char *skipped; /* why it was not asked, or NULL */
  guint64 n_boundary;
  guint64 n_random;
  guint64 n_alike;  /* also: both failed or refused alike */
  guint64 n_failed; /* of those */
  guint64 n_different;
  guint64 n_both_crashed; /* or hung */
  guint64 n_unfit;        /* no values that the contract allows came out */
  GPtrArray *findings;    /* struct typed_finding * */
};

struct typed_result {
  GPtrArray *functions; /* struct typed_function * */
  guint64 n_cases;
  guint64 n_different;
  guint64 seed;
};
typedef struct typed_result typed_result_owner;

/* Asks everything. Sets ERROR and returns NULL when a name is unknown or a program does not start.
 * Release with typed_result_free(). O(cases) plus some hundred calls per finding. */
struct typed_result *typed_run(const struct typed_options *options, GError **error);
void typed_result_free(struct typed_result *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(typed_result_owner, typed_result_free)

/* "answer", "history", "unsteady", "outcome", "both crash". */
const char *typed_kind_name(enum typed_kind kind);

/* The report as text, N_SHOWN findings per function, or as one JSON object. New strings. */
char *typed_report_text(const struct typed_result *result, size_t n_shown);
char *typed_report_json(const struct typed_result *result);

#endif
