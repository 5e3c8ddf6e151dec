#include "splitter/generate/terraform_file.h"

void terraform_file_init(struct terraform_file *file)
{
  *file = (struct terraform_file){json_object(), json_object(), json_object()};
}

static void add(json_t *all, const char *type, const char *name, json_t *body)
{
  json_t *of_type = json_object_get(all, type);
  if (!of_type) {
    of_type = json_object();
    json_object_set_new(all, type, of_type);
  }
  json_object_set_new(of_type, name, body);
}

void terraform_add(struct terraform_file *file, const char *type, const char *name, json_t *body)
{
  add(file->resources, type, name, body);
}

void terraform_add_data(struct terraform_file *file, const char *type, const char *name,
                        json_t *body)
{
  add(file->data, type, name, body);
}

void terraform_add_variable(struct terraform_file *file, const char *name, const char *about,
                            const char *fallback)
{
  json_t *variable = json_pack("{s:s, s:s}", "type", "string", "description", about);
  if (fallback) {
    json_object_set_new(variable, "default", json_string(fallback));
  }
  json_object_set_new(file->variables, name, variable);
}

char *terraform_reference(const char *type, const char *name, const char *attribute)
{
  return g_strdup_printf("${%s.%s.%s}", type, name, attribute);
}

json_t *terraform_environment(struct terraform_file *file, const struct artifact *artifact,
                              char *(*secret)(struct terraform_file *file, const char *name))
{
  json_t *variables = json_object();
  for (guint i = 0; i < artifact->specs->len; i++) {
    const struct function_spec *spec = artifact->specs->pdata[i];
    for (guint j = 0; j < spec->environment->len; j++) {
      const char *name = spec->environment->pdata[j];
      if (function_spec_is_secret(spec, name)) {
        g_autofree char *value = secret(file, name);
        json_object_set_new(variables, name, json_string(value));
      } else {
        g_autofree char *variable = g_ascii_strdown(name, -1);
        g_autofree char *value = g_strdup_printf("${var.%s}", variable);
        terraform_add_variable(file, variable, "environment of the functions", "");
        json_object_set_new(variables, name, json_string(value));
      }
    }
  }
  return variables;
}

json_t *terraform_document(struct terraform_file *file, const char *provider, const char *source,
                           const char *version, json_t *settings)
{
  json_t *root = json_pack("{s:{s:s, s:{s:{s:s, s:s}}}, s:{s:o}}", "terraform", "required_version",
                           ">= 1.5", "required_providers", provider, "source", source, "version",
                           version, "provider", provider, settings);
  if (json_object_size(file->variables) > 0) {
    json_object_set(root, "variable", file->variables);
  }
  if (json_object_size(file->data) > 0) {
    json_object_set(root, "data", file->data);
  }
  json_object_set(root, "resource", file->resources);
  json_decref(file->variables);
  json_decref(file->data);
  json_decref(file->resources);
  return root;
}
