/* A FastCGI program, written as libfcgi's examples are, behind its adapter. */
#include <fcgi_stdio.h>
#include <stdlib.h>
#include <string.h>

int fastcgi_main(int argc, char **argv);

/* Counts its requests and prints its input backwards. */
int fastcgi_main(int argc, char **argv)
{
  (void)argc;
  (void)argv;
  int count = 0;
  while (FCGI_Accept() >= 0) {
    const char *query = getenv("QUERY_STRING");
    char input[256];
    size_t n = fread(input, 1, sizeof(input), stdin);
    if (strcmp(query, "crash") == 0) {
      abort();
    }
    if (strcmp(query, "leave") == 0) {
      printf("Content-Type: text/plain\r\n\r\nbye\n");
      return 0;
    }
    printf("Content-Type: text/plain\r\nX-Count: %d\r\n\r\n", ++count);
    printf("%s %s\n", getenv("REQUEST_METHOD"), getenv("SCRIPT_NAME"));
    for (size_t i = n; i > 0; i--) {
      putchar(input[i - 1]);
    }
    fprintf(stderr, "request %d\n", count);
  }
  return 0;
}
