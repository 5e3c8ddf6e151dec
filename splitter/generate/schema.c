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

/* What JSON has no number for is a text; so are all values of a long double. */
static json_t *float_schema(const struct shape *shape)
{
  const char *pattern = shape->bits > 64 ? "^(-?(NaN([(]0x[0-9a-f]+[)])?|Infinity)|[-+0-9.eE]+)$"
                                         : "^-?(NaN([(]0x[0-9a-f]+[)])?|Infinity)$";
  return json_pack("{s:[{s:s}, {s:s, s:s}]}", "anyOf", "type", "number", "type", "string",
                   "pattern", pattern);
}

json_t *schema_enum_names(const struct inventory *inventory, const struct shape *shape)
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

/* One member, whose name is that of the arm. */
static json_t *union_schema(const struct inventory *inventory, const struct shape *shape,
                            json_t *definitions)
{
  json_t *arms = json_array();
  for (guint i = 0; i < shape->members->len; i++) {
    const struct member *member = shape->members->pdata[i];
    bool is_chosen = false;
    for (guint j = 0; j < shape->arms->len; j++) {
      is_chosen = is_chosen ||
                  strcmp(((const struct arm *)shape->arms->pdata[j])->member, member->name) == 0;
    }
    if (is_chosen) {
      json_array_append_new(arms, json_pack("{s:s, s:{s:o}, s:[s], s:b}", "type", "object",
                                            "properties", member->name,
                                            shape_schema(inventory, member->shape, definitions),
                                            "required", member->name, "additionalProperties", 0));
    }
  }
  json_array_append_new(arms, json_pack("{s:s}", "type", "null"));
  return json_pack("{s:o}", "anyOf", arms);
}

static const char *definition_name(const struct shape *shape, char *buffer, gsize size)
{
  if (*shape->type->name) {
    return shape->type->name;
  }
  g_snprintf(buffer, (gulong)size, "%s-%" G_GINT64_FORMAT, shape->type->kind, shape->type->id);
  return buffer;
}

static json_t *record_schema(const struct inventory *inventory, const struct shape *shape,
                             json_t *definitions)
{
  char buffer[64];
  const char *name = definition_name(shape, buffer, sizeof buffer);
  g_autofree char *reference = g_strdup_printf("#/$defs/%s", name);
  if (!json_object_get(definitions, name)) {
    json_t *properties = json_object();
    json_t *required = json_array();
    json_object_set_new(definitions, name, json_object());
    for (guint i = 0; i < shape->members->len; i++) {
      const struct member *member = shape->members->pdata[i];
      if (!shape_travels(member->shape)) {
        continue;
      }
      json_object_set_new(properties, member->name,
                          shape_schema(inventory, member->shape, definitions));
      if (!member->shape->is_nullable) {
        json_array_append_new(required, json_string(member->name));
      }
    }
    json_object_set_new(definitions, name,
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
    return float_schema(shape);
  case SHAPE_ENUM: {
    json_t *names = json_pack("{s:o}", "enum", schema_enum_names(inventory, shape));
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
                     (json_int_t)(shape->count ? 0 : shape->length), "maxItems",
                     (json_int_t)shape->length);
  case SHAPE_UNION:
    return union_schema(inventory, shape, definitions);
  case SHAPE_COUNTED:
  case SHAPE_TERMINATED:
  case SHAPE_LIST:
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
    if (!param->is_in || !shape_travels(param->shape)) {
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
