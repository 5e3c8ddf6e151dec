#include "splitter/generate/requirements.h"

#include <string.h>

/* What PostgreSQL leaves to applications by default: max_connections 100, of which
 * superuser_reserved_connections keeps 3 (PostgreSQL 15, runtime-config-connection). */
#define CONNECTIONS 97
#define MOST_INSTANCES 10

static void grant_free(gpointer data)
{
  struct grant *grant = data;
  g_free(grant->target);
  g_free(grant->reason);
  g_free(grant);
}

/* Takes the reason. */
static void add_grant(GPtrArray *grants, enum grant_kind kind, const char *target, char *reason)
{
  struct grant *grant = g_new0(struct grant, 1);
  grant->kind = kind;
  grant->target = g_strdup(target);
  grant->reason = reason;
  g_ptr_array_add(grants, grant);
}

static bool has_trigger(const struct function_spec *spec, const char *trigger)
{
  return strcmp(spec->trigger, trigger) == 0;
}

const char *requirements_source(const struct function_spec *spec)
{
  return *spec->key ? spec->key : spec->name;
}

const struct function_spec *requirements_waker(const struct artifact *artifact, const char *trigger,
                                               const char *source)
{
  for (guint i = 0; i < artifact->specs->len; i++) {
    const struct function_spec *spec = artifact->specs->pdata[i];
    if (has_trigger(spec, trigger) && strcmp(requirements_source(spec), source) == 0) {
      return spec;
    }
  }
  return NULL;
}

GPtrArray *grants_of(const struct function_spec *spec)
{
  GPtrArray *grants = g_ptr_array_new_with_free_func(grant_free);
  const char *source = requirements_source(spec);
  if (has_trigger(spec, "queue")) {
    add_grant(grants, GRANT_QUEUE, source, g_strdup("its messages wake the function"));
  } else if (has_trigger(spec, "stream")) {
    add_grant(grants, GRANT_STREAM, source, g_strdup("its records wake the function"));
  } else if (has_trigger(spec, "object") && spec->connects) {
    add_grant(grants, GRANT_OBJECT, source,
              g_strdup_printf("events name its objects, and the closure opens connections: %s",
                              spec->connects));
  }
  /* A queue puts its failures away itself. */
  if (*spec->dead_letter && !has_trigger(spec, "queue")) {
    add_grant(grants, GRANT_DEAD_LETTER, spec->dead_letter,
              g_strdup("events that failed again and again go there"));
  }
  for (guint i = 0; i < spec->secrets->len; i++) {
    const char *name = spec->secrets->pdata[i];
    if (g_ptr_array_find_with_equal_func(spec->environment, name, g_str_equal, NULL)) {
      add_grant(grants, GRANT_SECRET, name, g_strdup("the closure asks the environment for it"));
    }
  }
  return grants;
}

char *grant_text(const struct grant *grant)
{
  static const char *const verbs[] = {"takes messages from the queue", "reads the stream",
                                      "reads objects of the bucket", "puts failed events into",
                                      "reads the secret"};
  return g_strdup_printf("%s %s", verbs[grant->kind], grant->target);
}

static bool has_grant(const GPtrArray *grants, const struct grant *grant)
{
  for (guint i = 0; i < grants->len; i++) {
    const struct grant *other = grants->pdata[i];
    if (other->kind == grant->kind && strcmp(other->target, grant->target) == 0) {
      return true;
    }
  }
  return false;
}

struct requirements *requirements_new(const struct artifact *artifact)
{
  struct requirements *all = g_new0(struct requirements, 1);
  all->grants = g_ptr_array_new_with_free_func(grant_free);
  for (guint i = 0; i < artifact->specs->len; i++) {
    const struct function_spec *spec = artifact->specs->pdata[i];
    all->memory_mb = MAX(all->memory_mb, spec->memory_mb);
    all->timeout_s = MAX(all->timeout_s, spec->timeout_s);
    all->concurrency = MAX(all->concurrency, spec->concurrency);
    all->is_capped = all->is_capped || spec->is_capped;
    all->is_public = all->is_public || spec->is_public;
    bool is_unattended = has_trigger(spec, "schedule") || has_trigger(spec, "object");
    if (is_unattended && !all->unattended) {
      all->unattended = spec;
    }
    g_autoptr(GPtrArray) grants = grants_of(spec);
    for (guint j = 0; j < grants->len; j++) {
      const struct grant *grant = grants->pdata[j];
      if (!has_grant(all->grants, grant)) {
        add_grant(all->grants, grant->kind, grant->target, g_strdup(grant->reason));
      }
    }
  }
  return all;
}

void requirements_free(struct requirements *needs)
{
  if (needs) {
    g_ptr_array_unref(needs->grants);
    g_free(needs);
  }
}

void requirements_share_connections(GPtrArray *specs, const char *const *binaries)
{
  g_autoptr(GHashTable) connected = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < specs->len; i++) {
    const struct function_spec *spec = specs->pdata[i];
    if (spec->is_capped) {
      g_hash_table_add(connected, (gpointer)binaries[i]);
    }
  }
  guint n = g_hash_table_size(connected);
  for (guint i = 0; i < specs->len; i++) {
    struct function_spec *spec = specs->pdata[i];
    if (!spec->is_capped) {
      continue;
    }
    spec->concurrency = CLAMP((int64_t)CONNECTIONS / n, 1, MOST_INSTANCES);
    g_free(spec->concurrency_reason);
    spec->concurrency_reason = g_strdup_printf(
        "every instance holds a connection to the database server; %u of the project's binaries "
        "share the %d that PostgreSQL has by default (max_connections less reserved ones)%s",
        n, CONNECTIONS,
        n > CONNECTIONS ? ", which are too few: put a pooler in front"
                        : "; raise it behind a pooler");
  }
}
