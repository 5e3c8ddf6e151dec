#include "splitter/generate/engines.h"

#include <stdarg.h>
#include <string.h>

bool wakes_on(const struct function_spec *spec, const char *trigger)
{
  return strcmp(spec->trigger, trigger) == 0;
}

void engine_comment(json_t *object, const char *format, ...)
{
  g_autofree char *key = g_strdup_printf("#%u", (unsigned)json_object_size(object));
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  const char *name;
  json_t *member;
  json_object_foreach(object, name, member)
  {
    if (*name == '#' && strcmp(json_string_value(member), text) == 0) {
      return;
    }
  }
  json_object_set_new(object, key, json_string(text));
}
