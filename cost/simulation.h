/* A function on a platform that starts an instance when none is free, call by call: cold starts,
 * instances, latency and billed time. Routing is newest instance first. Deterministic for a seed;
 * it reads no files and knows no prices.
 */
#ifndef CLEAVE_COST_SIMULATION_H
#define CLEAVE_COST_SIMULATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cost/keepalive.h"

enum arrivals {
  ARRIVALS_POISSON, /* at rate */
  ARRIVALS_DIURNAL, /* Poisson, its rate following 24 weights, over and over */
  ARRIVALS_BURSTY,  /* Poisson, switching between rate * burst and a quiet rest, mean rate kept */
  ARRIVALS_TRACE,   /* given times, once */
};

enum service {
  SERVICE_FIXED,       /* always the mean */
  SERVICE_EXPONENTIAL, /* around the mean */
  SERVICE_RECORDED,    /* durations of the trace, call by call */
};

struct simulation {
  uint64_t seed;
  uint64_t n_calls; /* fewer when a trace ends earlier */
  enum arrivals arrivals;
  double rate;         /* calls/s, mean */
  const double *hours; /* ARRIVALS_DIURNAL: 24 weights */
  double burst;        /* ARRIVALS_BURSTY: rate of a burst over the mean rate, more than 1 */
  double burst_s;      /* its mean length */
  const double *trace; /* ARRIVALS_TRACE: seconds, rising */
  const double *trace_durations; /* SERVICE_RECORDED: seconds */
  size_t n_trace;
  enum service service;
  double warm_s;    /* mean time of a warm call */
  double cold_s;    /* of a cold one, start included; SERVICE_RECORDED adds cold_s - warm_s */
  double init_s;    /* a fixed time that every cold call takes besides */
  double timeout_s; /* a call is cut off there; 0: never */
  double keep_s;    /* idle instances stay so long; 0: the curve decides */
  const struct keepalive_curve *curve;
  double hazard;              /* recycling, per second of an instance's life */
  unsigned int max_instances; /* 0: no limit; a call that finds none is refused */
  unsigned int provisioned;   /* instances that never end */
  unsigned int concurrency;   /* calls at a time in one instance; 0 and 1: one */
  double cpu_share;           /* with concurrency: vCPUs that one call keeps busy … */
  double vcpu;                /* … of so many; calls slow down when they exceed them */
  double step_s;              /* billed time is rounded up to it; 0: not rounded */
  bool starts_warm;           /* one idle instance at the start */
};

/* Latency classes of 1/64 of a power of two: quantiles are exact within 1.6 %. */
#define SIMULATION_CLASSES 4096

struct simulation_result {
  uint64_t n_calls; /* answered */
  uint64_t n_cold;
  uint64_t n_refused;
  uint64_t n_timeouts;
  uint64_t n_provisioned; /* answered by provisioned instances */
  double seconds;         /* simulated */
  double cold_share;      /* of the answered calls */
  double mean_instances;
  double mean_running; /* instances with at least one call */
  double mean_idle;
  unsigned int peak_instances;
  double billed_s; /* of calls; with concurrency, of instances */
  double mean_latency_s;
  uint32_t classes[SIMULATION_CLASSES];
};

/* O(n_calls * log instances). */
void simulation_run(const struct simulation *simulation, struct simulation_result *result);

/* The latency below which a share of the calls was answered, in seconds. */
double simulation_quantile(const struct simulation_result *result, double share);

#endif
