# Thoughts go back signed or sealed only, blank texts not at all; types that say what the member's name says are left out.
[.[]? | select(.text == null or (.text | test("\\S")))
 | select(.reasoningContent.reasoningText == null or .reasoningContent.reasoningText.signature != null)
 | if .text then del(.type) else . end
 | if .toolUse.type == "tool_use" then del(.toolUse.type) else . end]
