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

	why=$(awk 'length > 80 { print "over 80 columns: " $0 }' "$BUILD/tests/log/$p.help")
	purpose=$(sed -n "2s/^$p: //p" "$BUILD/tests/log/$p.help")
	grep -qxF ".Nd $purpose" "$page" || why="$why
the manual's name line is not: $purpose"
	verdict "$p: the help fits the screen, and says what the manual says it is for" "$why"

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

# names PAGE: the pages of ours that its SEE ALSO has.
names() {
	sed -n '/^\.Sh SEE ALSO/,$s/^\.Xr \([^ ]*\) \([1-8]\).*/\1.\2/p' "$1" | while read -r ref; do
		[ ! -e "man/man${ref##*.}/$ref" ] || echo "$ref"
	done
}
for page in man/man*/*; do
	self=$(basename "$page")
	names "$page" >"$BUILD/tests/log/names"
	why=$(
		while read -r ref; do
			names "man/man${ref##*.}/$ref" | grep -qxF "$self" || echo "$ref does not name it"
		done <"$BUILD/tests/log/names"
		sed -n 's/^\.Xr \([^ ]*\) \([1-8]\).*/\1.\2/p' "$page" | sort -u | while read -r ref; do
			[ "$ref" = "$self" ] || [ ! -e "man/man${ref##*.}/$ref" ] ||
				grep -qxF "$ref" "$BUILD/tests/log/names" || echo "$ref is not among them"
		done
	)
	verdict "$self: SEE ALSO names what the page refers to, and is named there" "$why"
	why=$(page_text "$page" | awk 'length > 80 { print "over 80 columns: " $0 }')
	verdict "$self: the page fits a screen of 80 columns" "$why"
done
why=$(for f in cmd/*.c man/man*/*; do
	ref=$(basename "$f" | sed 's/\.c$/.1/')
	[ "$ref" = agentflow.7 ] || names man/man7/agentflow.7 | grep -qxF "$ref" || echo "SEE ALSO has no $ref"
done
for f in cmd/*.c; do
	p=$(basename "$f" .c)
	grep -qxF ".It Xr $p 1" man/man7/agentflow.7 || echo "agentflow(7) does not list $p"
	grep -qF "| [\`$p\`](man/man1/$p.1) |" README.md || echo "README.md does not list $p"
done)
verdict 'the front pages name every program and page' "$why"
tap_end
