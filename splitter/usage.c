#include "splitter/usage.h"

#include <string.h>

enum { N_NEAREST = 10 };

enum family { FAMILY_CALLEES, FAMILY_USERS, FAMILY_TYPES, FAMILY_PROGRAMS, N_FAMILIES };

static void put(GArray *family, guint32 node, guint32 feature)
{
  struct likeness_pair pair = {node, feature};
  if (node != MONOLITH_NONE) {
    g_array_append_val(family, pair);
  }
}

static void add_calls(const struct monolith *monolith, const guint32 *node_of_routine,
                      GArray *const *families)
{
  for (guint32 i = 0; i < monolith->n_calls; i++) {
    const struct call *call = &monolith->calls[i];
    guint32 caller = node_of_routine[call->caller];
    guint32 callee = node_of_routine[call->callee];
    if (call->is_guess || caller == callee) {
      continue;
    }
    put(families[FAMILY_CALLEES], caller, call->callee);
    if (caller != MONOLITH_NONE) {
      put(families[FAMILY_USERS], callee, caller);
    }
  }
}

/* The name of a type without qualifiers, pointers and arrays; NULL for those of the language, for
 * functions and for what has none. It stands for the type and is never looked into. */
static char *type_name(const char *type)
{
  static const char *const of_language[] = {"int",      "char",  "void",   "long", "short",
                                            "unsigned", "float", "double", "bool", "_Bool",
                                            "signed",   "",      NULL};
  static const char *const qualifiers[] = {"const",   "volatile", "restrict", "static",
                                           "_Atomic", "register", NULL};
  g_autoptr(GString) name = g_string_new(NULL);
  if (strchr(type, '(') != NULL) {
    return NULL;
  }
  g_auto(GStrv) words = g_strsplit_set(type, " *[]", -1);
  for (char **word = words; *word != NULL; word++) {
    bool is_length = g_ascii_isdigit(**word);
    if (**word != '\0' && !is_length && !g_strv_contains(qualifiers, *word)) {
      g_string_append_printf(name, "%s%s", name->len > 0 ? " " : "", *word);
    }
  }
  g_autofree char *first = g_strndup(name->str, strcspn(name->str, " "));
  return g_strv_contains(of_language, first) ? NULL : g_strdup(name->str);
}

static guint32 number_of(GHashTable *numbers, char *name)
{
  gpointer known = g_hash_table_lookup(numbers, name);
  if (known == NULL) {
    known = GUINT_TO_POINTER(g_hash_table_size(numbers) + 1);
    g_hash_table_insert(numbers, name, known);
  } else {
    g_free(name);
  }
  return GPOINTER_TO_UINT(known) - 1;
}

static void add_types(const struct monolith *monolith, const guint32 *node_of_routine,
                      const guint32 *node_of_state, GArray *types)
{
  g_autoptr(GHashTable) numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (size_t i = 0; i < monolith->param_set->n; i++) {
    const struct fact_param *param = record_at(monolith->param_set, fact_param, i);
    guint32 routine = monolith_routine(monolith, param->routine);
    char *name = routine != MONOLITH_NONE ? type_name(param->type) : NULL;
    if (name != NULL) {
      put(types, node_of_routine[routine], number_of(numbers, name));
    }
  }
  for (guint32 i = 0; node_of_state != NULL && i < monolith->n_states; i++) {
    const struct fact_state *state = &monolith->states[i];
    char *name = state->field[0] == '\0' ? type_name(state->type) : NULL;
    if (name != NULL) {
      put(types, node_of_state[i], number_of(numbers, name));
    }
  }
}

static int compare_files(const void *left, const void *right)
{
  return strcmp(left, *(const char *const *)right);
}

/* Programs by their files; what nothing links says nothing. */
static void add_programs(const struct monolith *monolith, const guint32 *node_of_routine,
                         GArray *programs)
{
  guint n_files = monolith->files->len;
  g_autofree GArray **of_file = g_new0(GArray *, MAX(n_files, 1));
  guint32 n_programs = 0;
  const char *before = "";
  for (size_t i = 0; i < monolith->program_set->n; i++) {
    const struct fact_program *program = record_at(monolith->program_set, fact_program, i);
    n_programs += strcmp(program->program, before) != 0;
    before = program->program;
    char **at = n_files == 0 ? NULL
                             : bsearch(program->file, monolith->files->pdata, n_files,
                                       sizeof(char *), compare_files);
    if (at == NULL || strcmp(program->source, "nothing links it") == 0) {
      continue;
    }
    GArray **own = &of_file[(gpointer *)at - monolith->files->pdata];
    *own = *own != NULL ? *own : g_array_new(FALSE, FALSE, sizeof(guint32));
    g_array_append_val(*own, n_programs);
  }
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    const GArray *own = n_files > 0 ? of_file[monolith->routine_file[i]] : NULL;
    for (guint j = 0; own != NULL && j < own->len; j++) {
      put(programs, node_of_routine[i], g_array_index(own, guint32, j));
    }
  }
  for (guint file = 0; file < n_files; file++) {
    g_clear_pointer(&of_file[file], g_array_unref);
  }
}

GArray *usage_ties(const struct monolith *monolith, guint32 n_nodes, const guint32 *node_of_routine,
                   const guint32 *node_of_state)
{
  GArray *families[N_FAMILIES];
  for (guint i = 0; i < N_FAMILIES; i++) {
    families[i] = g_array_new(FALSE, FALSE, sizeof(struct likeness_pair));
  }
  add_calls(monolith, node_of_routine, families);
  add_types(monolith, node_of_routine, node_of_state, families[FAMILY_TYPES]);
  add_programs(monolith, node_of_routine, families[FAMILY_PROGRAMS]);
  GArray *ties = likeness_ties(n_nodes, families, N_FAMILIES, N_NEAREST);
  for (guint i = 0; i < N_FAMILIES; i++) {
    g_array_unref(families[i]);
  }
  return ties;
}
