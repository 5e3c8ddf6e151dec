#!/usr/bin/env python3
"""Headers that are read once for many sources change no fact, whatever stands in them.

Every group of sources below is a trap: something that would change its meaning if the beginning of a
source were read apart from it. The facts with shared headers are compared, byte by byte, with those
of a run that cannot share any because it has no folder for temporary files.
"""
import glob
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

from common import CLEAVE, cleave, difference, dump

N = 6  # sources of a group
GUARD = "#ifndef {0}_H\n#define {0}_H\n{1}\n#endif\n"
INLINE = ("#include <stdio.h>\n#include <string.h>\nstruct item {{ int id; char name[20]; struct item *next; "
          "int (*call)(struct item *); }};\nstatic inline int {0}_look(struct item *i) {{ return "
          "i->call ? i->call(i) : (int)strlen(i->name); }}\nint {0}_weak(void) "
          "__attribute__((weak));\n")


def body(group, number, extra=""):
    return (f"static int own_{number}(struct item *i) {{ i->id++; return {group}_look(i); }}\n"
            f"int {group}_{number}(struct item *i) {{ i->call = own_{number}; {extra}"
            f"return {group}_weak() + own_{number}(i->next); }}\n")


ADDED = (
    "#include <math.h>\n#include <ctype.h>\ndouble used_0(double x) { return fabs(x) + isalpha(65); }\n",
    "#include <ctype.h>\n#include <time.h>\nint used_1(struct tm *t) { return t->tm_year + isdigit(48); }\n",
    # What is not included: a name of its own, a record left open, a macro that mentions it, pastes.
    "#include <time.h>\nstatic int y1; int *used_2(void) { return &y1; }\n",
    "#include <ctype.h>\nint used_3(struct tm *t) { return t != 0; }\n",
    "#include <ctype.h>\nint used_4(int x) { return ABSOLUTE(x); }\n",
    "#include <math.h>\nint used_5(int x) { return PASTED(upper)(x); }\n",
    # Macros that the header would see, or that are the header's.
    "#define _GNU_SOURCE 1\n#include <time.h>\nlong used_6(struct tm *t) { return t->tm_gmtoff; }\n",
    "#include <time.h>\n#undef isalpha\nint isalpha(int c) { return c; }\n",
    "#include <time.h>\n#ifdef NAN\nint used_8(void);\n#endif\nint seen_8;\n",
    "#ifdef UNKNOWN\n#include <math.h>\n#endif\n#include <time.h>\n#include <ctype.h>\n"
    "int floor(int x) { return x; }\n",
    "#include <time.h>\n#include <locale.h>\nint used_10(struct lconv *l) { return l->frac_digits; }\n",
    "#include <locale.h>\nchar *LATER(tm_)(struct lconv *l) { return l->decimal_point; }\n",
    # Arms that are read, that are not, and of which nobody knows before the parse.
    "#ifdef __APPLE__\n#include <nowhere.h>\n#define isalpha broken(\n#endif\n#include <ctype.h>\n"
    "int used_12(int c) { return isalpha(c); }\n",
    "#if defined(__GNUC__) && !defined(_MSC_VER)\n#include <ctype.h>\n#else\n#include <time.h>\n"
    "#endif\nint used_13(int c) { return isdigit(c); }\n",
    "#include <stdbool.h>\n#ifdef true\n#define isalpha(c) used_14(c)\n#endif\n#include <ctype.h>\n"
    "int used_14(int c) { return isalpha(c); }\n",
    "#if ITEM_LIMIT > 3 ? 1 : 0\n#define tm_year years\n#endif\n#include <time.h>\n"
    "int used_15(struct tm *t) { return t->tm_year; }\n",
    # A routine that is not included: hidden by a local name, declared anew, its address taken.
    "#include <ctype.h>\nint used_16(int floor) { int y1 = floor; struct { int log; } exp = {y1}; "
    "return exp.log + isalpha(y1); }\n",
    "#include <ctype.h>\ntypedef double plain_17(double);\nextern plain_17 floor;\n"
    "plain_17 *used_17(void) { return floor; }\n",
    "#include <ctype.h>\nextern long timezone;\nlong *used_18(void) { return &timezone; }\n",
    # A header that is read twice shows another part the second time.
    "#define FIRST_PART\n#include \"parts.h\"\n#undef FIRST_PART\n#define SECOND_PART\n"
    "#include \"parts.h\"\n#include <time.h>\nint used_19(void) { return part(3); }\n",
    # A macro that hides a routine of a header that comes later, and of one that came before.
    "#define isupper(c) used_20(c)\n#include <ctype.h>\nint used_20(int c) { return isupper(c); }\n",
    "#include <ctype.h>\n#include <time.h>\n#undef isupper\n#define isupper(c) used_21(c + 1)\n"
    "#include <ctype.h>\nint used_21(int c) { return c > 9 ? c : isupper(c); }\n",
    "#include <stdint.h>\n#include <ctype.h>\nuint64_t used_22(void) { return UINT64_C(1) << 40; }\n",
    # A type that any of several headers declares, whichever is read first; and none of them.
    "#include <fcntl.h>\nmode_t used_23(mode_t m) { return m; }\n",
    "#include <sys/types.h>\nmode_t used_24(mode_t m) { return m; }\n",
    "#include <ctype.h>\nmode_t used_25(mode_t m);\nint lost_25(void) { return sizeof (mode_t); }\n",
    "#include <fcntl.h>\n#include <sys/types.h>\nint used_26(mode_t m) { return (int)m; }\n",
    # A tag is no other name; a record that a header leaves open and another one completes.
    "#include <ctype.h>\nint used_27(int tm) { struct { int tm; } s = {tm}; return s.tm + isalpha(tm); }\n",
    "#include <sys/wait.h>\nint used_28(int *s) { return wait3(s, 0, 0); }\n"
    "void *taken_28(void) { return (void *)wait4; }\n",
    "#include <sys/resource.h>\nlong used_29(struct rusage *r) { return r->ru_maxrss; }\n",
    "#include <sys/resource.h>\n#include <sys/wait.h>\nlong used_30(struct rusage *r) "
    "{ wait3(0, 0, r); return r->ru_maxrss; }\n",
    # What a standard header includes that is not added itself, and what it may include.
    "#include <arpa/inet.h>\nuint16_t used_31(uint16_t x) { return htons(x); }\n",
    "#include <stdint.h>\nint used_32(int8_t x) { return x; }\n",
    # Macros of the shared beginning, of which nobody knows what they are worth.
    "#ifdef ABSOLUTE\n#define isalpha(c) used_33(c)\n#endif\n#include <ctype.h>\n"
    "int used_33(int c) { return isalpha(c); }\n",
    "#if ITEM_KIND\n#define isalpha(c) used_34(c)\n#endif\n#include <ctype.h>\n"
    "int used_34(int c) { return isalpha(c); }\n",
    # Comparisons of what is known; of what is not, or is but a part of something else.
    "#if ITEM_YEAR >= 199103 || 0x10 != 16\n#define isalpha(c) used_35(c)\n#endif\n#include <ctype.h>\n"
    "int used_35(int c) { return isalpha(c); }\n",
    "#if 2 > 1 && ITEM_YEAR <= 0\n#define isalpha(c) used_36(c)\n#endif\n#include <ctype.h>\n"
    "int used_36(int c) { return isalpha(c); }\n",
    "#if 2 < 1 + 2 || 1 << 1 < 1\n#define isalpha(c) used_37(c)\n#endif\n#include <ctype.h>\n"
    "int used_37(int c) { return isalpha(c); }\n",
    "#if ITEM_KIND == 0\n#define isalpha(c) used_38(c)\n#endif\n#include <ctype.h>\n"
    "int used_38(int c) { return isalpha(c); }\n",
    "#if 3 < 2 == 0\n#define isalpha(c) used_39(c)\n#endif\n#include <ctype.h>\n"
    "int used_39(int c) { return isalpha(c); }\n",
    # A variable of one header and a record of another one.
    "#include <sys/time.h>\nint used_40(struct timeval *t) { struct { int timezone; } s = {3}; "
    "return s.timezone + (int)t->tv_sec; }\n",
    "#include <ctype.h>\nint used_41(struct timezone *z) { return isalpha(z != 0); }\n",
    "#include <sys/time.h>\nint used_42(struct timezone *z) { return z->tz_dsttime; }\n",
    "#include <sys/time.h>\nextern long timezone;\nlong used_43(void) { return timezone; }\n",
    # What the shared beginning has read too, not guarded, and declares nothing.
    "#include \"version.h\"\n#include <ctype.h>\nint used_44(int c) { return isalpha(c) + ITEM_VERSION; }\n",
    # What the source declares before the header that does: by itself, in a block, in a header of its own.
    "extern long timezone;\n#include <ctype.h>\n#include <time.h>\n"
    "long used_45(int c) { return timezone + isalpha(c); }\n",
    "extern double floor(double);\n#include <ctype.h>\n#include <math.h>\n"
    "long used_46(int c) { return (long)floor(c) + isalpha(c); }\n",
    "long look_47(void) { extern long timezone; return timezone; }\n#include <ctype.h>\n#include <time.h>\n"
    "long *used_47(int c) { return &timezone + isalpha(c); }\n",
    "#include \"zone.h\"\n#include <ctype.h>\n#include <time.h>\n"
    "long *used_48(int c) { return &timezone + isalpha(c); }\n",
    "#define ZONE(x) extern long x\n#include \"macro.h\"\n#include <ctype.h>\n#include <time.h>\n"
    "long *used_49(int c) { return &timezone + isalpha(c); }\n",
    # Its parameters are its own.
    "#include \"parameter.h\"\n#include <ctype.h>\n#include <time.h>\n"
    "int used_50(struct tm *t) { return in_50(isalpha(t->tm_sec)); }\n",
)
PARTS = ("#ifdef FIRST_PART\nint part_of(int x);\n#endif\n"
         "#ifdef SECOND_PART\n#define part(x) (int)fabs((double)x)\n#endif\n")
# Sources without a common beginning share standard headers alone.
APART = tuple(
    f"#define APART_{n} {n}\n" + text for n, text in enumerate((
        "#include <stdlib.h>\n#include <string.h>\nchar *apart_0(char *s) { return strdup(s); }\n",
        "#include <string.h>\n#include <stdlib.h>\nvoid apart_1(char *s) { free(strdup(s)); }\n",
        "#include <stdlib.h>\nsize_t strlen_2(void);\nvoid *apart_2(long n) { return malloc(n); }\n",
        "#include <string.h>\nint apart_3(int random) { return random; }\n",
        "#include <stdlib.h>\n#include <stdio.h>\nvoid apart_4(void) { puts(getenv(\"HOME\")); }\n",
        "#include <stdio.h>\n#include <string.h>\nint apart_5(char *s) { return puts(strchr(s, 65)); }\n",
        "#define _GNU_SOURCE\n#include <stdlib.h>\nvoid apart_6(char *t) { mkostemp(t, 0); }\n",
        "#include <stdio.h>\nint apart_7(void) { return abs(-3); }\n")))
# Folders of sources that share a header, one of which has a header of that name beside it.
ACROSS = ("one", "one", "two", "two", "three", "three", "own", "own")
# Headers around the one that is shared, one of which that one knows.
AROUND = {
    "nested/around.h": GUARD.format("around", '#include "nested.h"\nint around(struct item *);\n'),
    "nested/outer.h": GUARD.format("outer", '#include "around.h"\nstruct outer { struct item i; };\n'),
    "nested/known.h": GUARD.format("known", '#include "nested.h"\nint known(struct item *);\n'),
    "nested/before.h": GUARD.format("before", 'int before(int);\n#include "nested.h"\n'),
}
NESTED = ("around", "outer", "known", "before")
# What is included again, behind the shared beginning: it declares nothing then, or something else at
# the same place.
PARTED = {
    "parted/twice.h": "#include <stddef.h>\n#ifndef TWICE_H\n#define TWICE_H\nstruct twice { int a; };\n"
                      "#endif\n",
    "parted/entries.h": "ENTRY(one)\nENTRY(two)\n",
}
PARTED_USES = (
    '#include "twice.h"\nint parted_a(struct twice *t) { return t->a; }\n',
    '#define ENTRY(x) int x;\nstruct all {\n#include "entries.h"\n};\n'
    "int parted_b(struct all *a) { return a->one; }\n",
    '#define ENTRY(x) int x##_again = 3;\n#include "entries.h"\nint parted_c(void) { return one_again; }\n',
    '#define ENTRY(x) int x = 3;\nint parted_d(void) {\n#include "entries.h"\nreturn one + two; }\n',
    '#define ENTRY(x) x,\nenum order {\n#include "entries.h"\n};\nint parted_e(void) { return two; }\n',
    '#include "twice.h"\n#define ENTRY(x)\n#include "entries.h"\nint parted_f(void) { return one; }\n',
)


def nested_source(name):
    return (f'/* begins with another header */\n#include "{name}.h"\n#include <ctype.h>\n'
            f"int starts_{name}(struct item *i) {{ return nested_look(i) + isalpha(i->id); }}\n")


def added_headers(number):
    return ADDED[number]


def groups():
    """name -> (header, text before the include, text behind it, made for every source)"""
    guarded = {name: GUARD.format(name, INLINE.format(name)) for name in (
        "plain", "redefined", "undefined", "again", "counter", "pushed", "broken", "commented",
        "tentative", "late", "forced", "alike", "nested", "parted")}
    yield "plain", guarded["plain"], "/* a comment */\n", ""
    # A macro that one source defines before its include and another one does not.
    yield ("redefined", guarded["redefined"].replace("int id;", "int id;\n#ifdef BIG\nlong big;\n#endif\n"),
           lambda n: "#define BIG 1\n" if n % 2 else "// no macro\n", "")
    yield ("undefined", guarded["undefined"].replace("char name[20]", "char name[SIZE]"),
           lambda n: f"#define SIZE {10 + n // 3}\n", "#undef SIZE\n#define SIZE 99\n")
    # No guard: every include counts.
    yield ("unguarded", "int counted(int);\n#ifdef SEEN\nint twice(int);\n#endif\n#define SEEN\n"
           "struct item; static int unguarded_look(struct item *i);\nint unguarded_weak(void);\n",
           "", "struct item { int id; struct item *next; int (*call)(struct item *); };\n"
           '#include "unguarded.h"\nstatic int unguarded_look(struct item *i) { return i->id; }\n')
    # The guard is gone when the header is included again.
    yield ("again", guarded["again"].replace("struct item {", "struct item;\n#ifndef AGAIN_DONE\n"
                                             "#define AGAIN_DONE\nstruct item {") + "",
           "", "#undef again_H\n")
    yield ("counter", guarded["counter"].replace("int id;", "int id; int at[__COUNTER__ + 1];"), "",
           "int counter_now = __COUNTER__;\n")
    yield ("pushed", guarded["pushed"].replace("struct item {", "#pragma pack(push, 1)\nstruct item {"),
           "", "struct packed { char c; long l; };\n#pragma pack(pop)\n")
    yield ("broken", guarded["broken"].replace("int id;", "int id; unknown_type lost;"), "", "")
    yield ("commented", guarded["commented"], "/* one */ /* two\n */\n// three \\\nfour\n", "")
    yield ("tentative", guarded["tentative"] .replace("struct item {", "static int shared[4];\nint common;\n"
                                                      "struct later;\nstruct item { struct later *l;"),
           "", "struct later { int x; };\nstatic int shared[4] = {1};\n")
    yield "late", guarded["late"] + "struct late_anonymous { struct { int a; } s; };\n", "", \
        "typedef struct { int b; } late_t;\n"
    # What all sources begin with is no include, and what follows differs.
    yield ("alike", guarded["alike"], lambda n: "#define ALIKE 1\n#include <%s.h>\n" % (
        "limits", "stddef", "errno")[n // 2], "")
    # Standard headers in any order on top of what is shared; each source is a trap of its own.
    yield ("added", GUARD.format("added", '#include "version.h"\n' + INLINE.format("added") +
           "#define ITEM_KIND 1\n#define ABSOLUTE(x) fabs(x)\n#define PASTED(x) is##x\n#define LATER(x) x##name\n"),
           "", added_headers)
    # Read by all as the first thing, without a guard, and by another header once more.
    yield ("settings", "int settings_weak(void) __attribute__((weak));\n#ifdef LIMIT\n#undef LIMIT\n"
           "#define LIMIT 5\n#else\n#define LIMIT 4\n#endif\n", "// settings\n",
           lambda n: ("#include \"third.h\"\n" if n % 2 else "") +
           "struct item { int id; struct item *next; int (*call)(struct item *); };\n"
           "static int settings_look(struct item *i) { return i->id == LIMIT ? i->call(i) : 0; }\n")
    yield "nested", guarded["nested"].replace("int id;", "int id;\n#ifdef known_H\nlong more;\n#endif\n"), "", ""
    yield ("parted", guarded["parted"].replace("struct item {", '#include "twice.h"\n#define ENTRY(x) extern int '
           'x;\n#include "entries.h"\n#undef ENTRY\nstruct item {'), "", lambda n: PARTED_USES[n])
    # A conditional in front of all, and one that holds a header which lies beside its users.
    yield ("chosen", GUARD.format("chosen", INLINE.format("chosen")),
           "#ifdef CHOSEN_CONFIG\n#include \"version.h\"\n#elif defined(__linux__)\n#define CHOSEN 1\n#include <errno.h>\n"
           "#else\n#include <nowhere.h>\n#endif\n",
           lambda n: "#if CHOSEN != 1 || !defined(EPERM)\n#error\n#endif\n"
           f"#if __LINE__ > {20 if n % 2 else 9}\nlong at_line;\n#endif\n")
    yield "forced", guarded["forced"].replace("int id;", "int id FORCED;"), "", ""


# Headers of the system are put on top of what sources share that name them themselves.
NAMED = dict.fromkeys(("alike", "commented", "redefined", "undefined"), ("stdio.h", "string.h"))


def write(tree):
    entries = []
    for name, header, before, behind in groups():
        folder = tree / name
        folder.mkdir(parents=True)
        (folder / f"{name}.h").write_text(header)
        (folder / "force.h").write_text("#define FORCED : 8\n")
        for number in range(len(ADDED) if name == "added" else N):
            start = before(number) if callable(before) else before
            follow = behind(number) if callable(behind) else behind
            named = "".join(f"#include <{standard}>\n" for standard in NAMED.get(name, ()))
            text = start + f'#include "{name}.h"\n' + named + follow + body(name, number)
            (folder / f"{name}{number}.c").write_text(text)
            force = ["-include", "force.h"] if name == "forced" else []
            entries.append({"directory": str(folder), "file": f"{name}{number}.c",
                            "arguments": ["cc", "-c", *force, f"{name}{number}.c"]})
    (tree / "added" / "parts.h").write_text(PARTS)
    (tree / "added" / "zone.h").write_text("static inline int in_48(int x) { return x; }\nextern long timezone;\n")
    (tree / "added" / "macro.h").write_text("ZONE(timezone);\n")
    (tree / "added" / "parameter.h").write_text("static inline int in_50(int timezone) { return timezone; }\n")
    (tree / "added" / "version.h").write_text("#define ITEM_VERSION 3\n")
    (tree / "settings" / "third.h").write_text('#include "settings.h"\nint third(void);\n')
    for path, text in (AROUND | PARTED).items():
        (tree / path).write_text(text)
    apart = tree / "apart"
    apart.mkdir()
    others = {f"apart/apart{number}.c": text for number, text in enumerate(APART)}
    others.update({f"nested/with_{name}.c": nested_source(name) for name in NESTED})
    for path, text in others.items():
        source = tree / path
        source.write_text(text)
        entries.append({"directory": str(source.parent), "file": source.name,
                        "arguments": ["cc", "-c", source.name]})
    for number in range(len(ACROSS)):
        path = tree / "across" / ACROSS[number] / f"across{number}.c"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('#include "across.h"\n' + body("across", number))
        entries.append({"directory": str(tree / "across"), "file": str(path),
                        "arguments": ["cc", "-I", ".", "-c", str(path)]})
    header = GUARD.format("across", INLINE.format("across"))
    (tree / "across" / "across.h").write_text(header)
    (tree / "across" / "own" / "across.h").write_text(header.replace("int id;", "int id; long own;"))
    (tree / "compile_commands.json").write_text(json.dumps(entries))


def facts(store):
    database = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    rows = dict(database.execute("SELECT file, facts FROM fact_unit"))
    database.close()
    return rows


def with_shared(log, digits):
    """The sources that were read with a shared header the number of which has so many digits."""
    taken, last = set(), {}
    for line in log.splitlines():
        found = re.match(r'(\d+) +openat\(\w+, "([^"]*)"', line)
        if found and found[2].endswith(".c"):
            last[found[1]] = "/".join(found[2].split("/")[-2:])
        elif found and re.fullmatch(r"/proc/self/fd/\d{%s}" % digits, found[2]) and found[1] in last:
            taken.add(last.pop(found[1]))
    return taken


def n_opened(log, source):
    return len(re.findall(rf'openat\(\w+, "[^"]*/{source}"', log))


SHARED = {f"settings/settings{n}.c" for n in range(N)}
SHARED |= {f"chosen/chosen{n}.c" for n in range(N)}
SHARED |= {f"{folder}/across{n}.c" for n, folder in enumerate(ACROSS) if folder != "own"}
# Every other trap is seen before the parse. Of these some are refused after it.
EXPECTED = {f"added/added{n}.c" for n in
            (0, 1, 2, 4, 6, 10, 12, 13, 16, 17, 18, 19, 21, 22, 23, 24, 26, 27, 28, 29, 30, 31, 32, 35, 40, 43, 44, 50)}
EXPECTED |= {f"apart/apart{n}.c" for n in range(6)}
EXPECTED |= {f"{group}/{group}{n}.c" for group in NAMED for n in range(N)}


def main():
    with tempfile.TemporaryDirectory(prefix="cleave-prefixes-") as name:
        folder = pathlib.Path(name).resolve()
        tree = folder / "tree"
        tree.mkdir()
        write(tree)
        temporary = folder / "temporary"
        temporary.mkdir()
        shared = dict(os.environ, TMPDIR=str(temporary), LSAN_OPTIONS="detect_leaks=0")
        plain = dict(os.environ, TMPDIR=str(folder / "missing"))
        cleave("analyze", tree, "--db", "plain.db", cwd=folder, expect=(0, 4), env=plain)
        command = [CLEAVE, "analyze", str(tree), "--db", "shared.db", "--jobs", "2"]
        log = folder / "trace"
        if shutil.which("strace"):
            command = ["strace", "-f", "-qq", "-o", str(log), "-e", "trace=openat"] + command
        done = subprocess.run(command, cwd=folder, env=shared, capture_output=True, text=True)
        assert done.returncode in (0, 4), done.stderr
        assert not list(temporary.iterdir()), "something stays behind"
        one, two = facts(folder / "plain.db"), facts(folder / "shared.db")
        n_others = len(ADDED) + len(APART) + len(NESTED) + len(ACROSS)
        assert len(one) == N * (len(list(groups())) - 1) + n_others, len(one)
        differ = sorted(file for file in one if one[file] != two.get(file))
        assert not differ, f"facts differ: {differ}"
        words = difference(dump(folder / "plain.db"), dump(folder / "shared.db"))
        assert not words, words
        if log.exists():
            opened = len(re.findall(r'openat\(AT_FDCWD, "/proc/self/fd/\d+"', log.read_text()))
            assert opened >= N, f"nothing was shared: {opened}"
            # A header on top of another one has a number of its own, below 100.
            taken = with_shared(log.read_text(), "1,2")
            assert taken == EXPECTED, f"headers were added to {sorted(taken)}"
            taken |= with_shared(log.read_text(), "3,4")
            if not glob.glob(f"/usr/{os.uname().machine}-*/include"):
                assert "/lib/gcc/" not in log.read_text(), "the parser looks for a gcc"
            missing = SHARED - taken
            assert not missing, f"without a shared header: {sorted(missing)}"
            once, twice = n_opened(log.read_text(), "parted0.c"), n_opened(log.read_text(), "parted2.c")
            assert once < twice, f"a header that declares nothing again was refused: {once}, {twice}"
            once, twice = n_opened(log.read_text(), "added0.c"), n_opened(log.read_text(), "added44.c")
            assert once == twice, f"a header that declares nothing was refused: {once}, {twice}"
            assert not taken & {"own/across6.c", "own/across7.c"}, "another header was meant"


if __name__ == "__main__":
    sys.exit(main())
