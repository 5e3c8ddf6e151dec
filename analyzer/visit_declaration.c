#include "analyzer/visit.h"

#include <string.h>

/* A row for a parameter; in the place of `row` unless that is UNIT_NONE. */
static uint32_t add_param(struct visit *visit, uint32_t routine, uint32_t position,
                          struct c_type *type, uint32_t row)
{
  struct unit_param param = {.routine = routine,
                             .position = position,
                             .type = visit_type_text(visit, type),
                             .record = visit_type_of(visit, type),
                             .flags = visit_param_flags(visit, type),
                             .length_of = UNIT_NONE,
                             .object = UNIT_NONE};
  if (row == UNIT_NONE)
    return unit_builder_add_param(visit->builder, &param);
  g_array_index(visit->builder->params, struct unit_param, row) = param;
  return row;
}

static uint32_t add_param_object(struct visit *visit, uint32_t routine, uint32_t position,
                                 CXCursor cursor)
{
  struct c_type *type = visit_cursor_type(visit, cursor);
  struct declared *declaration = visit_declared(visit, cursor);
  struct spot spot = visit_spot(visit, cursor);
  uint32_t object =
      visit_new_object(visit, UNIT_OBJECT_PARAM, visit_name(visit, declaration), &spot, type);
  struct unit_object *row = visit_object_row(visit, object);
  row->routine = routine;
  row->position = position;
  row->value = visit_param_flags(visit, type);
  row->flags = (row->value & UNIT_VALUE_CONST) != 0 ? UNIT_OBJECT_CONST : 0;
  visit_put(visit, declaration, object);
  return object;
}

static void fill_params(struct visit *visit, uint32_t routine, CXCursor declaration,
                        bool is_definition)
{
  struct c_type *result = visit_type(visit, clang_getCursorResultType(declaration));
  int n = clang_Cursor_getNumArguments(declaration);
  n = n < 0 ? 0 : n;
  /* Types first: a type that is new here adds rows of its own, and the params must be adjacent. */
  visit_type_of(visit, result);
  for (int i = 0; i < n; i++)
    visit_type_of(visit,
                  visit_cursor_type(visit, clang_Cursor_getArgument(declaration, (unsigned)i)));
  const struct unit_routine *known = visit_routine_row(visit, routine);
  uint32_t next = known->n_params == (uint32_t)n + 1 ? known->first_param : UNIT_NONE;
  uint32_t first = add_param(visit, routine, 0, result, next);
  for (int i = 0; i < n; i++) {
    CXCursor cursor = clang_Cursor_getArgument(declaration, (unsigned)i);
    next = next == UNIT_NONE ? UNIT_NONE : next + 1;
    uint32_t param =
        add_param(visit, routine, (uint32_t)i + 1, visit_cursor_type(visit, cursor), next);
    uint32_t name = visit_name(visit, visit_declared(visit, cursor));
    uint32_t object =
        is_definition ? add_param_object(visit, routine, (uint32_t)i + 1, cursor) : UNIT_NONE;
    struct unit_param *row = &g_array_index(visit->builder->params, struct unit_param, param);
    row->name = name;
    row->object = object;
  }
  struct unit_routine *row = visit_routine_row(visit, routine);
  row->first_param = first;
  row->n_params = (uint32_t)n + 1;
}

static uint32_t routine_flags(CXCursor declaration, CXType type, bool is_definition)
{
  uint32_t flags = 0;
  if (is_definition)
    flags |= UNIT_ROUTINE_DEFINED;
  enum CXLinkageKind linkage = clang_getCursorLinkage(declaration);
  if (linkage == CXLinkage_Internal || linkage == CXLinkage_UniqueExternal)
    flags |= UNIT_ROUTINE_STATIC;
  if (clang_Cursor_isFunctionInlined(declaration))
    flags |= UNIT_ROUTINE_INLINE;
  if (clang_Cursor_getStorageClass(declaration) == CX_SC_Extern)
    flags |= UNIT_ROUTINE_EXTERN;
  if (clang_Cursor_isVariadic(declaration))
    flags |= UNIT_ROUTINE_VARIADIC;
  if (type.kind == CXType_FunctionNoProto)
    flags |= UNIT_ROUTINE_NO_PROTOTYPE;
  return flags;
}

/* What a declaration says of its parameters; the definition's own words stand. */
static void annotate_params(struct visit *visit, uint32_t routine, CXCursor declaration)
{
  int n = clang_Cursor_getNumArguments(declaration);
  for (int i = 0; i < n; i++) {
    CXCursor cursor = clang_Cursor_getArgument(declaration, (unsigned)i);
    if (!clang_Cursor_hasAttrs(cursor))
      continue;
    struct attributes attributes;
    attributes_read(visit, cursor, &attributes);
    uint32_t annotations = unit_builder_string(visit->builder, attributes.annotations->str);
    attributes_clear(&attributes);
    const struct unit_routine *row = visit_routine_row(visit, routine);
    if ((uint32_t)i + 1 >= row->n_params)
      return;
    struct unit_param *param = &g_array_index(visit->builder->params, struct unit_param,
                                              row->first_param + (uint32_t)i + 1);
    if (param->annotations == 0)
      param->annotations = annotations;
  }
}

bool visit_has_attributes(CXCursor declaration)
{
  bool has_some = clang_Cursor_hasAttrs(declaration) != 0;
  int n = clang_Cursor_getNumArguments(declaration);
  for (int i = 0; i < n && !has_some; i++)
    has_some = clang_Cursor_hasAttrs(clang_Cursor_getArgument(declaration, (unsigned)i)) != 0;
  return has_some;
}

void visit_routine_attributes(struct visit *visit, uint32_t routine, CXCursor declaration)
{
  annotate_params(visit, routine, declaration);
  if (!clang_Cursor_hasAttrs(declaration))
    return;
  struct attributes attributes;
  attributes_read(visit, declaration, &attributes);
  uint32_t target = unit_builder_string(
      visit->builder, attributes.alias != NULL ? attributes.alias : attributes.ifunc);
  uint32_t section = unit_builder_string(visit->builder, attributes.section);
  uint32_t annotations = unit_builder_string(visit->builder, attributes.annotations->str);
  struct unit_routine *row = visit_routine_row(visit, routine);
  row->flags |= (attributes.is_weak ? UNIT_ROUTINE_WEAK : 0u) |
                (attributes.is_constructor ? UNIT_ROUTINE_CONSTRUCTOR : 0u) |
                (attributes.is_destructor ? UNIT_ROUTINE_DESTRUCTOR : 0u) |
                (attributes.is_gnu_inline ? UNIT_ROUTINE_GNU_INLINE : 0u) |
                (attributes.is_used || section != 0 ? UNIT_ROUTINE_USED : 0u) |
                (attributes.is_pure ? UNIT_ROUTINE_PURE : 0u) |
                (attributes.is_noreturn ? UNIT_ROUTINE_NORETURN : 0u) |
                (attributes.alias != NULL ? UNIT_ROUTINE_ALIAS : 0u) |
                (attributes.ifunc != NULL ? UNIT_ROUTINE_IFUNC : 0u);
  if (target != 0)
    row->target = target;
  if (section != 0)
    row->section = section;
  if (annotations != 0)
    row->annotations = annotations;
  attributes_clear(&attributes);
}

static bool is_routine_definition(struct visit *visit, CXCursor definition)
{
  return clang_getCursorKind(definition) == CXCursor_FunctionDecl && visit_sees(visit, definition);
}

/* What the linker sees. Asking for it is dear, and C's own names are it where no attribute says
 * otherwise and the target decorates none: the first name tells. */
static uint32_t assembler_name(struct visit *visit, CXCursor declaration, uint32_t name)
{
  bool is_plain = !clang_Cursor_hasAttrs(declaration);
  if (is_plain && visit->names_are_plain)
    return name;
  uint32_t assembler = visit_string(visit, clang_Cursor_getMangling(declaration));
  visit->names_are_plain = visit->names_are_plain || (is_plain && assembler == name);
  return assembler;
}

/* A row for the routine; in the place of `row` unless that is UNIT_NONE. */
static uint32_t fill_routine(struct visit *visit, struct declared *declaration, CXCursor definition,
                             uint32_t row)
{
  bool is_definition = is_routine_definition(visit, definition);
  if (!is_definition)
    definition = declaration->cursor;
  struct c_type *canonical = visit_canonical(visit, visit_cursor_type(visit, definition));
  struct spot spot = visit_spot(visit, definition);
  struct unit_routine added = {.file = spot.file, .line = spot.line, .column = spot.column};
  added.name = visit_name(visit, visit_declared(visit, definition));
  added.assembler = assembler_name(visit, definition, added.name);
  added.flags = routine_flags(definition, canonical->canonical, is_definition);
  if (spot.file == UNIT_NONE ||
      clang_Location_isInSystemHeader(clang_getCursorLocation(definition)))
    added.flags |= UNIT_ROUTINE_SYSTEM;
  added.signature = visit_type_text(visit, canonical);
  if (strstr(unit_builder_text(visit->builder, added.signature), "noreturn") != NULL)
    added.flags |= UNIT_ROUTINE_NORETURN;
  added.shape = visit_shape_string(visit, canonical);
  if (is_definition)
    added.end_line =
        visit_location(visit, clang_getRangeEnd(clang_getCursorExtent(definition))).line;
  if (row == UNIT_NONE) {
    row = unit_builder_add_routine(visit->builder, &added);
  } else {
    added.first_param = visit_routine_row(visit, row)->first_param;
    added.n_params = visit_routine_row(visit, row)->n_params;
    *visit_routine_row(visit, row) = added;
  }
  visit_put(visit, declaration, row);
  fill_params(visit, row, definition, is_definition);
  visit_routine_attributes(visit, row, definition);
  if (!clang_equalCursors(definition, declaration->cursor))
    visit_routine_attributes(visit, row, declaration->cursor);
  return row;
}

/* True where there is nothing to add to a row that is known. */
static bool is_told(struct visit *visit, uint32_t row, const struct declared *declaration)
{
  return row >= visit->n_early_routines ||
         (visit_routine_row(visit, row)->flags & UNIT_ROUTINE_DEFINED) != 0 ||
         !is_routine_definition(visit, clang_getCursorDefinition(declaration->cursor));
}

uint32_t visit_routine(struct visit *visit, struct declared *declaration)
{
  uint32_t row = declared_row(declaration);
  if (declaration->is_told)
    return row;
  if (row == UNIT_NONE) {
    row = visit_base_find(visit, UNIT_DECLARES_ROUTINE, declaration);
    if (row != UNIT_NONE)
      visit_put(visit, declaration, row);
  }
  if (row == UNIT_NONE || !is_told(visit, row, declaration))
    row = fill_routine(visit, declaration, clang_getCursorDefinition(declaration->cursor), row);
  declaration->is_told = true;
  return row;
}

struct wanted {
  const char *name;
  CXCursor routine;
  bool is_found;
};

static enum CXChildVisitResult match_name(CXCursor cursor, CXCursor parent, CXClientData data)
{
  (void)parent;
  struct wanted *wanted = data;
  if (clang_getCursorKind(cursor) != CXCursor_FunctionDecl)
    return CXChildVisit_Continue;
  CXString name = clang_getCursorSpelling(cursor);
  const char *text = clang_getCString(name);
  wanted->is_found = text != NULL && strcmp(text, wanted->name) == 0;
  clang_disposeString(name);
  wanted->routine = cursor;
  return wanted->is_found ? CXChildVisit_Break : CXChildVisit_Continue;
}

bool visit_find_routine(struct visit *visit, const char *name, CXCursor *routine)
{
  struct wanted wanted = {.name = name};
  clang_visitChildren(clang_getTranslationUnitCursor(visit->tu), match_name, &wanted);
  /* Declarations of a precompiled header are not among the children. */
  visit->is_lacking = visit->is_lacking || (!wanted.is_found && visit->base != NULL);
  *routine = wanted.routine;
  return wanted.is_found;
}

uint32_t visit_implicit_routine(struct visit *visit, const char *name, struct c_type *type)
{
  gpointer known = g_hash_table_lookup(visit->names, name);
  if (known != NULL)
    return GPOINTER_TO_UINT(known) - 1;
  struct c_type *routine = visit_routine_type(visit, type);
  bool is_builtin = strncmp(name, "__builtin_", 10) == 0 || strncmp(name, "__sync_", 7) == 0;
  struct unit_routine added = {
      .file = UNIT_NONE, .flags = UNIT_ROUTINE_IMPLICIT | (is_builtin ? UNIT_ROUTINE_SYSTEM : 0u)};
  added.name = unit_builder_string(visit->builder, name);
  added.assembler = added.name;
  if (routine != NULL) {
    struct c_type *canonical = visit_canonical(visit, routine);
    added.signature = visit_type_text(visit, canonical);
    added.shape = visit_shape_string(visit, canonical);
    if (routine->kind == CXType_FunctionNoProto)
      added.flags |= UNIT_ROUTINE_NO_PROTOTYPE;
    if (clang_isFunctionTypeVariadic(routine->canonical))
      added.flags |= UNIT_ROUTINE_VARIADIC;
  }
  uint32_t row = unit_builder_add_routine(visit->builder, &added);
  g_hash_table_insert(visit->names, g_strdup(name), GUINT_TO_POINTER(row + 1));
  return row;
}

uint32_t visit_new_object(struct visit *visit, enum unit_object_kind kind, uint32_t name,
                          const struct spot *spot, struct c_type *type)
{
  long long size = visit_size(type);
  uint32_t value = visit_value_flags(visit, type);
  struct unit_object added = {.name = name,
                              .kind = kind,
                              .flags = (value & UNIT_VALUE_CONST) != 0 ? UNIT_OBJECT_CONST : 0,
                              .file = spot->file,
                              .line = spot->line,
                              .column = spot->column,
                              .routine = visit->routine,
                              .type = visit_type_text(visit, type),
                              .record = visit_type_of(visit, type),
                              .value = value,
                              .size = size > 0 ? (uint64_t)size : 0,
                              .shape = visit_shape_string(visit, type)};
  return unit_builder_add_object(visit->builder, &added);
}

static enum unit_object_kind kind_of_variable(CXCursor declaration, bool is_file_scope)
{
  if (clang_getCursorKind(declaration) == CXCursor_ParmDecl)
    return UNIT_OBJECT_PARAM;
  if (clang_Cursor_hasVarDeclGlobalStorage(declaration) != 1)
    return UNIT_OBJECT_LOCAL;
  if (clang_getCursorLinkage(declaration) == CXLinkage_External)
    return UNIT_OBJECT_GLOBAL;
  return is_file_scope ? UNIT_OBJECT_STATIC : UNIT_OBJECT_STATIC_LOCAL;
}

void visit_object_define(struct visit *visit, uint32_t object, CXCursor declaration)
{
  CXCursor initialiser = clang_Cursor_getVarDeclInitializer(declaration);
  bool has_initialiser = !clang_Cursor_isNull(initialiser);
  bool is_extern = clang_Cursor_getStorageClass(declaration) == CX_SC_Extern && !has_initialiser;
  uint32_t kind = visit_object_row(visit, object)->kind;
  if (!is_extern) {
    struct spot spot = visit_spot(visit, declaration);
    struct c_type *type = visit_cursor_type(visit, declaration);
    uint32_t text = visit_type_text(visit, type);
    long long size = visit_size(type);
    struct unit_object *row = visit_object_row(visit, object);
    bool was_initialised = (row->flags & UNIT_OBJECT_INITIALISED) != 0;
    row->flags |= UNIT_OBJECT_DEFINED;
    if (has_initialiser)
      row->flags |= UNIT_OBJECT_INITIALISED;
    if (has_initialiser || kind == UNIT_OBJECT_STATIC_LOCAL)
      row->flags &= ~(uint32_t)UNIT_OBJECT_TENTATIVE;
    else if (!was_initialised && kind <= UNIT_OBJECT_STATIC)
      row->flags |= UNIT_OBJECT_TENTATIVE;
    if (!was_initialised) {
      row->file = spot.file;
      row->line = spot.line;
      row->column = spot.column;
      row->type = text;
      if (size > 0)
        row->size = (uint64_t)size;
    }
  }
  if (!clang_Cursor_hasAttrs(declaration))
    return;
  struct attributes attributes;
  attributes_read(visit, declaration, &attributes);
  uint32_t section = unit_builder_string(visit->builder, attributes.section);
  struct unit_object *row = visit_object_row(visit, object);
  row->flags |= (attributes.is_weak ? UNIT_OBJECT_WEAK : 0u) |
                (attributes.is_used || section != 0 ? UNIT_OBJECT_USED : 0u);
  if (section != 0)
    row->section = section;
  attributes_clear(&attributes);
}

uint32_t visit_object(struct visit *visit, struct declared *declared)
{
  uint32_t row = declared_row(declared);
  if (row != UNIT_NONE)
    return row;
  row = visit_base_find(visit, UNIT_DECLARES_OBJECT, declared);
  if (row != UNIT_NONE) {
    visit_put(visit, declared, row);
    return row;
  }
  const CXCursor declaration = declared->cursor;
  CXCursor parent = clang_getCursorSemanticParent(declaration);
  bool is_file_scope = clang_getCursorKind(parent) == CXCursor_TranslationUnit;
  enum unit_object_kind kind = kind_of_variable(declaration, is_file_scope);
  uint32_t name = visit_name(visit, declared);
  struct spot spot = visit_spot(visit, declaration);
  row = visit_new_object(visit, kind, name, &spot, visit_cursor_type(visit, declaration));
  visit_put(visit, declared, row);
  uint32_t assembler = 0;
  bool is_static = kind <= UNIT_OBJECT_STATIC_LOCAL;
  if (is_static && kind != UNIT_OBJECT_STATIC_LOCAL)
    assembler = assembler_name(visit, declaration, name);
  bool is_thread = is_static && clang_getCursorTLSKind(declaration) != CXTLS_None;
  bool is_system = clang_Location_isInSystemHeader(clang_getCursorLocation(declaration)) != 0;
  struct unit_object *object = visit_object_row(visit, row);
  object->assembler = assembler;
  if (is_thread)
    object->flags |= UNIT_OBJECT_THREAD;
  if (is_system)
    object->flags |= UNIT_OBJECT_SYSTEM;
  if (kind == UNIT_OBJECT_GLOBAL || kind == UNIT_OBJECT_STATIC)
    object->routine = UNIT_NONE;
  if (kind == UNIT_OBJECT_STATIC_LOCAL && visit->routine != UNIT_NONE &&
      (visit_routine_row(visit, visit->routine)->flags & UNIT_ROUTINE_INLINE) != 0)
    object->flags |= UNIT_OBJECT_INLINE;
  if (kind == UNIT_OBJECT_STATIC_LOCAL)
    visit_object_define(visit, row, declaration);
  return row;
}

void visit_use(struct visit *visit, uint32_t object, uint32_t use)
{
  if (object == UNIT_NONE)
    return;
  const struct unit_object *row = visit_object_row(visit, object);
  if (row->kind != UNIT_OBJECT_PARAM || row->routine == UNIT_NONE)
    return;
  const struct unit_routine *routine = visit_routine_row(visit, row->routine);
  if (row->position < routine->n_params)
    g_array_index(visit->builder->params, struct unit_param, routine->first_param + row->position)
        .uses |= use;
}

void visit_result_use(struct visit *visit, uint32_t use)
{
  if (visit->routine == UNIT_NONE)
    return;
  const struct unit_routine *routine = visit_routine_row(visit, visit->routine);
  if (routine->n_params > 0)
    g_array_index(visit->builder->params, struct unit_param, routine->first_param).uses |= use;
}
