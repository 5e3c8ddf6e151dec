/* What the host and the replay read from others: recordings, schedules, answers of functions,
 * pushes, traces, projects and rules. The first byte chooses; whatever follows, an answer or an
 * error, never a crash. */
#include <glib.h>
#include <string.h>

#include "splitter/host/context.h"
#include "splitter/host/envelope.h"
#include "splitter/host/payload.h"
#include "splitter/host/schedule.h"
#include "splitter/host/source/created.h"
#include "splitter/host/source/kind.h"
#include "splitter/host/source/markup.h"
#include "splitter/replay/answers.h"
#include "splitter/replay/exact.h"
#include "splitter/replay/har.h"
#include "splitter/runtime/fields.h"
#include "splitter/runtime/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_har(const char *text, size_t n)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(har_owner) har = har_parse("fuzz.har", text, n, NULL, &error);
  g_assert_true((har != NULL) == (error == NULL));
  for (guint i = 0; har && i < har->entries->len; i++) {
    g_assert_true(har_at(har, i)->target[0] == '/');
    g_assert_null(strpbrk(har_at(har, i)->target, " \r\n"));
  }
}

static void read_schedule(const char *text)
{
  struct schedule schedule;
  if (schedule_parse(&schedule, text, NULL)) {
    int64_t next = schedule_next(&schedule, 1795418400000);
    g_assert_true(next == 0 || next > 1795418400000);
  }
}

static void read_reply(const char *text, size_t n)
{
  struct http_reply reply;
  http_reply_read(&reply, text, n);
  g_assert_cmpint(reply.status, >=, 100);
  g_assert_cmpint(reply.status, <=, 599);
  for (guint i = 0; i < reply.headers->len; i++) {
    const struct cleave_field *field = &g_array_index(reply.headers, struct cleave_field, i);
    g_assert_null(strpbrk(field->name, "\r\n: "));
    g_assert_null(strpbrk(field->value, "\r\n"));
  }
  http_reply_clear(&reply);
}

static void read_failures(const char *text, size_t n)
{
  static const char *const ids[] = {"id", "1"};
  bool is_processed[2];
  envelope_queue_read(text, n, ids, 2, is_processed);
}

/* An answer of a back end: a list of messages that can be used, or an error. */
static void read_messages(const struct source_kind *kind, const char *text, size_t n)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(source_message_free);
  struct source_place place = {
      .address = "http://h/1/q", .url = "http://h", .path = "/1/q", .name = "q", .region = "r"};
  bool is_good = kind->read(&place, text, n, messages, &error);
  g_assert_true(is_good == (error == NULL));
  for (guint i = 0; is_good && i < messages->len; i++) {
    const struct source_message *message = g_ptr_array_index(messages, i);
    g_assert_true(message->id[0] != '\0' && message->receipt[0] != '\0');
    g_assert_true(message->body != NULL && json_is_object(message->attributes));
    g_assert_true(message->trace[0] == '\0' || strlen(message->trace) == 55);
  }
  g_autofree char *code = source_error_code(text, n);
  g_assert_null(strpbrk(code, "\r\n\"<"));
}

static void read_created(const char *text, size_t n)
{
  g_autoptr(GPtrArray) list = created_read(text, n, NULL);
  for (guint i = 0; list && i < list->len; i++) {
    const struct created *created = g_ptr_array_index(list, i);
    g_autofree char *written = created_write(created);
    struct created *again = created_parse(written, strlen(written));
    g_assert_cmpstr(again->key, ==, created->key);
    g_assert_cmpstr(again->bucket, ==, created->bucket);
    created_free(again);
  }
  g_autoptr(GHashTable) top = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(GPtrArray) records = markup_records(text, n, "ListBucketResult", "Contents", top, NULL);
}

/* The two halves of the input as JSON answers: equal to themselves, and compared alike both ways.
 */
static void compare(const char *text, size_t n)
{
  static const struct cleave_field type = {"Content-Type", "application/json"};
  g_autoptr(replay_rules_owner) rules = replay_rules_default();
  g_autoptr(GBytes) left = g_bytes_new(text, n / 2);
  g_autoptr(GBytes) right = g_bytes_new(text + n / 2, n - n / 2);
  struct answer a = {200, &type, 1, left};
  struct answer b = {200, &type, 1, right};
  g_autoptr(GPtrArray) differences = g_ptr_array_new_with_free_func(answer_difference_free);
  g_assert_cmpint(answers_compare(&a, &a, rules, 4, differences), ==, ANSWERS_IDENTICAL);
  g_assert_cmpint(answers_compare(&a, &b, rules, 4, differences), ==,
                  answers_compare(&b, &a, rules, 4, differences));
}

/* A file of this process, written anew. */
static char *write_file(const char *name, const char *text, size_t n)
{
  static char *folder;
  folder = folder ? folder : g_dir_make_tmp("cleave-fuzz-XXXXXX", NULL);
  g_assert_nonnull(folder);
  char *path = g_build_filename(folder, name, NULL);
  g_assert_true(
      g_file_set_contents_full(path, text, (gssize)n, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  return path;
}

static void read_trace(const char *text)
{
  struct trace_context context;
  trace_context_begin(&context, text);
  g_assert_true(trace_is_valid(context.traceparent));
  g_assert_cmpuint(strlen(context.trace), ==, 32);
  g_assert_cmpuint(strlen(context.span), ==, 16);
  if (trace_is_valid(text)) {
    g_assert_true(g_str_has_prefix(text + 3, context.trace));
    g_assert_true(g_str_has_prefix(text + 36, context.parent));
  } else {
    g_assert_cmpstr(context.parent, ==, "");
  }
}

/* A whole request as it may come to the front and the queues, and what each platform is handed. */
static void read_request(const char *text, size_t n)
{
  struct fields parameters = {NULL, 0, 0};
  const struct http_origin origin = {.route = "GET /items/{id}",
                                     .parameters = &parameters,
                                     .peer = "127.0.0.1",
                                     .request_id = "r",
                                     .now_ms = 1795418400000};
  struct wire wire;
  wire_init(&wire, HTTP_REQUEST, (struct wire_limits){8192, 65536});
  wire_feed(&wire, text, n);
  wire_finish(&wire);
  if (wire.state == WIRE_COMPLETE) {
    g_autofree char *trace = NULL;
    g_autoptr(GBytes) data = payload_from_push(&wire, &trace);
    g_assert_true(!data || (trace && (*trace == '\0' || trace_is_valid(trace))));
    for (int i = 0; i < 3; i++) {
      struct project_function function = {.name = (char *)"f",
                                          .platform = (enum project_platform)i,
                                          .trigger = CLEAVE_HTTP,
                                          .key = (char *)"GET /items/{id}"};
      struct payload *payload = payload_http(&function, &wire, &origin, "");
      g_assert_nonnull(payload->body);
      payload_free(payload);
    }
  }
  wire_clear(&wire);
}

static void read_project(const char *text, size_t n)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *path = write_file("functions.json", text, n);
  g_autofree char *folder = g_path_get_dirname(path);
  struct project *project = project_load(folder, &error);
  g_assert_true((project != NULL) == (error == NULL));
  for (size_t i = 0; project && i < project->n_functions; i++) {
    g_assert_true(project->functions[i].name && project->functions[i].key);
    g_assert_cmpuint(project->functions[i].max_instances, >, 0);
    g_assert_cmpuint(project->functions[i].timeout_s, >, 0);
  }
  project_free(project);
}

static void read_rules(const char *text, size_t n)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *path = write_file("rules.yaml", text, n);
  g_autoptr(replay_rules_owner) rules = replay_rules_load(path, &error);
  g_assert_true((rules != NULL) == (error == NULL));
  if (rules) {
    g_autofree char *same = replay_rules_normalise(rules, "12 ms at 10:00");
    replay_rules_skips(rules, "GET", "/items");
  }
}

/* An answer of an http function on Azure, and one of a queue function. */
static void read_outputs(const char *text, size_t n)
{
  struct project_function function = {.name = (char *)"f", .platform = PROJECT_AZURE};
  struct invocation_result result = {.outcome = OUTCOME_OK, .body = text, .n_body = n};
  struct http_reply reply;
  payload_read_http(&function, &result, &reply);
  g_assert_cmpint(reply.status, >=, 100);
  g_assert_cmpint(reply.status, <=, 599);
  http_reply_clear(&reply);
}

/* The two halves as answers of a typed routine: never different from themselves. */
static void compare_exactly(const char *text, size_t n)
{
  json_t *left = json_loadb(text, n / 2, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
  json_t *right = json_loadb(text + n / 2, n - n / 2, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
  g_autoptr(GPtrArray) differences = g_ptr_array_new_with_free_func(answer_difference_free);
  if (left && right) {
    g_assert_cmpuint(exact_compare(left, left, 4, differences), ==, 0);
    g_assert_cmpuint(exact_compare(left, right, 4, differences) == 0, ==,
                     exact_compare(right, left, 4, differences) == 0);
  }
  json_decref(left);
  json_decref(right);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0) {
    return 0;
  }
  g_autofree char *text = g_strndup((const char *)data + 1, size - 1);
  g_autofree char *bytes = g_malloc0(size);
  memcpy(bytes, data + 1, size - 1);
  switch (data[0]) {
  case 'h':
    read_har(bytes, size - 1);
    break;
  case 's':
    read_schedule(text);
    break;
  case 'r':
    read_reply(bytes, size - 1);
    read_failures(bytes, size - 1);
    break;
  case 'q':
    read_messages(&source_sqs, bytes, size - 1);
    read_messages(&source_pubsub, bytes, size - 1);
    break;
  case 'a':
    read_messages(&source_azure, bytes, size - 1);
    break;
  case 'o':
    read_created(bytes, size - 1);
    break;
  case 't':
    read_trace(text);
    break;
  case 'w':
    read_request(bytes, size - 1);
    break;
  case 'p':
    read_project(bytes, size - 1);
    break;
  case 'y':
    read_rules(bytes, size - 1);
    break;
  case 'z':
    read_outputs(bytes, size - 1);
    break;
  case 'x':
    compare_exactly(bytes, size - 1);
    break;
  default:
    compare(bytes, size - 1);
    break;
  }
  return 0;
}
