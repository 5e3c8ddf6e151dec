#include "cli/analysis.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/unit.h"
#include "cli/progress.h"
#include "store/facts.h"

/* Written by the signal handler only: nothing else can reach one. */
static volatile sig_atomic_t is_interrupted;

static void interrupt(int number)
{
  (void)number;
  is_interrupted = 1;
}

static void catch_interrupts(void)
{
  struct sigaction action = {.sa_handler = interrupt};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

static void show_progress(void *context, unsigned n_done, unsigned n_all, const char *current)
{
  progress_set(context, n_done, n_all, current);
}

int analysis_fail(const struct context *context, const GError *error)
{
  if (error->domain == COMPILATIONS_ERROR) {
    switch ((enum compilations_error)error->code) {
    case COMPILATIONS_ERROR_READ:
      return context_fail(context, EXIT_FILE, "%s", error->message);
    case COMPILATIONS_ERROR_USAGE:
      return context_fail(context, EXIT_USAGE, "%s", error->message);
    default:
      return context_fail(context, EXIT_NOTHING, "%s", error->message);
    }
  }
  if (error->domain == ANALYZE_ERROR)
    return context_fail(context, EXIT_USAGE, "%s", error->message);
  if (error->domain == UNIT_ERROR_DOMAIN)
    return context_fail(context, EXIT_STORE, "%s", error->message);
  return context_fail_with(context, error);
}

static uint64_t memory_limit(const struct context *context)
{
#ifdef __SANITIZE_ADDRESS__
  (void)context;
  return 0; /* the sanitizer reserves terabytes of address space */
#else
  int64_t megabytes = context_integer(context, "memory-limit", 8192);
  return (uint64_t)megabytes << 20;
#endif
}

static unsigned n_cores(void)
{
  long n = sysconf(_SC_NPROCESSORS_ONLN);
  return n > 0 ? (unsigned)n : 1;
}

static int64_t now(void)
{
  return g_get_real_time() * 1000;
}

static int by_use(gconstpointer a, gconstpointer b, gpointer counts)
{
  int n_a = GPOINTER_TO_INT(g_hash_table_lookup(counts, a));
  int n_b = GPOINTER_TO_INT(g_hash_table_lookup(counts, b));
  return n_a != n_b ? n_b - n_a : strcmp(a, b);
}

/* Headers that a build makes, or that a package brings, are the usual cause of most errors. */
static void say_missing_headers(const struct context *context, struct store *store)
{
  enum { SHOWN = 3 };
  g_autoptr(GHashTable) counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  record_set *set = store_load(store, &fact_diagnostic_table, NULL, NULL);
  for (size_t i = 0; set != NULL && i < set->n; i++) {
    const struct fact_diagnostic *diagnostic = record_at(set, fact_diagnostic, i);
    const char *end = strstr(diagnostic->message, "' file not found");
    if (strcmp(diagnostic->severity, "fatal") != 0 || end == NULL || diagnostic->message[0] != '\'')
      continue;
    char *name = g_strndup(diagnostic->message + 1, (gsize)(end - diagnostic->message - 1));
    int n = GPOINTER_TO_INT(g_hash_table_lookup(counts, name));
    g_hash_table_replace(counts, name, GINT_TO_POINTER(n + 1));
  }
  g_autoptr(GList) names = g_list_sort_with_data(g_hash_table_get_keys(counts), by_use, counts);
  g_autoptr(GString) list = g_string_new(NULL);
  for (GList *at = names; at != NULL && g_list_position(names, at) < SHOWN; at = at->next)
    g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "", (char *)at->data);
  guint n = g_hash_table_size(counts);
  if (n > SHOWN)
    g_string_append_printf(list, " and %u more", n - SHOWN);
  if (n > 0)
    context_say(context, "headers that are missing: %s; where a build makes them, build first",
                list->str);
  record_set_free(set);
}

/* The exit code, after the closing words. */
static int close_run(const struct context *context, struct store *store,
                     const struct analyze_summary *summary, unsigned n_missing)
{
  context_say(context, "%u %s: %u parsed, %u with errors, %u failed", summary->n_units,
              summary->n_units == 1 ? "unit" : "units", summary->n_parsed, summary->n_errors,
              summary->n_failed);
  if (summary->n_errors > 0)
    say_missing_headers(context, store);
  if (summary->n_failed > 0 || summary->n_errors > 0)
    context_say(context, "'cleave show diagnostics' tells what is wrong");
  if (summary->n_units > 0 && summary->n_failed == summary->n_units)
    return context_fail(context, EXIT_NOTHING, "nothing could be analysed");
  bool is_partial = summary->n_failed > 0 || summary->n_errors > 0 || n_missing > 0;
  return is_partial ? EXIT_PARTIAL : EXIT_DONE;
}

/* Beside the program where it is installed, otherwise in the build tree. */
static char *find_parser(const struct context *context)
{
  g_autofree char *bin = g_path_get_dirname(context->program);
  g_autofree char *installed =
      g_build_filename(bin, "..", "libexec", "cleave", "cleave-parser.so", NULL);
  return g_strdup(g_file_test(installed, G_FILE_TEST_EXISTS) ? installed : CLEAVE_PARSER);
}

static void fill_options(struct context *context, struct analyze_options *into,
                         struct progress *progress, const char *parser, const char *data_folder)
{
  into->workers.parser = parser;
  into->workers.resource_dir = CLEAVE_RESOURCE_DIR;
  into->workers.n_workers = (unsigned)context_integer(context, "jobs", n_cores());
  into->workers.time_limit = (unsigned)context_integer(context, "time-limit", 120);
  into->workers.memory_limit = memory_limit(context);
  into->workers.is_interrupted = &is_interrupted;
  into->is_fresh = context_flag(context, "fresh");
  into->data_folder = data_folder;
  into->rules = context_list(context, "rules");
  into->started = now();
  into->progress = show_progress;
  into->context = progress;
}

int analysis_run(struct context *context, struct store *store,
                 const struct compilations *compilations, struct analyze_options *into)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *rules = context_data_folder(context, "rules");
  g_autofree char *data_folder = g_path_get_dirname(rules);
  catch_interrupts();
  struct progress *progress = progress_new(context, "analyzing", "files");
  g_autofree char *parser = find_parser(context);
  fill_options(context, into, progress, parser, data_folder);
  struct analyze_summary summary;
  bool is_done = analyze_run(store, compilations, into, &summary, &error);
  progress_free(progress);
  if (is_done && summary.is_interrupted) {
    context_say(context, "interrupted: the %u units parsed so far are stored, the next run goes on",
                summary.n_parsed);
    return EXIT_INTERRUPT;
  }
  return is_done ? close_run(context, store, &summary, compilations->n_missing)
                 : analysis_fail(context, error);
}

int analysis_merge(struct context *context, struct store *store, struct store *const *parts,
                   unsigned n_parts)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *rules = context_data_folder(context, "rules");
  g_autofree char *data_folder = g_path_get_dirname(rules);
  struct analyze_options into = {0};
  struct analyze_summary summary;
  catch_interrupts();
  fill_options(context, &into, NULL, NULL, data_folder);
  into.progress = NULL;
  if (!analyze_merge(store, parts, n_parts, &into, &summary, &error))
    return analysis_fail(context, error);
  if (summary.is_interrupted) {
    context_say(context, "interrupted: the store is as it was before");
    return EXIT_INTERRUPT;
  }
  return close_run(context, store, &summary, 0);
}
