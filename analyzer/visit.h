/* What the files that walk a syntax tree share: the state of one walk, values and places.
 *
 * Private to the walk (visit*.c and extract.c). clang-c/Index.h is included here, in parse.c
 * and in added_headers.h alone; nothing of it leaves these files. */
#ifndef CLEAVE_ANALYZER_VISIT_H
#define CLEAVE_ANALYZER_VISIT_H

#include "analyzer/unit.h"

#include <clang-c/Index.h>

/* Where something stands, as the expansion that a reader sees. */
struct spot {
  uint32_t file; /* file row or UNIT_NONE */
  uint32_t line;
  uint32_t column;
  uint32_t offset;
  CXFile handle;
};

/* What an expression yields. Pointers are kept symbolic for as long as possible, so that the edge
 * names the line where they flow and no needless temporary appears. */
struct value {
  enum unit_argument_kind kind;
  uint32_t index; /* as in struct unit_argument */
  uint32_t path;
  uint32_t text; /* string row */
  int64_t integer;
  uint32_t node;       /* node row for the kinds that need one, or UNIT_NONE */
  uint32_t edge_flags; /* enum unit_edge_flags gathered on the way */
  uint32_t heap;       /* HEAP object that the expression allocates, or UNIT_NONE */
  CXType type;
};

/* Where an lvalue lies. */
struct place {
  enum unit_base_kind base;
  uint32_t object; /* the object, or the variable that holds the pointer */
  uint32_t node;   /* of the pointer */
  uint32_t path;
  uint32_t record;    /* type in which the path of a pointer starts */
  uint32_t is_string; /* a string literal: text */
  uint32_t text;
  uint32_t is_param; /* the variable that holds the pointer is a parameter */
  uint32_t routine;  /* routine row where the lvalue is a routine */
  CXType type;
};

struct visit {
  CXTranslationUnit tu;
  struct unit_builder *builder;
  const char *root;      /* absolute, no slash at the end */
  const char *main_path; /* absolute */
  GHashTable *files;     /* CXFile -> struct known_file * */
  GHashTable *read;      /* path as in the facts -> role: of everything that was read */
  CXFile last_seen;      /* of visit_location() */
  uint32_t last_seen_row;
  CXFile last_file; /* of visit_file_text() */
  const char *last_text;
  size_t last_size;
  GHashTable *texts;      /* CXFile -> struct file_text * */
  GHashTable *file_paths; /* path -> file row + 1 */
  GHashTable *routines;   /* struct decl_key -> routine row */
  GHashTable *objects;    /* likewise */
  GHashTable *types;      /* likewise */
  GHashTable *fields;     /* likewise */
  GHashTable *type_texts; /* the parser's type -> string row + 1 */
  GHashTable *names;      /* name -> routine row of an implicitly declared routine */
  GArray *stack;          /* CXCursor: children of all nodes on the way down */

  GHashTable *named;       /* paths that the prefix itself includes */
  const struct unit *base; /* facts of the precompiled header that the walk goes on from, or NULL */
  bool *entered_again;     /* by file row of the base: its user reads the file anew */
  bool names_are_plain;    /* the target's symbols have C's names */
  GHashTable *unseen;      /* paths of precompiled headers that must not be referred to, or NULL */
  bool is_lacking;         /* the base does not do: the unit must be walked without one */
  bool is_early;           /* in a prefix: what its user defines is not known yet */
  uint32_t
      n_early_routines; /* rows that come from a prefix: the user may define and complete them */
  uint32_t n_early_types;

  uint32_t routine;  /* the one that is walked, or UNIT_NONE */
  uint32_t object;   /* the one whose initialiser is walked, or UNIT_NONE */
  GHashTable *words; /* identifier string row -> count, of the routine */
  uint32_t n_statements;
  uint32_t loop;
  uint32_t loop_depth;
  uint32_t arm;
  uint32_t guard;
  uint32_t n_groups; /* of arms so far */
  uint32_t conditional_depth;
  uint32_t is_null_guard; /* inside what runs only for a NULL pointer */
  uint32_t has_left;      /* some path through the routine has ended already */
  CXCursor subject;       /* of the switch around */
  uint32_t group;         /* of its arms */
  uint32_t switch_arm;    /* the arm around the switch */
  uint32_t switch_guard;  /* likewise */
  uint32_t is_label_open; /* behind "case 1:" of "case 1: case 2:" */
  bool is_switch_body;    /* the next block is the body of a switch */
  bool is_after_jump;     /* of the next statement: the one before it does not go on into it */
  uint32_t is_initialiser;
  uint32_t is_possible; /* inside an arm of _Generic that may not be chosen */
};

/* ---- visit_source.c: files, lines and text ---- */

struct spot visit_spot(struct visit *visit, CXCursor cursor);
struct spot visit_location(struct visit *visit, CXSourceLocation location);
/* A file that the parser has opened. It has a row when it lies in the tree or something in the
 * facts refers to it, so that they do not depend on headers of the system that say nothing. */
struct known_file {
  char *path; /* absolute */
  uint32_t row;
  uint32_t flags; /* enum unit_file_flags; SYSTEM once it is placed */
  bool is_placed;
  bool is_early; /* in a prefix: its declarations belong to it */
};
void known_file_free(gpointer data);
struct known_file *visit_know(struct visit *visit, CXFile file);
/* What a file declares is referred to: an unseen one does not do. */
void visit_refer(struct visit *visit, CXFile file);
const char *visit_shown_path(const struct visit *visit, const struct known_file *file);
/* The row of a file, which gets one; UNIT_NONE from the second where it has none. */
uint32_t visit_file(struct visit *visit, CXFile file);
uint32_t visit_file_row(struct visit *visit, CXFile file);
/* Makes the source itself row 0; FILE may be NULL where the parser does not know it. */
void visit_main_file(struct visit *visit, CXFile file);
/* True where declarations and bodies belong to the analysed tree rather than to the system. */
bool visit_is_ours(struct visit *visit, CXFile file, CXSourceLocation location);
/* The content of a file and its size; NULL where there is none. The parser looks a file up by
 * walking over every inclusion and macro expansion, so that each is asked for once. */
const char *visit_file_text(struct visit *visit, CXFile file, size_t *size);
/* The macro whose expansion made the cursor, "" where none did; a string row. */
uint32_t visit_macro(struct visit *visit, CXCursor cursor);
/* The source between the ends of the cursor's expansion, blanks joined, cut at 200 bytes. */
uint32_t visit_text(struct visit *visit, CXCursor cursor);
uint32_t visit_string(struct visit *visit, CXString text); /* disposes of the text */

/* ---- visit_base.c: what a precompiled header has told already ---- */

/* Remembers the row of a declaration; in a prefix its place, too, by which users find it again. */
void visit_put(struct visit *visit, GHashTable *table, CXCursor declaration, uint32_t row);
/* Lists the declarations of a prefix that has been walked, for its users. False where two cannot be
 * told apart by their places. */
bool visit_base_list(struct visit *visit);
/* The row of a declaration in the base, or UNIT_NONE. */
uint32_t visit_base_find(struct visit *visit, enum unit_declaration_kind kind,
                         CXCursor declaration);
/* True where a definition may be used: in a prefix only what stands in one of its files, so that
 * its facts are the same whoever uses it. */
bool visit_sees(struct visit *visit, CXCursor definition);

/* ---- visit_tree.c: children ---- */

/* Pushes the children and returns where they start. The caller pops them. */
guint visit_push(struct visit *visit, CXCursor cursor, guint *n_children);
void visit_pop(struct visit *visit, guint start);
static inline CXCursor visit_at(const struct visit *visit, guint index)
{
  return g_array_index(visit->stack, CXCursor, index);
}
/* Without parentheses, implicit conversions and __extension__; casts too if told. */
CXCursor visit_strip(struct visit *visit, CXCursor cursor, bool strip_casts);
bool visit_child(struct visit *visit, CXCursor cursor, guint number, CXCursor *child);
/* What a cast or a compound literal is made of: expressions of its type (typeof, the length of an
 * array) come before it. */
bool visit_operand(struct visit *visit, CXCursor cursor, CXCursor *operand);
/* The expression children: no type references, no attributes. */
guint visit_push_expressions(struct visit *visit, CXCursor cursor, guint *n_children);

/* ---- visit_type.c: types, fields, shapes ---- */

uint32_t visit_type_of(struct visit *visit, CXType type); /* row behind pointers and arrays */
uint32_t visit_record(struct visit *visit, CXCursor declaration); /* row of a record or enum */
uint32_t visit_typedef(struct visit *visit, CXCursor declaration);
uint32_t visit_field(struct visit *visit, CXCursor field);
uint32_t visit_value_flags(CXType type);
/* The same of a parameter: one that is written as an array is a pointer. */
uint32_t visit_param_flags(CXType type);
bool visit_is_carrier(CXType type); /* can a value of the type hold a pointer? */
bool visit_is_va_list(CXType type);
bool visit_is_array(CXType type);
bool visit_is_record(CXType type);
CXType visit_canonical(CXType type);    /* canonical, without qualifiers of the outermost level */
CXType visit_routine_type(CXType type); /* through pointers; Invalid where it is not a routine */
void visit_shape(CXType routine_type, GString *shape);
uint32_t visit_shape_string(struct visit *visit, CXType type); /* "" unless a routine pointer */
uint32_t visit_type_text(struct visit *visit, CXType type);

/* ---- visit_declaration.c: routines and objects ---- */

uint32_t visit_routine(struct visit *visit, CXCursor declaration);
/* A routine that is declared in this unit, by name. */
bool visit_find_routine(struct visit *visit, const char *name, CXCursor *routine);
uint32_t visit_implicit_routine(struct visit *visit, const char *name, CXType type);
uint32_t visit_object(struct visit *visit, CXCursor declaration);
/* Adds what this very declaration says: storage, initialiser, attributes. */
void visit_object_define(struct visit *visit, uint32_t object, CXCursor declaration);
void visit_routine_attributes(struct visit *visit, uint32_t routine, CXCursor declaration);
/* True when a declaration of a routine or one of its parameters has some. */
bool visit_has_attributes(CXCursor declaration);
uint32_t visit_new_object(struct visit *visit, enum unit_object_kind kind, uint32_t name,
                          CXCursor where, CXType type);
struct unit_routine *visit_routine_row(struct visit *visit, uint32_t routine);
struct unit_object *visit_object_row(struct visit *visit, uint32_t object);
void visit_use(struct visit *visit, uint32_t object, uint32_t use); /* of a parameter */
void visit_result_use(struct visit *visit, uint32_t use);
void visit_words(struct visit *visit, uint32_t routine);

/* ---- visit_attribute.c ---- */

struct attributes {
  bool is_weak, is_constructor, is_destructor, is_gnu_inline, is_used, is_pure, is_noreturn;
  char *alias;   /* or NULL */
  char *ifunc;   /* or NULL */
  char *section; /* or NULL */
  char *cleanup; /* or NULL */
  GString *annotations;
};
void attributes_read(struct visit *visit, CXCursor declaration, struct attributes *attributes);
void attributes_clear(struct attributes *attributes);

/* ---- visit_flow.c: edges and accesses ---- */

struct value value_none(CXType type);
bool value_is_carrier(const struct value *value); /* a variable or parameter that holds pointers */
uint32_t value_node(struct visit *visit, struct value *value, const struct spot *spot);
void flow_into(struct visit *visit, uint32_t node, struct value *value, const struct spot *spot);
/* What allocated memory becomes, as a pointer to it of this type says; what "sizeof" said before
 * stays unless the memory holds pointers. */
void flow_shape_heap(struct visit *visit, uint32_t heap, CXType type);
void flow_assign(struct visit *visit, const struct place *place, struct value *value,
                 const struct spot *spot);
void flow_edge(struct visit *visit, enum unit_edge_kind kind, uint32_t to, uint32_t from,
               uint32_t path, uint32_t flags, const struct spot *spot);
void access_add(struct visit *visit, const struct place *place, uint32_t mode,
                enum unit_access_operation operation, const struct spot *spot);
uint32_t access_add_call(struct visit *visit, const struct place *place, uint32_t mode,
                         enum unit_access_operation operation, const struct spot *spot,
                         uint32_t call);
struct value place_load(struct visit *visit, const struct place *place, const struct spot *spot);
struct value place_address(struct visit *visit, const struct place *place, const struct spot *spot);

/* ---- visit_place.c: lvalues ---- */

struct place visit_place(struct visit *visit, CXCursor expression);
bool visit_is_place(struct visit *visit, CXCursor expression);
bool visit_is_pointer(CXType type);
bool visit_is_pointer_value(CXType type); /* or an array, which becomes one */
bool visit_is_routine(CXCursor expression);
bool visit_is_array_object(CXCursor expression);
/* One more use of a name in the routine that is walked; none for "". */
void visit_count_use(struct visit *visit, uint32_t name);

/* ---- visit_expression.c ---- */

struct value visit_value(struct visit *visit, CXCursor expression);
void visit_discard(struct visit *visit, CXCursor expression);
void visit_truth(struct visit *visit, CXCursor condition); /* tested for zero */
bool visit_integer(CXCursor expression, int64_t *integer);
uint32_t visit_literal_text(struct visit *visit, CXCursor literal);

/* ---- visit_call.c ---- */

struct value visit_call(struct visit *visit, CXCursor call);
void visit_call_of(struct visit *visit, uint32_t callee, const struct spot *spot, uint32_t flags,
                   const struct place *argument);
struct value visit_atomic(struct visit *visit, CXCursor expression, guint start, guint n);

/* ---- visit_initialiser.c ---- */

void visit_initialiser(struct visit *visit, const struct place *place, CXCursor initialiser,
                       bool is_static);

/* ---- visit_statement.c, visit_compare.c, visit_guard.c ---- */

void visit_statement(struct visit *visit, CXCursor statement);
struct value visit_statement_value(struct visit *visit, CXCursor compound);
void visit_variable(struct visit *visit, CXCursor declaration);
/* The arms that `condition` being true opens; UNIT_NONE when it compares with no constant. */
uint32_t visit_condition_arms(struct visit *visit, CXCursor condition, bool when, uint32_t group,
                              CXCursor branch);
/* A constant with the name of its enumerator or macro (string row, or 0). */
bool visit_constant(struct visit *visit, CXCursor expression, int64_t *integer, uint32_t *text);
uint32_t visit_case_arm(struct visit *visit, CXCursor label, CXCursor subject, uint32_t group);
/* The innermost guard where `condition` is `when`: the present one where it tests no parameter. */
uint32_t visit_guards(struct visit *visit, CXCursor condition, bool when);
/* The same where `subject` is a constant. */
uint32_t visit_case_guard(struct visit *visit, CXCursor subject, int64_t integer);
/* What follows can be jumped to: the guards around it say nothing. */
void visit_forget_guards(struct visit *visit);

#endif
