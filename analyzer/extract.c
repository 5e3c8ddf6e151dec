#include "analyzer/extract.h"

#include "analyzer/visit.h"

#include <string.h>

static struct visit visit_start(const struct extract_input *input, struct unit_builder *builder,
                                GHashTable *read)
{
  return (struct visit){
      .tu = input->tu,
      .builder = builder,
      .root = input->root,
      .main_path = input->file,
      .unseen = input->unseen,
      .files = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, known_file_free),
      .read = read,
      .named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
      .texts = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, file_text_free),
      .file_paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
      .declared = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free),
      .types = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, c_type_free),
      .names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
      .values = g_array_new(FALSE, FALSE, sizeof(struct value)),
      .arguments = g_array_new(FALSE, FALSE, sizeof(struct unit_argument)),
      .holds = g_array_new(FALSE, FALSE, sizeof(struct hold)),
      .exposed = g_hash_table_new(NULL, NULL),
      .lines = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
      .routine = UNIT_NONE,
      .object = UNIT_NONE,
      .words = words_new(),
      .loop = UNIT_NONE,
      .arm = UNIT_NONE,
      .guard = UNIT_NONE,
      .switch_guard = UNIT_NONE,
      .switch_arm = UNIT_NONE,
  };
}

static void visit_end(struct visit *visit)
{
  g_hash_table_unref(visit->files);
  g_hash_table_unref(visit->named);
  g_hash_table_unref(visit->texts);
  g_hash_table_unref(visit->file_paths);
  g_hash_table_unref(visit->declared);
  g_hash_table_unref(visit->types);
  g_hash_table_unref(visit->names);
  words_free(visit->words);
  g_free(visit->tree);
  g_array_unref(visit->values);
  g_array_unref(visit->arguments);
  g_array_unref(visit->holds);
  g_hash_table_unref(visit->exposed);
  g_free(visit->open);
  g_array_unref(visit->lines);
  g_free(visit->is_nested_again);
}

static void forget_told(gpointer key, gpointer declaration, gpointer context)
{
  (void)key;
  (void)context;
  ((struct declared *)declaration)->is_told = false;
}

/* What follows belongs to the user of the prefix. */
static void end_prefix(struct visit *visit)
{
  const struct unit_builder *builder = visit->builder;
  visit->is_early = false;
  visit->n_early_routines = builder->routines->len;
  visit->n_early_types = builder->types->len;
  visit->n_groups = 0;
  /* What it defines may be more than was known. */
  g_hash_table_remove_all(visit->types);
  memset(visit->recent_types, 0, sizeof visit->recent_types);
  g_hash_table_foreach(visit->declared, forget_told, NULL);
  for (guint i = 0; i < builder->arms->len; i++)
    visit->n_groups =
        MAX(visit->n_groups, g_array_index(builder->arms, struct unit_arm, i).group + 1);
}

/* The rows of a base keep their numbers; row 0 is the source in place of the prefix. */
static void take_base(struct visit *visit, const struct unit *base)
{
  visit->base = base;
  visit->is_nested_again = g_new0(bool, base->n_files);
  g_array_set_size(visit->builder->infos, 0);
  g_array_set_size(visit->builder->declarations, 0);
  for (uint32_t i = 0; i < base->n_files; i++) {
    const char *shown = unit_string(base, base->files[i].path);
    if (i == 0)
      continue;
    char *path = (base->files[i].flags & UNIT_FILE_INSIDE) != 0
                     ? g_build_filename(visit->root, shown, NULL)
                     : g_strdup(shown);
    g_hash_table_insert(visit->file_paths, path, GUINT_TO_POINTER(i + 1));
  }
  for (uint32_t i = 0; i < base->n_routines; i++)
    if ((base->routines[i].flags & UNIT_ROUTINE_IMPLICIT) != 0)
      g_hash_table_insert(visit->names, g_strdup(unit_string(base, base->routines[i].name)),
                          GUINT_TO_POINTER(i + 1));
  end_prefix(visit);
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

static struct syntax *body_of(struct visit *visit, CXCursor declaration)
{
  struct syntax *last = syntax_last(visit_grow(visit, declaration));
  return last != NULL && syntax_kind(last) == CXCursor_CompoundStmt ? last : NULL;
}

static void extract_routine(struct visit *visit, CXCursor declaration)
{
  if (!clang_isCursorDefinition(declaration))
    return;
  uint32_t routine = visit_routine(visit, visit_declared(visit, declaration));
  struct syntax *body = body_of(visit, declaration);
  if (body == NULL)
    return;
  visit->routine = routine;
  visit->n_statements = 0;
  visit->conditional_depth = visit->is_null_guard = visit->has_left = 0;
  visit->n_set = visit->turn_depth = 0;
  visit->has_jumped = visit->is_partial = false;
  visit->first_moment = visit->builder->moments->len;
  visit_hold_begin(visit);
  visit->is_main =
      strcmp(unit_builder_text(visit->builder, visit_routine_row(visit, routine)->name), "main") ==
      0;
  visit_statement(visit, body);
  visit_routine_row(visit, routine)->n_statements = visit->n_statements;
  g_autofree char *words = words_take(visit->words, visit->builder);
  visit_routine_row(visit, routine)->words = unit_builder_string(visit->builder, words);
  visit->routine = UNIT_NONE;
  visit->is_main = false;
}

static void extract_variable(struct visit *visit, CXCursor declaration)
{
  bool is_declaration = clang_Cursor_getStorageClass(declaration) == CX_SC_Extern &&
                        clang_Cursor_isNull(clang_Cursor_getVarDeclInitializer(declaration));
  if (is_declaration)
    return;
  uint32_t object = visit_object(visit, visit_declared(visit, declaration));
  visit_object_define(visit, object, declaration);
  visit_variable(visit, visit_grow(visit, declaration));
  words_forget(visit->words);
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

static void extract_declaration(struct visit *visit, CXCursor cursor, GArray *attributed)
{
  switch (clang_getCursorKind(cursor)) {
  case CXCursor_FunctionDecl:
    if (visit_has_attributes(cursor))
      g_array_append_val(attributed, cursor);
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
}

static void merge_attributes(struct visit *visit, GArray *attributed)
{
  for (guint i = 0; i < attributed->len; i++) {
    CXCursor declaration = g_array_index(attributed, CXCursor, i);
    struct declared *declared = visit_declared(visit, declaration);
    uint32_t row = declared_row(declared);
    bool is_alias = false;
    if (row == UNIT_NONE) {
      /* An alias has no body and nobody here need call it: it is a symbol all the same. */
      struct attributes attributes;
      attributes_read(visit, declaration, &attributes);
      is_alias = attributes.alias != NULL || attributes.ifunc != NULL;
      attributes_clear(&attributes);
      if (is_alias)
        row = visit_routine(visit, declared);
    }
    if (row != UNIT_NONE)
      visit_routine_attributes(visit, row, declaration);
  }
}

static enum CXChildVisitResult list_declaration(CXCursor cursor, CXCursor parent, CXClientData data)
{
  (void)parent;
  GArray *declarations = data;
  /* Directives and macros stand among them where the added headers were described. */
  if (!clang_isPreprocessing(clang_getCursorKind(cursor)))
    g_array_append_val(declarations, cursor);
  return CXChildVisit_Continue;
}

static GArray *list_declarations(CXTranslationUnit tu)
{
  GArray *declarations = g_array_new(FALSE, FALSE, sizeof(CXCursor));
  clang_visitChildren(clang_getTranslationUnitCursor(tu), list_declaration, declarations);
  return declarations;
}

/* Walks the declarations from `first` on, of a prefix as far as they stand in its files. Returns
 * where it ended. */
static guint extract_declarations(struct visit *visit, const GArray *declarations, guint first)
{
  g_autoptr(GArray) attributed = g_array_new(FALSE, FALSE, sizeof(CXCursor));
  guint at = first;
  for (; at < declarations->len && !visit->is_lacking; at++) {
    CXCursor cursor = g_array_index(declarations, CXCursor, at);
    CXSourceLocation location = clang_getCursorLocation(cursor);
    unsigned offset = 0;
    CXFile file = visit_file_at(visit, location, &offset);
    if (file == NULL)
      continue;
    if (visit->is_early && !visit_know(visit, file)->is_early)
      break;
    if (visit_is_ours(visit, file, location))
      extract_declaration(visit, cursor, attributed);
  }
  merge_attributes(visit, attributed);
  return at;
}

/* ---- prefixes ---- */

/* Row 0 is nobody's until the user is known. */
static void begin_prefix(struct visit *visit)
{
  visit->is_early = true;
  unit_builder_add_file(visit->builder, &(struct unit_file){.flags = UNIT_FILE_MAIN});
}

struct early {
  struct visit *visit;
  unsigned last_line; /* of the directives of the prefix, in the source */
  const char *header; /* absolute path of what is shared instead, or NULL */
};

/* The header itself, and whatever it includes. */
static bool is_behind_header(const struct early *early, CXFile file, CXSourceLocation *stack,
                             unsigned n)
{
  bool is_behind = strcmp(visit_know(early->visit, file)->path, early->header) == 0;
  for (unsigned i = 0; i < n && !is_behind; i++) {
    CXFile includer = NULL;
    clang_getExpansionLocation(stack[i], &includer, NULL, NULL, NULL);
    is_behind = strcmp(visit_know(early->visit, includer)->path, early->header) == 0;
  }
  return is_behind;
}

static void note_early(CXFile file, CXSourceLocation *stack, unsigned n, CXClientData data)
{
  struct early *early = data;
  unsigned line = 0;
  if (n > 0)
    clang_getExpansionLocation(stack[n - 1], NULL, &line, NULL, NULL);
  bool is_early =
      early->header != NULL ? is_behind_header(early, file, stack, n) : line <= early->last_line;
  if (n > 0 && is_early)
    visit_note_read(early->visit, file, READ_NESTED)->is_early = true;
}

/* The beginning of a source that others share, as extract_prefix() tells it: the facts do not
 * depend on whether a precompiled header is there. */
static guint extract_beginning(struct visit *visit, const struct extract_input *input,
                               const GArray *declarations)
{
  struct early early = {
      .visit = visit, .last_line = input->prefix_line, .header = input->prefix_header};
  begin_prefix(visit);
  clang_getInclusions(input->tu, note_early, &early);
  guint end = extract_declarations(visit, declarations, 0);
  end_prefix(visit);
  return end;
}

/* Files of a prefix are files of its user. */
static void take_files(struct visit *visit, GBytes *files)
{
  gsize size = 0;
  const char *data = g_bytes_get_data(files, &size);
  uint64_t role = 0;
  for (const char *at = data; at < data + size; at += sizeof role + strlen(at + sizeof role) + 1) {
    const char *path = at + sizeof role;
    memcpy(&role, at, sizeof role);
    g_hash_table_insert(visit->read, g_strdup(path), GINT_TO_POINTER(READ_NESTED));
    if (role == READ_NAMED)
      g_hash_table_add(visit->named, g_strdup(path));
  }
}

struct unit_builder *extract_unit(const struct extract_input *input, GHashTable *read)
{
  struct unit_builder *builder =
      input->prefix != NULL ? unit_builder_thaw(input->prefix) : unit_builder_new();
  struct visit visit = visit_start(input, builder, read);
  g_autoptr(GArray) declarations = list_declarations(input->tu);
  guint first = 0;
  if (input->prefix_files != NULL)
    take_files(&visit, input->prefix_files);
  if (input->prefix != NULL)
    take_base(&visit, input->prefix);
  else if (input->prefix_line != 0 || input->prefix_header != NULL)
    first = extract_beginning(&visit, input, declarations);
  visit_inclusions(&visit, declarations);
  uint32_t n_errors = extract_diagnostics(&visit);
  if (!visit.is_lacking)
    extract_declarations(&visit, declarations, first);
  mark_incomplete(&visit);
  struct unit_info info = {.file = 0,
                           .object = unit_builder_string(visit.builder, input->object),
                           .arguments = unit_builder_string(visit.builder, input->arguments),
                           .grade = n_errors > 0 ? UNIT_ERRORS : UNIT_OK,
                           .n_errors = n_errors,
                           .configuration =
                               unit_builder_string(visit.builder, input->configuration)};
  unit_builder_add_info(visit.builder, &info);
  visit_end(&visit);
  if (!visit.is_lacking)
    return builder;
  unit_builder_free(builder);
  return NULL;
}

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
  /* Whoever enters a header that is not guarded again does so with and without a prefix; of the
   * system's own all do. */
  bool is_guarded = clang_isFileMultipleIncludeGuarded(check->input->tu, file) != 0;
  bool is_system =
      clang_Location_isInSystemHeader(clang_getLocationForOffset(check->input->tu, file, 0)) != 0;
  check->is_fine = check->is_fine && is_fine && (n != 1 || is_guarded || !is_system);
  visit_note_read(check->visit, file, n == 1 && is_guarded ? READ_NAMED : READ_NESTED)->is_early =
      true;
}

struct unit_builder *extract_prefix(const struct extract_input *input, GHashTable *read)
{
  struct unit_builder *builder = unit_builder_new();
  struct visit visit = visit_start(input, builder, read);
  struct prefix_check check = {.visit = &visit, .input = input, .is_fine = true};
  begin_prefix(&visit);
  clang_getInclusions(input->tu, check_header, &check);
  bool is_fine = check.is_fine && g_hash_table_size(read) > 0 && extract_diagnostics(&visit) == 0;
  if (is_fine) {
    g_autoptr(GArray) declarations = list_declarations(input->tu);
    extract_declarations(&visit, declarations, 0);
    is_fine = visit_base_list(&visit);
  }
  unit_builder_add_info(builder, &(struct unit_info){.file = 0});
  visit_end(&visit);
  if (is_fine)
    return builder;
  unit_builder_free(builder);
  return NULL;
}
