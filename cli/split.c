/* cleave split: services, functions and cuts from the facts. */
#include "splitter/split.h"

#include <string.h>

#include "base/nearest.h"
#include "cli/catalogue.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "cost/price.h"
#include "reports/text.h"
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

static const char *place_name(const char *service)
{
  return service[0] == '\0' ? "(no service)" : service;
}

/* Says why there are not as many services as were asked for. */
static void report_wish(const struct context *context, const struct split_result *result,
                        guint32 n_services)
{
  if (n_services > result->n_services) {
    context_say(context,
                "%u services were asked for, and %u is as near as it gets: what is too small to "
                "stand alone is part of what it works with, and what boundaries, transactions or "
                "locks tie stays together",
                n_services, result->n_services);
  } else if (n_services != 0 && n_services < result->n_services) {
    context_say(context,
                "%u services were asked for, and %u is as near as it gets: the others have nothing "
                "to do with one another, or boundaries keep them apart",
                n_services, result->n_services);
  }
}

static void report(struct context *context, const struct split_result *result)
{
  for (guint i = 0; i < result->remarks->len; i++) {
    context_fail(context, EXIT_DONE, "%s", (const char *)g_ptr_array_index(result->remarks, i));
  }
  for (guint i = 0; context_flag(context, "diff") && i < result->changes->len; i++) {
    const struct split_change *change = g_ptr_array_index(result->changes, i);
    g_autofree char *name = text_escape(change->name, false);
    fprintf(context->out, "%s %s: %s -> %s: %s\n", change->kind, name, place_name(change->from),
            place_name(change->to), change->reason);
  }
  context_say(context,
              "%u services, %u functions (%u ready), %u cuts, %u writes from outside the owner, "
              "%u transactions or locks cut",
              result->n_services, result->n_functions, result->n_ready, result->n_cuts,
              result->n_foreign_writes, result->n_broken);
  if (result->n_units < result->n_functions) {
    context_say(context, "%u to build and deploy: the others are one with them (show units)",
                result->n_units);
  }
  if (result->n_trials > 0) {
    context_say(context,
                "%u routines only try the program out and take no part (show members --where "
                "role=test); a service of the boundaries that names one brings its program back",
                result->n_trials);
  }
  if (result->is_open && result->n_services > 1) {
    context_say(context, "no number of services stands out here, so few were chosen: split "
                         "--services N shows what another number would cut");
  }
  for (guint i = 0; i < result->decisions->len; i++) {
    g_autofree char *line = text_escape(g_ptr_array_index(result->decisions, i), false);
    fprintf(context->out, "%s\n", line);
  }
  for (guint i = 0; context_flag(context, "order") && i < result->steps->len; i++) {
    g_autofree char *line = text_escape(g_ptr_array_index(result->steps, i), false);
    fprintf(context->out, "%s\n", line);
  }
  if (result->n_profiled > 0) {
    context_say(context, "calls of %u pairs of routines weigh as the profile counted them",
                result->n_profiled);
  }
  if (result->has_recordings) {
    context_say(context, "calls weigh as often as the recorded invocations make them");
  }
  if (result->is_warm) {
    context_say(context, "%u moved against the plan that was there", result->changes->len);
  }
  if (result->fresh_gain > 0.01) {
    context_say(context, "a fresh proposal would score %.0f %% better: split --fresh",
                100 * result->fresh_gain);
  }
}

static void show_progress(void *data, guint done, guint total, const char *what)
{
  progress_set(data, done, total, what);
}

static int run(struct context *context)
{
  int code = EXIT_DONE;
  gint64 n_services = context_integer(context, "services", 0);
  if (context_text(context, "services") != NULL && n_services < 1) {
    return context_fail(context, EXIT_USAGE, "--services needs a number above 0");
  }
  struct split_options options = {.evidence_mask = evidence_mask(context, &code),
                                  .n_services = (guint32)MIN(n_services, G_MAXINT32),
                                  .boundaries = context_text(context, "boundaries"),
                                  .profile = context_text(context, "profile"),
                                  .is_fresh = context_flag(context, "fresh")};
  if (code != EXIT_DONE) {
    return code;
  }
  g_autoptr(store_t) store = context_open_store(context, STORE_WRITE, &code);
  if (store == NULL) {
    return code;
  }
  g_autoptr(GError) error = NULL;
  struct split_result result = {0};
  g_autoptr(catalogue_t) catalogue = catalogue_open(context, NULL, &error);
  struct unit_prices prices;
  if (catalogue == NULL || !unit_prices_find(catalogue, "aws", &prices, &error)) {
    return context_fail_with(context, error);
  }
  options.prices = &prices;
  struct progress *progress = progress_new(context, "splitting", "steps");
  progress_tick(progress);
  options.tell = show_progress;
  options.tell_data = progress;
  bool is_done = split_run(store, &options, &result, &error);
  progress_free(progress);
  if (!is_done) {
    return context_fail_with(context, error);
  }
  report(context, &result);
  report_wish(context, &result, options.n_services);
  split_result_clear(&result);
  return EXIT_DONE;
}

static const struct option options[] = {
    {"services", 0, OPTION_INTEGER, "N", "so many services (default: the longest stable range)",
     NULL},
    {"evidence", 0, OPTION_LIST, "KINDS",
     "what counts: calls,state,types,names,paths,history,uses (default: all)", NULL},
    {"boundaries", 0, OPTION_TEXT, "FILE", "what people decided: boundaries.yaml", NULL},
    {"profile", 0, OPTION_TEXT, "FILE",
     "counts of calls from a run: callgrind's output (recorded invocations count by themselves)",
     NULL},
    {"diff", 0, OPTION_FLAG, NULL, "print what moved against the plan that was there, and why",
     NULL},
    {"order", 0, OPTION_FLAG, NULL,
     "print the order in which to take services out, with cut and readiness after each step", NULL},
    {"fresh", 0, OPTION_FLAG, NULL, "forget the plan that is there", NULL},
    {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
};

extern const struct command split_command;
const struct command split_command = {
    .name = "split",
    .arguments = "",
    .min_arguments = 0,
    .max_arguments = 0,
    .summary = "Propose services, functions and cuts",
    .description =
        "Reads the facts of the store and writes the plan: services with the state that each owns, "
        "one function per entry, and every call and access that crosses a boundary with its "
        "price. Facts are not touched. A plan that is there is where it begins: only what "
        "decisions "
        "and new code ask for moves.\n\n"
        "See it with show services, show members, show functions and show cuts. docs/splitting.md "
        "tells how the proposal is made and how to read it.",
    .options = options,
    .run = run,
};
