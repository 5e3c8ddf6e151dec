#include "settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *variable(const char *name)
{
  const char *value = getenv(name);
  return value ? value : "";
}

static int64_t number(const char *name, int64_t least, int64_t most, int64_t otherwise)
{
  const char *text = variable(name);
  char *end = NULL;
  errno = 0;
  long long value = strtoll(text, &end, 10);
  bool is_number = *text != '\0' && *end == '\0' && errno == 0;
  return is_number && value >= least && value <= most ? (int64_t)value : otherwise;
}

int64_t duration_ms(const char *text)
{
  static const struct {
    const char *name;
    double ms;
  } units[] = {{"ms", 1},  {"us", 1e-3}, {"\xC2\xB5s", 1e-3}, {"ns", 1e-6},
               {"s", 1e3}, {"m", 6e4},   {"h", 3.6e6}};
  const size_t n_units = sizeof(units) / sizeof(*units);
  const char *at = text + (*text == '+');
  double sum = 0;
  bool is_plain = true;
  while (*at != '\0') {
    size_t n = strspn(at, "0123456789.");
    char *end = NULL;
    double value = strtod(at, &end);
    size_t unit = 0;
    if (n == 0 || end != at + n) {
      return -1;
    }
    while (unit < n_units && strncmp(end, units[unit].name, strlen(units[unit].name)) != 0) {
      unit++;
    }
    if (unit == n_units && (*end != '\0' || !is_plain)) {
      return -1;
    }
    is_plain = false;
    sum += value * (unit < n_units ? units[unit].ms : 1e3);
    at = end + (unit < n_units ? strlen(units[unit].name) : 0);
  }
  return *text != '\0' && sum >= 0 && sum <= INT32_MAX ? (int64_t)sum : -1;
}

static uint16_t port_of(const char *name, uint16_t otherwise)
{
  return (uint16_t)(*variable(name) != '\0' ? number(name, 1, 65535, 0) : otherwise);
}

/* CLEAVE_PLATFORM, where a platform sets nothing by which it could be told. */
static void apply_platform(struct settings *settings, const char *name)
{
  if (strcmp(name, "openfaas") == 0) {
    int64_t limit = duration_ms(variable("exec_timeout"));
    settings->platform = CLEAVE_ON_OPENFAAS;
    settings->timeout_ms = settings->timeout_ms == 0 && limit > 0 ? limit : settings->timeout_ms;
    settings->port = port_of(*variable("port") != '\0' ? "port" : "PORT", 8080);
  } else if (strcmp(name, "fission") == 0) {
    settings->platform = CLEAVE_ON_FISSION;
    settings->port = port_of("PORT", 8888);
  } else if (strcmp(name, "openwhisk") == 0 || getenv("__OW_API_HOST")) {
    settings->platform = CLEAVE_ON_OPENWHISK;
  }
}

struct settings settings_read(void)
{
  const char *azure_port = *variable("FUNCTIONS_CUSTOMHANDLER_PORT") != '\0'
                               ? "FUNCTIONS_CUSTOMHANDLER_PORT"
                               : "FUNCTIONS_HTTPWORKER_PORT";
  struct settings settings = {
      .platform = CLEAVE_ON_PORT,
      .runtime_api = variable("AWS_LAMBDA_RUNTIME_API"),
      .exports_trace = number("AWS_LAMBDA_MAX_CONCURRENCY", 1, INT32_MAX, 1) == 1,
      .host = "0.0.0.0",
      .port = port_of("PORT", 8080),
      .function = variable("CLEAVE_FUNCTION"),
      .route_prefix = getenv("CLEAVE_ROUTE_PREFIX") ? variable("CLEAVE_ROUTE_PREFIX") : "api",
      .max_headers = (size_t)number("CLEAVE_MAX_HEADERS", 256, 1 << 20, 64 * 1024),
      .max_body = (size_t)number("CLEAVE_MAX_BODY", 0, 1 << 30, 32 * 1024 * 1024),
      .peer_timeout_ms = number("CLEAVE_PEER_TIMEOUT_MS", 1, INT32_MAX, 60000),
      .timeout_ms = number("CLEAVE_TIMEOUT_MS", 0, INT32_MAX, 0),
      .secrets = *variable("secret_mount_path") != '\0' ? variable("secret_mount_path")
                                                        : "/var/openfaas/secrets",
  };
  if (*settings.runtime_api != '\0') {
    settings.platform = CLEAVE_ON_LAMBDA;
    if (*settings.function == '\0') {
      settings.function = variable("_HANDLER");
    }
  } else if (*variable(azure_port) != '\0') {
    settings.platform = CLEAVE_ON_AZURE;
    settings.host = "127.0.0.1";
    settings.port = port_of(azure_port, 0);
  } else {
    apply_platform(&settings, variable("CLEAVE_PLATFORM"));
  }
  return settings;
}
