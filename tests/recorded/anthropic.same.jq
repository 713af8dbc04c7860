# A Messages request without what may be spelled in two ways: absent defaults, a string for one text block, turns of one
# side as one turn, the order of tools.
def known: with_entries(select(.value != null));
def blocks: if type == "string" then [{type: "text", text: .}] else . end;
def block:
  if .cache_control.ttl == "5m" then del(.cache_control.ttl) else . end
  | if .type == "tool_result" then (if .is_error == false then del(.is_error) else . end) | .content |= (if type == "array" then map(block) else . end) else . end;
def merged: reduce .[] as $m ([]; if length > 0 and .[-1].role == $m.role then .[-1].content += $m.content else . + [$m] end);
known
| if .stream == false then del(.stream) else . end
| if .system then .system |= (blocks | map(block)) else . end
| .messages |= (map(.content |= (blocks | map(block))) | merged)
| if .tools then .tools |= (map(known) | sort_by(.name // .type)) else . end
| if .tools == [] then del(.tools) else . end
