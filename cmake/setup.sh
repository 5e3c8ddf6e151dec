# Shell functions that samples/run and tests/run share. Sourced, never run.
# Needs $top: the folder of the checkout.

say() {
  printf '%s\n' "$*" >&2
}

# missing_packages GROUP...: names of the Debian packages of the groups that are not installed.
missing_packages() {
  local groups=" $* " name group
  while read -r name group _; do
    case $name in '' | '#'*) continue ;; esac
    case $groups in *" $group "*) ;; *) continue ;; esac
    case $(dpkg-query -W -f '${Status}' "$name" 2>/dev/null) in
      'install ok installed') ;;
      *) printf '%s\n' "$name" ;;
    esac
  done <"$top/cmake/packages.txt"
}

# install_packages GROUP...: installs what is missing, as root or through sudo.
install_packages() {
  local missing as_root=()
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  if ! command -v apt-get >/dev/null; then
    say "These packages are missing, and there is no apt-get to install them:" $missing
    return 1
  fi
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
      say "These packages are missing; install them as root:" $missing
      return 1
    fi
    as_root=(sudo)
  fi
  say "Installing Debian packages:" $missing
  "${as_root[@]}" apt-get update -q >"$top/build/apt.log" 2>&1 &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -q --no-install-recommends $missing >>"$top/build/apt.log" 2>&1 || {
    say "The installation failed; the end of build/apt.log:"
    tail -n 20 "$top/build/apt.log" >&2
    return 1
  }
}

# build_preset PRESET: configures (once) and builds; shows the output only when it fails.
build_preset() {
  local log=$top/build/$1.log
  say "Building ($1)"
  (cd "$top" && cmake --preset "$1" && cmake --build --preset "$1") >"$log" 2>&1 || {
    say "The build failed; the end of build/$1.log:"
    tail -n 40 "$log" >&2
    return 1
  }
}
