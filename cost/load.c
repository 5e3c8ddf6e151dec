#include "cost/load.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cost/load_internal.h"

#include "store/results.h"

/* Assumptions for what nobody measured or stated; docs/cost.md gives the reasons. */
static const struct range assumed_per_day = {100, 1000, 10000};
static const struct range assumed_direct_per_day = {1, 10, 100};
static const struct range assumed_duration_ms = {2, 10, 60};
static const struct range assumed_memory_mb = {24, 64, 160};
static const struct range assumed_init_ms = {50, 95, 400};
static const struct range assumed_payload_kb = {0.5, 4, 40};
static const struct range assumed_cpu_share = {0.2, 0.5, 1};

void load_free(gpointer data)
{
  struct load *load = data;
  g_free(load->name);
  g_free(load->service);
  g_free(load->trigger);
  g_free(load->key);
  g_free(load);
}

void cut_load_free(gpointer data)
{
  struct cut_load *cut = data;
  g_free(cut->from_service);
  g_free(cut->to_service);
  g_free(cut->what);
  g_free(cut);
}

void loads_free(struct loads *loads)
{
  if (loads == NULL) {
    return;
  }
  g_ptr_array_unref(loads->functions);
  g_ptr_array_unref(loads->services);
  g_ptr_array_unref(loads->cuts);
  g_ptr_array_unref(loads->notes);
  g_free(loads);
}

/* Times per day that one cron field set (minute or hour) fires out of limit. */
static double cron_count(const char *field, double limit)
{
  if (strcmp(field, "*") == 0) {
    return limit;
  }
  if (g_str_has_prefix(field, "*/")) {
    double step = g_ascii_strtod(field + 2, NULL);
    return step > 0.0 ? limit / step : 0.0;
  }
  double n_values = 1.0;
  for (const char *at = field; *at != '\0'; at++) {
    n_values += *at == ',';
  }
  return g_ascii_isdigit(field[0]) ? n_values : 0.0;
}

static double cron_per_day(char *const *fields)
{
  double days = strcmp(fields[4], "*") == 0 ? 1.0 : cron_count(fields[4], 7.0) / 7.0;
  double of_month = strcmp(fields[2], "*") == 0 ? 1.0 : cron_count(fields[2], 30.0) / 30.0;
  const char *span = strchr(fields[4], '-');
  if (span != NULL && g_ascii_isdigit(fields[4][0])) {
    days = (g_ascii_strtod(span + 1, NULL) - g_ascii_strtod(fields[4], NULL) + 1.0) / 7.0;
  }
  return cron_count(fields[0], 60.0) * cron_count(fields[1], 24.0) * days * of_month;
}

double schedule_per_day(const char *key)
{
  static const struct {
    const char *word;
    double per_day;
  } words[] = {{"minutely", 1440}, {"hourly", 24},      {"daily", 1},
               {"nightly", 1},     {"weekly", 1 / 7.0}, {"monthly", 1 / 30.0}};
  g_auto(GStrv) fields = g_strsplit(key, " ", -1);
  if (g_strv_length(fields) == 5) {
    return cron_per_day(fields);
  }
  for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
    if (strcmp(key[0] == '@' ? key + 1 : key, words[i].word) == 0) {
      return words[i].per_day;
    }
  }
  char *end = NULL;
  double period = g_ascii_strtod(key, &end);
  double unit = strcmp(end, "h") == 0                   ? 3600.0
                : strcmp(end, "m") == 0                 ? 60.0
                : strcmp(end, "s") == 0 || *end == '\0' ? 1.0
                                                        : 0.0;
  return end != key && period > 0.0 && unit > 0.0 ? 86400.0 / (period * unit) : 0.0;
}

static int compare_doubles(gconstpointer a, gconstpointer b)
{
  double left = *(const double *)a;
  double right = *(const double *)b;
  return (left > right) - (left < right);
}

/* Mean in the middle, the mean's uncertainty from the spread of the records. */
static struct range measured_range(GArray *values)
{
  double sum = 0.0;
  double squares = 0.0;
  double n = values->len;
  for (unsigned int i = 0; i < values->len; i++) {
    double value = g_array_index(values, double, i);
    sum += value;
    squares += value * value;
  }
  double mean = sum / n;
  double deviation = n > 1 ? sqrt(fmax(0.0, squares / n - mean * mean) / (n - 1)) : mean / 2;
  return (struct range){fmax(0.0, mean - 2 * deviation), mean, mean + 2 * deviation};
}

struct measurement {
  GArray *durations_ms;
  GArray *inits_ms;
  double max_rss_mb;
};

static void measurement_free(gpointer data)
{
  struct measurement *measurement = data;
  g_array_unref(measurement->durations_ms);
  g_array_unref(measurement->inits_ms);
  g_free(measurement);
}

/* Function name -> struct measurement * of its answered invocations. */
GHashTable *load_measurements(struct store *store, GError **error)
{
  g_autoptr(record_set) records =
      store_load(store, &result_invocation_table, "function, started, id", error);
  if (records == NULL) {
    return NULL;
  }
  GHashTable *all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, measurement_free);
  for (size_t i = 0; i < records->n; i++) {
    const struct result_invocation *record = record_at(records, result_invocation, i);
    struct measurement *measurement = g_hash_table_lookup(all, record->function);
    if (strcmp(record->status, "ok") != 0) {
      continue;
    }
    if (measurement == NULL) {
      measurement = g_new0(struct measurement, 1);
      measurement->durations_ms = g_array_new(FALSE, FALSE, sizeof(double));
      measurement->inits_ms = g_array_new(FALSE, FALSE, sizeof(double));
      g_hash_table_replace(all, g_strdup(record->function), measurement);
    }
    double duration = record->duration * 1000.0;
    double init = record->init * 1000.0;
    g_array_append_val(measurement->durations_ms, duration);
    if (record->is_cold && init > 0.0) {
      g_array_append_val(measurement->inits_ms, init);
    }
    measurement->max_rss_mb = fmax(measurement->max_rss_mb, (double)record->max_rss / 1048576.0);
  }
  return all;
}

void load_apply_measurement(struct load *load, const struct measurement *measurement)
{
  if (measurement == NULL) {
    return;
  }
  load->n_measured = measurement->durations_ms->len;
  load->duration_ms = measured_range(measurement->durations_ms);
  load->duration_source = LOAD_MEASURED;
  if (measurement->inits_ms->len > 0) {
    g_array_sort(measurement->inits_ms, compare_doubles);
    load->init_ms = (struct range){
        g_array_index(measurement->inits_ms, double, 0),
        g_array_index(measurement->inits_ms, double, measurement->inits_ms->len / 2),
        g_array_index(measurement->inits_ms, double, measurement->inits_ms->len - 1)};
  }
  if (measurement->max_rss_mb > 0.0) {
    double peak = measurement->max_rss_mb;
    load->memory_mb = (struct range){peak, peak * 1.2, peak * 2.0};
    load->memory_source = LOAD_MEASURED;
  }
}

void load_apply_workload(struct load *load, const struct workload_entry *entry)
{
  load->entry = entry;
  if (entry == NULL) {
    double scheduled = strcmp(load->trigger, "schedule") == 0 ? schedule_per_day(load->key) : 0.0;
    if (scheduled > 0.0) {
      load->per_day = range_exact(scheduled);
      load->rate_source = LOAD_STATED;
    }
    return;
  }
  load->per_day = entry->per_day;
  load->rate_source = LOAD_STATED;
  load->peak_factor = workload_peak_factor(entry);
  if (entry->has_duration && load->duration_source != LOAD_MEASURED) {
    load->duration_ms = entry->duration_ms;
    load->duration_source = LOAD_STATED;
  }
  if (entry->has_memory && load->memory_source != LOAD_MEASURED) {
    load->memory_mb = entry->memory_mb;
    load->memory_source = LOAD_STATED;
  }
  if (entry->has_payload) {
    load->payload_kb = entry->payload_kb;
  }
  if (entry->has_cpu_share) {
    load->cpu_share = entry->cpu_share;
  }
}

struct load *load_new(const struct plan_function *function, const char *service)
{
  struct load *load = g_new0(struct load, 1);
  load->name = g_strdup(function->name);
  load->service = g_strdup(service);
  load->trigger = g_strdup(function->trigger);
  load->key = g_strdup(function->key);
  load->per_day =
      strcmp(function->trigger, "direct") == 0 ? assumed_direct_per_day : assumed_per_day;
  load->duration_ms = assumed_duration_ms;
  load->memory_mb = assumed_memory_mb;
  load->init_ms = assumed_init_ms;
  load->payload_kb = assumed_payload_kb;
  load->cpu_share = assumed_cpu_share;
  load->rate_source = LOAD_ASSUMED;
  load->duration_source = LOAD_ASSUMED;
  load->memory_source = LOAD_ASSUMED;
  load->peak_factor = 2.0;
  return load;
}
