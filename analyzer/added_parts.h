/* What the files that prove a source fit for added headers share: see added_headers.h.
 *
 * Private to added_description.c, added_passages.c, added_scan.c, added_directives.c and
 * added_conditions.c. */
#ifndef CLEAVE_ANALYZER_ADDED_PARTS_H
#define CLEAVE_ANALYZER_ADDED_PARTS_H

#include "analyzer/added_headers.h"
#include "analyzer/c_tokens.h"

enum { MAX_FILES = 1024, MAX_DEPTH = 100 };

/* ---- added_description.c: what is known of the added headers ---- */

/* Who declares a name: files, and as what. */
struct name {
  GArray *files; /* guint */
  bool is_macro;
  bool is_type;     /* a typedef and nothing else: all of them say the same */
  bool is_tag;      /* a record and nothing else: the walk sees which of them is meant */
  bool is_ordinary; /* a routine or a variable and nothing else */
  bool
      is_either; /* records, routines and variables and nothing else: timezone is one and another */
};

struct pair {
  guint first;
  guint second;
};

/* A header that is named itself. */
struct top {
  guint file;
  char *name; /* as it is asked for */
};

struct added {
  GArray *tops;      /* struct top */
  GHashTable *files; /* path -> number + 1 */
  GPtrArray *paths;  /* the same by number; the strings are those of `files` */
  guint n_files;
  GPtrArray *closures;    /* GArray * of guint: the files behind each; NULL where unknown */
  GHashTable *names;      /* name -> struct name * */
  GHashTable *words;      /* words of all files */
  GPtrArray *directories; /* where system headers were found */
  GArray *pairs;          /* struct pair: declare the same thing */
  GArray *required;       /* guint: declare what is below, too */
  GArray *unfit;          /* guint: may not be added, by themselves */
  GHashTable *predefined; /* macros of the compiler and of its arguments */
  GHashTable *undefined;  /* macros that some file, or one below, undefines */
  GHashTable *macros;     /* macro of what is below -> GPtrArray * of names that it mentions */
  GHashTable *contents;   /* path -> GBytes *: of headers that were scanned */
  GHashTable *passages;   /* place in one of those -> struct passage * */
  GHashTable *real_paths; /* path -> what realpath() says of a regular file there, or "" */
  GHashTable *entered;    /* paths that a source entered against what was hoped for */
  GHashTable *foreign;    /* path -> struct foreign *: of standard headers that are not added */
};

/* What a standard header that is not added may define and include. */
struct foreign {
  GPtrArray *names;    /* char * */
  GPtrArray *includes; /* char *: paths */
  GPtrArray *certain;  /* char *: names in angle brackets of those outside of every condition */
};
void foreign_free(gpointer foreign);

/* Tables of macros: name -> GPtrArray * of names that its definitions mention. */
GHashTable *macros_new(void);
GPtrArray *macros_add(GHashTable *macros, const char *macro);
void macros_mention(GHashTable *macros, const char *macro, const struct c_token *word);

/* True where a name of the added headers begins, or ends, with this piece. `is_wanted` chooses
 * among those, and may be NULL. */
bool added_has_piece(const struct added *added, const struct c_token *piece, bool is_first,
                     bool (*is_wanted)(const struct name *name, void *context), void *context);

/* ---- one source ---- */

enum truth { IS_FALSE, IS_TRUE, IS_UNKNOWN };

/* A file that was scanned: whether another look could show more. */
struct scanned {
  char *guard;      /* macro that keeps its text from being read again, or NULL */
  bool has_dead;    /* something was left out */
  bool was_perhaps; /* scanned as included under a condition only */
  unsigned n_rescans;
};

/* A word of a text that was looked at: as what, so that it need not be again. */
struct met {
  const char *text; /* into a text that is kept as long as the scan */
  unsigned length;
  unsigned uses; /* one bit for each enum use */
};

enum { N_MET = 4096 };

struct scan {
  struct added *added;
  const char *const *arguments;
  GHashTable *below;    /* real paths, or NULL */
  unsigned shared_line; /* up to which the source is part of what is below */
  GHashTable *scanned;  /* real path -> struct scanned * */
  GPtrArray *order;     /* the paths in order */
  GHashTable *foreign;  /* real paths of standard headers that are not added; the value is NULL
                           for one that may not be entered */
  GHashTable *macros;   /* of the source and its headers, as in struct added */
  GHashTable *states;   /* macro that was defined or undefined here -> enum truth + 1 */
  GHashTable *used;     /* macros that occurred */
  bool seen[MAX_FILES]; /* included so far, on every way */
  bool late[MAX_FILES]; /* must not be seen any more: the source has declared what they declare */
  bool is_dirty;        /* something may change what an added header means from here on */
  int n_open;           /* braces */
  bool does_fit;
  struct met met[N_MET]; /* by the word's hash; a later word takes the place of an earlier one */
};

/* A "#if" that is open. */
struct level {
  enum truth now;    /* is the arm read? */
  enum truth before; /* was one before it? */
  bool is_guard;     /* "#ifndef" at the start of the file, as long as it encloses all of it */
};

/* Where a scan stands in one file. */
struct reader {
  struct c_tokens tokens;
  const char *path;
  const char *shared_end; /* what stands before it, the added headers saw too; or NULL */
  bool is_conditional;    /* included under a condition */
  GArray *levels;         /* struct level */
  guint n_directives;
  struct scanned *record;
  const char *macro;          /* that is being defined, or NULL */
  struct c_tokens definition; /* of it, behind its name */
};

/* ---- added_passages.c: what stands between the directives of a header ---- */

/* How a word occurs: in a definition, behind "." or "->", behind "struct" or "union", before "(".
 */
enum use { USE_ANY, USE_MEMBER, USE_TAG, USE_CALL, USE_PLAIN };

/* A word of a passage, once for each use. */
struct passage_word {
  const char *text;
  size_t length;
  unsigned slot;  /* see word_slot() */
  guint previous; /* row + 1 of an earlier word that is compared with it, or 0 */
  enum use use;
  bool may_declare; /* stands behind "extern", or where nothing is open that the passage opened */
};

/* From behind one directive up to the "#" of the next: depends on the text alone, so that it is
 * read once for all sources that include the header. */
struct passage {
  GArray *words;   /* struct passage_word */
  const char *end; /* behind the "#", or the end of the text */
  bool is_last;    /* no directive follows */
  bool is_broken;  /* as in struct c_tokens */
  int n_open;      /* braces opened less those closed */
};

GHashTable *passages_new(void);
/* What follows where the tokens stand, in a text that is kept as long as `added`. */
const struct passage *passage_at(struct added *added, const struct c_tokens *tokens);
/* Where a word stands in `met` of a scan. */
unsigned word_slot(const char *text, size_t length);
bool word_is(const char *text, size_t length, const struct c_token *token);
/* How the word is used that the tokens stand behind. */
enum use word_use(const struct c_tokens *tokens, const struct c_token *before);

/* ---- added_scan.c ---- */

void scan_refuse(struct scan *scan);
void scan_file(struct scan *scan, const char *path, bool is_conditional, guint level);
/* The rest of the line, or everything up to the next directive. */
struct c_token scan_words(struct scan *scan, struct reader *reader, bool is_line);
void scan_name(struct scan *scan, const char *word, enum use use);
bool scan_is_seen(const struct scan *scan, const struct name *name);
/* The word means something else from here on. */
void scan_forget(struct scan *scan, const char *word);

/* ---- added_directives.c ---- */

void scan_directive(struct scan *scan, struct reader *reader, guint level);

/* ---- added_conditions.c ---- */

enum truth conditions_defined(const struct scan *scan, const char *macro);
/* `word` is "if", "ifdef" or the like; the reader stands behind it, and goes to the line's end.
 * Words that an added header may define are checked where they decide anything. */
void conditions_directive(struct scan *scan, struct reader *reader, const struct c_token *word);
bool conditions_is_directive(const struct c_token *word);
/* Nothing here is read. */
bool conditions_is_dead(const struct reader *reader);
/* All of it is. */
bool conditions_is_certain(const struct reader *reader);
/* What a definition here does to the state of a macro. */
void conditions_note(struct scan *scan, const struct reader *reader, const char *macro,
                     bool is_defined);

#endif
