#include "splitter/generate/azure.h"

#include <string.h>

#include "splitter/generate/cloud_name.h"
#include "splitter/generate/requirements.h"
#include "splitter/generate/trigger.h"

#define MOST_SECONDS 600 /* of the consumption plan */

char *azure_poison_queue(const struct function_spec *spec)
{
  if (strcmp(spec->trigger, "object") == 0) {
    return g_strdup("webjobs-blobtrigger-poison");
  }
  if (strcmp(spec->trigger, "queue") != 0) {
    return g_strdup("");
  }
  g_autofree char *name = cloud_name(requirements_source(spec), AZURE_QUEUE);
  return g_strconcat(name, "-poison", NULL);
}

/* Tries of what this trigger brings: the retries, and the first one. 0 where there is none. */
static int tries_of(const struct artifact *artifact, const char *trigger)
{
  int64_t retries = -1;
  for (guint i = 0; i < artifact->specs->len; i++) {
    const struct function_spec *spec = artifact->specs->pdata[i];
    retries = strcmp(spec->trigger, trigger) == 0 ? MAX(retries, spec->retries) : retries;
  }
  return (int)retries + 1;
}

/* One event at a time: carved C keeps globals. */
static json_t *extensions_of(const struct artifact *artifact)
{
  json_t *extensions = json_pack("{s:{s:i}}", "http", "maxConcurrentRequests", 1);
  int n_queue = tries_of(artifact, "queue");
  int n_object = tries_of(artifact, "object");
  if (n_queue > 0) {
    json_object_set_new(extensions, "queues",
                        json_pack("{s:i, s:i, s:i}", "batchSize", 1, "newBatchThreshold", 0,
                                  "maxDequeueCount", n_queue));
  }
  if (n_object > 0) {
    json_object_set_new(
        extensions, "blobs",
        json_pack("{s:i, s:i}", "maxDegreeOfParallelism", 1, "poisonBlobThreshold", n_object));
  }
  return extensions;
}

static json_t *host_of(const struct artifact *artifact)
{
  g_autoptr(requirements_owner) needs = requirements_new(artifact);
  int timeout = (int)MIN(needs->timeout_s, MOST_SECONDS);
  g_autofree char *limit = g_strdup_printf("00:%02d:%02d", timeout / 60, timeout % 60);
  return json_pack("{s:s, s:s, s:{s:{s:s}, s:b}, s:o, s:{s:s, s:s}}", "version", "2.0",
                   "functionTimeout", limit, "customHandler", "description",
                   "defaultExecutablePath", "bootstrap", "enableForwardingHttpRequest", 0,
                   "extensions", extensions_of(artifact), "extensionBundle", "id",
                   "Microsoft.Azure.Functions.ExtensionBundle", "version", "[4.*, 5.0.0)");
}

static json_t *http_bindings(const struct function_spec *spec)
{
  g_autofree char *method = NULL;
  g_autofree char *path = NULL;
  route_split(spec->key, &method, &path);
  g_autofree char *lower = g_ascii_strdown(method, -1);
  g_autoptr(GString) route = g_string_new(*path == '/' ? path + 1 : path);
  g_string_replace(route, "{proxy+}", "{*path}", 0);
  json_t *request =
      json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", "req", "type", "httpTrigger", "direction",
                "in", "authLevel", spec->is_public ? "anonymous" : "function", "route", route->str);
  if (strcmp(method, "ANY") != 0) {
    json_object_set_new(request, "methods", json_pack("[s]", lower));
  }
  return json_pack("[o, {s:s, s:s, s:s}]", request, "name", "res", "type", "http", "direction",
                   "out");
}

/* Six fields, seconds first. */
static json_t *timer_binding(const struct function_spec *spec)
{
  g_autofree char *cron = cron_schedule(spec->key);
  g_autofree char *schedule = g_strdup_printf("0 %s", cron ? cron : "0 2 * * *");
  return json_pack("[{s:s, s:s, s:s, s:s}]", "name", "tick", "type", "timerTrigger", "direction",
                   "in", "schedule", schedule);
}

static json_t *bindings_of(const struct function_spec *spec)
{
  if (strcmp(spec->trigger, "http") == 0) {
    return http_bindings(spec);
  }
  if (strcmp(spec->trigger, "schedule") == 0) {
    return timer_binding(spec);
  }
  if (strcmp(spec->trigger, "object") == 0) {
    g_autofree char *container = cloud_name(requirements_source(spec), AZURE_CONTAINER);
    g_autofree char *path = g_strdup_printf("%s/{name}", container);
    return json_pack("[{s:s, s:s, s:s, s:s, s:s, s:s}]", "name", "blob", "type", "blobTrigger",
                     "direction", "in", "path", path, "connection", "AzureWebJobsStorage",
                     "dataType", "binary");
  }
  if (strcmp(spec->trigger, "stream") == 0) {
    g_autofree char *hub = cloud_name(requirements_source(spec), AZURE_HUB);
    return json_pack("[{s:s, s:s, s:s, s:s, s:s, s:s, s:s}]", "name", "event", "type",
                     "eventHubTrigger", "direction", "in", "eventHubName", hub, "connection",
                     "EVENTHUB", "cardinality", "one", "dataType", "binary");
  }
  if (strcmp(spec->trigger, "queue") == 0) {
    g_autofree char *queue = cloud_name(requirements_source(spec), AZURE_QUEUE);
    return json_pack("[{s:s, s:s, s:s, s:s, s:s, s:s}]", "name", "msg", "type", "queueTrigger",
                     "direction", "in", "queueName", queue, "connection", "AzureWebJobsStorage",
                     "dataType", "binary");
  }
  /* A direct call is an http call of its own. */
  return json_pack("[{s:s, s:s, s:s, s:s, s:[s]}, {s:s, s:s, s:s}]", "name", "req", "type",
                   "httpTrigger", "direction", "in", "authLevel", "function", "methods", "post",
                   "name", "res", "type", "http", "direction", "out");
}

/* Timers and event hubs are tried again by the host itself; queues and blobs by their delivery. */
static json_t *function_of(const struct function_spec *spec)
{
  json_t *function = json_pack("{s:o}", "bindings", bindings_of(spec));
  bool is_retried = strcmp(spec->trigger, "schedule") == 0 || strcmp(spec->trigger, "stream") == 0;
  if (is_retried && spec->retries > 0) {
    json_object_set_new(function, "retry",
                        json_pack("{s:s, s:i, s:s}", "strategy", "fixedDelay", "maxRetryCount",
                                  (int)spec->retries, "delayInterval", "00:00:10"));
  }
  return function;
}

void azure_add(struct product *product, const GPtrArray *artifacts)
{
  for (guint i = 0; i < artifacts->len; i++) {
    const struct artifact *artifact = artifacts->pdata[i];
    g_autofree char *host = g_strdup_printf("azure/%s/host.json", artifact->name);
    product_add_json(product, host, host_of(artifact));
    for (guint j = 0; j < artifact->specs->len; j++) {
      const struct function_spec *spec = artifact->specs->pdata[j];
      g_autofree char *path =
          g_strdup_printf("azure/%s/%s/function.json", artifact->name, spec->name);
      product_add_json(product, path, function_of(spec));
    }
  }
}
