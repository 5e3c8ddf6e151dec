#include "splitter/generate/aws.h"

#include <string.h>

#include "splitter/generate/aws_policy.h"
#include "splitter/generate/cloud_name.h"
#include "splitter/generate/trigger.h"

#define KEPT_S 1209600 /* what failed is kept for two weeks, the longest that SQS allows */

static json_t *get_attribute(const char *resource, const char *attribute)
{
  return json_pack("{s:[s,s]}", "Fn::GetAtt", resource, attribute);
}

static char *resource_name(const char *name, const char *kind)
{
  g_autofree char *camel = camel_name(name);
  return g_strconcat(camel, kind, NULL);
}

static json_t *attribute_of(const char *name, const char *kind, const char *attribute)
{
  g_autofree char *resource = resource_name(name, kind);
  return get_attribute(resource, attribute);
}

/* A bucket is named, so that the role does not depend on it while it depends on the function. */
static json_t *bucket_text(const char *source, const char *before, const char *behind)
{
  g_autofree char *name = cloud_name(source, AWS_BUCKET);
  g_autofree char *text =
      g_strdup_printf("%s%s-${AWS::AccountId}-${AWS::Region}%s", before, name, behind);
  return json_pack("{s:s}", "Fn::Sub", text);
}

static json_t *resource_of(const char *binary, const struct grant *grant)
{
  if (!grant) {
    return attribute_of(binary, "Log", "Arn");
  }
  switch (grant->kind) {
  case GRANT_STREAM:
    return attribute_of(grant->target, "Stream", "Arn");
  case GRANT_OBJECT:
    return bucket_text(grant->target, "arn:${AWS::Partition}:s3:::", "/*");
  default:
    return attribute_of(grant->target, "Queue", "Arn");
  }
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

static void add_dead_letter(const struct function_spec *spec, json_t *resources)
{
  if (*spec->dead_letter) {
    g_autofree char *name = resource_name(spec->dead_letter, "Queue");
    json_object_set_new(resources, name,
                        json_pack("{s:s, s:{s:i}}", "Type", "AWS::SQS::Queue", "Properties",
                                  "MessageRetentionPeriod", KEPT_S));
  }
}

static json_t *on_failure(const struct function_spec *spec)
{
  return json_pack("{s:{s:s, s:o}}", "OnFailure", "Type", "SQS", "Destination",
                   attribute_of(spec->dead_letter, "Queue", "Arn"));
}

static json_t *schedule_event(const struct function_spec *spec, const char *function,
                              json_t *resources)
{
  g_autofree char *expression = aws_schedule(spec->key);
  g_autofree char *input = aws_schedule_input(spec);
  g_autofree char *role = resource_name(spec->name, "ScheduleRole");
  bool has_dead_letter = *spec->dead_letter != '\0';
  json_t *statements = aws_schedule_statements(
      get_attribute(function, "Arn"),
      has_dead_letter ? attribute_of(spec->dead_letter, "Queue", "Arn") : NULL);
  json_object_set_new(resources, role,
                      json_pack("{s:s, s:{s:o, s:[{s:s, s:o}]}}", "Type", "AWS::IAM::Role",
                                "Properties", "AssumeRolePolicyDocument",
                                aws_trust("scheduler.amazonaws.com"), "Policies", "PolicyName",
                                "schedule", "PolicyDocument", aws_document(statements)));
  json_t *properties = json_pack("{s:s, s:s, s:o, s:{s:i}}", "ScheduleExpression",
                                 expression ? expression : "rate(1 day)", "Input", input, "RoleArn",
                                 get_attribute(role, "Arn"), "RetryPolicy", "MaximumRetryAttempts",
                                 (int)spec->retries);
  if (has_dead_letter) {
    json_object_set_new(properties, "DeadLetterConfig",
                        json_pack("{s:o}", "Arn", attribute_of(spec->dead_letter, "Queue", "Arn")));
  }
  return json_pack("{s:s, s:o}", "Type", "ScheduleV2", "Properties", properties);
}

static json_t *queue_event(const struct function_spec *spec, json_t *resources)
{
  const char *source = requirements_source(spec);
  g_autofree char *queue = resource_name(source, "Queue");
  json_t *properties =
      json_pack("{s:i}", "VisibilityTimeout", (int)MIN(43200, spec->timeout_s * 6));
  if (*spec->dead_letter) {
    json_object_set_new(properties, "RedrivePolicy",
                        json_pack("{s:o, s:i}", "deadLetterTargetArn",
                                  attribute_of(spec->dead_letter, "Queue", "Arn"),
                                  "maxReceiveCount", (int)spec->retries + 1));
  }
  json_object_set_new(resources, queue,
                      json_pack("{s:s, s:o}", "Type", "AWS::SQS::Queue", "Properties", properties));
  return json_pack("{s:s, s:{s:o, s:i, s:[s], s:{s:i}}}", "Type", "SQS", "Properties", "Queue",
                   get_attribute(queue, "Arn"), "BatchSize", 10, "FunctionResponseTypes",
                   "ReportBatchItemFailures", "ScalingConfig", "MaximumConcurrency",
                   (int)CLAMP(spec->concurrency, 2, 1000));
}

static json_t *object_event(const struct function_spec *spec, json_t *resources)
{
  const char *source = requirements_source(spec);
  g_autofree char *bucket = resource_name(source, "Bucket");
  json_object_set_new(resources, bucket,
                      json_pack("{s:s, s:{s:o}}", "Type", "AWS::S3::Bucket", "Properties",
                                "BucketName", bucket_text(source, "", "")));
  return json_pack("{s:s, s:{s:{s:s}, s:s}}", "Type", "S3", "Properties", "Bucket", "Ref", bucket,
                   "Events", "s3:ObjectCreated:*");
}

static json_t *stream_event(const struct function_spec *spec, json_t *resources)
{
  g_autofree char *stream = resource_name(requirements_source(spec), "Stream");
  json_object_set_new(
      resources, stream,
      json_pack("{s:s, s:{s:i}}", "Type", "AWS::Kinesis::Stream", "Properties", "ShardCount", 1));
  /* A record that cannot be processed must not hold up its shard for ever. */
  json_t *properties =
      json_pack("{s:o, s:s, s:[s], s:i, s:b}", "Stream", get_attribute(stream, "Arn"),
                "StartingPosition", "LATEST", "FunctionResponseTypes", "ReportBatchItemFailures",
                "MaximumRetryAttempts", (int)spec->retries, "BisectBatchOnFunctionError", 1);
  if (*spec->dead_letter) {
    json_object_set_new(properties, "DestinationConfig", on_failure(spec));
  }
  return json_pack("{s:s, s:o}", "Type", "Kinesis", "Properties", properties);
}

static json_t *event_of(const struct function_spec *spec, const char *function, json_t *resources)
{
  if (strcmp(spec->trigger, "http") == 0) {
    return http_event(spec);
  }
  add_dead_letter(spec, resources);
  if (strcmp(spec->trigger, "schedule") == 0) {
    return schedule_event(spec, function, resources);
  }
  if (strcmp(spec->trigger, "queue") == 0) {
    return queue_event(spec, resources);
  }
  if (strcmp(spec->trigger, "object") == 0) {
    return object_event(spec, resources);
  }
  return strcmp(spec->trigger, "stream") == 0 ? stream_event(spec, resources) : NULL;
}

/* Secrets are references that the deployment resolves; other values stay parameters. */
static json_t *environment_of(const struct artifact *artifact, json_t *parameters)
{
  json_t *variables = json_object();
  for (guint s = 0; s < artifact->specs->len; s++) {
    const struct function_spec *spec = artifact->specs->pdata[s];
    for (guint i = 0; i < spec->environment->len; i++) {
      const char *name = spec->environment->pdata[i];
      if (function_spec_is_secret(spec, name)) {
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

static void add_role(const struct artifact *artifact, const struct requirements *needs,
                     json_t *resources)
{
  g_autofree char *log = resource_name(artifact->name, "Log");
  g_autofree char *role = resource_name(artifact->name, "Role");
  json_object_set_new(resources, log,
                      json_pack("{s:s, s:{s:i}}", "Type", "AWS::Logs::LogGroup", "Properties",
                                "RetentionInDays", 30));
  json_t *document = aws_document(aws_statements(artifact->name, needs, resource_of));
  json_t *properties = json_pack("{s:o, s:[{s:s, s:o}]}", "AssumeRolePolicyDocument",
                                 aws_trust("lambda.amazonaws.com"), "Policies", "PolicyName",
                                 "function", "PolicyDocument", document);
  json_t *body = json_object();
  json_object_set_new(body, "Type", json_string("AWS::IAM::Role"));
  for (guint i = 0; i < needs->grants->len; i++) {
    const struct grant *grant = needs->grants->pdata[i];
    g_autofree char *comment = g_strdup_printf("#%u", i);
    g_autofree char *may = grant_text(grant);
    g_autofree char *text = g_strdup_printf(
        "%s: %s%s", may, grant->reason,
        grant->kind == GRANT_SECRET ? " (put in at deployment, no right of the function)" : "");
    json_object_set_new(body, comment, json_string(text));
  }
  json_object_set_new(body, "Properties", properties);
  json_object_set_new(resources, role, body);
}

static json_t *function_of(const struct artifact *artifact, const char *name, json_t *resources,
                           json_t *parameters, bool *has_api)
{
  const struct function_spec *first = artifact->specs->pdata[0];
  g_autoptr(requirements_owner) needs = requirements_new(artifact);
  json_t *events = json_object();
  for (guint i = 0; i < artifact->specs->len; i++) {
    const struct function_spec *spec = artifact->specs->pdata[i];
    *has_api = *has_api || strcmp(spec->trigger, "http") == 0;
    json_t *event = event_of(spec, name, resources);
    if (event) {
      g_autofree char *camel = camel_name(spec->name);
      json_object_set_new(events, camel, event);
    }
  }
  add_role(artifact, needs, resources);
  g_autofree char *log = resource_name(artifact->name, "Log");
  g_autofree char *code = g_strdup_printf("../build/package/%s.zip", artifact->name);
  g_autofree char *about = g_strdup_printf("%s of %s", first->routine->name, first->program);
  json_t *properties = json_pack(
      "{s:s, s:s, s:s, s:s, s:[{s:s}], s:i, s:i, s:o, s:{s:{s:s}}}", "Description", about,
      "Runtime", "provided.al2023", "Handler", "bootstrap", "CodeUri", code, "Architectures", "Ref",
      "Architecture", "MemorySize", (int)needs->memory_mb, "Timeout",
      (int)MIN(900, needs->timeout_s), "Role", attribute_of(artifact->name, "Role", "Arn"),
      "LoggingConfig", "LogGroup", "Ref", log);
  if (needs->is_capped) {
    json_object_set_new(properties, "ReservedConcurrentExecutions",
                        json_integer((json_int_t)needs->concurrency));
  }
  const struct function_spec *unattended = needs->unattended;
  if (unattended) {
    json_t *config = json_pack("{s:i}", "MaximumRetryAttempts", aws_async_retries(unattended));
    if (*unattended->dead_letter) {
      json_object_set_new(config, "DestinationConfig", on_failure(unattended));
    }
    json_object_set_new(properties, "EventInvokeConfig", config);
  }
  json_t *variables = environment_of(artifact, parameters);
  if (json_object_size(variables) > 0) {
    json_object_set_new(properties, "Environment", json_pack("{s:O}", "Variables", variables));
  }
  json_decref(variables);
  if (json_object_size(events) > 0) {
    json_object_set(properties, "Events", events);
  }
  json_decref(events);
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
    g_autofree char *name = resource_name(artifact->name, "Function");
    json_t *function = function_of(artifact, name, resources, parameters, &has_api);
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
