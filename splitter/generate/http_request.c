#include "splitter/generate/http_finding.h"
#include "splitter/generate/http_gaps.h"

#include <string.h>

#include "splitter/generate/http_shape.h"

/* A routine of the monolith that makes a request itself: it shows what belongs together. */
static void find_driver(struct http_finding *finding, const struct fact_routine *maker)
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

static void find_make(struct http_finding *finding)
{
  int64_t type = finding->request->type_id;
  const struct fact_routine *maker = http_find_routine(finding, http_makes_request, type);
  if (!maker) {
    return;
  }
  find_driver(finding, maker);
  GString *call = g_string_new(maker->name);
  unsigned n = inventory_n_params(finding->inventory, maker->id);
  for (unsigned i = 1; i <= n; i++) {
    g_autofree char *argument = http_handed(
        finding, maker, i, http_maker_argument(inventory_param(finding->inventory, maker->id, i)));
    g_string_append_printf(call, "%s%s", i == 1 ? "(" : ", ", argument);
  }
  g_string_append_c(call, ')');
  http_set(finding, &finding->mapping->make, g_string_free(call, FALSE), "request.make",
           http_why_routine(finding, maker, "returns such a request from texts of these names"));
}

/* "adder(list, name, value)". A new string. */
static char *call_adder(const struct http_finding *finding, const struct fact_routine *adder,
                        const char *list)
{
  g_autofree char *name = http_handed(finding, adder, 2, "name");
  g_autofree char *value = http_handed(finding, adder, 3, "value");
  return g_strdup_printf("%s(%s, %s, %s)", adder->name, list, name, value);
}

/* Adds a name and a value to a list member of the request: by the list's own routine, else into a
 * fixed array. */
static char *add_to_list(struct http_finding *finding, const struct fact_field *field, char **why)
{
  const struct inventory *inventory = finding->inventory;
  const struct fact_routine *adder = http_find_routine(finding, http_adds_pair, field->field_type);
  if (adder) {
    *why = http_why_routine(finding, adder, "adds a name and a value to such a list");
    g_autofree char *list =
        g_strdup_printf("%srequest->%s", field->is_pointer ? "" : "&", field->field);
    return call_adder(finding, adder, list);
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

static void find_header(struct http_finding *finding)
{
  int64_t type = finding->request->type_id;
  const struct fact_routine *adder = http_find_routine(finding, http_adds_header, type);
  if (adder) {
    http_set(finding, &finding->mapping->header, call_adder(finding, adder, "request"),
             "request.header",
             http_why_routine(finding, adder, "takes a request, a name and a value"));
    return;
  }
  const struct fact_field *field = http_field_find(finding->inventory, type, http_header_words);
  char *why = NULL;
  char *statement = field ? add_to_list(finding, field, &why) : NULL;
  if (statement) {
    http_set(finding, &finding->mapping->header, statement, "request.header", why);
  }
}

/* Values without names go into a row of texts, in the order of the route. */
static char *fill_captures(struct http_finding *finding, char **why)
{
  struct http_captures captures;
  if (!http_captures_read(finding->inventory, finding->request->type_id, &captures)) {
    return NULL;
  }
  const struct fact_field *texts = captures.texts;
  *why = g_strdup_printf("member %s holds %" G_GINT64_FORMAT " texts without names", texts->field,
                         texts->array_length);
  g_autofree char *count =
      captures.count ? g_strdup_printf(" request->%s++;", captures.count->field) : g_strdup("");
  return g_strdup_printf("if (i < %" G_GINT64_FORMAT ") { CLEAVE_SET(request->%s[i], value);%s }",
                         texts->array_length, texts->field, count);
}

/* Members that are called like the route's parameters. */
static char *fill_members(struct http_finding *finding, char **why)
{
  g_autoptr(GPtrArray) names = http_route_parameters(finding->spec->key);
  g_autoptr(GString) statement = g_string_new(NULL);
  for (guint i = 0; i < names->len; i++) {
    const char *const words[] = {names->pdata[i], NULL};
    const struct fact_field *field =
        http_field_find(finding->inventory, finding->request->type_id, words);
    if (!http_field_is_text(field)) {
      return NULL;
    }
    g_string_append_printf(statement,
                           "%sif (strcmp(name, \"%s\") == 0) { CLEAVE_SET(request->%s, value); }",
                           i > 0 ? " else " : "", words[0], field->field);
  }
  if (statement->len == 0) {
    return NULL;
  }
  *why = g_strdup("members are called like the route's parameters");
  return g_strdup(statement->str);
}

static void find_parameter(struct http_finding *finding)
{
  int64_t type = finding->request->type_id;
  const struct fact_routine *adder = http_find_routine(finding, http_adds_parameter, type);
  if (adder) {
    http_set(finding, &finding->mapping->parameter, call_adder(finding, adder, "request"),
             "request.parameter",
             http_why_routine(finding, adder, "takes a request, a name and a value"));
    return;
  }
  const struct fact_field *field = http_field_find(finding->inventory, type, http_parameter_words);
  char *why = NULL;
  char *statement = field ? add_to_list(finding, field, &why) : NULL;
  statement = statement ? statement : fill_captures(finding, &why);
  statement = statement ? statement : fill_members(finding, &why);
  if (statement) {
    http_set(finding, &finding->mapping->parameter, statement, "request.parameter", why);
  }
}

static void find_query(struct http_finding *finding)
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
    http_set(finding, &finding->mapping->query, statement, "request.query", why);
  }
}

/* A member that is a buffer gets bytes of its own. */
static void fill_buffer(struct http_finding *finding, const struct fact_field *body)
{
  struct http_buffer buffer;
  if (body->is_pointer || !http_buffer_read(finding->inventory, body->field_type, &buffer)) {
    return;
  }
  GString *text = g_string_new(NULL);
  g_string_append_printf(text,
                         buffer.length ? "CLEAVE_SET_BYTES(request->%s.%s, body, body_length)"
                                       : "CLEAVE_SET(request->%s.%s, body)",
                         body->field, buffer.data->field);
  const struct fact_field *const numbers[] = {buffer.length, buffer.room};
  for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
    if (numbers[i]) {
      g_string_append_printf(text, "; request->%s.%s = (__typeof__(request->%s.%s))%s", body->field,
                             numbers[i]->field, body->field, numbers[i]->field,
                             i == 0 ? "body_length" : "(body_length + 1)");
    }
  }
  http_set(finding, &finding->mapping->body, g_string_free(text, FALSE), "request.body",
           g_strdup_printf("member %s is a buffer", body->field));
}

static void find_body(struct http_finding *finding)
{
  int64_t type = finding->request->type_id;
  const struct fact_routine *setter = http_find_routine(finding, http_sets_body, type);
  if (setter) {
    g_autofree char *handed = http_handed(finding, setter, 2, "body");
    http_set(finding, &finding->mapping->body,
             g_strdup_printf("%s(request, %s, body_length)", setter->name, handed), "request.body",
             http_why_routine(finding, setter, "takes a request, bytes and their number"));
    return;
  }
  const struct fact_field *body = http_body_find(finding->inventory, type);
  if (body && !http_field_is_text(body) && http_record_of(finding->inventory, body->field_type)) {
    fill_buffer(finding, body);
    return;
  }
  if (!http_field_is_text(body) && !(body && strstr(body->type, "void *"))) {
    return;
  }
  const struct fact_field *length = http_field_find(finding->inventory, type, http_length_words);
  char *statement = http_field_is_number(length)
                        ? g_strdup_printf("CLEAVE_SET_BYTES(request->%s, body, body_length); "
                                          "request->%s = (__typeof__(request->%s))body_length",
                                          body->field, length->field, length->field)
                        : g_strdup_printf("CLEAVE_SET(request->%s, body)", body->field);
  http_set(finding, &finding->mapping->body, statement, "request.body",
           g_strdup_printf("member %s", body->field));
}

/* Without a maker: the texts that the request holds, member by member. */
static void find_prepare(struct http_finding *finding)
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
    http_set(finding, &finding->mapping->prepare, g_strdup(statement->str), "request.prepare",
             g_strdup("members of these names are texts"));
  }
}

void http_request_find(struct http_finding *finding)
{
  find_make(finding);
  find_prepare(finding);
  find_header(finding);
  find_query(finding);
  find_body(finding);
  find_parameter(finding);
}
