#include "splitter/boundaries.h"

#include <string.h>

#include "base/yaml.h"
#include "splitter/conflict.h"
#include "splitter/selector.h"

#define MOST_OF_SERVICE 63 /* characters, as a label of DNS has */

/* One reading of one file. */
struct reading {
  const struct yaml_file *file;
  const struct monolith *monolith;
  struct boundaries *boundaries;
  GError **error;
};

static void matches_free(gpointer data)
{
  struct matches *matches = data;
  g_array_unref(matches->routines);
  g_array_unref(matches->states);
  g_free(matches);
}

static void decision_free(gpointer data)
{
  struct decision *decision = data;
  g_free(decision->text);
  g_free(decision->trigger);
  g_free(decision->key);
  g_free(decision->reason);
  g_ptr_array_unref(decision->matches);
  g_free(decision);
}

static struct decision *add_decision(struct reading *reading, struct yaml_node *node,
                                     enum decision_kind kind)
{
  struct decision *decision = g_new0(struct decision, 1);
  decision->kind = kind;
  decision->matches = g_ptr_array_new_with_free_func(matches_free);
  yaml_position(node, &decision->line, &decision->column);
  g_ptr_array_add(reading->boundaries->decisions, decision);
  return decision;
}

static void remark(struct reading *reading, struct yaml_node *node, const char *text,
                   gboolean is_file)
{
  unsigned line = 0;
  unsigned column = 0;
  yaml_position(node, &line, &column);
  g_autoptr(GArray) of_file = selector_file_routines(reading->monolith, text);
  const char *nearest = selector_is_glob(text) || of_file->len > 0
                            ? NULL
                            : selector_nearest(reading->monolith, text, is_file);
  g_autofree char *hint = of_file->len > 0
                              ? g_strdup_printf("; %s::* stands for the routines of the file", text)
                          : nearest != NULL ? g_strdup_printf("; did you mean '%s'?", nearest)
                                            : g_strdup("");
  g_ptr_array_add(reading->boundaries->remarks,
                  g_strdup_printf("%s:%u:%u: '%s' matches nothing%s", reading->boundaries->path,
                                  line, column, text, hint));
}

enum naming { NAMES_ROUTINES, NAMES_STATES, NAMES_BOTH, NAMES_FILES };

/* Adds what the scalar NODE names to DECISION and its text to the decision's. */
static bool add_matches(struct reading *reading, struct yaml_node *node, enum naming naming,
                        struct decision *decision)
{
  g_autofree char *text = NULL;
  if (!yaml_text(reading->file, node, &text, reading->error)) {
    return false;
  }
  const struct monolith *monolith = reading->monolith;
  struct matches *matches = g_new0(struct matches, 1);
  matches->routines = naming == NAMES_FILES    ? selector_file_routines(monolith, text)
                      : naming != NAMES_STATES ? selector_routines(monolith, text)
                                               : g_array_new(FALSE, FALSE, sizeof(guint32));
  /* A file stands for its routines: its state goes where it is written. */
  bool has_states = naming == NAMES_STATES || naming == NAMES_BOTH;
  matches->states =
      has_states ? selector_states(monolith, text) : g_array_new(FALSE, FALSE, sizeof(guint32));
  g_ptr_array_add(decision->matches, matches);
  if (matches->routines->len + matches->states->len == 0) {
    remark(reading, node, text, naming == NAMES_FILES);
  }
  char *joined =
      decision->text == NULL ? g_strdup(text) : g_strdup_printf("%s, %s", decision->text, text);
  g_free(decision->text);
  decision->text = joined;
  return true;
}

static bool need_sequence(struct reading *reading, struct yaml_node *node, const char *what)
{
  return yaml_is_sequence(node) ||
         yaml_refuse(reading->file, node, reading->error, "%s must be a list", what);
}

static bool need_mapping(struct reading *reading, struct yaml_node *node, const char *what)
{
  return yaml_is_mapping(node) ||
         yaml_refuse(reading->file, node, reading->error, "%s must be a mapping", what);
}

/* Each element of LIST is a decision of its own. */
static bool read_names(struct reading *reading, struct yaml_node *list, const char *what,
                       enum naming naming, enum decision_kind kind, guint32 service)
{
  if (list == NULL) {
    return true;
  }
  if (!need_sequence(reading, list, what)) {
    return false;
  }
  for (size_t i = 0; i < yaml_count(list); i++) {
    struct yaml_node *node = yaml_item(list, i);
    struct decision *decision = add_decision(reading, node, kind);
    decision->service = service;
    if (!add_matches(reading, node, naming, decision)) {
      return false;
    }
  }
  return true;
}

/* What a folder, a target of CMake and a name on a cloud can be called. */
static bool check_service_name(struct reading *reading, struct yaml_node *node, const char *name)
{
  size_t n = strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.");
  return (g_ascii_isalpha(*name) && name[n] == '\0' && n <= MOST_OF_SERVICE &&
          strstr(name, "..") == NULL) ||
         yaml_refuse(reading->file, node, reading->error,
                     "no folder and no service of a cloud can be called '%s': letters, digits, "
                     "'-', '_' and single '.', a letter first, at most %d",
                     name, MOST_OF_SERVICE);
}

static bool read_services(struct reading *reading, struct yaml_node *services)
{
  static const char *const keys[] = {"routines", "files", "state", NULL};
  if (services == NULL) {
    return true;
  }
  if (!need_mapping(reading, services, "services")) {
    return false;
  }
  for (size_t i = 0; i < yaml_n_entries(services); i++) {
    char *name = NULL;
    struct yaml_node *name_node = NULL;
    struct yaml_node *value = NULL;
    if (!yaml_entry(reading->file, services, i, &name, &name_node, &value, reading->error)) {
      return false;
    }
    guint32 service = reading->boundaries->services->len;
    g_ptr_array_add(reading->boundaries->services, name);
    if (!check_service_name(reading, name_node, name) ||
        !need_mapping(reading, value, "a service") ||
        !yaml_check_keys(reading->file, value, keys, reading->error) ||
        !read_names(reading, yaml_get(value, "routines"), "routines", NAMES_ROUTINES, DECISION_PIN,
                    service) ||
        !read_names(reading, yaml_get(value, "files"), "files", NAMES_FILES, DECISION_PIN,
                    service) ||
        !read_names(reading, yaml_get(value, "state"), "state", NAMES_STATES, DECISION_PIN,
                    service)) {
      return false;
    }
  }
  return true;
}

/* Each list in LISTS is one decision about all its names. */
static bool read_lists(struct reading *reading, struct yaml_node *lists, const char *what,
                       enum decision_kind kind)
{
  if (lists == NULL) {
    return true;
  }
  if (!need_sequence(reading, lists, what)) {
    return false;
  }
  for (size_t i = 0; i < yaml_count(lists); i++) {
    struct yaml_node *list = yaml_item(lists, i);
    struct decision *decision = add_decision(reading, list, kind);
    if (!need_sequence(reading, list, "an entry of together and apart")) {
      return false;
    }
    for (size_t j = 0; j < yaml_count(list); j++) {
      if (!add_matches(reading, yaml_item(list, j), NAMES_BOTH, decision)) {
        return false;
      }
    }
  }
  return true;
}

static bool read_text(struct reading *reading, struct yaml_node *node, char **text)
{
  return node == NULL || yaml_text(reading->file, node, text, reading->error);
}

static bool read_allow(struct reading *reading, struct yaml_node *list)
{
  static const char *const keys[] = {"transaction", "reason", NULL};
  if (list == NULL) {
    return true;
  }
  if (!need_sequence(reading, list, "allow")) {
    return false;
  }
  for (size_t i = 0; i < yaml_count(list); i++) {
    struct yaml_node *node = yaml_item(list, i);
    struct decision *decision = add_decision(reading, node, DECISION_ALLOW);
    if (!need_mapping(reading, node, "an entry of allow") ||
        !yaml_check_keys(reading->file, node, keys, reading->error)) {
      return false;
    }
    if (yaml_get(node, "transaction") == NULL) {
      return yaml_refuse(reading->file, node, reading->error, "transaction is missing");
    }
    if (!add_matches(reading, yaml_get(node, "transaction"), NAMES_ROUTINES, decision) ||
        !read_text(reading, yaml_get(node, "reason"), &decision->reason)) {
      return false;
    }
  }
  return true;
}

static bool read_functions(struct reading *reading, struct yaml_node *functions)
{
  static const char *const keys[] = {"trigger", "key", NULL};
  static const char *const triggers[] = {"http",   "schedule", "queue", "object",
                                         "stream", "direct",   NULL};
  if (functions == NULL) {
    return true;
  }
  if (!need_mapping(reading, functions, "functions")) {
    return false;
  }
  for (size_t i = 0; i < yaml_n_entries(functions); i++) {
    g_autofree char *name = NULL;
    struct yaml_node *name_node = NULL;
    struct yaml_node *value = NULL;
    if (!yaml_entry(reading->file, functions, i, &name, &name_node, &value, reading->error)) {
      return false;
    }
    struct decision *decision = add_decision(reading, name_node, DECISION_TRIGGER);
    if (!add_matches(reading, name_node, NAMES_ROUTINES, decision) ||
        !need_mapping(reading, value, "a function") ||
        !yaml_check_keys(reading->file, value, keys, reading->error) ||
        !read_text(reading, yaml_get(value, "trigger"), &decision->trigger) ||
        !read_text(reading, yaml_get(value, "key"), &decision->key)) {
      return false;
    }
    if (decision->trigger != NULL && !g_strv_contains(triggers, decision->trigger)) {
      return yaml_refuse(reading->file, yaml_get(value, "trigger"), reading->error,
                         "unknown trigger '%s', expected http, schedule, queue, object, stream or "
                         "direct",
                         decision->trigger);
    }
  }
  return true;
}

static bool read_all(struct reading *reading)
{
  static const char *const keys[] = {"version",  "services", "together",  "apart", "shared",
                                     "external", "allow",    "functions", NULL};
  struct yaml_node *root = yaml_file_root(reading->file);
  return yaml_check_keys(reading->file, root, keys, reading->error) &&
         read_services(reading, yaml_get(root, "services")) &&
         read_lists(reading, yaml_get(root, "together"), "together", DECISION_TOGETHER) &&
         read_lists(reading, yaml_get(root, "apart"), "apart", DECISION_APART) &&
         read_names(reading, yaml_get(root, "shared"), "shared", NAMES_BOTH, DECISION_SHARED, 0) &&
         read_names(reading, yaml_get(root, "external"), "external", NAMES_BOTH, DECISION_EXTERNAL,
                    0) &&
         read_allow(reading, yaml_get(root, "allow")) &&
         read_functions(reading, yaml_get(root, "functions"));
}

static struct boundaries *boundaries_from(struct yaml_file *file, const char *path,
                                          const struct monolith *monolith, GError **error)
{
  if (file == NULL) {
    return NULL;
  }
  struct boundaries *boundaries = g_new0(struct boundaries, 1);
  boundaries->path = g_strdup(path);
  boundaries->services = g_ptr_array_new_with_free_func(g_free);
  boundaries->decisions = g_ptr_array_new_with_free_func(decision_free);
  boundaries->remarks = g_ptr_array_new_with_free_func(g_free);
  struct reading reading = {file, monolith, boundaries, error};
  if (!read_all(&reading)) {
    g_clear_pointer(&boundaries, boundaries_free);
  }
  yaml_file_free(file);
  return boundaries;
}

struct boundaries *boundaries_read(const char *path, const struct monolith *monolith,
                                   GError **error)
{
  return boundaries_from(yaml_file_load(path, error), path, monolith, error);
}

struct boundaries *boundaries_parse(const char *name, const char *text,
                                    const struct monolith *monolith, GError **error)
{
  return boundaries_from(yaml_file_parse(name, text, error), name, monolith, error);
}

void boundaries_free(struct boundaries *boundaries)
{
  if (boundaries == NULL) {
    return;
  }
  g_free(boundaries->path);
  g_ptr_array_unref(boundaries->services);
  g_ptr_array_unref(boundaries->decisions);
  g_ptr_array_unref(boundaries->remarks);
  g_free(boundaries);
}

/* Calls ADD for every item of MATCHES: routines first, then states behind them. */
static void list_items(const struct matches *matches, const struct monolith *monolith,
                       GArray *items)
{
  for (guint i = 0; i < matches->routines->len; i++) {
    g_array_append_val(items, g_array_index(matches->routines, guint32, i));
  }
  for (guint i = 0; i < matches->states->len; i++) {
    guint32 item = monolith->n_routines + g_array_index(matches->states, guint32, i);
    g_array_append_val(items, item);
  }
}

static void constrain_apart(struct constraints *constraints, const struct decision *decision,
                            const struct monolith *monolith)
{
  for (guint i = 0; i < decision->matches->len; i++) {
    g_autoptr(GArray) left = g_array_new(FALSE, FALSE, sizeof(guint32));
    list_items(g_ptr_array_index(decision->matches, i), monolith, left);
    for (guint j = i + 1; j < decision->matches->len; j++) {
      g_autoptr(GArray) right = g_array_new(FALSE, FALSE, sizeof(guint32));
      list_items(g_ptr_array_index(decision->matches, j), monolith, right);
      for (guint a = 0; a < left->len; a++) {
        for (guint b = 0; b < right->len; b++) {
          constraints_add_apart(constraints, g_array_index(left, guint32, a),
                                g_array_index(right, guint32, b));
        }
      }
    }
  }
}

static void constrain(struct constraints *constraints, const struct boundaries *boundaries,
                      const struct decision *decision, const struct monolith *monolith)
{
  g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(guint32));
  for (guint i = 0; i < decision->matches->len; i++) {
    list_items(g_ptr_array_index(decision->matches, i), monolith, items);
  }
  guint32 n_services = boundaries->services->len;
  guint32 label = decision->kind == DECISION_PIN      ? decision->service
                  : decision->kind == DECISION_SHARED ? n_services
                                                      : n_services + 1;
  for (guint i = 0; i < items->len; i++) {
    guint32 item = g_array_index(items, guint32, i);
    if (decision->kind == DECISION_TOGETHER && i > 0) {
      constraints_add_together(constraints, g_array_index(items, guint32, 0), item);
    } else if (decision->kind == DECISION_PIN || decision->kind == DECISION_SHARED ||
               decision->kind == DECISION_EXTERNAL) {
      constraints_add_anchor(constraints, item, label);
    }
  }
  if (decision->kind == DECISION_APART) {
    constrain_apart(constraints, decision, monolith);
  }
}

/* Shared code stands in every service, so nothing shared can be apart from anything. */
static gboolean shared_is_apart(const struct units *units, guint32 shared_label)
{
  for (guint32 unit = 0; unit < units->n_units; unit++) {
    if (units->anchor[unit] == (gint64)shared_label &&
        units->apart_first[unit + 1] > units->apart_first[unit]) {
      return TRUE;
    }
  }
  return FALSE;
}

struct constraints *boundaries_constraints(const struct boundaries *boundaries,
                                           const struct monolith *monolith, const guint8 *is_in)
{
  guint32 n = monolith->n_routines + monolith->n_states;
  struct constraints *constraints = constraints_new(n);
  for (guint i = 0; i < boundaries->decisions->len; i++) {
    if (is_in == NULL || is_in[i]) {
      constrain(constraints, boundaries, g_ptr_array_index(boundaries->decisions, i), monolith);
    }
  }
  struct units *units = units_new(n, constraints);
  if (units == NULL || shared_is_apart(units, boundaries->services->len)) {
    g_clear_pointer(&constraints, constraints_free);
  }
  units_free(units);
  return constraints;
}

struct trial {
  const struct boundaries *boundaries;
  const struct monolith *monolith;
  guint32 n_services;
};

static gboolean is_feasible(const guint8 *is_in, guint n, gpointer data)
{
  const struct trial *trial = data;
  struct constraints *constraints =
      boundaries_constraints(trial->boundaries, trial->monolith, is_in);
  gboolean is_kept = constraints != NULL;
  constraints_free(constraints);
  g_autoptr(GHashTable) used = g_hash_table_new(NULL, NULL);
  for (guint i = 0; trial->n_services > 0 && i < n; i++) {
    const struct decision *decision = g_ptr_array_index(trial->boundaries->decisions, i);
    if (is_in[i] && decision->kind == DECISION_PIN) {
      g_hash_table_add(used, GUINT_TO_POINTER(decision->service + 1));
    }
  }
  return is_kept && (trial->n_services == 0 || g_hash_table_size(used) <= trial->n_services);
}

static const char *const kind_words[] = {
    [DECISION_PIN] = "belongs to",  [DECISION_TOGETHER] = "together", [DECISION_APART] = "apart",
    [DECISION_SHARED] = "shared",   [DECISION_EXTERNAL] = "external", [DECISION_ALLOW] = "allow",
    [DECISION_TRIGGER] = "function"};

const char *decision_section(enum decision_kind kind)
{
  static const char *const sections[] = {
      [DECISION_PIN] = "services",     [DECISION_TOGETHER] = "together", [DECISION_APART] = "apart",
      [DECISION_SHARED] = "shared",    [DECISION_EXTERNAL] = "external", [DECISION_ALLOW] = "allow",
      [DECISION_TRIGGER] = "functions"};
  return sections[kind];
}

char *decision_words(const struct boundaries *boundaries, const struct decision *decision)
{
  if (decision->kind == DECISION_PIN) {
    return g_strdup_printf("%s belongs to %s", decision->text,
                           (char *)g_ptr_array_index(boundaries->services, decision->service));
  }
  return g_strdup_printf("%s: %s", kind_words[decision->kind], decision->text);
}

char *boundaries_conflict(const struct boundaries *boundaries, const struct monolith *monolith,
                          guint32 n_services)
{
  struct trial trial = {boundaries, monolith, n_services};
  g_autoptr(GArray) lines = conflict_minimal(boundaries->decisions->len, is_feasible, &trial);
  if (lines == NULL) {
    return NULL;
  }
  GString *text = g_string_new("these decisions cannot all be kept:");
  for (guint i = 0; i < lines->len; i++) {
    const struct decision *decision =
        g_ptr_array_index(boundaries->decisions, g_array_index(lines, guint, i));
    g_string_append_printf(text, "\n  %s:%u:%u: ", boundaries->path, decision->line,
                           decision->column);
    g_autofree char *words = decision_words(boundaries, decision);
    g_string_append(text, words);
  }
  return g_string_free(text, FALSE);
}
