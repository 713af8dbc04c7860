# A recorded Messages request as a request record; what the record has no name for goes into providerOptions.
def known: with_entries(select(.value != null));
def mark: if .cache_control == null then null elif .cache_control.ttl == "1h" then "1h" else true end;
def own($provider): {type: "provider", provider: $provider, value: .};
def source:
  if .type == "base64" then {mediaType: .media_type, data}
  elif .type == "url" then {url}
  elif .type == "file" then {fileId: .file_id}
  else {mediaType: "text/plain", text: .data} end;
def part($p; $model):
  if .type == "text" and .citations == null then {type: "text", text, cache: mark}
  elif .type == "image" then {type: "image", cache: mark} + (.source | source)
  elif .type == "document" and .citations == null then {type: "file", name: .title, cache: mark} + (.source | source)
  elif .type == "thinking" then {type: "reasoning", text: .thinking, opaque: {provider: $p, model: $model, value: {signature}}}
  elif .type == "redacted_thinking" then {type: "reasoning", text: "", opaque: {provider: $p, model: $model, value: .}}
  elif .type == "tool_use" then {type: "toolCall", id, name, arguments: .input, cache: mark}
  elif .type == "tool_result" then
    {type: "toolResult", id: .tool_use_id, isError: .is_error, cache: mark,
     content: (if (.content | type) == "array" then [.content[] | part($p; $model)] else .content end)}
  else own($p) end | known;
def content($p; $model): if type == "string" then . else [.[] | part($p; $model)] end;
def is_tool: .type == null and .defer_loading == null;
def choice:
  if . == null then null
  elif .type == "any" then "required"
  elif .type == "tool" then {name}
  else .type end;
def messages($p; $model):
  (if .system == null then [] else [{role: "system", content: (.system | content($p; $model))}] end)
  + [.messages[] | {role, content: (.content | content($p; $model))}];
.provider as $p | (.url // "" | capture("models/(?<m>[^:/]+):") // {}) as $url | .body | (.model // $url.m) as $model
| (.thinking.budget_tokens // 0) as $budget
| (.output_config.format != null) as $schema
| ((.thinking.type == "adaptive") and .output_config.effort != null) as $effort
| {
    type: "request", model: $model,
    messages: messages($p; $model),
    tools: (if .tools == null then null
            else [.tools[] | select(is_tool) | {name, description, inputSchema: .input_schema, strict, cache: mark} | known] end),
    toolChoice: (if any(.tools[]?; is_tool) then .tool_choice | choice else null end),
    options: ({
      maxTokens: (.max_tokens - $budget),
      temperature, topP: .top_p, topK: .top_k, stop: .stop_sequences, stream,
      reasoning: (if $budget > 0 then {budgetTokens: $budget} elif $effort then .output_config.effort else null end),
      responseSchema: .output_config.format.schema,
      parallelTools: (if (any(.tools[]?; is_tool) | not) or .tool_choice.disable_parallel_tool_use == null then null else (.tool_choice.disable_parallel_tool_use | not) end)
    } | known),
    providerOptions: {($p): (
      {tool_choice: (if any(.tools[]?; is_tool) then null else .tool_choice end),
       service_tier, metadata, container, mcp_servers, cache_control, output_format, context_management,
       output_config: (.output_config // {} | if $schema then del(.format) else . end | if $effort then del(.effort) else . end
                       | if . == {} then null else . end),
       "tools+": ([.tools[]? | select(is_tool | not)] | if . == [] then null else . end)} | known)}
  } | known
