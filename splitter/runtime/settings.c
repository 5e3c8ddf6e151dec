#include "settings.h"

#include <errno.h>
#include <stdlib.h>

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

static uint16_t port_of(const char *name, uint16_t otherwise)
{
  return (uint16_t)(*variable(name) != '\0' ? number(name, 1, 65535, 0) : otherwise);
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
  }
  return settings;
}
