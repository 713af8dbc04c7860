# Blank texts are refused, so they don't come back; absent and empty citations are one.
def known: with_entries(select(.value != null));
[.[]? | known | select(.type != "text" or (.text | test("\\S"))) | if .citations == [] then del(.citations) else . end]
