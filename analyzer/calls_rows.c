#include "analyzer/calls_parts.h"

void calls_reserve_rows(struct findings *findings, const struct flow *flow)
{
  guint n_calls = 0, n_arguments = 0;
  for (guint i = 0; i < flow->program->units->len; i++) {
    const struct unit *unit =
        linkage_unit(findings->linkage, g_array_index(flow->program->units, uint32_t, i));
    n_calls += unit->n_calls;
    n_arguments += unit->n_arguments;
  }
  rows_reserve(findings->sites, n_calls);
  rows_reserve(findings->calls, n_calls);
  rows_reserve(findings->arguments, n_arguments);
  guint n_found = findings->found_calls->len;
  g_array_set_size(findings->found_calls, n_found + n_calls);
  g_array_set_size(findings->found_calls, n_found);
}

void calls_add_row(struct call_search *search, int64_t site, uint32_t caller, uint32_t callee,
                   uint32_t unit, uint32_t call, enum call_kind kind, const char *tier,
                   const char *witness_file, int64_t witness_line)
{
  static const char *const kinds[] = {"direct", "indirect", "callback"};
  struct linkage *linkage = search->findings->linkage;
  const struct unit *from = linkage_unit(linkage, unit);
  const struct unit_call *row = &from->calls[call];
  struct fact_call record = {
      .site = site,
      .caller = linkage_routine(linkage, caller)->id,
      .callee = linkage_routine(linkage, callee)->id,
      .kind = kinds[kind],
      .tier = tier,
      .file = findings_file(from, row->file),
      .line = row->line,
      .column = row->column,
      .witness_file = witness_file,
      .witness_line = witness_line,
  };
  rows_add(search->findings->calls, &record);
}

void calls_add_site(struct call_search *search, int64_t site, uint32_t caller,
                    const struct unit *unit, const struct unit_call *call, bool is_complete)
{
  bool is_direct = call->callee != UNIT_NONE;
  struct fact_site record = {
      .id = site,
      .caller = linkage_routine(search->findings->linkage, caller)->id,
      .file = findings_file(unit, call->file),
      .line = call->line,
      .column = call->column,
      .is_direct = is_direct,
      .is_complete = is_complete,
      .expression = is_direct ? unit_string(unit, unit->routines[call->callee].name)
                              : unit_string(unit, call->expression),
      .loop_depth = call->loop_depth,
  };
  rows_add(search->findings->sites, &record);
}

static const char *object_name(struct call_search *search, const struct unit *unit,
                               const struct unit_argument *argument)
{
  if (argument->index == UNIT_NONE)
    return "";
  const char *name = unit_string(unit, unit->objects[argument->index].name);
  if (argument->path == 0)
    return name;
  g_autofree char *path = linkage_path_text(unit, argument->path);
  if (*path == '\0')
    return name;
  g_autofree char *whole = g_strconcat(name, ".", path, NULL);
  return linkage_string(search->findings->linkage, whole);
}

static const char *number_text(struct call_search *search, int64_t number)
{
  char text[32] = "-";
  uint64_t size = number < 0 ? -(uint64_t)number : (uint64_t)number;
  *linkage_write_number(number < 0 ? text + 1 : text, size, 10) = '\0';
  return linkage_string(search->findings->linkage, text);
}

void calls_add_argument(struct call_search *search, int64_t site, const struct unit *unit,
                        const struct unit_argument *argument)
{
  struct fact_argument record = {.site = site, .position = argument->position, .kind = "other"};
  switch (argument->kind) {
  case UNIT_ARGUMENT_INTEGER:
    record.kind = "integer";
    record.value = number_text(search, argument->integer);
    break;
  case UNIT_ARGUMENT_NULL:
    record.kind = "integer";
    record.value = "0";
    break;
  case UNIT_ARGUMENT_STRING:
  case UNIT_ARGUMENT_LIST:
    record.kind = "string";
    record.value = unit_string(unit, argument->text);
    break;
  case UNIT_ARGUMENT_ROUTINE:
    record.kind = "routine";
    record.value = unit_string(unit, unit->routines[argument->index].name);
    break;
  case UNIT_ARGUMENT_PARAM:
    record.kind = "param";
    record.value = number_text(search, argument->integer);
    break;
  case UNIT_ARGUMENT_ADDRESS:
  case UNIT_ARGUMENT_OBJECT:
    if (unit->objects[argument->index].kind <= UNIT_OBJECT_STATIC_LOCAL)
      record.kind = "state";
    record.value = object_name(search, unit, argument);
    break;
  default:
    break;
  }
  rows_add(search->findings->arguments, &record);
}
