#include "analyzer/link.h"

#include "store/facts.h"
#include "store/identity.h"
#include "store/record.h"

#include <string.h>

/* Routines and direct calls, by name. */

struct linking {
  struct store *store;
  const struct link_input *input;
  GHashTable *external; /* symbol -> file of its definition */
  GHashTable *written;  /* ids of rows that are there already */
};

static const char *file_of(const struct unit *unit, uint32_t file)
{
  return file != UNIT_NONE && (unit->files[file].flags & UNIT_FILE_INSIDE) != 0
             ? unit_string(unit, unit->files[file].path)
             : "";
}

static const char *defining_file(struct linking *linking, const struct unit *unit, uint32_t row)
{
  const struct unit_routine *routine = &unit->routines[row];
  if ((routine->flags & (UNIT_ROUTINE_STATIC | UNIT_ROUTINE_INLINE)) != 0)
    return file_of(unit, routine->file);
  const char *file = g_hash_table_lookup(linking->external, unit_string(unit, routine->assembler));
  return file != NULL ? file : "";
}

static int64_t routine_id(struct linking *linking, const struct unit *unit, uint32_t row)
{
  return store_id("routine", unit_string(unit, unit->routines[row].name),
                  defining_file(linking, unit, row), NULL);
}

static bool is_new(struct linking *linking, int64_t id)
{
  return g_hash_table_add(linking->written, g_memdup2(&id, sizeof id));
}

static bool write_routine(struct linking *linking, const struct unit *unit, uint32_t row,
                          GError **error)
{
  const struct unit_routine *routine = &unit->routines[row];
  const char *file = defining_file(linking, unit, row);
  bool is_defined = (routine->flags & UNIT_ROUTINE_DEFINED) != 0;
  if (!is_defined && *file != '\0')
    return true; /* its own unit has it */
  int64_t id = routine_id(linking, unit, row);
  if (!is_new(linking, id))
    return true;
  struct fact_routine fact = {.id = id,
                              .name = unit_string(unit, routine->name),
                              .symbol = unit_string(unit, routine->assembler),
                              .file = file,
                              .line = routine->line,
                              .column = routine->column,
                              .end_line = routine->end_line,
                              .is_static = (routine->flags & UNIT_ROUTINE_STATIC) != 0,
                              .is_inline = (routine->flags & UNIT_ROUTINE_INLINE) != 0,
                              .is_weak = (routine->flags & UNIT_ROUTINE_WEAK) != 0,
                              .is_variadic = (routine->flags & UNIT_ROUTINE_VARIADIC) != 0,
                              .is_defined = is_defined,
                              .is_incomplete = (routine->flags & UNIT_ROUTINE_INCOMPLETE) != 0,
                              .signature = unit_string(unit, routine->signature),
                              .n_statements = routine->n_statements};
  return store_insert(linking->store, &fact_routine_table, &fact, error);
}

static bool write_call(struct linking *linking, const struct unit *unit, uint32_t row,
                       GError **error)
{
  const struct unit_call *call = &unit->calls[row];
  if (call->caller == UNIT_NONE || call->callee == UNIT_NONE ||
      (call->flags & UNIT_CALL_BUILTIN) != 0)
    return true;
  const char *file = file_of(unit, call->file);
  int64_t caller = routine_id(linking, unit, call->caller);
  int64_t callee = routine_id(linking, unit, call->callee);
  g_autofree char *place =
      g_strdup_printf("%u:%u:%" G_GINT64_FORMAT, call->line, call->column, callee);
  int64_t site =
      store_id("site", unit_string(unit, unit->routines[call->caller].name), file, place, NULL);
  if (!is_new(linking, site))
    return true;
  struct fact_site fact_site = {.id = site,
                                .caller = caller,
                                .file = file,
                                .line = call->line,
                                .column = call->column,
                                .is_direct = true,
                                .is_complete = true,
                                .expression = unit_string(unit, unit->routines[call->callee].name),
                                .loop_depth = call->loop_depth};
  struct fact_call fact = {.site = site,
                           .caller = caller,
                           .callee = callee,
                           .kind = "direct",
                           .tier = "direct",
                           .file = file,
                           .line = call->line,
                           .column = call->column,
                           .witness_file = file,
                           .witness_line = call->line};
  return store_insert(linking->store, &fact_site_table, &fact_site, error) &&
         store_insert(linking->store, &fact_call_table, &fact, error);
}

static bool write_unit(struct linking *linking, const struct unit *unit, GError **error)
{
  for (uint32_t i = 0; i < unit->n_routines; i++)
    if (!write_routine(linking, unit, i, error))
      return false;
  for (uint32_t i = 0; i < unit->n_calls; i++)
    if (!write_call(linking, unit, i, error))
      return false;
  return true;
}

static void find_external(struct linking *linking, const struct unit *unit)
{
  for (uint32_t i = 0; i < unit->n_routines; i++) {
    const struct unit_routine *routine = &unit->routines[i];
    bool is_external =
        (routine->flags & UNIT_ROUTINE_DEFINED) != 0 && (routine->flags & UNIT_ROUTINE_STATIC) == 0;
    const char *symbol = unit_string(unit, routine->assembler);
    if (is_external && !g_hash_table_contains(linking->external, symbol))
      g_hash_table_insert(linking->external, (gpointer)symbol,
                          (gpointer)file_of(unit, routine->file));
  }
}

bool link_run(struct store *store, const struct link_input *input, GError **error)
{
  static const struct record_table *const tables[] = {&fact_routine_table, &fact_site_table,
                                                      &fact_call_table};
  for (size_t i = 0; i < G_N_ELEMENTS(tables); i++)
    if (!store_clear(store, tables[i], error))
      return false;
  struct linking linking = {.store = store,
                            .input = input,
                            .external = g_hash_table_new(g_str_hash, g_str_equal),
                            .written =
                                g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL)};
  bool is_fine = true;
  for (uint32_t i = 0; i < input->n_units; i++)
    find_external(&linking, input->units[i]);
  for (uint32_t i = 0; is_fine && i < input->n_units; i++)
    is_fine = write_unit(&linking, input->units[i], error);
  g_hash_table_unref(linking.external);
  g_hash_table_unref(linking.written);
  return is_fine;
}

char *link_data_hash(const char *data_folder, const char *const *rules)
{
  g_autofree char *more = rules != NULL ? g_strjoinv("\n", (char **)rules) : g_strdup("");
  return g_strconcat(data_folder, "\n", more, NULL);
}
