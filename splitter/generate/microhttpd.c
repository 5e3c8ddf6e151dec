#include "splitter/generate/microhttpd.h"

#include <string.h>

#include "splitter/generate/c_writer.h"
#include "splitter/generate/startup.h"

/* Positions of MHD_start_daemon()'s arguments: flags, port, policy, its closure come first. */
enum { HANDLER = 4, CLOSURE = 5, OPTIONS = 6 };

/* Positions of an access handler's parameters, from 1. */
enum { CONNECTION = 2, UPLOAD_SIZE = 7, REQUEST_CLOSURE = 8, N_PARAMS = 8 };

static bool is_pointer_to(const struct fact_param *param, const char *words, const char *stars)
{
  g_autofree char *type = g_strdup(param->type);
  char *end = type + strlen(type);
  while (end > type && (end[-1] == '*' || g_ascii_isspace(end[-1]))) {
    end--;
  }
  g_autofree char *behind = g_strdup(end);
  g_auto(GStrv) pieces = g_strsplit(behind, " ", -1);
  g_autofree char *squeezed = g_strjoinv("", pieces);
  return strcmp(squeezed, stars) == 0 && strstr(type, words) != NULL;
}

bool microhttpd_is_handler(const struct inventory *inventory, const struct fact_routine *routine)
{
  if (inventory_n_params(inventory, routine->id) != N_PARAMS) {
    return false;
  }
  static const struct {
    int64_t position;
    const char *words;
    const char *stars;
  } expected[] = {{1, "void", "*"},       {CONNECTION, "MHD_Connection", "*"},
                  {3, "char", "*"},       {4, "char", "*"},
                  {5, "char", "*"},       {6, "char", "*"},
                  {UPLOAD_SIZE, "", "*"}, {REQUEST_CLOSURE, "void", "**"}};
  for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
    const struct fact_param *param = inventory_param(inventory, routine->id, expected[i].position);
    if (!param || !is_pointer_to(param, expected[i].words, expected[i].stars)) {
      return false;
    }
  }
  return true;
}

/* The options with callbacks, each with its two arguments. */
static char *callbacks_among(char **arguments, guint n)
{
  static const char *const options[] = {"MHD_OPTION_NOTIFY_COMPLETED",
                                        "MHD_OPTION_URI_LOG_CALLBACK", NULL};
  GString *out = g_string_new(NULL);
  for (guint i = OPTIONS; i + 2 < n; i++) {
    if (g_strv_contains(options, arguments[i])) {
      g_string_append_printf(out, "%s, %s, %s, ", arguments[i], arguments[i + 1], arguments[i + 2]);
    }
  }
  return g_string_free(out, FALSE);
}

static bool is_nothing(const char *expression)
{
  static const char *const words[] = {"NULL", "0", "(void *)0", "(void *) 0", NULL};
  return g_strv_contains(words, expression);
}

struct start_step *microhttpd_start_step(const struct inventory *inventory,
                                         struct source_texts *texts,
                                         const struct function_spec *spec)
{
  struct source_call call;
  if (!spec->entry || !source_texts_call(texts, spec->entry->file, spec->entry->line, 0,
                                         "MHD_start_daemon", &call)) {
    return NULL;
  }
  g_auto(GStrv) arguments = source_call_arguments(call.expression);
  source_call_clear(&call);
  guint n = g_strv_length(arguments);
  g_autofree char *callbacks = callbacks_among(arguments, n);
  if (n < OPTIONS || (is_nothing(arguments[CLOSURE]) && *callbacks == '\0')) {
    return NULL;
  }
  struct start_step *step = start_step_new();
  step->callee = g_strdup("MHD_start_daemon");
  step->source = g_strdup(spec->entry->file);
  step->run = g_strdup_printf("MHD_start_daemon(0, 0, NULL, NULL, %s, %s, %sMHD_OPTION_END)",
                              arguments[HANDLER], arguments[CLOSURE], callbacks);
  step->reason =
      g_strdup_printf("names the handler's first argument and callbacks, as %s:%" G_GINT64_FORMAT
                      " does; nothing listens",
                      spec->entry->file, spec->entry->line);
  g_autoptr(GPtrArray) names = c_identifiers_in(step->run);
  const char *unknown = startup_unknown_name(inventory, names);
  if (unknown) {
    g_autofree char *why =
        g_strdup_printf("'%s' is known only inside %s", unknown, spec->entry->registrar);
    startup_mark_decision(step, why, step->run);
  }
  return step;
}
