#include "splitter/generate/proxy_readme.h"

#include <string.h>

json_t *proxy_settings_document(const GPtrArray *plans)
{
  json_t *routines = json_object();
  for (guint i = 0; i < plans->len; i++) {
    const struct proxy_plan *plan = plans->pdata[i];
    json_object_set_new(routines, plan->spec->routine->name, json_pack("{s:s}", "mode", "local"));
  }
  return json_pack("{s:i, s:{s:s, s:i, s:i}, s:{s:{s:s, s:s, s:s}}, s:o}", "version", 1, "default",
                   "target", "here", "deadline_ms", 10000, "attempts", 3, "targets", "here", "kind",
                   "host", "url", "http://127.0.0.1:9001", "front", "http://127.0.0.1:8080",
                   "routines", routines);
}

/* TEXT as the cell of a Markdown table. */
static void append_cell(GString *out, const char *text)
{
  g_string_append(out, " ");
  for (const char *at = text; *at; at++) {
    if (*at == '\n' || *at == '`') {
      g_string_append_c(out, ' ');
    } else if (*at == '|' || *at == '\\') {
      g_string_append_printf(out, "\\%c", *at);
    } else if (*at == '<') {
      g_string_append(out, "&lt;");
    } else {
      g_string_append_c(out, *at);
    }
  }
  g_string_append(out, " |");
}

char *proxy_readme_text(const GPtrArray *plans, const struct generated *result)
{
  GString *out = g_string_new(
      "# Proxies\n\nWhat the remaining monolith links in the place of routines that moved out.\n"
      "Each `moved_*.c` is a copy of a source file in which the definitions of those routines are\n"
      "renamed, with a proxy of the same prototype behind it. The originals stay untouched.\n\n"
      "| routine | function | on failure | repeated calls |\n| --- | --- | --- | --- |\n");
  for (guint i = 0; i < plans->len; i++) {
    const struct proxy_plan *plan = plans->pdata[i];
    g_autofree char *failure = plan->error
                                   ? g_strdup_printf("%s (%s)", plan->error, plan->error_reason)
                                   : g_strdup(plan->error_reason);
    g_autofree char *repeated =
        g_strdup_printf("%s: %s", plan->is_idempotent ? "yes" : "no", plan->idempotent_reason);
    g_string_append(out, "|");
    append_cell(out, plan->spec->routine->name);
    append_cell(out, plan->spec->name);
    append_cell(out, failure);
    append_cell(out, repeated);
    g_string_append(out, "\n");
  }
  g_string_append(out, "\n");
  for (guint i = 0; i < result->proxies->len; i++) {
    const struct generated_proxy *proxy = result->proxies->pdata[i];
    if (proxy->refusal) {
      g_string_append_printf(out, "%s: no proxy: %s\n\n", proxy->name, proxy->refusal);
    }
  }
  g_string_append(
      out,
      "## Build\n\n`cmake --build build` builds the remaining programs, too:\n"
      "`build/remaining/PROGRAM`. In a build of your own, compile `moved_X.c` instead of `X.c` "
      "with\n"
      "the same flags, `-iquote` and the folder of `X.c` before them and `-I runtime`; link\n"
      "`build/cleave_proxy.o`, `-lcurl` and `-lcrypto`.\n\n"
      "## Settings\n\n`CLEAVE_PROXIES` names a file like `proxies.json`; it is read again when it\n"
      "changes. Without it every call stays in the program. Per routine, or for all under\n"
      "`default`:\n\n"
      "| key | |\n| --- | --- |\n"
      "| `mode` | `local`: the original body; `remote`: the function; `fallback`: the function, "
      "and "
      "the original where that cannot do anything twice; `shadow`: both, the original's answer "
      "counts and differences are reported; `queue`: handed over |\n"
      "| `target` | which of `targets` |\n"
      "| `deadline_ms`, `attempts` | for the whole call; repeated only where the table above says "
      "so |\n"
      "| `function`, `qualifier`, `queue_url` | where they differ from the function's name and the "
      "target |\n\n"
      "| target | |\n| --- | --- |\n"
      "| `kind` | `lambda` (`region`; `url` for another endpoint), `run`, `azure` (`url`, in which "
      "`{function}` is replaced; `key_env` names the variable of the function key), `host` (`url`: "
      "the API port of `cleave host`) |\n"
      "| `front` | where whole requests go |\n"
      "| `queue_url` | SQS, Pub/Sub's publish address, or a storage queue; `env:NAME` takes it "
      "from "
      "the environment |\n\n"
      "Credentials come from the environment (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,\n"
      "`AWS_SESSION_TOKEN`; Google's metadata server) and never from the file. What goes wrong is "
      "a\n"
      "JSON line on standard error, or in the file that `CLEAVE_PROXY_LOG` names.\n");
  return g_string_free(out, FALSE);
}
