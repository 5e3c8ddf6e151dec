/* What the proxies of moved routines read: the files of their settings and credentials, and what
 * functions, gateways and queues answer. The first byte chooses; whatever follows, settings or a
 * reason, an answer or a failure with its errno, never a crash. Nothing is sent: the transport is a
 * stand-in that answers with the input. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cleave_proxy_credentials.h"
#include "cleave_proxy_settings.h"
#include "cleave_proxy_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *rest; /* what the transport answers: status, headers, body */
static size_t n_rest;

static struct cleave_proxy proxy = {
    .routine = "price", .function = "price-fn", .key = "prices", .flags = CLEAVE_PROXY_TELLS_ERROR};

static void expect(int condition)
{
  if (!condition) {
    abort();
  }
}

void proxy_exchange_init(struct proxy_exchange *exchange, struct arena *arena)
{
  memset(exchange, 0, sizeof *exchange);
  exchange->arena = arena;
  exchange->method = "POST";
}

void proxy_exchange_header(struct proxy_exchange *exchange, const char *name, const char *value)
{
  expect(!strpbrk(name, "\r\n:") && !strpbrk(value, "\r\n"));
  fields_add(&exchange->headers, exchange->arena, name, value);
}

/* One line of the input: a new string of the arena, without what no HTTP client hands on. */
static char *take_line(struct arena *arena)
{
  size_t n = 0;
  while (n < n_rest && rest[n] != '\n') {
    n++;
  }
  char *line = arena_copy(arena, (const char *)rest, n);
  rest += n < n_rest ? n + 1 : n;
  n_rest -= n < n_rest ? n + 1 : n;
  for (char *at = line; *at; at++) {
    *at = *at == '\r' ? ' ' : *at;
  }
  return line;
}

int proxy_exchange_run(struct proxy_exchange *exchange)
{
  exchange->status = 200;
  free(exchange->answer);
  exchange->answer_headers = (struct fields){NULL, 0, 0};
  if (n_rest >= 2) {
    exchange->status = (rest[0] << 8 | rest[1]) % 700;
    rest += 2;
    n_rest -= 2;
  }
  for (;;) {
    char *line = take_line(exchange->arena);
    char *colon = strchr(line, ':');
    if (!colon) {
      break;
    }
    *colon = '\0';
    fields_add(&exchange->answer_headers, exchange->arena, line, colon + 1);
  }
  exchange->answer = malloc(n_rest + 1);
  expect(exchange->answer != NULL);
  memcpy(exchange->answer, rest, n_rest);
  exchange->answer[n_rest] = '\0';
  exchange->n_answer = n_rest;
  exchange->error_number = 111;
  return exchange->status == 0 ? -1 : 0;
}

void proxy_exchange_clear(struct proxy_exchange *exchange)
{
  free(exchange->answer);
  exchange->answer = NULL;
}

struct proxy_thread *proxy_thread(void)
{
  static struct proxy_thread thread;
  return &thread;
}

static void check_settings(const struct cleave_proxy_settings *settings)
{
  const char *const texts[] = {settings->url,      settings->front,     settings->region,
                               settings->function, settings->qualifier, settings->key_env,
                               settings->auth,     settings->queue_url};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    expect(texts[i] != NULL);
  }
  expect(settings->deadline_ms >= 1 && settings->deadline_ms <= 900000);
  expect(settings->attempts >= 1 && settings->attempts <= 20);
  expect(*settings->function && !strpbrk(settings->function, "/?#% \r\n"));
  expect(settings->kind == PROXY_LAMBDA || strncmp(settings->url, "http", 4) == 0);
}

static void read_settings(const char *text, size_t n)
{
  char why[160] = "";
  json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
  if (root && proxy_settings_are_good(root, why, sizeof why)) {
    struct cleave_proxy_settings *settings = proxy_settings_resolve(root, &proxy);
    if (settings) {
      check_settings(settings);
    }
    proxy_settings_free(settings);
  } else if (root) {
    expect(*why != '\0' && strlen(why) < sizeof why);
  }
  json_decref(root);
}

static struct cleave_proxy_settings *settings_for(const char *kind)
{
  json_t *root =
      json_pack("{s:i, s:{s:{s:s, s:s, s:s, s:s, s:s}}, s:{s:s, s:s, s:i, s:i}}", "version", 1,
                "targets", "t", "kind", kind, "url", "http://127.0.0.1:1/{function}", "region",
                "eu-central-1", "auth", "none", "queue_url", "http://127.0.0.1:1/q", "default",
                "mode", "remote", "target", "t", "attempts", 1, "deadline_ms", 1000);
  struct cleave_proxy_settings *settings = proxy_settings_resolve(root, &proxy);
  json_decref(root);
  expect(settings != NULL);
  return settings;
}

static void begin(struct cleave_proxy_call *call, const char *kind)
{
  memset(call, 0, sizeof *call);
  call->proxy = &proxy;
  call->settings = settings_for(kind);
  call->deadline_ms = INT64_MAX;
  strcpy(call->traceparent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
}

static void end(struct cleave_proxy_call *call)
{
  proxy_settings_free(call->settings);
  free(call->answer);
}

/* A typed call: an object, or a failure that has an errno. */
static void ask(const char *kind)
{
  struct cleave_proxy_call call;
  struct cleave_marshal marshal;
  begin(&call, kind);
  cleave_marshal_begin(&marshal, &call.error);
  const cleave_value *output =
      cleave_proxy_ask(&call, &marshal, (cleave_value *)json_pack("{s:i}", "n", 1));
  expect(output ? cleave_member(output, "result") || 1 : call.error_number != 0);
  cleave_marshal_end(&marshal);
  end(&call);
}

/* A whole request: an answer with a status, or a failure. */
static void forward(const char *kind)
{
  struct cleave_proxy_call call;
  struct cleave_proxy_answer answer;
  begin(&call, kind);
  struct cleave_proxy_request *request = cleave_proxy_request_new("GET", "/a b", "x=1");
  cleave_proxy_request_header(request, "Cookie", "a=b");
  if (cleave_proxy_forward(&call, request, &answer) == 0) {
    size_t sum = strlen(answer.content_type);
    for (size_t i = 0; i < answer.headers.n_items; i++) {
      sum += strlen(answer.headers.items[i].name) + strlen(answer.headers.items[i].value);
    }
    for (size_t i = 0; i < answer.n_body; i++) {
      sum += (unsigned char)answer.body[i];
    }
    expect(answer.status != 0 && sum + 1 > 0);
  } else {
    expect(call.error_number != 0);
  }
  cleave_proxy_request_free(request);
  end(&call);
}

static void send_message(const char *kind)
{
  struct cleave_proxy_call call;
  begin(&call, kind);
  int failed = cleave_proxy_send(&call, (cleave_value *)json_pack("{s:i}", "n", 1), 0);
  expect(!failed || call.error_number != 0);
  end(&call);
}

static void read_credentials(const char *text, size_t n)
{
  struct arena arena;
  struct proxy_credentials found = {0};
  arena_init(&arena);
  char *copy = arena_copy(&arena, text, n);
  if (proxy_credentials_parse(&arena, copy, n, "default", &found) == 0) {
    expect(found.id && *found.id && found.secret && *found.secret && found.token);
    expect(!strpbrk(found.id, "\r\n") && !strpbrk(found.secret, "\r\n"));
  }
  arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const char *const kinds[] = {"host", "lambda", "run", "azure"};
  if (size < 2) {
    return 0;
  }
  setenv("CLEAVE_PROXY_LOG", "/dev/null", 1);
  rest = data + 2;
  n_rest = size - 2;
  const char *kind = kinds[data[1] % 4];
  switch (data[0]) {
  case 'a':
    ask(kind);
    break;
  case 'f':
    forward(kind);
    break;
  case 'q':
    send_message(kind);
    break;
  case 'c':
    read_credentials((const char *)data + 1, size - 1);
    break;
  default:
    read_settings((const char *)data + 1, size - 1);
    break;
  }
  return 0;
}
