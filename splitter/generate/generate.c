#include "splitter/generate/generate.h"

#include <gio/gio.h>
#include <string.h>

#include "resources.h"

#include "base/nearest.h"
#include "splitter/generate/artifact.h"
#include "splitter/generate/build_files.h"
#include "splitter/generate/deploy.h"
#include "splitter/generate/function_file.h"
#include "splitter/generate/http_gaps.h"
#include "splitter/generate/monolith_sources.h"
#include "splitter/generate/product.h"
#include "splitter/generate/proxies.h"
#include "splitter/generate/proxy_http.h"
#include "splitter/generate/requirements.h"
#include "splitter/generate/specify.h"
#include "splitter/generate/state_plan.h"
#include "splitter/generate/trigger.h"

#define RESOURCES "/cleave/generate/"

G_DEFINE_QUARK(cleave - generate - error - quark, generate_error)

const char *const generate_platform_names[] = {"aws",       "gcp",     "azure",    "knative",
                                               "openwhisk", "fission", "openfaas", NULL};

struct run {
  const struct generate_options *options;
  struct inventory *inventory;
  struct startup_calls *startup_calls;
  struct source_texts texts;
  struct contract_book *book; /* or NULL */
  struct product *product;
  GPtrArray *specs;       /* struct function_spec * */
  GPtrArray *artifacts;   /* struct artifact * */
  GPtrArray *groups;      /* struct unit_group * */
  GPtrArray *plans;       /* const struct plan_function *: what is wanted, by name */
  GPtrArray *asked;       /* struct plan_function *: routines that people named; owned */
  GPtrArray *asked_names; /* char *: of those that could not be called like their routine */
  struct generated *result;
};

static void generated_function_free(gpointer data)
{
  struct generated_function *function = data;
  g_free(function->name);
  g_free(function->adapter);
  g_free(function->message);
  g_free(function);
}

static void generated_proxy_free(gpointer data)
{
  struct generated_proxy *proxy = data;
  g_free(proxy->name);
  g_free(proxy->refusal);
  g_free(proxy->message);
  g_free(proxy);
}

void generated_free(struct generated *generated)
{
  if (!generated) {
    return;
  }
  g_ptr_array_unref(generated->proxies);
  g_ptr_array_unref(generated->functions);
  g_clear_pointer(&generated->kept, g_ptr_array_unref);
  g_clear_pointer(&generated->orphans, g_ptr_array_unref);
  g_free(generated);
}

static struct generated_function *note(struct run *run, const char *name)
{
  struct generated_function *function = g_new0(struct generated_function, 1);
  function->name = g_strdup(name);
  g_ptr_array_add(run->result->functions, function);
  return function;
}

static void note_refusal(struct run *run, const char *name, char *message)
{
  note(run, name)->message = message;
  run->result->n_refused++;
}

static bool is_wanted(const struct run *run, const struct plan_function *plan)
{
  const char *const *names = run->options->functions;
  return !names || !*names || g_strv_contains(names, plan->name);
}

static const struct plan_function *find_plan(const struct run *run, const char *name)
{
  for (size_t i = 0; i < run->inventory->functions->n; i++) {
    const struct plan_function *plan = record_at(run->inventory->functions, plan_function, i);
    if (strcmp(plan->name, name) == 0) {
      return plan;
    }
  }
  return NULL;
}

/* All defined routines that "[program:][file::]routine" names: of several, those that are not
 * static, when that leaves one. */
static GPtrArray *find_routines(const struct run *run, const char *name)
{
  const char *colons = strstr(name, "::");
  const char *colon = strchr(name, ':');
  bool has_program = colon && colon != colons;
  g_autofree char *program = has_program ? g_strndup(name, (gsize)(colon - name)) : NULL;
  const char *rest = has_program ? colon + 1 : name;
  colons = strstr(rest, "::");
  g_autofree char *file = colons ? g_strndup(rest, (gsize)(colons - rest)) : NULL;
  const GPtrArray *list =
      inventory_list(run->inventory->routines_by_name, colons ? colons + 2 : rest);
  GPtrArray *found = g_ptr_array_new();
  GPtrArray *outside = g_ptr_array_new();
  for (guint i = 0; i < list->len; i++) {
    const struct fact_routine *routine = list->pdata[i];
    g_autoptr(GPtrArray) programs = inventory_programs_of(run->inventory, routine->file);
    if (routine->is_defined && (!file || strcmp(routine->file, file) == 0) &&
        (!program || g_ptr_array_find_with_equal_func(programs, program, g_str_equal, NULL))) {
      g_ptr_array_add(found, (gpointer)routine);
      if (!routine->is_static) {
        g_ptr_array_add(outside, (gpointer)routine);
      }
    }
  }
  bool is_clear = found->len > 1 && outside->len == 1;
  g_ptr_array_unref(is_clear ? found : outside);
  return is_clear ? outside : found;
}

/* How a routine is named so that it is no other: with its program where it has but one. */
static char *whole_name(const struct run *run, const struct fact_routine *routine)
{
  g_autoptr(GPtrArray) programs = inventory_programs_of(run->inventory, routine->file);
  return g_strdup_printf("%s%s%s::%s", programs->len == 1 ? (const char *)programs->pdata[0] : "",
                         programs->len == 1 ? ":" : "", routine->file, routine->name);
}

static bool refuse_name(const struct run *run, const char *name, GError **error)
{
  g_autoptr(GPtrArray) known = g_ptr_array_new();
  for (size_t i = 0; i < run->inventory->functions->n; i++) {
    g_ptr_array_add(known, (gpointer)record_at(run->inventory->functions, plan_function, i)->name);
  }
  for (size_t i = 0; i < run->inventory->routines->n; i++) {
    const struct fact_routine *routine = record_at(run->inventory->routines, fact_routine, i);
    if (routine->is_defined) {
      g_ptr_array_add(known, (gpointer)routine->name);
    }
  }
  const char *nearest = nearest_name(name, (const char *const *)known->pdata, known->len);
  g_set_error(error, GENERATE_ERROR, GENERATE_ERROR_UNKNOWN_FUNCTION,
              nearest ? "there is no function or routine '%s', did you mean '%s'?"
                      : "there is no function or routine '%s'",
              name, nearest);
  return false;
}

static bool refuse_ambiguous(const struct run *run, const char *name, const GPtrArray *routines,
                             GError **error)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < routines->len; i++) {
    g_ptr_array_add(names, whole_name(run, routines->pdata[i]));
  }
  g_ptr_array_add(names, NULL);
  g_autofree char *list = g_strjoinv(", ", (char **)names->pdata);
  g_set_error(error, GENERATE_ERROR, GENERATE_ERROR_UNKNOWN_FUNCTION, "'%s' is ambiguous: %s", name,
              list);
  return false;
}

/* Two routines of one name become two functions: "alpha:handle" is called alpha-handle. */
static const char *asked_name(struct run *run, const struct fact_routine *routine, const char *name)
{
  bool is_taken = false;
  for (guint i = 0; i < run->plans->len; i++) {
    const struct plan_function *plan = run->plans->pdata[i];
    is_taken = is_taken || strcmp(plan->name, routine->name) == 0;
  }
  const char *const *asked = run->options->functions;
  for (; asked && *asked && !is_taken; asked++) {
    is_taken = strcmp(*asked, name) != 0 && strchr(*asked, ':') &&
               strcmp(strrchr(*asked, ':') + 1, routine->name) == 0;
  }
  if (!is_taken) {
    return routine->name;
  }
  g_autofree char *plain = g_strdup(name);
  g_strcanon(plain, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", '-');
  g_auto(GStrv) parts = g_strsplit(plain, "-", -1);
  GString *own = g_string_new(NULL);
  for (size_t i = 0; parts[i]; i++) {
    g_string_append_printf(own, "%s%s", own->len > 0 && *parts[i] ? "-" : "", parts[i]);
  }
  g_ptr_array_add(run->asked_names, own->str);
  return g_string_free(own, FALSE);
}

/* Any routine can be made a function by its name: one that is called directly. It is called like
 * the routine, or, when another one of the run is, with its program or file in front. */
static bool ask_for_routine(struct run *run, const char *name, GError **error)
{
  g_autoptr(GPtrArray) found = find_routines(run, name);
  if (found->len != 1) {
    return found->len == 0 ? refuse_name(run, name, error)
                           : refuse_ambiguous(run, name, found, error);
  }
  const struct fact_routine *routine = found->pdata[0];
  struct plan_function *plan = g_new0(struct plan_function, 1);
  plan->name = asked_name(run, routine, name);
  plan->routine = routine->id;
  plan->trigger = "direct";
  plan->key = plan->reason = plan->file = "";
  plan->readiness = "ready";
  g_ptr_array_add(run->asked, plan);
  g_ptr_array_add(run->plans, plan);
  return true;
}

static int compare_plans(gconstpointer left, gconstpointer right)
{
  const struct plan_function *a = *(const struct plan_function *const *)left;
  const struct plan_function *b = *(const struct plan_function *const *)right;
  return strcmp(a->name, b->name);
}

/* The functions that are wanted: planned ones, and routines that people named. */
static bool choose_plans(struct run *run, GError **error)
{
  const char *const *names = run->options->functions;
  for (size_t i = 0; i < run->inventory->functions->n; i++) {
    const struct plan_function *plan = record_at(run->inventory->functions, plan_function, i);
    if (is_wanted(run, plan)) {
      g_ptr_array_add(run->plans, (gpointer)plan);
    }
  }
  for (const char *const *name = names; name && *name; name++) {
    if (!find_plan(run, *name) && !ask_for_routine(run, *name, error)) {
      return false;
    }
  }
  if (run->plans->len == 0) {
    g_set_error(error, GENERATE_ERROR, GENERATE_ERROR_NO_PLAN,
                "the store holds no functions; 'cleave split' proposes them");
    return false;
  }
  g_ptr_array_sort(run->plans, compare_plans);
  return true;
}

static int compare_results(gconstpointer left, gconstpointer right)
{
  const struct generated_function *a = *(const struct generated_function *const *)left;
  const struct generated_function *b = *(const struct generated_function *const *)right;
  return strcmp(a->name, b->name);
}

static char *function_path(const char *function, const char *file)
{
  return g_strdup_printf("functions/%s/%s", function, file);
}

/* What a person wrote into function.yaml goes on top of what was found. */
static bool apply_edits(struct run *run, struct function_spec *spec, GError **error)
{
  g_autofree char *path = function_path(spec->name, "function.yaml");
  g_autofree char *text = product_edited(run->product, path);
  product_add_yaml(run->product, path, function_file_document(spec));
  return !text || function_file_apply(spec, path, text, error);
}

/* What functions of one binary have in common: service and program, or the unit that the plan makes
 * of them and the program. A function that cannot be built yet must not hold up the others. */
static char *binary_key(const struct run *run, const struct function_spec *spec)
{
  if (run->options->as_services) {
    return service_binary_name(spec);
  }
  const char *unit = spec->plan->unit != NULL ? spec->plan->unit : "";
  bool is_alone = *unit == '\0' || function_spec_is_open(spec);
  return is_alone ? g_strdup_printf("alone/%s", spec->name)
                  : g_strdup_printf("unit/%s/%s", spec->program, unit);
}

static const char *wanted_adapter(struct run *run, const char *function, char **text)
{
  if (run->options->adapter) {
    return run->options->adapter;
  }
  g_autofree char *path = function_path(function, "function.yaml");
  *text = product_edited(run->product, path);
  return *text ? function_file_adapter(*text) : NULL;
}

/* Appends its specification, or notes why there is none. */
static void specify_one(struct run *run, const struct plan_function *plan)
{
  char *refusal = NULL;
  if (strcmp(plan->readiness, "blocked") == 0) {
    note_refusal(run, plan->name,
                 *plan->file ? g_strdup_printf("%s:%" G_GINT64_FORMAT ": %s", plan->file,
                                               plan->line, plan->reason)
                             : g_strdup(plan->reason));
    return;
  }
  g_autofree char *text = NULL;
  const char *adapter = wanted_adapter(run, plan->name, &text);
  struct function_spec *spec =
      specify(run->inventory, run->startup_calls, &run->texts, plan, adapter, run->book, &refusal);
  if (spec) {
    g_ptr_array_add(run->specs, spec);
  } else {
    note_refusal(run, plan->name, refusal);
  }
}

/* What has to be done first, and how much more there is; or NULL. */
static char *first_todo(const struct function_spec *spec)
{
  return spec->todo->len == 0 ? NULL
         : spec->todo->len == 1
             ? g_strdup(spec->todo->pdata[0])
             : g_strdup_printf("%s (and %u more in its function.yaml)",
                               (const char *)spec->todo->pdata[0], spec->todo->len - 1);
}

/* What people decided, on top of what was found for one function. */
static bool settle_one(struct run *run, struct function_spec *spec, bool *is_kept, GError **error)
{
  *is_kept = false;
  if (run->options->with_proxies && strcmp(spec->adapter, "http") == 0) {
    proxy_http_find(run->inventory, spec);
  }
  if (!apply_edits(run, spec, error)) {
    return false;
  }
  if (strcmp(spec->adapter, "http") == 0) {
    http_gaps_note(run->inventory, spec);
  }
  if (spec->state->refusal && strcmp(spec->state_home, "store") == 0) {
    note_refusal(run, spec->name, g_strdup(spec->state->refusal));
    return true;
  }
  struct generated_function *function = note(run, spec->name);
  function->adapter = g_strdup(spec->adapter);
  function->message = first_todo(spec);
  function->is_open = function_spec_is_open(spec);
  run->result->n_generated++;
  *is_kept = true;
  return true;
}

static bool settle_all(struct run *run, GError **error)
{
  guint i = 0;
  while (i < run->specs->len) {
    bool is_kept = false;
    if (!settle_one(run, run->specs->pdata[i], &is_kept, error)) {
      return false;
    }
    if (is_kept) {
      i++;
    } else {
      g_ptr_array_remove_index(run->specs, i);
    }
  }
  g_ptr_array_sort(run->result->functions, compare_results);
  return true;
}

/* Every instance of every binary holds a connection: together they must fit the server. */
static void share_connections(struct run *run)
{
  g_autoptr(GPtrArray) binaries = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < run->specs->len; i++) {
    g_ptr_array_add(binaries, binary_key(run, run->specs->pdata[i]));
  }
  requirements_share_connections(run->specs, (const char *const *)binaries->pdata);
}

/* One gateway stands before the functions of a program: each route is one function's. */
static bool check_routes(const struct run *run, GError **error)
{
  for (guint i = 0; i < run->specs->len; i++) {
    const struct function_spec *spec = run->specs->pdata[i];
    for (guint j = 0; j < i && strcmp(spec->trigger, "http") == 0 && *spec->key; j++) {
      const struct function_spec *other = run->specs->pdata[j];
      if (strcmp(other->trigger, "http") == 0 && strcmp(other->program, spec->program) == 0 &&
          *other->key && routes_meet(other->key, spec->key)) {
        g_set_error(error, GENERATE_ERROR, GENERATE_ERROR_SAME_ROUTE,
                    "two functions answer one route: '%s' (%s) and '%s' (%s); give one another "
                    "'key' in boundaries.yaml, or choose with --function",
                    other->name, other->key, spec->name, spec->key);
        return false;
      }
    }
  }
  return true;
}

static bool specify_all(struct run *run, GError **error)
{
  for (guint i = 0; i < run->plans->len; i++) {
    specify_one(run, run->plans->pdata[i]);
  }
  share_connections(run);
  return settle_all(run, error) && check_routes(run, error);
}

static void add_artifact(struct run *run, const char *name, GPtrArray *specs)
{
  g_ptr_array_add(run->artifacts, artifact_new(run->inventory, name, specs));
  g_ptr_array_unref(specs);
}

/* One binary per function or unit, named by its first function, or one per service and program. */
static void make_artifacts(struct run *run)
{
  g_autoptr(GHashTable) done = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < run->specs->len; i++) {
    struct function_spec *spec = run->specs->pdata[i];
    g_autofree char *key = binary_key(run, spec);
    if (!g_hash_table_add(done, g_strdup(key))) {
      continue;
    }
    GPtrArray *specs = g_ptr_array_new();
    for (guint j = i; j < run->specs->len; j++) {
      struct function_spec *other = run->specs->pdata[j];
      g_autofree char *its = binary_key(run, other);
      if (strcmp(its, key) == 0) {
        g_ptr_array_add(specs, other);
      }
    }
    add_artifact(run, run->options->as_services ? key : spec->name, specs);
  }
}

/* One program's C files, below FOLDER of the function's. */
static void add_program(struct run *run, const struct artifact *artifact, const char *folder,
                        const char *main_source, const struct glue *glue)
{
  g_autofree char *main_name = g_strconcat(folder, "main.c", NULL);
  g_autofree char *main_path = function_path(artifact->name, main_name);
  product_add(run->product, main_path, g_strdup(main_source));
  for (GTreeNode *node = g_tree_node_first(glue->files); node; node = g_tree_node_next(node)) {
    const struct glue_file *file = g_tree_node_value(node);
    g_autofree char *name = g_strconcat(folder, file->name, NULL);
    g_autofree char *path = function_path(artifact->name, name);
    product_add(run->product, path, glue_text(file));
  }
}

static void add_sources(struct run *run)
{
  for (guint i = 0; i < run->artifacts->len; i++) {
    const struct artifact *artifact = run->artifacts->pdata[i];
    add_program(run, artifact, "", artifact->main_source, artifact->glue);
    if (artifact->replay_source) {
      add_program(run, artifact, "replay/", artifact->replay_source, artifact->replay_glue);
    }
  }
}

/* The runtime's sources and our own templates, from inside the tool. */
static bool add_resources(struct run *run, const char *from, const char *to, GError **error)
{
  GResource *resource_set = cleave_generate_get_resource();
  g_autofree char *folder = g_strconcat(RESOURCES, from, NULL);
  g_auto(GStrv) names = g_resource_enumerate_children(resource_set, folder, 0, error);
  if (!names) {
    return false;
  }
  for (size_t i = 0; names[i]; i++) {
    g_autofree char *resource = g_strconcat(folder, "/", names[i], NULL);
    GBytes *bytes = g_resource_lookup_data(resource_set, resource, 0, error);
    if (!bytes) {
      return false;
    }
    g_autofree char *path = g_build_filename(to, names[i], NULL);
    product_add_bytes(run->product, path, bytes);
  }
  return true;
}

static bool has_stores(const struct run *run)
{
  for (guint i = 0; i < run->specs->len; i++) {
    if (function_spec_has_store(run->specs->pdata[i])) {
      return true;
    }
  }
  return false;
}

static bool write_project(struct run *run, GError **error)
{
  if (run->result->n_generated == 0) {
    return true; /* what an earlier run wrote stays */
  }
  run->groups = unit_groups_of(run->inventory, run->specs);
  make_artifacts(run);
  add_sources(run);
  build_files_add(run->product, run->inventory, run->artifacts, run->groups,
                  run->options->platforms, run->options->with_proxies);
  deploy_add(run->product, run->inventory, run->artifacts, run->result, run->options->platforms);
  if (run->options->with_proxies) {
    proxies_add(run->product, run->inventory, &run->texts, run->specs, run->groups, run->book,
                run->result);
    if (!add_resources(run, "proxies", "cmake", error) ||
        !add_resources(run, "proxy", "runtime", error)) {
      return false;
    }
  }
  if (has_stores(run) && !add_resources(run, "state", "runtime", error)) {
    return false;
  }
  return add_resources(run, "runtime", "runtime", error) &&
         add_resources(run, "cmake", "cmake", error) &&
         add_resources(run, "tests", "tests", error) && product_write(run->product, error);
}

static void run_clear(struct run *run)
{
  source_texts_clear(&run->texts);
  startup_calls_free(run->startup_calls);
  inventory_free(run->inventory);
  contract_book_free(run->book);
  product_free(run->product);
  g_ptr_array_unref(run->artifacts);
  g_ptr_array_unref(run->specs);
  g_ptr_array_unref(run->plans);
  g_ptr_array_unref(run->asked);
  g_ptr_array_unref(run->asked_names);
  g_clear_pointer(&run->groups, g_ptr_array_unref);
}

struct generated *generate(struct store *store, const struct generate_options *options,
                           GError **error)
{
  struct inventory *inventory = inventory_new(store, error);
  if (!inventory) {
    return NULL;
  }
  struct run run = {.options = options, .inventory = inventory};
  run.specs = g_ptr_array_new_with_free_func((GDestroyNotify)function_spec_free);
  run.artifacts = g_ptr_array_new_with_free_func((GDestroyNotify)artifact_free);
  run.plans = g_ptr_array_new();
  run.asked = g_ptr_array_new_with_free_func(g_free);
  run.asked_names = g_ptr_array_new_with_free_func(g_free);
  run.result = g_new0(struct generated, 1);
  run.result->functions = g_ptr_array_new_with_free_func(generated_function_free);
  run.result->proxies = g_ptr_array_new_with_free_func(generated_proxy_free);
  run.startup_calls = startup_calls_new(inventory);
  source_texts_init(&run.texts, inventory->root);
  bool has_book = !options->contracts || (run.book = contract_book_load(options->contracts, error));
  run.product = has_book ? product_new(options->folder, error) : NULL;
  bool is_ok = run.product && choose_plans(&run, error) && specify_all(&run, error) &&
               write_project(&run, error);
  if (is_ok) {
    run.result->kept = g_ptr_array_ref(run.product->kept);
    run.result->orphans = g_ptr_array_ref(run.product->orphans);
    run.result->n_written = run.product->n_written;
    run.result->n_same = run.product->n_same;
  } else {
    g_clear_pointer(&run.result, generated_free);
  }
  struct generated *result = run.result;
  run_clear(&run);
  return result;
}
