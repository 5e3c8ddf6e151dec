/* cleave: finds the command, reads its options, runs it, checks that the output was written. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/config.h"
#include "cli/help.h"
#include "cli/options.h"

/* CODE when all of OUT was written. A reader that has gone away (a pipe into head) has had enough:
 * that is no error. */
static int finish_output(FILE *out, int code)
{
  if (fflush(out) == 0 && !ferror(out)) {
    return code;
  }
  struct pollfd reader = {.fd = fileno(out), .events = POLLOUT};
  if (errno == EPIPE || (poll(&reader, 1, 0) == 1 && (reader.revents & POLLERR) != 0)) {
    return code;
  }
  fprintf(stderr, "cleave: cannot write the output: %s\n", g_strerror(errno));
  return EXIT_FILE;
}

static int print(const char *text)
{
  fputs(text, stdout);
  return finish_output(stdout, EXIT_DONE);
}

/* A stream that came closed is opened on nothing, so that no file of ours takes its number: writing
 * to stdout then fails as it should. */
static void hold_streams(void)
{
  for (int number = 0; number <= 2; number++) {
    if (fcntl(number, F_GETFD) < 0 && errno == EBADF) {
      int opened = open("/dev/null", number == 2 ? O_WRONLY : O_RDONLY);
      g_assert(opened == number || opened < 0);
    }
  }
}

static int unknown_command(const char *word)
{
  g_autofree char *safe = g_strescape(word, NULL);
  const char *nearest = command_nearest(word);
  if (word[0] == '-') {
    fprintf(stderr, "cleave: '%s' before the command; options stand after it: cleave COMMAND %s\n",
            safe, safe);
  } else if (nearest) {
    fprintf(stderr, "cleave: unknown command '%s', did you mean '%s'?\n", safe, nearest);
  } else {
    fprintf(stderr, "cleave: unknown command '%s'; 'cleave --help' lists them\n", safe);
  }
  return EXIT_USAGE;
}

/* The command that the first one or two words name; *N_WORDS says how many. */
static const struct command *find(char **words, unsigned *n_words)
{
  if (words[1]) {
    g_autofree char *two = g_strconcat(words[0], " ", words[1], NULL);
    const struct command *command = command_find(two);
    if (command) {
      *n_words = 2;
      return command;
    }
  }
  *n_words = 1;
  return command_find(words[0]);
}

/* "cleave help", or "cleave help COMMAND", which says what "cleave COMMAND --help" does. */
static int help_about(char **words)
{
  unsigned n_words = 0;
  const struct command *command = words[0] ? find(words, &n_words) : NULL;
  if (words[0] && !command) {
    return unknown_command(words[0]);
  }
  g_autofree char *text = command ? help_command(command, true) : help_overview();
  return print(text);
}

static int run(struct context *context, char **words)
{
  g_autofree char *message = NULL;
  if (!options_parse(context, words, &message)) {
    g_autofree char *hint =
        g_strdup_printf("%s\n'cleave %s -h' tells the options", message, context->command->name);
    return context_fail(context, EXIT_USAGE, "%s", hint);
  }
  const char *help = context_text(context, "help");
  if (help) {
    g_autofree char *text = help_command(context->command, strcmp(help, "--help") == 0);
    return print(text);
  }
  g_autofree char *config = config_find(".");
  g_autoptr(GError) error = NULL;
  if (config && !config_apply(context, config, &error)) {
    return context_fail_with(context, error);
  }
  int code = context->command->run(context);
  return finish_output(context->out, code);
}

int main(int argc, char **argv)
{
  hold_streams();
  setlocale(LC_CTYPE, "");
  signal(SIGPIPE, SIG_IGN);
  if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
    g_autofree char *text = help_overview();
    if (argc < 2) {
      fputs(text, stderr);
      return EXIT_USAGE;
    }
    return print(text);
  }
  if (strcmp(argv[1], "help") == 0) {
    return help_about(argv + 2);
  }
  if (strcmp(argv[1], "--version") == 0) {
    return print("cleave " CLEAVE_VERSION "\n" CLEAVE_BUILD_FACTS "\n");
  }
  unsigned n_words = 0;
  const struct command *command = find(argv + 1, &n_words);
  if (!command) {
    return unknown_command(argv[1]);
  }
  g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
  struct context context = {
      .command = command,
      .values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
      .out = stdout,
      .program = program ? program : argv[0],
  };
  int code = run(&context, argv + 1 + n_words);
  context_clear(&context);
  return code;
}
