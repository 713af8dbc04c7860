#!/bin/sh
# health: what it costs to ask whether a target may be called, and to tell how it fared, over an SQLite store.
set -eu
dir=$(mktemp -d "${TMPDIR:-/tmp}/health.XXXXXX")
trap 'rm -rf "$dir"' EXIT
echo "== health: breakers and latencies (admit where all is well: less than 1 us, and no write)"
"$BUILD/bench/bench_health" "$dir/store.db"
