#!/bin/sh
# Each program is linked with the outside libraries that it uses, and no other: what is loaded and never called is paid for at each start
# (libcurl with all that it brings: 3 ms and 5 MB).
set -u
# shellcheck source=tests/support/tap.sh
. "${top:?run by tests/run}/tests/support/tap.sh"
BUILD=${BUILD:-$top/build}
cd "$top" || exit 71
command -v readelf >/dev/null || { echo '1..0 # SKIP no readelf'; exit 0; }

# Those of one program, one a line; what the compiler brings is its own affair.
linked() {
	readelf -d "$BUILD/bin/$1" |
		sed -n 's/.*NEEDED.*\[lib\(crypto\|curl\|hiredis\|jq\|microhttpd\|sqlite3\|ssl\|uv\|yaml\)[-.].*/\1/p' | sort
}

used() {
	case $1 in
	cost-calc) ;;
	json-validate) echo yaml ;;
	dag-run) echo crypto uv yaml ;;
	llm-breaker | llm-budget | llm-route) echo crypto hiredis sqlite3 ssl yaml ;;
	llm-call | llm-embed | llm-models | llm-tokens) echo crypto curl uv yaml ;;
	llm-failover) echo crypto hiredis sqlite3 ssl uv yaml ;;
	llm-mock) echo crypto microhttpd uv yaml ;;
	*) echo 'nobody knows what' ;;
	esac
}

# Two of them may have been absent when all was built.
present=$(for p in cmd/*.c; do linked "$(basename "$p" .c)"; done | sort -u)
for p in cmd/*.c; do
	p=$(basename "$p" .c)
	want=$(for l in $(used "$p"); do
		case "$l $present" in hiredis*hiredis* | ssl*hiredis* | microhttpd*microhttpd*) echo "$l" ;; hiredis* | ssl* | microhttpd*) ;; *) echo "$l" ;; esac
	done)
	has=$(linked "$p")
	why=
	[ "$has" = "$want" ] || why=$(echo "it uses $want" && echo "it is linked with $has")
	verdict "$p: linked with what it uses" "$why"
done
tap_end
