# What a chat completion, or all chunks of a stream, hold, by OpenAI's documents and those of the servers that differ.
def known: with_entries(select(.value != null));
def chunks: [.events[] | objects];
def zeroth: [.[] | .choices[]? | select((.index // 0) == 0)];
def said: if type == "array" then [.[] | select(.type == "text") | .text] | join("") else . // "" end;
def thought: if type == "array" then [.[] | select(.type == "thinking") | .thinking | if type == "array" then [.[].text] | join("") else . end] | join("") else "" end;
def details: [.reasoning_details[]? | .text // .summary // empty] | join("");
def nonempty: select(. != null and . != "");
def reasoning($told): (.content | thought) + ((.reasoning_content | nonempty) // (.reasoning | nonempty) // (if $told then "" else details end));
def arguments:
  if type == "object" then {arguments: .}
  else ((if . == null or . == "" then "{}" else . end) as $text
        | ($text | try fromjson catch null) as $v | if ($v | type) == "object" then {arguments: $v} else {input: $text} end) end;
# A call's fragments go by index (Ollama gives all calls the same one, each its id); without one, a new id or a name begins a call.
def slot($calls; $d):
  if $d.index != null then ([$calls | to_entries[] | select(.value.index == $d.index and (($d.id // "") == "" or .value.id == $d.id)) | .key] | last)
  elif ($d.id // "") != "" then ([$calls | to_entries[] | select(.value.id == $d.id) | .key] | last)
  elif ($d.function.name // "") != "" then null
  else (($calls | length) - 1) end;
def add_call($d):
  slot(.; $d) as $i
  | if $i == null then . + [{id: $d.id, index: $d.index, name: ($d.function.name // $d.custom.name), text: ($d.function.arguments // $d.custom.input), custom: ($d.function.name == null and $d.custom != null)}]
    else .[$i] |= ((if (.name // "") == "" then .name = $d.function.name else . end)
                   | .text = (if ($d.function.arguments | type) == "object" then $d.function.arguments else (.text // "") + ($d.function.arguments // "") end)) end;
def legacy($messages): [$messages[] | .function_call | select(. != null and ((.name // "") != "" or (.arguments // "") != ""))]
  | if . == [] then [] else [{name: ([.[].name | nonempty] | first), text: ([.[].arguments // ""] | join(""))}] end;
def calls($messages):
  (reduce ($messages[] | .tool_calls[]?) as $d ([]; add_call($d))) + legacy($messages)
  | map(if .custom then {name, input: .text} else {name} + (.text | arguments) end);
def finish: [.[] | .finish_reason | nonempty] | last;
def stop($calls; $refused):
  {stop: "end", eos: "end", end_turn: "end", length: "length", max_tokens: "length", model_length: "length", tool_calls: "tool", function_call: "tool",
   content_filter: "filter", error: "error"}[. // ""] // (if . == null and ($calls | length) > 0 then "tool" else "other" end)
  | if $refused and . == "end" then "refusal"
    elif ($calls | length) > 0 and (. == "end") then "tool"
    elif ($calls | length) == 0 and . == "tool" then "end" else . end;
# xAI, Grok elsewhere, and Gemini count reasoning beside the completion; Mistral counts audio beside the prompt; Gemini behind a gateway is
# seen by more reasoning than completion. The total tells.
def usage($provider):
  ([.[] | .usage // .x_groq.usage | select(. != null)] | last) as $u
  | if $u == null or $u.prompt_tokens == null then {} else
      ($u.prompt_tokens_details.cached_tokens // $u.prompt_cache_hit_tokens // $u.num_cached_tokens // $u.cached_tokens) as $cached
      | $u.completion_tokens_details.reasoning_tokens as $reasoning
      | (if $u.total_tokens then $u.total_tokens - $u.prompt_tokens - $u.completion_tokens else 0 end) as $extra
      | ($u.prompt_tokens + (if $provider == "mistral" and $extra > 0 then $extra else 0 end)) as $in
      | ($u.completion_tokens + (if $extra > 0 and ($extra == ($reasoning // 0) or $provider == "gemini") then $extra else 0 end)) as $out
      | {
          tokensIn: (if ($cached // 0) > $in then $in + $cached else $in end),
          tokensOut: (if ($reasoning // 0) > $out then $out + $reasoning else $out end),
          cacheReadTokens: $cached,
          cacheWriteTokens: ($u.prompt_tokens_details.cache_write_tokens // $u.cache_creation_input_tokens),
          reasoningTokens: $reasoning
        } | known end;
# Sources come as annotations of the text, or beside the choices in every chunk; a span of nothing is none.
def words($content): if (.end_index // 0) > (.start_index // 0) and .end_index <= ($content | length) then $content[.start_index:.end_index] else null end;
def citations($messages; $content):
  (reduce ($messages[] | .annotations[]? | select(.type != "file")) as $x ([]; if any(.[]; . == $x) then . else . + [$x] end)
   | map((.url_citation // .) | {url, title, text: .content, documentId: .file_id, words: words($content)}))
  | if . != [] then . else null end;
def sources: [.[] | select(any(.choices[]?; .finish_reason // "" != ""))] | first // {}
  | if (.search_results // []) != [] then .search_results | map({url, title, text: .snippet}) else (.citations // []) | map({url: .}) end;
# Where reasoning comes between tags, the first block is it, and white space around the tags is nobody's.
def between: capture("^\\s*<think>\\s*(?<reasoning>(.|\n)*?)\\s*</think>\\s*(?<content>(.|\n)*)$") // capture("^\\s*<think>\\s*(?<reasoning>(.|\n)*)(?<content>)$") // {content: .};
. as $in | chunks as $chunks | ($chunks | zeroth) as $choices
| [$choices[] | if $in.streamed then .delta // .message // {} else .message // .delta // {} end] as $messages
| calls($messages) as $calls
| ([$messages[] | .refusal | nonempty] | join("")) as $refusal
| ((([$messages[] | .content | said] | join("")) + $refusal)
   | if $in.provider == "huggingface" or $in.provider == "groq" then between else {content: .} end) as $said
| $said.content as $content
| any($messages[]; (.reasoning_content // .reasoning // "") != "") as $told
| ($choices | finish) as $finish
| (($in.streamed | not) or any($in.events[]; . == "[DONE]") or ($in.doneOptional and $finish != null)) as $ended
| ([$chunks[] | .error | select(. != null)]) as $errors
| if ($errors | length) > 0 then {ok: false, messageStart: ($errors[0] | (.message // .)[0:60])}
  elif ($ended | not) then {ok: false, kind: "truncated"}
  else
    {
      ok: ($finish != "error"),
      content: $content,
      citations: (citations($messages; $content) // ($chunks | sources) | map(with_entries(select(.value != null and .value != "")))),
      reasoning: (([$messages[] | reasoning($told)] | join("")) + ($said.reasoning // "")),
      toolCalls: $calls,
      stop: ($finish | stop($calls; $refusal != "")),
      usage: ($chunks | usage($in.provider))
    }
  end
