#include "splitter/deployment.h"

#include <string.h>

#include "splitter/candidates.h"

static const double days = 30;
enum { MOST_SETUPS = 12, MOST_NAMED = 4 };

/* The set-ups of one service while its parts are put together. */
struct assembling {
  const struct proposal *proposal;
  const GPtrArray *functions;
  const struct candidates *candidates;
  const struct setup_terms *terms;
  guint32 service;
  guint32 *part; /* per candidate: its connected part */
  struct deployment *deployment;
};

/* A set-up of the whole service: the choices of its parts side by side. */
struct whole {
  guint8 *is_across; /* per candidate */
  guint32 n_functions;
  double cost;
  double waited;
  double n_awaited;
};

static void setup_clear(gpointer data)
{
  g_free(((struct service_setup *)data)->text);
}

static void billing_clear(gpointer data)
{
  g_free(((struct double_billing *)data)->text);
}

static void whole_free(gpointer data)
{
  struct whole *whole = data;
  g_free(whole->is_across);
  g_free(whole);
}

static double latency_of(const struct whole *whole)
{
  return whole->n_awaited > 0 ? whole->waited / whole->n_awaited : 0;
}

static guint32 root_of(guint32 *part, guint32 candidate)
{
  while (part[candidate] != candidate) {
    candidate = part[candidate] = part[part[candidate]];
  }
  return candidate;
}

static void join(guint32 *part, guint32 a, guint32 b)
{
  a = root_of(part, a);
  b = root_of(part, b);
  part[MAX(a, b)] = MIN(a, b);
}

/* Candidates that call one another, or are one function, have to be decided together. */
static void find_parts(struct assembling *assembling)
{
  const struct candidates *candidates = assembling->candidates;
  guint32 n = candidates->items->len;
  for (guint32 i = 0; i < n; i++) {
    assembling->part[i] = i;
  }
  for (guint c = 0; c < candidates->calls->len; c++) {
    const struct setup_call *call = &g_array_index(candidates->calls, struct setup_call, c);
    join(assembling->part, call->from, call->to);
  }
  for (guint32 i = 0; i < n; i++) {
    for (guint32 j = 0; j < i; j++) {
      guint32 unit = g_array_index(candidates->items, struct setup_candidate, i).unit;
      if (unit != SETUP_NONE &&
          unit == g_array_index(candidates->items, struct setup_candidate, j).unit) {
        join(assembling->part, i, j);
      }
    }
  }
  for (guint32 i = 0; i < n; i++) {
    assembling->part[i] = root_of(assembling->part, i);
  }
}

/* The problem of one part; NUMBER maps its candidates to those of the service. */
static void part_problem(const struct assembling *assembling, guint32 part, GArray *items,
                         GArray *calls, GArray *number, struct setup_problem *problem)
{
  const struct candidates *candidates = assembling->candidates;
  g_autofree guint32 *place = g_new(guint32, MAX(candidates->items->len, 1));
  for (guint32 i = 0; i < candidates->items->len; i++) {
    if (assembling->part[i] == part) {
      place[i] = items->len;
      g_array_append_val(items, g_array_index(candidates->items, struct setup_candidate, i));
      g_array_append_val(number, i);
    }
  }
  for (guint c = 0; c < candidates->calls->len; c++) {
    struct setup_call call = g_array_index(candidates->calls, struct setup_call, c);
    if (assembling->part[call.from] == part) {
      call.from = place[call.from];
      call.to = place[call.to];
      g_array_append_val(calls, call);
    }
  }
  *problem =
      (struct setup_problem){.n = items->len,
                             .candidates = (const struct setup_candidate *)(gpointer)items->data,
                             .calls = (const struct setup_call *)(gpointer)calls->data,
                             .n_calls = calls->len,
                             .terms = *assembling->terms};
}

static int compare_wholes(gconstpointer left, gconstpointer right)
{
  const struct whole *a = *(const struct whole *const *)left;
  const struct whole *b = *(const struct whole *const *)right;
  if (a->cost != b->cost) {
    return a->cost < b->cost ? -1 : 1;
  }
  return latency_of(a) < latency_of(b) ? -1 : latency_of(a) > latency_of(b);
}

/* Leaves those that none beats; without them all, those that lie evenly. */
static void keep_front(GPtrArray *wholes)
{
  g_ptr_array_sort(wholes, compare_wholes);
  double best = G_MAXDOUBLE;
  guint kept = 0;
  for (guint i = 0; i < wholes->len; i++) {
    struct whole *whole = g_ptr_array_index(wholes, i);
    double latency = latency_of(whole);
    if (kept == 0 || latency < best * (1 - 1e-9)) {
      best = latency;
      wholes->pdata[i] = wholes->pdata[kept];
      wholes->pdata[kept++] = whole;
    }
  }
  g_ptr_array_set_size(wholes, (gint)kept);
  for (guint i = 1; wholes->len > MOST_SETUPS && i + 1 < wholes->len; i++) {
    g_ptr_array_remove_index(wholes, i);
  }
}

static GPtrArray *combine(const GPtrArray *wholes, const struct setup_front *front,
                          const GArray *number, guint32 n)
{
  GPtrArray *both = g_ptr_array_new_with_free_func(whole_free);
  for (guint i = 0; i < wholes->len; i++) {
    const struct whole *whole = g_ptr_array_index(wholes, i);
    for (guint j = 0; j < front->setups->len; j++) {
      const struct setup *setup = g_ptr_array_index(front->setups, j);
      struct whole *sum = g_new(struct whole, 1);
      *sum = (struct whole){.is_across = g_memdup2(whole->is_across, MAX(n, 1)),
                            .n_functions = whole->n_functions + setup->n_functions,
                            .cost = whole->cost + setup->cost,
                            .waited = whole->waited + setup->waited,
                            .n_awaited = whole->n_awaited + setup->n_awaited};
      for (guint k = 0; k < number->len; k++) {
        sum->is_across[g_array_index(number, guint32, k)] = setup->is_across[k];
      }
      g_ptr_array_add(both, sum);
    }
  }
  keep_front(both);
  return both;
}

static const char *name_of(const struct assembling *assembling, guint32 candidate)
{
  guint32 routine =
      g_array_index(assembling->candidates->routines, struct candidate_routine, candidate).routine;
  return assembling->proposal->monolith->routines[routine].name;
}

static char *describe(const struct assembling *assembling, const guint8 *is_across)
{
  GString *text = g_string_new(NULL);
  guint n = 0;
  for (guint32 i = 0; i < assembling->candidates->items->len; i++) {
    const char *reason =
        g_array_index(assembling->candidates->routines, struct candidate_routine, i).reason;
    if (!is_across[i]) {
      continue;
    }
    if (n++ < MOST_NAMED) {
      g_string_append_printf(text, "%s%s %s", n > 1 ? "; " : "", name_of(assembling, i),
                             reason != NULL ? "a function of its own: " : "called across");
      g_string_append(text, reason != NULL ? reason : ", not copied");
    }
  }
  if (n > MOST_NAMED) {
    g_string_append_printf(text, "; and %u more", n - MOST_NAMED);
  }
  if (n == 0) {
    g_string_append(text, "every call inside, in a copy of the code");
  }
  return g_string_free(text, FALSE);
}

static void add_setup(struct assembling *assembling, const struct whole *whole, bool is_on_front,
                      double gap)
{
  bool is_planned = true;
  for (guint32 i = 0; i < assembling->candidates->items->len; i++) {
    is_planned &= !whole->is_across[i];
  }
  struct service_setup setup = {.service = assembling->service,
                                .is_planned = is_planned,
                                .is_on_front = is_on_front,
                                .n_functions = whole->n_functions,
                                .cost = days * whole->cost,
                                .latency = latency_of(whole),
                                .gap = gap,
                                .text = describe(assembling, whole->is_across)};
  g_array_append_val(assembling->deployment->setups, setup);
}

/* What it would cost to call TO across, all else inside: the caller waits and is billed for it. */
static void bill_call(struct assembling *assembling, const struct setup_problem *problem,
                      const GArray *number, guint c, const struct call *example)
{
  const struct setup_call *call = &problem->calls[c];
  guint32 to = g_array_index(number, guint32, call->to);
  guint32 from = g_array_index(number, guint32, call->from);
  guint32 caller =
      g_array_index(assembling->candidates->routines, struct candidate_routine, from).routine;
  g_autofree guint8 *none = g_malloc0(problem->n);
  g_autofree guint8 *one = g_malloc0(problem->n);
  one[call->to] = 1;
  struct setup inside = {.is_across = none};
  struct setup across = {.is_across = one};
  setup_price(problem, &inside);
  setup_price(problem, &across);
  for (guint i = 0; i < assembling->functions->len; i++) {
    const struct function *function = g_ptr_array_index(assembling->functions, i);
    if (function->routine != caller || function->service != assembling->service) {
      continue;
    }
    struct double_billing billing = {
        .function = i,
        .cost = days * (across.cost - inside.cost),
        .text = g_strdup_printf(
            "calls %s, %.3g times each, in its own copy (%s): across it would %s %.2g USD a month "
            "and %s awaited answers by %.3g ms on average",
            name_of(assembling, to), call->per_call,
            call->is_awaited ? "it waits, so both would be billed" : "handed over",
            across.cost >= inside.cost ? "add" : "save", ABS(days * (across.cost - inside.cost)),
            across.latency >= inside.latency ? "slow" : "speed up",
            1000 * ABS(across.latency - inside.latency)),
        .file = example->fact->file,
        .line = example->fact->line};
    g_array_append_val(assembling->deployment->billing, billing);
    return;
  }
}

static void bill_calls(struct assembling *assembling, const struct setup_problem *problem,
                       const GArray *number)
{
  const struct candidates *candidates = assembling->candidates;
  for (guint c = 0; c < problem->n_calls; c++) {
    guint32 from = g_array_index(number, guint32, problem->calls[c].from);
    guint32 to = g_array_index(number, guint32, problem->calls[c].to);
    bool is_entry = problem->candidates[problem->calls[c].to].unit != SETUP_NONE;
    for (guint d = 0; is_entry && d < candidates->calls->len; d++) {
      const struct setup_call *call = &g_array_index(candidates->calls, struct setup_call, d);
      if (call->from == from && call->to == to) {
        bill_call(assembling, problem, number, c, candidates->example[d]);
      }
    }
  }
}

static struct whole *empty_whole(guint32 n)
{
  struct whole *whole = g_new0(struct whole, 1);
  whole->is_across = g_malloc0(MAX(n, 1));
  return whole;
}

static void number_setups(struct assembling *assembling, guint first)
{
  GArray *setups = assembling->deployment->setups;
  for (guint i = first; i < setups->len; i++) {
    g_array_index(setups, struct service_setup, i).number = i - first + 1;
  }
}

static void assemble(struct assembling *assembling)
{
  guint32 n = assembling->candidates->items->len;
  struct whole *planned = empty_whole(n);
  g_autoptr(GPtrArray) wholes = g_ptr_array_new_with_free_func(whole_free);
  double gap = 0;
  g_ptr_array_add(wholes, empty_whole(n));
  find_parts(assembling);
  for (guint32 part = 0; part < n; part++) {
    g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(struct setup_candidate));
    g_autoptr(GArray) calls = g_array_new(FALSE, FALSE, sizeof(struct setup_call));
    g_autoptr(GArray) number = g_array_new(FALSE, FALSE, sizeof(guint32));
    struct setup_problem problem;
    if (assembling->part[part] != part) {
      continue;
    }
    part_problem(assembling, part, items, calls, number, &problem);
    struct setup_front *front = setup_solve(&problem);
    gap = !front->is_proved || gap < 0 ? -1 : MAX(gap, front->gap);
    GPtrArray *both = combine(wholes, front, number, n);
    g_ptr_array_unref(wholes);
    wholes = both;
    g_autofree guint8 *none = g_malloc0(problem.n);
    struct setup inside = {.is_across = none};
    setup_price(&problem, &inside);
    planned->cost += inside.cost;
    planned->waited += inside.waited;
    planned->n_awaited += inside.n_awaited;
    planned->n_functions += inside.n_functions;
    bill_calls(assembling, &problem, number);
    setup_front_free(front);
  }
  guint first = assembling->deployment->setups->len;
  bool has_planned = false;
  for (guint i = 0; i < wholes->len; i++) {
    add_setup(assembling, g_ptr_array_index(wholes, i), true, gap);
    has_planned |= g_array_index(assembling->deployment->setups, struct service_setup,
                                 assembling->deployment->setups->len - 1)
                       .is_planned;
  }
  if (!has_planned) {
    add_setup(assembling, planned, false, gap);
  }
  number_setups(assembling, first);
  whole_free(planned);
}

static int compare_billing(gconstpointer left, gconstpointer right)
{
  const struct double_billing *a = left;
  const struct double_billing *b = right;
  if (a->function != b->function) {
    return a->function < b->function ? -1 : 1;
  }
  return strcmp(a->text, b->text);
}

struct deployment *deployment_new(const struct proposal *proposal, const GPtrArray *functions,
                                  const struct fusion *fusion, const struct recording *recordings,
                                  const struct setup_terms *terms)
{
  struct deployment *deployment = g_new0(struct deployment, 1);
  deployment->setups = g_array_new(FALSE, FALSE, sizeof(struct service_setup));
  deployment->billing = g_array_new(FALSE, FALSE, sizeof(struct double_billing));
  g_array_set_clear_func(deployment->setups, setup_clear);
  g_array_set_clear_func(deployment->billing, billing_clear);
  for (guint32 service = 0; service < proposal->services->len; service++) {
    struct candidates *candidates = candidates_of(proposal, functions, fusion, recordings, service);
    g_autofree guint32 *part = g_new0(guint32, MAX(candidates->items->len, 1));
    struct assembling assembling = {proposal, functions, candidates, terms,
                                    service,  part,      deployment};
    if (candidates->items->len > 0) {
      assemble(&assembling);
    }
    candidates_free(candidates);
  }
  g_array_sort(deployment->billing, compare_billing);
  return deployment;
}

void deployment_free(struct deployment *deployment)
{
  if (deployment != NULL) {
    g_array_unref(deployment->setups);
    g_array_unref(deployment->billing);
    g_free(deployment);
  }
}
