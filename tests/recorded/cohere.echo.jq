# Text, thoughts, plan and calls; citations are the answer's alone.
{content: [.content[]? | select(.text != "") | del(.citations)], plan: (.tool_plan // ""),
 calls: [.tool_calls[]? | {id, name: .function.name, arguments: (.function.arguments | fromjson)}]}
