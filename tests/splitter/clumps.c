#include "clumps.h"

#include <glib/gstdio.h>

#include "store/plan.h"

void add_clump(struct store *store, const char *word)
{
  g_autofree char *file = g_strdup_printf("src/%s.c", word);
  g_autofree char *first = g_strdup_printf("%s_0", word);
  add_state(store, word, "table", "");
  for (int i = 0; i < N_PER_CLUMP; i++) {
    g_autofree char *name = g_strdup_printf("%s_%d", word, i);
    add_routine(store, name, file, 10 * i + 1);
    add_access(store, name, word, i % 2 == 0 ? "write" : "read", "sql", 10 * i + 2);
    add_access(store, name, "n_done", "write", "add", 10 * i + 3);
    add_call(store, name, "text_trim", 10 * i + 4);
    if (i > 0) {
      add_call(store, first, name, 10 * i + 5);
    }
  }
}

struct store *make_clumps(const char *path, bool is_turned)
{
  g_autoptr(GError) error = NULL;
  g_unlink(path);
  struct store *store = store_open(path, STORE_CREATE, &error);
  g_assert_no_error(error);
  must(store_begin(store, &error), error);
  add_routine(store, "text_trim", "src/text.c", 1);
  add_state(store, "n_done", "global", "src/text.c");
  add_clump(store, is_turned ? "wagon" : "apple");
  add_clump(store, is_turned ? "apple" : "wagon");
  add_clump(store, "mirror");
  add_call(store, "apple_1", "wagon_3", 99);
  must(store_commit(store, &error), error);
  return store;
}

struct split_result split_or_fail(struct store *store, const char *boundaries, guint32 n_services)
{
  g_autoptr(GError) error = NULL;
  struct split_options options = {.boundaries = boundaries, .n_services = n_services};
  struct split_result result = {0};
  must(split_run(store, &options, &result, &error), error);
  return result;
}

char *place_of(struct store *store, int64_t item)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(record_set) members =
      store_load_where(store, &plan_member_table, "item", item, NULL, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(members->n, ==, 1);
  const struct plan_member *member = record_at(members, plan_member, 0);
  g_autoptr(record_set) services =
      store_load_where(store, &plan_service_table, "id", member->service, NULL, &error);
  return g_strdup_printf("%s %s", member->role,
                         services->n > 0 ? record_at(services, plan_service, 0)->name : "-");
}

void assert_place(struct store *store, int64_t item, const char *expected)
{
  g_autofree char *place = place_of(store, item);
  g_assert_cmpstr(place, ==, expected);
}
