#include "splitter/host/metrics.h"

#include <string.h>

static const double bounds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                0.1,    0.25,  0.5,    1,     2.5,  5,     10};
#define N_BUCKETS (G_N_ELEMENTS(bounds) + 1)
#define N_OUTCOMES (OUTCOME_REFUSED + 1)

struct counters {
  guint64 n[N_OUTCOMES];
  guint64 n_cold;
  double init; /* seconds of all cold starts */
  guint64 buckets[N_BUCKETS];
  double sum;
  int64_t max_rss;
};

struct metrics {
  const struct project *project;
  struct counters *counters;
};

struct metrics *metrics_new(const struct project *project)
{
  struct metrics *metrics = g_new0(struct metrics, 1);
  metrics->project = project;
  metrics->counters = g_new0(struct counters, project->n_functions + 1);
  return metrics;
}

void metrics_free(struct metrics *metrics)
{
  if (metrics) {
    g_free(metrics->counters);
    g_free(metrics);
  }
}

void metrics_observe(struct metrics *metrics, const struct invocation_result *result)
{
  const struct project_function *function = project_find(metrics->project, result->function);
  struct counters *counters = &metrics->counters[function - metrics->project->functions];
  size_t bucket = 0;
  while (bucket < G_N_ELEMENTS(bounds) && result->duration > bounds[bucket]) {
    bucket++;
  }
  counters->n[result->outcome]++;
  counters->buckets[bucket]++;
  counters->sum += result->duration;
  counters->n_cold += result->is_cold;
  counters->init += result->init;
  counters->max_rss = MAX(counters->max_rss, result->max_rss);
}

static guint64 total(const struct counters *counters)
{
  guint64 n = 0;
  for (size_t i = 0; i < N_OUTCOMES; i++) {
    n += counters->n[i];
  }
  return n;
}

/* Upper end of the bucket that holds the P-th part. */
static double quantile(const struct counters *counters, double p)
{
  double rank = p * (double)total(counters);
  guint64 n = 0;
  for (size_t i = 0; i < G_N_ELEMENTS(bounds); i++) {
    n += counters->buckets[i];
    if (n > 0 && (double)n >= rank) {
      return bounds[i];
    }
  }
  return total(counters) > 0 ? bounds[G_N_ELEMENTS(bounds) - 1] : 0;
}

void metrics_totals(const struct metrics *metrics, size_t i, struct metrics_totals *totals)
{
  const struct counters *counters = &metrics->counters[i];
  guint64 n = total(counters);
  *totals = (struct metrics_totals){.n = n,
                                    .n_failed = n - counters->n[OUTCOME_OK],
                                    .n_cold = counters->n_cold,
                                    .mean = n > 0 ? counters->sum / (double)n : 0,
                                    .p50 = quantile(counters, 0.5),
                                    .p99 = quantile(counters, 0.99),
                                    .max_rss = counters->max_rss};
}

/* A label's value: backslash, quote and line feed escaped. */
static char *label(const char *text)
{
  g_autofree char *valid = g_utf8_make_valid(text, -1);
  GString *escaped = g_string_new(NULL);
  for (const char *at = valid; *at; at++) {
    if (*at == '\\' || *at == '"') {
      g_string_append_c(escaped, '\\');
    }
    if (*at == '\n') {
      g_string_append(escaped, "\\n");
    } else {
      g_string_append_c(escaped, *at);
    }
  }
  return g_string_free(escaped, FALSE);
}

static void heading(GString *text, const char *name, const char *kind, const char *about)
{
  g_string_append_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, about, name, kind);
}

static void add_number(GString *text, double value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];
  g_string_append(text, g_ascii_dtostr(buffer, sizeof buffer, value));
}

static void add_histogram(GString *text, const char *name, const struct counters *counters)
{
  guint64 n = 0;
  for (size_t i = 0; i < N_BUCKETS; i++) {
    n += counters->buckets[i];
    g_string_append_printf(text, "cleave_duration_seconds_bucket{function=\"%s\",le=\"", name);
    if (i < G_N_ELEMENTS(bounds)) {
      add_number(text, bounds[i]);
    } else {
      g_string_append(text, "+Inf");
    }
    g_string_append_printf(text, "\"} %" G_GUINT64_FORMAT "\n", n);
  }
  g_string_append_printf(text, "cleave_duration_seconds_sum{function=\"%s\"} ", name);
  add_number(text, counters->sum);
  g_string_append_printf(
      text, "\ncleave_duration_seconds_count{function=\"%s\"} %" G_GUINT64_FORMAT "\n", name, n);
}

/* One gauge of all functions; absent where it is negative. */
static void add_gauges(GString *text, const struct metrics *metrics, const char *name,
                       const char *about, const int64_t *values)
{
  heading(text, name, "gauge", about);
  for (size_t i = 0; i < metrics->project->n_functions; i++) {
    g_autofree char *function = label(metrics->project->functions[i].name);
    if (values[i] >= 0) {
      g_string_append_printf(text, "%s{function=\"%s\"} %" G_GINT64_FORMAT "\n", name, function,
                             values[i]);
    }
  }
}

static void add_counters(GString *text, const struct metrics *metrics)
{
  size_t n = metrics->project->n_functions;
  heading(text, "cleave_invocations_total", "counter", "Invocations that have ended.");
  for (size_t i = 0; i < n; i++) {
    g_autofree char *name = label(metrics->project->functions[i].name);
    for (int outcome = 0; outcome < N_OUTCOMES; outcome++) {
      g_string_append_printf(text,
                             "cleave_invocations_total{function=\"%s\",status=\"%s\"} "
                             "%" G_GUINT64_FORMAT "\n",
                             name, outcome_name((enum outcome)outcome),
                             metrics->counters[i].n[outcome]);
    }
  }
  heading(text, "cleave_cold_starts_total", "counter", "First invocations of an instance.");
  for (size_t i = 0; i < n; i++) {
    g_autofree char *name = label(metrics->project->functions[i].name);
    g_string_append_printf(text,
                           "cleave_cold_starts_total{function=\"%s\"} %" G_GUINT64_FORMAT "\n",
                           name, metrics->counters[i].n_cold);
  }
  heading(text, "cleave_init_seconds_total", "counter", "Time of all cold starts.");
  for (size_t i = 0; i < n; i++) {
    g_autofree char *name = label(metrics->project->functions[i].name);
    g_string_append_printf(text, "cleave_init_seconds_total{function=\"%s\"} ", name);
    add_number(text, metrics->counters[i].init);
    g_string_append_c(text, '\n');
  }
  heading(text, "cleave_duration_seconds", "histogram", "From hand-over to answer.");
  for (size_t i = 0; i < n; i++) {
    g_autofree char *name = label(metrics->project->functions[i].name);
    add_histogram(text, name, &metrics->counters[i]);
  }
}

static void add_sources(GString *text, const struct metrics_source *sources, size_t n_sources)
{
  heading(text, "cleave_source_messages_total", "counter",
          "Messages of back ends: received, done, failed, buried, unsure (not acknowledged).");
  for (size_t i = 0; i < n_sources; i++) {
    const struct metrics_source *source = &sources[i];
    const struct {
      const char *name;
      guint64 n;
    } counts[] = {{"received", source->n_received},
                  {"done", source->n_done},
                  {"failed", source->n_failed},
                  {"buried", source->n_buried},
                  {"unsure", source->n_unsure}};
    g_autofree char *function = label(source->function);
    g_autofree char *name = label(source->name);
    for (size_t k = 0; k < G_N_ELEMENTS(counts); k++) {
      g_string_append_printf(text,
                             "cleave_source_messages_total{function=\"%s\",source=\"%s:%s\","
                             "outcome=\"%s\"} %" G_GUINT64_FORMAT "\n",
                             function, source->kind, name, counts[k].name, counts[k].n);
    }
  }
}

char *metrics_text(const struct metrics *metrics, const struct metrics_now *now,
                   const struct metrics_source *sources, size_t n_sources)
{
  GString *text = g_string_new(NULL);
  size_t n = metrics->project->n_functions;
  g_autofree int64_t *values = g_new0(int64_t, n + 1);
  add_counters(text, metrics);
#define GAUGE(name, about, expression)                                                             \
  for (size_t i = 0; i < n; i++) {                                                                 \
    values[i] = (expression);                                                                      \
  }                                                                                                \
  add_gauges(text, metrics, name, about, values)
  GAUGE("cleave_instances", "Processes of the function.", now[i].n_instances);
  GAUGE("cleave_busy_instances", "Instances at work.", now[i].n_busy);
  GAUGE("cleave_waiting", "Invocations that wait for an instance.", now[i].n_waiting);
  GAUGE("cleave_memory_bytes", "Resident memory of all instances.", now[i].memory);
  GAUGE("cleave_peak_memory_bytes", "Highest resident memory of one instance.",
        metrics->counters[i].max_rss);
  GAUGE("cleave_queue_visible", "Messages that wait in the queue.", now[i].n_visible);
  GAUGE("cleave_queue_out", "Messages that are delivered or delayed.", now[i].n_out);
  GAUGE("cleave_queue_dead", "Dead letters.", now[i].n_dead);
#undef GAUGE
  if (n_sources > 0) {
    add_sources(text, sources, n_sources);
  }
  return g_string_free(text, FALSE);
}
