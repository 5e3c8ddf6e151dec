#include "splitter/generate/call_values.h"

#include <string.h>

#include "splitter/generate/marshal_source.h"

bool call_value_comes_in(const struct contract_param *param)
{
  return param->is_in && param->shape->kind != SHAPE_OMITTED && param->shape->kind != SHAPE_COUNT;
}

const struct contract_param *call_value_find(const struct contract *contract, const char *name)
{
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    if (strcmp(param->name, name) == 0) {
      return param;
    }
  }
  return NULL;
}

static char *value_of(const struct contract_param *param, const char *prefix)
{
  return strchr(param->type, '*')
             ? g_strdup_printf("(%s%s ? *%s%s : 0)", prefix, param->name, prefix, param->name)
             : g_strdup_printf("%s%s", prefix, param->name);
}

struct neighbours {
  const struct contract *contract;
  const char *prefix;
  char *text; /* of the last one found */
};

static const char *find_neighbour(gpointer data, const char *name)
{
  struct neighbours *neighbours = data;
  const struct contract_param *param = call_value_find(neighbours->contract, name);
  if (!param) {
    return NULL;
  }
  g_free(neighbours->text);
  g_autofree char *value = value_of(param, neighbours->prefix);
  neighbours->text = g_strdup_printf("cleave_extent(marshal, %s)", value);
  return neighbours->text;
}

/* An expression of parameters, in parentheses. */
static char *expression_of(const struct contract *contract, const char *text, const char *prefix)
{
  struct neighbours neighbours = {contract, prefix, NULL};
  g_autofree char *inside = c_expression_with(text, find_neighbour, &neighbours);
  g_free(neighbours.text);
  return g_strdup_printf("(%s)", inside);
}

char *call_value_count(const struct contract *contract, const struct shape *shape,
                       const char *prefix)
{
  while (shape->kind == SHAPE_POINTER) {
    shape = shape->element;
  }
  if (shape->extent) {
    return expression_of(contract, shape->extent, prefix);
  }
  const char *name = shape->kind == SHAPE_UNION ? shape->tag : shape->count;
  const struct contract_param *neighbour = name ? call_value_find(contract, name) : NULL;
  return neighbour ? value_of(neighbour, prefix) : NULL;
}

char *call_value_room(const struct contract *contract, const struct contract_param *param,
                      const char *prefix)
{
  if (param->capacity) {
    const char *name = param->capacity + (*param->capacity == '*');
    const struct contract_param *neighbour = call_value_find(contract, name);
    return neighbour ? value_of(neighbour, prefix)
                     : expression_of(contract, param->capacity, prefix);
  }
  bool is_counted = param->shape->kind == SHAPE_COUNTED || param->shape->kind == SHAPE_BYTES ||
                    param->shape->kind == SHAPE_TEXT;
  return is_counted                            ? call_value_count(contract, param->shape, prefix)
         : param->shape->kind == SHAPE_POINTER ? g_strdup("1")
                                               : NULL;
}

char *call_value_type(const struct contract_param *param)
{
  if (!strchr(param->type, '*') && g_str_has_prefix(param->type, "const ")) {
    return g_strdup(param->type + strlen("const "));
  }
  const char *last = strrchr(param->type, '*');
  if (last && strstr(last, "const")) {
    return g_strndup(param->type, (gsize)(last - param->type) + 1);
  }
  return g_strdup(param->type);
}

void call_values_write_output(struct c_writer *code, const struct contract *contract,
                              const char *prefix, const char *result, const char *saved_errno)
{
  c_writer_line(code, "cleave_value *output = cleave_write_object();");
  if (contract->result->shape->kind != SHAPE_VOID) {
    g_autofree char *count = call_value_count(contract, contract->result->shape, prefix);
    marshal_source_write(code, contract->result->shape, result, count,
                         "cleave_put(output, \"result\", ", ")");
  }
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    if (!param->is_out || param->shape->kind == SHAPE_OMITTED) {
      continue;
    }
    g_autofree char *source = g_strconcat(prefix, param->name, NULL);
    g_autofree char *count = call_value_count(contract, param->shape, prefix);
    if (param->shape->kind == SHAPE_TEXT && param->capacity && count &&
        g_strcmp0(param->shape->count, param->capacity) == 0) {
      /* Only the room is known: the text ends with its NUL. */
      g_autofree char *length = g_strdup_printf("strnlen(%s, (size_t)%s)", source, count);
      g_free(count);
      count = g_steal_pointer(&length);
    }
    g_autofree char *before = g_strdup_printf("cleave_put(output, \"%s\", ", param->name);
    marshal_source_write(code, param->shape, source, count, before, ")");
  }
  if (contract->has_errno) {
    c_writer_line(code, "cleave_put(output, \"errno\", cleave_write_signed(%s, 32));", saved_errno);
  }
}

bool call_value_has_result(const struct contract *contract)
{
  return contract->result->shape->kind != SHAPE_VOID;
}

void call_values_write_record(struct c_writer *code, const char *symbol,
                              const struct contract *contract)
{
  c_writer_open(code, "struct cleave_%s_values", symbol);
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    g_autofree char *type = call_value_type(param);
    g_autofree char *line = c_declarator(type, param->name);
    c_writer_line(code, "%s;", line);
  }
  if (call_value_has_result(contract)) {
    g_autofree char *type = call_value_type(contract->result);
    g_autofree char *line = c_declarator(type, "cleave_result");
    c_writer_line(code, "%s;", line);
  }
  c_writer_line(code, "int cleave_errno;");
  c_writer_close(code, ";");
}
