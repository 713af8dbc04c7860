#!/bin/sh
# budget: what it costs to reserve before a request and to settle after it, over an SQLite store and in memory.
set -eu
. tests/support/judge.sh
dir=$(mktemp -d "${TMPDIR:-/tmp}/budget.XXXXXX")
trap 'rm -rf "$dir"' EXIT
echo "== budget: reserve and settle, SQLite; us of CPU, both together"
"$BUILD/bench/bench_budget" "$dir/store.db" | judge 60 '8 in flight, 1 budget'
echo "== budget: the same in memory"
"$BUILD/bench/bench_budget" memory:
