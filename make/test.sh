#!/bin/sh
# Check everything and run all tests:  make/test.sh [pytest's arguments]
# Checking types takes one core for a minute. It goes on beside the tests, which wait often enough, and
# says what it has to say after them.
set -eu
cd "$(dirname "$0")/.."
unset MAKEFLAGS MAKELEVEL
case $(make --help) in
*--output-sync*) together="--jobs 2 --output-sync=target" ;;
*) together= ;;
esac

types=$(mktemp)
nice -n 10 make --no-print-directory types >"$types" 2>&1 &
checking=$!
trap 'kill "$checking" 2>/dev/null || true; rm -f "$types"' EXIT
trap 'exit 130' INT TERM

make --no-print-directory $together lint contracts checks
.venv/bin/python -m tests.chromium
failed=0
CI=true .venv/bin/python -m pytest "$@" || failed=$?
wait "$checking" || { cat "$types" >&2 && exit 1; }
exit "$failed"
