/* Strict YAML: whatever the bytes, an answer or an error that names a line, never a crash. */
#include <string.h>

#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct yaml_file *file, struct yaml_node *node, int depth)
{
  if (depth > 8) {
    return;
  }
  for (size_t i = 0; i < yaml_n_entries(node); i++) {
    g_autofree char *key = NULL;
    struct yaml_node *value = NULL;
    if (yaml_entry(file, node, i, &key, NULL, &value, NULL) && value) {
      walk(file, value, depth + 1);
    }
  }
  for (size_t i = 0; i < yaml_count(node); i++) {
    walk(file, yaml_item(node, i), depth + 1);
  }
  if (!yaml_is_mapping(node) && !yaml_is_sequence(node)) {
    g_autofree char *text = NULL;
    double number = 0;
    yaml_text(file, node, &text, NULL);
    yaml_number(file, node, -1e300, 1e300, &number, NULL);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const char *const keys[] = {"version", "services", NULL};
  g_autofree char *text = g_strndup((const char *)data, size);
  g_autoptr(GError) error = NULL;
  g_autoptr(yaml_file_owner) file = yaml_file_parse("fuzz.yaml", text, &error);
  if (!file) {
    g_assert_nonnull(strstr(error->message, "fuzz.yaml:"));
    return 0;
  }
  yaml_check_keys(file, yaml_file_root(file), keys, NULL);
  walk(file, yaml_file_root(file), 0);
  return 0;
}
