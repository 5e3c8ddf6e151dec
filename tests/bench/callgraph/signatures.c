/* The plain relaxed signature match, on the facts of a store: what the pointer solution is measured
 * against.
 *
 *   bench_signatures STORE
 *
 * One line per pair, "site callee" (fact_site.id, fact_routine.id): every call through a pointer,
 * with every routine of its program whose address is taken and whose signature fits. Sites without
 * any have one line "site 0". */
#include "analyzer/findings.h"
#include "analyzer/programs.h"
#include "analyzer/signature.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>

static struct id_set taken_in(struct linkage *linkage, const struct link_program *program)
{
  struct id_set routines = {0};
  for (guint i = 0; i < program->units->len; i++) {
    uint32_t index = g_array_index(program->units, uint32_t, i);
    const struct unit *unit = linkage_unit(linkage, index);
    for (uint32_t e = 0; e < unit->n_edges; e++) {
      if (unit->edges[e].kind == UNIT_EDGE_ROUTINE)
        id_set_add(&routines,
                   linkage_resolve_routine(linkage, program, index, unit->edges[e].from));
    }
  }
  return routines;
}

static void print_site(const struct linkage *linkage, uint32_t unit, uint32_t call,
                       const struct id_set *taken)
{
  const struct unit *from = linkage_unit(linkage, unit);
  const char *shape = unit_string(from, from->calls[call].shape);
  int64_t site = findings_site(linkage, unit, call);
  bool is_any = false;
  for (uint32_t i = 0; i < taken->n; i++) {
    const struct link_routine *routine = linkage_routine(linkage, taken->ids[i]);
    const struct unit *home = linkage_unit(linkage, routine->unit);
    if (!signature_fits(shape, unit_string(home, home->routines[routine->row].shape)))
      continue;
    printf("%" PRId64 " %" PRId64 "\n", site, routine->id);
    is_any = true;
  }
  if (!is_any)
    printf("%" PRId64 " 0\n", site);
}

static void print_program(struct linkage *linkage, const struct link_program *program)
{
  struct id_set taken = taken_in(linkage, program);
  for (guint i = 0; i < program->units->len; i++) {
    uint32_t index = g_array_index(program->units, uint32_t, i);
    const struct unit *unit = linkage_unit(linkage, index);
    for (uint32_t c = 0; c < unit->n_calls; c++) {
      const struct unit_call *call = &unit->calls[c];
      bool is_ours = call->callee == UNIT_NONE && (call->flags & UNIT_CALL_BUILTIN) == 0 &&
                     findings_routine(linkage, index, call->caller) != LINK_NONE &&
                     linkage_stands_for(linkage, index, call->caller);
      if (is_ours)
        print_site(linkage, index, c, &taken);
    }
  }
  id_set_clear(&taken);
}

static bool print_all(struct store *store, GError **error)
{
  record_set *set = store_load(store, &fact_unit_table, "file, arguments, id", error);
  if (set == NULL)
    return false;
  g_autoptr(GPtrArray) units = g_ptr_array_new_with_free_func((GDestroyNotify)unit_free);
  g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
  bool is_fine = true;
  for (size_t i = 0; is_fine && i < set->n; i++) {
    const struct fact_unit *row = record_at(set, fact_unit, i);
    struct unit *unit = unit_open(row->facts, error);
    is_fine = unit != NULL;
    if (is_fine)
      g_ptr_array_add(units, unit);
    g_array_append_val(ids, row->id);
  }
  if (is_fine) {
    g_autofree char *root = store_info(store, "root", NULL);
    g_autofree char *folder = store_info(store, "build_folder", NULL);
    struct linkage *linkage = linkage_new((const struct unit *const *)units->pdata,
                                          (const int64_t *)(const void *)ids->data, units->len);
    programs_find(linkage, root, folder != NULL && *folder != '\0' ? folder : NULL);
    for (guint i = 0; i < linkage->programs->len; i++)
      print_program(linkage, g_ptr_array_index(linkage->programs, i));
    linkage_free(linkage);
  }
  record_set_free(set);
  return is_fine;
}

int main(int argc, char **argv)
{
  if (argc != 2) {
    fprintf(stderr, "usage: bench_signatures STORE\n");
    return 2;
  }
  g_autoptr(GError) error = NULL;
  g_autoptr(store_t) store = store_open(argv[1], STORE_READ, &error);
  if (store == NULL || !print_all(store, &error)) {
    fprintf(stderr, "bench_signatures: %s\n", error->message);
    return 1;
  }
  return 0;
}
