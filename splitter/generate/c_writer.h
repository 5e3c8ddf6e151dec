/* The one writer of C source: lines with indentation, blocks, literals and comments.
 * It knows how C is written and nothing of what is written. Text of the analysed code reaches the
 * source only through c_writer_literal(), c_writer_comment() and checked identifiers. */
#ifndef CLEAVE_GENERATE_C_WRITER_H
#define CLEAVE_GENERATE_C_WRITER_H

#include <glib.h>
#include <stdbool.h>

struct c_writer {
  GString *text;
  unsigned depth;
};

void c_writer_init(struct c_writer *writer);
void c_writer_clear(struct c_writer *writer);

/* One line, indented; an empty format is an empty line. */
void c_writer_line(struct c_writer *writer, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The line and " {", one level deeper; at depth 0 the brace stands on a line of its own. */
void c_writer_open(struct c_writer *writer, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* "}" and the tail: "", ";" or " else {" (which stays open). */
void c_writer_close(struct c_writer *writer, const char *tail);

/* A comment of one or more lines; what would end it is broken up. */
void c_writer_comment(struct c_writer *writer, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* TEXT as a C string literal with its quotes: a new string. */
char *c_literal(const char *text);

/* Whether TEXT is one C identifier and no keyword. */
bool c_is_identifier(const char *text);

/* Whether TEXT is an expression of constants, identifiers, members, arithmetic, comparison and
 * sizeof: no call, no assignment, nothing that reaches beyond it. */
bool c_is_expression(const char *text);

/* EXPRESSION with some of its names replaced: FIND gives what stands for a name, or NULL. Members
 * and constants stay. A new string. */
char *c_expression_with(const char *expression,
                        const char *(*find)(gpointer data, const char *name), gpointer data);

/* TEXT made into an identifier: other characters become '_'. A new string, never empty. */
char *c_identifier(const char *text);

/* "T name" for a type as C writes it: arrays and pointers to routines get the name inside. */
char *c_declarator(const char *type, const char *name);

/* The identifiers in a C expression, without those behind '.' or '->', literals and comments; each
 * once, ascending. Keywords are left out. */
GPtrArray *c_identifiers_in(const char *expression);

#endif
