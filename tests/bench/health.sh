#!/bin/sh
# health: what it costs to ask whether a target may be called, and to tell how it fared, over an SQLite store.
set -eu
. tests/support/judge.sh
dir=$(mktemp -d "${TMPDIR:-/tmp}/health.XXXXXX")
trap 'rm -rf "$dir"' EXIT
echo "== health: breakers and latencies; us of CPU (where all is well, asking writes nothing)"
"$BUILD/bench/bench_health" "$dir/store.db" | judge 1 '^health_admit'
