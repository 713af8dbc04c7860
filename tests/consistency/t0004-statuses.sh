#!/bin/sh
# Each row of a manual's EXIT STATUS is pinned by the case 60-each-status-of-the-manual of that program, and no other status is.
set -u
# shellcheck source=tests/support/tap.sh
. "${top:?run by tests/run}/tests/support/tap.sh"
cd "$top" || exit 71
for page in man/man1/*.1; do
	p=$(basename "$page" .1)
	told=$(sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EX[^I]/s/^\.It //p' "$page" | sort -u)
	seen=$(sed 's/ .*//; s/^128+.*/128+N/' "tests/cli/$p/60-each-status-of-the-manual/out" | sort -u)
	why=
	[ "$told" = "$seen" ] || why=$(echo "the manual tells: $told" && echo "the case ends with: $seen")
	verdict "$p: each exit status of the manual is pinned by a case" "$why"
done
tap_end
