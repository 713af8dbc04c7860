#!/bin/sh
# budget: what it costs to reserve before a request and to settle after it, over an SQLite store and in memory.
set -eu
dir=$(mktemp -d "${TMPDIR:-/tmp}/budget.XXXXXX")
trap 'rm -rf "$dir"' EXIT
echo "== budget: reserve and settle, SQLite (both together: less than 60 us)"
"$BUILD/bench/bench_budget" "$dir/store.db"
echo "== budget: the same in memory"
"$BUILD/bench/bench_budget" memory:
