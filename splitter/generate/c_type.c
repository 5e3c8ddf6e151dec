#include "splitter/generate/c_type.h"

#include <string.h>

#define TYPEDEF_DEPTH 16

struct known_type {
  const char *name;
  enum c_base base;
  int bits;
  bool is_signed;
  bool is_byte;
};

/* Sizes of LP64 (x86-64 and arm64 Linux). */
static const struct known_type known_types[] = {
    {"void", C_VOID, 0, false, false},
    {"_Bool", C_BOOLEAN, 8, false, false},
    {"bool", C_BOOLEAN, 8, false, false},
    {"char", C_CHARACTER, 8, true, false},
    {"signed char", C_INTEGER, 8, true, false},
    {"unsigned char", C_INTEGER, 8, false, true},
    {"short", C_INTEGER, 16, true, false},
    {"unsigned short", C_INTEGER, 16, false, false},
    {"int", C_INTEGER, 32, true, false},
    {"unsigned", C_INTEGER, 32, false, false},
    {"unsigned int", C_INTEGER, 32, false, false},
    {"long", C_INTEGER, 64, true, false},
    {"unsigned long", C_INTEGER, 64, false, false},
    {"long long", C_INTEGER, 64, true, false},
    {"unsigned long long", C_INTEGER, 64, false, false},
    {"float", C_FLOAT, 32, true, false},
    {"double", C_FLOAT, 64, true, false},
    {"long double", C_FLOAT, 80, true, false},
    {"int8_t", C_INTEGER, 8, true, false},
    {"uint8_t", C_INTEGER, 8, false, true},
    {"int16_t", C_INTEGER, 16, true, false},
    {"uint16_t", C_INTEGER, 16, false, false},
    {"int32_t", C_INTEGER, 32, true, false},
    {"uint32_t", C_INTEGER, 32, false, false},
    {"int64_t", C_INTEGER, 64, true, false},
    {"uint64_t", C_INTEGER, 64, false, false},
    {"size_t", C_INTEGER, 64, false, false},
    {"ssize_t", C_INTEGER, 64, true, false},
    {"intptr_t", C_INTEGER, 64, true, false},
    {"uintptr_t", C_INTEGER, 64, false, false},
    {"ptrdiff_t", C_INTEGER, 64, true, false},
    {"intmax_t", C_INTEGER, 64, true, false},
    {"uintmax_t", C_INTEGER, 64, false, false},
    {"time_t", C_INTEGER, 64, true, false},
    {"off_t", C_INTEGER, 64, true, false},
    {"off64_t", C_INTEGER, 64, true, false},
    {"clock_t", C_INTEGER, 64, true, false},
    {"suseconds_t", C_INTEGER, 64, true, false},
    {"blkcnt_t", C_INTEGER, 64, true, false},
    {"dev_t", C_INTEGER, 64, false, false},
    {"ino_t", C_INTEGER, 64, false, false},
    {"rlim_t", C_INTEGER, 64, false, false},
    {"fsblkcnt_t", C_INTEGER, 64, false, false},
    {"fsfilcnt_t", C_INTEGER, 64, false, false},
    {"uid_t", C_INTEGER, 32, false, false},
    {"gid_t", C_INTEGER, 32, false, false},
    {"id_t", C_INTEGER, 32, false, false},
    {"mode_t", C_INTEGER, 32, false, false},
    {"pid_t", C_INTEGER, 32, true, false},
    {"clockid_t", C_INTEGER, 32, true, false},
    {"useconds_t", C_INTEGER, 32, false, false},
    {"socklen_t", C_INTEGER, 32, false, false},
    {"in_addr_t", C_INTEGER, 32, false, false},
    {"in_port_t", C_INTEGER, 16, false, false},
    {"sa_family_t", C_INTEGER, 16, false, false},
    {"wchar_t", C_INTEGER, 32, true, false},
    {"char16_t", C_INTEGER, 16, false, false},
    {"char32_t", C_INTEGER, 32, false, false},
    {"wint_t", C_INTEGER, 32, false, false},
    {"sig_atomic_t", C_INTEGER, 32, true, false},
    {"int_least8_t", C_INTEGER, 8, true, false},
    {"uint_least8_t", C_INTEGER, 8, false, true},
    {"int_least16_t", C_INTEGER, 16, true, false},
    {"uint_least16_t", C_INTEGER, 16, false, false},
    {"int_least32_t", C_INTEGER, 32, true, false},
    {"uint_least32_t", C_INTEGER, 32, false, false},
    {"int_least64_t", C_INTEGER, 64, true, false},
    {"uint_least64_t", C_INTEGER, 64, false, false},
    {"int_fast8_t", C_INTEGER, 8, true, false},
    {"uint_fast8_t", C_INTEGER, 8, false, true},
    {"int_fast16_t", C_INTEGER, 64, true, false},
    {"uint_fast16_t", C_INTEGER, 64, false, false},
    {"int_fast32_t", C_INTEGER, 64, true, false},
    {"uint_fast32_t", C_INTEGER, 64, false, false},
    {"int_fast64_t", C_INTEGER, 64, true, false},
    {"uint_fast64_t", C_INTEGER, 64, false, false},
    {"u_char", C_INTEGER, 8, false, true},
    {"u_short", C_INTEGER, 16, false, false},
    {"u_int", C_INTEGER, 32, false, false},
    {"u_long", C_INTEGER, 64, false, false},
    {"ushort", C_INTEGER, 16, false, false},
    {"uint", C_INTEGER, 32, false, false},
    {"ulong", C_INTEGER, 64, false, false},
    {"va_list", C_VA_LIST, 0, false, false},
    {"__builtin_va_list", C_VA_LIST, 0, false, false},
    {"struct __va_list_tag", C_VA_LIST, 0, false, false},
};

/* "unsigned long int" and "long unsigned" as "unsigned long". */
static char *canonical_words(const char *text)
{
  static const char *const arithmetic[] = {"signed", "unsigned", "short",  "long",
                                           "int",    "char",     "double", NULL};
  g_auto(GStrv) words = g_strsplit(text, " ", -1);
  unsigned n_long = 0;
  bool is_unsigned = false, is_signed = false, is_short = false, is_char = false;
  bool is_double = false, is_all = true;
  for (size_t i = 0; words[i]; i++) {
    if (!*words[i]) {
      continue;
    }
    is_all = is_all && g_strv_contains(arithmetic, words[i]);
    n_long += strcmp(words[i], "long") == 0;
    is_unsigned = is_unsigned || strcmp(words[i], "unsigned") == 0;
    is_signed = is_signed || strcmp(words[i], "signed") == 0;
    is_short = is_short || strcmp(words[i], "short") == 0;
    is_char = is_char || strcmp(words[i], "char") == 0;
    is_double = is_double || strcmp(words[i], "double") == 0;
  }
  if (!is_all || !*text) {
    return g_strdup(text);
  }
  if (is_double) {
    return g_strdup(n_long ? "long double" : "double");
  }
  const char *size = is_char       ? "char"
                     : is_short    ? "short"
                     : n_long > 1  ? "long long"
                     : n_long == 1 ? "long"
                                   : "int";
  return is_unsigned            ? g_strdup_printf("unsigned %s", size)
         : is_char && is_signed ? g_strdup("signed char")
                                : g_strdup(size);
}

/* "[3][16]": one that is not known counts as 0. */
static void take_dimensions(const char *bracket, struct c_type *out)
{
  out->is_array = true;
  for (; bracket; bracket = strchr(bracket + 1, '[')) {
    const char *text = bracket + 1;
    while (*text && *text != ']' && !g_ascii_isdigit(*text)) {
      text++; /* "static 4", "const 4" */
    }
    bool is_known = *text != ']' && (text == bracket + 1 || text[-1] == ' ');
    gint64 length = is_known ? g_ascii_strtoll(text, NULL, 10) : 0;
    if (out->n_dimensions < C_DIMENSIONS) {
      out->lengths[out->n_dimensions++] = MAX(length, 0);
    } else {
      out->lengths[0] = 0;
    }
  }
}

/* Splits off arrays, stars and qualifiers; leaves the base in NAME. */
static char *take_apart(const char *type, struct c_type *out)
{
  g_autoptr(GString) text = g_string_new(type);
  char *bracket = strchr(text->str, '[');
  if (bracket) {
    take_dimensions(bracket, out);
    /* "(*)[4]", or a pointer to a type that is an array. */
    char *pointer = strstr(text->str, "(*)");
    out->is_to_array = out->is_to_array || out->n_stars > 0 || pointer;
    if (out->n_stars > 1) {
      out->lengths[0] = 0;
    }
    out->n_stars = 0;
    g_string_truncate(text, (gsize)((pointer ? pointer : bracket) - text->str));
  }
  bool is_const = strstr(text->str, "const") != NULL;
  unsigned n_stars = 0;
  char *last_star = NULL;
  for (char *c = text->str; *c; c++) {
    if (*c == '*') {
      n_stars++;
      last_star = c;
    }
  }
  /* "char *const" says nothing about what it points to. */
  if (last_star && is_const) {
    const char *first = strstr(text->str, "const");
    is_const = first < last_star;
  }
  out->n_stars += n_stars;
  out->is_const = out->is_const || is_const;
  static const char *const dropped[] = {"const",   "volatile", "restrict", "__restrict",
                                        "_Atomic", "register", NULL};
  GString *base = g_string_new(NULL);
  g_auto(GStrv) words = g_strsplit_set(text->str, " *\t\n", -1);
  for (size_t i = 0; words[i]; i++) {
    if (*words[i] && !g_strv_contains(dropped, words[i])) {
      g_string_append_printf(base, "%s%s", base->len > 0 ? " " : "", words[i]);
    }
  }
  g_autofree char *whole = g_string_free(base, FALSE);
  return canonical_words(whole);
}

static const struct fact_type *find_typedef(const struct inventory *inventory, const char *name)
{
  const GPtrArray *list = inventory_list(inventory->types_by_name, name);
  for (guint i = 0; i < list->len; i++) {
    const struct fact_type *type = list->pdata[i];
    if (strcmp(type->kind, "typedef") == 0) {
      return type;
    }
  }
  return NULL;
}

static const struct fact_type *find_tagged(const struct inventory *inventory, const char *kind,
                                           const char *name)
{
  const GPtrArray *list = inventory_list(inventory->types_by_name, name);
  for (guint i = 0; i < list->len; i++) {
    const struct fact_type *type = list->pdata[i];
    if (strcmp(type->kind, kind) == 0) {
      return type;
    }
  }
  return NULL;
}

static bool take_type(const struct fact_type *type, struct c_type *out)
{
  if (!type || strcmp(type->kind, "typedef") == 0) {
    return false;
  }
  out->type = type;
  out->base = strcmp(type->kind, "enum") == 0 ? C_ENUM : C_RECORD;
  return true;
}

/* "__time_t" is what glibc's headers call a time_t among themselves. */
static bool take_known(const char *name, struct c_type *out)
{
  bool is_inner = g_str_has_prefix(name, "__") && g_str_has_suffix(name, "_t");
  name += is_inner ? strlen("__") : 0;
  for (size_t i = 0; i < G_N_ELEMENTS(known_types); i++) {
    const struct known_type *known = &known_types[i];
    if (strcmp(known->name, name) == 0) {
      out->base = known->base;
      out->bits = known->bits;
      out->is_signed = known->is_signed;
      out->is_byte = known->is_byte;
      return true;
    }
  }
  return false;
}

static void resolve(const struct inventory *inventory, const char *type, int64_t type_id,
                    struct c_type *out, unsigned depth)
{
  const char *parenthesis = strchr(type, '(');
  if (parenthesis && !g_str_has_prefix(parenthesis, "(*)[") && !strstr(type, "(unnamed ") &&
      !strstr(type, "(anonymous")) {
    out->base = C_ROUTINE;
    return;
  }
  g_autofree char *base = take_apart(type, out);
  if (depth == 0) {
    g_strlcpy(out->name, base, sizeof out->name);
  }
  /* A project may call something of its own like a type of the C library. */
  const struct fact_type *alias = find_typedef(inventory, base);
  if (!alias && take_known(base, out)) {
    return;
  }
  if (strchr(base, '(') && take_type(type_id ? inventory_type(inventory, type_id) : NULL, out)) {
    return; /* a type without a name */
  }
  static const char *const kinds[] = {"struct", "union", "enum"};
  for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
    size_t n = strlen(kinds[i]);
    if (strncmp(base, kinds[i], n) == 0 && base[n] == ' ') {
      const struct fact_type *named = type_id ? inventory_type(inventory, type_id) : NULL;
      if (!take_type(named, out) &&
          !take_type(find_tagged(inventory, kinds[i], base + n + 1), out)) {
        out->base = C_RECORD;
      }
      return;
    }
  }
  if (alias && depth < TYPEDEF_DEPTH && strcmp(alias->underlying, base) != 0 &&
      *alias->underlying) {
    resolve(inventory, alias->underlying, type_id, out, depth + 1);
    if (out->base != C_UNKNOWN) {
      return;
    }
  }
  if ((type_id && take_type(inventory_type(inventory, type_id), out)) || take_known(base, out)) {
    return;
  }
  out->base = C_UNKNOWN;
}

char *c_type_param_text(const char *type)
{
  const char *bracket = strchr(type, '[');
  const char *end = bracket ? strchr(bracket, ']') : NULL;
  if (!end || strchr(type, '(')) {
    return g_strdup(type);
  }
  const char *digit = bracket + strcspn(bracket, "0123456789]");
  bool is_known = *digit != ']' && (digit == bracket + 1 || digit[-1] == ' ');
  int length = (int)(bracket - type);
  bool is_spaced = length > 0 && bracket[-1] == '*';
  return is_known ? g_strdup_printf("%.*s[%s", length, type, digit)
         : end[1] ? g_strdup_printf("%.*s (*)%s", length, type, end + 1)
                  : g_strdup_printf("%.*s%s*", length, type, is_spaced ? "" : " ");
}

char *c_type_read_param(const struct inventory *inventory, const char *type, int64_t type_id,
                        struct c_type *out)
{
  c_type_read(inventory, type, type_id, out);
  if (!out->is_array || out->is_to_array || out->lengths[0] > 0 || !strchr(type, '[')) {
    return NULL;
  }
  out->n_dimensions--;
  memmove(out->lengths, out->lengths + 1, sizeof out->lengths - sizeof *out->lengths);
  out->is_array = out->is_to_array = out->n_dimensions > 0;
  out->n_stars += out->is_array ? 0 : 1;
  const char *bracket = strchr(type, '[');
  const char *end = bracket ? strchr(bracket, ']') : NULL;
  g_autofree char *inside = end ? g_strndup(bracket + 1, (gsize)(end - bracket) - 1) : g_strdup("");
  static const char *const words[] = {"static ", "const ", "restrict ", "volatile "};
  const char *number = inside;
  for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
    number += g_str_has_prefix(number, words[i]) ? strlen(words[i]) : 0;
  }
  return *number && *number != '*' ? g_strdup(number) : NULL;
}

void c_type_read(const struct inventory *inventory, const char *type, int64_t type_id,
                 struct c_type *out)
{
  memset(out, 0, sizeof *out);
  out->base = C_UNKNOWN;
  resolve(inventory, type, type_id, out, 0);
}
