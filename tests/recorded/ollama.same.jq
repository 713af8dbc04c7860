# An /api/chat request without what may be spelled in two ways: the default of stream, absent lists, ids that the API does not know.
def known: with_entries(select(.value != null));
def message:
  known | .content = (.content // "")
  | if (.tool_calls // []) == [] then del(.tool_calls) else .tool_calls |= map(del(.id, .type) | .function |= {name, arguments: (.arguments // {})}) end
  | if (.images // []) == [] then del(.images) else . end
  | del(.tool_name, .tool_call_id);
known
| .messages |= map(message)
| if .tools == [] then del(.tools) else . end
| if .stream == null then .stream = true else . end
| if .options == {} or .options == null then del(.options) else .options |= (known | if (.stop | type) == "string" then .stop |= [.] else . end) end
| if .format == "" then del(.format) else . end
