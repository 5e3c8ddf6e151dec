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

char *call_value_count(const struct contract *contract, const struct shape *shape,
                       const char *prefix)
{
  const struct contract_param *count =
      shape->count ? call_value_find(contract, shape->count) : NULL;
  return count ? g_strdup_printf("%s%s", prefix, count->name) : NULL;
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
    const struct contract_param *number =
        param->shape->count ? call_value_find(contract, param->shape->count) : NULL;
    if (number && strchr(number->type, '*')) {
      g_autofree char *pointed = g_strdup_printf("*%s", count);
      g_free(count);
      count = g_steal_pointer(&pointed);
    }
    if (param->shape->kind == SHAPE_TEXT && param->capacity && count) {
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
