/* Commands: one table of commands and options, from which parsing, help, completion and the
 * reference come. Each command is one file that defines one struct command.
 *
 * cli/ is the only folder that prints or exits. */
#ifndef CLEAVE_CLI_COMMAND_H
#define CLEAVE_CLI_COMMAND_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "store/store.h"

/* Exit codes of the design. */
enum exit_code {
  EXIT_DONE = 0,
  EXIT_FINDINGS = 1,    /* findings, or a comparison that differs */
  EXIT_USAGE = 2,       /* wrong usage */
  EXIT_NOTHING = 3,     /* nothing could be analysed */
  EXIT_PARTIAL = 4,     /* done in part */
  EXIT_STORE = 5,       /* the store is damaged, newer or not ours */
  EXIT_FILE = 6,        /* a file could not be read or written */
  EXIT_DEFECT = 70,     /* a defect of ours */
  EXIT_INTERRUPT = 130, /* interrupted */
};

enum option_kind {
  OPTION_FLAG,    /* no value */
  OPTION_TEXT,    /* one value; the last one given counts */
  OPTION_INTEGER, /* a whole number from 0 */
  OPTION_LIST,    /* may be given several times; each value may hold several with commas */
};

struct option {
  const char *name; /* without the dashes */
  char letter;      /* short form, or 0 */
  enum option_kind kind;
  const char *value;   /* what the value is called in help: "FILE"; NULL for flags */
  const char *about;   /* one line, no full stop */
  const char *choices; /* allowed values with '|', or NULL */
};

struct context;

struct command {
  const char *name;      /* "analyze", or two words: "catalogue check" */
  const char *arguments; /* as in usage: "[PATH]", "A B", "" */
  unsigned min_arguments;
  unsigned max_arguments;       /* G_MAXUINT: any number */
  const char *summary;          /* one line */
  const char *description;      /* paragraphs for --help, separated by empty lines */
  const struct option *options; /* of this command; ends with a NULL name */
  const char *formats;          /* allowed --format values with '|'; NULL: it has no --format */
  int (*run)(struct context *context);
};

/* All commands, in the order of help; ends with NULL. */
extern const struct command *const commands[];

/* Options that every command has; ends with a NULL name. */
extern const struct option global_options[];

/* The command called NAME (one or two words), or NULL. */
const struct command *command_find(const char *name);

/* The name of the command that WORD may have meant, or NULL. */
const char *command_nearest(const char *word);

/* One run of one command. */
struct context {
  const struct command *command;
  char **arguments; /* NULL-terminated */
  unsigned n_arguments;
  GHashTable *values;  /* option name -> char *, or GPtrArray * for lists */
  FILE *out;           /* results */
  const char *program; /* path of the running executable, for finding data files */
};

bool context_flag(const struct context *context, const char *option);
/* The value, or NULL when it was not given. */
const char *context_text(const struct context *context, const char *option);
/* The value, or FALLBACK when it was not given. */
int64_t context_integer(const struct context *context, const char *option, int64_t fallback);
/* NULL-terminated values in the order given; empty when none. Belongs to the context. */
const char *const *context_list(const struct context *context, const char *option);
/* "table", "json", "csv" ...: --format, or json when --json was given. */
const char *context_format(const struct context *context);
const char *context_db(const struct context *context);

/* The store of --db. Prints why and returns NULL when it cannot be opened; *CODE is then the exit
 * code. For STORE_READ a missing file says which command makes it. */
struct store *context_open_store(struct context *context, enum store_mode mode, int *code);

/* Where the tool's data files lie: beside the executable's prefix when installed, in the source
 * tree when not. NAME is "rules", "models" or "catalogue". Returns a new string; the folder need
 * not exist. */
char *context_data_folder(const struct context *context, const char *name);

/* Prints "cleave: MESSAGE" on stderr and returns CODE. */
int context_fail(const struct context *context, int code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* Prints ERROR on stderr and returns the exit code that its domain means. */
int context_fail_with(const struct context *context, const GError *error);
/* Says something on stderr unless --quiet. */
void context_say(const struct context *context, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
