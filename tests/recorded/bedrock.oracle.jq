# What a Converse answer holds, by the API's documents.
def put($i; f): .blocks[$i] = ((.blocks[$i] // {}) | f);
def step($e):
  if $e.contentBlockStart then put($e.contentBlockStart.contentBlockIndex; . + $e.contentBlockStart.start)
  elif $e.contentBlockDelta then
    $e.contentBlockDelta.contentBlockIndex as $i | $e.contentBlockDelta.delta as $d |
    if $d.text then put($i; .text += $d.text)
    elif $d.reasoningContent then put($i; .thought += ($d.reasoningContent.text // ""))
    elif $d.toolUse then put($i; .json += $d.toolUse.input)
    else . end
  elif $e.messageStop then .stop = $e.messageStop.stopReason
  elif $e.metadata then .usage = $e.metadata.usage
  else . end;
def message:
  if .streamed then reduce .events[] as $e ({blocks: []}; step($e))
  else .events[0] | {blocks: .output.message.content, usage, stop: .stopReason} end;
def calls:
  [.blocks[] | select(.toolUse and .toolUse.type != "server_tool_use")
   | {name: .toolUse.name, arguments: (if .json then .json | fromjson else .toolUse.input end)}];
def stop($calls):
  {end_turn: "end", stop_sequence: "stop", max_tokens: "length", tool_use: "tool", guardrail_intervened: "filter", content_filtered: "filter"}[.stop] // "other"
  | if ($calls | length) > 0 and . == "end" then "tool" else . end;
def known: with_entries(select(.value != null));
def usage:
  {
    tokensIn: (.inputTokens + (.cacheReadInputTokens // 0) + (.cacheWriteInputTokens // 0)),
    tokensOut: .outputTokens,
    cacheReadTokens: .cacheReadInputTokens,
    cacheWriteTokens: .cacheWriteInputTokens
  } | known;
message | calls as $calls |
{
  ok: true,
  content: ([.blocks[] | .text, (.citationsContent.content[]?.text) | strings] | join("")),
  reasoning: ([.blocks[] | .thought, .reasoningContent.reasoningText.text | strings] | join("")),
  toolCalls: $calls,
  stop: stop($calls),
  usage: (.usage | usage)
}
