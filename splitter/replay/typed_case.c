#include "splitter/replay/typed_case.h"

#include <string.h>

#include "splitter/replay/answers.h"
#include "splitter/replay/exact.h"

#define N_DETAILS 8
#define SHRINK_LIMIT 250   /* calls per finding */
#define SHRINK_US 10000000 /* and time */

/* What a side did, the same words for both. */
enum deed { ANSWERED, FAILED, CRASHED, TIMED_OUT };

struct account {
  enum deed deed;
  char *type; /* of a failure, or "" */
  char *text; /* for the report */
};

static void account_clear(struct account *account)
{
  g_free(account->type);
  g_free(account->text);
}

static const char *text_of(const json_t *object, const char *name)
{
  const char *text = json_string_value(json_object_get(object, name));
  return text ? text : "";
}

static void tell_original(const json_t *reply, struct account *account)
{
  const char *outcome = text_of(reply, "outcome");
  account->type = g_strdup(text_of(reply, "error"));
  if (strcmp(outcome, "answered") == 0) {
    account->deed = ANSWERED;
    account->text = g_strdup("answered");
  } else if (strcmp(outcome, "failed") == 0) {
    account->deed = FAILED;
    account->text = g_strdup_printf("%s (by its contract)", account->type);
  } else if (strcmp(outcome, "timeout") == 0) {
    account->deed = TIMED_OUT;
    account->text = g_strdup("no answer in time");
  } else if (strcmp(outcome, "crashed") == 0) {
    const char *note = text_of(reply, "note");
    account->deed = CRASHED;
    account->text = g_strdup_printf("crashed with SIG%s%s%s", text_of(reply, "signal"),
                                    *note ? ": " : "", note);
  } else {
    account->deed = CRASHED;
    account->text = g_strdup_printf("ended with exit code %" JSON_INTEGER_FORMAT,
                                    json_integer_value(json_object_get(reply, "code")));
  }
}

/* The message of an error as the runtime writes it, or the body's beginning. */
static char *message_of(const struct asked *asked)
{
  json_t *body = json_loadb(asked->body, asked->n_body, JSON_ALLOW_NUL, NULL);
  const char *message = json_string_value(json_object_get(body, "errorMessage"));
  g_autofree char *valid = g_utf8_make_valid(message ? message : asked->body, -1);
  char *text =
      g_utf8_strlen(valid, -1) > 200 ? g_utf8_substring(valid, 0, 200) : g_steal_pointer(&valid);
  json_decref(body);
  return text;
}

static void tell_function(const struct asked *asked, struct account *account)
{
  g_autofree char *message = asked->outcome == OUTCOME_OK ? NULL : message_of(asked);
  account->type = g_strdup(asked->error_type);
  if (asked->outcome == OUTCOME_OK) {
    account->deed = ANSWERED;
    account->text = g_strdup("answered");
    return;
  }
  bool is_late =
      asked->outcome == OUTCOME_TIMEOUT || g_str_has_prefix(asked->error_type, "Function.Deadline");
  bool has_died = asked->outcome == OUTCOME_CRASH || asked->outcome == OUTCOME_MEMORY ||
                  g_str_has_prefix(asked->error_type, "Function.Crash") ||
                  g_str_has_prefix(asked->error_type, "Function.Exit");
  account->deed = is_late ? TIMED_OUT : has_died ? CRASHED : FAILED;
  account->text = asked->http_status > 0
                      ? g_strdup_printf("status %d: %s", asked->http_status, message)
                      : g_strdup_printf("%s: %s", asked->error_type, message);
}

void typed_case_clear(struct typed_case *done)
{
  json_decref(done->reply);
  g_free(done->original);
  g_free(done->function);
  g_clear_pointer(&done->differences, g_ptr_array_unref);
  memset(done, 0, sizeof *done);
}

/* Both answered: bit for bit. */
static enum typed_verdict compare_answers(struct typed_case *done, const struct asked *asked)
{
  json_t *answer =
      json_loadb(asked->body, asked->n_body, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
  if (!answer) {
    g_free(done->function);
    done->function = g_strdup("an answer that is no JSON object");
    return TYPED_DIFFERENT_OUTCOME;
  }
  size_t n =
      exact_compare(json_object_get(done->reply, "output"), answer, N_DETAILS, done->differences);
  json_decref(answer);
  return n > 0 ? TYPED_DIFFERENT : TYPED_ALIKE;
}

static enum typed_verdict judge(const struct typed_sides *sides, struct typed_case *done,
                                const struct asked *asked)
{
  struct account original;
  struct account function;
  tell_original(done->reply, &original);
  tell_function(asked, &function);
  done->original = g_strdup(original.text);
  done->function = g_strdup(function.text);
  enum typed_verdict verdict = TYPED_DIFFERENT_OUTCOME;
  if (original.deed == ANSWERED && function.deed == ANSWERED) {
    verdict = compare_answers(done, asked);
  } else if (original.deed == FAILED && function.deed == FAILED) {
    bool is_alike = !sides->has_types || strcmp(original.type, function.type) == 0;
    verdict = is_alike ? TYPED_ALIKE_FAILED : TYPED_DIFFERENT_OUTCOME;
  } else if (original.deed == function.deed) {
    verdict = TYPED_ALIKE_CRASHED;
  }
  account_clear(&original);
  account_clear(&function);
  return verdict;
}

bool typed_case_run(const struct typed_sides *sides, guint64 index, json_t *choices,
                    struct typed_case *done, GError **error)
{
  struct original_request request = {.function = sides->function,
                                     .seed = sides->seed,
                                     .index = index,
                                     .choices = choices,
                                     .timeout_ms = sides->timeout_ms};
  memset(done, 0, sizeof *done);
  done->differences = g_ptr_array_new_with_free_func(answer_difference_free);
  done->reply = original_ask(sides->original, &request, error);
  if (!done->reply) {
    typed_case_clear(done);
    return false;
  }
  const json_t *input = json_object_get(done->reply, "input");
  if (!input) {
    bool is_unfit = strcmp(text_of(done->reply, "outcome"), "unfit") == 0;
    done->verdict = is_unfit ? TYPED_UNFIT : TYPED_NOT_STARTED;
    done->original = g_strdup(text_of(done->reply, "message"));
    return true;
  }
  struct asked asked;
  char *text = json_dumps(input, JSON_COMPACT | JSON_ENCODE_ANY);
  asker_ask(sides->asker, text, &asked);
  free(text);
  done->verdict = judge(sides, done, &asked);
  asked_clear(&asked);
  return true;
}

static json_t *choices_of(const struct typed_case *done)
{
  return json_object_get(done->reply, "choices");
}

static bool is_difference(enum typed_verdict verdict)
{
  return verdict == TYPED_DIFFERENT || verdict == TYPED_DIFFERENT_OUTCOME;
}

bool typed_case_classify(const struct typed_sides *sides, const struct typed_case *done,
                         enum typed_kind *kind, GError **error)
{
  struct typed_case again;
  *kind = done->verdict == TYPED_DIFFERENT ? TYPED_DIFFERS : TYPED_OUTCOME;
  asker_renew(sides->asker);
  if (!typed_case_run(sides, 0, choices_of(done), &again, error)) {
    return false;
  }
  const json_t *first = json_object_get(done->reply, "output");
  const json_t *second = json_object_get(again.reply, "output");
  bool is_steady = (first == second || json_equal(first, second)) &&
                   strcmp(text_of(done->reply, "outcome"), text_of(again.reply, "outcome")) == 0;
  if (!is_steady) {
    *kind = TYPED_UNSTEADY;
  } else if (!is_difference(again.verdict)) {
    *kind = TYPED_HISTORY;
  }
  typed_case_clear(&again);
  return true;
}

/* Tries CHOICES; keeps them in DONE when they have the same verdict. */
static bool try(const struct typed_sides *sides, struct typed_case *done, json_t *choices,
                bool *is_kept, GError **error)
{
  struct typed_case tried;
  if (!typed_case_run(sides, 0, choices, &tried, error)) {
    return false;
  }
  *is_kept = tried.verdict == done->verdict;
  if (*is_kept) {
    struct typed_case old = *done;
    *done = tried;
    typed_case_clear(&old);
  } else {
    typed_case_clear(&tried);
  }
  return true;
}

/* A copy of the choices with one of them changed; NULL when that would change nothing. */
static json_t *with_choice(const json_t *choices, size_t i, unsigned step)
{
  const char *text = json_string_value(json_array_get(choices, i));
  guint64 value = text ? g_ascii_strtoull(text, NULL, 10) : 0;
  guint64 smaller = step == 0 ? 0 : step == 1 ? value / 2 : value - 1;
  if (value == 0 || (step > 0 && smaller == 0)) {
    return NULL;
  }
  json_t *copy = json_copy((json_t *)choices);
  g_autofree char *digits = g_strdup_printf("%" G_GUINT64_FORMAT, smaller);
  json_array_set_new(copy, i, json_string(digits));
  return copy;
}

static json_t *without_tail(const json_t *choices, size_t n)
{
  json_t *copy = json_copy((json_t *)choices);
  while (json_array_size(copy) > n) {
    json_array_remove(copy, json_array_size(copy) - 1);
  }
  return copy;
}

struct shrinking {
  unsigned n_calls;
  gint64 deadline;
};

static bool may_go_on(struct shrinking *shrinking)
{
  return shrinking->n_calls++ < SHRINK_LIMIT && g_get_monotonic_time() < shrinking->deadline;
}

/* Everything behind the first N choices plain, N as small as can be. */
static bool cut_tail(const struct typed_sides *sides, struct typed_case *done,
                     struct shrinking *shrinking, GError **error)
{
  size_t low = 0;
  size_t high = json_array_size(choices_of(done));
  while (low < high && may_go_on(shrinking)) {
    size_t middle = (low + high) / 2;
    bool is_kept = false;
    json_t *choices = without_tail(choices_of(done), middle);
    bool is_good = try(sides, done, choices, &is_kept, error);
    json_decref(choices);
    if (!is_good) {
      return false;
    }
    *(is_kept ? &high : &low) = is_kept ? middle : middle + 1;
  }
  return true;
}

/* One choice after the other: plain, half, one less. */
static bool lower(const struct typed_sides *sides, struct typed_case *done,
                  struct shrinking *shrinking, bool *has_changed, GError **error)
{
  for (size_t i = 0; i < json_array_size(choices_of(done)); i++) {
    for (unsigned step = 0; step < 3 && may_go_on(shrinking); step++) {
      bool is_kept = false;
      json_t *choices = with_choice(choices_of(done), i, step);
      if (choices && !try(sides, done, choices, &is_kept, error)) {
        json_decref(choices);
        return false;
      }
      json_decref(choices);
      *has_changed = *has_changed || is_kept;
      if (is_kept) {
        break;
      }
    }
  }
  return true;
}

bool typed_case_shrink(const struct typed_sides *sides, struct typed_case *done, GError **error)
{
  struct shrinking shrinking = {0, g_get_monotonic_time() + SHRINK_US};
  bool has_changed = true;
  if (!cut_tail(sides, done, &shrinking, error)) {
    return false;
  }
  while (has_changed && may_go_on(&shrinking)) {
    has_changed = false;
    if (!lower(sides, done, &shrinking, &has_changed, error)) {
      return false;
    }
  }
  return true;
}
