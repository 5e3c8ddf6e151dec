#include "splitter/replay/replay.h"

#include <event2/event.h>
#include <math.h>
#include <string.h>

#include "splitter/host/upstream.h"
#include "splitter/replay/translation.h"

#define MAX_HEADERS ((size_t)64 * 1024)
#define MAX_BODY ((size_t)64 * 1024 * 1024)

G_DEFINE_QUARK(cleave - replay - error, replay_error)

enum { MONOLITH, FUNCTIONS, N_SIDES };

struct side {
  struct upstream *upstream;  /* NULL: not asked */
  struct translation *onward; /* recorded values to those of this side, for requests */
  struct translation *back;   /* values of this side to those it is compared with */
  struct replay_side *figures;
};

struct run {
  const struct replay_options *options;
  struct event_base *base;
  struct replay_result *result;
  struct side sides[N_SIDES];
  size_t next;      /* entry to be sent */
  size_t n_waiting; /* entries on their way */
  size_t n_done;
  struct event *timer; /* next entry in the recorded rhythm */
  gint64 begun;
};

/* An answer that is kept until the other side's is there. */
struct kept {
  struct answer answer;
  GArray *headers;
  GStringChunk *strings;
};

/* One entry on its way to all sides. */
struct trip {
  struct run *run;
  size_t index;
  unsigned n_open;
  struct kept kept[N_SIDES];
};

struct leg {
  struct trip *trip;
  unsigned side;
};

static void kept_clear(struct kept *kept)
{
  if (kept->headers) {
    g_array_unref(kept->headers);
    g_string_chunk_free(kept->strings);
    g_bytes_unref(kept->answer.body);
  }
}

static void keep(struct kept *kept, const struct upstream_answer *answer)
{
  kept->headers = g_array_new(FALSE, FALSE, sizeof(struct cleave_field));
  kept->strings = g_string_chunk_new(512);
  for (size_t i = 0; answer->fields && i < answer->fields->n_items; i++) {
    struct cleave_field field = {
        g_string_chunk_insert(kept->strings, answer->fields->items[i].name),
        g_string_chunk_insert(kept->strings, answer->fields->items[i].value)};
    g_array_append_val(kept->headers, field);
  }
  kept->answer.status = answer->status;
  kept->answer.headers = (const struct cleave_field *)(const void *)kept->headers->data;
  kept->answer.n_headers = kept->headers->len;
  kept->answer.body = answer->status == 0
                          ? g_bytes_new(answer->problem, strlen(answer->problem) + 1)
                          : g_bytes_new(answer->body, answer->n_body);
}

static void add_onward(const char *recorded, const char *actual, void *data)
{
  translation_add(data, recorded, actual);
}

static void add_back(const char *left, const char *right, void *data)
{
  translation_add(data, right, left);
}

/* The answer as the other run would have written it. */
static void translate_answer(struct kept *kept, const struct translation *translation)
{
  for (guint i = 0; i < kept->headers->len; i++) {
    struct cleave_field *field = &g_array_index(kept->headers, struct cleave_field, i);
    gsize n = 0;
    g_autofree char *text =
        translation_apply(translation, field->value, strlen(field->value), false, &n);
    field->value = g_string_chunk_insert(kept->strings, text);
  }
  gsize n = 0;
  const char *body = g_bytes_get_data(kept->answer.body, &n);
  gsize n_new = 0;
  char *text = translation_apply(translation, body ? body : "", n, false, &n_new);
  g_bytes_unref(kept->answer.body);
  kept->answer.body = g_bytes_new_take(text, n_new);
}

static struct answer recorded_answer(const struct har_entry *entry)
{
  return (struct answer){entry->status, entry->answer_headers, entry->n_answer_headers,
                         entry->answer_body};
}

static void finding_free(void *pointer)
{
  struct replay_finding *finding = pointer;
  g_ptr_array_unref(finding->differences);
  g_free(finding);
}

/* All answers to an entry are there. */
static void judge(struct trip *trip)
{
  struct run *run = trip->run;
  const struct replay_rules *rules = run->options->rules;
  struct answer recorded = recorded_answer(har_at(run->options->har, trip->index));
  struct side *sides = run->sides;
  for (unsigned i = 0; i < N_SIDES; i++) {
    if (sides[i].upstream && trip->kept[i].answer.status != 0) {
      answers_carry(&recorded, &trip->kept[i].answer, rules, add_onward, sides[i].onward);
    }
  }
  bool has_both = sides[MONOLITH].upstream && sides[FUNCTIONS].upstream;
  unsigned judged = sides[FUNCTIONS].upstream ? FUNCTIONS : MONOLITH;
  struct kept *right = &trip->kept[judged];
  const struct answer *left = has_both ? &trip->kept[MONOLITH].answer : &recorded;
  if (right->answer.status != 0) {
    answers_carry(left, &right->answer, rules, add_back, sides[judged].back);
    translate_answer(right, sides[judged].back);
  }
  g_autoptr(GPtrArray) differences = g_ptr_array_new_with_free_func(answer_difference_free);
  struct replay_result *result = run->result;
  switch (answers_compare(left, &right->answer, rules, run->options->n_details, differences)) {
  case ANSWERS_IDENTICAL:
    result->n_identical++;
    return;
  case ANSWERS_EQUAL:
    result->n_equal++;
    return;
  case ANSWERS_DIFFERENT:
    break;
  }
  struct replay_finding *finding = g_new0(struct replay_finding, 1);
  finding->index = trip->index;
  finding->differences = g_steal_pointer(&differences);
  g_ptr_array_add(result->findings, finding);
  result->n_different++;
}

static void go_on(struct run *run);

static void on_answer(const struct upstream_answer *answer, void *data)
{
  g_autofree struct leg *leg = data;
  struct trip *trip = leg->trip;
  struct run *run = trip->run;
  struct replay_side *figures = run->sides[leg->side].figures;
  keep(&trip->kept[leg->side], answer);
  if (answer->status == 0) {
    figures->n_failures++;
  } else {
    figures->n_answers++;
    g_array_append_val(figures->seconds, answer->seconds);
  }
  if (--trip->n_open > 0) {
    return;
  }
  judge(trip);
  for (unsigned i = 0; i < N_SIDES; i++) {
    kept_clear(&trip->kept[i]);
  }
  g_free(trip);
  run->n_waiting--;
  run->n_done++;
  if (run->options->on_progress) {
    run->options->on_progress(run->n_done, run->options->har->entries->len, run->options->data);
  }
  go_on(run);
}

static void send_leg(struct trip *trip, unsigned which)
{
  struct side *side = &trip->run->sides[which];
  const struct har_entry *entry = har_at(trip->run->options->har, trip->index);
  g_autoptr(GArray) headers = g_array_new(FALSE, FALSE, sizeof(struct cleave_field));
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
  for (size_t i = 0; i < entry->n_headers; i++) {
    struct cleave_field field = entry->headers[i];
    if (g_ascii_strcasecmp(field.name, "accept-encoding") == 0) {
      continue; /* recordings hold decoded bodies */
    }
    gsize n = 0;
    char *value = translation_apply(side->onward, field.value, strlen(field.value), false, &n);
    g_ptr_array_add(texts, value);
    field.value = value;
    g_array_append_val(headers, field);
  }
  gsize n_body = 0;
  gsize n_sent = 0;
  gsize n_target = 0;
  const char *body = g_bytes_get_data(entry->body, &n_body);
  g_autofree char *sent = translation_apply(side->onward, body ? body : "", n_body, false, &n_sent);
  g_autofree char *target =
      translation_apply(side->onward, entry->target, strlen(entry->target), true, &n_target);
  struct upstream_request request = {
      .method = entry->method,
      .target = target,
      .headers = (const struct cleave_field *)(const void *)headers->data,
      .n_headers = headers->len,
      .body = sent,
      .n_body = n_sent,
      .timeout_ms = trip->run->options->timeout_ms,
  };
  struct leg *leg = g_new0(struct leg, 1);
  leg->trip = trip;
  leg->side = which;
  upstream_send(side->upstream, &request, on_answer, leg);
}

static void send_entry(struct run *run, size_t index)
{
  struct trip *trip = g_new0(struct trip, 1);
  trip->run = run;
  trip->index = index;
  run->n_waiting++;
  run->result->n_sent++;
  for (unsigned i = 0; i < N_SIDES; i++) {
    trip->n_open += run->sides[i].upstream != NULL;
  }
  for (unsigned i = 0; i < N_SIDES; i++) {
    if (run->sides[i].upstream) {
      send_leg(trip, i);
    }
  }
}

/* Moves to the next entry that the rules let through; false at the end. */
static bool find_next(struct run *run)
{
  const struct har *har = run->options->har;
  while (run->next < har->entries->len &&
         replay_rules_skips(run->options->rules, har_at(har, run->next)->method,
                            har_at(har, run->next)->target)) {
    run->result->n_skipped++;
    run->next++;
  }
  return run->next < har->entries->len;
}

/* Sends what is due. */
static void go_on(struct run *run)
{
  if (!run->options->has_timing) {
    if (run->n_waiting == 0 && find_next(run)) {
      send_entry(run, run->next++);
    }
  } else {
    while (find_next(run)) {
      double due = har_at(run->options->har, run->next)->offset / run->options->speed;
      double wait = due - (double)(g_get_monotonic_time() - run->begun) / 1e6;
      if (wait > 0) {
        struct timeval time = {.tv_sec = (time_t)wait,
                               .tv_usec = (suseconds_t)((wait - floor(wait)) * 1e6)};
        evtimer_add(run->timer, &time);
        return;
      }
      send_entry(run, run->next++);
    }
  }
  if (run->n_waiting == 0 && !find_next(run)) {
    event_base_loopbreak(run->base);
  }
}

static void on_timer(evutil_socket_t fd, short what, void *data)
{
  (void)fd;
  (void)what;
  go_on(data);
}

static int by_value(const void *left, const void *right)
{
  double a = *(const double *)left;
  double b = *(const double *)right;
  return (a > b) - (a < b);
}

static int by_index(const void *left, const void *right)
{
  size_t a = (*(struct replay_finding *const *)left)->index;
  size_t b = (*(struct replay_finding *const *)right)->index;
  return (a > b) - (a < b);
}

static bool open_sides(struct run *run, GError **error)
{
  struct wire_limits limits = {MAX_HEADERS, MAX_BODY};
  const char *urls[N_SIDES] = {run->options->monolith, run->options->functions};
  struct replay_side *figures[N_SIDES] = {&run->result->monolith, &run->result->functions};
  for (unsigned i = 0; i < N_SIDES; i++) {
    struct side *side = &run->sides[i];
    side->onward = translation_new();
    side->back = translation_new();
    side->figures = figures[i];
    g_autoptr(GError) reason = NULL;
    if (urls[i] && !(side->upstream = upstream_from_url(run->base, urls[i], limits, &reason))) {
      g_set_error_literal(error, REPLAY_ERROR, 0, reason->message);
      return false;
    }
  }
  return true;
}

static struct replay_result *result_new(void)
{
  struct replay_result *result = g_new0(struct replay_result, 1);
  result->findings = g_ptr_array_new_with_free_func(finding_free);
  result->monolith.seconds = g_array_new(FALSE, FALSE, sizeof(double));
  result->functions.seconds = g_array_new(FALSE, FALSE, sizeof(double));
  return result;
}

struct replay_result *replay_run(const struct replay_options *options, GError **error)
{
  g_autoptr(replay_result_owner) result = result_new();
  struct run run = {.options = options, .base = event_base_new(), .result = result};
  run.timer = evtimer_new(run.base, on_timer, &run);
  bool is_good = open_sides(&run, error);
  if (is_good && options->har->entries->len > 0) {
    run.begun = g_get_monotonic_time();
    event_active(run.timer, EV_TIMEOUT, 0);
    event_base_dispatch(run.base);
  }
  for (unsigned i = 0; i < N_SIDES; i++) {
    upstream_free(run.sides[i].upstream);
    translation_free(run.sides[i].onward);
    translation_free(run.sides[i].back);
  }
  event_free(run.timer);
  event_base_free(run.base);
  g_array_sort(result->monolith.seconds, by_value);
  g_array_sort(result->functions.seconds, by_value);
  g_ptr_array_sort(result->findings, by_index);
  return is_good ? g_steal_pointer(&result) : NULL;
}

void replay_result_free(struct replay_result *result)
{
  if (result) {
    g_ptr_array_unref(result->findings);
    g_array_unref(result->monolith.seconds);
    g_array_unref(result->functions.seconds);
    g_free(result);
  }
}

double replay_percentile(const GArray *seconds, double p)
{
  if (seconds->len == 0) {
    return 0;
  }
  double rank = ceil(p / 100.0 * seconds->len);
  guint index = rank < 1 ? 0 : (guint)rank - 1;
  return g_array_index(seconds, double, index < seconds->len ? index : seconds->len - 1);
}
