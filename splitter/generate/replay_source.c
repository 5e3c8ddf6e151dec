#include "splitter/generate/replay_source.h"

#include <string.h>

#include "splitter/generate/call_values.h"
#include "splitter/generate/type_table.h"

bool replay_source_can(const struct function_spec *spec)
{
  return spec->contract && strcmp(spec->adapter, "call") == 0 &&
         strcmp(spec->trigger, "direct") == 0;
}

static void write_call(struct c_writer *code, const struct function_spec *spec)
{
  const struct contract *contract = spec->contract;
  c_writer_open(code, "static void cleave_calls_%s(void *cleave_record)", spec->symbol);
  c_writer_line(code, "struct cleave_%s_values *cleave_values = cleave_record;", spec->symbol);
  c_writer_line(code, "(void)cleave_values;");
  if (contract->has_errno) {
    c_writer_line(code, "errno = 0;");
  }
  g_autoptr(GString) call = g_string_new(spec->routine->name);
  g_string_append_c(call, '(');
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    g_string_append_printf(call, "%scleave_values->%s", i > 0 ? ", " : "", param->name);
  }
  c_writer_line(code, "%s%s);",
                call_value_has_result(contract) ? "cleave_values->cleave_result = " : "",
                call->str);
  c_writer_line(code, "cleave_values->cleave_errno = errno;");
  c_writer_close(code, "");
  c_writer_open(code, "static int cleave_errno_of_%s(const void *record)", spec->symbol);
  c_writer_line(code, "return ((const struct cleave_%s_values *)record)->cleave_errno;",
                spec->symbol);
  c_writer_close(code, "");
  if (contract->fails && call_value_has_result(contract)) {
    c_writer_open(code, "static int cleave_fails_%s(const void *record)", spec->symbol);
    c_writer_line(code, "const struct cleave_%s_values *values = record;", spec->symbol);
    c_writer_line(code, "__typeof__(values->cleave_result) result = values->cleave_result;");
    c_writer_line(code, "return (%s) ? 1 : 0;", contract->fails);
    c_writer_close(code, "");
  }
}

static bool names_it(const char *expression, const char *name)
{
  g_autoptr(GPtrArray) names = expression ? c_identifiers_in(expression) : g_ptr_array_new();
  return g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL);
}

static const struct shape *behind_pointers(const struct shape *shape)
{
  while (shape->kind == SHAPE_POINTER) {
    shape = shape->element;
  }
  return shape;
}

/* Whether numbers or rooms of other parameters follow from this one. */
static bool is_dimension(const struct contract *contract, const char *name)
{
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *other = contract->params->pdata[i];
    const struct shape *shape = behind_pointers(other->shape);
    if (names_it(shape->extent, name) || names_it(other->capacity, name) ||
        g_strcmp0(shape->count, name) == 0) {
      return true;
    }
  }
  return false;
}

/* Whether the routine may free, or put others for, what it is handed. */
static bool may_be_freed(const struct contract_param *param)
{
  return param->is_kept || (param->is_in && param->is_out && param->shape->element &&
                            shape_holds_pointers(param->shape->element));
}

static char *flags_of(const struct contract *contract, const struct contract_param *param)
{
  GString *flags = g_string_new(param->is_in ? "CLEAVE_COMES_IN" : "0");
  g_string_append(flags, param->is_out ? " | CLEAVE_COMES_OUT" : "");
  g_string_append(flags, may_be_freed(param) ? " | CLEAVE_IS_KEPT" : "");
  g_string_append(flags, is_dimension(contract, param->name) ? " | CLEAVE_IS_DIMENSION" : "");
  bool ends = param->shape->kind == SHAPE_TEXT && param->is_out && param->capacity;
  g_string_append(flags, ends ? " | CLEAVE_ENDS_WITH_NUL" : "");
  return g_string_free(flags, FALSE);
}

/* Whether an earlier parameter has the same number. */
static bool is_follower(const struct contract *contract, guint index)
{
  const struct contract_param *param = contract->params->pdata[index];
  for (guint i = 0; param->shape->count && i < index; i++) {
    const struct contract_param *other = contract->params->pdata[i];
    if (other->is_in && g_strcmp0(other->shape->count, param->shape->count) == 0) {
      return true;
    }
  }
  return false;
}

/* The union whose arm the parameter tells: what its table is called, or NULL. */
static const char *chosen_table(const struct contract *contract, const char *name,
                                const GPtrArray *tables)
{
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *other = contract->params->pdata[i];
    const struct shape *shape = behind_pointers(other->shape);
    if (shape->kind == SHAPE_UNION && g_strcmp0(shape->tag, name) == 0) {
      return tables->pdata[i];
    }
  }
  return NULL;
}

static const struct contract_param *param_at(const struct contract *contract, guint index)
{
  return index == contract->params->len ? contract->result : contract->params->pdata[index];
}

static void append(GString *line, const char *name, const char *mark, const char *value)
{
  if (value) {
    g_string_append_printf(line, ", .%s = %s%s", name, mark, value);
  }
}

/* The initializer of one parameter, or of the result (INDEX beyond the parameters). */
static char *field_text(struct type_tables *tables, const struct function_spec *spec, guint index,
                        const GPtrArray *types)
{
  const struct contract *contract = spec->contract;
  bool is_result = index == contract->params->len;
  const struct contract_param *param =
      is_result ? contract->result : contract->params->pdata[index];
  g_autofree char *record = g_strdup_printf("struct cleave_%s_values", spec->symbol);
  const char *member = is_result ? "cleave_result" : param->name;
  g_autofree char *expression = call_value_count(contract, param->shape, "in->");
  g_autofree char *room = !is_result && param->is_out && !param->is_in
                              ? call_value_room(contract, param, "in->")
                              : NULL;
  g_autofree char *number = expression ? type_table_reader(tables, record, expression) : NULL;
  g_autofree char *room_reader = room ? type_table_reader(tables, record, room) : NULL;
  bool is_set = number && param->is_in && *expression != '(' &&
                behind_pointers(param->shape)->kind != SHAPE_UNION && !is_follower(contract, index);
  const char *const targets[] = {param->shape->count, NULL};
  g_autofree char *setter = is_set ? type_table_setter(tables, record, targets) : NULL;
  g_autofree char *flags = flags_of(contract, param);
  GString *line = g_string_new(NULL);
  g_string_append_printf(line, "{.name = \"%s\", .type = &%s, .offset = __builtin_offsetof(%s, %s)",
                         param->name, (const char *)types->pdata[index], record, member);
  append(line, "flags", "", flags);
  append(line, "number", "", number);
  append(line, "set_number", "", setter);
  append(line, "room", "", room_reader);
  append(line, "chooses", "&", is_result ? NULL : chosen_table(contract, param->name, types));
  g_string_append_c(line, '}');
  return g_string_free(line, FALSE);
}

/* Of the parameters, and of the result where there is one. */
static void write_types(struct type_tables *tables, const struct function_spec *spec,
                        GPtrArray *types)
{
  const struct contract *contract = spec->contract;
  for (guint i = 0; i < contract->params->len + call_value_has_result(contract); i++) {
    bool is_result = i == contract->params->len;
    const struct contract_param *param = param_at(contract, i);
    g_autofree char *place = g_strdup_printf("(*(struct cleave_%s_values *)0).%s", spec->symbol,
                                             is_result ? "cleave_result" : param->name);
    g_ptr_array_add(types, type_table_write(tables, param->shape, place));
  }
}

void replay_source_write(struct glue *glue, struct glue_file *file,
                         const struct function_spec *spec)
{
  const struct contract *contract = spec->contract;
  struct c_writer *code = &file->code;
  struct type_tables tables;
  g_autoptr(GPtrArray) types = g_ptr_array_new_with_free_func(g_free);
  type_tables_init(&tables, glue, file, spec->symbol);
  c_writer_line(code, "#include \"cleave_replay.h\"");
  c_writer_line(code, "%s", "");
  call_values_write_record(code, spec->symbol, spec->contract);
  write_call(code, spec);
  write_types(&tables, spec, types);
  g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < contract->params->len + call_value_has_result(contract); i++) {
    g_ptr_array_add(fields, field_text(&tables, spec, i, types));
  }
  c_writer_line(code, "static const struct cleave_slot cleave_params_%s[] = {", spec->symbol);
  for (guint i = 0; i < fields->len; i++) {
    c_writer_line(code, "    %s,", (const char *)fields->pdata[i]);
  }
  c_writer_line(code, "    {.name = 0}};");
  c_writer_line(code, "void cleave_replay_%s(struct cleave_replay_function *function);",
                spec->symbol);
  c_writer_open(code, "void cleave_replay_%s(struct cleave_replay_function *function)",
                spec->symbol);
  g_autofree char *name = c_literal(spec->name);
  c_writer_line(code, "function->name = %s;", name);
  c_writer_line(code, "function->size = sizeof(struct cleave_%s_values);", spec->symbol);
  c_writer_line(code, "function->fields = cleave_params_%s;", spec->symbol);
  c_writer_line(code, "function->n_fields = %u;", contract->params->len);
  if (call_value_has_result(contract)) {
    c_writer_line(code, "function->result = &cleave_params_%s[%u];", spec->symbol,
                  contract->params->len);
  }
  c_writer_line(code, "function->is_whole = %d;", contract->is_whole);
  c_writer_line(code, "function->has_errno = %d;", contract->has_errno);
  c_writer_line(code, "function->call = cleave_calls_%s;", spec->symbol);
  c_writer_line(code, "function->error_number = cleave_errno_of_%s;", spec->symbol);
  if (contract->fails && call_value_has_result(contract)) {
    c_writer_line(code, "function->fails = cleave_fails_%s;", spec->symbol);
  }
  c_writer_close(code, "");
  c_writer_line(code, "%s", "");
}

void replay_source_main(struct c_writer *code, const GPtrArray *specs)
{
  for (guint i = 0; i < specs->len; i++) {
    const struct function_spec *spec = specs->pdata[i];
    c_writer_line(code, "void cleave_replay_%s(struct cleave_replay_function *function);",
                  spec->symbol);
  }
  c_writer_line(code, "int __wrap_main(void);");
  c_writer_open(code, "int __wrap_main(void)");
  c_writer_line(code, "static struct cleave_replay_function functions[%u];", specs->len);
  for (guint i = 0; i < specs->len; i++) {
    const struct function_spec *spec = specs->pdata[i];
    c_writer_line(code, "cleave_replay_%s(&functions[%u]);", spec->symbol, i);
    c_writer_line(code, "functions[%u].init = start_%s;", i, spec->symbol);
  }
  c_writer_line(code, "return cleave_replay_main(functions, %u);", specs->len);
  c_writer_close(code, "");
}
