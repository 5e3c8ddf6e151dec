#include <string.h>

#include "base/yaml.h"
#include "cli/command.h"
#include "cli/terminal.h"
#include "cost/error.h"
#include "splitter/profile.h"
#include "splitter/replay/replay.h"
#include "splitter/replay/typed.h"
#include "splitter/rsf.h"
#include "splitter/split.h"

bool context_flag(const struct context *context, const char *option)
{
  return g_hash_table_contains(context->values, option);
}

const char *context_text(const struct context *context, const char *option)
{
  return g_hash_table_lookup(context->values, option);
}

int64_t context_integer(const struct context *context, const char *option, int64_t fallback)
{
  const char *text = context_text(context, option);
  return text ? g_ascii_strtoll(text, NULL, 10) : fallback;
}

const char *const *context_list(const struct context *context, const char *option)
{
  static const char *const none[] = {NULL};
  GPtrArray *list = g_hash_table_lookup(context->values, option);
  return list ? (const char *const *)list->pdata : none;
}

const char *context_format(const struct context *context)
{
  if (context_flag(context, "json")) {
    return "json";
  }
  const char *format = context_text(context, "format");
  return format ? format : "table";
}

const char *context_db(const struct context *context)
{
  const char *path = context_text(context, "db");
  return path ? path : "cleave.db";
}

struct store *context_open_store(struct context *context, enum store_mode mode, int *code)
{
  g_autoptr(GError) error = NULL;
  struct store *store = store_open(context_db(context), mode, &error);
  if (store) {
    return store;
  }
  if (g_error_matches(error, STORE_ERROR, STORE_ERROR_NOT_FOUND)) {
    *code = context_fail(context, EXIT_FILE, "%s; 'cleave analyze' makes one", error->message);
  } else {
    *code = context_fail_with(context, error);
  }
  return NULL;
}

char *context_data_folder(const struct context *context, const char *name)
{
  g_autofree char *bin = g_path_get_dirname(context->program);
  g_autofree char *installed = g_build_filename(bin, "..", "share", "cleave", name, NULL);
  if (g_file_test(installed, G_FILE_TEST_IS_DIR)) {
    return g_steal_pointer(&installed);
  }
  /* Run from the build tree: the data lies in the folder that owns it. */
  const char *owner = strcmp(name, "catalogue") == 0 ? "cost" : "analyzer";
  return g_build_filename(CLEAVE_SOURCE_DIR, owner, name, NULL);
}

static void print_message(const char *text)
{
  g_autofree char *safe = terminal_escape(text);
  fprintf(stderr, "cleave: %s\n", safe);
}

int context_fail(const struct context *context, int code, const char *format, ...)
{
  (void)context;
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  print_message(message);
  return code;
}

static int code_of(const GError *error)
{
  if (error->domain == STORE_ERROR) {
    switch ((enum store_error)error->code) {
    case STORE_ERROR_NOT_OURS:
    case STORE_ERROR_NEWER:
    case STORE_ERROR_DAMAGED:
      return EXIT_STORE;
    case STORE_ERROR_NOT_FOUND:
    case STORE_ERROR_BUSY:
    case STORE_ERROR_IO:
      return EXIT_FILE;
    case STORE_ERROR_INTERRUPTED:
      return EXIT_INTERRUPT;
    case STORE_ERROR_CONFLICT:
      return EXIT_DEFECT;
    }
  }
  if (error->domain == YAML_ERROR) {
    return error->code == YAML_ERROR_READ ? EXIT_FILE : EXIT_USAGE;
  }
  if (error->domain == COST_ERROR) {
    return error->code == COST_ERROR_FILE ? EXIT_FILE : EXIT_USAGE;
  }
  if (error->domain == SPLIT_ERROR) {
    return error->code == SPLIT_ERROR_EMPTY ? EXIT_NOTHING : EXIT_USAGE;
  }
  if (error->domain == PROFILE_ERROR) {
    return error->code == PROFILE_ERROR_READ ? EXIT_FILE : EXIT_USAGE;
  }
  if (error->domain == REPLAY_ERROR) {
    return EXIT_USAGE;
  }
  if (error->domain == TYPED_ERROR) {
    return error->code == TYPED_ERROR_UNKNOWN ? EXIT_USAGE : EXIT_FILE;
  }
  if (error->domain == RSF_ERROR) {
    return error->code == RSF_ERROR_READ ? EXIT_FILE : EXIT_USAGE;
  }
  return EXIT_FILE;
}

int context_fail_with(const struct context *context, const GError *error)
{
  (void)context;
  print_message(error->message);
  return code_of(error);
}

void context_say(const struct context *context, const char *format, ...)
{
  if (context_flag(context, "quiet")) {
    return;
  }
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  g_autofree char *safe = terminal_escape(message);
  fprintf(stderr, "%s\n", safe);
}
