/* The measured function with the runtime: reads {"qty":n,…}, answers {"total":14*n}. The same work
 * as in by_hand.c. */
#include "cleave_runtime.h"

#include <stdlib.h>
#include <string.h>

static int invoke(const struct cleave_event *event, struct cleave_reply *reply,
                  struct cleave_error *error)
{
  json_t *json = cleave_event_json(event, error);
  if (!json) {
    return -1;
  }
  json_int_t quantity = json_integer_value(json_object_get(json, "qty"));
  json_decref(json);
  return cleave_reply_json(reply, json_pack("{s:I}", "total", quantity * 14));
}

/* The same without parsing: what is left is the runtime's own cost. */
static int invoke_raw(const struct cleave_event *event, struct cleave_reply *reply,
                      struct cleave_error *error)
{
  const char *quantity = strstr(event->body.data, "\"qty\":");
  if (!quantity) {
    return cleave_error_set(error, 400, "Function.BadRequest", "no qty");
  }
  return cleave_reply_print(reply, "%ld", atol(quantity + 6) * 14);
}

static const struct cleave_function functions[] = {
    {"price", "price_total", CLEAVE_DIRECT, "", 0, 0, NULL, invoke, NULL, NULL},
    {"raw", "price_raw", CLEAVE_DIRECT, "", 0, 0, NULL, invoke_raw, NULL, NULL},
    {"web", "price_web", CLEAVE_HTTP, "POST /price", 0, 0, NULL, invoke, NULL, NULL},
};

int main(void)
{
  return cleave_runtime_main(functions, 3);
}
