# A chat completion request without what may be spelled in two ways: absent defaults, the name of the token limit, a string for
# one text part, developer for system, arguments' spelling, what is asked for usage, reasoning that is sent back under two names
# or is empty (DeepSeek asks for it, were it empty), thinking in several texts.
def known: with_entries(select(.value != null));
def parts: if . == null or . == "" then [] elif type == "string" then [{type: "text", text: .}] else . end;
def thinking: if .type == "thinking" and (.thinking | type) == "array" then .thinking |= [{type: "text", text: ([.[].text] | join(""))}] else . end;
def image: if .type == "image_url" and (.image_url | type) == "string" then .image_url = {url: .image_url} else . end;
def marks($m): if $m.cache_control and (.content | length) > 0 then .content[-1].cache_control = $m.cache_control else . end;
def message:
  known | . as $m | .content |= (parts | map(known | image | thinking)) | marks($m) | del(.cache_control, .name)
  | if .reasoning_content == "" then del(.reasoning_content) else . end
  | if .reasoning == .reasoning_content then del(.reasoning) else . end
  | if .prefix == false then del(.prefix) else . end
  | if .role == "developer" then .role = "system" else . end
  | if (.tool_calls // []) == [] then del(.tool_calls) else .tool_calls |= map(.function.arguments |= (if . == "" then "{}" else . end | fromjson) | del(.index)) end;
def tool: if .function then .function |= (known | if .strict == false then del(.strict) else . end) else . end;
known
| .messages |= map(message)
| if .tools then .tools |= map(tool) else . end
| if .max_completion_tokens then .max_tokens = .max_completion_tokens | del(.max_completion_tokens) else . end
| if .random_seed then .seed = .random_seed | del(.random_seed) else . end
| if .tools == [] then del(.tools) else . end
| if .temperature == 1 then del(.temperature) else . end
| if .stream == false then del(.stream) else . end
| if (.stop | type) == "string" then .stop |= [.] else . end
| if .response_format.json_schema.strict == false then del(.response_format.json_schema.strict) else . end
| del(.stream_options)
