/* cleave graph VIEW -o FILE: one view of the store as a picture. */
#include <string.h>

#include "base/nearest.h"
#include "cli/command.h"
#include "cli/output.h"
#include "reports/graphs.h"
#include "reports/picture.h"

#define DEFAULT_LIMIT 60
#define DEFAULT_DEPTH 2

struct view {
  const char *word;
  struct graph *(*make)(const struct model *model, const struct graph_options *options);
};

static const struct view views[] = {
    {"services", graph_of_services}, {"calls", graph_of_calls}, {"state", graph_of_state},
    {"files", graph_of_files},       {"cost", graph_of_cost},
};

static const struct view *find_view(struct context *context, const char *word)
{
  const char *words[G_N_ELEMENTS(views) + 1] = {NULL};
  for (size_t i = 0; i < G_N_ELEMENTS(views); i++) {
    if (strcmp(views[i].word, word) == 0) {
      return &views[i];
    }
    words[i] = views[i].word;
  }
  const char *nearest = nearest_name(word, words, G_N_ELEMENTS(views));
  if (nearest) {
    context_fail(context, EXIT_USAGE, "cannot draw '%s', did you mean '%s'?", word, nearest);
  } else {
    context_fail(context, EXIT_USAGE,
                 "cannot draw '%s'; there are services, calls, state, files and cost", word);
  }
  return NULL;
}

/* The routine of --around, or -1 and a message. */
static int find_middle(struct context *context, const struct model *model, const char *name)
{
  g_autoptr(GArray) found = model_find_routines(model, name);
  if (found->len == 0) {
    g_autofree const char **names = g_new(const char *, model->routines->n + 1);
    for (size_t i = 0; i < model->routines->n; i++) {
      names[i] = model_routine_at(model, (int)i)->name;
    }
    const char *nearest = nearest_name(name, names, (unsigned)model->routines->n);
    context_fail(context, EXIT_USAGE, "there is no routine '%s'%s%s%s", name,
                 nearest ? ", did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    return -1;
  }
  if (found->len > 1) {
    g_autoptr(GString) list = g_string_new(NULL);
    for (guint i = 0; i < found->len; i++) {
      const struct fact_routine *routine = model_routine_at(model, g_array_index(found, int, i));
      g_string_append_printf(list, "\n  %s::%s", routine->file, routine->name);
    }
    context_fail(context, EXIT_USAGE, "'%s' is ambiguous:%s", name, list->str);
    return -1;
  }
  return g_array_index(found, int, 0);
}

/* Draws; when it is too large, folds harder before giving up. */
static GBytes *draw(struct context *context, const struct view *view, const struct model *model,
                    struct graph_options *options, enum picture_format format, GError **error)
{
  for (;;) {
    g_autoptr(GError) problem = NULL;
    g_autoptr(graph_handle) graph = view->make(model, options);
    GBytes *picture = picture_draw(graph, format, &picture_default_limits, &problem);
    if (picture) {
      if (graph->note) {
        context_say(context, "%s", graph->note);
      }
      return picture;
    }
    if (options->limit <= 10 || problem->code != PICTURE_ERROR_TOO_LARGE) {
      g_propagate_error(error, g_steal_pointer(&problem));
      return NULL;
    }
    options->limit /= 2;
    context_say(context, "%s; trying again with at most %u boxes", problem->message,
                options->limit);
  }
}

static int run_graph(struct context *context)
{
  const struct view *view = find_view(context, context->arguments[0]);
  if (!view) {
    return EXIT_USAGE;
  }
  const char *path = context_text(context, "output");
  enum picture_format format = PICTURE_DOT;
  if (!path) {
    return context_fail(context, EXIT_USAGE, "-o FILE is missing: where to write the picture");
  }
  if (!picture_format_of(path, &format)) {
    return context_fail(context, EXIT_USAGE,
                        "cannot tell the format of '%s': it must end with .dot, .svg, .png or .pdf",
                        path);
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
  struct graph_options options = {
      .limit = (unsigned)MIN(context_integer(context, "limit", DEFAULT_LIMIT), 100000),
      .around = -1,
      .depth = (unsigned)MIN(context_integer(context, "depth", DEFAULT_DEPTH), 1000),
      .has_shared = context_flag(context, "shared"),
      .link = context_text(context, "link"),
  };
  const char *around = context_text(context, "around");
  if (around) {
    options.around = find_middle(context, model, around);
    if (options.around < 0) {
      return EXIT_USAGE;
    }
  }
  g_autoptr(GBytes) picture = draw(context, view, model, &options, format, &error);
  if (!picture) {
    return context_fail_with(context, error);
  }
  gsize size = 0;
  const char *bytes = g_bytes_get_data(picture, &size);
  return output_write(context, path, bytes, size);
}

static const struct option graph_options[] = {
    {"output", 'o', OPTION_TEXT, "FILE", "the picture; its ending says the format", NULL},
    {"around", 0, OPTION_TEXT, "NAME", "calls: only what is near this routine", NULL},
    {"depth", 0, OPTION_INTEGER, "N", "calls: steps from the routine of --around (default 2)",
     NULL},
    {"limit", 0, OPTION_INTEGER, "N", "boxes at most; the rest is folded (default 60)", NULL},
    {"shared", 0, OPTION_FLAG, NULL, "draw shared code too", NULL},
    {"link", 0, OPTION_TEXT, "PAGE", "boxes link into this page, made by 'cleave report'", NULL},
    {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
};

const struct command graph_command = {
    .name = "graph",
    .arguments = "VIEW",
    .min_arguments = 1,
    .max_arguments = 1,
    .summary = "Draw services, calls, state, files or cost",
    .description =
        "VIEW is one of services, calls, state, files, cost. FILE ends with .dot, .svg, .png or\n"
        ".pdf. Ids in DOT and SVG are the same in every run. A graph with more than --limit boxes\n"
        "is folded: the heaviest stay, and the picture says what was left out.",
    .options = graph_options,
    .run = run_graph,
};
