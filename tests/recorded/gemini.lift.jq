# A recorded generateContent request as a request record; what the record has no name for goes into providerOptions.
def known: with_entries(select(.value != null));
def list: if . == null then [] elif type == "array" then . else [.] end;
# Both spellings of the API's names occur; what users name (arguments, schemas' properties, results) stays.
def name: if contains("_") then split("_") | [.[0]] + [.[1:][] | (.[0:1] | ascii_upcase) + .[1:]] | join("") else . end;
def camel:
  if type == "array" then map(camel)
  elif type == "object" then
    with_entries(.key |= name
      | if .key | . == "args" or . == "response" or . == "parameters" or . == "parametersJsonSchema" or . == "responseSchema"
                  or . == "responseJsonSchema" or . == "labels" then .
        else .value |= camel end)
  else . end;
def own($provider): {type: "provider", provider: $provider, value: .};
def media($type): {type: (if ["image", "audio", "video"] | index($type | split("/")[0]) then ($type | split("/")[0]) else "file" end), mediaType: $type};
def opaque($p; $model): .thoughtSignature as $s | if $s == null then null else {provider: $p, model: $model, value: $s} end;
def id($name; $n): .id // "gemini-\($name)-\($n)";
def part($p; $model):
  opaque($p; $model) as $opaque
  | if has("text") and .thought then {type: "reasoning", text, opaque: $opaque}
    elif has("text") then {type: "text", text, opaque: $opaque}
    elif .functionCall then (.functionCall | {type: "toolCall", id: id(.name; "call"), name, arguments: .args, opaque: $opaque})
    elif .functionResponse.parts == null and .functionResponse then (.functionResponse | {type: "toolResult", id: id(.name; "call"), content: .response})
    elif .inlineData then (.inlineData | media(.mimeType) + {data})
    elif .fileData then (.fileData | media(.mimeType) + {url: .fileUri})
    else own($p) end
  | known;
def choice:
  if . == null then null
  elif .mode == "AUTO" then "auto"
  elif .mode == "NONE" then "none"
  elif .mode == "ANY" and .allowedFunctionNames == null then "required"
  elif .mode == "ANY" and (.allowedFunctionNames | length) == 1 then {name: .allowedFunctionNames[0]}
  else null end;
def thinking:
  if . == null then null
  elif .thinkingBudget == 0 then "off"
  elif .includeThoughts and .thinkingBudget != null then {budgetTokens: .thinkingBudget}
  elif .includeThoughts and .thinkingLevel != null then .thinkingLevel | ascii_downcase
  else null end;
.provider as $p | (.url // "" | capture("models/(?<m>[^:/]+):(?<verb>[A-Za-z]+)") // {}) as $url
| ($url.m // .model // "gemini") as $model
| (($url.verb // "") == "streamGenerateContent") as $stream
| .body | camel | .generationConfig as $g
| ($g.thinkingConfig | thinking) as $reasoning
| [.tools | list[] | .functionDeclarations[]?] as $functions
| (.toolConfig.functionCallingConfig | choice) as $choice
| {
    type: "request", model: $model,
    messages: (
      (if .systemInstruction == null then [] else [{role: "system", content: [.systemInstruction.parts | list[] | part($p; $model)]}] end)
      + [.contents | list[] | {role: (if .role == "model" then "assistant" else "user" end), content: [.parts | list[] | part($p; $model)]}]),
    tools: (if $functions == [] then null else [$functions[] | {name, description, inputSchema: (.parametersJsonSchema // .parameters)} | known] end),
    toolChoice: (if $functions == [] then null else $choice end),
    options: ({
      maxTokens: $g.maxOutputTokens, temperature: $g.temperature, topP: $g.topP, topK: $g.topK, seed: $g.seed, stop: $g.stopSequences,
      stream: $stream, reasoning: $reasoning,
      responseSchema: ($g.responseJsonSchema // $g.responseSchema)
    } | known),
    providerOptions: {($p): (
      (del(.contents, .systemInstruction, .tools, .generationConfig, .toolConfig)
       + {"tools+": ([.tools | list[] | del(.functionDeclarations) | select(. != {})] | if . == [] then null else . end),
          toolConfig: (if $functions != [] and $choice != null then .toolConfig | del(.functionCallingConfig) else .toolConfig end | if . == {} then null else . end),
          generationConfig: ($g // {} | del(.maxOutputTokens, .temperature, .topP, .topK, .seed, .stopSequences, .responseJsonSchema, .responseSchema)
                             | if $reasoning == null then . else del(.thinkingConfig) end
                             | if . == {} then null else . end)}) | known)}
  }
| known
