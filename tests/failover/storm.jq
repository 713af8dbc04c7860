# What must hold of all that llm-failover writes, whatever the weather: a line for each thing that does not.
# jq -nr --slurpfile requests IN --argjson ordered BOOL -f storm.jq OUT    (ids of IN are strings, and differ)
# Texts of the script are words of two letters, the provider's, and a number from 0 on: so mixed ones show.

def shown: {content: .content, reasoning: .reasoning};
def wrong($what): .wrong += ["\(.now): \($what)"];
def check(test; $what): if test then . else wrong($what) end;

# A text of one attempt, or of one behind another where it may be gone on from.
def is_of_one: [splits(" ") | select(length > 0)] as $words |
	all(range($words | length - 1); . as $i | ($words[$i][0:2] == $words[0][0:2]) and ($words[$i][2:] == ($i | tostring)));

def chunk($r): .now = $r.id |
	check(.seen[$r.id] | not; "a chunk behind its response") |
	check($r.seq == (.seq[$r.id] // 0); "seq \($r.seq) in place of \(.seq[$r.id] // 0)") |
	.seq[$r.id] = $r.seq + 1 |
	if $r.restart then
		check(.said[$r.id]; "a restart of nothing") | .restarts[$r.id] += 1 | .said[$r.id] = {content: "", reasoning: "", tools: {}}
	else
		.said[$r.id] //= {content: "", reasoning: "", tools: {}} |
		.said[$r.id].content += ($r.delta.content // "") |
		.said[$r.id].reasoning += ($r.delta.reasoning // "") |
		if $r.delta.toolCall then .said[$r.id].tools[$r.delta.toolCall.index | tostring] += ($r.delta.toolCall.arguments // "") else . end
	end;

def response($r): .now = $r.id | .by[$r.id] as $q | (.said[$r.id] // {content: "", reasoning: "", tools: {}}) as $said |
	check($q; "an answer to nobody") |
	check(.seen[$r.id] | not; "a second response") | .seen[$r.id] = true | .order += [$r.id] |
	check($r.tags == $q.tags; "other tags") |
	check($r.ok == ($r.error == null); "ok beside an error, or neither") |
	check($r.ok == ([$r.attempts[] | select(.ok)] | length == 1); "not one attempt that is ok") |
	check(all($r.attempts[]; .ok == (.error == null)); "an attempt of neither kind") |
	check(all($r.attempts[]; .startedMs >= 0 and .ms >= 0); "an attempt out of time") |
	check(([$r.attempts[] | select(.void)] | length > 0) == (.restarts[$r.id] > 0); "void attempts and restarts differ") |
	check((.restarts[$r.id] // 0) < ([$r.attempts[]] | length) or .restarts[$r.id] == null; "more restarts than attempts") |
	check($q.tags.after == "restart" or $q.tags.after == "continue" or .restarts[$r.id] == null; "a restart that nobody wanted") |
	if $q.options.stream then
		# An error that is made here has no content, and one whose attempt told of it has what it said.
		check(($r.ok | not) and ($r.content == null) or $said.content == ($r.content // ""); "said \($said.content), has \($r.content)") |
		check(($r.ok | not) and ($r.reasoning == null) or $said.reasoning == ($r.reasoning // ""); "thought \($said.reasoning), has \($r.reasoning)") |
		check(($r.ok | not) or ([$said.tools | to_entries | sort_by(.key | tonumber)[].value | if . == "" then {} else fromjson end] == [$r.toolCalls[]?.arguments]);
			"called \($said.tools), has \($r.toolCalls)") |
		check($q.tags.after == "continue" or ($said.content | is_of_one); "mixed: \($said.content)")
	else check(.seq[$r.id] == null; "chunks that nobody wanted") end |
	if $r.ok then .good += 1 else .bad += 1 end;

($requests | map({(.id): .}) | add) as $by |
reduce inputs as $r ({by: $by, wrong: [], order: [], good: 0, bad: 0};
	if $r.type == "chunk" then chunk($r) elif $r.type == "response" then response($r) else .now = "?" | wrong("\($r)") end) |
.now = "all" |
check([$requests[].id] - .order == []; "no response: \([$requests[].id] - .order)") |
check(($ordered | not) or .order == [$requests[].id]; "out of order") |
.wrong[]
