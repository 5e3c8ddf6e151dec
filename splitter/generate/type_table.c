#include "splitter/generate/type_table.h"

#include <string.h>

#include "splitter/generate/marshal_source.h"

void type_tables_init(struct type_tables *tables, const struct glue *glue, struct glue_file *file,
                      const char *prefix)
{
  tables->inventory = glue->inventory;
  tables->code = &file->code;
  tables->records = file->marshalled;
  tables->prefix = prefix;
  tables->n = 0;
}

/* A new name: "cleave_WORD_PREFIX_N". */
static char *name_of(struct type_tables *tables, const char *word)
{
  return g_strdup_printf("cleave_%s_%s_%u", word, tables->prefix, tables->n++);
}

static const char *kind_constant(enum shape_kind kind)
{
  static const char *const names[] = {[SHAPE_VOID] = "OMITTED",
                                      [SHAPE_BOOLEAN] = "BOOLEAN",
                                      [SHAPE_INTEGER] = "INTEGER",
                                      [SHAPE_FLOAT] = "FLOAT",
                                      [SHAPE_ENUM] = "ENUM",
                                      [SHAPE_STRING] = "STRING",
                                      [SHAPE_TEXT_ARRAY] = "TEXT_ARRAY",
                                      [SHAPE_TEXT] = "TEXT",
                                      [SHAPE_BYTES] = "BYTES",
                                      [SHAPE_BYTE_ARRAY] = "BYTE_ARRAY",
                                      [SHAPE_STRUCT] = "RECORD",
                                      [SHAPE_POINTER] = "POINTER",
                                      [SHAPE_ARRAY] = "ARRAY",
                                      [SHAPE_COUNTED] = "COUNTED",
                                      [SHAPE_TERMINATED] = "TERMINATED",
                                      [SHAPE_LIST] = "LIST",
                                      [SHAPE_UNION] = "UNION",
                                      [SHAPE_OMITTED] = "OMITTED",
                                      [SHAPE_COUNT] = "COUNT"};
  return names[kind];
}

char *type_table_reader(struct type_tables *tables, const char *record_type, const char *expression)
{
  struct c_writer *code = tables->code;
  char *name = name_of(tables, "reads");
  c_writer_open(code, "static cleave_wide %s(const void *record)", name);
  c_writer_line(code, "const %s *in = record;", record_type);
  c_writer_line(code, "struct cleave_marshal *const marshal = 0;");
  c_writer_line(code, "(void)marshal, (void)in;");
  c_writer_line(code, "return (cleave_wide)(%s);", expression);
  c_writer_close(code, "");
  return name;
}

char *type_table_setter(struct type_tables *tables, const char *record_type,
                        const char *const *targets)
{
  struct c_writer *code = tables->code;
  char *name = name_of(tables, "counts");
  c_writer_open(code, "static void %s(void *record, size_t n)", name);
  c_writer_line(code, "%s *out = record;", record_type);
  for (; *targets; targets++) {
    c_writer_line(code, "out->%s = n;", *targets);
  }
  c_writer_close(code, "");
  return name;
}

/* What the initializer of one field says. */
struct field_lines {
  char *type;
  char *get, *set;
  char *number, *set_number;
  char *chooses;
  bool is_dimension;
};

static void field_lines_clear(struct field_lines *lines)
{
  g_free(lines->type);
  g_free(lines->get);
  g_free(lines->set);
  g_free(lines->number);
  g_free(lines->set_number);
  g_free(lines->chooses);
}

static void write_bit_field(struct type_tables *tables, const char *c_type, const char *name,
                            struct field_lines *lines)
{
  struct c_writer *code = tables->code;
  lines->get = name_of(tables, "gets");
  lines->set = name_of(tables, "sets");
  c_writer_open(code, "static int64_t %s(const void *record)", lines->get);
  c_writer_line(code, "return (int64_t)((const %s *)record)->%s;", c_type, name);
  c_writer_close(code, "");
  c_writer_open(code, "static void %s(void *record, int64_t value)", lines->set);
  c_writer_line(code, "((%s *)record)->%s = value;", c_type, name);
  c_writer_close(code, "");
}

static const struct shape *behind_pointers(const struct shape *shape)
{
  while (shape->kind == SHAPE_POINTER) {
    shape = shape->element;
  }
  return shape;
}

/* Whether an earlier member has the same number. */
static bool is_follower(const struct shape *record, guint index)
{
  const struct shape *shape = ((const struct member *)record->members->pdata[index])->shape;
  for (guint i = 0; shape->count && i < index; i++) {
    const struct member *other = record->members->pdata[i];
    if (g_strcmp0(other->shape->count, shape->count) == 0) {
      return true;
    }
  }
  return false;
}

static void write_number(struct type_tables *tables, const struct shape *record, guint index,
                         struct field_lines *lines)
{
  const struct member *member = record->members->pdata[index];
  g_autofree char *expression = marshal_source_beside(record, member->shape, "in->");
  if (!expression) {
    return;
  }
  lines->number = type_table_reader(tables, record->c_type, expression);
  const struct shape *shape = behind_pointers(member->shape);
  if (*expression != '(' && shape->kind != SHAPE_UNION && !is_follower(record, index)) {
    const char *const targets[] = {shape->count, shape->room, NULL};
    lines->set_number = type_table_setter(tables, record->c_type, targets);
  }
}

static bool names_it(const char *expression, const char *name)
{
  g_autoptr(GPtrArray) names = expression ? c_identifiers_in(expression) : g_ptr_array_new();
  return g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL);
}

/* The union whose arm the member tells, or NULL; and whether a number follows from it. */
static const struct shape *depends_on(const struct shape *record, const char *name,
                                      bool *is_dimension)
{
  const struct shape *chosen = NULL;
  for (guint i = 0; i < record->members->len; i++) {
    const struct member *other = record->members->pdata[i];
    const struct shape *shape = behind_pointers(other->shape);
    *is_dimension = *is_dimension || names_it(shape->extent, name);
    if (shape->kind == SHAPE_UNION && g_strcmp0(shape->tag, name) == 0) {
      chosen = shape;
    }
  }
  return chosen;
}

static void append(GString *line, const char *name, const char *mark, const char *value)
{
  if (value) {
    g_string_append_printf(line, ", .%s = %s%s", name, mark, value);
  }
}

static void write_field(struct c_writer *code, const struct member *member, const char *c_type,
                        const struct field_lines *lines)
{
  g_autoptr(GString) line = g_string_new(NULL);
  g_string_append_printf(line, "{.name = \"%s\", .type = &%s", member->name, lines->type);
  if (!member->is_anonymous && !member->shape->is_bit_field) {
    g_string_append_printf(line, ", .offset = __builtin_offsetof(%s, %s)", c_type, member->name);
  }
  append(line, "get", "", lines->get);
  append(line, "set", "", lines->set);
  append(line, "number", "", lines->number);
  append(line, "set_number", "", lines->set_number);
  append(line, "chooses", "&", lines->chooses);
  append(line, "flags", "", lines->is_dimension ? "CLEAVE_IS_DIMENSION" : NULL);
  c_writer_line(code, "    %s},", line->str);
}

/* The list of fields of a record or union: its name. C_TYPE is that of the lvalue PLACE. */
static char *write_fields(struct type_tables *tables, const struct shape *record,
                          const char *c_type, const char *place)
{
  guint n = record->members->len;
  struct field_lines *lines = g_new0(struct field_lines, n + 1);
  for (guint i = 0; i < n; i++) {
    const struct member *member = record->members->pdata[i];
    g_autofree char *own =
        member->is_anonymous ? g_strdup(place) : g_strdup_printf("(%s).%s", place, member->name);
    lines[i].type = type_table_write(tables, member->shape, own);
    if (member->shape->is_bit_field) {
      write_bit_field(tables, c_type, member->name, &lines[i]);
    }
    if (record->kind == SHAPE_STRUCT) {
      write_number(tables, record, i, &lines[i]);
    }
  }
  for (guint i = 0; record->kind == SHAPE_STRUCT && i < n; i++) {
    const struct member *member = record->members->pdata[i];
    const struct shape *chosen = depends_on(record, member->name, &lines[i].is_dimension);
    for (guint j = 0; chosen && j < n; j++) {
      if (((const struct member *)record->members->pdata[j])->shape == chosen) {
        lines[i].chooses = g_strdup(lines[j].type);
      }
    }
  }
  char *name = name_of(tables, "fields");
  c_writer_line(tables->code, "static const struct cleave_slot %s[] = {", name);
  for (guint i = 0; i < n; i++) {
    write_field(tables->code, record->members->pdata[i], c_type, &lines[i]);
    field_lines_clear(&lines[i]);
  }
  c_writer_line(tables->code, "    {.name = 0}};");
  g_free(lines);
  return name;
}

static guint index_of(const struct shape *record, const char *name)
{
  for (guint i = 0; i < record->members->len; i++) {
    if (strcmp(((const struct member *)record->members->pdata[i])->name, name) == 0) {
      return i;
    }
  }
  return 0;
}

/* ", .arms = ..." of a union. */
static char *write_arms(struct type_tables *tables, const struct shape *shape)
{
  g_autofree char *name = name_of(tables, "arms");
  c_writer_line(tables->code, "static const struct cleave_arm %s[] = {", name);
  for (guint i = 0; i < shape->arms->len; i++) {
    const struct arm *arm = shape->arms->pdata[i];
    c_writer_line(tables->code, "    {(int64_t)(%s), %u},", arm->value,
                  index_of(shape, arm->member));
  }
  c_writer_line(tables->code, "};");
  return g_strdup_printf(", .arms = %s, .n_arms = %u", name, shape->arms->len);
}

/* ", .names = ..." of an enum. */
static char *write_names(struct type_tables *tables, const struct shape *shape, const char *place)
{
  const struct record_set *rows = tables->inventory->enumerators;
  g_autofree char *name = name_of(tables, "names");
  unsigned n = 0;
  c_writer_line(tables->code, "static const struct cleave_enumerator %s[] = {", name);
  for (size_t i = 0; i < rows->n; i++) {
    const struct fact_enumerator *row = record_at(rows, fact_enumerator, i);
    if (row->type_id == shape->type->id) {
      c_writer_line(tables->code, "    {\"%s\", %s},", row->name, row->name);
      n++;
    }
  }
  c_writer_line(tables->code, "    {0, 0}};");
  g_autofree char *is_signed =
      shape->is_bit_field ? g_strdup("0") : g_strdup_printf("(__typeof__(%s))-1 < 1", place);
  return g_strdup_printf(", .names = %s, .n_names = %u, .is_signed = %s", name, n, is_signed);
}

/* ", .element = ..." of pointers, arrays and lists. */
static char *write_element(struct type_tables *tables, const struct shape *shape, const char *place)
{
  g_autofree char *pointed = g_strdup_printf("(%s)[0]", place);
  g_autofree char *element = type_table_write(tables, shape->element, pointed);
  GString *out = g_string_new(NULL);
  g_string_append_printf(out, ", .element = &%s", element);
  if (shape->sentinel) {
    g_string_append_printf(out, ", .has_sentinel = 1, .sentinel = %u",
                           index_of(shape->element, shape->sentinel));
  }
  if (shape->link) {
    g_string_append_printf(out, ", .link = __builtin_offsetof(__typeof__(%s), %s)", pointed,
                           shape->link);
  }
  if (shape->back) {
    g_string_append_printf(out, ", .has_back = 1, .back = __builtin_offsetof(__typeof__(%s), %s)",
                           pointed, shape->back);
  }
  return g_string_free(out, FALSE);
}

static void define(struct type_tables *tables, const struct shape *shape, const char *name,
                   const char *place, const char *more)
{
  bool has_size = !shape->is_bit_field && shape->kind != SHAPE_VOID && shape->kind != SHAPE_OMITTED;
  g_autoptr(GString) line = g_string_new(NULL);
  g_string_append_printf(line, "{.kind = CLEAVE_%s", kind_constant(shape->kind));
  if (has_size) {
    g_string_append_printf(line, ", .size = sizeof(%s)", place);
  }
  if (shape->bits > 0) {
    g_string_append_printf(line, ", .bits = %d", shape->bits);
  }
  g_string_append(line, shape->is_signed && shape->kind != SHAPE_ENUM ? ", .is_signed = 1" : "");
  g_string_append(line, shape->is_nullable ? ", .is_nullable = 1" : "");
  if (shape->length > 0) {
    g_string_append_printf(line, ", .length = %" G_GINT64_FORMAT, shape->length);
  }
  c_writer_line(tables->code, "static const struct cleave_type %s = %s%s};", name, line->str, more);
}

/* Records may lead to one another: declared first, and once per file. */
static char *write_record(struct type_tables *tables, const struct shape *shape)
{
  g_autofree char *symbol = marshal_source_symbol(shape);
  char *name = g_strdup_printf("cleave_type_%s", symbol);
  if (!g_hash_table_add(tables->records, g_strdup(symbol))) {
    return name;
  }
  g_autofree char *place = g_strdup_printf("*(%s *)0", shape->c_type);
  c_writer_line(tables->code, "static const struct cleave_type %s;", name);
  g_autofree char *fields = write_fields(tables, shape, shape->c_type, place);
  g_autofree char *more =
      g_strdup_printf(", .fields = %s, .n_fields = %u", fields, shape->members->len);
  define(tables, shape, name, place, more);
  return name;
}

char *type_table_write(struct type_tables *tables, const struct shape *shape, const char *place)
{
  if (shape->kind == SHAPE_STRUCT) {
    return write_record(tables, shape);
  }
  g_autofree char *more = NULL;
  if (shape->kind == SHAPE_UNION) {
    g_autofree char *c_type = g_strdup_printf("__typeof__(%s)", place);
    g_autofree char *fields = write_fields(tables, shape, c_type, place);
    g_autofree char *arms = write_arms(tables, shape);
    more = g_strdup_printf(", .fields = %s, .n_fields = %u%s", fields, shape->members->len, arms);
  } else if (shape->kind == SHAPE_ENUM) {
    more = write_names(tables, shape, place);
  } else if (shape->element) {
    more = write_element(tables, shape, place);
  }
  char *name = name_of(tables, "type");
  define(tables, shape, name, place, more ? more : "");
  return name;
}
