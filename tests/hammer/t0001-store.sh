#!/bin/sh
# The shared state under processes that are killed at any instruction: each job over SQLite, and over Redis where there is one.
set -u
# shellcheck source=tests/support/tap.sh
. "${top:?run by tests/run}/tests/support/tap.sh"
# shellcheck source=tests/support/redis.sh
. "$top/tests/support/redis.sh"
redis_url= # redis_start says
work=$(mktemp -d "${TMPDIR:-/tmp}/hammer.XXXXXX") || exit 71
trap 'redis_stop; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

seconds=${HAMMER_SECONDS:-4}
seed=${HAMMER_SEED:-20261121}

# hammer JOB URL: what went wrong, and how to see it again; nothing where all is well.
hammer() {
	timeout -k 5 $((seconds + 120)) "$BUILD/tests/hammer" "$1" "$2" "$seconds" "$seed" >"$work/said" 2>&1 && return
	cat "$work/said"
	echo "again: hammer $1 URL $seconds $seed (kills fall where they fall: more seconds may be wanted)"
}

while read -r job what; do
	verdict "SQLite: $what" "$(hammer "$job" "$work/$job.db")"
done <<-EOF
	count no count is lost or made twice by processes that are killed
	budget no money is given away and no limit passed by processes that are killed
	aside nor where a thread asks the store for them
	probe of a breaker half open one probe is let pass at once, and none is lost with its process
EOF
if redis_start "$work"; then
	verdict 'Redis: no count is lost or made twice by processes that are killed' "$(hammer count "$redis_url")"
	verdict 'Redis: no money is given away and no limit passed by processes that are killed' "$(hammer budget "$redis_url")"
	verdict 'Redis: nor where a thread asks the store for them' "$(hammer aside "$redis_url?db=1")"
	verdict 'Redis: of a breaker half open one probe is let pass at once, and none is lost with its process' "$(hammer probe "$redis_url")"
else
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - Redis # SKIP there is no redis-server"
fi
tap_end
