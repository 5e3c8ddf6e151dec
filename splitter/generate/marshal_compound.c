#include "splitter/generate/marshal_compound.h"

#include <string.h>

#include "splitter/generate/marshal_source.h"

static void check(struct c_writer *code, const char *call)
{
  c_writer_open(code, "if (%s != 0)", call);
  c_writer_line(code, "return -1;");
  c_writer_close(code, "");
}

static bool is_known(GPtrArray *members, const char *member)
{
  return g_ptr_array_find_with_equal_func(members, member, g_str_equal, NULL);
}

/* The members that some value of the tag chooses, each once, in their order. */
static GPtrArray *chosen_members(const struct shape *shape)
{
  GPtrArray *members = g_ptr_array_new();
  for (guint i = 0; i < shape->arms->len; i++) {
    const struct arm *arm = shape->arms->pdata[i];
    if (!is_known(members, arm->member)) {
      g_ptr_array_add(members, arm->member);
    }
  }
  return members;
}

/* "tag == A || tag == B" */
static char *arm_condition(const struct shape *shape, const char *member, const char *tag)
{
  GString *condition = g_string_new(NULL);
  for (guint i = 0; i < shape->arms->len; i++) {
    const struct arm *arm = shape->arms->pdata[i];
    if (strcmp(arm->member, member) == 0) {
      g_string_append_printf(condition, "%s%s == (%s)", condition->len > 0 ? " || " : "", tag,
                             arm->value);
    }
  }
  return g_string_free(condition, FALSE);
}

void marshal_union_read(struct c_writer *code, const struct shape *shape, const char *value,
                        const char *target, const char *tag)
{
  g_autoptr(GPtrArray) members = chosen_members(shape);
  for (guint i = 0; i < members->len; i++) {
    const struct member *member = shape_member(shape, members->pdata[i]);
    g_autofree char *condition = arm_condition(shape, member->name, tag);
    g_autofree char *arm = g_strdup_printf("u%u", code->depth);
    g_autofree char *place = g_strdup_printf("%s.%s", target, member->name);
    g_autofree char *enter = g_strdup_printf("cleave_enter(marshal, \"%s\")", member->name);
    c_writer_open(code, "if (%s)", condition);
    c_writer_line(code, "const cleave_value *%s = cleave_read_arm(marshal, %s, \"%s\");", arm,
                  value, member->name);
    c_writer_open(code, "if (!%s)", arm);
    c_writer_line(code, "return -1;");
    c_writer_close(code, "");
    check(code, enter);
    marshal_source_read(code, member->shape, arm, place, NULL);
    c_writer_line(code, "cleave_leave(marshal);");
    c_writer_close(code, " else {");
  }
  c_writer_open(code, "if (!cleave_is_null(%s))", value);
  c_writer_line(code, "return cleave_marshal_refuse(marshal, \"nothing belongs to this tag\");");
  c_writer_close(code, "");
  for (guint i = 0; i < members->len; i++) {
    c_writer_close(code, "");
  }
}

void marshal_union_write(struct c_writer *code, const struct shape *shape, const char *source,
                         const char *tag, const char *put_before, const char *put_after)
{
  g_autoptr(GPtrArray) members = chosen_members(shape);
  for (guint i = 0; i < members->len; i++) {
    const struct member *member = shape_member(shape, members->pdata[i]);
    g_autofree char *condition = arm_condition(shape, member->name, tag);
    g_autofree char *object = g_strdup_printf("u%u", code->depth);
    g_autofree char *place = g_strdup_printf("%s.%s", source, member->name);
    g_autofree char *put = g_strdup_printf("cleave_put(%s, \"%s\", ", object, member->name);
    c_writer_open(code, "if (%s)", condition);
    c_writer_line(code, "cleave_value *%s = cleave_write_object();", object);
    marshal_source_write(code, member->shape, place, NULL, put, ")");
    c_writer_line(code, "%s%s%s;", put_before, object, put_after);
    c_writer_close(code, " else {");
  }
  c_writer_line(code, "%scleave_write_null()%s;", put_before, put_after);
  for (guint i = 0; i < members->len; i++) {
    c_writer_close(code, "");
  }
}

/* The loop over the elements of an array value: E is the element. Left open. */
static void open_elements(struct c_writer *code, const char *value, const char *n,
                          const char *index, const char *element)
{
  c_writer_line(code, "size_t %s = 0, %s;", n, index);
  g_autofree char *call = g_strdup_printf("cleave_read_array(marshal, %s, 0, &%s)", value, n);
  check(code, call);
  c_writer_open(code, "for (%s = 0; %s < %s; %s++)", index, index, n, index);
  c_writer_line(code, "const cleave_value *%s = cleave_element(%s, %s);", element, value, index);
  g_autofree char *enter = g_strdup_printf("cleave_enter_element(marshal, %s)", index);
  check(code, enter);
}

void marshal_list_read(struct c_writer *code, const struct shape *shape, const char *value,
                       const char *target)
{
  unsigned d = code->depth;
  g_autofree char *n = g_strdup_printf("n%u", d);
  g_autofree char *index = g_strdup_printf("i%u", d);
  g_autofree char *element = g_strdup_printf("e%u", d);
  g_autofree char *place = g_strdup_printf("(*l%u)", d);
  c_writer_line(code, "CLEAVE_ELEMENT(%s) *first%u = NULL, *last%u = NULL;", target, d, d);
  open_elements(code, value, n, index, element);
  c_writer_line(code, "CLEAVE_ELEMENT(%s) *l%u = cleave_marshal_alloc(marshal, 1, sizeof *l%u);",
                target, d, d);
  c_writer_open(code, "if (!l%u)", d);
  c_writer_line(code, "return -1;");
  c_writer_close(code, "");
  c_writer_open(code, "if (last%u)", d);
  c_writer_line(code, "cleave_marshal_place(marshal, &last%u->%s);", d, shape->link);
  c_writer_close(code, " else {");
  c_writer_line(code, "cleave_marshal_place(marshal, &%s);", target);
  c_writer_close(code, "");
  marshal_source_read(code, shape->element, element, place, NULL);
  if (shape->back) {
    c_writer_line(code, "l%u->%s = last%u;", d, shape->back, d);
  }
  c_writer_open(code, "if (last%u)", d);
  c_writer_line(code, "last%u->%s = l%u;", d, shape->link, d);
  c_writer_close(code, " else {");
  c_writer_line(code, "first%u = l%u;", d, d);
  c_writer_close(code, "");
  c_writer_line(code, "last%u = l%u;", d, d);
  c_writer_line(code, "cleave_leave(marshal);");
  c_writer_close(code, "");
  c_writer_line(code, "%s = first%u;", target, d);
}

void marshal_list_write(struct c_writer *code, const struct shape *shape, const char *source,
                        const char *put_before, const char *put_after)
{
  unsigned d = code->depth;
  g_autofree char *place = g_strdup_printf("(*l%u)", d);
  g_autofree char *append = g_strdup_printf("cleave_append(a%u, ", d);
  c_writer_open(code, "  ");
  c_writer_line(code, "cleave_value *a%u = cleave_write_array();", d);
  c_writer_line(code, "size_t n%u = 0;", d);
  c_writer_line(code, "const CLEAVE_ELEMENT(%s) *l%u = %s;", source, d, source);
  c_writer_open(code, "for (; l%u && cleave_may_follow(marshal, n%u); l%u = l%u->%s)", d, d, d, d,
                shape->link);
  marshal_source_write(code, shape->element, place, NULL, append, ")");
  c_writer_line(code, "n%u++;", d);
  c_writer_close(code, "");
  c_writer_line(code, "%sa%u%s;", put_before, d, put_after);
  c_writer_close(code, "");
}

/* What is not zero in an element that is not the last. */
static char *present(const struct shape *shape, const char *element)
{
  return shape->sentinel ? g_strdup_printf("%s.%s", element, shape->sentinel) : g_strdup(element);
}

void marshal_terminated_read(struct c_writer *code, const struct shape *shape, const char *value,
                             const char *target)
{
  unsigned d = code->depth;
  g_autofree char *n = g_strdup_printf("n%u", d);
  g_autofree char *index = g_strdup_printf("i%u", d);
  g_autofree char *element = g_strdup_printf("e%u", d);
  g_autofree char *place = g_strdup_printf("a%u[%s]", d, index);
  g_autofree char *is_there = present(shape, place);
  c_writer_line(code, "CLEAVE_ELEMENT(%s) *a%u = NULL;", target, d);
  if (shape->is_nullable) {
    c_writer_open(code, "if (!cleave_is_null(%s))", value);
  } else {
    c_writer_open(code, "  ");
  }
  c_writer_line(code, "size_t room%u = 0;", d);
  g_autofree char *call = g_strdup_printf("cleave_read_array(marshal, %s, 0, &room%u)", value, d);
  check(code, call);
  c_writer_line(code, "a%u = cleave_marshal_alloc(marshal, room%u + 1, sizeof *a%u);", d, d, d);
  c_writer_open(code, "if (!a%u)", d);
  c_writer_line(code, "return -1;");
  c_writer_close(code, "");
  c_writer_line(code, "cleave_marshal_place(marshal, &%s);", target);
  open_elements(code, value, n, index, element);
  marshal_source_read(code, shape->element, element, place, NULL);
  c_writer_open(code, "if (!%s)", is_there);
  c_writer_line(code, "return cleave_marshal_refuse(marshal, \"zero would end the array\");");
  c_writer_close(code, "");
  c_writer_line(code, "cleave_leave(marshal);");
  c_writer_close(code, "");
  c_writer_close(code, "");
  c_writer_line(code, "%s = a%u;", target, d);
}

void marshal_terminated_write(struct c_writer *code, const struct shape *shape, const char *source,
                              const char *put_before, const char *put_after)
{
  unsigned d = code->depth;
  g_autofree char *place = g_strdup_printf("%s[n%u]", source, d);
  g_autofree char *is_there = present(shape, place);
  g_autofree char *append = g_strdup_printf("cleave_append(a%u, ", d);
  c_writer_open(code, "if (%s)", source);
  c_writer_line(code, "cleave_value *a%u = cleave_write_array();", d);
  c_writer_line(code, "size_t n%u = 0;", d);
  c_writer_open(code, "for (; %s && cleave_may_follow(marshal, n%u); n%u++)", is_there, d, d);
  marshal_source_write(code, shape->element, place, NULL, append, ")");
  c_writer_close(code, "");
  c_writer_line(code, "%sa%u%s;", put_before, d, put_after);
  c_writer_close(code, " else {");
  c_writer_line(code, "%scleave_write_null()%s;", put_before, put_after);
  c_writer_close(code, "");
}
