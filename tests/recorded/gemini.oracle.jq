# What a generateContent answer, or all chunks of a stream, hold, by the API's documents.
def known: with_entries(select(.value != null));
def chunks: .events | if (.[0] | type) == "array" then .[0] else . end;
def candidates: [.[] | .candidates[]? | select((.index // 0) == 0)];
def parts: [candidates[] | .content.parts[]?];
def words: [null, "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER"];
def finish: [candidates[] | .finishReason | select(. != null) | if type == "number" then words[.] else . end] | last;
# Arguments that come as paths: a string goes on where it was; a call without a name goes on with the one before.
def partial($p):
  ($p.jsonPath | split(".")[1:]) as $path |
  if ($p | has("stringValue")) then setpath($path; (getpath($path) // "") + $p.stringValue)
  elif ($p | has("numberValue")) then setpath($path; $p.numberValue)
  elif ($p | has("boolValue")) then setpath($path; $p.boolValue)
  else setpath($path; null) end;
def calls:
  reduce (parts[] | .functionCall | select(. != null)) as $c ([];
    if $c.name then . + [{name: $c.name, arguments: ($c.args // {})}]
    else reduce ($c.partialArgs[]?) as $p (.; .[-1].arguments |= partial($p)) end);
def stop($finish; $calls):
  if $finish == "STOP" then (if ($calls | length) > 0 then "tool" else "end" end)
  elif $finish == "MAX_TOKENS" then "length"
  elif ($finish | test("SAFETY|RECITATION|BLOCKLIST|PROHIBITED|SPII|MODEL_ARMOR")) then "filter"
  elif ($finish == "OTHER") then "other"
  else "error" end;
def usage:
  ([.[] | .usageMetadata // {} | known] | add // {}) as $u |
  {
    tokensIn: (if $u.promptTokenCount then $u.promptTokenCount + ($u.toolUsePromptTokenCount // 0) else $u.toolUsePromptTokenCount end),
    tokensOut: (if $u.candidatesTokenCount then $u.candidatesTokenCount + ($u.thoughtsTokenCount // 0) else $u.thoughtsTokenCount end),
    cacheReadTokens: $u.cachedContentTokenCount,
    reasoningTokens: $u.thoughtsTokenCount
  } | known | if has("tokensIn") or has("tokensOut") then . else {} end;
def media: [parts[] | .inlineData | select(. != null) | {type: (.mimeType | split("/")[0]), mediaType: .mimeType, bytes: (.data | length)}];
# Each source with the words that rest on it, or alone: the segments repeat those words.
def citations: [candidates[] | .groundingMetadata // {} | (.groundingSupports // []) as $supports | .groundingChunks // [] | to_entries[]
  | .key as $i | (.value | .web // .retrievedContext // .maps // .image // {} | {url: .uri, title, text, documentId: .documentName} | known) as $source
  | [$supports[] | select(.groundingChunkIndices | index($i)) | .segment.text] as $words
  | if $words == [] then $source else $words[] | . as $w | $source + {words: $w} end];
chunks | finish as $finish | calls as $calls | parts as $parts |
if ([.[] | .error | select(. != null)] | length) > 0 then {ok: false, messageStart: ([.[] | .error.message | select(. != null)][0][0:60])}
elif (candidates | length) == 0 then
  (if ([.[] | .promptFeedback | select(. != null)] | length) > 0 then {ok: false, kind: "content_filter"} else {ok: false} end)
elif $finish == null then {ok: false, kind: "truncated"}
elif ($finish == "OTHER" and $parts == []) then {ok: false, kind: "server", stop: "other"}
else
  {
    ok: (stop($finish; $calls) != "error"),
    content: ([$parts[] | select(.thought != true) | .text // empty] | join("")),
    reasoning: ([$parts[] | select(.thought == true) | .text // empty] | join("")),
    toolCalls: $calls,
    citations: citations,
    stop: stop($finish; $calls),
    usage: usage,
    media: media
  }
end
