/* What the environment says about this process, read once at the start. */
#ifndef CLEAVE_SETTINGS_H
#define CLEAVE_SETTINGS_H

#include "cleave_runtime.h"

#include <stdint.h>

struct settings {
  enum cleave_platform platform;
  const char *runtime_api;  /* AWS_LAMBDA_RUNTIME_API */
  bool exports_trace;       /* one invocation at a time, so a variable may carry its trace */
  const char *host;         /* address to listen on */
  uint16_t port;            /* 0: the platform named none that can be used */
  const char *function;     /* CLEAVE_FUNCTION or _HANDLER, or "" */
  const char *route_prefix; /* Azure: "api" unless CLEAVE_ROUTE_PREFIX says otherwise */
  size_t max_headers;       /* CLEAVE_MAX_HEADERS, bytes, default 64 KB */
  size_t max_body;          /* CLEAVE_MAX_BODY, bytes, default 32 MB */
  int64_t peer_timeout_ms;  /* CLEAVE_PEER_TIMEOUT_MS: a request must be complete in it; 60 s */
  int64_t timeout_ms;  /* CLEAVE_TIMEOUT_MS or exec_timeout: longest call; 0: the descriptor's */
  const char *secrets; /* OpenFaaS: folder of the secrets' files */
};

/* Reads the environment. The strings stay the environment's. */
struct settings settings_read(void);

/* A duration as Go writes it ("1m30s", "1.5h", "300ms"; a bare number counts seconds, as OpenFaaS
 * reads it) in milliseconds; -1 when it is none or longer than 24 days. */
int64_t duration_ms(const char *text);

#endif
