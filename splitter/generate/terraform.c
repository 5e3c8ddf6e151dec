#include "splitter/generate/terraform.h"

#include <string.h>

#include "splitter/generate/c_writer.h"
#include "splitter/generate/trigger.h"

struct plan_file {
  json_t *resources; /* type -> name -> body */
  json_t *variables;
};

static void add(struct plan_file *file, const char *type, const char *name, json_t *body)
{
  json_t *of_type = json_object_get(file->resources, type);
  if (!of_type) {
    of_type = json_object();
    json_object_set_new(file->resources, type, of_type);
  }
  json_object_set_new(of_type, name, body);
}

static char *reference(const char *type, const char *name, const char *attribute)
{
  return g_strdup_printf("${%s.%s.%s}", type, name, attribute);
}

static json_t *document(struct plan_file *file, const char *provider, const char *source,
                        const char *version, json_t *settings)
{
  json_t *root = json_pack("{s:{s:s, s:{s:{s:s, s:s}}}, s:{s:o}}", "terraform", "required_version",
                           ">= 1.5", "required_providers", provider, "source", source, "version",
                           version, "provider", provider, settings);
  if (json_object_size(file->variables) > 0) {
    json_object_set(root, "variable", file->variables);
  }
  json_object_set(root, "resource", file->resources);
  json_decref(file->variables);
  json_decref(file->resources);
  return root;
}

static void add_variable(struct plan_file *file, const char *name, const char *about)
{
  json_object_set_new(file->variables, name,
                      json_pack("{s:s, s:s}", "type", "string", "description", about));
}

static bool has_trigger(const struct function_spec *spec, const char *trigger)
{
  return strcmp(spec->trigger, trigger) == 0;
}

static bool artifact_has(const struct artifact *artifact, const char *trigger)
{
  for (guint i = 0; i < artifact->specs->len; i++) {
    if (has_trigger(artifact->specs->pdata[i], trigger)) {
      return true;
    }
  }
  return false;
}

static bool any_has(const GPtrArray *artifacts, const char *trigger)
{
  for (guint i = 0; i < artifacts->len; i++) {
    if (artifact_has(artifacts->pdata[i], trigger)) {
      return true;
    }
  }
  return false;
}

struct limits {
  json_int_t memory_mb, timeout_s, concurrency;
  bool is_capped;
};

static struct limits limits_of(const struct artifact *artifact)
{
  struct limits limits = {0};
  for (guint i = 0; i < artifact->specs->len; i++) {
    const struct function_spec *spec = artifact->specs->pdata[i];
    limits.memory_mb = spec->memory_mb > limits.memory_mb ? spec->memory_mb : limits.memory_mb;
    limits.timeout_s = spec->timeout_s > limits.timeout_s ? spec->timeout_s : limits.timeout_s;
    limits.concurrency =
        spec->concurrency > limits.concurrency ? spec->concurrency : limits.concurrency;
    limits.is_capped = limits.is_capped || spec->is_capped;
  }
  return limits;
}

static bool is_secret(const struct function_spec *spec, const char *name)
{
  return g_ptr_array_find_with_equal_func(spec->secrets, name, g_str_equal, NULL);
}

/* name -> reference to a variable (plain) or what SECRET makes of a secret's name. */
static json_t *environment_of(struct plan_file *file, const struct artifact *artifact,
                              char *(*secret)(struct plan_file *file, const char *name))
{
  json_t *variables = json_object();
  for (guint i = 0; i < artifact->specs->len; i++) {
    const struct function_spec *spec = artifact->specs->pdata[i];
    for (guint j = 0; j < spec->environment->len; j++) {
      const char *name = spec->environment->pdata[j];
      if (is_secret(spec, name)) {
        g_autofree char *value = secret(file, name);
        json_object_set_new(variables, name, json_string(value));
      } else {
        g_autofree char *variable = g_ascii_strdown(name, -1);
        g_autofree char *value = g_strdup_printf("${var.%s}", variable);
        json_object_set_new(file->variables, variable,
                            json_pack("{s:s, s:s, s:s}", "type", "string", "default", "",
                                      "description", "environment of the functions"));
        json_object_set_new(variables, name, json_string(value));
      }
    }
  }
  return variables;
}

/* ---- AWS ---- */

static char *aws_secret(struct plan_file *file, const char *name)
{
  g_autofree char *label = g_ascii_strdown(name, -1);
  (void)file;
  return g_strdup_printf("${data.aws_secretsmanager_secret_version.%s.secret_string}", label);
}

static json_t *aws_policy(json_t *statements)
{
  json_t *policy = json_pack("{s:s, s:o}", "Version", "2012-10-17", "Statement", statements);
  char *text = json_dumps(policy, JSON_COMPACT);
  json_t *value = json_string(text);
  free(text);
  json_decref(policy);
  return value;
}

static json_t *aws_trust(const char *service)
{
  return aws_policy(json_pack("[{s:s, s:{s:s}, s:s}]", "Effect", "Allow", "Principal", "Service",
                              service, "Action", "sts:AssumeRole"));
}

static void aws_role(struct plan_file *file, const struct artifact *artifact, const char *label)
{
  g_autofree char *role = reference("aws_iam_role", label, "name");
  g_autofree char *group = g_strdup_printf("${aws_cloudwatch_log_group.%s.arn}:*", label);
  json_t *statements = json_pack("[{s:s, s:[s,s], s:s}]", "Effect", "Allow", "Action",
                                 "logs:CreateLogStream", "logs:PutLogEvents", "Resource", group);
  for (guint i = 0; i < artifact->specs->len; i++) {
    const struct function_spec *spec = artifact->specs->pdata[i];
    g_autofree char *source = c_identifier(*spec->key ? spec->key : spec->name);
    if (has_trigger(spec, "queue")) {
      g_autofree char *arn = reference("aws_sqs_queue", source, "arn");
      json_array_append_new(statements,
                            json_pack("{s:s, s:[s,s,s], s:s}", "Effect", "Allow", "Action",
                                      "sqs:ReceiveMessage", "sqs:DeleteMessage",
                                      "sqs:GetQueueAttributes", "Resource", arn));
    } else if (has_trigger(spec, "stream")) {
      g_autofree char *arn = reference("aws_kinesis_stream", source, "arn");
      json_array_append_new(statements,
                            json_pack("{s:s, s:[s,s,s,s], s:s}", "Effect", "Allow", "Action",
                                      "kinesis:GetRecords", "kinesis:GetShardIterator",
                                      "kinesis:DescribeStreamSummary", "kinesis:ListShards",
                                      "Resource", arn));
    }
  }
  g_autofree char *log = g_strdup_printf("/aws/lambda/%s", artifact->name);
  add(file, "aws_cloudwatch_log_group", label,
      json_pack("{s:s, s:i}", "name", log, "retention_in_days", 30));
  add(file, "aws_iam_role", label,
      json_pack("{s:s, s:o}", "name_prefix", "cleave-", "assume_role_policy",
                aws_trust("lambda.amazonaws.com")));
  add(file, "aws_iam_role_policy", label,
      json_pack("{s:s, s:o}", "role", role, "policy", aws_policy(statements)));
}

static void aws_http(struct plan_file *file, const struct function_spec *spec, const char *label,
                     const char *function)
{
  g_autofree char *method = NULL;
  g_autofree char *path = NULL;
  route_split(spec->key, &method, &path);
  g_autofree char *route = g_strdup_printf("%s %s", method, path);
  g_autofree char *target =
      g_strdup_printf("integrations/${aws_apigatewayv2_integration.%s.id}", label);
  g_autofree char *invoke = reference("aws_lambda_function", function, "invoke_arn");
  add(file, "aws_apigatewayv2_integration", label,
      json_pack("{s:s, s:s, s:s, s:s}", "api_id", "${aws_apigatewayv2_api.api.id}",
                "integration_type", "AWS_PROXY", "integration_uri", invoke,
                "payload_format_version", "2.0"));
  add(file, "aws_apigatewayv2_route", label,
      json_pack("{s:s, s:s, s:s, s:s}", "api_id", "${aws_apigatewayv2_api.api.id}", "route_key",
                route, "target", target, "authorization_type",
                spec->is_public ? "NONE" : "AWS_IAM"));
  g_autofree char *name = reference("aws_lambda_function", function, "function_name");
  add(file, "aws_lambda_permission", label,
      json_pack("{s:s, s:s, s:s, s:s}", "action", "lambda:InvokeFunction", "function_name", name,
                "principal", "apigateway.amazonaws.com", "source_arn",
                "${aws_apigatewayv2_api.api.execution_arn}/*/*"));
}

static void aws_queue(struct plan_file *file, const struct function_spec *spec,
                      const char *function)
{
  g_autofree char *source = c_identifier(*spec->key ? spec->key : spec->name);
  g_autofree char *dead = g_strdup_printf("%s_failed", source);
  g_autofree char *redrive = g_strdup_printf(
      "${jsonencode({deadLetterTargetArn = aws_sqs_queue.%s.arn, maxReceiveCount = %d})}", dead,
      (int)spec->retries + 1);
  add(file, "aws_sqs_queue", dead,
      json_pack("{s:s, s:i}", "name", dead, "message_retention_seconds", 1209600));
  add(file, "aws_sqs_queue", source,
      json_pack("{s:s, s:i, s:s}", "name", source, "visibility_timeout_seconds",
                (int)(spec->timeout_s * 6 < 43200 ? spec->timeout_s * 6 : 43200), "redrive_policy",
                redrive));
  g_autofree char *arn = reference("aws_sqs_queue", source, "arn");
  g_autofree char *name = reference("aws_lambda_function", function, "arn");
  add(file, "aws_lambda_event_source_mapping", spec->symbol,
      json_pack("{s:s, s:s, s:i, s:[s]}", "event_source_arn", arn, "function_name", name,
                "batch_size", 10, "function_response_types", "ReportBatchItemFailures"));
}

static void aws_stream(struct plan_file *file, const struct function_spec *spec,
                       const char *function)
{
  g_autofree char *source = c_identifier(*spec->key ? spec->key : spec->name);
  g_autofree char *arn = reference("aws_kinesis_stream", source, "arn");
  g_autofree char *name = reference("aws_lambda_function", function, "arn");
  add(file, "aws_kinesis_stream", source,
      json_pack("{s:s, s:i}", "name", source, "shard_count", 1));
  add(file, "aws_lambda_event_source_mapping", spec->symbol,
      json_pack("{s:s, s:s, s:s, s:[s]}", "event_source_arn", arn, "function_name", name,
                "starting_position", "LATEST", "function_response_types",
                "ReportBatchItemFailures"));
}

static void aws_timer(struct plan_file *file, const struct function_spec *spec,
                      const char *function)
{
  g_autofree char *expression = aws_schedule(spec->key);
  g_autofree char *arn = reference("aws_lambda_function", function, "arn");
  g_autofree char *role = g_strdup_printf("%s_schedule", spec->symbol);
  g_autofree char *role_name = reference("aws_iam_role", role, "name");
  g_autofree char *role_arn = reference("aws_iam_role", role, "arn");
  g_autofree char *input =
      g_strdup_printf("{\"job\":\"%s\",\"at\":\"<aws.scheduler.scheduled-time>\"}", spec->name);
  add(file, "aws_iam_role", role,
      json_pack("{s:s, s:o}", "name_prefix", "cleave-", "assume_role_policy",
                aws_trust("scheduler.amazonaws.com")));
  add(file, "aws_iam_role_policy", role,
      json_pack("{s:s, s:o}", "role", role_name, "policy",
                aws_policy(json_pack("[{s:s, s:s, s:s}]", "Effect", "Allow", "Action",
                                     "lambda:InvokeFunction", "Resource", arn))));
  add(file, "aws_scheduler_schedule", spec->symbol,
      json_pack("{s:s, s:{s:s}, s:{s:s, s:s, s:s, s:{s:i}}}", "schedule_expression",
                expression ? expression : "rate(1 day)", "flexible_time_window", "mode", "OFF",
                "target", "arn", arn, "role_arn", role_arn, "input", input, "retry_policy",
                "maximum_retry_attempts", (int)spec->retries));
}

static void aws_bucket(struct plan_file *file, const struct function_spec *spec,
                       const char *function)
{
  g_autofree char *source = c_identifier(*spec->key ? spec->key : spec->name);
  g_autofree char *bucket = reference("aws_s3_bucket", source, "id");
  g_autofree char *arn = reference("aws_s3_bucket", source, "arn");
  g_autofree char *name = reference("aws_lambda_function", function, "arn");
  add(file, "aws_s3_bucket", source, json_pack("{s:s}", "bucket_prefix", "cleave-"));
  add(file, "aws_lambda_permission", spec->symbol,
      json_pack("{s:s, s:s, s:s, s:s}", "action", "lambda:InvokeFunction", "function_name", name,
                "principal", "s3.amazonaws.com", "source_arn", arn));
  add(file, "aws_s3_bucket_notification", spec->symbol,
      json_pack("{s:s, s:{s:s, s:[s]}}", "bucket", bucket, "lambda_function", "lambda_function_arn",
                name, "events", "s3:ObjectCreated:*"));
}

json_t *terraform_aws(const GPtrArray *artifacts)
{
  struct plan_file file = {json_object(), json_object()};
  json_t *secrets = json_object();
  json_t *versions = json_object();
  add_variable(&file, "region", "region of the functions");
  json_object_set_new(file.variables, "architecture",
                      json_pack("{s:s, s:s, s:s}", "type", "string", "default", "x86_64",
                                "description",
                                "what the packages were built for: x86_64 or arm64"));
  if (any_has(artifacts, "http")) {
    add(&file, "aws_apigatewayv2_api", "api",
        json_pack("{s:s, s:s}", "name", "functions", "protocol_type", "HTTP"));
    add(&file, "aws_apigatewayv2_stage", "api",
        json_pack("{s:s, s:s, s:b}", "api_id", "${aws_apigatewayv2_api.api.id}", "name", "$default",
                  "auto_deploy", 1));
  }
  for (guint i = 0; i < artifacts->len; i++) {
    const struct artifact *artifact = artifacts->pdata[i];
    g_autofree char *label = c_identifier(artifact->name);
    struct limits limits = limits_of(artifact);
    g_autofree char *zip =
        g_strdup_printf("${path.module}/../build/package/%s.zip", artifact->name);
    g_autofree char *hash =
        g_strdup_printf("${fileexists(\"%s\") ? filebase64sha256(\"%s\") : null}", zip, zip);
    g_autofree char *role = reference("aws_iam_role", label, "arn");
    json_t *function = json_pack(
        "{s:s, s:s, s:s, s:s, s:[s], s:s, s:s, s:I, s:I}", "function_name", artifact->name, "role",
        role, "runtime", "provided.al2023", "handler", "bootstrap", "architectures",
        "${var.architecture}", "filename", zip, "source_code_hash", hash, "memory_size",
        limits.memory_mb, "timeout", limits.timeout_s < 900 ? limits.timeout_s : (json_int_t)900);
    if (limits.is_capped) {
      json_object_set_new(function, "reserved_concurrent_executions",
                          json_integer(limits.concurrency));
    }
    json_t *variables = environment_of(&file, artifact, aws_secret);
    if (json_object_size(variables) > 0) {
      json_object_set_new(function, "environment", json_pack("{s:O}", "variables", variables));
    }
    json_decref(variables);
    aws_role(&file, artifact, label);
    add(&file, "aws_lambda_function", label, function);
    for (guint j = 0; j < artifact->specs->len; j++) {
      const struct function_spec *spec = artifact->specs->pdata[j];
      if (has_trigger(spec, "http")) {
        aws_http(&file, spec, spec->symbol, label);
      } else if (has_trigger(spec, "queue")) {
        aws_queue(&file, spec, label);
      } else if (has_trigger(spec, "stream")) {
        aws_stream(&file, spec, label);
      } else if (has_trigger(spec, "schedule")) {
        aws_timer(&file, spec, label);
      } else if (has_trigger(spec, "object")) {
        aws_bucket(&file, spec, label);
      }
      for (guint k = 0; k < spec->secrets->len; k++) {
        const char *name = spec->secrets->pdata[k];
        g_autofree char *secret = g_ascii_strdown(name, -1);
        g_autofree char *path = g_strdup_printf("cleave/%s", name);
        g_autofree char *id = g_strdup_printf("${data.aws_secretsmanager_secret.%s.id}", secret);
        json_object_set_new(secrets, secret, json_pack("{s:s}", "name", path));
        json_object_set_new(versions, secret, json_pack("{s:s}", "secret_id", id));
      }
    }
  }
  json_t *root = document(&file, "aws", "hashicorp/aws", ">= 5.0",
                          json_pack("{s:s}", "region", "${var.region}"));
  if (json_object_size(secrets) > 0) {
    json_object_set_new(root, "data",
                        json_pack("{s:O, s:O}", "aws_secretsmanager_secret", secrets,
                                  "aws_secretsmanager_secret_version", versions));
  }
  json_decref(secrets);
  json_decref(versions);
  return root;
}

/* ---- Google ---- */

static json_t *google_environment(struct plan_file *file, const struct artifact *artifact)
{
  json_t *list = json_array();
  for (guint i = 0; i < artifact->specs->len; i++) {
    const struct function_spec *spec = artifact->specs->pdata[i];
    for (guint j = 0; j < spec->environment->len; j++) {
      const char *name = spec->environment->pdata[j];
      g_autofree char *plain = plain_name(name);
      g_autofree char *variable = g_ascii_strdown(name, -1);
      g_autofree char *value = g_strdup_printf("${var.%s}", variable);
      if (is_secret(spec, name)) {
        json_array_append_new(list,
                              json_pack("{s:s, s:{s:{s:s, s:s}}}", "name", name, "value_source",
                                        "secret_key_ref", "secret", plain, "version", "latest"));
      } else {
        json_object_set_new(file->variables, variable,
                            json_pack("{s:s, s:s, s:s}", "type", "string", "default", "",
                                      "description", "environment of the functions"));
        json_array_append_new(list, json_pack("{s:s, s:s}", "name", name, "value", value));
      }
    }
  }
  return list;
}

static void google_trigger(struct plan_file *file, const struct function_spec *spec,
                           const char *service)
{
  g_autofree char *name = plain_name(*spec->key ? spec->key : spec->name);
  g_autofree char *uri = reference("google_cloud_run_v2_service", service, "uri");
  if (has_trigger(spec, "queue") || has_trigger(spec, "stream")) {
    g_autofree char *topic = reference("google_pubsub_topic", spec->symbol, "id");
    g_autofree char *dead = g_strdup_printf("%s_failed", spec->symbol);
    g_autofree char *dead_name = g_strdup_printf("%s-failed", name);
    g_autofree char *dead_id = reference("google_pubsub_topic", dead, "id");
    add(file, "google_pubsub_topic", spec->symbol, json_pack("{s:s}", "name", name));
    add(file, "google_pubsub_topic", dead, json_pack("{s:s}", "name", dead_name));
    add(file, "google_pubsub_subscription", spec->symbol,
        json_pack("{s:s, s:s, s:i, s:{s:s, s:{s:s}}, s:{s:s, s:i}}", "name", name, "topic", topic,
                  "ack_deadline_seconds", (int)(spec->timeout_s < 600 ? spec->timeout_s : 600),
                  "push_config", "push_endpoint", uri, "oidc_token", "service_account_email",
                  "${google_service_account.invoker.email}", "dead_letter_policy",
                  "dead_letter_topic", dead_id, "max_delivery_attempts",
                  (int)(spec->retries + 1 > 5 ? spec->retries + 1 : 5)));
  } else if (has_trigger(spec, "schedule")) {
    g_autofree char *cron = cron_schedule(spec->key);
    g_autofree char *job = plain_name(spec->name);
    add(file, "google_cloud_scheduler_job", spec->symbol,
        json_pack("{s:s, s:s, s:{s:i}, s:{s:s, s:s, s:{s:s}}}", "name", job, "schedule",
                  cron ? cron : "0 2 * * *", "retry_config", "retry_count", (int)spec->retries,
                  "http_target", "uri", uri, "http_method", "POST", "oidc_token",
                  "service_account_email", "${google_service_account.invoker.email}"));
  } else if (has_trigger(spec, "object")) {
    g_autofree char *service_name = reference("google_cloud_run_v2_service", service, "name");
    add(file, "google_storage_bucket", spec->symbol,
        json_pack("{s:s, s:s, s:b}", "name", "${var.project}-in", "location", "${var.region}",
                  "uniform_bucket_level_access", 1));
    g_autofree char *bucket = reference("google_storage_bucket", spec->symbol, "name");
    add(file, "google_eventarc_trigger", spec->symbol,
        json_pack("{s:s, s:s, s:s, s:[{s:s,s:s},{s:s,s:s}], s:{s:{s:s, s:s}}}", "name", name,
                  "location", "${var.region}", "service_account",
                  "${google_service_account.invoker.email}", "matching_criteria", "attribute",
                  "type", "value", "google.cloud.storage.object.v1.finalized", "attribute",
                  "bucket", "value", bucket, "destination", "cloud_run_service", "service",
                  service_name, "region", "${var.region}"));
  }
}

json_t *terraform_google(const GPtrArray *artifacts)
{
  struct plan_file file = {json_object(), json_object()};
  add_variable(&file, "project", "project of the functions");
  add_variable(&file, "region", "region of the functions");
  add_variable(&file, "images", "where the images lie: REGION-docker.pkg.dev/PROJECT/functions");
  add(&file, "google_service_account", "invoker",
      json_pack("{s:s, s:s}", "account_id", "cleave-invoker", "display_name",
                "wakes the functions"));
  add(&file, "google_service_account", "runner",
      json_pack("{s:s, s:s}", "account_id", "cleave-functions", "display_name",
                "runs the functions"));
  for (guint i = 0; i < artifacts->len; i++) {
    const struct artifact *artifact = artifacts->pdata[i];
    g_autofree char *label = c_identifier(artifact->name);
    g_autofree char *name = plain_name(artifact->name);
    g_autofree char *image = g_strdup_printf("${var.images}/%s", name);
    struct limits limits = limits_of(artifact);
    g_autofree char *memory = g_strdup_printf("%" JSON_INTEGER_FORMAT "Mi", limits.memory_mb);
    g_autofree char *timeout = g_strdup_printf("%" JSON_INTEGER_FORMAT "s", limits.timeout_s);
    bool is_public = false;
    json_t *container = json_pack("{s:s, s:{s:{s:s, s:s}}}", "image", image, "resources", "limits",
                                  "cpu", "1", "memory", memory);
    json_t *environment = google_environment(&file, artifact);
    if (json_array_size(environment) > 0) {
      json_object_set(container, "env", environment);
    }
    json_decref(environment);
    add(&file, "google_cloud_run_v2_service", label,
        json_pack("{s:s, s:s, s:{s:s, s:i, s:s, s:{s:I}, s:[o]}}", "name", name, "location",
                  "${var.region}", "template", "timeout", timeout,
                  "max_instance_request_concurrency", 1, "service_account",
                  "${google_service_account.runner.email}", "scaling", "max_instance_count",
                  limits.concurrency, "containers", container));
    for (guint j = 0; j < artifact->specs->len; j++) {
      const struct function_spec *spec = artifact->specs->pdata[j];
      is_public = is_public || spec->is_public;
      google_trigger(&file, spec, label);
    }
    g_autofree char *service = reference("google_cloud_run_v2_service", label, "name");
    add(&file, "google_cloud_run_v2_service_iam_member", label,
        json_pack("{s:s, s:s, s:s, s:s}", "name", service, "location", "${var.region}", "role",
                  "roles/run.invoker", "member",
                  is_public ? "allUsers"
                            : "serviceAccount:${google_service_account.invoker.email}"));
  }
  return document(&file, "google", "hashicorp/google", ">= 5.0",
                  json_pack("{s:s, s:s}", "project", "${var.project}", "region", "${var.region}"));
}

/* ---- Azure ---- */

static char *azure_secret(struct plan_file *file, const char *name)
{
  g_autofree char *plain = plain_name(name);
  add_variable(file, "vault", "name of the key vault that holds the secrets");
  return g_strdup_printf("@Microsoft.KeyVault(VaultName=${var.vault};SecretName=%s)", plain);
}

json_t *terraform_azure(const GPtrArray *artifacts)
{
  struct plan_file file = {json_object(), json_object()};
  add_variable(&file, "location", "region of the functions");
  add_variable(&file, "prefix", "begins the name of every app; apps are named worldwide");
  add(&file, "azurerm_resource_group", "functions",
      json_pack("{s:s, s:s}", "name", "${var.prefix}-functions", "location", "${var.location}"));
  add(&file, "azurerm_storage_account", "functions",
      json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", "${var.prefix}functions",
                "resource_group_name", "${azurerm_resource_group.functions.name}", "location",
                "${var.location}", "account_tier", "Standard", "account_replication_type", "LRS"));
  add(&file, "azurerm_service_plan", "functions",
      json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", "${var.prefix}-plan", "resource_group_name",
                "${azurerm_resource_group.functions.name}", "location", "${var.location}",
                "os_type", "Linux", "sku_name", "Y1"));
  for (guint i = 0; i < artifacts->len; i++) {
    const struct artifact *artifact = artifacts->pdata[i];
    g_autofree char *label = c_identifier(artifact->name);
    g_autofree char *plain = plain_name(artifact->name);
    g_autofree char *name = g_strdup_printf("${var.prefix}-%s", plain);
    g_autofree char *zip =
        g_strdup_printf("${path.module}/../build/package/%s-azure.zip", artifact->name);
    struct limits limits = limits_of(artifact);
    json_t *settings = environment_of(&file, artifact, azure_secret);
    json_object_set_new(settings, "FUNCTIONS_WORKER_RUNTIME", json_string("Custom"));
    json_object_set_new(settings, "WEBSITE_RUN_FROM_PACKAGE", json_string("1"));
    add(&file, "azurerm_linux_function_app", label,
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:{s:s}, s:{s:I}, s:o}", "name", name,
                  "resource_group_name", "${azurerm_resource_group.functions.name}", "location",
                  "${var.location}", "service_plan_id", "${azurerm_service_plan.functions.id}",
                  "storage_account_name", "${azurerm_storage_account.functions.name}",
                  "storage_account_access_key",
                  "${azurerm_storage_account.functions.primary_access_key}", "zip_deploy_file", zip,
                  "https_only", 1, "identity", "type", "SystemAssigned", "site_config",
                  "app_scale_limit", limits.concurrency, "app_settings", settings));
    for (guint j = 0; j < artifact->specs->len; j++) {
      const struct function_spec *spec = artifact->specs->pdata[j];
      g_autofree char *queue = plain_name(*spec->key ? spec->key : spec->name);
      if (has_trigger(spec, "queue")) {
        add(&file, "azurerm_storage_queue", spec->symbol,
            json_pack("{s:s, s:s}", "name", queue, "storage_account_name",
                      "${azurerm_storage_account.functions.name}"));
      } else if (has_trigger(spec, "object")) {
        add(&file, "azurerm_storage_container", spec->symbol,
            json_pack("{s:s, s:s}", "name", queue, "storage_account_name",
                      "${azurerm_storage_account.functions.name}"));
      }
    }
  }
  return document(&file, "azurerm", "hashicorp/azurerm", ">= 3.0, < 5.0",
                  json_pack("{s:{}}", "features"));
}
