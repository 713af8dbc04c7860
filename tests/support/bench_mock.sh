# shellcheck shell=sh
# bench_mock: a benchmark's own directory, and a mock in it for llm-call to talk to. Sourced; bench_mock reads the mock's script from
# standard input, starts it, and leaves the shell in the directory, where there is no agentflow.yaml.

bench_mock() {
	dir=$(mktemp -d)
	mock=
	trap 'kill $mock 2>/dev/null; rm -rf "$dir"' EXIT
	PATH=$BUILD/bin:$PATH
	AGENTFLOW_SHARE=${top:?run by tests/bench/run}/share
	no_proxy='*'
	export PATH AGENTFLOW_SHARE no_proxy
	unset TRACEPARENT
	cat >"$dir/script.yaml"
	cd "$dir" || exit 71
	: >mock.log
	llm-mock -s script.yaml >mock.log &
	mock=$!
	while ! grep -q listening mock.log; do sleep 0.05; done
	OPENAI_BASE_URL=$(sed -n '1s/.*"url":"\([^"]*\)".*/\1/p' mock.log)/v1
	OPENAI_API_KEY=bench-key
	export OPENAI_BASE_URL OPENAI_API_KEY
}
