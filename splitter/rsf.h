/* Rigi Standard Format: `contain GROUP ITEM` and `depends FROM TO`, one fact per line.
 * Reads bytes that come from anywhere, writes facts in the order given. Knows no store. */
#ifndef CLEAVE_SPLITTER_RSF_H
#define CLEAVE_SPLITTER_RSF_H

#include <glib.h>

#define RSF_ERROR (rsf_error_quark())

enum rsf_error { RSF_ERROR_READ, RSF_ERROR_SYNTAX };

GQuark rsf_error_quark(void);

struct rsf_fact {
  char *left;
  char *right;
  guint64 line;
};

struct rsf {
  GPtrArray *contains; /* struct rsf_fact *: group, item */
  GPtrArray *depends;  /* struct rsf_fact *: from, to */
};

/* Reads TEXT (N_BYTES, need not end in NUL). NAME is the file's name for errors, which also give
 * the line. Tokens are separated by blanks or tabs; a token that holds them stands in double
 * quotes with \" and \\ inside. Empty lines and lines that begin with # are passed over. Bytes that
 * are not UTF-8 become \xNN. NULL and ERROR on a NUL byte, another relation or another number of
 * tokens. O(n_bytes). */
struct rsf *rsf_parse(const char *text, gsize n_bytes, const char *name, GError **error);

/* Reads the file at PATH; `-` is not special. */
struct rsf *rsf_read(const char *path, GError **error);

/* Accepts NULL. */
void rsf_free(struct rsf *rsf);

/* Appends one fact as a line to OUT, with quotes where a token needs them. */
void rsf_append(GString *out, const char *relation, const char *left, const char *right);

#endif
