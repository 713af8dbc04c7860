# An agent of the Agent Client Protocol that does what the last word of its prompt says, and else repeats all that it has heard in the
# session, with its process's number. For: jq -nr --unbuffered --arg pid $$ --arg greeting "" -f fake_acp.jq
def line: if type == "string" then . else {jsonrpc: "2.0"} + . | tojson end;
def update($s; u): {method: "session/update", params: {sessionId: $s, update: u}};
def says($s; $text): update($s; {sessionUpdate: "agent_message_chunk", content: {type: "text", text: $text}});
def usage($n): {inputTokens: (10 * $n), outputTokens: (2 * $n), totalTokens: (12 * $n), cachedReadTokens: 0};
def ends($m; $n): {id: $m.id, result: {stopReason: "end_turn", usage: usage($n)}};
def asks($s): {id: "leave", method: "session/request_permission", params: {sessionId: $s,
	toolCall: {toolCallId: "t1", title: "rm -r /"}, options: [
		{optionId: "yes", name: "Allow", kind: "allow_once"}, {optionId: "no", name: "Deny", kind: "reject_once"}]}};

def prompted($m; $heard; $n):
	$m.params.sessionId as $s | ($heard | last | split(" ") | last) as $word |
	if $word == "ask" then update($s; {sessionUpdate: "tool_call", toolCallId: "t1", title: "rm -r /", status: "pending"}), asks($s)
	elif $word == "crash" then says($s; "half an ans"), ("it hurts\n" | halt_error(3))
	elif $word == "hang" then says($s; "I think")
	elif $word == "mute" then empty
	elif $word == "noise" then "npm warn: nobody asked", "{\"half\":", ({id: 4711, result: {stopReason: "end_turn"}}), "[1]", "",
		says("another"; "not yours"), says($s; "clear"), ends($m; 1)
	elif $word == "huge" then says($s; "x" * 4000000), ends($m; 1)
	elif $word == "fail" then {id: $m.id, error: {code: -32603, message: "Internal error", data: {details: "429 Too Many Requests"}}}
	elif $word == "think" then update($s; {sessionUpdate: "agent_thought_chunk", content: {type: "text", text: "hmm"}}),
		says($s; "done"), ends($m; 1)
	elif $word == "file" then {id: "f", method: "fs/read_text_file", params: {sessionId: $s, path: "/etc/passwd"}}
	elif $word == "where" then says($s; "there"), ends($m; 1)
	else says($s; "process \($pid)"), says($s; ", heard: "), says($s; $heard | join(" / ")), ends($m; $n)
	end;

foreach inputs as $m ({sessions: 0, heard: {}, counts: {}, prompt: null};
	if $m.method == "session/new" then .sessions += 1
	elif $m.method == "session/prompt" then .prompt = $m | .heard[$m.params.sessionId] += [$m.params.prompt[] | .text // "picture"] |
		.counts[$m.params.sessionId] += 1
	else . end;
	if $m.method == "initialize" then
		if $greeting == "hang" then empty
		else {id: $m.id, result: {protocolVersion: 1, agentCapabilities: {}, authMethods: [{id: "login", name: "Log in"}]}} end
	elif $m.method == "session/new" then
		if $greeting == "login" then {id: $m.id, error: {code: -32000, message: "Authentication required"}}
		else {id: $m.id, result: {sessionId: "s\(.sessions)",
			models: {currentModelId: "small", availableModels: [{modelId: "small"}, {modelId: "large"}]}}} end
	elif $m.method == "session/set_model" then {id: $m.id, result: {}}
	elif $m.method == "session/prompt" then
		prompted($m; .heard[$m.params.sessionId]; .counts[$m.params.sessionId])
	elif $m.id == "leave" then
		(.prompt.params.sessionId as $s |
			if $m.result.outcome.optionId == "yes" then says($s; "it is gone") else says($s; "as you wish") end,
			ends(.prompt; 2))
	elif $m.id == "f" then says(.prompt.params.sessionId; $m.error.message), ends(.prompt; 1)
	else empty end | line)
