#include "analyzer/object_file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TABLE_LIMIT (256u << 20)
#define SECTION_LIMIT (1u << 20)

/* A file, or bytes that stand for one. */
struct source {
  int file;
  const guint8 *bytes;
  uint64_t offset; /* where the object begins */
  uint64_t size;
};

static bool read_at(const struct source *source, uint64_t offset, void *to, uint64_t size)
{
  if (offset > source->size || size > source->size - offset)
    return false;
  if (source->bytes != NULL) {
    if (size != 0)
      memcpy(to, source->bytes + source->offset + offset, size);
    return true;
  }
  for (uint64_t n = 0; n < size;) {
    ssize_t some = pread(source->file, (char *)to + n, (size_t)(size - n),
                         (off_t)(source->offset + offset + n));
    if (some < 0 && errno == EINTR)
      continue;
    if (some <= 0)
      return false;
    n += (uint64_t)some;
  }
  return true;
}

/* A table of the file as it lies there, ended by a zero byte; or NULL. */
static char *read_table(const struct source *source, uint64_t offset, uint64_t size)
{
  if (size > TABLE_LIMIT || offset > source->size || size > source->size - offset)
    return NULL;
  char *table = g_malloc((gsize)size + 1);
  if (!read_at(source, offset, table, size)) {
    g_free(table);
    return NULL;
  }
  table[size] = '\0';
  return table;
}

/* ---- ELF ---- */

/* A section, whatever the class of the file. */
struct section {
  uint32_t type;
  uint32_t link;
  uint64_t offset;
  uint64_t size;
  uint64_t entry_size;
};

struct image {
  const struct source *source;
  bool is_wide; /* 64 bit */
  uint64_t sections_at;
  uint32_t n_sections;
  uint32_t section_size;
};

static bool read_section(const struct image *image, uint32_t index, struct section *section)
{
  uint64_t at = image->sections_at + (uint64_t)index * image->section_size;
  if (index >= image->n_sections)
    return false;
  if (image->is_wide) {
    Elf64_Shdr row;
    if (!read_at(image->source, at, &row, sizeof row))
      return false;
    *section =
        (struct section){row.sh_type, row.sh_link, row.sh_offset, row.sh_size, row.sh_entsize};
    return true;
  }
  Elf32_Shdr row;
  if (!read_at(image->source, at, &row, sizeof row))
    return false;
  *section = (struct section){row.sh_type, row.sh_link, row.sh_offset, row.sh_size, row.sh_entsize};
  return true;
}

static bool is_elf(const unsigned char *identity)
{
  return memcmp(identity, ELFMAG, SELFMAG) == 0 && identity[EI_DATA] == ELFDATA2LSB &&
         (identity[EI_CLASS] == ELFCLASS32 || identity[EI_CLASS] == ELFCLASS64);
}

static bool kind_of(uint16_t type, enum object_kind *kind)
{
  switch (type) {
  case ET_REL:
    *kind = OBJECT_RELOCATABLE;
    return true;
  case ET_EXEC:
    *kind = OBJECT_EXECUTABLE;
    return true;
  case ET_DYN:
    *kind = OBJECT_SHARED;
    return true;
  default:
    return false;
  }
}

static bool open_image(struct image *image, enum object_kind *kind)
{
  unsigned char identity[EI_NIDENT];
  if (!read_at(image->source, 0, identity, sizeof identity) || !is_elf(identity))
    return false;
  image->is_wide = identity[EI_CLASS] == ELFCLASS64;
  if (image->is_wide) {
    Elf64_Ehdr header;
    if (!read_at(image->source, 0, &header, sizeof header) || !kind_of(header.e_type, kind))
      return false;
    image->sections_at = header.e_shoff;
    image->n_sections = header.e_shnum;
    image->section_size = header.e_shentsize;
    if (header.e_shnum == 0 && header.e_shoff != 0) {
      /* More sections than the header can count: the first one tells. */
      struct section first;
      image->n_sections = 1;
      if (!read_section(image, 0, &first) || first.size > SECTION_LIMIT)
        return false;
      image->n_sections = (uint32_t)first.size;
    }
    return image->section_size == sizeof(Elf64_Shdr);
  }
  Elf32_Ehdr header;
  if (!read_at(image->source, 0, &header, sizeof header) || !kind_of(header.e_type, kind))
    return false;
  image->sections_at = header.e_shoff;
  image->n_sections = header.e_shnum;
  image->section_size = header.e_shentsize;
  return image->section_size == sizeof(Elf32_Shdr);
}

/* The full table of symbols, or the one for the loader where the file is stripped. */
static bool find_symbols(const struct image *image, struct section *symbols,
                         struct section *strings)
{
  bool is_found = false;
  for (uint32_t i = 0; i < image->n_sections; i++) {
    struct section section;
    if (!read_section(image, i, &section))
      return false;
    if (section.type != SHT_SYMTAB && (section.type != SHT_DYNSYM || is_found))
      continue;
    *symbols = section;
    is_found = true;
    if (section.type == SHT_SYMTAB)
      break;
  }
  return is_found && read_section(image, symbols->link, strings) && strings->type == SHT_STRTAB;
}

/* The first section of a type. */
static bool find_section(const struct image *image, uint32_t type, struct section *section)
{
  for (uint32_t i = 0; i < image->n_sections; i++) {
    if (!read_section(image, i, section))
      return false;
    if (section->type == type)
      return true;
  }
  return false;
}

static uint64_t symbol_size(const struct image *image)
{
  return image->is_wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
}

static Elf64_Sym symbol_at(const struct image *image, const char *bytes)
{
  Elf64_Sym row = {0};
  if (image->is_wide) {
    memcpy(&row, bytes, sizeof row);
    return row;
  }
  Elf32_Sym narrow;
  memcpy(&narrow, bytes, sizeof narrow);
  row.st_name = narrow.st_name;
  row.st_info = narrow.st_info;
  row.st_shndx = narrow.st_shndx;
  row.st_value = narrow.st_value;
  return row;
}

static void add_symbol(struct object_file *file, const char *name, unsigned info, uint32_t section,
                       uint64_t value)
{
  unsigned binding = info >> 4, type = info & 0xf;
  if (type == STT_FILE) {
    g_ptr_array_add(file->sources, (gpointer)name);
    return;
  }
  if (*name == '\0' || type == STT_SECTION)
    return;
  struct object_symbol symbol = {
      .name = name,
      .value = value,
      .section = section,
      .source = OBJECT_NO_SOURCE,
      .is_defined = section != SHN_UNDEF,
      .is_local = binding == STB_LOCAL,
      .is_weak = binding == STB_WEAK || section == SHN_COMMON,
      .is_ifunc = type == STT_GNU_IFUNC,
      .is_routine = type == STT_FUNC || type == STT_GNU_IFUNC,
  };
  if (symbol.is_local && file->sources->len != 0)
    symbol.source = file->sources->len - 1;
  g_array_append_val(file->symbols, symbol);
}

static void add_symbols(struct object_file *file, const struct image *image, const char *table,
                        const struct section *symbols, uint64_t names_size)
{
  uint64_t size = symbol_size(image);
  for (uint64_t at = 0; at + size <= symbols->size; at += size) {
    Elf64_Sym row = symbol_at(image, table + at);
    if (row.st_name < names_size)
      add_symbol(file, file->names + row.st_name, row.st_info, row.st_shndx, row.st_value);
  }
}

static void add_exports(struct object_file *file, const struct image *image)
{
  struct section symbols = {0}, strings;
  if (!find_section(image, SHT_DYNSYM, &symbols) || !read_section(image, symbols.link, &strings) ||
      strings.type != SHT_STRTAB)
    return;
  g_autofree char *table = read_table(image->source, symbols.offset, symbols.size);
  g_autofree char *names = read_table(image->source, strings.offset, strings.size);
  uint64_t size = symbol_size(image);
  for (uint64_t at = 0; table != NULL && names != NULL && at + size <= symbols.size; at += size) {
    Elf64_Sym row = symbol_at(image, table + at);
    if (row.st_shndx != SHN_UNDEF && row.st_info >> 4 != STB_LOCAL && row.st_name < strings.size)
      g_hash_table_add(file->exports, g_strdup(names + row.st_name));
  }
}

static void add_dynamic(struct object_file *file, int64_t tag, const char *name)
{
  if (tag == DT_NEEDED)
    g_ptr_array_add(file->needed, g_strdup(name));
  else if (tag == DT_SONAME && file->soname == NULL)
    file->soname = g_strdup(name);
}

/* What the loader is told; a file that is not linked yet has nothing for it. */
static void add_libraries(struct object_file *file, const struct image *image)
{
  struct section dynamic = {0}, strings;
  if (!find_section(image, SHT_DYNAMIC, &dynamic) || !read_section(image, dynamic.link, &strings) ||
      strings.type != SHT_STRTAB)
    return;
  g_autofree char *table = read_table(image->source, dynamic.offset, dynamic.size);
  g_autofree char *names = read_table(image->source, strings.offset, strings.size);
  if (table == NULL || names == NULL)
    return;
  uint64_t size = image->is_wide ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn);
  for (uint64_t at = 0; at + size <= dynamic.size; at += size) {
    Elf64_Dyn row = {0};
    if (image->is_wide) {
      memcpy(&row, table + at, sizeof row);
    } else {
      Elf32_Dyn narrow;
      memcpy(&narrow, table + at, sizeof narrow);
      row.d_tag = narrow.d_tag;
      row.d_un.d_val = narrow.d_un.d_val;
    }
    if (row.d_tag == DT_NULL)
      break;
    if (row.d_un.d_val < strings.size)
      add_dynamic(file, row.d_tag, names + row.d_un.d_val);
  }
}

static struct object_file *parse(const struct source *source)
{
  struct image image = {.source = source};
  enum object_kind kind;
  struct section symbols, strings;
  if (!open_image(&image, &kind) || !find_symbols(&image, &symbols, &strings))
    return NULL;
  g_autofree char *table = read_table(source, symbols.offset, symbols.size);
  char *names = read_table(source, strings.offset, strings.size);
  if (table == NULL || names == NULL) {
    g_free(names);
    return NULL;
  }
  struct object_file *file = g_new0(struct object_file, 1);
  file->kind = kind;
  file->symbols = g_array_new(FALSE, FALSE, sizeof(struct object_symbol));
  file->sources = g_ptr_array_new();
  file->names = names;
  file->needed = g_ptr_array_new_with_free_func(g_free);
  file->exports = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  add_symbols(file, &image, table, &symbols, strings.size);
  add_libraries(file, &image);
  add_exports(file, &image);
  return file;
}

void object_file_free(struct object_file *file)
{
  if (file == NULL)
    return;
  g_array_unref(file->symbols);
  g_ptr_array_unref(file->sources);
  g_free(file->names);
  g_free(file->soname);
  g_ptr_array_unref(file->needed);
  g_hash_table_unref(file->exports);
  g_free(file);
}

struct object_file *object_file_parse(GBytes *bytes)
{
  gsize size = 0;
  const guint8 *data = g_bytes_get_data(bytes, &size);
  struct source source = {-1, data, 0, size};
  return data != NULL ? parse(&source) : NULL;
}

/* Opens a regular file; never waits for a pipe. */
static bool open_source(const char *path, struct source *source)
{
  struct stat status;
  *source = (struct source){.file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (source->file < 0)
    return false;
  if (fstat(source->file, &status) != 0 || !S_ISREG(status.st_mode)) {
    close(source->file);
    return false;
  }
  source->size = (uint64_t)status.st_size;
  return true;
}

struct object_file *object_file_read(const char *path)
{
  struct source source;
  if (!open_source(path, &source))
    return NULL;
  struct object_file *file = parse(&source);
  close(source.file);
  return file;
}

bool object_file_is_finished(const char *path)
{
  struct source source;
  if (!open_source(path, &source))
    return false;
  struct image image = {.source = &source};
  enum object_kind kind;
  bool is_finished = open_image(&image, &kind) && kind != OBJECT_RELOCATABLE;
  close(source.file);
  return is_finished;
}

/* ---- archives ---- */

#define ARCHIVE_MAGIC "!<arch>\n"
#define THIN_MAGIC "!<thin>\n"
#define MAGIC_SIZE 8
#define MEMBER_LIMIT 100000

struct member_header {
  char name[16];
  char date[12];
  char owner[6];
  char group[6];
  char mode[8];
  char size[10];
  char end[2];
};

static void member_free(gpointer data)
{
  struct archive_member *member = data;
  g_free(member->name);
  object_file_free(member->object);
  g_free(member);
}

/* Decimal digits filled up with blanks. */
static bool read_number(const char *text, size_t length, uint64_t *number)
{
  *number = 0;
  size_t i = 0;
  for (; i < length && g_ascii_isdigit(text[i]); i++)
    *number = *number * 10 + (uint64_t)(text[i] - '0');
  return i != 0 && i < 16;
}

/* "name.o/", or "/123" for a name that stands in the table of long names. */
static char *member_name(const struct member_header *header, const char *long_names,
                         uint64_t long_size)
{
  if (header->name[0] != '/') {
    const char *end = memchr(header->name, '/', sizeof header->name);
    size_t length = end != NULL ? (size_t)(end - header->name) : sizeof header->name;
    return g_strchomp(g_strndup(header->name, length));
  }
  uint64_t at = 0;
  if (long_names == NULL || !read_number(header->name + 1, sizeof header->name - 1, &at) ||
      at >= long_size)
    return NULL;
  const char *start = long_names + at;
  const char *end = memchr(start, '\n', (size_t)(long_size - at));
  size_t length = end != NULL ? (size_t)(end - start) : strlen(start);
  if (length != 0 && start[length - 1] == '/')
    length--;
  return g_strndup(start, length);
}

static GPtrArray *parse_archive(const struct source *source, bool *is_thin)
{
  char magic[MAGIC_SIZE];
  if (!read_at(source, 0, magic, sizeof magic))
    return NULL;
  *is_thin = memcmp(magic, THIN_MAGIC, sizeof magic) == 0;
  if (!*is_thin && memcmp(magic, ARCHIVE_MAGIC, sizeof magic) != 0)
    return NULL;
  GPtrArray *members = g_ptr_array_new_with_free_func(member_free);
  g_autofree char *long_names = NULL;
  uint64_t long_size = 0;
  struct member_header header;
  for (uint64_t at = MAGIC_SIZE; members->len < MEMBER_LIMIT;) {
    uint64_t size = 0;
    if (!read_at(source, at, &header, sizeof header) ||
        memcmp(header.end, "`\n", sizeof header.end) != 0 ||
        !read_number(header.size, sizeof header.size, &size))
      break;
    at += sizeof header;
    bool is_index = memcmp(header.name, "/ ", 2) == 0 || memcmp(header.name, "/SYM64/", 7) == 0;
    bool is_names = memcmp(header.name, "//", 2) == 0;
    bool has_content = !*is_thin || is_index || is_names;
    if (has_content && size > source->size - MIN(at, source->size))
      break;
    if (is_names) {
      g_free(long_names);
      long_names = read_table(source, at, size);
      long_size = long_names != NULL ? size : 0;
    } else if (!is_index) {
      char *name = member_name(&header, long_names, long_size);
      struct archive_member *member = g_new0(struct archive_member, 1);
      member->name = name != NULL ? name : g_strdup("");
      struct source inside = *source;
      inside.offset += at;
      inside.size = size;
      if (!*is_thin)
        member->object = parse(&inside);
      g_ptr_array_add(members, member);
    }
    at += has_content ? size + (size & 1) : 0;
  }
  return members;
}

GPtrArray *archive_parse(GBytes *bytes, bool *is_thin)
{
  gsize size = 0;
  const guint8 *data = g_bytes_get_data(bytes, &size);
  struct source source = {-1, data, 0, size};
  return data != NULL ? parse_archive(&source, is_thin) : NULL;
}

GPtrArray *archive_read(const char *path, bool *is_thin)
{
  struct source source;
  if (!open_source(path, &source))
    return NULL;
  GPtrArray *members = parse_archive(&source, is_thin);
  close(source.file);
  return members;
}
