/* cleave completion SHELL: completion from the table of commands. */
#include <string.h>

#include "cli/help.h"
#include "cli/options.h"
#include "cli/reference.h"

static const char *choices_of(const struct command *command, const struct option *option)
{
  return strcmp(option->name, "format") == 0 ? command->formats : option->choices;
}

/* Values that are names of files or folders. */
static bool is_path(const struct option *option)
{
  static const char *const paths[] = {"FILE", "DIR", "STORE", "PATH", "HAR", "PAGE", NULL};
  return option->value && g_strv_contains(paths, option->value);
}

/* TEXT within single quotes of a shell. */
static char *quoted(const char *text)
{
  g_auto(GStrv) parts = g_strsplit(text, "'", -1);
  g_autofree char *inner = g_strjoinv("'\\''", parts);
  return g_strconcat("'", inner, "'", NULL);
}

static void append_words(GString *out, GPtrArray *options)
{
  for (guint i = 0; i < options->len; i++) {
    const struct option *option = g_ptr_array_index(options, i);
    g_string_append_printf(out, "%s--%s", i > 0 ? " " : "", option->name);
  }
}

static void append_bash_command(GString *out, const struct command *command)
{
  g_autoptr(GPtrArray) options = options_of(command);
  g_string_append_printf(out, "    '%s')\n      case $previous in\n", command->name);
  for (guint i = 0; i < options->len; i++) {
    const struct option *option = g_ptr_array_index(options, i);
    const char *choices = choices_of(command, option);
    if (choices) {
      g_autofree char *list = g_strdelimit(g_strdup(choices), "|", ' ');
      g_string_append_printf(
          out, "        --%s) COMPREPLY=($(compgen -W '%s' -- \"$word\")); return ;;\n",
          option->name, list);
    } else if (option->kind != OPTION_FLAG && !is_path(option)) {
      g_string_append_printf(out, "        --%s) COMPREPLY=(); return ;;\n", option->name);
    }
  }
  g_string_append(out, "      esac\n      options='");
  append_words(out, options);
  g_string_append(out, "' ;;\n");
}

static char *complete_bash(void)
{
  GString *out = g_string_new(
      "# bash completion for cleave; made by 'cleave completion bash'\n"
      "_cleave() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} options=\n"
      "  local command=${COMP_WORDS[1]}\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    COMPREPLY=($(compgen -W '");
  for (size_t i = 0; commands[i]; i++) {
    g_autofree char *first = g_strndup(commands[i]->name, strcspn(commands[i]->name, " "));
    g_string_append_printf(out, "%s%s", i > 0 ? " " : "", first);
  }
  g_string_append(out, " --help --version' -- \"$word\"))\n    return\n  fi\n");
  for (size_t i = 0; commands[i]; i++) {
    const char *second = strchr(commands[i]->name, ' ');
    if (second) {
      g_autofree char *first = g_strndup(commands[i]->name, (gsize)(second - commands[i]->name));
      g_string_append_printf(
          out,
          "  [ \"$command ${COMP_WORDS[2]}\" = '%s' ] && command='%s'\n"
          "  [ \"$command\" = %s ] && [ \"$COMP_CWORD\" -eq 2 ] && options+=' %s'\n",
          commands[i]->name, commands[i]->name, first, second + 1);
    }
  }
  g_string_append(out, "  case $command in\n");
  for (size_t i = 0; commands[i]; i++) {
    append_bash_command(out, commands[i]);
  }
  g_string_append(out,
                  "  esac\n  COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
                  "  [ \"${word#-}\" = \"$word\" ] && COMPREPLY+=($(compgen -f -- \"$word\"))\n"
                  "}\ncomplete -o filenames -F _cleave cleave\n");
  return g_string_free(out, FALSE);
}

/* TEXT inside the brackets of an option of zsh's _arguments. */
static char *zsh_about(const char *text)
{
  GString *out = g_string_new(NULL);
  for (const char *p = text; *p; p++) {
    if (strchr("[]:\\", *p)) {
      g_string_append_c(out, '\\');
    }
    g_string_append_c(out, *p);
  }
  return g_string_free(out, FALSE);
}

static void append_zsh_option(GString *out, const struct command *command,
                              const struct option *option)
{
  g_autofree char *about = zsh_about(option->about);
  g_autoptr(GString) spec = g_string_new(NULL);
  g_string_append_printf(spec, "%s--%s%s[%s]", option->kind == OPTION_LIST ? "*" : "", option->name,
                         option->kind == OPTION_FLAG ? "" : "=", about);
  const char *choices = choices_of(command, option);
  if (choices) {
    g_autofree char *list = g_strdelimit(g_strdup(choices), "|", ' ');
    g_string_append_printf(spec, ":%s:(%s)", option->name, list);
  } else if (option->kind != OPTION_FLAG) {
    g_string_append_printf(spec, ":%s:%s", option->value, is_path(option) ? "_files" : "");
  }
  g_autofree char *word = quoted(spec->str);
  g_string_append_printf(out, " \\\n        %s", word);
}

static char *complete_zsh(void)
{
  GString *out = g_string_new("#compdef cleave\n# made by 'cleave completion zsh'\n"
                              "_cleave() {\n  local -a names=(\n");
  for (size_t i = 0; commands[i]; i++) {
    g_autofree char *name = g_strndup(commands[i]->name, strcspn(commands[i]->name, " "));
    g_autofree char *text = g_strconcat(name, ":", commands[i]->summary, NULL);
    g_autofree char *word = quoted(text);
    g_string_append_printf(out, "    %s\n", word);
  }
  g_string_append(out,
                  "  )\n  if (( CURRENT == 2 )); then\n    _describe command names\n    return\n"
                  "  fi\n  local command=$words[2]\n  case $command in\n");
  for (size_t i = 0; commands[i]; i++) {
    if (strchr(commands[i]->name, ' ')) {
      continue; /* its first word is listed; the options of its second are in its help */
    }
    g_autoptr(GPtrArray) options = options_of(commands[i]);
    g_string_append_printf(out, "    %s)\n      _arguments -s", commands[i]->name);
    for (guint k = 0; k < options->len; k++) {
      append_zsh_option(out, commands[i], g_ptr_array_index(options, k));
    }
    g_string_append(out, " \\\n        '*:file:_files' ;;\n");
  }
  g_string_append(out, "  esac\n}\n_cleave \"$@\"\n");
  return g_string_free(out, FALSE);
}

static void append_fish_command(GString *out, const struct command *command)
{
  g_autofree char *first = g_strndup(command->name, strcspn(command->name, " "));
  g_autofree char *about = quoted(command->summary);
  g_string_append_printf(out, "complete -c cleave -n __fish_use_subcommand -a %s -d %s\n", first,
                         about);
  g_autoptr(GPtrArray) options = options_of(command);
  for (guint i = 0; i < options->len; i++) {
    const struct option *option = g_ptr_array_index(options, i);
    g_autofree char *what = quoted(option->about);
    g_string_append_printf(out, "complete -c cleave -n '__fish_seen_subcommand_from %s' -l %s",
                           first, option->name);
    if (option->letter) {
      g_string_append_printf(out, " -s %c", option->letter);
    }
    const char *choices = choices_of(command, option);
    if (choices) {
      g_autofree char *list = g_strdelimit(g_strdup(choices), "|", ' ');
      g_string_append_printf(out, " -x -a '%s'", list);
    } else if (option->kind != OPTION_FLAG) {
      g_string_append(out, is_path(option) ? " -r" : " -x");
    }
    g_string_append_printf(out, " -d %s\n", what);
  }
}

static char *complete_fish(void)
{
  GString *out = g_string_new("# fish completion for cleave; made by 'cleave completion fish'\n");
  for (size_t i = 0; commands[i]; i++) {
    append_fish_command(out, commands[i]);
  }
  return g_string_free(out, FALSE);
}

char *reference_completion(const char *shell)
{
  return strcmp(shell, "bash") == 0   ? complete_bash()
         : strcmp(shell, "zsh") == 0  ? complete_zsh()
         : strcmp(shell, "fish") == 0 ? complete_fish()
                                      : NULL;
}

static int run_completion(struct context *context)
{
  g_autofree char *text = reference_completion(context->arguments[0]);
  if (!text) {
    return context_fail(context, EXIT_USAGE,
                        "there is no completion for '%s', only for bash, zsh and fish",
                        context->arguments[0]);
  }
  fputs(text, context->out);
  return EXIT_DONE;
}

const struct command completion_command = {
    .name = "completion",
    .arguments = "SHELL",
    .min_arguments = 1,
    .max_arguments = 1,
    .summary = "print completion for a shell",
    .description = "SHELL is bash, zsh or fish. For this session:\n\n"
                   "  source <(cleave completion bash)\n\n"
                   "An installed Cleave brings the three files to where the shells look for them.",
    .run = run_completion,
};
