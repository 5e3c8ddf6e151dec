#include "splitter/strangers.h"

#include "splitter/numbers.h"

#include <string.h>

struct strangers {
  guint n_files;
  GArray **programs; /* per file: guint32, ascending; empty where none is known */
};

static bool *find_linked(const struct monolith *monolith)
{
  bool *is_linked = g_new0(bool, MAX(monolith->files->len, 1));
  g_autoptr(GHashTable) unlinked = g_hash_table_new(g_str_hash, g_str_equal);
  for (size_t i = 0; i < monolith->program_set->n; i++) {
    const struct fact_program *program = record_at(monolith->program_set, fact_program, i);
    if (strcmp(program->source, "nothing links it") == 0) {
      g_hash_table_add(unlinked, (gpointer)program->file);
    }
  }
  for (guint i = 0; i < monolith->files->len; i++) {
    is_linked[i] = monolith->file_programs[i]->len > 0 &&
                   !g_hash_table_contains(unlinked, g_ptr_array_index(monolith->files, i));
  }
  return is_linked;
}

struct strangers *strangers_new(const struct monolith *monolith)
{
  struct strangers *strangers = g_new0(struct strangers, 1);
  strangers->n_files = monolith->files->len;
  strangers->programs = g_new0(GArray *, MAX(strangers->n_files, 1));
  g_autofree bool *is_linked = find_linked(monolith);
  for (guint i = 0; i < strangers->n_files; i++) {
    strangers->programs[i] = g_array_new(FALSE, FALSE, sizeof(guint32));
    if (is_linked[i]) {
      const GArray *own = monolith->file_programs[i];
      g_array_append_vals(strangers->programs[i], own->data, own->len);
    }
  }
  for (guint32 i = 0; i < monolith->n_calls; i++) {
    const struct call *call = &monolith->calls[i];
    guint32 from = monolith->routine_file[call->caller];
    guint32 to = monolith->routine_file[call->callee];
    if (!call->is_guess && is_linked[from] != is_linked[to]) {
      const GArray *own = monolith->file_programs[is_linked[from] ? from : to];
      g_array_append_vals(strangers->programs[is_linked[from] ? to : from], own->data, own->len);
    }
  }
  for (guint i = 0; i < strangers->n_files; i++) {
    numbers_sort_distinct(strangers->programs[i]);
  }
  return strangers;
}

void strangers_free(struct strangers *strangers)
{
  if (strangers == NULL) {
    return;
  }
  for (guint i = 0; i < strangers->n_files; i++) {
    g_array_unref(strangers->programs[i]);
  }
  g_free(strangers->programs);
  g_free(strangers);
}

bool strangers_are(const struct strangers *strangers, guint32 a, guint32 b)
{
  return !monolith_programs_meet(strangers->programs[a], strangers->programs[b]);
}
