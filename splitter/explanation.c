#include "splitter/explanation.h"

#include <string.h>

enum { MOST_REASONS = 3 };

struct strand {
  guint32 other;
  guint32 kind;
  gint64 weight;
};

struct explaining {
  const struct proposal *proposal;
  guint32 *first; /* per node + 1 */
  struct strand *strands;
  GArray *reasons;
};

static void reason_clear(gpointer data)
{
  g_free(((struct reason *)data)->text);
}

static guint32 service_of(const struct proposal *proposal, guint32 node)
{
  guint32 item = proposal->evidence->item[node];
  return node < proposal->evidence->n_routines ? proposal->routine[item].service
                                               : proposal->state[item].service;
}

/* Lays out the ties of the kinds in use node by node. */
static void lay_out(struct explaining *explaining)
{
  const struct evidence *evidence = explaining->proposal->evidence;
  guint32 n = evidence->n_nodes;
  explaining->first = g_new0(guint32, (gsize)n + 2);
  gsize n_strands = 0;
  for (guint kind = 0; kind < N_EVIDENCE_KINDS; kind++) {
    for (guint i = 0; i < evidence->ties[kind]->len; i++) {
      const struct tie *tie = &g_array_index(evidence->ties[kind], struct tie, i);
      if ((explaining->proposal->mask >> kind & 1) != 0) {
        explaining->first[tie->a + 2]++;
        explaining->first[tie->b + 2]++;
        n_strands += 2;
      }
    }
  }
  for (guint32 i = 0; i < n; i++) {
    explaining->first[i + 2] += explaining->first[i + 1];
  }
  explaining->strands = g_new(struct strand, MAX(n_strands, 1));
  for (guint kind = 0; kind < N_EVIDENCE_KINDS; kind++) {
    for (guint i = 0; i < evidence->ties[kind]->len; i++) {
      const struct tie *tie = &g_array_index(evidence->ties[kind], struct tie, i);
      if ((explaining->proposal->mask >> kind & 1) != 0) {
        explaining->strands[explaining->first[tie->a + 1]++] =
            (struct strand){tie->b, kind, tie->weight};
        explaining->strands[explaining->first[tie->b + 1]++] =
            (struct strand){tie->a, kind, tie->weight};
      }
    }
  }
}

static char *name_of_node(const struct proposal *proposal, guint32 node)
{
  guint32 item = proposal->evidence->item[node];
  return node < proposal->evidence->n_routines
             ? g_strdup(proposal->monolith->routines[item].name)
             : monolith_state_name(&proposal->monolith->states[item]);
}

/* The first call between two routines, in either direction. */
static char *explain_call(const struct proposal *proposal, guint32 node, guint32 other,
                          const char **file, gint64 *line)
{
  const struct monolith *monolith = proposal->monolith;
  guint32 a = proposal->evidence->item[node];
  guint32 b = proposal->evidence->item[other];
  for (int turn = 0; turn < 2; turn++) {
    guint32 caller = turn == 0 ? a : b;
    guint32 callee = turn == 0 ? b : a;
    guint n_sites = 0;
    for (guint32 i = monolith->first_call[caller]; i < monolith->first_call[caller + 1]; i++) {
      if (monolith->calls[i].callee == callee && n_sites++ == 0) {
        *file = monolith->calls[i].fact->file;
        *line = monolith->calls[i].fact->line;
      }
    }
    if (n_sites > 0) {
      return g_strdup_printf("%s %s (%u site%s)", turn == 0 ? "calls" : "is called by",
                             monolith->routines[turn == 0 ? callee : caller].name, n_sites,
                             n_sites == 1 ? "" : "s");
    }
  }
  return g_strdup("is called together");
}

static char *explain_state(const struct proposal *proposal, guint32 node, guint32 other,
                           const char **file, gint64 *line)
{
  const struct monolith *monolith = proposal->monolith;
  const struct evidence *evidence = proposal->evidence;
  bool is_routine = node < evidence->n_routines;
  if (is_routine == (other < evidence->n_routines)) {
    g_autofree char *name = name_of_node(proposal, other);
    *file = monolith->states[evidence->item[other]].file;
    *line = monolith->states[evidence->item[other]].line;
    return g_strdup_printf("is part of the same variable as %s", name);
  }
  guint32 routine = evidence->item[is_routine ? node : other];
  guint32 state = evidence->item[is_routine ? other : node];
  const struct access *best = NULL;
  for (guint32 i = monolith->first_access[routine]; i < monolith->first_access[routine + 1]; i++) {
    const struct access *access = &monolith->accesses[i];
    if (access->state == state &&
        (best == NULL || (access->mode == ACCESS_WRITE && best->mode != ACCESS_WRITE))) {
      best = access;
    }
  }
  if (best != NULL) {
    *file = best->fact->file;
    *line = best->fact->line;
  }
  bool is_write = best != NULL && best->mode == ACCESS_WRITE;
  g_autofree char *name = name_of_node(proposal, other);
  return is_routine ? g_strdup_printf("%s %s", is_write ? "writes" : "reads", name)
                    : g_strdup_printf("is %s by %s", is_write ? "written" : "read", name);
}

static char *explain_strand(const struct proposal *proposal, guint32 node,
                            const struct strand *strand, const char **file, gint64 *line)
{
  const struct monolith *monolith = proposal->monolith;
  const struct evidence *evidence = proposal->evidence;
  guint32 item = evidence->item[strand->other];
  bool is_routine = strand->other < evidence->n_routines;
  *file = is_routine ? monolith->routines[item].file : monolith->states[item].file;
  *line = is_routine ? monolith->routines[item].line : monolith->states[item].line;
  if (strand->kind == EVIDENCE_CALLS) {
    return explain_call(proposal, node, strand->other, file, line);
  }
  if (strand->kind == EVIDENCE_STATE) {
    return explain_state(proposal, node, strand->other, file, line);
  }
  static const char *const forms[N_EVIDENCE_KINDS] = {
      [EVIDENCE_TYPES] = "works on the same types as %s and others",
      [EVIDENCE_NAMES] = "has words in common with %s and others",
      [EVIDENCE_PATHS] = "lies beside %s and others",
      [EVIDENCE_HISTORY] = "changes together with %s and others",
      [EVIDENCE_USES] = "is used and uses much as %s and others do"};
  g_autofree char *name = name_of_node(proposal, strand->other);
  g_auto(GStrv) parts = g_strsplit(forms[strand->kind], "%s", 2);
  return g_strconcat(parts[0], name, parts[1], NULL);
}

/* Calls and accesses speak for themselves; of the soft kinds only the strongest strand does. */
static void explain_node(struct explaining *explaining, guint32 node)
{
  const struct proposal *proposal = explaining->proposal;
  guint32 own = service_of(proposal, node);
  struct strand best[N_EVIDENCE_KINDS] = {{0, 0, 0}};
  gint64 sum[N_EVIDENCE_KINDS] = {0};
  gint64 all = 0;
  for (guint32 i = explaining->first[node]; i < explaining->first[node + 1]; i++) {
    const struct strand *strand = &explaining->strands[i];
    if (own == MONOLITH_NONE || service_of(proposal, strand->other) != own) {
      continue;
    }
    all += strand->weight;
    sum[strand->kind] += strand->weight;
    if (strand->weight > best[strand->kind].weight) {
      best[strand->kind] = *strand;
    }
  }
  for (guint rank = 0; rank < MOST_REASONS; rank++) {
    guint strongest = N_EVIDENCE_KINDS;
    for (guint kind = 0; kind < N_EVIDENCE_KINDS; kind++) {
      if (sum[kind] > 0 && (strongest == N_EVIDENCE_KINDS || sum[kind] > sum[strongest])) {
        strongest = kind;
      }
    }
    if (strongest == N_EVIDENCE_KINDS) {
      return;
    }
    bool is_routine = node < proposal->evidence->n_routines;
    struct reason reason = {.subject = is_routine ? REASON_ROUTINE : REASON_STATE,
                            .item = proposal->evidence->item[node],
                            .evidence = evidence_names[strongest],
                            .weight = (double)sum[strongest] / (double)all,
                            .file = ""};
    reason.text = explain_strand(proposal, node, &best[strongest], &reason.file, &reason.line);
    g_array_append_val(explaining->reasons, reason);
    sum[strongest] = 0;
  }
}

/* The share of every evidence kind in what holds a service together. */
static void explain_services(struct explaining *explaining)
{
  const struct proposal *proposal = explaining->proposal;
  guint n_services = proposal->services->len;
  g_autofree double *sum = g_new0(double, (gsize)MAX(n_services, 1) * N_EVIDENCE_KINDS);
  for (guint kind = 0; kind < N_EVIDENCE_KINDS; kind++) {
    const GArray *ties = proposal->evidence->ties[kind];
    for (guint i = 0; (proposal->mask >> kind & 1) != 0 && i < ties->len; i++) {
      const struct tie *tie = &g_array_index(ties, struct tie, i);
      guint32 service = service_of(proposal, tie->a);
      if (service != MONOLITH_NONE && service == service_of(proposal, tie->b)) {
        sum[(gsize)service * N_EVIDENCE_KINDS + kind] += (double)tie->weight;
      }
    }
  }
  for (guint service = 0; service < n_services; service++) {
    double *own = sum + (gsize)service * N_EVIDENCE_KINDS;
    double all = 0;
    for (guint kind = 0; kind < N_EVIDENCE_KINDS; kind++) {
      all += own[kind];
    }
    for (guint rank = 0; all > 0 && rank < N_EVIDENCE_KINDS; rank++) {
      guint strongest = 0;
      for (guint kind = 1; kind < N_EVIDENCE_KINDS; kind++) {
        strongest = own[kind] > own[strongest] ? kind : strongest;
      }
      if (own[strongest] <= 0) {
        break;
      }
      struct reason reason = {.subject = REASON_SERVICE,
                              .item = service,
                              .evidence = evidence_names[strongest],
                              .weight = own[strongest] / all,
                              .text = g_strdup_printf("%.0f %% of what holds it together is %s",
                                                      100 * own[strongest] / all,
                                                      evidence_names[strongest]),
                              .file = ""};
      g_array_append_val(explaining->reasons, reason);
      own[strongest] = 0;
    }
  }
}

GArray *explanation_of(const struct proposal *proposal)
{
  struct explaining explaining = {.proposal = proposal,
                                  .reasons = g_array_new(FALSE, FALSE, sizeof(struct reason))};
  g_array_set_clear_func(explaining.reasons, reason_clear);
  lay_out(&explaining);
  for (guint32 node = 0; node < proposal->evidence->n_nodes; node++) {
    explain_node(&explaining, node);
  }
  explain_services(&explaining);
  g_free(explaining.first);
  g_free(explaining.strands);
  return explaining.reasons;
}
