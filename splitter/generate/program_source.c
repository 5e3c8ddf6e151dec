#include "splitter/generate/program_source.h"

#include <string.h>

static void write_head(struct c_writer *code, const struct function_spec *spec)
{
  c_writer_line(code, "int cleave_call_%s(const struct cleave_event *event,", spec->symbol);
  c_writer_line(code, "    struct cleave_reply *reply, struct cleave_error *error);");
  c_writer_open(code,
                "int cleave_call_%s(const struct cleave_event *event,\n    struct "
                "cleave_reply *reply, struct cleave_error *error)",
                spec->symbol);
}

static void write_program(struct c_writer *code, const struct function_spec *spec)
{
  g_autofree char *name = c_literal(spec->program ? spec->program : spec->name);
  c_writer_comment(code, "The monolith's own main: --wrap=main leaves it under this name.");
  c_writer_line(code, "int __real_main(int argc, char **argv);");
  c_writer_line(code, "%s", "");
  write_head(code, spec);
  c_writer_line(code, "static const struct cleave_program program = {%s, __real_main, 0};", name);
  c_writer_line(code, "return cleave_%s_invoke(&program, event, reply, error);", spec->adapter);
  c_writer_close(code, "");
}

static void write_microhttpd(struct glue *glue, const struct function_spec *spec)
{
  struct glue_file *file = glue_file(glue, spec->routine->file);
  struct c_writer *code = &file->code;
  /* Taken where no variable of ours hides it. */
  c_writer_line(code, "static void (*const cleave_routine_%s)(void) = (void (*)(void))%s;",
                spec->symbol, spec->routine->name);
  write_head(code, spec);
  c_writer_line(code, "return cleave_microhttpd_invoke(cleave_routine_%s, event, reply, error);",
                spec->symbol);
  c_writer_close(code, "");
}

void program_source_write(struct glue *glue, const struct function_spec *spec)
{
  if (strcmp(spec->adapter, "microhttpd") == 0) {
    write_microhttpd(glue, spec);
    return;
  }
  struct glue_file *file = glue_file(glue, "");
  write_program(&file->code, spec);
}
