# shellcheck shell=bash
# Gets this computer ready. `run` and `test` source this file and then call `set_up run` or `set_up test`.
#
# It needs the checkout's folder in CHECKOUT. It leaves a virtual environment in CHECKOUT/.venv, or it ends the
# script with one line that says what is wrong. What it says goes to standard error, so that the output of the
# command that follows stays clean. A second call finds everything in place and says nothing.

say() { printf '%s\n' "$*" >&2; }

stop() {
  put_back
  say "Candour: $*"
  exit 1
}

# An environment is laid aside while another is made in its place. Where that came to nothing, now or at an earlier call
# that was cut short, the old one comes back: it still works, and there may be no network to make another.
put_back() {
  [ -n "${VENV:-}" ] && [ -d "$VENV.before" ] || return 0
  if [ -e "$VENV/pip-errors.txt" ]; then cp "$VENV/pip-errors.txt" "$VENV.before/"; fi
  rm -rf "$VENV"
  mv "$VENV.before" "$VENV"
}

# Prints the path of the first Python that is new enough. It is the real file behind every link: were another
# virtual environment active, .venv would otherwise be made from it, or even from itself.
find_python() {
  local name
  for name in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
    "$name" -c 'import os, sys
if sys.version_info < (3, 11): sys.exit(1)
print(os.path.realpath(sys.executable))' 2>/dev/null && return
  done
  stop "Python 3.11 or newer is needed and was not found. Debian 12 and 13 have it: apt-get install python3"
}

# Adds a Debian package to MISSING and its purpose to PURPOSES.
missing() {
  MISSING+=("$1")
  PURPOSES+=("$2")
}

find_missing_packages() { # run|test, python
  MISSING=()
  PURPOSES=()
  "$2" -c 'import ensurepip, venv' 2>/dev/null ||
    missing python3-venv "makes the folder .venv, where Candour's Python packages live apart from the system's."
  { command -v gpg && command -v gpgconf && command -v gpg-agent; } >/dev/null ||
    missing gnupg "seals every report, and opens it on the reviewers' side."
  [ -e /etc/ssl/certs/ca-certificates.crt ] ||
    missing ca-certificates "lets pip check that it talks to the real package registry."
  if [ "$1" = test ]; then
    command -v chromium >/dev/null ||
      missing chromium "is the real browser that walks the whole road in the tests."
    command -v chromium-headless-shell >/dev/null ||
      missing chromium-headless-shell "is the same without windows: most pages are looked at in it, in half the time."
    command -v firefox-esr >/dev/null ||
      missing firefox-esr "is what Tor Browser is made from: the source's pages are tested in it too."
    command -v strace >/dev/null ||
      missing strace "shows which files every process opens and writes while a report is sent."
    # Its package starts a Tor of its own where there is an init. The tests do not use that one: they start theirs.
    { command -v tor && command -v tor-gencert; } >/dev/null ||
      missing tor "is the real Tor of which the tests build a whole network that leads nowhere else."
    command -v curl >/dev/null ||
      missing curl "fetches pages through that network as a program that is not ours."
    command -v systemd-analyze >/dev/null ||
      missing systemd "judges the units of an installed host: whether it takes them, and how open they are."
    { command -v nft || [ -x /usr/sbin/nft ]; } >/dev/null ||
      missing nftables "judges the firewall of an installed host."
    { command -v apparmor_parser || [ -x /usr/sbin/apparmor_parser ]; } >/dev/null ||
      missing apparmor "judges what AppArmor is told of an installed host."
    # Not grep -q: it would leave early, and pipefail would take the broken pipe for a missing library.
    /sbin/ldconfig -p | grep 'libatomic\.so\.1 ' >/dev/null ||
      missing libatomic1 "is a library that Playwright, which drives that browser, was built against."
  fi
}

# Runs apt-get with the rights it needs. The progress of apt-get stays visible.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

may_install() {
  [ "$(id -u)" -eq 0 ] && return
  command -v sudo >/dev/null || return 1
  # With a person at the terminal sudo may ask for a password. Without one it must not need to.
  sudo -n true 2>/dev/null || [ -t 0 ]
}

install_debian_packages() { # run|test, python
  local i by_hand
  find_missing_packages "$1" "$2"
  [ ${#MISSING[@]} -eq 0 ] && return
  say "2. These Debian packages are missing:"
  for i in "${!MISSING[@]}"; do say "   - ${MISSING[$i]} ${PURPOSES[$i]}"; done
  by_hand="apt-get update && apt-get install --no-install-recommends ${MISSING[*]}"
  command -v apt-get >/dev/null ||
    stop "there is no apt-get on this computer; please install by other means: ${MISSING[*]}"
  may_install || stop "please run this line as root, then start again: $by_hand"
  say "   Installing them with apt-get."
  as_root apt-get -q update </dev/null >&2 ||
    stop "apt-get could not fetch the list of Debian packages. Check the network, then start again."
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "${MISSING[@]}" \
    </dev/null >&2 || stop "apt-get could not install: ${MISSING[*]}. Its last lines above say why."
  find_missing_packages "$1" "$2"
  [ ${#MISSING[@]} -eq 0 ] || stop "still missing after apt-get: ${MISSING[*]}"
}

# What an environment was made from. A moved checkout or another Python gives another answer: a virtual
# environment holds absolute paths and cannot follow. Debian's updates of one Python are no other one: it is linked to.
fingerprint() { # run|test, python
  {
    printf '%s\n' "$CHECKOUT"
    python_of_environment "$2"
    cat "$CHECKOUT/pyproject.toml" "$CHECKOUT/requirements/$1.lock"
  } | sha256sum | cut -d ' ' -f 1
}

python_of_environment() { # python
  "$1" -c 'import sys; print(sys.implementation.cache_tag, sys.base_prefix)'
}

stamped() { # run|test, python
  [ -x "$VENV/bin/python" ] && [ "$(cat "$VENV/stamp-$1" 2>/dev/null)" = "$(fingerprint "$1" "$2")" ]
}

# An environment of another Python, or of another folder, is made anew. Otherwise packages are changed in place.
make_environment() { # python
  local home
  home="$(python_of_environment "$1") $CHECKOUT"
  [ "$(cat "$VENV/stamp-home" 2>/dev/null)" = "$home" ] && "$VENV/bin/python" -c 'import pip' 2>/dev/null && return
  if [ -e "$VENV" ]; then mv "$VENV" "$VENV.before"; fi
  "$1" -m venv --clear "$VENV" >&2 || stop "Python could not make the folder $VENV."
  printf '%s' "$home" >"$VENV/stamp-home"
}

# Names each package as pip fetches it. pip refuses any file whose hash is not in the lock file; wheels only, so
# that nothing is compiled here and no package's own build script runs.
install_locked_packages() { # run|test
  local errors="$VENV/pip-errors.txt"
  if ! "$VENV/bin/python" -m pip --disable-pip-version-check install --retries 2 --only-binary :all: \
    --require-hashes -r "$CHECKOUT/requirements/$1.lock" 2>"$errors" </dev/null |
    sed -u -n -e 's/^Collecting \([^=<>; ]*\).*/   fetching \1/p' -e 's/^Installing collected.*/   installing them/p' >&2
  then
    explain_pip_failure "$errors"
  fi
  rm -f "$errors"
}

explain_pip_failure() { # file with what pip wrote to standard error
  grep -q 'DO NOT MATCH THE HASHES' "$1" &&
    stop "a downloaded package is not the one that was locked. Nothing was installed. Details: $1"
  grep -q -i -E 'connection|timed out|name resolution|ProxyError|SSLError' "$1" &&
    stop "the Python package registry cannot be reached. Check the network, then start again. Details: $1"
  grep -q 'from versions' "$1" &&
    stop "a package has no ready-made file for this Python and this processor. Details: $1"
  stop "pip could not install the packages. Details: $1"
}

install_candour_itself() {
  "$VENV/bin/python" -m pip --disable-pip-version-check -q install --no-deps --no-build-isolation \
    -e "$CHECKOUT" </dev/null >&2 || stop "pip could not install Candour itself into $VENV."
}

set_up() { # run|test
  local python
  VENV="$CHECKOUT/.venv"
  put_back
  python="$(find_python)"
  find_missing_packages "$1" "$python"
  if [ ${#MISSING[@]} -eq 0 ] && stamped "$1" "$python"; then return; fi
  say "Getting this computer ready for Candour."
  say "1. Python: $python ($("$python" -c 'import platform; print(platform.python_version())'))"
  if [ ${#MISSING[@]} -eq 0 ]; then say "2. Debian packages: all there."; fi
  install_debian_packages "$1" "$python"
  if stamped "$1" "$python"; then
    say "3. Python packages: all there."
    return
  fi
  say "3. Python packages: installing into $VENV, each checked against requirements/$1.lock."
  make_environment "$python"
  install_locked_packages "$1"
  say "4. Candour itself: linking it into $VENV."
  install_candour_itself
  fingerprint "$1" "$python" >"$VENV/stamp-$1"
  # The test lock holds everything that the run lock holds, at the same versions (tests/test_locks.py).
  if [ "$1" = test ]; then fingerprint run "$python" >"$VENV/stamp-run"; fi
  rm -rf "$VENV.before"
  say "Ready."
}
