/* The function that the runtime's tests run: what it does is told by the event.
 * Every routine is small enough to predict its answer by hand. */
#include "cleave_runtime.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int count; /* state of the process, to see what a fresh process forgets */

static void pause_ms(long ms)
{
  struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
  while (nanosleep(&pause, &pause) != 0) {
  }
}

static json_t *fields_json(const struct cleave_fields *fields)
{
  json_t *list = json_array();
  for (size_t i = 0; i < fields->n_items; i++) {
    json_array_append_new(list, json_pack("[s,s]", fields->items[i].name, fields->items[i].value));
  }
  return list;
}

/* Misbehaves as asked. Returns -1 with error set when it is to fail. */
static int act(const char *action, long amount, struct cleave_error *error)
{
  if (strcmp(action, "fail") == 0) {
    return cleave_error_set(error, 500, "Refused", "asked to fail: gr\xC3\xBC\xC3\x9F");
  }
  if (strcmp(action, "refuse") == 0) {
    return cleave_error_set(error, 422, "Function.Unfit", "asked to refuse");
  }
  if (strcmp(action, "fail-latin1") == 0) {
    return cleave_error_set(error, 500, "Refused", "caf\xE9");
  }
  if (strcmp(action, "crash") == 0) {
    raise((int)amount);
  } else if (strcmp(action, "segfault") == 0) {
    volatile int *nowhere = (volatile int *)(uintptr_t)amount;
    *nowhere = 1;
  } else if (strcmp(action, "exit") == 0) {
    exit((int)amount);
  } else if (strcmp(action, "sleep") == 0) {
    pause_ms(amount);
  } else if (strcmp(action, "spin") == 0) {
    for (volatile unsigned long turn = 0;; turn++) {
    }
  }
  return 0;
}

/* direct: {"do":action,"amount":n} acts; {"size":n} answers a string of n letters; "left" and
 * "trace" tell what the runtime knows; anything else comes back. */
static int direct(const struct cleave_event *event, struct cleave_reply *reply,
                  struct cleave_error *error)
{
  json_t *json = cleave_event_json(event, error);
  if (!json) {
    return -1;
  }
  const char *action = json_string_value(json_object_get(json, "do"));
  long amount = (long)json_integer_value(json_object_get(json, "amount"));
  json_t *answer = NULL;
  if (!action) {
    answer = json_incref(json);
  } else if (strcmp(action, "size") == 0) {
    char *letters = malloc((size_t)amount + 1);
    memset(letters, 'x', (size_t)amount);
    answer = json_stringn(letters, (size_t)amount);
    free(letters);
  } else if (strcmp(action, "left") == 0) {
    answer = json_integer(cleave_deadline_ms_left());
  } else if (strcmp(action, "print") == 0) {
    printf("an unfinished line");
    fputs("a problem\n", stderr);
    answer = json_object();
  } else if (strcmp(action, "variable") == 0) {
    const char *value = getenv(json_string_value(json_object_get(json, "name")));
    answer = json_pack("{s:s?}", "value", value);
  } else if (strcmp(action, "count") == 0) {
    answer = json_integer(++count);
  } else if (strcmp(action, "trace") == 0) {
    const char *exported = getenv("_X_AMZN_TRACE_ID");
    answer =
        json_pack("{s:s,s:s,s:s,s:s}", "exported", exported ? exported : "", "trace",
                  event->trace_id, "traceparent", cleave_traceparent(), "id", cleave_request_id());
    cleave_log(CLEAVE_INFO, "traced \"%s\"", event->request_id);
  } else if (act(action, amount, error) != 0) {
    json_decref(json);
    return -1;
  }
  json_decref(json);
  return cleave_reply_json(reply, answer ? answer : json_string("done"));
}

/* http: tells everything about the request as JSON; ?do= acts first; ?body=binary answers bytes,
 * ?body=stream a reply in parts. */
static int http(const struct cleave_event *event, struct cleave_reply *reply,
                struct cleave_error *error)
{
  const char *action = cleave_event_query(event, "do");
  const char *amount = cleave_event_query(event, "amount");
  const char *body = cleave_event_query(event, "body");
  const char *status = cleave_event_query(event, "status");
  if (action && act(action, amount ? atol(amount) : 0, error) != 0) {
    return -1;
  }
  if (status) {
    cleave_reply_status(reply, atoi(status));
  }
  cleave_reply_header(reply, "X-Tag", "a");
  cleave_reply_cookie(reply, "s=2; Path=/");
  cleave_reply_cookie(reply, "t=3");
  if (body && strcmp(body, "binary") == 0) {
    return cleave_reply_write(reply, "\0\1\2\xFF", 4);
  }
  if (body && strcmp(body, "typed") == 0) {
    cleave_reply_header(reply, "Content-Type", cleave_event_query(event, "type"));
    return cleave_reply_write(reply, event->body.data, event->body.length);
  }
  if (body && strcmp(body, "none") == 0) {
    return 0;
  }
  if (body && strcmp(body, "echo") == 0) {
    return cleave_reply_write(reply, event->body.data, event->body.length);
  }
  if (body && strcmp(body, "stream") == 0) {
    cleave_reply_header(reply, "Content-Type", "text/plain");
    for (int part = 0; part < 3; part++) {
      cleave_reply_print(reply, "part %d\n", part);
      cleave_reply_flush(reply);
    }
    return cleave_event_query(event, "late")
               ? cleave_error_set(error, 500, "Function.Late", "asked to fail late")
               : 0;
  }
  json_t *answer = json_pack(
      "{s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o?}", "method", event->method, "path",
      event->path, "raw_path", event->raw_path, "query_string", event->query_string, "ip",
      event->source_ip, "type", event->content_type, "headers", fields_json(&event->headers),
      "query", fields_json(&event->query), "parameters", fields_json(&event->parameters), "cookies",
      fields_json(&event->cookies), "body", json_stringn(event->body.data, event->body.length));
  return cleave_reply_json(reply, answer);
}

/* queue: one line per message on standard output; a body "fail", "sleep N" and so on acts. */
static int consume(const struct cleave_message *message, struct cleave_error *error)
{
  char action[32] = "";
  long amount = 0;
  printf("consumed id=%s data=%.*s source=%s group=%s deliveries=%u n_attributes=%zu\n",
         message->id, (int)(message->data.length < 200 ? message->data.length : 200),
         message->data.data, message->source, message->group, message->n_deliveries,
         message->attributes.n_items);
  sscanf(message->data.data, "%31s %ld", action, &amount);
  return act(action, amount, error);
}

/* queue: the whole message as one JSON line on standard output. */
static int tell(const struct cleave_message *message, struct cleave_error *error)
{
  char *bytes = malloc(message->data.length * 2 + 1);
  for (size_t i = 0; i < message->data.length; i++) {
    sprintf(bytes + 2 * i, "%02x", (unsigned char)message->data.data[i]);
  }
  bytes[message->data.length * 2] = '\0';
  json_t *line =
      json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:o}", "told", message->id, "hex", bytes, "source",
                message->source, "type", message->type, "time", message->time, "group",
                message->group, "attributes", fields_json(&message->attributes));
  char *text = json_dumps(line, JSON_COMPACT);
  printf("%s\n", text);
  free(text);
  free(bytes);
  json_decref(line);
  return message->data.length == 4 && memcmp(message->data.data, "fail", 4) == 0
             ? act("fail", 0, error)
             : 0;
}

static int object(const struct cleave_event *event, struct cleave_reply *reply,
                  struct cleave_error *error)
{
  (void)reply;
  const struct cleave_object *changed = event->object;
  printf("object bucket=%s key=%s change=%s version=%s size=%llu content=%.*s\n", changed->bucket,
         changed->key, changed->change, changed->version, (unsigned long long)changed->size,
         (int)changed->content.length, changed->content.data ? changed->content.data : "");
  return act(changed->key, 0, error);
}

static int schedule(const struct cleave_event *event, struct cleave_reply *reply,
                    struct cleave_error *error)
{
  (void)reply;
  (void)error;
  printf("schedule name=%s time=%s body=%.*s\n", event->schedule, event->time,
         (int)event->body.length, event->body.data);
  return 0;
}

static int init(struct cleave_error *error)
{
  const char *action = getenv("TEST_INIT");
  return action ? act(action, SIGSEGV, error) : 0;
}

static const char *const direct_environment[] = {"TEST_SECRET", "TEST_PLACE", NULL};

static const struct cleave_function functions[] = {
    {"direct", "price_direct", CLEAVE_DIRECT, "", 0, 0, init, direct, NULL, direct_environment},
    {"http", "price_http", CLEAVE_HTTP, "/price/{sku}", CLEAVE_STREAM_REPLY, 0, init, http, NULL,
     NULL},
    {"static", "serve_static", CLEAVE_HTTP, "GET /static/{rest+}", 0, 0, init, http, NULL, NULL},
    {"queue", "job_consume", CLEAVE_QUEUE, "jobs", 0, 0, init, NULL, consume, NULL},
    {"told", "message_tell", CLEAVE_QUEUE, "told", 0, 0, init, NULL, tell, NULL},
    {"stream", "clicks_consume", CLEAVE_STREAM, "clicks", 0, 0, init, NULL, consume, NULL},
    {"object", "file_arrived", CLEAVE_OBJECT, "in", 0, 0, init, object, NULL, NULL},
    {"schedule", "sweep", CLEAVE_SCHEDULE, "hourly", 0, 0, init, schedule, NULL, NULL},
    {"fresh", "price_fresh", CLEAVE_DIRECT, "", CLEAVE_PROCESS_PER_EVENT, 0, init, direct, NULL,
     NULL},
    {"limited", "price_limited", CLEAVE_DIRECT, "", 0, 300, init, direct, NULL, NULL},
};

int main(void)
{
  return cleave_runtime_main(functions, sizeof(functions) / sizeof(*functions));
}
