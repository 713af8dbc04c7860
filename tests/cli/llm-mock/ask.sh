# shellcheck shell=sh
# What llm-mock's cases share: questions in each provider's form. Arguments go to curl.

openai() {
	curl -sS -H 'content-type: application/json' -H 'authorization: Bearer k' "$MOCK/v1/chat/completions" "$@"
}

responses() {
	curl -sS -H 'content-type: application/json' -H 'authorization: Bearer k' "$MOCK/v1/responses" "$@"
}

anthropic() {
	curl -sS -H 'content-type: application/json' -H 'x-api-key: k' -H 'anthropic-version: 2023-06-01' "$MOCK/v1/messages" "$@"
}

# gemini METHOD [curl arguments]
gemini() {
	curl -sS -H 'content-type: application/json' -H 'x-goog-api-key: k' "$MOCK/v1beta/models/gemini-mock:$@"
}

ollama() {
	curl -sS "$MOCK/api/chat" "$@"
}

cohere() {
	curl -sS -H 'content-type: application/json' -H 'authorization: Bearer k' "$MOCK/v2/chat" "$@"
}

# vertex PUBLISHER/models/NAME:METHOD [curl arguments]
vertex() {
	path=$1
	shift
	curl -sS -H 'content-type: application/json' "$MOCK/v1/projects/p/locations/us-east5/publishers/$path" "$@"
}

# bedrock METHOD [curl arguments]
bedrock() {
	method=$1
	shift
	curl -sS -H 'content-type: application/json' -H 'authorization: Bearer k' "$MOCK/model/us.claude-mock-v1%3A0/$method" "$@"
}

# mock_stop: end the server and wait, so that mock.log is whole. Prints its exit status if that isn't 0.
mock_stop() {
	kill "$mock_pid"
	wait "$mock_pid" || echo "llm-mock ended with status $?"
}

# mock_records: what was recorded, without what differs from run to run.
mock_records() {
	jq -c 'select(.type != "listening") | del(.ts, .ms)' mock.log
}

hey='{"model":"m","messages":[{"role":"user","content":"hey"}]}'
hey_stream='{"model":"m","stream":true,"messages":[{"role":"user","content":"hey"}]}'
