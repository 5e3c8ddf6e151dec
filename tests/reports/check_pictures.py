#!/usr/bin/python3
"""Draws every view of hand-made stores and has independent readers judge the files.

SVG by an XML parser and rsvg, DOT by dot, PNG and PDF by their marks; the same bytes twice; ids that
do not depend on the run; hostile names stay text; large graphs say what they left out.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET

BINARY = pathlib.Path(os.environ["CLEAVE_BINARY_DIR"])
VIEWS = ["services", "calls", "state", "files", "cost"]
SVG = "{http://www.w3.org/2000/svg}"
failures = []


def expect(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what)


def run(*words):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True)


def draw(store, view, path, *more):
    result = run(BINARY / "cli" / "cleave", "graph", view, "-o", path, "--db", store, *more)
    expect(result.returncode == 0, f"{view} {path.name}: {result.stderr}")
    return path.read_bytes()


def check_svg(path, data):
    root = ET.fromstring(data)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    expect(len(ids) == len(set(ids)), f"{path}: ids repeat")
    for element in root.iter():
        tag = element.tag.replace(SVG, "")
        expect(tag in {"svg", "g", "title", "polygon", "polyline", "path", "text", "ellipse", "a"},
               f"{path}: foreign element {tag}")
        for name in element.attrib:
            expect(not name.lower().startswith("on"), f"{path}: handler {name}")
    result = run("rsvg-convert", path, "-o", path.with_suffix(".rsvg.png"))
    expect(result.returncode == 0, f"{path}: rsvg: {result.stderr}")
    return root


def check_format(path, data):
    if path.suffix == ".svg":
        check_svg(path, data)
    elif path.suffix == ".dot":
        result = run("dot", "-Tcanon", path)
        expect(result.returncode == 0 and not result.stderr, f"{path}: dot: {result.stderr}")
    elif path.suffix == ".png":
        expect(data.startswith(b"\x89PNG"), f"{path}: no PNG")
    else:
        expect(data.startswith(b"%PDF-") and b"%%EOF" in data[-32:], f"{path}: no PDF")


def texts(root):
    return "\n".join(element.text or "" for element in root.iter(SVG + "text"))


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for kind in ("small", "hostile", "large", "empty"):
            result = run(BINARY / "tests/reports/make_store", kind, folder / f"{kind}.db")
            expect(result.returncode == 0, result.stderr)
        for kind, view, endings in ([("small", view, ("svg", "dot")) for view in VIEWS] +
                                    [("small", "calls", ("png", "pdf")), ("empty", "services", ("svg", "dot")),
                                     ("hostile", "services", ("svg", "dot")), ("hostile", "state", ("svg",)),
                                     ("hostile", "files", ("svg",)), ("hostile", "cost", ("svg",))]):
            for ending in endings:
                path = folder / f"{kind}-{view}.{ending}"
                first = draw(folder / f"{kind}.db", view, path)
                check_format(path, first)
                if kind == "small" and view == "calls":
                    expect(draw(folder / "small.db", view, path) == first, f"{path}: differs")
        time.sleep(1.1)
        again = draw(folder / "small.db", "calls", folder / "later.pdf")
        expect(again == (folder / "small-calls.pdf").read_bytes(), "a PDF tells its date")

        shown = texts(ET.fromstring(draw(folder / "hostile.db", "calls", folder / "h.svg")))
        expect("</script><script>document.title='broken'</script>" in shown, "markup is not shown")
        expect(r"evil\u{202e}gnirts" in shown, "a direction mark is not shown")
        expect(r"a\x1b[31mred\x1b[0m\x07" in shown, "terminal escapes are not shown")
        expect(r"break\N\G &lt;b&gt; ${x}" in shown, "escapes of Graphviz are read")

        started = time.monotonic()
        data = draw(folder / "large.db", "services", folder / "l.svg")
        seconds = time.monotonic() - started
        print(f"service graph of 6000 routines: {seconds:.2f} s")
        data = draw(folder / "large.db", "calls", folder / "l.svg", "--limit", "40")
        root = ET.fromstring(data)
        boxes = [e for e in root.iter(SVG + "g") if e.get("class") == "node"
                 and not e.get("id").startswith("legend")]
        expect(len(boxes) <= 40, f"{len(boxes)} boxes instead of 40")
        expect(re.search(r"\d+ of 6000 routines are drawn", texts(root)), "the fold is not told")

        around = texts(ET.fromstring(draw(folder / "small.db", "calls", folder / "a.svg",
                                          "--around", "order_total", "--depth", "1")))
        expect("order_place" in around and "catalogue_price" in around, "neighbours are missing")
        expect("mail_worker" not in around, "strangers are drawn")
        linked = draw(folder / "small.db", "services", folder / "k.svg", "--link", "r.html")
        expect(b'xlink:href="r.html#/service/orders"' in linked, "no link")
    sys.exit(1 if failures else 0)


main()
