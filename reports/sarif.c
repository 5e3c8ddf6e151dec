#include "reports/sarif.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "reports/text.h"

#define MAX_MESSAGE 1000 /* characters */

static json_t *text(const char *raw)
{
  g_autofree char *safe = text_escape(raw, true);
  if (g_utf8_strlen(safe, -1) > MAX_MESSAGE) {
    *g_utf8_offset_to_pointer(safe, MAX_MESSAGE) = '\0';
  }
  return json_string(safe);
}

static json_t *message(const char *raw)
{
  return json_pack("{s:o}", "text", text(raw));
}

static json_t *pack_rules(void)
{
  json_t *rules = json_array();
  for (int i = 0; i < N_FINDING_RULES; i++) {
    const char *id = finding_rule_id((enum finding_rule)i);
    const char *about = finding_rule_about((enum finding_rule)i);
    json_array_append_new(rules,
                          json_pack("{s:s,s:s,s:{s:s},s:{s:s},s:{s:[s,s]}}", "id", id, "name", id,
                                    "shortDescription", "text", about, "fullDescription", "text",
                                    about, "properties", "tags", "architecture", "cleave"));
  }
  return rules;
}

/* The path as a relative URI. Bytes that are no UTF-8 are percent-encoded as they are. */
static json_t *pack_location(const struct finding *finding)
{
  g_autofree char *uri = g_uri_escape_string(finding->file, "/", false);
  return json_pack("{s:{s:{s:s,s:s},s:{s:i}}}", "physicalLocation", "artifactLocation", "uri", uri,
                   "uriBaseId", "SRCROOT", "region", "startLine", MAX(1, finding->line));
}

/* Rule, subject and how many with the same two came before. */
static char *fingerprint(const struct finding *finding, unsigned n_before)
{
  g_autofree char *identity =
      g_strdup_printf("%s\n%s\n%u", finding_rule_id(finding->rule), finding->subject, n_before);
  char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, identity, -1);
  hash[32] = '\0';
  return hash;
}

static json_t *pack_result(const struct finding *finding, GHashTable *seen)
{
  g_autofree char *key =
      g_strdup_printf("%s\n%s", finding_rule_id(finding->rule), finding->subject);
  unsigned n_before = GPOINTER_TO_UINT(g_hash_table_lookup(seen, key));
  g_hash_table_insert(seen, g_strdup(key), GUINT_TO_POINTER(n_before + 1));
  g_autofree char *print = fingerprint(finding, n_before);
  json_t *result =
      json_pack("{s:s,s:i,s:s,s:o,s:{s:s}}", "ruleId", finding_rule_id(finding->rule), "ruleIndex",
                (int)finding->rule, "level", finding_level_name(finding->level), "message",
                message(finding->message), "partialFingerprints", "cleave/v1", print);
  if (finding->file[0]) {
    json_object_set_new(result, "locations", json_pack("[o]", pack_location(finding)));
  }
  return result;
}

/* The most severe first, then as they came. */
static GPtrArray *choose(const GPtrArray *findings)
{
  GPtrArray *chosen = g_ptr_array_new();
  for (int level = LEVEL_ERROR; level >= LEVEL_NOTE; level--) {
    for (guint i = 0; i < findings->len && chosen->len < SARIF_MAX_RESULTS; i++) {
      struct finding *finding = g_ptr_array_index(findings, i);
      if ((int)finding->level == level) {
        g_ptr_array_add(chosen, finding);
      }
    }
  }
  return chosen;
}

static json_t *pack_invocation(unsigned n_left_out)
{
  json_t *notifications = json_array();
  if (n_left_out > 0) {
    g_autofree char *words =
        g_strdup_printf("%u further findings of lower severity are left out: a run holds %d",
                        n_left_out, SARIF_MAX_RESULTS);
    json_array_append_new(notifications,
                          json_pack("{s:s,s:o}", "level", "warning", "message", message(words)));
  }
  return json_pack("{s:b,s:o}", "executionSuccessful", 1, "toolExecutionNotifications",
                   notifications);
}

char *sarif_write(const GPtrArray *findings, const char *version)
{
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GPtrArray) chosen = choose(findings);
  json_t *results = json_array();
  for (guint i = 0; i < chosen->len; i++) {
    json_array_append_new(results, pack_result(g_ptr_array_index(chosen, i), seen));
  }
  json_t *driver =
      json_pack("{s:s,s:s,s:o}", "name", "cleave", "version", version, "rules", pack_rules());
  json_t *run = json_pack("{s:{s:o},s:[o],s:s,s:{s:{s:{s:s}}},s:o}", "tool", "driver", driver,
                          "invocations", pack_invocation(findings->len - chosen->len), "columnKind",
                          "unicodeCodePoints", "originalUriBaseIds", "SRCROOT", "description",
                          "text", "the root of the analysed code", "results", results);
  json_t *document =
      json_pack("{s:s,s:s,s:[o]}", "$schema", "https://json.schemastore.org/sarif-2.1.0.json",
                "version", "2.1.0", "runs", run);
  char *dumped = json_dumps(document, JSON_INDENT(1) | JSON_ENSURE_ASCII);
  json_decref(document);
  char *result = g_strconcat(dumped, "\n", NULL);
  free(dumped);
  return result;
}
