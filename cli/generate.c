/* cleave generate: functions that build and run, from the plan. */
#include "splitter/generate/generate.h"

#include <string.h>

#include "base/nearest.h"
#include "cli/command.h"
#include "cli/terminal.h"
#include "splitter/generate/specify.h"

static bool read_platforms(struct context *context, unsigned *platforms, int *code)
{
  const char *const *names = context_list(context, "platform");
  const char *const *known = generate_platform_names;
  *platforms = *names ? 0 : GENERATE_AWS;
  for (size_t i = 0; names[i]; i++) {
    unsigned at = 0;
    while (known[at] && strcmp(known[at], names[i]) != 0) {
      at++;
    }
    if (!known[at]) {
      g_autofree char *list = g_strjoinv(", ", (char **)known);
      const char *nearest = nearest_name(names[i], known, at);
      *code = nearest ? context_fail(context, EXIT_USAGE,
                                     "unknown platform '%s', did you mean '%s'?", names[i], nearest)
                      : context_fail(context, EXIT_USAGE, "unknown platform '%s'; there are: %s",
                                     names[i], list);
      return false;
    }
    *platforms |= 1U << at;
  }
  return true;
}

static bool read_adapter(struct context *context, const char **adapter, int *code)
{
  *adapter = context_text(context, "adapter");
  if (!*adapter || g_strv_contains(adapter_names, *adapter)) {
    return true;
  }
  unsigned n = 0;
  while (adapter_names[n]) {
    n++;
  }
  const char *nearest = nearest_name(*adapter, adapter_names, n);
  *code =
      context_fail(context, EXIT_USAGE, "unknown adapter '%s'%s%s%s", *adapter,
                   nearest ? ", did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
  return false;
}

static void print_function(struct context *context, const struct generated_function *function)
{
  g_autofree char *name = terminal_escape(function->name);
  g_autofree char *message = function->message ? terminal_escape(function->message) : NULL;
  const char *state = !function->adapter ? "refused" : function->is_open ? "decide" : "generated";
  fprintf(context->out, "%-10s %-32s %s%s%s\n", state, name,
          function->adapter ? function->adapter : "", message ? "  " : "", message ? message : "");
}

static void print_proxy(struct context *context, const struct generated_proxy *proxy)
{
  g_autofree char *name = terminal_escape(proxy->name);
  g_autofree char *message = terminal_escape(proxy->refusal ? proxy->refusal : proxy->message);
  fprintf(context->out, "%-10s %-32s %s\n", proxy->refusal ? "no proxy" : "proxy", name, message);
}

static void say_files(const struct context *context, const struct generated *result)
{
  for (guint i = 0; i < result->kept->len; i++) {
    context_say(context, "kept %s, which was changed by hand; the new version is %s.new",
                (const char *)result->kept->pdata[i], (const char *)result->kept->pdata[i]);
  }
  for (guint i = 0; i < result->orphans->len; i++) {
    context_say(context, "kept %s, which was changed by hand and is no longer generated",
                (const char *)result->orphans->pdata[i]);
  }
}

static int code_of_error(struct context *context, const GError *error)
{
  if (error->domain == GENERATE_ERROR) {
    return context_fail(context, error->code == GENERATE_ERROR_NO_PLAN ? EXIT_NOTHING : EXIT_USAGE,
                        "%s", error->message);
  }
  return context_fail_with(context, error);
}

static int run(struct context *context)
{
  int code = EXIT_DONE;
  struct generate_options options = {.folder = context_text(context, "output"),
                                     .functions = context_list(context, "function"),
                                     .contracts = context_text(context, "contracts")};
  if (!options.folder) {
    return context_fail(context, EXIT_USAGE, "generate needs -o DIR");
  }
  const char *unit = context_text(context, "as");
  options.with_proxies = context_flag(context, "proxies");
  options.as_services = unit && strcmp(unit, "services") == 0;
  if (!read_platforms(context, &options.platforms, &code) ||
      !read_adapter(context, &options.adapter, &code)) {
    return code;
  }
  g_autoptr(store_t) store = context_open_store(context, STORE_READ, &code);
  if (!store) {
    return code;
  }
  g_autoptr(GError) error = NULL;
  g_autoptr(generated_owner) result = generate(store, &options, &error);
  if (!result) {
    return code_of_error(context, error);
  }
  for (guint i = 0; i < result->functions->len; i++) {
    print_function(context, result->functions->pdata[i]);
  }
  for (guint i = 0; i < result->proxies->len; i++) {
    print_proxy(context, result->proxies->pdata[i]);
  }
  if (result->n_generated == 0) {
    context_say(context, "nothing generated, %u refused: no file was touched", result->n_refused);
    return EXIT_NOTHING;
  }
  say_files(context, result);
  context_say(context,
              "%u functions generated, %u refused; %u files written, %u unchanged. Build with:\n"
              "  cmake -G Ninja -S %s -B %s/build && cmake --build %s/build",
              result->n_generated, result->n_refused, result->n_written, result->n_same,
              options.folder, options.folder, options.folder);
  return EXIT_DONE;
}

static const struct option options[] = {
    {"platform", 0, OPTION_LIST, "NAMES",
     "what to write descriptors for: aws,gcp,azure,knative,openwhisk,fission,openfaas (default "
     "aws)",
     NULL},
    {"output", 'o', OPTION_TEXT, "DIR", "the folder to write", NULL},
    {"function", 0, OPTION_LIST, "NAMES", "only these functions", NULL},
    {"contracts", 0, OPTION_TEXT, "FILE",
     "how parameters travel, where people know better: contracts.yaml", NULL},
    {"as", 0, OPTION_TEXT, "UNIT", "one binary per function, or per service", "functions|services"},
    {"adapter", 0, OPTION_TEXT, "NAME",
     "how an event becomes a call: call, http, microhttpd, cgi, fastcgi, main, consumer", NULL},
    {"proxies", 0, OPTION_FLAG, NULL,
     "also what the remaining monolith links in the place of routines that moved out", NULL},
    {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
};

const struct command generate_command = {
    .name = "generate",
    .arguments = "",
    .min_arguments = 0,
    .max_arguments = 0,
    .summary = "write functions that build and run",
    .description =
        "Writes a CMake project with one folder per function of the plan: the C files between the "
        "platform and the monolith's code, what runs before the first event, events to try, and "
        "what each platform needs to know. The monolith's sources stay where they are.\n\n"
        "A function.yaml that was changed by hand wins over what the tool finds. No changed file "
        "is ever overwritten: the new version lies beside it as .new.\n\n"
        "docs/functions.md tells how to read, change, build and deploy the project.",
    .options = options,
    .run = run,
};
