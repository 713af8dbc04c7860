#!/bin/sh
# An answer that is cut, or that ends as if it were whole, at every event boundary and inside each event is a failure, in each dialect,
# streamed and whole: never ok.
set -u
# shellcheck source=tests/support/faults.sh
. "${top:?run by tests/run}/tests/support/faults.sh"
PATH=$BUILD/bin:$PATH
# shellcheck disable=SC2154 # faults.sh has set it
HOME=$work
XDG_CONFIG_HOME=$work
export PATH HOME XDG_CONFIG_HOME
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
# shellcheck source=tests/cli/lib.sh
. "$top/tests/cli/lib.sh"
# shellcheck source=tests/support/dialects.sh
. "$top/tests/support/dialects.sh"

cat >script.yaml <<-'END'
	answers:
	  - when: {contains: call}
	    reasoning: I look it up.
	    text: One moment.
	    toolCalls: [{name: f, arguments: {a: [1, 2], b: "}]"}}, {name: g, arguments: {}}]
	  - text: Hello, you.
END
mock_start -s script.yaml
trap 'kill "${mock_pid:?}"; wait "${mock_pid:?}"; rm -rf "$work"' EXIT

# request DIALECT MODE PROMPT [FAULT]
request() {
	printf '{"id":"%s %s %s %s","model":"%s:m","prompt":"%s","options":{"stream":%s}}\n' "$1" "$2" "$3" "${4:--}" \
		"$1${4:+-$4}" "$3" "$([ "$2" = stream ] && echo true || echo false)"
}

# entry NAME DIALECT [FAULT]: lax is the first dialect where [DONE] may be missing.
entry() {
	case $2 in
	lax) provider "$1" openai-chat "$MOCK" "${3:-}" | sed 's/dialect: /done: optional, &/' ;;
	*) provider "$1" "$2" "$MOCK" "${3:-}" ;;
	esac
}

# needed DIALECT: how long the stream in the file body must be at least, to be whole: as far as the last line of what says so.
needed() {
	case $1 in
	bedrock-converse) wc -c <body && return ;;
	cohere-v2) last='^data: {.*}' ;; # behind which its [DONE] says nothing new
	lax) last='"finish_reason":".*}' ;;
	ollama) last='^{.*}' ;;
	*) last='^data: .*[]}]' ;;
	esac
	grep -abo "$last" body | awk -F : 'END { print $1 + length($0) - length($1) - 1 }'
}

# places DIALECT: in the file body, where events begin, behind that, amid them, at their last byte, and at every 17th byte.
places() {
	od -An -v -tu1 -w1 body | awk -v dialect="$1" '
		function event(end) {
			print begin
			print begin + 1
			print int((begin + end) / 2)
			print end - 1
			begin = end
		}
		{ b[NR - 1] = $1 }
		END {
			begin = 0
			if (dialect == "bedrock-converse")
				while (begin + 4 <= NR) event(begin + ((b[begin] * 256 + b[begin + 1]) * 256 + b[begin + 2]) * 256 + b[begin + 3])
			for (at = 1; begin < NR && at < NR; at++)
				if (b[at] == 10 && (dialect == "ollama" || b[at - 1] == 10 || (b[at - 1] == 13 && b[at - 2] == 10))) event(at + 1)
			if (begin < NR) event(NR)
			for (at = 17; at < NR; at += 17) print at
		}' | awk -v end="$(needed "$1")" '$1 < end; END { print end - 1 }'
}

# Ids have their number's digits: four from here on, in every answer.
curl -s -o /dev/null "$MOCK/api/version?[1-1000]"
lines=$(wc -l <mock.log)
dialects="$dialects lax"
echo 'providers:' >agentflow.yaml
for dialect in $dialects; do
	entry "$dialect" "$dialect" >>agentflow.yaml
	for prompt in say call; do
		request "$dialect" stream "$prompt"
		request "$dialect" whole "$prompt"
	done
done >requests
llm-call -q -j 1 --raw <requests | jq -c 'select(.type == "response")' >measured
verdict 'where nothing is cut, all is well' "$(
	[ "$(wc -l <measured)" = "$(wc -l <requests)" ] || echo 'not all were answered'
	jq -r 'select(.ok | not) | "\(.id): \(.error.message)"' measured
)"

# Each answer's length is in the mock's record of it; of streams the bytes are looked at.
tail -n "+$((lines + 1))" mock.log | jq -r 'select(.type == "exchange") | .bytes' >lengths
jq -r '"\(.id) \(.raw.body | if type == "object" and has("base64") then .base64 else tostring | @base64 end)"' measured |
	paste -d ' ' - lengths |
	while read -r dialect mode prompt _ body length; do
		if [ "$mode" = stream ]; then
			echo "$body" | base64 -d >body
			[ "$(wc -c <body)" = "$length" ] || echo "$dialect: $(wc -c <body) bytes of $length" >>mismatch
			places "$dialect"
		else
			seq 0 13 $((length - 1))
			echo $((length - 1))
		fi | sort -nu | sed "s/.*/$dialect $mode $prompt cut@&\n$dialect $mode $prompt end@&/"
	done >faults
verdict 'all that is sent is there to be cut' "$(cat mismatch 2>/dev/null)"

{
	echo 'providers:'
	cut -d ' ' -f 1,4 faults | sort -u | while read -r dialect fault; do
		entry "$dialect-$fault" "$dialect" "$fault"
	done
} >agentflow.yaml
while read -r dialect mode prompt fault; do
	request "$dialect" "$mode" "$prompt" "$fault"
done <faults >requests
llm-call -q -j 32 <requests | jq -r 'select(.type == "response") | "\(.id) \(if .ok then "ok" else .error.kind end)"' | sort >have

# What is cut is truncated. What ends by rights is so too, or no answer of the dialect's form.
sort faults | awk '{ print $0, $4 ~ /^cut/ ? "truncated" : $2 == "whole" ? "protocol" : "(truncated|protocol)" }' >want
for dialect in $dialects; do
	for mode in stream whole; do
		grep "^$dialect $mode " want >want.some
		grep "^$dialect $mode " have >have.some
		verdict "$dialect, $mode, at $(wc -l <want.some) places" "$(
			[ -s want.some ] || echo 'at none'
			awk 'NR == FNR { want[$1 " " $2 " " $3 " " $4] = $5; next }
				{ key = $1 " " $2 " " $3 " " $4 }
				$5 !~ "^" want[key] "$" { print key ": " $5 ", not " want[key] }
				{ delete want[key] }
				END { for (key in want) print key ": no response" }' want.some have.some
		)"
	done
done
tap_end
