#include "splitter/previous.h"

#include <string.h>

#include "store/plan.h"

static void read_members(struct previous *previous, const struct monolith *monolith,
                         const struct record_set *members, GHashTable *number_of)
{
  for (size_t i = 0; i < members->n; i++) {
    const struct plan_member *member = record_at(members, plan_member, i);
    gpointer number = g_hash_table_lookup(number_of, &member->service);
    bool is_routine = strcmp(member->kind, "routine") == 0;
    guint32 item = is_routine ? monolith_routine(monolith, member->item)
                              : monolith_state(monolith, member->item);
    if (number != NULL && item != MONOLITH_NONE) {
      (is_routine ? previous->routine : previous->state)[item] = GPOINTER_TO_UINT(number) - 1;
    }
  }
}

static guint32 *no_numbers(guint32 n)
{
  guint32 *numbers = g_new(guint32, MAX(n, 1));
  memset(numbers, 0xff, n * sizeof *numbers);
  return numbers;
}

/* One line of groups: ids in hexadecimal, a tab, the name. What is not known any more is left out,
 * and so is a line that nobody of us wrote. */
static void read_group(struct previous *previous, const struct monolith *monolith, const char *line)
{
  g_auto(GStrv) halves = g_strsplit(line, "\t", 2);
  if (g_strv_length(halves) != 2) {
    return;
  }
  g_auto(GStrv) ids = g_strsplit(halves[0], " ", -1);
  guint32 group = previous->groups->len;
  g_ptr_array_add(previous->groups, g_strcompress(halves[1]));
  for (guint i = 0; ids[i] != NULL; i++) {
    int64_t id = (int64_t)g_ascii_strtoull(ids[i], NULL, 16);
    guint32 routine = monolith_routine(monolith, id);
    guint32 state = monolith_state(monolith, id);
    if (routine != MONOLITH_NONE) {
      previous->routine_group[routine] = group;
    }
    if (state != MONOLITH_NONE) {
      previous->state_group[state] = group;
    }
  }
}

/* TEXT may be NULL: then the services are the groups. */
static void read_groups(struct previous *previous, const struct monolith *monolith,
                        const char *text)
{
  if (text == NULL) {
    previous->groups = g_ptr_array_ref(previous->services);
    previous->routine_group =
        g_memdup2(previous->routine, MAX(monolith->n_routines, 1) * sizeof(guint32));
    previous->state_group =
        g_memdup2(previous->state, MAX(monolith->n_states, 1) * sizeof(guint32));
    return;
  }
  previous->groups = g_ptr_array_new_with_free_func(g_free);
  previous->routine_group = no_numbers(monolith->n_routines);
  previous->state_group = no_numbers(monolith->n_states);
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    read_group(previous, monolith, lines[i]);
  }
}

char *previous_groups_text(const struct monolith *monolith, const struct evidence *evidence,
                           const guint32 *labels, const char *const *label_name)
{
  guint n_labels = g_strv_length((char **)label_name);
  g_autofree GString **lines = g_new0(GString *, (gsize)n_labels + 1);
  for (guint32 node = 0; node < evidence->n_nodes; node++) {
    guint32 item = evidence->item[node];
    int64_t id =
        node < evidence->n_routines ? monolith->routines[item].id : monolith->states[item].id;
    GString **line = &lines[labels[node]];
    *line = *line == NULL ? g_string_new(NULL) : g_string_append_c(*line, ' ');
    g_string_append_printf(*line, "%" G_GINT64_MODIFIER "x", (guint64)id);
  }
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < n_labels; i++) {
    if (lines[i] != NULL) {
      g_autofree char *name = g_strescape(label_name[i], NULL);
      g_string_append_printf(text, "%s\t%s\n", lines[i]->str, name);
      g_string_free(lines[i], TRUE);
    }
  }
  return g_string_free(text, FALSE);
}

struct previous *previous_load(struct store *store, const struct monolith *monolith, GError **error)
{
  g_autoptr(record_set) services = store_load(store, &plan_service_table, "name", error);
  g_autoptr(record_set) members =
      services == NULL ? NULL : store_load(store, &plan_member_table, NULL, error);
  if (members == NULL || services->n == 0) {
    return NULL;
  }
  struct previous *previous = g_new0(struct previous, 1);
  previous->services = g_ptr_array_new_with_free_func(g_free);
  previous->routine = no_numbers(monolith->n_routines);
  previous->state = no_numbers(monolith->n_states);
  g_autoptr(GHashTable) number_of = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (size_t i = 0; i < services->n; i++) {
    const struct plan_service *service = record_at(services, plan_service, i);
    g_ptr_array_add(previous->services, g_strdup(service->name));
    g_hash_table_insert(number_of, (gpointer)&service->id, GSIZE_TO_POINTER(i + 1));
  }
  read_members(previous, monolith, members, number_of);
  g_autofree char *groups = store_info(store, "split_groups", NULL);
  read_groups(previous, monolith, groups);
  g_autofree char *resolution = store_info(store, "split_resolution", NULL);
  previous->resolution = resolution != NULL ? g_ascii_strtoll(resolution, NULL, 10) : 0;
  previous->options = store_info(store, "split_options", NULL);
  return previous;
}

void previous_free(struct previous *previous)
{
  if (previous == NULL) {
    return;
  }
  g_ptr_array_unref(previous->services);
  g_free(previous->routine);
  g_free(previous->state);
  g_ptr_array_unref(previous->groups);
  g_free(previous->routine_group);
  g_free(previous->state_group);
  g_free(previous->options);
  g_free(previous);
}

guint32 previous_group(const struct previous *previous, const struct evidence *evidence,
                       guint32 node)
{
  guint32 item = evidence->item[node];
  return node < evidence->n_routines ? previous->routine_group[item] : previous->state_group[item];
}

guint32 *previous_labels(const struct previous *previous, const struct evidence *evidence)
{
  guint32 *labels = g_new(guint32, MAX(evidence->n_nodes, 1));
  g_autofree guint32 *label_of = g_new(guint32, MAX(previous->groups->len, 1));
  guint32 n_labels = 0;
  memset(label_of, 0xff, previous->groups->len * sizeof *label_of);
  for (guint32 node = 0; node < evidence->n_nodes; node++) {
    guint32 group = previous_group(previous, evidence, node);
    if (group == MONOLITH_NONE) {
      labels[node] = n_labels++;
    } else {
      if (label_of[group] == MONOLITH_NONE) {
        label_of[group] = n_labels++;
      }
      labels[node] = label_of[group];
    }
  }
  return labels;
}

const char **previous_names(const struct previous *previous, const struct evidence *evidence,
                            const guint32 *labels, guint32 n_labels)
{
  guint n_groups = previous->groups->len;
  const char **names = g_new0(const char *, (gsize)n_labels + 1);
  g_autofree guint32 *shared = g_new0(guint32, (gsize)MAX(n_labels, 1) * MAX(n_groups, 1));
  for (guint32 node = 0; node < evidence->n_nodes; node++) {
    guint32 group = previous_group(previous, evidence, node);
    if (group != MONOLITH_NONE) {
      shared[(gsize)labels[node] * n_groups + group]++;
    }
  }
  g_autofree guint8 *is_taken = g_malloc0(MAX(n_groups, 1));
  for (;;) {
    guint32 best = 0;
    guint32 best_label = 0;
    guint32 best_group = 0;
    for (guint32 label = 0; label < n_labels; label++) {
      for (guint32 group = 0; names[label] == NULL && group < n_groups; group++) {
        guint32 count = shared[(gsize)label * n_groups + group];
        if (count > best && !is_taken[group]) {
          best = count;
          best_label = label;
          best_group = group;
        }
      }
    }
    if (best == 0) {
      return names;
    }
    names[best_label] = g_ptr_array_index(previous->groups, best_group);
    is_taken[best_group] = 1;
  }
}
