# Thoughts go back signed only, empty parts not at all; unsigned texts that follow each other are one.
def known: with_entries(select(.value != null));
[.[]? | known | select(. != {}) | select(.thought != true or .thoughtSignature != null) | select(.text != "" or .thoughtSignature != null)
 | if .functionCall then .functionCall |= {id, name, args: (.args // {})} | .functionCall |= known else . end]
| reduce .[] as $p ([]; if length > 0 and ($p | keys) == ["text"] and (.[-1] | keys) == ["text"] then .[-1].text += $p.text else . + [$p] end)
