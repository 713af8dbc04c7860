# What an /api/chat answer, or all lines of a stream, hold, by Ollama's documents.
def known: with_entries(select(.value != null));
. as $in | [.events[] | objects] as $lines
| [$lines[] | .message // {}] as $messages
| [$messages[] | .tool_calls[]? | .function | {name, arguments: (.arguments // {})}] as $calls
| ([$lines[] | select(.done == true)] | last) as $done
| ([$lines[] | .error | select(. != null)]) as $errors
| if ($errors | length) > 0 then {ok: false, messageStart: ($errors[0][0:60])}
  elif $done == null then {ok: false, kind: "truncated"}
  else
    {
      ok: true,
      content: ([$messages[] | .content // ""] | join("")),
      reasoning: ([$messages[] | .thinking // ""] | join("")),
      toolCalls: $calls,
      stop: ({stop: "end", length: "length", load: "other", unload: "other"}[$done.done_reason // "stop"] // "other"
             | if . == "end" and ($calls | length) > 0 then "tool" else . end),
      usage: ({tokensIn: $done.prompt_eval_count, tokensOut: $done.eval_count} | known)
    }
  end
