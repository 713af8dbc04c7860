# A recorded Converse request as a request record; what the record has no name for goes into providerOptions.
def known: with_entries(select(.value != null));
def own($p): {type: "provider", provider: $p, value: .};
def media_type:
  {png: "image/png", jpeg: "image/jpeg", gif: "image/gif", webp: "image/webp", pdf: "application/pdf", txt: "text/plain",
   csv: "text/csv", html: "text/html", md: "text/markdown", mp4: "video/mp4"}[.];
def source: if .bytes then {data: .bytes} else {url: .s3Location.uri} end;
def part($p; $model):
  if .text then {type: "text", text}
  elif .image then .image | {type: "image", mediaType: (.format | media_type)} + (.source | source)
  elif .video then .video | {type: "video", mediaType: (.format | media_type)} + (.source | source)
  elif .document and .document.citations == null then .document | {type: "file", name, mediaType: (.format | media_type)} + (.source | source)
  elif .reasoningContent.reasoningText then .reasoningContent.reasoningText | {type: "reasoning", text, opaque: {provider: $p, model: $model, value: {signature}}}
  elif .reasoningContent then {type: "reasoning", text: "", opaque: {provider: $p, model: $model, value: .reasoningContent}}
  elif .toolUse and .toolUse.type == null then .toolUse | {type: "toolCall", id: .toolUseId, name, arguments: .input}
  elif .toolResult and .toolResult.type == null then .toolResult |
    {type: "toolResult", id: .toolUseId, isError: (if .status == "error" then true else null end),
     content: (if (.content | length) == 1 and .content[0].json then .content[0].json else [.content[] | part($p; $model)] end)}
  else own($p) end | known;
# A cache point marks the part before it.
def mark: if .cachePoint.ttl == "1h" then "1h" else true end;
def parts($p; $model):
  reduce .[] as $b ([]; if $b.cachePoint and length > 0 then .[-1].cache = ($b | mark) else . + [$b | part($p; $model)] end);
def choice:
  if . == null then null elif .auto then "auto" elif .any then "required" else {name: .tool.name} end;
.provider as $p | (.url // "" | capture("/model/(?<m>[^/]+)/(?<verb>[a-z-]+)") // {}) as $url
| ($url.m // .model // "model" | gsub("%3A"; ":")) as $model
| .body | (.additionalModelRequestFields // {}) as $more
| (if $more.thinking.budget_tokens then {budgetTokens: $more.thinking.budget_tokens} else $more.reasoning_config end) as $reasoning
| .outputConfig.textFormat.structure.jsonSchema as $schema
| {
    type: "request", model: $model,
    messages: (
      (if (.system // []) == [] then [] else [{role: "system", content: (.system | parts($p; $model))}] end)
      + [.messages[] | {role, content: (.content | parts($p; $model))}]),
    tools: ([.toolConfig.tools[]? | select(.toolSpec) | .toolSpec | {name, description, inputSchema: .inputSchema.json, strict} | known] | if . == [] then null else . end),
    toolChoice: (.toolConfig.toolChoice | choice),
    options: ({
      maxTokens: .inferenceConfig.maxTokens, temperature: .inferenceConfig.temperature, topP: .inferenceConfig.topP,
      stop: .inferenceConfig.stopSequences, topK: $more.inferenceConfig.topK, reasoning: $reasoning,
      stream: ($url.verb == "converse-stream"),
      responseSchema: (if $schema then $schema.schema | fromjson else null end)
    } | known),
    providerOptions: {($p): ({
      guardrailConfig,
      toolConfig: ([.toolConfig.tools[]? | select(.toolSpec == null)] | if . == [] then null else {"tools+": .} end),
      outputConfig: (if $schema then {textFormat: {structure: {jsonSchema: ($schema | {name, description} | known)}}} else null end)
    } | known)}
  }
| known
