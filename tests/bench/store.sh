#!/bin/sh
# The shared state: changes and reads a second of each kind of store, beside SQLite doing the same statements.
set -eu
top=${top:?run by tests/bench/run}
. "$top/tests/support/redis.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/bench-store.XXXXXX")
trap 'redis_stop; rm -rf "$work"' EXIT
bench=$BUILD/bench/bench_store

# In turns, and the best counts: what else the machine does is alike for both.
for turn in 1 2 3; do
	"$bench" --bare "$work/bare-$turn.db" | sed 's/^/bare /' >>"$work/figures"
	"$bench" "$work/store.db" | sed 's/^/sqlite /' >>"$work/figures"
done
"$bench" memory: | sed 's/^/memory /' >>"$work/figures"
if redis_start "$work"; then
	"$bench" "$redis_url" | sed 's/^/redis /' >>"$work/figures"
fi
echo 'store: one process, a key of 100 each time; in a second of CPU (of Redis, by the clock on the wall)'
awk '
	{ if ($3 > rate[$1, $2]) rate[$1, $2] = $3; if (!seen[$2]++) names[++n] = $2 }
	function figure(kind, name) { return (kind, name) in rate ? rate[kind, name] : "-" }
	function judged(cost) { return sprintf("   budget 1.10%s", (cost > 1.1 ? "  MISSED" : "")) }
	END {
		printf "%-16s %10s %10s %7s %10s %10s\n", "what", "bare", "sqlite", "costs x", "memory", "redis"
		for (i = 1; i <= n; i++) {
			name = names[i]; bare = figure("bare", name); ours = figure("sqlite", name)
			printf "%-16s %10s %10s %7s %10s %10s%s\n", name, bare, ours, bare == "-" ? "-" : sprintf("%.2f", bare / ours),
				figure("memory", name), figure("redis", name), name == "update" ? judged(bare / ours) : ""
		}
	}' "$work/figures"
