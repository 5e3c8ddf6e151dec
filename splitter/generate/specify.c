#include "splitter/generate/specify.h"

#include <string.h>

#include "splitter/generate/c_writer.h"
#include "splitter/generate/cloud_name.h"
#include "splitter/generate/contract.h"
#include "splitter/generate/http_mapping.h"
#include "splitter/generate/microhttpd.h"
#include "splitter/generate/monolith_sources.h"
#include "splitter/generate/startup.h"
#include "splitter/generate/state_plan.h"
#include "splitter/generate/trigger.h"

const char *const adapter_names[] = {"call",    "http", "microhttpd", "cgi",
                                     "fastcgi", "main", "consumer",   NULL};

static int compare_names(gconstpointer left, gconstpointer right)
{
  return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static int compare_routines(gconstpointer left, gconstpointer right)
{
  const struct fact_routine *a = *(const struct fact_routine *const *)left;
  const struct fact_routine *b = *(const struct fact_routine *const *)right;
  return strcmp(a->name, b->name);
}

/* The program that holds the routine and, where there are several, the place that registers it. */
static const char *choose_program(const struct inventory *inventory,
                                  const struct function_spec *spec)
{
  g_autoptr(GPtrArray) programs = inventory_programs_of(inventory, spec->routine->file);
  const char *best = programs->len > 0 ? programs->pdata[0] : NULL;
  if (programs->len > 1 && spec->entry) {
    g_autoptr(GPtrArray) registering = inventory_programs_of(inventory, spec->entry->file);
    for (guint i = 0; i < programs->len; i++) {
      if (g_ptr_array_find_with_equal_func(registering, programs->pdata[i], g_str_equal, NULL)) {
        return programs->pdata[i];
      }
    }
  }
  return best;
}

static void take_closure(const struct inventory *inventory, struct function_spec *spec)
{
  const GPtrArray *rows = inventory_list(inventory->closure_by_function, &spec->plan->id);
  for (guint i = 0; i < rows->len; i++) {
    const struct plan_closure *row = rows->pdata[i];
    const struct fact_routine *routine =
        strcmp(row->kind, "routine") == 0 ? inventory_routine(inventory, row->item) : NULL;
    if (routine) {
      g_hash_table_add(spec->closure, (gpointer)&routine->id);
    }
  }
  if (rows->len == 0) {
    /* No plan: whatever the routine reaches. */
    g_hash_table_unref(spec->closure);
    spec->closure = inventory_reach(inventory, spec->routine->id);
  }
  g_hash_table_add(spec->closure, (gpointer)&spec->routine->id);
}

static void add_source(struct function_spec *spec, const char *file)
{
  if (*file && !g_str_has_suffix(file, ".h") &&
      !g_ptr_array_find_with_equal_func(spec->sources, file, g_str_equal, NULL)) {
    g_ptr_array_add(spec->sources, (gpointer)file);
  }
}

/* Sources, and what the closure calls outside of the tree. */
static void take_sources(const struct inventory *inventory, struct function_spec *spec)
{
  g_autoptr(GHashTable) outside = g_hash_table_new(g_int64_hash, g_int64_equal);
  GHashTableIter iterator;
  gpointer id = NULL;
  g_hash_table_iter_init(&iterator, spec->closure);
  while (g_hash_table_iter_next(&iterator, &id, NULL)) {
    const struct fact_routine *routine = g_hash_table_lookup(inventory->routine_by_id, id);
    if (routine->is_defined) {
      add_source(spec, routine->file);
    }
    const GPtrArray *calls = inventory_list(inventory->calls_by_caller, id);
    for (guint i = 0; i < calls->len; i++) {
      const struct fact_call *call = calls->pdata[i];
      const struct fact_routine *callee = inventory_routine(inventory, call->callee);
      if (callee && !callee->is_defined && g_hash_table_add(outside, (gpointer)&callee->id)) {
        g_ptr_array_add(spec->outside, (gpointer)callee);
      }
    }
  }
  g_ptr_array_sort(spec->sources, compare_names);
  g_ptr_array_sort(spec->outside, compare_routines);
}

static bool calls_outside(const struct function_spec *spec, const char *const *names)
{
  for (guint i = 0; i < spec->outside->len; i++) {
    const struct fact_routine *routine = spec->outside->pdata[i];
    if (g_strv_contains(names, routine->name)) {
      return true;
    }
  }
  return false;
}

static void set_adapter(struct function_spec *spec, const char *adapter, const char *reason)
{
  spec->adapter = g_strdup(adapter);
  spec->adapter_reason = g_strdup(reason);
}

static void choose_adapter(const struct inventory *inventory, struct function_spec *spec,
                           const char *wanted)
{
  static const char *const accepts[] = {"FCGI_Accept", "FCGX_Accept", "FCGX_Accept_r", NULL};
  const char *rule = spec->entry ? spec->entry->rule : "";
  bool is_main = strcmp(spec->routine->name, "main") == 0;
  if (wanted) {
    set_adapter(spec, wanted, "asked for");
  } else if (microhttpd_is_handler(inventory, spec->routine)) {
    set_adapter(spec, "microhttpd", "the routine is an access handler of libmicrohttpd");
  } else if (http_mapping_fits(inventory, spec->routine)) {
    set_adapter(spec, "http", "the routine takes the application's own request and response");
  } else if (is_main && calls_outside(spec, accepts)) {
    set_adapter(spec, "fastcgi", "the program accepts FastCGI requests in a loop");
  } else if (is_main && (strcmp(rule, "cgi-main") == 0 || strcmp(spec->trigger, "http") == 0)) {
    set_adapter(spec, "cgi", "the program reads a request from its environment");
  } else if (is_main) {
    set_adapter(spec, "main", "the program's own main: arguments, input, output, exit code");
  } else if (strcmp(spec->trigger, "queue") == 0 || strcmp(spec->trigger, "stream") == 0) {
    set_adapter(spec, "consumer", "one message per call");
  } else {
    set_adapter(spec, "call", "parameters and result travel as JSON");
  }
}

/* Words in the name of an environment variable or configuration that only secrets have. */
static bool is_secret_name(const char *name)
{
  static const char *const words[] = {"SECRET",  "TOKEN",        "PASSWORD", "PASSWD",
                                      "PRIVATE", "CREDENTIAL",   "API_KEY",  "APIKEY",
                                      "SEED",    "DATABASE_URL", "DSN",      NULL};
  g_autofree char *upper = g_ascii_strup(name, -1);
  for (size_t i = 0; words[i]; i++) {
    if (strstr(upper, words[i])) {
      return true;
    }
  }
  return false;
}

/* What a CGI program is told of each request (RFC 3875, 4.1): no setting of the process. */
static bool is_request_variable(const struct function_spec *spec, const char *name)
{
  static const char *const names[] = {"AUTH_TYPE",         "CONTENT_LENGTH",  "CONTENT_TYPE",
                                      "GATEWAY_INTERFACE", "PATH_INFO",       "PATH_TRANSLATED",
                                      "QUERY_STRING",      "REMOTE_ADDR",     "REMOTE_HOST",
                                      "REMOTE_IDENT",      "REMOTE_USER",     "REQUEST_METHOD",
                                      "SCRIPT_NAME",       "SERVER_NAME",     "SERVER_PORT",
                                      "SERVER_PROTOCOL",   "SERVER_SOFTWARE", NULL};
  bool is_cgi = strcmp(spec->adapter, "cgi") == 0 || strcmp(spec->adapter, "fastcgi") == 0;
  return is_cgi && (g_strv_contains(names, name) || g_str_has_prefix(name, "HTTP_"));
}

static void add_environment(struct function_spec *spec, const char *name)
{
  for (const char *c = name; *c; c++) {
    if (!g_ascii_isalnum(*c) && *c != '_') {
      return;
    }
  }
  if (!*name || is_request_variable(spec, name) ||
      g_ptr_array_find_with_equal_func(spec->environment, name, g_str_equal, NULL)) {
    return;
  }
  g_ptr_array_add(spec->environment, g_strdup(name));
  if (is_secret_name(name)) {
    g_ptr_array_add(spec->secrets, g_strdup(name));
  }
}

/* Names that a routine asks the environment for. */
static void take_environment_of(const struct inventory *inventory, struct function_spec *spec,
                                const int64_t *routine)
{
  const GPtrArray *sites = inventory_list(inventory->sites_by_caller, routine);
  for (guint i = 0; i < sites->len; i++) {
    const struct fact_site *site = sites->pdata[i];
    const GPtrArray *calls = inventory_list(inventory->calls_by_site, &site->id);
    const struct fact_routine *callee =
        calls->len > 0
            ? inventory_routine(inventory, ((const struct fact_call *)calls->pdata[0])->callee)
            : NULL;
    if (!callee ||
        (strcmp(callee->name, "getenv") != 0 && strcmp(callee->name, "secure_getenv") != 0)) {
      continue;
    }
    const GPtrArray *arguments = inventory_list(inventory->arguments_by_site, &site->id);
    const struct fact_argument *name = arguments->len > 0 ? arguments->pdata[0] : NULL;
    if (name && strcmp(name->kind, "string") == 0) {
      add_environment(spec, name->value);
    }
  }
}

static void take_environment(const struct inventory *inventory, struct function_spec *spec)
{
  g_autoptr(GHashTable) routines = g_hash_table_new(g_int64_hash, g_int64_equal);
  GHashTableIter iterator;
  gpointer id = NULL;
  g_hash_table_iter_init(&iterator, spec->closure);
  while (g_hash_table_iter_next(&iterator, &id, NULL)) {
    g_hash_table_add(routines, id);
  }
  for (guint i = 0; i < spec->start->len; i++) {
    const struct start_step *step = spec->start->pdata[i];
    const struct fact_routine *callee =
        inventory_find_routine(inventory, spec->program, step->callee);
    g_autoptr(GHashTable) reach = callee ? inventory_reach(inventory, callee->id) : NULL;
    if (reach) {
      g_hash_table_iter_init(&iterator, reach);
      while (g_hash_table_iter_next(&iterator, &id, NULL)) {
        g_hash_table_add(routines, id);
      }
    }
  }
  g_hash_table_iter_init(&iterator, routines);
  while (g_hash_table_iter_next(&iterator, &id, NULL)) {
    take_environment_of(inventory, spec, id);
  }
  g_ptr_array_sort(spec->environment, compare_names);
  g_ptr_array_sort(spec->secrets, compare_names);
}

static bool is_database_call(const struct fact_routine *routine)
{
  return g_str_has_prefix(routine->name, "PQ") || g_str_has_prefix(routine->name, "mysql_");
}

/* Where the closure opens a connection of its own: the first such place, or NULL. */
static char *find_connection(const struct inventory *inventory, const struct function_spec *spec)
{
  static const char *const calls[] = {
      "connect",        "curl_easy_perform",          "curl_multi_perform", "SSL_connect",
      "BIO_do_connect", "bufferevent_socket_connect", "redisConnect",       NULL};
  const struct fact_effect *first = NULL;
  GHashTableIter iterator;
  gpointer id = NULL;
  g_hash_table_iter_init(&iterator, spec->closure);
  while (g_hash_table_iter_next(&iterator, &id, NULL)) {
    const GPtrArray *effects = inventory_list(inventory->effects_by_routine, id);
    for (guint i = 0; i < effects->len; i++) {
      const struct fact_effect *effect = effects->pdata[i];
      int order = first ? strcmp(effect->file, first->file) : -1;
      if (g_strv_contains(calls, effect->via) &&
          (order < 0 || (order == 0 && effect->line < first->line))) {
        first = effect;
      }
    }
  }
  return first ? g_strdup_printf("%s at %s:%" G_GINT64_FORMAT, first->via, first->file, first->line)
               : NULL;
}

/* Where events go that failed on every try. */
static void choose_dead_letter(struct function_spec *spec)
{
  if (strcmp(spec->trigger, "http") == 0 || strcmp(spec->trigger, "direct") == 0) {
    spec->dead_letter = g_strdup("");
    spec->dead_letter_reason = g_strdup("the caller waits for the answer and is told");
    return;
  }
  bool is_message = strcmp(spec->trigger, "queue") == 0 || strcmp(spec->trigger, "stream") == 0;
  g_autofree char *source =
      cloud_name(is_message && *spec->key ? spec->key : spec->name, CLOUD_ANYWHERE);
  spec->dead_letter = g_strconcat(source, "-failed", NULL);
  spec->dead_letter_reason = g_strdup(
      is_message
          ? "nobody waits: what failed on every try is kept there; empty: it is lost"
          : "nobody waits: an event that failed on every try is kept there; empty: it is lost");
}

static void choose_settings(struct function_spec *spec)
{
  bool has_database = false;
  for (guint i = 0; i < spec->outside->len; i++) {
    has_database = has_database || is_database_call(spec->outside->pdata[i]);
  }
  bool is_http = strcmp(spec->trigger, "http") == 0;
  bool is_queue = strcmp(spec->trigger, "queue") == 0;
  bool is_batch = strcmp(spec->trigger, "schedule") == 0 || strcmp(spec->adapter, "main") == 0;
  spec->memory_mb = is_batch ? 256 : 128;
  spec->memory_reason = g_strdup(is_batch ? "a batch may hold more than one request does; measure"
                                          : "the smallest that the platforms offer; measure");
  spec->timeout_s = is_http ? 29 : is_batch ? 300 : 60;
  spec->timeout_reason =
      g_strdup(is_http    ? "gateways in front give up after 30 seconds"
               : is_batch ? "a batch runs to its end"
               : is_queue ? "one message at a time; the queue waits six times as long"
                          : "one event at a time; measure");
  spec->is_capped = has_database;
  spec->concurrency = 50;
  spec->concurrency_reason =
      g_strdup("keeps a flood from becoming a bill; raise it when it is known");
  spec->retries = is_http ? 0 : 2;
  spec->retries_reason = g_strdup(is_http ? "the caller decides whether to try again"
                                          : "the platforms' default; the routine must bear it");
}

/* The condition on a handler's result that whoever calls it treats as a failure. */
static void find_failure(const struct inventory *inventory, struct source_texts *texts,
                         struct function_spec *spec)
{
  struct contract *contract = spec->contract;
  if (strcmp(contract->result->type, "int") != 0) {
    return;
  }
  const GPtrArray *calls = inventory_list(inventory->calls_by_callee, &spec->routine->id);
  for (guint i = 0; i < calls->len; i++) {
    const struct fact_call *call = calls->pdata[i];
    g_autofree char *line = source_texts_line(texts, call->file, call->line);
    if (line && strstr(line, ") != 0)")) {
      contract->fails = g_strdup("result != 0");
      contract->fails_reason =
          g_strdup_printf("asked so at %s:%" G_GINT64_FORMAT, call->file, call->line);
      return;
    }
  }
  contract->fails = g_strdup("result != 0");
  contract->fails_reason = g_strdup("an int of a routine that nobody waits for: 0 is success, as "
                                    "is usual in C");
}

/* A message is the one value that the routine takes: itself, not an object around it. */
static void choose_payload(struct contract *contract)
{
  unsigned n = 0;
  const struct contract_param *only = NULL;
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    if (param->shape->kind != SHAPE_COUNT && param->shape->kind != SHAPE_OMITTED) {
      n++;
      only = param;
    }
  }
  contract->is_whole = n == 1 && only->is_in && only == contract->params->pdata[0];
}

/* A parameter that must come with the event, or NULL. */
static const struct contract_param *first_input(const struct contract *contract)
{
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    if (param->is_in && shape_travels(param->shape) && !param->shape->is_nullable) {
      return param;
    }
  }
  return NULL;
}

/* The first call of an allocator in the closure, by place; NULL without one. realloc() is followed
 * by the generated code. */
static const struct fact_call *find_allocation(const struct inventory *inventory,
                                               const struct function_spec *spec)
{
  static const char *const names[] = {"malloc",    "calloc",   "strdup",    "strndup",  "asprintf",
                                      "vasprintf", "g_malloc", "g_malloc0", "g_strdup", NULL};
  const struct fact_call *found = NULL;
  GHashTableIter iterator;
  gpointer id = NULL;
  g_hash_table_iter_init(&iterator, spec->closure);
  while (g_hash_table_iter_next(&iterator, &id, NULL)) {
    const GPtrArray *calls = inventory_list(inventory->calls_by_caller, id);
    for (guint i = 0; i < calls->len; i++) {
      const struct fact_call *call = calls->pdata[i];
      const struct fact_routine *callee = inventory_routine(inventory, call->callee);
      int order = found ? strcmp(call->file, found->file) : -1;
      if (callee && g_strv_contains(names, callee->name) &&
          (order < 0 || (order == 0 && call->line < found->line))) {
        found = call;
      }
    }
  }
  return found;
}

/* Whether a routine may put pointers to fresh memory into such a value; a buffer that grows by
 * realloc() is followed. */
static bool takes_pointers(const struct shape *shape)
{
  if (shape->kind != SHAPE_STRUCT) {
    return shape_holds_pointers(shape);
  }
  for (guint i = 0; shape->members && i < shape->members->len; i++) {
    const struct shape *own = ((const struct member *)shape->members->pdata[i])->shape;
    if (!own->room && takes_pointers(own)) {
      return true;
    }
  }
  return false;
}

/* Pointers to fresh memory that the routine may put into a value that goes back to the caller. */
static void note_unfreed(const struct inventory *inventory, struct function_spec *spec)
{
  const struct fact_call *call = NULL;
  for (guint i = 0; i < spec->contract->params->len; i++) {
    struct contract_param *param = spec->contract->params->pdata[i];
    const struct shape *element = param->shape->element;
    if (!param->is_in || !param->is_out || param->has_transfer || !element ||
        !takes_pointers(element)) {
      continue;
    }
    call = call ? call : find_allocation(inventory, spec);
    if (!call) {
      return;
    }
    param->unfreed = g_strdup_printf("memory that is allocated at %s:%" G_GINT64_FORMAT
                                     " and put into '%s' is never freed: say "
                                     "transfer(full, free=...) or transfer(none)",
                                     call->file, call->line, param->name);
    g_ptr_array_add(spec->todo, g_strdup(param->unfreed));
  }
}

static bool take_contract(const struct inventory *inventory, struct source_texts *texts,
                          struct function_spec *spec, const struct contract_book *book,
                          char **refusal)
{
  spec->contract = contract_infer(inventory, spec->routine, book);
  if (spec->contract->refusal) {
    *refusal = g_strdup_printf("%s:%" G_GINT64_FORMAT ": %s", spec->contract->file,
                               spec->contract->line, spec->contract->refusal);
    return false;
  }
  bool is_unattended = strcmp(spec->adapter, "consumer") == 0 ||
                       strcmp(spec->trigger, "schedule") == 0 ||
                       strcmp(spec->trigger, "object") == 0;
  if (is_unattended) {
    find_failure(inventory, texts, spec);
  }
  if (strcmp(spec->adapter, "consumer") == 0) {
    choose_payload(spec->contract);
  }
  const struct contract_param *asked = first_input(spec->contract);
  if (asked && strcmp(spec->adapter, "call") == 0 &&
      (strcmp(spec->trigger, "schedule") == 0 || strcmp(spec->trigger, "object") == 0)) {
    *refusal = g_strdup_printf("%s:%" G_GINT64_FORMAT ": %s asks for '%s', and an event of trigger "
                               "%s brings no values",
                               spec->routine->file, spec->routine->line, spec->routine->name,
                               asked->name, spec->trigger);
    return false;
  }
  return true;
}

static bool take_call(const struct inventory *inventory, struct source_texts *texts,
                      struct function_spec *spec, const struct contract_book *book, char **refusal)
{
  if (strcmp(spec->adapter, "http") == 0) {
    http_mapping_find(inventory, texts, spec);
    if (!http_mapping_is_complete(&spec->http)) {
      *refusal = g_strdup_printf("%s:%" G_GINT64_FORMAT ": no request and response are found among "
                                 "the parameters of %s",
                                 spec->routine->file, spec->routine->line, spec->routine->name);
      return false;
    }
    return true;
  }
  if (strcmp(spec->adapter, "call") == 0 || strcmp(spec->adapter, "consumer") == 0) {
    return take_contract(inventory, texts, spec, book, refusal);
  }
  return true;
}

struct function_spec *specify(const struct inventory *inventory, struct startup_calls *calls,
                              struct source_texts *texts, const struct plan_function *plan,
                              const char *adapter, const struct contract_book *book, char **refusal)
{
  const struct fact_routine *routine = inventory_routine(inventory, plan->routine);
  if (!routine || !routine->is_defined) {
    *refusal = g_strdup("its entry routine has no body in the analysed code");
    return NULL;
  }
  if (!cloud_name_can_be(plan->name)) {
    *refusal =
        g_strdup("no folder, CMake target and cloud name can be called so: a name is letters, "
                 "digits, '-', '_' and '.'");
    return NULL;
  }
  struct function_spec *spec = function_spec_new();
  spec->plan = plan;
  spec->routine = routine;
  spec->entry = g_hash_table_lookup(inventory->entry_by_id, &plan->entry);
  spec->name = g_strdup(plan->name);
  spec->symbol = c_identifier(plan->name);
  const struct plan_service *service =
      g_hash_table_lookup(inventory->service_by_id, &plan->service);
  spec->service = g_strdup(service ? service->name : "");
  spec->trigger = g_strdup(plan->trigger);
  spec->key = strcmp(plan->trigger, "http") == 0 ? route_key(plan->key) : g_strdup(plan->key);
  spec->program = choose_program(inventory, spec);
  if (!spec->program) {
    *refusal = g_strdup_printf("%s belongs to no program", routine->file);
    function_spec_free(spec);
    return NULL;
  }
  take_closure(inventory, spec);
  take_sources(inventory, spec);
  choose_adapter(inventory, spec, adapter);
  if (!take_call(inventory, texts, spec, book, refusal)) {
    function_spec_free(spec);
    return NULL;
  }
  bool is_program = !spec->contract && strcmp(spec->adapter, "http") != 0 &&
                    strcmp(spec->adapter, "microhttpd") != 0;
  if (!is_program) {
    startup_plan(inventory, calls, texts, spec);
  }
  spec->state = state_plan_new(inventory, texts, spec, book);
  spec->state_home = g_strdup("process");
  take_environment(inventory, spec);
  libraries_find(inventory, spec);
  choose_settings(spec);
  choose_dead_letter(spec);
  spec->connects = find_connection(inventory, spec);
  g_autofree char *cron = cron_schedule(spec->key);
  if (strcmp(spec->trigger, "schedule") == 0 && !cron) {
    g_autofree char *problem = schedule_problem(spec->key);
    g_ptr_array_add(spec->todo,
                    g_strdup_printf("%s: set 'key' in function.yaml to five fields of cron; once a "
                                    "day is assumed",
                                    problem ? problem : "its key tells no time"));
  }
  if (strcmp(plan->readiness, "adapt") == 0) {
    g_ptr_array_add(spec->todo, g_strdup(plan->reason));
  }
  if (spec->contract) {
    note_unfreed(inventory, spec);
  }
  return spec;
}
