#include "splitter/replay/typed.h"

#include <string.h>
#include <unistd.h>

#include "splitter/replay/answers.h"
#include "splitter/replay/typed_case.h"

#define CLASSIFIED 100 /* cases per function that are asked again though others are like them */
#define SHRUNK 12      /* findings per function that are made simpler */

G_DEFINE_QUARK(cleave - typed - error - quark, typed_error)

struct run {
  const struct typed_options *options;
  struct typed_result *result;
  size_t n_done;
  size_t n_all;
};

const char *typed_kind_name(enum typed_kind kind)
{
  static const char *const names[] = {"answer", "history", "unsteady", "outcome", "both crash"};
  return names[kind];
}

static void finding_free(gpointer pointer)
{
  struct typed_finding *finding = pointer;
  json_decref(finding->input);
  g_free(finding->original);
  g_free(finding->function);
  g_ptr_array_unref(finding->differences);
  g_free(finding);
}

static void function_free(gpointer pointer)
{
  struct typed_function *function = pointer;
  g_free(function->skipped);
  g_ptr_array_unref(function->findings);
  g_free(function);
}

void typed_result_free(struct typed_result *result)
{
  if (!result) {
    return;
  }
  g_ptr_array_unref(result->functions);
  g_free(result);
}

static struct typed_function *add_function(struct typed_result *result, const char *name)
{
  struct typed_function *function = g_new0(struct typed_function, 1);
  function->name = name;
  function->findings = g_ptr_array_new_with_free_func(finding_free);
  g_ptr_array_add(result->functions, function);
  return function;
}

/* Whether both texts are the same but for the numbers in them, such as indexes. */
static bool same_but_numbers(const char *a, const char *b)
{
  while (*a && *b) {
    bool has_numbers = g_ascii_isdigit(*a) && g_ascii_isdigit(*b);
    if (!has_numbers && *a++ != *b++) {
      return false;
    }
    while (has_numbers && g_ascii_isdigit(*a)) {
      a++;
    }
    while (has_numbers && g_ascii_isdigit(*b)) {
      b++;
    }
  }
  return *a == *b;
}

/* The same first place, or the same deeds. */
static bool is_like(const struct typed_finding *finding, const struct typed_case *done)
{
  if ((finding->differences->len > 0) != (done->differences->len > 0)) {
    return false;
  }
  if (finding->differences->len == 0) {
    return same_but_numbers(finding->original, done->original) &&
           same_but_numbers(finding->function, done->function);
  }
  const struct answer_difference *a = finding->differences->pdata[0];
  const struct answer_difference *b = done->differences->pdata[0];
  return same_but_numbers(a->where, b->where);
}

/* Counts the case with those like it; false when there are none. KIND: NULL for any. */
static bool count_finding(struct typed_function *function, const enum typed_kind *kind,
                          const struct typed_case *done)
{
  for (guint i = 0; i < function->findings->len; i++) {
    struct typed_finding *finding = function->findings->pdata[i];
    if ((!kind || finding->kind == *kind) && is_like(finding, done)) {
      finding->n++;
      return true;
    }
  }
  return false;
}

static void add_finding(struct typed_function *function, enum typed_kind kind, guint64 index,
                        struct typed_case *done, bool is_shrunk)
{
  if (count_finding(function, &kind, done)) {
    return;
  }
  struct typed_finding *finding = g_new0(struct typed_finding, 1);
  finding->kind = kind;
  finding->index = index;
  finding->n = 1;
  finding->is_shrunk = is_shrunk;
  finding->input = json_incref(json_object_get(done->reply, "input"));
  finding->original = g_strdup(done->original);
  finding->function = g_strdup(done->function);
  finding->differences = g_ptr_array_ref(done->differences);
  g_ptr_array_add(function->findings, finding);
}

/* Asks again, and makes simpler what is a difference of a new kind. */
static bool examine(const struct typed_sides *sides, struct typed_function *function, guint64 index,
                    struct typed_case *done, GError **error)
{
  enum typed_kind kind = TYPED_DIFFERS;
  if (function->n_different > CLASSIFIED && count_finding(function, NULL, done)) {
    return true;
  }
  if (!typed_case_classify(sides, done, &kind, error)) {
    return false;
  }
  if (count_finding(function, &kind, done)) {
    return true;
  }
  bool is_shrunk =
      (kind == TYPED_DIFFERS || kind == TYPED_OUTCOME) && function->findings->len < SHRUNK;
  if (is_shrunk && !typed_case_shrink(sides, done, error)) {
    return false;
  }
  add_finding(function, kind, index, done, is_shrunk);
  return true;
}

static bool take_case(const struct typed_sides *sides, struct typed_function *function,
                      guint64 index, struct typed_case *done, GError **error)
{
  switch (done->verdict) {
  case TYPED_ALIKE_FAILED:
    function->n_failed++;
    function->n_alike++;
    return true;
  case TYPED_ALIKE:
    function->n_alike++;
    return true;
  case TYPED_ALIKE_CRASHED:
    function->n_both_crashed++;
    add_finding(function, TYPED_BOTH_CRASH, index, done, false);
    return true;
  case TYPED_UNFIT:
    function->n_unfit++;
    return true;
  case TYPED_NOT_STARTED:
    g_set_error(error, TYPED_ERROR, TYPED_ERROR_START, "the original of '%s' does not start: %s",
                sides->function, done->original);
    return false;
  default:
    function->n_different++;
    return examine(sides, function, index, done, error);
  }
}

static bool run_cases(struct run *run, const struct typed_sides *sides,
                      struct typed_function *function, GError **error)
{
  const struct typed_options *options = run->options;
  guint64 first = options->has_case ? options->only_case : 0;
  guint64 end = options->has_case ? first + 1 : function->n_boundary + options->n_random;
  run->n_all += (size_t)(end - first);
  for (guint64 i = first; i < end; i++) {
    struct typed_case done;
    if (!typed_case_run(sides, i, NULL, &done, error)) {
      return false;
    }
    bool is_good = take_case(sides, function, i, &done, error);
    typed_case_clear(&done);
    if (!is_good) {
      return false;
    }
    if (options->on_progress) {
      options->on_progress(++run->n_done, run->n_all, options->data);
    }
  }
  function->n_random = options->has_case ? first >= function->n_boundary : options->n_random;
  function->n_boundary = options->has_case ? first < function->n_boundary : function->n_boundary;
  run->result->n_cases += end - first;
  run->result->n_different += function->n_different;
  return true;
}

static bool run_function(struct run *run, const struct project_function *planned, GError **error)
{
  const struct typed_options *options = run->options;
  struct project_function asked = *planned;
  struct typed_function *function = add_function(run->result, planned->name);
  asked.max_instances = 1;
  asked.timeout_s = MIN(options->timeout_s, planned->timeout_s);
  if (options->platform && !platform_parse(options->platform, &asked.platform)) {
    g_set_error(error, TYPED_ERROR, TYPED_ERROR_UNKNOWN, "unknown platform '%s'",
                options->platform);
    return false;
  }
  if (access(planned->original, X_OK) != 0) {
    g_set_error(error, TYPED_ERROR, TYPED_ERROR_START,
                "'%s' is not built: cmake --build BUILD --target originals", planned->original);
    return false;
  }
  g_autoptr(original_owner) original = original_start(planned->original, error);
  g_autoptr(asker_owner) asker = original ? asker_new(&asked, error) : NULL;
  if (!asker) {
    return false;
  }
  int64_t n_boundary = original_n_boundary(original, planned->name);
  if (n_boundary < 0) {
    g_set_error(error, TYPED_ERROR, TYPED_ERROR_START, "'%s' does not know '%s': build it again",
                planned->original, planned->name);
    return false;
  }
  function->n_boundary = (guint64)n_boundary;
  struct typed_sides sides = {.function = planned->name,
                              .original = original,
                              .asker = asker,
                              .has_types = asked.platform == PROJECT_AWS,
                              .seed = options->seed,
                              .timeout_ms = asked.timeout_s * 1000};
  return run_cases(run, &sides, function, error);
}

static bool is_wanted(const struct typed_options *options, const char *name)
{
  return !options->functions[0] || g_strv_contains(options->functions, name);
}

static bool check_names(const struct typed_options *options, GError **error)
{
  for (const char *const *name = options->functions; *name; name++) {
    const struct project_function *function = project_find(options->project, *name);
    if (!function || !function->original) {
      g_set_error(error, TYPED_ERROR, TYPED_ERROR_UNKNOWN,
                  function ? "'%s' cannot be asked with drawn values: only functions with the "
                             "adapter call that nothing else wakes can"
                           : "there is no function '%s'",
                  *name);
      return false;
    }
  }
  return true;
}

struct typed_result *typed_run(const struct typed_options *options, GError **error)
{
  struct typed_result *result = g_new0(struct typed_result, 1);
  struct run run = {.options = options, .result = result};
  result->functions = g_ptr_array_new_with_free_func(function_free);
  result->seed = options->seed;
  bool is_good = check_names(options, error);
  for (size_t i = 0; is_good && i < options->project->n_functions; i++) {
    const struct project_function *function = &options->project->functions[i];
    if (!is_wanted(options, function->name)) {
      continue;
    }
    if (function->original) {
      is_good = run_function(&run, function, error);
    } else {
      add_function(result, function->name)->skipped =
          g_strdup_printf("woken by %s, or not typed", trigger_name(function->trigger));
    }
  }
  if (!is_good) {
    g_clear_pointer(&result, typed_result_free);
  }
  return result;
}
