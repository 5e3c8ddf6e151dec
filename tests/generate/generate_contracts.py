#!/usr/bin/env python3
"""What people decide wins: contracts.yaml, annotations, an edited function.yaml; and what nobody
decided stops the build and says so."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import functions as f

SOURCE = """#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/time.h>
#include "cleave.h"

struct item { int id; void *raw; size_t raw_bytes_total; FILE *trace; };
static char *greeting;
static int factor;

int total(const struct item *items, size_t many, void *scratch, char *out, size_t room);
int total(const struct item *items, size_t many, void *scratch, char *out, size_t room)
{
  int sum = 0;
  (void)scratch;
  for (size_t i = 0; i < many; i++)
    sum += items[i].id + (int)items[i].raw_bytes_total;
  snprintf(out, room, "sum %d", sum);
  errno = sum;
  return sum;
}

int sum_of(const int *numbers, size_t how_many) CLEAVE("numbers: count(how_many)");
int sum_of(const int *numbers, size_t how_many)
{
  int sum = 0;
  for (size_t i = 0; i < how_many; i++)
    sum += numbers[i];
  return sum * factor;
}

const char *greet(void);
const char *greet(void)
{
  return greeting;
}

int print(const char *format, ...);
int print(const char *format, ...)
{
  return (int)strlen(format);
}

static int set_factor(int value)
{
  factor = value;
  return 0;
}

static int set_greeting(const char *text)
{
  greeting = strdup(text);
  return greeting ? 0 : -1;
}

enum form { FORM_NONE, FORM_ROUND, FORM_TEXT };
union value { double round; char *text; };
struct node { int number; struct node *next; };
struct order { char *name; int n_lines; };

int measure(enum form form, const union value *value);
int measure(enum form form, const union value *value)
{
  return form == FORM_ROUND ? (int)value->round : form == FORM_TEXT ? (int)strlen(value->text) : -1;
}

int sum_list(const struct node *first) CLEAVE("first: list(next)");
int sum_list(const struct node *first)
{
  int sum = 0;
  for (; first; first = first->next)
    sum += first->number;
  return sum;
}

struct node *loop(int number) CLEAVE("list(next),transfer(none)");
struct node *loop(int number)
{
  static struct node node;
  node.number = number;
  node.next = number > 0 ? &node : NULL;
  return &node;
}

int count_words(const char *const *words, unsigned n_words)
{
  int sum = 0;
  for (unsigned i = 0; i < n_words; i++)
    sum += (int)strlen(words[i]);
  return sum;
}

int count_until(char **words) CLEAVE("words: in,terminated; errno");
int count_until(char **words)
{
  int n = 0;
  for (errno = 5; words[n]; n++)
    ;
  return n;
}

int make_text(int n, char **text, size_t *length)
  CLEAVE("text: out,count(*length),transfer(full,free=free); length: out");
int make_text(int n, char **text, size_t *length)
{
  if (n < 0)
    return *text = NULL, -1;
  *text = malloc((size_t)n + 1);
  memset(*text, 'x', (size_t)n);
  *length = (size_t)n;
  return 0;
}

int darken(unsigned char *pixels, int width, int height) CLEAVE("pixels: inout,size(width*height)");
int darken(unsigned char *pixels, int width, int height)
{
  for (int i = 0; i < width * height; i++)
    pixels[i] /= 2;
  return width * height;
}

int fill(int *out, size_t *n) CLEAVE("out: out,count(*n); n: inout");
int fill(int *out, size_t *n)
{
  for (size_t i = 0; i < *n && i < 3; i++)
    out[i] = (int)i;
  *n = 3;
  return 0;
}

void order_free(struct order *order);
void order_free(struct order *order)
{
  if (order->n_lines == 99)
    abort();
  free(order->name);
  free(order);
}

struct order *order_new(const char *name, int n_lines);
struct order *order_new(const char *name, int n_lines)
{
  struct order *order = malloc(sizeof *order);
  order->name = strdup(name);
  order->n_lines = n_lines;
  return order;
}

static struct order *kept;
int keep(struct order *order);
int keep(struct order *order)
{
  int n = kept ? (int)strlen(kept->name) : 0;
  if (kept)
    order_free(kept);
  kept = order;
  return n;
}

struct buffer { char *data; size_t length; size_t capacity; };
int append(struct buffer *buffer, const char *text);
int append(struct buffer *buffer, const char *text)
{
  size_t n = strlen(text);
  if (buffer->length + n + 1 > buffer->capacity) {
    buffer->capacity = buffer->length + n + 1000;
    buffer->data = realloc(buffer->data, buffer->capacity);
  }
  memcpy(buffer->data + buffer->length, text, n + 1);
  buffer->length += n;
  return 0;
}

/* A compiler that knows OLD to be NULL makes it malloc(). */
static __attribute__((noinline, noclone)) char *grow(char *old, size_t n)
{
  return realloc(old, n);
}

/* Grows what its argument holds, and drops what is behind. */
struct shelf { struct order *orders; int n_orders; };
int shelf_resize(struct shelf *shelf, int target);
int shelf_resize(struct shelf *shelf, int target)
{
  for (int i = target; i < shelf->n_orders; i++)
    free(shelf->orders[i].name);
  shelf->orders = realloc(shelf->orders, (size_t)(target + 1) * sizeof *shelf->orders);
  for (int i = shelf->n_orders; i < target; i++) {
    shelf->orders[i].name = grow(grow(NULL, 2), 4);
    memcpy(shelf->orders[i].name, "new", 4);
    shelf->orders[i].n_lines = i;
  }
  shelf->n_orders = target;
  return 0;
}

/* Of a fixed array the first are set, and what lies behind them is no text. */
struct line { int price; char name[4]; };
struct bill { struct line lines[3]; int n; };
int bill_total(const struct bill *bill);
int bill_total(const struct bill *bill)
{
  int sum = 0;
  for (int i = 0; i < bill->n; i++)
    sum += bill->lines[i].price;
  return sum;
}

int bill_make(int n, struct bill *out) CLEAVE("out: out");
int bill_make(int n, struct bill *out)
{
  memset(out, 'x', sizeof *out);
  for (int i = 0; i < n && i < 3; i++)
    out->lines[i] = (struct line){.price = i, .name = "a"};
  out->n = n;
  return 0;
}

int evil(const int *numbers, int n) CLEAVE("numbers: count(abort())");
int evil(const int *numbers, int n)
{
  return numbers[0] + n;
}

/* What nobody declares: room that comes back as a number, arrays among the parameters, a record that
 * is handed out, types of the C library. */
int pack(const unsigned char *in, size_t in_len, unsigned char *out, size_t *out_len);
int pack(const unsigned char *in, size_t in_len, unsigned char *out, size_t *out_len)
{
  size_t n = 0;
  for (size_t i = 0; i < in_len; i++) {
    if (n + 2 > *out_len)
      return -1;
    out[n++] = in[i];
    out[n++] = in[i];
  }
  *out_len = n;
  return 0;
}

typedef unsigned char digest[4];
void spell(const digest id, char out[9]);
void spell(const digest id, char out[9])
{
  for (int i = 0; i < 4; i++)
    sprintf(out + 2 * i, "%02x", id[i]);
}

void turn(double m[2][2]);
void turn(double m[2][2])
{
  double kept = m[0][1];
  m[0][1] = m[1][0];
  m[1][0] = kept;
}

int sum_open(size_t n, const int numbers[static n]);
int sum_open(size_t n, const int numbers[static n])
{
  int sum = 0;
  while (n-- > 0)
    sum += *numbers++;
  return sum;
}

double between(struct timeval a, struct timeval b);
double between(struct timeval a, struct timeval b)
{
  return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_usec - a.tv_usec) / 1e6;
}

void date_of(time_t t, struct tm *out);
void date_of(time_t t, struct tm *out)
{
  gmtime_r(&t, out);
  out->tm_zone = NULL;
}

struct parcel { char *label; int n; int *weights; };
void parcel_free(struct parcel *parcel);
void parcel_free(struct parcel *parcel)
{
  free(parcel->label);
  free(parcel->weights);
  free(parcel);
}

int parcel_parse(const char *text, struct parcel **out);
int parcel_parse(const char *text, struct parcel **out)
{
  struct parcel *parcel = calloc(1, sizeof *parcel);
  parcel->label = strdup(text);
  parcel->n = (int)strlen(text);
  parcel->weights = calloc((size_t)parcel->n + 1, sizeof(int));
  for (int i = 0; i < parcel->n; i++)
    parcel->weights[i] = text[i];
  *out = parcel;
  return 0;
}

/* Buffers that are filled through a record of the routine's own, with bytes that are no text. */
struct stream { char *next; unsigned left; };
static int put(struct stream *stream, char byte)
{
  if (stream->left == 0)
    return -1;
  stream->left--;
  *stream->next++ = byte;
  return 0;
}

int squeeze(char *dest, unsigned *destLen, char *source, unsigned sourceLen);
int squeeze(char *dest, unsigned *destLen, char *source, unsigned sourceLen)
{
  struct stream from = {.next = source, .left = sourceLen}, to = {.next = dest, .left = *destLen};
  for (; from.left > 0; from.left--, from.next++)
    if (put(&to, '\\0') != 0 || put(&to, *from.next) != 0)
      return -1;
  *destLen -= to.left;
  return 0;
}

int expand(const char *src, char *dst, int srcSize, int dstCapacity);
int expand(const char *src, char *dst, int srcSize, int dstCapacity)
{
  struct stream to = {.next = dst, .left = (unsigned)dstCapacity};
  for (int i = 0; i < srcSize; i++)
    if (put(&to, src[i]) != 0)
      return -1;
  return srcSize;
}

int spoil(char *to);
int spoil(char *to)
{
  struct stream stream = {.next = to, .left = 2};
  return put(&stream, 'a') + put(&stream, 'b');
}

int differ(const char *one, const char *other);
int differ(const char *one, const char *other)
{
  if (!one || !other)
    return 2;
  return strcmp(one, other) != 0;
}

int loose(const unsigned char *pixels, int width, int height);
int loose(const unsigned char *pixels, int width, int height)
{
  return pixels[width * height - 1];
}

int main(int argc, char **argv)
{
  if (set_factor(2) != 0)
    return 1;
  if (set_greeting(argc > 1 ? argv[1] : "hello") != 0)
    return 1;
  printf("%s %d %s\\n", greet(), sum_of((int[]){1, 2}, 2), print("x") ? "y" : "n");
  size_t length = 0;
  char *text = NULL;
  union value value = {.round = 1};
  make_text(1, &text, &length);
  printf("%d %d %d %d %d %d %d %d %d\\n", measure(FORM_ROUND, &value), sum_list(NULL), !loop(1),
         count_words((const char *const *)argv, 1), count_until(argv), darken(NULL, 0, 0),
         fill(&argc, &length), keep(order_new("x", 1)), argc > 5 ? evil(&argc, 1) : 0);
  append(&(struct buffer){0}, "x");
  struct bill bill;
  bill_make(1, &bill);
  bill_total(&bill);
  differ("a", "b");
  return total(NULL, 0, NULL, (char[9]){0}, 9) + spoil(*argv);
}
"""

CONTRACTS = """version: 1
routines:
  total:
    params: {items: {count: many}, scratch: {skip: true}, out: {out: true, cap: room}}
    result: {errno: true}
  measure: {params: {value: {tag: form}}}
  count_words: {params: {words: {count: n_words}}}
  differ: {params: {other: {nullable: false}}}
types:
  "struct item": {fields: {raw: {size: raw_bytes_total}, trace: {skip: true}}}
  "struct bill": {fields: {lines: {count: n}}}
"""


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: wanted {wanted!r}, got {got!r}")


def invoke(out, name, *events):
    function = f.Function(f"{out}/build/functions/{name}/bootstrap")
    replies = [function.invoke(event) for event in events]
    function.close()
    return replies


COMPOUND = [
    ("measure", {"form": "FORM_ROUND", "value": {"round": 4.5}}, {"result": 4}),
    ("measure", {"form": "FORM_TEXT", "value": {"text": "abc"}}, {"result": 3}),
    ("measure", {"form": "FORM_NONE", "value": None}, {"result": -1}),
    ("measure", {"form": "FORM_TEXT", "value": {"round": 4.5}}, None),
    ("measure", {"form": "FORM_NONE", "value": {"round": 4.5}}, None),
    ("sum_list", {"first": []}, {"result": 0}),
    ("sum_list", {"first": [{"number": n} for n in range(1000)]}, {"result": 499500}),
    ("sum_list", {"first": [{"number": 1, "next": None}]}, None),
    ("loop", {"number": 0}, {"result": [{"number": 0}]}),
    ("loop", {"number": 1}, "Function.EndlessResult"),
    ("count_words", {"words": ["a", "bc", ""]}, {"result": 3}),
    ("count_words", {"words": [None]}, None),
    ("count_until", {"words": ["a", "b"]}, {"result": 2, "errno": 5}),
    ("count_until", {"words": "a"}, None),
    ("make_text", {"n": 4}, {"result": 0, "text": "xxxx", "length": "4"}),
    ("make_text", {"n": -1}, {"result": -1, "text": None, "length": "0"}),
    ("darken", {"pixels": "CAgE", "width": 3, "height": 1},
     {"result": 3, "pixels": "BAQC"}),
    ("darken", {"pixels": "CAgE", "width": 3, "height": 2}, None),
    ("darken", {"pixels": "CAgE", "width": -3, "height": -1}, {"result": 3, "pixels": "BAQC"}),
    ("darken", {"pixels": "", "width": 2147483647, "height": 2147483647}, None),
    ("fill", {"n": "5"}, {"result": 0, "out": [0, 1, 2], "n": "3"}),
    ("fill", {"n": "1"}, "Function.TooLittleRoom"),
    ("fill", {"n": "18446744073709551615"}, None),
    ("order_new", {"name": "ab", "n_lines": 3}, {"result": {"name": "ab", "n_lines": 3}}),
    ("append", {"buffer": {"data": "ab"}, "text": "cd"},
     {"result": 0, "buffer": {"data": "abcd"}}),
    ("append", {"buffer": {"data": "ab", "capacity": "1000000"}, "text": "cd"}, None),
    ("append", {"buffer": {"data": ""}, "text": "x" * 3000},
     {"result": 0, "buffer": {"data": "x" * 3000}}),
    ("shelf_resize", {"shelf": {"orders": [{"name": "a", "n_lines": 1}, {"name": "b", "n_lines": 2},
                                           {"name": "c", "n_lines": 3}]}, "target": 1},
     {"result": 0, "shelf": {"orders": [{"name": "a", "n_lines": 1}]}}),
    ("shelf_resize", {"shelf": {"orders": [{"name": "a", "n_lines": 1}]}, "target": 300},
     {"result": 0, "shelf": {"orders": [{"name": "a", "n_lines": 1}] + [
         {"name": "new", "n_lines": i} for i in range(1, 300)]}}),
    ("pack", {"in": "AQI=", "out_len": "9"}, {"result": 0, "out": "AQECAg==", "out_len": "4"}),
    ("pack", {"in": "AQI=", "out_len": "3"}, {"result": -1, "out": "AQEA", "out_len": "3"}),
    ("pack", {"in": "AQI="}, None),
    ("bill_total", {"bill": {"lines": []}}, {"result": 0}),
    ("bill_total", {"bill": {"lines": [{"price": 2, "name": "abc"}, {"price": 3, "name": ""}]}},
     {"result": 5}),
    ("bill_total", {"bill": {"lines": [{"price": 2, "name": ""}] * 4}}, None),
    ("bill_total", {"bill": {"lines": [], "n": 0}}, None),
    ("bill_make", {"n": 1}, {"result": 0, "out": {"lines": [{"price": 0, "name": "a"}]}}),
    ("bill_make", {"n": 4}, "Function.EndlessResult"),
    ("bill_make", {"n": -1}, "Function.EndlessResult"),
    ("spell", {"id": "AQIDBA==", "out": ""}, {"out": "01020304"}),
    ("spell", {"id": "AQIDBA==", "out": "123456789"}, None),
    ("squeeze", {"destLen": 10, "source": "ab"},
     {"result": 0, "dest": "\u0000a\u0000b", "destLen": 4, "source": "ab"}),
    ("squeeze", {"destLen": 10, "source": {"base64": "/wA="}},
     {"result": 0, "dest": {"base64": "AP8AAA=="}, "destLen": 4, "source": {"base64": "/wA="}}),
    ("squeeze", {"destLen": 3, "source": "ab"}, {"result": -1, "dest": "\u0000a\u0000", "destLen": 3, "source": "ab"}),
    ("expand", {"src": "ab", "dstCapacity": 3}, {"result": 2, "dst": "ab\u0000"}),
    ("expand", {"src": "abcd", "dstCapacity": 3}, {"result": -1, "dst": "abc"}),
    ("turn", {"m": [[1, 2], [3, 4]]}, {"m": [[1.0, 3.0], [2.0, 4.0]]}),
    ("turn", {"m": [[1, 2]]}, None),
    ("sum_open", {"numbers": [1, 2, 4]}, {"result": 7}),
    ("between", {"a": {"tv_sec": "1", "tv_usec": "0"}, "b": {"tv_sec": 2, "tv_usec": "500000"}},
     {"result": 1.5}),
    ("date_of", {"t": "86400"}, {"out": {
        "tm_sec": 0, "tm_min": 0, "tm_hour": 0, "tm_mday": 2, "tm_mon": 0, "tm_year": 70, "tm_wday": 5,
        "tm_yday": 1, "tm_isdst": 0, "tm_gmtoff": "0", "tm_zone": None}}),
    ("parcel_parse", {"text": "ab"},
     {"result": 0, "out": {"label": "ab", "weights": [97, 98]}}),
    ("differ", {"one": "a", "other": "b"}, {"result": 1}),
    ("differ", {"one": None, "other": "b"}, {"result": 2}),
    ("differ", {"one": "a", "other": None}, None),
    ("keep", {"order": {"name": "abc", "n_lines": 1}}, {"result": 0}),
    ("keep", {"order": {"name": "x", "n_lines": 2}}, {"result": 3}),
]


def check_compound(generate):
    """Unions, lists, terminators, handed-out memory, numbers that are expressions."""
    refused = f.run(*generate, "evil", codes=(3,)).stdout
    if "its number is no expression" not in refused:
        sys.exit(f"a call in a contract is not refused: {refused}")
    refused = f.run(*generate, "loose", codes=(3,)).stdout
    if "an array whose number of elements is not known" not in refused:
        sys.exit(f"an array without a number is not refused: {refused}")
    refused = f.run(*generate, "spoil", codes=(3,)).stdout
    if "parameter to: it is stored in a record" not in refused:
        sys.exit(f"a buffer that is filled without a known end is not refused: {refused}")
    names = sorted({name for name, _, _ in COMPOUND})
    f.run(*generate, ",".join(names), "--contracts", "contracts.yaml", "-o", "compound")
    f.run("cmake", "-G", "Ninja", "-S", "compound", "-B", "compound/build",
          "-DCLEAVE_SANITIZE_FUNCTIONS=ON")
    built = f.run("cmake", "--build", "compound/build")
    if "warning:" in built.stdout:
        sys.exit(f"the generated project has warnings:\n{built.stdout[-3000:]}")
    for name in names:
        # Under AddressSanitizer: nothing leaks, nothing is freed twice.
        function = f.Function(f"compound/build/functions/{name}/bootstrap")
        for event, wanted in [(event, wanted) for other, event, wanted in COMPOUND
                              if other == name]:
            kind, reply = function.invoke(event)
            if isinstance(wanted, dict):
                expect(f"{name} {event}", (kind, reply), ("response", wanted))
            else:
                expect(f"{name} {event}", (kind, reply.get("errorType")),
                       ("error", wanted or "Function.BadInput"))
        expect(f"{name}: exit code", function.close(), 0)


def main():
    f.need("cmake", "ninja")
    cleave = os.path.abspath(sys.argv[1])
    top = os.environ["CLEAVE_SOURCE_DIR"]
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        os.mkdir("source")
        write("source/m.c", SOURCE)
        write("source/CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\nproject(m C)\n"
              f"include_directories({top}/splitter/generate/include)\nadd_executable(m m.c)\n")
        write("contracts.yaml", CONTRACTS)
        f.run("cmake", "-G", "Ninja", "-S", "source", "-B", "build",
              "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
        f.run(cleave, "analyze", "build", "--root", "source")
        generate = [cleave, "generate", "-o", "out", "--function"]

        refused = f.run(*generate, "print", codes=(3,))
        if "m.c:42: it takes variable arguments" not in refused.stdout:
            sys.exit(f"no reason for the refusal: {refused.stdout}")
        refused = f.run(*generate, "total", codes=(3,))
        if "m.c:" not in refused.stdout or "refused" not in refused.stdout:
            sys.exit(f"total needs a contract: {refused.stdout}")
        write("wrong.yaml", CONTRACTS.replace("skip", "skp", 1))
        wrong = f.run(*generate, "total", "--contracts", "wrong.yaml", codes=(2,))
        if "wrong.yaml:4:" not in wrong.stderr or "did you mean 'skip'" not in wrong.stderr:
            sys.exit(f"the misspelt key is not named: {wrong.stderr}")

        f.run(*generate, "total,sum_of,greet", "--contracts", "contracts.yaml")
        configured = f.run("cmake", "-G", "Ninja", "-S", "out", "-B", "out/build")
        if "greet is not built: decide set_greeting" not in configured.stdout + configured.stderr:
            sys.exit(f"the open decision is not named: {configured.stdout}{configured.stderr}")
        f.run("cmake", "--build", "out/build")
        stopped = subprocess.run(["cmake", "--build", "out/build", "--target", "function_greet"],
                                 capture_output=True, text=True)
        if stopped.returncode == 0 or "'set_greeting' is undecided" not in stopped.stdout:
            sys.exit(f"the build of greet does not stop: {stopped.stdout}")
        event = {"items": [{"id": 3, "raw": "YWJj"}, {"id": 4, "raw": ""}], "room": "20"}
        expect("total", invoke("out", "total", event)[0],
               ("response", {"result": 10, "out": "sum 10", "errno": 10}))
        expect("sum_of", invoke("out", "sum_of", {"numbers": [1, 2, 4]})[0],
               ("response", {"result": 14}))

        check_compound(generate)

        # The decision, made by hand; it survives the next generation.
        path = "out/functions/greet/function.yaml"
        with open(path, encoding="utf-8") as file:
            text = file.read()
        edited = text.replace("- decide: set_greeting",
                              "- run: \"set_greeting(\\\"good day\\\")\"\n    source: m.c")
        write(path, edited)
        said = f.run(*generate, "total,sum_of,greet", "--contracts", "contracts.yaml").stderr
        if f"kept functions/greet/function.yaml" not in said:
            sys.exit(f"nothing is said about the edited file: {said}")
        with open(path, encoding="utf-8") as file:
            expect("the edited file", file.read(), edited)
        f.run("cmake", "-S", "out", "-B", "out/build")
        f.run("cmake", "--build", "out/build")
        expect("greet", invoke("out", "greet", {})[0], ("response", {"result": "good day"}))
    print("contracts.yaml, annotations and decisions are followed")


main()
