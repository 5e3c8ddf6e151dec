#include "cli/replay_typed.h"

#include <string.h>

#include "cli/progress.h"
#include "reports/text.h"
#include "splitter/replay/typed.h"

#define SHOWN 10 /* findings per function in the text */
#define DEFAULT_RANDOM 200
#define DEFAULT_TIMEOUT_S 5

static void on_progress(size_t n_done, size_t n_all, void *data)
{
  progress_set(data, n_done, n_all, NULL);
}

int replay_typed(struct context *context)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(project_owner) project = project_load(context_text(context, "typed"), &error);
  if (!project) {
    return context_fail_with(context, error);
  }
  g_autoptr(progress_t) progress = progress_new(context, "replaying", "cases");
  struct typed_options options = {
      .project = project,
      .functions = (const char *const *)context->arguments,
      .seed = (guint64)context_integer(context, "seed", 1),
      .n_random = (guint64)context_integer(context, "count", DEFAULT_RANDOM),
      .has_case = context_text(context, "case") != NULL,
      .only_case = (guint64)context_integer(context, "case", 0),
      .platform = context_text(context, "platform"),
      .timeout_s =
          (unsigned)CLAMP(context_integer(context, "timeout", DEFAULT_TIMEOUT_S), 1, 86400),
      .on_progress = on_progress,
      .data = progress,
  };
  g_autoptr(typed_result_owner) result = typed_run(&options, &error);
  g_clear_pointer(&progress, progress_free);
  if (!result) {
    return context_fail_with(context, error);
  }
  bool is_json = strcmp(context_format(context), "json") == 0;
  g_autofree char *text = is_json ? typed_report_json(result) : typed_report_text(result, SHOWN);
  g_autofree char *safe = is_json ? NULL : text_escape(text, true);
  fputs(safe ? safe : text, context->out);
  return result->n_different > 0 ? EXIT_FINDINGS : EXIT_DONE;
}
