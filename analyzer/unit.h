/* The facts of one unit: one translation unit parsed with one set of arguments.
 *
 * A unit is a frozen block of bytes and this header is the view on it: plain arrays whose rows
 * refer to one another by index. The parser fills a struct unit_builder (unit_builder.h), the
 * linker reads a struct unit. The bytes hold no pointers, depend on nothing but the sources and the
 * arguments, and are checked when they are opened, so a damaged store is an error and never a
 * crash.
 *
 * This file never parses, resolves names across units or writes the store.
 *
 * Conventions
 *   - Every reference is a uint32_t: an index into the array that its comment names. UNIT_NONE
 *     means "none" where the comment says so. String 0 is the empty string.
 *   - Lines and columns count from 1 and are those of the expansion for what a macro made; 0 means
 *     unknown.
 *   - Rows that belong to one owner are adjacent (first_*, n_*) where so noted.
 */
#ifndef CLEAVE_ANALYZER_UNIT_H
#define CLEAVE_ANALYZER_UNIT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define UNIT_NONE UINT32_MAX

/* Bumped whenever a row changes its shape or its meaning: units of another version are parsed
 * again. */
#define UNIT_VERSION 16u

/* Rows are stored as they lie in memory: no padding, little endian. */
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

enum unit_grade { UNIT_OK, UNIT_ERRORS, UNIT_FAILED, UNIT_N_GRADES };

/* Exactly one row. */
struct unit_info {
  uint32_t file;   /* file: the source that was compiled */
  uint32_t object; /* string: the object file the command writes, relative to the root if in it */
  uint32_t arguments;     /* string: the normalised arguments, separated by newlines */
  uint32_t grade;         /* enum unit_grade */
  uint32_t n_errors;      /* error and fatal diagnostics */
  uint32_t configuration; /* string: hash of the arguments alone */
};

enum unit_file_flags {
  UNIT_FILE_MAIN = 1u << 0,   /* the source itself */
  UNIT_FILE_SYSTEM = 1u << 1, /* a system header */
  UNIT_FILE_INSIDE = 1u << 2, /* under the root */
};

struct unit_file {
  uint32_t path;  /* string: relative to the root where inside it, absolute otherwise */
  uint32_t flags; /* enum unit_file_flags */
};

enum unit_severity { UNIT_NOTE, UNIT_WARNING, UNIT_ERROR, UNIT_FATAL, UNIT_N_SEVERITIES };

struct unit_diagnostic {
  uint32_t file; /* file or UNIT_NONE */
  uint32_t line;
  uint32_t column;
  uint32_t severity; /* enum unit_severity */
  uint32_t message;  /* string */
};

enum unit_routine_flags {
  UNIT_ROUTINE_DEFINED = 1u << 0,    /* has a body here */
  UNIT_ROUTINE_STATIC = 1u << 1,     /* internal linkage */
  UNIT_ROUTINE_INLINE = 1u << 2,     /* declared inline somewhere */
  UNIT_ROUTINE_EXTERN = 1u << 3,     /* some declaration says extern */
  UNIT_ROUTINE_GNU_INLINE = 1u << 4, /* gnu89 meaning of inline */
  UNIT_ROUTINE_WEAK = 1u << 5,
  UNIT_ROUTINE_ALIAS = 1u << 6,       /* second name of `target` */
  UNIT_ROUTINE_IFUNC = 1u << 7,       /* resolved at start-up by `target` */
  UNIT_ROUTINE_CONSTRUCTOR = 1u << 8, /* runs before main */
  UNIT_ROUTINE_DESTRUCTOR = 1u << 9,  /* runs after main */
  UNIT_ROUTINE_NORETURN = 1u << 10,
  UNIT_ROUTINE_VARIADIC = 1u << 11,
  UNIT_ROUTINE_NO_PROTOTYPE = 1u << 12, /* K&R or implicit: the signature is a wildcard */
  UNIT_ROUTINE_IMPLICIT = 1u << 13,     /* never declared: called all the same */
  UNIT_ROUTINE_INCOMPLETE = 1u << 14,   /* the parser dropped statements of the body */
  UNIT_ROUTINE_ASSEMBLY = 1u << 15,     /* the body holds inline assembly */
  UNIT_ROUTINE_SYSTEM = 1u << 16,       /* declared by a system header */
  UNIT_ROUTINE_PURE = 1u << 17,         /* attribute pure or const */
  UNIT_ROUTINE_USED = 1u << 18,         /* attribute used, or a section of its own */
};

/* One row per routine that is defined here or referred to here. */
struct unit_routine {
  uint32_t name;      /* string */
  uint32_t assembler; /* string: symbol name, asm labels included */
  uint32_t file; /* file: of the definition, of the first declaration otherwise; or UNIT_NONE */
  uint32_t line;
  uint32_t column;
  uint32_t end_line;
  uint32_t flags;     /* enum unit_routine_flags */
  uint32_t signature; /* string: as C writes it, typedefs resolved: "int (char *, long)" */
  uint32_t shape;     /* string: lenient class, see unit.c: "i4(p,i8)"; "?" for no prototype */
  uint32_t target;    /* string: symbol that an alias or ifunc names, "" otherwise */
  uint32_t words; /* string: identifier words of the body, sorted, with counts "cart:3 item:1" */
  uint32_t annotations; /* string: annotate attributes, separated by newlines */
  uint32_t n_statements;
  uint32_t first_param; /* param: position 0 (the result) first */
  uint32_t n_params;
  uint32_t section; /* string: attribute section, "" otherwise */
};

enum unit_use_flags {
  UNIT_USE_READ = 1u << 0,        /* what it points to is read */
  UNIT_USE_WRITTEN = 1u << 1,     /* what it points to is written */
  UNIT_USE_INDEXED = 1u << 2,     /* subscripted or moved along */
  UNIT_USE_STRING = 1u << 3,      /* handed to something that wants a terminated string */
  UNIT_USE_FREED = 1u << 4,       /* handed to free */
  UNIT_USE_KEPT = 1u << 5,        /* stored where it outlives the call */
  UNIT_USE_NULL_TESTED = 1u << 6, /* compared with NULL or tested for truth */
  UNIT_USE_CALLED = 1u << 7,      /* called */
  UNIT_USE_PASSED = 1u << 8,      /* handed on to another routine: see the arguments of its calls */
  UNIT_USE_RETURNED = 1u << 9,    /* returned */
  UNIT_USE_VALUE = 1u << 10,      /* its own value is read */
  UNIT_USE_ASSIGNED = 1u << 11,   /* the parameter itself is overwritten */
  UNIT_USE_ALLOCATED = 1u << 12,  /* result: fresh from an allocator */
  UNIT_USE_STORED = 1u << 13,     /* stored in a record that ends with the call; set by linking */
};

struct unit_param {
  uint32_t routine;  /* routine */
  uint32_t position; /* 0 is the result */
  uint32_t name;     /* string */
  uint32_t type;     /* string: as written */
  uint32_t record; /* type: the record, enum or typedef behind pointers and arrays, or UNIT_NONE */
  uint32_t uses;   /* enum unit_use_flags */
  uint32_t length_of; /* position of the pointer whose bound this seems to be, or UNIT_NONE */
  uint32_t flags;     /* enum unit_value_flags */
  uint32_t object; /* object: the parameter as a variable; UNIT_NONE for results and prototypes */
  uint32_t annotations; /* string: annotate attributes, separated by newlines */
};

/* What kind of C value a parameter, field or object holds. */
enum unit_value_flags {
  UNIT_VALUE_POINTER = 1u << 0,
  UNIT_VALUE_ARRAY = 1u << 1,
  UNIT_VALUE_ROUTINE_POINTER = 1u << 2,
  UNIT_VALUE_RECORD = 1u << 3,
  UNIT_VALUE_CONST = 1u << 4,         /* the value itself cannot be written */
  UNIT_VALUE_POINTEE_CONST = 1u << 5, /* const T * */
  UNIT_VALUE_BIT_FIELD = 1u << 6,
  UNIT_VALUE_ANONYMOUS = 1u << 7,
  UNIT_VALUE_CHARACTER = 1u << 8, /* char, char * or char[] */
  UNIT_VALUE_VOID = 1u << 9,      /* void or void * */
  UNIT_VALUE_ATOMIC = 1u << 10,
  UNIT_VALUE_VOLATILE = 1u << 11,
  UNIT_VALUE_FLOATING = 1u << 12,
  UNIT_VALUE_DEEP = 1u << 13,     /* a pointer to pointers or arrays */
  UNIT_VALUE_POINTERS = 1u << 14, /* a pointer to pointers */
};

enum unit_type_kind { UNIT_STRUCT, UNIT_UNION, UNIT_ENUM, UNIT_TYPEDEF, UNIT_N_TYPE_KINDS };

struct unit_type {
  uint32_t name; /* string: the tag or typedef; of an anonymous record its first typedef, else "" */
  uint32_t kind; /* enum unit_type_kind */
  uint32_t file; /* file or UNIT_NONE */
  uint32_t line;
  uint32_t column;
  uint32_t first_field; /* field */
  uint32_t n_fields;
  uint32_t first_enumerator; /* enumerator */
  uint32_t n_enumerators;
  uint32_t underlying;  /* string: of a typedef or enum, the type behind it; "" otherwise */
  uint32_t record;      /* type: of a typedef, the record or enum behind it; or UNIT_NONE */
  uint32_t is_complete; /* 0 or 1 */
  uint64_t size;        /* bytes; 0 where incomplete */
  uint64_t layout;      /* hash of names, types and offsets of all fields: equal means the same */
  uint32_t annotations; /* string */
  uint32_t owner;       /* type: the record it is declared in, or UNIT_NONE */
};

struct unit_field {
  uint32_t type_id;  /* type: the record it belongs to */
  uint32_t name;     /* string: "" for an anonymous member */
  uint32_t position; /* from 0 */
  uint32_t type;     /* string: as written */
  uint32_t record;   /* type: behind pointers and arrays, or UNIT_NONE */
  uint32_t flags;    /* enum unit_value_flags */
  uint32_t bit_offset;
  uint32_t bit_size;    /* 0 where unknown (flexible array) */
  uint32_t annotations; /* string */
  uint32_t line;
  uint32_t n_elements; /* of an array; 0 otherwise */
  uint32_t shape;      /* string: of a routine pointer its lenient class, "" otherwise */
};

struct unit_enumerator {
  uint32_t type_id; /* type */
  uint32_t name;    /* string */
  int64_t value;
};

enum unit_object_kind {
  UNIT_OBJECT_GLOBAL,       /* external linkage */
  UNIT_OBJECT_STATIC,       /* file scope, internal linkage */
  UNIT_OBJECT_STATIC_LOCAL, /* static inside a routine */
  UNIT_OBJECT_LOCAL,        /* automatic: only those that pointers flow through */
  UNIT_OBJECT_PARAM,        /* likewise */
  UNIT_OBJECT_HEAP,         /* one per allocating call */
  UNIT_OBJECT_LITERAL,      /* a string literal that flows through a pointer */
  UNIT_OBJECT_COMPOUND,     /* a compound literal */
  UNIT_N_OBJECT_KINDS
};

enum unit_object_flags {
  UNIT_OBJECT_DEFINED = 1u << 0,   /* storage is reserved here */
  UNIT_OBJECT_TENTATIVE = 1u << 1, /* "int g;" without initialiser */
  UNIT_OBJECT_THREAD = 1u << 2,    /* thread storage */
  UNIT_OBJECT_CONST = 1u << 3,     /* every element is const */
  UNIT_OBJECT_WEAK = 1u << 4,
  UNIT_OBJECT_SYSTEM = 1u << 5,      /* declared by a system header */
  UNIT_OBJECT_INITIALISED = 1u << 6, /* has an initialiser that is not all zero */
  UNIT_OBJECT_INLINE = 1u << 7,      /* static local of an inline routine */
  UNIT_OBJECT_USED = 1u << 8,        /* attribute used, or a section of its own */
  UNIT_OBJECT_BYTES = 1u << 9,       /* a "char *" that counts bytes of something else */
};

struct unit_object {
  uint32_t name;      /* string: variable; allocator for HEAP; text for LITERAL */
  uint32_t assembler; /* string: symbol name for file scope, "" otherwise */
  uint32_t kind;      /* enum unit_object_kind */
  uint32_t flags;     /* enum unit_object_flags */
  uint32_t file;      /* file or UNIT_NONE */
  uint32_t line;
  uint32_t column;
  uint32_t routine;  /* routine it lives in, or UNIT_NONE */
  uint32_t type;     /* string: as written; for HEAP the type it is converted to */
  uint32_t record;   /* type: behind pointers and arrays, or UNIT_NONE */
  uint32_t value;    /* enum unit_value_flags */
  uint32_t position; /* of a PARAM, from 1; 0 otherwise */
  uint64_t size;     /* bytes; 0 where unknown; of a HEAP its record's, where nothing lies behind */
  uint32_t section;  /* string: attribute section, "" otherwise */
  uint32_t shape;    /* string: of a routine pointer its lenient class, "" otherwise */
};

/* An access path inside an object, as a list from the innermost step outwards. Path 0 is the empty
 * path: the object itself. */
struct unit_path {
  uint32_t parent; /* path, smaller than its own index; 0 for the row 0 itself */
  uint32_t field;  /* field, or UNIT_NONE for the step to an array element (all are one) */
};

/* Nodes hold sets of pointers. */
enum unit_node_kind {
  UNIT_NODE_OBJECT,  /* what is stored in object.path: index is the object */
  UNIT_NODE_TEMP,    /* the value of an expression */
  UNIT_NODE_RESULT,  /* what routine `index` returns */
  UNIT_NODE_VARARGS, /* every argument behind the "..." of routine `index` */
  UNIT_N_NODE_KINDS
};
/* Parameters are objects of kind PARAM: the argument i of a call flows into its node. */

struct unit_node {
  uint32_t kind;  /* enum unit_node_kind */
  uint32_t index; /* object or routine by kind; UNIT_NONE for TEMP */
  uint32_t path;  /* path; 0 but for OBJECT */
};

/* Pointer flow. "Location" is an object and a path inside it. */
enum unit_edge_kind {
  UNIT_EDGE_ADDRESS,   /* to ⊇ { location (object `from`, path) } */
  UNIT_EDGE_ROUTINE,   /* to ⊇ { routine `from` } */
  UNIT_EDGE_COPY,      /* to ⊇ from */
  UNIT_EDGE_LOAD,      /* to ⊇ contents of l.path for each l in from */
  UNIT_EDGE_STORE,     /* contents of l.path ⊇ from, for each l in to */
  UNIT_EDGE_FIELD,     /* to ⊇ { l.path for each l in from }: "&p->a.b", "p->array" */
  UNIT_EDGE_RECORD,    /* for each l in to, m in from: everything in m is copied to l ("*p = *q",
                          memcpy); both sides are pointers to the records */
  UNIT_EDGE_CONTAINER, /* to ⊇ { l without path for each l in from }: container_of; path is that of
                          the member inside its container */
  UNIT_EDGE_BYTES, /* to ⊇ { the memory around l for each l in from }: the address of a record,
                      moved as one of bytes: "(char *)p + sizeof *p"; with UNIT_EDGE_ANYWHERE
                      every field of l's record, too */
  UNIT_N_EDGE_KINDS
};

enum unit_edge_flags {
  UNIT_EDGE_CAST = 1u << 0,        /* through a cast between unrelated types */
  UNIT_EDGE_ARITHMETIC = 1u << 1,  /* through pointer arithmetic */
  UNIT_EDGE_INITIALISER = 1u << 2, /* from the initialiser of an object with static storage */
  UNIT_EDGE_INTEGER = 1u << 3,     /* through an integer */
  UNIT_EDGE_ANYWHERE = 1u << 4,    /* by a number of bytes that is known at run time alone */
};

struct unit_edge {
  uint32_t kind;  /* enum unit_edge_kind */
  uint32_t to;    /* node */
  uint32_t from;  /* node; ADDRESS: object; ROUTINE: routine */
  uint32_t path;  /* path for ADDRESS, LOAD, STORE, FIELD; 0 otherwise */
  uint32_t flags; /* enum unit_edge_flags */
  uint32_t file;  /* file: the witness, or UNIT_NONE */
  uint32_t line;
  uint32_t routine; /* routine it stands in, or UNIT_NONE at file scope */
  uint32_t record;  /* type: what RECORD copies, or UNIT_NONE */
  uint32_t guard;   /* guard: the innermost one, or UNIT_NONE */
};

enum unit_call_flags {
  UNIT_CALL_POSSIBLE = 1u << 0,    /* an arm of _Generic that may not be the chosen one */
  UNIT_CALL_CLEANUP = 1u << 1,     /* attribute cleanup: no call expression in the source */
  UNIT_CALL_INITIALISER = 1u << 2, /* in the initialiser of a variable */
  UNIT_CALL_BUILTIN = 1u << 3,     /* a compiler builtin */
  UNIT_CALL_CONDITIONAL = 1u << 4, /* does not run on every path through the routine; a
                                      pointer that is tested for NULL counts as set */
  UNIT_CALL_USED = 1u << 5,        /* its result is used */
  UNIT_CALL_EVERY_TURN = 1u << 6,  /* runs in every turn of its loop that gets so far; outside of
                                      loops, whenever its routine runs */
};

struct unit_call {
  uint32_t caller; /* routine, or UNIT_NONE at file scope */
  uint32_t file;   /* file */
  uint32_t line;
  uint32_t column;
  uint32_t callee;         /* routine for a direct call, UNIT_NONE otherwise */
  uint32_t pointer;        /* node that holds the routines called, UNIT_NONE for a direct call */
  uint32_t slot_base;      /* enum unit_base_kind of the slot called through (indirect calls) */
  uint32_t slot_object;    /* object named in the slot expression, or UNIT_NONE */
  uint32_t slot_path;      /* path of the slot inside it or inside the record: o->ops.open */
  uint32_t expression;     /* string: what stands before the parentheses, for indirect calls */
  uint32_t shape;          /* string: lenient class of the call, arguments as passed */
  uint32_t macro;          /* string: macro that made the call, "" otherwise */
  uint32_t first_argument; /* argument */
  uint32_t n_arguments;
  uint32_t result; /* node that takes the result, or UNIT_NONE */
  uint32_t loop;   /* loop: the innermost one around it, or UNIT_NONE */
  uint32_t loop_depth;
  uint32_t arm;   /* arm: the innermost one that guards it, or UNIT_NONE */
  uint32_t flags; /* enum unit_call_flags */
  uint32_t heap;  /* object: the HEAP object that an allocating call makes, or UNIT_NONE */
  uint32_t guard; /* guard: the innermost one, or UNIT_NONE */
};

enum unit_argument_kind {
  UNIT_ARGUMENT_OTHER,
  UNIT_ARGUMENT_INTEGER, /* integer; text is the enumerator's or macro's name if there is one */
  UNIT_ARGUMENT_STRING,  /* text: the literal, joined */
  UNIT_ARGUMENT_ROUTINE, /* index: routine */
  UNIT_ARGUMENT_ADDRESS, /* address of a named object: index is the object, path inside it */
  UNIT_ARGUMENT_OBJECT,  /* value of a named object: likewise */
  UNIT_ARGUMENT_PARAM,   /* value of the caller's parameter: integer is its position, index the
                            object; path empty */
  UNIT_ARGUMENT_FIELD,   /* value through a pointer: path inside its record; index as base */
  UNIT_ARGUMENT_FIELD_ADDRESS, /* address through a pointer: "&s->lock"; likewise */
  UNIT_ARGUMENT_CALL,          /* result of another call: index is the call */
  UNIT_ARGUMENT_NULL,
  UNIT_ARGUMENT_LIST, /* array of strings or a printf format with literals: text, joined */
  UNIT_N_ARGUMENT_KINDS
};
/* FIELD, FIELD_ADDRESS: index is the object that holds the pointer (a variable or parameter), or
 * UNIT_NONE where the pointer is not simply named. */

struct unit_argument {
  uint32_t call;     /* call */
  uint32_t position; /* from 1 */
  uint32_t kind;     /* enum unit_argument_kind */
  uint32_t index;    /* by kind; UNIT_NONE otherwise */
  uint32_t path;     /* path; 0 otherwise */
  uint32_t text;     /* string: literal or name by kind, "" otherwise */
  int64_t integer;   /* by kind; 0 otherwise */
  uint32_t node;     /* node: the pointers passed, or UNIT_NONE where none can be */
  uint32_t record;   /* type: behind the argument's pointer type before conversion, or UNIT_NONE */
  uint32_t type;     /* string: type before conversion */
  uint32_t flags;    /* enum unit_value_flags of that type */
};

/* One row per leaf of the initialiser of an object with static storage (and of constant tables
 * inside routines). */
struct unit_initialiser {
  uint32_t object;  /* object */
  uint32_t path;    /* path inside it */
  int32_t index;    /* element of the outermost array, -1 where there is none */
  uint32_t indexes; /* string: all element indexes from the outside in, "3" or "3.0" */
  uint32_t kind;    /* enum unit_argument_kind: INTEGER, STRING, ROUTINE, ADDRESS, NULL or OTHER */
  uint32_t target;  /* routine or object by kind, UNIT_NONE otherwise */
  uint32_t target_path; /* path inside the target object */
  uint32_t text;        /* string: literal, or the enumerator's name */
  int64_t integer;
  uint32_t file; /* file */
  uint32_t line;
  uint32_t routine;  /* routine the object lives in, or UNIT_NONE */
  uint32_t reserved; /* 0 */
};

enum unit_base_kind {
  UNIT_BASE_OBJECT,  /* a named object: `object` and the whole path */
  UNIT_BASE_POINTER, /* through a pointer: `node` holds it; path is inside what it points to and
                        `object` is the variable or parameter that holds the pointer, if named */
  UNIT_BASE_NONE,
  UNIT_N_BASE_KINDS
};

enum unit_access_mode { UNIT_READ = 1u << 0, UNIT_WRITE = 1u << 1, UNIT_ADDRESS = 1u << 2 };

enum unit_access_operation {
  UNIT_OPERATION_PLAIN,
  UNIT_OPERATION_INCREMENT,   /* ++, += 1, += x, the sum used by nobody there */
  UNIT_OPERATION_DECREMENT,   /* --, -= x, likewise */
  UNIT_OPERATION_COMPOUND,    /* other op= */
  UNIT_OPERATION_WHOLE,       /* struct assignment, memset, memcpy: all fields below the path */
  UNIT_OPERATION_ATOMIC,      /* __atomic, __sync, _Atomic */
  UNIT_OPERATION_ASSEMBLY,    /* operand of inline assembly */
  UNIT_OPERATION_INITIALISER, /* before the program runs */
  UNIT_OPERATION_SUBSCRIPT,   /* ADDRESS only: array decay for indexing elsewhere */
  UNIT_N_OPERATIONS
};

/* Accesses of objects with static storage, of records that main declares, and of whatever is
 * reached through pointers. Other automatic variables are not listed. */
struct unit_access {
  uint32_t routine;   /* routine, or UNIT_NONE at file scope */
  uint32_t base;      /* enum unit_base_kind */
  uint32_t object;    /* object or UNIT_NONE */
  uint32_t node;      /* node of the pointer, or UNIT_NONE */
  uint32_t path;      /* path */
  uint32_t record;    /* type that the path starts in (POINTER), or UNIT_NONE */
  uint32_t mode;      /* enum unit_access_mode, READ | WRITE for "x++" */
  uint32_t operation; /* enum unit_access_operation */
  uint32_t file;      /* file */
  uint32_t line;
  uint32_t column;
  uint32_t call;  /* call: an ADDRESS handed to this call, or UNIT_NONE */
  uint32_t value; /* enum unit_value_flags of what is accessed */
  uint32_t
      size; /* POINTER without a path: bytes of what is accessed; 0 otherwise, and for arrays */
};

/* When an access runs: one row for each access by name of a record that main declares, and for the
 * first write of each part of what a parameter points to that happens whenever the routine runs. By
 * access. */
struct unit_moment {
  uint32_t access;     /* access */
  uint32_t n_calls;    /* of the calls of its routine, those in rows below this run before it */
  uint32_t loop;       /* loop: the innermost one around it, or UNIT_NONE */
  uint32_t is_certain; /* 0 or 1: it writes all of what it names; behind a parameter whenever the
                          routine runs */
  /* What comes after it in rows below these, and only that, runs when it has been made. */
  uint32_t end_call;   /* or UNIT_NONE: all calls of the routine */
  uint32_t end_moment; /* likewise */
};

/* A routine that surely stands in a field of a named record whose address a call is handed: one row
 * for each such field. By argument. */
struct unit_hold {
  uint32_t argument; /* argument */
  uint32_t path;     /* path in the object of the argument */
  uint32_t routine;  /* routine, or UNIT_NONE for a number that is none ("SIG_IGN") */
};

enum unit_arm_kind {
  UNIT_ARM_STRING, /* strcmp and its like with a literal: text */
  UNIT_ARM_CASE,   /* case of a switch: integer, text is the enumerator, macro or character */
  UNIT_ARM_DEFAULT,
  UNIT_ARM_EQUAL, /* x == constant */
  UNIT_N_ARM_KINDS
};

enum unit_arm_flags {
  UNIT_ARM_REACHED = 1u << 0, /* a case that runs for other values too: the one before it goes on
                                 into it, it has a range, or a label that is jumped to */
  UNIT_ARM_JOINED = 1u << 1,  /* "case 2:" of "case 1: case 2:": what it guards names the first */
};

/* A branch that runs when something equals a constant. Calls name their innermost arm. */
struct unit_arm {
  uint32_t routine; /* routine */
  uint32_t kind;    /* enum unit_arm_kind */
  uint32_t group;   /* equal for the arms of one switch or one if-else chain */
  uint32_t parent;  /* arm around it, smaller than its own index, or UNIT_NONE */
  uint32_t text;    /* string */
  uint32_t via;     /* string: routine or macro that compares, "switch" or "==" */
  int64_t integer;
  uint32_t subject; /* string: the expression compared, as written */
  uint32_t object;  /* object compared if named (a parameter or variable), or UNIT_NONE */
  uint32_t path;    /* path inside it */
  uint32_t file;    /* file */
  uint32_t line;
  uint32_t end_line;
  uint32_t flags;    /* enum unit_arm_flags */
  uint32_t reserved; /* 0 */
};

enum unit_guard_kind {
  UNIT_GUARD_EQUAL,   /* runs only where the parameter is `integer` */
  UNIT_GUARD_UNEQUAL, /* where it is not */
  UNIT_GUARD_BITS,    /* where it has one of the bits of `integer` */
  UNIT_GUARD_NO_BITS, /* where it has none of them */
  UNIT_N_GUARD_KINDS
};

/* A condition over a parameter that must hold for what it guards to run; `if`, `else`, `&&`, `||`,
 * `?:`, a case of a switch, and what follows "if (!p) return;". It says nothing where the routine
 * changes the parameter. Calls and edges name their innermost guard. */
struct unit_guard {
  uint32_t routine; /* routine */
  uint32_t parent;  /* guard around it, smaller than its own index, or UNIT_NONE */
  uint32_t kind;    /* enum unit_guard_kind */
  uint32_t object;  /* object: the parameter */
  int64_t integer;
  uint32_t is_void;  /* 0 or 1: what it guards can be jumped to */
  uint32_t reserved; /* 0 */
};

enum unit_loop_kind { UNIT_LOOP_FOR, UNIT_LOOP_WHILE, UNIT_LOOP_DO, UNIT_N_LOOP_KINDS };

struct unit_loop {
  uint32_t routine;    /* routine */
  uint32_t kind;       /* enum unit_loop_kind */
  uint32_t parent;     /* loop around it, smaller than its own index, or UNIT_NONE */
  uint32_t is_endless; /* 0 or 1: the condition is absent or a constant */
  uint32_t file;       /* file */
  uint32_t line;
  uint32_t end_line;
};

/* A string literal in a routine or an initialiser: SQL, paths, names. Literals of calls are with
 * their arguments too. */
struct unit_literal {
  uint32_t routine; /* routine, or UNIT_NONE at file scope */
  uint32_t text;    /* string */
  uint32_t file;    /* file */
  uint32_t line;
  uint32_t column;
  uint32_t object; /* object that it initialises or is assigned to, or UNIT_NONE */
};

/* Top-level assembly: symbols that it defines are not in any C file. */
struct unit_assembly {
  uint32_t file; /* file */
  uint32_t line;
  uint32_t text; /* string: the declaration as written */
};

enum unit_declaration_kind {
  UNIT_DECLARES_ROUTINE,
  UNIT_DECLARES_OBJECT,
  UNIT_DECLARES_TYPE,
  UNIT_DECLARES_FIELD,
  UNIT_N_DECLARATION_KINDS
};

/* Of a prefix alone (extract.h): the row of what is declared at a place. Sorted by all members. */
struct unit_declaration {
  uint32_t kind;    /* enum unit_declaration_kind */
  uint32_t file;    /* file */
  uint32_t offset;  /* bytes from the start of the file: of the expansion */
  uint32_t spelled; /* where the name is spelled: the same, or an offset inside a macro */
  uint32_t row;     /* routine, object, type or field by kind */
};

#pragma GCC diagnostic pop

/* Every array of a unit: row type, name of the array. */
#define UNIT_ARRAYS(X)                                                                             \
  X(info, infos)                                                                                   \
  X(file, files)                                                                                   \
  X(diagnostic, diagnostics)                                                                       \
  X(routine, routines)                                                                             \
  X(param, params)                                                                                 \
  X(type, types)                                                                                   \
  X(field, fields)                                                                                 \
  X(enumerator, enumerators)                                                                       \
  X(object, objects)                                                                               \
  X(path, paths)                                                                                   \
  X(node, nodes)                                                                                   \
  X(edge, edges)                                                                                   \
  X(call, calls)                                                                                   \
  X(argument, arguments)                                                                           \
  X(initialiser, initialisers)                                                                     \
  X(access, accesses)                                                                              \
  X(moment, moments)                                                                               \
  X(hold, holds)                                                                                   \
  X(guard, guards)                                                                                 \
  X(arm, arms)                                                                                     \
  X(loop, loops)                                                                                   \
  X(literal, literals)                                                                             \
  X(assembly, assemblies)                                                                          \
  X(declaration, declarations)

/* The view: read only, valid while the unit lives. `infos` has one row. */
struct unit {
#define UNIT_VIEW(row, array)                                                                      \
  const struct unit_##row *array;                                                                  \
  uint32_t n_##array;
  UNIT_ARRAYS(UNIT_VIEW)
#undef UNIT_VIEW
  const uint32_t *string_offsets; /* n_strings of them, each the start of a terminated string */
  uint32_t n_strings;
  const char *string_bytes;
  GBytes *bytes;
};

#define UNIT_ERROR_DOMAIN unit_error_quark()
enum unit_error { UNIT_ERROR_DAMAGED, UNIT_ERROR_VERSION };
GQuark unit_error_quark(void);

/* Opens frozen facts. Every index, kind and string is checked once here, so that readers may follow
 * them blindly. Takes a reference on `bytes`. Returns NULL with `error` in UNIT_ERROR_DOMAIN.
 * Linear in the size. */
struct unit *unit_open(GBytes *bytes, GError **error);
void unit_free(struct unit *unit);

/* Terminated, valid UTF-8 without control characters other than newline and tab replaced: exactly
 * the bytes of the source, so escape before showing. */
static inline const char *unit_string(const struct unit *unit, uint32_t string)
{
  return unit->string_bytes + unit->string_offsets[string];
}

/* "a.b[].c" for a path. Free with g_free. */
char *unit_path_text(const struct unit *unit, uint32_t path);

#endif
