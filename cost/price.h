/* Unit prices for decisions that compare designs (fusing functions, cutting services): what a
 * remote call, a GB-second and a request cost on a cloud. First tier, no grants: for weighing, not
 * for bills. Never reads files: it takes a loaded catalogue.
 */
#ifndef CLEAVE_COST_PRICE_H
#define CLEAVE_COST_PRICE_H

#include <glib.h>
#include <stdbool.h>

#include "cost/catalogue.h"

/* USD. */
struct unit_prices {
  double request;       /* one invocation of a function */
  double gb_second;     /* memory of a running function; where vCPUs are billed apart, those that
                           the platform gives with 1 GB are included */
  double http_request;  /* through the cloud's gateway, up to 512 KB; 0 where it costs nothing */
  double queue_message; /* send, receive and delete up to 64 KB */
  double object_write;  /* one object to shared storage; 0 when the catalogue has no price */
  double object_read;
  double log_gb;
};

/* Prices of "aws" (x86), "aws-arm", "gcp" or "azure" in the cloud's default region.
 * COST_ERROR_INPUT for another cloud or when the catalogue lacks a price. */
bool unit_prices_find(const struct catalogue *catalogue, const char *cloud,
                      struct unit_prices *prices, GError **error);

/* What a call that was local costs once it crosses to another function: the request, the callee's
 * time and the caller's time of waiting, both with memory_gb, and the bytes that both sides log are
 * not counted. seconds is the time of the whole round trip. */
double unit_prices_remote_call(const struct unit_prices *prices, double seconds, double memory_gb);

#endif
