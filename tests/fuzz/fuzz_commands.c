/* Compile commands: whatever the bytes, no crash, and nothing that loads code or writes a file is
 * kept. */
#include <stdint.h>
#include <string.h>

#include "analyzer/arguments.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const char *const forbidden[] = {"-fplugin",  "-fpass-plugin", "-load",       "-Xclang",
                                          "-wrapper",  "-specs",        "--config",    "-MD",
                                          "-MF",       "-MJ",           "-save-temps", "-mllvm",
                                          "-fmodules", "-include-pch",  "-ivfsoverlay"};
  g_autofree char *text = g_strndup((const char *)data, size);
  g_auto(GStrv) words = arguments_split(text);
  g_autoptr(GHashTable) notices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  struct arguments arguments;
  arguments_normalise(&arguments, (const char *const *)words, "/nonexistent", "/nonexistent/a.c",
                      NULL, notices);
  g_assert_nonnull(arguments.kept);
  bool is_value = false;
  for (guint i = 0; i + 1 < arguments.kept->len; i++) {
    const char *word = arguments.kept->pdata[i];
    static const char *const with_value[] = {"-I",        "-D",         "-U",       "-isystem",
                                             "-iquote",   "-idirafter", "-include", "-imacros",
                                             "-isysroot", "--sysroot",  "-target"};
    for (size_t k = 0; !is_value && k < G_N_ELEMENTS(forbidden); k++)
      g_assert_false(g_str_has_prefix(word, forbidden[k]));
    bool takes_value = false;
    for (size_t k = 0; k < G_N_ELEMENTS(with_value); k++)
      takes_value = takes_value || strcmp(word, with_value[k]) == 0;
    is_value = !is_value && takes_value;
  }
  arguments_clear(&arguments);
  return 0;
}
