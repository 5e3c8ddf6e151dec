#include "splitter/generate/aws.h"

#include <string.h>

#include "splitter/generate/trigger.h"

static json_t *get_attribute(const char *resource, const char *attribute)
{
  return json_pack("{s:[s,s]}", "Fn::GetAtt", resource, attribute);
}

static json_t *http_event(const struct function_spec *spec)
{
  g_autofree char *method = NULL;
  g_autofree char *path = NULL;
  route_split(spec->key, &method, &path);
  json_t *properties =
      json_pack("{s:{s:s}, s:s, s:s}", "ApiId", "Ref", "Api", "Path", path, "Method", method);
  if (spec->is_public) {
    json_object_set_new(properties, "Auth", json_pack("{s:s}", "Authorizer", "NONE"));
  }
  return json_pack("{s:s, s:o}", "Type", "HttpApi", "Properties", properties);
}

static char *queue_name(const struct function_spec *spec)
{
  g_autofree char *camel = camel_name(*spec->key ? spec->key : spec->name);
  return g_strdup_printf("%sQueue", camel);
}

static json_t *event_of(const struct function_spec *spec, json_t *resources)
{
  if (strcmp(spec->trigger, "http") == 0) {
    return http_event(spec);
  }
  if (strcmp(spec->trigger, "schedule") == 0) {
    g_autofree char *expression = aws_schedule(spec->key);
    g_autofree char *input =
        g_strdup_printf("{\"job\":\"%s\",\"at\":\"<aws.scheduler.scheduled-time>\"}", spec->name);
    return json_pack("{s:s, s:{s:s, s:s, s:{s:i}}}", "Type", "ScheduleV2", "Properties",
                     "ScheduleExpression", expression ? expression : "rate(1 day)", "Input", input,
                     "RetryPolicy", "MaximumRetryAttempts", (int)spec->retries);
  }
  if (strcmp(spec->trigger, "queue") == 0) {
    g_autofree char *queue = queue_name(spec);
    return json_pack("{s:s, s:{s:o, s:i, s:[s], s:{s:i}}}", "Type", "SQS", "Properties", "Queue",
                     get_attribute(queue, "Arn"), "BatchSize", 10, "FunctionResponseTypes",
                     "ReportBatchItemFailures", "ScalingConfig", "MaximumConcurrency",
                     (int)MAX(2, spec->concurrency));
  }
  if (strcmp(spec->trigger, "object") == 0) {
    g_autofree char *camel = camel_name(*spec->key ? spec->key : spec->name);
    g_autofree char *bucket = g_strdup_printf("%sBucket", camel);
    json_object_set_new(resources, bucket, json_pack("{s:s}", "Type", "AWS::S3::Bucket"));
    return json_pack("{s:s, s:{s:{s:s}, s:s}}", "Type", "S3", "Properties", "Bucket", "Ref", bucket,
                     "Events", "s3:ObjectCreated:*");
  }
  if (strcmp(spec->trigger, "stream") == 0) {
    g_autofree char *camel = camel_name(*spec->key ? spec->key : spec->name);
    g_autofree char *stream = g_strdup_printf("%sStream", camel);
    json_object_set_new(
        resources, stream,
        json_pack("{s:s, s:{s:i}}", "Type", "AWS::Kinesis::Stream", "Properties", "ShardCount", 1));
    return json_pack("{s:s, s:{s:o, s:s, s:[s], s:i}}", "Type", "Kinesis", "Properties", "Stream",
                     get_attribute(stream, "Arn"), "StartingPosition", "LATEST",
                     "FunctionResponseTypes", "ReportBatchItemFailures", "MaximumRetryAttempts",
                     (int)spec->retries);
  }
  return NULL;
}

/* The queue and where its messages go that fail again and again. */
static void add_queue(const struct function_spec *spec, json_t *resources)
{
  g_autofree char *queue = queue_name(spec);
  g_autofree char *dead = g_strdup_printf("%sFailed", queue);
  json_object_set_new(resources, dead,
                      json_pack("{s:s, s:{s:i}}", "Type", "AWS::SQS::Queue", "Properties",
                                "MessageRetentionPeriod", 1209600));
  json_object_set_new(resources, queue,
                      json_pack("{s:s, s:{s:i, s:{s:o, s:i}}}", "Type", "AWS::SQS::Queue",
                                "Properties", "VisibilityTimeout",
                                (int)MIN(43200, spec->timeout_s * 6), "RedrivePolicy",
                                "deadLetterTargetArn", get_attribute(dead, "Arn"),
                                "maxReceiveCount", (int)spec->retries + 1));
}

static bool is_secret(const struct function_spec *spec, const char *name)
{
  return g_ptr_array_find_with_equal_func(spec->secrets, name, g_str_equal, NULL);
}

/* Secrets are references that the deployment resolves; other values stay parameters. */
static json_t *environment_of(const struct artifact *artifact, json_t *parameters)
{
  json_t *variables = json_object();
  for (guint s = 0; s < artifact->specs->len; s++) {
    const struct function_spec *spec = artifact->specs->pdata[s];
    for (guint i = 0; i < spec->environment->len; i++) {
      const char *name = spec->environment->pdata[i];
      if (is_secret(spec, name)) {
        g_autofree char *reference =
            g_strdup_printf("{{resolve:secretsmanager:cleave/%s:SecretString}}", name);
        json_object_set_new(variables, name, json_string(reference));
      } else {
        g_autofree char *camel = camel_name(name);
        json_object_set_new(parameters, camel,
                            json_pack("{s:s, s:s}", "Type", "String", "Default", ""));
        json_object_set_new(variables, name, json_pack("{s:s}", "Ref", camel));
      }
    }
  }
  return variables;
}

static json_t *function_of(const struct artifact *artifact, json_t *resources, json_t *parameters,
                           bool *has_api)
{
  const struct function_spec *first = artifact->specs->pdata[0];
  int64_t memory = 0, timeout = 0, concurrency = 0;
  bool is_capped = false;
  json_t *events = json_object();
  for (guint i = 0; i < artifact->specs->len; i++) {
    const struct function_spec *spec = artifact->specs->pdata[i];
    memory = MAX(memory, spec->memory_mb);
    timeout = MAX(timeout, spec->timeout_s);
    concurrency = MAX(concurrency, spec->concurrency);
    is_capped = is_capped || spec->is_capped;
    *has_api = *has_api || strcmp(spec->trigger, "http") == 0;
    if (strcmp(spec->trigger, "queue") == 0) {
      add_queue(spec, resources);
    }
    json_t *event = event_of(spec, resources);
    if (event) {
      g_autofree char *name = camel_name(spec->name);
      json_object_set_new(events, name, event);
    }
  }
  g_autofree char *code = g_strdup_printf("../build/package/%s.zip", artifact->name);
  g_autofree char *about = g_strdup_printf("%s of %s", first->routine->name, first->program);
  json_t *properties =
      json_pack("{s:s, s:s, s:s, s:s, s:[{s:s}], s:i, s:i}", "Description", about, "Runtime",
                "provided.al2023", "Handler", "bootstrap", "CodeUri", code, "Architectures", "Ref",
                "Architecture", "MemorySize", (int)memory, "Timeout", (int)MIN(900, timeout));
  if (is_capped) {
    json_object_set_new(properties, "ReservedConcurrentExecutions",
                        json_integer((json_int_t)concurrency));
  }
  json_t *variables = environment_of(artifact, parameters);
  if (json_object_size(variables) > 0) {
    json_object_set_new(properties, "Environment", json_pack("{s:o}", "Variables", variables));
  } else {
    json_decref(variables);
  }
  if (json_object_size(events) > 0) {
    json_object_set_new(properties, "Events", events);
  } else {
    json_decref(events);
  }
  return json_pack("{s:s, s:o}", "Type", "AWS::Serverless::Function", "Properties", properties);
}

json_t *aws_template(const GPtrArray *artifacts)
{
  json_t *root = json_object();
  json_t *parameters = json_pack("{s:{s:s, s:s, s:[s,s], s:s}}", "Architecture", "Type", "String",
                                 "Default", "x86_64", "AllowedValues", "x86_64", "arm64",
                                 "Description", "what the packages were built for");
  json_t *resources = json_object();
  bool has_api = false;
  for (guint i = 0; i < artifacts->len; i++) {
    const struct artifact *artifact = artifacts->pdata[i];
    g_autofree char *camel = camel_name(artifact->name);
    g_autofree char *name = g_strconcat(camel, "Function", NULL);
    json_t *function = function_of(artifact, resources, parameters, &has_api);
    json_object_set_new(resources, name, function);
  }
  if (has_api) {
    /* Callers sign their requests unless an entry is marked public. */
    json_object_set_new(resources, "Api",
                        json_pack("{s:s, s:{s:{s:b, s:s}}}", "Type", "AWS::Serverless::HttpApi",
                                  "Properties", "Auth", "EnableIamAuthorizer", 1,
                                  "DefaultAuthorizer", "AWS_IAM"));
  }
  json_object_set_new(root, "AWSTemplateFormatVersion", json_string("2010-09-09"));
  json_object_set_new(root, "Transform", json_string("AWS::Serverless-2016-10-31"));
  json_object_set_new(root, "Parameters", parameters);
  json_object_set_new(root, "Resources", resources);
  return root;
}
