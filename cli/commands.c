/* The table of commands: help, completion and the reference show them in this order. */
#include <string.h>

#include "base/nearest.h"
#include "cli/command.h"

extern const struct command analyze_command;
extern const struct command catalogue_check_command;
extern const struct command catalogue_import_command;
extern const struct command check_command;
extern const struct command compare_command;
extern const struct command completion_command;
extern const struct command cost_command;
extern const struct command diff_command;
extern const struct command doctor_command;
extern const struct command explain_command;
extern const struct command generate_command;
extern const struct command graph_command;
extern const struct command host_command;
extern const struct command import_command;
extern const struct command manual_command;
extern const struct command merge_command;
extern const struct command replay_command;
extern const struct command report_command;
extern const struct command show_command;
extern const struct command split_command;

/* One line each, so that they can be merged. */
/* clang-format off */
const struct command *const commands[] = {
    &analyze_command,
    &merge_command,
    &split_command,
    &explain_command,
    &show_command,
    &compare_command,
    &import_command,
    &cost_command,
    &catalogue_check_command,
    &catalogue_import_command,
    &generate_command,
    &host_command,
    &replay_command,
    &graph_command,
    &report_command,
    &diff_command,
    &check_command,
    &doctor_command,
    &completion_command,
    &manual_command,
    NULL,
};
/* clang-format on */

const struct option global_options[] = {
    {"db", 0, OPTION_TEXT, "FILE", "the store (default cleave.db)", NULL},
    {"quiet", 'q', OPTION_FLAG, NULL, "say nothing but results and errors", NULL},
    {"color", 0, OPTION_TEXT, "WHEN", "colour in tables", "auto|always|never"},
    {"help", 'h', OPTION_FLAG, NULL, "help; -h is short, --help is long", NULL},
    {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
};

const struct command *command_find(const char *name)
{
  for (size_t i = 0; commands[i]; i++) {
    if (strcmp(commands[i]->name, name) == 0) {
      return commands[i];
    }
  }
  return NULL;
}

const char *command_nearest(const char *word)
{
  const char *names[G_N_ELEMENTS(commands)];
  unsigned n = 0;
  for (; commands[n]; n++) {
    names[n] = commands[n]->name;
  }
  return nearest_name(word, names, n);
}
