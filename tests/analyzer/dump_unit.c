/* Prints the facts of one C file, one per line: dump_unit ROOT FILE [ARGUMENT...]
 *
 * For fixtures and for people who wonder what the parser saw. */
#include "analyzer/parse.h"
#include "analyzer/unit.h"

#include <stdio.h>

static const char *const kinds_of_value[] = {"other",         "integer", "string", "routine",
                                             "address",       "object",  "param",  "field",
                                             "field-address", "call",    "null",   "list"};
static const char *const kinds_of_edge[] = {"address", "routine", "copy",      "load", "store",
                                            "field",   "record",  "container", "bytes"};
static const char *const kinds_of_object[] = {"global", "static", "static-local", "local",
                                              "param",  "heap",   "literal",      "compound"};
static const char *const operations[] = {"plain",  "increment", "decrement",   "compound", "whole",
                                         "atomic", "assembly",  "initialiser", "subscript"};
static const char *const kinds_of_arm[] = {"string", "case", "default", "equal"};

static const char *routine(const struct unit *unit, uint32_t row)
{
  return row == UNIT_NONE ? "-" : unit_string(unit, unit->routines[row].name);
}

static const char *object(const struct unit *unit, uint32_t row)
{
  return row == UNIT_NONE ? "-" : unit_string(unit, unit->objects[row].name);
}

static void print_path(const struct unit *unit, uint32_t path)
{
  g_autofree char *text = unit_path_text(unit, path);
  if (*text != '\0')
    printf("%s%s", *text == '[' ? "" : ".", text);
}

static void print_node(const struct unit *unit, uint32_t row)
{
  if (row == UNIT_NONE) {
    printf("-");
    return;
  }
  const struct unit_node *node = &unit->nodes[row];
  switch ((enum unit_node_kind)node->kind) {
  case UNIT_NODE_OBJECT:
    printf("%s", object(unit, node->index));
    print_path(unit, node->path);
    break;
  case UNIT_NODE_TEMP:
    printf("t%u", row);
    break;
  case UNIT_NODE_RESULT:
    printf("result(%s)", routine(unit, node->index));
    break;
  default:
    printf("varargs(%s)", routine(unit, node->index));
    break;
  }
}

static void print_routines(const struct unit *unit)
{
  for (uint32_t i = 0; i < unit->n_routines; i++) {
    const struct unit_routine *row = &unit->routines[i];
    printf("routine %s line %u-%u flags %x shape %s statements %u target '%s' type '%s' "
           "annotations '%s'\n",
           unit_string(unit, row->name), row->line, row->end_line, row->flags,
           unit_string(unit, row->shape), row->n_statements, unit_string(unit, row->target),
           unit_string(unit, row->signature), unit_string(unit, row->annotations));
    if ((row->flags & UNIT_ROUTINE_DEFINED) == 0)
      continue;
    for (uint32_t p = row->first_param; p < row->first_param + row->n_params; p++)
      printf("param %s %u %s '%s' uses %x annotations '%s'\n", unit_string(unit, row->name),
             unit->params[p].position, unit_string(unit, unit->params[p].name),
             unit_string(unit, unit->params[p].type), unit->params[p].uses,
             unit_string(unit, unit->params[p].annotations));
  }
}

static void print_types(const struct unit *unit)
{
  for (uint32_t i = 0; i < unit->n_types; i++) {
    const struct unit_type *row = &unit->types[i];
    printf("type '%s' kind %u line %u size %u\n", unit_string(unit, row->name), row->kind,
           row->line, (unsigned)row->size);
    for (uint32_t f = row->first_field; f < row->first_field + row->n_fields; f++)
      printf("field '%s' %u '%s' '%s' flags %x offset %u\n", unit_string(unit, row->name),
             unit->fields[f].position, unit_string(unit, unit->fields[f].name),
             unit_string(unit, unit->fields[f].type), unit->fields[f].flags,
             unit->fields[f].bit_offset);
  }
}

static void print_objects(const struct unit *unit)
{
  for (uint32_t i = 0; i < unit->n_objects; i++) {
    const struct unit_object *row = &unit->objects[i];
    printf("object %s %s '%s' line %u flags %x in %s\n", kinds_of_object[row->kind],
           unit_string(unit, row->name), unit_string(unit, row->type), row->line, row->flags,
           routine(unit, row->routine));
  }
}

static void print_edges(const struct unit *unit)
{
  for (uint32_t i = 0; i < unit->n_edges; i++) {
    const struct unit_edge *row = &unit->edges[i];
    printf("edge %s ", kinds_of_edge[row->kind]);
    print_node(unit, row->to);
    printf(" <- ");
    if (row->kind == UNIT_EDGE_ADDRESS)
      printf("&%s", object(unit, row->from));
    else if (row->kind == UNIT_EDGE_ROUTINE)
      printf("%s", routine(unit, row->from));
    else
      print_node(unit, row->from);
    print_path(unit, row->path);
    printf(" flags %x line %u in %s\n", row->flags, row->line, routine(unit, row->routine));
  }
}

static void print_calls(const struct unit *unit)
{
  for (uint32_t i = 0; i < unit->n_calls; i++) {
    const struct unit_call *row = &unit->calls[i];
    printf("call %s -> ", routine(unit, row->caller));
    if (row->callee != UNIT_NONE) {
      printf("%s", routine(unit, row->callee));
    } else {
      printf("*");
      print_node(unit, row->pointer);
      printf(" slot %s", object(unit, row->slot_object));
      print_path(unit, row->slot_path);
      printf(" '%s' %s", unit_string(unit, row->expression), unit_string(unit, row->shape));
    }
    printf(" at %u:%u depth %u flags %x arm %d macro '%s'", row->line, row->column, row->loop_depth,
           row->flags, (int)row->arm, unit_string(unit, row->macro));
    if (row->heap != UNIT_NONE)
      printf(" heap '%s'", unit_string(unit, unit->objects[row->heap].type));
    printf("\n");
    for (uint32_t a = row->first_argument; a < row->first_argument + row->n_arguments; a++) {
      const struct unit_argument *argument = &unit->arguments[a];
      printf("argument %u %s", argument->position, kinds_of_value[argument->kind]);
      if (argument->kind == UNIT_ARGUMENT_ROUTINE)
        printf(" %s", routine(unit, argument->index));
      else if (argument->kind >= UNIT_ARGUMENT_ADDRESS && argument->kind < UNIT_ARGUMENT_CALL)
        printf(" %s", object(unit, argument->index));
      print_path(unit, argument->path);
      printf(" '%s' %" G_GINT64_FORMAT " ", unit_string(unit, argument->text), argument->integer);
      print_node(unit, argument->node);
      printf(" '%s'\n", unit_string(unit, argument->type));
    }
  }
}

static void print_rest(const struct unit *unit)
{
  for (uint32_t i = 0; i < unit->n_initialisers; i++) {
    const struct unit_initialiser *row = &unit->initialisers[i];
    printf("initialiser %s", object(unit, row->object));
    print_path(unit, row->path);
    printf(" [%s] %s ", unit_string(unit, row->indexes), kinds_of_value[row->kind]);
    if (row->kind == UNIT_ARGUMENT_ROUTINE)
      printf("%s", routine(unit, row->target));
    else if (row->kind == UNIT_ARGUMENT_ADDRESS)
      printf("%s", object(unit, row->target));
    printf("'%s' %" G_GINT64_FORMAT " line %u\n", unit_string(unit, row->text), row->integer,
           row->line);
  }
  for (uint32_t i = 0; i < unit->n_accesses; i++) {
    const struct unit_access *row = &unit->accesses[i];
    printf("access %s %s%s%s %s ", routine(unit, row->routine),
           (row->mode & UNIT_READ) != 0 ? "r" : "", (row->mode & UNIT_WRITE) != 0 ? "w" : "",
           (row->mode & UNIT_ADDRESS) != 0 ? "a" : "", operations[row->operation]);
    if (row->base == UNIT_BASE_POINTER)
      printf("*");
    printf("%s", object(unit, row->object));
    print_path(unit, row->path);
    printf(" at %u:%u call %d\n", row->line, row->column, (int)row->call);
  }
  for (uint32_t i = 0; i < unit->n_moments; i++) {
    const struct unit_moment *row = &unit->moments[i];
    const struct unit_access *access = &unit->accesses[row->access];
    printf("moment %u of %s", i, object(unit, access->object));
    print_path(unit, access->path);
    printf(" at %u %s loop %d calls %u to %d moments to %d\n", access->line,
           row->is_certain != 0 ? "certain" : "perhaps", (int)row->loop, row->n_calls,
           (int)row->end_call, (int)row->end_moment);
  }
  for (uint32_t i = 0; i < unit->n_holds; i++) {
    const struct unit_hold *row = &unit->holds[i];
    const struct unit_argument *argument = &unit->arguments[row->argument];
    printf("hold %s", object(unit, argument->index));
    print_path(unit, row->path);
    printf(" %s at %u\n", routine(unit, row->routine), unit->calls[argument->call].line);
  }
  for (uint32_t i = 0; i < unit->n_arms; i++) {
    const struct unit_arm *row = &unit->arms[i];
    printf("arm %u %s '%s' %" G_GINT64_FORMAT
           " group %u parent %d via %s subject '%s' line %u-%u\n",
           i, kinds_of_arm[row->kind], unit_string(unit, row->text), row->integer, row->group,
           (int)row->parent, unit_string(unit, row->via), unit_string(unit, row->subject),
           row->line, row->end_line);
  }
  for (uint32_t i = 0; i < unit->n_loops; i++)
    printf("loop %u kind %u parent %d endless %u line %u-%u\n", i, unit->loops[i].kind,
           (int)unit->loops[i].parent, unit->loops[i].is_endless, unit->loops[i].line,
           unit->loops[i].end_line);
  for (uint32_t i = 0; i < unit->n_diagnostics; i++)
    printf("diagnostic %u line %u '%s'\n", unit->diagnostics[i].severity, unit->diagnostics[i].line,
           unit_string(unit, unit->diagnostics[i].message));
  for (uint32_t i = 0; i < unit->n_assemblies; i++)
    printf("assembly line %u '%s'\n", unit->assemblies[i].line,
           unit_string(unit, unit->assemblies[i].text));
}

int main(int argc, char **argv)
{
  if (argc < 3)
    return 2;
  g_autoptr(GError) error = NULL;
  g_autofree char *root = g_canonicalize_filename(argv[1], NULL);
  g_autofree char *file = g_canonicalize_filename(argv[2], NULL);
  g_autofree char *directory = g_path_get_dirname(file);
  struct parser *parser = parser_new(CLEAVE_RESOURCE_DIR, &error);
  if (parser == NULL) {
    fprintf(stderr, "%s\n", error->message);
    return 1;
  }
  struct parse_request request = {.file = file,
                                  .directory = directory,
                                  .root = root,
                                  .object = "",
                                  .arguments = (const char *const *)argv + 3};
  struct parsed parsed = {NULL, NULL, NULL};
  bool is_parsed = parser_unit(parser, &request, &parsed, &error);
  struct unit *unit = is_parsed ? unit_open(parsed.facts, &error) : NULL;
  parsed_clear(&parsed);
  if (unit == NULL) {
    fprintf(stderr, "%s\n", error->message);
    parser_free(parser);
    return 1;
  }
  print_types(unit);
  print_routines(unit);
  print_objects(unit);
  print_calls(unit);
  print_edges(unit);
  print_rest(unit);
  printf("size %zu strings %u nodes %u edges %u\n", g_bytes_get_size(unit->bytes), unit->n_strings,
         unit->n_nodes, unit->n_edges);
  unit_free(unit);
  parser_free(parser);
  return 0;
}
