/* What ties code together, and how much, before anything is split. */
#include <glib/gstdio.h>

#include "clumps.h"
#include "splitter/evidence.h"
#include "store/facts.h"

static void add_program(struct store *store, const char *program, const char *file,
                        const char *source)
{
  g_autoptr(GError) error = NULL;
  struct fact_program record = {.program = program, .file = file, .source = source};
  must(store_insert(store, &fact_program_table, &record, &error), error);
}

enum programs { ONE_PROGRAM, TWO_PROGRAMS, ONE_UNLINKED, ONE_UNLINKED_OF_ANOTHER };

/* Whether names, folders and the like tie two files of such programs. */
static bool are_tied(enum programs programs)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *path = scratch_path("programs.db");
  g_unlink(path);
  g_autoptr(store_t) store = store_open(path, STORE_CREATE, &error);
  g_assert_no_error(error);
  must(store_begin(store, &error), error);
  add_routine(store, "wagon_load", "src/a.c", 1);
  add_routine(store, "wagon_unload", "src/b.c", 1);
  add_state(store, "wagon_n", "global", "src/a.c");
  add_state(store, "wagon_m", "global", "src/b.c");
  add_access(store, "wagon_load", "wagon_n", "write", "assign", 2);
  add_access(store, "wagon_unload", "wagon_m", "write", "assign", 2);
  add_routine(store, "text_trim", "src/text.c", 1);
  add_state(store, "n_done", "global", "src/text.c");
  add_clump(store, "mirror");
  bool is_linked = programs == ONE_PROGRAM || programs == TWO_PROGRAMS;
  add_program(store, "server", "src/a.c", "link.txt");
  add_program(store, "tool", "src/mirror.c", "link.txt");
  add_program(store, programs == ONE_PROGRAM ? "server" : "zeal", "src/b.c",
              is_linked ? "link.txt" : "nothing links it");
  if (programs == ONE_UNLINKED_OF_ANOTHER) {
    add_call(store, "wagon_unload", "mirror_1", 900);
  }
  must(store_commit(store, &error), error);
  struct monolith *monolith = monolith_load(store, &error);
  g_assert_no_error(error);
  struct roles *roles = roles_new(monolith, NULL);
  struct evidence *evidence = evidence_new(monolith, roles, NULL, NULL, NULL, 0);
  struct network *graph = evidence_graph(evidence, (1U << N_EVIDENCE_KINDS) - 1);
  guint32 a = evidence->node_of_routine[monolith_routine(monolith, routine_id("wagon_load"))];
  guint32 b = evidence->node_of_routine[monolith_routine(monolith, routine_id("wagon_unload"))];
  bool is_tied = false;
  for (guint32 row = graph->first[a]; row < graph->first[a + 1]; row++) {
    is_tied |= graph->neighbour[row] == b;
  }
  network_free(graph);
  evidence_free(evidence);
  roles_free(roles);
  monolith_free(monolith);
  g_unlink(path);
  return is_tied;
}

static void test_strangers(void)
{
  g_assert_true(are_tied(ONE_PROGRAM));
  g_assert_false(are_tied(TWO_PROGRAMS));
  /* What nothing links may be of any program, but for what its calls say. */
  g_assert_true(are_tied(ONE_UNLINKED));
  g_assert_false(are_tied(ONE_UNLINKED_OF_ANOTHER));
}

/* What the write of work_0 to its variable weighs in a program whose work a request wakes, or that
 * does all of its work from main. */
static gint64 weight_of_write(bool has_requests)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *path = scratch_path("frame.db");
  g_unlink(path);
  g_autoptr(store_t) store = store_open(path, STORE_CREATE, &error);
  g_assert_no_error(error);
  must(store_begin(store, &error), error);
  add_routine(store, "main", "src/main.c", 1);
  add_entry(store, "main", "main", "server", "");
  add_state(store, "n_turns", "global", "src/main.c");
  add_access(store, "main", "n_turns", "write", "assign", 2);
  add_access(store, "main", "n_turns", "read", "assign", 3);
  for (int i = 0; i < 6; i++) {
    g_autofree char *name = g_strdup_printf("work_%d", i);
    g_autofree char *key = g_strdup_printf("/work/%d", i);
    add_routine(store, name, "src/work.c", 10 * i + 1);
    add_state(store, name, "global", "src/work.c");
    add_access(store, name, name, "write", "assign", 10 * i + 2);
    add_access(store, name, name, "read", "assign", 10 * i + 3);
    if (has_requests) {
      add_entry(store, name, "http", key, "main");
    } else {
      add_call(store, "main", name, 10 * i + 3);
    }
  }
  must(store_commit(store, &error), error);
  struct monolith *monolith = monolith_load(store, &error);
  g_assert_no_error(error);
  struct roles *roles = roles_new(monolith, NULL);
  struct evidence *evidence = evidence_new(monolith, roles, NULL, NULL, NULL, 0);
  struct network *graph = evidence_graph(evidence, 1U << EVIDENCE_STATE);
  const char *routine = has_requests ? "main" : "work_0";
  guint32 node = evidence->node_of_routine[monolith_routine(monolith, routine_id(routine))];
  g_assert_cmpuint(graph->first[node + 1] - graph->first[node], ==, 1);
  gint64 weight = graph->weight[graph->first[node]];
  network_free(graph);
  evidence_free(evidence);
  roles_free(roles);
  monolith_free(monolith);
  g_unlink(path);
  return weight;
}

/* Where a program does everything from main, that is its work and not what makes it run. */
static void test_all_frame(void)
{
  g_assert_cmpint(weight_of_write(true), ==, 2 * NETWORK_WEIGHT_ONE);
  g_assert_cmpint(weight_of_write(false), ==, 10 * NETWORK_WEIGHT_ONE);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/evidence/strangers", test_strangers);
  g_test_add_func("/evidence/all-frame", test_all_frame);
  return g_test_run();
}
