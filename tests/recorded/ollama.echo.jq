# The text and the calls; whether thinking goes back depends on the server.
{content: (.content // ""), calls: [.tool_calls[]? | .function | {name, arguments: (.arguments // {})}]}
