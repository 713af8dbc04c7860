# What an answer with an error status says: by its status, the features that the case was tagged with, and the body's own message.
def body: .events[0] | if type == "array" then .[0] else . end;
def message:
  if type == "string" then .
  elif (.error | type) == "object" then (.error | [.message // .type, (.metadata.raw | strings)] | join(": "))
  elif (.error | type) == "string" then .error
  else (.message // .detail // "") end;
def too_long: test("context length|context window|prompt is too long|length of all messages is too long|exceeds the maximum number of tokens|input tokens exceeded"; "i");
def kind($status; $features; $name):
  if $status < 429 and (message | type == "string" and too_long) then "context_length"
  elif ($features | index("content-filter")) then "content_filter"
  elif type == "object" and (.error | type) == "object" and .error.code == "tool_use_failed" then "protocol" # the model's own tool call was malformed: another try may do better
  elif type == "object" and (.error | type) == "object" and .error.code == "model_not_found" then "not_found"
  elif $status == 401 or (message | type == "string" and test("incorrect api key"; "i")) or $name == "UnrecognizedClientException" then "auth"
  elif $status == 403 then "permission"
  elif $status == 404 then "not_found"
  elif $status == 429 then "rate_limit"
  else "invalid_request" end;
. as $in | body as $body |
{
  ok: false,
  kind: ($body | kind($in.meta.http_status; $in.meta.features; $in.meta.headers["x-amzn-errortype"] // "" | split(":")[0])),
} + (if ($body | type) == "string" then {} else {messageStart: ($body | message | .[0:60])} end)
