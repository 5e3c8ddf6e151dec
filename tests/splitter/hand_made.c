#include "hand_made.h"

#include <glib.h>
#include <unistd.h>

#include "store/facts.h"
#include "store/identity.h"

char *scratch_path(const char *name)
{
  return g_strdup_printf("%s/cleave-split-%d-%s", g_get_tmp_dir(), (int)getpid(), name);
}

void must(bool is_done, GError *error)
{
  g_assert_no_error(error);
  g_assert_true(is_done);
}

int64_t routine_id(const char *name)
{
  return store_id("routine", name, NULL);
}

void add_routine(struct store *store, const char *name, const char *file, int64_t line)
{
  g_autoptr(GError) error = NULL;
  struct fact_routine routine = {.id = routine_id(name),
                                 .name = name,
                                 .file = file,
                                 .line = line,
                                 .end_line = line + 5,
                                 .is_defined = true,
                                 .n_statements = 4};
  must(store_insert(store, &fact_routine_table, &routine, &error), error);
}

void add_call(struct store *store, const char *caller, const char *callee, int64_t line)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, line);
  int64_t site = store_id("site", caller, callee, text, NULL);
  struct fact_site record = {.id = site,
                             .caller = routine_id(caller),
                             .file = "x.c",
                             .line = line,
                             .column = 1,
                             .is_direct = true,
                             .is_complete = true};
  struct fact_call call = {.site = site,
                           .caller = routine_id(caller),
                           .callee = routine_id(callee),
                           .kind = "direct",
                           .tier = "direct",
                           .file = "x.c",
                           .line = line,
                           .column = 1};
  must(store_insert(store, &fact_site_table, &record, &error), error);
  must(store_insert(store, &fact_call_table, &call, &error), error);
}

void add_state(struct store *store, const char *name, const char *storage, const char *file)
{
  g_autoptr(GError) error = NULL;
  bool is_table = strcmp(storage, "table") == 0;
  struct fact_state state = {.id = store_id("state", name, NULL),
                             .name = name,
                             .storage = storage,
                             .file = file,
                             .class = is_table ? "external" : "shared"};
  must(store_insert(store, &fact_state_table, &state, &error), error);
}

void add_access(struct store *store, const char *routine, const char *state, const char *mode,
                const char *how, int64_t line)
{
  g_autoptr(GError) error = NULL;
  struct fact_access access = {.routine = routine_id(routine),
                               .state = store_id("state", state, NULL),
                               .mode = mode,
                               .how = how,
                               .file = "x.c",
                               .line = line,
                               .column = 1};
  must(store_insert(store, &fact_access_table, &access, &error), error);
}

void add_entry(struct store *store, const char *routine, const char *trigger, const char *key,
               const char *registrar)
{
  add_rule_entry(store, routine, trigger, key, registrar, "test");
}

void add_rule_entry(struct store *store, const char *routine, const char *trigger, const char *key,
                    const char *registrar, const char *rule)
{
  g_autoptr(GError) error = NULL;
  struct fact_entry entry = {.id = store_id("entry", routine, trigger, key, NULL),
                             .routine = routine_id(routine),
                             .trigger = trigger,
                             .key = key,
                             .rule = rule,
                             .confidence = 1,
                             .file = "x.c",
                             .line = 1,
                             .registrar = registrar};
  must(store_insert(store, &fact_entry_table, &entry, &error), error);
}
