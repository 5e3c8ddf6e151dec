#include "fission.h"

#include "json.h"

#include <ctype.h>
#include <string.h>

#define PARAMETER "X-Fission-Params-"
#define INTERNAL "/fission-function/"

static void answer(struct exchange *exchange, int status, const char *text)
{
  const struct cleave_field type = {"Content-Type", "text/plain; charset=utf-8"};
  if (status != 200) {
    cleave_log(CLEAVE_WARNING, "specialise: %s", text);
  }
  exchange_reply(exchange, status, &type, 1, (struct cleave_bytes){text, strlen(text)});
}

static void specialise(struct fission *fission, struct runtime *runtime, struct exchange *exchange)
{
  const struct wire *request = exchange_request(exchange);
  struct cleave_bytes text = {buffer_text(&request->body), request->body.length};
  struct cleave_error error = {0};
  json_t *body = text.length > 0 ? json_read_envelope(text, &error) : json_object();
  const char *name = json_text(body, "functionName");
  const struct cleave_function *found = runtime_find(runtime, name, strlen(name));
  if (!json_is_object(body)) {
    answer(exchange, 400, "failed to parse request");
  } else if (*name != '\0' && !found) {
    answer(exchange, 400, "the image holds no function of this name");
  } else {
    runtime->only = found ? found : runtime->only;
    fission->is_specialised = true;
    answer(exchange, 200, "");
  }
  json_decref(body);
}

bool fission_answer_specialise(struct fission *fission, struct runtime *runtime,
                               struct exchange *exchange, const char *path)
{
  if (strcmp(path, "/specialize") != 0 && strcmp(path, "/v2/specialize") != 0) {
    return false;
  }
  if (exchange_request(exchange)->parser.method != HTTP_POST) {
    answer(exchange, 405, "specialise with POST");
  } else if (fission->is_specialised) {
    answer(exchange, 400, "Not a generic container");
  } else {
    specialise(fission, runtime, exchange);
  }
  return true;
}

const char *fission_target(const struct wire *request)
{
  const char *own = buffer_text(&request->target);
  const char *full = wire_header(request, "X-Fission-Full-Url");
  const char *scheme = full ? strstr(full, "://") : NULL;
  const char *path = scheme ? strchr(scheme + 3, '/') : full;
  bool is_internal = path && strncmp(path, INTERNAL, sizeof(INTERNAL) - 1) == 0;
  bool is_forwarded = *own == '/' && strcspn(own, "?#") == 1;
  return is_forwarded && path && *path == '/' && !is_internal ? path : own;
}

void fission_parameters(struct work *work, const struct wire *request)
{
  const size_t n = sizeof(PARAMETER) - 1;
  for (size_t i = 0; i < request->headers.n_items; i++) {
    const struct cleave_field *field = &request->headers.items[i];
    if (name_begins(field->name, PARAMETER) && field->name[n] != '\0') {
      /* Go writes header names with capitals. */
      char *name = arena_string(work->arena, field->name + n);
      for (char *letter = name; *letter != '\0'; letter++) {
        *letter = (char)tolower((unsigned char)*letter);
      }
      fields_add(&work->parameters, work->arena, name, field->value);
    }
  }
}
