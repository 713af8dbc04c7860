# The items of an answer, without the question and what need not be said: null, defaults, probabilities, and reasoning that OpenAI can't
# find again without its ciphertext.
def known: with_entries(select(.value != null));
[.[]? | objects | select(.role != "user") | known
 | select(.type != "reasoning" or .encrypted_content != null or (.content // []) != [])
 | if .role == "assistant" then
     del(.type, .status) | .content |= map(known | del(.logprobs) | if .annotations == [] then del(.annotations) else . end | select((.text // .refusal) != ""))
     | select(.content != [])
   elif .type == "function_call" then .arguments = (.arguments | if . == "" then "{}" else . end | fromjson)
   else . end]
