#!/bin/sh
# Limits that are hit by more than they let in, accounts that are used up, and clouds that go and come back: what the reader gets holds
# together, what could be answered is, and the mock is asked no more often than the retry budget allows.
set -u
# shellcheck source=tests/failover/storm.sh
. "${top:?run by tests/run}/tests/failover/storm.sh"

requests=${STORM_REQUESTS:-120}
jobs=64

# policy DEADLINE CANDIDATES MORE
policy() {
	cat >policy.yaml <<-END
		version: 1
		deadline: $1
		retries: 1
		backoff: {base: 10ms, max: 500ms, budget: 20%}
		breaker: {cooldown: 200ms, maxCooldown: 400ms}
		routes: [{name: all, use: [$2]}]
		${3:-}
	END
}

run() { # what is said by all, with nobody's luck in it
	jq -nc --argjson n "$requests" 'range($n) | {id: "r\(.)", prompt: "say \(.)", tags: {after: "fail"}, options: {stream: (. % 2 == 0), maxTokens: 50}}' >in.ndjson
	timeout -k 5 60 llm-failover -p policy.yaml --no-store --seed 1 -q -j $jobs in.ndjson >out.ndjson 2>err
	rc=$?
	holds false $rc
	jq -c 'select(.type == "response")' out.ndjson >responses
	jq -c 'select(.type == "exchange")' mock.log >exchanges
	seconds=$(jq -s 'map(.ts | sub("\\.[0-9]*Z"; "Z") | fromdate) | (max - min) + 1' exchanges)
}

# asked PROVIDER [STATUS]: how often
asked() {
	jq -s --arg p "$1" --arg s "${2:-}" 'map(select(.provider == $p and ($s == "" or .status == ($s | tonumber)))) | length' exchanges
}
answered() {
	jq -s 'map(select(.ok)) | length' responses
}
is() { # WHAT NUMBER WANT
	[ "$2" = "$3" ] || echo "$1: $2, not $3"
}
at_most() {
	[ "$2" -le "$3" ] || echo "$1: $2, more than $3"
}
at_least() {
	[ "$2" -ge "$3" ] || echo "$1: $2, less than $3"
}

# What is tried again comes out of the retry budget: a fifth of the requests, ten that nobody has earned, and one a second.
retries_are_paid_for() {
	at_most "tries at a candidate that had failed" "$(jq -s '[.[].attempts | group_by(.model)[] | length - 1] | add // 0' responses)" $((requests / 5 + 10 + seconds))
	at_most "what was sent, beside what was told of" "$(jq -s length exchanges)" "$(jq -s '[.[].attempts | length] | add // 0' responses)"
}

a_limit_that_says_when() {
	policy 20s 'openai:gpt-4o, anthropic:claude-haiku-4-5'
	run
	is "answered" "$(answered)" "$requests"
	at_least "the limited one's answers" "$(asked openai 200)" 1
	# Those that were sent before the first refusal was back, and from then on a probe or two when it said.
	at_most "asked in spite of what it said" "$(asked openai)" $((jobs + 10 + 2 * seconds))
	retries_are_paid_for
}

a_limit_that_does_not_say() {
	policy 20s 'openai:gpt-4o, anthropic:claude-haiku-4-5'
	run
	is "answered" "$(answered)" "$requests"
	at_most "asked" "$(asked openai)" $((requests + requests / 5 + 10 + seconds))
	retries_are_paid_for
}

nobody_else_is_there() { # the least that is answered
	policy 5s openai:gpt-4o
	run
	at_least "answered" "$(answered)" "$1"
	at_most "answered, beside what the limiter let in" "$(answered)" "$(asked openai 200)"
	at_most "asked" "$(asked openai)" $((requests + requests / 5 + 10 + seconds))
	is "failed for anything else" "$(jq -s 'map(select(.ok | not).error.kind | select(IN("policy", "rate_limit", "timeout") | not)) | length' responses)" 0
	at_most "ended after the deadline and its grace" "$(jq -s 'map(.attempts[-1] | .startedMs + .ms) | max | floor' responses)" 8000
	retries_are_paid_for
}

an_account_is_used_up() {
	policy 20s 'openai:gpt-4o, anthropic:claude-haiku-4-5'
	run
	is "answered" "$(answered)" "$requests"
	is "of the account" "$(asked openai 200)" 30
	at_most "asked when it was empty" "$(asked openai 429)" $((jobs + 10 + 5 * seconds))
	is "others than quotas" "$(jq -s '[.[].attempts[] | select(.ok | not).error] | map(select(. != "quota")) | length' responses)" 0
	retries_are_paid_for
}

all_accounts_are_used_up_but_the_local_one() {
	policy 20s 'openai:gpt-4o, anthropic:claude-haiku-4-5, gemini:gemini-2.5-flash' 'fallback: {local: "ollama:llama3.2"}'
	run
	is "answered" "$(answered)" "$requests"
	for cloud in openai anthropic gemini; do
		is "of $cloud" "$(jq -s --arg p $cloud 'map(select(.provider == $p and .status == 200)) | length' exchanges)" 10
	done
	is "of the local server" "$(asked ollama 200)" $((requests - 30))
	retries_are_paid_for
}

# say COUNT: so many more requests, and wait until all are answered
said=0
say() {
	jq -nc --argjson from $said --argjson n "$1" 'range($from; $from + $n) | {id: "r\(.)", prompt: "say \(.)", tags: {after: "fail"}, options: {stream: (. % 2 == 0)}}' >next.ndjson
	said=$((said + $1))
	cat next.ndjson >>in.ndjson
	cat next.ndjson >&3
	tries=0
	while [ "$(grep -c '"type":"response"' out.ndjson)" -lt $said ]; do
		tries=$((tries + 1))
		[ $tries -lt 400 ] || return 1
		sleep 0.05
	done
}
ok_of_the_last() { # COUNT
	grep '"type":"response"' out.ndjson | tail -n "$1" | jq -s 'map(select(.ok)) | length'
}

# Where nobody listens any more, then somebody does again.
clouds_go_and_come_back() {
	policy 20s 'openai:gpt-4o, anthropic:claude-haiku-4-5, gemini:gemini-2.5-flash'
	: >in.ndjson
	rm -f fifo
	mkfifo fifo
	exec 3<>fifo # both ends: nobody waits for who does not come
	timeout -k 5 60 llm-failover -p policy.yaml --no-store --seed 1 -q -j $jobs <fifo >out.ndjson 2>err 3>&- &
	pid=$!
	say 40
	is "answered in good times" "$(ok_of_the_last 40)" 40
	kill "${mock_pid:?}"
	wait "$mock_pid" 2>/dev/null
	say 40
	is "answered by nobody" "$(ok_of_the_last 40)" 0
	storm_mock -s calm.yaml -l "127.0.0.1:${MOCK##*:}" 3>&- # the pipe is not its own
	rounds=0
	while say 1 && [ "$(ok_of_the_last 1)" = 0 ] && [ $rounds -lt 200 ]; do
		rounds=$((rounds + 1))
		sleep 0.05
	done
	say 40
	is "answered when they were back" "$(ok_of_the_last 40)" 40
	exec 3>&-
	wait $pid
	holds false $?
	jq -c 'select(.type == "response")' out.ndjson >responses
	is "failed for anything else" "$(jq -s 'map(select(.ok | not).error.kind | select(IN("policy", "network") | not)) | length' responses)" 0
	# Three candidates each, until their breakers are open.
	at_most "tries while nobody was there" "$(jq -s '[.[].attempts[] | select(.ok | not)] | length' responses)" $((3 * 40 + 40 / 5 + 10 + 20))
}

speak() { echo "answers: [{text: al0 al1 al2}]"; }

{ echo "limits: [{provider: openai, requests: 1/s}]"; speak; } >told.yaml
{ echo "limits: [{provider: openai, requests: 1/s, retryAfter: false}]"; speak; } >untold.yaml
{ echo "limits: [{provider: openai, requests: 5/s}]"; speak; } >few.yaml
{ echo "limits: [{provider: openai, requests: 5/s, retryAfter: false}]"; speak; } >silent.yaml
{ echo "limits: [{provider: openai, quota: {requests: 30}}]"; speak; } >wall.yaml
{ echo "limits: [{provider: '[oag][pne]*', quota: {requests: 10}}]"; speak; } >walls.yaml

storm_mock -s told.yaml
verdict "1 request a second of 64 at once, and it says when" "$(a_limit_that_says_when)"
storm_mock -s untold.yaml
verdict "1 request a second of 64 at once, and it does not say when" "$(a_limit_that_does_not_say)"
storm_mock -s few.yaml
verdict "5 requests a second, it says when, and nobody else is there" "$(nobody_else_is_there 5)"
storm_mock -s silent.yaml
verdict "5 requests a second, it does not say when, and nobody else is there" "$(nobody_else_is_there 5)"
storm_mock -s wall.yaml
verdict "an account that is used up in the middle" "$(an_account_is_used_up)"
storm_mock -s walls.yaml
verdict "all clouds' accounts are used up, and a local server is there" "$(all_accounts_are_used_up_but_the_local_one)"
speak >calm.yaml
storm_mock -s calm.yaml
clouds_go_and_come_back >why # not in a shell of its own: it starts a mock
verdict "all clouds go, and come back" "$(cat why)"
storm_end
