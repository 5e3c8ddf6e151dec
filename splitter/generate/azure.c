#include "splitter/generate/azure.h"

#include <string.h>

#include "splitter/generate/trigger.h"

static json_t *host_of(const struct artifact *artifact)
{
  int64_t timeout = 0;
  for (guint i = 0; i < artifact->specs->len; i++) {
    const struct function_spec *spec = artifact->specs->pdata[i];
    timeout = spec->timeout_s > timeout ? spec->timeout_s : timeout;
  }
  g_autofree char *limit = g_strdup_printf("%02d:%02d:%02d", (int)(timeout / 3600),
                                           (int)(timeout / 60 % 60), (int)(timeout % 60));
  return json_pack("{s:s, s:s, s:{s:{s:s}, s:b}, s:{s:{s:i}, s:{s:i}}, s:{s:s, s:s}}", "version",
                   "2.0", "functionTimeout", limit, "customHandler", "description",
                   "defaultExecutablePath", "bootstrap", "enableForwardingHttpRequest", 0,
                   "extensions", "http", "maxConcurrentRequests", 1, "queues", "batchSize", 1,
                   "extensionBundle", "id", "Microsoft.Azure.Functions.ExtensionBundle", "version",
                   "[4.*, 5.0.0)");
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
  g_autofree char *queue = plain_name(*spec->key ? spec->key : spec->name);
  if (strcmp(spec->trigger, "http") == 0) {
    return http_bindings(spec);
  }
  if (strcmp(spec->trigger, "schedule") == 0) {
    return timer_binding(spec);
  }
  if (strcmp(spec->trigger, "object") == 0) {
    g_autofree char *path = g_strdup_printf("%s/{name}", queue);
    return json_pack("[{s:s, s:s, s:s, s:s, s:s, s:s}]", "name", "blob", "type", "blobTrigger",
                     "direction", "in", "path", path, "connection", "AzureWebJobsStorage",
                     "dataType", "binary");
  }
  if (strcmp(spec->trigger, "stream") == 0) {
    return json_pack("[{s:s, s:s, s:s, s:s, s:s, s:s, s:s}]", "name", "event", "type",
                     "eventHubTrigger", "direction", "in", "eventHubName", queue, "connection",
                     "EVENTHUB", "cardinality", "one", "dataType", "binary");
  }
  if (strcmp(spec->trigger, "queue") == 0) {
    return json_pack("[{s:s, s:s, s:s, s:s, s:s, s:s}]", "name", "msg", "type", "queueTrigger",
                     "direction", "in", "queueName", queue, "connection", "AzureWebJobsStorage",
                     "dataType", "binary");
  }
  /* A direct call is an http call of its own. */
  return json_pack("[{s:s, s:s, s:s, s:s, s:[s]}, {s:s, s:s, s:s}]", "name", "req", "type",
                   "httpTrigger", "direction", "in", "authLevel", "function", "methods", "post",
                   "name", "res", "type", "http", "direction", "out");
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
      product_add_json(product, path, json_pack("{s:o}", "bindings", bindings_of(spec)));
    }
  }
}
