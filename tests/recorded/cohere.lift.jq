# A recorded /v2/chat request as a request record; what the record has no name for goes into providerOptions.
def known: with_entries(select(.value != null));
def own($p): {type: "provider", provider: $p, value: .};
def part($p):
  if .type == "text" then {type: "text", text}
  elif .type == "thinking" then {type: "reasoning", text: .thinking, opaque: {provider: $p, value: {field: "thinking"}}}
  elif .type == "image_url" then {type: "image", url: .image_url.url}
  else own($p) end;
def content($p): if type == "string" then . else [.[]? | part($p)] end;
def parts($p): if type == "string" then [{type: "text", text: .}] else [.[]? | part($p)] end;
def call: {type: "toolCall", id, name: .function.name, arguments: (.function.arguments | fromjson)};
def turn($p):
  if .role == "tool" then
    {role, content: [{type: "toolResult", id: .tool_call_id, content: (.content | content($p))}]}
  elif .role == "assistant" then
    {role, content: ((if .tool_plan then [{type: "reasoning", text: .tool_plan, opaque: {provider: $p, value: {field: "tool_plan"}}}] else [] end)
                     + (.content // [] | parts($p)) + [.tool_calls[]? | call])}
  else {role, content: (.content | content($p))} end;
def file: .data | {type: "file", mediaType: "text/plain", name: .title, text} | known;
.provider as $p | .body | .model as $m
| (.response_format.json_schema) as $schema
| {
    type: "request", model: $m,
    messages: ([.messages[] | turn($p)]
               + (if .documents then [{role: "user", content: [.documents[] | file]}] else [] end)),
    tools: (if .tools == null then null
            else [.tools[] | .function | {name, description, inputSchema: .parameters} | known] end),
    toolChoice: ({REQUIRED: "required", NONE: "none"}[.tool_choice // ""]),
    options: ({
      maxTokens: .max_tokens, temperature, topP: .p, topK: .k, seed, stop: .stop_sequences, stream: (.stream // false),
      responseSchema: $schema, reasoning: (if .thinking.type == "enabled" and .thinking.token_budget == null then "xhigh" else null end)
    } | known),
    providerOptions: {($p): ({safety_mode, citation_options, frequency_penalty, presence_penalty, logprobs} | known)}
  }
| known
