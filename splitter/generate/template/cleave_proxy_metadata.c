#include "cleave_proxy_metadata.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleave_proxy_transport.h"
#include "json.h"

#define GOOGLE_S 2700    /* Google's tokens live an hour */
#define EARLY_S 300      /* AWS' are fetched anew this long before they expire */
#define FAILURE_S 10     /* a server that gave none is not asked again before */
#define ENDPOINT_MS 2000 /* how long a server may take */
#define TOKEN_FILE_LIMIT 8192

/* What was fetched. The key "aws" is AWS' answer in JSON, others are audiences of Google's. */
struct kept {
  struct kept *next;
  char *key;
  char *text; /* "" after a failure */
  time_t until;
};
static struct kept *all;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* In ARENA, or NULL when nothing is kept that still holds. */
static const char *recall(struct arena *arena, const char *key)
{
  const char *text = NULL;
  pthread_mutex_lock(&lock);
  for (const struct kept *kept = all; kept && !text; kept = kept->next) {
    if (strcmp(kept->key, key) == 0 && kept->text && kept->until > time(NULL)) {
      text = arena_string(arena, kept->text);
    }
  }
  pthread_mutex_unlock(&lock);
  return text;
}

static void keep(const char *key, const char *text, time_t until)
{
  pthread_mutex_lock(&lock);
  struct kept *kept = all;
  while (kept && strcmp(kept->key, key) != 0) {
    kept = kept->next;
  }
  if (!kept && (kept = calloc(1, sizeof *kept)) != NULL) {
    kept->key = strdup(key);
    kept->next = all;
    if (kept->key) {
      all = kept;
    } else {
      free(kept);
      kept = NULL;
    }
  }
  char *copy = kept ? strdup(text) : NULL;
  if (copy) {
    free(kept->text);
    kept->text = copy;
    kept->until = until;
  }
  pthread_mutex_unlock(&lock);
}

/* The body of a 200, in ARENA, or NULL. NAME and VALUE are a header to send. */
static const char *ask(struct arena *arena, const char *method, const char *url, const char *name,
                       const char *value)
{
  struct proxy_exchange exchange;
  const char *text = NULL;
  proxy_exchange_init(&exchange, arena);
  exchange.method = method;
  exchange.url = url;
  exchange.timeout_ms = ENDPOINT_MS;
  exchange.is_direct = 1;
  if (*value) {
    proxy_exchange_header(&exchange, name, value);
  }
  if (proxy_exchange_run(&exchange) == 0 && exchange.status == 200 && exchange.answer) {
    text = arena_copy(arena, exchange.answer, exchange.n_answer);
  }
  proxy_exchange_clear(&exchange);
  return text;
}

const char *proxy_google_token(struct arena *arena, const char *audience)
{
  const char *host = getenv("GCE_METADATA_HOST");
  const char *text = recall(arena, audience);
  if (text) {
    return text;
  }
  text =
      ask(arena, "GET",
          arena_print(arena, "http://%s/computeMetadata/v1/instance/service-accounts/default/%s%s",
                      host && *host ? host : "metadata.google.internal",
                      *audience ? "identity?audience=" : "token", audience),
          "Metadata-Flavor", "Google");
  if (text && *audience) {
    text = arena_copy(arena, text, strcspn(text, " \r\n"));
  } else if (text) {
    struct cleave_bytes bytes = {text, strlen(text)};
    json_t *root = cleave_json_parse(bytes, NULL);
    text = arena_string(arena, json_text(root, "access_token"));
    json_decref(root);
  }
  if (!text || !*text) {
    return NULL;
  }
  keep(audience, text, time(NULL) + GOOGLE_S);
  return text;
}

/* A token for the container endpoint: of a file that is renewed, else of the environment. */
static const char *container_token(struct arena *arena)
{
  const char *path = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  const char *value = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  FILE *file = path && *path ? fopen(path, "re") : NULL;
  if (!file) {
    return value ? value : "";
  }
  char *text = arena_alloc(arena, TOKEN_FILE_LIMIT + 1);
  size_t n = fread(text, 1, TOKEN_FILE_LIMIT, file);
  fclose(file);
  while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r')) {
    text[--n] = '\0';
  }
  return text;
}

/* Credentials in the clear go to this machine alone, and to the platform's own addresses. */
static int is_own_address(const char *url)
{
  static const char *const hosts[] = {"http://127.0.0.1",      "http://localhost",
                                      "http://[::1]",          "http://169.254.170.2",
                                      "http://169.254.170.23", "http://[fd00:ec2::23]"};
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
    size_t n = strlen(hosts[i]);
    if (strncmp(url, hosts[i], n) == 0 && (url[n] == ':' || url[n] == '/' || url[n] == '\0')) {
      return strchr(url, '@') == NULL;
    }
  }
  return strncmp(url, "https://", 8) == 0;
}

static const char *ask_container(struct arena *arena)
{
  const char *relative = getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const char *url = getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (relative && *relative == '/') {
    url = arena_print(arena, "http://169.254.170.2%s", relative);
  }
  return url && is_own_address(url)
             ? ask(arena, "GET", url, "Authorization", container_token(arena))
             : NULL;
}

static const char *ask_instance(struct arena *arena)
{
  static const char header[] = "X-aws-ec2-metadata-token";
  const char *base = getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  const char *is_off = getenv("AWS_EC2_METADATA_DISABLED");
  if (is_off && strcmp(is_off, "true") == 0) {
    return NULL;
  }
  base = base && *base ? base : "http://169.254.169.254";
  const char *token = ask(arena, "PUT", arena_print(arena, "%s/latest/api/token", base),
                          "X-aws-ec2-metadata-token-ttl-seconds", "21600");
  if (!token || !*token) {
    return NULL;
  }
  const char *place = arena_print(arena, "%s/latest/meta-data/iam/security-credentials/", base);
  const char *role = ask(arena, "GET", place, header, token);
  if (!role || !*role) {
    return NULL;
  }
  role = arena_copy(arena, role, strcspn(role, "\r\n"));
  return ask(arena, "GET", arena_print(arena, "%s%s", place, role), header, token);
}

/* Reads {"AccessKeyId":..,"SecretAccessKey":..,"Token":..,"Expiration":"2026-11-27T09:00:00Z"}. */
static int read_answer(struct arena *arena, const char *text, struct proxy_credentials *found,
                       time_t *until)
{
  struct cleave_bytes bytes = {text, strlen(text)};
  struct tm end = {0};
  json_t *root = cleave_json_parse(bytes, NULL);
  found->id = arena_string(arena, json_text(root, "AccessKeyId"));
  found->secret = arena_string(arena, json_text(root, "SecretAccessKey"));
  found->token = arena_string(arena, json_text(root, "Token"));
  const char *expiry = json_text(root, "Expiration");
  *until = strptime(expiry, "%Y-%m-%dT%H:%M:%S", &end) ? timegm(&end) : time(NULL) + EARLY_S * 2;
  json_decref(root);
  return *found->id && *found->secret ? 0 : -1;
}

int proxy_credentials_get(struct arena *arena, struct proxy_credentials *found)
{
  time_t until = 0;
  if (proxy_credentials_find(arena, found) == 0) {
    return 0;
  }
  const char *text = recall(arena, "aws");
  if (text) {
    return read_answer(arena, text, found, &until);
  }
  text = ask_container(arena);
  text = text ? text : ask_instance(arena);
  if (text && read_answer(arena, text, found, &until) == 0) {
    time_t now = time(NULL);
    keep("aws", text, until - EARLY_S > now ? until - EARLY_S : until);
    return 0;
  }
  keep("aws", "", time(NULL) + FAILURE_S);
  return -1;
}
