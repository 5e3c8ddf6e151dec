#include "splitter/fusion.h"

#include <string.h>

/* Names listed in one note; the rest is counted. Beyond so many functions nothing is compared. */
enum { MOST_NAMES = 5, MOST_FUNCTIONS = 1000 };
static const double nearly_same = 0.9;
/* Memory that differs by more keeps functions apart: a unit pays for its largest member. */
static const double memory_factor = 2;

struct fusing {
  const struct proposal *proposal;
  const GPtrArray *functions;
  const struct recording *recordings;
  GPtrArray *worked; /* per function: GArray of states that it works on in the process */
  GPtrArray *own;    /* per function: GArray of routines that are not shared code */
  struct fusion *fusion;
};

static void note_clear(gpointer data)
{
  g_free(((struct fusion_note *)data)->text);
}

enum trust fusion_trust(const struct function *function)
{
  static const char *const handed_over[] = {"queue", "stream", "object", NULL};
  return strcmp(function->trigger, "http") == 0            ? TRUST_PUBLIC
         : g_strv_contains(handed_over, function->trigger) ? TRUST_HANDED_OVER
                                                           : TRUST_INSIDE;
}

static bool is_in_process(const struct proposal *proposal, guint32 state)
{
  const char *storage = proposal->monolith->states[state].storage;
  return strcmp(storage, "table") != 0 && strcmp(storage, "file") != 0 &&
         proposal->state[state].role != PLACE_EXTERNAL;
}

static int compare_numbers(gconstpointer left, gconstpointer right)
{
  guint32 a = *(const guint32 *)left;
  guint32 b = *(const guint32 *)right;
  return a < b ? -1 : a > b;
}

/* State of the process that somebody writes and that FUNCTION itself works on, ascending. */
static GArray *worked_states(const struct proposal *proposal, const struct function *function,
                             const bool *is_written)
{
  const struct monolith *monolith = proposal->monolith;
  GArray *states = g_array_new(FALSE, FALSE, sizeof(guint32));
  for (guint i = 0; i < function->routines->len; i++) {
    guint32 routine = g_array_index(function->routines, guint32, i);
    for (guint32 j = monolith->first_access[routine]; j < monolith->first_access[routine + 1];
         j++) {
      const struct access *access = &monolith->accesses[j];
      if (is_written[access->state] && is_in_process(proposal, access->state) &&
          roles_works_on(monolith, proposal->roles, access)) {
        g_array_append_val(states, access->state);
      }
    }
  }
  g_array_sort(states, compare_numbers);
  guint kept = 0;
  for (guint i = 0; i < states->len; i++) {
    guint32 state = g_array_index(states, guint32, i);
    if (kept == 0 || g_array_index(states, guint32, kept - 1) != state) {
      g_array_index(states, guint32, kept++) = state;
    }
  }
  g_array_set_size(states, kept);
  return states;
}

static bool holds(const GArray *numbers, guint32 number)
{
  guint low = 0;
  guint high = numbers->len;
  while (low < high) {
    guint middle = (low + high) / 2;
    if (g_array_index(numbers, guint32, middle) < number) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < numbers->len && g_array_index(numbers, guint32, low) == number;
}

/* Statements in common over all statements of both, shared code left aside. */
static double likeness(const struct monolith *monolith, const GArray *a, const GArray *b)
{
  double both = 0;
  double all = 0;
  for (guint i = 0, j = 0; i < a->len || j < b->len;) {
    guint32 left = i < a->len ? g_array_index(a, guint32, i) : MONOLITH_NONE;
    guint32 right = j < b->len ? g_array_index(b, guint32, j) : MONOLITH_NONE;
    double size = 1 + (double)MAX(monolith->routines[MIN(left, right)].n_statements, 0);
    both += left == right ? size : 0;
    all += size;
    i += left <= right;
    j += right <= left;
  }
  return all > 0 ? both / all : 0;
}

/* "a, b and 3 more" of the functions in NUMBERS. */
static char *list_names(const GPtrArray *functions, const GArray *numbers)
{
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < numbers->len && i < MOST_NAMES; i++) {
    const struct function *function =
        g_ptr_array_index(functions, g_array_index(numbers, guint, i));
    g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", function->name);
  }
  if (numbers->len > MOST_NAMES) {
    g_string_append_printf(text, " and %u more", numbers->len - MOST_NAMES);
  }
  return g_string_free(text, FALSE);
}

static const char *trust_words(enum trust trust)
{
  static const char *const words[] = {"the public", "work that is handed over",
                                      "those who run the program"};
  return words[trust];
}

static guint32 unit_of(const struct fusion *fusion, guint32 function)
{
  while (fusion->unit[function] != function) {
    function = fusion->unit[function];
  }
  return function;
}

static void join(struct fusion *fusion, guint32 a, guint32 b)
{
  a = unit_of(fusion, a);
  b = unit_of(fusion, b);
  fusion->unit[MAX(a, b)] = MIN(a, b);
}

static void note(struct fusing *fusing, guint function, double weight, const char *file,
                 gint64 line, char *text)
{
  struct fusion_note entry = {function, weight, text, file, line};
  g_array_append_val(fusing->fusion->notes, entry);
}

static const struct function *function_at(const struct fusing *fusing, guint number)
{
  return g_ptr_array_index(fusing->functions, number);
}

static bool may_be_built(const struct function *function)
{
  return function->readiness != READINESS_BLOCKED;
}

/* The first line on which FUNCTION writes STATE, else reads it. */
static const struct access *line_of(const struct monolith *monolith,
                                    const struct function *function, guint32 state)
{
  const struct access *found = NULL;
  for (guint32 i = monolith->first_accessed[state]; i < monolith->first_accessed[state + 1]; i++) {
    const struct access *access = &monolith->accesses[monolith->accessed[i]];
    if (holds(function->routines, access->routine) && !access->fact->is_startup &&
        (found == NULL || (access->mode == ACCESS_WRITE && found->mode != ACCESS_WRITE))) {
      found = access;
    }
  }
  return found;
}

/* Functions of the same service that work on STATE, NUMBER excepted. */
static GArray *sharers(const struct fusing *fusing, guint number, guint32 state)
{
  GArray *others = g_array_new(FALSE, FALSE, sizeof(guint));
  for (guint j = 0; j < fusing->functions->len; j++) {
    if (j != number && function_at(fusing, j)->service == function_at(fusing, number)->service &&
        holds(g_ptr_array_index(fusing->worked, j), state)) {
      g_array_append_val(others, j);
    }
  }
  return others;
}

static bool is_in_program(const struct monolith *monolith, const char *program, const char *file)
{
  for (size_t i = 0; i < monolith->program_set->n; i++) {
    const struct fact_program *fact = record_at(monolith->program_set, fact_program, i);
    if (strcmp(fact->program, program) == 0 && strcmp(fact->file, file) == 0) {
      return true;
    }
  }
  return false;
}

/* The program that FUNCTION is built from: one that holds its entry's routine and, where it can be,
 * the line that registers it. "" when no program is known. */
static const char *program_of(const struct monolith *monolith, const struct function *function)
{
  const char *file = monolith->routines[function->routine].file;
  const char *registers =
      function->entry != MONOLITH_NONE ? monolith->entries[function->entry].file : "";
  const char *first = "";
  for (size_t i = 0; i < monolith->program_set->n; i++) {
    const struct fact_program *fact = record_at(monolith->program_set, fact_program, i);
    if (strcmp(fact->file, file) != 0) {
      continue;
    }
    if (is_in_program(monolith, fact->program, registers)) {
      return fact->program;
    }
    first = *first == '\0' ? fact->program : first;
  }
  return first;
}

/* State that cannot leave the process binds all that work on it, whatever else they are. */
static void fuse_by_state(struct fusing *fusing, guint number)
{
  const struct monolith *monolith = fusing->proposal->monolith;
  const GArray *states = g_ptr_array_index(fusing->worked, number);
  for (guint i = 0; i < states->len; i++) {
    guint32 state = g_array_index(states, guint32, i);
    g_autoptr(GArray) others = sharers(fusing, number, state);
    if (others->len == 0) {
      continue;
    }
    bool is_bound =
        fusing->proposal->roles->handle[state] != NULL && may_be_built(function_at(fusing, number));
    for (guint j = 0; is_bound && j < others->len; j++) {
      guint other = g_array_index(others, guint, j);
      bool is_one_process = strcmp(program_of(monolith, function_at(fusing, number)),
                                   program_of(monolith, function_at(fusing, other))) == 0;
      if (may_be_built(function_at(fusing, other)) && is_one_process) {
        join(fusing->fusion, number, other);
      }
    }
    g_autofree char *names = list_names(fusing->functions, others);
    g_autofree char *name = monolith_state_name(&monolith->states[state]);
    const struct access *line = line_of(monolith, function_at(fusing, number), state);
    note(fusing, number, 1, line != NULL ? line->fact->file : "",
         line != NULL ? line->fact->line : 0,
         is_bound
             ? g_strdup_printf("one function with %s: both work on %s, which holds %s and cannot "
                               "leave the process; run one instance, or give it one owner",
                               names, name, fusing->proposal->roles->handle[state])
             : g_strdup_printf("shares written state %s with %s: keep it outside, for instances of "
                               "one function share it no more than two functions do",
                               name, names));
  }
}

static bool memory_differs(const struct fusing *fusing, const struct function *a,
                           const struct function *b)
{
  double left = fusing->recordings != NULL ? fusing->recordings[a->routine].peak_bytes : 0;
  double right = fusing->recordings != NULL ? fusing->recordings[b->routine].peak_bytes : 0;
  return left > 0 && right > 0 && MAX(left, right) > memory_factor * MIN(left, right);
}

/* Why two functions of nearly the same code stay two, or NULL. */
static char *reason_to_split(const struct fusing *fusing, guint number, guint other)
{
  const struct function *a = function_at(fusing, number);
  const struct function *b = function_at(fusing, other);
  if (!may_be_built(a) || !may_be_built(b)) {
    return g_strdup("one of them is blocked");
  }
  const char *program = program_of(fusing->proposal->monolith, a);
  const char *other_program = program_of(fusing->proposal->monolith, b);
  if (strcmp(program, other_program) != 0) {
    return g_strdup_printf("they are of different programs (%s and %s)", program, other_program);
  }
  if (fusion_trust(a) != fusion_trust(b)) {
    return g_strdup_printf("this one answers to %s, the other to %s", trust_words(fusion_trust(a)),
                           trust_words(fusion_trust(b)));
  }
  if (memory_differs(fusing, a, b)) {
    return g_strdup_printf("they need different memory (%.0f and %.0f MB at most)",
                           fusing->recordings[a->routine].peak_bytes / 1048576,
                           fusing->recordings[b->routine].peak_bytes / 1048576);
  }
  return NULL;
}

static double likeness_of(const struct fusing *fusing, guint a, guint b)
{
  if (function_at(fusing, a)->routine == function_at(fusing, b)->routine) {
    return 1;
  }
  return likeness(fusing->proposal->monolith, g_ptr_array_index(fusing->own, a),
                  g_ptr_array_index(fusing->own, b));
}

/* Whether FUNCTION needs nearly the same code as all that are in the unit of OTHER already:
 * likeness does not carry over from one to the next. */
static bool fits_unit(const struct fusing *fusing, guint number, guint other)
{
  guint32 unit = unit_of(fusing->fusion, other);
  guint32 own = unit_of(fusing->fusion, number);
  for (guint i = 0; i < fusing->functions->len; i++) {
    for (guint j = 0; j < fusing->functions->len; j++) {
      if (unit_of(fusing->fusion, i) == unit && unit_of(fusing->fusion, j) == own &&
          likeness_of(fusing, i, j) < nearly_same) {
        return false;
      }
    }
  }
  return true;
}

static void fuse_by_code(struct fusing *fusing, guint number)
{
  const struct function *function = function_at(fusing, number);
  for (guint other = 0; other < number; other++) {
    if (function_at(fusing, other)->service != function->service ||
        likeness_of(fusing, number, other) < nearly_same) {
      continue;
    }
    double alike = likeness_of(fusing, number, other);
    g_autofree char *reason = reason_to_split(fusing, number, other);
    if (reason == NULL && fits_unit(fusing, number, other)) {
      join(fusing->fusion, number, other);
    }
    bool is_joined = unit_of(fusing->fusion, number) == unit_of(fusing->fusion, other);
    for (guint side = 0; side < 2; side++) {
      guint self = side == 0 ? number : other;
      const char *name = function_at(fusing, side == 0 ? other : number)->name;
      note(
          fusing, self, alike, "", 0,
          is_joined
              ? g_strdup_printf("one function with %s: %.0f %% of their service's code is the same",
                                name, 100 * alike)
              : g_strdup_printf("apart from %s though %.0f %% of their service's code is the same: "
                                "%s",
                                name, 100 * alike,
                                reason != NULL ? reason : "others of its unit differ"));
    }
  }
}

/* Routines of FUNCTION that its service owns, ascending: shared code is everywhere, and what others
 * hand to a callback says nothing of either. */
static GArray *own_routines(const struct proposal *proposal, const struct function *function)
{
  GArray *own = g_array_new(FALSE, FALSE, sizeof(guint32));
  for (guint i = 0; i < function->routines->len; i++) {
    guint32 routine = g_array_index(function->routines, guint32, i);
    const struct place *place = &proposal->routine[routine];
    bool is_own = place->role == PLACE_MEMBER && place->service == function->service;
    if (is_own || routine == function->routine) {
      g_array_append_val(own, routine);
    }
  }
  return own;
}

static int compare_notes(gconstpointer left, gconstpointer right)
{
  const struct fusion_note *a = left;
  const struct fusion_note *b = right;
  if (a->function != b->function) {
    return a->function < b->function ? -1 : 1;
  }
  return strcmp(a->text, b->text);
}

static void gather(struct fusing *fusing)
{
  const struct proposal *proposal = fusing->proposal;
  const struct monolith *monolith = proposal->monolith;
  g_autofree bool *is_written = g_new0(bool, MAX(monolith->n_states, 1));
  for (guint32 i = 0; i < monolith->n_accesses; i++) {
    const struct access *access = &monolith->accesses[i];
    is_written[access->state] |= access->mode == ACCESS_WRITE && !access->fact->is_startup;
  }
  for (guint i = 0; i < fusing->functions->len; i++) {
    const struct function *function = function_at(fusing, i);
    g_ptr_array_add(fusing->worked, worked_states(proposal, function, is_written));
    g_ptr_array_add(fusing->own, own_routines(proposal, function));
  }
}

struct fusion *fusion_new(const struct proposal *proposal, const GPtrArray *functions,
                          const struct recording *recordings)
{
  struct fusion *fusion = g_new0(struct fusion, 1);
  fusion->unit = g_new(guint32, MAX(functions->len, 1));
  fusion->notes = g_array_new(FALSE, FALSE, sizeof(struct fusion_note));
  g_array_set_clear_func(fusion->notes, note_clear);
  for (guint i = 0; i < functions->len; i++) {
    fusion->unit[i] = i;
  }
  if (functions->len > MOST_FUNCTIONS) {
    return fusion;
  }
  struct fusing fusing = {.proposal = proposal,
                          .functions = functions,
                          .recordings = recordings,
                          .worked = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref),
                          .own = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref),
                          .fusion = fusion};
  gather(&fusing);
  for (guint i = 0; i < functions->len; i++) {
    fuse_by_state(&fusing, i);
  }
  for (guint i = 0; i < functions->len; i++) {
    fuse_by_code(&fusing, i);
  }
  for (guint i = 0; i < functions->len; i++) {
    fusion->unit[i] = unit_of(fusion, i);
  }
  g_array_sort(fusion->notes, compare_notes);
  g_ptr_array_unref(fusing.worked);
  g_ptr_array_unref(fusing.own);
  return fusion;
}

void fusion_free(struct fusion *fusion)
{
  if (fusion != NULL) {
    g_free(fusion->unit);
    g_array_unref(fusion->notes);
    g_free(fusion);
  }
}
