#include "splitter/generate/samples.h"

#include <string.h>

#include "splitter/generate/cloud_name.h"
#include "splitter/generate/generate.h"
#include "splitter/generate/sample_value.h"
#include "splitter/generate/trigger.h"

#define SAMPLE_TIME "2026-11-23T07:20:00Z"

/* A path of the route, with "1" for each parameter; the parameters by name. */
static char *sample_path(const char *route, json_t *parameters)
{
  GString *out = g_string_new(NULL);
  g_auto(GStrv) parts = g_strsplit(*route == '/' ? route + 1 : route, "/", -1);
  for (size_t i = 0; parts[i]; i++) {
    size_t n = strlen(parts[i]);
    g_string_append_c(out, '/');
    if (*parts[i] == '{' && n > 2) {
      g_autofree char *name = g_strndup(parts[i] + 1, n - 2);
      json_object_set_new(parameters, name, json_string("1"));
      g_string_append(out, "1");
    } else {
      g_string_append(out, parts[i]);
    }
  }
  return g_string_free(out, FALSE);
}

/* The path that a sample asks of a route, and the method, GET where any will do. PARAMETERS takes
 * what stands in the path; it may be NULL. */
static char *sample_target(const char *key, json_t *parameters, char **verb)
{
  g_autofree char *route = NULL;
  route_split(key, verb, &route);
  if (strcmp(*verb, "ANY") == 0) {
    g_free(*verb);
    *verb = g_strdup("GET");
  }
  return sample_path(route, parameters);
}

static char *payload_text(const struct inventory *inventory, const struct function_spec *spec)
{
  if (!spec->contract) {
    return g_strdup("{}");
  }
  json_t *payload = sample_input(inventory, spec->contract);
  char *text = json_is_string(payload) && spec->contract->is_whole
                   ? g_strdup(json_string_value(payload))
                   : NULL;
  if (!text) {
    char *dumped = json_dumps(payload, JSON_COMPACT | JSON_ENCODE_ANY);
    text = g_strdup(dumped);
    free(dumped);
  }
  json_decref(payload);
  return text;
}

static json_t *payload_json(const struct inventory *inventory, const struct function_spec *spec)
{
  return spec->contract ? sample_input(inventory, spec->contract) : json_object();
}

static bool has_trigger(const struct function_spec *spec, const char *trigger)
{
  return strcmp(spec->trigger, trigger) == 0;
}

static json_t *aws_http(const struct function_spec *spec, const char *body)
{
  g_autofree char *method = NULL;
  g_autofree char *route = NULL;
  route_split(spec->key, &method, &route);
  json_t *parameters = json_object();
  g_autofree char *path = sample_path(route, parameters);
  const char *verb = strcmp(method, "ANY") == 0 ? "GET" : method;
  g_autofree char *key = g_strdup_printf("%s %s", method, route);
  json_t *event = json_pack(
      "{s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:{s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s}, s:s, "
      "s:s, s:s, s:s, s:I}, s:b}",
      "version", "2.0", "routeKey", key, "rawPath", path, "rawQueryString", "", "headers",
      "content-type", "application/json", "host", "h.example", "requestContext", "accountId",
      "111122223333", "apiId", "x1", "domainName", "h.example", "http", "method", verb, "path",
      path, "protocol", "HTTP/1.1", "sourceIp", "192.0.2.7", "userAgent", "sample/1", "requestId",
      "r1", "routeKey", key, "stage", "$default", "time", "23/Nov/2026:07:20:00 +0000", "timeEpoch",
      (json_int_t)1795418400000, "isBase64Encoded", 0);
  if (strcmp(verb, "GET") != 0) {
    json_object_set_new(event, "body", json_string(body));
  }
  if (json_object_size(parameters) > 0) {
    json_object_set(event, "pathParameters", parameters);
  }
  json_decref(parameters);
  return event;
}

static json_t *aws_queue(const struct function_spec *spec, const char *body)
{
  g_autofree char *queue = cloud_name(*spec->key ? spec->key : spec->name, AWS_QUEUE);
  g_autofree char *arn = g_strdup_printf("arn:aws:sqs:us-east-1:111122223333:%s", queue);
  return json_pack("{s:[{s:s, s:s, s:s, s:{s:s, s:s}, s:{}, s:s, s:s, s:s}]}", "Records",
                   "messageId", "m-1", "receiptHandle", "rh", "body", body, "attributes",
                   "ApproximateReceiveCount", "1", "SentTimestamp", "1795418400000",
                   "messageAttributes", "eventSource", "aws:sqs", "eventSourceARN", arn,
                   "awsRegion", "us-east-1");
}

static json_t *aws_stream(const struct function_spec *spec, const char *body)
{
  g_autofree char *stream = cloud_name(*spec->key ? spec->key : spec->name, AWS_STREAM);
  g_autofree char *arn =
      g_strdup_printf("arn:aws:kinesis:us-east-1:111122223333:stream/%s", stream);
  g_autofree char *data = g_base64_encode((const guchar *)body, strlen(body));
  return json_pack("{s:[{s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:f}}]}", "Records", "eventSource",
                   "aws:kinesis", "eventID", "shardId-0:1", "eventSourceARN", arn, "awsRegion",
                   "us-east-1", "kinesis", "sequenceNumber", "1", "partitionKey", "p", "data", data,
                   "approximateArrivalTimestamp", 1795418400.0);
}

static json_t *aws_object(const struct function_spec *spec)
{
  g_autofree char *bucket = cloud_name(*spec->key ? spec->key : spec->name, AWS_BUCKET);
  return json_pack("{s:[{s:s, s:s, s:s, s:s, s:s, s:{s:{s:s}, s:{s:s, s:i, s:s}}}]}", "Records",
                   "eventVersion", "2.1", "eventSource", "aws:s3", "awsRegion", "us-east-1",
                   "eventTime", SAMPLE_TIME, "eventName", "ObjectCreated:Put", "s3", "bucket",
                   "name", bucket, "object", "key", "a+b.txt", "size", 3, "eTag", "e");
}

static json_t *aws_event(const struct inventory *inventory, const struct function_spec *spec)
{
  g_autofree char *body = payload_text(inventory, spec);
  if (has_trigger(spec, "http")) {
    return aws_http(spec, body);
  }
  if (has_trigger(spec, "queue")) {
    return aws_queue(spec, body);
  }
  if (has_trigger(spec, "stream")) {
    return aws_stream(spec, body);
  }
  if (has_trigger(spec, "object")) {
    return aws_object(spec);
  }
  if (has_trigger(spec, "schedule")) {
    return json_pack("{s:s, s:s}", "job", spec->name, "at", SAMPLE_TIME);
  }
  return payload_json(inventory, spec);
}

/* One HTTP request; takes HEADERS and BODY, which may be NULL. */
static json_t *request(const char *method, const char *path, json_t *headers, json_t *body)
{
  json_t *object = json_pack("{s:s, s:s, s:o}", "method", method, "path", path, "headers", headers);
  if (body) {
    json_object_set_new(object, "body", body);
  }
  return object;
}

static json_t *http_request(const struct function_spec *spec, const char *body)
{
  g_autofree char *verb = NULL;
  g_autofree char *path = sample_target(spec->key, NULL, &verb);
  bool has_body = strcmp(verb, "GET") != 0 || spec->contract;
  return request(verb, path,
                 has_body ? json_pack("{s:s}", "Content-Type", "application/json") : json_object(),
                 has_body ? json_string(body) : NULL);
}

static json_t *storage_event(void)
{
  return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s}}", "specversion", "1.0",
                   "id", "77", "type", "google.cloud.storage.object.v1.finalized", "source",
                   "//storage.googleapis.com/projects/_/buckets/in", "subject", "objects/a b.txt",
                   "datacontenttype", "application/json", "data", "bucket", "in", "name", "a b.txt",
                   "generation", "17", "size", "3");
}

/* What Google sends: Pub/Sub pushes, storage events through Eventarc, Cloud Scheduler. */
static json_t *gcp_event(const struct inventory *inventory, const struct function_spec *spec)
{
  g_autofree char *body = payload_text(inventory, spec);
  if (has_trigger(spec, "queue") || has_trigger(spec, "stream")) {
    g_autofree char *data = g_base64_encode((const guchar *)body, strlen(body));
    g_autofree char *topic = cloud_name(*spec->key ? spec->key : spec->name, GOOGLE_TOPIC);
    g_autofree char *subscription = g_strdup_printf("projects/p/subscriptions/%s", topic);
    return request("POST", "/", json_pack("{s:s}", "Content-Type", "application/json"),
                   json_pack("{s:s, s:{s:s, s:{}, s:s, s:s}}", "subscription", subscription,
                             "message", "data", data, "attributes", "messageId", "1", "publishTime",
                             SAMPLE_TIME));
  }
  if (has_trigger(spec, "object")) {
    return request("POST", "/", json_pack("{s:s}", "Content-Type", "application/cloudevents+json"),
                   storage_event());
  }
  if (has_trigger(spec, "schedule")) {
    return request("POST", "/",
                   json_pack("{s:s, s:s, s:s}", "X-CloudScheduler", "true",
                             "X-CloudScheduler-JobName", spec->name,
                             "X-CloudScheduler-ScheduleTime", SAMPLE_TIME),
                   json_string(""));
  }
  return has_trigger(spec, "http")
             ? http_request(spec, body)
             : request("POST", "/", json_pack("{s:s}", "Content-Type", "application/json"),
                       json_string(body));
}

/* What Knative's sources and brokers send: CloudEvents in binary mode. */
static json_t *knative_event(const struct inventory *inventory, const struct function_spec *spec)
{
  bool is_message = has_trigger(spec, "queue") || has_trigger(spec, "stream");
  if (!is_message && !has_trigger(spec, "schedule")) {
    return gcp_event(inventory, spec);
  }
  g_autofree char *body =
      is_message ? payload_text(inventory, spec) : g_strdup_printf("{\"job\":\"%s\"}", spec->name);
  g_autofree char *source = g_strdup_printf("/apis/v1/namespaces/default/%s/%s",
                                            is_message ? "queues" : "pingsources", spec->name);
  return request("POST", "/",
                 json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "ce-specversion", "1.0", "ce-id",
                           "e-1", "ce-type",
                           is_message ? "org.example.message" : "dev.knative.sources.ping",
                           "ce-source", source, "ce-subject", *spec->key ? spec->key : spec->name,
                           "ce-time", SAMPLE_TIME, "Content-Type", "application/json"),
                 json_string(body));
}

static json_t *azure_event(const struct inventory *inventory, const struct function_spec *spec)
{
  g_autofree char *body = payload_text(inventory, spec);
  json_t *metadata = json_pack("{s:{s:s, s:s, s:s}}", "sys", "MethodName", spec->name, "UtcNow",
                               SAMPLE_TIME, "RandGuid", "24ad");
  if (has_trigger(spec, "queue") || has_trigger(spec, "stream")) {
    g_autofree char *data = g_base64_encode((const guchar *)body, strlen(body));
    json_object_set_new(metadata, "DequeueCount", json_string("1"));
    json_object_set_new(metadata, "Id", json_string("\"800a\""));
    return json_pack("{s:{s:s}, s:o}", "Data", has_trigger(spec, "queue") ? "msg" : "event", data,
                     "Metadata", metadata);
  }
  if (has_trigger(spec, "schedule")) {
    return json_pack("{s:{s:{s:{s:b}, s:n, s:b}}, s:o}", "Data", "tick", "Schedule", "AdjustForDST",
                     1, "ScheduleStatus", "IsPastDue", 0, "Metadata", metadata);
  }
  if (has_trigger(spec, "object")) {
    json_object_set_new(metadata, "BlobTrigger", json_string("\"in/a b.txt\""));
    return json_pack("{s:{s:s}, s:o}", "Data", "blob", "eHl6", "Metadata", metadata);
  }
  g_autofree char *verb = NULL;
  json_t *parameters = json_object();
  const char *key = has_trigger(spec, "http") ? spec->key : "POST /";
  g_autofree char *path = sample_target(key, parameters, &verb);
  g_autofree char *url = g_strdup_printf("https://h.example/api%s", path);
  return json_pack("{s:{s:{s:s, s:s, s:{}, s:{s:[s]}, s:o, s:[], s:s}}, s:o}", "Data", "req", "Url",
                   url, "Method", verb, "Query", "Headers", "Content-Type", "application/json",
                   "Params", parameters, "Identities", "Body", body, "Metadata", metadata);
}

/* The value of a web action's body: base64, as OpenWhisk writes JSON of raw actions. */
static json_t *openwhisk_http(const struct function_spec *spec, const char *body)
{
  g_autofree char *method = NULL;
  g_autofree char *path = sample_target(spec->key, NULL, &method);
  g_autofree char *verb = g_ascii_strdown(method, -1);
  bool has_body = strcmp(verb, "get") != 0 || spec->contract;
  g_autofree char *data = g_base64_encode((const guchar *)body, has_body ? strlen(body) : 0);
  return json_pack("{s:s, s:{s:s, s:s}, s:s, s:s, s:s}", "__ow_method", verb, "__ow_headers",
                   "content-type", "application/json", "host", "h.example", "__ow_path", path,
                   "__ow_query", "", "__ow_body", data);
}

static json_t *openwhisk_value(const struct inventory *inventory, const struct function_spec *spec)
{
  g_autofree char *body = payload_text(inventory, spec);
  g_autofree char *source = cloud_name(*spec->key ? spec->key : spec->name, KAFKA_TOPIC);
  if (has_trigger(spec, "http")) {
    return openwhisk_http(spec, body);
  }
  if (has_trigger(spec, "queue") || has_trigger(spec, "stream")) {
    return json_pack("{s:[{s:s, s:i, s:i, s:n, s:s}]}", "messages", "topic", source, "partition", 0,
                     "offset", 421760, "key", "value", body);
  }
  if (has_trigger(spec, "object")) {
    return json_pack("{s:s, s:s, s:s, s:{s:s, s:i}}", "bucket", source, "key", "a b.txt", "status",
                     "added", "file", "ETag", "e", "Size", 3);
  }
  return has_trigger(spec, "schedule") ? json_pack("{s:s}", "job", spec->name)
                                       : payload_json(inventory, spec);
}

/* The body of /run; without a deadline, which would be over. */
static json_t *openwhisk_event(const struct inventory *inventory, const struct function_spec *spec)
{
  g_autofree char *name = g_strconcat("/guest/functions/", spec->name, NULL);
  return json_pack("{s:o, s:s, s:s, s:s, s:s, s:s}", "value", openwhisk_value(inventory, spec),
                   "namespace", "guest", "action_name", name, "api_host", "https://whisk.example",
                   "api_key", "", "activation_id", "3d3ef8c7a1a84f0fbef8c7a1a8bf0f01");
}

/* Headers that a trigger's connector adds, with the place of the topic's or timer's name. */
static json_t *engine_event(const struct inventory *inventory, const struct function_spec *spec,
                            const char *topic_header, const char *timer_header)
{
  g_autofree char *body = payload_text(inventory, spec);
  g_autofree char *topic = cloud_name(*spec->key ? spec->key : spec->name, KAFKA_TOPIC);
  g_autofree char *timer = cloud_name(spec->name, KUBERNETES_OBJECT);
  if (has_trigger(spec, "queue") || has_trigger(spec, "stream")) {
    return request("POST", "/",
                   json_pack("{s:s, s:s}", "Content-Type", "application/json", topic_header, topic),
                   json_string(body));
  }
  if (has_trigger(spec, "schedule")) {
    return request("POST", "/", json_pack("{s:s}", timer_header, timer), json_string(""));
  }
  return gcp_event(inventory, spec);
}

/* As Fission's router forwards: to "/", the caller's target in a header. */
static json_t *fission_event(const struct inventory *inventory, const struct function_spec *spec)
{
  json_t *event = engine_event(inventory, spec, "KEDA-Topic", "X-Fission-Timer-Name");
  json_t *headers = json_object_get(event, "headers");
  json_object_set_new(headers, "X-Fission-Function-Name", json_string(spec->name));
  if (has_trigger(spec, "http")) {
    json_object_set(headers, "X-Fission-Full-Url", json_object_get(event, "path"));
    json_object_set_new(event, "path", json_string("/"));
  }
  return event;
}

static json_t *openfaas_event(const struct inventory *inventory, const struct function_spec *spec)
{
  json_t *event = engine_event(inventory, spec, "X-Topic", "X-Topic");
  json_object_set_new(json_object_get(event, "headers"), "X-Call-Id",
                      json_string("079d9ff9-d7b7-4e37-b195-5ad520e6f797"));
  return event;
}

bool samples_are_typed(const struct function_spec *spec)
{
  const struct contract *contract = spec->contract;
  for (guint i = 0; contract && i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    bool is_text = param->shape->kind == SHAPE_STRING || param->shape->kind == SHAPE_TEXT ||
                   param->shape->kind == SHAPE_BYTES;
    if (param->is_in && shape_travels(param->shape)) {
      return !contract->is_whole || !is_text;
    }
  }
  return false;
}

void samples_add(struct product *product, const struct inventory *inventory, const char *artifact,
                 const struct function_spec *spec, unsigned platforms)
{
  static json_t *(*const makers[])(const struct inventory *inventory,
                                   const struct function_spec *spec) = {
      aws_event,       gcp_event,     azure_event,   knative_event,
      openwhisk_event, fission_event, openfaas_event};
  for (size_t i = 0; generate_platform_names[i]; i++) {
    if (platforms & (1U << i)) {
      g_autofree char *path = g_strdup_printf("functions/%s/samples/%s.%s.json", artifact,
                                              spec->name, generate_platform_names[i]);
      product_add_json(product, path, makers[i](inventory, spec));
    }
  }
  if (samples_are_typed(spec)) {
    g_autofree char *path =
        g_strdup_printf("functions/%s/samples/%s.input.json", artifact, spec->name);
    product_add_json(product, path, sample_input(inventory, spec->contract));
  }
}
