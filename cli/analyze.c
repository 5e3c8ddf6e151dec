/* cleave analyze [PATH]: reads the code and fills the store with facts. */
#include "analyzer/analyze.h"

#include <signal.h>
#include <string.h>

#include "cli/analysis.h"
#include "cli/command.h"
#include "cli/progress.h"

static const struct option options[] = {
    {"root", 0, OPTION_TEXT, "DIR",
     "paths are shown relative to DIR (default: the nearest common folder)", NULL},
    {"path-map", 0, OPTION_LIST, "OLD=NEW", "the build saw OLD where this machine has NEW", NULL},
    OPTION_JOBS,
    {"fresh", 0, OPTION_FLAG, NULL, "parse everything again", NULL},
    OPTION_RULES,
    {"shard", 0, OPTION_TEXT, "I/N", "only every Nth unit, from the Ith (I from 0); then merge",
     NULL},
    {"time-limit", 0, OPTION_INTEGER, "SECONDS", "give up on a unit after this time (default 120)",
     NULL},
    {"memory-limit", 0, OPTION_INTEGER, "MB", "memory of one worker (default 8192; 0: no limit)",
     NULL},
    {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
};

static bool read_shard(const char *text, struct analyze_options *into)
{
  if (text == NULL)
    return true;
  char *end = NULL;
  guint64 shard = g_ascii_strtoull(text, &end, 10);
  if (end == text || *end != '/')
    return false;
  const char *rest = end + 1;
  guint64 n = g_ascii_strtoull(rest, &end, 10);
  if (end == rest || *end != '\0' || n == 0 || n > 1000000 || shard >= n)
    return false;
  into->shard = (unsigned)shard;
  into->n_shards = (unsigned)n;
  return true;
}

static void say_compilations(const struct context *context, const struct compilations *compilations)
{
  if (compilations->source != NULL)
    context_say(context, "compile commands: %s", compilations->source);
  else
    context_say(context,
                "no compile_commands.json: include folders are guessed from the tree; record one "
                "(CMAKE_EXPORT_COMPILE_COMMANDS, bear, meson) for exact results");
  for (guint i = 0; i < compilations->others->len; i++)
    context_say(context, "not used: %s", (const char *)compilations->others->pdata[i]);
  const struct {
    unsigned n;
    const char *what;
  } counts[] = {
      {compilations->n_cxx, "C++ sources skipped"},
      {compilations->n_other, "sources skipped that are not C"},
      {compilations->n_missing, "sources skipped that do not exist"},
      {compilations->n_malformed, "entries skipped without a file or a command"},
      {compilations->n_duplicate, "entries that repeat another one"},
      {compilations->n_unresolved, "included names that no header satisfies"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
    if (counts[i].n > 0)
      context_say(context, "%u %s", counts[i].n, counts[i].what);
  g_autoptr(GList) notices =
      g_list_sort(g_hash_table_get_keys(compilations->notices), (GCompareFunc)strcmp);
  for (GList *at = notices; at != NULL; at = at->next)
    context_say(context, "%s (%u times)", (const char *)at->data,
                GPOINTER_TO_UINT(g_hash_table_lookup(compilations->notices, at->data)));
}

static int run(struct context *context)
{
  struct analyze_options into = {0};
  if (!read_shard(context_text(context, "shard"), &into))
    return context_fail(context, EXIT_USAGE, "--shard '%s' is not I/N with I from 0 to N - 1",
                        context_text(context, "shard"));
  if (context_text(context, "jobs") != NULL && context_integer(context, "jobs", 1) < 1)
    return context_fail(context, EXIT_USAGE, "--jobs needs at least 1");

  g_autoptr(GError) error = NULL;
  struct compilations_request request = {.path =
                                             context->n_arguments > 0 ? context->arguments[0] : ".",
                                         .root = context_text(context, "root"),
                                         .path_maps = context_list(context, "path-map")};
  struct compilations *compilations = compilations_find(&request, &error);
  if (compilations == NULL)
    return analysis_fail(context, error);
  say_compilations(context, compilations);

  int code = EXIT_DONE;
  struct store *store = context_open_store(context, STORE_CREATE, &code);
  if (store != NULL) {
    code = analysis_run(context, store, compilations, &into);
    store_close(store);
  }
  compilations_free(compilations);
  return code;
}

const struct command analyze_command = {
    .name = "analyze",
    .arguments = "[PATH]",
    .min_arguments = 0,
    .max_arguments = 1,
    .summary = "read the code and fill the store with facts",
    .description =
        "PATH is a source folder, a build folder or a compile_commands.json (default: the current "
        "folder). Where a folder holds no compile commands, its build folders are searched; where "
        "there are none, include folders are guessed from the tree.\n\n"
        "A second run parses only what changed. Nothing of the analysed project is run, and "
        "nothing is written but the store.\n\n"
        "Exit codes: 3 when nothing could be analysed, 4 when some files failed or have errors and "
        "the rest is there.",
    .options = options,
    .formats = NULL,
    .run = run,
};
