/* cleave import FILE.rsf: a store from a plain dependency list. */
#include "splitter/import.h"

#include "cli/command.h"

static int run(struct context *context)
{
  g_autoptr(GError) error = NULL;
  const char *path = context->arguments[0];
  struct rsf *rsf = rsf_read(path, &error);
  if (rsf == NULL) {
    return context_fail_with(context, error);
  }
  int code = EXIT_DONE;
  struct import_summary summary = {0};
  g_autoptr(store_t) store = context_open_store(context, STORE_CREATE, &code);
  if (store != NULL && !import_rsf(store, rsf, path, &summary, &error)) {
    code = context_fail_with(context, error);
  } else if (store != NULL) {
    context_say(context, "%zu items, %zu dependencies", summary.n_items, summary.n_dependencies);
    code = summary.n_items > 0 ? EXIT_DONE : EXIT_NOTHING;
  }
  rsf_free(rsf);
  return code;
}

extern const struct command import_command;
const struct command import_command = {
    .name = "import",
    .arguments = "FILE.rsf",
    .min_arguments = 1,
    .max_arguments = 1,
    .summary = "Fill a store from a plain dependency list",
    .description = "Reads Rigi Standard Format: depends FROM TO makes FROM call TO, contain GROUP "
                   "ITEM makes GROUP a service that holds ITEM. What the store held is replaced. "
                   "After it, split, show, compare and graph work on any graph.",
    .options = NULL,
    .run = run,
};
