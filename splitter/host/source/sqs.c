/* Amazon SQS, by its JSON protocol.
 *
 * Source: "Making query API requests using AWS JSON protocol" and ReceiveMessage, DeleteMessage,
 * ChangeMessageVisibility of the API reference; "Using Lambda with Amazon SQS" for the record
 * (docs.aws.amazon.com, read 2026-11-27). */
#include <string.h>

#include "splitter/host/source/kind.h"
#include "splitter/runtime/trace.h"

#define WAIT_SECONDS 20 /* the longest that a request may wait for messages */
#define LONGEST_HIDING 43200

/* A signed request; takes BODY over. */
static bool write_request(const struct source_place *place, const char *action, json_t *body,
                          struct source_request *request, GError **error)
{
  json_object_set_new(body, "QueueUrl", json_string(place->address));
  char *text = json_dumps(body, JSON_COMPACT);
  json_decref(body);
  request->method = "POST";
  request->target = "/";
  request->body = arena_string(&request->arena, text);
  request->n_body = strlen(text);
  free(text);
  fields_add(&request->headers, &request->arena, "Content-Type", "application/x-amz-json-1.0");
  fields_add(&request->headers, &request->arena, "X-Amz-Target",
             arena_print(&request->arena, "AmazonSQS.%s", action));
  return source_sign(place, "sqs", request, error);
}

/* Where an emulator's queues have addresses that lead elsewhere, the variables of AWS' own
 * libraries name the server. */
static bool prepare(struct source_place *place, GError **error)
{
  const char *endpoint = g_getenv("AWS_ENDPOINT_URL_SQS");
  endpoint = endpoint && *endpoint ? endpoint : g_getenv("AWS_ENDPOINT_URL");
  if (endpoint && *endpoint && !source_place_redirect(place, endpoint, error)) {
    return false;
  }
  struct source_request request = {.method = "POST", .target = "/", .body = ""};
  arena_init(&request.arena);
  bool is_good = source_sign(place, "sqs", &request, error); /* are there credentials? */
  arena_clear(&request.arena);
  return is_good;
}

static bool receive(const struct source_place *place, unsigned n, unsigned seconds,
                    struct source_request *request, GError **error)
{
  /* Both names of the list: services that know MessageSystemAttributeNames take that one alone. */
  json_t *body = json_pack("{s:i,s:i,s:i,s:[s],s:[s],s:[s]}", "MaxNumberOfMessages", (int)n,
                           "WaitTimeSeconds", WAIT_SECONDS, "VisibilityTimeout",
                           (int)MIN(seconds, LONGEST_HIDING), "MessageSystemAttributeNames", "All",
                           "AttributeNames", "All", "MessageAttributeNames", "All");
  return write_request(place, "ReceiveMessage", body, request, error);
}

static bool acknowledge(const struct source_place *place, const struct source_message *message,
                        struct source_request *request, GError **error)
{
  return write_request(place, "DeleteMessage",
                       json_pack("{s:s}", "ReceiptHandle", message->receipt), request, error);
}

static bool release(const struct source_place *place, const struct source_message *message,
                    unsigned seconds, struct source_request *request, GError **error)
{
  return write_request(place, "ChangeMessageVisibility",
                       json_pack("{s:s,s:i}", "ReceiptHandle", message->receipt,
                                 "VisibilityTimeout", (int)MIN(seconds, LONGEST_HIDING)),
                       request, error);
}

static const char *text_of(const json_t *object, const char *key)
{
  const char *text = json_string_value(json_object_get(object, key));
  return text ? text : "";
}

/* Lambda's spelling of a message attribute. */
static json_t *lambda_attribute(const json_t *attribute)
{
  json_t *out = json_pack("{s:[],s:[],s:s}", "stringListValues", "binaryListValues", "dataType",
                          text_of(attribute, "DataType"));
  const char *text = json_string_value(json_object_get(attribute, "StringValue"));
  const char *binary = json_string_value(json_object_get(attribute, "BinaryValue"));
  json_object_set_new(out, text ? "stringValue" : "binaryValue",
                      json_string(text     ? text
                                  : binary ? binary
                                           : ""));
  return out;
}

static void read_attributes(struct source_message *message, const json_t *given)
{
  const char *name;
  json_t *value;
  json_t *attributes = json_object();
  json_object_foreach(json_object_get(given, "MessageAttributes"), name, value)
  {
    json_object_set_new(attributes, name, lambda_attribute(value));
    json_object_set_new(message->attributes, name, json_string(text_of(value, "StringValue")));
  }
  json_object_set_new(message->record, "messageAttributes", attributes);
}

/* The trace of the message's own attribute, or of the header that AWS' services add. */
static char *trace_of(const struct source_message *message, const json_t *system)
{
  struct arena arena;
  const char *own = text_of(message->attributes, "traceparent");
  arena_init(&arena);
  char *trace = g_strdup(
      trace_is_valid(own) ? own : trace_from_xray(&arena, text_of(system, "AWSTraceHeader")));
  arena_clear(&arena);
  return trace;
}

static struct source_message *read_message(const struct source_place *place, json_t *given)
{
  json_t *system = json_object_get(given, "Attributes");
  json_t *body = json_object_get(given, "Body");
  const char *id = text_of(given, "MessageId");
  const char *receipt = text_of(given, "ReceiptHandle");
  if (!json_is_string(body) || *id == '\0' || *receipt == '\0') {
    return NULL;
  }
  g_auto(GStrv) parts = g_strsplit(place->path + 1, "/", 2);
  g_autofree char *arn = g_strdup_printf("arn:aws:sqs:%s:%s:%s", place->region,
                                         parts[1] ? parts[0] : "000000000000", place->name);
  struct source_message *message = g_new0(struct source_message, 1);
  message->id = g_strdup(id);
  message->receipt = g_strdup(receipt);
  message->body = g_bytes_new(json_string_value(body), json_string_length(body));
  message->n_deliveries =
      (unsigned)g_ascii_strtoull(text_of(system, "ApproximateReceiveCount"), NULL, 10);
  message->sent_ms = g_ascii_strtoll(text_of(system, "SentTimestamp"), NULL, 10);
  message->is_ordered = *text_of(system, "MessageGroupId") != '\0';
  message->attributes = json_object();
  message->record =
      json_pack("{s:s,s:s,s:O,s:s,s:s,s:s,s:s}", "messageId", id, "receiptHandle", receipt, "body",
                body, "md5OfBody", text_of(given, "MD5OfBody"), "eventSource", "aws:sqs",
                "eventSourceARN", arn, "awsRegion", place->region);
  json_object_set_new(message->record, "attributes",
                      json_is_object(system) ? json_incref(system) : json_object());
  read_attributes(message, given);
  message->trace = trace_of(message, system);
  return message;
}

static bool read_answer(const struct source_place *place, const char *text, size_t n_text,
                        GPtrArray *messages, GError **error)
{
  return source_read_list(place, text, n_text, "Messages", read_message, messages, error);
}

const struct source_kind source_sqs = {
    .name = "sqs",
    .max_batch = 10,
    .does_wait = true,
    .buries_itself = true,
    .prepare = prepare,
    .receive = receive,
    .read = read_answer,
    .acknowledge = acknowledge,
    .release = release,
};
