#include "analyzer/visit.h"

#include <string.h>

/* C's own walk over an initialiser: positional, brace-elided and designated elements, ranges,
 * anonymous members, unions. The list given is the syntactic one. */

struct step {
  CXType type;    /* of the aggregate */
  uint32_t path;  /* of the aggregate */
  int64_t index;  /* next element or member */
  int64_t count;  /* elements or members, -1 when unknown */
  GArray *fields; /* CXCursor, for records */
  GString *indexes;
};

struct walk {
  struct visit *visit;
  uint32_t object;
  bool is_static;
  bool is_overriding; /* a designator went back: what comes may have been given before */
  guint first;        /* first row of this initialiser */
};

enum { RANGE_LIMIT = 4096 };

static bool is_array_type(CXType type)
{
  enum CXTypeKind kind = type.kind;
  return kind == CXType_ConstantArray || kind == CXType_IncompleteArray ||
         kind == CXType_VariableArray;
}

static bool is_aggregate(CXType type)
{
  CXType canonical = clang_getCanonicalType(type);
  return is_array_type(canonical) || canonical.kind == CXType_Record;
}

static enum CXVisitorResult collect(CXCursor field, CXClientData data)
{
  GArray *fields = data;
  /* Bit-fields without a name take no initialiser. */
  CXString name = clang_getCursorSpelling(field);
  const char *text = clang_getCString(name);
  bool is_padding = clang_Cursor_isBitField(field) && (text == NULL || *text == '\0');
  clang_disposeString(name);
  if (!is_padding)
    g_array_append_val(fields, field);
  return CXVisit_Continue;
}

static struct step step_into(CXType type, uint32_t path, const char *indexes)
{
  CXType canonical = clang_getCanonicalType(type);
  struct step step = {
      .type = canonical, .path = path, .count = -1, .indexes = g_string_new(indexes)};
  if (canonical.kind == CXType_ConstantArray)
    step.count = clang_getArraySize(canonical);
  if (canonical.kind == CXType_Record) {
    step.fields = g_array_new(FALSE, FALSE, sizeof(CXCursor));
    clang_Type_visitFields(canonical, collect, step.fields);
    bool is_union = clang_getCursorKind(clang_getTypeDeclaration(canonical)) == CXCursor_UnionDecl;
    step.count = is_union ? MIN(1, (int64_t)step.fields->len) : (int64_t)step.fields->len;
  }
  return step;
}

static void step_clear(struct step *step)
{
  if (step->fields != NULL)
    g_array_unref(step->fields);
  g_string_free(step->indexes, TRUE);
}

/* The member or element that comes next. */
static bool step_target(struct walk *walk, const struct step *step, CXType *type, uint32_t *path,
                        GString *indexes)
{
  g_string_assign(indexes, step->indexes->str);
  if (step->fields != NULL) {
    if (step->index < 0 || step->index >= (int64_t)step->fields->len)
      return false;
    CXCursor field = g_array_index(step->fields, CXCursor, step->index);
    uint32_t row = visit_field(walk->visit, field);
    if (row == UNIT_NONE)
      return false;
    *type = clang_getCursorType(field);
    *path = unit_builder_path(walk->visit->builder, step->path, row);
    return true;
  }
  if (step->count >= 0 && step->index >= step->count)
    return false;
  *type = clang_getArrayElementType(step->type);
  *path = unit_builder_path(walk->visit->builder, step->path, UNIT_NONE);
  g_string_append_printf(indexes, "%s%" G_GINT64_FORMAT, indexes->len > 0 ? "." : "", step->index);
  return true;
}

static void walk_list(struct walk *walk, CXType type, uint32_t path, const char *indexes,
                      CXCursor list);
static void walk_elements(struct walk *walk, CXType type, uint32_t path, const char *indexes,
                          CXCursor list);

static const char *text_of(const struct walk *walk, uint32_t string)
{
  const struct unit_builder *builder = walk->visit->builder;
  return builder->string_bytes->str + g_array_index(builder->string_offsets, uint32_t, string);
}

static bool is_below(const struct unit_builder *builder, uint32_t path, uint32_t outer)
{
  while (path > outer)
    path = g_array_index(builder->paths, struct unit_path, path).parent;
  return path == outer;
}

/* A later initialiser of an object replaces all of an earlier one. */
static void forget(struct walk *walk, uint32_t path, const char *indexes)
{
  struct unit_builder *builder = walk->visit->builder;
  size_t length = strlen(indexes);
  for (guint i = builder->initialisers->len; walk->is_overriding && i-- > walk->first;) {
    const struct unit_initialiser *row =
        &g_array_index(builder->initialisers, struct unit_initialiser, i);
    const char *own = text_of(walk, row->indexes);
    if (row->object == walk->object && is_below(builder, row->path, path) &&
        strncmp(own, indexes, length) == 0 &&
        (length == 0 || own[length] == '\0' || own[length] == '.'))
      g_array_remove_index(builder->initialisers, i);
  }
}

static int32_t first_index(const char *indexes)
{
  if (*indexes == '\0')
    return -1;
  gint64 index = g_ascii_strtoll(indexes, NULL, 10);
  return index > G_MAXINT32 ? G_MAXINT32 : (int32_t)index;
}

static void note_leaf(struct walk *walk, CXType type, uint32_t path, const char *indexes,
                      CXCursor expression, const struct value *value, const struct spot *spot)
{
  struct visit *visit = walk->visit;
  struct unit_initialiser row = {.object = walk->object,
                                 .path = path,
                                 .index = first_index(indexes),
                                 .indexes = unit_builder_string(visit->builder, indexes),
                                 .kind = UNIT_ARGUMENT_OTHER,
                                 .target = UNIT_NONE,
                                 .file = spot->file != UNIT_NONE ? spot->file : 0,
                                 .line = spot->line,
                                 .routine = visit->routine};
  switch (value->kind) {
  case UNIT_ARGUMENT_ROUTINE:
  case UNIT_ARGUMENT_ADDRESS:
    row.kind = value->kind;
    row.target = value->index;
    row.target_path = value->path;
    break;
  case UNIT_ARGUMENT_STRING:
  case UNIT_ARGUMENT_INTEGER:
    row.kind = value->kind;
    row.text = value->text;
    row.integer = value->integer;
    break;
  default:
    if (visit_integer(visit_strip(visit, expression, true), &row.integer)) {
      bool is_pointer = clang_getCanonicalType(type).kind == CXType_Pointer;
      row.kind = is_pointer && row.integer == 0 ? UNIT_ARGUMENT_NULL : UNIT_ARGUMENT_INTEGER;
      row.text = visit_macro(visit, expression);
    }
    break;
  }
  unit_builder_add_initialiser(visit->builder, &row);
}

static void walk_leaf(struct walk *walk, CXType type, uint32_t path, const char *indexes,
                      CXCursor expression)
{
  struct visit *visit = walk->visit;
  CXCursor stripped = visit_strip(visit, expression, false);
  bool is_text = clang_getCursorKind(stripped) == CXCursor_StringLiteral &&
                 is_array_type(clang_getCanonicalType(type));
  struct value value = visit_value(visit, expression);
  struct spot spot = visit_spot(visit, expression);
  forget(walk, path, indexes);
  if (walk->is_static)
    note_leaf(walk, type, path, indexes, expression, &value, &spot);
  if (is_text)
    return;
  struct place place = {.base = UNIT_BASE_OBJECT,
                        .object = walk->object,
                        .node = UNIT_NONE,
                        .path = path,
                        .record = UNIT_NONE,
                        .routine = UNIT_NONE,
                        .type = type};
  flow_assign(visit, &place, &value, &spot);
}

/* Follows the designators of one element from `step` down to the designated object. */
static bool follow_designators(struct walk *walk, struct step *step, CXCursor element,
                               CXCursor *value, CXType *type, uint32_t *path, GString *indexes,
                               int64_t *n_more)
{
  struct visit *visit = walk->visit;
  guint n = 0;
  guint start = visit_push(visit, element, &n);
  CXType at_type = step->type;
  uint32_t at_path = step->path;
  g_string_assign(indexes, step->indexes->str);
  bool is_first = true;
  bool is_fine = n > 0;
  for (guint i = 0; is_fine && i + 1 < n; i++) {
    CXCursor child = visit_at(visit, start + i);
    enum CXCursorKind kind = clang_getCursorKind(child);
    if (kind == CXCursor_MemberRef) {
      CXCursor field = clang_getCursorReferenced(child);
      uint32_t row =
          clang_getCursorKind(field) == CXCursor_FieldDecl ? visit_field(visit, field) : UNIT_NONE;
      if (row == UNIT_NONE) {
        is_fine = false;
        break;
      }
      at_path = unit_builder_path(visit->builder, at_path, row);
      at_type = clang_getCanonicalType(clang_getCursorType(field));
      if (is_first && step->fields != NULL)
        for (guint f = 0; f < step->fields->len; f++)
          if (clang_equalCursors(g_array_index(step->fields, CXCursor, f), field))
            step->index = f;
      is_first = false;
    } else if (clang_isExpression(kind) && is_array_type(at_type)) {
      int64_t index = 0;
      visit_integer(child, &index);
      if (is_first)
        step->index = index;
      is_first = false;
      at_path = unit_builder_path(visit->builder, at_path, UNIT_NONE);
      g_string_append_printf(indexes, "%s%" G_GINT64_FORMAT, indexes->len > 0 ? "." : "", index);
      at_type = clang_getCanonicalType(clang_getArrayElementType(at_type));
    } else if (clang_isExpression(kind)) {
      int64_t last = 0; /* the end of a range [1 ... 2]: the elements after it follow */
      if (visit_integer(child, &last) && step->fields == NULL) {
        *n_more = CLAMP(last - step->index, 0, RANGE_LIMIT);
        step->index = last;
      }
    }
  }
  if (is_fine)
    *value = visit_at(visit, start + n - 1);
  *type = at_type;
  *path = at_path;
  visit_pop(visit, start);
  return is_fine;
}

static bool is_designated(CXCursor element)
{
  return clang_getCursorKind(element) == CXCursor_UnexposedExpr &&
         clang_getCursorType(element).kind == CXType_Void;
}

static bool is_whole_value(struct walk *walk, CXType type, CXCursor expression)
{
  CXCursor stripped = visit_strip(walk->visit, expression, false);
  enum CXCursorKind kind = clang_getCursorKind(stripped);
  CXType canonical = clang_getCanonicalType(type);
  if (is_array_type(canonical)) {
    CXType element = visit_canonical(clang_getArrayElementType(canonical));
    bool is_text = kind == CXCursor_StringLiteral && element.kind != CXType_Record &&
                   element.kind != CXType_Pointer && !is_array_type(element);
    return is_text || kind == CXCursor_CompoundLiteralExpr;
  }
  return clang_equalTypes(visit_canonical(clang_getCursorType(stripped)), visit_canonical(type)) !=
         0;
}

/* Gives `element` to the object at `path`, opening nested aggregates whose braces are left out.
 * Elements that follow are taken from the stack as long as the nested aggregate has room. */
static guint place_element(struct walk *walk, CXType type, uint32_t path, const char *indexes,
                           guint at, guint end)
{
  struct visit *visit = walk->visit;
  CXCursor element = visit_at(visit, at);
  if (clang_getCursorKind(element) == CXCursor_InitListExpr) {
    walk_list(walk, type, path, indexes, element);
    return at + 1;
  }
  if (!is_aggregate(type) || is_whole_value(walk, type, element)) {
    walk_leaf(walk, type, path, indexes, element);
    return at + 1;
  }
  struct step step = step_into(type, path, indexes);
  g_autoptr(GString) inner = g_string_new(NULL);
  CXType inner_type;
  uint32_t inner_path = 0;
  guint first = at;
  while (at < end && !is_designated(visit_at(visit, at)) &&
         (step.count < 0 || step.index < step.count) &&
         step_target(walk, &step, &inner_type, &inner_path, inner)) {
    at = place_element(walk, inner_type, inner_path, inner->str, at, end);
    step.index++;
  }
  step_clear(&step);
  return at == first ? at + 1 : at;
}

/* What the first element of a range was given, for the `n` elements behind it. `index` is its own,
 * behind the indexes `outer` of the array. */
static void repeat(struct walk *walk, guint from, uint32_t path, const char *outer, int64_t index,
                   int64_t n)
{
  struct unit_builder *builder = walk->visit->builder;
  if (from >= builder->initialisers->len)
    return;
  guint n_rows = builder->initialisers->len - from;
  g_autofree struct unit_initialiser *rows = g_memdup2(
      &g_array_index(builder->initialisers, struct unit_initialiser, from), n_rows * sizeof *rows);
  const char *dot = *outer != '\0' ? "." : "";
  g_autofree char *own = g_strdup_printf("%s%s%" G_GINT64_FORMAT, outer, dot, index);
  for (int64_t k = index + 1; k <= index + n; k++) {
    g_autofree char *element = g_strdup_printf("%s%s%" G_GINT64_FORMAT, outer, dot, k);
    forget(walk, path, element);
    for (guint i = 0; i < n_rows; i++) {
      struct unit_initialiser row = rows[i];
      g_autofree char *indexes =
          g_strconcat(element, text_of(walk, row.indexes) + strlen(own), NULL);
      row.indexes = unit_builder_string(builder, indexes);
      row.index = first_index(indexes);
      unit_builder_add_initialiser(builder, &row);
    }
  }
}

static void walk_list(struct walk *walk, CXType type, uint32_t path, const char *indexes,
                      CXCursor list)
{
  struct visit *visit = walk->visit;
  forget(walk, path, indexes);
  struct walk inner = *walk;
  /* Nothing below what was given before in order: only rows of this list may be replaced by it. */
  if (!inner.is_overriding)
    inner.first = visit->builder->initialisers->len;
  walk_elements(&inner, type, path, indexes, list);
}

static void walk_elements(struct walk *walk, CXType type, uint32_t path, const char *indexes,
                          CXCursor list)
{
  struct visit *visit = walk->visit;
  guint n = 0;
  guint start = visit_push_expressions(visit, list, &n);
  guint end = start + n;
  if (!is_aggregate(type)) {
    if (n > 0)
      place_element(walk, type, path, indexes, start, end);
    visit_pop(visit, start);
    return;
  }
  int64_t furthest = -1; /* element given so far */
  struct step step = step_into(type, path, indexes);
  g_autoptr(GString) target = g_string_new(NULL);
  for (guint at = start; at < end;) {
    CXType target_type;
    uint32_t target_path = 0;
    CXCursor element = visit_at(visit, at);
    if (is_designated(element)) {
      CXCursor value;
      int64_t n_more = 0;
      bool is_fine = follow_designators(walk, &step, element, &value, &target_type, &target_path,
                                        target, &n_more);
      walk->is_overriding = walk->is_overriding || n_more > 0 || step.index <= furthest;
      furthest = MAX(furthest, step.index);
      if (is_fine) {
        forget(walk, target_path, target->str);
        guint before = visit->builder->initialisers->len;
        /* The value may begin a nested aggregate that the next elements go on filling. */
        g_array_index(visit->stack, CXCursor, at) = value;
        at = place_element(walk, target_type, target_path, target->str, at, end);
        if (n_more > 0)
          repeat(walk, before, target_path, step.indexes->str, step.index - n_more, n_more);
      } else {
        at++;
      }
      step.index++;
      continue;
    }
    bool is_string_for_array =
        n == 1 && is_array_type(step.type) && is_whole_value(walk, type, element);
    if (is_string_for_array) {
      walk_leaf(walk, type, path, indexes, element);
      at++;
      continue;
    }
    if (!step_target(walk, &step, &target_type, &target_path, target)) {
      at++;
      continue;
    }
    furthest = MAX(furthest, step.index);
    at = place_element(walk, target_type, target_path, target->str, at, end);
    step.index++;
  }
  step_clear(&step);
  visit_pop(visit, start);
}

void visit_initialiser(struct visit *visit, const struct place *place, CXCursor initialiser,
                       bool is_static)
{
  struct walk walk = {.visit = visit,
                      .object = place->object,
                      .is_static = is_static,
                      .first = visit->builder->initialisers->len};
  uint32_t outer_object = visit->object;
  uint32_t outer = visit->is_initialiser;
  visit->object = place->object;
  visit->is_initialiser = is_static;
  CXCursor stripped = visit_strip(visit, initialiser, false);
  if (clang_getCursorKind(stripped) == CXCursor_InitListExpr)
    walk_list(&walk, place->type, place->path, "", stripped);
  else
    walk_leaf(&walk, place->type, place->path, "", initialiser);
  visit->object = outer_object;
  visit->is_initialiser = outer;
}
