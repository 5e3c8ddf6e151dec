/* What the files that walk a syntax tree share: the state of one walk, values and places.
 *
 * Private to the walk (visit*.c and extract.c). clang-c/Index.h is included here, in
 * parse_parts.h and in added_headers.h alone; nothing of it leaves these files. */
#ifndef CLEAVE_ANALYZER_VISIT_H
#define CLEAVE_ANALYZER_VISIT_H

#include "analyzer/extract.h"
#include "analyzer/unit_builder.h"

#include <clang-c/Index.h>

/* Where something stands, as the expansion that a reader sees. */
struct spot {
  uint32_t file; /* file row or UNIT_NONE */
  uint32_t line;
  uint32_t column;
};

/* A type. What the parser says of it is asked for once, and what it lists is listed when somebody
 * needs it: rows of the facts stand in the order of their first use. */
struct c_type {
  CXType type;
  CXType canonical;
  enum CXTypeKind kind;  /* of the canonical type */
  struct c_type *target; /* behind a pointer, of an array's elements, of an atomic type, or NULL */
  const void *bare; /* equal for canonical types that differ in outer qualifiers alone, or NULL */
  long long size;
  uint32_t flags;  /* enum unit_value_flags */
  uint32_t text;   /* string row + 1, or 0 */
  uint32_t shape;  /* likewise */
  uint32_t record; /* type row + 1, 0 where there is none; when known */
  GArray *fields;  /* CXCursor: members that take an initialiser, of a canonical type; or NULL */
  bool has_size, has_flags, has_record;
  signed char is_carrier; /* 1 or 0, -1 when unknown */
  signed char is_va_list; /* likewise */
};

/* A declaration. Only the canonical one of an entity has a row. */
struct declared {
  CXCursor cursor;
  struct declared *canonical;
  uint32_t row;  /* or UNIT_NONE: none yet */
  uint32_t name; /* string row + 1, or 0 */
  bool is_told;  /* there is nothing to add to the row */
  bool has_place;
  unsigned offset; /* of the expansion in the file, when known */
  CXFile file;     /* likewise; or NULL */
};

/* A statement, an expression or whatever else stands in a body or an initialiser. A tree lies in
 * one array, everything in front of what it is made of. */
struct syntax {
  CXCursor cursor;
  uint32_t size; /* of itself and all below */
  uint32_t n_children;
  struct c_type *type;         /* or NULL: nobody has asked */
  struct declared *referenced; /* likewise */
  int64_t integer;
  struct spot spot;
  bool has_spot;
  bool is_repeating;      /* "a ?: b", which lists "a" three times */
  signed char is_integer; /* a constant: 1 or 0, -1 when unknown */
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
  struct c_type *type;
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
  struct c_type *type;
};

/* Of what was asked for, the latest of each slot, which is what is asked for again. */
enum { N_RECENT = 128 };
static inline size_t recent_slot(const void *address)
{
  return ((uintptr_t)address >> 4 ^ (uintptr_t)address >> 11) % N_RECENT;
}

/* What a field of a named record holds: see visit_hold.c. */
struct hold {
  uint32_t object;
  uint32_t path;
  uint32_t routine;
  uint32_t depth; /* conditional_depth and n_set when it was stored */
};

/* The turn_depth of what a "for" lists beside its condition. */
#define NO_TURN UINT32_MAX

struct visit {
  CXTranslationUnit tu;
  struct unit_builder *builder;
  const char *root;      /* absolute, no slash at the end */
  const char *main_path; /* absolute */
  GHashTable *files;     /* CXFile -> struct known_file * */
  GHashTable *read;      /* path as in the facts -> role: of everything that was read */
  CXFile last_seen;      /* of visit_location() */
  uint32_t last_seen_row;
  struct known_file *main; /* where places need not be asked for, or NULL */
  CXFile main_handle;
  unsigned main_begin; /* the parser's number of its first place; others follow */
  uint32_t main_size;
  GArray *lines;      /* uint32_t: offsets where its lines begin */
  uint32_t last_line; /* of these, the one asked for last */
  bool is_main_again; /* it includes itself */
  CXFile last_file;   /* of visit_file_text() */
  const char *last_text;
  size_t last_size;
  GHashTable *texts;      /* CXFile -> struct file_text * */
  GHashTable *file_paths; /* path -> file row + 1 */
  GHashTable *declared;   /* the parser's declaration -> struct declared * */
  GHashTable *types;      /* the parser's type -> struct c_type * */
  struct c_type *recent_types[N_RECENT];
  struct declared *recent_declared[N_RECENT]; /* likewise */
  GHashTable *names;   /* name -> routine row of an implicitly declared routine */
  struct syntax *tree; /* what is walked */
  uint32_t n_tree;
  uint32_t n_allocated;
  uint32_t *open; /* of these, the ones around the latest while it grows */
  uint32_t n_open;
  uint32_t n_open_allocated;
  GArray *values;    /* struct value: arguments of the calls on the way down */
  GArray *arguments; /* struct unit_argument: the same */

  GHashTable *named;       /* paths that the prefix itself includes */
  const struct unit *base; /* facts of the precompiled header that the walk goes on from, or NULL */
  bool *is_nested_again; /* by file row of the base: its user reads the file once more, inside of a
                            declaration */
  bool names_are_plain;  /* the target's symbols have C's names */
  GHashTable *unseen;    /* paths of precompiled headers that must not be referred to, or NULL */
  bool is_lacking;       /* the base does not do: the unit must be walked without one */
  bool is_early;         /* in a prefix: what its user defines is not known yet */
  uint32_t
      n_early_routines; /* rows that come from a prefix: the user may define and complete them */
  uint32_t n_early_types;

  uint32_t routine;    /* the one that is walked, or UNIT_NONE */
  uint32_t object;     /* the one whose initialiser is walked, or UNIT_NONE */
  struct words *words; /* identifiers of the routine */
  uint32_t n_statements;
  uint32_t loop;
  uint32_t loop_depth;
  uint32_t arm;
  uint32_t guard;
  uint32_t n_groups;           /* of arms so far */
  const struct syntax *unused; /* the expression whose value nothing uses, or NULL */
  uint32_t conditional_depth;
  uint32_t is_null_guard; /* inside what runs only for a NULL pointer */
  uint32_t has_left;      /* some path through the routine has ended already */
  bool is_main;           /* the routine is a program's main */
  uint32_t n_set;         /* inside so many branches that run only for a pointer that is set */
  uint32_t turn_depth;    /* conditional_depth and n_set of what every turn of the loop runs */
  bool has_jumped;        /* since the turn began, or the routine: some path may leave code out */
  bool is_partial;        /* what is written is not all of what it is called */
  guint first_moment;     /* of the routine */
  guint switch_moment;    /* of the switch around */
  GArray *holds;          /* struct hold: of the routine */
  GHashTable *exposed;    /* object of it + 1 -> how often its address was taken beside arguments */
  struct syntax *subject; /* of the switch around */
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
const struct spot *syntax_spot(struct visit *visit, struct syntax *syntax);
struct spot visit_location(struct visit *visit, CXSourceLocation location);
/* The file of the expansion at a place, or NULL, and the offset in it. */
CXFile visit_file_at(const struct visit *visit, CXSourceLocation location, unsigned *offset);
unsigned visit_line_at(struct visit *visit, CXSourceLocation location);
/* The same of where it is spelled, which may be inside a macro. */
CXFile visit_spelled_at(const struct visit *visit, CXSourceLocation location, unsigned *offset);
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
/* Makes the source itself row 0; FILE may be NULL where the parser does not know it. What was asked
 * for before must not stand in it. */
void visit_main_file(struct visit *visit, CXFile file);
/* True where declarations and bodies belong to the analysed tree rather than to the system. */
bool visit_is_ours(struct visit *visit, CXFile file, CXSourceLocation location);
void file_text_free(gpointer data);
/* The content of a file and its size; NULL where there is none. */
const char *visit_file_text(struct visit *visit, CXFile file, size_t *size);
/* The macro whose expansion made the cursor, "" where none did; a string row. */
uint32_t visit_macro(struct visit *visit, CXCursor cursor);
/* The source of a cursor as it stands in the file, be it in the argument of a macro; blanks joined,
 * cut at 200 bytes. What a macro's text makes is told by the use of the macro. */
uint32_t visit_text(struct visit *visit, CXCursor cursor);
uint32_t visit_string(struct visit *visit, CXString text); /* disposes of the text */

/* ---- visit_base.c: declarations, and what a precompiled header has told of them already ---- */

struct declared *visit_declared(struct visit *visit, CXCursor declaration);
uint32_t visit_name(struct visit *visit, struct declared *declaration); /* string row */
/* The row of the entity, or UNIT_NONE. */
static inline uint32_t declared_row(const struct declared *declaration)
{
  return declaration->canonical->row;
}
/* Remembers the row of a declaration; in a prefix its place, too, by which users find it again. */
void visit_put(struct visit *visit, struct declared *declaration, uint32_t row);
/* Lists the declarations of a prefix that has been walked, for its users. False where two cannot be
 * told apart by their places. */
bool visit_base_list(struct visit *visit);
/* The row of a declaration in the base, or UNIT_NONE. */
uint32_t visit_base_find(struct visit *visit, enum unit_declaration_kind kind,
                         struct declared *declaration);
/* True where a definition may be used: in a prefix only what stands in one of its files, so that
 * its facts are the same whoever uses it. */
bool visit_sees(struct visit *visit, CXCursor definition);

/* ---- visit_tree.c ---- */

/* What stands in a declaration, which is the root. The tree of before is gone. */
struct syntax *visit_grow(struct visit *visit, CXCursor root);
static inline enum CXCursorKind syntax_kind(const struct syntax *syntax)
{
  return syntax->cursor.kind;
}
static inline bool syntax_is_expression(const struct syntax *syntax)
{
  return syntax->cursor.kind >= CXCursor_FirstExpr && syntax->cursor.kind <= CXCursor_LastExpr;
}
/* Children one after another; NULL at the end. */
static inline struct syntax *syntax_first(struct syntax *parent)
{
  return parent->size > 1 ? parent + 1 : NULL;
}
static inline struct syntax *syntax_next(const struct syntax *parent, struct syntax *child)
{
  struct syntax *next = child + child->size;
  return next < parent + parent->size ? next : NULL;
}
struct syntax *syntax_child(struct syntax *parent, uint32_t number); /* from 0, or NULL */
struct syntax *syntax_last(struct syntax *parent);                   /* or NULL */
/* The same of children that are expressions: no references to types, no attributes. */
struct syntax *syntax_expression(struct syntax *parent, uint32_t number);
struct syntax *syntax_next_expression(const struct syntax *parent, struct syntax *child);
uint32_t syntax_count_expressions(struct syntax *parent);
/* Without parentheses, implicit conversions and __extension__; casts too if told. */
struct syntax *syntax_strip(struct syntax *syntax, bool strip_casts);
/* Whether an expression is "offsetof"; and the next of the indexes in it, the first with NULL. */
bool syntax_is_offsetof(struct syntax *syntax);
struct syntax *syntax_offsetof_index(struct syntax *syntax, struct syntax *before);
/* What a cast or a compound literal is made of: expressions of its type (typeof, the length of an
 * array) come before it. Or NULL. */
struct syntax *syntax_operand(struct syntax *syntax);
struct c_type *syntax_type(struct visit *visit, struct syntax *syntax);
/* What a name refers to; invalid where there is nothing. */
struct declared *syntax_referenced(struct visit *visit, struct syntax *syntax);
/* The value of a constant expression. */
bool syntax_integer(struct syntax *syntax, int64_t *integer);

/* ---- visit_type.c: types ---- */

void c_type_free(gpointer data);
struct c_type *visit_type(struct visit *visit, CXType type);
struct c_type *visit_cursor_type(struct visit *visit, CXCursor cursor);
struct c_type *visit_no_type(struct visit *visit); /* the invalid one */
struct c_type *visit_canonical(struct visit *visit, struct c_type *type);
/* What the canonical type points to, its elements, what an atomic one holds: invalid otherwise. */
struct c_type *visit_target(struct visit *visit, struct c_type *type);
struct c_type *visit_pointee(struct visit *visit, struct c_type *type); /* of pointers alone */
const void *visit_bare(struct c_type *type);
long long visit_size(struct c_type *type);
/* Row of the record or enum behind pointers and arrays, or UNIT_NONE. */
uint32_t visit_type_of(struct visit *visit, struct c_type *type);
uint32_t visit_value_flags(struct visit *visit, struct c_type *type);
/* The same of a parameter: one that is written as an array is a pointer. */
uint32_t visit_param_flags(struct visit *visit, struct c_type *type);
/* Can a value of the type hold a pointer? */
bool visit_is_carrier(struct visit *visit, struct c_type *type);
bool visit_is_va_list(struct visit *visit, struct c_type *type);
static inline bool type_is_array(const struct c_type *type)
{
  return type->kind == CXType_ConstantArray || type->kind == CXType_IncompleteArray ||
         type->kind == CXType_VariableArray;
}
static inline bool type_is_record(const struct c_type *type)
{
  return type->kind == CXType_Record;
}
static inline bool type_is_routine(const struct c_type *type)
{
  return type->kind == CXType_FunctionProto || type->kind == CXType_FunctionNoProto;
}
static inline bool type_is_pointer(const struct c_type *type)
{
  return type->kind == CXType_Pointer || type->kind == CXType_BlockPointer;
}
/* Values are never arrays: an array decays, and the parser spells a parameter that was written as
 * one, and what is computed from it, as an array still. */
static inline bool type_is_pointer_value(const struct c_type *type)
{
  return type_is_pointer(type) || type_is_array(type);
}
/* Through pointers; NULL where it is not a routine. */
struct c_type *visit_routine_type(struct visit *visit, struct c_type *type);
/* "" unless a routine pointer. */
uint32_t visit_shape_string(struct visit *visit, struct c_type *type);
uint32_t visit_type_text(struct visit *visit, struct c_type *type);

/* ---- visit_record.c: records, their fields, other names of types ---- */

uint32_t visit_record(struct visit *visit, CXCursor declaration); /* row of a record or enum */
uint32_t visit_typedef(struct visit *visit, CXCursor declaration);
uint32_t visit_field(struct visit *visit, struct declared *field);

/* ---- visit_declaration.c: routines and objects ---- */

uint32_t visit_routine(struct visit *visit, struct declared *declaration);
/* A routine that is declared in this unit, by name. */
bool visit_find_routine(struct visit *visit, const char *name, CXCursor *routine);
uint32_t visit_implicit_routine(struct visit *visit, const char *name, struct c_type *type);
uint32_t visit_object(struct visit *visit, struct declared *declaration);
/* Adds what this very declaration says: storage, initialiser, attributes. */
void visit_object_define(struct visit *visit, uint32_t object, CXCursor declaration);
void visit_routine_attributes(struct visit *visit, uint32_t routine, CXCursor declaration);
/* True when a declaration of a routine or one of its parameters has some. */
bool visit_has_attributes(CXCursor declaration);
uint32_t visit_new_object(struct visit *visit, enum unit_object_kind kind, uint32_t name,
                          const struct spot *spot, struct c_type *type);
static inline struct unit_routine *visit_routine_row(struct visit *visit, uint32_t routine)
{
  return &g_array_index(visit->builder->routines, struct unit_routine, routine);
}
static inline struct unit_object *visit_object_row(struct visit *visit, uint32_t object)
{
  return &g_array_index(visit->builder->objects, struct unit_object, object);
}
void visit_use(struct visit *visit, uint32_t object, uint32_t use); /* of a parameter */
void visit_result_use(struct visit *visit, uint32_t use);

/* ---- visit_words.c ---- */

struct words *words_new(void);
void words_free(struct words *words);
/* One more use of a name, which is a string row; none of "". */
void words_count(struct words *words, uint32_t name);
/* "cart:2 item:1 ...": every word of the names in small letters, with its count; a new string. They
 * are forgotten. */
char *words_take(struct words *words, const struct unit_builder *builder);
void words_forget(struct words *words);

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

struct value value_none(struct c_type *type);
bool value_is_carrier(struct visit *visit,
                      const struct value *value); /* a variable or parameter that holds pointers */
uint32_t value_node(struct visit *visit, struct value *value, const struct spot *spot);
void flow_into(struct visit *visit, uint32_t node, struct value *value, const struct spot *spot);
/* What allocated memory becomes, as a pointer to it of this type says; what "sizeof" said before
 * stays unless the memory holds pointers. */
void flow_shape_heap(struct visit *visit, uint32_t heap, struct c_type *type);
void flow_assign(struct visit *visit, const struct place *place, struct value *value,
                 const struct spot *spot);
/* Notes that a local "char *" counts bytes of something else, where it is assigned such a value. */
void flow_note_bytes(struct visit *visit, const struct place *place, struct syntax *expression);
void flow_edge(struct visit *visit, enum unit_edge_kind kind, uint32_t to, uint32_t from,
               uint32_t path, uint32_t flags, const struct spot *spot);
void access_add(struct visit *visit, const struct place *place, uint32_t mode,
                enum unit_access_operation operation, const struct spot *spot);
uint32_t access_add_call(struct visit *visit, const struct place *place, uint32_t mode,
                         enum unit_access_operation operation, const struct spot *spot,
                         uint32_t call);
struct value place_load(struct visit *visit, const struct place *place, const struct spot *spot);
struct value place_address(struct visit *visit, const struct place *place, const struct spot *spot);

/* ---- visit_moment.c: when accesses run ---- */

/* Whether what is walked runs in every turn of the loop around it that gets so far; outside of
 * loops, whenever the routine runs. */
bool visit_is_certain(const struct visit *visit);
/* Around what does not always run: once in front of it, once behind it with what the first call
 * returned. */
guint visit_begin_branch(struct visit *visit);
void visit_end_branch(struct visit *visit, guint first_moment);
/* What follows may run without what those moments tell of. */
void visit_end_moments(struct visit *visit, guint first_moment);
/* Whether the place is in a record that main declares. */
bool visit_is_of_main(struct visit *visit, const struct place *place);
/* Whether a path leads through an element of an array. */
bool visit_has_element(const struct visit *visit, uint32_t path);
/* Notes when an access that was added runs, where somebody asks. */
void visit_note_moment(struct visit *visit, const struct place *place, uint32_t access);

/* ---- visit_hold.c: routines in named records ---- */

/* At the beginning of a routine. */
void visit_hold_begin(struct visit *visit);
/* Before what may be reached from elsewhere: a label, a loop. */
void visit_hold_forget(struct visit *visit);
/* Behind a branch. */
void visit_hold_leave(struct visit *visit);
void visit_hold_assign(struct visit *visit, const struct place *place, const struct value *value);
/* After that, for a value that is no routine: whether it surely is none ("SIG_IGN", NULL). */
void visit_hold_number(struct visit *visit, const struct place *place, struct syntax *expression);
/* Where an address is taken; visit_hold_argument() takes it back for what goes to a call. */
void visit_hold_expose(struct visit *visit, const struct place *place);
/* Adds rows of what a call finds in the record that it is handed. */
void visit_hold_argument(struct visit *visit, const struct unit_call *call,
                         const struct unit_argument *argument, uint32_t row);
/* Behind all arguments of a call. */
void visit_hold_end_call(struct visit *visit);

/* ---- visit_place.c: lvalues ---- */

struct place visit_place(struct visit *visit, struct syntax *expression);
bool visit_is_place(struct visit *visit, struct syntax *expression);
/* Whether the expression names an object that is an array, so that its elements lie in that. */
bool visit_is_array_object(struct visit *visit, struct syntax *expression);

/* ---- visit_expression.c, visit_hidden.c ---- */

struct value visit_value(struct visit *visit, struct syntax *expression);
void visit_discard(struct visit *visit, struct syntax *expression);
/* Likewise of an expression whose value nothing uses: a statement of its own. */
void visit_unused(struct visit *visit, struct syntax *expression);
void visit_truth(struct visit *visit, struct syntax *condition); /* tested for zero */
uint32_t visit_literal_text(struct visit *visit, struct syntax *literal);
bool value_holds_pointers(struct visit *visit, const struct value *value);
/* Either of two, of which one may be nothing. */
struct value value_join(struct visit *visit, struct value *first, struct value *second,
                        struct c_type *type, const struct spot *spot);
/* What the parser keeps without a name: conversions, "a ?: b", va_arg, atomic operations. */
struct value visit_hidden(struct visit *visit, struct syntax *expression);
/* What an operand is that becomes the expression by a conversion: the memory behind a record where
 * a pointer to it was moved by whole records, and is one to something else now. */
struct value visit_behind_record(struct visit *visit, struct syntax *expression,
                                 struct syntax *operand, struct value *value);
struct value visit_generic(struct visit *visit, struct syntax *expression);

/* ---- visit_call.c, visit_memory.c ---- */

struct value visit_call(struct visit *visit, struct syntax *call);
void visit_call_of(struct visit *visit, uint32_t callee, const struct spot *spot, uint32_t flags,
                   const struct place *argument);
/* What routines of every C program do with the memory behind their arguments. */
void visit_memory(struct visit *visit, const char *name, struct value *values,
                  const struct unit_argument *arguments, guint n, const struct spot *spot);
struct value visit_atomic(struct visit *visit, struct syntax *expression);

/* ---- visit_initialiser.c ---- */

void visit_initialiser(struct visit *visit, const struct place *place, struct syntax *initialiser,
                       bool is_static);

/* ---- visit_statement.c, visit_jump.c, visit_compare.c, visit_guard.c ---- */

void visit_statement(struct visit *visit, struct syntax *statement);
struct value visit_statement_value(struct visit *visit, struct syntax *compound);
void visit_variable(struct visit *visit, struct syntax *declaration);
/* Whether the end of a statement is never reached, as far as its last word tells. */
bool visit_ends_in_jump(struct visit *visit, struct syntax *statement);
/* The arms that `condition` being true opens; UNIT_NONE when it compares with no constant. */
uint32_t visit_condition_arms(struct visit *visit, struct syntax *condition, bool when,
                              uint32_t group, struct syntax *branch);
/* A constant with the name of its enumerator or macro (string row, or 0). */
bool visit_constant(struct visit *visit, struct syntax *expression, int64_t *integer,
                    uint32_t *text);
uint32_t visit_case_arm(struct visit *visit, struct syntax *label, struct syntax *subject,
                        uint32_t group);
/* A call of __builtin_expect(), which is its first argument. */
bool syntax_calls_expect(struct syntax *call);
/* The innermost guard where `condition` is `when`: the present one where it tests no parameter. */
uint32_t visit_guards(struct visit *visit, struct syntax *condition, bool when);
/* The same where `subject` is a constant. */
uint32_t visit_case_guard(struct visit *visit, struct syntax *subject, int64_t integer);
/* What follows can be jumped to: the guards around it say nothing. */
void visit_forget_guards(struct visit *visit);

/* ---- visit_inclusions.c: what was read ---- */

/* Takes down that the file was read. */
struct known_file *visit_note_read(struct visit *visit, CXFile file, enum read_role role);

/* Row 0 is the source itself; every file of the tree that was read follows, in the order of
 * inclusion. Sees where the base does not do, since a header of it was entered again;
 * `declarations` (CXCursor) are those at the top of the unit. */
void visit_inclusions(struct visit *visit, const GArray *declarations);

#endif
