#include "analyzer/programs_parts.h"
#include "analyzer/tree_files.h"

#include <string.h>

/* A folder for sources says nothing about what they are. */
static bool is_for_sources(const char *folder)
{
  static const char *const names[] = {"src", "source", "sources", "main", "app", "lib", NULL};
  return g_strv_contains(names, folder);
}

/* What a person would call the program of this `main`: its file, or where that is main.c, the
 * nearest folder with a name of its own, or else the project. A new string. */
static char *program_name(const struct linkage *linkage, uint32_t unit, const char *project)
{
  g_auto(GStrv) parts = g_strsplit(programs_unit_path(linkage, unit), "/", -1);
  guint last = g_strv_length(parts) - 1;
  char *dot = strrchr(parts[last], '.');
  if (dot != NULL)
    *dot = '\0';
  if (strcmp(parts[last], "main") != 0)
    return g_strdup(parts[last]);
  for (guint i = last; i-- > 0;) {
    if (!is_for_sources(parts[i]))
      return g_strdup(parts[i]);
  }
  return g_strdup(project != NULL ? project : last > 0 ? parts[last - 1] : parts[last]);
}

static void add_main_programs(struct closure *closure, const char *root, bool *is_linked)
{
  g_autofree char *project = tree_project_name(root);
  struct linkage *linkage = closure->linkage;
  for (uint32_t i = 0; i < linkage->n_units; i++) {
    if (!closure->has_main[i] || is_linked[i])
      continue;
    closure_restart(closure);
    closure_add(closure, i);
    closure_complete(closure, NULL);
    g_autofree char *name = program_name(linkage, i, project);
    struct link_plan plan = {.name = name, .source = "main-closure", .units = closure->members};
    linkage_add_program(linkage, &plan);
    closure_mark_linked(closure, is_linked);
  }
}

static void add_rest(struct closure *closure, const bool *is_linked)
{
  closure_restart(closure);
  for (uint32_t i = 0; i < closure->linkage->n_units; i++) {
    if (!is_linked[i])
      closure_add(closure, i);
  }
  struct link_plan plan = {
      .name = "(unlinked)", .source = "nothing links it", .units = closure->members};
  if (closure->members->len != 0)
    linkage_add_program(closure->linkage, &plan);
}

static gint compare_programs(gconstpointer left, gconstpointer right)
{
  const struct link_program *a = *(struct link_program *const *)left;
  const struct link_program *b = *(struct link_program *const *)right;
  int order = strcmp(a->name, b->name);
  if (order != 0)
    return order;
  uint32_t first_a = g_array_index(a->units, uint32_t, 0);
  uint32_t first_b = g_array_index(b->units, uint32_t, 0);
  return (first_a > first_b) - (first_a < first_b);
}

/* Programs of one name get the folder of their first unit with a main in front. */
static void tell_apart(struct linkage *linkage)
{
  g_ptr_array_sort(linkage->programs, compare_programs);
  for (guint i = 1; i < linkage->programs->len; i++) {
    struct link_program *before = g_ptr_array_index(linkage->programs, i - 1);
    struct link_program *here = g_ptr_array_index(linkage->programs, i);
    if (strcmp(before->name, here->name) != 0)
      continue;
    for (guint n = 2;; n++) {
      g_autofree char *name = g_strdup_printf("%s#%u", before->name, n);
      bool is_taken = false;
      for (guint j = 0; j < linkage->programs->len; j++) {
        const struct link_program *other = g_ptr_array_index(linkage->programs, j);
        is_taken = is_taken || strcmp(other->name, name) == 0;
      }
      if (is_taken)
        continue;
      g_free(here->name);
      here->name = g_steal_pointer(&name);
      break;
    }
  }
  g_ptr_array_sort(linkage->programs, compare_programs);
  for (guint i = 0; i < linkage->programs->len; i++)
    ((struct link_program *)g_ptr_array_index(linkage->programs, i))->number = i;
}

static bool is_same_program(const struct link_program *a, const struct link_program *b)
{
  return a->units->len == b->units->len &&
         memcmp(a->units->data, b->units->data, a->units->len * sizeof(uint32_t)) == 0 &&
         g_hash_table_size(a->wraps) == 0 && g_hash_table_size(b->wraps) == 0 &&
         g_hash_table_size(a->assembly) == g_hash_table_size(b->assembly);
}

/* A program under several names is looked at once. */
static void find_copies(const struct linkage *linkage)
{
  for (guint i = 0; i < linkage->programs->len; i++) {
    struct link_program *program = g_ptr_array_index(linkage->programs, i);
    for (guint j = 0; j < i && !program->is_part; j++) {
      const struct link_program *first = g_ptr_array_index(linkage->programs, j);
      program->is_part = !first->is_part && is_same_program(first, program);
    }
  }
}

void programs_find(struct linkage *linkage, const char *root, const char *build_folder)
{
  struct closure closure;
  closure_init(&closure, linkage);
  g_autofree bool *is_linked = g_new0(bool, MAX(linkage->n_units, 1));
  for (uint32_t i = 0; i < linkage->n_units; i++) {
    linkage->units[i].symbols = unit_symbols_read(linkage_unit(linkage, i), root);
    closure_note_unit(&closure, i);
  }
  struct tree_files *files = tree_files_find(root, build_folder);
  g_autoptr(GPtrArray) targets = build_targets_read(build_folder, root, files);
  struct member_index *index = member_index_new(linkage, root, targets);
  programs_add_described(&closure, index, targets, is_linked);
  programs_add_finished(&closure, index, files->finished, is_linked);
  programs_add_archives(&closure, index, targets, is_linked);
  member_index_free(index);
  tree_files_free(files);
  add_main_programs(&closure, root, is_linked);
  add_rest(&closure, is_linked);
  tell_apart(linkage);
  find_copies(linkage);
  closure_clear(&closure);
}
