/* cleave manual [COMMAND]: manual pages and the reference of commands. */
#include <errno.h>
#include <string.h>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/reference.h"

/* Writes TEXT, which is freed, to FOLDER/PART/NAME. */
static int write_part(const struct context *context, const char *folder, const char *part,
                      const char *name, char *text)
{
  g_autofree char *owned = text;
  g_autofree char *place = g_build_filename(folder, part, NULL);
  if (g_mkdir_with_parents(place, 0755) != 0) {
    return context_fail(context, EXIT_FILE, "cannot make '%s': %s", place, g_strerror(errno));
  }
  g_autofree char *path = g_build_filename(place, name, NULL);
  return output_write(context, path, owned, strlen(owned));
}

/* All that an installation needs: pages and completions. */
static int write_all(const struct context *context, const char *folder)
{
  static const struct {
    const char *shell;
    const char *name;
  } shells[] = {{"bash", "cleave"}, {"zsh", "_cleave"}, {"fish", "cleave.fish"}};
  int code = write_part(context, folder, "man1", "cleave.1", reference_manual(NULL));
  for (size_t i = 0; commands[i] && code == EXIT_DONE; i++) {
    g_autofree char *page = g_strdelimit(g_strdup(commands[i]->name), " ", '-');
    g_autofree char *name = g_strdup_printf("cleave-%s.1", page);
    code = write_part(context, folder, "man1", name, reference_manual(commands[i]));
  }
  for (size_t i = 0; i < G_N_ELEMENTS(shells) && code == EXIT_DONE; i++) {
    code = write_part(context, folder, shells[i].shell, shells[i].name,
                      reference_completion(shells[i].shell));
  }
  return code;
}

static int run_manual(struct context *context)
{
  const char *folder = context_text(context, "output");
  if (folder) {
    return write_all(context, folder);
  }
  g_autofree char *text = NULL;
  if (g_strcmp0(context_text(context, "format"), "markdown") == 0) {
    text = reference_markdown();
  } else if (context->n_arguments == 0) {
    text = reference_manual(NULL);
  } else {
    g_autofree char *name = g_strjoinv(" ", context->arguments);
    const struct command *command = command_find(name);
    if (!command) {
      const char *nearest = command_nearest(name);
      return context_fail(context, EXIT_USAGE, "there is no command '%s'%s%s%s", name,
                          nearest ? ", did you mean '" : "", nearest ? nearest : "",
                          nearest ? "'?" : "");
    }
    text = reference_manual(command);
  }
  fputs(text, context->out);
  return EXIT_DONE;
}

static const struct option manual_options[] = {
    {"output", 'o', OPTION_TEXT, "DIR", "write all pages and completions into this folder", NULL},
    {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
};

const struct command manual_command = {
    .name = "manual",
    .arguments = "[COMMAND]",
    .max_arguments = 2,
    .summary = "print a manual page, or the reference of all commands",
    .description = "Prints the page of COMMAND, or of cleave itself, for man:\n\n"
                   "  cleave manual graph | man -l -\n\n"
                   "With --format markdown it prints docs/commands.md.",
    .options = manual_options,
    .formats = "man|markdown",
    .run = run_manual,
};
