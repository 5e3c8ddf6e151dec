#include "splitter/generate/schema.h"

#include <string.h>

static json_t *shape_schema(const struct inventory *inventory, const struct shape *shape,
                            json_t *definitions);

static json_t *integer_schema(const struct shape *shape)
{
  if (shape->bits >= 64) {
    json_t *text = json_pack("{s:s, s:s}", "type", "string", "pattern",
                             shape->is_signed ? "^-?[0-9]+$" : "^[0-9]+$");
    json_t *number = json_pack("{s:s}", "type", "integer");
    if (!shape->is_signed) {
      json_object_set_new(number, "minimum", json_integer(0));
    }
    return json_pack("{s:[o,o]}", "anyOf", text, number);
  }
  int64_t high = ((int64_t)1 << (shape->bits - (shape->is_signed ? 1 : 0))) - 1;
  int64_t low = shape->is_signed ? -high - 1 : 0;
  json_t *number = json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum", (json_int_t)low,
                             "maximum", (json_int_t)high);
  json_t *text = json_pack("{s:s, s:s}", "type", "string", "pattern", "^-?[0-9]+$");
  return json_pack("{s:[o,o]}", "anyOf", number, text);
}

static json_t *enum_names(const struct inventory *inventory, const struct shape *shape)
{
  json_t *names = json_array();
  for (size_t i = 0; i < inventory->enumerators->n; i++) {
    const struct fact_enumerator *row = record_at(inventory->enumerators, fact_enumerator, i);
    if (row->type_id == shape->type->id) {
      json_array_append_new(names, json_string(row->name));
    }
  }
  return names;
}

static bool travels(const struct shape *shape)
{
  return shape->kind != SHAPE_OMITTED && shape->kind != SHAPE_COUNT && shape->kind != SHAPE_VOID;
}

static json_t *record_schema(const struct inventory *inventory, const struct shape *shape,
                             json_t *definitions)
{
  g_autofree char *reference = g_strdup_printf("#/$defs/%s", shape->type->name);
  if (!json_object_get(definitions, shape->type->name)) {
    json_t *properties = json_object();
    json_t *required = json_array();
    json_object_set_new(definitions, shape->type->name, json_object());
    for (guint i = 0; i < shape->members->len; i++) {
      const struct member *member = shape->members->pdata[i];
      if (!travels(member->shape)) {
        continue;
      }
      json_object_set_new(properties, member->name,
                          shape_schema(inventory, member->shape, definitions));
      if (!member->shape->is_nullable) {
        json_array_append_new(required, json_string(member->name));
      }
    }
    json_object_set_new(definitions, shape->type->name,
                        json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties",
                                  properties, "required", required, "additionalProperties", 0));
  }
  return json_pack("{s:s}", "$ref", reference);
}

static json_t *value_schema(const struct inventory *inventory, const struct shape *shape,
                            json_t *definitions)
{
  switch (shape->kind) {
  case SHAPE_BOOLEAN:
    return json_pack("{s:s}", "type", "boolean");
  case SHAPE_INTEGER:
  case SHAPE_COUNT:
    return integer_schema(shape);
  case SHAPE_FLOAT:
    return json_pack("{s:[{s:s}, {s:[s,s,s]}]}", "anyOf", "type", "number", "enum", "NaN",
                     "Infinity", "-Infinity");
  case SHAPE_ENUM: {
    json_t *names = json_pack("{s:o}", "enum", enum_names(inventory, shape));
    return json_pack("{s:[o, {s:s}]}", "anyOf", names, "type", "integer");
  }
  case SHAPE_TEXT_ARRAY:
    return json_pack("{s:s, s:I}", "type", "string", "maxLength", (json_int_t)shape->length);
  case SHAPE_STRING:
  case SHAPE_TEXT:
    return json_pack("{s:s}", "type", "string");
  case SHAPE_BYTES:
  case SHAPE_BYTE_ARRAY:
    return json_pack("{s:s, s:s}", "type", "string", "contentEncoding", "base64");
  case SHAPE_STRUCT:
    return record_schema(inventory, shape, definitions);
  case SHAPE_ARRAY:
    return json_pack("{s:s, s:o, s:I, s:I}", "type", "array", "items",
                     shape_schema(inventory, shape->element, definitions), "minItems",
                     (json_int_t)shape->length, "maxItems", (json_int_t)shape->length);
  case SHAPE_COUNTED:
    return json_pack("{s:s, s:o}", "type", "array", "items",
                     shape_schema(inventory, shape->element, definitions));
  case SHAPE_POINTER:
    return shape_schema(inventory, shape->element, definitions);
  default:
    return json_object();
  }
}

static json_t *shape_schema(const struct inventory *inventory, const struct shape *shape,
                            json_t *definitions)
{
  json_t *value = value_schema(inventory, shape, definitions);
  return shape->is_nullable ? json_pack("{s:[o, {s:s}]}", "anyOf", value, "type", "null") : value;
}

static json_t *document(json_t *schema, json_t *definitions, const char *title)
{
  json_t *root = json_pack("{s:s, s:s}", "$schema", "https://json-schema.org/draft/2020-12/schema",
                           "title", title);
  json_object_update(root, schema);
  json_decref(schema);
  if (json_object_size(definitions) > 0) {
    json_object_set(root, "$defs", definitions);
  }
  json_decref(definitions);
  return root;
}

json_t *schema_input(const struct inventory *inventory, const struct contract *contract)
{
  json_t *definitions = json_object();
  json_t *properties = json_object();
  json_t *required = json_array();
  json_t *whole = NULL;
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    if (!param->is_in || !travels(param->shape)) {
      continue;
    }
    json_t *schema = shape_schema(inventory, param->shape, definitions);
    if (contract->is_whole && !whole) {
      whole = json_incref(schema);
    }
    json_object_set_new(properties, param->name, schema);
    if (!param->shape->is_nullable) {
      json_array_append_new(required, json_string(param->name));
    }
  }
  json_t *schema = whole;
  if (!schema) {
    schema = json_pack("{s:s, s:O, s:O, s:b}", "type", "object", "properties", properties,
                       "required", required, "additionalProperties", 0);
  }
  json_decref(properties);
  json_decref(required);
  return document(schema, definitions, contract->routine->name);
}

json_t *schema_output(const struct inventory *inventory, const struct contract *contract)
{
  json_t *definitions = json_object();
  json_t *properties = json_object();
  json_t *required = json_array();
  if (contract->result->shape->kind != SHAPE_VOID) {
    json_object_set_new(properties, "result",
                        shape_schema(inventory, contract->result->shape, definitions));
    json_array_append_new(required, json_string("result"));
  }
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    if (param->is_out && param->shape->kind != SHAPE_OMITTED) {
      json_object_set_new(properties, param->name,
                          shape_schema(inventory, param->shape, definitions));
    }
  }
  if (contract->has_errno) {
    json_object_set_new(properties, "errno", json_pack("{s:s}", "type", "integer"));
  }
  json_t *schema = json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties,
                             "required", required, "additionalProperties", 0);
  return document(schema, definitions, contract->routine->name);
}

static json_t *sample_of(const struct inventory *inventory, const struct shape *shape,
                         unsigned depth)
{
  if (depth > 8) {
    return json_null();
  }
  switch (shape->kind) {
  case SHAPE_BOOLEAN:
    return json_true();
  case SHAPE_INTEGER:
    return shape->bits >= 64 ? json_string("1") : json_integer(1);
  case SHAPE_FLOAT:
    return json_real(1.5);
  case SHAPE_ENUM: {
    json_t *names = enum_names(inventory, shape);
    json_t *first =
        json_array_size(names) > 0 ? json_incref(json_array_get(names, 0)) : json_integer(0);
    json_decref(names);
    return first;
  }
  case SHAPE_TEXT_ARRAY:
    return json_string(shape->length > 4 ? "text" : "");
  case SHAPE_STRING:
  case SHAPE_TEXT:
    return json_string("text");
  case SHAPE_BYTES:
    return json_string("Ynl0ZXM=");
  case SHAPE_BYTE_ARRAY: {
    g_autofree guchar *zeros = g_new0(guchar, MAX((gsize)shape->length, 1));
    g_autofree char *text = g_base64_encode(zeros, (gsize)shape->length);
    return json_string(text);
  }
  case SHAPE_STRUCT: {
    json_t *object = json_object();
    for (guint i = 0; i < shape->members->len; i++) {
      const struct member *member = shape->members->pdata[i];
      if (travels(member->shape)) {
        json_object_set_new(object, member->name, sample_of(inventory, member->shape, depth + 1));
      }
    }
    return object;
  }
  case SHAPE_ARRAY: {
    json_t *array = json_array();
    for (int64_t i = 0; i < shape->length; i++) {
      json_array_append_new(array, sample_of(inventory, shape->element, depth + 1));
    }
    return array;
  }
  case SHAPE_COUNTED:
    return json_pack("[o]", sample_of(inventory, shape->element, depth + 1));
  case SHAPE_POINTER:
    return sample_of(inventory, shape->element, depth + 1);
  default:
    return json_null();
  }
}

json_t *schema_sample(const struct inventory *inventory, const struct contract *contract)
{
  json_t *object = json_object();
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    if (!param->is_in || !travels(param->shape)) {
      continue;
    }
    json_t *value = sample_of(inventory, param->shape, 0);
    if (contract->is_whole) {
      json_decref(object);
      return value;
    }
    json_object_set_new(object, param->name, value);
  }
  return object;
}
