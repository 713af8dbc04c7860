# A Responses request without what may be spelled in two ways: absent defaults, instructions for a first system item, developer for
# system, a string for a list of one text, empty texts of the assistant's, arguments' spelling, the order of tools.
def known: with_entries(select(.value != null));
def texts($kind): if type == "string" then [{type: $kind, text: .}] else . end;
def said: map(known | del(.logprobs) | if .annotations == [] then del(.annotations) else . end | select(.type != "output_text" or .text != ""));
def item:
  if type == "string" then {role: "user", content: .} else . end
  | known
  | if .role and (.type // "message") == "message" then
      del(.type, .status)
      | (if .role == "assistant" then "output_text" else "input_text" end) as $kind
      | .content |= texts($kind)
      | .content |= said
      | if .role == "developer" then .role = "system" else . end
    elif .type == "function_call" then .arguments = (.arguments | fromjson)
    elif .type == "function_call_output" and (.output | type) == "array" then .output |= map(known)
    else . end;
def tool: known | if .strict == false then del(.strict) else . end;
known
| .input |= (if type == "string" then [.] else . end | map(item | select(.role != "assistant" or .content != [])))
| if .instructions then .input = [{role: "system", content: [{type: "input_text", text: .instructions}]}] + .input | del(.instructions) else . end
| if .tools then .tools |= (map(tool) | sort_by(.name // .type)) else . end
| if .tools == [] then del(.tools) else . end
| if .stream == false then del(.stream) else . end
| if .reasoning then .reasoning |= known else . end
| if .text.format.strict == false then del(.text.format.strict) else . end
