# What every server takes back: the text, thinking inside it (Mistral) apart, and the calls, legacy ones in today's form.
def text: if type == "array" then [.[] | select(.type == "text") | .text] | join("") else . // "" end;
if . == null then {content: "", calls: []} else
  {
    content: ((.content | text) + (.refusal // "")),
    reasoning: (.reasoning_content // null),
    details: (.reasoning_details // []),
    calls: ((if (.function_call.name? // "") != "" and (.tool_calls // []) == [] then [.function_call | {id: "call_0", name, arguments: (.arguments | fromjson)}] else [] end) + [.tool_calls // [] | to_entries[] | .key as $n | .value | {id: (if (.id // "") == "" then "call_\($n)" else .id end), name: (.function.name // .custom.name), arguments: ((.function.arguments // .custom.input // "{}") | if . == "" then "{}" else . end | fromjson)}])
  }
end
