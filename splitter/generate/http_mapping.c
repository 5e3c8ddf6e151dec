#include "splitter/generate/http_mapping.h"

#include <string.h>

#include "splitter/generate/c_writer.h"
#include "splitter/generate/http_shape.h"

struct finding {
  const struct inventory *inventory;
  struct source_texts *texts;
  struct function_spec *spec;
  struct http_mapping *mapping;
  const struct fact_param *request;  /* parameter, or NULL */
  const struct fact_param *response; /* parameter, or the result */
  const struct fact_routine *driver; /* makes requests of this kind in the monolith, or NULL */
};

static void set(struct finding *finding, char **line, char *text, const char *what, char *why)
{
  *line = text;
  g_ptr_array_add(finding->mapping->reasons, g_strdup_printf("%s: %s", what, why));
  g_free(why);
}

static bool looks_like_request(const struct inventory *inventory, int64_t type)
{
  return http_field_find(inventory, type, http_method_words) != NULL ||
         (http_field_find(inventory, type, http_path_words) != NULL &&
          http_field_find(inventory, type, http_header_words) != NULL) ||
         (http_field_find(inventory, type, http_query_words) != NULL &&
          http_field_find(inventory, type, http_body_words) != NULL);
}

static bool looks_like_response(const struct inventory *inventory, int64_t type)
{
  return http_field_is_number(http_field_find(inventory, type, http_status_words)) &&
         (http_field_find(inventory, type, http_body_words) ||
          http_field_find(inventory, type, http_data_words));
}

static bool is_single_pointer(const char *type)
{
  const char *star = strchr(type, '*');
  return star && !strchr(star + 1, '*') && !strchr(type, '(');
}

static const struct fact_param *find_param(const struct inventory *inventory, int64_t routine,
                                           bool (*looks)(const struct inventory *, int64_t),
                                           int64_t from)
{
  const GPtrArray *params = inventory_list(inventory->params_by_routine, &routine);
  for (guint i = 0; i < params->len; i++) {
    const struct fact_param *param = params->pdata[i];
    if (param->position >= from && is_single_pointer(param->type) &&
        http_record_of(inventory, param->type_id) && looks(inventory, param->type_id)) {
      return param;
    }
  }
  return NULL;
}

static bool find_params(const struct inventory *inventory, const struct fact_routine *routine,
                        const struct fact_param **request, const struct fact_param **response)
{
  *request = find_param(inventory, routine->id, looks_like_request, 1);
  *response = find_param(inventory, routine->id, looks_like_response, 0);
  if (!*request || !*response || *request == *response) {
    return false;
  }
  unsigned n = inventory_n_params(inventory, routine->id);
  return n == ((*response)->position == 0 ? 1u : 2u);
}

bool http_mapping_fits(const struct inventory *inventory, const struct fact_routine *routine)
{
  const struct fact_param *request = NULL;
  const struct fact_param *response = NULL;
  return find_params(inventory, routine, &request, &response);
}

/* "struct request *" or "const request_t *" without const and star. */
static char *pointee(const char *type)
{
  g_autoptr(GString) text = g_string_new(type);
  g_string_replace(text, "const ", "", 0);
  char *star = strchr(text->str, '*');
  if (star) {
    *star = '\0';
  }
  return g_strdup(g_strstrip(text->str));
}

static bool has_word(const char *name, const char *const *words)
{
  g_auto(GStrv) parts = g_strsplit_set(name, "_0123456789", -1);
  for (size_t i = 0; parts[i]; i++) {
    g_autofree char *lower = g_ascii_strdown(parts[i], -1);
    if (*lower && g_strv_contains(words, lower)) {
      return true;
    }
  }
  return false;
}

static bool is_called_by(const struct finding *finding, const struct fact_routine *routine,
                         const struct fact_routine *caller)
{
  const GPtrArray *calls = inventory_list(finding->inventory->calls_by_callee, &routine->id);
  for (guint i = 0; i < calls->len; i++) {
    const struct fact_call *call = calls->pdata[i];
    if (call->caller == caller->id) {
      return true;
    }
  }
  return false;
}

/* Why a routine was taken, with the monolith's own use when there is one. */
static char *why_routine(const struct finding *finding, const struct fact_routine *routine,
                         const char *what)
{
  if (finding->driver && is_called_by(finding, routine, finding->driver)) {
    return g_strdup_printf("%s; %s (%s) does the same", what, finding->driver->name,
                           finding->driver->file);
  }
  return g_strdup_printf("%s (%s:%" G_GINT64_FORMAT ")", what, routine->file, routine->line);
}

typedef bool (*routine_test)(const struct finding *finding, const struct fact_routine *routine,
                             int64_t type);

/* The routine of the program that passes the test; one that the driver calls goes first. */
static const struct fact_routine *find_routine(const struct finding *finding, routine_test test,
                                               int64_t type)
{
  const struct inventory *inventory = finding->inventory;
  const struct fact_routine *found = NULL;
  for (size_t i = 0; i < inventory->routines->n; i++) {
    const struct fact_routine *routine = record_at(inventory->routines, fact_routine, i);
    if (!routine->is_defined || routine->is_variadic ||
        (routine->is_static && strcmp(routine->file, finding->spec->routine->file) != 0) ||
        !test(finding, routine, type) ||
        inventory_find_routine(inventory, finding->spec->program, routine->name) != routine) {
      continue;
    }
    if (finding->driver && is_called_by(finding, routine, finding->driver)) {
      return routine;
    }
    found = found ? found : routine;
  }
  return found;
}

static const struct fact_param *param(const struct finding *finding,
                                      const struct fact_routine *routine, int64_t position)
{
  return inventory_param(finding->inventory, routine->id, position);
}

static bool returns_void(const struct finding *finding, const struct fact_routine *routine)
{
  const struct fact_param *result = param(finding, routine, 0);
  return result && strcmp(result->type, "void") == 0;
}

/* What an argument for this parameter of a maker is, or NULL. */
static const char *maker_argument(const struct fact_param *param)
{
  if (!http_type_is_text(param->type)) {
    return NULL;
  }
  static const char *const raw_words[] = {"target", "uri", "url", "request_uri", NULL};
  static const char *const plain_words[] = {"path", "route", NULL};
  static const char *const version_words[] = {"version", "protocol", NULL};
  return has_word(param->name, http_method_words)  ? "method"
         : has_word(param->name, raw_words)        ? "target"
         : has_word(param->name, plain_words)      ? "path"
         : has_word(param->name, http_query_words) ? "query_string"
         : has_word(param->name, version_words)    ? "protocol"
                                                   : NULL;
}

static bool makes_request(const struct finding *finding, const struct fact_routine *routine,
                          int64_t type)
{
  const struct fact_param *result = param(finding, routine, 0);
  unsigned n = inventory_n_params(finding->inventory, routine->id);
  if (!result || result->type_id != type || !is_single_pointer(result->type) || n == 0) {
    return false;
  }
  for (unsigned i = 1; i <= n; i++) {
    if (!maker_argument(param(finding, routine, i))) {
      return false;
    }
  }
  return true;
}

static bool takes_only(const struct finding *finding, const struct fact_routine *routine,
                       int64_t type)
{
  const struct fact_param *first = param(finding, routine, 1);
  return first && first->type_id == type && is_single_pointer(first->type) &&
         !g_str_has_prefix(first->type, "const ") &&
         inventory_n_params(finding->inventory, routine->id) == 1;
}

static bool releases(const struct finding *finding, const struct fact_routine *routine,
                     int64_t type)
{
  static const char *const words[] = {"free",    "clear",   "destroy", "release", "delete", "fini",
                                      "cleanup", "dispose", "done",    "close",   NULL};
  return takes_only(finding, routine, type) && has_word(routine->name, words) &&
         returns_void(finding, routine);
}

static bool prepares(const struct finding *finding, const struct fact_routine *routine,
                     int64_t type)
{
  static const char *const words[] = {"init", "reset", "setup", "prepare", "initialize", NULL};
  return takes_only(finding, routine, type) && has_word(routine->name, words);
}

/* (T *, name, value): adds one field. */
static bool adds_pair(const struct finding *finding, const struct fact_routine *routine,
                      int64_t type)
{
  if (inventory_n_params(finding->inventory, routine->id) != 3) {
    return false;
  }
  const struct fact_param *list = param(finding, routine, 1);
  const struct fact_param *name = param(finding, routine, 2);
  const struct fact_param *value = param(finding, routine, 3);
  return list && name && value && list->type_id == type && is_single_pointer(list->type) &&
         http_type_is_text(name->type) && http_type_is_text(value->type) &&
         strchr(name->type, '*') && strchr(value->type, '*') &&
         g_str_has_prefix(value->type, "const ") && !strstr(routine->name, "del") &&
         !strstr(routine->name, "get");
}

static bool adds_header(const struct finding *finding, const struct fact_routine *routine,
                        int64_t type)
{
  return adds_pair(finding, routine, type) && has_word(routine->name, http_header_words);
}

static bool adds_parameter(const struct finding *finding, const struct fact_routine *routine,
                           int64_t type)
{
  static const char *const words[] = {"param", "params",  "parameter", "arg",
                                      "var",   "capture", NULL};
  return adds_pair(finding, routine, type) && has_word(routine->name, words);
}

static bool sets_body(const struct finding *finding, const struct fact_routine *routine,
                      int64_t type)
{
  const struct fact_param *first = param(finding, routine, 1);
  const struct fact_param *data = param(finding, routine, 2);
  const struct fact_param *length = param(finding, routine, 3);
  return inventory_n_params(finding->inventory, routine->id) == 3 && first && data && length &&
         first->type_id == type && strchr(data->type, '*') && !strchr(length->type, '*') &&
         length->type_id == 0 && has_word(routine->name, http_body_words);
}

/* A routine of the monolith that makes a request itself: it shows what belongs together. */
static void find_driver(struct finding *finding, const struct fact_routine *maker)
{
  const GPtrArray *calls = inventory_list(finding->inventory->calls_by_callee, &maker->id);
  for (guint i = 0; i < calls->len; i++) {
    const struct fact_call *call = calls->pdata[i];
    const struct fact_routine *caller = inventory_routine(finding->inventory, call->caller);
    if (caller && caller->is_defined &&
        inventory_find_routine(finding->inventory, finding->spec->program, caller->name) ==
            caller) {
      finding->driver = caller;
      return;
    }
  }
}

static void find_make(struct finding *finding)
{
  int64_t type = finding->request->type_id;
  const struct fact_routine *maker = find_routine(finding, makes_request, type);
  if (!maker) {
    return;
  }
  find_driver(finding, maker);
  GString *call = g_string_new(maker->name);
  unsigned n = inventory_n_params(finding->inventory, maker->id);
  for (unsigned i = 1; i <= n; i++) {
    g_string_append(call, i == 1 ? "(" : ", ");
    g_string_append(call, maker_argument(param(finding, maker, i)));
  }
  g_string_append_c(call, ')');
  set(finding, &finding->mapping->make, g_string_free(call, FALSE), "request.make",
      why_routine(finding, maker, "returns such a request from texts of these names"));
}

/* Adds a name and a value to a list member of the request: by the list's own routine, else into a
 * fixed array. */
static char *add_to_list(struct finding *finding, const struct fact_field *field, char **why)
{
  const struct inventory *inventory = finding->inventory;
  const struct fact_routine *adder = find_routine(finding, adds_pair, field->field_type);
  if (adder) {
    *why = why_routine(finding, adder, "adds a name and a value to such a list");
    return g_strdup_printf("%s(%srequest->%s, name, value)", adder->name,
                           field->is_pointer ? "" : "&", field->field);
  }
  struct http_list shape;
  if (!http_list_read(inventory, finding->request->type_id, field, "request->", &shape)) {
    return NULL;
  }
  char *statement = NULL;
  if (shape.limit > 0) {
    statement = g_strdup_printf("if (%s < %" G_GINT64_FORMAT ") { CLEAVE_SET(%s[%s].%s, name); "
                                "CLEAVE_SET(%s[%s].%s, value); %s++; }",
                                shape.count, shape.limit, shape.items, shape.count, shape.name,
                                shape.items, shape.count, shape.value, shape.count);
    *why = g_strdup_printf("a fixed array of %" G_GINT64_FORMAT " with its number", shape.limit);
  }
  http_list_clear(&shape);
  return statement;
}

static void find_header(struct finding *finding)
{
  int64_t type = finding->request->type_id;
  const struct fact_routine *adder = find_routine(finding, adds_header, type);
  if (adder) {
    set(finding, &finding->mapping->header,
        g_strdup_printf("%s(request, name, value)", adder->name), "request.header",
        why_routine(finding, adder, "takes a request, a name and a value"));
    return;
  }
  const struct fact_field *field = http_field_find(finding->inventory, type, http_header_words);
  char *why = NULL;
  char *statement = field ? add_to_list(finding, field, &why) : NULL;
  if (statement) {
    set(finding, &finding->mapping->header, statement, "request.header", why);
  }
}

static void find_parameter(struct finding *finding)
{
  int64_t type = finding->request->type_id;
  const struct fact_routine *adder = find_routine(finding, adds_parameter, type);
  if (adder) {
    set(finding, &finding->mapping->parameter,
        g_strdup_printf("%s(request, name, value)", adder->name), "request.parameter",
        why_routine(finding, adder, "takes a request, a name and a value"));
    return;
  }
  const struct fact_field *field = http_field_find(finding->inventory, type, http_parameter_words);
  char *why = NULL;
  char *statement = field ? add_to_list(finding, field, &why) : NULL;
  if (statement) {
    set(finding, &finding->mapping->parameter, statement, "request.parameter", why);
  }
}

static void find_query(struct finding *finding)
{
  /* A maker that gets the whole target reads the query itself. */
  if (finding->mapping->make && strstr(finding->mapping->make, "target")) {
    return;
  }
  const struct fact_field *field =
      http_field_find(finding->inventory, finding->request->type_id, http_query_list_words);
  char *why = NULL;
  char *statement = field && !http_field_is_text(field) ? add_to_list(finding, field, &why) : NULL;
  if (statement) {
    set(finding, &finding->mapping->query, statement, "request.query", why);
  }
}

static void find_body(struct finding *finding)
{
  int64_t type = finding->request->type_id;
  const struct fact_routine *setter = find_routine(finding, sets_body, type);
  if (setter) {
    set(finding, &finding->mapping->body,
        g_strdup_printf("%s(request, body, body_length)", setter->name), "request.body",
        why_routine(finding, setter, "takes a request, bytes and their number"));
    return;
  }
  const struct fact_field *body = http_field_find(finding->inventory, type, http_body_words);
  if (!http_field_is_text(body) && !(body && strstr(body->type, "void *"))) {
    return;
  }
  const struct fact_field *length = http_field_find(finding->inventory, type, http_length_words);
  char *statement =
      http_field_is_number(length)
          ? g_strdup_printf("CLEAVE_SET(request->%s, body); request->%s = (__typeof__(request->%s))"
                            "body_length",
                            body->field, length->field, length->field)
          : g_strdup_printf("CLEAVE_SET(request->%s, body)", body->field);
  set(finding, &finding->mapping->body, statement, "request.body",
      g_strdup_printf("member %s", body->field));
}

/* Without a maker: the texts that the request holds, member by member. */
static void find_prepare(struct finding *finding)
{
  static const struct {
    const char *const *words;
    const char *variable;
  } texts[] = {
      {http_method_words, "method"}, {http_path_words, "path"}, {http_query_words, "query_string"}};
  if (finding->mapping->make) {
    return;
  }
  g_autoptr(GString) statement = g_string_new(NULL);
  for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
    const struct fact_field *field =
        http_field_find(finding->inventory, finding->request->type_id, texts[i].words);
    if (http_field_is_text(field)) {
      g_string_append_printf(statement, "%sCLEAVE_SET(request->%s, %s)",
                             statement->len > 0 ? "; " : "", field->field, texts[i].variable);
    }
  }
  if (statement->len > 0) {
    set(finding, &finding->mapping->prepare, g_strdup(statement->str), "request.prepare",
        g_strdup("members of these names are texts"));
  }
}

static void find_release(struct finding *finding, int64_t type, bool is_made, const char *variable,
                         char **line, const char *what)
{
  static const char *const frees[] = {"free", "destroy", "delete", "release", NULL};
  static const char *const clears[] = {"clear", "fini", "cleanup", "done", NULL};
  const struct fact_routine *release = find_routine(finding, releases, type);
  if (!release || (!is_made && has_word(release->name, frees) && !has_word(release->name, clears) &&
                   !(finding->driver && is_called_by(finding, release, finding->driver)))) {
    return;
  }
  set(finding, line, g_strdup_printf("%s(%s)", release->name, variable), what,
      why_routine(finding, release, "gives back what it is handed"));
}

static void find_reply_body(struct finding *finding)
{
  const struct inventory *inventory = finding->inventory;
  int64_t type = finding->response->type_id;
  const struct fact_field *body = http_field_find(inventory, type, http_body_words);
  body = body ? body : http_field_find(inventory, type, http_data_words);
  if (!body) {
    return;
  }
  if (!http_field_is_text(body) && http_record_of(inventory, body->field_type)) {
    const struct fact_field *data = http_field_find(inventory, body->field_type, http_data_words);
    const struct fact_field *length =
        http_field_find(inventory, body->field_type, http_length_words);
    const char *access = body->is_pointer ? "->" : ".";
    if (data && http_field_is_number(length)) {
      set(finding, &finding->mapping->data,
          g_strdup_printf("response->%s%s%s", body->field, access, data->field), "response.data",
          g_strdup_printf("member %s holds %s and %s", body->field, data->field, length->field));
      finding->mapping->length =
          g_strdup_printf("response->%s%s%s", body->field, access, length->field);
    }
    return;
  }
  const struct fact_field *length = http_field_find(inventory, type, http_length_words);
  set(finding, &finding->mapping->data, g_strdup_printf("response->%s", body->field),
      "response.data", g_strdup_printf("member %s", body->field));
  finding->mapping->length =
      http_field_is_number(length) && length != http_field_find(inventory, type, http_status_words)
          ? g_strdup_printf("response->%s", length->field)
          : g_strdup_printf("response->%s ? strlen(response->%s) : 0", body->field, body->field);
}

static void find_reply(struct finding *finding)
{
  const struct inventory *inventory = finding->inventory;
  int64_t type = finding->response->type_id;
  struct http_mapping *mapping = finding->mapping;
  const struct fact_routine *prepare = find_routine(finding, prepares, type);
  if (prepare && finding->response->position > 0) {
    set(finding, &mapping->response_prepare, g_strdup_printf("%s(response)", prepare->name),
        "response.prepare", why_routine(finding, prepare, "sets up such a response"));
  }
  const struct fact_field *status = http_field_find(inventory, type, http_status_words);
  set(finding, &mapping->status, g_strdup_printf("response->%s", status->field), "response.status",
      g_strdup_printf("member %s", status->field));
  const struct fact_field *content_type = http_field_find(inventory, type, http_type_words);
  if (http_field_is_text(content_type)) {
    set(finding, &mapping->content_type, g_strdup_printf("response->%s", content_type->field),
        "response.content_type", g_strdup_printf("member %s", content_type->field));
  }
  const struct fact_field *headers = http_field_find(inventory, type, http_header_words);
  struct http_list shape;
  if (headers && http_list_read(inventory, type, headers, "response->", &shape)) {
    set(finding, &mapping->header_count, g_strdup(shape.count), "response.headers",
        g_strdup_printf("member %s holds names and values", headers->field));
    mapping->header_name = g_strdup_printf("%s[i].%s", shape.items, shape.name);
    mapping->header_value = g_strdup_printf("%s[i].%s", shape.items, shape.value);
    http_list_clear(&shape);
  }
  find_reply_body(finding);
  find_release(finding, type, finding->response->position == 0, "response", &mapping->response_free,
               "response.free");
}

static void find_call(struct finding *finding)
{
  const struct fact_routine *routine = finding->spec->routine;
  bool is_result = finding->response->position == 0;
  const char *arguments = is_result                         ? "request"
                          : finding->request->position == 1 ? "request, response"
                                                            : "response, request";
  finding->mapping->call = g_strdup_printf("%s(%s)", routine->name, arguments);
}

/* An argument of the dispatcher's own answer in terms of our variables, or NULL. */
static char *failure_argument(const struct finding *finding, const struct fact_routine *callee,
                              const struct fact_argument *argument)
{
  const struct fact_param *of = inventory_param(finding->inventory, callee->id, argument->position);
  if (of && of->type_id == finding->response->type_id && strchr(of->type, '*')) {
    return g_strdup("response");
  }
  if (of && of->type_id == finding->request->type_id && strchr(of->type, '*')) {
    return g_strdup("request");
  }
  if (strcmp(argument->kind, "integer") == 0) {
    return g_strdup(argument->value);
  }
  return strcmp(argument->kind, "string") == 0 ? c_literal(argument->value) : NULL;
}

static bool is_server_error(const struct fact_argument *argument)
{
  gint64 value = g_ascii_strtoll(argument->value, NULL, 10);
  return strcmp(argument->kind, "integer") == 0 && value >= 500 && value <= 599;
}

/* What the dispatcher answers for a failed handler: a call with the response and a constant 5xx
 * status behind the handler's. */
static char *failure_call(const struct finding *finding, const struct fact_site *site)
{
  const GPtrArray *calls = inventory_list(finding->inventory->calls_by_site, &site->id);
  const struct fact_call *call = calls->len == 1 ? calls->pdata[0] : NULL;
  const struct fact_routine *callee =
      call ? inventory_routine(finding->inventory, call->callee) : NULL;
  const GPtrArray *arguments = inventory_list(finding->inventory->arguments_by_site, &site->id);
  if (!callee || arguments->len == 0 ||
      arguments->len != inventory_n_params(finding->inventory, callee->id)) {
    return NULL;
  }
  bool has_status = false;
  g_autoptr(GString) text = g_string_new(callee->name);
  for (guint i = 0; i < arguments->len; i++) {
    const struct fact_argument *argument = arguments->pdata[i];
    g_autofree char *value = failure_argument(finding, callee, argument);
    if (!value) {
      return NULL;
    }
    has_status = has_status || is_server_error(argument);
    g_string_append_printf(text, "%s%s", i == 0 ? "(" : ", ", value);
  }
  g_string_append_c(text, ')');
  return has_status ? g_strdup(text->str) : NULL;
}

/* The condition that the dispatcher asks of the handler's result, from its source. */
static char *failure_condition(const struct finding *finding, const struct fact_call *dispatch)
{
  const char *text = source_texts_file(finding->texts, dispatch->file);
  g_auto(GStrv) lines = text ? g_strsplit(text, "\n", -1) : NULL;
  guint n = lines ? g_strv_length(lines) : 0;
  if (dispatch->line < 1 || dispatch->line > n) {
    return NULL;
  }
  static const char *const tests[] = {"!= 0", "< 0", "== -1", "== 0", "!= 1", "== 1", NULL};
  const char *line = lines[dispatch->line - 1];
  for (size_t i = 0; tests[i] && strstr(line, "if"); i++) {
    g_autofree char *pattern = g_strdup_printf(") %s", tests[i]);
    if (strstr(line, pattern)) {
      return g_strdup_printf("result %s", tests[i]);
    }
  }
  return NULL;
}

static void find_failure(struct finding *finding)
{
  const struct inventory *inventory = finding->inventory;
  const struct fact_param *result = inventory_param(inventory, finding->spec->routine->id, 0);
  if (!result || strcmp(result->type, "int") != 0) {
    return;
  }
  const GPtrArray *calls = inventory_list(inventory->calls_by_callee, &finding->spec->routine->id);
  for (guint i = 0; i < calls->len; i++) {
    const struct fact_call *dispatch = calls->pdata[i];
    const struct fact_routine *dispatcher = inventory_routine(inventory, dispatch->caller);
    g_autofree char *condition = dispatcher && strcmp(dispatch->kind, "indirect") == 0
                                     ? failure_condition(finding, dispatch)
                                     : NULL;
    const GPtrArray *sites =
        condition ? inventory_list(inventory->sites_by_caller, &dispatcher->id) : NULL;
    for (guint j = 0; sites && j < sites->len; j++) {
      const struct fact_site *site = sites->pdata[j];
      g_autofree char *failure = site->line >= dispatch->line && site->line <= dispatch->line + 3
                                     ? failure_call(finding, site)
                                     : NULL;
      if (failure) {
        finding->mapping->fails = g_steal_pointer(&condition);
        set(finding, &finding->mapping->failure, g_steal_pointer(&failure), "call.failure",
            g_strdup_printf("%s does so at %s:%" G_GINT64_FORMAT, dispatcher->name, site->file,
                            site->line));
        return;
      }
    }
    if (condition) {
      set(finding, &finding->mapping->fails, g_steal_pointer(&condition), "call.fails",
          g_strdup_printf("%s asks so at %s:%" G_GINT64_FORMAT, dispatcher->name, dispatch->file,
                          dispatch->line));
      return;
    }
  }
}

void http_mapping_find(const struct inventory *inventory, struct source_texts *texts,
                       struct function_spec *spec)
{
  struct finding finding = {
      .inventory = inventory, .texts = texts, .spec = spec, .mapping = &spec->http};
  if (!find_params(inventory, spec->routine, &finding.request, &finding.response)) {
    return;
  }
  spec->http.request_type = pointee(finding.request->type);
  spec->http.response_type = pointee(finding.response->type);
  find_make(&finding);
  find_prepare(&finding);
  find_header(&finding);
  find_query(&finding);
  find_body(&finding);
  find_parameter(&finding);
  find_release(&finding, finding.request->type_id, spec->http.make != NULL, "request",
               &spec->http.request_free, "request.free");
  find_reply(&finding);
  find_call(&finding);
  find_failure(&finding);
  if (finding.response->position == 0) {
    /* The routine returns the response: its call makes it. */
    spec->http.response_make = g_steal_pointer(&spec->http.call);
  }
}

bool http_mapping_is_complete(const struct http_mapping *mapping)
{
  return mapping->request_type && mapping->response_type && mapping->status &&
         (mapping->call || mapping->response_make);
}
