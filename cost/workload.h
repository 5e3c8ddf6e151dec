/* workload.yaml: how often the outside world calls each entry, how long a call takes and what
 * latency is promised. It knows nothing of plans and prices.
 */
#ifndef CLEAVE_COST_WORKLOAD_H
#define CLEAVE_COST_WORKLOAD_H

#include <glib.h>
#include <stdbool.h>

#include "cost/range.h"

/* The 24 hours of a day and the 7 days of a week as weights. */
struct shape {
  const char *name;
  double hours[24];
};

struct workload_entry {
  char *name; /* of the entry, function or routine; may hold * and ? */
  struct range per_day;
  bool has_duration;
  struct range duration_ms;
  bool has_memory;
  struct range memory_mb;
  bool has_payload;
  struct range payload_kb; /* in and out together */
  bool has_cpu_share;
  struct range cpu_share;    /* share of the duration that computes, 0 to 1 */
  const struct shape *shape; /* of the day */
  bool is_workdays;          /* five of seven days */
  double burst;              /* peak within the busiest hour over that hour's mean */
  unsigned int line;
};

struct workload {
  char *name; /* of the file */
  double days;
  bool has_free_tier;
  bool is_arm_allowed;
  double p99_ms;  /* objective; 0: none stated */
  double max_use; /* of an always-on fleet's CPUs */
  bool survives_zone;
  GPtrArray *entries; /* struct workload_entry *, in file order */
};

/* COST_ERROR_FILE or YAML_ERROR with file, line and column. */
struct workload *workload_read(const char *path, GError **error);
struct workload *workload_parse(const char *text, gsize length, const char *name, GError **error);
void workload_free(struct workload *workload);
typedef struct workload workload_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(workload_t, workload_free)

/* The first entry whose name matches one of the words (a route, a function, a routine), or NULL. */
const struct workload_entry *workload_find(const struct workload *workload,
                                           const char *const *words, unsigned int n_words);

const struct shape *shape_find(const char *name);

/* The busiest hour's rate over the month's mean, bursts included. */
double workload_peak_factor(const struct workload_entry *entry);

#endif
