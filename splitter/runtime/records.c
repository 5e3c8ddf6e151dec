#include "records.h"

#include "encoding.h"
#include "json.h"

#include <stdlib.h>
#include <string.h>

const char *resource_name(const char *resource)
{
  const char *colon = strrchr(resource, ':');
  const char *slash = strrchr(colon ? colon : resource, '/');
  return slash ? slash + 1 : colon ? colon + 1 : resource;
}

static int refuse(struct cleave_error *error, const char *what)
{
  return cleave_error_set(error, 400, "Function.BadRequest", "%s", what);
}

static void read_sqs_attributes(struct work *work, const json_t *record,
                                struct cleave_message *message)
{
  struct fields fields = {NULL, 0, 0};
  const char *name;
  json_t *value;
  json_object_foreach(json_object_get(record, "messageAttributes"), name, value)
  {
    const char *text = json_text(value, "stringValue");
    fields_add(&fields, work->arena, name, *text != '\0' ? text : json_text(value, "binaryValue"));
  }
  message->attributes = fields_view(&fields);
}

static int read_sqs(struct work *work, const json_t *record, struct cleave_message *message)
{
  const json_t *attributes = json_object_get(record, "attributes");
  message->id = json_text(record, "messageId");
  message->data = json_bytes(record, "body");
  message->source = json_text(record, "eventSourceARN");
  message->group = json_text(attributes, "MessageGroupId");
  message->time = json_text(attributes, "SentTimestamp");
  message->n_deliveries =
      (unsigned)strtoul(json_text(attributes, "ApproximateReceiveCount"), NULL, 10);
  read_sqs_attributes(work, record, message);
  if (*message->group != '\0' && strlen(message->source) > 5 &&
      strcmp(message->source + strlen(message->source) - 5, ".fifo") == 0) {
    work->is_ordered = true;
  }
  return message->data.data && *message->id != '\0' ? 0 : -1;
}

static int read_kinesis(struct work *work, const json_t *record, struct cleave_message *message)
{
  const json_t *kinesis = json_object_get(record, "kinesis");
  struct cleave_bytes data = json_bytes(kinesis, "data");
  message->id = json_text(kinesis, "sequenceNumber");
  message->group = json_text(kinesis, "partitionKey");
  message->source = json_text(record, "eventSourceARN");
  message->time = json_scalar(work->arena, kinesis, "approximateArrivalTimestamp");
  work->is_ordered = true;
  if (!data.data || *message->id == '\0') {
    return -1;
  }
  message->data.data = base64_decode(work->arena, data.data, data.length, &message->data.length);
  return message->data.data ? 0 : -1;
}

static int read_dynamodb(struct work *work, const json_t *record, struct cleave_message *message)
{
  const json_t *change = json_object_get(record, "dynamodb");
  message->id = json_text(change, "SequenceNumber");
  message->type = json_text(record, "eventName");
  message->source = json_text(record, "eventSourceARN");
  work->is_ordered = true;
  if (*message->id == '\0') {
    return -1;
  }
  message->data = json_print(work->arena, record);
  return 0;
}

static int read_sns(struct work *work, const json_t *record, struct cleave_message *message)
{
  const json_t *sns = json_object_get(record, "Sns");
  struct fields fields = {NULL, 0, 0};
  const char *name;
  json_t *value;
  json_object_foreach(json_object_get(sns, "MessageAttributes"), name, value)
  {
    fields_add(&fields, work->arena, name, json_text(value, "Value"));
  }
  message->id = json_text(sns, "MessageId");
  message->data = json_bytes(sns, "Message");
  message->source = json_text(sns, "TopicArn");
  message->type = json_text(sns, "Subject");
  message->time = json_text(sns, "Timestamp");
  message->attributes = fields_view(&fields);
  work->source = WORK_PLAIN; /* a notification has no partial failures: an error retries it */
  return message->data.data && *message->id != '\0' ? 0 : -1;
}

static int read_record(struct work *work, const json_t *record, struct cleave_message *message)
{
  const char *source = json_text(record, "eventSource");
  if (strcmp(source, "aws:sqs") == 0) {
    return read_sqs(work, record, message);
  }
  if (strcmp(source, "aws:kinesis") == 0) {
    return read_kinesis(work, record, message);
  }
  if (strcmp(source, "aws:dynamodb") == 0) {
    return read_dynamodb(work, record, message);
  }
  return json_object_get(record, "Sns") ? read_sns(work, record, message) : -1;
}

int records_read_messages(struct work *work, struct cleave_error *error)
{
  const json_t *records = json_array_member(work->json, "Records");
  if (json_array_size(records) == 0) {
    return refuse(error, "the event holds no Records");
  }
  work->source = WORK_BATCH;
  work_add_messages(work, json_array_size(records));
  for (size_t i = 0; i < work->n_messages; i++) {
    if (read_record(work, json_array_get(records, i), &work->messages[i]) != 0) {
      work->messages = NULL; /* the whole batch goes back: no part of it can be named safely */
      return cleave_error_set(
          error, 400, "Function.BadRequest",
          "record %zu is no SQS, SNS, Kinesis or DynamoDB record with id and data", i);
    }
  }
  return 0;
}

static int read_object(struct work *work, const json_t *record, struct cleave_object *object)
{
  const json_t *s3 = json_object_get(record, "s3");
  const json_t *bucket = json_object_get(s3, "bucket");
  const json_t *entry = json_object_get(s3, "object");
  const char *key = json_text(entry, "key");
  size_t length;
  object->bucket = json_text(bucket, "name");
  object->key = percent_decode(work->arena, key, strlen(key), true, &length);
  object->change = json_text(record, "eventName");
  object->etag = json_text(entry, "eTag");
  object->version = json_text(entry, "versionId");
  json_int_t size = json_integer_value(json_object_get(entry, "size"));
  object->size = size > 0 ? (uint64_t)size : 0;
  return *object->bucket != '\0' && *key != '\0' && strlen(object->key) == length ? 0 : -1;
}

int records_read_objects(struct work *work, struct cleave_error *error)
{
  const json_t *records = json_array_member(work->json, "Records");
  size_t n = json_array_size(records);
  if (n == 0) {
    return refuse(error, "the event holds no Records");
  }
  work->objects = arena_alloc(work->arena, n * sizeof(*work->objects));
  work->n_objects = n;
  for (size_t i = 0; i < n; i++) {
    if (read_object(work, json_array_get(records, i), &work->objects[i]) != 0) {
      return cleave_error_set(error, 400, "Function.BadRequest", "record %zu is no S3 record", i);
    }
  }
  return 0;
}

int records_read_schedule(struct work *work, struct cleave_error *error)
{
  const json_t *json = work->json;
  if (!json_is_object(json)) {
    return refuse(error, "the event is no JSON object");
  }
  const json_t *resources = json_array_member(json, "resources");
  bool is_rule = json_object_get(json, "detail-type") && json_object_get(json, "detail");
  work->event.content_type = "application/json";
  if (!is_rule) {
    work->event.time = json_text(json, "at");
    work->event.schedule = json_text(json, "job");
    return 0; /* Scheduler: the event is exactly the payload */
  }
  work->event.time = json_text(json, "time");
  work->event.schedule = resource_name(json_value_text(work->arena, json_array_get(resources, 0)));
  work->event.body = json_print(work->arena, json_object_get(json, "detail"));
  return 0;
}

struct cleave_bytes records_write_failures(struct work *work)
{
  json_t *failures = json_array();
  bool is_rest = false;
  for (size_t i = 0; i < work->n_messages; i++) {
    is_rest = is_rest || (work->is_ordered && work->has_failed[i]);
    if (work->has_failed[i] || is_rest) {
      json_array_append_new(failures, json_pack("{s:s}", "itemIdentifier", work->messages[i].id));
    }
  }
  json_t *reply = json_pack("{s:o}", "batchItemFailures", failures);
  struct cleave_bytes text = json_print(work->arena, reply);
  json_decref(reply);
  return text;
}
