#include "splitter/generate/marshal_source.h"

#include <string.h>

#include "splitter/generate/marshal_compound.h"

char *marshal_source_symbol(const struct shape *shape)
{
  if (!*shape->type->name) {
    return g_strdup_printf("%s_%" G_GINT64_FORMAT, shape->type->kind, shape->type->id);
  }
  g_autofree char *safe = c_identifier(shape->type->name);
  return g_strdup_printf("%s_%s", shape->type->kind, safe);
}

static void write_enum_table(struct glue *glue, struct c_writer *code, const struct shape *shape)
{
  g_autofree char *symbol = marshal_source_symbol(shape);
  c_writer_line(code, "static const struct cleave_enumerator cleave_%s[] = {", symbol);
  for (size_t i = 0; i < glue->inventory->enumerators->n; i++) {
    const struct fact_enumerator *row = record_at(glue->inventory->enumerators, fact_enumerator, i);
    if (row->type_id == shape->type->id) {
      c_writer_line(code, "    {\"%s\", %s},", row->name, row->name);
    }
  }
  c_writer_line(code, "};");
  c_writer_line(code, "%s", "");
}

static char *enum_arguments(const struct shape *shape)
{
  g_autofree char *symbol = marshal_source_symbol(shape);
  return g_strdup_printf("cleave_%s, sizeof cleave_%s / sizeof *cleave_%s", symbol, symbol, symbol);
}

/* Reads the elements of an array value into TARGET[...]. */
static void read_elements(struct c_writer *code, const struct shape *shape, const char *value,
                          const char *target, const char *n)
{
  g_autofree char *index = g_strdup_printf("i%u", code->depth);
  g_autofree char *element = g_strdup_printf("e%u", code->depth);
  g_autofree char *place = g_strdup_printf("%s[%s]", target, index);
  c_writer_line(code, "size_t %s;", index);
  c_writer_open(code, "for (%s = 0; %s < %s; %s++)", index, index, n, index);
  c_writer_line(code, "const cleave_value *%s = cleave_element(%s, %s);", element, value, index);
  c_writer_open(code, "if (cleave_enter_element(marshal, %s) != 0)", index);
  c_writer_line(code, "return -1;");
  c_writer_close(code, "");
  marshal_source_read(code, shape->element, element, place, NULL);
  c_writer_line(code, "cleave_leave(marshal);");
  c_writer_close(code, "");
}

static void check(struct c_writer *code, const char *call)
{
  c_writer_open(code, "if (%s != 0)", call);
  c_writer_line(code, "return -1;");
  c_writer_close(code, "");
}

static void read_number(struct c_writer *code, const struct shape *shape, const char *type,
                        const char *call, const char *target)
{
  c_writer_line(code, "%s number;", type);
  check(code, call);
  if (shape->is_bit_field) {
    c_writer_line(code, "%s = number;", target);
  } else {
    c_writer_line(code, "%s = (__typeof__(%s))number;", target, target);
  }
}

static void read_pointer(struct c_writer *code, const struct shape *shape, const char *value,
                         const char *target, const char *count)
{
  g_autofree char *place = g_strdup_printf("(*p%u)", code->depth);
  g_autofree char *pointer = g_strdup_printf("p%u", code->depth);
  if (shape->is_nullable) {
    c_writer_line(code, "%s = NULL;", target);
    c_writer_open(code, "if (!cleave_is_null(%s))", value);
    g_free(place);
    g_free(pointer);
    place = g_strdup_printf("(*p%u)", code->depth);
    pointer = g_strdup_printf("p%u", code->depth);
  }
  c_writer_line(code, "__typeof__(%s) q%u = cleave_marshal_alloc(marshal, 1, sizeof *%s);", target,
                code->depth, target);
  c_writer_line(code, "void *r%u = (void *)q%u;", code->depth, code->depth);
  c_writer_line(code, "CLEAVE_ELEMENT(%s) *%s = r%u;", target, pointer, code->depth);
  c_writer_open(code, "if (!%s)", pointer);
  c_writer_line(code, "return -1;");
  c_writer_close(code, "");
  c_writer_line(code, "cleave_marshal_place(marshal, &%s);", target);
  marshal_source_read(code, shape->element, value, place, count);
  c_writer_line(code, "%s = %s;", target, pointer);
  if (shape->is_nullable) {
    c_writer_close(code, "");
  }
}

/* N elements have come: what says so beside them is set, or must agree. */
static void read_number_of_elements(struct c_writer *code, const char *n, const char *count)
{
  if (count && *count == '(') {
    c_writer_open(code, "if ((cleave_wide)%s != %s)", n, count);
    c_writer_line(code, "return cleave_marshal_refuse(marshal, \"wrong number of elements\");");
    c_writer_close(code, "");
  } else if (count) {
    c_writer_line(code, "%s = (__typeof__(%s))%s;", count, count, n);
    c_writer_open(code, "if ((size_t)%s != %s || (%s > 0 && %s <= 0))", count, n, n, count);
    c_writer_line(code, "return cleave_marshal_refuse(marshal, \"too many elements\");");
    c_writer_close(code, "");
  }
}

static void read_counted(struct c_writer *code, const struct shape *shape, const char *value,
                         const char *target, const char *count)
{
  g_autofree char *n = g_strdup_printf("n%u", code->depth);
  const char *reader = shape->kind == SHAPE_TEXT ? "text" : "bytes";
  c_writer_line(code, "size_t %s = 0;", n);
  if (shape->kind != SHAPE_COUNTED) {
    g_autofree char *call = g_strdup_printf("cleave_read_%s(marshal, %s, %d, (void *)&%s, &%s)",
                                            reader, value, shape->is_nullable, target, n);
    check(code, call);
  } else {
    g_autofree char *call = g_strdup_printf("cleave_read_array(marshal, %s, 0, &%s)", value, n);
    g_autofree char *elements = g_strdup_printf("a%u", code->depth);
    c_writer_line(code, "CLEAVE_ELEMENT(%s) *%s = NULL;", target, elements);
    if (shape->is_nullable) {
      c_writer_open(code, "if (!cleave_is_null(%s))", value);
    } else {
      c_writer_open(code, "  ");
    }
    check(code, call);
    c_writer_line(code, "%s = cleave_marshal_alloc(marshal, %s, sizeof *%s);", elements, n,
                  elements);
    c_writer_open(code, "if (!%s)", elements);
    c_writer_line(code, "return -1;");
    c_writer_close(code, "");
    c_writer_line(code, "cleave_marshal_place(marshal, &%s);", target);
    read_elements(code, shape, value, elements, n);
    c_writer_close(code, "");
    c_writer_line(code, "%s = %s;", target, elements);
  }
  read_number_of_elements(code, n, count);
}

/* All elements of a fixed array, or the first of them. */
static void read_fixed(struct c_writer *code, const struct shape *shape, const char *value,
                       const char *target, const char *count)
{
  g_autofree char *n = g_strdup_printf("n%u", code->depth);
  g_autofree char *call =
      g_strdup_printf("cleave_read_array(marshal, %s, %" G_GINT64_FORMAT ", &%s)", value,
                      shape->count ? 0 : shape->length, n);
  c_writer_line(code, "size_t %s;", n);
  check(code, call);
  if (shape->count) {
    c_writer_open(code, "if (%s > %" G_GINT64_FORMAT ")", n, shape->length);
    c_writer_line(code, "return cleave_marshal_refuse(marshal, \"too many elements\");");
    c_writer_close(code, "");
    read_number_of_elements(code, n, count);
  }
  read_elements(code, shape, value, target, n);
}

void marshal_source_read(struct c_writer *code, const struct shape *shape, const char *value,
                         const char *target, const char *count)
{
  g_autofree char *call = NULL;
  switch (shape->kind) {
  case SHAPE_VOID:
  case SHAPE_OMITTED:
  case SHAPE_COUNT:
    return;
  default:
    break;
  }
  c_writer_open(code, "  ");
  switch (shape->kind) {
  case SHAPE_BOOLEAN:
    call = g_strdup_printf("cleave_read_boolean(marshal, %s, &number)", value);
    read_number(code, shape, "int", call, target);
    break;
  case SHAPE_INTEGER:
    call = g_strdup_printf("cleave_read_%s(marshal, %s, %d, &number)",
                           shape->is_signed ? "signed" : "unsigned", value, shape->bits);
    read_number(code, shape, shape->is_signed ? "int64_t" : "uint64_t", call, target);
    break;
  case SHAPE_FLOAT:
    call = g_strdup_printf("cleave_read_float(marshal, %s, sizeof %s, (void *)&%s)", value, target,
                           target);
    check(code, call);
    break;
  case SHAPE_ENUM: {
    g_autofree char *names = enum_arguments(shape);
    call = g_strdup_printf("cleave_read_enum(marshal, %s, %s, &number)", value, names);
    read_number(code, shape, "int64_t", call, target);
    break;
  }
  case SHAPE_STRING:
    call = g_strdup_printf("cleave_read_text(marshal, %s, %d, (void *)&%s, 0)", value,
                           shape->is_nullable, target);
    check(code, call);
    break;
  case SHAPE_TEXT_ARRAY:
    call = g_strdup_printf("cleave_read_text_array(marshal, %s, %s, sizeof %s)", value, target,
                           target);
    check(code, call);
    break;
  case SHAPE_BYTE_ARRAY:
    call = g_strdup_printf("cleave_read_byte_array(marshal, %s, %s, sizeof %s)", value, target,
                           target);
    check(code, call);
    break;
  case SHAPE_STRUCT: {
    g_autofree char *symbol = marshal_source_symbol(shape);
    call = g_strdup_printf("cleave_read_%s(marshal, %s, &%s)", symbol, value, target);
    check(code, call);
    break;
  }
  case SHAPE_ARRAY:
    read_fixed(code, shape, value, target, count);
    break;
  case SHAPE_POINTER:
    read_pointer(code, shape, value, target, count);
    break;
  case SHAPE_UNION:
    marshal_union_read(code, shape, value, target, count);
    break;
  case SHAPE_LIST:
    marshal_list_read(code, shape, value, target);
    break;
  case SHAPE_TERMINATED:
    marshal_terminated_read(code, shape, value, target);
    break;
  default:
    read_counted(code, shape, value, target, count);
    break;
  }
  c_writer_close(code, "");
}

static void put(struct c_writer *code, const char *before, const char *after, const char *value)
{
  c_writer_line(code, "%s%s%s;", before, value, after);
}

/* An array of elements, put as one value. */
static void write_elements(struct c_writer *code, const struct shape *shape, const char *source,
                           const char *n, const char *before, const char *after)
{
  g_autofree char *array = g_strdup_printf("a%u", code->depth);
  g_autofree char *index = g_strdup_printf("i%u", code->depth);
  g_autofree char *element = g_strdup_printf("%s[%s]", source, index);
  g_autofree char *append = g_strdup_printf("cleave_append(%s, ", array);
  c_writer_line(code, "cleave_value *%s = cleave_write_array();", array);
  c_writer_line(code, "size_t %s;", index);
  c_writer_open(code, "for (%s = 0; %s < cleave_number(marshal, %s); %s++)", index, index, n,
                index);
  marshal_source_write(code, shape->element, element, NULL, append, ")");
  c_writer_close(code, "");
  put(code, before, after, array);
}

void marshal_source_write(struct c_writer *code, const struct shape *shape, const char *source,
                          const char *count, const char *before, const char *after)
{
  g_autofree char *value = NULL;
  switch (shape->kind) {
  case SHAPE_BOOLEAN:
    value = g_strdup_printf("cleave_write_boolean(%s ? 1 : 0)", source);
    break;
  case SHAPE_INTEGER:
  case SHAPE_COUNT:
    value = g_strdup_printf("cleave_write_%s(%s, %d)", shape->is_signed ? "signed" : "unsigned",
                            source, shape->bits);
    break;
  case SHAPE_FLOAT:
    value = g_strdup_printf("cleave_write_float((const void *)&%s, sizeof %s)", source, source);
    break;
  case SHAPE_ENUM: {
    g_autofree char *names = enum_arguments(shape);
    value = g_strdup_printf("cleave_write_enum((int64_t)%s, %s)", source, names);
    break;
  }
  case SHAPE_STRING:
    value = g_strdup_printf("cleave_write_string((const char *)%s)", source);
    break;
  case SHAPE_TEXT_ARRAY:
    value =
        g_strdup_printf("cleave_write_text(%s, strnlen(%s, sizeof %s))", source, source, source);
    break;
  case SHAPE_BYTE_ARRAY:
    value = g_strdup_printf("cleave_write_bytes(%s, sizeof %s)", source, source);
    break;
  case SHAPE_TEXT:
    value = g_strdup_printf("cleave_write_text((const char *)%s, cleave_number(marshal, %s))",
                            source, count ? count : "0");
    break;
  case SHAPE_BYTES:
    value = g_strdup_printf("cleave_write_bytes(%s, cleave_number(marshal, %s))", source,
                            count ? count : "0");
    break;
  case SHAPE_STRUCT: {
    g_autofree char *symbol = marshal_source_symbol(shape);
    value = g_strdup_printf("cleave_write_%s(marshal, &%s)", symbol, source);
    break;
  }
  case SHAPE_ARRAY: {
    /* A number that is larger than the array is never believed. */
    g_autofree char *n =
        shape->count && count
            ? g_strdup_printf("(cleave_wide)%s <= %" G_GINT64_FORMAT " ? (cleave_wide)%s : -1",
                              count, shape->length, count)
            : g_strdup_printf("%" G_GINT64_FORMAT, shape->length);
    c_writer_open(code, "  ");
    write_elements(code, shape, source, n, before, after);
    c_writer_close(code, "");
    return;
  }
  case SHAPE_COUNTED:
    c_writer_open(code, "if (%s)", source);
    write_elements(code, shape, source, count ? count : "0", before, after);
    c_writer_close(code, " else {");
    put(code, before, after, "cleave_write_null()");
    c_writer_close(code, "");
    return;
  case SHAPE_POINTER: {
    g_autofree char *element = g_strdup_printf("(*%s)", source);
    c_writer_open(code, "if (%s)", source);
    marshal_source_write(code, shape->element, element, count, before, after);
    c_writer_close(code, " else {");
    put(code, before, after, "cleave_write_null()");
    c_writer_close(code, "");
    return;
  }
  case SHAPE_UNION:
    marshal_union_write(code, shape, source, count, before, after);
    return;
  case SHAPE_LIST:
    marshal_list_write(code, shape, source, before, after);
    return;
  case SHAPE_TERMINATED:
    marshal_terminated_write(code, shape, source, before, after);
    return;
  default:
    return;
  }
  put(code, before, after, value);
}

struct siblings {
  const struct shape *record;
  const char *prefix;
  char *text; /* of the last one found */
};

static const char *find_sibling(gpointer data, const char *name)
{
  struct siblings *siblings = data;
  const struct member *member = shape_member(siblings->record, name);
  if (!member || member->shape->bits == 0) {
    return NULL;
  }
  g_free(siblings->text);
  siblings->text = g_strdup_printf("cleave_extent(marshal, %s%s)", siblings->prefix, name);
  return siblings->text;
}

char *marshal_source_beside(const struct shape *record, const struct shape *shape,
                            const char *prefix)
{
  while (shape->kind == SHAPE_POINTER) {
    shape = shape->element;
  }
  if (shape->extent) {
    struct siblings siblings = {record, prefix, NULL};
    g_autofree char *inside = c_expression_with(shape->extent, find_sibling, &siblings);
    g_free(siblings.text);
    return g_strdup_printf("(%s)", inside);
  }
  const char *name = shape->kind == SHAPE_UNION ? shape->tag : shape->count;
  return name ? g_strconcat(prefix, name, NULL) : NULL;
}

static char *member_place(const struct member *member, const char *record)
{
  return member->is_anonymous ? g_strdup_printf("(*%s)", record)
                              : g_strdup_printf("%s->%s", record, member->name);
}

bool marshal_source_is_late(const struct shape *shape)
{
  while (shape->kind == SHAPE_POINTER) {
    shape = shape->element;
  }
  return shape->kind == SHAPE_UNION || shape->extent;
}

static void read_member(struct c_writer *code, const struct shape *record,
                        const struct member *member)
{
  g_autofree char *from = g_strdup_printf("cleave_member(value, \"%s\")", member->name);
  g_autofree char *target = member_place(member, "out");
  g_autofree char *count = marshal_source_beside(record, member->shape, "out->");
  g_autofree char *enter = g_strdup_printf("cleave_enter(marshal, \"%s\")", member->name);
  check(code, enter);
  marshal_source_read(code, member->shape, from, target, count);
  if (member->shape->room) {
    c_writer_line(code, "out->%s = out->%s;", member->shape->room, member->shape->count);
  }
  c_writer_line(code, "cleave_leave(marshal);");
}

static void write_record_reader(struct c_writer *code, const struct shape *shape)
{
  g_autofree char *symbol = marshal_source_symbol(shape);
  c_writer_open(code,
                "static inline int cleave_read_%s(struct cleave_marshal *marshal,\n    const "
                "cleave_value *value, %s *out)",
                symbol, shape->c_type);
  GString *names = g_string_new("static const char *const members[] = {");
  for (guint i = 0; i < shape->members->len; i++) {
    const struct member *member = shape->members->pdata[i];
    if (shape_travels(member->shape)) {
      g_string_append_printf(names, "\"%s\", ", member->name);
    }
  }
  c_writer_line(code, "%s0};", names->str);
  g_string_free(names, TRUE);
  c_writer_line(code, "memset((void *)out, 0, sizeof *out);");
  check(code, "cleave_read_object(marshal, value, members)");
  /* Tags and numbers first: what depends on them is read behind them. */
  for (int pass = 0; pass < 2; pass++) {
    for (guint i = 0; i < shape->members->len; i++) {
      const struct member *member = shape->members->pdata[i];
      if (shape_travels(member->shape) && marshal_source_is_late(member->shape) == (pass == 1)) {
        read_member(code, shape, member);
      }
    }
  }
  c_writer_line(code, "return 0;");
  c_writer_close(code, "");
  c_writer_line(code, "%s", "");
}

static void write_record_writer(struct c_writer *code, const struct shape *shape)
{
  g_autofree char *symbol = marshal_source_symbol(shape);
  c_writer_open(code,
                "static inline cleave_value *cleave_write_%s(struct cleave_marshal *marshal,\n    "
                "const %s *in)",
                symbol, shape->c_type);
  c_writer_open(code, "if (cleave_descend(marshal) != 0)");
  c_writer_line(code, "return cleave_write_null();");
  c_writer_close(code, "");
  c_writer_line(code, "cleave_value *object = cleave_write_object();");
  for (guint i = 0; i < shape->members->len; i++) {
    const struct member *member = shape->members->pdata[i];
    if (!shape_travels(member->shape)) {
      continue;
    }
    g_autofree char *source = member_place(member, "in");
    g_autofree char *count = marshal_source_beside(shape, member->shape, "in->");
    g_autofree char *before = g_strdup_printf("cleave_put(object, \"%s\", ", member->name);
    marshal_source_write(code, member->shape, source, count, before, ")");
  }
  c_writer_line(code, "cleave_ascend(marshal);");
  c_writer_line(code, "return object;");
  c_writer_close(code, "");
  c_writer_line(code, "%s", "");
}

/* Records may lead to one another. */
static void declare_record(struct c_writer *code, const struct shape *shape)
{
  g_autofree char *symbol = marshal_source_symbol(shape);
  c_writer_line(code, "static inline int cleave_read_%s(struct cleave_marshal *marshal,", symbol);
  c_writer_line(code, "    const cleave_value *value, %s *out);", shape->c_type);
  c_writer_line(code, "static inline cleave_value *cleave_write_%s(struct cleave_marshal *marshal,",
                symbol);
  c_writer_line(code, "    const %s *in);", shape->c_type);
}

void marshal_source_prepare(struct glue *glue, struct glue_file *file, const struct shape *shape)
{
  if (shape->element) {
    marshal_source_prepare(glue, file, shape->element);
  }
  if (shape->kind == SHAPE_UNION) {
    for (guint i = 0; i < shape->members->len; i++) {
      marshal_source_prepare(glue, file, ((const struct member *)shape->members->pdata[i])->shape);
    }
  }
  if (shape->kind != SHAPE_ENUM && shape->kind != SHAPE_STRUCT) {
    return;
  }
  char *symbol = marshal_source_symbol(shape);
  if (!g_hash_table_add(file->marshalled, symbol)) {
    return;
  }
  if (shape->kind == SHAPE_ENUM) {
    write_enum_table(glue, &file->code, shape);
    return;
  }
  declare_record(&file->code, shape);
  for (guint i = 0; i < shape->members->len; i++) {
    marshal_source_prepare(glue, file, ((const struct member *)shape->members->pdata[i])->shape);
  }
  write_record_reader(&file->code, shape);
  write_record_writer(&file->code, shape);
}
