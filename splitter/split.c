#include "splitter/split.h"

#include "splitter/cuts.h"
#include "splitter/dust.h"
#include "splitter/plan_writer.h"
#include "splitter/resolution.h"

G_DEFINE_QUARK(cleave - split - error, split_error)

/* A service has at least the mass of three routines, unless an entry is in it. */
enum { LEAST_SERVICE_MASS = 12 };

static struct resolution_choice choose(const struct network *graph, const struct units *units,
                                       const struct split_options *options)
{
  return options->n_services > 0 ? resolution_for_count(graph, units, options->n_services)
                                 : resolution_longest(graph, units);
}

static void summarise(const struct proposal *proposal, const GPtrArray *functions,
                      const GArray *cuts, struct split_summary *summary)
{
  summary->n_services = proposal->services->len;
  summary->n_functions = functions->len;
  summary->n_cuts = cuts->len;
  for (guint i = 0; i < cuts->len; i++) {
    summary->n_foreign_writes += g_array_index(cuts, struct cut, i).kind == CUT_WRITE;
  }
}

bool split_run(struct store *store, const struct split_options *options,
               struct split_summary *summary, GError **error)
{
  struct monolith *monolith = monolith_load(store, error);
  if (monolith == NULL) {
    return false;
  }
  guint mask = options->evidence_mask != 0 ? options->evidence_mask : (1U << N_EVIDENCE_KINDS) - 1;
  struct roles *roles = roles_new(monolith);
  struct evidence *evidence = evidence_new(monolith, roles, NULL, NULL, NULL, 0);
  struct network *graph = evidence_graph(evidence, mask);
  struct units *units = units_new(evidence->n_nodes, NULL);
  struct resolution_choice choice = choose(graph, units, options);
  guint32 n_labels =
      dust_adopt(graph, units, LEAST_SERVICE_MASS, NULL, choice.labels, choice.n_communities);
  struct proposal *proposal =
      proposal_new(monolith, roles, evidence, mask, graph, choice.labels, n_labels, NULL);
  g_autoptr(GPtrArray) functions = functions_of(proposal, NULL);
  g_autoptr(GArray) cuts = cuts_of(proposal);
  bool is_done = plan_write(store, proposal, functions, cuts, error);
  *summary = (struct split_summary){0};
  summarise(proposal, functions, cuts, summary);
  proposal_free(proposal);
  resolution_choice_clear(&choice);
  units_free(units);
  evidence_free(evidence);
  roles_free(roles);
  monolith_free(monolith);
  return is_done;
}
