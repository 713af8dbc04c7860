# A recorded Responses request as a request record; what the record has no name for goes into providerOptions.
def known: with_entries(select(.value != null));
def own($p): {type: "provider", provider: $p, value: .};
def opaque($p; $m): {opaque: {provider: $p, model: $m, value: .}};
def data_url: capture("^data:(?<mediaType>[^;,]*);base64,(?<data>.*)$"; "s");
def medium($type; $url): if ($url | startswith("data:")) then {type: $type} + ($url | data_url) else {type: $type, url: $url} end;
def part($p; $m):
  if .type == "input_text" and (keys == ["text", "type"]) then {type: "text", text}
  elif .type == "input_image" and (.image_url | type) == "string" and .detail == null then medium("image"; .image_url)
  elif .type == "input_file" and .file_url then {type: "file", url: .file_url}
  elif .type == "input_file" and .file_data then {name: .filename} + medium("file"; .file_data) | known
  elif .type == "input_file" then {type: "file", fileId: .file_id}
  else own($p) end;
def said($p; $m; $message):
  if .type == "output_text" or .type == "refusal" then
    {type: "text", text: (.text // .refusal)}
    + ({id: $message.id, phase: $message.phase, type: (if .type == "refusal" then .type else null end),
        annotations: (if (.annotations // []) == [] then null else .annotations end)} | known | if . == {} then {} else opaque($p; $m) end)
  else own($p) end;
def output($p; $m): if type == "array" then [.[] | part($p; $m)] else . end;
def item($p; $m):
  if type == "string" then {role: "user", content: .}
  elif .type == "reasoning" then {role: "assistant", content: [{type: "reasoning", text: ([.summary[]?.text] | join(""))} + opaque($p; $m)]}
  elif .type == "function_call" then
    {role: "assistant", content: [{type: "toolCall", id: .call_id, name, arguments: (.arguments | fromjson)} + (del(.call_id, .name, .arguments) | opaque($p; $m))]}
  elif .type == "function_call_output" then {role: "tool", content: [{type: "toolResult", id: .call_id, content: (.output | output($p; $m))}]}
  elif .role == "assistant" and (.type // "message") == "message" then
    . as $message | {role, content: (if (.content | type) == "string" then [{type: "text", text: .content}] else [.content[] | said($p; $m; $message)] end)}
  elif .role and (.type // "message") == "message" then
    {role: (if .role == "developer" then "system" else .role end), content: (.content | output($p; $m))}
  else {role: (if .type | test("_call$|_search_output$") then "assistant" else "user" end), content: [own($p)]} end;
def choice: if type == "object" then {name} else . end;
def plain_schema: .text.format | .type == "json_schema" and .name == "response" and .description == null;
.provider as $p | .body | .model as $m
| ([.tools[]? | select(.type == "function" and .defer_loading == null)]) as $functions
| ([.tools[]? | select(.type != "function" or .defer_loading != null)]) as $own
| plain_schema as $schema
| {
    type: "request", model: $m,
    messages: ((if .instructions then [{role: "system", content: .instructions}] else [] end)
               + if (.input | type) == "array" then [.input[] | item($p; $m)] else [.input | item($p; $m)] end),
    tools: (if $functions == [] then null else [$functions[] | {name, description, inputSchema: .parameters, strict} | known] end),
    toolChoice: (if $functions == [] then null else (.tool_choice | choice) end),
    options: ({
      maxTokens: .max_output_tokens, temperature, topP: .top_p, stream,
      parallelTools: (if $functions == [] then null else .parallel_tool_calls end),
      reasoning: .reasoning.effort,
      responseSchema: (if $schema then .text.format.schema else null end)
    } | known),
    providerOptions: {($p): (
      (del(.model, .input, .instructions, .tools, .max_output_tokens, .temperature, .top_p, .stream, .reasoning)
       | if $functions == [] then . else del(.tool_choice, .parallel_tool_calls) end
       | if $schema then del(.text) else . end
       | {"tools+": (if $own == [] then null else $own end)} + . | known)
      + {store, "include": .["include"]}
      + if .reasoning then {reasoning: ({summary: null} + .reasoning | del(.effort))} else {} end)}
  }
| known
