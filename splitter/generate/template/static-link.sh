#!/bin/sh
# Runs the command that links a static function. The linker warns of every routine of the C library
# that would load others (name resolution, users): of that, nothing is said. Everything else is, and
# a routine that is missing ends the build (the linker's own --no-warnings would hide it, too).
said=$(mktemp) || exit 1
trap 'rm -f "$said"' EXIT
"$@" 2> "$said"
code=$?
awk '/in statically linked applications requires at runtime/ { held = ""; next }
     held != "" { print held; held = "" }
     /: in function `/ { held = $0; next }
     { print }
     END { if (held != "") print held }' "$said" >&2
exit $code
