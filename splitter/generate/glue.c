#include "splitter/generate/glue.h"

#include <string.h>

static gint compare_texts(gconstpointer left, gconstpointer right, gpointer data)
{
  (void)data;
  return strcmp(left, right);
}

static void glue_file_free(gpointer data)
{
  struct glue_file *file = data;
  g_free(file->source);
  g_free(file->name);
  g_tree_unref(file->prototypes);
  g_hash_table_unref(file->marshalled);
  c_writer_clear(&file->code);
  g_free(file);
}

struct glue *glue_new(const struct inventory *inventory, const char *program)
{
  struct glue *glue = g_new0(struct glue, 1);
  glue->inventory = inventory;
  glue->program = program;
  glue->files = g_tree_new_full(compare_texts, NULL, NULL, glue_file_free);
  glue->steps = g_tree_new_full(compare_texts, NULL, g_free, g_free);
  return glue;
}

void glue_free(struct glue *glue)
{
  if (!glue) {
    return;
  }
  g_tree_unref(glue->files);
  g_tree_unref(glue->steps);
  g_free(glue);
}

static char *file_name_of(struct glue *glue, const char *source)
{
  if (!*source) {
    return g_strdup("start.c");
  }
  g_autofree char *base = g_path_get_basename(source);
  char *dot = strrchr(base, '.');
  if (dot) {
    *dot = '\0';
  }
  g_autofree char *safe = c_identifier(base);
  char *name = g_strdup_printf("with_%s.c", safe);
  /* Two sources of one name: the folder tells them apart. */
  for (GTreeNode *node = g_tree_node_first(glue->files); node; node = g_tree_node_next(node)) {
    const struct glue_file *other = g_tree_node_value(node);
    if (strcmp(other->name, name) == 0) {
      g_free(name);
      g_autofree char *whole = c_identifier(source);
      return g_strdup_printf("with_%s.c", whole);
    }
  }
  return name;
}

struct glue_file *glue_file(struct glue *glue, const char *source)
{
  struct glue_file *file = g_tree_lookup(glue->files, source);
  if (!file) {
    file = g_new0(struct glue_file, 1);
    file->source = g_strdup(source);
    file->name = file_name_of(glue, source);
    file->prototypes = g_tree_new_full(compare_texts, NULL, g_free, NULL);
    file->marshalled = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    c_writer_init(&file->code);
    g_tree_insert(glue->files, file->source, file);
  }
  return file;
}

/* Types that need no declaration: what C knows, and pointers to records. */
static bool is_plain_type(const char *type)
{
  static const char *const words[] = {"void",   "char",     "short",    "int",    "long",
                                      "signed", "unsigned", "float",    "double", "_Bool",
                                      "const",  "volatile", "restrict", NULL};
  if (strchr(type, '(') || strchr(type, '[')) {
    return false;
  }
  g_auto(GStrv) parts = g_strsplit_set(type, " *", -1);
  bool is_tag = false;
  for (size_t i = 0; parts[i]; i++) {
    if (!*parts[i] || is_tag) {
      is_tag = is_tag && !*parts[i];
      continue;
    }
    is_tag = strcmp(parts[i], "struct") == 0 || strcmp(parts[i], "union") == 0;
    if (!is_tag && !g_strv_contains(words, parts[i])) {
      return false;
    }
  }
  return true;
}

static char *prototype_of(const struct inventory *inventory, const struct fact_routine *routine)
{
  const struct fact_param *result = inventory_param(inventory, routine->id, 0);
  const char *result_type = result ? result->type : "int";
  if (!is_plain_type(result_type)) {
    return NULL;
  }
  g_autoptr(GString) list = g_string_new(NULL);
  unsigned n = inventory_n_params(inventory, routine->id);
  for (unsigned i = 1; i <= n; i++) {
    const struct fact_param *param = inventory_param(inventory, routine->id, i);
    if (!param || !is_plain_type(param->type)) {
      return NULL;
    }
    g_string_append_printf(list, "%s%s", i > 1 ? ", " : "", param->type);
  }
  if (routine->is_variadic) {
    g_string_append(list, n > 0 ? ", ..." : "");
  }
  g_autofree char *tail =
      g_strdup_printf("%s(%s)", routine->name, list->len > 0 ? list->str : "void");
  g_autofree char *whole = c_declarator(result_type, tail);
  return g_strdup_printf("%s;", whole);
}

void glue_declare(struct glue *glue, struct glue_file *file, const char *expression)
{
  g_autoptr(GPtrArray) names = c_identifiers_in(expression);
  for (guint i = 0; i < names->len; i++) {
    const struct fact_routine *routine =
        inventory_find_routine(glue->inventory, glue->program, names->pdata[i]);
    if (!routine || routine->is_static || strcmp(routine->file, file->source) == 0) {
      continue;
    }
    char *prototype = prototype_of(glue->inventory, routine);
    if (prototype) {
      g_tree_replace(file->prototypes, prototype, NULL);
    }
  }
}

static gboolean append_prototype(gpointer prototype, gpointer value, gpointer data)
{
  (void)value;
  c_writer_line(data, "%s", (const char *)prototype);
  return FALSE;
}

char *glue_text(const struct glue_file *file)
{
  struct c_writer writer;
  c_writer_init(&writer);
  if (*file->source) {
    c_writer_comment(&writer,
                     "Stands behind %s, so that its types and static routines are visible here.\n"
                     "CLEAVE_SOURCE is that file's path; the build sets it.",
                     file->source);
    c_writer_line(&writer, "#include CLEAVE_SOURCE");
    c_writer_line(&writer, "%s", "");
  }
  c_writer_comment(&writer,
                   "The application may have names of its own that a JSON library has too.");
  c_writer_line(&writer, "#ifndef JANSSON_H");
  c_writer_line(&writer, "#define JANSSON_H");
  c_writer_line(&writer, "typedef struct json_t json_t;");
  c_writer_line(&writer, "#endif");
  c_writer_line(&writer, "#include \"cleave_glue.h\"");
  c_writer_line(&writer, "#include \"cleave_marshal.h\"");
  c_writer_line(&writer, "#include \"cleave_adapters.h\"");
  c_writer_line(&writer, "%s", "");
  if (g_tree_nnodes(file->prototypes) > 0) {
    g_tree_foreach(file->prototypes, append_prototype, &writer);
    c_writer_line(&writer, "%s", "");
  }
  g_string_append(writer.text, file->code.text->str);
  return g_string_free(writer.text, FALSE);
}
