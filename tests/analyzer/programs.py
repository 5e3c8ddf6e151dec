#!/usr/bin/env python3
"""Which units make which program, and which routine a name means in it: small trees, built with the
real tools where that is what is read.

usage: programs.py CASE
"""
import shutil
import sys
import tempfile

from trees import Tree, expect

CASES = {}


def case(routine):
    CASES[routine.__name__] = routine
    return routine


@case
def same_names(tree):
    """The same names in two programs, behind one inline routine, and in files of the same name."""
    tree.write("log.h", "int log_it(const char *s);\n"
               "static inline int note(const char *s, int (*f)(int)) { return log_it(s) + f(1); }\n")
    for name in "ab":
        tree.write(f"{name}/x.c", f'''#include "../log.h"
int log_it(const char *s) {{ return s[0]; }}
static int own(int x) {{ return x; }}
static int state_{name};
int work(int x) {{ state_{name} = x; return own(x); }}
int main(void) {{ return note("x", own) + work(1); }}
''')
        tree.compile(f"{name}/x.c")
    tree.analyse()
    expect(tree.calls("note"), {("log_it", "a/x.c"), ("log_it", "b/x.c"), ("own", "a/x.c"), ("own", "b/x.c")},
           "an inline routine of two programs")
    rows = tree.store.execute("SELECT DISTINCT caller_file, callee_file FROM v_call WHERE callee = 'own'"
                              " AND kind = 'direct'").fetchall()
    expect(set(rows), {("a/x.c", "a/x.c"), ("b/x.c", "b/x.c")}, "statics of the same name")
    expect(set(tree.store.execute("SELECT count(DISTINCT id) FROM v_routine WHERE name = 'own'")), {(2,)}, "ids")
    rows = tree.store.execute("SELECT routine_file, state FROM v_access WHERE routine = 'work'").fetchall()
    expect(set(rows), {("a/x.c", "state_a"), ("b/x.c", "state_b")}, "accesses")


@case
def configurations(tree):
    """One file compiled twice: both configurations count."""
    tree.write("b.c", """int first(void) { return 1; }
int second(void) { return 2; }
static int choose(void)
{
#ifdef SECOND
  return second();
#else
  return first();
#endif
}
int ENTRY(void) { return choose(); }
""")
    tree.write("main.c", "int enter_one(void), enter_two(void);\nint main(void) { return enter_one() + enter_two(); }\n")
    tree.compile("b.c", "-DENTRY=enter_one", output="b1.o")
    tree.compile("b.c", "-DENTRY=enter_two", "-DSECOND", output="b2.o")
    tree.compile("main.c")
    tree.analyse()
    expect(tree.calls("choose"), {("first", "b.c"), ("second", "b.c")}, "both arms")
    expect(tree.programs(), {"main": {"b.c", "main.c"}}, "programs")


LAYERS = {
    "CMakeLists.txt": """cmake_minimum_required(VERSION 3.20)
project(layers C)
add_library(core STATIC lib/core.c lib/unused.c)
add_library(dyn SHARED lib/dyn.c)
add_library(objs OBJECT lib/obj.c)
add_executable(app src/main.c $<TARGET_OBJECTS:objs>)
target_link_libraries(app PRIVATE core dyn)
target_link_options(app PRIVATE -Wl,--wrap=core_open)
add_executable(tool src/main.c src/tool.c)
target_compile_definitions(tool PRIVATE TOOL)
target_link_libraries(tool core)
""",
    "lib/core.c": "int core_open(int x) { return x; }\nint core_call(int x) { return core_open(x); }\n",
    "lib/unused.c": "int unused(void) { return 1; }\n",
    "lib/dyn.c": "int dyn_work(int x) { return x; }\n",
    "lib/obj.c": "int obj_work(int x) { return x; }\n",
    "src/tool.c": "int tool(void) { return 1; }\n",
    "src/main.c": """int core_open(int), core_call(int), dyn_work(int), obj_work(int), tool(void);
#ifdef TOOL
int main(void) { return tool() + core_open(1); }
#else
int __real_core_open(int);
int __wrap_core_open(int x) { return __real_core_open(x) + 1; }
int main(void) { return core_open(1) + core_call(1) + dyn_work(1) + obj_work(2); }
#endif
"""}


def check_layers(tree, source):
    """A static, a shared and an object library, two configurations of one source, and --wrap."""
    expect(tree.programs(), {
        "app": {"src/main.c", "lib/core.c", "lib/obj.c"}, "tool": {"src/main.c", "src/tool.c", "lib/core.c"},
        "libdyn.so": {"lib/dyn.c"}, "libcore.a": {"lib/core.c", "lib/unused.c"}}, source)
    expect(set(tree.sources().values()), {source}, "source")
    expect(tree.calls("main"), {("__wrap_core_open", "src/main.c"), ("core_call", "lib/core.c"),
                                ("dyn_work", "lib/dyn.c"), ("obj_work", "lib/obj.c"), ("tool", "src/tool.c"),
                                ("core_open", "lib/core.c")}, "calls of both mains")
    expect(tree.calls("__wrap_core_open"), {("core_open", "lib/core.c")}, "__real_")
    expect(tree.calls("core_call"), {("core_open", "lib/core.c")}, "a name that its own unit defines is not wrapped")


def layers(tree, generator, query=False):
    for name, text in LAYERS.items():
        tree.write(name, text)
    if query:
        tree.write("build/.cmake/api/v1/query/codemodel-v2", "")
    tree.run("cmake", "-S", ".", "-B", "build", "-G", generator, "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
    tree.analyse("build")


@case
def cmake_reply(tree):
    """CMake's File API."""
    layers(tree, "Unix Makefiles", query=True)
    check_layers(tree, "cmake-file-api")
    # Untrusted JSON: a reply that names files elsewhere, or none, is left out.
    reply = tree.folder / "build/.cmake/api/v1/reply"
    for path in reply.glob("codemodel-*.json"):
        path.write_text(path.read_text().replace('"target-', '"../reply/target-'))
    tree.analyse("build", "--fresh")
    check_layers(tree, "link.txt")


@case
def link_text(tree):
    layers(tree, "Unix Makefiles")
    check_layers(tree, "link.txt")


@case
def ninja(tree):
    layers(tree, "Ninja")
    check_layers(tree, "build.ninja")


TWO = {
    "a/util.c": "static int helper(void) { return 1; }\nint from_a(void) { return helper(); }\n",
    "b/util.c": "static int helper(void) { return 2; }\nint from_b(void) { return helper(); }\n",
    "one.c": "int from_a(void);\nint shared_name(void) { return 1; }\nint main(void) { return from_a() + shared_name(); }\n",
    "two.c": "int from_b(void);\nint shared_name(void) { return 2; }\nint main(void) { return from_b() + shared_name(); }\n",
    "never.c": "int never(void) { return 0; }\n"}
PROGRAMS = {"one": {"one.c", "a/util.c"}, "two": {"two.c", "b/util.c"}}


def two(tree):
    for name, text in TWO.items():
        tree.write(name, text)


def compile_two(tree):
    two(tree)
    for name in TWO:
        tree.compile(name, output=name[:-2] + ".o")
    tree.build()


@case
def commands(tree):
    """Commands that link, listed with those that compile."""
    two(tree)
    tree.entries.append({"directory": str(tree.folder), "file": "one.c",
                         "command": "cc -O2 -o bin/one one.c a/util.c -lm"})
    tree.entries.append({"directory": str(tree.folder), "file": "a/util.c",
                         "command": "cc -O2 -o bin/one one.c a/util.c -lm"})
    tree.compile("two.c", output="two.o")
    tree.compile("b/util.c", output="b/util.o")
    tree.entries.append({"directory": str(tree.folder), "file": "two.o",
                         "arguments": ["cc", "two.o", "b/util.o", "-o", "two"]})
    tree.analyse()
    expect(tree.programs(), PROGRAMS, "programs")
    expect(set(tree.sources().values()), {"compile-commands"}, "sources")


@case
def archives(tree):
    """Archives of objects with one name, known by what they define; a thin one."""
    compile_two(tree)
    tree.run("ar", "qc", "liba.a", "a/util.o", "never.o")
    tree.run("ar", "qcT", "libb.a", "b/util.o", "never.o")
    for program, library in (("one", "liba.a"), ("two", "-lb")):
        tree.entries.append({"directory": str(tree.folder), "file": f"{program}.o",
                             "arguments": ["cc", f"{program}.o", "-L.", library, "-o", program]})
    tree.analyse()
    expect({name: files for name, files in tree.programs().items() if name[0] != "("}, PROGRAMS, "programs")


@case
def finished(tree):
    """Only the finished files tell: by symbol table, with two sources of one name."""
    compile_two(tree)
    tree.run("cc", "one.o", "a/util.o", "-o", "one")
    tree.run("cc", "two.o", "b/util.o", "-o", "two")
    tree.analyse()
    expect({name: files for name, files in tree.programs().items() if name[0] != "("}, PROGRAMS, "programs")
    expect({name: how for name, how in tree.sources().items() if name[0] != "("},
           {"one": "elf", "two": "elf"}, "sources")
    # Whoever links again is analysed again, though no source has changed.
    tree.run("cc", "one.o", "a/util.o", "never.o", "-o", "one")
    tree.analyse()
    expect(tree.programs()["one"], PROGRAMS["one"] | {"never.c"}, "linked again")
    # A damaged file is no file.
    for name in ("one", "two"):
        path = tree.folder / name
        path.write_bytes(path.read_bytes()[:5000])
    tree.analyse()
    expect(tree.sources()["one"], "main-closure", "damaged")


def build_all(tree, sources):
    """Compiles what may go into a shared library."""
    for name, text in sources.items():
        tree.write(name, text)
        tree.compile(name, "-fPIC", output=name[:-1] + "o")
    tree.build()


@case
def finished_shared(tree):
    """Finished files that ask for shared libraries of the tree, by a name that no file has: who is
    linked with a library runs its routines, and those of the libraries that it asks for."""
    sources = {
        "deep.c": "int deep_state; int deep_work(int x) { deep_state = x; return x; }\n",
        "lib.c": "int deep_work(int); int work(int x) { return deep_work(x) + 1; }\nint unused(void) { return 3; }\n",
        "twin.c": "int work(int x) { return x - 1; }\n",
        "first.c": "int work(int); int main(void) { return work(1); }\n",
        "second.c": "int work(int); int main(void) { return work(2); }\n",
        "third.c": "int alone(void) { return 4; } int main(void) { return alone(); }\n"}
    build_all(tree, sources)
    tree.run("cc", "-shared", "deep.o", "-Wl,-soname,libdeep.so.2", "-o", "libdeep.so.2.1")
    tree.run("cc", "-shared", "lib.o", "libdeep.so.2.1", "-Wl,-soname,libwork.so.1", "-o", "libwork.so.1.0.3")
    tree.run("cc", "-shared", "twin.o", "-o", "libtwin.so")
    tree.run("cc", "first.o", "libwork.so.1.0.3", "-Wl,--allow-shlib-undefined", "-o", "first")
    tree.run("cc", "second.o", "-L.", "-ltwin", "-o", "second")
    tree.run("cc", "third.o", "-o", "third")
    for number in range(2):
        tree.analyse()
        expect(tree.programs(), {"first": {"first.c"}, "second": {"second.c"}, "third": {"third.c"},
                                 "libdeep.so.2.1": {"deep.c"}, "libwork.so.1.0.3": {"lib.c"},
                                 "libtwin.so": {"twin.c"}}, f"programs, run {number}")
        expect(tree.calls("main"), {("work", "lib.c"), ("work", "twin.c"), ("alone", "third.c")}, "calls")
        expect(tree.calls("work"), {("deep_work", "deep.c")}, "calls of the library")
        rows = set(tree.store.execute("SELECT routine, state FROM v_access WHERE mode = 'write'"))
        expect(rows, {("deep_work", "deep_state")}, "what no program runs is looked at too")


@case
def plug_ins(tree):
    """A library that nobody asks for belongs to the program that gives it what it takes; nothing else
    that it could be loaded by has it."""
    sources = {
        "host.c": """#include <dlfcn.h>
int n_registered; void on_event(int (*handler)(int)) { n_registered = handler(1); }
int main(int argc, char **argv) {
  void *library = dlopen(argv[1], RTLD_NOW);
  void (*start)(void) = (void (*)(void))dlsym(library, argv[argc - 1]);
  start();
  int (*stop)(int) = (int (*)(int))dlsym(library, "stop");
  return n_registered + stop(1);
}
""",
        "plug.c": "void on_event(int (*)(int)); int plug_state;\n"
                  "static int handle(int x) { plug_state = x; return x; }\nvoid start(void) { on_event(handle); }\n"
                  "int stop(int x) { return x; }\nint other_shape(int x, long y) { return x + (int)y; }\n",
        "twin.c": "void on_event(int (*)(int)); static int twin(int x) { return -x; }\nvoid start(void) { on_event(twin); }\n"
                  "int stop(int x) { return x + 1; }\n",
        "tool.c": "int on_event(int x) { return x; }\nint main(void) { return on_event(2); }\n",
        "other.c": "int other(void) { return 1; }\n"}
    build_all(tree, sources)
    tree.run("cc", "host.o", "-rdynamic", "-o", "host")
    tree.run("cc", "tool.o", "-o", "tool")
    tree.run("cc", "-shared", "plug.o", "-o", "plug.so")
    tree.run("cc", "-shared", "twin.o", "-o", "twin.so")
    tree.run("cc", "-shared", "other.o", "-o", "other.so")
    tree.analyse()
    expect(set(tree.programs()), {"host", "tool", "plug.so", "twin.so", "other.so"}, "programs")
    expect(tree.calls("start", "direct"), {("on_event", "host.c")}, "a plug-in calls its host")
    expect(tree.calls("on_event"), {("handle", "plug.c"), ("twin", "twin.c")}, "and is called back")
    expect(tree.calls("main", "indirect"), {("start", "plug.c"), ("start", "twin.c"), ("stop", "plug.c"), ("stop", "twin.c")},
           "what is looked up")


@case
def libtool(tree):
    """Sources that are compiled twice, once for a shared library, count once; what libtool builds
    lies in folders that are hidden."""
    tree.write("work.c", "int work(void) {\n#ifdef PIC\n  return 1;\n#else\n  return 2;\n#endif\n}\n")
    tree.write("app.c", "int work(void); int main(void) { return work(); }\n")
    (tree.folder / ".libs").mkdir()
    tree.compile("work.c", "-fPIC", "-DPIC", output=".libs/work.o")
    tree.compile("work.c", output="work.o")
    tree.compile("app.c", "-DPIC=2", output="app.o")
    tree.compile("app.c", output="app2.o")
    tree.build()
    tree.run("cc", "-shared", ".libs/work.o", "-Wl,-soname,libwork.so.3", "-o", ".libs/libwork.so.3.0.0")
    tree.run("cc", "app.o", ".libs/libwork.so.3.0.0", "-o", ".libs/app")
    tree.write("app", "#!/bin/sh\nexec .libs/app\n")
    tree.analyse()
    expect(tree.store.execute("SELECT count(*) FROM v_file WHERE is_tu AND file = 'work.c'").fetchone(), (1,), "once")
    expect(tree.store.execute("SELECT count(*) FROM fact_unit").fetchone(), (3,), "another value is another unit")
    expect({name: how for name, how in tree.sources().items() if name in ("app", "libwork.so.3.0.0")},
           {"app": "elf", "libwork.so.3.0.0": "elf"}, "sources")
    expect(tree.calls("main"), {("work", "work.c")}, "calls")


@case
def main_names(tree):
    """Without a build, a program is called after its file, its folder or its project."""
    for name in ("src/main.c", "tools/src/main.c", "copy.c", "move/main.c"):
        tree.write(name, "int main(void) { return 0; }\n")
        tree.compile(name)
    tree.analyse()
    expect(set(tree.programs()), {"src", "tools", "copy", "move"}, "nothing names the project")
    for file, text, name in (("configure.ac", "AC_PREREQ(2.69)\nAC_INIT([Pool-er], [1.2])\n", "pool-er"),
                             ("meson.build", "project('pool', 'c')\n", "pool"),
                             ("CMakeLists.txt", "cmake_minimum_required(VERSION 3.20)\nproject(\n  Bank C)\n", "bank"),
                             ("CMakeLists.txt", "project(${NAME})\n", "pool")):
        tree.write(file, text)
        tree.analyse()
        expect(set(tree.programs()), {name, "tools", "copy", "move"}, file)


@case
def library_order(tree):
    """Two static libraries define the same name: the one that the linker reads first gives it, to all."""
    tree.write("main.c", "int helper(void), other(void);\nint main(void) { return helper() + other(); }\n")
    for name in "ab":
        tree.write(f"{name}/help.c", f"int only_{name}(void) {{ return 1; }}\nint helper(void) {{ return only_{name}(); }}\n")
        tree.compile(f"{name}/help.c", output=f"{name}/help.o")
    tree.write("b/other.c", "int helper(void);\nint other(void) { return helper(); }\n")
    tree.compile("b/other.c", output="b/other.o")
    tree.compile("main.c", output="main.o")
    tree.build()
    tree.run("ar", "rcs", "liba.a", "a/help.o")
    tree.run("ar", "rcs", "libb.a", "b/help.o", "b/other.o")
    sources = list(tree.entries)
    for first, second in ("ab", "ba"):
        words = ["cc", "main.o", f"lib{first}.a", f"lib{second}.a", "-o", "prog"]
        tree.run(*words)
        tree.entries = sources + [{"directory": str(tree.folder), "file": "main.o", "arguments": words}]
        tree.analyse()
        expect(tree.programs()["prog"], {"main.c", "b/other.c", f"{first}/help.c"}, f"{first} first")
        for caller in ("main", "other"):
            expect({row for row in tree.calls(caller) if row[0] == "helper"}, {("helper", f"{first}/help.c")}, caller)
        symbols = tree.run("nm", "prog").stdout
        expect(f"only_{first}" in symbols and f"only_{second}" not in symbols, True, "what the linker took")


@case
def of_one_program(tree):
    """One source with flags of its own for each of two programs: automake names its objects after them."""
    tree.write("main.c", "int work(void);\nint main(void) { return work(); }\n")
    tree.write("work.c", """int quick(void) { return 1; }
int slow(void) { return 2; }
static int run(int (*how)(void)) { return how(); }
int work(void)
{
#ifdef CHECKED
  return run(slow);
#else
  return run(quick);
#endif
}
""")
    for name, flags in (("a-tool", ["-DCHECKED"]), ("tool", [])):
        for source in ("main", "work"):
            tree.compile(f"{source}.c", *flags, output=f"{name.replace('-', '_')}-{source}.o")
    tree.build()
    for name in ("a_tool", "tool"):
        tree.run("cc", f"{name}-main.o", f"{name}-work.o", "-o", name.replace("_", "-"))
    tree.analyse()
    both = {"main.c", "work.c"}
    expect(tree.programs(), {"a-tool": both, "tool": both}, "programs")
    expect(tree.calls("run"), {("quick", "work.c"), ("slow", "work.c")}, "targets")
    expect(tree.store.execute("SELECT DISTINCT tier FROM v_call WHERE caller = 'run'").fetchall(), [("callback",)], "tiers")


@case
def link_map(tree):
    """A map of the linker, with a member that an archive gave."""
    compile_two(tree)
    tree.run("ar", "qc", "liba.a", "a/util.o", "never.o")
    tree.run("ar", "qc", "libb.a", "b/util.o", "never.o")
    for name, library in (("one", "liba.a"), ("two", "libb.a")):
        tree.run("cc", f"{name}.o", library, "-o", name, f"-Wl,-Map,{name}.map")
        (tree.folder / name).unlink()
    tree.analyse()
    expect({name: files for name, files in tree.programs().items() if name[0] != "("}, PROGRAMS, "programs")
    expect({how for name, how in tree.sources().items() if name[0] != "("}, {"linker-map"}, "sources")


@case
def symbols(tree):
    """Weak symbols, aliases, ifunc, asm labels, symbols of assembly, constructors, destructors."""
    tree.write("main.c", """
#include <stdio.h>
int weak_one(void), second_name(void), by_set(void), labelled(void) __asm__("real_symbol");
int only_assembly(void), strong_later(void), getpid(void);
int fast(int x);
typedef int (*chooser)(int);
int main(void)
{
  chooser f = fast;
  return weak_one() + second_name() + by_set() + labelled() + only_assembly() + fast(1) + f(2) +
         strong_later() + getpid();
}
""")
    tree.write("other.c", """
int weak_one(void) { return 2; }
int real_symbol(void) { return 3; }
static int fast_a(int x) { return x; }
static int fast_b(int x) { return x + 1; }
static int level;
static int (*resolve(void))(int) { return level ? fast_a : fast_b; }
int fast(int x) __attribute__((ifunc("resolve")));
static int counter, after;
__attribute__((constructor)) static void before_main(void) { counter = 1; }
__attribute__((destructor)) static void after_main(void) { after = counter; }
__asm__(".globl getpid\\ngetpid: ret\\n");
""")
    tree.write("weak.c", """
__attribute__((weak)) int weak_one(void) { return 1; }
int body(void) { return weak_one(); }
int second_name(void) __attribute__((alias("body")));
int strong_later(void) { return 5; }
__asm__(".globl by_set\\n.set by_set, body\\n");
""")
    tree.write("strong.c", "int strong_later(void) { return 6; }\n")
    tree.write("start.S", ".globl only_assembly\nonly_assembly: ret\n"
               ".section .note.GNU-stack,\"\",@progbits\n")
    for name in ("main.c", "other.c", "weak.c", "strong.c", "start.S"):
        tree.compile(name, output=name.rsplit(".", 1)[0] + ".o")
    tree.build()
    # What no source says: a symbol made weak afterwards.
    tree.run("objcopy", "--weaken-symbol=strong_later", "weak.o")
    tree.run("cc", "main.o", "other.o", "weak.o", "strong.o", "start.o", "-o", "program")
    tree.entries.append({"directory": str(tree.folder), "file": "main.o", "arguments":
                         ["cc", "main.o", "other.o", "weak.o", "strong.o", "start.o", "-o", "program"]})
    tree.analyse()
    expect(tree.programs(), {"program": {"main.c", "other.c", "weak.c", "strong.c"}}, "programs")
    expect(tree.calls("main", "direct"), {
        ("weak_one", "other.c"), ("body", "weak.c"), ("real_symbol", "other.c"), ("only_assembly", ""),
        ("fast", ""), ("strong_later", "strong.c"), ("getpid", "")}, "direct calls")
    expect(tree.calls("main", "indirect"), {("fast_a", "other.c"), ("fast_b", "other.c")}, "an ifunc")
    expect(tree.calls("body"), {("weak_one", "other.c")}, "the strong one wins")
    sites = tree.store.execute("SELECT count(DISTINCT site) FROM v_call WHERE caller = 'main'"
                               " AND callee = 'fast_a'").fetchone()[0]
    expect(sites, 2, "sites that lead to what the resolver returns")
    attributes = dict(tree.store.execute("SELECT name, attributes FROM fact_routine WHERE attributes <> ''"))
    expect(attributes["only_assembly"], "in-assembly", "assembly")
    expect(attributes["getpid"], "in-assembly", "a name of the C library that assembly takes")
    expect(tree.store.execute("SELECT count(*) FROM v_effect WHERE via = 'getpid'").fetchone()[0], 0,
           "effects of the tree's own getpid")
    classes = dict(tree.store.execute("SELECT name, class FROM v_state"))
    expect(classes, {"counter": "init-only", "after": "shared", "level": "init-only"},
           "what a constructor and a destructor write")


@case
def inlines(tree):
    """Inline routines of headers and sources: who is called, and whose static locals there are."""
    tree.write("count.h", "static inline int count_calls(void) { static int n; return ++n; }\n")
    tree.write("a.c", """#include "count.h"
int from_a(void) { return 1; }
inline int c99(void) { return from_a(); }
extern inline __attribute__((gnu_inline)) int gnu(void) { return from_a(); }
int main(void) { return c99() + gnu() + count_calls(); }
""")
    tree.write("b.c", """#include "count.h"
int from_b(void) { return count_calls(); }
int c99(void) { return from_b(); }
int gnu(void) { return from_b(); }
""")
    tree.compile("a.c")
    tree.compile("b.c")
    tree.analyse()
    expect(tree.calls("main"), {("c99", "b.c"), ("gnu", "b.c"), ("count_calls", "count.h")},
           "inline without an external definition")
    expect(tree.calls("c99"), {("from_a", "a.c"), ("from_b", "b.c")}, "both bodies")
    expect(tree.store.execute("SELECT count(*) FROM v_routine WHERE name = 'count_calls'").fetchone(), (1,), "one body")


@case
def commons(tree):
    """Tentative definitions of one variable; two strong definitions of one routine."""
    tree.write("a.c", "int shared; int twice(void) { return 1; }\nint main(void) { shared = twice(); return 0; }\n")
    tree.write("b.c", "int shared; int twice(void) { return 2; }\nint read_it(void) { return shared; }\n")
    tree.write("c.c", "extern int shared; int read_it(void); int also(void) { return shared + read_it(); }\n")
    for name in "abc":
        tree.compile(f"{name}.c", "-fcommon")
    tree.analyse()
    expect(set(tree.store.execute("SELECT DISTINCT routine FROM v_access WHERE state = 'shared'")),
           {("main",), ("read_it",), ("also",)}, "accesses of a common variable")
    expect(set(tree.store.execute("SELECT file FROM v_routine WHERE name = 'twice'")), {("a.c",), ("b.c",)},
           "two strong definitions")


@case
def identity(tree):
    """What has no name of its own, or the same as something else."""
    for name, field in (("a", "left"), ("b", "right")):
        tree.write(f"{name}/same.c", f"""typedef struct {{ int {field}; }} pair;
enum {{ NUMBER_{name} = 1 }};
struct node {{ int {field}; struct node *next; }};
static pair kept;
static int step(int x) {{ static int calls; return calls += x; }}
int work_{name}(struct node *n) {{ kept.{field} = NUMBER_{name}; return step(n->{field}); }}
""")
        tree.compile(f"{name}/same.c")
    tree.analyse()
    expect(tree.store.execute("SELECT count(DISTINCT id) FROM v_state WHERE name = 'kept' AND field = ''").fetchone(),
           (2,), "statics of files with one base name")
    expect(tree.store.execute("SELECT count(DISTINCT id) FROM v_state WHERE name = 'calls'").fetchone(), (2,),
           "static locals of routines with one name")
    for kind, name in (("struct", "pair"), ("struct", "node")):
        expect(tree.store.execute("SELECT count(DISTINCT id) FROM v_type WHERE kind = ? AND name LIKE ?",
                                  (kind, f"%{name}")).fetchone(), (2,), f"records {name}")
    rows = tree.store.execute("SELECT routine, field FROM v_access WHERE state = 'kept' AND mode = 'write'").fetchall()
    expect(set(rows), {("work_a", "left"), ("work_b", "right")}, "fields of records with one name")


@case
def lookups(tree):
    """Names that are looked up at run time, and calls that the compiler would rename."""
    tree.write("main.c", """#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
typedef int action(int);
int plugin_entry(int x) { return x; }
int never_named(int x) { return x + 1; }
int main(int argc, char **argv)
{
  char text[8];
  action *found = (action *)dlsym(RTLD_DEFAULT, "plugin_entry");
  strcpy(text, "x");
  printf("%d%s\\n", found(argc), text);
  return 0;
}
""")
    tree.compile("main.c", "-O2", "-D_FORTIFY_SOURCE=2", "-fconserve-stack", "-fno-ipa-sra", "-mrecord-mcount")
    tree.analyse()
    expect(tree.calls("main", "indirect"), {("plugin_entry", "main.c")}, "a literal name")
    expect({name for name, _ in tree.calls("main", "direct")}, {"dlsym", "strcpy", "printf"}, "plain names")
    expect(tree.store.execute("SELECT count(*) FROM v_diagnostic").fetchone(), (0,), "options of gcc alone")


def main():
    for name in sys.argv[1:] or CASES:
        folder = tempfile.mkdtemp(prefix="programs-")
        try:
            CASES[name](Tree(folder))
        finally:
            shutil.rmtree(folder)
        print(f"{name}: ok")


if __name__ == "__main__":
    main()
