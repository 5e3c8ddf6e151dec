#include <string.h>

#include "splitter/generate/aws_policy.h"
#include "splitter/generate/c_writer.h"
#include "splitter/generate/cloud_name.h"
#include "splitter/generate/terraform.h"
#include "splitter/generate/terraform_file.h"
#include "splitter/generate/trigger.h"

#define API "${aws_apigatewayv2_api.api.id}"
#define KEPT_S 1209600 /* what failed is kept for two weeks, the longest that SQS allows */

static bool has_trigger(const struct function_spec *spec, const char *trigger)
{
  return strcmp(spec->trigger, trigger) == 0;
}

/* A policy is JSON inside of JSON. */
static json_t *text_of(json_t *document)
{
  char *text = json_dumps(document, JSON_COMPACT);
  json_t *value = json_string(text);
  free(text);
  json_decref(document);
  return value;
}

static char *attribute_of(const char *type, const char *name, const char *attribute)
{
  g_autofree char *label = c_identifier(name);
  return terraform_reference(type, label, attribute);
}

static json_t *queue_arn(const char *name)
{
  g_autofree char *arn = attribute_of("aws_sqs_queue", name, "arn");
  return json_string(arn);
}

static json_t *resource_of(const char *binary, const struct grant *grant)
{
  if (!grant) {
    g_autofree char *log = attribute_of("aws_cloudwatch_log_group", binary, "arn");
    g_autofree char *streams = g_strconcat(log, ":*", NULL);
    return json_string(streams);
  }
  if (grant->kind == GRANT_STREAM) {
    g_autofree char *arn = attribute_of("aws_kinesis_stream", grant->target, "arn");
    return json_string(arn);
  }
  if (grant->kind == GRANT_OBJECT) {
    g_autofree char *arn = attribute_of("aws_s3_bucket", grant->target, "arn");
    g_autofree char *objects = g_strconcat(arn, "/*", NULL);
    return json_string(objects);
  }
  return queue_arn(grant->target);
}

static void add_role(struct terraform_file *file, const char *label, const char *service,
                     json_t *statements)
{
  g_autofree char *role = terraform_reference("aws_iam_role", label, "name");
  terraform_add(file, "aws_iam_role", label,
                json_pack("{s:s, s:o}", "name_prefix", "cleave-", "assume_role_policy",
                          text_of(aws_trust(service))));
  terraform_add(file, "aws_iam_role_policy", label,
                json_pack("{s:s, s:o}", "role", role, "policy", text_of(aws_document(statements))));
}

static void add_queue(struct terraform_file *file, const char *source, json_t *settings)
{
  g_autofree char *label = c_identifier(source);
  g_autofree char *name = cloud_name(source, AWS_QUEUE);
  json_object_set_new(settings, "name", json_string(name));
  terraform_add(file, "aws_sqs_queue", label, settings);
}

static void add_dead_letter(struct terraform_file *file, const struct function_spec *spec)
{
  if (*spec->dead_letter) {
    add_queue(file, spec->dead_letter, json_pack("{s:i}", "message_retention_seconds", KEPT_S));
  }
}

static json_t *on_failure(const struct function_spec *spec, const char *key)
{
  return json_pack("{s:{s:o}}", "on_failure", key, queue_arn(spec->dead_letter));
}

static void add_http(struct terraform_file *file, const struct function_spec *spec,
                     const char *function)
{
  g_autofree char *method = NULL;
  g_autofree char *path = NULL;
  route_split(spec->key, &method, &path);
  g_autofree char *route = g_strdup_printf("%s %s", method, path);
  g_autofree char *target =
      g_strdup_printf("integrations/${aws_apigatewayv2_integration.%s.id}", spec->symbol);
  g_autofree char *invoke = terraform_reference("aws_lambda_function", function, "invoke_arn");
  g_autofree char *name = terraform_reference("aws_lambda_function", function, "function_name");
  terraform_add(file, "aws_apigatewayv2_integration", spec->symbol,
                json_pack("{s:s, s:s, s:s, s:s}", "api_id", API, "integration_type", "AWS_PROXY",
                          "integration_uri", invoke, "payload_format_version", "2.0"));
  terraform_add(file, "aws_apigatewayv2_route", spec->symbol,
                json_pack("{s:s, s:s, s:s, s:s}", "api_id", API, "route_key", route, "target",
                          target, "authorization_type", spec->is_public ? "NONE" : "AWS_IAM"));
  terraform_add(file, "aws_lambda_permission", spec->symbol,
                json_pack("{s:s, s:s, s:s, s:s}", "action", "lambda:InvokeFunction",
                          "function_name", name, "principal", "apigateway.amazonaws.com",
                          "source_arn", "${aws_apigatewayv2_api.api.execution_arn}/*/*"));
  terraform_add(file, "aws_apigatewayv2_api", "api",
                json_pack("{s:s, s:s}", "name", "functions", "protocol_type", "HTTP"));
  terraform_add(file, "aws_apigatewayv2_stage", "api",
                json_pack("{s:s, s:s, s:b}", "api_id", API, "name", "$default", "auto_deploy", 1));
}

static void add_queue_trigger(struct terraform_file *file, const struct function_spec *spec,
                              const char *function)
{
  const char *source = requirements_source(spec);
  json_t *settings =
      json_pack("{s:i}", "visibility_timeout_seconds", (int)MIN(43200, spec->timeout_s * 6));
  if (*spec->dead_letter) {
    g_autofree char *dead = c_identifier(spec->dead_letter);
    g_autofree char *redrive = g_strdup_printf(
        "${jsonencode({deadLetterTargetArn = aws_sqs_queue.%s.arn, maxReceiveCount = %d})}", dead,
        (int)spec->retries + 1);
    json_object_set_new(settings, "redrive_policy", json_string(redrive));
  }
  add_queue(file, source, settings);
  g_autofree char *name = terraform_reference("aws_lambda_function", function, "arn");
  terraform_add(file, "aws_lambda_event_source_mapping", spec->symbol,
                json_pack("{s:o, s:s, s:i, s:[s], s:{s:i}}", "event_source_arn", queue_arn(source),
                          "function_name", name, "batch_size", 10, "function_response_types",
                          "ReportBatchItemFailures", "scaling_config", "maximum_concurrency",
                          (int)CLAMP(spec->concurrency, 2, 1000)));
}

static void add_stream(struct terraform_file *file, const struct function_spec *spec,
                       const char *function)
{
  g_autofree char *label = c_identifier(requirements_source(spec));
  g_autofree char *stream = cloud_name(requirements_source(spec), AWS_STREAM);
  g_autofree char *arn = terraform_reference("aws_kinesis_stream", label, "arn");
  g_autofree char *name = terraform_reference("aws_lambda_function", function, "arn");
  terraform_add(file, "aws_kinesis_stream", label,
                json_pack("{s:s, s:i}", "name", stream, "shard_count", 1));
  json_t *mapping =
      json_pack("{s:s, s:s, s:s, s:[s], s:i, s:b}", "event_source_arn", arn, "function_name", name,
                "starting_position", "LATEST", "function_response_types", "ReportBatchItemFailures",
                "maximum_retry_attempts", (int)spec->retries, "bisect_batch_on_function_error", 1);
  if (*spec->dead_letter) {
    json_object_set_new(mapping, "destination_config", on_failure(spec, "destination_arn"));
  }
  terraform_add(file, "aws_lambda_event_source_mapping", spec->symbol, mapping);
}

static void add_schedule(struct terraform_file *file, const struct function_spec *spec,
                         const char *function)
{
  g_autofree char *expression = aws_schedule(spec->key);
  g_autofree char *arn = terraform_reference("aws_lambda_function", function, "arn");
  g_autofree char *role = g_strdup_printf("%s_schedule", spec->symbol);
  g_autofree char *role_arn = terraform_reference("aws_iam_role", role, "arn");
  g_autofree char *input = aws_schedule_input(spec);
  bool has_dead_letter = *spec->dead_letter != '\0';
  add_role(file, role, "scheduler.amazonaws.com",
           aws_schedule_statements(json_string(arn),
                                   has_dead_letter ? queue_arn(spec->dead_letter) : NULL));
  json_t *target = json_pack("{s:s, s:s, s:s, s:{s:i}}", "arn", arn, "role_arn", role_arn, "input",
                             input, "retry_policy", "maximum_retry_attempts", (int)spec->retries);
  if (has_dead_letter) {
    json_object_set_new(target, "dead_letter_config",
                        json_pack("{s:o}", "arn", queue_arn(spec->dead_letter)));
  }
  terraform_add(file, "aws_scheduler_schedule", spec->symbol,
                json_pack("{s:s, s:{s:s}, s:o}", "schedule_expression",
                          expression ? expression : "rate(1 day)", "flexible_time_window", "mode",
                          "OFF", "target", target));
}

static void add_bucket(struct terraform_file *file, const struct function_spec *spec,
                       const char *function)
{
  g_autofree char *source = c_identifier(requirements_source(spec));
  g_autofree char *bucket = terraform_reference("aws_s3_bucket", source, "id");
  g_autofree char *arn = terraform_reference("aws_s3_bucket", source, "arn");
  g_autofree char *name = terraform_reference("aws_lambda_function", function, "arn");
  g_autofree char *plain = cloud_name(requirements_source(spec), AWS_BUCKET_PREFIX);
  g_autofree char *prefix = g_strconcat(plain, "-", NULL);
  terraform_add(file, "aws_s3_bucket", source, json_pack("{s:s}", "bucket_prefix", prefix));
  terraform_add(file, "aws_lambda_permission", spec->symbol,
                json_pack("{s:s, s:s, s:s, s:s}", "action", "lambda:InvokeFunction",
                          "function_name", name, "principal", "s3.amazonaws.com", "source_arn",
                          arn));
  g_autofree char *permission = g_strdup_printf("aws_lambda_permission.%s", spec->symbol);
  terraform_add(file, "aws_s3_bucket_notification", spec->symbol,
                json_pack("{s:s, s:{s:s, s:[s]}, s:[s]}", "bucket", bucket, "lambda_function",
                          "lambda_function_arn", name, "events", "s3:ObjectCreated:*", "depends_on",
                          permission));
}

static void add_trigger(struct terraform_file *file, const struct function_spec *spec,
                        const char *function)
{
  static const struct {
    const char *trigger;
    void (*add)(struct terraform_file *file, const struct function_spec *spec,
                const char *function);
  } writers[] = {{"http", add_http},
                 {"queue", add_queue_trigger},
                 {"stream", add_stream},
                 {"schedule", add_schedule},
                 {"object", add_bucket}};
  add_dead_letter(file, spec);
  for (size_t i = 0; i < G_N_ELEMENTS(writers); i++) {
    if (has_trigger(spec, writers[i].trigger)) {
      writers[i].add(file, spec, function);
    }
  }
}

static char *secret_of(struct terraform_file *file, const char *name)
{
  g_autofree char *label = g_ascii_strdown(name, -1);
  g_autofree char *path = g_strdup_printf("cleave/%s", name);
  g_autofree char *id = g_strdup_printf("${data.aws_secretsmanager_secret.%s.id}", label);
  terraform_add_data(file, "aws_secretsmanager_secret", label, json_pack("{s:s}", "name", path));
  terraform_add_data(file, "aws_secretsmanager_secret_version", label,
                     json_pack("{s:s}", "secret_id", id));
  return g_strdup_printf("${data.aws_secretsmanager_secret_version.%s.secret_string}", label);
}

static void add_unattended(struct terraform_file *file, const char *label,
                           const struct function_spec *spec)
{
  g_autofree char *name = terraform_reference("aws_lambda_function", label, "function_name");
  json_t *config = json_pack("{s:s, s:i}", "function_name", name, "maximum_retry_attempts",
                             aws_async_retries(spec));
  if (*spec->dead_letter) {
    json_object_set_new(config, "destination_config", on_failure(spec, "destination"));
  }
  terraform_add(file, "aws_lambda_function_event_invoke_config", label, config);
}

static void add_function(struct terraform_file *file, const struct artifact *artifact)
{
  g_autofree char *label = c_identifier(artifact->name);
  g_autoptr(requirements_owner) needs = requirements_new(artifact);
  g_autofree char *zip = g_strdup_printf("${path.module}/../build/package/%s.zip", artifact->name);
  g_autofree char *hash =
      g_strdup_printf("${fileexists(\"%s\") ? filebase64sha256(\"%s\") : null}", zip, zip);
  g_autofree char *role = terraform_reference("aws_iam_role", label, "arn");
  g_autofree char *name = cloud_name(artifact->name, AWS_FUNCTION);
  g_autofree char *log = g_strdup_printf("/aws/lambda/%s", name);
  g_autofree char *group = terraform_reference("aws_cloudwatch_log_group", label, "name");
  terraform_add(file, "aws_cloudwatch_log_group", label,
                json_pack("{s:s, s:i}", "name", log, "retention_in_days", 30));
  add_role(file, label, "lambda.amazonaws.com", aws_statements(artifact->name, needs, resource_of));
  json_t *function = json_pack(
      "{s:s, s:s, s:s, s:s, s:[s], s:s, s:s, s:I, s:I, s:{s:s, s:s}}", "function_name", name,
      "role", role, "runtime", "provided.al2023", "handler", "bootstrap", "architectures",
      "${var.architecture}", "filename", zip, "source_code_hash", hash, "memory_size",
      (json_int_t)needs->memory_mb, "timeout", (json_int_t)MIN(900, needs->timeout_s),
      "logging_config", "log_format", "Text", "log_group", group);
  if (needs->is_capped) {
    json_object_set_new(function, "reserved_concurrent_executions",
                        json_integer((json_int_t)needs->concurrency));
  }
  json_t *variables = terraform_environment(file, artifact, secret_of);
  if (json_object_size(variables) > 0) {
    json_object_set_new(function, "environment", json_pack("{s:O}", "variables", variables));
  }
  json_decref(variables);
  terraform_add(file, "aws_lambda_function", label, function);
  for (guint i = 0; i < artifact->specs->len; i++) {
    add_trigger(file, artifact->specs->pdata[i], label);
  }
  if (needs->unattended) {
    add_unattended(file, label, needs->unattended);
  }
}

json_t *terraform_aws(const GPtrArray *artifacts)
{
  struct terraform_file file;
  terraform_file_init(&file);
  terraform_add_variable(&file, "region", "region of the functions", NULL);
  terraform_add_variable(&file, "architecture", "what the packages were built for: x86_64 or arm64",
                         "x86_64");
  for (guint i = 0; i < artifacts->len; i++) {
    add_function(&file, artifacts->pdata[i]);
  }
  return terraform_document(&file, "aws", "hashicorp/aws", ">= 5.0",
                            json_pack("{s:s}", "region", "${var.region}"));
}
