/* Symbol tables of ELF object files, archives and finished programs, and the shared libraries that
 * those ask for: what a build left behind.
 *
 * The files are untrusted: every offset is checked against the file's length, and what does not
 * add up is no file. Only little-endian ELF is read. Never looks at code, relocations or debug
 * information. */
#ifndef CLEAVE_ANALYZER_OBJECT_FILE_H
#define CLEAVE_ANALYZER_OBJECT_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum object_kind { OBJECT_RELOCATABLE, OBJECT_EXECUTABLE, OBJECT_SHARED };

#define OBJECT_NO_SOURCE UINT32_MAX

struct object_symbol {
  const char *name;
  uint64_t value;   /* offset in its section, or address */
  uint32_t section; /* number of the section; 0 where it is only needed */
  uint32_t source;  /* of a local symbol: index into `sources`, or OBJECT_NO_SOURCE */
  bool is_defined;
  bool is_local;
  bool is_weak;
  bool is_ifunc;
  bool is_routine; /* or an ifunc */
};

struct object_file {
  enum object_kind kind;
  GArray *symbols;     /* struct object_symbol, in the file's order, those with a name */
  GPtrArray *sources;  /* const char *: names of source files, without their folder */
  char *names;         /* what the names point into */
  char *soname;        /* the name that others ask for a shared library by, or NULL */
  GPtrArray *needed;   /* char *: such names that the file asks for, in its order */
  GHashTable *exports; /* char *: symbols that the loader gives to shared libraries */
};

/* NULL when it is no ELF file, is damaged, or has no symbol table. Linear in the symbol table. */
struct object_file *object_file_read(const char *path);
struct object_file *object_file_parse(GBytes *bytes);
void object_file_free(struct object_file *file);
typedef struct object_file object_file_owner;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(object_file_owner, object_file_free)

/* True when the file begins like an ELF executable or shared object. */
bool object_file_is_finished(const char *path);

struct archive_member {
  char *name;                 /* as stored; of a thin archive a path relative to the archive */
  struct object_file *object; /* NULL in thin archives, and for members that are no ELF */
};

/* The members of an archive of ar(1), GNU's names and thin archives included; NULL when it is
 * none. Release with g_ptr_array_unref(). */
GPtrArray *archive_read(const char *path, bool *is_thin);
GPtrArray *archive_parse(GBytes *bytes, bool *is_thin);

#endif
