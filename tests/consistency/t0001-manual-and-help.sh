#!/bin/sh
# Every program has a manual page whose SYNOPSIS is the usage line of its help, and that tells every option of its table.
set -u
cd "${top:?}" || exit 71
# shellcheck source=tests/support/tap.sh
. tests/support/tap.sh

for c in cmd/*.c; do
	p=$(basename "$c" .c)
	page=man/man1/$p.1
	if [ ! -e "$page" ]; then
		verdict "$p has a manual page" "no $page"
		continue
	fi
	"$BUILD/bin/$p" --help >"$BUILD/tests/log/$p.help" || verdict "$p --help" "ended with status $?"
	usage=$(sed -n '1s/^usage: //p' "$BUILD/tests/log/$p.help")
	synopsis=$(page_text "$page" | awk '/^SYNOPSIS/ { on = 1; next } /^[A-Z]/ { on = 0 } on' | tr -s ' \n' ' ' | sed 's/^ //; s/ $//')
	why=
	[ "$usage" = "$synopsis" ] || why="help says: $usage
man says:  $synopsis"
	verdict "$p: SYNOPSIS is the usage line" "$why"

	why=$(sed -n 's/^ *\(-[a-zA-Z], \)\{0,1\}--\([a-z0-9-]*\).*/\2/p' "$BUILD/tests/log/$p.help" | sort | while read -r o; do
		grep -qE "^\.It .*Fl (-$o|Fl $o)( |,|\$)" "$page" || echo "--$o is not in the manual"
	done)
	verdict "$p: the manual tells every option" "$why"
	why=$(sed -n 's/^ *-\([a-zA-Z]\), --\([a-z0-9-]*\).*/\1 \2/p' "$BUILD/tests/log/$p.help" | while read -r l o; do
		grep -qE "^\.It Fl $l( .*)? , Fl -$o( |\$)" "$page" || echo "-$l is not --$o in the manual"
	done)
	verdict "$p: the manual tells every letter" "$why"
	why=$(sed -n 's/^\.It .*Fl -\([a-z0-9-]*\).*/\1/p' "$page" | while read -r o; do
		grep -qE -- "--$o( |\$)" "$BUILD/tests/log/$p.help" || echo "--$o is in the manual, not in the help"
	done)
	verdict "$p: the manual tells no other option" "$why"
	why=$(for s in "EXIT STATUS" EXAMPLES "SEE ALSO"; do grep -q "^\.Sh $s" "$page" || echo "no section $s"; done)
	verdict "$p: the manual has its sections" "$why"
done

# What a manual refers to is there: a page of ours, or one that every system has.
why=$(sed -n 's/^\.Xr \([^ ]*\) \([1-8]\).*/\1.\2/p' man/man*/* | sort -u | while read -r ref; do
	case $ref in curl.1 | jq.1 | sh.1 | tee.1 | timeout.1) continue ;; esac
	[ -e "man/man${ref##*.}/$ref" ] || echo "no page $ref"
done)
verdict 'every page that a manual refers to is there' "$why"
tap_end
