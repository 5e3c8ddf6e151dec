#include "shop.h"

int route_match(const char *pattern, struct request *request, int add_args) {
  const char *path = request->path;
  while (*pattern && *path) {
    if (*pattern != ':') {
      if (*pattern++ != *path++) return 0;
      continue;
    }
    size_t name_length = strcspn(++pattern, "/");
    size_t value_length = strcspn(path, "/");
    if (value_length == 0) return 0;
    if (add_args) {
      char *name = mem_string_part(pattern, name_length);
      char *value = mem_string_part(path, value_length);
      fields_add(&request->args, name, value);
      free(name);
      free(value);
    }
    pattern += name_length;
    path += value_length;
  }
  return !*pattern && !*path;
}

static const struct route *router_find(struct request *request, int *is_path_known) {
  *is_path_known = 0;
  for (int i = 0; i < n_routes; i++) {
    if (!route_match(routes[i].path, request, 0)) continue;
    *is_path_known = 1;
    if (!strcmp(routes[i].method, request->method)) return &routes[i];
  }
  return NULL;
}

void router_dispatch(struct request *request, struct response *response) {
  int is_path_known;
  stats.requests++;
  const struct route *route = router_find(request, &is_path_known);
  if (!route) {
    response_error(response, is_path_known ? 405 : 404, is_path_known ? "method not allowed" : "not found");
  } else {
    route_match(route->path, request, 1);
    if (route->handler(request, response) != 0) response_error(response, 500, "internal error");
  }
  log_debug("%s %s %d", request->method, request->path, response->status);
}
