#!/bin/sh
# agentflow-policy(5) prints what makes a request complex: its tables are the data's.
# Each stands between '.\" NAME' and '.\" end'.
set -u
# shellcheck source=tests/support/tap.sh
. "${top:?run by tests/run}/tests/support/tap.sh"
cd "$top" || exit 71
page=man/man5/agentflow-policy.5

for table in rows levels keywords; do
	want=$BUILD/tests/log/complexity.$table
	"$BUILD/tests/complexity_rows" "$table" >"$want"
	page_verdict "the manual's $table of complexity are the data's" "$page" "$table" "$want"
done
tap_end
