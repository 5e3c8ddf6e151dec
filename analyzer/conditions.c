#include "analyzer/conditions.h"

const struct unit_argument *conditions_argument(const struct unit *unit,
                                                const struct unit_call *call, int position)
{
  if (position < 0 || (uint32_t)position >= call->n_arguments)
    return NULL;
  return &unit->arguments[call->first_argument + (uint32_t)position];
}

char *conditions_text(const struct unit *unit, const struct unit_argument *argument)
{
  switch (argument->kind) {
  case UNIT_ARGUMENT_STRING:
  case UNIT_ARGUMENT_LIST:
    return g_strdup(unit_string(unit, argument->text));
  case UNIT_ARGUMENT_INTEGER:
    if (argument->text != 0)
      return g_strdup(unit_string(unit, argument->text));
    return g_strdup_printf("%" G_GINT64_FORMAT, argument->integer);
  case UNIT_ARGUMENT_NULL:
    return g_strdup("0");
  default:
    return NULL;
  }
}

/* The variable with static storage that an argument is, "" for anything else. */
static const char *variable_name(const struct unit *unit, const struct unit_argument *argument)
{
  bool is_variable = argument->kind == UNIT_ARGUMENT_OBJECT && argument->path == 0 &&
                     unit->objects[argument->index].kind == UNIT_OBJECT_GLOBAL;
  return is_variable ? unit_string(unit, unit->objects[argument->index].name) : "";
}

static bool matches(const struct rule_condition *condition, const struct unit *unit,
                    const struct unit_argument *argument)
{
  if (condition->bits != 0)
    return argument->kind == UNIT_ARGUMENT_INTEGER && (argument->integer & condition->bits) != 0;
  g_autofree char *text = conditions_text(unit, argument);
  if (text == NULL)
    return pattern_matches(condition->matches, variable_name(unit, argument));
  if (pattern_matches(condition->matches, text))
    return true;
  g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, argument->integer);
  return argument->kind == UNIT_ARGUMENT_INTEGER && pattern_matches(condition->matches, number);
}

bool conditions_hold(const GPtrArray *conditions, const struct unit *unit,
                     const struct unit_call *call)
{
  for (guint i = 0; conditions != NULL && i < conditions->len; i++) {
    const struct rule_condition *condition = g_ptr_array_index(conditions, i);
    const struct unit_argument *argument = conditions_argument(unit, call, condition->argument);
    bool holds = argument != NULL && matches(condition, unit, argument);
    if (holds == condition->is_absent)
      return false;
  }
  return true;
}
