/* Maps of GNU ld ("-Wl,-Map=FILE"): what was loaded, which members of archives were taken, and the
 * name of the output. */
#include "analyzer/build_targets.h"

#include <string.h>

/* What a map names, as it names it. */
struct map {
  char *output;
  GPtrArray *inputs; /* char *: "a.o", "libx.a(b.o)" */
};

static bool is_object(const char *path)
{
  return g_str_has_suffix(path, ".o") || g_str_has_suffix(path, ".lo");
}

/* "libx.a(b.o)" at the start of a line, in the list of members that were taken. */
static bool is_member(const char *line)
{
  const char *open = strchr(line, '(');
  return open != NULL && open != line && !g_ascii_isspace(line[0]) && g_str_has_suffix(line, ")") &&
         open[-1] == 'a';
}

static void read_line(struct map *map, char *line, bool *is_in_members)
{
  if (g_str_has_prefix(line, "Archive member included")) {
    *is_in_members = true;
  } else if (g_str_has_prefix(line, "LOAD ")) {
    const char *path = line + strlen("LOAD ");
    if (is_object(path) || strstr(path, ".so") != NULL)
      g_ptr_array_add(map->inputs, g_strdup(path));
  } else if (g_str_has_prefix(line, "OUTPUT(")) {
    const char *name = line + strlen("OUTPUT(");
    const char *end = strrchr(name, ' ');
    g_free(map->output);
    map->output = g_strndup(name, end != NULL ? (gsize)(end - name) : strcspn(name, ")"));
  } else if (*is_in_members) {
    char *member = g_strdup(line);
    member[strcspn(member, " \t")] = '\0';
    if (is_member(member))
      g_ptr_array_add(map->inputs, g_steal_pointer(&member));
    g_free(member);
    *is_in_members = line[0] == '\0' || g_ascii_isspace(line[0]) || strchr(line, '(') != NULL;
  }
}

static bool is_there(const char *input, const char *folder)
{
  g_autofree char *plain = g_strndup(input, strcspn(input, "("));
  g_autofree char *path = g_canonicalize_filename(plain, folder);
  return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* The map does not say where the linker ran: where most of what it names is there. */
static const char *home_of(const struct map *map, const char *const *folders)
{
  const char *best = folders[0];
  guint most = 0;
  for (const char *const *folder = folders; *folder != NULL; folder++) {
    guint n = 0;
    for (guint i = 0; i < map->inputs->len; i++)
      n += is_there(g_ptr_array_index(map->inputs, i), *folder);
    if (n > most) {
      most = n;
      best = *folder;
    }
  }
  return best;
}

static void add_target(const struct map *map, const char *folder, GPtrArray *targets)
{
  struct build_target *target = build_target_new(map->output, folder, "linker-map");
  for (guint i = 0; i < map->inputs->len; i++)
    g_ptr_array_add(target->inputs,
                    g_canonicalize_filename(g_ptr_array_index(map->inputs, i), folder));
  g_ptr_array_add(targets, target);
}

static void parse_text(const char *text, const char *const *folders, GPtrArray *targets)
{
  struct map map = {.inputs = g_ptr_array_new_with_free_func(g_free)};
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  bool is_in_members = false;
  for (char **line = lines; *line != NULL; line++)
    read_line(&map, *line, &is_in_members);
  if (map.output != NULL && *map.output != '\0' && map.inputs->len != 0)
    add_target(&map, home_of(&map, folders), targets);
  g_free(map.output);
  g_ptr_array_unref(map.inputs);
}

void build_parse_link_map(const char *text, const char *folder, const char *root,
                          GPtrArray *targets)
{
  const char *const folders[] = {folder, root, NULL};
  parse_text(text, folders, targets);
}

void build_read_link_map(const char *path, const char *build_folder, const char *root,
                         GPtrArray *targets)
{
  g_autofree char *text = build_text(path);
  if (text == NULL || strstr(text, "OUTPUT(") == NULL)
    return;
  g_autofree char *own = g_path_get_dirname(path);
  const char *const folders[] = {own, build_folder, root, NULL};
  parse_text(text, folders, targets);
}
