#include <string.h>

#include "splitter/account_internal.h"
#include "splitter/selector.h"

/* Names and sites in one line; the rest is counted. */
enum { MOST_LISTED = 6 };

/* The service of a routine, 0 when it belongs to none. */
static int64_t service_of(const struct accounting *accounting, bool is_routine, int64_t item)
{
  for (size_t i = 0; i < accounting->members->n; i++) {
    const struct plan_member *member = record_at(accounting->members, plan_member, i);
    if (member->item == item && (strcmp(member->kind, "routine") == 0) == is_routine) {
      return member->service;
    }
  }
  return 0;
}

/* " written by a, b (cart) and 2 more", or nothing. */
static void list_users(const struct accounting *accounting, GString *text, guint32 state,
                       int64_t owner, bool are_writers)
{
  const struct monolith *monolith = accounting->monolith;
  guint n = 0;
  guint32 last = MONOLITH_NONE;
  for (guint32 i = monolith->first_accessed[state]; i < monolith->first_accessed[state + 1]; i++) {
    const struct access *access = &monolith->accesses[monolith->accessed[i]];
    bool is_meant = (access->mode == ACCESS_WRITE) == are_writers;
    if (!is_meant || access->fact->is_startup || access->routine == last) {
      continue;
    }
    last = access->routine;
    if (n++ < MOST_LISTED) {
      const struct fact_routine *routine = &monolith->routines[access->routine];
      int64_t service = service_of(accounting, true, routine->id);
      g_string_append_printf(text, "%s%s",
                             n == 1 ? (are_writers ? "; written by " : "; read by ") : ", ",
                             routine->name);
      if (service != owner) {
        g_string_append_printf(text, " (%s)",
                               service == 0 ? "shared code" : account_service(accounting, service));
      }
    }
  }
  if (n > MOST_LISTED) {
    g_string_append_printf(text, " and %u more", n - MOST_LISTED);
  }
}

static const struct fact_access *first_write(const struct monolith *monolith, guint32 state)
{
  const struct fact_access *first = NULL;
  for (guint32 i = monolith->first_accessed[state]; i < monolith->first_accessed[state + 1]; i++) {
    const struct access *access = &monolith->accesses[monolith->accessed[i]];
    if (first == NULL || (access->mode == ACCESS_WRITE && strcmp(first->mode, "write") != 0)) {
      first = access->fact;
    }
  }
  return first;
}

void account_say_states(struct accounting *accounting, int64_t service)
{
  const struct monolith *monolith = accounting->monolith;
  for (size_t i = 0; i < accounting->members->n; i++) {
    const struct plan_member *member = record_at(accounting->members, plan_member, i);
    guint32 state =
        strcmp(member->kind, "state") == 0 ? monolith_state(monolith, member->item) : MONOLITH_NONE;
    if (member->service != service || state == MONOLITH_NONE ||
        strcmp(member->role, "owner") != 0) {
      continue;
    }
    g_autofree char *name = monolith_state_name(&monolith->states[state]);
    const struct fact_access *line = first_write(monolith, state);
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "owns %s (%s)", name, monolith->states[state].storage);
    list_users(accounting, text, state, service, true);
    list_users(accounting, text, state, service, false);
    account_say(accounting, "state", 0, line != NULL ? line->file : "",
                line != NULL ? line->line : 0, g_string_free(text, FALSE));
  }
}

void account_say_setups(struct accounting *accounting, int64_t service)
{
  for (size_t i = 0; i < accounting->setups->n; i++) {
    const struct plan_setup *setup = record_at(accounting->setups, plan_setup, i);
    if (setup->service != service) {
      continue;
    }
    account_say(accounting, "setup", setup->cost, "", 0,
                g_strdup_printf("%" G_GINT64_FORMAT " functions, %.3g USD a month, %.3g ms for an "
                                "awaited event%s%s: %s",
                                setup->n_functions, setup->cost, 1000 * setup->latency,
                                setup->is_planned ? " (as planned)" : "",
                                setup->is_on_front ? "" : " (another is cheaper and faster)",
                                setup->text));
  }
}

/* Whether a name of DECISION means the item. */
static bool names_item(const struct monolith *monolith, const struct plan_decision *decision,
                       bool is_routine, guint32 number)
{
  g_auto(GStrv) names = g_strsplit(decision->names, ", ", -1);
  for (guint i = 0; names[i] != NULL; i++) {
    g_autoptr(GArray) found =
        is_routine ? selector_routines(monolith, names[i]) : selector_states(monolith, names[i]);
    if (is_routine && found->len == 0 && strcmp(decision->kind, "services") == 0) {
      g_array_unref(found);
      found = selector_file_routines(monolith, names[i]);
    }
    for (guint j = 0; j < found->len; j++) {
      if (g_array_index(found, guint32, j) == number) {
        return true;
      }
    }
  }
  return false;
}

void account_say_decisions(struct accounting *accounting, enum account_subject subject, int64_t id)
{
  const struct monolith *monolith = accounting->monolith;
  bool is_routine = subject == ACCOUNT_ROUTINE;
  guint32 number = is_routine                 ? monolith_routine(monolith, id)
                   : subject == ACCOUNT_STATE ? monolith_state(monolith, id)
                                              : MONOLITH_NONE;
  g_autofree char *ending = g_strdup_printf(" belongs to %s", account_service(accounting, id));
  for (size_t i = 0; i < accounting->decisions->n; i++) {
    const struct plan_decision *decision = record_at(accounting->decisions, plan_decision, i);
    bool is_meant =
        subject == ACCOUNT_SERVICE
            ? g_str_has_suffix(decision->text, ending)
            : number != MONOLITH_NONE && names_item(monolith, decision, is_routine, number);
    if (is_meant) {
      account_say(accounting, "decision", decision->cut_price, decision->file, decision->line,
                  g_strdup_printf("%s: %s", decision->text, decision->effect));
    }
  }
}

/* ", also at a.c:3, b.c:7 and 2 more": the sites of CUT behind the first. */
static void list_sites(const struct monolith *monolith, const struct plan_cut *cut, GString *text)
{
  bool is_call = strcmp(cut->kind, "call") == 0;
  guint32 routine = monolith_routine(monolith, cut->routine);
  guint32 item =
      is_call ? monolith_routine(monolith, cut->item) : monolith_state(monolith, cut->item);
  if (routine == MONOLITH_NONE || item == MONOLITH_NONE) {
    return;
  }
  const guint32 *first = is_call ? monolith->first_call : monolith->first_access;
  guint n = 0;
  const char *last_file = cut->file;
  gint64 last_line = cut->line;
  for (guint32 i = first[routine]; i < first[routine + 1]; i++) {
    const char *file = is_call ? monolith->calls[i].fact->file : monolith->accesses[i].fact->file;
    gint64 line = is_call ? monolith->calls[i].fact->line : monolith->accesses[i].fact->line;
    bool is_other =
        is_call ? monolith->calls[i].callee != item
                : monolith->accesses[i].state != item || monolith->accesses[i].fact->is_startup;
    bool is_known = (line == cut->line && strcmp(file, cut->file) == 0) ||
                    (line == last_line && strcmp(file, last_file) == 0);
    if (is_other || is_known) {
      continue;
    }
    last_file = file;
    last_line = line;
    if (n++ < MOST_LISTED) {
      g_string_append_printf(text, "%s%s:%" G_GINT64_FORMAT, n == 1 ? "; also at " : ", ", file,
                             line);
    }
  }
  if (n > MOST_LISTED) {
    g_string_append_printf(text, " and %u more", n - MOST_LISTED);
  }
}

static void say_cut(struct accounting *accounting, const struct plan_cut *cut)
{
  bool is_call = strcmp(cut->kind, "call") == 0;
  g_autofree char *routine = account_item(accounting->monolith, true, cut->routine);
  g_autofree char *item = account_item(accounting->monolith, is_call, cut->item);
  const char *verb = is_call ? "calls" : (strcmp(cut->mode, "read") == 0 ? "reads" : "writes");
  GString *text = g_string_new(NULL);
  g_string_append_printf(text, "%s (%s) %s %s (%s), price %.1f: %s", routine,
                         account_service(accounting, cut->from_service), verb, item,
                         account_service(accounting, cut->to_service), cut->price, cut->reason);
  list_sites(accounting->monolith, cut, text);
  account_say(accounting, "cut", cut->price, cut->file, cut->line, g_string_free(text, FALSE));
}

/* What goes from FROM to TO: counts per kind, their price and what keeps data from travelling. */
static void say_boundary(struct accounting *accounting, int64_t from, int64_t to)
{
  guint n[3] = {0, 0, 0};
  guint n_refused = 0;
  guint n_contracts = 0;
  double price = 0;
  for (size_t i = 0; i < accounting->cuts->n; i++) {
    const struct plan_cut *cut = record_at(accounting->cuts, plan_cut, i);
    if (cut->from_service == from && cut->to_service == to) {
      n[strcmp(cut->mode, "call") == 0 ? 0 : strcmp(cut->mode, "read") == 0 ? 1 : 2]++;
      n_refused += strcmp(cut->marshal, "refused") == 0;
      n_contracts += strcmp(cut->marshal, "needs-contract") == 0;
      price += cut->price;
    }
  }
  if (n[0] + n[1] + n[2] > 0) {
    account_say(accounting, "boundary", price, "", 0,
                g_strdup_printf("%s to %s, price %.1f: %u call%s (%u need a contract, %u cannot "
                                "travel), %u read%s and %u write%s of state",
                                account_service(accounting, from), account_service(accounting, to),
                                price, n[0], n[0] == 1 ? "" : "s", n_contracts, n_refused, n[1],
                                n[1] == 1 ? "" : "s", n[2], n[2] == 1 ? "" : "s"));
  }
}

void account_say_cuts(struct accounting *accounting, enum account_subject subject, int64_t id)
{
  for (size_t i = 0; subject == ACCOUNT_SERVICE && i < accounting->services->n; i++) {
    const struct plan_service *other = record_at(accounting->services, plan_service, i);
    if (other->id != id) {
      say_boundary(accounting, id, other->id);
      say_boundary(accounting, other->id, id);
    }
  }
  for (size_t i = 0; i < accounting->cuts->n; i++) {
    const struct plan_cut *cut = record_at(accounting->cuts, plan_cut, i);
    bool is_call = strcmp(cut->kind, "call") == 0;
    bool is_meant = subject == ACCOUNT_SERVICE ? cut->from_service == id || cut->to_service == id
                    : subject == ACCOUNT_STATE ? !is_call && cut->item == id
                                               : cut->routine == id || (is_call && cut->item == id);
    if (is_meant) {
      say_cut(accounting, cut);
    }
  }
}

/* How the routines in CLOSURE use STATE: bit 0 reads, bit 1 writes. */
static unsigned use_within(const struct monolith *monolith, guint32 state, GHashTable *closure,
                           const struct fact_access **line)
{
  unsigned use = 0;
  for (guint32 i = monolith->first_accessed[state]; i < monolith->first_accessed[state + 1]; i++) {
    const struct access *access = &monolith->accesses[monolith->accessed[i]];
    bool is_write = access->mode == ACCESS_WRITE;
    if (access->fact->is_startup ||
        !g_hash_table_contains(closure, GUINT_TO_POINTER(access->routine + 1))) {
      continue;
    }
    *line = *line == NULL || (is_write && (use & 2) == 0) ? access->fact : *line;
    use |= is_write ? 2 : 1;
  }
  return use;
}

void account_say_foreign(struct accounting *accounting, int64_t function)
{
  const struct monolith *monolith = accounting->monolith;
  int64_t own = 0;
  g_autoptr(GHashTable) closure = g_hash_table_new(NULL, NULL);
  for (size_t i = 0; i < accounting->functions->n; i++) {
    const struct plan_function *record = record_at(accounting->functions, plan_function, i);
    own = record->id == function ? record->service : own;
  }
  for (size_t i = 0; i < accounting->closures->n; i++) {
    const struct plan_closure *record = record_at(accounting->closures, plan_closure, i);
    if (record->function == function && strcmp(record->kind, "routine") == 0) {
      g_hash_table_add(closure, GUINT_TO_POINTER(monolith_routine(monolith, record->item) + 1));
    }
  }
  for (size_t i = 0; i < accounting->members->n; i++) {
    const struct plan_member *member = record_at(accounting->members, plan_member, i);
    guint32 state =
        strcmp(member->kind, "state") == 0 ? monolith_state(monolith, member->item) : MONOLITH_NONE;
    if (state == MONOLITH_NONE || strcmp(member->role, "owner") != 0) {
      continue;
    }
    const struct fact_access *line = NULL;
    unsigned use = use_within(monolith, state, closure, &line);
    if (use != 0) {
      g_autofree char *name = monolith_state_name(&monolith->states[state]);
      static const char *const words[] = {"", "reads", "writes", "reads and writes"};
      account_say(
          accounting, member->service == own ? "state" : "foreign", 0, line->file, line->line,
          g_strdup_printf("%s %s (%s) of %s%s", words[use], name, monolith->states[state].storage,
                          account_service(accounting, member->service),
                          member->service == own ? ""
                          : (use & 2) != 0 ? ": call a routine of the owner instead of writing"
                                           : ": ask the owner, or keep a read-only copy"));
    }
  }
}
