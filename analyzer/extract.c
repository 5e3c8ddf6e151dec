#include "analyzer/extract.h"

#include "analyzer/declarations.h"
#include "analyzer/visit.h"

#include <string.h>

static struct visit visit_start(const struct extract_input *input)
{
  return (struct visit){
      .tu = input->tu,
      .builder = unit_builder_new(),
      .root = input->root,
      .main_path = input->file,
      .files = g_hash_table_new(g_direct_hash, g_direct_equal),
      .texts = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free),
      .file_paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
      .routines = declarations_new(),
      .objects = declarations_new(),
      .types = declarations_new(),
      .fields = declarations_new(),
      .names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
      .stack = g_array_new(FALSE, FALSE, sizeof(CXCursor)),
      .routine = UNIT_NONE,
      .object = UNIT_NONE,
      .words = g_hash_table_new(g_direct_hash, g_direct_equal),
      .loop = UNIT_NONE,
      .arm = UNIT_NONE,
      .switch_arm = UNIT_NONE,
      .subject = clang_getNullCursor(),
  };
}

static struct unit_builder *visit_end(struct visit *visit)
{
  g_hash_table_unref(visit->files);
  g_hash_table_unref(visit->texts);
  g_hash_table_unref(visit->file_paths);
  g_hash_table_unref(visit->routines);
  g_hash_table_unref(visit->objects);
  g_hash_table_unref(visit->types);
  g_hash_table_unref(visit->fields);
  g_hash_table_unref(visit->names);
  g_hash_table_unref(visit->words);
  g_array_unref(visit->stack);
  return visit->builder;
}

static void extract_files(struct visit *visit, const struct extract_input *input);

/* What a precompiled header was made from is not listed among the files of its user. */
static void add_prefix_files(struct visit *visit, const struct unit *prefix)
{
  for (uint32_t i = 0; i < prefix->n_files; i++) {
    const char *shown = unit_string(prefix, prefix->files[i].path);
    struct unit_file added = {.path = unit_builder_string(visit->builder, shown),
                              .flags = prefix->files[i].flags};
    uint32_t row = unit_builder_add_file(visit->builder, &added);
    char *path = (added.flags & UNIT_FILE_INSIDE) != 0 ? g_build_filename(visit->root, shown, NULL)
                                                       : g_strdup(shown);
    g_hash_table_insert(visit->file_paths, path, GUINT_TO_POINTER(row + 1));
  }
}

static void note_inclusion(CXFile file, CXSourceLocation *stack, unsigned n, CXClientData data)
{
  (void)stack;
  (void)n;
  visit_file(data, file);
}

/* Row 0 is the source itself; every file that was read follows, in the order of inclusion. */
static void extract_files(struct visit *visit, const struct extract_input *input)
{
  CXFile main_file = clang_getFile(input->tu, input->file);
  if (main_file != NULL) {
    visit_file(visit, main_file);
  } else {
    struct unit_file file = {.path = unit_builder_string(visit->builder, input->file),
                             .flags = UNIT_FILE_MAIN};
    unit_builder_add_file(visit->builder, &file);
  }
  if (input->prefix != NULL)
    add_prefix_files(visit, input->prefix);
  clang_getInclusions(input->tu, note_inclusion, visit);
}

static enum unit_severity severity_of(enum CXDiagnosticSeverity severity)
{
  switch (severity) {
  case CXDiagnostic_Fatal:
    return UNIT_FATAL;
  case CXDiagnostic_Error:
    return UNIT_ERROR;
  case CXDiagnostic_Warning:
    return UNIT_WARNING;
  default:
    return UNIT_NOTE;
  }
}

/* Keeping going turns what is fatal into an error: a missing file is known by its words. */
static bool is_missing_file(CXDiagnostic diagnostic)
{
  CXString text = clang_getDiagnosticSpelling(diagnostic);
  bool is_missing = g_str_has_suffix(clang_getCString(text), "file not found");
  clang_disposeString(text);
  return is_missing;
}

static uint32_t extract_diagnostics(struct visit *visit)
{
  uint32_t n_errors = 0;
  unsigned n = clang_getNumDiagnostics(visit->tu);
  for (unsigned i = 0; i < n; i++) {
    CXDiagnostic diagnostic = clang_getDiagnostic(visit->tu, i);
    enum unit_severity severity = severity_of(clang_getDiagnosticSeverity(diagnostic));
    struct spot spot = visit_location(visit, clang_getDiagnosticLocation(diagnostic));
    if (severity >= UNIT_ERROR) {
      n_errors++;
      severity = is_missing_file(diagnostic) ? UNIT_FATAL : severity;
      struct unit_diagnostic row = {
          .file = spot.file,
          .line = spot.line,
          .column = spot.column,
          .severity = severity,
          .message = visit_string(visit, clang_getDiagnosticSpelling(diagnostic))};
      unit_builder_add_diagnostic(visit->builder, &row);
    }
    clang_disposeDiagnostic(diagnostic);
  }
  return n_errors;
}

/* A statement that mentions something unknown is dropped by the parser with an error: the routine
 * around it is incomplete. */
static void mark_incomplete(struct visit *visit)
{
  for (guint i = 0; i < visit->builder->routines->len; i++) {
    struct unit_routine *routine = visit_routine_row(visit, i);
    if ((routine->flags & UNIT_ROUTINE_DEFINED) == 0)
      continue;
    for (guint d = 0; d < visit->builder->diagnostics->len; d++) {
      const struct unit_diagnostic *diagnostic =
          &g_array_index(visit->builder->diagnostics, struct unit_diagnostic, d);
      if (diagnostic->severity >= UNIT_ERROR && diagnostic->file == routine->file &&
          diagnostic->line >= routine->line && diagnostic->line <= routine->end_line)
        routine->flags |= UNIT_ROUTINE_INCOMPLETE;
    }
  }
}

static enum CXChildVisitResult find_body(CXCursor cursor, CXCursor parent, CXClientData data)
{
  (void)parent;
  CXCursor *body = data;
  if (clang_getCursorKind(cursor) != CXCursor_CompoundStmt)
    return CXChildVisit_Continue;
  *body = cursor;
  return CXChildVisit_Break;
}

static void extract_routine(struct visit *visit, CXCursor declaration)
{
  if (!clang_isCursorDefinition(declaration))
    return;
  uint32_t routine = visit_routine(visit, declaration);
  CXCursor body = clang_getNullCursor();
  clang_visitChildren(declaration, find_body, &body);
  if (clang_Cursor_isNull(body))
    return;
  visit->routine = routine;
  visit->n_statements = 0;
  visit->conditional_depth = 0;
  visit_statement(visit, body);
  visit_routine_row(visit, routine)->n_statements = visit->n_statements;
  visit_words(visit, routine);
  visit->routine = UNIT_NONE;
}

static void extract_variable(struct visit *visit, CXCursor declaration)
{
  bool is_declaration = clang_Cursor_getStorageClass(declaration) == CX_SC_Extern &&
                        clang_Cursor_isNull(clang_Cursor_getVarDeclInitializer(declaration));
  if (is_declaration)
    return;
  uint32_t object = visit_object(visit, declaration);
  visit_object_define(visit, object, declaration);
  visit_variable(visit, declaration);
  g_hash_table_remove_all(visit->words);
}

static void extract_assembly(struct visit *visit, CXCursor declaration)
{
  uint32_t text = visit_text(visit, declaration);
  struct spot spot = visit_spot(visit, declaration);
  const char *bytes = visit->builder->string_bytes->str +
                      g_array_index(visit->builder->string_offsets, uint32_t, text);
  if (!g_str_has_prefix(bytes, "asm") && !g_str_has_prefix(bytes, "__asm"))
    return;
  struct unit_assembly row = {
      .file = spot.file != UNIT_NONE ? spot.file : 0, .line = spot.line, .text = text};
  unit_builder_add_assembly(visit->builder, &row);
}

struct later {
  struct visit *visit;
  GArray *attributed; /* CXCursor: declarations whose attributes count if the routine is used */
};

static enum CXChildVisitResult extract_declaration(CXCursor cursor, CXCursor parent,
                                                   CXClientData data)
{
  (void)parent;
  struct later *later = data;
  struct visit *visit = later->visit;
  CXFile file = NULL;
  clang_getExpansionLocation(clang_getCursorLocation(cursor), &file, NULL, NULL, NULL);
  if (file == NULL || !visit_file_is_ours(visit, visit_file(visit, file)))
    return CXChildVisit_Continue;
  switch (clang_getCursorKind(cursor)) {
  case CXCursor_FunctionDecl:
    if (visit_has_attributes(cursor))
      g_array_append_val(later->attributed, cursor);
    extract_routine(visit, cursor);
    break;
  case CXCursor_VarDecl:
    extract_variable(visit, cursor);
    break;
  case CXCursor_StructDecl:
  case CXCursor_UnionDecl:
  case CXCursor_EnumDecl:
    if (clang_isCursorDefinition(cursor))
      visit_record(visit, cursor);
    break;
  case CXCursor_TypedefDecl:
    visit_typedef(visit, cursor);
    break;
  case CXCursor_UnexposedDecl:
    extract_assembly(visit, cursor);
    break;
  default:
    break;
  }
  return CXChildVisit_Continue;
}

static void merge_attributes(struct visit *visit, GArray *attributed)
{
  for (guint i = 0; i < attributed->len; i++) {
    CXCursor declaration = g_array_index(attributed, CXCursor, i);
    uint32_t row = declarations_get(visit->routines, declaration);
    bool is_alias = false;
    if (row == UNIT_NONE) {
      /* An alias has no body and nobody here need call it: it is a symbol all the same. */
      struct attributes attributes;
      attributes_read(visit, declaration, &attributes);
      is_alias = attributes.alias != NULL || attributes.ifunc != NULL;
      attributes_clear(&attributes);
      if (is_alias)
        row = visit_routine(visit, declaration);
    }
    if (row != UNIT_NONE)
      visit_routine_attributes(visit, row, declaration);
  }
}

struct unit_builder *extract_unit(const struct extract_input *input)
{
  struct visit visit = visit_start(input);
  extract_files(&visit, input);
  uint32_t n_errors = extract_diagnostics(&visit);
  g_autoptr(GArray) attributed = g_array_new(FALSE, FALSE, sizeof(CXCursor));
  struct later later = {.visit = &visit, .attributed = attributed};
  clang_visitChildren(clang_getTranslationUnitCursor(input->tu), extract_declaration, &later);
  merge_attributes(&visit, attributed);
  mark_incomplete(&visit);
  struct unit_info info = {.file = 0,
                           .object = unit_builder_string(visit.builder, input->object),
                           .arguments = unit_builder_string(visit.builder, input->arguments),
                           .grade = n_errors > 0 ? UNIT_ERRORS : UNIT_OK,
                           .n_errors = n_errors,
                           .configuration =
                               unit_builder_string(visit.builder, input->configuration)};
  unit_builder_add_info(visit.builder, &info);
  return visit_end(&visit);
}

/* ---- prefixes ---- */

struct prefix_check {
  struct visit *visit;
  const struct extract_input *input;
  bool is_fine;
};

static bool has_word(const char *text, size_t size, const char *word)
{
  return memmem(text, size, word, strlen(word)) != NULL;
}

/* State that a pragma leaves behind outlives its header: it must be taken back in it. */
static bool pragmas_are_closed(const char *text, size_t size)
{
  int n_open = 0;
  const char *end = text + size;
  for (const char *at = text; (at = memmem(at, (size_t)(end - at), "ragma", 5)) != NULL; at += 5) {
    const char *line = memchr(at, '\n', (size_t)(end - at));
    size_t length = (size_t)((line != NULL ? line : end) - at);
    bool is_push = has_word(at, length, "push");
    bool is_pop = has_word(at, length, "pop");
    n_open += is_push - is_pop;
    if (!is_push && !is_pop && (has_word(at, length, "pack") || has_word(at, length, "STDC")))
      return false;
  }
  return n_open == 0;
}

static void check_header(CXFile file, CXSourceLocation *stack, unsigned n, CXClientData data)
{
  (void)stack;
  struct prefix_check *check = data;
  static const char *const words[] = {"__COUNTER__", "__BASE_FILE__", "__TIMESTAMP__",
                                      "__INCLUDE_LEVEL__"};
  if (n == 0)
    return;
  size_t size = 0;
  const char *text = clang_getFileContents(check->input->tu, file, &size);
  bool is_fine = text != NULL && pragmas_are_closed(text, size);
  for (size_t i = 0; is_fine && i < G_N_ELEMENTS(words); i++)
    is_fine = !has_word(text, size, words[i]);
  if (n == 1 && !clang_isFileMultipleIncludeGuarded(check->input->tu, file))
    is_fine = false;
  check->is_fine = check->is_fine && is_fine;
  uint32_t row = visit_file(check->visit, file);
  if (n == 1)
    g_array_index(check->visit->builder->files, struct unit_file, row).hash = 1;
}

struct unit_builder *extract_prefix(const struct extract_input *input)
{
  struct visit visit = visit_start(input);
  struct prefix_check check = {.visit = &visit, .input = input};
  check.is_fine = extract_diagnostics(&visit) == 0;
  clang_getInclusions(input->tu, check_header, &check);
  struct unit_info info = {.file = 0};
  unit_builder_add_info(visit.builder, &info);
  struct unit_builder *builder = visit_end(&visit);
  if (check.is_fine && builder->files->len != 0)
    return builder;
  unit_builder_free(builder);
  return NULL;
}

struct entered {
  struct visit *visit;
  const struct unit *prefix;
  bool is_any;
};

static void note_entered(CXFile file, CXSourceLocation *stack, unsigned n, CXClientData data)
{
  (void)stack;
  (void)n;
  struct entered *entered = data;
  uint32_t row = visit_file(entered->visit, file);
  entered->is_any =
      entered->is_any || (row < entered->prefix->n_files && entered->prefix->files[row].hash == 1);
}

bool extract_enters_again(const struct extract_input *input)
{
  struct visit visit = visit_start(input);
  add_prefix_files(&visit, input->prefix);
  struct entered entered = {.visit = &visit, .prefix = input->prefix};
  clang_getInclusions(input->tu, note_entered, &entered);
  unit_builder_free(visit_end(&visit));
  return entered.is_any;
}
