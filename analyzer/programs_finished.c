#include "analyzer/object_file.h"
#include "analyzer/programs_parts.h"

#include <string.h>

/* A program or a shared library that a build left behind. */
struct finished {
  char *name;
  char *soname;      /* or NULL */
  GPtrArray *needed; /* char * */
  GArray *units;     /* uint32_t */
  bool is_library;
  bool is_asked;        /* somebody asks for the library */
  bool is_part;         /* some program has the library whole, and it is looked at there */
  GPtrArray *undefined; /* char *: symbols that a library takes from others */
  GHashTable *offers;   /* char *: symbols of its own that a program gives to its plug-ins */
  GPtrArray *plug_ins;  /* struct finished * */
};

static void finished_free(gpointer data)
{
  struct finished *finished = data;
  g_free(finished->name);
  g_free(finished->soname);
  g_ptr_array_unref(finished->needed);
  g_array_unref(finished->units);
  g_ptr_array_unref(finished->undefined);
  g_hash_table_unref(finished->offers);
  g_ptr_array_unref(finished->plug_ins);
  g_free(finished);
}

static bool has_program(const struct linkage *linkage, const char *name)
{
  for (guint i = 0; i < linkage->programs->len; i++) {
    if (strcmp(((const struct link_program *)g_ptr_array_index(linkage->programs, i))->name,
               name) == 0)
      return true;
  }
  return false;
}

/* Notes what a library takes from whoever loads it, or a program gives; the program's units are the
 * members of the closure. */
static void note_symbols(struct finished *finished, const struct closure *closure,
                         const struct object_file *file)
{
  for (guint i = 0; finished->is_library && i < file->symbols->len; i++) {
    const struct object_symbol *symbol = &g_array_index(file->symbols, struct object_symbol, i);
    if (!symbol->is_defined && !symbol->is_local)
      g_ptr_array_add(finished->undefined, g_strdup(symbol->name));
  }
  GHashTableIter iterator;
  gpointer name;
  g_hash_table_iter_init(&iterator, file->exports);
  while (!finished->is_library && g_hash_table_iter_next(&iterator, &name, NULL)) {
    const GArray *definers = closure_definers_of(closure, name);
    if (definers != NULL && closure_is_satisfied(closure, definers))
      g_hash_table_add(finished->offers, g_strdup(name));
  }
}

/* What a file is; NULL where it is no program of the tree, or none of a new name: the same program
 * may stand in another build folder too. */
static struct finished *finished_read(struct closure *closure, const struct member_index *index,
                                      const char *path, GHashTable *names)
{
  g_autofree char *name = g_path_get_basename(path);
  if (g_hash_table_contains(names, name) || has_program(closure->linkage, name))
    return NULL;
  g_autoptr(object_file_owner) file = object_file_read(path);
  if (file == NULL)
    return NULL;
  bool is_library = strstr(name, ".so") != NULL;
  struct members *members = members_of_file(index, name, file);
  closure_restart(closure);
  closure_add_all(closure, members->units);
  members_free(members);
  if (closure->members->len == 0 || (!closure_defines_main(closure) && !is_library))
    return NULL;
  struct finished *finished = g_new0(struct finished, 1);
  finished->name = g_steal_pointer(&name);
  finished->soname = g_steal_pointer(&file->soname);
  finished->needed = g_ptr_array_ref(file->needed);
  finished->units = g_array_copy(closure->members);
  finished->is_library = is_library;
  finished->undefined = g_ptr_array_new_with_free_func(g_free);
  finished->offers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  finished->plug_ins = g_ptr_array_new();
  note_symbols(finished, closure, file);
  g_hash_table_add(names, finished->name);
  return finished;
}

static void ask(GHashTable *libraries, const struct finished *asking)
{
  for (guint n = 0; n < asking->needed->len; n++) {
    struct finished *library = g_hash_table_lookup(libraries, g_ptr_array_index(asking->needed, n));
    if (library != NULL)
      library->is_asked = true;
  }
}

static guint n_taken(const struct finished *plug_in, const struct finished *program)
{
  guint n = 0;
  for (guint i = 0; i < plug_in->undefined->len; i++)
    n += g_hash_table_contains(program->offers, g_ptr_array_index(plug_in->undefined, i)) ? 1 : 0;
  return n;
}

/* A library that nobody asks for, and that takes routines from programs, is a plug-in of those that
 * give it the most. */
static void find_hosts(const GPtrArray *all, struct finished *library)
{
  if (!library->is_library || library->is_asked)
    return;
  guint most = 1;
  for (guint i = 0; i < all->len; i++)
    most = MAX(most, n_taken(library, g_ptr_array_index(all, i)));
  for (guint i = 0; i < all->len; i++) {
    struct finished *program = g_ptr_array_index(all, i);
    if (n_taken(library, program) == most)
      g_ptr_array_add(program->plug_ins, library);
  }
}

/* The plug-ins of one and the libraries that it asks for, and those that these ask for, each once.
 */
static GPtrArray *libraries_of(GHashTable *libraries, struct finished *asking)
{
  GPtrArray *all = g_ptr_array_copy(asking->plug_ins, NULL, NULL);
  g_autoptr(GHashTable) seen = g_hash_table_new(g_direct_hash, g_direct_equal);
  g_hash_table_add(seen, asking);
  for (guint i = 0; i < all->len; i++)
    g_hash_table_add(seen, g_ptr_array_index(all, i));
  for (guint i = 0; asking != NULL; i++) {
    for (guint n = 0; n < asking->needed->len; n++) {
      struct finished *library =
          g_hash_table_lookup(libraries, g_ptr_array_index(asking->needed, n));
      if (library != NULL && g_hash_table_add(seen, library))
        g_ptr_array_add(all, library);
    }
    asking = i < all->len ? g_ptr_array_index(all, i) : NULL;
  }
  return all;
}

/* Adds one to the linkage with the units of all that it asks for. */
static struct link_program *add_finished(struct linkage *linkage, GHashTable *libraries,
                                         struct finished *finished)
{
  g_autoptr(GPtrArray) asked = libraries_of(libraries, finished);
  g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  for (guint i = 0; i < asked->len; i++) {
    struct finished *library = g_ptr_array_index(asked, i);
    g_array_append_vals(found, library->units->data, library->units->len);
    library->is_part |= !finished->is_library;
  }
  g_autoptr(GArray) guests = programs_without(found, finished->units);
  g_autoptr(GArray) loaded = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  for (guint i = 0; i < finished->plug_ins->len; i++) {
    const struct finished *plug_in = g_ptr_array_index(finished->plug_ins, i);
    g_array_append_vals(loaded, plug_in->units->data, plug_in->units->len);
  }
  g_autoptr(GArray) plug_ins = programs_without(loaded, finished->units);
  struct link_plan plan = {.name = finished->name,
                           .source = "elf",
                           .units = finished->units,
                           .guests = guests,
                           .plug_ins = plug_ins};
  return linkage_add_program(linkage, &plan);
}

void programs_add_finished(struct closure *closure, const struct member_index *index,
                           const GPtrArray *paths, bool *is_linked)
{
  g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(finished_free);
  g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
  g_autoptr(GHashTable) libraries = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < paths->len; i++) {
    const char *path = g_ptr_array_index(paths, i);
    struct finished *finished = g_hash_table_contains(index->targets, path)
                                    ? NULL
                                    : finished_read(closure, index, path, names);
    if (finished == NULL)
      continue;
    g_ptr_array_add(all, finished);
    closure_mark_linked(closure, is_linked);
    const char *asked = finished->soname != NULL ? finished->soname : finished->name;
    if (finished->is_library && !g_hash_table_contains(libraries, asked))
      g_hash_table_insert(libraries, (gpointer)asked, finished);
  }
  for (guint i = 0; i < all->len; i++)
    ask(libraries, g_ptr_array_index(all, i));
  for (guint i = 0; i < all->len; i++)
    find_hosts(all, g_ptr_array_index(all, i));
  g_autoptr(GPtrArray) programs = g_ptr_array_new();
  for (guint i = 0; i < all->len; i++)
    g_ptr_array_add(programs, add_finished(closure->linkage, libraries, g_ptr_array_index(all, i)));
  for (guint i = 0; i < all->len; i++) {
    const struct finished *finished = g_ptr_array_index(all, i);
    ((struct link_program *)g_ptr_array_index(programs, i))->is_part = finished->is_part;
  }
}
