#include "splitter/generate/proxy_source.h"

#include <string.h>

#include "splitter/generate/call_values.h"
#include "splitter/generate/marshal_source.h"
#include "splitter/generate/proxy_copy.h"

static char *param_name(const struct fact_param *param)
{
  return *param->name && c_is_identifier(param->name)
             ? g_strdup(param->name)
             : g_strdup_printf("p%" G_GINT64_FORMAT, param->position);
}

char *proxy_source_head(const struct inventory *inventory, const struct fact_routine *routine)
{
  g_autoptr(GString) list = g_string_new(NULL);
  const struct fact_param *result = inventory_param(inventory, routine->id, 0);
  unsigned n = inventory_n_params(inventory, routine->id);
  for (unsigned i = 1; i <= n; i++) {
    const struct fact_param *param = inventory_param(inventory, routine->id, i);
    g_autofree char *name = param_name(param);
    g_autofree char *declarator = c_declarator(param->type, name);
    g_string_append_printf(list, "%s%s", i > 1 ? ", " : "", declarator);
  }
  g_autofree char *tail =
      g_strdup_printf("%s(%s)", routine->name, list->len > 0 ? list->str : "void");
  g_autofree char *whole = c_declarator(result ? result->type : "void", tail);
  return g_strdup_printf("%s%s", routine->is_static ? "static " : "", whole);
}

void proxy_source_descriptor(struct c_writer *code, const struct proxy_plan *plan)
{
  const struct function_spec *spec = plan->spec;
  g_autofree char *routine = c_literal(spec->routine->name);
  g_autofree char *function = c_literal(spec->name);
  bool has_key = strcmp(spec->trigger, "queue") == 0 || strcmp(spec->trigger, "http") == 0;
  g_autofree char *key = c_literal(has_key ? spec->key : "");
  bool tells = plan->error || (spec->contract && spec->contract->result->shape->kind == SHAPE_VOID);
  c_writer_comment(code, "Failure: %s.\nRepeated calls: %s%s.", plan->error_reason,
                   plan->is_idempotent ? "allowed: " : "not allowed: ", plan->idempotent_reason);
  c_writer_open(code, "static struct cleave_proxy cleave_proxy_%s =", spec->symbol);
  c_writer_line(code, ".routine = %s,", routine);
  c_writer_line(code, ".function = %s,", function);
  c_writer_line(code, ".key = %s,", key);
  c_writer_line(code, ".flags = 0%s%s%s%s,",
                plan->is_idempotent ? " | CLEAVE_PROXY_IDEMPOTENT" : "",
                tells ? " | CLEAVE_PROXY_TELLS_ERROR" : "",
                plan->is_unattended ? " | CLEAVE_PROXY_UNATTENDED" : "",
                strcmp(spec->adapter, "consumer") == 0 ? " | CLEAVE_PROXY_MESSAGE" : "");
  c_writer_close(code, ";");
  c_writer_comment(code, "The original is running on this thread: what it calls stays here.");
  c_writer_line(code, "static __thread unsigned cleave_inside_%s;", spec->symbol);
  c_writer_line(code, "%s", "");
}

static bool is_array(const struct contract_param *param)
{
  return param->shape->kind == SHAPE_TEXT_ARRAY || param->shape->kind == SHAPE_BYTE_ARRAY ||
         param->shape->kind == SHAPE_ARRAY;
}

/* Writers of values want a marshal, which says whether the value has an end. */
static void open_writing(struct c_writer *code)
{
  c_writer_line(code, "struct cleave_marshal writing;");
  c_writer_line(code, "struct cleave_marshal *marshal = &writing;");
  c_writer_line(code, "cleave_marshal_begin(marshal, NULL);");
  c_writer_line(code, "(void)values;");
}

/* The caller's parameters as the function's input. */
static void write_input(struct c_writer *code, const struct proxy_plan *plan)
{
  const struct contract *contract = plan->spec->contract;
  c_writer_open(code, "static cleave_value *input_%s(const struct cleave_%s_values *values)",
                plan->spec->symbol, plan->spec->symbol);
  open_writing(code);
  if (contract->is_whole) {
    const struct contract_param *param = contract->params->pdata[0];
    g_autofree char *source = g_strdup_printf("values->%s", param->name);
    g_autofree char *count = call_value_count(contract, param->shape, "values->");
    c_writer_line(code, "cleave_value *whole = NULL;");
    marshal_source_write(code, param->shape, source, count, "whole = (", ")");
    c_writer_line(code, "return cleave_proxy_written(marshal, whole);");
  } else {
    c_writer_line(code, "cleave_value *object = cleave_write_object();");
    for (guint i = 0; i < contract->params->len; i++) {
      const struct contract_param *param = contract->params->pdata[i];
      if (!call_value_comes_in(param)) {
        continue;
      }
      g_autofree char *source = g_strdup_printf("values->%s", param->name);
      g_autofree char *count = call_value_count(contract, param->shape, "values->");
      g_autofree char *before = g_strdup_printf("cleave_put(object, \"%s\", ", param->name);
      marshal_source_write(code, param->shape, source, count, before, ")");
    }
    c_writer_line(code, "return cleave_proxy_written(marshal, object);");
  }
  c_writer_close(code, "");
  c_writer_line(code, "%s", "");
}

/* A function that is woken by messages answers nobody. */
static bool is_asked(const struct proxy_plan *plan)
{
  return strcmp(plan->spec->adapter, "consumer") != 0;
}

/* What the original answered, as the function would say it. */
static void write_expected(struct c_writer *code, const struct proxy_plan *plan)
{
  c_writer_open(code, "static cleave_value *output_%s(const struct cleave_%s_values *values)",
                plan->spec->symbol, plan->spec->symbol);
  open_writing(code);
  call_values_write_output(code, plan->spec->contract, "values->", "values->cleave_result",
                           "values->cleave_errno");
  c_writer_line(code, "return cleave_proxy_written(marshal, output);");
  c_writer_close(code, "");
  c_writer_line(code, "%s", "");
}

static bool travels_back(const struct contract_param *param)
{
  return param->is_out && param->shape->kind != SHAPE_OMITTED && param->shape->kind != SHAPE_VOID;
}

static void write_member_reader(struct c_writer *code, const struct shape *shape,
                                const char *member, const char *target, const char *count)
{
  g_autofree char *value = g_strdup_printf("cleave_member(output, \"%s\")", member);
  c_writer_open(code, "if (cleave_enter(marshal, \"%s\") != 0)", member);
  c_writer_line(code, "return -1;");
  c_writer_close(code, "");
  marshal_source_read(code, shape, value, target, count);
  c_writer_line(code, "cleave_leave(marshal);");
}

/* Reads the answer: everything into memory of the marshal first, so that a wrong answer changes
 * nothing of the caller's. */
static void write_answer(struct c_writer *code, const struct proxy_plan *plan)
{
  const struct contract *contract = plan->spec->contract;
  g_autoptr(GString) names = g_string_new("static const char *const members[] = {");
  if (call_value_has_result(contract)) {
    g_string_append(names, "\"result\", ");
  }
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    if (travels_back(param)) {
      g_string_append_printf(names, "\"%s\", ", param->name);
    }
  }
  g_string_append(names, contract->has_errno ? "\"errno\", 0};" : "0};");
  c_writer_open(code,
                "static int answer_%s(struct cleave_marshal *marshal, const cleave_value *output,\n"
                "    struct cleave_%s_values *given, size_t *sizes)",
                plan->spec->symbol, plan->spec->symbol);
  c_writer_line(code, "%s", names->str);
  c_writer_line(code, "(void)given, (void)sizes;");
  c_writer_open(code, "if (cleave_read_object(marshal, output, members) != 0)");
  c_writer_line(code, "return -1;");
  c_writer_close(code, "");
  if (call_value_has_result(contract)) {
    write_member_reader(code, contract->result->shape, "result", "given->cleave_result", NULL);
  }
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    if (travels_back(param)) {
      g_autofree char *target = g_strdup_printf("given->%s", param->name);
      g_autofree char *size = g_strdup_printf("sizes[%u]", i);
      bool is_counted = param->shape->kind == SHAPE_TEXT || param->shape->kind == SHAPE_BYTES ||
                        param->shape->kind == SHAPE_COUNTED;
      write_member_reader(code, param->shape, param->name, target, is_counted ? size : NULL);
    }
  }
  if (contract->has_errno) {
    c_writer_open(code, "  ");
    c_writer_line(code, "int64_t number = 0;");
    c_writer_open(code, "if (cleave_read_signed(marshal, cleave_member(output, \"errno\"), 32, "
                        "&number) != 0)");
    c_writer_line(code, "return -1;");
    c_writer_close(code, "");
    c_writer_line(code, "given->cleave_errno = (int)number;");
    c_writer_close(code, "");
  }
  c_writer_line(code, "return 0;");
  c_writer_close(code, "");
  c_writer_line(code, "%s", "");
}

/* The room of an out buffer, in elements or bytes: what the caller says it is. */
static char *room_of(const struct contract *contract, const struct contract_param *param)
{
  const char *name = param->capacity ? param->capacity : param->shape->count;
  const struct contract_param *room = name ? call_value_find(contract, name) : NULL;
  return room ? g_strdup_printf("(size_t)%sgiven->%s", strchr(room->type, '*') ? "*" : "",
                                room->name)
              : g_strdup("0");
}

static void check_room(struct c_writer *code, const char *condition)
{
  c_writer_open(code, "if (%s)", condition);
  c_writer_line(code, "return -1;");
  c_writer_close(code, "");
}

/* Whether everything that came fits where the caller wants it. */
static void write_room_check(struct c_writer *code, const struct contract *contract,
                             const struct contract_param *param, guint i)
{
  g_autofree char *condition = NULL;
  switch (param->shape->kind) {
  case SHAPE_TEXT:
  case SHAPE_BYTES:
  case SHAPE_COUNTED: {
    g_autofree char *room = room_of(contract, param);
    condition = g_strdup_printf("given->%s && sizes[%u] > %s", param->name, i, room);
    break;
  }
  case SHAPE_STRING:
    condition = g_strdup_printf("given->%s && (!got->%s || strlen((const char *)got->%s) > "
                                "strlen((const char *)given->%s))",
                                param->name, param->name, param->name, param->name);
    break;
  case SHAPE_POINTER:
    condition = g_strdup_printf("given->%s && !got->%s", param->name, param->name);
    break;
  default:
    return;
  }
  check_room(code, condition);
}

static void write_taking(struct c_writer *code, const struct contract *contract,
                         const struct contract_param *param, guint i)
{
  const char *name = param->name;
  switch (param->shape->kind) {
  case SHAPE_TEXT: {
    g_autofree char *room = room_of(contract, param);
    c_writer_open(code, "if (given->%s && got->%s)", name, name);
    c_writer_line(code, "memcpy((void *)given->%s, got->%s, sizes[%u]);", name, name, i);
    c_writer_open(code, "if (sizes[%u] < %s)", i, room);
    c_writer_line(code, "((char *)given->%s)[sizes[%u]] = '\\0';", name, i);
    c_writer_close(code, "");
    c_writer_close(code, "");
    break;
  }
  case SHAPE_BYTES:
  case SHAPE_COUNTED: {
    const char *size = param->shape->kind == SHAPE_BYTES ? "1" : "sizeof *given->";
    c_writer_open(code, "if (given->%s && got->%s)", name, name);
    c_writer_line(code, "memcpy((void *)given->%s, got->%s, sizes[%u] * %s%s);", name, name, i,
                  size, param->shape->kind == SHAPE_BYTES ? "" : name);
    c_writer_close(code, "");
    break;
  }
  case SHAPE_STRING:
    c_writer_open(code, "if (given->%s)", name);
    c_writer_line(code, "memcpy((void *)given->%s, got->%s, strlen((const char *)got->%s) + 1);",
                  name, name, name);
    c_writer_close(code, "");
    break;
  case SHAPE_POINTER:
    c_writer_open(code, "if (given->%s)", name);
    c_writer_line(code, "memcpy((void *)given->%s, got->%s, sizeof *given->%s);", name, name, name);
    c_writer_close(code, "");
    break;
  default:
    c_writer_line(code, "memcpy((void *)given->%s, got->%s, sizeof given->%s);", name, name, name);
    break;
  }
}

static bool is_taken(const struct contract_param *param, bool is_out_only)
{
  return travels_back(param) && param->is_in != is_out_only;
}

/* Gives the caller what came: all of it, or nothing. */
static void write_take(struct c_writer *code, const struct proxy_plan *plan)
{
  const struct contract *contract = plan->spec->contract;
  const char *symbol = plan->spec->symbol;
  c_writer_open(code,
                "static int take_%s(struct cleave_%s_values *given, const struct cleave_%s_values "
                "*got,\n    const size_t *sizes)",
                symbol, symbol, symbol);
  c_writer_line(code, "(void)given, (void)got, (void)sizes;");
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    if (travels_back(param)) {
      write_room_check(code, contract, param, i);
    }
  }
  if (call_value_has_result(contract)) {
    c_writer_line(code, "given->cleave_result = got->cleave_result;");
  }
  c_writer_line(code, "given->cleave_errno = got->cleave_errno;");
  for (int is_out_only = 0; is_out_only < 2; is_out_only++) {
    if (is_out_only && plan->error) {
      c_writer_comment(code, "The routine failed: what only comes out means nothing.");
      c_writer_open(code, "if (got->cleave_result == (__typeof__(got->cleave_result))(%s))",
                    plan->error);
      c_writer_line(code, "return 0;");
      c_writer_close(code, "");
    }
    for (guint i = 0; i < contract->params->len; i++) {
      const struct contract_param *param = contract->params->pdata[i];
      if (is_taken(param, is_out_only)) {
        write_taking(code, contract, param, i);
      }
    }
  }
  c_writer_line(code, "return 0;");
  c_writer_close(code, "");
  c_writer_line(code, "%s", "");
}

static bool any_transfer(const struct contract *contract)
{
  bool is_given = contract->result->free != NULL;
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    is_given = is_given || (param->is_out && param->free);
  }
  return is_given;
}

/* Asks the function; 0, or -1 with the failure in the call. */
static void write_remote(struct c_writer *code, const struct proxy_plan *plan)
{
  const struct contract *contract = plan->spec->contract;
  const char *symbol = plan->spec->symbol;
  bool lends = !any_transfer(contract) && strchr(contract->result->type, '*');
  c_writer_open(code,
                "static int remote_%s(struct cleave_proxy_call *call, struct cleave_%s_values "
                "*values)",
                symbol, symbol);
  c_writer_line(code, "struct cleave_marshal marshal;");
  c_writer_line(code, "struct cleave_%s_values got;", symbol);
  c_writer_line(code, "size_t sizes[%u] = {0};", contract->params->len + 1);
  c_writer_line(code, "memset(&got, 0, sizeof got);");
  c_writer_line(code, "got.cleave_errno = values->cleave_errno;");
  c_writer_line(code, "cleave_marshal_begin(&marshal, &call->error);");
  c_writer_line(code,
                "const cleave_value *output = cleave_proxy_ask(call, &marshal, "
                "input_%s(values));",
                symbol);
  c_writer_line(code, "int failed = output ? 0 : -1;");
  c_writer_open(code, "if (!failed && answer_%s(&marshal, output, &got, sizes) != 0)", symbol);
  c_writer_line(code, "failed = cleave_proxy_refuse(call, \"the answer is not of its contract\");");
  c_writer_close(code, "");
  c_writer_open(code, "if (!failed && take_%s(values, &got, sizes) != 0)", symbol);
  c_writer_line(code, "failed = cleave_proxy_refuse(call, \"the answer does not fit the caller's "
                      "room\");");
  c_writer_close(code, "");
  if (any_transfer(contract)) {
    c_writer_open(code, "if (!failed)");
    c_writer_line(code, "cleave_marshal_give(&marshal);");
    c_writer_close(code, "");
  } else if (lends) {
    c_writer_open(code, "if (!failed)");
    c_writer_line(code, "cleave_proxy_keep(call, &marshal);");
    c_writer_close(code, "");
  }
  c_writer_line(code, "cleave_marshal_end(&marshal);");
  c_writer_line(code, "return failed;");
  c_writer_close(code, "");
  c_writer_line(code, "%s", "");
}

static char *local_call(const struct proxy_plan *plan)
{
  g_autofree char *local = proxy_copy_name(plan->spec->routine->name);
  const struct contract *contract = plan->spec->contract;
  GString *call = g_string_new(local);
  g_string_append_c(call, '(');
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    g_string_append_printf(call, "%s%s", i > 0 ? ", " : "", param->name);
  }
  g_string_append_c(call, ')');
  return g_string_free(call, FALSE);
}

/* values = the caller's parameters. Arrays are copied; a text only up to its NUL. */
static void write_filling(struct c_writer *code, const struct contract *contract)
{
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    const char *name = param->name;
    if (!is_array(param)) {
      c_writer_line(code, "cleave_values.%s = %s;", name, name);
    } else if (param->shape->kind == SHAPE_TEXT_ARRAY) {
      c_writer_line(code, "memccpy(cleave_values.%s, %s, 0, sizeof cleave_values.%s);", name, name,
                    name);
    } else {
      c_writer_line(code, "memcpy(cleave_values.%s, %s, sizeof cleave_values.%s);", name, name,
                    name);
    }
  }
}

/* Arrays were filled in a copy. */
static void write_arrays_back(struct c_writer *code, const struct contract *contract,
                              const char *direction)
{
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    if (!is_array(param) || !param->is_out) {
      continue;
    }
    if (strcmp(direction, "out") == 0) {
      c_writer_line(code, "memcpy(%s, cleave_values.%s, sizeof cleave_values.%s);", param->name,
                    param->name, param->name);
    } else {
      c_writer_line(code, "memcpy(cleave_values.%s, %s, sizeof cleave_values.%s);", param->name,
                    param->name, param->name);
    }
  }
}

static void write_local(struct c_writer *code, const struct proxy_plan *plan)
{
  const struct contract *contract = plan->spec->contract;
  g_autofree char *call = local_call(plan);
  c_writer_line(code, "errno = cleave_call.entry_errno;");
  c_writer_line(code, "cleave_inside_%s++;", plan->spec->symbol);
  c_writer_line(code, "%s%s;",
                call_value_has_result(contract) ? "cleave_values.cleave_result = " : "", call);
  c_writer_line(code, "cleave_inside_%s--;", plan->spec->symbol);
  c_writer_line(code, "cleave_values.cleave_errno = errno;");
}

static void write_error_value(struct c_writer *code, const struct proxy_plan *plan)
{
  if (plan->error) {
    c_writer_line(code,
                  "cleave_values.cleave_result = (__typeof__(cleave_values.cleave_result))(%s);",
                  plan->error);
  }
  c_writer_line(code, "cleave_values.cleave_errno = cleave_call.error_number;");
}

static void write_outcome(struct c_writer *code, const struct proxy_plan *plan)
{
  c_writer_close(code, " else if (cleave_proxy_may_fall_back(&cleave_call)) {");
  c_writer_line(code, "cleave_is_local = 1;");
  c_writer_close(code, " else {");
  write_error_value(code, plan);
  c_writer_close(code, "");
}

static void write_asking(struct c_writer *code, const struct proxy_plan *plan)
{
  c_writer_open(code,
                "if (cleave_mode == CLEAVE_PROXY_REMOTE || cleave_mode == CLEAVE_PROXY_FALLBACK)");
  c_writer_line(code, "cleave_is_local = 0;");
  c_writer_open(code, "if (remote_%s(&cleave_call, &cleave_values) == 0)", plan->spec->symbol);
  write_arrays_back(code, plan->spec->contract, "out");
  write_outcome(code, plan);
  c_writer_close(code, " else if (cleave_mode == CLEAVE_PROXY_SHADOW) {");
  c_writer_line(code, "cleave_call.input = input_%s(&cleave_values);", plan->spec->symbol);
  c_writer_close(code, "");
}

static void write_handing_over(struct c_writer *code, const struct proxy_plan *plan)
{
  if (!plan->is_unattended) {
    return;
  }
  c_writer_open(code, "if (cleave_mode == CLEAVE_PROXY_QUEUE)");
  c_writer_line(code, "cleave_is_local = 0;");
  c_writer_open(code, "if (cleave_proxy_send(&cleave_call, input_%s(&cleave_values), %d) == 0)",
                plan->spec->symbol, plan->spec->contract->is_whole);
  if (plan->accepted) {
    c_writer_line(code, "cleave_values.cleave_result = %s;", plan->accepted);
  } else {
    c_writer_line(code, "cleave_values.cleave_errno = cleave_call.entry_errno;");
  }
  write_outcome(code, plan);
  c_writer_close(code, "");
}

/* Where the original fails, what it leaves in the caller's memory means nothing. */
static void write_comparison(struct c_writer *code, const struct proxy_plan *plan)
{
  const struct contract *contract = plan->spec->contract;
  c_writer_open(code, "if (cleave_call.input)");
  write_arrays_back(code, contract, "in");
  c_writer_line(code, "cleave_call.expected = output_%s(&cleave_values);", plan->spec->symbol);
  g_autofree char *failed =
      plan->error
          ? g_strdup_printf(
                "cleave_values.cleave_result == (__typeof__(cleave_values.cleave_result))(%s)",
                plan->error)
          : g_strdup("0");
  c_writer_line(code, "cleave_proxy_compare(&cleave_call, %s);", failed);
  c_writer_close(code, "");
}

static void write_proxy(struct glue *glue, struct c_writer *code, const struct proxy_plan *plan)
{
  const struct contract *contract = plan->spec->contract;
  const char *symbol = plan->spec->symbol;
  g_autofree char *head = proxy_source_head(glue->inventory, plan->spec->routine);
  c_writer_line(code, "%s;", head);
  c_writer_open(code, "%s", head);
  c_writer_line(code, "struct cleave_%s_values cleave_values;", symbol);
  c_writer_line(code, "struct cleave_proxy_call cleave_call;");
  c_writer_line(code, "int cleave_is_local = 1;");
  c_writer_line(code, "memset(&cleave_values, 0, sizeof cleave_values);");
  write_filling(code, contract);
  c_writer_line(code, "cleave_values.cleave_errno = errno;");
  c_writer_line(
      code,
      "enum cleave_proxy_mode cleave_mode = cleave_proxy_begin(&cleave_call, &cleave_proxy_%s, "
      "cleave_inside_%s > 0);",
      symbol, symbol);
  c_writer_line(code, "(void)cleave_mode;");
  if (is_asked(plan)) {
    write_asking(code, plan);
  }
  write_handing_over(code, plan);
  c_writer_open(code, "if (cleave_is_local)");
  write_local(code, plan);
  c_writer_close(code, "");
  if (is_asked(plan)) {
    write_comparison(code, plan);
  }
  c_writer_line(code, "cleave_proxy_end(&cleave_call);");
  c_writer_line(code, "errno = cleave_values.cleave_errno;");
  if (call_value_has_result(contract)) {
    c_writer_line(code, "return cleave_values.cleave_result;");
  }
  c_writer_close(code, "");
  c_writer_line(code, "%s", "");
}

void proxy_source_write(struct glue *glue, struct glue_file *file, const struct proxy_plan *plan)
{
  const struct contract *contract = plan->spec->contract;
  struct c_writer *code = &file->code;
  for (guint i = 0; i < contract->params->len; i++) {
    marshal_source_prepare(glue, file,
                           ((struct contract_param *)contract->params->pdata[i])->shape);
  }
  marshal_source_prepare(glue, file, contract->result->shape);
  proxy_source_descriptor(code, plan);
  call_values_write_record(code, plan->spec->symbol, plan->spec->contract);
  c_writer_line(code, "%s", "");
  write_input(code, plan);
  if (is_asked(plan)) {
    write_expected(code, plan);
    write_answer(code, plan);
    write_take(code, plan);
    write_remote(code, plan);
  }
  write_proxy(glue, code, plan);
}
