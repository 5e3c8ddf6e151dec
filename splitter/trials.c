#include "splitter/trials.h"

#include <string.h>

#include "splitter/words.h"

static const char *const trial_words[] = {
    "tests",   "testing", "testsuite", "unittest",  "unittests", "selftest",
    "regress", "example", "examples",  "sample",    "samples",   "demo",
    "demos",   "bench",   "benches",   "benchmark", "fuzz",      "benchmarks",
    "fuzzing", "fuzzer",  "fuzzers",   NULL};

/* Whether WORD, one of N of a name, says that what bears the name tries something out. `test` by
 * itself may be a program of its own (coreutils has one); `test_queue` and `testapp` are not. */
static bool is_trial_word(const char *word, guint n, bool is_folder)
{
  bool is_test = g_str_has_prefix(word, "test") && (is_folder || n > 1 || strlen(word) > 4);
  return is_test || g_strv_contains(trial_words, word);
}

static bool is_trial_name(const char *name, bool is_folder)
{
  g_auto(GStrv) words = words_of_identifier(name);
  guint n = g_strv_length(words);
  bool is_trial = is_folder && strcmp(name, "t") == 0;
  for (guint i = 0; i < n && !is_trial; i++) {
    is_trial = is_trial_word(words[i], n, is_folder);
  }
  return is_trial;
}

char *trials_reason_of_path(const char *path)
{
  g_auto(GStrv) parts = g_strsplit(path, "/", -1);
  guint n = g_strv_length(parts);
  for (guint i = 0; i + 1 < n; i++) {
    if (is_trial_name(parts[i], true)) {
      g_autofree char *folder = g_path_get_dirname(path);
      return g_strdup_printf("lies in %s", folder);
    }
  }
  g_autofree char *stem = n > 0 ? g_strndup(parts[n - 1], strcspn(parts[n - 1], ".")) : NULL;
  return stem != NULL && is_trial_name(stem, false) ? g_strdup_printf("is named %s", parts[n - 1])
                                                    : NULL;
}

/* One program of the facts: its rows in program_set. */
struct program {
  const char *name;
  size_t first;
  size_t end;
  char *reason; /* why it is a trial, or NULL */
};

struct trials {
  const struct monolith *monolith;
  GHashTable *number_of_file; /* path -> number in monolith->files */
  GArray *programs;           /* struct program; what nothing links is none */
  bool *has_main;             /* per file */
  char **of_file;             /* per file: why it is left out, or NULL */
};

static guint32 file_number(const struct trials *trials, const char *path)
{
  gpointer number = NULL;
  bool is_known = g_hash_table_lookup_extended(trials->number_of_file, path, NULL, &number);
  return is_known ? GPOINTER_TO_UINT(number) : MONOLITH_NONE;
}

static const char *file_of_row(const struct trials *trials, size_t row)
{
  return record_at(trials->monolith->program_set, fact_program, row)->file;
}

static char *reason_of_program(const struct trials *trials, const struct program *program)
{
  bool has_main = false;
  bool are_all_trials = true;
  char *reason = NULL;
  for (size_t row = program->first; row < program->end; row++) {
    const char *path = file_of_row(trials, row);
    guint32 file = file_number(trials, path);
    bool is_main = file != MONOLITH_NONE && trials->has_main[file];
    g_autofree char *why = trials_reason_of_path(path);
    are_all_trials &= why != NULL;
    if (why != NULL && (reason == NULL || (is_main && !has_main))) {
      g_free(reason);
      reason = g_strdup_printf(is_main ? "its main %s" : "all of it %s", why);
    } else if (why == NULL && is_main) {
      g_free(reason);
      return NULL; /* a main of the tree itself */
    }
    has_main |= is_main;
  }
  if (!has_main && !are_all_trials) {
    g_clear_pointer(&reason, g_free);
  }
  return reason;
}

static void find_programs(struct trials *trials)
{
  const struct record_set *rows = trials->monolith->program_set;
  for (size_t first = 0, end = 0; first < rows->n; first = end) {
    const struct fact_program *head = record_at(rows, fact_program, first);
    while (end < rows->n &&
           strcmp(record_at(rows, fact_program, end)->program, head->program) == 0) {
      end++;
    }
    struct program program = {head->program, first, end, NULL};
    if (strcmp(head->source, "nothing links it") != 0) {
      program.reason = reason_of_program(trials, &program);
      g_array_append_val(trials->programs, program);
    }
  }
}

/* Files that lie or are named as trials and that no other program holds. */
static void find_files(struct trials *trials)
{
  const struct monolith *monolith = trials->monolith;
  guint n_files = monolith->files->len;
  g_autofree bool *is_held = g_new0(bool, MAX(n_files, 1));
  g_autofree const struct program **trial_of =
      (const struct program **)g_new0(gpointer, MAX(n_files, 1));
  for (guint i = 0; i < trials->programs->len; i++) {
    const struct program *program = &g_array_index(trials->programs, struct program, i);
    for (size_t row = program->first; row < program->end; row++) {
      guint32 file = file_number(trials, file_of_row(trials, row));
      if (file != MONOLITH_NONE) {
        is_held[file] |= program->reason == NULL;
        trial_of[file] =
            program->reason != NULL && trial_of[file] == NULL ? program : trial_of[file];
      }
    }
  }
  for (guint file = 0; file < n_files; file++) {
    const struct program *program = trial_of[file];
    g_autofree char *why =
        is_held[file] ? NULL : trials_reason_of_path(g_ptr_array_index(monolith->files, file));
    if (why != NULL) {
      trials->of_file[file] =
          program != NULL
              ? g_strdup_printf("of %s, which tries things out: %s", program->name, program->reason)
              : g_strdup_printf("tries things out: %s, and no program of the tree needs it", why);
    }
  }
}

/* A file that people put somewhere brings everything that is linked with it. */
static void bring_back(struct trials *trials, guint32 file)
{
  g_clear_pointer(&trials->of_file[file], g_free);
  for (guint i = 0; i < trials->programs->len; i++) {
    const struct program *program = &g_array_index(trials->programs, struct program, i);
    bool is_in = false;
    for (size_t row = program->first; row < program->end && !is_in; row++) {
      is_in = file_number(trials, file_of_row(trials, row)) == file;
    }
    for (size_t row = program->first; row < program->end && is_in; row++) {
      guint32 other = file_number(trials, file_of_row(trials, row));
      if (other != MONOLITH_NONE) {
        g_clear_pointer(&trials->of_file[other], g_free);
      }
    }
  }
}

static void heed_people(struct trials *trials, const struct boundaries *boundaries)
{
  for (guint i = 0; boundaries != NULL && i < boundaries->decisions->len; i++) {
    const struct decision *decision = g_ptr_array_index(boundaries->decisions, i);
    if (decision->kind != DECISION_PIN && decision->kind != DECISION_TRIGGER) {
      continue;
    }
    for (guint j = 0; j < decision->matches->len; j++) {
      const struct matches *matches = g_ptr_array_index(decision->matches, j);
      for (guint k = 0; k < matches->routines->len; k++) {
        guint32 routine = g_array_index(matches->routines, guint32, k);
        guint32 file = trials->monolith->routine_file[routine];
        if (trials->of_file[file] != NULL) {
          bring_back(trials, file);
        }
      }
    }
  }
}

static bool leaves_something(const struct trials *trials)
{
  const struct monolith *monolith = trials->monolith;
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    if (monolith->routines[i].is_defined && trials->of_file[monolith->routine_file[i]] == NULL) {
      return true;
    }
  }
  return false;
}

static void find_mains(struct trials *trials)
{
  const struct monolith *monolith = trials->monolith;
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    if (monolith->routines[i].is_defined && strcmp(monolith->routines[i].name, "main") == 0) {
      trials->has_main[monolith->routine_file[i]] = true;
    }
  }
}

void trials_leave_out(struct monolith *monolith, const struct boundaries *boundaries)
{
  guint n_files = monolith->files->len;
  if (monolith->program_set->n == 0) {
    return;
  }
  struct trials trials = {.monolith = monolith,
                          .number_of_file = g_hash_table_new(g_str_hash, g_str_equal),
                          .programs = g_array_new(FALSE, FALSE, sizeof(struct program)),
                          .has_main = g_new0(bool, MAX(n_files, 1)),
                          .of_file = g_new0(char *, (gsize)n_files + 1)};
  for (guint i = 0; i < n_files; i++) {
    g_hash_table_insert(trials.number_of_file, g_ptr_array_index(monolith->files, i),
                        GUINT_TO_POINTER(i));
  }
  find_mains(&trials);
  find_programs(&trials);
  find_files(&trials);
  heed_people(&trials, boundaries);
  if (leaves_something(&trials)) {
    monolith_leave_out(monolith, trials.of_file);
  } else {
    for (guint i = 0; i < n_files; i++) {
      g_free(trials.of_file[i]);
    }
    g_free(trials.of_file);
  }
  for (guint i = 0; i < trials.programs->len; i++) {
    g_free(g_array_index(trials.programs, struct program, i).reason);
  }
  g_array_unref(trials.programs);
  g_hash_table_unref(trials.number_of_file);
  g_free(trials.has_main);
}
