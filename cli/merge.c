/* cleave merge STORE...: puts shards together. */
#include "cli/analysis.h"
#include "cli/command.h"

static const struct option options[] = {
    OPTION_RULES,
    {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
};

static int run(struct context *context)
{
  g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func((GDestroyNotify)store_close);
  for (unsigned i = 0; i < context->n_arguments; i++) {
    g_autoptr(GError) error = NULL;
    struct store *part = store_open(context->arguments[i], STORE_READ, &error);
    if (part == NULL)
      return context_fail_with(context, error);
    g_ptr_array_add(parts, part);
  }
  int code = EXIT_DONE;
  struct store *store = context_open_store(context, STORE_CREATE, &code);
  if (store == NULL)
    return code;
  code = analysis_merge(context, store, (struct store *const *)parts->pdata, parts->len);
  store_close(store);
  return code;
}

const struct command merge_command = {
    .name = "merge",
    .arguments = "STORE...",
    .min_arguments = 1,
    .max_arguments = G_MAXUINT,
    .summary = "put shards together into one store",
    .description =
        "Takes the stores that 'cleave analyze --shard I/N' made and links them into --db: the "
        "same "
        "rows as one run over everything. The order does not matter, and a store may be given "
        "twice. What --db held of an earlier analysis is replaced.",
    .options = options,
    .formats = NULL,
    .run = run,
};
