#include "cost/error.h"

GQuark cost_error_quark(void)
{
  return g_quark_from_static_string("cleave-cost-error");
}
