#include "splitter/generate/http_finding.h"

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
  const struct fact_field *body = http_field_find(finding->inventory, type, http_body_words);
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
