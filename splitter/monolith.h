/* The facts of one program tree as plain arrays with numbers instead of ids: what the splitter
 * thinks about. Read from the store by monolith_load() and never written; nothing below this file
 * knows the store. */
#ifndef CLEAVE_SPLITTER_MONOLITH_H
#define CLEAVE_SPLITTER_MONOLITH_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/facts.h"
#include "store/record.h"

#define MONOLITH_NONE G_MAXUINT32

struct call {
  guint32 caller; /* routine numbers */
  guint32 callee;
  bool is_direct;
  bool is_guess; /* tier model or signature: may be wrong */
  guint32 loop_depth;
  guint32 n_targets; /* how many callees the site has */
  double per_call;   /* calls for one call of the caller: guessed from loops, or recorded */
  double volume;     /* the same, weighted by how often the caller runs (volume.h) */
  double n_recorded; /* calls that a profile counted between the two routines, -1 without one */
  const struct fact_call *fact;
};

enum access_mode { ACCESS_READ, ACCESS_WRITE, ACCESS_ADDRESS };

struct access {
  guint32 routine;
  guint32 state;
  enum access_mode mode;
  bool is_add;     /* only adds to what is there */
  bool is_pointee; /* through a pointer to no record: whose it is is not said */
  bool is_named;   /* not read through a pointer */
  const struct fact_access *fact;
};

struct monolith {
  struct record_set *routine_set; /* ordered by file, name, line, id */
  struct record_set *state_set;   /* ordered by file, name, field, storage, id */
  struct record_set *call_set;
  struct record_set *access_set;
  struct record_set *site_set;
  struct record_set *effect_set;
  struct record_set *entry_set; /* ordered by trigger, key, routine, id */
  struct record_set *span_set;
  struct record_set *param_set;
  struct record_set *type_set;
  struct record_set *field_set;
  struct record_set *word_set;
  struct record_set *argument_set;
  struct record_set *program_set;
  struct record_set *diagnostic_set; /* ordered by place */
  const struct fact_routine *routines;
  guint32 n_routines;
  const struct fact_state *states;
  guint32 n_states;
  bool *is_heap;      /* per state: on the heap */
  bool *is_record;    /* per state: a field, or of what has fields */
  struct call *calls; /* between routines, ordered by caller, callee, file, line, column */
  guint32 n_calls;
  guint32 *first_call;     /* per routine + 1: offsets into calls */
  guint32 *first_called;   /* per routine + 1: offsets into called */
  guint32 *called;         /* call numbers by callee */
  struct access *accesses; /* ordered by routine, state, mode, file, line, column */
  guint32 n_accesses;
  guint32 *first_access;   /* per routine + 1 */
  guint32 *first_accessed; /* per state + 1: offsets into accessed */
  guint32 *accessed;       /* access numbers by state */
  const struct fact_entry *entries;
  guint32 n_entries;
  const struct fact_effect *effects;
  guint32 n_effects;
  const struct fact_span *spans;
  guint32 n_spans;
  GHashTable *routine_of; /* &id -> number + 1 */
  GHashTable *state_of;
  GPtrArray *files;      /* char *, ascending: files of routines and states */
  guint32 *routine_file; /* per routine: number in files */
  guint32 *state_file;
  GArray **file_programs; /* per file: guint32, ascending: numbers of the programs it is part of */
  char **trial_of_file;   /* per file: why its code was left out (trials.h), NULL: it was not */
  const char **trial_of_state; /* the same per state; NULL until something was left out */
};

/* Reads the facts of STORE. NULL and ERROR when it cannot be read. O(facts log facts). */
struct monolith *monolith_load(struct store *store, GError **error);
/* Accepts NULL. */
void monolith_free(struct monolith *monolith);

/* Numbers of a routine or a state, MONOLITH_NONE when ID is none of ours. O(1). */
guint32 monolith_routine(const struct monolith *monolith, int64_t id);
guint32 monolith_state(const struct monolith *monolith, int64_t id);

/* Whether some program holds both routines; true where one's programs are not known.
 * O(programs of the two files). */
bool monolith_share_program(const struct monolith *monolith, guint32 a, guint32 b);
/* Whether two ascending lists of program numbers have one in common, or one is empty: not known.
 * O(both). */
bool monolith_programs_meet(const GArray *a, const GArray *b);

/* Takes the routines of every file with a reason in TRIAL_OF_FILE (one per file, NULL at the end;
 * becomes the monolith's) out of all that is thought about: their calls, accesses, entries, effects
 * and spans go, and so does the state that only they use. They keep their numbers. O(facts). */
void monolith_leave_out(struct monolith *monolith, char **trial_of_file);
/* Why a routine or state was left out, or NULL. O(1). */
const char *monolith_trial_of_routine(const struct monolith *monolith, guint32 routine);
const char *monolith_trial_of_state(const struct monolith *monolith, guint32 state);

/* `name` or `name.field`: a new string. */
char *monolith_state_name(const struct fact_state *state);

#endif
