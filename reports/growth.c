#include "reports/growth.h"

#include <string.h>

/* Services of an older plan, by the names of what is in them. Values are borrowed names. */
struct placement {
  GHashTable *by_place; /* "file\nname" -> service name */
  GHashTable *by_name;  /* name -> service name, or "" when it is in several */
  GHashTable *by_file;  /* file -> service name of most of its routines */
};

static char *place_key(const char *file, const char *name)
{
  return g_strconcat(file, "\n", name, NULL);
}

static void remember(struct placement *placement, const char *file, const char *name,
                     const char *service)
{
  g_hash_table_insert(placement->by_place, place_key(file, name), (gpointer)service);
  const char *other = g_hash_table_lookup(placement->by_name, name);
  bool is_ambiguous = other && strcmp(other, service) != 0;
  g_hash_table_insert(placement->by_name, g_strdup(name), (gpointer)(is_ambiguous ? "" : service));
}

static const char *look_up(const struct placement *placement, const char *file, const char *name)
{
  g_autofree char *key = place_key(file, name);
  const char *service = g_hash_table_lookup(placement->by_place, key);
  if (!service) {
    service = g_hash_table_lookup(placement->by_name, name);
  }
  if (!service || service[0] == '\0') {
    service = g_hash_table_lookup(placement->by_file, file);
  }
  return service;
}

static void placement_clear(struct placement *placement)
{
  g_hash_table_destroy(placement->by_place);
  g_hash_table_destroy(placement->by_name);
  g_hash_table_destroy(placement->by_file);
}

static const char *owner_name(const struct model *model, int service)
{
  return service >= 0 ? model_service_name(model, service) : NULL;
}

/* The service of most routines of every file; ties go to the first by name. */
static void count_files(struct placement *placement, const struct model *model)
{
  g_autoptr(GHashTable) counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GHashTable) best = g_hash_table_new(g_str_hash, g_str_equal);
  for (int i = 0; i < (int)model->routines->n; i++) {
    const char *service = owner_name(model, model->routine_service[i]);
    const char *file = model_routine_at(model, i)->file;
    if (!service || file[0] == '\0') {
      continue;
    }
    char *key = place_key(file, service);
    int n = GPOINTER_TO_INT(g_hash_table_lookup(counts, key)) + 1;
    g_hash_table_insert(counts, key, GINT_TO_POINTER(n));
    int most = GPOINTER_TO_INT(g_hash_table_lookup(best, file));
    const char *current = g_hash_table_lookup(placement->by_file, file);
    if (n > most || (n == most && current && strcmp(service, current) < 0)) {
      g_hash_table_insert(best, (gpointer)file, GINT_TO_POINTER(n));
      g_hash_table_insert(placement->by_file, (gpointer)file, (gpointer)service);
    }
  }
}

static void placement_init(struct placement *placement, const struct model *model)
{
  placement->by_place = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  placement->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  placement->by_file = g_hash_table_new(g_str_hash, g_str_equal);
  for (int i = 0; i < (int)model->routines->n; i++) {
    const struct fact_routine *routine = model_routine_at(model, i);
    int service = model->routine_service[i];
    /* Shared code stays shared: a line feed is no service's name. */
    const char *name = service == MODEL_SHARED ? "\n" : owner_name(model, service);
    if (name) {
      remember(placement, routine->file, routine->name, name);
    }
  }
  for (int i = 0; i < (int)model->states->n; i++) {
    const char *service = owner_name(model, model->state_service[i]);
    g_autofree char *name = model_state_name(model, i);
    if (service) {
      remember(placement, model_state_at(model, i)->file, name, service);
    }
  }
  count_files(placement, model);
}

/* The service of a routine or state of the newer code, or NULL. */
static const char *service_of(const struct placement *placement, const char *file, const char *name)
{
  const char *service = look_up(placement, file, name);
  return service && strcmp(service, "\n") != 0 ? service : NULL;
}

typedef void crossing_visitor(const char *subject, const char *message, const char *file, int line,
                              bool is_write, void *data);

static void visit_calls(const struct placement *placement, const struct model *model,
                        crossing_visitor *visit, void *data)
{
  for (guint i = 0; i < model->calls->len; i++) {
    const struct model_call *call = &g_array_index(model->calls, struct model_call, i);
    const struct fact_routine *caller = model_routine_at(model, call->caller);
    const struct fact_routine *callee = model_routine_at(model, call->callee);
    const char *from = service_of(placement, caller->file, caller->name);
    const char *to = callee->is_defined ? service_of(placement, callee->file, callee->name) : NULL;
    if (!from || !to || strcmp(from, to) == 0) {
      continue;
    }
    g_autofree char *subject =
        g_strdup_printf("%s %s call %s %s", from, caller->name, to, callee->name);
    g_autofree char *message =
        g_strdup_printf("%s of %s now calls %s of %s", caller->name, from, callee->name, to);
    visit(subject, message, call->file, call->line, false, data);
  }
}

static void visit_accesses(const struct placement *placement, const struct model *model,
                           crossing_visitor *visit, void *data)
{
  for (guint i = 0; i < model->accesses->len; i++) {
    const struct model_access *access = &g_array_index(model->accesses, struct model_access, i);
    const struct fact_routine *routine = model_routine_at(model, access->routine);
    g_autofree char *name = model_state_name(model, access->state);
    const char *from = service_of(placement, routine->file, routine->name);
    const char *to = service_of(placement, model_state_at(model, access->state)->file, name);
    if (!from || !to || strcmp(from, to) == 0 || access->mode == 'a') {
      continue;
    }
    bool is_write = access->mode == 'w';
    g_autofree char *subject = g_strdup_printf("%s %s %s %s %s", from, routine->name,
                                               is_write ? "write" : "read", to, name);
    g_autofree char *message = g_strdup_printf("%s of %s now %s %s of %s", routine->name, from,
                                               is_write ? "writes" : "reads", name, to);
    visit(subject, message, access->file, access->line, is_write, data);
  }
}

static void collect(const char *subject, const char *message, const char *file, int line,
                    bool is_write, void *data)
{
  (void)message;
  (void)file;
  (void)line;
  (void)is_write;
  g_hash_table_add(data, g_strdup(subject));
}

struct news {
  GHashTable *known;
  GPtrArray *findings;
};

static void report(const char *subject, const char *message, const char *file, int line,
                   bool is_write, void *data)
{
  struct news *news = data;
  if (g_hash_table_contains(news->known, subject)) {
    return;
  }
  finding_list_add(news->findings,
                   (struct finding){.rule = is_write ? RULE_NEW_WRITER : RULE_NEW_CUT,
                                    .level = LEVEL_ERROR,
                                    .subject = g_strdup(subject),
                                    .message = g_strdup(message),
                                    .file = g_strdup(file),
                                    .line = line});
}

/* REASON without line numbers, which move. */
static char *without_lines(const char *reason)
{
  GString *out = g_string_new(NULL);
  for (const char *p = reason; *p; p++) {
    g_string_append_c(out, *p);
    if (*p == ':' && g_ascii_isdigit(p[1])) {
      while (g_ascii_isdigit(p[1])) {
        p++;
      }
    }
  }
  return g_string_free(out, FALSE);
}

static char *blocked_subject(const struct plan_function *function)
{
  g_autofree char *reason = without_lines(function->reason);
  return g_strdup_printf("%s %s: %s", function->trigger, function->key, reason);
}

static void find_blocked(const struct model *before, const struct model *now, GPtrArray *findings)
{
  g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (size_t i = 0; i < before->functions->n; i++) {
    const struct plan_function *function = record_at(before->functions, plan_function, i);
    if (strcmp(function->readiness, "blocked") == 0) {
      g_hash_table_add(known, blocked_subject(function));
    }
  }
  for (size_t i = 0; i < now->functions->n; i++) {
    const struct plan_function *function = record_at(now->functions, plan_function, i);
    g_autofree char *subject = blocked_subject(function);
    if (strcmp(function->readiness, "blocked") != 0 || g_hash_table_contains(known, subject)) {
      continue;
    }
    finding_list_add(findings,
                     (struct finding){.rule = RULE_NEW_BLOCKED,
                                      .level = LEVEL_ERROR,
                                      .message = g_strdup_printf("%s is now blocked: %s",
                                                                 function->name, function->reason),
                                      .subject = g_steal_pointer(&subject),
                                      .file = g_strdup(function->file),
                                      .line = (int)function->line});
  }
}

GPtrArray *growth_find(const struct model *before, const struct model *now)
{
  struct placement placement;
  placement_init(&placement, before);
  g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  visit_calls(&placement, before, collect, known);
  visit_accesses(&placement, before, collect, known);
  struct news news = {known, finding_list_new()};
  visit_calls(&placement, now, report, &news);
  visit_accesses(&placement, now, report, &news);
  find_blocked(before, now, news.findings);
  placement_clear(&placement);
  finding_list_sort(news.findings);
  return news.findings;
}
