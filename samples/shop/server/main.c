/* The server: shop [-c FILE] [-p PORT]. */
#include "shop.h"

#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

static sem_t stop_wanted;

static void on_signal(int number UNUSED) { sem_post(&stop_wanted); }

void usage(FILE *to) {
  fprintf(to, "usage: shop [-c FILE] [-p PORT]\n"
              "Settings come from FILE and from SHOP_... in the environment.\n");
}

static int parse_options(int argc, char **argv) {
  int option;
  while ((option = getopt(argc, argv, "c:p:h")) != -1) {
    if (option == 'c') {
      setenv("SHOP_CONFIG", optarg, 1);
    } else if (option == 'p') {
      setenv("SHOP_PORT", optarg, 1);
    } else {
      usage(option == 'h' ? stdout : stderr);
      return option == 'h' ? 0 : 2;
    }
  }
  if (optind < argc) {
    usage(stderr);
    return 2;
  }
  return -1;
}

static void install_signals(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  sem_init(&stop_wanted, 0, 0);
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv) {
  int code = parse_options(argc, argv);
  if (code >= 0) return code;
  if (config_init() != 0) return 2;
  if (db_init() != 0) return 1;
  if (schema_init() != 0) return 1;
  session_init();
  session_on_end(cart_session_ended);
  order_init();
  install_signals();
  if (queue_start() != 0 || timer_start() != 0) {
    log_error("cannot start a thread");
    return 1;
  }
  int port = server_start();
  if (port >= 0) {
    printf("shop: listening on port %d\n", port);
    fflush(stdout);
    while (sem_wait(&stop_wanted) != 0 && errno == EINTR) continue;
    log_notice("stopping");
  }
  server_stop();
  timer_stop();
  queue_stop();
  session_clear();
  catalogue_cache_flush();
  search_forget();
  db_close(g_db);
  return port < 0 ? 1 : 0;
}
