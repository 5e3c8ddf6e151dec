#include "cli/terminal.h"

#include <glib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "reports/text.h"

char *terminal_escape(const char *text)
{
  return text_escape(text, true);
}

unsigned terminal_width(FILE *file)
{
  struct winsize size;
  if (!isatty(fileno(file)) || ioctl(fileno(file), TIOCGWINSZ, &size) != 0) {
    return 0;
  }
  return size.ws_col;
}

bool terminal_has_color(FILE *file, const char *when)
{
  if (g_strcmp0(when, "always") == 0) {
    return true;
  }
  if (g_strcmp0(when, "never") == 0) {
    return false;
  }
  const char *no_color = g_getenv("NO_COLOR");
  const char *term = g_getenv("TERM");
  return isatty(fileno(file)) && !(no_color && no_color[0] != '\0') && g_strcmp0(term, "dumb") != 0;
}
