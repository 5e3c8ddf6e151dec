/* cleave split: services, functions and cuts from the facts. */
#include "splitter/split.h"

#include <string.h>

#include "base/nearest.h"
#include "cli/command.h"
#include "splitter/evidence.h"

/* The mask of --evidence; 0 and a message when a kind is unknown. */
static guint evidence_mask(struct context *context, int *code)
{
  const char *const *kinds = context_list(context, "evidence");
  guint mask = 0;
  for (guint i = 0; kinds[i] != NULL; i++) {
    guint kind = 0;
    while (kind < N_EVIDENCE_KINDS && strcmp(evidence_names[kind], kinds[i]) != 0) {
      kind++;
    }
    if (kind == N_EVIDENCE_KINDS) {
      const char *nearest = nearest_name(kinds[i], evidence_names, N_EVIDENCE_KINDS);
      *code = context_fail(context, EXIT_USAGE, "unknown evidence '%s'%s%s%s", kinds[i],
                           nearest != NULL ? ", did you mean '" : "",
                           nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
      return 0;
    }
    mask |= 1U << kind;
  }
  return mask;
}

static int run(struct context *context)
{
  int code = EXIT_DONE;
  struct split_options options = {.evidence_mask = evidence_mask(context, &code),
                                  .n_services = (guint32)context_integer(context, "services", 0)};
  if (code != EXIT_DONE) {
    return code;
  }
  g_autoptr(store_t) store = context_open_store(context, STORE_WRITE, &code);
  if (store == NULL) {
    return code;
  }
  g_autoptr(GError) error = NULL;
  struct split_summary summary = {0};
  if (!split_run(store, &options, &summary, &error)) {
    return context_fail_with(context, error);
  }
  context_say(context, "%u services, %u functions, %u cuts (%u writes from outside the owner)",
              summary.n_services, summary.n_functions, summary.n_cuts, summary.n_foreign_writes);
  return EXIT_DONE;
}

static const struct option options[] = {
    {"services", 0, OPTION_INTEGER, "N", "so many services (default: the longest stable range)",
     NULL},
    {"evidence", 0, OPTION_LIST, "KINDS",
     "what counts: calls,state,types,names,paths,history (default: all)", NULL},
    {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
};

extern const struct command split_command;
const struct command split_command = {
    .name = "split",
    .arguments = "",
    .min_arguments = 0,
    .max_arguments = 0,
    .summary = "propose services, functions and cuts",
    .description =
        "Reads the facts of the store and writes the plan: services with the state that each owns, "
        "one function per entry, and every call and access that crosses a boundary with its "
        "price. The plan that was there is replaced; facts are not touched.\n\n"
        "See it with show services, show members, show functions and show cuts. docs/splitting.md "
        "tells how the proposal is made and how to read it.",
    .options = options,
    .run = run,
};
