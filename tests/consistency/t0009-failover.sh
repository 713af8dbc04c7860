#!/bin/sh
# agentflow-failover(7) prints data: what each kind of error leads to, the policy that it recommends, and the simulator's figures.
# Each stands between '.\" NAME' and '.\" end'; SHOW=NAME prints what must stand there.
set -u
# shellcheck source=tests/support/tap.sh
. "${top:?run by tests/run}/tests/support/tap.sh"
cd "$top" || exit 71
page=man/man7/agentflow-failover.7

rows() {
	case $1 in
	kinds) "$BUILD/tests/verdict_rows" ;;
	policy) sed -e '/^#/d' -e 's/\\/\\e/g' -e 's/  *#.*//' examples/policy/resilient.yaml ;;
	weathers) "$BUILD/tests/sim" -f weathers ;;
	figures) "$BUILD/tests/sim" -f mdoc ;;
	esac
}

if [ -n "${SHOW:-}" ]; then
	rows "$SHOW"
	exit
fi
for table in kinds policy weathers figures; do
	want=$BUILD/tests/log/failover.$table
	rows "$table" >"$want"
	page_verdict "the manual's $table are the data's" "$page" "$table" "$want"
done
tap_end
