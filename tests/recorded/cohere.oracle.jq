# What a /v2/chat answer, or all events of a stream, hold, by Cohere's documents.
def known: with_entries(select(.value != null));
def put($i; f): .blocks[$i] = ((.blocks[$i] // {}) | f);
def step($e):
  $e.delta.message as $m |
  if $e.type == "content-start" or $e.type == "content-delta" then
    put($e.index; .text += ($m.content.text // "") | .thinking += ($m.content.thinking // ""))
  elif $e.type == "tool-plan-delta" then .plan += $m.tool_plan
  elif $e.type == "tool-call-start" then .calls[$e.index] = {name: $m.tool_calls.function.name, arguments: $m.tool_calls.function.arguments}
  elif $e.type == "tool-call-delta" then .calls[$e.index].arguments += $m.tool_calls.function.arguments
  elif $e.type == "citation-start" then .citations += [$m.citations]
  elif $e.type == "message-end" then .finish = $e.delta.finish_reason | .usage = $e.delta.usage
  else . end;
def message:
  if .streamed then reduce (.events[] | objects) as $e ({plan: "", blocks: [], calls: [], citations: []}; step($e))
  else .events[0] | {plan: (.message.tool_plan // ""), blocks: (.message.content // []), citations: (.message.citations // []),
                     calls: [.message.tool_calls[]? | .function | {name, arguments}], finish: .finish_reason, usage}
  end;
message
| [.calls[] | .arguments |= (if . == "" then {} else fromjson end)] as $calls
| {
    ok: true,
    content: ([.blocks[] | .text // ""] | join("")),
    reasoning: (.plan + ([.blocks[] | .thinking // ""] | join(""))),
    toolCalls: $calls,
    stop: ({COMPLETE: "end", STOP_SEQUENCE: "stop", MAX_TOKENS: "length", TOOL_CALL: "tool"}[.finish] // "other"
           | if . == "end" and ($calls | length) > 0 then "tool" else . end),
    usage: (.usage | {
      tokensIn: (.tokens.input_tokens + (.tokens.image_tokens // 0)), tokensOut: .tokens.output_tokens,
      cacheReadTokens: .cached_tokens, reasoningTokens: .tokens.reasoning_tokens} | known),
    citations: [.citations[] | .text as $words | .sources[] | (.document // .tool_output) as $from
                | {url: $from.url, title: $from.title, text: $from.text, documentId: .id, words: $words} | known]
  }
