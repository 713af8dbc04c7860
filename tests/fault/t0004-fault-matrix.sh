#!/bin/sh
# llm-call against every fault that a provider or the way to it may have, in each dialect, streamed and whole: matrix.tsv says what
# must come of each.
set -u
# shellcheck source=tests/support/faults.sh
. "${top:?run by tests/run}/tests/support/faults.sh"
PATH=$BUILD/bin:$PATH
HOME=$work
XDG_CONFIG_HOME=$work
export PATH HOME XDG_CONFIG_HOME
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
# shellcheck source=tests/cli/lib.sh
. "$top/tests/cli/lib.sh"
# shellcheck source=tests/support/dialects.sh
. "$top/tests/support/dialects.sh"
said='one two \uFFFD three four'
tls_pid=
mock_pid=
# shellcheck disable=SC2317 # a trap calls it
stop() {
	# shellcheck disable=SC2086 # none, or one
	kill $mock_pid $tls_pid 2>/dev/null
	wait
	tls_pid=
}

# The table without its comments: line N of it is row N.
grep -v '^#' "$top/tests/fault/matrix.tsv" >matrix

# tls_start: a server with a certificate of its own making; $tls is its port, empty where there is no openssl.
tls_start() {
	tls=
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost >tls.log 2>&1 || return
	openssl s_server -accept 127.0.0.1:0 -key key.pem -cert cert.pem -www >tls.log 2>&1 &
	tls_pid=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		tls=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' tls.log)
		[ -z "$tls" ] || return
		sleep 0.1
	done
}

# script: a rule for each row, for who says "row N."
script() {
	awk -F '\t' -v said="$said" 'BEGIN { gsub(/\\/, "\\\\", said); print "answers:" }
		$2 !~ /^at:/ { printf "  - {when: {contains: \"row %d.\"}, %s%s}\n", NR, $2 ~ /^text:/ ? "" : "text: \"" said "\", ", $2 }
		END { print "  - {text: x}" }' matrix
}

# config: a row's requests have providers of their own, DIALECT-N-MODE, so that none waits for what another was told.
config() {
	echo 'providers:'
	row=0
	while IFS='	' read -r _ answer _ modes _; do
		row=$((row + 1))
		case $answer in
		'at: dns') url=http://$(printf '%064d' 0).invalid ;; # a label that is too long is asked of no name server
		'at: refused') url=http://127.0.0.1:1 ;;
		'at: tls') url=https://${MOCK#http://} ;;
		'at: cert') url=https://127.0.0.1:${tls:-1} ;;
		*) url=$MOCK ;;
		esac
		[ "$modes" != both ] || modes='stream whole'
		for mode in $modes; do
			for dialect in $dialects; do
				provider "$dialect-$row-$mode" "$dialect" "$url"
			done
		done
	done <matrix
}

# cells: "row.mode.dialect", kind, retryable, retryAfterMs, and the request's options.
cells() {
	awk -F '\t' -v OFS='\t' -v names="$dialects" 'BEGIN { n = split(names, dialect, " ") }
		{
			split("", other)
			for (i = split($8, but, "; "); i > 0; i--) {
				split(but[i], of, "=")
				for (k = split(of[1], who, ","); k > 0; k--) other[who[k]] = of[2]
			}
			m = split($4 == "both" ? "stream whole" : $4, mode, " ")
			for (k = 1; k <= m; k++) for (i = 1; i <= n; i++) {
				split((dialect[i] in other) ? other[dialect[i]] : $5 "/" $6, is, "/")
				print NR "." mode[k] "." dialect[i], is[1], is[2], $7, $3
			}
		}' matrix
}

requests() {
	jq -R -c 'split("\t") as [$id, $_, $_, $_, $options] | ($id / ".") as [$row, $mode, $dialect] | {
		id: $id, model: "\($dialect)-\($row)-\($mode):m", prompt: "row \($row).",
		options: ((if $options == "-" then {} else $options | fromjson end) + {stream: ($mode == "stream")})}'
}

# results: as cells has them; what is ok must have said all.
results() {
	jq -r --arg said "\"$said\"" 'select(.type == "response") | [.id,
		if .ok | not then .error.kind
		elif .content == ($said | fromjson) or .content == "x" then "ok"
		else "ok, but not with all that was said" end,
		({"true": "yes", "false": "no"}[.error.retryable | tostring] // "-"), (.error.retryAfterMs // "-")] | @tsv'
}

script >script.yaml
mock_start -s script.yaml
trap 'stop; rm -rf "$work"' EXIT
tls_start
config >agentflow.yaml
cells >cells.tsv
big=$(awk -F '\t' '$2 ~ /repeat:/ { print NR }' matrix)
grep -v "^${big}[.]" cells.tsv | requests >most
grep "^${big}[.]" cells.tsv | requests >largest
llm-call -q -j 128 <most >out 2>err
mkfifo copy
wc -c <copy >size &
counting=$!
llm-call -q -j 2 <largest 2>>err | tee copy | tr -s x >out.big # jq would take seconds over each as it is
wait $counting
results <out >have
results <out.big >>have
cut -f 1-4 cells.tsv | sort >want
sort -o have have
row=0
while IFS='	' read -r fault answer _; do
	row=$((row + 1))
	grep "^${row}[.]" want >want.row
	grep "^${row}[.]" have >have.row
	if [ "$answer" = 'at: cert' ] && [ -z "$tls" ]; then
		fault="$fault # SKIP no openssl here"
		cp want.row have.row
	fi
	verdict "$fault ($(wc -l <want.row) cells)" "$(diff -u want.row have.row | grep '^[-+][0-9]')"
done <matrix
verdict 'of the largest answers nothing is lost' "$(
	[ "$(cat size)" -ge $(($(wc -l <largest) * 32 * 1024 * 1024)) ] || echo "$(cat size) bytes"
)"
verdict 'nothing else was told' "$(cat err)"
tap_end
