#include "splitter/extraction.h"

static void step_clear(gpointer data)
{
  g_free(((struct extraction_step *)data)->reason);
}

struct extraction {
  const struct proposal *proposal;
  guint n;
  double *price; /* n * n: cuts between two services, either direction */
  guint32 *n_ready;
  guint32 *n_functions;
  guint32 *n_blocked;
  bool *is_out;
};

/* What crosses between the services that are out and those that remain if SERVICE goes next. */
static double cut_after(const struct extraction *extraction, guint service)
{
  double cut = 0;
  for (guint a = 0; a < extraction->n; a++) {
    for (guint b = 0; b < a; b++) {
      bool a_is_out = extraction->is_out[a] || a == service;
      bool b_is_out = extraction->is_out[b] || b == service;
      if (a_is_out != b_is_out) {
        cut += extraction->price[a * extraction->n + b];
      }
    }
  }
  return cut;
}

/* The price of SERVICE's own cuts towards what remains: cuts towards what is out were made before.
 */
static double own_cut(const struct extraction *extraction, guint service)
{
  double price = 0;
  for (guint other = 0; other < extraction->n; other++) {
    price += extraction->is_out[other] ? 0 : extraction->price[service * extraction->n + other];
  }
  return price;
}

/* The same per routine, blocked functions on top. */
static double burden(const struct extraction *extraction, guint service)
{
  enum { BLOCKED_PRICE = 10 };
  const struct service *own =
      &g_array_index(extraction->proposal->services, struct service, service);
  double price = own_cut(extraction, service) + BLOCKED_PRICE * extraction->n_blocked[service];
  return price / (1 + own->n_routines);
}

/* Whether more than half of SERVICE is what makes the process run: that is what is left at the end.
 */
static bool is_frame(const struct proposal *proposal, guint service)
{
  guint32 n_frame = 0;
  for (guint32 i = 0; i < proposal->monolith->n_routines; i++) {
    n_frame += proposal->routine[i].service == service &&
               proposal->routine[i].role == PLACE_MEMBER && roles_is_set_apart(proposal->roles, i);
  }
  return 2 * n_frame > g_array_index(proposal->services, struct service, service).n_routines;
}

static void count_functions(struct extraction *extraction, const GPtrArray *functions)
{
  for (guint i = 0; i < functions->len; i++) {
    const struct function *function = g_ptr_array_index(functions, i);
    if (function->service != MONOLITH_NONE) {
      extraction->n_functions[function->service]++;
      extraction->n_ready[function->service] += function->readiness == READINESS_READY;
      extraction->n_blocked[function->service] += function->readiness == READINESS_BLOCKED;
    }
  }
}

/* The last one has nothing left to be cut from. */
static char *describe(const struct extraction_step *step, guint32 n_routines, bool is_rest)
{
  g_autofree char *what =
      is_rest
          ? g_strdup_printf("what is left: %u routines that stay where they are", n_routines)
          : g_strdup_printf("its cuts towards the rest cost %.1f, %.2f for each of its %u routines",
                            step->own_cut, step->own_cut / MAX(1, n_routines), n_routines);
  return g_strdup_printf("%s; %u of %u functions ready, %u blocked", what, step->n_ready,
                         step->n_functions, step->n_blocked);
}

GArray *extraction_order(const struct proposal *proposal, const GArray *cuts,
                         const GPtrArray *functions)
{
  guint n = proposal->services->len;
  struct extraction extraction = {.proposal = proposal, .n = n};
  g_autofree double *price = extraction.price = g_new0(double, (gsize)MAX(n, 1) * MAX(n, 1));
  g_autofree guint32 *n_ready = extraction.n_ready = g_new0(guint32, MAX(n, 1));
  g_autofree guint32 *n_functions = extraction.n_functions = g_new0(guint32, MAX(n, 1));
  g_autofree guint32 *n_blocked = extraction.n_blocked = g_new0(guint32, MAX(n, 1));
  g_autofree bool *is_out = extraction.is_out = g_new0(bool, MAX(n, 1));
  for (guint i = 0; i < cuts->len; i++) {
    const struct cut *cut = &g_array_index(cuts, struct cut, i);
    price[(gsize)cut->from * n + cut->to] += cut->price;
    price[(gsize)cut->to * n + cut->from] += cut->price;
  }
  count_functions(&extraction, functions);
  GArray *steps = g_array_new(FALSE, FALSE, sizeof(struct extraction_step));
  g_array_set_clear_func(steps, step_clear);
  g_autofree bool *is_last = g_new0(bool, MAX(n, 1));
  for (guint i = 0; i < n; i++) {
    is_last[i] = is_frame(proposal, i);
  }
  for (guint round = 0; round < n; round++) {
    guint next = n;
    for (guint i = 0; i < n; i++) {
      bool is_better =
          next == n || is_last[i] < is_last[next] ||
          (is_last[i] == is_last[next] && burden(&extraction, i) < burden(&extraction, next));
      next = !is_out[i] && is_better ? i : next;
    }
    struct extraction_step step = {.service = next,
                                   .own_cut = own_cut(&extraction, next),
                                   .cut = cut_after(&extraction, next),
                                   .n_ready = n_ready[next],
                                   .n_functions = n_functions[next],
                                   .n_blocked = n_blocked[next]};
    step.reason =
        describe(&step, g_array_index(proposal->services, struct service, next).n_routines,
                 round + 1 == n && n > 1);
    is_out[next] = true;
    g_array_append_val(steps, step);
  }
  return steps;
}
