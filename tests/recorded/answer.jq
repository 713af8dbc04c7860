# The response record in the oracles' words.
.record | . as $record |
{
  ok,
  kind: .error.kind,
  messageStart: (.error.message // "" | .[0:60]),
  content: (.content // ""),
  reasoning: (.reasoning // ""),
  toolCalls: [.toolCalls[]? | {name, arguments, input} | with_entries(select(.value != null))],
  stop,
  citations: [.citations[]? | {url, title, text, documentId, words: (if .end then . as $c | $record.content[$c.start:$c.end] else null end)} | with_entries(select(.value != null))],
  usage: (.usage // {} | del(.source)),
  media: [.parts[]? | select(.data) | {type, mediaType, bytes: (.data | length)}]
}
