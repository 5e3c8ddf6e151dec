#include "cost/simulation.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "cost/pool.h"
#include "cost/random.h"

/* Latency classes span 2^-30 s to 2^34 s. */
#define CLASS_BITS 6
#define LEAST_EXPONENT (1023 - 30)
#define SWEEP_EVERY 4096

/* One instance with room for several calls at a time. */
struct room {
  double busy_since; /* of the present busy time */
  double busy_until; /* of its last call */
  double *ends;      /* of the calls in each of its slots */
};

struct run {
  const struct simulation *simulation;
  struct simulation_result *result;
  struct random random;
  struct pool pool;
  struct pool kept; /* provisioned instances: asked first, never gone */
  double now;
  double gap;        /* mean time between calls */
  double quiet_rate; /* of bursty arrivals between the bursts */
  double switches;   /* when a burst begins or ends */
  bool is_burst;
  double hour_rates[24];
  double highest_rate;
  size_t position; /* in the trace */
  double lived;    /* instance-seconds of the instances that are gone */
  double running;  /* instance-seconds with a call */
  double latency;  /* sum */
};

static void count_latency(struct simulation_result *result, double seconds)
{
  uint64_t bits = 0;
  memcpy(&bits, &seconds, sizeof bits);
  int64_t class = (int64_t)(bits >> (52 - CLASS_BITS)) - ((int64_t)LEAST_EXPONENT << CLASS_BITS);
  class = class < 0 ? 0 : class >= SIMULATION_CLASSES ? SIMULATION_CLASSES - 1 : class;
  result->classes[class]++;
}

double simulation_quantile(const struct simulation_result *result, double share)
{
  double wanted = share * (double)result->n_calls;
  double seen = 0.0;
  for (int class = 0; class < SIMULATION_CLASSES; class ++) {
    seen += result->classes[class];
    if (seen >= wanted && result->classes[class] > 0) {
      double mantissa = 1.0 + ((class % (1 << CLASS_BITS)) + 0.5) / (1 << CLASS_BITS);
      return ldexp(mantissa, class / (1 << CLASS_BITS) + LEAST_EXPONENT - 1023);
    }
  }
  return 0.0;
}

static double bursty_arrival(struct run *run)
{
  const struct simulation *simulation = run->simulation;
  double now = run->now;
  for (;;) {
    double rate = run->is_burst ? simulation->rate * simulation->burst : run->quiet_rate;
    double next = rate > 0.0 ? now + random_exponential(&run->random) / rate : INFINITY;
    if (next < run->switches) {
      return next;
    }
    now = run->switches;
    run->is_burst = !run->is_burst;
    /* The quiet time is burst - 1 times as long, so that both together have the mean rate when
       nothing arrives in between. */
    double length =
        run->is_burst ? simulation->burst_s : simulation->burst_s * (simulation->burst - 1.0);
    run->switches = now + length * random_exponential(&run->random);
  }
}

/* Thinning: candidates at the highest rate, kept with the hour's share of it. */
static double diurnal_arrival(struct run *run)
{
  double now = run->now;
  for (;;) {
    now += random_exponential(&run->random) / run->highest_rate;
    int hour = (int)(fmod(now, 86400.0) / 3600.0);
    if (random_uniform(&run->random) * run->highest_rate < run->hour_rates[hour]) {
      return now;
    }
  }
}

static inline bool next_arrival(struct run *run)
{
  const struct simulation *simulation = run->simulation;
  switch (simulation->arrivals) {
  case ARRIVALS_POISSON:
    run->now += random_exponential(&run->random) * run->gap;
    return true;
  case ARRIVALS_DIURNAL:
    run->now = diurnal_arrival(run);
    return true;
  case ARRIVALS_BURSTY:
    run->now = bursty_arrival(run);
    return true;
  case ARRIVALS_TRACE:
    if (run->position == simulation->n_trace) {
      return false;
    }
    run->now = simulation->trace[run->position++];
    return true;
  }
  return false;
}

static inline double draw_duration(struct run *run, bool is_cold)
{
  const struct simulation *simulation = run->simulation;
  double mean = is_cold ? simulation->cold_s : simulation->warm_s;
  double init = is_cold ? simulation->init_s : 0.0;
  if (simulation->service == SERVICE_EXPONENTIAL) {
    return mean * random_exponential(&run->random) + init;
  }
  if (simulation->service == SERVICE_RECORDED) {
    double recorded = simulation->trace_durations[run->position - 1];
    return is_cold ? recorded + simulation->cold_s - simulation->warm_s + init : recorded;
  }
  return mean + init;
}

static inline double billed(const struct simulation *simulation, double seconds)
{
  return simulation->step_s > 0.0 ? ceil(seconds / simulation->step_s - 1e-9) * simulation->step_s
                                  : seconds;
}

/* An instance is gone when it was recycled, or idle for too long; its life then ends in between. */
static inline bool is_gone(struct run *run, unsigned int place, double *end)
{
  const struct simulation *simulation = run->simulation;
  double free_at = pool_free_at(&run->pool, place);
  double idle = run->now - free_at;
  if (run->pool.recycled[place] < run->now) {
    *end = fmax(run->pool.recycled[place], free_at);
    return true;
  }
  if (simulation->keep_s > 0.0) {
    *end = free_at + simulation->keep_s;
    return idle > simulation->keep_s;
  }
  double draw = random_uniform(&run->random);
  if (draw >= keepalive_gone(simulation->curve, idle)) {
    return false;
  }
  *end = free_at + fmin(idle, keepalive_quantile(simulation->curve, draw));
  return true;
}

static void end_instance(struct run *run, unsigned int place, double end)
{
  run->lived += end - run->pool.created[place];
  pool_remove(&run->pool, place);
}

/* Removes what has certainly gone though no call has asked for it, so that the index stays small.
 */
static void sweep(struct run *run)
{
  const struct simulation *simulation = run->simulation;
  double certain = simulation->keep_s > 0.0
                       ? simulation->keep_s
                       : simulation->curve->points[simulation->curve->n_points - 1].idle_s;
  for (unsigned int place = 0; place < run->pool.n_used; place++) {
    double free_at = pool_free_at(&run->pool, place);
    double end = 0.0;
    if (isfinite(free_at) && run->now - free_at > certain && is_gone(run, place, &end)) {
      end_instance(run, place, end);
    }
  }
}

/* The newest free instance that is still there, or POOL_NONE. */
static inline unsigned int take_warm(struct run *run)
{
  for (;;) {
    unsigned int place = pool_find(&run->pool, run->now);
    double end = 0.0;
    if (place == POOL_NONE || !is_gone(run, place, &end)) {
      return place;
    }
    end_instance(run, place, end);
  }
}

static double draw_recycling(struct run *run)
{
  double hazard = run->simulation->hazard;
  return hazard > 0.0 ? run->now + random_exponential(&run->random) / hazard : INFINITY;
}

static bool has_room(struct run *run)
{
  unsigned int limit = run->simulation->max_instances;
  if (limit == 0 || run->pool.n_live < limit) {
    return true;
  }
  sweep(run);
  return run->pool.n_live < limit;
}

/* One call on an instance of its own: a provisioned one, a warm one, or a new one. */
static inline void serve(struct run *run)
{
  const struct simulation *simulation = run->simulation;
  struct simulation_result *result = run->result;
  unsigned int kept = simulation->provisioned > 0 ? pool_find(&run->kept, run->now) : POOL_NONE;
  unsigned int place = kept == POOL_NONE ? take_warm(run) : POOL_NONE;
  bool is_cold = kept == POOL_NONE && place == POOL_NONE;
  if (is_cold && !has_room(run)) {
    result->n_refused++;
    return;
  }
  double seconds = draw_duration(run, is_cold);
  if (simulation->timeout_s > 0.0 && seconds > simulation->timeout_s) {
    seconds = simulation->timeout_s;
    result->n_timeouts++;
  }
  if (is_cold) {
    result->n_cold++;
    pool_add(&run->pool, run->now, run->now + seconds, draw_recycling(run));
    result->peak_instances =
        MAX(result->peak_instances, run->pool.n_live + simulation->provisioned);
  } else if (kept != POOL_NONE) {
    result->n_provisioned++;
    pool_set(&run->kept, kept, run->now + seconds);
  } else {
    pool_set(&run->pool, place, run->now + seconds);
  }
  result->n_calls++;
  run->running += seconds;
  run->latency += seconds;
  result->billed_s += billed(simulation, seconds);
  count_latency(result, seconds);
}

static void run_init(struct run *run, const struct simulation *simulation,
                     struct simulation_result *result)
{
  memset(run, 0, sizeof *run);
  memset(result, 0, sizeof *result);
  run->simulation = simulation;
  run->result = result;
  run->gap = 1.0 / simulation->rate;
  random_init(&run->random, simulation->seed);
  pool_init(&run->pool);
  if (simulation->arrivals == ARRIVALS_TRACE && simulation->n_trace > 0) {
    run->now = simulation->trace[0];
  }
  pool_init(&run->kept);
  for (unsigned int i = 0; i < simulation->provisioned && simulation->concurrency <= 1; i++) {
    pool_add(&run->kept, run->now, run->now, INFINITY);
  }
  if (simulation->starts_warm) {
    pool_add(&run->pool, run->now, run->now, draw_recycling(run));
  }
  if (simulation->arrivals == ARRIVALS_DIURNAL) {
    double sum = 0.0;
    for (int hour = 0; hour < 24; hour++) {
      sum += simulation->hours[hour];
    }
    for (int hour = 0; hour < 24; hour++) {
      run->hour_rates[hour] = simulation->rate * 24.0 * simulation->hours[hour] / sum;
      run->highest_rate = fmax(run->highest_rate, run->hour_rates[hour]);
    }
  }
}

/* Ends the lives of the instances that are still there with the simulated time. */
static void finish_pool(struct run *run, const struct pool *pool)
{
  for (unsigned int place = 0; place < pool->n_used; place++) {
    double free_at = pool_free_at(pool, place);
    if (isfinite(free_at)) {
      run->lived += run->now - pool->created[place];
      run->running -= fmax(0.0, free_at - run->now);
    }
  }
}

static void run_finish(struct run *run, double start)
{
  struct simulation_result *result = run->result;
  sweep(run);
  finish_pool(run, &run->pool);
  finish_pool(run, &run->kept);
  result->seconds = run->now - start;
  double n_calls = (double)MAX(1, result->n_calls);
  result->cold_share = (double)result->n_cold / n_calls;
  result->mean_latency_s = run->latency / n_calls;
  if (result->seconds > 0.0) {
    result->mean_instances = run->lived / result->seconds;
    result->mean_running = run->running / result->seconds;
    result->mean_idle = result->mean_instances - result->mean_running;
  }
  pool_clear(&run->pool);
  pool_clear(&run->kept);
}

/* ends[] of a room's slots: how many calls are under way, and a free slot. */
static unsigned int room_calls(const struct room *room, unsigned int n_slots, double now,
                               unsigned int *free_slot)
{
  unsigned int n_calls = 0;
  for (unsigned int i = 0; i < n_slots; i++) {
    if (room->ends[i] > now) {
      n_calls++;
    } else {
      *free_slot = i;
    }
  }
  return n_calls;
}

/* When the room has a free slot next. */
static double room_free_at(const struct room *room, unsigned int n_slots)
{
  double earliest = INFINITY;
  for (unsigned int i = 0; i < n_slots; i++) {
    earliest = fmin(earliest, room->ends[i]);
  }
  return earliest;
}

static struct room *room_new(unsigned int n_slots, double now)
{
  struct room *room = g_new0(struct room, 1);
  room->ends = g_new0(double, n_slots);
  for (unsigned int i = 0; i < n_slots; i++) {
    room->ends[i] = -INFINITY;
  }
  room->busy_since = now;
  room->busy_until = now;
  return room;
}

static void room_free(gpointer data)
{
  struct room *room = data;
  g_free(room->ends);
  g_free(room);
}

/* The newest instance with a free slot that is not gone; idle ones may have ended. */
static struct room *take_room(struct run *run, GPtrArray *rooms, unsigned int n_slots)
{
  const struct simulation *simulation = run->simulation;
  for (unsigned int i = rooms->len; i-- > 0;) {
    struct room *room = rooms->pdata[i];
    if (room_free_at(room, n_slots) > run->now) {
      continue;
    }
    double idle = run->now - room->busy_until;
    bool is_kept = i < simulation->provisioned || idle <= 0.0;
    double gone = simulation->keep_s > 0.0 ? idle > simulation->keep_s
                                           : keepalive_gone(simulation->curve, fmax(idle, 0.0));
    if (is_kept || random_uniform(&run->random) >= gone) {
      return room;
    }
    run->running += room->busy_until - room->busy_since;
    run->result->billed_s += billed(simulation, room->busy_until - room->busy_since);
    run->lived += idle;
    g_ptr_array_remove_index(rooms, i);
  }
  return NULL;
}

static void serve_shared(struct run *run, GPtrArray *rooms)
{
  const struct simulation *simulation = run->simulation;
  struct simulation_result *result = run->result;
  unsigned int n_slots = simulation->concurrency;
  unsigned int slot = 0;
  struct room *room = take_room(run, rooms, n_slots);
  bool is_cold = room == NULL;
  if (is_cold && simulation->max_instances > 0 && rooms->len >= simulation->max_instances) {
    result->n_refused++;
    return;
  }
  if (is_cold) {
    room = room_new(n_slots, run->now);
    g_ptr_array_add(rooms, room);
    result->n_cold++;
    result->peak_instances = MAX(result->peak_instances, rooms->len);
  }
  unsigned int n_others = room_calls(room, n_slots, run->now, &slot);
  /* Processor sharing: calls slow down once together they want more than the vCPUs. */
  double slower = simulation->vcpu > 0.0
                      ? fmax(1.0, (n_others + 1) * simulation->cpu_share / simulation->vcpu)
                      : 1.0;
  double seconds = draw_duration(run, is_cold) * slower;
  if (simulation->timeout_s > 0.0 && seconds > simulation->timeout_s) {
    seconds = simulation->timeout_s;
    result->n_timeouts++;
  }
  if (run->now > room->busy_until) { /* a new busy time: the last one is billed */
    run->running += room->busy_until - room->busy_since;
    result->billed_s += billed(simulation, room->busy_until - room->busy_since);
    run->lived += run->now - room->busy_until;
    room->busy_since = run->now;
  }
  room->ends[slot] = run->now + seconds;
  room->busy_until = fmax(room->busy_until, run->now + seconds);
  result->n_calls++;
  run->latency += seconds;
  count_latency(result, seconds);
}

static void run_shared(struct run *run, double start)
{
  const struct simulation *simulation = run->simulation;
  struct simulation_result *result = run->result;
  g_autoptr(GPtrArray) rooms = g_ptr_array_new_with_free_func(room_free);
  for (unsigned int i = 0; i < simulation->provisioned; i++) {
    g_ptr_array_add(rooms, room_new(simulation->concurrency, run->now));
  }
  for (uint64_t i = 0; i < simulation->n_calls && next_arrival(run); i++) {
    serve_shared(run, rooms);
  }
  for (unsigned int i = 0; i < rooms->len; i++) {
    const struct room *room = rooms->pdata[i];
    run->running += room->busy_until - room->busy_since;
    result->billed_s += billed(simulation, room->busy_until - room->busy_since);
    run->lived += fmax(0.0, run->now - room->busy_until);
  }
  run->lived += run->running;
  run_finish(run, start);
}

void simulation_run(const struct simulation *simulation, struct simulation_result *result)
{
  struct run run;
  run_init(&run, simulation, result);
  double start = run.now;
  if (simulation->concurrency > 1) {
    run_shared(&run, start);
    return;
  }
  for (uint64_t i = 0; i < simulation->n_calls && next_arrival(&run); i++) {
    if (i % SWEEP_EVERY == SWEEP_EVERY - 1) {
      sweep(&run);
    }
    serve(&run);
  }
  run_finish(&run, start);
}
