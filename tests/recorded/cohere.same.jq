# A /v2/chat request without what may be spelled in two ways: a string for one text block, empty texts, the default of stream;
# a turn that only bears documents is the record's place for them.
def known: with_entries(select(.value != null));
def blocks: if type == "string" then [{type: "text", text: .}] else . end | [.[]? | select(.text != "")];
known
| .messages |= [.[] | .content |= blocks | if .content == [] then del(.content) else . end]
| .messages |= [.[] | select(.role != "user" or has("content"))]
| if .tools then .tools |= map(.function.parameters |= (. // {})) else . end
| if .stream == null then .stream = false else . end
