/* Facts: what the analyzer found. Written by analyzer/, read by every later phase.
 *
 * Files are relative to the root, '' is "outside the tree" or "none"; lines and columns count from
 * 1, 0 is "none"; ids are store_id() hashes, 0 is "none". */
#ifndef CLEAVE_STORE_FACTS_H
#define CLEAVE_STORE_FACTS_H

#include "store/record.h"

/* The analyzer's own memory: what it needs to parse only what changed. Nobody else reads it. */
#define FACT_UNIT_FIELDS(F, N)                                                                     \
  F(N, ID, id, "hash of file and normalised arguments")                                            \
  F(N, TEXT, file, "the translation unit, relative to the root")                                   \
  F(N, TEXT, directory, "where its command runs")                                                  \
  F(N, TEXT, arguments, "normalised arguments, one a line")                                        \
  F(N, TEXT, output, "object file that its command makes, or ''")                                  \
  F(N, TEXT, fingerprint, "hash of arguments, tool version and contents of all files read")        \
  F(N, TEXT, status, "ok, errors or failed")                                                       \
  F(N, INT, n_errors, "diagnostics of severity error and fatal")                                   \
  F(N, BLOB, inputs, "files read, with sizes, times and content hashes")                           \
  F(N, BLOB, facts, "serialised unit facts (analyzer/unit.h)")
RECORD_STRUCT(fact_unit, FACT_UNIT_FIELDS);

#define FACT_FILE_FIELDS(F, N)                                                                     \
  F(N, TEXT, file, "path")                                                                         \
  F(N, BOOL, is_tu, "is compiled itself")                                                          \
  F(N, TEXT, status, "ok, errors or failed")                                                       \
  F(N, INT, n_errors, "diagnostics of severity error and fatal")                                   \
  F(N, TEXT, hash, "SHA-256 of the content")                                                       \
  F(N, INT, n_lines, "lines")
RECORD_STRUCT(fact_file, FACT_FILE_FIELDS);

#define FACT_DIAGNOSTIC_FIELDS(F, N)                                                               \
  F(N, TEXT, file, "path")                                                                         \
  F(N, INT, line, "line")                                                                          \
  F(N, INT, column, "column")                                                                      \
  F(N, TEXT, severity, "note, warning, error or fatal")                                            \
  F(N, TEXT, message, "the parser's words, or ours for what it cannot know")
RECORD_STRUCT(fact_diagnostic, FACT_DIAGNOSTIC_FIELDS);

#define FACT_PROGRAM_FIELDS(F, N)                                                                  \
  F(N, TEXT, program, "name of the executable or library")                                         \
  F(N, TEXT, file, "a translation unit of it")                                                     \
  F(N, TEXT, source, "how we know: link.txt, build.ninja, main-closure ...")                       \
  F(N, ID, unit, "fact_unit.id")
RECORD_STRUCT(fact_program, FACT_PROGRAM_FIELDS);

#define FACT_ROUTINE_FIELDS(F, N)                                                                  \
  F(N, ID, id, "hash of name, defining file and linkage")                                          \
  F(N, TEXT, name, "name in the source")                                                           \
  F(N, TEXT, symbol, "assembler name")                                                             \
  F(N, TEXT, file, "where it is defined (else first declared in the tree)")                        \
  F(N, INT, line, "line of the name")                                                              \
  F(N, INT, column, "column of the name")                                                          \
  F(N, INT, end_line, "last line of the body")                                                     \
  F(N, BOOL, is_static, "internal linkage")                                                        \
  F(N, BOOL, is_inline, "declared inline")                                                         \
  F(N, BOOL, is_weak, "weak symbol")                                                               \
  F(N, BOOL, is_variadic, "takes ...")                                                             \
  F(N, BOOL, is_defined, "has a body in the analysed code")                                        \
  F(N, BOOL, is_incomplete, "the parser lost a part of the body")                                  \
  F(N, TEXT, attributes, "constructor, destructor, noreturn, alias=..., ifunc=...: with commas")   \
  F(N, TEXT, signature, "type as written in C, without the name")                                  \
  F(N, INT, n_statements, "statements of the body")
RECORD_STRUCT(fact_routine, FACT_ROUTINE_FIELDS);

#define FACT_WORD_FIELDS(F, N)                                                                     \
  F(N, ID, routine, "fact_routine.id")                                                             \
  F(N, TEXT, word, "lower-case word of an identifier used in the routine")                         \
  F(N, INT, n_uses, "how often")
RECORD_STRUCT(fact_word, FACT_WORD_FIELDS);

#define FACT_TYPE_FIELDS(F, N)                                                                     \
  F(N, ID, id, "hash of kind, name and file")                                                      \
  F(N, TEXT, name, "tag or typedef name, '' when it has none")                                     \
  F(N, TEXT, kind, "struct, union, enum or typedef")                                               \
  F(N, TEXT, file, "where it is defined")                                                          \
  F(N, INT, line, "line")                                                                          \
  F(N, INT, size, "bytes, -1 when incomplete")                                                     \
  F(N, TEXT, underlying, "typedef: the type it names; enum: its integer type")
RECORD_STRUCT(fact_type, FACT_TYPE_FIELDS);

#define FACT_FIELD_FIELDS(F, N)                                                                    \
  F(N, ID, type_id, "fact_type.id of the record")                                                  \
  F(N, TEXT, field, "name, '' for anonymous members")                                              \
  F(N, INT, position, "from 0")                                                                    \
  F(N, TEXT, type, "as written in C")                                                              \
  F(N, ID, field_type,                                                                             \
    "fact_type.id of a record or enum member (through arrays and pointers), or 0")                 \
  F(N, BOOL, is_pointer, "is a pointer")                                                           \
  F(N, INT, array_length, "elements of a fixed array, 0 when none")                                \
  F(N, INT, bit_width, "of a bit-field, 0 when none")                                              \
  F(N, INT, offset, "bytes from the start of the record")                                          \
  F(N, TEXT, annotation, "words after \"cleave:\", or ''")
RECORD_STRUCT(fact_field, FACT_FIELD_FIELDS);

#define FACT_ENUMERATOR_FIELDS(F, N)                                                               \
  F(N, ID, type_id, "fact_type.id of the enum")                                                    \
  F(N, TEXT, name, "enumerator")                                                                   \
  F(N, INT, value, "its value")
RECORD_STRUCT(fact_enumerator, FACT_ENUMERATOR_FIELDS);

#define FACT_PARAM_FIELDS(F, N)                                                                    \
  F(N, ID, routine, "fact_routine.id")                                                             \
  F(N, INT, position, "0 is the result")                                                           \
  F(N, TEXT, name, "as in the definition")                                                         \
  F(N, TEXT, type, "as written in C")                                                              \
  F(N, ID, type_id, "fact_type.id of the record or enum it is or points to, or 0")                 \
  F(N, TEXT, use, "read, write, indexed, string, freed, kept, length-of:N: with commas")           \
  F(N, TEXT, annotation, "words after \"cleave:\", or ''")                                         \
  F(N, TEXT, reason, "file:line of what shows the use")
RECORD_STRUCT(fact_param, FACT_PARAM_FIELDS);

#define FACT_SITE_FIELDS(F, N)                                                                     \
  F(N, ID, id, "hash of caller, file, line from the caller's, column and expression")              \
  F(N, ID, caller, "fact_routine.id")                                                              \
  F(N, TEXT, file, "where")                                                                        \
  F(N, INT, line, "line")                                                                          \
  F(N, INT, column, "column")                                                                      \
  F(N, BOOL, is_direct, "names its callee")                                                        \
  F(N, BOOL, is_complete,                                                                          \
    "all targets are known; without any, no routine of the program is called")                     \
  F(N, TEXT, expression, "what is called, as written")                                             \
  F(N, INT, loop_depth, "loops of the caller around it")
RECORD_STRUCT(fact_site, FACT_SITE_FIELDS);

#define FACT_CALL_FIELDS(F, N)                                                                     \
  F(N, ID, site, "fact_site.id")                                                                   \
  F(N, ID, caller, "fact_routine.id")                                                              \
  F(N, ID, callee, "fact_routine.id")                                                              \
  F(N, TEXT, kind, "direct, indirect or callback")                                                 \
  F(N, TEXT, tier, "direct, exact, flow, callback, field, model or signature")                     \
  F(N, TEXT, file, "where")                                                                        \
  F(N, INT, line, "line")                                                                          \
  F(N, INT, column, "column")                                                                      \
  F(N, TEXT, witness_file, "where the target flowed in")                                           \
  F(N, INT, witness_line, "line of it")
RECORD_STRUCT(fact_call, FACT_CALL_FIELDS);

#define FACT_ARGUMENT_FIELDS(F, N)                                                                 \
  F(N, ID, site, "fact_site.id")                                                                   \
  F(N, INT, position, "from 1")                                                                    \
  F(N, TEXT, kind, "integer, string, routine, state, param or other")                              \
  F(N, TEXT, value, "the constant, the name, the parameter's position, or the source text")
RECORD_STRUCT(fact_argument, FACT_ARGUMENT_FIELDS);

#define FACT_STATE_FIELDS(F, N)                                                                    \
  F(N, ID, id, "hash of name, field, file and storage")                                            \
  F(N, TEXT, name, "variable, table, file or record type with allocation site")                    \
  F(N, TEXT, field, "field path, or ''")                                                           \
  F(N, TEXT, file, "where it is declared")                                                         \
  F(N, INT, line, "line")                                                                          \
  F(N, TEXT, storage, "global, static, static-local, thread, heap, table, file or shm")            \
  F(N, TEXT, class, "const, init-only, shared or external")                                        \
  F(N, TEXT, type, "as written in C, or ''")                                                       \
  F(N, ID, object, "the whole variable's hash: what fields of one variable share")                 \
  F(N, ID, routine, "fact_routine.id of a static local's routine, or 0")
RECORD_STRUCT(fact_state, FACT_STATE_FIELDS);

#define FACT_ACCESS_FIELDS(F, N)                                                                   \
  F(N, ID, routine, "fact_routine.id")                                                             \
  F(N, ID, state, "fact_state.id")                                                                 \
  F(N, TEXT, mode, "read, write or address")                                                       \
  F(N, TEXT, how,                                                                                  \
    "assign, add (+=, --), call, init, sql, pointee (*p), member (read as p->x) ...")              \
  F(N, TEXT, file, "where")                                                                        \
  F(N, INT, line, "line")                                                                          \
  F(N, INT, column, "column")                                                                      \
  F(N, BOOL, is_startup, "happens only before the program serves")
RECORD_STRUCT(fact_access, FACT_ACCESS_FIELDS);

#define FACT_EFFECT_FIELDS(F, N)                                                                   \
  F(N, ID, routine, "fact_routine.id")                                                             \
  F(N, TEXT, effect, "file, socket, process, thread, signal, time, env ...")                       \
  F(N, TEXT, via, "the outside routine that has it")                                               \
  F(N, TEXT, rule, "rule id")                                                                      \
  F(N, TEXT, file, "where")                                                                        \
  F(N, INT, line, "line")
RECORD_STRUCT(fact_effect, FACT_EFFECT_FIELDS);

#define FACT_EFFECT_PATH_FIELDS(F, N)                                                              \
  F(N, ID, routine, "fact_routine.id")                                                             \
  F(N, TEXT, effect, "as in fact_effect")                                                          \
  F(N, TEXT, via, "routines on a shortest way, the outside routine last: a > b > open")            \
  F(N, ID, next, "fact_routine.id of the first of them")                                           \
  F(N, TEXT, tier, "of the least sure call on the way, as in fact_call")                           \
  F(N, INT, n_steps, "calls on the way, without that of the outside routine")                      \
  F(N, TEXT, file, "where the first is called")                                                    \
  F(N, INT, line, "line of it")
RECORD_STRUCT(fact_effect_path, FACT_EFFECT_PATH_FIELDS);

#define FACT_ENTRY_FIELDS(F, N)                                                                    \
  F(N, ID, id, "hash of routine, trigger and key")                                                 \
  F(N, ID, routine, "fact_routine.id")                                                             \
  F(N, TEXT, trigger, "http, schedule, queue, object, stream, direct, command or main")            \
  F(N, TEXT, key, "route with its method, command, topic, period ...")                             \
  F(N, TEXT, rule, "rule id")                                                                      \
  F(N, REAL, confidence, "0 to 1")                                                                 \
  F(N, TEXT, file, "the evidence")                                                                 \
  F(N, INT, line, "line of it")                                                                    \
  F(N, TEXT, registrar, "routine or table that registers it")
RECORD_STRUCT(fact_entry, FACT_ENTRY_FIELDS);

#define FACT_SPAN_FIELDS(F, N)                                                                     \
  F(N, ID, routine, "fact_routine.id where it begins")                                             \
  F(N, TEXT, kind, "lock or transaction")                                                          \
  F(N, ID, state, "fact_state.id of the lock, or 0")                                               \
  F(N, TEXT, file, "where it begins")                                                              \
  F(N, INT, line, "first line")                                                                    \
  F(N, INT, end_line, "last line, 0 when it ends elsewhere")
RECORD_STRUCT(fact_span, FACT_SPAN_FIELDS);

/* All fact tables but fact_unit, for whoever replaces them; ends with NULL. */
extern const struct record_table *const fact_tables[];

/* All calls but direct ones, whose witness is their own place, by the file of the witness: rows
 * that FACT_NOT_DIRECT holds for are found by `witness_file`. */
#define FACT_NOT_DIRECT "kind <> 'direct'"
extern const char fact_index_sql[];

#endif
