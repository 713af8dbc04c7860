# What a Responses answer holds, by OpenAI's documents: the object in the last event, which is the whole body where nothing is streamed.
def known: with_entries(select(.value != null));
def last_words: ["response.completed", "response.incomplete", "response.failed"];
def response: if .streamed then [.events[] | objects | select(.type as $t | last_words | index($t)) | .response] | first else .events[0] end;
def texts: [.content[]? | .text // .refusal] | join("");
def thoughts: ([.summary[]?.text] | join("")) as $summary | if $summary != "" then $summary else [.content[]?.text] | join("") end;
def arguments: . as $text | try ({arguments: (if $text == "" then {} else $text | fromjson end)}) catch {input: $text};
def calls: [.output[] | if .type == "function_call" then {name} + (.arguments | arguments) elif .type == "custom_tool_call" then {name, input} else empty end];
def stop($calls):
  if .status == "incomplete" then {content_filter: "filter"}[.incomplete_details.reason // ""] // "length"
  elif .status == "queued" or .status == "in_progress" then "pause"
  elif ($calls | length) > 0 then "tool"
  elif any(.output[].content[]?; .type == "refusal") then "refusal"
  else "end" end;
def usage:
  if . == null then {} else
    {
      tokensIn: .input_tokens, tokensOut: .output_tokens,
      cacheReadTokens: .input_tokens_details.cached_tokens, cacheWriteTokens: .input_tokens_details.cache_write_tokens,
      reasoningTokens: .output_tokens_details.reasoning_tokens
    } | known
  end;
([.events[] | objects | select(.type == "error")] | first) as $error
| response as $response
| if $error != null then {ok: false, messageStart: (($error.error // $error).message[0:60])}
  elif $response == null then {ok: false, kind: "truncated"}
  else
    $response | calls as $calls |
    {
      ok: (.error == null),
      content: ([.output[] | select(.type == "message" and .phase != "commentary") | texts] | join("")),
      reasoning: ([.output[] | select(.type == "reasoning") | thoughts] | join("")),
      toolCalls: $calls,
      stop: stop($calls),
      usage: (.usage | usage)
    }
  end
