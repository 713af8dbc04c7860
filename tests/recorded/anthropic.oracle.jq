# What a Messages answer holds, by the API's documents.
def put($i; f): .blocks[$i] = ((.blocks[$i] // {}) | f);
def step($e):
  if $e.type == "message_start" then
    (if .ids == [] then .blocks = $e.message.content | .usage = $e.message.usage | .stop = $e.message.stop_reason else . end)
    | .ids = (.ids + [$e.message.id] | unique)
  elif $e.type == "content_block_start" then put($e.index; $e.content_block)
  elif $e.type == "content_block_delta" then
    $e.delta as $d |
    if $d.type == "text_delta" then put($e.index; .text += $d.text)
    elif $d.type == "thinking_delta" then put($e.index; .thinking += $d.thinking)
    elif $d.type == "citations_delta" then put($e.index; .citations += [$d.citation])
    elif $d.type == "input_json_delta" then put($e.index; .json += $d.partial_json)
    else . end
  elif $e.type == "message_delta" then
    .stop = ($e.delta.stop_reason // .stop)
    | .usage += ($e.usage // {} | with_entries(select(.value != null)))
  else . end;
def message:
  if .streamed then
    (.events | map(.type) | index("message_stop")) as $last |
    reduce .events[0:$last][] as $e ({ids: [], blocks: [], usage: {}, stop: null}; step($e))
  else
    .events[0] | {ids: [.id], blocks: .content, usage, stop: .stop_reason}
  end;
def arguments:
  if .json then ((.json | if . == "" then "{}" else . end) as $text | try {arguments: ($text | fromjson)} catch {input: $text})
  else {arguments: .input} end;
def calls: [.blocks[] | select(.type == "tool_use") | {name} + arguments];
def stop($calls):
  {end_turn: "end", stop_sequence: "stop", max_tokens: "length", model_context_window_exceeded: "length",
   tool_use: "tool", refusal: "refusal", pause_turn: "pause"}[.stop] // "other"
  | if ($calls | length) > 0 and . == "end" then "tool" else . end;
def known: with_entries(select(.value != null));
def usage:
  {
    tokensIn: (.input_tokens + (.cache_read_input_tokens // 0) + (.cache_creation_input_tokens // 0)),
    tokensOut: .output_tokens,
    cacheReadTokens: .cache_read_input_tokens,
    cacheWriteTokens: .cache_creation_input_tokens,
    cacheWrite1hTokens: .cache_creation.ephemeral_1h_input_tokens,
    reasoningTokens: .output_tokens_details.thinking_tokens
  } | known;
# Sources are of the whole block that names them.
def citations: [.blocks[] | select(.type == "text") | .text as $words | .citations[]?
  | {url, title: (.title // .document_title), text: .cited_text, documentId: .file_id, words: ($words | select(. != ""))} | known | with_entries(select(.value != ""))];
message | calls as $calls |
if (.ids | length) > 1 then {ok: false, kind: "protocol"}
else
  {
    ok: true,
    content: ([.blocks[] | select(.type == "text") | .text] | join("")),
    reasoning: ([.blocks[] | select(.type == "thinking") | .thinking] | join("")),
    toolCalls: $calls,
    citations: citations,
    stop: stop($calls),
    usage: (.usage | usage)
  }
end
