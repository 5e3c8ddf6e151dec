#include "cli/options.h"

#include <string.h>

#include "base/nearest.h"

static const struct option format_option = {
    "format", 0, OPTION_TEXT, "FORMAT", "how results are written (default: the first)", NULL};
static const struct option json_option = {"json", 0, OPTION_FLAG, NULL, "the same as --format json",
                                          NULL};

GPtrArray *options_of(const struct command *command)
{
  GPtrArray *all = g_ptr_array_new();
  for (const struct option *o = command->options; o && o->name; o++) {
    g_ptr_array_add(all, (gpointer)o);
  }
  if (command->formats) {
    g_ptr_array_add(all, (gpointer)&format_option);
    if (strstr(command->formats, "json")) {
      g_ptr_array_add(all, (gpointer)&json_option);
    }
  }
  for (const struct option *o = global_options; o->name; o++) {
    g_ptr_array_add(all, (gpointer)o);
  }
  return all;
}

static const struct option *find_long(GPtrArray *options, const char *name)
{
  for (guint i = 0; i < options->len; i++) {
    const struct option *option = g_ptr_array_index(options, i);
    if (strcmp(option->name, name) == 0) {
      return option;
    }
  }
  return NULL;
}

static const struct option *find_short(GPtrArray *options, char letter)
{
  for (guint i = 0; i < options->len; i++) {
    const struct option *option = g_ptr_array_index(options, i);
    if (option->letter == letter) {
      return option;
    }
  }
  return NULL;
}

static char *unknown_option(GPtrArray *options, const char *name)
{
  g_autofree const char **names = g_new(const char *, options->len + 1);
  for (guint i = 0; i < options->len; i++) {
    names[i] = ((const struct option *)g_ptr_array_index(options, i))->name;
  }
  const char *nearest = nearest_name(name, names, options->len);
  return nearest ? g_strdup_printf("unknown option '--%s', did you mean '--%s'?", name, nearest)
                 : g_strdup_printf("unknown option '--%s'", name);
}

static bool is_choice(const char *choices, const char *value, char **message, const char *name)
{
  g_auto(GStrv) list = g_strsplit(choices, "|", -1);
  if (g_strv_contains((const char *const *)list, value)) {
    return true;
  }
  const char *nearest = nearest_name(value, (const char *const *)list, g_strv_length(list));
  g_autofree char *known = g_strjoinv(", ", list);
  *message = nearest ? g_strdup_printf("'%s' is no value of --%s, did you mean '%s'? (%s)", value,
                                       name, nearest, known)
                     : g_strdup_printf("'%s' is no value of --%s (%s)", value, name, known);
  return false;
}

static bool is_whole_number(const char *text)
{
  return text[0] != '\0' && strlen(text) <= 18 && strspn(text, "0123456789") == strlen(text);
}

static void set_text(struct context *context, const char *name, const char *value)
{
  g_free(g_hash_table_lookup(context->values, name));
  g_hash_table_insert(context->values, g_strdup(name), g_strdup(value));
}

static void add_to_list(struct context *context, const char *name, const char *value)
{
  GPtrArray *list = g_hash_table_lookup(context->values, name);
  if (!list) {
    list = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(list, NULL);
    g_hash_table_insert(context->values, g_strdup(name), list);
  }
  g_auto(GStrv) parts = g_strsplit(value, ",", -1);
  for (char **part = parts; *part; part++) {
    if (**part) {
      g_ptr_array_insert(list, (int)list->len - 1, g_strdup(*part));
    }
  }
}

static bool set_value(struct context *context, const struct option *option, const char *value,
                      char **message)
{
  const char *choices = option == &format_option ? context->command->formats : option->choices;
  if (choices && option->kind != OPTION_LIST && !is_choice(choices, value, message, option->name)) {
    return false;
  }
  if (option->kind == OPTION_INTEGER && !is_whole_number(value)) {
    *message = g_strdup_printf("--%s needs a whole number, not '%s'", option->name, value);
    return false;
  }
  if (option->kind != OPTION_LIST) {
    set_text(context, option->name, value);
    return true;
  }
  if (choices) {
    g_auto(GStrv) parts = g_strsplit(value, ",", -1);
    for (char **part = parts; *part; part++) {
      if (!is_choice(choices, *part, message, option->name)) {
        return false;
      }
    }
  }
  add_to_list(context, option->name, value);
  return true;
}

/* Takes one option at *ARGUMENT (and its value); moves *ARGUMENT to its last word. */
static bool take_option(struct context *context, GPtrArray *options, char ***argument,
                        char **message)
{
  const char *word = **argument;
  const struct option *option = NULL;
  const char *value = NULL;
  g_autofree char *name = NULL;
  if (word[1] == '-') {
    const char *equals = strchr(word, '=');
    name = equals ? g_strndup(word + 2, (gsize)(equals - word - 2)) : g_strdup(word + 2);
    value = equals ? equals + 1 : NULL;
    option = find_long(options, name);
    if (!option) {
      *message = unknown_option(options, name);
      return false;
    }
  } else {
    option = find_short(options, word[1]);
    if (!option) {
      *message = g_strdup_printf("unknown option '-%c'", word[1]);
      return false;
    }
    value = word[2] ? word + 2 : NULL;
  }
  if (option->kind == OPTION_FLAG) {
    if (value) {
      *message = g_strdup_printf("--%s takes no value", option->name);
      return false;
    }
    set_text(context, option->name, word);
    return true;
  }
  if (!value) {
    (*argument)++;
    value = **argument;
  }
  if (!value) {
    *message = g_strdup_printf("--%s needs a value: %s", option->name, option->value);
    return false;
  }
  return set_value(context, option, value, message);
}

static bool is_list(const struct command *command, const char *name)
{
  for (const struct option *o = command->options; o && o->name; o++) {
    if (strcmp(o->name, name) == 0) {
      return o->kind == OPTION_LIST;
    }
  }
  return false;
}

void context_clear(struct context *context)
{
  GHashTableIter iterator;
  gpointer name;
  gpointer value;
  g_hash_table_iter_init(&iterator, context->values);
  while (g_hash_table_iter_next(&iterator, &name, &value)) {
    if (is_list(context->command, name)) {
      g_ptr_array_unref(value);
    } else {
      g_free(value);
    }
  }
  g_hash_table_destroy(context->values);
  g_strfreev(context->arguments);
}

static bool check_count(struct context *context, char **message)
{
  const struct command *command = context->command;
  if (context->n_arguments < command->min_arguments) {
    *message = g_strdup_printf("usage: cleave %s %s", command->name, command->arguments);
    return false;
  }
  if (context->n_arguments > command->max_arguments) {
    *message = g_strdup_printf("'%s' is one argument too many; usage: cleave %s %s",
                               context->arguments[command->max_arguments], command->name,
                               command->arguments);
    return false;
  }
  return true;
}

bool options_set(struct context *context, const struct option *option, const char *value,
                 char **message)
{
  if (option->kind == OPTION_FLAG) {
    set_text(context, option->name, "--");
    return true;
  }
  return set_value(context, option, value, message);
}

bool options_parse(struct context *context, char **arguments, char **message)
{
  g_autoptr(GPtrArray) options = options_of(context->command);
  g_autoptr(GPtrArray) words = g_ptr_array_new();
  bool has_ended = false;
  bool is_good = true;
  for (; is_good && *arguments; arguments++) {
    if (has_ended || (*arguments)[0] != '-' || (*arguments)[1] == '\0') {
      g_ptr_array_add(words, g_strdup(*arguments));
    } else if (strcmp(*arguments, "--") == 0) {
      has_ended = true;
    } else {
      is_good = take_option(context, options, &arguments, message);
    }
  }
  context->n_arguments = words->len;
  g_ptr_array_add(words, NULL);
  context->arguments = (char **)g_ptr_array_steal(words, NULL);
  return is_good && (context_flag(context, "help") || check_count(context, message));
}
