#include "analyzer/visit.h"

#include <string.h>

/* C's own walk over an initialiser: positional, brace-elided and designated elements, ranges,
 * anonymous members, unions. The list given is the syntactic one. */

struct step {
  struct c_type *type; /* of the aggregate */
  uint32_t path;       /* of the aggregate */
  int64_t index;       /* next element or member */
  int64_t count;       /* elements or members, -1 when unknown */
  GArray *fields;      /* CXCursor, for records; the type's */
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

/* What stands between the braces, from `at` on. A designator is taken off what it designates. */
struct elements {
  struct syntax *list;
  struct syntax *at;    /* or NULL */
  struct syntax *value; /* what `at` gives, without its designator */
};

static void elements_set(struct elements *elements, struct syntax *at)
{
  elements->at = elements->value = at;
}

static void elements_step(struct elements *elements)
{
  elements_set(elements, syntax_next_expression(elements->list, elements->at));
}

static bool is_aggregate(const struct c_type *type)
{
  return type_is_array(type) || type_is_record(type);
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

/* Tables have the same record over and over. */
static GArray *fields_of(struct c_type *canonical)
{
  if (canonical->fields == NULL) {
    canonical->fields = g_array_new(FALSE, FALSE, sizeof(CXCursor));
    clang_Type_visitFields(canonical->canonical, collect, canonical->fields);
  }
  return canonical->fields;
}

static struct step step_into(struct visit *visit, struct c_type *type, uint32_t path,
                             const char *indexes)
{
  struct step step = {.type = visit_canonical(visit, type),
                      .path = path,
                      .count = -1,
                      .indexes = g_string_new(indexes)};
  if (type->kind == CXType_ConstantArray)
    step.count = clang_getArraySize(type->canonical);
  if (type_is_record(type)) {
    step.fields = fields_of(step.type);
    bool is_union =
        clang_getCursorKind(clang_getTypeDeclaration(type->canonical)) == CXCursor_UnionDecl;
    step.count = is_union ? MIN(1, (int64_t)step.fields->len) : (int64_t)step.fields->len;
  }
  return step;
}

static void step_clear(struct step *step)
{
  g_string_free(step->indexes, TRUE);
}

/* The member or element that comes next. */
static bool step_target(struct walk *walk, const struct step *step, struct c_type **type,
                        uint32_t *path, GString *indexes)
{
  g_string_assign(indexes, step->indexes->str);
  if (step->fields != NULL) {
    if (step->index < 0 || step->index >= (int64_t)step->fields->len)
      return false;
    CXCursor field = g_array_index(step->fields, CXCursor, step->index);
    uint32_t row = visit_field(walk->visit, visit_declared(walk->visit, field));
    if (row == UNIT_NONE)
      return false;
    *type = visit_cursor_type(walk->visit, field);
    *path = unit_builder_path(walk->visit->builder, step->path, row);
    return true;
  }
  if (step->count >= 0 && step->index >= step->count)
    return false;
  *type = visit_target(walk->visit, step->type);
  *path = unit_builder_path(walk->visit->builder, step->path, UNIT_NONE);
  g_string_append_printf(indexes, "%s%" G_GINT64_FORMAT, indexes->len > 0 ? "." : "", step->index);
  return true;
}

static void walk_list(struct walk *walk, struct c_type *type, uint32_t path, const char *indexes,
                      struct syntax *list);
static void walk_elements(struct walk *walk, struct c_type *type, uint32_t path,
                          const char *indexes, struct syntax *list);

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

static void note_leaf(struct walk *walk, const struct c_type *type, uint32_t path,
                      const char *indexes, struct syntax *expression, const struct value *value,
                      const struct spot *spot)
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
    if (syntax_integer(syntax_strip(expression, true), &row.integer)) {
      bool is_pointer = type->kind == CXType_Pointer;
      row.kind = is_pointer && row.integer == 0 ? UNIT_ARGUMENT_NULL : UNIT_ARGUMENT_INTEGER;
      row.text = visit_macro(visit, expression->cursor);
    }
    break;
  }
  unit_builder_add_initialiser(visit->builder, &row);
}

static void walk_leaf(struct walk *walk, struct c_type *type, uint32_t path, const char *indexes,
                      struct syntax *expression)
{
  struct visit *visit = walk->visit;
  struct syntax *stripped = syntax_strip(expression, false);
  bool is_text = syntax_kind(stripped) == CXCursor_StringLiteral && type_is_array(type);
  struct value value = visit_value(visit, expression);
  const struct spot *spot = syntax_spot(visit, expression);
  forget(walk, path, indexes);
  if (walk->is_static)
    note_leaf(walk, type, path, indexes, expression, &value, spot);
  if (is_text)
    return;
  struct place place = {.base = UNIT_BASE_OBJECT,
                        .object = walk->object,
                        .node = UNIT_NONE,
                        .path = path,
                        .record = UNIT_NONE,
                        .routine = UNIT_NONE,
                        .type = type};
  flow_assign(visit, &place, &value, spot);
  flow_note_bytes(visit, &place, expression);
}

/* Where designators lead. */
struct target {
  struct c_type *type;
  uint32_t path;
  GString *indexes;
  int64_t n_more; /* elements of a range, behind the first */
  bool is_first;  /* no designator was followed yet */
};

static bool follow_member(struct walk *walk, struct step *step, struct syntax *designator,
                          struct target *target)
{
  struct visit *visit = walk->visit;
  struct declared *field = syntax_referenced(visit, designator);
  uint32_t row = field->cursor.kind == CXCursor_FieldDecl ? visit_field(visit, field) : UNIT_NONE;
  if (row == UNIT_NONE)
    return false;
  target->path = unit_builder_path(visit->builder, target->path, row);
  target->type = visit_canonical(visit, visit_cursor_type(visit, field->cursor));
  if (target->is_first && step->fields != NULL)
    for (guint i = 0; i < step->fields->len; i++)
      if (g_array_index(step->fields, CXCursor, i).data[0] == field->cursor.data[0])
        step->index = i;
  target->is_first = false;
  return true;
}

static void follow_index(struct walk *walk, struct step *step, struct syntax *designator,
                         struct target *target)
{
  struct visit *visit = walk->visit;
  int64_t index = 0;
  syntax_integer(designator, &index);
  if (target->is_first)
    step->index = index;
  target->is_first = false;
  target->path = unit_builder_path(visit->builder, target->path, UNIT_NONE);
  g_string_append_printf(target->indexes, "%s%" G_GINT64_FORMAT,
                         target->indexes->len > 0 ? "." : "", index);
  target->type = visit_target(visit, target->type);
}

/* Follows the designators of one element from `step` down to the designated object. Returns what is
 * given to it, or NULL. */
static struct syntax *follow_designators(struct walk *walk, struct step *step,
                                         struct syntax *element, struct target *target)
{
  target->type = step->type;
  target->path = step->path;
  target->n_more = 0;
  target->is_first = true;
  g_string_assign(target->indexes, step->indexes->str);
  struct syntax *last = syntax_last(element);
  for (struct syntax *child = syntax_first(element); child != last;
       child = syntax_next(element, child)) {
    if (syntax_kind(child) == CXCursor_MemberRef) {
      if (!follow_member(walk, step, child, target))
        return NULL;
    } else if (syntax_is_expression(child) && type_is_array(target->type)) {
      follow_index(walk, step, child, target);
    } else if (syntax_is_expression(child)) {
      int64_t end = 0; /* of a range [1 ... 2]: the elements after it follow */
      if (syntax_integer(child, &end) && step->fields == NULL) {
        target->n_more = CLAMP(end - step->index, 0, RANGE_LIMIT);
        step->index = end;
      }
    }
  }
  return last;
}

static bool is_designated(struct visit *visit, struct syntax *element)
{
  return syntax_kind(element) == CXCursor_UnexposedExpr &&
         syntax_type(visit, element)->type.kind == CXType_Void;
}

static bool is_whole_value(struct walk *walk, struct c_type *type, struct syntax *expression)
{
  struct visit *visit = walk->visit;
  struct syntax *stripped = syntax_strip(expression, false);
  enum CXCursorKind kind = syntax_kind(stripped);
  if (type_is_array(type)) {
    struct c_type *element = visit_target(visit, type);
    bool is_text = kind == CXCursor_StringLiteral && !type_is_record(element) &&
                   element->kind != CXType_Pointer && !type_is_array(element);
    return is_text || kind == CXCursor_CompoundLiteralExpr;
  }
  return visit_bare(syntax_type(visit, stripped)) == visit_bare(type);
}

/* Gives the present element to the object at `path`, opening nested aggregates whose braces are
 * left out. Elements that follow are taken as long as the nested aggregate has room. */
static void place_element(struct walk *walk, struct c_type *type, uint32_t path,
                          const char *indexes, struct elements *elements)
{
  struct syntax *element = elements->value;
  if (syntax_kind(element) == CXCursor_InitListExpr) {
    walk_list(walk, type, path, indexes, element);
    elements_step(elements);
    return;
  }
  if (!is_aggregate(type) || is_whole_value(walk, type, element)) {
    walk_leaf(walk, type, path, indexes, element);
    elements_step(elements);
    return;
  }
  struct step step = step_into(walk->visit, type, path, indexes);
  g_autoptr(GString) inner = g_string_new(NULL);
  struct c_type *inner_type = NULL;
  uint32_t inner_path = 0;
  struct syntax *first = elements->at;
  while (elements->at != NULL && !is_designated(walk->visit, elements->value) &&
         (step.count < 0 || step.index < step.count) &&
         step_target(walk, &step, &inner_type, &inner_path, inner)) {
    place_element(walk, inner_type, inner_path, inner->str, elements);
    step.index++;
  }
  step_clear(&step);
  if (elements->at == first)
    elements_step(elements);
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

static void walk_list(struct walk *walk, struct c_type *type, uint32_t path, const char *indexes,
                      struct syntax *list)
{
  struct visit *visit = walk->visit;
  forget(walk, path, indexes);
  struct walk inner = *walk;
  /* Nothing below what was given before in order: only rows of this list may be replaced by it. */
  if (!inner.is_overriding)
    inner.first = visit->builder->initialisers->len;
  walk_elements(&inner, type, path, indexes, list);
}

static void walk_designated(struct walk *walk, struct step *step, struct elements *elements,
                            struct target *target, int64_t *furthest)
{
  struct syntax *value = follow_designators(walk, step, elements->at, target);
  walk->is_overriding = walk->is_overriding || target->n_more > 0 || step->index <= *furthest;
  *furthest = MAX(*furthest, step->index);
  if (value == NULL) {
    elements_step(elements);
    return;
  }
  forget(walk, target->path, target->indexes->str);
  guint before = walk->visit->builder->initialisers->len;
  /* The value may begin a nested aggregate that the next elements go on filling. */
  elements->value = value;
  place_element(walk, target->type, target->path, target->indexes->str, elements);
  if (target->n_more > 0)
    repeat(walk, before, target->path, step->indexes->str, step->index - target->n_more,
           target->n_more);
}

static void walk_elements(struct walk *walk, struct c_type *type, uint32_t path,
                          const char *indexes, struct syntax *list)
{
  struct elements elements = {.list = list};
  elements_set(&elements, syntax_expression(list, 0));
  if (elements.at == NULL)
    return;
  if (!is_aggregate(type)) {
    place_element(walk, type, path, indexes, &elements);
    return;
  }
  bool is_alone = syntax_next_expression(list, elements.at) == NULL;
  int64_t furthest = -1; /* element given so far */
  struct step step = step_into(walk->visit, type, path, indexes);
  g_autoptr(GString) spelled = g_string_new(NULL);
  struct target target = {.indexes = spelled};
  while (elements.at != NULL) {
    if (is_designated(walk->visit, elements.at)) {
      walk_designated(walk, &step, &elements, &target, &furthest);
      step.index++;
    } else if (is_alone && type_is_array(type) && is_whole_value(walk, type, elements.at)) {
      walk_leaf(walk, type, path, indexes, elements.at);
      elements_step(&elements);
    } else if (!step_target(walk, &step, &target.type, &target.path, spelled)) {
      elements_step(&elements);
    } else {
      furthest = MAX(furthest, step.index);
      place_element(walk, target.type, target.path, spelled->str, &elements);
      step.index++;
    }
  }
  step_clear(&step);
}

void visit_initialiser(struct visit *visit, const struct place *place, struct syntax *initialiser,
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
  struct syntax *stripped = syntax_strip(initialiser, false);
  if (syntax_kind(stripped) == CXCursor_InitListExpr)
    walk_list(&walk, place->type, place->path, "", stripped);
  else
    walk_leaf(&walk, place->type, place->path, "", initialiser);
  visit->object = outer_object;
  visit->is_initialiser = outer;
}
