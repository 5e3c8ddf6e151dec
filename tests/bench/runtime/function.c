/* The measured function with the runtime: reads {"qty":n,…}, answers {"total":14*n}. The same work
 * as in by_hand.c. */
#include "cleave_runtime.h"

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

static const struct cleave_function functions[] = {
    {"price", "price_total", CLEAVE_DIRECT, "", 0, 0, NULL, invoke, NULL},
    {"web", "price_web", CLEAVE_HTTP, "POST /price", 0, 0, NULL, invoke, NULL},
};

int main(void)
{
  return cleave_runtime_main(functions, 2);
}
