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
	have=$BUILD/tests/log/failover-page.$table
	rows "$table" >"$want"
	awk -v begin=".\\\\\" $table" '$0 == ".\\\" end" { on = 0 } on; $0 == begin { on = 1 }' "$page" >"$have"
	why=$(diff -u "$have" "$want" | head -n 40)
	[ -s "$want" ] || why='no rows'
	verdict "the manual's $table are the data's" "$why"
done
tap_end
