/* The simulator against measurements: keep-alive curves of 2025 and request logs of 2020. Skipped
 * without the shared data. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cost/recycling.h"
#include "cost/simulation.h"
#include "tests/cost/fixture.h"

static const char *data_file(const char *name, char **path)
{
  const char *data = g_getenv("CLEAVE_DATA");
  *path = data != NULL ? g_build_filename(data, "cost", name, NULL)
                       : g_build_filename(g_getenv("CLEAVE_SOURCE_DIR"), "..", "shared", "data",
                                          "cost", name, NULL);
  return *path;
}

/* Every measured point of 2025 within two percentage points: probes after a fixed idle time. */
static void test_curves(void)
{
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  g_assert_true(
      g_file_get_contents(data_file("keep_alive/keep_alive_2025.csv", &path), &text, NULL, NULL));
  const size_t n_probes = g_test_slow() ? 20000 : 8000;
  g_autofree double *probes = g_new(double, n_probes);
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  unsigned int n_points = 0;
  double worst = 0.0;
  for (char **line = lines + 1; *line != NULL && **line != '\0'; line++) {
    g_auto(GStrv) cells = g_strsplit(*line, ",", -1);
    double idle = g_ascii_strtod(cells[1], NULL);
    for (size_t i = 0; i < n_probes; i++) {
      probes[i] = (double)i * idle;
    }
    const struct simulation simulation = {
        .seed = 3,
        .n_calls = n_probes,
        .arrivals = ARRIVALS_TRACE,
        .trace = probes,
        .n_trace = n_probes,
        .warm_s = 1e-9,
        .cold_s = 1e-9,
        .curve = keepalive_curve(cells[0]),
        .starts_warm = true,
    };
    struct simulation_result result;
    simulation_run(&simulation, &result);
    double distance = fabs(result.cold_share - g_ascii_strtod(cells[5], NULL));
    worst = fmax(worst, distance);
    g_assert_cmpfloat(distance, <=, 0.02);
    n_points++;
  }
  g_test_message("%u points, worst %.2f points", n_points, 100 * worst);
  g_assert_cmpuint(n_points, ==, 61);
}

/* Cells of a CSV line with quotes. */
static GPtrArray *split_csv(const char *line)
{
  GPtrArray *cells = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GString) cell = g_string_new(NULL);
  bool is_quoted = false;
  for (const char *at = line;; at++) {
    if (*at == '\0' || (*at == ',' && !is_quoted)) {
      g_ptr_array_add(cells, g_strdup(cell->str));
      g_string_truncate(cell, 0);
      if (*at == '\0') {
        return cells;
      }
    } else if (*at == '"') {
      is_quoted = !is_quoted;
    } else {
      g_string_append_c(cell, *at);
    }
  }
}

struct log_file {
  GArray *starts;
  GArray *durations;
  size_t n_cold;
};

static bool read_log(const char *name, struct log_file *log)
{
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  g_autofree char *relative = g_build_filename("lambda_logs", name, NULL);
  if (!g_file_get_contents(data_file(relative, &path), &text, NULL, NULL)) {
    return false;
  }
  log->starts = g_array_new(FALSE, FALSE, sizeof(double));
  log->durations = g_array_new(FALSE, FALSE, sizeof(double));
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (char **line = lines + 1; *line != NULL && **line != '\0'; line++) {
    g_autoptr(GPtrArray) cells = split_csv(*line);
    double start = g_ascii_strtod(cells->pdata[18], NULL);
    double duration = g_ascii_strtod(cells->pdata[20], NULL);
    double billed = g_ascii_strtod(cells->pdata[15], NULL);
    g_assert_cmpfloat(billed, ==, ceil(g_ascii_strtod(cells->pdata[14], NULL) / 100) * 100);
    g_array_append_val(log->starts, start);
    g_array_append_val(log->durations, duration);
    log->n_cold += strcmp(cells->pdata[1], "True") == 0;
  }
  return true;
}

/* Fitted on three runs, tested on the fourth, four times: mean error at most 15 %. */
static void test_folds(void)
{
  static const char *const names[] = {
      "res-01-2020-05-28_01-57-40.csv", "res-01-2020-06-06_22-39-19.csv",
      "res-01-2020-06-10_22-20-08.csv", "res-01-2020-06-18_23-36-37.csv"};
  struct log_file files[4] = {0};
  struct request_log logs[4];
  for (int i = 0; i < 4; i++) {
    g_assert_true(read_log(names[i], &files[i]));
    logs[i] = (struct request_log){(const double *)(const void *)files[i].starts->data,
                                   (const double *)(const void *)files[i].durations->data,
                                   files[i].starts->len, files[i].n_cold};
  }
  double sum = 0.0;
  for (int left_out = 0; left_out < 4; left_out++) {
    struct request_log others[3];
    for (int i = 0, n = 0; i < 4; i++) {
      if (i != left_out) {
        others[n++] = logs[i];
      }
    }
    struct recycling fitted = recycling_fit(others, 3, g_test_slow() ? 20 : 5);
    double predicted = recycling_replay(&logs[left_out], fitted, g_test_slow() ? 400 : 200);
    double error = fabs(predicted / (double)logs[left_out].n_cold - 1);
    g_test_message("without %s: keep %.0f s, hazard %.2f/h; %.1f cold starts, %zu recorded, "
                   "error %.1f %%",
                   names[left_out], fitted.keep_s, fitted.hazard * 3600, predicted,
                   logs[left_out].n_cold, 100 * error);
    sum += error;
  }
  g_test_message("mean error of the four folds: %.1f %%", 100 * sum / 4);
  g_assert_cmpfloat(sum / 4, <=, 0.15);
  for (int i = 0; i < 4; i++) {
    g_array_unref(files[i].starts);
    g_array_unref(files[i].durations);
  }
}

int main(int argc, char **argv)
{
  g_autofree char *path = NULL;
  g_test_init(&argc, &argv, NULL);
  if (!g_file_test(data_file("lambda_logs", &path), G_FILE_TEST_IS_DIR)) {
    printf("1..0 # SKIP %s is missing\n", path);
    return 77;
  }
  g_test_add_func("/measurements/curves", test_curves);
  g_test_add_func("/measurements/folds", test_folds);
  return g_test_run();
}
