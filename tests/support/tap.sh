# shellcheck shell=sh
# Read by test scripts that print TAP: verdict NAME WHY for each test, tap_end at the end. And what they share else.

tap_count=0
tap_bad=0

# WHY, in lines, is what went wrong; empty where all is well.
verdict() {
	tap_count=$((tap_count + 1))
	if [ -z "$2" ]; then
		echo "ok $tap_count - $1"
	else
		tap_bad=1
		echo "not ok $tap_count - $1"
		printf '%s\n' "$2" | sed 's/^/# /'
	fi
}

tap_end() {
	echo "1..$tap_count"
	exit $tap_bad
}

# A manual page as text without overstrikes.
page_text() {
	mandoc -Tascii "$1" | sed "s/.$(printf '\b')//g"
}

# page_verdict NAME PAGE TABLE WANT: a test that what stands in a manual page between '.\" TABLE' and '.\" end' is the file WANT.
page_verdict() {
	why=$(awk -v begin=".\\\\\" $3" '$0 == ".\\\" end" { on = 0 } on; $0 == begin { on = 1 }' "$2" | diff -u - "$4" | head -n 40)
	[ -s "$4" ] || why='no rows'
	verdict "$1" "$why"
}
