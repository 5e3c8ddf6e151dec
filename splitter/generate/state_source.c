#include "splitter/generate/state_source.h"

#include <string.h>

#include "splitter/generate/marshal_source.h"
#include "splitter/generate/state_plan.h"

static const struct shape *shape_of(const struct stored_variable *variable)
{
  return ((const struct contract_param *)variable->contract->params->pdata[0])->shape;
}

static void write_reader(struct c_writer *code, const struct function_spec *spec, guint from,
                         guint to)
{
  g_autofree char *line = g_strdup_printf("int cleave_state_read_%s_%u(struct cleave_marshal "
                                          "*marshal,\n    const cleave_value *cleave_record)",
                                          spec->symbol, from);
  c_writer_line(code, "%s;", line);
  c_writer_open(code, "%s", line);
  for (guint i = from; i < to; i++) {
    const struct stored_variable *variable = spec->state->variables->pdata[i];
    g_autofree char *value =
        g_strdup_printf("cleave_member(cleave_record, \"%s\")", variable->lvalue);
    c_writer_open(code, "if (cleave_enter(marshal, \"%s\") != 0)", variable->lvalue);
    c_writer_line(code, "return -1;");
    c_writer_close(code, "");
    marshal_source_read(code, shape_of(variable), value, variable->lvalue, NULL);
    c_writer_line(code, "cleave_leave(marshal);");
  }
  c_writer_line(code, "return 0;");
  c_writer_close(code, "");
  c_writer_line(code, "%s", "");
}

static void write_writer(struct c_writer *code, const struct function_spec *spec, guint from,
                         guint to)
{
  g_autofree char *line = g_strdup_printf("void cleave_state_write_%s_%u(struct cleave_marshal "
                                          "*marshal,\n    cleave_value *cleave_record)",
                                          spec->symbol, from);
  c_writer_line(code, "%s;", line);
  c_writer_open(code, "%s", line);
  c_writer_line(code, "(void)marshal;");
  for (guint i = from; i < to; i++) {
    const struct stored_variable *variable = spec->state->variables->pdata[i];
    g_autofree char *before =
        g_strdup_printf("cleave_put(cleave_record, \"%s\", ", variable->lvalue);
    marshal_source_write(code, shape_of(variable), variable->lvalue, NULL, before, ")");
  }
  c_writer_close(code, "");
  c_writer_line(code, "%s", "");
}

static void write_descriptor(struct c_writer *code, const struct function_spec *spec,
                             const GArray *starts)
{
  c_writer_open(code,
                "static int read_state_%s(struct cleave_marshal *marshal, const cleave_value "
                "*record)",
                spec->symbol);
  for (guint i = 0; i < starts->len; i++) {
    c_writer_open(code, "if (cleave_state_read_%s_%u(marshal, record) != 0)", spec->symbol,
                  g_array_index(starts, guint, i));
    c_writer_line(code, "return -1;");
    c_writer_close(code, "");
  }
  c_writer_line(code, "return 0;");
  c_writer_close(code, "");
  c_writer_open(code,
                "static void write_state_%s(struct cleave_marshal *marshal, cleave_value "
                "*record)",
                spec->symbol);
  for (guint i = 0; i < starts->len; i++) {
    c_writer_line(code, "cleave_state_write_%s_%u(marshal, record);", spec->symbol,
                  g_array_index(starts, guint, i));
  }
  c_writer_close(code, "");
  g_autofree char *key = g_strdup_printf("%s/%s", spec->program, spec->service);
  g_autofree char *literal = c_literal(key);
  c_writer_line(code,
                "static struct cleave_state state_%s = {%s, read_state_%s, write_state_%s, 0};",
                spec->symbol, literal, spec->symbol, spec->symbol);
}

static void write_stateful(struct c_writer *code, const struct function_spec *spec)
{
  if (strcmp(spec->adapter, "consumer") == 0) {
    c_writer_open(code,
                  "static int cleave_stateful_%s(const struct cleave_message *message,\n    struct "
                  "cleave_error *error)",
                  spec->symbol);
    c_writer_line(code,
                  "return cleave_state_consume(&state_%s, cleave_consume_%s, message, error);",
                  spec->symbol, spec->symbol);
  } else {
    c_writer_open(code,
                  "static int cleave_stateful_%s(const struct cleave_event *event,\n    struct "
                  "cleave_reply *reply, struct cleave_error *error)",
                  spec->symbol);
    c_writer_line(code,
                  "return cleave_state_invoke(&state_%s, cleave_call_%s, event, reply, error);",
                  spec->symbol, spec->symbol);
  }
  c_writer_close(code, "");
  c_writer_line(code, "%s", "");
}

void state_source_write(struct glue *glue, struct c_writer *code, const struct function_spec *spec)
{
  const GPtrArray *variables = spec->state->variables;
  g_autoptr(GArray) starts = g_array_new(FALSE, FALSE, sizeof(guint));
  for (guint from = 0, to = 0; from < variables->len; from = to) {
    const struct stored_variable *first = variables->pdata[from];
    struct glue_file *file = glue_file(glue, first->state->file);
    for (to = from; to < variables->len; to++) {
      const struct stored_variable *variable = variables->pdata[to];
      if (strcmp(variable->state->file, first->state->file) != 0) {
        break;
      }
      marshal_source_prepare(glue, file, shape_of(variable));
    }
    write_reader(&file->code, spec, from, to);
    write_writer(&file->code, spec, from, to);
    c_writer_line(code,
                  "int cleave_state_read_%s_%u(struct cleave_marshal *marshal, const "
                  "cleave_value *record);",
                  spec->symbol, from);
    c_writer_line(code,
                  "void cleave_state_write_%s_%u(struct cleave_marshal *marshal, "
                  "cleave_value *record);",
                  spec->symbol, from);
    g_array_append_val(starts, from);
  }
  write_descriptor(code, spec, starts);
  write_stateful(code, spec);
}
