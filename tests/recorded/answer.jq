# The response record in the oracles' words.
.record |
{
  ok,
  kind: .error.kind,
  messageStart: (.error.message // "" | .[0:60]),
  content: (.content // ""),
  reasoning: (.reasoning // ""),
  toolCalls: [.toolCalls[]? | {name, arguments, input} | with_entries(select(.value != null))],
  stop,
  usage: (.usage // {} | del(.source)),
  media: [.parts[]? | select(.data) | {type, mediaType, bytes: (.data | length)}]
}
