/* What can go wrong in cost/, as one GError domain. It never prints. */
#ifndef CLEAVE_COST_ERROR_H
#define CLEAVE_COST_ERROR_H

#include <glib.h>

#define COST_ERROR (cost_error_quark())

enum cost_error {
  COST_ERROR_INPUT, /* a file's content, a number or a name is refused */
  COST_ERROR_FILE,  /* a file could not be read or written */
};

GQuark cost_error_quark(void);

#endif
