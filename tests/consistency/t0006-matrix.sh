#!/bin/sh
# agentflow-providers(7) has a matrix of what each dialect carries: it is what the programs do. A dry run of a request for each
# cell says so. It stands between '.\" matrix-TABLE' and '.\" end'; SHOW=TABLE prints what must stand there.
set -u
# shellcheck source=tests/support/tap.sh
. "${top:?run by tests/run}/tests/support/tap.sh"
cd "$top" || exit 71
page=man/man7/agentflow-providers.7
work=$(mktemp -d "${TMPDIR:-/tmp}/matrix.XXXXXX") || exit 71
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
PATH=$BUILD/bin:$PATH

# The vendors' own addresses, whatever the caller's environment says; and a model that has what its API has.
clean() {
	env -i PATH="$PATH" HOME="$work" AGENTFLOW_SHARE="$top/share" OPENAI_API_KEY=k ANTHROPIC_API_KEY=k GEMINI_API_KEY=k COHERE_API_KEY=k \
		AZURE_OPENAI_API_KEY=k AZURE_OPENAI_ENDPOINT=https://x.openai.azure.com GOOGLE_OAUTH_ACCESS_TOKEN=k GOOGLE_CLOUD_PROJECT=p \
		AWS_ACCESS_KEY_ID=k AWS_SECRET_ACCESS_KEY=k AWS_REGION=us-east-1 "$@"
}
cat >"$work/models" <<-EOF
	openai-chat openai:gpt-5.1
	azure-openai azure:gpt-5.1
	openai-responses openai-responses:gpt-5.1
	anthropic-messages anthropic:claude-sonnet-4-5
	vertex-anthropic vertex-anthropic:claude-sonnet-4-5
	gemini gemini:gemini-2.5-flash
	vertex-gemini vertex:gemini-2.5-flash
	bedrock-converse bedrock:anthropic.claude-sonnet-4-5-20250929-v1:0
	cohere-v2 cohere:command-a-reasoning-08-2025
	ollama ollama:qwen3
EOF

jq -R -c 'split(" ") as [$dialect, $model] | def user($part): {messages: [{role: "user", content: [$part, {type: "text", text: "x"}]}]};
	def tool: [{name: "f", inputSchema: {type: "object", properties: {a: {type: "string"}}}}];
	def schema: {type: "object", properties: {a: {type: "string"}}, required: ["a"], additionalProperties: false};
	({
		image: user({type: "image", mediaType: "image/png", data: "iVBORw0KGgo="}),
		byUrl: user({type: "image", url: "https://example.org/a.png"}),
		pdf: user({type: "file", mediaType: "application/pdf", name: "a.pdf", data: "JVBERi0="}),
		text: user({type: "file", mediaType: "text/plain", name: "a.txt", text: "a"}),
		audio: user({type: "audio", mediaType: "audio/wav", data: "UklGRg=="}),
		video: user({type: "video", mediaType: "video/mp4", data: "AAAA"}),
		auto: {prompt: "x", tools: tool, toolChoice: "auto"},
		none: {prompt: "x", tools: tool, toolChoice: "none"},
		required: {prompt: "x", tools: tool, toolChoice: "required"},
		one: {prompt: "x", tools: tool, toolChoice: {name: "f"}},
		single: {prompt: "x", tools: tool, options: {parallelTools: false}},
		strict: {prompt: "x", tools: [tool[0] + {strict: true, inputSchema: schema}]},
		schema: {prompt: "x", options: {responseSchema: schema}},
		schemaTools: {prompt: "x", tools: tool, options: {responseSchema: schema}},
		off: {prompt: "x", options: {reasoning: "off"}},
		level: {prompt: "x", options: {reasoning: "low"}},
		budget: {prompt: "x", options: {reasoning: {budgetTokens: 2048}}},
		cache: {prompt: "x", options: {cache: "auto"}}
	} | to_entries[] | .value + {id: "\($dialect) \(.key)", model: $model})' "$work/models" |
	clean llm-call -n -j 1 >"$work/dry" 2>"$work/err" || :

# What becomes of a cell: carried, with a loss (a warning), or refused.
jq -c 'select(.id) | (.id | split(" ")) as [$dialect, $what] | (.body | tojson) as $body | [.warnings[]? | select(.option != "model")] as $lost |
	{($dialect): {($what):
		(if .type == "response" then "\\-"
		elif ($what | startswith("schema")) then
			(if $body | contains("agentflow_json_answer") then "tool" elif $lost != [] then "words" else "native" end)
		elif $what == "cache" then
			(if $body | test("cache_control|cachePoint") then "marks" else "its own" end)
		elif $lost != [] then "warns" else "yes" end)}}' "$work/dry" |
	jq -s 'reduce .[] as $c ({}; . * $c)' >"$work/cells"

# Which endpoints there are beside: lists of models, counts, vectors. Streams and citations are the dialects' own.
while read -r dialect model; do
	count=no embed=no list=no
	clean llm-tokens -n --live -m "$model" x >"$work/count" 2>&1 && grep -q httpRequest "$work/count" && count=yes
	clean llm-embed -n -m "${model%%:*}:cohere.embed" x >"$work/embed" 2>&1 && grep -q httpRequest "$work/embed" && embed=yes
	grep -q "^	{ \"$dialect\"," lib/llm/listing.c && list=yes
	printf '%s %s %s %s\n' "$dialect" $count $embed $list
done <"$work/models" | jq -R -s 'split("\n") | map(select(. != "") | split(" ") | {(.[0]): {count: .[1], embed: .[2], list: .[3]}}) | add
	| map_values(map_values(if . == "no" then "\\-" else . end))' >"$work/others"

# table NAME HEADING=MEMBER...
table() {
	name=$1
	shift
	jq -r -n --slurpfile cells "$work/cells" --slurpfile others "$work/others" --rawfile models "$work/models" '
		($ARGS.positional | map(split("="))) as $columns | ($cells[0] * $others[0]) as $all
		| ".Bl -column anthropic-messages " + ($columns | map("\"" + (.[0] + "     ")[:([.[0], "warns"] | map(length) | max)] + "\"") | join(" ")),
		(".It Em dialect Ta " + ($columns | map("Em " + .[0]) | join(" Ta "))),
		($models | split("\n")[] | select(. != "") | split(" ")[0] as $d
			| ".It Cm " + $d + " Ta " + ($columns | map($all[$d][.[1]] // "?") | join(" Ta "))),
		".El"' --args "$@" >"$work/$name"
}
table parts image=image "by URL=byUrl" PDF=pdf text=text audio=audio video=video
table tools auto=auto none=none required=required one=one "no parallel=single" strict=strict
table answer schema=schema "beside tools=schemaTools" off=off level=level budget=budget caching=cache
table beside list=list count=count embed=embed

if [ -n "${SHOW:-}" ]; then
	cat "$work/$SHOW"
	exit
fi
for table in parts tools answer beside; do
	name="the manual's matrix of $table is what the programs do"
	if grep -q '?' "$work/$table"; then
		verdict "$name" "a cell is not known: $(cat "$work/err" "$work/$table")"
	else
		page_verdict "$name" "$page" "matrix-$table" "$work/$table"
	fi
done
tap_end
