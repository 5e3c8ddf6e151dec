#include "splitter/handle.h"

#include <string.h>

static const struct {
  const char *type; /* a whole word of the type */
  const char *words;
  bool may_be_opened;
} system_types[] = {{"FILE", "an open file", true},
                    {"DIR", "an open folder", true},
                    {"pthread_t", "a thread", false},
                    {"thrd_t", "a thread", false},
                    {"pid_t", "a process", false},
                    {"jmp_buf", "a place on a stack", false},
                    {"timer_t", "a timer of the process", false}};

static bool has_word(const char *text, const char *word)
{
  gsize length = strlen(word);
  for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word)) {
    bool begins = at == text || !(g_ascii_isalnum(at[-1]) || at[-1] == '_');
    bool ends = !(g_ascii_isalnum(at[length]) || at[length] == '_');
    if (begins && ends) {
      return true;
    }
  }
  return false;
}

static const struct fact_type *find_type(const struct monolith *monolith, const char *kind,
                                         const char *name)
{
  const struct fact_type *found = NULL;
  for (size_t i = 0; i < monolith->type_set->n; i++) {
    const struct fact_type *type = record_at(monolith->type_set, fact_type, i);
    if (strcmp(type->name, name) == 0 && (kind == NULL || strcmp(type->kind, kind) == 0) &&
        (found == NULL || found->size < 0)) {
      found = type;
    }
  }
  return found;
}

/* The record that TYPE points to or holds when it is written with a tag: "struct tag", else NULL.
 */
static char *tag_of(const char *type)
{
  static const char *const words[] = {"struct ", "union "};
  for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
    const char *at = strstr(type, words[i]);
    if (at != NULL) {
      const char *name = at + strlen(words[i]);
      gsize length = 0;
      while (g_ascii_isalnum(name[length]) || name[length] == '_') {
        length++;
      }
      return length > 0 ? g_strndup(name, length) : NULL;
    }
  }
  return NULL;
}

static char *handle_in_type(const struct monolith *monolith, const char *type, int depth,
                            bool *may_be_opened)
{
  enum { DEEPEST_TYPEDEF = 8 };
  if (strstr(type, "(*") != NULL) {
    *may_be_opened = false;
    return g_strdup("a pointer to a routine");
  }
  for (gsize i = 0; i < G_N_ELEMENTS(system_types); i++) {
    if (has_word(type, system_types[i].type)) {
      *may_be_opened = system_types[i].may_be_opened;
      return g_strdup(system_types[i].words);
    }
  }
  g_autofree char *tag = tag_of(type);
  bool is_pointer = strchr(type, '*') != NULL;
  if (tag != NULL) {
    const struct fact_type *record = find_type(monolith, NULL, tag);
    bool is_ours = record != NULL && record->size >= 0 && record->file[0] != '\0';
    return is_pointer && !is_ours ? g_strdup_printf("an object of a library (struct %s)", tag)
                                  : NULL;
  }
  g_autofree char *word = g_strndup(type, strcspn(type, " *[("));
  const struct fact_type *named = find_type(monolith, "typedef", word);
  return named != NULL && depth < DEEPEST_TYPEDEF && strcmp(named->underlying, type) != 0 &&
                 named->underlying[0] != '\0'
             ? handle_in_type(monolith, named->underlying, depth + 1, may_be_opened)
             : NULL;
}

/* The type of a field of a record by its path: "product.id". NULL when it is not known. */
static const char *type_of_field(const struct monolith *monolith, const char *record,
                                 const char *path)
{
  g_auto(GStrv) parts = g_strsplit(path, ".", -1);
  g_autofree char *tag = tag_of(record);
  const struct fact_type *type = find_type(monolith, NULL, tag != NULL ? tag : record);
  const char *text = NULL;
  for (guint i = 0; parts[i] != NULL && type != NULL; i++) {
    text = NULL;
    int64_t next = 0;
    for (size_t j = 0; j < monolith->field_set->n; j++) {
      const struct fact_field *field = record_at(monolith->field_set, fact_field, j);
      if (field->type_id == type->id && strcmp(field->field, parts[i]) == 0) {
        text = field->type;
        next = field->field_type;
      }
    }
    type = NULL;
    for (size_t j = 0; next != 0 && j < monolith->type_set->n; j++) {
      const struct fact_type *other = record_at(monolith->type_set, fact_type, j);
      type = other->id == next ? other : type;
    }
    if (text == NULL) {
      return NULL;
    }
  }
  return text;
}

/* Whether STATE is written on a line that opens a descriptor: then it holds one. */
static const char *descriptor_from(const struct monolith *monolith, guint32 state)
{
  static const char *const openers[] = {
      "open",         "openat",         "socket",   "accept",       "accept4",
      "pipe",         "pipe2",          "eventfd",  "epoll_create", "epoll_create1",
      "inotify_init", "timerfd_create", "shm_open", "memfd_create", "inotify_init1",
      "signalfd",     "socketpair",     NULL};
  for (guint32 i = monolith->first_accessed[state]; i < monolith->first_accessed[state + 1]; i++) {
    const struct access *access = &monolith->accesses[monolith->accessed[i]];
    if (access->mode != ACCESS_WRITE) {
      continue;
    }
    for (guint32 j = monolith->first_call[access->routine];
         j < monolith->first_call[access->routine + 1]; j++) {
      const struct call *call = &monolith->calls[j];
      const char *callee = monolith->routines[call->callee].name;
      if (call->fact->line == access->fact->line &&
          strcmp(call->fact->file, access->fact->file) == 0 && g_strv_contains(openers, callee)) {
        return callee;
      }
    }
  }
  return NULL;
}

char *handle_in_state(const struct monolith *monolith, guint32 state, bool *may_be_opened)
{
  bool may_be = true;
  may_be_opened = may_be_opened != NULL ? may_be_opened : &may_be;
  *may_be_opened = true;
  const struct fact_state *fact = &monolith->states[state];
  static const char *const outside[] = {"table", "file", NULL};
  if (g_strv_contains(outside, fact->storage)) {
    return NULL;
  }
  const char *opener = descriptor_from(monolith, state);
  if (opener != NULL) {
    return g_strdup_printf("a descriptor from %s()", opener);
  }
  const char *type = fact->type;
  if (fact->field[0] != '\0' && type[0] == '\0') {
    bool is_heap = strcmp(fact->storage, "heap") == 0;
    const char *record = fact->name;
    for (guint32 i = 0; !is_heap && i < monolith->n_states; i++) {
      /* The whole variable's type names the record of its fields. */
      if (monolith->states[i].object == fact->object && monolith->states[i].field[0] == '\0') {
        record = monolith->states[i].type;
      }
    }
    type = type_of_field(monolith, record, fact->field);
  }
  /* A whole record is judged by its fields, which are states of their own. */
  bool is_whole = fact->field[0] == '\0' && strcmp(fact->storage, "heap") == 0;
  return type == NULL || is_whole ? NULL : handle_in_type(monolith, type, 0, may_be_opened);
}
