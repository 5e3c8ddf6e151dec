/* cleave doctor: what is installed, and what each missing piece costs. Runs nothing. */
#include <string.h>

#include "cli/command.h"
#include "cli/terminal.h"
#include "reports/rows.h"
#include "reports/table.h"
#include "reports/text.h"

struct program {
  const char *name;  /* or several with '|': one is enough */
  const char *costs; /* what is not possible without it */
};

/* Programs that commands or what they generate start. */
static const struct program programs[] = {
    {"cmake", "generated functions cannot be built"},
    {"ninja|make", "generated functions cannot be built"},
    {"gcc|clang|cc", "generated functions cannot be built"},
    {"zip", "functions cannot be packed for AWS Lambda and Azure"},
    {"docker|podman|buildah", "images for Google Cloud and Knative cannot be built"},
    {"sam|aws", "generated functions cannot be deployed to AWS from here"},
    {"gcloud", "generated functions cannot be deployed to Google Cloud from here"},
    {"az|func", "generated functions cannot be deployed to Azure from here"},
    {"bear|intercept-build",
     "compile commands of builds without CMake or Meson cannot be recorded"},
    {"man", "manual pages cannot be read; --help tells the same"},
};

struct folder {
  const char *name;
  const char *costs;
};

static const struct folder folders[] = {
    {"rules", "entries and effects cannot be found: analyze fails"},
    {"models", "calls through library routines are not followed"},
    {"catalogue", "cost and the calculator of the report have no prices"},
};

static void add(struct view_rows *table, const char *piece, bool is_there, const char *where,
                const char *costs)
{
  table_add_text(table, piece);
  table_add_text(table, is_there ? "ok" : "missing");
  table_add_text(table, where ? where : "");
  table_add_text(table, is_there ? "" : costs);
}

/* True when all that every run needs is there. */
static bool add_needed(const struct context *context, struct view_rows *table)
{
  bool is_headers = g_file_test(CLEAVE_RESOURCE_DIR "/include/stddef.h", G_FILE_TEST_EXISTS);
  add(table, "clang headers", is_headers, CLEAVE_RESOURCE_DIR,
      "C code cannot be parsed: install libclang-common-19-dev");
  bool is_good = is_headers;
  for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
    g_autofree char *path = context_data_folder(context, folders[i].name);
    bool is_there = g_file_test(path, G_FILE_TEST_IS_DIR);
    add(table, folders[i].name, is_there, path, folders[i].costs);
    is_good = is_good && is_there;
  }
  return is_good;
}

static void add_program(struct view_rows *table, const struct program *program)
{
  g_auto(GStrv) names = g_strsplit(program->name, "|", -1);
  g_autofree char *piece = g_strjoinv(" or ", names);
  for (char **name = names; *name; name++) {
    g_autofree char *path = g_find_program_in_path(*name);
    if (path) {
      add(table, piece, true, path, "");
      return;
    }
  }
  add(table, piece, false, NULL, program->costs);
}

static int run_doctor(struct context *context)
{
  g_autoptr(view_rows) table = table_new("piece", "status", "where", "costs", NULL);
  bool is_good = add_needed(context, table);
  for (size_t i = 0; i < G_N_ELEMENTS(programs); i++) {
    add_program(table, &programs[i]);
  }
  const char *format = context_format(context);
  g_autofree char *text =
      strcmp(format, "json") == 0 ? rows_json(table, "doctor")
      : strcmp(format, "csv") == 0
          ? rows_csv(table)
          : text_table(table, terminal_width(context->out),
                       terminal_has_color(context->out, context_text(context, "color")), NULL);
  fputs(text, context->out);
  return is_good ? EXIT_DONE : EXIT_FINDINGS;
}

const struct command doctor_command = {
    .name = "doctor",
    .arguments = "",
    .max_arguments = 0,
    .summary = "what is installed, and what each missing piece costs",
    .description =
        "Looks for the data files that every run needs, and for the programs that build, "
        "pack and deploy what is generated. Runs none of them.\n\n"
        "Exit codes: 0 all that Cleave itself needs is there, 1 something of it is not.",
    .formats = "table|json|csv",
    .run = run_doctor,
};
