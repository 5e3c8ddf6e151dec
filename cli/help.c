#include "cli/help.h"

#include <string.h>

#include "cli/options.h"

#define WIDTH 79
#define ABOUT_COLUMN 28

void help_append_wrapped(GString *out, const char *text, unsigned indent, unsigned column)
{
  g_auto(GStrv) words = g_strsplit_set(text, " \n", -1);
  for (char **word = words; *word; word++) {
    unsigned length = (unsigned)g_utf8_strlen(*word, -1);
    if (length == 0) {
      continue;
    }
    if (column > indent && column + 1 + length > WIDTH) {
      g_string_append_printf(out, "\n%*s", (int)indent, "");
      column = indent;
    } else if (column > indent) {
      g_string_append_c(out, ' ');
      column++;
    }
    g_string_append(out, *word);
    column += length;
  }
  g_string_append_c(out, '\n');
}

char *help_sentence(const char *summary)
{
  char *sentence = g_strdup(summary);
  sentence[0] = g_ascii_toupper(sentence[0]);
  return sentence;
}

char *help_usage(const struct command *command)
{
  return g_strdup_printf("cleave %s%s%s [options]", command->name, command->arguments[0] ? " " : "",
                         command->arguments);
}

GPtrArray *help_paragraphs(const char *description)
{
  GPtrArray *paragraphs = g_ptr_array_new_with_free_func(g_free);
  g_auto(GStrv) parts = g_strsplit(description ? description : "", "\n\n", -1);
  for (char **part = parts; *part; part++) {
    if (**part) {
      g_ptr_array_add(paragraphs, g_strdup(*part));
    }
  }
  return paragraphs;
}

char *help_overview(void)
{
  GString *out = g_string_new("cleave takes C monoliths apart into services and cloud functions\n\n"
                              "usage: cleave COMMAND [options]\n\n");
  for (size_t i = 0; commands[i]; i++) {
    g_autofree char *sentence = help_sentence(commands[i]->summary);
    g_string_append_printf(out, "  %-18s ", commands[i]->name);
    help_append_wrapped(out, sentence, 21, 21);
  }
  g_string_append(out, "\n'cleave COMMAND --help' tells more about one command, 'cleave --version' "
                       "what it is\nbuilt from. The way: analyze, split, generate, host, cost, "
                       "report.\n");
  return g_string_free(out, FALSE);
}

char *help_option_name(const struct option *option)
{
  const char *separator = option->value ? " " : "";
  const char *value = option->value ? option->value : "";
  return option->letter
             ? g_strdup_printf("-%c, --%s%s%s", option->letter, option->name, separator, value)
             : g_strdup_printf("--%s%s%s", option->name, separator, value);
}

char *help_option_about(const struct command *command, const struct option *option)
{
  const char *choices = strcmp(option->name, "format") == 0 ? command->formats : option->choices;
  if (!choices) {
    return g_strdup(option->about);
  }
  g_auto(GStrv) list = g_strsplit(choices, "|", -1);
  g_autofree char *joined = g_strjoinv(", ", list);
  return g_strconcat(option->about, ": ", joined, NULL);
}

static void append_option(GString *out, const struct command *command, const struct option *option)
{
  g_autofree char *name = help_option_name(option);
  g_autofree char *about = help_option_about(command, option);
  g_string_append_printf(out, "  %-*s", ABOUT_COLUMN - 2, name);
  if (strlen(name) + 3 > ABOUT_COLUMN) {
    g_string_append_printf(out, "\n%*s", ABOUT_COLUMN, "");
  }
  help_append_wrapped(out, about, ABOUT_COLUMN, ABOUT_COLUMN);
}

char *help_command(const struct command *command, bool is_long)
{
  g_autofree char *usage = help_usage(command);
  g_autofree char *sentence = help_sentence(command->summary);
  GString *out = g_string_new(NULL);
  g_string_append_printf(out, "usage: %s\n\n%s.\n", usage, sentence);
  g_autoptr(GPtrArray) paragraphs = help_paragraphs(is_long ? command->description : NULL);
  for (guint i = 0; i < paragraphs->len; i++) {
    const char *paragraph = g_ptr_array_index(paragraphs, i);
    g_string_append_c(out, '\n');
    if (g_str_has_prefix(paragraph, "  ")) {
      g_string_append_printf(out, "%s\n", paragraph);
    } else {
      help_append_wrapped(out, paragraph, 0, 0);
    }
  }
  g_string_append(out, "\noptions:\n");
  g_autoptr(GPtrArray) options = options_of(command);
  for (guint i = 0; i < options->len; i++) {
    append_option(out, command, g_ptr_array_index(options, i));
  }
  return g_string_free(out, FALSE);
}
