#include "splitter/generate/proxies.h"

#include <string.h>

#include "splitter/generate/monolith_sources.h"
#include "splitter/generate/proxy_copy.h"
#include "splitter/generate/proxy_http.h"
#include "splitter/generate/proxy_plan.h"
#include "splitter/generate/proxy_readme.h"
#include "splitter/generate/proxy_source.h"

/* One source file of one program with routines that moved out. */
struct moved_file {
  const char *program;
  const char *source;
  char *name;          /* of the copy: "moved_price.c" */
  GPtrArray *plans;    /* struct proxy_plan * */
  GArray *definitions; /* struct definition */
};

static void moved_file_free(gpointer data)
{
  struct moved_file *file = data;
  g_free(file->name);
  g_ptr_array_unref(file->plans);
  g_array_unref(file->definitions);
  g_free(file);
}

static void note(struct generated *result, const struct function_spec *spec,
                 const struct proxy_plan *plan, char *refusal)
{
  struct generated_proxy *row = g_new0(struct generated_proxy, 1);
  row->name = g_strdup(spec->name);
  row->refusal = refusal;
  g_autofree char *losses = plan->is_forward ? proxy_http_losses(spec) : NULL;
  row->message = g_strdup_printf(
      "%s; %s%srepeated calls %s: %s", plan->error ? plan->error : plan->error_reason,
      losses ? losses : "", losses ? "; " : "", plan->is_idempotent ? "allowed" : "not allowed",
      plan->idempotent_reason);
  g_ptr_array_add(result->proxies, row);
}

static struct moved_file *find_file(GPtrArray *files, const struct function_spec *spec)
{
  for (guint i = 0; i < files->len; i++) {
    struct moved_file *file = files->pdata[i];
    if (strcmp(file->program, spec->program) == 0 &&
        strcmp(file->source, spec->routine->file) == 0) {
      return file;
    }
  }
  return NULL;
}

static char *copy_name(const GPtrArray *files, const struct function_spec *spec)
{
  g_autofree char *base = g_path_get_basename(spec->routine->file);
  char *dot = strrchr(base, '.');
  if (dot) {
    *dot = '\0';
  }
  g_autofree char *safe = c_identifier(base);
  char *name = g_strdup_printf("moved_%s.c", safe);
  for (guint i = 0; i < files->len; i++) {
    if (strcmp(((const struct moved_file *)files->pdata[i])->name, name) == 0) {
      /* Two sources of one name, or one in two programs. */
      g_autofree char *whole = g_strdup_printf("%s_%s", spec->program, spec->routine->file);
      g_autofree char *safe_whole = c_identifier(whole);
      g_free(name);
      return g_strdup_printf("moved_%s.c", safe_whole);
    }
  }
  return name;
}

static struct moved_file *file_for(GPtrArray *files, const struct function_spec *spec)
{
  struct moved_file *file = find_file(files, spec);
  if (!file) {
    file = g_new0(struct moved_file, 1);
    file->program = spec->program;
    file->source = spec->routine->file;
    file->name = copy_name(files, spec);
    file->plans = g_ptr_array_new_with_free_func((GDestroyNotify)proxy_plan_free);
    file->definitions = g_array_new(FALSE, FALSE, sizeof(struct definition));
    g_ptr_array_add(files, file);
  }
  return file;
}

/* Why the definition cannot be renamed where it stands, or NULL; fills DEFINITION. */
static char *find_definition(struct source_texts *texts, const struct function_spec *spec,
                             struct definition *definition)
{
  const struct fact_routine *routine = spec->routine;
  const char *text = source_texts_file(texts, routine->file);
  if (!text) {
    return g_strdup_printf("cannot read %s", routine->file);
  }
  if (g_str_has_suffix(routine->file, ".h") || (routine->is_inline && !routine->is_static)) {
    return g_strdup("it is defined in a header or inline, so that every file has a copy of it");
  }
  return proxy_copy_find(text, routine, definition);
}

static void plan_one(GPtrArray *files, const struct inventory *inventory,
                     struct source_texts *texts, const struct function_spec *spec,
                     const struct contract_book *book, struct generated *result)
{
  struct proxy_plan *plan = proxy_plan_new(inventory, texts, spec, book);
  struct definition definition = {0};
  char *refusal =
      plan->refusal ? g_strdup(plan->refusal) : find_definition(texts, spec, &definition);
  note(result, spec, plan, refusal);
  if (refusal) {
    proxy_plan_free(plan);
    return;
  }
  struct moved_file *file = file_for(files, spec);
  g_ptr_array_add(file->plans, plan);
  g_array_append_val(file->definitions, definition);
}

static guint count_lines(const char *text)
{
  guint n = 0;
  for (const char *at = strchr(text, '\n'); at; at = strchr(at + 1, '\n')) {
    n++;
  }
  return n;
}

/* Copy, then proxies: these see every type and every static routine of the file. */
static char *file_text(const struct inventory *inventory, struct source_texts *texts,
                       const struct moved_file *moved)
{
  struct glue *glue = glue_new(inventory, moved->program);
  struct glue_file *file = glue_file(glue, moved->source);
  for (guint i = 0; i < moved->plans->len; i++) {
    const struct proxy_plan *plan = moved->plans->pdata[i];
    (plan->is_forward ? proxy_http_write : proxy_source_write)(glue, file, plan);
  }
  g_autofree char *copy =
      proxy_copy_make(source_texts_file(texts, moved->source), moved->source, moved->definitions);
  g_autofree char *name = c_literal(moved->name);
  GString *out = g_string_new(NULL);
  g_autofree char *source = g_strdup(moved->source);
  g_strdelimit(source, "*\n", '_');
  g_string_append_printf(out,
                         "/* %s as it is, with the definitions of routines that moved out "
                         "renamed, and their proxies behind it. */\n",
                         source);
  g_string_append(out, copy);
  g_string_append_printf(out, "#line %u %s\n", count_lines(out->str) + 2, name);
  g_string_append(out, "#ifndef JANSSON_H\n#define JANSSON_H\ntypedef struct json_t json_t;\n"
                       "#endif\n#include \"cleave_glue.h\"\n#include \"cleave_proxy.h\"\n\n");
  g_string_append(out, file->code.text->str);
  glue_free(glue);
  return g_string_free(out, FALSE);
}

static char *cmake_quoted(const char *text)
{
  GString *out = g_string_new("\"");
  for (const char *at = text; *at; at++) {
    if (strchr("\\\"$;", *at)) {
      g_string_append_c(out, '\\');
    }
    g_string_append_c(out, *at);
  }
  g_string_append_c(out, '"');
  return g_string_free(out, FALSE);
}

static void append_moved(GString *out, struct source_texts *texts, const GPtrArray *groups,
                         const struct moved_file *file)
{
  const struct unit_group *group = unit_group_find(groups, file->program, file->source);
  const char *text = source_texts_file(texts, file->source);
  g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
  g_autofree char *program = cmake_quoted(file->program);
  g_autofree char *source = cmake_quoted(file->source);
  g_string_append_printf(out,
                         "cleave_moved(PROGRAM %s FILE %s UNIT \"%s\"\n  SOURCE %s\n  HASH %s)\n",
                         program, file->name, group ? group->name : "", source, hash);
}

static bool has_main(const struct inventory *inventory, const char *program)
{
  const struct fact_routine *routine = inventory_find_routine(inventory, program, "main");
  g_autoptr(GPtrArray) programs =
      routine ? inventory_programs_of(inventory, routine->file) : g_ptr_array_new();
  return g_ptr_array_find_with_equal_func(programs, program, g_str_equal, NULL);
}

static char *build_text(const struct inventory *inventory, struct source_texts *texts,
                        const GPtrArray *files, const GPtrArray *groups)
{
  GString *out =
      g_string_new("# The remaining monolith: its own sources, with proxies in the place "
                   "of routines that moved out.\n");
  g_autoptr(GHashTable) done = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < files->len; i++) {
    append_moved(out, texts, groups, files->pdata[i]);
  }
  for (guint i = 0; i < files->len; i++) {
    const char *program = ((const struct moved_file *)files->pdata[i])->program;
    if (!g_hash_table_add(done, (gpointer)program)) {
      continue;
    }
    g_autoptr(GPtrArray) libraries = program_libraries(inventory, program);
    g_autofree char *name = cmake_quoted(program);
    g_string_append_printf(out, "cleave_remaining(%s %s", name,
                           has_main(inventory, program) ? "EXECUTABLE" : "ARCHIVE");
    for (guint j = 0; j < libraries->len; j++) {
      g_autofree char *library = cmake_quoted(libraries->pdata[j]);
      g_string_append_printf(out, "%s%s", j == 0 ? "\n  LIBRARIES " : " ", library);
    }
    g_string_append(out, ")\n");
  }
  return g_string_free(out, FALSE);
}

void proxies_add(struct product *product, const struct inventory *inventory,
                 struct source_texts *texts, const GPtrArray *specs, const GPtrArray *groups,
                 const struct contract_book *book, struct generated *result)
{
  g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(moved_file_free);
  g_autoptr(GPtrArray) plans = g_ptr_array_new();
  for (guint i = 0; i < specs->len; i++) {
    plan_one(files, inventory, texts, specs->pdata[i], book, result);
  }
  for (guint i = 0; i < files->len; i++) {
    const struct moved_file *file = files->pdata[i];
    g_autofree char *path = g_build_filename("proxies", file->name, NULL);
    product_add(product, path, file_text(inventory, texts, file));
    for (guint j = 0; j < file->plans->len; j++) {
      g_ptr_array_add(plans, file->plans->pdata[j]);
    }
  }
  product_add(product, "proxies/CMakeLists.txt", build_text(inventory, texts, files, groups));
  product_add_json(product, "proxies/proxies.json", proxy_settings_document(plans));
  product_add(product, "proxies/README.md", proxy_readme_text(plans, result));
}
