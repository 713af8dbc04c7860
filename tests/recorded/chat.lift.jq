# A recorded chat completion request as a request record; what the record has no name for goes into providerOptions.
def known: with_entries(select(.value != null));
def own($provider): {type: "provider", provider: $provider, value: .};
def data_url: capture("^data:(?<mediaType>[^;,]*);base64,(?<data>.*)$"; "s");
def opaque($p; $m; $value): {provider: $p, model: $m, value: $value};
def part($p; $m):
  if .type == "text" and .cache_control == null and .prompt_cache_breakpoint == null then {type: "text", text}
  elif .type == "image_url" then (.image_url | if type == "string" then . else .url end) | . as $url
    | if startswith("data:") then {type: "image"} + data_url else {type: "image", url: $url} end
  elif .type == "input_audio" then {type: "audio", mediaType: "audio/\(.input_audio.format)", data: .input_audio.data}
  elif .type == "file" and .file.file_id then {type: "file", fileId: .file.file_id}
  elif .type == "file" and (.file.file_data | startswith("data:")) then {type: "file", name: .file.filename} + (.file.file_data | data_url)
  elif .type == "file" then {type: "file", name: .file.filename, url: .file.file_data}
  elif .type == "thinking" then {type: "reasoning", text: (.thinking | if type == "array" then [.[].text] | join("") else . end), opaque: opaque($p; $m; {field: "thinking"})}
  else own($p) end;
def content($p; $m): if . == null or . == "" then [] elif type == "array" then [.[] | part($p; $m)] else [{type: "text", text: .}] end;
def marked: if .cache_control then .cache_control as $c | .content |= (map(. + {cache: (if $c.ttl == "1h" then "1h" else true end)})) else . end;
def thoughts($p; $m):
  if .reasoning_content != null then [{type: "reasoning", text: .reasoning_content, opaque: opaque($p; $m; {field: "reasoning_content"})}]
  elif .reasoning != null then [{type: "reasoning", text: .reasoning, opaque: opaque($p; $m; {field: "reasoning"})}]
  else [] end
  + if .reasoning_details then [{type: "reasoning", text: "", opaque: opaque($p; $m; {reasoning_details})}] else [] end;
def call: {type: "toolCall", id, name: .function.name, cache: (if .cache_control then true else null end),
  arguments: (.function.arguments | if . == "" then {} else fromjson end)} | known;
def message($p; $m):
  if .role == "tool" then {role, content: [{type: "toolResult", id: .tool_call_id, content: (if (.content | type) == "array" then [.content[] | part($p; $m)] else .content end)}]}
  elif .role == "assistant" then {role, content: (thoughts($p; $m) + (.content | content($p; $m)) + [.tool_calls[]? | call])}
  else {role: (if .role == "developer" then "system" else .role end),
        content: (if .cache_control then .cache_control as $c | (.content | content($p; $m) | map(. + {cache: (if $c.ttl == "1h" then "1h" else true end)}))
                  elif .role != "user" and (.content | type) == "string" then .content
                  else .content | content($p; $m) end)} end;
def choice: if type == "object" then {name: .function.name} elif . == "any" then "required" else . end;
def plain_schema: .type == "json_schema" and .json_schema.name == "response" and .json_schema.description == null;
.provider as $p | .body | .model as $m
| (if .response_format then .response_format | plain_schema else false end) as $schema
| [.tools[]? | select(.type == "function")] as $functions
| [.tools[]? | select(.type != "function")] as $own
| (["deepseek", "zai", "moonshot"] | index($p) != null) as $switched
| (.thinking.type == "enabled") as $on
| (if (.reasoning_effort as $e | ["low", "medium", "high"] | index([$e])) and ($on or ($switched | not)) then .reasoning_effort else null end) as $effort
| {
    type: "request", model: $m,
    messages: [.messages[] | message($p; $m)],
    tools: (if $functions == [] then null else [$functions[] | .function | {name, description, inputSchema: .parameters, strict} | known] end),
    toolChoice: (if $functions == [] then null else (.tool_choice | choice) end),
    options: ({
      maxTokens: (.max_completion_tokens // .max_tokens), temperature, topP: .top_p, stop, seed: (.seed // .random_seed), stream,
      parallelTools: .parallel_tool_calls,
      reasoning: $effort,
      responseSchema: (if $schema then .response_format.json_schema.schema else null end)
    } | known),
    providerOptions: {($p): (
      del(.model, .messages, .tools, .max_tokens, .max_completion_tokens, .temperature, .top_p, .stop, .seed, .random_seed, .stream, .parallel_tool_calls, .stream_options)
      | if $functions == [] then . else del(.tool_choice) end
      | if $effort == null then . else del(.reasoning_effort) end
      | if $schema then del(.response_format) else . end
      | . + {"tools+": (if $own == [] then null else $own end)}
      | known)}
  }
| known
