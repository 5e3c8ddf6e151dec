/* cleave report -o FILE.html: one self-contained page. */
#include <string.h>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/page_prices.h"
#include "cli/progress.h"
#include "reports/page.h"

static void show_progress(void *data, unsigned done, unsigned total)
{
  progress_set(data, done, total, NULL);
}

static int make_page(struct context *context, const struct model *model, const char *path)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) prices = page_prices_read(context, &error);
  if (!prices) {
    context_say(context, "the page gets no calculator: %s", error->message);
  }
  g_autofree char *folder = g_path_get_basename(model->root[0] ? model->root : "analysed code");
  const char *title = context_text(context, "title");
  g_autoptr(progress_t) progress = progress_new(context, "laying out", "levels of the map");
  progress_tick(progress);
  const struct levels_watch watch = {show_progress, progress};
  struct page_options options = {
      .watch = &watch,
      .title = title ? title : folder,
      .version = CLEAVE_VERSION,
      .prices = prices,
  };
  g_autofree char *page = page_make(model, &options);
  g_clear_pointer(&progress, progress_free);
  return output_write(context, path, page, strlen(page));
}

static int run_report(struct context *context)
{
  const char *path = context_text(context, "output");
  if (!path) {
    return context_fail(context, EXIT_USAGE, "-o FILE is missing: where to write the page");
  }
  int code = EXIT_DONE;
  g_autoptr(store_t) store = context_open_store(context, STORE_READ, &code);
  if (!store) {
    return code;
  }
  g_autoptr(GError) error = NULL;
  g_autoptr(model_t) model = model_load(store, &error);
  if (!model) {
    return context_fail_with(context, error);
  }
  return make_page(context, model, path);
}

static const struct option report_options[] = {
    {"output", 'o', OPTION_TEXT, "FILE", "the page, usually with the ending .html", NULL},
    {"title", 0, OPTION_TEXT, "TEXT", "name in the heading (default: the root folder's)", NULL},
    {"catalogue", 0, OPTION_TEXT, "DIR", "prices for the calculator (default: those installed)",
     NULL},
    {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
};

const struct command report_command = {
    .name = "report",
    .arguments = "",
    .max_arguments = 0,
    .summary = "Write one page that shows everything",
    .description =
        "The page holds its data, script and style: it opens from disk and asks no network. It "
        "has\n"
        "the service map, the dependency matrix, state ownership, evidence tables with file and\n"
        "line, the bills with a calculator, and the migration order.",
    .options = report_options,
    .run = run_report,
};
