#include "splitter/handed.h"

#include <string.h>

#include "splitter/behaviour.h"

/* Whether a variable can hold on to memory. A number cannot, and a hook is none; what else a name
 * of a type stands for is not known here. A pointer that only start-up sets holds what it leads to,
 * unless that is text or nobody writes it. */
static bool is_root(const struct monolith *monolith, const struct roles *roles, guint32 state,
                    const GRegex *number)
{
  const struct fact_state *fact = &monolith->states[state];
  if (monolith->is_heap[state] || behaviour_is_outside(fact) || strstr(fact->type, "(*") != NULL) {
    return false;
  }
  return roles->state[state] == STATE_CONFIGURATION
             ? strchr(fact->type, '*') != NULL && !g_str_has_prefix(fact->type, "const ") &&
                   !g_str_has_prefix(fact->type, "char ")
             : roles->state[state] == STATE_OWNED &&
                   !g_regex_match(number, fact->type, G_REGEX_MATCH_DEFAULT, NULL);
}

/* Whether a record is allocated once, before the program serves: it is what the program works on,
 * whoever hands it around. As far as the accesses of the routine that allocates it tell. */
static bool is_made_at_startup(const struct monolith *monolith, guint32 state)
{
  const struct fact_state *fact = &monolith->states[state];
  guint32 maker = monolith->is_heap[state] && monolith->is_record[state]
                      ? monolith_routine(monolith, fact->routine)
                      : MONOLITH_NONE;
  if (maker == MONOLITH_NONE) {
    return false;
  }
  bool is_main = strcmp(monolith->routines[maker].name, "main") == 0;
  bool is_early = is_main;
  for (guint32 i = monolith->first_access[maker]; i < monolith->first_access[maker + 1]; i++) {
    const struct fact_access *access = monolith->accesses[i].fact;
    if (!access->is_startup && (!is_main || access->line <= fact->line)) {
      return false;
    }
    is_early |= access->is_startup;
  }
  return is_early;
}

/* Marks ROUTINE and all that call it by name. What is called through a pointer was handed in. */
static void mark_callers(const struct monolith *monolith, guint32 routine, bool *is_rooted,
                         GArray *open)
{
  is_rooted[routine] = true;
  g_array_append_val(open, routine);
  while (open->len > 0) {
    guint32 at = g_array_index(open, guint32, open->len - 1);
    g_array_set_size(open, open->len - 1);
    for (guint32 i = monolith->first_called[at]; i < monolith->first_called[at + 1]; i++) {
      const struct call *call = &monolith->calls[monolith->called[i]];
      if (call->is_direct && !is_rooted[call->caller]) {
        is_rooted[call->caller] = true;
        g_array_append_val(open, call->caller);
      }
    }
  }
}

/* Per routine: whether it or what it calls by name uses a variable that can hold memory, or a
 * record in IS_EARLY (per state). */
static bool *find_rooted(const struct monolith *monolith, const struct roles *roles,
                         const bool *is_early)
{
  g_autoptr(GRegex) number =
      g_regex_new("^((const|volatile|signed|unsigned|char|short|int|long|float|double|bool|_Bool|"
                  "u?int(8|16|32|64)_t|s?size_t|time_t|enum \\w+)( |$))+$",
                  G_REGEX_DEFAULT, G_REGEX_MATCH_DEFAULT, NULL);
  bool *is_rooted = g_new0(bool, MAX(monolith->n_routines, 1));
  g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint32));
  for (guint32 state = 0; state < monolith->n_states; state++) {
    bool may_hold = is_early[state] || is_root(monolith, roles, state, number);
    for (guint32 i = monolith->first_accessed[state];
         may_hold && i < monolith->first_accessed[state + 1]; i++) {
      const struct access *access = &monolith->accesses[monolith->accessed[i]];
      bool is_used = is_early[state] ? !access->is_pointee : access->is_named;
      if (is_used && !is_rooted[access->routine]) {
        mark_callers(monolith, access->routine, is_rooted, open);
      }
    }
  }
  return is_rooted;
}

static bool is_kept_by_writers(const struct monolith *monolith, const bool *is_rooted,
                               guint32 state)
{
  for (guint32 i = monolith->first_accessed[state]; i < monolith->first_accessed[state + 1]; i++) {
    const struct access *access = &monolith->accesses[monolith->accessed[i]];
    if (access->mode == ACCESS_WRITE && !access->is_pointee && is_rooted[access->routine]) {
      return true;
    }
  }
  return false;
}

void handed_mark(const struct monolith *monolith, struct roles *roles)
{
  g_autofree bool *is_early = g_new0(bool, MAX(monolith->n_states, 1));
  for (guint32 i = 0; i < monolith->n_states; i++) {
    is_early[i] = is_made_at_startup(monolith, i);
  }
  g_autofree bool *is_rooted = find_rooted(monolith, roles, is_early);
  for (guint32 first = 0; first < monolith->n_states;) {
    guint32 end = first + 1;
    int64_t object = monolith->states[first].object;
    while (object != 0 && end < monolith->n_states && monolith->states[end].object == object) {
      end++;
    }
    bool is_kept = !monolith->is_heap[first] || is_early[first];
    for (guint32 i = first; i < end && !is_kept; i++) {
      is_kept = is_kept_by_writers(monolith, is_rooted, i);
    }
    for (; first < end; first++) {
      if (!is_kept && roles->state[first] == STATE_OWNED) {
        roles->state[first] = STATE_HANDED;
        g_clear_pointer(&roles->state_reason[first], g_free);
      }
    }
  }
}
