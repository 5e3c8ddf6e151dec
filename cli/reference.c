#include "cli/reference.h"

#include <string.h>

#include "cli/help.h"
#include "cli/options.h"

static const struct {
  int code;
  const char *about;
} exit_codes[] = {
    {EXIT_DONE, "done"},
    {EXIT_FINDINGS, "findings, or a comparison that differs"},
    {EXIT_USAGE, "wrong usage"},
    {EXIT_NOTHING, "nothing could be analysed"},
    {EXIT_PARTIAL, "done in part: some translation units failed, the rest is there"},
    {EXIT_STORE, "the store is damaged, newer or not ours"},
    {EXIT_FILE, "a file could not be read or written"},
    {EXIT_DEFECT, "a defect of ours"},
    {EXIT_INTERRUPT, "interrupted"},
};

static bool is_global(const struct option *option)
{
  for (const struct option *global = global_options; global->name; global++) {
    if (global == option) {
      return true;
    }
  }
  return false;
}

static void append_markdown_options(GString *out, const struct command *command)
{
  g_autoptr(GPtrArray) options = options_of(command);
  bool has_any = false;
  for (guint i = 0; i < options->len; i++) {
    const struct option *option = g_ptr_array_index(options, i);
    if (is_global(option)) {
      continue;
    }
    g_string_append(out, has_any ? "" : "\n| option | meaning |\n| --- | --- |\n");
    has_any = true;
    g_autofree char *name = help_option_name(option);
    g_autofree char *about = help_option_about(command, option);
    g_auto(GStrv) safe = g_strsplit(about, "|", -1);
    g_autofree char *cell = g_strjoinv("\\|", safe);
    g_string_append_printf(out, "| `%s` | %s |\n", name, cell);
  }
}

static void append_markdown_command(GString *out, const struct command *command)
{
  g_autofree char *usage = help_usage(command);
  g_autofree char *sentence = help_sentence(command->summary);
  g_string_append_printf(out, "\n## cleave %s\n\n%s.\n\n```\n%s\n```\n", command->name, sentence,
                         usage);
  g_autoptr(GPtrArray) paragraphs = help_paragraphs(command->description);
  for (guint i = 0; i < paragraphs->len; i++) {
    const char *paragraph = g_ptr_array_index(paragraphs, i);
    if (g_str_has_prefix(paragraph, "  ")) {
      g_string_append_printf(out, "\n```\n%s\n```\n", paragraph);
    } else {
      g_autofree char *line = g_strdelimit(g_strdup(paragraph), "\n", ' ');
      g_string_append_printf(out, "\n%s\n", line);
    }
  }
  append_markdown_options(out, command);
}

char *reference_markdown(void)
{
  GString *out = g_string_new(
      "# Commands\n\nMade by `cleave manual --format markdown`; a test compares the two.\n\n"
      "Results go to stdout, everything else to stderr; progress shows on a terminal only. Every\n"
      "command takes these options:\n\n| option | meaning |\n| --- | --- |\n");
  for (const struct option *option = global_options; option->name; option++) {
    g_autofree char *name = help_option_name(option);
    g_autofree char *about = help_option_about(commands[0], option);
    g_string_append_printf(out, "| `%s` | %s |\n", name, about);
  }
  g_string_append(out, "\n| exit code | meaning |\n| --- | --- |\n");
  for (size_t i = 0; i < G_N_ELEMENTS(exit_codes); i++) {
    g_string_append_printf(out, "| %d | %s |\n", exit_codes[i].code, exit_codes[i].about);
  }
  for (size_t i = 0; commands[i]; i++) {
    append_markdown_command(out, commands[i]);
  }
  return g_string_free(out, FALSE);
}

/* TEXT for roff: hyphens, backslashes and leading dots mean themselves. */
static void append_roff(GString *out, const char *text)
{
  for (const char *p = text; *p; p++) {
    bool is_start = p == text || p[-1] == '\n';
    if (is_start && (*p == '.' || *p == '\'')) {
      g_string_append(out, "\\&");
    }
    if (*p == '\\') {
      g_string_append(out, "\\e");
    } else if (*p == '-') {
      g_string_append(out, "\\-");
    } else {
      g_string_append_c(out, *p);
    }
  }
}

static void append_roff_options(GString *out, GPtrArray *options, const struct command *command)
{
  g_string_append(out, ".SH OPTIONS\n");
  for (guint i = 0; i < options->len; i++) {
    const struct option *option = g_ptr_array_index(options, i);
    g_autofree char *name = help_option_name(option);
    g_autofree char *about = help_option_about(command, option);
    g_string_append(out, ".TP\n.B ");
    append_roff(out, name);
    g_string_append_c(out, '\n');
    append_roff(out, about);
    g_string_append_c(out, '\n');
  }
}

static void append_roff_exit_codes(GString *out)
{
  g_string_append(out, ".SH \"EXIT STATUS\"\n");
  for (size_t i = 0; i < G_N_ELEMENTS(exit_codes); i++) {
    g_string_append_printf(out, ".TP\n.B %d\n%s\n", exit_codes[i].code, exit_codes[i].about);
  }
}

static char *manual_of_all(void)
{
  GString *out = g_string_new(".TH CLEAVE 1 \"\" \"Cleave " CLEAVE_VERSION "\" \"User Commands\"\n"
                              ".SH NAME\ncleave \\- take C monoliths apart into services and cloud "
                              "functions\n.SH SYNOPSIS\n.B cleave\n.I COMMAND\n[options]\n"
                              ".SH COMMANDS\n");
  for (size_t i = 0; commands[i]; i++) {
    g_autofree char *sentence = help_sentence(commands[i]->summary);
    g_autofree char *page = g_strdelimit(g_strdup(commands[i]->name), " ", '-');
    g_string_append(out, ".TP\n.BR cleave\\-");
    append_roff(out, page);
    g_string_append(out, " (1)\n");
    append_roff(out, sentence);
    g_string_append(out, ".\n");
  }
  append_roff_exit_codes(out);
  return g_string_free(out, FALSE);
}

char *reference_manual(const struct command *command)
{
  if (!command) {
    return manual_of_all();
  }
  g_autofree char *page = g_strdelimit(g_strdup(command->name), " ", '-');
  g_autofree char *upper = g_ascii_strup(page, -1);
  g_autofree char *usage = help_usage(command);
  g_autofree char *sentence = help_sentence(command->summary);
  GString *out = g_string_new(".TH CLEAVE\\-");
  append_roff(out, upper);
  g_string_append(out,
                  " 1 \"\" \"Cleave " CLEAVE_VERSION "\" \"User Commands\"\n.SH NAME\ncleave\\-");
  append_roff(out, page);
  g_string_append(out, " \\- ");
  append_roff(out, command->summary);
  g_string_append(out, "\n.SH SYNOPSIS\n.B ");
  append_roff(out, usage);
  g_string_append(out, "\n.SH DESCRIPTION\n");
  append_roff(out, sentence);
  g_string_append(out, ".\n");
  g_autoptr(GPtrArray) paragraphs = help_paragraphs(command->description);
  for (guint i = 0; i < paragraphs->len; i++) {
    const char *paragraph = g_ptr_array_index(paragraphs, i);
    bool is_example = g_str_has_prefix(paragraph, "  ");
    g_string_append(out, is_example ? ".PP\n.nf\n" : ".PP\n");
    append_roff(out, paragraph);
    g_string_append(out, is_example ? "\n.fi\n" : "\n");
  }
  g_autoptr(GPtrArray) options = options_of(command);
  append_roff_options(out, options, command);
  append_roff_exit_codes(out);
  return g_string_free(out, FALSE);
}
