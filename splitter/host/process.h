/* A child process of the host: started with its own environment, its output read line by line, its
 * memory watched. Dies with the host. */
#ifndef CLEAVE_HOST_PROCESS_H
#define CLEAVE_HOST_PROCESS_H

#include <event2/event.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct bufferevent;

struct process {
  GPid pid;
  struct bufferevent *output;
  void (*on_line)(const char *line, void *data);
  void *data;
};

/* Starts BINARY in its folder with ENVIRONMENT; output and errors go to ON_LINE. PROCESS must stay
 * where it is until process_clear(). Sets ERROR and returns false when it cannot. */
bool process_start(struct process *process, struct event_base *base, const char *binary,
                   char **environment, void (*on_line)(const char *line, void *data), void *data,
                   GError **error);
/* Reads what the child has still written, without waiting. */
void process_drain(struct process *process);
/* Stops reading. Does not end the child. */
void process_clear(struct process *process);

/* Resident bytes of a living process now, and at most so far; 0 when unknown. */
int64_t process_memory(GPid pid);
int64_t process_peak_memory(GPid pid);

/* A port of 127.0.0.1 that nobody listens on now; 0 when there is none. */
uint16_t process_free_port(void);
/* True when somebody accepts connections on 127.0.0.1:PORT. */
bool process_accepts(uint16_t port);

#endif
