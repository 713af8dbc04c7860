# A recorded /api/chat request as a request record; what the record has no name for goes into providerOptions.
def known: with_entries(select(.value != null));
def image: {type: "image", mediaType: "image/png", data: .};
def call($n): {type: "toolCall", id: (.id // "call_\($n)"), name: .function.name, arguments: .function.arguments};
# Results have no id: they answer the calls in order.
def messages:
  reduce .[] as $m ({out: [], calls: [], n: 0};
    if $m.role == "tool" then
      .out += [{role: "tool", content: [{type: "toolResult", id: (.calls[0] // "call_0"), content: $m.content}]}] | .calls |= .[1:]
    else
      .n as $n | ([($m.tool_calls // []) | to_entries[] | .key as $k | .value | call($n + $k)]) as $calls
      | .n += ($calls | length) | .calls += [$calls[].id]
      | .out += [{role: $m.role,
                  content: ((if ($m.thinking // "") == "" then [] else [{type: "reasoning", text: $m.thinking}] end)
                            + (if ($m.content // "") == "" then [] else [{type: "text", text: $m.content}] end)
                            + [$m.images[]? | image] + $calls)}]
    end) | .out;
.provider as $p | .body | .model as $m
| (.options // {}) as $o
| {
    type: "request", model: $m,
    messages: (.messages | messages),
    tools: (if (.tools // []) == [] then null else [.tools[] | .function | {name, description, inputSchema: .parameters} | known] end),
    options: ({
      maxTokens: $o.num_predict, temperature: $o.temperature, topP: $o.top_p, topK: $o.top_k, seed: $o.seed, stop: $o.stop,
      stream: (if .stream == null then true else .stream end),
      reasoning: (if .think == false then "off" else null end),
      responseSchema: (if (.format | type) == "object" then .format else null end)
    } | known),
    providerOptions: {($p): (
      del(.model, .messages, .tools, .stream)
      | if .think == false then del(.think) else . end
      | if (.format | type) == "object" then del(.format) else . end
      | .options |= ((. // {}) | del(.num_predict, .temperature, .top_p, .top_k, .seed, .stop) | if . == {} then null else . end)
      | known)}
  }
| known
