# A program of claude's stream-json that repeats all that it has ever heard, with its process's number.
# For: jq -nr --unbuffered --arg pid $$ -f fake_stream.jq
def delta($text): {type: "stream_event", event: {type: "content_block_delta", index: 0, delta: {type: "text_delta", text: $text}}};
foreach inputs as $m ({heard: [], cost: 0};
	if $m.type == "user" then .heard += [$m.message.content[] | .text // "picture"] | .cost += 0.25 else . end;
	if $m.type == "user" then
		(.heard | join(" / ")) as $all |
		if ($all | endswith("crash")) then delta("half an ans"), ("it hurts\n" | halt_error(3))
		elif ($all | endswith("hang")) then delta("I think")
		elif ($all | endswith("fail")) then
			{type: "result", subtype: "success", is_error: true, result: "API Error: 401 invalid x-api-key", api_error_status: 401}
		else
			{type: "system", subtype: "init", model: "fake"}, delta("process \($pid)"), delta(", heard: "), delta($all),
			{type: "assistant", message: {model: "fake", content: [{type: "text", text: "process \($pid), heard: \($all)"}]}},
			{type: "result", subtype: "success", is_error: false, stop_reason: "end_turn", result: "process \($pid), heard: \($all)",
				total_cost_usd: .cost, usage: {input_tokens: 10, output_tokens: 2, cache_read_input_tokens: 5}, permission_denials: []}
		end
	else empty end | tojson)
