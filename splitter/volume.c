#include "splitter/volume.h"

#include <math.h>
#include <string.h>

#include "store/plan.h"
#include "store/results.h"

/* What is left of a call that a profiled caller did not make once. */
static const double unseen_share = 0.1;

static void add_invocation(struct recording *recording, const struct result_invocation *invocation)
{
  bool is_answered = strcmp(invocation->status, "ok") == 0;
  recording->first =
      recording->n == 0 ? invocation->started : MIN(recording->first, invocation->started);
  recording->last = MAX(recording->last, invocation->started);
  recording->peak_bytes = MAX(recording->peak_bytes, (double)invocation->max_rss);
  recording->seconds += is_answered ? invocation->duration : 0;
  recording->n += is_answered;
  if (invocation->is_cold) {
    recording->n_cold++;
    recording->cold_seconds += invocation->init;
  }
}

struct recording *volume_recordings(struct store *store, const struct monolith *monolith,
                                    GError **error)
{
  g_autoptr(record_set) functions = store_load(store, &plan_function_table, "name", error);
  g_autoptr(record_set) invocations =
      functions == NULL ? NULL : store_load(store, &result_invocation_table, "id", error);
  if (invocations == NULL) {
    return NULL;
  }
  struct recording *recordings = g_new0(struct recording, MAX(monolith->n_routines, 1));
  g_autoptr(GHashTable) routine_of = g_hash_table_new(g_str_hash, g_str_equal);
  for (size_t i = 0; i < functions->n; i++) {
    const struct plan_function *function = record_at(functions, plan_function, i);
    guint32 routine = monolith_routine(monolith, function->routine);
    if (routine != MONOLITH_NONE) {
      g_hash_table_insert(routine_of, (gpointer)function->name, GUINT_TO_POINTER(routine + 1));
    }
  }
  for (size_t i = 0; i < invocations->n; i++) {
    const struct result_invocation *invocation = record_at(invocations, result_invocation, i);
    gpointer routine = g_hash_table_lookup(routine_of, invocation->function);
    if (routine != NULL) {
      add_invocation(&recordings[GPOINTER_TO_UINT(routine) - 1], invocation);
    }
  }
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    recordings[i].seconds /= MAX(recordings[i].n, 1);
    recordings[i].cold_seconds /= MAX(recordings[i].n_cold, 1);
  }
  return recordings;
}

static bool is_entry(const struct monolith *monolith, guint32 routine)
{
  for (guint32 i = 0; i < monolith->n_entries; i++) {
    if (monolith->entries[i].routine == monolith->routines[routine].id &&
        strcmp(monolith->entries[i].trigger, "main") != 0) {
      return true;
    }
  }
  return false;
}

/* Adds COUNT to all that ROUTINE reaches without going through another entry's dispatch. */
static void add_activity(const struct monolith *monolith, guint32 routine, double count,
                         const bool *is_other, double *activity)
{
  g_autofree bool *is_seen = g_new0(bool, monolith->n_routines);
  g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint32));
  is_seen[routine] = true;
  g_array_append_val(open, routine);
  while (open->len > 0) {
    guint32 at = g_array_index(open, guint32, open->len - 1);
    g_array_set_size(open, open->len - 1);
    activity[at] += count;
    for (guint32 i = monolith->first_call[at]; i < monolith->first_call[at + 1]; i++) {
      const struct call *call = &monolith->calls[i];
      bool is_dispatch = is_other[call->callee] && (!call->is_direct || call->n_targets > 1);
      if (!is_seen[call->callee] && !call->is_guess && !is_dispatch) {
        is_seen[call->callee] = true;
        g_array_append_val(open, call->callee);
      }
    }
  }
}

bool volume_apply_recordings(struct monolith *monolith, const struct recording *recordings)
{
  g_autofree double *activity = g_new0(double, MAX(monolith->n_routines, 1));
  g_autofree bool *is_other = g_new0(bool, MAX(monolith->n_routines, 1));
  bool has_any = false;
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    is_other[i] = is_entry(monolith, i);
  }
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    if (recordings[i].n > 0) {
      add_activity(monolith, i, recordings[i].n, is_other, activity);
      has_any = true;
    }
  }
  double sum = 0;
  guint32 n = 0;
  for (guint32 i = 0; i < monolith->n_calls; i++) {
    sum += activity[monolith->calls[i].caller];
    n += activity[monolith->calls[i].caller] > 0;
  }
  for (guint32 i = 0; has_any && sum > 0 && i < monolith->n_calls; i++) {
    double own = activity[monolith->calls[i].caller];
    monolith->calls[i].volume *= own > 0 ? own / (sum / n) : 1;
  }
  return has_any;
}

static gboolean ends_with_path(const char *path, const char *tail)
{
  gsize path_length = strlen(path);
  gsize length = strlen(tail);
  return length > 0 && path_length >= length && strcmp(path + path_length - length, tail) == 0 &&
         (path_length == length || path[path_length - length - 1] == '/');
}

/* The routine that a profile calls NAME in FILE: by its name alone where that is enough. */
static guint32 find_routine(const struct monolith *monolith, GHashTable *by_name, const char *name,
                            const char *file)
{
  const GArray *numbers = g_hash_table_lookup(by_name, name);
  if (numbers == NULL) {
    return MONOLITH_NONE;
  }
  for (guint i = 0; i < numbers->len; i++) {
    guint32 routine = g_array_index(numbers, guint32, i);
    const char *own = monolith->routines[routine].file;
    if (ends_with_path(file, own) || ends_with_path(own, file)) {
      return routine;
    }
  }
  return numbers->len == 1 ? g_array_index(numbers, guint32, 0) : MONOLITH_NONE;
}

static GHashTable *routines_by_name(const struct monolith *monolith)
{
  GHashTable *by_name =
      g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_array_unref);
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    const struct fact_routine *routine = &monolith->routines[i];
    GArray *numbers = g_hash_table_lookup(by_name, routine->name);
    if (!routine->is_defined) {
      continue;
    }
    if (numbers == NULL) {
      numbers = g_array_new(FALSE, FALSE, sizeof(guint32));
      g_hash_table_insert(by_name, (gpointer)routine->name, numbers);
    }
    g_array_append_val(numbers, i);
  }
  return by_name;
}

/* The first of the calls from CALLER to CALLEE, or n_calls; O(log). */
static guint32 find_calls(const struct monolith *monolith, guint32 caller, guint32 callee)
{
  guint32 low = monolith->first_call[caller];
  guint32 high = monolith->first_call[caller + 1];
  while (low < high) {
    guint32 middle = (low + high) / 2;
    if (monolith->calls[middle].callee < callee) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < monolith->first_call[caller + 1] && monolith->calls[low].callee == callee
             ? low
             : monolith->n_calls;
}

/* Adds up the counts per pair; they stand at the first call of the pair. N_CALLED: per routine. */
static guint32 take_counts(struct monolith *monolith, const struct profile *profile, bool *has_run,
                           double *n_called)
{
  g_autoptr(GHashTable) by_name = routines_by_name(monolith);
  guint32 n_pairs = 0;
  for (guint i = 0; i < profile->calls->len; i++) {
    const struct profile_call *seen = &g_array_index(profile->calls, struct profile_call, i);
    guint32 caller = find_routine(monolith, by_name, seen->caller, seen->caller_file);
    guint32 callee = find_routine(monolith, by_name, seen->callee, seen->callee_file);
    if (callee != MONOLITH_NONE) {
      has_run[callee] = true;
      n_called[callee] += (double)seen->count;
    }
    if (caller == MONOLITH_NONE) {
      continue;
    }
    has_run[caller] = true;
    guint32 at = callee == MONOLITH_NONE ? monolith->n_calls : find_calls(monolith, caller, callee);
    if (at < monolith->n_calls) {
      struct call *call = &monolith->calls[at];
      n_pairs += call->n_recorded < 0;
      call->n_recorded = MAX(call->n_recorded, 0) + (double)seen->count;
    }
  }
  return n_pairs;
}

static guint32 end_of_pair(const struct monolith *monolith, guint32 first)
{
  guint32 end = first;
  while (end < monolith->n_calls && monolith->calls[end].caller == monolith->calls[first].caller &&
         monolith->calls[end].callee == monolith->calls[first].callee) {
    end++;
  }
  return end;
}

static double volume_of_pair(const struct monolith *monolith, guint32 first, guint32 end)
{
  double volume = 0;
  for (guint32 i = first; i < end; i++) {
    volume += monolith->calls[i].volume;
  }
  return volume;
}

guint32 volume_apply_profile(struct monolith *monolith, const struct profile *profile)
{
  g_autofree bool *has_run = g_new0(bool, MAX(monolith->n_routines, 1));
  g_autofree double *n_called = g_new0(double, MAX(monolith->n_routines, 1));
  guint32 n_pairs = take_counts(monolith, profile, has_run, n_called);
  double sum = 0; /* of the logarithms of guess over count */
  guint32 n = 0;
  for (guint32 i = 0, end = 0; i < monolith->n_calls; i = end) {
    end = end_of_pair(monolith, i);
    double volume = volume_of_pair(monolith, i, end);
    if (monolith->calls[i].n_recorded > 0 && volume > 0) {
      sum += log(volume / monolith->calls[i].n_recorded);
      n++;
    }
  }
  double scale = n > 0 ? exp(sum / n) : 1;
  for (guint32 i = 0, end = 0; i < monolith->n_calls; i = end) {
    end = end_of_pair(monolith, i);
    double volume = volume_of_pair(monolith, i, end);
    double count = monolith->calls[i].n_recorded;
    if (!has_run[monolith->calls[i].caller] || volume <= 0) {
      continue;
    }
    /* The count is of the pair; its sites share it as they shared the guess. */
    double factor = count > 0 ? scale * count / volume : unseen_share;
    double runs = n_called[monolith->calls[i].caller];
    for (guint32 j = i; j < end; j++) {
      /* Nobody calls main: its own counts are of one run. */
      monolith->calls[j].per_call = count > 0 ? count / MAX(runs, 1) / (end - i) : 0;
      monolith->calls[j].volume *= factor;
      monolith->calls[j].n_recorded = MAX(count, 0);
    }
  }
  return n_pairs;
}
