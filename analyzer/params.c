#include "analyzer/params.h"

#include "analyzer/variants.h"

#include <string.h>

/* A call as a way of uses: from the parameters of a routine or variant to those of another. */
struct handing {
  uint32_t call; /* found call */
  uint32_t caller;
  uint32_t callee; /* LINK_NONE: an outside routine. Both: the first of the parameters below */
};

struct uses {
  struct findings *findings;
  uint32_t **aliases; /* [unit][object] -> position of the parameter that a local holds, or 0 */
  uint32_t *first;   /* link routine -> first of its parameters below; LINK_NONE when not defined */
  uint32_t n;        /* parameters of routines; those of variants follow */
  GArray *handings;  /* struct handing */
  uint32_t *flags;   /* enum unit_use_flags by parameter */
  uint32_t *kept_in; /* by parameter: the one whose memory it is stored in, 0, or KEPT_ELSEWHERE */
  const char **reasons;
  struct id_map use_numbers; /* flags and length_of -> number in use_texts */
  GPtrArray *use_texts;      /* see use_text() */
};

#define KEPT_ELSEWHERE UINT32_MAX

/* What a callee does with a parameter counts for whoever hands one on; not that it hands it on or
 * compares it. */
#define INHERITED                                                                                  \
  (UNIT_USE_READ | UNIT_USE_WRITTEN | UNIT_USE_INDEXED | UNIT_USE_STRING | UNIT_USE_FREED |        \
   UNIT_USE_KEPT | UNIT_USE_CALLED | UNIT_USE_STORED)

static const struct unit_routine *row_of(const struct linkage *linkage,
                                         const struct link_routine *routine)
{
  return &linkage_unit(linkage, routine->unit)->routines[routine->row];
}

/* ---- locals that hold a parameter ---- */

static const struct unit_object *variable_of(const struct unit *unit, uint32_t node)
{
  const struct unit_node *row = &unit->nodes[node];
  return row->kind == UNIT_NODE_OBJECT && row->path == 0 ? &unit->objects[row->index] : NULL;
}

/* "struct lines *lines = context;": what is done with the local is done with the parameter. */
static uint32_t *aliases_of(const struct unit *unit)
{
  uint32_t *aliases = g_new0(uint32_t, MAX(unit->n_objects, 1));
  for (uint32_t i = 0; i < unit->n_objects; i++) {
    if (unit->objects[i].kind == UNIT_OBJECT_PARAM)
      aliases[i] = unit->objects[i].position;
  }
  for (uint32_t i = 0; i < unit->n_edges; i++) {
    const struct unit_edge *edge = &unit->edges[i];
    if (edge->kind != UNIT_EDGE_COPY)
      continue;
    const struct unit_object *to = variable_of(unit, edge->to);
    const struct unit_object *from = variable_of(unit, edge->from);
    if (to != NULL && from != NULL && to->kind == UNIT_OBJECT_LOCAL &&
        from->kind == UNIT_OBJECT_PARAM && to->routine == from->routine)
      aliases[unit->nodes[edge->to].index] = from->position;
  }
  return aliases;
}

/* Reads and writes through locals that hold a parameter. */
static void take_accesses(struct uses *uses, uint32_t index)
{
  const struct unit *unit = linkage_unit(uses->findings->linkage, index);
  for (uint32_t i = 0; i < unit->n_accesses; i++) {
    const struct unit_access *access = &unit->accesses[i];
    uint32_t routine = findings_routine(uses->findings->linkage, index, access->routine);
    if (access->base != UNIT_BASE_POINTER || access->object == UNIT_NONE || routine == LINK_NONE ||
        uses->first[routine] == LINK_NONE)
      continue;
    uint32_t position = uses->aliases[index][access->object];
    if (position == 0 || unit->objects[access->object].routine != access->routine ||
        position >=
            row_of(uses->findings->linkage, linkage_routine(uses->findings->linkage, routine))
                ->n_params)
      continue;
    uses->flags[uses->first[routine] + position] |=
        ((access->mode & UNIT_READ) != 0 ? UNIT_USE_READ : 0u) |
        ((access->mode & UNIT_WRITE) != 0 ? UNIT_USE_WRITTEN : 0u);
  }
}

/* Notes where a parameter is kept; true when that is new. */
static bool keep_in(struct uses *uses, uint32_t at, uint32_t where)
{
  uint32_t known = uses->kept_in[at];
  uint32_t joined = known == 0 || known == where ? where : KEPT_ELSEWHERE;
  uses->kept_in[at] = joined;
  return joined != known;
}

/* Parameters that are stored in what another one points to: whoever lends that decides how long. */
static void take_stores(struct uses *uses, uint32_t index)
{
  const struct unit *unit = linkage_unit(uses->findings->linkage, index);
  for (uint32_t i = 0; i < unit->n_edges; i++) {
    const struct unit_edge *edge = &unit->edges[i];
    uint32_t routine = findings_routine(uses->findings->linkage, index, edge->routine);
    if ((edge->kind != UNIT_EDGE_STORE && edge->kind != UNIT_EDGE_COPY) || routine == LINK_NONE ||
        uses->first[routine] == LINK_NONE)
      continue;
    const struct unit_node *from = &unit->nodes[edge->from], *to = &unit->nodes[edge->to];
    uint32_t position =
        variable_of(unit, edge->from) != NULL ? uses->aliases[index][from->index] : 0;
    if (position == 0 || unit->objects[from->index].routine != edge->routine ||
        position >=
            row_of(uses->findings->linkage, linkage_routine(uses->findings->linkage, routine))
                ->n_params)
      continue;
    bool is_static =
        to->kind == UNIT_NODE_OBJECT && unit->objects[to->index].kind <= UNIT_OBJECT_STATIC_LOCAL;
    if (edge->kind == UNIT_EDGE_COPY && !is_static) {
      if (variable_of(unit, edge->to) == NULL)
        uses->flags[uses->first[routine] + position] |= UNIT_USE_STORED;
      continue;
    }
    uint32_t into =
        !is_static && variable_of(unit, edge->to) != NULL ? uses->aliases[index][to->index] : 0;
    keep_in(uses, uses->first[routine] + position, into != 0 ? into : KEPT_ELSEWHERE);
  }
}

static void begin(struct uses *uses)
{
  struct linkage *linkage = uses->findings->linkage;
  uint32_t n = 0;
  uses->first = g_new(uint32_t, MAX(linkage->routines->len, 1));
  for (guint i = 0; i < linkage->routines->len; i++) {
    const struct link_routine *routine = linkage_routine(linkage, i);
    uses->first[i] = routine->is_defined ? n : LINK_NONE;
    n += routine->is_defined ? row_of(linkage, routine)->n_params : 0;
  }
  uses->n = n;
  uses->flags = g_new0(uint32_t, MAX(n, 1));
  uses->reasons = g_new0(const char *, MAX(n, 1));
  uses->kept_in = g_new0(uint32_t, MAX(n, 1));
  for (guint i = 0; i < linkage->routines->len; i++) {
    const struct link_routine *routine = linkage_routine(linkage, i);
    const struct unit *unit = linkage_unit(linkage, routine->unit);
    const struct unit_routine *row = row_of(linkage, routine);
    for (uint32_t p = 0; p < row->n_params && routine->is_defined; p++)
      uses->flags[uses->first[i] + p] = unit->params[row->first_param + p].uses;
  }
  uses->aliases = g_new(uint32_t *, MAX(linkage->n_units, 1));
  for (uint32_t i = 0; i < linkage->n_units; i++) {
    uses->aliases[i] = aliases_of(linkage_unit(linkage, i));
    take_accesses(uses, i);
    take_stores(uses, i);
  }
}

/* Routines of the C library and POSIX that fill what a parameter points to without looking at what
 * was there. */
static bool only_fills(const char *routine, uint32_t position)
{
  static const struct {
    const char *routine;
    uint32_t position;
  } fillers[] = {
      {"asctime_r", 2},  {"clock_gettime", 2}, {"ctime_r", 2},  {"fgets", 1},
      {"fread", 1},      {"fstat", 2},         {"getcwd", 1},   {"gethostname", 1},
      {"getrandom", 1},  {"gettimeofday", 1},  {"gmtime_r", 2}, {"inet_ntop", 3},
      {"inet_pton", 3},  {"localtime_r", 2},   {"lstat", 2},    {"memcpy", 1},
      {"memmove", 1},    {"memset", 1},        {"pread", 2},    {"read", 2},
      {"readlink", 2},   {"recv", 2},          {"snprintf", 1}, {"sprintf", 1},
      {"stat", 2},       {"stpcpy", 1},        {"stpncpy", 1},  {"strcpy", 1},
      {"strerror_r", 2}, {"strftime", 1},      {"strlcpy", 1},  {"strncpy", 1},
      {"time", 1},       {"vsnprintf", 1},     {"vsprintf", 1},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(fillers); i++) {
    if (fillers[i].position == position && strcmp(fillers[i].routine, routine) == 0)
      return true;
  }
  return false;
}

/* What an outside routine does: a known one, or judged by the type of its parameter. */
static uint32_t outside_uses(const struct unit *unit, const struct unit_routine *callee,
                             const struct unit_argument *argument)
{
  uint32_t position = argument->position;
  if (strcmp(unit_string(unit, callee->name), "free") == 0)
    return UNIT_USE_FREED;
  if (position >= callee->n_params)
    return (argument->flags & UNIT_VALUE_POINTER) != 0 ? UNIT_USE_READ : 0;
  uint32_t flags = unit->params[callee->first_param + position].flags;
  if ((flags & UNIT_VALUE_POINTER) == 0)
    return 0;
  bool is_const = (flags & UNIT_VALUE_POINTEE_CONST) != 0;
  if (only_fills(unit_string(unit, callee->name), position))
    return UNIT_USE_WRITTEN;
  if (is_const && (flags & UNIT_VALUE_CHARACTER) != 0)
    return UNIT_USE_READ | UNIT_USE_STRING;
  return is_const ? UNIT_USE_READ : UNIT_USE_READ | UNIT_USE_WRITTEN;
}

/* The caller's parameter behind an argument: itself, a local that holds it, or the address of a
 * field of what it points to. 0 when there is none. */
static uint32_t param_behind(const struct uses *uses, uint32_t unit,
                             const struct unit_argument *argument)
{
  switch (argument->kind) {
  case UNIT_ARGUMENT_PARAM:
    return (uint32_t)argument->integer;
  case UNIT_ARGUMENT_OBJECT:
    return argument->path == 0 ? uses->aliases[unit][argument->index] : 0;
  case UNIT_ARGUMENT_FIELD_ADDRESS:
    return argument->index != UNIT_NONE ? uses->aliases[unit][argument->index] : 0;
  default:
    return 0;
  }
}

/* Where what a callee keeps stays, seen from the caller: in a parameter of its own, elsewhere, or
 * nowhere (0) where it is a local that lends the memory. */
static uint32_t kept_by(const struct uses *uses, const struct found_call *call,
                        const struct handing *handing, uint32_t position)
{
  uint32_t into =
      handing->callee != LINK_NONE ? uses->kept_in[handing->callee + position] : KEPT_ELSEWHERE;
  const struct unit *unit = linkage_unit(uses->findings->linkage, call->unit);
  const struct unit_call *row = &unit->calls[call->call];
  if (into == 0 || into == KEPT_ELSEWHERE || into > row->n_arguments)
    return KEPT_ELSEWHERE;
  const struct unit_argument *lent = &unit->arguments[row->first_argument + into - 1];
  bool is_local = lent->kind == UNIT_ARGUMENT_ADDRESS && lent->index != UNIT_NONE &&
                  unit->objects[lent->index].kind > UNIT_OBJECT_STATIC_LOCAL;
  uint32_t own = param_behind(uses, call->unit, lent);
  return is_local ? 0 : own != 0 ? own : KEPT_ELSEWHERE;
}

static bool inherit(struct uses *uses, const struct handing *handing, uint32_t argument_row)
{
  const struct found_call *call =
      &g_array_index(uses->findings->found_calls, struct found_call, handing->call);
  struct linkage *linkage = uses->findings->linkage;
  const struct unit *unit = linkage_unit(linkage, call->unit);
  const struct unit_argument *argument = &unit->arguments[argument_row];
  const struct link_routine *caller = linkage_routine(linkage, call->caller);
  const struct link_routine *callee = linkage_routine(linkage, call->callee);
  uint32_t own = param_behind(uses, call->unit, argument);
  if (own == 0 || own >= row_of(linkage, caller)->n_params)
    return false;
  uint32_t gained;
  if (!callee->is_defined)
    gained = outside_uses(linkage_unit(linkage, callee->unit), row_of(linkage, callee), argument);
  else if (argument->position < row_of(linkage, callee)->n_params)
    gained = uses->flags[handing->callee + argument->position] & INHERITED;
  else
    gained = (argument->flags & UNIT_VALUE_POINTER) != 0 ? UNIT_USE_READ : 0;
  /* A part of what the parameter points to is touched; it is not itself freed or a string. */
  if (argument->kind == UNIT_ARGUMENT_FIELD_ADDRESS)
    gained &= UNIT_USE_READ | UNIT_USE_WRITTEN | UNIT_USE_KEPT | UNIT_USE_STORED;
  uint32_t at = handing->caller + own;
  bool is_moved = false;
  if ((gained & UNIT_USE_KEPT) != 0) {
    uint32_t where = kept_by(uses, call, handing, argument->position);
    if (where == 0)
      gained = (gained & ~(uint32_t)UNIT_USE_KEPT) | UNIT_USE_STORED;
    else
      is_moved = keep_in(uses, at, where);
  }
  if ((uses->flags[at] | gained) == uses->flags[at])
    return is_moved;
  uses->flags[at] |= gained;
  if (uses->reasons[at] == NULL) {
    const struct unit_call *row = &unit->calls[call->call];
    g_autofree char *reason = g_strdup_printf(
        "%s:%u (handed to %s)", findings_file(unit, row->file), row->line, callee->name);
    uses->reasons[at] = linkage_string(linkage, reason);
  }
  return true;
}

static bool inherit_all(struct uses *uses)
{
  bool is_changed = false;
  for (guint i = 0; i < uses->handings->len; i++) {
    const struct handing *handing = &g_array_index(uses->handings, struct handing, i);
    const struct found_call *call =
        &g_array_index(uses->findings->found_calls, struct found_call, handing->call);
    const struct unit_call *row =
        &linkage_unit(uses->findings->linkage, call->unit)->calls[call->call];
    for (uint32_t a = 0; a < row->n_arguments; a++)
      is_changed = inherit(uses, handing, row->first_argument + a) || is_changed;
  }
  return is_changed;
}

/* ---- what hands parameters on to what ---- */

static void add_handing(struct uses *uses, const struct variants *variants, const uint32_t *first,
                        uint32_t from, uint32_t index)
{
  const struct found_call *call =
      &g_array_index(uses->findings->found_calls, struct found_call, index);
  uint32_t to = variants_called(variants, from, index);
  struct handing handing = {.call = index,
                            .caller = from != LINK_NONE ? first[from] : uses->first[call->caller],
                            .callee = to != LINK_NONE ? first[to] : uses->first[call->callee]};
  g_array_append_val(uses->handings, handing);
}

static uint32_t n_params_of(const struct uses *uses, uint32_t routine)
{
  const struct linkage *linkage = uses->findings->linkage;
  return row_of(linkage, linkage_routine(linkage, routine))->n_params;
}

/* Room for the parameters of variants, with what their routines do themselves; a new array: the
 * first of each variant, or LINK_NONE. */
static uint32_t *place_variants(struct uses *uses, const struct variants *variants)
{
  uint32_t *first = g_new(uint32_t, MAX(variants->rows->len, 1));
  uint32_t end = uses->n;
  for (guint v = 0; v < variants->rows->len; v++) {
    uint32_t routine = variants_at(variants, v)->routine;
    bool is_defined = uses->first[routine] != LINK_NONE;
    first[v] = is_defined ? end : LINK_NONE;
    end += is_defined ? n_params_of(uses, routine) : 0;
  }
  uses->flags = g_renew(uint32_t, uses->flags, MAX(end, 1));
  uses->kept_in = g_renew(uint32_t, uses->kept_in, MAX(end, 1));
  uses->reasons = g_renew(const char *, uses->reasons, MAX(end, 1));
  for (guint v = 0; v < variants->rows->len; v++) {
    uint32_t own = uses->first[variants_at(variants, v)->routine];
    uint32_t n = own == LINK_NONE ? 0 : n_params_of(uses, variants_at(variants, v)->routine);
    for (uint32_t p = 0; p < n; p++) {
      uses->flags[first[v] + p] = uses->flags[own + p];
      uses->kept_in[first[v] + p] = uses->kept_in[own + p];
      uses->reasons[first[v] + p] = NULL;
    }
  }
  uses->n = end;
  return first;
}

static void find_handings_in(struct uses *uses, uint32_t program)
{
  struct variants variants;
  variants_build(&variants, uses->findings, program, NULL);
  g_autofree uint32_t *first = place_variants(uses, &variants);
  for (guint i = variants.first_found; i < variants.end_found; i++) {
    const struct found_call *call =
        &g_array_index(uses->findings->found_calls, struct found_call, i);
    if (call->kind == CALL_CALLBACK || uses->first[call->caller] == LINK_NONE)
      continue;
    add_handing(uses, &variants, first, LINK_NONE, i);
    for (uint32_t v = variants.first[call->caller]; v != LINK_NONE;
         v = variants_at(&variants, v)->next) {
      if (variants_runs(&variants, v, i))
        add_handing(uses, &variants, first, v, i);
    }
  }
  variants_clear(&variants);
}

static void find_handings(struct uses *uses)
{
  uses->handings = g_array_new(FALSE, FALSE, sizeof(struct handing));
  for (guint i = 0; i < uses->findings->linkage->programs->len; i++)
    find_handings_in(uses, i);
}

static const char *spell_use(struct findings *findings, uint32_t flags,
                             const struct unit_param *param)
{
  static const struct {
    uint32_t flag;
    const char *word;
  } words[] = {
      {UNIT_USE_READ, "read"},           {UNIT_USE_WRITTEN, "write"},
      {UNIT_USE_INDEXED, "indexed"},     {UNIT_USE_STRING, "string"},
      {UNIT_USE_FREED, "freed"},         {UNIT_USE_KEPT, "kept"},
      {UNIT_USE_CALLED, "called"},       {UNIT_USE_RETURNED, "returned"},
      {UNIT_USE_ALLOCATED, "allocated"}, {UNIT_USE_NULL_TESTED, "null-tested"},
      {UNIT_USE_STORED, "stored"},       {UNIT_USE_VALUE, "value"},
  };
  g_autoptr(GString) text = g_string_new(NULL);
  for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
    if ((flags & words[i].flag) != 0)
      g_string_append_printf(text, "%s%s", text->len != 0 ? "," : "", words[i].word);
  }
  if (param->length_of != UNIT_NONE)
    g_string_append_printf(text, "%slength-of:%u", text->len != 0 ? "," : "", param->length_of);
  return linkage_string(findings->linkage, text->str);
}

/* What is done with a parameter, in words. Most parameters are used alike. */
static const char *use_text(struct uses *uses, uint32_t flags, const struct unit_param *param)
{
  uint64_t key = (uint64_t)flags << 32 | (uint32_t)(param->length_of + 1);
  uint32_t known = id_map_get(&uses->use_numbers, key);
  if (known == UINT32_MAX) {
    known = uses->use_texts->len;
    g_ptr_array_add(uses->use_texts, (gpointer)spell_use(uses->findings, flags, param));
    id_map_put(&uses->use_numbers, key, known);
  }
  return g_ptr_array_index(uses->use_texts, known);
}

/* The words after "cleave:" in the annotations of a routine or parameter. */
static const char *contract_of(struct findings *findings, const char *annotations)
{
  if (*annotations == '\0')
    return "";
  g_auto(GStrv) lines = g_strsplit(annotations, "\n", -1);
  g_autoptr(GString) text = g_string_new(NULL);
  for (char **line = lines; *line != NULL; line++) {
    if (g_str_has_prefix(*line, "cleave:"))
      g_string_append_printf(text, "%s%s", text->len != 0 ? "; " : "",
                             g_strstrip(*line + strlen("cleave:")));
  }
  return linkage_string(findings->linkage, text->str);
}

static void add_rows(struct uses *uses, uint32_t index)
{
  struct linkage *linkage = uses->findings->linkage;
  const struct link_routine *routine = linkage_routine(linkage, index);
  const struct unit *unit = linkage_unit(linkage, routine->unit);
  const struct unit_routine *row = row_of(linkage, routine);
  g_autofree char *place = g_strdup_printf("%s:%u", routine->file, row->line);
  for (uint32_t p = 0; p < row->n_params; p++) {
    const struct unit_param *param = &unit->params[row->first_param + p];
    uint32_t at = routine->is_defined ? uses->first[index] + p : 0;
    uint32_t flags = routine->is_defined ? uses->flags[at] : param->uses;
    const char *reason = routine->is_defined ? uses->reasons[at] : NULL;
    struct fact_param record = {
        .routine = routine->id,
        .position = param->position,
        .name = unit_string(unit, param->name),
        .type = unit_string(unit, param->type),
        .use = use_text(uses, flags, param),
        .annotation = contract_of(
            uses->findings, unit_string(unit, p == 0 ? row->annotations : param->annotations)),
        .reason = reason != NULL ? reason : linkage_string(linkage, place),
    };
    if (param->record != UNIT_NONE)
      record.type_id = g_array_index(linkage->types, struct link_type,
                                     linkage->units[routine->unit].types[param->record])
                           .id;
    rows_add(uses->findings->params, &record);
  }
}

void params_find(struct findings *findings)
{
  struct uses uses = {.findings = findings, .use_texts = g_ptr_array_new()};
  begin(&uses);
  find_handings(&uses);
  for (int round = 0; round < 64 && inherit_all(&uses); round++)
    ;
  for (guint i = 0; i < findings->linkage->routines->len; i++) {
    if (*linkage_routine(findings->linkage, i)->file != '\0')
      add_rows(&uses, i);
  }
  for (uint32_t i = 0; i < findings->linkage->n_units; i++)
    g_free(uses.aliases[i]);
  g_free(uses.aliases);
  g_array_unref(uses.handings);
  g_free(uses.first);
  g_free(uses.flags);
  g_free(uses.kept_in);
  g_free(uses.reasons);
  g_ptr_array_unref(uses.use_texts);
  id_map_clear(&uses.use_numbers);
}
