#include "analyzer/arguments.h"

#include <string.h>

/* ---- splitting ---- */

char **arguments_split(const char *command)
{
  GPtrArray *words = g_ptr_array_new();
  g_autoptr(GString) word = g_string_new(NULL);
  bool has_word = false;
  char quote = '\0';
  for (const char *at = command; *at != '\0'; at++) {
    if (quote == '\'') {
      if (*at == '\'')
        quote = '\0';
      else
        g_string_append_c(word, *at);
    } else if (*at == '\\' && at[1] != '\0' &&
               (quote == '\0' || strchr("\"\\$`\n", at[1]) != NULL)) {
      at++;
      if (*at != '\n')
        g_string_append_c(word, *at);
      has_word = true;
    } else if (quote == '"') {
      if (*at == '"')
        quote = '\0';
      else
        g_string_append_c(word, *at);
    } else if (*at == '\'' || *at == '"') {
      quote = *at;
      has_word = true;
    } else if (g_ascii_isspace(*at)) {
      if (has_word)
        g_ptr_array_add(words, g_strdup(word->str));
      g_string_truncate(word, 0);
      has_word = false;
    } else {
      g_string_append_c(word, *at);
      has_word = true;
    }
  }
  if (has_word)
    g_ptr_array_add(words, g_strdup(word->str));
  g_ptr_array_add(words, NULL);
  return (char **)g_ptr_array_free(words, FALSE);
}

/* ---- paths ---- */

static char *map_path(const char *path, const GArray *path_maps)
{
  for (guint i = 0; path_maps != NULL && i < path_maps->len; i++) {
    const struct path_map *map = &g_array_index(path_maps, struct path_map, i);
    size_t length = strlen(map->from);
    if (strncmp(path, map->from, length) == 0 && (path[length] == '/' || path[length] == '\0'))
      return g_strconcat(map->to, path + length, NULL);
  }
  return g_strdup(path);
}

char *arguments_path(const char *path, const char *directory, const GArray *path_maps)
{
  g_autofree char *mapped = map_path(path, path_maps);
  return g_canonicalize_filename(mapped, directory);
}

/* ---- response files ---- */

enum { RESPONSE_DEPTH = 10, RESPONSE_BYTES = 4 * 1024 * 1024, WORDS_LIMIT = 100000 };

static void notice(GHashTable *notices, const char *text)
{
  guint n = GPOINTER_TO_UINT(g_hash_table_lookup(notices, text));
  g_hash_table_replace(notices, g_strdup(text), GUINT_TO_POINTER(n + 1));
}

static void expand(GPtrArray *all, const char *word, const char *directory, const GArray *path_maps,
                   unsigned depth, GHashTable *notices)
{
  if (all->len >= WORDS_LIMIT)
    return;
  if (word[0] != '@' || word[1] == '\0' || depth >= RESPONSE_DEPTH) {
    g_ptr_array_add(all, g_strdup(word));
    return;
  }
  g_autofree char *path = arguments_path(word + 1, directory, path_maps);
  g_autofree char *text = NULL;
  gsize size = 0;
  if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) ||
      !g_file_get_contents(path, &text, &size, NULL) || size > RESPONSE_BYTES) {
    notice(notices, "response file that cannot be read");
    return;
  }
  g_auto(GStrv) words = arguments_split(text);
  for (char **at = words; *at != NULL; at++)
    expand(all, *at, directory, path_maps, depth + 1, notices);
}

/* ---- what is kept ---- */

enum option_kind {
  OPTION_PATH,        /* joined or separate value, a path: made absolute */
  OPTION_TEXT,        /* joined or separate value */
  OPTION_FLAG,        /* exactly this word */
  OPTION_PREFIX,      /* any word that begins so */
  OPTION_SKIP_NEXT,   /* left out together with the next word */
  OPTION_REFUSE,      /* begins so: left out and said */
  OPTION_REFUSE_NEXT, /* likewise with the next word */
};

struct known_option {
  const char *name;
  enum option_kind kind;
};

/* The first that fits counts. What is in no row is left out. */
static const struct known_option known_options[] = {
    /* never: they load code, run programs or read configurations that do */
    {"-fplugin", OPTION_REFUSE},
    {"-fpass-plugin", OPTION_REFUSE},
    {"-load", OPTION_REFUSE_NEXT},
    {"-Xclang", OPTION_REFUSE_NEXT},
    {"-Xanalyzer", OPTION_REFUSE_NEXT},
    {"-Xassembler", OPTION_SKIP_NEXT},
    {"-Xlinker", OPTION_SKIP_NEXT},
    {"-mllvm", OPTION_REFUSE_NEXT},
    {"-wrapper", OPTION_REFUSE_NEXT},
    {"-specs", OPTION_REFUSE},
    {"--specs", OPTION_REFUSE},
    {"--config", OPTION_REFUSE},
    {"-B", OPTION_REFUSE},
    {"-include-pch", OPTION_REFUSE_NEXT},
    {"-ivfsoverlay", OPTION_REFUSE_NEXT},
    {"-fmodule", OPTION_REFUSE},
    {"-save-temps", OPTION_REFUSE},
    {"--save-temps", OPTION_REFUSE},
    {"-serialize-diagnostics", OPTION_REFUSE_NEXT},
    {"--serialize-diagnostics", OPTION_REFUSE_NEXT},
    {"-dependency-file", OPTION_REFUSE_NEXT},
    {"-header-include-file", OPTION_REFUSE_NEXT},
    {"-MJ", OPTION_REFUSE_NEXT},
    {"-resource-dir", OPTION_SKIP_NEXT},
    {"-working-directory", OPTION_SKIP_NEXT},
    /* ordinary, without meaning for the source */
    {"-MF", OPTION_SKIP_NEXT},
    {"-MT", OPTION_SKIP_NEXT},
    {"-MQ", OPTION_SKIP_NEXT},
    {"-arch", OPTION_SKIP_NEXT},
    {"-aux-info", OPTION_SKIP_NEXT},
    {"-dumpbase", OPTION_SKIP_NEXT},
    {"-dumpdir", OPTION_SKIP_NEXT},
    {"--param", OPTION_SKIP_NEXT},
    {"-undef", OPTION_FLAG},
    {"-L", OPTION_SKIP_NEXT},
    {"-l", OPTION_SKIP_NEXT},
    {"-u", OPTION_SKIP_NEXT},
    {"-z", OPTION_SKIP_NEXT},
    {"-T", OPTION_SKIP_NEXT},
    /* the search for headers */
    {"-I", OPTION_PATH},
    {"-isystem", OPTION_PATH},
    {"-iquote", OPTION_PATH},
    {"-idirafter", OPTION_PATH},
    {"-isysroot", OPTION_PATH},
    {"--sysroot", OPTION_PATH},
    {"-imacros", OPTION_PATH},
    {"-include", OPTION_TEXT},
    {"-nostdinc", OPTION_FLAG},
    {"-nostdlibinc", OPTION_FLAG},
    /* macros and the language */
    {"-D", OPTION_TEXT},
    {"-U", OPTION_TEXT},
    {"-std=", OPTION_PREFIX},
    {"-ansi", OPTION_FLAG},
    {"-trigraphs", OPTION_FLAG},
    {"-pthread", OPTION_FLAG},
    {"-target", OPTION_TEXT},
    {"--target=", OPTION_PREFIX},
    {"-fshort-enums", OPTION_FLAG},
    {"-fno-short-enums", OPTION_FLAG},
    {"-fsigned-char", OPTION_FLAG},
    {"-fno-signed-char", OPTION_FLAG},
    {"-funsigned-char", OPTION_FLAG},
    {"-fno-unsigned-char", OPTION_FLAG},
    {"-fshort-wchar", OPTION_FLAG},
    {"-fno-builtin", OPTION_PREFIX},
    {"-ffreestanding", OPTION_FLAG},
    {"-fhosted", OPTION_FLAG},
    {"-fgnu89-inline", OPTION_FLAG},
    {"-fno-gnu89-inline", OPTION_FLAG},
    {"-fms-extensions", OPTION_FLAG},
    {"-fpack-struct", OPTION_PREFIX},
    {"-fblocks", OPTION_FLAG},
    {"-fcommon", OPTION_FLAG},
    {"-fno-common", OPTION_FLAG},
    {"-m32", OPTION_FLAG},
    {"-m64", OPTION_FLAG},
    {"-mx32", OPTION_FLAG},
    {"-march=", OPTION_PREFIX},
    {"-msse", OPTION_PREFIX},
    {"-mssse3", OPTION_FLAG},
    {"-mavx", OPTION_PREFIX},
    {"-maes", OPTION_FLAG},
    {"-mpclmul", OPTION_FLAG},
    {"-mpopcnt", OPTION_FLAG},
    {"-mbmi", OPTION_PREFIX},
    {"-mfma", OPTION_FLAG},
    {"-mf16c", OPTION_FLAG},
    {"-mlzcnt", OPTION_FLAG},
    {"-msha", OPTION_FLAG},
    {"-mcrc32", OPTION_FLAG},
};

static const char *const source_suffixes_cxx[] = {".cc",  ".cpp", ".cxx", ".c++", ".C",
                                                  ".CPP", ".mm",  ".cu",  ".hpp", ".cppm"};

static enum source_language language_of(const char *file, const char *compiler)
{
  const char *suffix = strrchr(file, '.');
  if (suffix == NULL)
    return SOURCE_OTHER;
  for (size_t i = 0; i < G_N_ELEMENTS(source_suffixes_cxx); i++)
    if (strcmp(suffix, source_suffixes_cxx[i]) == 0)
      return SOURCE_CXX;
  if (strcmp(suffix, ".c") != 0 && strcmp(suffix, ".i") != 0)
    return SOURCE_OTHER;
  g_autofree char *name = g_path_get_basename(compiler);
  bool is_cxx = strstr(name, "++") != NULL && strstr(name, "clang-cl") == NULL;
  return is_cxx ? SOURCE_CXX : SOURCE_C;
}

static void keep(struct arguments *arguments, char *word)
{
  g_ptr_array_add(arguments->kept, word);
}

static bool is_compiler_header_folder(const char *path)
{
  return strstr(path, "/lib/gcc/") != NULL || strstr(path, "/lib/gcc-cross/") != NULL ||
         (strstr(path, "/lib/clang/") != NULL && g_str_has_suffix(path, "/include"));
}

struct cursor {
  GPtrArray *words;
  guint at;
  const char *directory;
  const GArray *path_maps;
  GHashTable *notices;
};

static const char *next_word(struct cursor *cursor)
{
  return cursor->at + 1 < cursor->words->len ? cursor->words->pdata[++cursor->at] : NULL;
}

/* The value of an option, joined to it ("-Idir", "--sysroot=dir") or in the next word. */
static const char *value_of(struct cursor *cursor, const char *word, const char *name)
{
  const char *rest = word + strlen(name);
  if (*rest == '=' && name[0] == '-' && name[1] == '-')
    return rest + 1;
  return *rest != '\0' ? rest : next_word(cursor);
}

static void say_refused(struct cursor *cursor, const char *word)
{
  g_autofree char *text = g_strdup_printf("refused %s", word);
  notice(cursor->notices, text);
}

static void take(struct arguments *arguments, struct cursor *cursor, const char *word,
                 const struct known_option *option)
{
  switch (option->kind) {
  case OPTION_PATH: {
    const char *value = value_of(cursor, word, option->name);
    if (value == NULL)
      return;
    char *path = arguments_path(value, cursor->directory, cursor->path_maps);
    if (is_compiler_header_folder(path)) {
      g_free(path);
      return;
    }
    keep(arguments, g_strdup(option->name));
    keep(arguments, path);
    return;
  }
  case OPTION_TEXT: {
    const char *value = value_of(cursor, word, option->name);
    if (value == NULL)
      return;
    if (strcmp(option->name, "-D") == 0 && g_str_has_prefix(value, "_FORTIFY_SOURCE"))
      return;
    keep(arguments, g_strdup(option->name));
    keep(arguments, g_strdup(value));
    return;
  }
  case OPTION_FLAG:
  case OPTION_PREFIX:
    keep(arguments, g_strdup(word));
    return;
  case OPTION_SKIP_NEXT:
    if (strcmp(word, option->name) == 0)
      next_word(cursor);
    return;
  case OPTION_REFUSE:
    say_refused(cursor, word);
    return;
  case OPTION_REFUSE_NEXT:
    say_refused(cursor, word);
    if (strcmp(word, option->name) == 0)
      next_word(cursor);
    return;
  }
}

/* "-Wp,-DNAME,-MD,file": the preprocessor's own options. */
static void take_preprocessor(struct arguments *arguments, const char *list)
{
  g_auto(GStrv) parts = g_strsplit(list, ",", -1);
  for (char **at = parts; *at != NULL; at++)
    if (((*at)[0] == '-' && ((*at)[1] == 'D' || (*at)[1] == 'U')) && (*at)[2] != '\0' &&
        !g_str_has_prefix(*at, "-D_FORTIFY_SOURCE"))
      keep(arguments, g_strdup(*at));
}

/* A standard that the parser does not know makes it refuse the whole file. */
static bool is_known_standard(const char *word)
{
  static const char *const standards[] = {
      "c89",   "c90",          "c99",          "c9x",          "c11",          "c1x",   "c17",
      "c18",   "c2x",          "c23",          "c2y",          "gnu89",        "gnu90", "gnu99",
      "gnu9x", "gnu11",        "gnu1x",        "gnu17",        "gnu18",        "gnu2x", "gnu23",
      "gnu2y", "iso9899:1990", "iso9899:1999", "iso9899:2011", "iso9899:2018", NULL};
  return g_strv_contains(standards, word + strlen("-std="));
}

static const struct known_option *find_option(const char *word)
{
  for (size_t i = 0; i < G_N_ELEMENTS(known_options); i++) {
    const struct known_option *option = &known_options[i];
    if (word[1] != option->name[1])
      continue; /* most are told apart by that */
    size_t length = strlen(option->name);
    bool is_exact = option->kind == OPTION_FLAG;
    if (strncmp(word, option->name, length) != 0 || (is_exact && word[length] != '\0'))
      continue;
    /* "-include" takes a separate value, "-includefoo" too; "-Ifoo", "-I foo" likewise. */
    return option;
  }
  return NULL;
}

/* What gcc alone understands: a tree that uses it was meant for gcc, and may use its extensions. */
static bool is_of_gcc(const char *word)
{
  static const char *const prefixes[] = {"-fanalyzer",
                                         "-fno-analyzer",
                                         "-fcallgraph-info",
                                         "-fconserve-stack",
                                         "-fno-conserve-stack",
                                         "-fdump-",
                                         "-fgnu-tm",
                                         "-fipa-",
                                         "-fno-ipa-",
                                         "-flive-patching",
                                         "-fplan9-extensions",
                                         "-fno-code-hoisting",
                                         "-fno-allow-store-data-races",
                                         "-fno-guess-branch-probability",
                                         "-fno-partial-inlining",
                                         "-fno-reorder-",
                                         "-freorder-",
                                         "-fsched",
                                         "-fno-sched",
                                         "-fstack-reuse",
                                         "-ftree-",
                                         "-fno-tree-",
                                         "-fvar-tracking",
                                         "-fno-var-tracking",
                                         "-mfunction-return=",
                                         "-mindirect-branch",
                                         "-mpreferred-stack-boundary=",
                                         "-mrecord-mcount",
                                         "-mskip-rax-setup"};
  for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
    if (g_str_has_prefix(word, prefixes[i]))
      return true;
  return false;
}

/* Left out without a word: they are everywhere and never change what is parsed. */
static bool is_ordinary(const char *word)
{
  static const char *const prefixes[] = {"-O",   "-g",        "-W", "-w",    "-M",   "-c",   "-S",
                                         "-E",   "-P",        "-C", "-pipe", "-fPI", "-fpi", "-v",
                                         "-###", "-pedantic", "-f", "-m",    "-s",   "-p",   "-r"};
  for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
    if (g_str_has_prefix(word, prefixes[i]))
      return true;
  return false;
}

/* "--std=c99", "--include-directory sub": the short option that a long one is another name of, with
 * its value. A new string, NULL where the word is none of these. */
static char *short_option(struct cursor *cursor, const char *word)
{
  static const struct {
    const char *name;
    const char *as;
    bool has_value;
  } options[] = {
      {"--std", "-std=", true},
      {"--ansi", "-ansi", false},
      {"--define-macro", "-D", true},
      {"--undefine-macro", "-U", true},
      {"--include-directory", "-I", true},
      {"--include", "-include", true},
      {"--imacros", "-imacros", true},
      {"--no-standard-includes", "-nostdinc", false},
  };
  size_t length = strcspn(word, "=");
  for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
    if (strncmp(word, options[i].name, length) != 0 || options[i].name[length] != '\0')
      continue;
    if (!options[i].has_value)
      return g_strdup(options[i].as);
    const char *value = word[length] == '=' ? word + length + 1 : next_word(cursor);
    return g_strconcat(options[i].as, value, NULL);
  }
  return NULL;
}

static void take_word(struct arguments *arguments, struct cursor *cursor, const char *given)
{
  g_autofree char *shorter = g_str_has_prefix(given, "--") ? short_option(cursor, given) : NULL;
  const char *word = shorter != NULL ? shorter : given;
  if (word[0] != '-')
    return; /* the source, or something for the linker */
  if (g_str_has_prefix(word, "-Wp,")) {
    take_preprocessor(arguments, word + 4);
    return;
  }
  if (strcmp(word, "-Xpreprocessor") == 0) {
    const char *value = next_word(cursor);
    if (value != NULL)
      take_preprocessor(arguments, value);
    return;
  }
  if (strcmp(word, "-o") == 0 || (g_str_has_prefix(word, "-o") && word[2] != '\0')) {
    const char *value = word[2] != '\0' ? word + 2 : next_word(cursor);
    if (value != NULL) {
      g_free(arguments->object);
      arguments->object = arguments_path(value, cursor->directory, cursor->path_maps);
    }
    return;
  }
  if (g_str_has_prefix(word, "-x")) {
    const char *value = word[2] != '\0' ? word + 2 : next_word(cursor);
    if (value != NULL && strstr(value, "c++") != NULL)
      arguments->language = SOURCE_CXX;
    else if (value != NULL && (strcmp(value, "c") == 0 || strcmp(value, "cpp-output") == 0))
      arguments->language = SOURCE_C;
    return;
  }
  const struct known_option *option = find_option(word);
  if (g_str_has_prefix(word, "-std=") && !is_known_standard(word))
    option = NULL;
  if (option != NULL) {
    take(arguments, cursor, word, option);
    return;
  }
  bool is_of_other = is_of_gcc(word);
  if (!is_of_other && is_ordinary(word))
    return;
  g_autofree char *text =
      g_strdup_printf(is_of_other ? "left out %s, which only gcc knows" : "left out %s", word);
  notice(cursor->notices, text);
}

/* Old C that clang refuses by default but whose tree is whole; and no inlined system headers. */
static const char *const always[] = {
    "-w",
    "-Wno-error=implicit-function-declaration",
    "-Wno-error=implicit-int",
    "-Wno-error=int-conversion",
    "-Wno-error=incompatible-function-pointer-types",
    "-Wno-error=incompatible-pointer-types",
    "-Wno-error=return-mismatch",
    "-Wno-error=return-type",
    "-Wno-error=address-of-packed-member",
    "-U_FORTIFY_SOURCE",
    "-ferror-limit=0",
};

void arguments_normalise(struct arguments *arguments, const char *const *words,
                         const char *directory, const char *file, const GArray *path_maps,
                         GHashTable *notices)
{
  *arguments = (struct arguments){.kept = g_ptr_array_new_with_free_func(g_free)};
  const char *compiler = words[0] != NULL ? words[0] : "";
  arguments->language = language_of(file, compiler);
  g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
  for (const char *const *at = words + (words[0] != NULL); *at != NULL; at++)
    expand(all, *at, directory, path_maps, 0, notices);
  struct cursor cursor = {
      .words = all, .directory = directory, .path_maps = path_maps, .notices = notices};
  for (cursor.at = 0; cursor.at < all->len; cursor.at++)
    take_word(arguments, &cursor, all->pdata[cursor.at]);
  keep(arguments, g_strdup("-xc"));
  for (size_t i = 0; i < G_N_ELEMENTS(always); i++)
    keep(arguments, g_strdup(always[i]));
  g_ptr_array_add(arguments->kept, NULL);
}

void arguments_clear(struct arguments *arguments)
{
  g_clear_pointer(&arguments->kept, g_ptr_array_unref);
  g_clear_pointer(&arguments->object, g_free);
}
