/* Serves the program of fastcgi_loop.c. */
#include "cleave_adapters.h"

int fastcgi_main(int argc, char **argv);

static const struct cleave_program program = {"loop", fastcgi_main, NULL};

static int invoke(const struct cleave_event *event, struct cleave_reply *reply,
                  struct cleave_error *error)
{
  return cleave_fastcgi_invoke(&program, event, reply, error);
}

static const struct cleave_function function = {
    "loop", "fastcgi_main", CLEAVE_HTTP, "/loop", 0, 2000, NULL, invoke, NULL, NULL,
};

int main(void)
{
  return cleave_runtime_main(&function, 1);
}
