#include "cli/help.h"

#include <string.h>

#include "cli/options.h"

char *help_overview(void)
{
  GString *out = g_string_new("cleave takes C monoliths apart into services and cloud functions\n\n"
                              "usage: cleave COMMAND [options]\n\n");
  for (size_t i = 0; commands[i]; i++) {
    g_string_append_printf(out, "  %-18s %s\n", commands[i]->name, commands[i]->summary);
  }
  g_string_append(out, "\n'cleave COMMAND --help' tells more about one command.\n"
                       "The way: analyze, split, generate, host, cost, report.\n");
  return g_string_free(out, FALSE);
}

static void append_option(GString *out, const struct option *option, const char *formats)
{
  g_autofree char *name = option->letter
                              ? g_strdup_printf("-%c, --%s", option->letter, option->name)
                              : g_strdup_printf("--%s", option->name);
  g_autofree char *with_value =
      option->value ? g_strdup_printf("%s %s", name, option->value) : g_strdup(name);
  const char *choices = strcmp(option->name, "format") == 0 ? formats : option->choices;
  g_string_append_printf(out, "  %-24s %s", with_value, option->about);
  if (choices) {
    g_autofree char *list = g_strdelimit(g_strdup(choices), "|", ' ');
    g_string_append_printf(out, ": %s", list);
  }
  g_string_append_c(out, '\n');
}

char *help_command(const struct command *command, bool is_long)
{
  GString *out = g_string_new(NULL);
  g_string_append_printf(out, "usage: cleave %s%s%s [options]\n\n%s.\n", command->name,
                         command->arguments[0] ? " " : "", command->arguments, command->summary);
  if (is_long && command->description) {
    g_string_append_printf(out, "\n%s\n", command->description);
  }
  g_string_append(out, "\noptions:\n");
  g_autoptr(GPtrArray) options = options_of(command);
  for (guint i = 0; i < options->len; i++) {
    append_option(out, g_ptr_array_index(options, i), command->formats);
  }
  return g_string_free(out, FALSE);
}
