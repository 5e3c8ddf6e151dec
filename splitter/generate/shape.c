#include "splitter/generate/shape.h"

#include <string.h>

#include "splitter/generate/c_writer.h"

struct shape *shape_new(enum shape_kind kind)
{
  struct shape *shape = g_new0(struct shape, 1);
  shape->kind = kind;
  return shape;
}

void shape_free(struct shape *shape)
{
  if (!shape) {
    return;
  }
  g_free(shape->c_type);
  g_free(shape->count);
  g_free(shape->room);
  g_free(shape->extent);
  g_free(shape->sentinel);
  g_free(shape->tag);
  g_free(shape->link);
  g_free(shape->back);
  g_clear_pointer(&shape->arms, g_ptr_array_unref);
  shape_free(shape->element);
  g_free(shape);
}

void member_free(gpointer data)
{
  struct member *member = data;
  g_free(member->name);
  shape_free(member->shape);
  g_free(member);
}

void arm_free(gpointer data)
{
  struct arm *arm = data;
  g_free(arm->value);
  g_free(arm->member);
  g_free(arm);
}

bool shape_travels(const struct shape *shape)
{
  return shape->kind != SHAPE_OMITTED && shape->kind != SHAPE_COUNT && shape->kind != SHAPE_VOID;
}

bool shape_holds_pointers(const struct shape *shape)
{
  switch (shape->kind) {
  case SHAPE_STRING:
  case SHAPE_TEXT:
  case SHAPE_BYTES:
  case SHAPE_POINTER:
  case SHAPE_COUNTED:
  case SHAPE_TERMINATED:
  case SHAPE_LIST:
  case SHAPE_OMITTED:
    return true;
  case SHAPE_ARRAY:
    return shape_holds_pointers(shape->element);
  case SHAPE_STRUCT:
  case SHAPE_UNION:
    for (guint i = 0; i < shape->members->len; i++) {
      if (shape_holds_pointers(((const struct member *)shape->members->pdata[i])->shape)) {
        return true;
      }
    }
    return false;
  default:
    return false;
  }
}

const struct member *shape_member(const struct shape *shape, const char *name)
{
  for (guint i = 0; shape->members && i < shape->members->len; i++) {
    const struct member *member = shape->members->pdata[i];
    if (strcmp(member->name, name) == 0) {
      return member;
    }
  }
  return NULL;
}

void shape_set_number(struct shape *shape, const char *number)
{
  if (number && shape->kind == SHAPE_POINTER) {
    shape_set_number(shape->element, number);
  }
  if (!number ||
      (shape->kind != SHAPE_COUNTED && shape->kind != SHAPE_BYTES && shape->kind != SHAPE_TEXT)) {
    return;
  }
  const char *name = *number == '*' ? number + 1 : number;
  *(c_is_identifier(name) ? &shape->count : &shape->extent) =
      g_strdup(c_is_identifier(name) ? name : number);
}
