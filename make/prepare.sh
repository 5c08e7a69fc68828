#!/bin/sh
# Bring .venv in agreement with a lock file:  make/prepare.sh requirements.txt|requirements-dev.txt
# Does nothing, fast, when it already is. Writes only inside the clone.
set -eu
cd "$(dirname "$0")/.."
lock=$1
python=.venv/bin/python
stamp=.venv/installed-$lock
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV || true

fail() {
    echo "$*" >&2
    exit 1
}

# The packages, and where the folder is: a virtual environment that was moved is made anew.
wanted="$(cksum "$lock") $(pwd)"
if [ -x "$python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && "$python" -c "" 2>/dev/null; then
    exit 0
fi

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for name in ${PYTHON:-python3.11 python3 python3.12 python3.13 python3.14 python}; do
        if is_new_enough "$name"; then
            echo "$name"
            return
        fi
    done
}

[ -w . ] || fail "This folder cannot be written to by $(id -un): clone into a folder of your own."
[ ! -e .venv ] || [ -w .venv ] || fail "The folder .venv belongs to another user: remove it, or work as that user."

base=$(find_python)
[ -n "$base" ] || fail "Python 3.11 or newer is needed and was not found. Install it (Debian: apt-get install python3 python3-venv), or say where it is: make PYTHON=/path/to/python3.11"

if ! { [ -x "$python" ] && is_new_enough "$python" && [ "$(cat .venv/at 2>/dev/null || pwd)" = "$(pwd)" ] && "$python" -m pip --version >/dev/null 2>&1; }; then
    rm -rf .venv
    said=$("$base" -m venv .venv 2>&1) || fail "Python could not make a virtual environment in .venv. On Debian install the package python3-venv. It said: $said"
    pwd >.venv/at
fi
# So that .venv/bin/pytest and its like find the project from anywhere.
pwd >"$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/this_project.pth"

echo "Installing the packages of $lock (only when they change) ..."
"$python" -m make.install "$lock" ||
    fail "The packages of $lock could not be installed: see above. The first time needs a connection to a package index."

echo "$wanted" >"$stamp"
if [ "$lock" = requirements-dev.txt ]; then
    # What checks need holds all that the demo needs, in the same versions.
    echo "$(cksum requirements.txt) $(pwd)" >.venv/installed-requirements.txt
fi
