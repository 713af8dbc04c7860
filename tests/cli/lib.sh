# shellcheck shell=sh
# Read before each case's cmd: what cases share.

# mock_start [llm-mock options]: start llm-mock on a free port; $MOCK is its address (http://127.0.0.1:PORT), its log is mock.log.
mock_start() {
	llm-mock "$@" >mock.log 2>mock.err &
	mock_pid=$!
	mock_pids="${mock_pids:-} $mock_pid" # each of them, where a case starts several
	# shellcheck disable=SC2086 # a word each
	trap 'kill $mock_pids 2>/dev/null; wait $mock_pids 2>/dev/null' EXIT
	tries=0
	while ! MOCK=$(jq -r 'select(.type == "listening") | .url' mock.log 2>/dev/null | head -n 1) || [ -z "$MOCK" ]; do
		tries=$((tries + 1))
		if [ $tries -gt 200 ] || ! kill -0 "$mock_pid" 2>/dev/null; then
			echo "llm-mock did not start: $(cat mock.err)" >&2
			exit 70
		fi
		sleep 0.05
	done
	export MOCK
	OPENAI_BASE_URL=$MOCK/v1 ANTHROPIC_BASE_URL=$MOCK GEMINI_BASE_URL=$MOCK OLLAMA_HOST=$MOCK
	OPENAI_API_KEY=test-key ANTHROPIC_API_KEY=test-key GEMINI_API_KEY=test-key
	AWS_ENDPOINT_URL_BEDROCK_RUNTIME=$MOCK AWS_REGION=us-east-1
	export AWS_ENDPOINT_URL_BEDROCK_RUNTIME AWS_REGION
	export OPENAI_BASE_URL ANTHROPIC_BASE_URL GEMINI_BASE_URL OLLAMA_HOST OPENAI_API_KEY ANTHROPIC_API_KEY GEMINI_API_KEY
}

# steady: responses without what differs from run to run.
steady() {
	jq -c 'del(.ms, .ttftMs, .queueMs, .traceId, .spanId)'
}

# ends WHAT COMMAND...: one row of the manual's EXIT STATUS: the status that the command really ends with, and what it is for.
ends() {
	what=$1
	shift
	"$@" </dev/null >ends.out 2>ends.err
	rc=$?
	if [ $rc -gt 128 ]; then
		echo "128+$((rc - 128)) $what"
	else
		echo "$rc $what"
	fi
}

# refused PROGRAM...: run it, not under valgrind, where the system refuses it memory; where that can't be had, what would be its end.
refused() {
	[ -e "$BUILD/fault/fault.so" ] || return 71
	nm -D "$BUILD/bin/$1" | grep -q __asan && return 71
	program=$1
	shift
	FAULT_PROG=$program FAULT=malloc:3+:ENOMEM LD_PRELOAD=$BUILD/fault/fault.so "$BUILD/bin/$program" "$@"
}

# not_under_valgrind REASON: such a case is skipped there.
not_under_valgrind() {
	[ -n "${VALGRIND:-}" ] || return 0
	echo "skip: valgrind $1" >&2
	exit 77
}

# await CONDITION: run it until it holds: what a case waits for comes soon, and on a machine that is busy later. After 30 s it is missed.
await() {
	tries=0
	until eval "$1"; do
		tries=$((tries + 1))
		if [ $tries -gt 600 ]; then
			echo "never came: $1" >&2
			exit 70
		fi
		sleep 0.05
	done
}

# signalled SIGNAL CONDITION COMMAND...: run it, await the condition, send it the signal; its status. (What a shell starts in its background
# ignores SIGINT, and so would we.)
signalled() {
	signal=$1 condition=$2
	shift 2
	exec 5<&0 # in the background 0 is /dev/null
	env --default-signal=INT "$@" <&5 5<&- &
	pid=$!
	await "$condition"
	kill -s "$signal" "$pid"
	wait "$pid" 2>/dev/null
}

# begun COUNT FILE: whether so many streams in FILE have.
begun() { [ "$(grep -c '"seq":0' "$2" 2>/dev/null)" = "$1" ]; }

# ends_at_once COMMAND...: start it with its output in a pipe whose reader reads a little and no more, and end it with two signals: whether
# it lived on after the first, its status, and whether that came before the first would have ended it (three seconds after it). On a busy
# machine that is seen only now and then, so it has some turns.
ends_at_once() {
	mkfifo stuck
	for _ in 1 2 3 4 5 6; do
		alive=
		{ head -c 1 >first && exec sleep 60; } <stuck &
		reader=$!
		"$@" >stuck &
		pid=$!
		await '[ -s first ]'
		began=$(date +%s%N)
		kill -TERM "$pid"
		sleep 0.4 # within a quarter of a second they would be one
		kill -0 "$pid" && alive="the first lets it write what there is, "
		kill -TERM "$pid"
		wait "$pid" 2>/dev/null
		rc=$?
		ms=$((($(date +%s%N) - began) / 1000000))
		kill "$reader"
		rm first
		[ "$ms" -ge 2500 ] || break
	done
	[ "$ms" -lt 2500 ] || echo "took $ms ms"
	echo "$alive$rc"
}

# ends_by_itself PID: wait until that process is no more, or is dead and nobody asks how it ended.
ends_by_itself() { await "! grep -q '^State:.[^ZX]' /proc/$1/status 2>/dev/null"; }

# programs_start: agentflow.yaml with two programs that stay: cli:agent (Agent Client Protocol; its mode is its word of greeting) and
# cli:stream (stream-json). What they say begins with the number of their process.
programs_start() {
	echo "exec jq -nr --unbuffered --arg pid \$\$ --arg greeting \"\$1\" -f '${top:?}/tests/support/fake_acp.jq'" >agent
	echo "exec jq -nr --unbuffered --arg pid \$\$ -f '${top:?}/tests/support/fake_stream.jq'" >stream
	cat >agentflow.yaml <<-EOF
		providers:
		  cli:agent:
		    argv: [echo, cold, "{prompt}"]
		    output: {format: text}
		    modes: {login: [login], hang: [hang]}
		    warm: {protocol: acp, argv: [sh, $PWD/agent, "{mode}"], model: "{model}"}
		  cli:stream:
		    argv: [echo, cold, "{prompt}"]
		    output: {format: text}
		    warm: {protocol: stream-json, argv: [sh, $PWD/stream]}
	EOF
}

# prompts PROGRAM TEXT...: a request for each text.
prompts() {
	program=$1
	shift
	for text in "$@"; do
		printf '{"model":"%s","prompt":"%s"}\n' "$program" "$text"
	done
}

# numbered: process numbers in the order in which they appear: 1, 2, ...
numbered() {
	jq -c -n '[inputs] | . as $all | [$all[].content // "" | capture("process (?<p>[0-9]+)"; "g").p] |
		(reduce .[] as $p ([]; if index($p) then . else . + [$p] end)) as $seen |
		$all[] | if .content then .content |= gsub("process (?<p>[0-9]+)"; .p as $p | "process \(($seen | index($p)) + 1)") else . end'
}

# told: what llm-failover writes, without what differs from run to run: chunks as [id, seq, what], responses as
# [id, ok, kind of error or content, attempts].
told() {
	jq -c 'if .type == "chunk" then [.id, .seq, (.delta // {restart, attempt})]
		elif .type == "response" then [.id, .ok, .error.kind // .content, [(.attempts // [])[] |
			"\(.model) \(.error // "ok")\(if .hedge then " hedge" else "" end)\(if .void then " void" else "" end)"]]
		else . end'
}
