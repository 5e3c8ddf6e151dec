#include "splitter/generate/sample_value.h"

#include <string.h>

#include "splitter/generate/schema.h"

#define NESTING_LIMIT 3      /* of what may be null */
#define ELEMENT_LIMIT 100000 /* of an array whose number is an expression */

/* The value of an expression in which every name stands for 1, which is what every integer of a
 * sample is: recursive descent over products and sums. */
struct evaluation {
  const char *text;
};

static int64_t sum_of(struct evaluation *evaluation);

static void skip_spaces(struct evaluation *evaluation)
{
  while (*evaluation->text == ' ') {
    evaluation->text++;
  }
}

static int64_t operand_of(struct evaluation *evaluation)
{
  skip_spaces(evaluation);
  if (*evaluation->text == '(') {
    evaluation->text++;
    int64_t value = sum_of(evaluation);
    evaluation->text += *evaluation->text == ')';
    return value;
  }
  if (g_ascii_isdigit(*evaluation->text)) {
    char *end = NULL;
    int64_t value = g_ascii_strtoll(evaluation->text, &end, 0);
    evaluation->text = end;
    return CLAMP(value, 0, ELEMENT_LIMIT);
  }
  while (g_ascii_isalnum(*evaluation->text) || *evaluation->text == '_' ||
         *evaluation->text == '*') {
    evaluation->text++;
  }
  return 1;
}

static int64_t product_of(struct evaluation *evaluation)
{
  int64_t value = operand_of(evaluation);
  for (;;) {
    skip_spaces(evaluation);
    char sign = *evaluation->text;
    if (!sign || !strchr("*/%", sign)) {
      return value;
    }
    evaluation->text++;
    int64_t right = operand_of(evaluation);
    value = sign == '*'   ? value * right
            : right == 0  ? 0
            : sign == '/' ? value / right
                          : value % right;
    value = CLAMP(value, -ELEMENT_LIMIT, ELEMENT_LIMIT);
  }
}

static int64_t sum_of(struct evaluation *evaluation)
{
  int64_t value = product_of(evaluation);
  for (;;) {
    skip_spaces(evaluation);
    char sign = *evaluation->text;
    if (sign != '+' && sign != '-') {
      return value;
    }
    evaluation->text++;
    int64_t right = product_of(evaluation);
    value = CLAMP(sign == '+' ? value + right : value - right, -ELEMENT_LIMIT, ELEMENT_LIMIT);
  }
}

static int64_t number_of(const struct shape *shape)
{
  struct evaluation evaluation = {shape->extent};
  return shape->extent ? MAX(sum_of(&evaluation), 0) : 1;
}

static json_t *sample_of(const struct inventory *inventory, const struct shape *shape,
                         unsigned depth);

static json_t *repeated(const struct inventory *inventory, const struct shape *element, int64_t n,
                        unsigned depth)
{
  json_t *array = json_array();
  for (int64_t i = 0; i < n; i++) {
    json_array_append_new(array, sample_of(inventory, element, depth + 1));
  }
  return array;
}

static json_t *bytes_of(int64_t n)
{
  g_autofree guchar *zeros = g_new0(guchar, (gsize)MAX(n, 1));
  g_autofree char *text = g_base64_encode(zeros, (gsize)n);
  return json_string(text);
}

static json_t *text_of(const struct shape *shape)
{
  int64_t n = number_of(shape);
  if (!shape->extent) {
    return json_string("text");
  }
  g_autofree char *text = g_strnfill((gsize)n, 'x');
  return json_string(text);
}

/* The arm that the sample of the tag chooses. */
static json_t *union_of(const struct inventory *inventory, const struct shape *shape,
                        const struct shape *tag, unsigned depth)
{
  json_t *value = tag ? sample_of(inventory, tag, depth) : NULL;
  g_autofree char *number =
      json_is_integer(value) ? g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value))
                             : NULL;
  const char *chosen = number ? number : json_string_value(value);
  json_t *object = NULL;
  for (guint i = 0; chosen && !object && i < shape->arms->len; i++) {
    const struct arm *arm = shape->arms->pdata[i];
    const struct member *member = shape_member(shape, arm->member);
    if (strcmp(arm->value, chosen) == 0 && member) {
      object = json_pack("{s:o}", arm->member, sample_of(inventory, member->shape, depth + 1));
    }
  }
  json_decref(value);
  return object ? object : json_null();
}

static json_t *record_of(const struct inventory *inventory, const struct shape *shape,
                         unsigned depth)
{
  json_t *object = json_object();
  for (guint i = 0; i < shape->members->len; i++) {
    const struct member *member = shape->members->pdata[i];
    if (!shape_travels(member->shape)) {
      continue;
    }
    const struct member *tag = member->shape->tag ? shape_member(shape, member->shape->tag) : NULL;
    json_object_set_new(object, member->name,
                        member->shape->kind == SHAPE_UNION
                            ? union_of(inventory, member->shape, tag ? tag->shape : NULL, depth + 1)
                            : sample_of(inventory, member->shape, depth + 1));
  }
  return object;
}

static json_t *name_of(const struct inventory *inventory, const struct shape *shape)
{
  json_t *names = schema_enum_names(inventory, shape);
  json_t *first =
      json_array_size(names) > 0 ? json_incref(json_array_get(names, 0)) : json_integer(0);
  json_decref(names);
  return first;
}

static json_t *sample_of(const struct inventory *inventory, const struct shape *shape,
                         unsigned depth)
{
  if (depth > NESTING_LIMIT && shape->is_nullable) {
    return json_null();
  }
  switch (shape->kind) {
  case SHAPE_BOOLEAN:
    return json_true();
  case SHAPE_INTEGER:
  case SHAPE_COUNT:
    return shape->bits >= 64                      ? json_string("1")
           : shape->is_signed && shape->bits == 1 ? json_integer(0)
                                                  : json_integer(1);
  case SHAPE_FLOAT:
    return json_real(1.5);
  case SHAPE_ENUM:
    return name_of(inventory, shape);
  case SHAPE_TEXT_ARRAY:
    return json_string(shape->length > 4 ? "text" : "");
  case SHAPE_STRING:
  case SHAPE_TEXT:
    return text_of(shape);
  case SHAPE_BYTES:
    return shape->extent ? bytes_of(number_of(shape)) : json_string("Ynl0ZXM=");
  case SHAPE_BYTE_ARRAY:
    return bytes_of(shape->length);
  case SHAPE_STRUCT:
    return record_of(inventory, shape, depth);
  case SHAPE_ARRAY:
    return repeated(inventory, shape->element, shape->count ? 1 : shape->length, depth);
  case SHAPE_COUNTED:
    return repeated(inventory, shape->element, number_of(shape), depth);
  case SHAPE_TERMINATED:
  case SHAPE_LIST:
    return repeated(inventory, shape->element, depth > NESTING_LIMIT ? 0 : 1, depth);
  case SHAPE_POINTER:
    return sample_of(inventory, shape->element, depth + 1);
  default:
    return json_null();
  }
}

/* Of a parameter: the tag of a union that it points to is another parameter. */
static json_t *param_sample(const struct inventory *inventory, const struct contract *contract,
                            const struct shape *shape)
{
  const struct shape *value = shape->kind == SHAPE_POINTER ? shape->element : shape;
  for (guint i = 0; value->kind == SHAPE_UNION && i < contract->params->len; i++) {
    const struct contract_param *tag = contract->params->pdata[i];
    if (strcmp(tag->name, value->tag) == 0) {
      return union_of(inventory, value, tag->shape, 0);
    }
  }
  return sample_of(inventory, shape, 0);
}

json_t *sample_input(const struct inventory *inventory, const struct contract *contract)
{
  json_t *object = json_object();
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    if (!param->is_in || !shape_travels(param->shape)) {
      continue;
    }
    json_t *value = param_sample(inventory, contract, param->shape);
    if (contract->is_whole) {
      json_decref(object);
      return value;
    }
    json_object_set_new(object, param->name, value);
  }
  return object;
}
