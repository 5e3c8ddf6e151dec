#include "splitter/generate/call_source.h"

#include <string.h>

#include "splitter/generate/call_values.h"
#include "splitter/generate/marshal_source.h"

static bool is_consumer(const struct function_spec *spec)
{
  return strcmp(spec->adapter, "consumer") == 0;
}

static bool is_text_payload(const struct shape *shape)
{
  return shape->kind == SHAPE_STRING || shape->kind == SHAPE_TEXT || shape->kind == SHAPE_BYTES;
}

/* Whether what comes out may turn out larger than the room that was made for it. */
static bool has_measured_room(const struct contract_param *param)
{
  return param->is_out && !param->is_in &&
         (param->shape->kind == SHAPE_COUNTED || param->shape->kind == SHAPE_BYTES ||
          param->shape->kind == SHAPE_TEXT);
}

static void write_arguments(struct c_writer *code, const struct function_spec *spec)
{
  const struct contract *contract = spec->contract;
  c_writer_open(code, "struct cleave_%s_arguments", spec->symbol);
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    g_autofree char *type = call_value_type(param);
    g_autofree char *line = c_declarator(type, param->name);
    c_writer_line(code, "%s;", line);
    if (has_measured_room(param)) {
      c_writer_line(code, "size_t cleave_room_%s;", param->name);
    }
  }
  if (contract->params->len == 0) {
    c_writer_line(code, "int none;");
  }
  c_writer_close(code, ";");
  c_writer_line(code, "%s", "");
}

/* Room for what only comes out. */
static void write_out_room(struct c_writer *code, const struct contract *contract,
                           const struct contract_param *param)
{
  g_autofree char *room = call_value_room(contract, param, "arguments->");
  if (!room) {
    return;
  }
  bool is_typed = param->shape->kind == SHAPE_POINTER || param->shape->kind == SHAPE_COUNTED;
  g_autofree char *size =
      is_typed ? g_strdup_printf("sizeof *arguments->%s", param->name) : g_strdup("1");
  c_writer_open(code, "  ");
  c_writer_line(code, "size_t room = 0;");
  c_writer_open(code, "if (cleave_room(marshal, %s, &room) != 0)", room);
  c_writer_line(code, "return -1;");
  c_writer_close(code, "");
  c_writer_line(code, "arguments->%s = cleave_marshal_alloc(marshal, room, %s);", param->name,
                size);
  c_writer_open(code, "if (!arguments->%s)", param->name);
  c_writer_line(code, "return -1;");
  c_writer_close(code, "");
  if (has_measured_room(param)) {
    c_writer_line(code, "arguments->cleave_room_%s = room;", param->name);
  }
  c_writer_close(code, "");
}

static void check_enter(struct c_writer *code, const char *name)
{
  c_writer_open(code, "if (cleave_enter(marshal, \"%s\") != 0)", name);
  c_writer_line(code, "return -1;");
  c_writer_close(code, "");
}

static void write_param_reader(struct c_writer *code, const struct contract *contract,
                               const struct contract_param *param)
{
  g_autofree char *value = contract->is_whole
                               ? g_strdup("input")
                               : g_strdup_printf("cleave_member(input, \"%s\")", param->name);
  g_autofree char *target = g_strdup_printf("arguments->%s", param->name);
  g_autofree char *count = call_value_count(contract, param->shape, "arguments->");
  if (!contract->is_whole) {
    check_enter(code, param->name);
  }
  if (param->is_kept) {
    c_writer_line(code, "cleave_marshal_keep(marshal, 1);");
  }
  marshal_source_read(code, param->shape, value, target, count);
  if (param->is_kept) {
    c_writer_line(code, "cleave_marshal_keep(marshal, 0);");
  }
  if (!contract->is_whole) {
    c_writer_line(code, "cleave_leave(marshal);");
  }
}

/* Whether the number or the arm follows from neighbours, which are read first. */
static bool is_late(const struct contract *contract, const struct contract_param *param)
{
  g_autofree char *count = call_value_count(contract, param->shape, "");
  return marshal_source_is_late(param->shape) || (count && *count == '(');
}

static void write_reader(struct c_writer *code, const struct function_spec *spec)
{
  const struct contract *contract = spec->contract;
  c_writer_open(code,
                "static int cleave_take_%s(struct cleave_marshal *marshal, const cleave_value "
                "*input,\n    struct cleave_%s_arguments *arguments)",
                spec->symbol, spec->symbol);
  g_autoptr(GString) names = g_string_new("static const char *const members[] = {");
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    if (call_value_comes_in(param)) {
      g_string_append_printf(names, "\"%s\", ", param->name);
    }
  }
  c_writer_line(code, "%s0};", names->str);
  c_writer_line(code, "(void)members;");
  if (!contract->is_whole) {
    c_writer_open(code, "if (cleave_read_object(marshal, input, members) != 0)");
    c_writer_line(code, "return -1;");
    c_writer_close(code, "");
  }
  for (int pass = 0; pass < 2; pass++) {
    for (guint i = 0; i < contract->params->len; i++) {
      const struct contract_param *param = contract->params->pdata[i];
      if (call_value_comes_in(param) && is_late(contract, param) == (pass == 1)) {
        write_param_reader(code, contract, param);
      }
    }
  }
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    if (param->is_out && !param->is_in) {
      write_out_room(code, contract, param);
    }
  }
  c_writer_line(code, "return 0;");
  c_writer_close(code, "");
  c_writer_line(code, "%s", "");
}

static bool has_inputs(const struct contract *contract)
{
  for (guint i = 0; i < contract->params->len; i++) {
    if (call_value_comes_in(contract->params->pdata[i])) {
      return true;
    }
  }
  return false;
}

/* The routine is called where no variable of ours hides it, whatever it is called. */
static void write_routine(struct c_writer *code, const struct function_spec *spec)
{
  const struct contract *contract = spec->contract;
  bool has_result = call_value_has_result(contract);
  g_autofree char *type = has_result ? call_value_type(contract->result) : g_strdup("void");
  g_autofree char *own = g_strdup_printf(
      "cleave_routine_%s(struct cleave_%s_arguments *cleave_with)", spec->symbol, spec->symbol);
  g_autofree char *head = c_declarator(type, own);
  c_writer_open(code, "static %s", head);
  g_autoptr(GString) call = g_string_new(spec->routine->name);
  g_string_append_c(call, '(');
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    g_string_append_printf(call, "%scleave_with->%s", i > 0 ? ", " : "", param->name);
  }
  c_writer_line(code, "(void)cleave_with;");
  c_writer_line(code, "%s%s);", has_result ? "return " : "", call->str);
  c_writer_close(code, "");
}

/* What frees a value that the routine hands out, likewise. */
static void write_free(struct c_writer *code, const struct function_spec *spec,
                       const struct contract_param *value)
{
  if (value->free) {
    c_writer_open(code, "static void cleave_free_%s_%s(void *cleave_what)", spec->symbol,
                  value->name);
    c_writer_line(code, "%s(cleave_what);", value->free);
    c_writer_close(code, "");
  }
}

static bool is_given_back(const struct contract_param *param)
{
  return param->is_out && param->free && param->shape->kind == SHAPE_POINTER;
}

static void write_calls(struct c_writer *code, const struct function_spec *spec)
{
  const struct contract *contract = spec->contract;
  write_routine(code, spec);
  if (call_value_has_result(contract) && (contract->fails || !is_consumer(spec))) {
    write_free(code, spec, contract->result);
  }
  for (guint i = 0; i < contract->params->len; i++) {
    if (is_given_back(contract->params->pdata[i])) {
      write_free(code, spec, contract->params->pdata[i]);
    }
  }
}

static void write_release(struct c_writer *code, const struct contract *contract)
{
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    if (param->is_kept && strchr(param->type, '*')) {
      c_writer_line(code, "cleave_marshal_release(marshal);");
      return;
    }
  }
}

/* A routine that says that it wrote more than there was room for is not believed. */
static void write_room_checks(struct c_writer *code, const struct contract *contract)
{
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    g_autofree char *count =
        has_measured_room(param) ? call_value_count(contract, param->shape, "arguments.") : NULL;
    if (count) {
      c_writer_open(code, "if (cleave_number(marshal, %s) > arguments.cleave_room_%s)", count,
                    param->name);
      c_writer_line(code,
                    "failed = cleave_error_set(error, 500, \"Function.TooLittleRoom\",\n"
                    "        \"%s: the room does not hold what comes out\");",
                    param->name);
      c_writer_close(code, "");
    }
  }
}

/* Whether the routine can put other pointers in the place of those that came with the event. */
static bool may_replace(const struct contract *contract)
{
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    if (param->is_in && param->is_out && param->shape->element &&
        shape_holds_pointers(param->shape->element)) {
      return true;
    }
  }
  return false;
}

/* Gives back what the routine handed out. */
static void write_frees(struct c_writer *code, const struct function_spec *spec, bool has_result)
{
  const struct contract *contract = spec->contract;
  if (contract->result->free && has_result) {
    c_writer_open(code, "if (result)");
    c_writer_line(code, "cleave_free_%s_%s((void *)result);", spec->symbol, contract->result->name);
    c_writer_close(code, "");
  }
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    if (is_given_back(param)) {
      c_writer_open(code, "if (arguments.%s && *arguments.%s)", param->name, param->name);
      c_writer_line(code, "cleave_free_%s_%s((void *)*arguments.%s);", spec->symbol, param->name,
                    param->name);
      c_writer_close(code, "");
    }
  }
}

static void write_failure(struct c_writer *code, const struct function_spec *spec)
{
  g_autofree char *message = g_strdup_printf("%s failed", spec->routine->name);
  g_autofree char *literal = c_literal(message);
  c_writer_line(code, "failed = cleave_error_set(error, 500, \"Function.Failed\", %s);", literal);
}

static void write_call(struct c_writer *code, const struct function_spec *spec)
{
  const struct contract *contract = spec->contract;
  g_autofree char *call = g_strdup_printf("cleave_routine_%s(&arguments)", spec->symbol);
  bool has_result = call_value_has_result(contract);
  bool is_used = contract->fails || !is_consumer(spec);
  if (may_replace(contract)) {
    c_writer_line(code, "cleave_marshal_watch(marshal);");
  }
  if (contract->has_errno) {
    c_writer_line(code, "errno = 0;");
  }
  if (has_result && is_used) {
    g_autofree char *type = call_value_type(contract->result);
    g_autofree char *line = c_declarator(type, "result");
    c_writer_line(code, "%s = %s;", line, call);
  } else {
    c_writer_line(code, "%s%s;", has_result ? "(void)" : "", call);
  }
  if (contract->has_errno) {
    c_writer_line(code, "int saved_errno = errno;");
  }
  if (may_replace(contract)) {
    c_writer_line(code, "cleave_marshal_settle(marshal);");
  }
  c_writer_line(code, "failed = 0;");
  if (contract->fails && has_result) {
    c_writer_open(code, "if (%s)", contract->fails);
    write_failure(code, spec);
    c_writer_close(code, "");
  }
  if (!is_consumer(spec)) {
    write_room_checks(code, contract);
    c_writer_open(code, "if (!failed)");
    call_values_write_output(code, contract, "arguments.", "result", "saved_errno");
    c_writer_line(code, "failed = cleave_marshal_reply(marshal, reply, output);");
    c_writer_close(code, "");
  }
  write_frees(code, spec, has_result && is_used);
}

static void write_head(struct c_writer *code, const struct function_spec *spec)
{
  const char *format =
      is_consumer(spec) ? "int cleave_consume_%s(const struct cleave_message *message,\n    struct "
                          "cleave_error *error)"
                        : "int cleave_call_%s(const struct cleave_event *event,\n    struct "
                          "cleave_reply *reply, struct cleave_error *error)";
  GString *head = g_string_new(format);
  g_string_replace(head, "%s", spec->symbol, 1);
  c_writer_line(code, "%s;", head->str);
  c_writer_open(code, "%s", head->str);
  g_string_free(head, TRUE);
}

/* The payload itself is the one text. */
static void write_text_payload(struct c_writer *code, const struct function_spec *spec,
                               const char *payload)
{
  const struct contract_param *param = spec->contract->params->pdata[0];
  c_writer_line(code, "char *text = cleave_marshal_alloc(marshal, %s.length + 1, 1);", payload);
  c_writer_open(code, "if (text)");
  c_writer_line(code, "memcpy(text, %s.data, %s.length);", payload, payload);
  c_writer_line(code, "arguments.%s = (void *)text;", param->name);
  for (guint i = 1; i < spec->contract->params->len; i++) {
    const struct contract_param *count = spec->contract->params->pdata[i];
    c_writer_line(code, "arguments.%s = (__typeof__(arguments.%s))%s.length;", count->name,
                  count->name, payload);
  }
  c_writer_line(code, "is_read = 1;");
  c_writer_close(code, "");
}

static void prepare_types(struct glue *glue, struct glue_file *file,
                          const struct contract *contract)
{
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    marshal_source_prepare(glue, file, param->shape);
  }
  marshal_source_prepare(glue, file, contract->result->shape);
}

void call_source_write(struct glue *glue, struct glue_file *file, const struct function_spec *spec)
{
  const struct contract *contract = spec->contract;
  struct c_writer *code = &file->code;
  prepare_types(glue, file, contract);
  if (contract->result->free) {
    glue_declare(glue, file, contract->result->free);
  }
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    if (param->free) {
      glue_declare(glue, file, param->free);
    }
  }
  write_arguments(code, spec);
  write_calls(code, spec);
  bool is_text =
      contract->is_whole &&
      is_text_payload(((const struct contract_param *)contract->params->pdata[0])->shape);
  bool has_reader = has_inputs(contract) && !is_text;
  if (has_reader) {
    write_reader(code, spec);
  }
  write_head(code, spec);
  const char *payload = is_consumer(spec) ? "message->data" : "event->body";
  c_writer_line(code, "struct cleave_marshal state;");
  c_writer_line(code, "struct cleave_marshal *const marshal = &state;");
  c_writer_line(code, "struct cleave_%s_arguments arguments;", spec->symbol);
  c_writer_line(code, "int failed = -1;");
  c_writer_line(code, "int is_read = 0;");
  c_writer_line(code, "memset(&arguments, 0, sizeof arguments);");
  c_writer_line(code, "cleave_marshal_begin(marshal, error);");
  if (is_text) {
    write_text_payload(code, spec, payload);
  } else if (has_reader) {
    c_writer_line(code, "const cleave_value *input = cleave_marshal_parse(marshal, %s);", payload);
    c_writer_line(code, "is_read = input && cleave_take_%s(marshal, input, &arguments) == 0;",
                  spec->symbol);
  } else {
    c_writer_line(code, "CLEAVE_USE(%s);", is_consumer(spec) ? "message" : "event");
    c_writer_line(code, "is_read = 1;");
  }
  c_writer_open(code, "if (is_read)");
  write_release(code, contract);
  write_call(code, spec);
  c_writer_close(code, "");
  c_writer_line(code, "cleave_marshal_end(marshal);");
  c_writer_line(code, "return failed;");
  c_writer_close(code, "");
  c_writer_line(code, "%s", "");
}
