#include "openfaas.h"

#include "current.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST_SECRET ((size_t)1 << 20)

/* The name as it is, in small letters, and with dashes: a secret's name may hold no underscore. */
static FILE *secret_open(const struct runtime *runtime, const char *name)
{
  FILE *file = NULL;
  char path[4096];
  for (int spelling = 0; spelling < 3 && !file; spelling++) {
    int n = snprintf(path, sizeof(path), "%s/%s", runtime->settings.secrets, name);
    if (n < 0 || (size_t)n >= sizeof(path)) {
      return NULL;
    }
    for (char *letter = strrchr(path, '/'); *letter != '\0' && spelling > 0; letter++) {
      *letter = (char)tolower((unsigned char)*letter);
      *letter = spelling == 2 && *letter == '_' ? '-' : *letter;
    }
    file = fopen(path, "re");
  }
  return file;
}

/* Without the line feed that an editor puts behind it. */
static void export_secret(const struct runtime *runtime, const char *name)
{
  FILE *file = secret_open(runtime, name);
  if (!file) {
    return;
  }
  char *value = calloc(1, MOST_SECRET + 1);
  size_t n = value ? fread(value, 1, MOST_SECRET, file) : 0;
  while (n > 0 && (value[n - 1] == '\n' || value[n - 1] == '\r')) {
    value[--n] = '\0';
  }
  if (value && strlen(value) == n && !ferror(file)) {
    setenv(name, value, 1);
  } else {
    cleave_log(CLEAVE_ERROR, "the secret %s cannot be used", name);
  }
  free(value);
  fclose(file);
}

void openfaas_export_secrets(const struct runtime *runtime)
{
  for (size_t i = 0; i < runtime->n_functions; i++) {
    const char *const *name = runtime->functions[i].environment;
    for (; name && *name; name++) {
      const char *value = getenv(*name);
      if (!value || *value == '\0') {
        export_secret(runtime, *name);
      }
    }
  }
}

bool openfaas_answer_probe(struct exchange *exchange, const char *path)
{
  if (strcmp(path, "/_/health") != 0 && strcmp(path, "/_/ready") != 0) {
    return false;
  }
  bool is_get = exchange_request(exchange)->parser.method == HTTP_GET;
  exchange_reply(exchange, is_get ? 200 : 405, NULL, 0,
                 is_get ? (struct cleave_bytes){"OK", 2} : (struct cleave_bytes){"", 0});
  return true;
}

int64_t openfaas_deadline(const struct wire *request, int64_t limit_ms)
{
  const char *asked = wire_header(request, "X-Timeout");
  int64_t ms = asked ? duration_ms(asked) : -1;
  return ms > 0 && limit_ms > 0 && ms <= limit_ms ? clock_ms() + ms : 0;
}

int64_t openfaas_clock_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

struct cleave_fields openfaas_headers(struct arena *arena, struct cleave_fields headers,
                                      int64_t began_ns)
{
  struct fields all = {NULL, 0, 0};
  for (size_t i = 0; i < headers.n_items; i++) {
    fields_add(&all, arena, headers.items[i].name, headers.items[i].value);
  }
  fields_add(&all, arena, "X-Duration-Seconds",
             arena_print(arena, "%f", (double)(openfaas_clock_ns() - began_ns) * 1e-9));
  return fields_view(&all);
}
