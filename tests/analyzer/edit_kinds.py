"""Kinds of edit that people make, each at a random place of a source.

Each takes a source's text and a random.Random, and returns the new text, or None where the source has
no place for it. The patterns know the style of redis and lua: a body ends with a brace in column 1.
"""
import re

BODY = re.compile(r"^[a-zA-Z_][^\n;#{}]*\([^;{}]*\)\s*\{\n(.*?)^\}", re.M | re.S)
CALL = r"[ \t]+[a-z]\w*\([^;{}\n]*\);\n"


def bodies(text):
    return [(m.start(1), m.end(1)) for m in BODY.finditer(text)]


def inside(text, pattern, chance):
    """A random match inside a body: (start, end)."""
    found = []
    for start, end in bodies(text):
        for match in re.finditer(pattern, text[start:end], re.M):
            found.append((start + match.start(), start + match.end()))
    return chance.choice(found) if found else None


def constant(text, chance):
    """Another number."""
    place = inside(text, r"(?<=[ (,=<>+*-])[1-9]\d*(?=[ );,])", chance)
    return place and text[:place[0]] + str(int(text[place[0]:place[1]]) + 1) + text[place[1]:]


def condition(text, chance):
    """A condition turned round."""
    place = inside(text, r"(?<=if \()[^()\n]*(?=\))", chance)
    return place and (text[:place[0]] + "!(" + text[place[0]:place[1]] + ")" + text[place[1]:])


def string(text, chance):
    """Other words in a text."""
    place = inside(text, r'(?<=[ (,])"[^"\\\n%]+"', chance)
    return place and text[:place[1] - 1] + " more" + text[place[1] - 1:]


def local(text, chance):
    """A variable that is counted and compared."""
    found = bodies(text)
    if not found:
        return None
    start = chance.choice(found)[0]
    name = f"local_{chance.randrange(10 ** 9)}"
    return (text[:start] + f"    int {name} = 1; if ({name} > 2) {name}--;\n" + text[start:])


def early(text, chance):
    """A second check that returns."""
    place = inside(text, r"(?<=[;{}]\n)[ \t]+if \([^\n{}]*\) return[^;\n]*;\n", chance)
    return place and text[:place[1]] + text[place[0]:place[1]] + text[place[1]:]


def assignment(text, chance):
    """A field set once more."""
    place = inside(text, r"^[ \t]+\w[\w>.-]*(?:->|\.)\w+ (?:=|\+=) [^;{}\n]*;\n", chance)
    return place and text[:place[1]] + text[place[0]:place[1]] + text[place[1]:]


def call_again(text, chance):
    """A call of a known routine."""
    place = inside(text, "^" + CALL, chance)
    return place and text[:place[1]] + text[place[0]:place[1]] + text[place[1]:]


def call_gone(text, chance):
    """A call less."""
    place = inside(text, r"(?<=[;{}]\n)" + CALL, chance)
    return place and text[:place[0]] + text[place[1]:]


def routine(text, chance):
    """A routine that nothing calls yet."""
    return text + f"\nint added_{chance.randrange(10 ** 9)}(void)\n{{\n    return 1;\n}}\n"


def hook(text, chance):
    """A routine, a record with a pointer to one, and where it is set."""
    n = chance.randrange(10 ** 9)
    return text + (f"\nstatic int hook_run_{n}(int x)\n{{\n    return x;\n}}\n"
                   f"struct hook_{n} {{ int (*run)(int); }} hook_{n};\n"
                   f"void hook_set_{n}(void)\n{{\n    hook_{n}.run = hook_run_{n};\n}}\n")


KINDS = [constant, condition, string, local, early, assignment, call_again, call_gone, routine, hook]
# Of these most change nothing that linking decides by.
HARMLESS = [constant, condition, string, local]
