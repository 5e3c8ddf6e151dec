#include "cleave_state.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"

#define TRIES 10000

static json_t *json(const cleave_value *value)
{
  return (json_t *)(uintptr_t)value;
}

/* The store that CLEAVE_STATE names, opened once per process. */
static struct cleave_store *the_store(struct cleave_error *error)
{
  static struct cleave_store store;
  const char *address = getenv("CLEAVE_STATE");
  if (store.load) {
    return &store;
  }
  if (!address || !*address) {
    address = "sqlite:cleave-state.db";
  }
  int failed = -1;
  if (strncmp(address, "sqlite:", 7) == 0) {
    failed = cleave_store_open_sqlite(&store, address + 7, error);
  } else if (strncmp(address, "redis://", 8) == 0) {
    failed = cleave_store_open_redis(&store, address + 8, error);
  } else {
    cleave_error_set(error, 500, "Function.State",
                     "CLEAVE_STATE is sqlite:FILE or redis://HOST:PORT");
  }
  return failed ? NULL : &store;
}

/* One run between load and store: 0 done, 1 the record was changed meanwhile, -1 failed. */
struct run {
  struct cleave_state *state;
  struct cleave_store *store;
  cleave_invoke invoke;
  cleave_consume consume;
  const struct cleave_event *event;
  const struct cleave_message *message;
  struct cleave_reply *reply;
  struct cleave_error *error;
};

static json_t *written(struct run *run, json_t *record)
{
  struct cleave_marshal marshal;
  cleave_marshal_begin(&marshal, run->error);
  run->state->write(&marshal, (cleave_value *)record);
  int is_endless = marshal.is_endless;
  cleave_marshal_end(&marshal);
  if (is_endless) {
    json_decref(record);
    cleave_error_set(run->error, 500, "Function.State", "the state leads back to itself");
    return NULL;
  }
  return record;
}

static int set_variables(struct run *run, const json_t *record)
{
  struct cleave_marshal marshal;
  json_t *whole = json_copy(json(run->state->initial));
  json_object_update(whole, (json_t *)(uintptr_t)record);
  cleave_marshal_begin(&marshal, run->error);
  int failed = run->state->read(&marshal, (const cleave_value *)whole);
  if (failed && run->error && run->error->status == 400) {
    run->error->status = 500; /* the store's fault, not the caller's */
  }
  cleave_marshal_end(&marshal);
  json_decref(whole);
  return failed;
}

static int call(struct run *run)
{
  return run->consume ? run->consume(run->message, run->error)
                      : run->invoke(run->event, run->reply, run->error);
}

static int store_record(struct run *run, const json_t *record, int64_t version)
{
  json_t *next = written(run, json_copy((json_t *)(uintptr_t)record));
  if (!next || json_equal(next, (json_t *)(uintptr_t)record)) {
    json_decref(next);
    return next ? 0 : -1;
  }
  char *text = json_dumps(next, JSON_COMPACT | JSON_SORT_KEYS);
  json_decref(next);
  int result = text ? run->store->swap(run->store->self, run->state->key, version, text, run->error)
                    : cleave_error_set(run->error, 500, "Function.State", "the state is no JSON");
  free(text);
  return result;
}

static int run_once(struct run *run)
{
  char *text = NULL;
  int64_t version = 0;
  if (run->store->load(run->store->self, run->state->key, &text, &version, run->error) != 0) {
    return -1;
  }
  struct cleave_bytes bytes = {text, text ? strlen(text) : 0};
  json_t *record = text ? cleave_json_parse(bytes, run->error) : json_object();
  free(text);
  if (!json_is_object(record)) {
    json_decref(record);
    return cleave_error_set(run->error, 500, "Function.State", "the stored record is no object");
  }
  int result = set_variables(run, record);
  result = result ? result : call(run);
  result = result ? -1 : store_record(run, record, version);
  json_decref(record);
  return result;
}

/* The longer it takes, the longer the pause: others get through. */
static void pause_briefly(unsigned n)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  long limit = 100000L << (n < 7 ? n : 7);
  struct timespec length = {0, now.tv_nsec % limit};
  nanosleep(&length, NULL);
}

static int run_until_stored(struct run *run)
{
  run->store = the_store(run->error);
  if (!run->store) {
    return -1;
  }
  if (!run->state->initial) {
    run->state->initial = (cleave_value *)written(run, json_object());
    if (!run->state->initial) {
      return -1;
    }
  }
  for (unsigned i = 0; i < TRIES; i++) {
    int result = run_once(run);
    if (result <= 0) {
      return result;
    }
    if (run->reply) {
      cleave_reply_clear(run->reply);
    }
    if (cleave_deadline_ms_left() < 50) {
      break;
    }
    pause_briefly(i);
  }
  return cleave_error_set(run->error, 503, "Function.StateConflict",
                          "others changed the state each time before it could be stored");
}

int cleave_state_invoke(struct cleave_state *state, cleave_invoke invoke,
                        const struct cleave_event *event, struct cleave_reply *reply,
                        struct cleave_error *error)
{
  struct run run = {
      .state = state, .invoke = invoke, .event = event, .reply = reply, .error = error};
  return run_until_stored(&run);
}

int cleave_state_consume(struct cleave_state *state, cleave_consume consume,
                         const struct cleave_message *message, struct cleave_error *error)
{
  struct run run = {.state = state, .consume = consume, .message = message, .error = error};
  return run_until_stored(&run);
}
