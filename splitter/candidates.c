#include "splitter/candidates.h"

#include <stdlib.h>
#include <string.h>

#include "cost/load.h"
#include "splitter/marshal.h"

/* docs/cost.md, "From the plan": what is likely where nobody measured. */
static const double assumed_per_day = 1000;
static const double assumed_direct_per_day = 10;
static const double assumed_seconds = 0.010;
static const double assumed_gb = 64.0 / 1024;
static const double least_gb = 128.0 / 1024; /* what the platforms offer */

static const double most_calls = 1e6; /* of one routine by another, in one call */

static const double least_part = 30; /* statements that a part is worth asking about for */
enum { MOST_PARTS = 8 };             /* of a service */

struct finding {
  const struct proposal *proposal;
  const GPtrArray *functions;
  const struct recording *recordings;
  guint32 service;
  guint32 *number; /* per routine: candidate, or MONOLITH_NONE */
  GArray *found;   /* struct candidate_routine in the order of finding */
  GArray *links;   /* struct link */
  double *work;    /* per candidate: statements of one call without other candidates */
};

struct link {
  guint32 from;
  guint32 to;
  double per_call;
  bool is_awaited;
  bool may_fan_out;
  const struct call *example;
};

static bool is_followed(const struct proposal *proposal, guint32 number)
{
  const struct call *call = &proposal->monolith->calls[number];
  bool is_platforms =
      proposal->roles->is_gateway[number] && !(call->is_direct && call->n_targets == 1);
  return !is_platforms && proposal->monolith->routines[call->callee].is_defined;
}

static void add_candidate(struct finding *finding, guint32 routine, const char *reason)
{
  if (finding->number[routine] == MONOLITH_NONE) {
    struct candidate_routine candidate = {routine, reason};
    finding->number[routine] = finding->found->len;
    g_array_append_val(finding->found, candidate);
  }
}

/* Everything that ROUTINE reaches, marked in IS_SEEN; returns its statements. HAS_STATE tells
 * whether written state of the process is behind it. */
static double measure_part(const struct finding *finding, guint32 routine, bool *has_state)
{
  const struct proposal *proposal = finding->proposal;
  const struct monolith *monolith = proposal->monolith;
  g_autofree bool *is_seen = g_new0(bool, monolith->n_routines);
  g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint32));
  double n_statements = 0;
  is_seen[routine] = true;
  g_array_append_val(open, routine);
  while (open->len > 0) {
    guint32 at = g_array_index(open, guint32, open->len - 1);
    g_array_set_size(open, open->len - 1);
    n_statements += (double)MAX(monolith->routines[at].n_statements, 0);
    for (guint32 i = monolith->first_access[at]; i < monolith->first_access[at + 1]; i++) {
      const struct access *access = &monolith->accesses[i];
      bool is_table = strcmp(monolith->states[access->state].storage, "table") == 0;
      *has_state |= !is_table && roles_works_on(monolith, proposal->roles, access);
    }
    for (guint32 i = monolith->first_call[at]; i < monolith->first_call[at + 1]; i++) {
      guint32 callee = monolith->calls[i].callee;
      if (!is_seen[callee] && is_followed(proposal, i)) {
        is_seen[callee] = true;
        g_array_append_val(open, callee);
      }
    }
  }
  return n_statements;
}

static bool starts_process(const struct monolith *monolith, guint32 routine)
{
  for (guint32 i = 0; i < monolith->n_effects; i++) {
    const struct fact_effect *effect = &monolith->effects[i];
    if (strcmp(effect->effect, "process") == 0 &&
        monolith_routine(monolith, effect->routine) == routine) {
      return true;
    }
  }
  return false;
}

struct part {
  guint32 routine;
  double n_statements;
  const char *reason;
};

static int compare_parts(gconstpointer left, gconstpointer right)
{
  const struct part *a = left;
  const struct part *b = right;
  if (a->n_statements != b->n_statements) {
    return a->n_statements > b->n_statements ? -1 : 1;
  }
  return a->routine < b->routine ? -1 : a->routine > b->routine;
}

/* Why ROUTINE, which CALL reaches, may be worth a function of its own; NULL when nothing says so.
 */
static const char *reason_for_part(const struct finding *finding, const struct call *call,
                                   double *n_statements)
{
  const struct monolith *monolith = finding->proposal->monolith;
  bool is_looped = call->loop_depth > 0 && call->is_direct;
  bool is_process = starts_process(monolith, call->callee);
  if ((!is_looped && !is_process) ||
      finding->proposal->routine[call->callee].role != PLACE_MEMBER) {
    return NULL;
  }
  struct marshalling data = marshal_routine(monolith, call->callee);
  marshalling_clear(&data);
  if (data.worst == MARSHAL_REFUSED) {
    return NULL;
  }
  bool has_state = false;
  *n_statements = measure_part(finding, call->callee, &has_state);
  if (is_process) {
    return "it starts another program, which needs an image and rights of its own";
  }
  return *n_statements >= least_part && !has_state
             ? "the turns of its loop do not need one another and may run side by side"
             : NULL;
}

static void find_parts(struct finding *finding)
{
  const struct monolith *monolith = finding->proposal->monolith;
  g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(struct part));
  g_autofree bool *is_asked = g_new0(bool, MAX(monolith->n_routines, 1));
  g_autofree bool *is_inside = g_new0(bool, MAX(monolith->n_routines, 1));
  for (guint i = 0; i < finding->functions->len; i++) {
    const struct function *function = g_ptr_array_index(finding->functions, i);
    for (guint j = 0; function->service == finding->service && j < function->routines->len; j++) {
      is_inside[g_array_index(function->routines, guint32, j)] = true;
    }
  }
  for (guint32 i = 0; i < monolith->n_calls; i++) {
    const struct call *call = &monolith->calls[i];
    struct part part = {call->callee, 0, NULL};
    if (!is_inside[call->caller] || is_asked[call->callee] || call->caller == call->callee ||
        finding->number[call->callee] != MONOLITH_NONE || !is_followed(finding->proposal, i)) {
      continue;
    }
    part.reason = reason_for_part(finding, call, &part.n_statements);
    if (part.reason != NULL) {
      is_asked[call->callee] = true;
      g_array_append_val(parts, part);
    }
  }
  g_array_sort(parts, compare_parts);
  for (guint i = 0; i < parts->len && i < MOST_PARTS; i++) {
    const struct part *part = &g_array_index(parts, struct part, i);
    add_candidate(finding, part->routine, part->reason);
  }
}

/* Routines that CANDIDATE reaches without entering another candidate: callers first. Calls back to
 * what is open are left out, so that the order exists. */
static void order_routines(const struct finding *finding, guint32 routine, guint8 *mark,
                           GArray *postorder)
{
  enum { NEW, OPEN, DONE };
  const struct monolith *monolith = finding->proposal->monolith;
  g_autoptr(GArray) path = g_array_new(FALSE, FALSE, sizeof(guint32));
  g_autoptr(GArray) next = g_array_new(FALSE, FALSE, sizeof(guint32));
  mark[routine] = OPEN;
  g_array_append_val(path, routine);
  g_array_append_val(next, monolith->first_call[routine]);
  while (path->len > 0) {
    guint32 at = g_array_index(path, guint32, path->len - 1);
    guint32 *i = &g_array_index(next, guint32, next->len - 1);
    if (*i == monolith->first_call[at + 1]) {
      mark[at] = DONE;
      g_array_append_val(postorder, at);
      g_array_set_size(path, path->len - 1);
      g_array_set_size(next, next->len - 1);
      continue;
    }
    guint32 number = (*i)++;
    guint32 callee = monolith->calls[number].callee;
    if (is_followed(finding->proposal, number) && mark[callee] == NEW &&
        finding->number[callee] == MONOLITH_NONE) {
      mark[callee] = OPEN;
      g_array_append_val(path, callee);
      g_array_append_val(next, monolith->first_call[callee]);
    }
  }
}

static void link_call(struct finding *finding, GHashTable *link_of, guint32 from,
                      const struct call *call, double count)
{
  guint32 to = finding->number[call->callee];
  gpointer known = g_hash_table_lookup(link_of, GUINT_TO_POINTER(to + 1));
  if (known == NULL) {
    struct link link = {from, to, 0, false, false, call};
    g_array_append_val(finding->links, link);
    known = GUINT_TO_POINTER(finding->links->len);
    g_hash_table_insert(link_of, GUINT_TO_POINTER(to + 1), known);
  }
  struct link *link = &g_array_index(finding->links, struct link, GPOINTER_TO_UINT(known) - 1);
  const struct candidate_routine *callee =
      &g_array_index(finding->found, struct candidate_routine, to);
  link->per_call = MIN(link->per_call + count * call->per_call, most_calls);
  /* A callback is handed to a thread or a queue: nobody waits for it here. */
  link->is_awaited |= strcmp(call->fact->kind, "callback") != 0;
  link->may_fan_out |= call->loop_depth > 0 && callee->reason != NULL;
}

/* Expected calls of everything in one call of candidate FROM, straight down. */
static void follow(struct finding *finding, guint32 from, guint8 *mark, double *expected)
{
  const struct proposal *proposal = finding->proposal;
  const struct monolith *monolith = proposal->monolith;
  guint32 routine = g_array_index(finding->found, struct candidate_routine, from).routine;
  g_autoptr(GArray) postorder = g_array_new(FALSE, FALSE, sizeof(guint32));
  g_autoptr(GHashTable) link_of = g_hash_table_new(NULL, NULL);
  order_routines(finding, routine, mark, postorder);
  for (guint i = 0; i < postorder->len; i++) {
    expected[g_array_index(postorder, guint32, i)] = 0;
    mark[g_array_index(postorder, guint32, i)] = 1; /* open until its turn has passed */
  }
  expected[routine] = 1;
  for (guint i = postorder->len; i-- > 0;) {
    guint32 at = g_array_index(postorder, guint32, i);
    double count = MIN(expected[at], most_calls);
    mark[at] = 0;
    finding->work[from] += count * (1 + (double)MAX(monolith->routines[at].n_statements, 0));
    for (guint32 j = monolith->first_call[at]; j < monolith->first_call[at + 1]; j++) {
      const struct call *call = &monolith->calls[j];
      if (!is_followed(proposal, j)) {
        continue;
      }
      if (finding->number[call->callee] != MONOLITH_NONE && call->callee != routine) {
        link_call(finding, link_of, from, call, count);
      } else if (mark[call->callee] != 0) {
        expected[call->callee] += count * call->per_call;
      }
    }
  }
}

/* Callers before callees; what closes a circle is left out. Fills ORDER with found numbers. */
static void visit(const struct finding *finding, guint32 at, guint8 *mark, GArray *postorder)
{
  mark[at] = 1;
  for (guint i = 0; i < finding->links->len; i++) {
    const struct link *link = &g_array_index(finding->links, struct link, i);
    if (link->from == at && mark[link->to] == 0) {
      visit(finding, link->to, mark, postorder);
    }
  }
  g_array_append_val(postorder, at);
}

static double per_day_of(const struct function *function)
{
  double scheduled =
      strcmp(function->trigger, "schedule") == 0 ? schedule_per_day(function->key) : 0;
  return scheduled > 0                              ? scheduled
         : strcmp(function->trigger, "direct") == 0 ? assumed_direct_per_day
                                                    : assumed_per_day;
}

/* Recordings say how often one entry is woken for another, not how often in a day. */
static double recorded_scale(const struct finding *finding)
{
  double assumed = 0;
  double recorded = 0;
  for (guint i = 0; finding->recordings != NULL && i < finding->functions->len; i++) {
    const struct function *function = g_ptr_array_index(finding->functions, i);
    double n = finding->recordings[function->routine].n;
    recorded += n;
    assumed += n > 0 ? per_day_of(function) : 0;
  }
  return recorded > 0 ? assumed / recorded : 0;
}

static void fill_items(struct finding *finding, const struct fusion *fusion,
                       struct setup_candidate *items)
{
  double scale = recorded_scale(finding);
  for (guint i = 0; i < finding->functions->len; i++) {
    const struct function *function = g_ptr_array_index(finding->functions, i);
    const struct recording *recording =
        finding->recordings != NULL ? &finding->recordings[function->routine] : NULL;
    if (function->service != finding->service || function->readiness == READINESS_BLOCKED) {
      continue;
    }
    struct setup_candidate *item = &items[finding->number[function->routine]];
    bool is_recorded = recording != NULL && recording->n > 0;
    bool is_first = item->unit == SETUP_NONE;
    if (is_recorded) {
      item->per_day = scale * recording->n;
    } else {
      item->per_day += per_day_of(function);
    }
    item->unit = is_first ? fusion->unit[i] : MIN(item->unit, fusion->unit[i]);
    item->is_awaited |=
        strcmp(function->trigger, "http") == 0 || strcmp(function->trigger, "direct") == 0;
    if (recording != NULL && recording->peak_bytes > 0) {
      item->memory_gb = MAX(least_gb, 1.2 * recording->peak_bytes / 1073741824);
    }
  }
}

/* Work in seconds: recorded durations are of everything that an entry does, so that all its work
 * shares them; the rest is told by the median function taking 10 ms. */
static void fill_seconds(const struct finding *finding, const guint32 *order, guint n,
                         const struct link *links, guint n_links, struct setup_candidate *items)
{
  g_autofree double *all = g_new0(double, MAX(n, 1)); /* by order: with everything below */
  g_autofree double *per_work = g_new0(double, MAX(n, 1));
  g_autofree guint32 *place = g_new0(guint32, MAX(n, 1));
  g_autoptr(GArray) totals = g_array_new(FALSE, FALSE, sizeof(double));
  for (guint i = 0; i < n; i++) {
    place[order[i]] = i;
  }
  for (guint i = n; i-- > 0;) {
    all[i] = finding->work[order[i]];
    for (guint j = 0; j < n_links; j++) {
      if (links[j].from == order[i] && place[links[j].to] > i) {
        all[i] += links[j].per_call * all[place[links[j].to]];
      }
    }
    if (items[order[i]].unit != SETUP_NONE) {
      g_array_append_val(totals, all[i]);
    }
  }
  double sum = 0;
  for (guint i = 0; i < totals->len; i++) {
    sum += g_array_index(totals, double, i);
  }
  double usual = sum > 0 ? assumed_seconds * totals->len / sum : 0;
  for (guint i = 0; i < n; i++) {
    guint32 routine = g_array_index(finding->found, struct candidate_routine, order[i]).routine;
    const struct recording *recording =
        finding->recordings != NULL ? &finding->recordings[routine] : NULL;
    bool is_recorded = recording != NULL && recording->n > 0 && all[i] > 0;
    per_work[i] = is_recorded ? recording->seconds / all[i] : per_work[i];
    double factor = per_work[i] > 0 ? per_work[i] : usual;
    items[order[i]].seconds = factor * finding->work[order[i]];
    for (guint j = 0; j < n_links; j++) {
      if (links[j].from == order[i] && place[links[j].to] > i) {
        per_work[place[links[j].to]] = MAX(per_work[place[links[j].to]], per_work[i]);
      }
    }
  }
}

static int compare_links(const void *left, const void *right)
{
  const struct link *a = left;
  const struct link *b = right;
  if (a->from != b->from) {
    return a->from < b->from ? -1 : 1;
  }
  return a->to < b->to ? -1 : a->to > b->to;
}

/* Puts everything into the order in which callers come first. */
static struct candidates *arrange(struct finding *finding, struct setup_candidate *items)
{
  guint n = finding->found->len;
  g_autofree guint8 *mark = g_malloc0(MAX(n, 1));
  g_autoptr(GArray) postorder = g_array_new(FALSE, FALSE, sizeof(guint32));
  g_autofree guint32 *order = g_new0(guint32, MAX(n, 1));
  g_autofree guint32 *place = g_new0(guint32, MAX(n, 1));
  for (guint32 i = 0; i < n; i++) {
    if (mark[i] == 0) {
      visit(finding, i, mark, postorder);
    }
  }
  for (guint i = 0; i < n; i++) {
    order[i] = g_array_index(postorder, guint32, n - 1 - i);
    place[order[i]] = i;
  }
  fill_seconds(finding, order, n, (const struct link *)(gpointer)finding->links->data,
               finding->links->len, items);
  struct candidates *candidates = g_new0(struct candidates, 1);
  candidates->routines = g_array_new(FALSE, FALSE, sizeof(struct candidate_routine));
  candidates->items = g_array_new(FALSE, FALSE, sizeof(struct setup_candidate));
  candidates->calls = g_array_new(FALSE, FALSE, sizeof(struct setup_call));
  candidates->example = g_new0(const struct call *, MAX(finding->links->len, 1));
  for (guint i = 0; i < n; i++) {
    g_array_append_val(candidates->routines,
                       g_array_index(finding->found, struct candidate_routine, order[i]));
    g_array_append_val(candidates->items, items[order[i]]);
  }
  for (guint i = 0; i < finding->links->len; i++) {
    struct link *link = &g_array_index(finding->links, struct link, i);
    link->from = place[link->from];
    link->to = place[link->to];
  }
  if (finding->links->len > 1) {
    qsort(finding->links->data, finding->links->len, sizeof(struct link), compare_links);
  }
  for (guint i = 0; i < finding->links->len; i++) {
    const struct link *link = &g_array_index(finding->links, struct link, i);
    struct setup_call call = {link->from, link->to, link->per_call, link->is_awaited,
                              link->may_fan_out};
    if (link->from < link->to) {
      candidates->example[candidates->calls->len] = link->example;
      g_array_append_val(candidates->calls, call);
    }
  }
  return candidates;
}

struct candidates *candidates_of(const struct proposal *proposal, const GPtrArray *functions,
                                 const struct fusion *fusion, const struct recording *recordings,
                                 guint32 service)
{
  guint32 n_routines = proposal->monolith->n_routines;
  struct finding finding = {.proposal = proposal,
                            .functions = functions,
                            .recordings = recordings,
                            .service = service,
                            .number = g_new(guint32, MAX(n_routines, 1)),
                            .found = g_array_new(FALSE, FALSE, sizeof(struct candidate_routine)),
                            .links = g_array_new(FALSE, FALSE, sizeof(struct link))};
  memset(finding.number, 0xff, n_routines * sizeof *finding.number);
  for (guint i = 0; i < functions->len; i++) {
    const struct function *function = g_ptr_array_index(functions, i);
    if (function->service == service && function->readiness != READINESS_BLOCKED) {
      add_candidate(&finding, function->routine, NULL);
    }
  }
  guint n_entries = finding.found->len;
  if (n_entries > 0) {
    find_parts(&finding);
  }
  guint n = finding.found->len;
  finding.work = g_new0(double, MAX(n, 1));
  g_autofree struct setup_candidate *items = g_new0(struct setup_candidate, MAX(n, 1));
  g_autofree guint8 *mark = g_malloc0(MAX(n_routines, 1));
  g_autofree double *expected = g_new0(double, MAX(n_routines, 1));
  for (guint32 i = 0; i < n; i++) {
    items[i] = (struct setup_candidate){.unit = SETUP_NONE, .memory_gb = MAX(assumed_gb, least_gb)};
    follow(&finding, i, mark, expected);
  }
  fill_items(&finding, fusion, items);
  struct candidates *candidates = arrange(&finding, items);
  g_free(finding.number);
  g_free(finding.work);
  g_array_unref(finding.found);
  g_array_unref(finding.links);
  return candidates;
}

void candidates_free(struct candidates *candidates)
{
  if (candidates != NULL) {
    g_array_unref(candidates->routines);
    g_array_unref(candidates->items);
    g_array_unref(candidates->calls);
    g_free(candidates->example);
    g_free(candidates);
  }
}
