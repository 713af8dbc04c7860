/* SPDX-License-Identifier: MIT */
/* error - the table of provider errors, and the walk through it. */
#include "llm/error.h"

#define CODE(kind, word)                                                                           \
	{                                                                                          \
		ERROR_BY_CODE, kind, word, 0, 0                                                    \
	}
#define CODE_PART(kind, word)                                                                      \
	{                                                                                          \
		ERROR_BY_CODE_PART, kind, word, 0, 0                                               \
	}
#define TEXT(kind, words)                                                                          \
	{                                                                                          \
		ERROR_BY_TEXT, kind, words, 0, 0                                                   \
	}
#define TEXT_AT(kind, words, low, high)                                                            \
	{                                                                                          \
		ERROR_BY_TEXT, kind, words, low, high                                              \
	}
#define STATUS(kind, low, high)                                                                    \
	{                                                                                          \
		ERROR_BY_STATUS, kind, NULL, low, high                                             \
	}

/* clang-format off */
const struct error_rule error_rules[] = {
	/* --- codes that mean one thing --- */
	CODE(ERROR_QUOTA, "insufficient_quota"),
	CODE(ERROR_QUOTA, "quota_exceeded"),
	CODE(ERROR_QUOTA, "billing_error"),
	CODE(ERROR_QUOTA, "billing_hard_limit_reached"),
	CODE(ERROR_QUOTA, "billing_not_active"),
	CODE(ERROR_QUOTA, "enforced_spend_limit_reached"),
	CODE(ERROR_QUOTA, "insufficient_balance"),
	CODE(ERROR_QUOTA, "insufficient_credits"),
	CODE(ERROR_QUOTA, "insufficient_funds"),
	CODE(ERROR_QUOTA, "blocked_api_access"),
	CODE(ERROR_QUOTA, "service_quota_exceeded"),
	CODE(ERROR_QUOTA, "ServiceQuotaExceededException"),
	CODE(ERROR_QUOTA, "Arrearage"),
	CODE(ERROR_QUOTA, "usage_limit_reached"), /* of a plan, hours or days long */
	CODE(ERROR_QUOTA, "usage_not_included"),
	CODE_PART(ERROR_QUOTA, "PerDay"), /* Gemini's quotaId: nine hours are no wait */
	/* One request above a whole minute's allowance never succeeds on this account, though the
	 * code says rate limit. */
	TEXT_AT(ERROR_QUOTA, "request too large for", 413, 429),
	TEXT_AT(ERROR_QUOTA, "too many tokens per day", 429, 429), /* Bedrock's daily allowance */

	CODE(ERROR_CONTEXT_LENGTH, "context_length_exceeded"),
	CODE(ERROR_CONTEXT_LENGTH, "exceed_context_size_error"),
	CODE(ERROR_CONTEXT_LENGTH, "model_context_window_exceeded"),
	CODE(ERROR_CONTEXT_LENGTH, "too_many_prompt_tokens"),
	CODE(ERROR_CONTEXT_LENGTH, "tokens_limit_reached"),
	CODE(ERROR_INVALID_REQUEST, "string_above_max_length"),

	CODE(ERROR_CONTENT_FILTER, "content_filter"),
	CODE(ERROR_CONTENT_FILTER, "ResponsibleAIPolicyViolation"),
	CODE(ERROR_CONTENT_FILTER, "content_policy_violation"),
	CODE(ERROR_CONTENT_FILTER, "image_content_policy_violation"),
	CODE(ERROR_CONTENT_FILTER, "data_inspection_failed"),
	CODE(ERROR_CONTENT_FILTER, "DataInspectionFailed"),
	CODE(ERROR_CONTENT_FILTER, "invalid_prompt_safety"),
	CODE(ERROR_CONTENT_FILTER, "cyber_policy_violation"),

	CODE(ERROR_REGION, "unsupported_country_region_territory"),
	CODE(ERROR_REGION, "USER_LOCATION_INVALID"),

	CODE(ERROR_AUTH, "invalid_api_key"),
	CODE(ERROR_AUTH, "API_KEY_INVALID"),
	CODE(ERROR_AUTH, "API_KEY_EXPIRED"),
	CODE(ERROR_AUTH, "invalid_authentication"),
	CODE(ERROR_AUTH, "account_deactivated"),
	CODE(ERROR_AUTH, "UnrecognizedClientException"),
	CODE(ERROR_AUTH, "ExpiredTokenException"),
	CODE(ERROR_AUTH, "InvalidSignatureException"),
	CODE(ERROR_AUTH, "IncompleteSignatureException"),
	CODE(ERROR_AUTH, "IncompleteSignature"),
	CODE(ERROR_AUTH, "SignatureDoesNotMatch"),
	CODE(ERROR_AUTH, "InvalidClientTokenId"),
	CODE(ERROR_AUTH, "MissingAuthenticationTokenException"),
	CODE(ERROR_AUTH, "MissingAuthenticationToken"),

	CODE(ERROR_NOT_FOUND, "model_not_found"),
	CODE(ERROR_NOT_FOUND, "DeploymentNotFound"),
	CODE(ERROR_NOT_FOUND, "unknown_model"),
	CODE(ERROR_NOT_FOUND, "model_decommissioned"),
	CODE(ERROR_NOT_FOUND, "model_not_available"),
	CODE(ERROR_NOT_FOUND, "invalid_model"),
	CODE(ERROR_PERMISSION, "model_terms_required"),

	CODE(ERROR_RATE_LIMIT, "rate_limit_exceeded"),
	CODE(ERROR_RATE_LIMIT, "RateLimitReached"),
	CODE(ERROR_RATE_LIMIT, "ThrottlingException"),
	CODE(ERROR_RATE_LIMIT, "TooManyRequestsException"),
	CODE(ERROR_RATE_LIMIT, "too_many_requests"),
	CODE(ERROR_RATE_LIMIT, "RATE_LIMIT_EXCEEDED"),

	CODE(ERROR_OVERLOADED, "overloaded"),
	CODE(ERROR_OVERLOADED, "overloaded_error"),
	CODE(ERROR_OVERLOADED, "engine_overloaded"),
	CODE(ERROR_OVERLOADED, "engine_overloaded_error"),
	CODE(ERROR_OVERLOADED, "slow_down"),
	CODE(ERROR_OVERLOADED, "server_is_overloaded"),
	CODE(ERROR_OVERLOADED, "service_tier_capacity_exceeded"),
	CODE(ERROR_OVERLOADED, "capacity_exceeded"),
	CODE(ERROR_OVERLOADED, "ModelNotReadyException"), /* AWS's own clients try it again */
	CODE(ERROR_SERVER, "ModelErrorException"),

	/* The model's own tool call or JSON was malformed: another try may do better. */
	CODE(ERROR_PROTOCOL, "tool_use_failed"),
	CODE(ERROR_PROTOCOL, "json_validate_failed"),

	/* --- words, where the code says too little --- */
	TEXT(ERROR_QUOTA, "credit balance"),
	TEXT(ERROR_QUOTA, "spend limit"),
	TEXT(ERROR_QUOTA, "spending cap"),
	TEXT(ERROR_QUOTA, "spending limit"),
	TEXT(ERROR_QUOTA, "usage limits. you will regain access"),
	TEXT(ERROR_QUOTA, "key limit exceeded"),
	TEXT(ERROR_QUOTA, "account is not active"),
	TEXT(ERROR_QUOTA, "insufficient balance"),
	TEXT(ERROR_QUOTA, "insufficient credits"),
	TEXT(ERROR_QUOTA, "requires more credits"),
	TEXT(ERROR_QUOTA, "used up all available credits"),
	TEXT(ERROR_QUOTA, "api calls / month"), /* Cohere's trial keys */
	TEXT_AT(ERROR_QUOTA, "usage limit, please", 429, 429), /* Ollama's cloud: of hours, weeks */
	TEXT_AT(ERROR_QUOTA, "usage limit, upgrade", 429, 429),

	/* Never at 429: there the words are about an account's allowance. */
	TEXT_AT(ERROR_CONTEXT_LENGTH, "maximum context length", 400, 428),
	TEXT_AT(ERROR_CONTEXT_LENGTH, "max context length", 400, 428),
	TEXT_AT(ERROR_CONTEXT_LENGTH, "maximum context limit", 400, 428),
	TEXT_AT(ERROR_CONTEXT_LENGTH, "exceed context limit", 400, 428),
	TEXT_AT(ERROR_CONTEXT_LENGTH, "exceeds the context", 400, 428),
	TEXT_AT(ERROR_CONTEXT_LENGTH, "context window", 400, 428),
	TEXT_AT(ERROR_CONTEXT_LENGTH, "prompt is too long", 400, 428),
	TEXT_AT(ERROR_CONTEXT_LENGTH, "prompt too long", 400, 428),
	TEXT_AT(ERROR_CONTEXT_LENGTH, "input is too long", 400, 428),
	TEXT_AT(ERROR_CONTEXT_LENGTH, "input tokens exceeded", 400, 428),
	TEXT_AT(ERROR_CONTEXT_LENGTH, "too many total text bytes", 400, 428),
	TEXT_AT(ERROR_CONTEXT_LENGTH, "total length of all messages is too long", 400, 428),
	TEXT_AT(ERROR_CONTEXT_LENGTH, "longer than the model's context length", 400, 428),
	TEXT_AT(ERROR_CONTEXT_LENGTH, "input tokens exceed the configured limit", 400, 428),
	TEXT_AT(ERROR_CONTEXT_LENGTH, "`inputs` tokens + `max_new_tokens` must be", 400, 428),
	TEXT_AT(ERROR_CONTEXT_LENGTH, "exceeds the available context size", 400, 599),
	TEXT_AT(ERROR_CONTEXT_LENGTH, "exceeds the maximum number of tokens allowed", 400, 428),
	TEXT_AT(ERROR_CONTEXT_LENGTH, "current length is", 400, 428),
	TEXT_AT(ERROR_CONTEXT_LENGTH, "maximum input length is", 400, 428),
	TEXT_AT(ERROR_CONTEXT_LENGTH, "too many tokens: size limit exceeded", 400, 428),
	TEXT_AT(ERROR_CONTEXT_LENGTH, "number of tokens in the prompt exceeds", 400, 428),

	TEXT(ERROR_REGION, "location is not supported"),
	TEXT(ERROR_REGION, "country, region, or territory not supported"),
	TEXT(ERROR_REGION, "not available in your region"),
	TEXT(ERROR_REGION, "not supported in your region"),

	TEXT_AT(ERROR_AUTH, "api key not valid", 400, 403),
	TEXT_AT(ERROR_AUTH, "api key expired", 400, 403),
	TEXT_AT(ERROR_AUTH, "invalid api key", 400, 403),
	TEXT_AT(ERROR_AUTH, "incorrect api key", 400, 403),
	TEXT_AT(ERROR_AUTH, "api key is invalid", 400, 403),
	TEXT_AT(ERROR_AUTH, "missing api key", 400, 403),
	TEXT_AT(ERROR_AUTH, "unregistered callers", 400, 403),
	TEXT_AT(ERROR_AUTH, "security token included in the request is", 400, 403),

	TEXT(ERROR_NOT_FOUND, "no endpoints found"),
	TEXT_AT(ERROR_NOT_FOUND, "model identifier is invalid", 400, 404),
	TEXT_AT(ERROR_NOT_FOUND, "is not a valid model", 400, 404),
	TEXT_AT(ERROR_NOT_FOUND, "model not found", 400, 404),
	TEXT_AT(ERROR_NOT_FOUND, "unknown model", 400, 404),
	TEXT_AT(ERROR_NOT_FOUND, "invalid model", 400, 404),
	TEXT_AT(ERROR_NOT_FOUND, "model does not exist", 400, 404),

	TEXT_AT(ERROR_CONTENT_FILTER, "content management policy", 400, 403),
	TEXT_AT(ERROR_CONTENT_FILTER, "flagged by moderation", 400, 403),
	TEXT_AT(ERROR_CONTENT_FILTER, "requires moderation", 400, 403),
	TEXT_AT(ERROR_CONTENT_FILTER, "violating our usage policy", 400, 403),
	TEXT_AT(ERROR_CONTENT_FILTER, "content filtering policy", 400, 403),
	TEXT_AT(ERROR_CONTENT_FILTER, "fails safety check", 400, 403),

	TEXT_AT(ERROR_OVERLOADED, "service tier capacity exceeded", 0, 599),
	TEXT_AT(ERROR_OVERLOADED, "model is overloaded", 0, 599),
	TEXT_AT(ERROR_OVERLOADED, "currently overloaded", 0, 599),
	TEXT_AT(ERROR_OVERLOADED, "loading model", 500, 599),

	TEXT_AT(ERROR_RATE_LIMIT, "rate limit", 405, 599),
	TEXT_AT(ERROR_RATE_LIMIT, "rate-limited", 405, 599),
	TEXT_AT(ERROR_RATE_LIMIT, "too many requests", 405, 599),
	TEXT_AT(ERROR_RATE_LIMIT, "rate limit reached", 400, 400),
	TEXT_AT(ERROR_RATE_LIMIT, "rate limit exceeded", 400, 400),

	/* --- types that say only the class --- */
	CODE(ERROR_AUTH, "authentication_error"),
	CODE(ERROR_AUTH, "UNAUTHENTICATED"),
	CODE(ERROR_AUTH, "Unauthorized"),
	CODE(ERROR_PERMISSION, "permission_error"),
	CODE(ERROR_PERMISSION, "PERMISSION_DENIED"),
	CODE(ERROR_PERMISSION, "AccessDeniedException"),
	CODE(ERROR_RATE_LIMIT, "rate_limit_error"),
	CODE(ERROR_RATE_LIMIT, "RESOURCE_EXHAUSTED"),
	{ ERROR_BY_CODE, ERROR_RATE_LIMIT, "tokens", 429, 429 }, /* OpenAI's types of a 429 */
	{ ERROR_BY_CODE, ERROR_RATE_LIMIT, "requests", 429, 429 },
	CODE(ERROR_NOT_FOUND, "not_found_error"),
	CODE(ERROR_NOT_FOUND, "NOT_FOUND"),
	CODE(ERROR_NOT_FOUND, "ResourceNotFoundException"),
	CODE(ERROR_NOT_FOUND, "UnknownOperationException"),
	CODE(ERROR_TIMEOUT, "timeout_error"),
	CODE(ERROR_TIMEOUT, "vector_store_timeout"),
	CODE(ERROR_TIMEOUT, "DEADLINE_EXCEEDED"),
	CODE(ERROR_TIMEOUT, "ModelTimeoutException"),
	CODE(ERROR_OVERLOADED, "UNAVAILABLE"),
	CODE(ERROR_OVERLOADED, "ServiceUnavailableException"),
	CODE(ERROR_OVERLOADED, "service_unavailable"),
	CODE(ERROR_OVERLOADED, "unavailable_error"),

	/* --- the status, where nothing else speaks --- */
	STATUS(ERROR_INVALID_REQUEST, 300, 400),
	STATUS(ERROR_AUTH, 401, 401),
	STATUS(ERROR_QUOTA, 402, 402),
	STATUS(ERROR_PERMISSION, 403, 403),
	STATUS(ERROR_NOT_FOUND, 404, 404),
	STATUS(ERROR_TIMEOUT, 408, 408),
	STATUS(ERROR_NOT_FOUND, 410, 410),
	STATUS(ERROR_INVALID_REQUEST, 405, 424),
	STATUS(ERROR_SERVER, 425, 425),
	STATUS(ERROR_RATE_LIMIT, 429, 429),
	STATUS(ERROR_CONTENT_FILTER, 451, 451),
	STATUS(ERROR_INVALID_REQUEST, 426, 498),
	STATUS(ERROR_CANCELLED, 499, 499),
	STATUS(ERROR_OVERLOADED, 503, 503),
	STATUS(ERROR_TIMEOUT, 504, 504),
	STATUS(ERROR_TIMEOUT, 522, 522), /* Cloudflare's: the origin did not answer */
	STATUS(ERROR_TIMEOUT, 524, 524),
	STATUS(ERROR_OVERLOADED, 529, 529),
	STATUS(ERROR_SERVER, 500, 599),

	/* Inside a stream there is no status. */
	CODE(ERROR_INVALID_REQUEST, "invalid_request_error"),
	CODE(ERROR_INVALID_REQUEST, "INVALID_ARGUMENT"),
	CODE(ERROR_INVALID_REQUEST, "FAILED_PRECONDITION"),
	CODE(ERROR_INVALID_REQUEST, "ValidationException"),
	CODE(ERROR_INVALID_REQUEST, "request_too_large"),
	CODE(ERROR_INVALID_REQUEST, "invalid_prompt"),
	CODE_PART(ERROR_INVALID_REQUEST, "image"), /* too large, not to be had, of no format */
	{ ERROR_BY_STATUS, ERROR_NONE, NULL, 0, 0 },
};
/* clang-format on */

static bool
any_code(const struct error_clues *clues, bool (*fits)(struct str, const char *), const char *word)
{
	size_t i;

	for (i = 0; i < clues->code_count; i++) {
		if (fits(clues->codes[i], word))
			return true;
	}
	return false;
}

static bool
rule_fits(const struct error_rule *rule, const struct error_clues *clues)
{
	bool in_range = clues->status >= rule->low && clues->status <= rule->high;

	if (rule->by != ERROR_BY_STATUS && rule->high && clues->status && !in_range)
		return false;
	switch (rule->by) {
	case ERROR_BY_CODE:
		return any_code(clues, str_eq_nocase, rule->word);
	case ERROR_BY_CODE_PART:
		return any_code(clues, str_has_nocase, rule->word);
	case ERROR_BY_TEXT:
		return str_has_nocase(clues->text, rule->word);
	case ERROR_BY_STATUS:
		return in_range;
	}
	return false;
}

enum error_kind
error_classify(const struct error_clues *clues)
{
	const struct error_rule *rule;

	for (rule = error_rules; rule->kind != ERROR_NONE; rule++) {
		if (rule_fits(rule, clues))
			return rule->kind;
	}
	return ERROR_SERVER;
}
