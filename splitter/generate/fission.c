#include "splitter/generate/engines.h"

#include <string.h>

#include "splitter/generate/cloud_name.h"
#include "splitter/generate/containers.h"
#include "splitter/generate/google.h"
#include "splitter/generate/requirements.h"
#include "splitter/generate/trigger.h"

#define API "fission.io/v1"
#define PORT 8888

static json_t *object_of(const char *kind, const char *name, json_t *spec)
{
  return json_pack("{s:s, s:s, s:{s:s}, s:o}", "apiVersion", API, "kind", kind, "metadata", "name",
                   name, "spec", spec);
}

static json_t *reference_to(const char *function)
{
  return json_pack("{s:s, s:s}", "type", "name", "name", function);
}

static json_t *container_of(const struct artifact *artifact, const char *name,
                            const struct requirements *needs)
{
  g_autofree char *own = cloud_name(artifact->name, IMAGE);
  g_autofree char *image = g_strdup_printf("registry.example/functions/%s", own);
  g_autofree char *memory = google_memory(needs);
  json_t *environment = container_environment(artifact, "value", KUBERNETES_SECRET);
  json_array_insert_new(environment, 0,
                        json_pack("{s:s, s:s}", "name", "CLEAVE_PLATFORM", "value", "fission"));
  return json_pack("{s:s, s:s, s:[{s:s, s:i}], s:o, s:{s:{s:s, s:s}, s:{s:s, s:s}}, s:{s:{s:s, "
                   "s:i}, s:i}, s:{s:b, s:b}}",
                   "name", name, "image", image, "ports", "name", "http-env", "containerPort", PORT,
                   "env", environment, "resources", "limits", "cpu", "1", "memory", memory,
                   "requests", "cpu", "100m", "memory", memory, "readinessProbe", "httpGet", "path",
                   "/healthz", "port", PORT, "periodSeconds", 1, "securityContext",
                   "allowPrivilegeEscalation", 0, "runAsNonRoot", 1);
}

/* The function is its own image, so it needs no environment and no package. */
static json_t *function_of(const struct artifact *artifact, const char *name)
{
  g_autoptr(requirements_owner) needs = requirements_new(artifact);
  json_t *spec = json_object();
  engine_comment(spec, "Required, and unused: the image holds the function.");
  json_object_set_new(spec, "environment", json_pack("{s:s}", "namespace", ""));
  json_object_set_new(spec, "package", json_pack("{s:{s:s}}", "packageref", "namespace", ""));
  json_object_set_new(spec, "InvokeStrategy",
                      json_pack("{s:s, s:{s:s, s:i, s:I, s:i, s:i}}", "StrategyType", "execution",
                                "ExecutionStrategy", "ExecutorType", "container", "MinScale", 0,
                                "MaxScale", (json_int_t)needs->concurrency, "TargetCPUPercent", 80,
                                "SpecializationTimeout", 120));
  json_object_set_new(spec, "functionTimeout", json_integer(needs->timeout_s));
  json_object_set_new(spec, "resources", json_object());
  json_object_set_new(spec, "podspec",
                      json_pack("{s:b, s:[o]}", "automountServiceAccountToken", 0, "containers",
                                container_of(artifact, name, needs)));
  return spec;
}

static json_t *all_methods(void)
{
  return json_pack("[s, s, s, s, s, s, s]", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE",
                   "OPTIONS");
}

/* The part of a route before its parameters; an own one where there is none. */
static json_t *route_of(const struct function_spec *spec, const char *path)
{
  const char *rest = strstr(path, "{proxy+}");
  g_autofree char *fixed = rest ? g_strndup(path, (gsize)(rest - path)) : g_strdup(path);
  size_t length = strlen(fixed);
  if (length > 0 && fixed[length - 1] == '/') {
    fixed[length - 1] = '\0';
  }
  json_t *route = json_object();
  if (*fixed == '\0') {
    g_autofree char *own = cloud_name(spec->name, KUBERNETES_OBJECT);
    g_autofree char *prefix = g_strconcat("/", own, NULL);
    engine_comment(route,
                   "Fission's router keeps '/' for itself: the function lies below its name.");
    json_object_set_new(route, "prefix", json_string(prefix));
  } else if (rest) {
    json_object_set_new(route, "prefix", json_string(fixed));
    json_object_set_new(route, "keepPrefix", json_true());
  } else {
    json_object_set_new(route, "relativeurl", json_string(fixed));
  }
  return route;
}

static json_t *http_trigger(const struct function_spec *spec, const char *function)
{
  g_autofree char *method = NULL;
  g_autofree char *path = NULL;
  route_split(spec->key, &method, &path);
  json_t *trigger = route_of(spec, path);
  json_object_set_new(trigger, "methods",
                      strcmp(method, "ANY") == 0 ? all_methods() : json_pack("[s]", method));
  json_object_set_new(trigger, "functionref", reference_to(function));
  if (!spec->is_public) {
    engine_comment(trigger, "Fission has no callers per trigger: its router asks everybody for a "
                            "token where authentication.enabled is set, else nobody.");
  }
  json_object_set_new(trigger, "createingress", json_false());
  return trigger;
}

static json_t *time_trigger(const struct function_spec *spec, const char *function)
{
  g_autofree char *cron = cron_schedule(spec->key);
  json_t *trigger = json_object();
  engine_comment(trigger, "Fission does not try again and has no dead letters for timers: the next "
                          "run comes.");
  json_object_set_new(trigger, "cron", json_string(cron ? cron : "0 2 * * *"));
  json_object_set_new(trigger, "functionref", reference_to(function));
  return trigger;
}

static json_t *queue_trigger(const struct function_spec *spec, const char *function)
{
  g_autofree char *topic = cloud_name(requirements_source(spec), KAFKA_TOPIC);
  g_autofree char *failed =
      cloud_name(*spec->dead_letter ? spec->dead_letter : spec->name, KAFKA_TOPIC);
  json_t *trigger = json_pack("{s:o, s:s, s:s, s:s, s:i, s:s, s:s, s:i, s:i}", "functionref",
                              reference_to(function), "mqtkind", "keda", "messageQueueType",
                              "kafka", "topic", topic, "maxRetries", (int)spec->retries,
                              "contentType", "application/json", "respTopic", "", "minReplicaCount",
                              0, "maxReplicaCount", (int)MIN(spec->concurrency, G_MAXINT32));
  if (*spec->dead_letter) {
    json_object_set_new(trigger, "errorTopic", json_string(failed));
  }
  engine_comment(trigger, "Where Kafka is.");
  json_object_set_new(trigger, "metadata",
                      json_pack("{s:s, s:s, s:s}", "bootstrapServers", "kafka.kafka.svc:9092",
                                "consumerGroup", function, "topic", topic));
  return trigger;
}

static void add_trigger(struct product *product, json_t *function, const struct function_spec *spec,
                        const char *service)
{
  const char *kind = NULL;
  json_t *trigger = NULL;
  if (wakes_on(spec, "http")) {
    kind = "HTTPTrigger";
    trigger = http_trigger(spec, service);
  } else if (wakes_on(spec, "schedule")) {
    kind = "TimeTrigger";
    trigger = time_trigger(spec, service);
  } else if (wakes_on(spec, "queue") || wakes_on(spec, "stream")) {
    kind = "MessageQueueTrigger";
    trigger = queue_trigger(spec, service);
  } else if (wakes_on(spec, "object")) {
    engine_comment(function,
                   "Fission has no trigger for objects: whoever stores into '%s' posts a "
                   "CloudEvent to /fission-function/%s.",
                   requirements_source(spec), service);
    return;
  } else {
    return; /* called by its name */
  }
  g_autofree char *name = cloud_name(spec->name, KUBERNETES_OBJECT);
  g_autofree char *path = g_strdup_printf("fission/%s.trigger.yaml", spec->name);
  product_add_yaml(product, path, object_of(kind, name, trigger));
}

void fission_add(struct product *product, const GPtrArray *artifacts)
{
  for (guint i = 0; i < artifacts->len; i++) {
    const struct artifact *artifact = artifacts->pdata[i];
    g_autofree char *name = cloud_name(artifact->name, KUBERNETES_OBJECT);
    g_autofree char *path = g_strdup_printf("fission/%s.function.yaml", artifact->name);
    json_t *remarks = json_object();
    for (guint j = 0; j < artifact->specs->len; j++) {
      add_trigger(product, remarks, artifact->specs->pdata[j], name);
    }
    json_object_update_new(remarks, object_of("Function", name, function_of(artifact, name)));
    product_add_yaml(product, path, remarks);
  }
}
