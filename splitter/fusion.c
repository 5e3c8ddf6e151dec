#include "splitter/fusion.h"

#include <string.h>

/* Names listed in one hint; the rest is counted. */
enum { MOST_NAMES = 5, MOST_FUNCTIONS = 500 };
static const double nearly_same = 0.9;

static void hint_clear(gpointer data)
{
  g_free(((struct fusion_hint *)data)->text);
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

/* Shared routines over all routines of both. */
static double likeness(const GArray *a, const GArray *b)
{
  guint both = 0;
  for (guint i = 0, j = 0; i < a->len && j < b->len;) {
    guint32 left = g_array_index(a, guint32, i);
    guint32 right = g_array_index(b, guint32, j);
    both += left == right;
    i += left <= right;
    j += right <= left;
  }
  return (double)both / MAX(a->len + b->len - both, 1);
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

static void add_shared_state(const struct proposal *proposal, const GPtrArray *functions,
                             const GPtrArray *worked, guint number, GArray *hints)
{
  const struct function *function = g_ptr_array_index(functions, number);
  const GArray *states = g_ptr_array_index(worked, number);
  for (guint i = 0; i < states->len; i++) {
    guint32 state = g_array_index(states, guint32, i);
    g_autoptr(GArray) others = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint j = 0; j < functions->len; j++) {
      const struct function *other = g_ptr_array_index(functions, j);
      if (j != number && other->service == function->service &&
          holds(g_ptr_array_index(worked, j), state)) {
        g_array_append_val(others, j);
      }
    }
    if (others->len > 0) {
      g_autofree char *names = list_names(functions, others);
      g_autofree char *name = monolith_state_name(&proposal->monolith->states[state]);
      struct fusion_hint hint = {
          number, 1,
          g_strdup_printf("shares written state %s with %s: one function for all of them, or the "
                          "state outside",
                          name, names)};
      g_array_append_val(hints, hint);
    }
  }
}

static void add_same_code(const GPtrArray *functions, guint number, GArray *hints)
{
  const struct function *function = g_ptr_array_index(functions, number);
  g_autoptr(GArray) others = g_array_new(FALSE, FALSE, sizeof(guint));
  double least = 1;
  for (guint j = 0; j < functions->len; j++) {
    const struct function *other = g_ptr_array_index(functions, j);
    if (j == number || other->service != function->service) {
      continue;
    }
    double alike = likeness(function->routines, other->routines);
    if (alike >= nearly_same) {
      least = MIN(least, alike);
      g_array_append_val(others, j);
    }
  }
  if (others->len > 0) {
    g_autofree char *names = list_names(functions, others);
    struct fusion_hint hint = {
        number, least,
        g_strdup_printf("needs nearly the same code as %s (%.0f %% and more): may be one function",
                        names, 100 * least)};
    g_array_append_val(hints, hint);
  }
}

GArray *fusion_hints(const struct proposal *proposal, const GPtrArray *functions)
{
  GArray *hints = g_array_new(FALSE, FALSE, sizeof(struct fusion_hint));
  g_array_set_clear_func(hints, hint_clear);
  const struct monolith *monolith = proposal->monolith;
  g_autofree bool *is_written = g_new0(bool, MAX(monolith->n_states, 1));
  for (guint32 i = 0; i < monolith->n_accesses; i++) {
    const struct access *access = &monolith->accesses[i];
    is_written[access->state] |= access->mode == ACCESS_WRITE && !access->fact->is_startup;
  }
  g_autoptr(GPtrArray) worked = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
  for (guint i = 0; i < functions->len; i++) {
    g_ptr_array_add(worked, worked_states(proposal, g_ptr_array_index(functions, i), is_written));
  }
  for (guint i = 0; i < functions->len && functions->len <= MOST_FUNCTIONS; i++) {
    add_shared_state(proposal, functions, worked, i, hints);
    add_same_code(functions, i, hints);
  }
  return hints;
}
