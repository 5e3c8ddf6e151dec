#include "analyzer/symbols.h"

#include "analyzer/object_file.h"

#include <glib/gstdio.h>
#include <string.h>

static void symbol_free(gpointer data)
{
  struct unit_symbol *symbol = data;
  g_free(symbol->name);
  g_free(symbol);
}

static gint compare_symbols(gconstpointer left, gconstpointer right)
{
  const struct unit_symbol *a = *(struct unit_symbol *const *)left;
  const struct unit_symbol *b = *(struct unit_symbol *const *)right;
  return strcmp(a->name, b->name);
}

/* ---- assembly ---- */

static bool is_name_character(char c)
{
  return g_ascii_isalnum(c) || c == '_' || c == '.' || c == '$';
}

static char *take_name(const char **at)
{
  const char *start = *at;
  while (is_name_character(**at))
    (*at)++;
  return g_strndup(start, (gsize)(*at - start));
}

static void skip_blanks(const char **at)
{
  while (**at == ' ' || **at == '\t')
    (*at)++;
}

/* "name:", ".set name, other", ".equ name, other", ".comm name, 8", "name = other" */
static void read_statement(const char *statement, void (*found)(const char *, const char *, void *),
                           void *context)
{
  const char *at = statement;
  skip_blanks(&at);
  g_autofree char *word = take_name(&at);
  skip_blanks(&at);
  bool gives_name =
      strcmp(word, ".set") == 0 || strcmp(word, ".equ") == 0 || strcmp(word, ".equiv") == 0;
  bool reserves = strcmp(word, ".comm") == 0;
  if (*word != '\0' && *at == ':') {
    /* ".L" labels and numbers are local to the assembler. */
    if (!g_str_has_prefix(word, ".L") && !g_ascii_isdigit(word[0]))
      found(word, NULL, context);
    read_statement(at + 1, found, context);
    return;
  }
  g_autofree char *name = gives_name || reserves ? take_name(&at) : g_strdup(word);
  skip_blanks(&at);
  if (reserves && *name != '\0')
    found(name, NULL, context);
  bool is_equal = *at == '=' && at[1] != '=' && !gives_name && name[0] != '.';
  if (!(gives_name && *at == ',') && !is_equal)
    return;
  at++;
  skip_blanks(&at);
  g_autofree char *other = take_name(&at);
  if (*name != '\0' && *other != '\0' && !g_ascii_isdigit(other[0]) && strcmp(other, ".") != 0)
    found(name, other, context);
}

void symbols_of_assembly(const char *text, void (*found)(const char *, const char *, void *),
                         void *context)
{
  g_auto(GStrv) statements = g_strsplit_set(text, "\n;", -1);
  for (char **statement = statements; *statement != NULL; statement++)
    read_statement(*statement, found, context);
}

/* The assembly in a declaration as C writes it: asm(".globl f\n" "f:"). A new string. */
static char *assembly_of_declaration(const char *declaration)
{
  g_autoptr(GString) literals = g_string_new(NULL);
  bool is_inside = false;
  for (const char *at = declaration; *at != '\0'; at++) {
    if (*at == '"') {
      is_inside = !is_inside;
      continue;
    }
    if (is_inside)
      g_string_append_c(literals, *at);
    if (is_inside && *at == '\\' && at[1] != '\0')
      g_string_append_c(literals, *++at);
  }
  return g_strcompress(literals->str);
}

/* ---- one unit ---- */

struct reading {
  const struct unit *unit;
  struct unit_symbols *symbols;
  GHashTable *rows;  /* assembler name -> row + 1 of a routine with a body */
  GHashTable *known; /* names that C defines, or that are in `extra` */
};

static struct unit_symbol *add_symbol(struct reading *reading, const char *name, uint32_t routine)
{
  struct unit_symbol *symbol = g_new0(struct unit_symbol, 1);
  symbol->name = g_strdup(name);
  symbol->routine = routine;
  g_ptr_array_add(reading->symbols->extra, symbol);
  g_hash_table_add(reading->known, symbol->name);
  return symbol;
}

static void take_assembly(const char *name, const char *of, void *context)
{
  struct reading *reading = context;
  if (g_hash_table_contains(reading->known, name))
    return;
  uint32_t row = UNIT_NONE;
  if (of != NULL)
    row = GPOINTER_TO_UINT(g_hash_table_lookup(reading->rows, of)) - 1;
  add_symbol(reading, name, row);
}

static void note_names(struct reading *reading)
{
  const struct unit *unit = reading->unit;
  const uint32_t bodies = UNIT_ROUTINE_DEFINED | UNIT_ROUTINE_ALIAS | UNIT_ROUTINE_IFUNC;
  for (uint32_t i = 0; i < unit->n_routines; i++) {
    const struct unit_routine *routine = &unit->routines[i];
    const char *name = unit_string(unit, routine->assembler);
    if ((routine->flags & bodies) != 0)
      g_hash_table_add(reading->known, (gpointer)name);
    if ((routine->flags & UNIT_ROUTINE_DEFINED) != 0)
      g_hash_table_insert(reading->rows, (gpointer)name, GUINT_TO_POINTER(i + 1));
  }
  for (uint32_t i = 0; i < unit->n_objects; i++) {
    const struct unit_object *object = &unit->objects[i];
    const uint32_t reserved = UNIT_OBJECT_DEFINED | UNIT_OBJECT_TENTATIVE;
    if (object->kind == UNIT_OBJECT_GLOBAL && (object->flags & reserved) != 0)
      g_hash_table_add(reading->known, (gpointer)unit_string(unit, object->assembler));
  }
}

/* ---- object files ---- */

static bool is_newer(const char *object, const char *source)
{
  GStatBuf one, two;
  return g_stat(object, &one) == 0 && g_stat(source, &two) == 0 &&
         (one.st_mtim.tv_sec > two.st_mtim.tv_sec ||
          (one.st_mtim.tv_sec == two.st_mtim.tv_sec && one.st_mtim.tv_nsec >= two.st_mtim.tv_nsec));
}

static struct object_file *find_object(const struct unit *unit, const char *root)
{
  g_autofree char *source =
      g_canonicalize_filename(unit_string(unit, unit->files[unit->infos[0].file].path), root);
  g_auto(GStrv) objects = g_strsplit(unit_string(unit, unit->infos[0].object), "\n", -1);
  for (char **object = objects; *object != NULL; object++) {
    g_autofree char *path = g_canonicalize_filename(*object, root);
    if (**object == '\0' || !is_newer(path, source))
      continue;
    struct object_file *file = object_file_read(path);
    if (file != NULL && file->kind == OBJECT_RELOCATABLE)
      return file;
    object_file_free(file);
  }
  return NULL;
}

/* The body that lies where a symbol lies. */
static uint32_t row_at(const struct reading *reading, const struct object_file *file,
                       const struct object_symbol *symbol)
{
  for (guint i = 0; i < file->symbols->len; i++) {
    const struct object_symbol *other = &g_array_index(file->symbols, struct object_symbol, i);
    if (!other->is_defined || other->section != symbol->section || other->value != symbol->value ||
        other->is_ifunc || strcmp(other->name, symbol->name) == 0)
      continue;
    uint32_t row = GPOINTER_TO_UINT(g_hash_table_lookup(reading->rows, other->name)) - 1;
    if (row != UNIT_NONE)
      return row;
  }
  return UNIT_NONE;
}

static void take_object(struct reading *reading, const struct object_file *file)
{
  reading->symbols->weak = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < file->symbols->len; i++) {
    const struct object_symbol *symbol = &g_array_index(file->symbols, struct object_symbol, i);
    if (!symbol->is_defined || symbol->is_local)
      continue;
    if (symbol->is_weak)
      g_hash_table_add(reading->symbols->weak, g_strdup(symbol->name));
    if (!symbol->is_routine || g_hash_table_contains(reading->known, symbol->name))
      continue;
    struct unit_symbol *extra = add_symbol(reading, symbol->name, row_at(reading, file, symbol));
    extra->is_ifunc = symbol->is_ifunc;
    extra->is_weak = symbol->is_weak;
  }
}

struct unit_symbols *unit_symbols_read(const struct unit *unit, const char *root)
{
  g_autoptr(object_file_owner) file = find_object(unit, root);
  if (file == NULL && unit->n_assemblies == 0)
    return NULL;
  struct unit_symbols *symbols = g_new0(struct unit_symbols, 1);
  symbols->extra = g_ptr_array_new_with_free_func(symbol_free);
  struct reading reading = {unit, symbols, g_hash_table_new(g_str_hash, g_str_equal),
                            g_hash_table_new(g_str_hash, g_str_equal)};
  note_names(&reading);
  for (uint32_t i = 0; i < unit->n_assemblies; i++) {
    g_autofree char *text = assembly_of_declaration(unit_string(unit, unit->assemblies[i].text));
    symbols_of_assembly(text, take_assembly, &reading);
  }
  if (file != NULL)
    take_object(&reading, file);
  g_ptr_array_sort(symbols->extra, compare_symbols);
  g_hash_table_unref(reading.rows);
  g_hash_table_unref(reading.known);
  return symbols;
}

void unit_symbols_free(struct unit_symbols *symbols)
{
  if (symbols == NULL)
    return;
  g_ptr_array_unref(symbols->extra);
  if (symbols->weak != NULL)
    g_hash_table_unref(symbols->weak);
  g_free(symbols);
}
