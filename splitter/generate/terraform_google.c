#include <string.h>

#include "splitter/generate/c_writer.h"
#include "splitter/generate/cloud_name.h"
#include "splitter/generate/google.h"
#include "splitter/generate/terraform.h"
#include "splitter/generate/terraform_file.h"
#include "splitter/generate/trigger.h"

/* Pub/Sub's own agent, which puts messages into dead-letter topics. */
#define PUBSUB_AGENT                                                                               \
  "serviceAccount:service-${data.google_project.project.number}@gcp-sa-pubsub.iam."                \
  "gserviceaccount.com"
#define INVOKER "${google_service_account.invoker.email}"

static bool has_trigger(const struct function_spec *spec, const char *trigger)
{
  return strcmp(spec->trigger, trigger) == 0;
}

static json_t *environment_of(struct terraform_file *file, const struct artifact *artifact)
{
  json_t *list = json_array();
  for (guint i = 0; i < artifact->specs->len; i++) {
    const struct function_spec *spec = artifact->specs->pdata[i];
    for (guint j = 0; j < spec->environment->len; j++) {
      const char *name = spec->environment->pdata[j];
      g_autofree char *plain = cloud_name(name, GOOGLE_SECRET);
      g_autofree char *variable = g_ascii_strdown(name, -1);
      g_autofree char *value = g_strdup_printf("${var.%s}", variable);
      if (function_spec_is_secret(spec, name)) {
        json_array_append_new(list,
                              json_pack("{s:s, s:{s:{s:s, s:s}}}", "name", name, "value_source",
                                        "secret_key_ref", "secret", plain, "version", "latest"));
      } else {
        terraform_add_variable(file, variable, "environment of the functions", "");
        json_array_append_new(list, json_pack("{s:s, s:s}", "name", name, "value", value));
      }
    }
  }
  return list;
}

static void add_topic(struct terraform_file *file, const char *label, const char *name)
{
  terraform_add(file, "google_pubsub_topic", label, json_pack("{s:s}", "name", name));
}

/* Where failed messages wait, and the right of Pub/Sub to move them there. */
static json_t *dead_letter_policy(struct terraform_file *file, const struct function_spec *spec)
{
  g_autofree char *label = c_identifier(spec->dead_letter);
  g_autofree char *name = cloud_name(spec->dead_letter, GOOGLE_TOPIC);
  g_autofree char *id = terraform_reference("google_pubsub_topic", label, "id");
  g_autofree char *subscription =
      terraform_reference("google_pubsub_subscription", spec->symbol, "name");
  add_topic(file, label, name);
  terraform_add(file, "google_pubsub_subscription", label,
                json_pack("{s:s, s:s, s:s, s:{s:s}}", "name", name, "topic", id,
                          "message_retention_duration", "604800s", "expiration_policy", "ttl", ""));
  terraform_add_data(file, "google_project", "project", json_object());
  terraform_add(file, "google_pubsub_topic_iam_member", label,
                json_pack("{s:s, s:s, s:s}", "topic", id, "role", "roles/pubsub.publisher",
                          "member", PUBSUB_AGENT));
  terraform_add(file, "google_pubsub_subscription_iam_member", spec->symbol,
                json_pack("{s:s, s:s, s:s}", "subscription", subscription, "role",
                          "roles/pubsub.subscriber", "member", PUBSUB_AGENT));
  return json_pack("{s:s, s:i}", "dead_letter_topic", id, "max_delivery_attempts",
                   google_delivery_attempts(spec));
}

/* A topic whose messages are pushed to the service, and what becomes of failures. */
static void add_subscription(struct terraform_file *file, const struct function_spec *spec,
                             const char *name, const char *service)
{
  g_autofree char *uri = terraform_reference("google_cloud_run_v2_service", service, "uri");
  g_autofree char *topic = terraform_reference("google_pubsub_topic", spec->symbol, "id");
  add_topic(file, spec->symbol, name);
  json_t *body =
      json_pack("{s:s, s:s, s:i, s:{s:s, s:{s:s}}, s:{s:s, s:s}}", "name", name, "topic", topic,
                "ack_deadline_seconds", (int)CLAMP(spec->timeout_s, 10, 600), "push_config",
                "push_endpoint", uri, "oidc_token", "service_account_email", INVOKER,
                "retry_policy", "minimum_backoff", "10s", "maximum_backoff", "600s");
  if (*spec->dead_letter) {
    json_object_set_new(body, "dead_letter_policy", dead_letter_policy(file, spec));
  }
  terraform_add(file, "google_pubsub_subscription", spec->symbol, body);
}

/* The scheduler tells a topic, because a job has no dead-letter target of its own. */
static void add_schedule(struct terraform_file *file, const struct function_spec *spec,
                         const char *service)
{
  g_autofree char *cron = cron_schedule(spec->key);
  g_autofree char *name = cloud_name(spec->name, GOOGLE_TOPIC);
  g_autofree char *topic = terraform_reference("google_pubsub_topic", spec->symbol, "id");
  g_autofree char *data =
      g_strdup_printf("${base64encode(jsonencode({job = \"%s\"}))}", spec->name);
  add_subscription(file, spec, name, service);
  terraform_add(file, "google_cloud_scheduler_job", spec->symbol,
                json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "name", name, "schedule",
                          cron ? cron : "0 2 * * *", "time_zone", "Etc/UTC", "pubsub_target",
                          "topic_name", topic, "data", data));
}

static void add_bucket(struct terraform_file *file, const struct function_spec *spec,
                       const char *service)
{
  g_autofree char *name = cloud_name(requirements_source(spec), GOOGLE_TOPIC);
  g_autofree char *own = cloud_name(requirements_source(spec), GOOGLE_BUCKET);
  g_autofree char *place = g_strdup_printf("${var.project}-%s", own);
  g_autofree char *bucket = terraform_reference("google_storage_bucket", spec->symbol, "name");
  g_autofree char *topic = terraform_reference("google_pubsub_topic", spec->symbol, "id");
  g_autofree char *right = g_strdup_printf("google_pubsub_topic_iam_member.%s", spec->symbol);
  add_subscription(file, spec, name, service);
  terraform_add(file, "google_storage_bucket", spec->symbol,
                json_pack("{s:s, s:s, s:b}", "name", place, "location", "${var.region}",
                          "uniform_bucket_level_access", 1));
  terraform_add_data(file, "google_storage_project_service_account", "storage", json_object());
  terraform_add(
      file, "google_pubsub_topic_iam_member", spec->symbol,
      json_pack("{s:s, s:s, s:s}", "topic", topic, "role", "roles/pubsub.publisher", "member",
                "serviceAccount:${data.google_storage_project_service_account.storage.email_"
                "address}"));
  terraform_add(file, "google_storage_notification", spec->symbol,
                json_pack("{s:s, s:s, s:s, s:[s], s:[s]}", "bucket", bucket, "topic", topic,
                          "payload_format", "JSON_API_V1", "event_types", "OBJECT_FINALIZE",
                          "depends_on", right));
}

static void add_trigger(struct terraform_file *file, const struct function_spec *spec,
                        const char *service)
{
  if (has_trigger(spec, "queue") || has_trigger(spec, "stream")) {
    g_autofree char *name = cloud_name(requirements_source(spec), GOOGLE_TOPIC);
    add_subscription(file, spec, name, service);
  } else if (has_trigger(spec, "schedule")) {
    add_schedule(file, spec, service);
  } else if (has_trigger(spec, "object")) {
    add_bucket(file, spec, service);
  }
}

/* What the service's own account may do. That messages reach it is the invoker's affair. */
static void add_grants(struct terraform_file *file, const struct artifact *artifact,
                       const struct requirements *needs, const char *label)
{
  g_autofree char *email = terraform_reference("google_service_account", label, "email");
  g_autofree char *member = g_strdup_printf("serviceAccount:%s", email);
  for (guint i = 0; i < needs->grants->len; i++) {
    const struct grant *grant = needs->grants->pdata[i];
    g_autofree char *target = c_identifier(grant->target);
    g_autofree char *name = g_ascii_strdown(target, -1);
    g_autofree char *own = g_strdup_printf("%s_%s", label, name);
    g_autofree char *plain = cloud_name(grant->target, GOOGLE_SECRET);
    if (grant->kind == GRANT_SECRET) {
      terraform_add(file, "google_secret_manager_secret_iam_member", own,
                    json_pack("{s:s, s:s, s:s}", "secret_id", plain, "role",
                              "roles/secretmanager.secretAccessor", "member", member));
    } else if (grant->kind == GRANT_OBJECT) {
      const struct function_spec *spec = requirements_waker(artifact, "object", grant->target);
      g_autofree char *bucket = terraform_reference("google_storage_bucket", spec->symbol, "name");
      terraform_add(file, "google_storage_bucket_iam_member", own,
                    json_pack("{s:s, s:s, s:s}", "bucket", bucket, "role",
                              "roles/storage.objectViewer", "member", member));
    }
  }
}

static void add_service(struct terraform_file *file, const struct artifact *artifact)
{
  g_autofree char *label = c_identifier(artifact->name);
  g_autofree char *name = cloud_name(artifact->name, GOOGLE_SERVICE);
  g_autofree char *account = google_account(artifact->name);
  g_autofree char *image = g_strdup_printf("${var.images}/%s", name);
  g_autofree char *email = terraform_reference("google_service_account", label, "email");
  g_autofree char *service = terraform_reference("google_cloud_run_v2_service", label, "name");
  g_autoptr(requirements_owner) needs = requirements_new(artifact);
  g_autofree char *memory = google_memory(needs);
  g_autofree char *timeout = g_strdup_printf("%" G_GINT64_FORMAT "s", needs->timeout_s);
  json_t *container = json_pack("{s:s, s:{s:{s:s, s:s}}}", "image", image, "resources", "limits",
                                "cpu", "1", "memory", memory);
  json_t *environment = environment_of(file, artifact);
  if (json_array_size(environment) > 0) {
    json_object_set(container, "env", environment);
  }
  json_decref(environment);
  terraform_add(file, "google_service_account", label,
                json_pack("{s:s, s:s}", "account_id", account, "display_name", artifact->name));
  terraform_add(file, "google_cloud_run_v2_service", label,
                json_pack("{s:s, s:s, s:{s:s, s:i, s:s, s:{s:I}, s:[o]}}", "name", name, "location",
                          "${var.region}", "template", "timeout", timeout,
                          "max_instance_request_concurrency", 1, "service_account", email,
                          "scaling", "max_instance_count", (json_int_t)needs->concurrency,
                          "containers", container));
  for (guint i = 0; i < artifact->specs->len; i++) {
    add_trigger(file, artifact->specs->pdata[i], label);
  }
  add_grants(file, artifact, needs, label);
  terraform_add(file, "google_cloud_run_v2_service_iam_member", label,
                json_pack("{s:s, s:s, s:s, s:s}", "name", service, "location", "${var.region}",
                          "role", "roles/run.invoker", "member",
                          needs->is_public ? "allUsers" : "serviceAccount:" INVOKER));
}

json_t *terraform_google(const GPtrArray *artifacts)
{
  struct terraform_file file;
  terraform_file_init(&file);
  terraform_add_variable(&file, "project", "project of the functions", NULL);
  terraform_add_variable(&file, "region", "region of the functions", NULL);
  terraform_add_variable(&file, "images",
                         "where the images lie: REGION-docker.pkg.dev/PROJECT/functions", NULL);
  terraform_add(&file, "google_service_account", "invoker",
                json_pack("{s:s, s:s}", "account_id", "cleave-invoker", "display_name",
                          "wakes the functions"));
  for (guint i = 0; i < artifacts->len; i++) {
    add_service(&file, artifacts->pdata[i]);
  }
  return terraform_document(
      &file, "google", "hashicorp/google", ">= 5.0",
      json_pack("{s:s, s:s}", "project", "${var.project}", "region", "${var.region}"));
}
