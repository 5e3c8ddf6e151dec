/* Figures of the host's functions, as text for Prometheus.
 *
 * Source: Prometheus text exposition format 0.0.4. */
#ifndef CLEAVE_HOST_METRICS_H
#define CLEAVE_HOST_METRICS_H

#include <glib.h>

#include "splitter/host/project.h"
#include "splitter/host/watcher.h"

struct metrics;

/* PROJECT must outlive it. */
struct metrics *metrics_new(const struct project *project);
void metrics_free(struct metrics *metrics);

/* One invocation has ended. O(functions). */
void metrics_observe(struct metrics *metrics, const struct invocation_result *result);

/* What is true now of function I, beside the counters. */
struct metrics_now {
  unsigned n_instances;
  unsigned n_busy;
  unsigned n_waiting;
  int64_t memory;
  int64_t n_visible; /* messages of its queue; -1: it has none */
  int64_t n_out;
  int64_t n_dead;
};

/* What came of the messages of a back end. */
struct metrics_source {
  const char *function;
  const char *kind;
  const char *name; /* of the queue */
  guint64 n_received;
  guint64 n_done;
  guint64 n_failed;
  guint64 n_buried;
  guint64 n_unsure;
};

/* The whole page; NOW has one element per function. A new string. */
char *metrics_text(const struct metrics *metrics, const struct metrics_now *now,
                   const struct metrics_source *sources, size_t n_sources);

/* Totals of function I, for a table. */
struct metrics_totals {
  guint64 n;
  guint64 n_failed;
  guint64 n_cold;
  double mean; /* seconds */
  double p50;  /* seconds, upper ends of the buckets */
  double p99;
  int64_t max_rss;
};
void metrics_totals(const struct metrics *metrics, size_t i, struct metrics_totals *totals);

#endif
