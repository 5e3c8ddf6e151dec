#include <string.h>

#include "splitter/generate/azure.h"
#include "splitter/generate/c_writer.h"
#include "splitter/generate/cloud_name.h"
#include "splitter/generate/requirements.h"
#include "splitter/generate/terraform.h"
#include "splitter/generate/terraform_file.h"

#define GROUP "${azurerm_resource_group.functions.name}"
#define LOCATION "${var.location}"
#define STORAGE "${azurerm_storage_account.functions.name}"
#define STORAGE_ID "${azurerm_storage_account.functions.id}"
#define HUBS "${azurerm_eventhub_namespace.functions.name}"

static char *secret_of(struct terraform_file *file, const char *name)
{
  g_autofree char *plain = cloud_name(name, AZURE_SECRET);
  terraform_add_variable(file, "vault", "name of the key vault that holds the secrets", NULL);
  return g_strdup_printf("@Microsoft.KeyVault(VaultName=${var.vault};SecretName=%s)", plain);
}

/* One right of an app's own identity. */
static void add_assignment(struct terraform_file *file, const char *app, const char *right,
                           const char *role, const char *scope)
{
  g_autofree char *lower = g_ascii_strdown(right, -1);
  g_autofree char *suffix = c_identifier(lower);
  g_autofree char *label = g_strdup_printf("%s_%s", app, suffix);
  g_autofree char *principal =
      g_strdup_printf("${azurerm_linux_function_app.%s.identity[0].principal_id}", app);
  terraform_add(file, "azurerm_role_assignment", label,
                json_pack("{s:s, s:s, s:s}", "scope", scope, "role_definition_name", role,
                          "principal_id", principal));
}

static void add_storage_queue(struct terraform_file *file, const char *label, const char *name)
{
  terraform_add(file, "azurerm_storage_queue", label,
                json_pack("{s:s, s:s}", "name", name, "storage_account_name", STORAGE));
}

/* The host moves what failed too often to NAME-poison. */
static void add_queue(struct terraform_file *file, const struct function_spec *spec,
                      const char *app)
{
  g_autofree char *name = cloud_name(requirements_source(spec), AZURE_QUEUE);
  g_autofree char *poison = azure_poison_queue(spec);
  g_autofree char *poison_label = g_strdup_printf("%s_poison", spec->symbol);
  const char *pairs[][2] = {{spec->symbol, name}, {poison_label, poison}};
  for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
    g_autofree char *scope =
        terraform_reference("azurerm_storage_queue", pairs[i][0], "resource_manager_id");
    add_storage_queue(file, pairs[i][0], pairs[i][1]);
    add_assignment(file, app, pairs[i][1], "Storage Queue Data Contributor", scope);
  }
}

static void add_stream(struct terraform_file *file, const struct function_spec *spec,
                       const char *app, json_t *settings)
{
  g_autofree char *name = cloud_name(requirements_source(spec), AZURE_HUB);
  g_autofree char *scope = terraform_reference("azurerm_eventhub", spec->symbol, "id");
  terraform_add(file, "azurerm_eventhub_namespace", "functions",
                json_pack("{s:s, s:s, s:s, s:s}", "name", "${var.prefix}-hubs",
                          "resource_group_name", GROUP, "location", LOCATION, "sku", "Standard"));
  terraform_add(file, "azurerm_eventhub", spec->symbol,
                json_pack("{s:s, s:s, s:s, s:i, s:i}", "name", name, "namespace_name", HUBS,
                          "resource_group_name", GROUP, "partition_count", 2, "message_retention",
                          1));
  json_object_set_new(settings, "EVENTHUB__fullyQualifiedNamespace",
                      json_string(HUBS ".servicebus.windows.net"));
  add_assignment(file, app, name, "Azure Event Hubs Data Receiver", scope);
}

/* The blob trigger keeps receipts in blobs and hands its work on in queues of its own; what failed
 * too often goes to one of fixed name. */
static void add_container(struct terraform_file *file, const struct function_spec *spec,
                          const char *app)
{
  g_autofree char *name = cloud_name(requirements_source(spec), AZURE_CONTAINER);
  g_autofree char *poison = azure_poison_queue(spec);
  terraform_add(file, "azurerm_storage_container", spec->symbol,
                json_pack("{s:s, s:s}", "name", name, "storage_account_name", STORAGE));
  add_storage_queue(file, "blobtrigger_poison", poison);
  add_assignment(file, app, "blob_receipts", "Storage Queue Data Contributor", STORAGE_ID);
}

static void add_trigger(struct terraform_file *file, const struct function_spec *spec,
                        const char *app, json_t *settings)
{
  if (strcmp(spec->trigger, "queue") == 0) {
    add_queue(file, spec, app);
  } else if (strcmp(spec->trigger, "stream") == 0) {
    add_stream(file, spec, app, settings);
  } else if (strcmp(spec->trigger, "object") == 0) {
    add_container(file, spec, app);
  }
}

static void add_secret_rights(struct terraform_file *file, const struct requirements *needs,
                              const char *app)
{
  for (guint i = 0; i < needs->grants->len; i++) {
    const struct grant *grant = needs->grants->pdata[i];
    if (grant->kind == GRANT_SECRET) {
      g_autofree char *plain = cloud_name(grant->target, AZURE_SECRET);
      g_autofree char *scope = g_strdup_printf("${var.vault_id}/secrets/%s", plain);
      terraform_add_variable(file, "vault_id", "resource id of that key vault", NULL);
      add_assignment(file, app, grant->target, "Key Vault Secrets User", scope);
    }
  }
}

static void add_app(struct terraform_file *file, const struct artifact *artifact)
{
  g_autofree char *app = c_identifier(artifact->name);
  g_autofree char *plain = cloud_name(artifact->name, AZURE_APP);
  g_autofree char *name = g_strdup_printf("${var.prefix}-%s", plain);
  g_autofree char *zip =
      g_strdup_printf("${path.module}/../build/package/%s-azure.zip", artifact->name);
  g_autoptr(requirements_owner) needs = requirements_new(artifact);
  json_t *settings = terraform_environment(file, artifact, secret_of);
  json_object_set_new(settings, "FUNCTIONS_WORKER_RUNTIME", json_string("Custom"));
  json_object_set_new(settings, "WEBSITE_RUN_FROM_PACKAGE", json_string("1"));
  for (guint i = 0; i < artifact->specs->len; i++) {
    add_trigger(file, artifact->specs->pdata[i], app, settings);
  }
  terraform_add(file, "azurerm_linux_function_app", app,
                json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:b, s:{s:s}, s:{s:I}, s:o}", "name",
                          name, "resource_group_name", GROUP, "location", LOCATION,
                          "service_plan_id", "${azurerm_service_plan.functions.id}",
                          "storage_account_name", STORAGE, "storage_uses_managed_identity", 1,
                          "zip_deploy_file", zip, "https_only", 1, "identity", "type",
                          "SystemAssigned", "site_config", "app_scale_limit",
                          (json_int_t)needs->concurrency, "app_settings", settings));
  /* The host keeps locks, keys and the times of timers there. */
  add_assignment(file, app, "host", "Storage Blob Data Owner", STORAGE_ID);
  add_secret_rights(file, needs, app);
}

json_t *terraform_azure(const GPtrArray *artifacts)
{
  struct terraform_file file;
  terraform_file_init(&file);
  terraform_add_variable(&file, "location", "region of the functions", NULL);
  terraform_add_variable(&file, "prefix", "begins the name of every app; apps are named worldwide",
                         NULL);
  terraform_add(&file, "azurerm_resource_group", "functions",
                json_pack("{s:s, s:s}", "name", "${var.prefix}-functions", "location", LOCATION));
  terraform_add(&file, "azurerm_storage_account", "functions",
                json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", "${var.prefix}functions",
                          "resource_group_name", GROUP, "location", LOCATION, "account_tier",
                          "Standard", "account_replication_type", "LRS"));
  terraform_add(&file, "azurerm_service_plan", "functions",
                json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", "${var.prefix}-plan",
                          "resource_group_name", GROUP, "location", LOCATION, "os_type", "Linux",
                          "sku_name", "Y1"));
  for (guint i = 0; i < artifacts->len; i++) {
    add_app(&file, artifacts->pdata[i]);
  }
  return terraform_document(&file, "azurerm", "hashicorp/azurerm", ">= 3.0, < 5.0",
                            json_pack("{s:{}}", "features"));
}
