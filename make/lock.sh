#!/bin/sh
# Lock requirements*.in into requirements*.txt: names, versions and hashes, no index addresses.
set -eu
cd "$(dirname "$0")/.."
[ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet --no-cache-dir uv

lock() {
    UV_CACHE_DIR=.venv/uv-cache .venv/bin/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links --python-version 3.11 "$1" --output-file "$2"
}
lock requirements.in requirements.txt
lock requirements-dev.in requirements-dev.txt
lock make/uv.in make/uv.txt
