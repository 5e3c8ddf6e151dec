#include "splitter/generate/monolith_sources.h"

#include <string.h>

static void unit_group_free(gpointer data)
{
  struct unit_group *group = data;
  g_free(group->name);
  g_ptr_array_unref(group->flags);
  g_ptr_array_unref(group->sources);
  g_free(group);
}

/* Added by the analyzer for its parser, or of no meaning to a build. */
static bool is_parser_flag(const char *flag)
{
  return strcmp(flag, "-xc") == 0 || strcmp(flag, "-w") == 0 ||
         g_str_has_prefix(flag, "-Wno-error") || g_str_has_prefix(flag, "-ferror-limit") ||
         strcmp(flag, "-U_FORTIFY_SOURCE") == 0 || g_str_has_prefix(flag, "-march=") ||
         g_str_has_prefix(flag, "-resource-dir");
}

static bool takes_value(const char *flag)
{
  static const char *const flags[] = {"-I",        "-D",       "-U",       "-isystem",
                                      "-iquote",   "-include", "-imacros", "-idirafter",
                                      "-isysroot", "-target",  NULL};
  return g_strv_contains(flags, flag);
}

/* TEXT as the inside of a quoted CMake argument, paths below the root made relative to it. */
static char *cmake_flag(const struct inventory *inventory, const char *option, const char *value)
{
  g_autoptr(GString) text = g_string_new(value);
  if (inventory->root && *inventory->root) {
    size_t n = strlen(inventory->root);
    char *at = strstr(text->str, inventory->root);
    bool is_path =
        at && (at[n] == '/' || at[n] == '\0') && (at == text->str || !g_ascii_isalnum(at[-1]));
    g_string_replace(text, "\\", "\\\\", 0);
    g_string_replace(text, "\"", "\\\"", 0);
    g_string_replace(text, "$", "\\$", 0);
    if (is_path) {
      g_string_replace(text, inventory->root, "${CLEAVE_SOURCE_ROOT}", 1);
    }
  }
  g_string_replace(text, ";", "\\;", 0);
  bool needs_shell = *option && (strcmp(option, "-I") != 0 && strcmp(option, "-D") != 0);
  return needs_shell ? g_strdup_printf("SHELL:%s '%s'", option, text->str)
                     : g_strdup_printf("%s%s", option, text->str);
}

/* The flags of a unit, as CMake text. */
static GPtrArray *flags_of(const struct inventory *inventory, const struct fact_unit *unit)
{
  GPtrArray *flags = g_ptr_array_new_with_free_func(g_free);
  g_auto(GStrv) arguments = g_strsplit(unit->arguments, "\n", -1);
  for (size_t i = 0; arguments[i]; i++) {
    const char *flag = arguments[i];
    if (!*flag || is_parser_flag(flag)) {
      continue;
    }
    const char *value = takes_value(flag) ? arguments[i + 1] : NULL;
    if (value) {
      i++;
    }
    g_ptr_array_add(flags, cmake_flag(inventory, value ? flag : "", value ? value : flag));
  }
  return flags;
}

static bool same_flags(const GPtrArray *left, const GPtrArray *right)
{
  if (left->len != right->len) {
    return false;
  }
  for (guint i = 0; i < left->len; i++) {
    if (strcmp(left->pdata[i], right->pdata[i]) != 0) {
      return false;
    }
  }
  return true;
}

static const struct fact_unit *find_unit(const struct inventory *inventory, int64_t id,
                                         const char *file)
{
  const struct fact_unit *by_file = NULL;
  for (size_t i = 0; i < inventory->units->n; i++) {
    const struct fact_unit *unit = record_at(inventory->units, fact_unit, i);
    if (id != 0 && unit->id == id) {
      return unit;
    }
    if (!by_file && strcmp(unit->file, file) == 0) {
      by_file = unit;
    }
  }
  return by_file;
}

static bool uses_program(const GPtrArray *specs, const char *program)
{
  for (guint i = 0; i < specs->len; i++) {
    const struct function_spec *spec = specs->pdata[i];
    if (spec->program && strcmp(spec->program, program) == 0) {
      return true;
    }
  }
  return false;
}

const struct unit_group *unit_group_find(const GPtrArray *groups, const char *program,
                                         const char *source)
{
  for (guint i = 0; i < groups->len; i++) {
    const struct unit_group *group = groups->pdata[i];
    for (guint j = 0; strcmp(group->program, program) == 0 && j < group->sources->len; j++) {
      if (strcmp(group->sources->pdata[j], source) == 0) {
        return group;
      }
    }
  }
  return NULL;
}

static void add_to_group(GPtrArray *groups, const char *program, const char *file, GPtrArray *flags)
{
  unsigned n = 1;
  for (guint i = 0; i < groups->len; i++) {
    struct unit_group *group = groups->pdata[i];
    if (strcmp(group->program, program) != 0) {
      continue;
    }
    n++;
    if (same_flags(group->flags, flags)) {
      g_ptr_array_add(group->sources, (gpointer)file);
      g_ptr_array_unref(flags);
      return;
    }
  }
  struct unit_group *group = g_new0(struct unit_group, 1);
  group->name = g_strdup_printf("%s_%u", program, n);
  group->program = program;
  group->flags = flags;
  group->sources = g_ptr_array_new();
  g_ptr_array_add(group->sources, (gpointer)file);
  g_ptr_array_add(groups, group);
}

static bool has_main(const struct inventory *inventory, const char *program)
{
  const struct fact_routine *found = inventory_find_routine(inventory, program, "main");
  g_autoptr(GPtrArray) programs =
      found ? inventory_programs_of(inventory, found->file) : g_ptr_array_new();
  return g_ptr_array_find_with_equal_func(programs, program, g_str_equal, NULL);
}

/* The library of the tree that lends a source to programs that do not hold it: the first without a
 * main; NULL when there is none. */
static const char *lender_of(const struct inventory *inventory, const char *source)
{
  g_autoptr(GPtrArray) programs = inventory_programs_of(inventory, source);
  for (guint i = 0; i < programs->len; i++) {
    if (!has_main(inventory, programs->pdata[i])) {
      return programs->pdata[i];
    }
  }
  return NULL;
}

/* The libraries of the tree from which the closures of PROGRAM's functions need something. */
static GPtrArray *lenders_to(const struct inventory *inventory, const GPtrArray *specs,
                             const char *program)
{
  GPtrArray *lenders = g_ptr_array_new();
  for (guint i = 0; i < specs->len; i++) {
    const struct function_spec *spec = specs->pdata[i];
    bool is_its = spec->program && strcmp(spec->program, program) == 0;
    for (guint j = 0; is_its && j < spec->sources->len; j++) {
      g_autoptr(GPtrArray) holders = inventory_programs_of(inventory, spec->sources->pdata[j]);
      if (g_ptr_array_find_with_equal_func(holders, program, g_str_equal, NULL)) {
        continue;
      }
      const char *lender = lender_of(inventory, spec->sources->pdata[j]);
      if (lender && !g_ptr_array_find_with_equal_func(lenders, lender, g_str_equal, NULL)) {
        g_ptr_array_add(lenders, (gpointer)lender);
      }
    }
  }
  return lenders;
}

/* The units of program OWNER go to PROGRAM's, those that it has left out. */
static void add_units(const struct inventory *inventory, GPtrArray *groups, const char *program,
                      const char *owner)
{
  for (size_t i = 0; i < inventory->programs->n; i++) {
    const struct fact_program *row = record_at(inventory->programs, fact_program, i);
    if (strcmp(row->program, owner) != 0 || unit_group_find(groups, program, row->file)) {
      continue;
    }
    const struct fact_unit *unit = find_unit(inventory, row->unit, row->file);
    if (unit) {
      add_to_group(groups, program, row->file, flags_of(inventory, unit));
    }
  }
}

GPtrArray *unit_groups_of(const struct inventory *inventory, const GPtrArray *specs)
{
  GPtrArray *groups = g_ptr_array_new_with_free_func(unit_group_free);
  const char *before = NULL;
  for (size_t i = 0; i < inventory->programs->n; i++) {
    const struct fact_program *row = record_at(inventory->programs, fact_program, i);
    if ((before && strcmp(before, row->program) == 0) || !uses_program(specs, row->program)) {
      continue;
    }
    before = row->program;
    add_units(inventory, groups, before, before);
    g_autoptr(GPtrArray) lenders = lenders_to(inventory, specs, before);
    for (guint j = 0; j < lenders->len; j++) {
      add_units(inventory, groups, before, lenders->pdata[j]);
    }
  }
  return groups;
}

struct known_library {
  const char *prefix; /* of a routine's name */
  const char *library;
  const char *needs; /* another library, which the linker wants named too; or NULL */
};

/* Names that tell their library; the rest comes from the monolith's own link line. */
static const struct known_library known_libraries[] = {
    {"sqlite3_", "sqlite3", NULL},
    {"PQ", "pq", NULL},
    {"MHD_", "microhttpd", NULL},
    {"curl_", "curl", NULL},
    {"SSL_", "ssl", "crypto"},
    {"TLS_", "ssl", "crypto"},
    {"BIO_", "crypto", NULL},
    {"EVP_", "crypto", NULL},
    {"RAND_", "crypto", NULL},
    {"ERR_", "crypto", NULL},
    {"X509_", "crypto", NULL},
    {"PEM_", "crypto", NULL},
    {"RSA_", "crypto", NULL},
    {"EC_", "crypto", NULL},
    {"BN_", "crypto", NULL},
    {"ASN1_", "crypto", NULL},
    {"HMAC_", "crypto", NULL},
    {"CRYPTO_", "crypto", NULL},
    {"OPENSSL_", "crypto", NULL},
    {"mysql_", "mysqlclient", NULL},
    {"json_", "jansson", NULL},
    {"cJSON_", "cjson", NULL},
    {"pcre2_", "pcre2-8", NULL},
    {"event_", "event_core", NULL},
    {"evbuffer_", "event_core", NULL},
    {"evhttp_", "event_extra", "event_core"},
    {"bufferevent_", "event_core", NULL},
    {"deflate", "z", NULL},
    {"inflate", "z", NULL},
    {"compress", "z", NULL},
    {"uncompress", "z", NULL},
    {"crc32", "z", NULL},
    {"gz", "z", NULL},
    {"BZ2_", "bz2", NULL},
    {"lzma_", "lzma", NULL},
    {"ZSTD_", "zstd", NULL},
    {"png_", "png", NULL},
    {"jpeg_", "jpeg", NULL},
    {"xml", "xml2", NULL},
    {"XML_", "expat", NULL},
    {"yaml_", "yaml", NULL},
    {"redis", "hiredis", NULL},
    {"onig_", "onig", NULL},
    {"FCGI_", "fcgi", NULL},
    {"FCGX_", "fcgi", NULL},
    {"g_", "glib-2.0", NULL},
    {"uv_", "uv", NULL},
    {"archive_", "archive", NULL},
    {"zmq_", "zmq", NULL},
    {"rd_kafka_", "rdkafka", NULL},
    {"mosquitto_", "mosquitto", NULL},
    {"uuid_", "uuid", NULL},
    {"readline", "readline", NULL},
    {"lua_", "lua5.4", NULL},
    {"luaL_", "lua5.4", NULL},
    {"git_", "git2", NULL},
};

static const struct known_library *library_of(const char *routine)
{
  for (size_t i = 0; i < G_N_ELEMENTS(known_libraries); i++) {
    if (g_str_has_prefix(routine, known_libraries[i].prefix)) {
      return &known_libraries[i];
    }
  }
  return NULL;
}

static void add_name(GPtrArray *names, const char *name)
{
  if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL)) {
    g_ptr_array_add(names, g_strdup(name));
  }
}

static void add_library(GPtrArray *libraries, const struct known_library *known)
{
  add_name(libraries, known->library);
  if (known->needs) {
    add_name(libraries, known->needs);
  }
}

/* "-lfoo", "/usr/lib/libfoo.so.1", "/usr/lib/libfoo.a" -> "foo"; NULL for what is no library of the
 * system. A new string. */
static char *library_name(const char *word, const char *directory)
{
  if (g_str_has_prefix(word, "-l") && word[2] != ':') {
    return g_strdup(word + 2);
  }
  if (!g_path_is_absolute(word) || g_str_has_prefix(word, directory)) {
    return NULL;
  }
  g_autofree char *base = g_path_get_basename(word);
  char *end = strstr(base, ".so");
  end = end ? end : g_str_has_suffix(base, ".a") ? base + strlen(base) - 2 : NULL;
  if (!end || !g_str_has_prefix(base, "lib")) {
    return NULL;
  }
  *end = '\0';
  return g_strdup(base + strlen("lib"));
}

static void take_words(const char *text, const char *directory, GPtrArray *names)
{
  g_auto(GStrv) words = NULL;
  int n = 0;
  if (!g_shell_parse_argv(text, &n, &words, NULL)) {
    return;
  }
  for (int i = 0; i < n; i++) {
    g_autofree char *name = library_name(words[i], directory);
    if (name && strcmp(name, "c") != 0) {
      add_name(names, name);
    }
  }
}

/* What the build folder says the program is linked with: link.txt or build.ninja. */
static void take_link_line(const char *directory, const char *program, GPtrArray *names)
{
  g_autofree char *folder = g_strdup_printf("%s.dir", program);
  g_autofree char *make = g_build_filename(directory, "CMakeFiles", folder, "link.txt", NULL);
  g_autofree char *text = NULL;
  if (g_file_get_contents(make, &text, NULL, NULL)) {
    take_words(text, directory, names);
    return;
  }
  g_autofree char *ninja = g_build_filename(directory, "build.ninja", NULL);
  if (!g_file_get_contents(ninja, &text, NULL, NULL)) {
    return;
  }
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  bool is_ours = false;
  g_autofree char *begin = g_strdup_printf("build %s: C_EXECUTABLE_LINKER", program);
  for (size_t i = 0; lines[i]; i++) {
    if (g_str_has_prefix(lines[i], "build ")) {
      is_ours = g_str_has_prefix(lines[i], begin);
    }
    const char *libraries = is_ours ? strstr(lines[i], "LINK_LIBRARIES = ") : NULL;
    if (libraries) {
      take_words(libraries + strlen("LINK_LIBRARIES = "), directory, names);
    }
  }
}

static int compare_names(gconstpointer left, gconstpointer right)
{
  return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* What the program's own build says it is linked with. */
static GPtrArray *linked_libraries(const struct inventory *inventory, const char *program)
{
  GPtrArray *linked = g_ptr_array_new_with_free_func(g_free);
  for (size_t i = 0; i < inventory->programs->n; i++) {
    const struct fact_program *row = record_at(inventory->programs, fact_program, i);
    const struct fact_unit *unit =
        strcmp(row->program, program) == 0 ? find_unit(inventory, row->unit, row->file) : NULL;
    if (unit && *unit->directory) {
      take_link_line(unit->directory, program, linked);
      break;
    }
  }
  return linked;
}

GPtrArray *program_libraries(const struct inventory *inventory, const char *program)
{
  GPtrArray *libraries = linked_libraries(inventory, program);
  bool is_said = libraries->len > 0;
  for (size_t i = 0; !is_said && i < inventory->calls->n; i++) {
    const struct fact_call *call = record_at(inventory->calls, fact_call, i);
    const struct fact_routine *callee = inventory_routine(inventory, call->callee);
    const struct known_library *library =
        callee && !callee->is_defined ? library_of(callee->name) : NULL;
    if (library) {
      add_library(libraries, library);
    }
  }
  g_ptr_array_sort(libraries, compare_names);
  return libraries;
}

void libraries_find(const struct inventory *inventory, struct function_spec *spec)
{
  bool is_partly_unknown = false;
  for (guint i = 0; i < spec->outside->len; i++) {
    const struct fact_routine *routine = spec->outside->pdata[i];
    const struct known_library *known = library_of(routine->name);
    if (known && strcmp(known->library, "microhttpd") == 0 &&
        strcmp(spec->adapter, "microhttpd") == 0) {
      continue; /* the runtime stands in for it */
    }
    if (known) {
      add_library(spec->libraries, known);
      add_name(spec->symbols, routine->name);
    } else {
      is_partly_unknown = true;
    }
  }
  /* The program's own libraries for names that no table knows; the linker leaves out what is not
   * needed. Those of tables that the closure does not call stay away. */
  g_autoptr(GPtrArray) linked = is_partly_unknown && spec->program
                                    ? linked_libraries(inventory, spec->program)
                                    : g_ptr_array_new();
  for (guint i = 0; i < linked->len; i++) {
    bool is_known = false;
    for (size_t k = 0; k < G_N_ELEMENTS(known_libraries); k++) {
      is_known = is_known || strcmp(known_libraries[k].library, linked->pdata[i]) == 0;
    }
    if (!is_known) {
      add_name(spec->libraries, linked->pdata[i]);
    }
  }
  g_ptr_array_sort(spec->libraries, compare_names);
  g_ptr_array_sort(spec->symbols, compare_names);
}
