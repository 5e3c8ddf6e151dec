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
  previous->routine = g_new(guint32, MAX(monolith->n_routines, 1));
  previous->state = g_new(guint32, MAX(monolith->n_states, 1));
  memset(previous->routine, 0xff, monolith->n_routines * sizeof(guint32));
  memset(previous->state, 0xff, monolith->n_states * sizeof(guint32));
  g_autoptr(GHashTable) number_of = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (size_t i = 0; i < services->n; i++) {
    const struct plan_service *service = record_at(services, plan_service, i);
    g_ptr_array_add(previous->services, g_strdup(service->name));
    g_hash_table_insert(number_of, (gpointer)&service->id, GSIZE_TO_POINTER(i + 1));
  }
  read_members(previous, monolith, members, number_of);
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
  g_free(previous->options);
  g_free(previous);
}

static guint32 service_of_node(const struct previous *previous, const struct evidence *evidence,
                               guint32 node)
{
  guint32 item = evidence->item[node];
  return node < evidence->n_routines ? previous->routine[item] : previous->state[item];
}

guint32 *previous_labels(const struct previous *previous, const struct evidence *evidence)
{
  guint32 *labels = g_new(guint32, MAX(evidence->n_nodes, 1));
  g_autofree guint32 *label_of = g_new(guint32, MAX(previous->services->len, 1));
  guint32 n_labels = 0;
  memset(label_of, 0xff, previous->services->len * sizeof *label_of);
  for (guint32 node = 0; node < evidence->n_nodes; node++) {
    guint32 service = service_of_node(previous, evidence, node);
    if (service == MONOLITH_NONE) {
      labels[node] = n_labels++;
    } else {
      if (label_of[service] == MONOLITH_NONE) {
        label_of[service] = n_labels++;
      }
      labels[node] = label_of[service];
    }
  }
  return labels;
}

const char **previous_names(const struct previous *previous, const struct evidence *evidence,
                            const guint32 *labels, guint32 n_labels)
{
  guint n_services = previous->services->len;
  const char **names = g_new0(const char *, (gsize)n_labels + 1);
  g_autofree guint32 *shared = g_new0(guint32, (gsize)MAX(n_labels, 1) * MAX(n_services, 1));
  for (guint32 node = 0; node < evidence->n_nodes; node++) {
    guint32 service = service_of_node(previous, evidence, node);
    if (service != MONOLITH_NONE) {
      shared[(gsize)labels[node] * n_services + service]++;
    }
  }
  g_autofree guint8 *is_taken = g_malloc0(MAX(n_services, 1));
  for (;;) {
    guint32 best = 0;
    guint32 best_label = 0;
    guint32 best_service = 0;
    for (guint32 label = 0; label < n_labels; label++) {
      for (guint32 service = 0; names[label] == NULL && service < n_services; service++) {
        guint32 count = shared[(gsize)label * n_services + service];
        if (count > best && !is_taken[service]) {
          best = count;
          best_label = label;
          best_service = service;
        }
      }
    }
    if (best == 0) {
      return names;
    }
    names[best_label] = g_ptr_array_index(previous->services, best_service);
    is_taken[best_service] = 1;
  }
}
