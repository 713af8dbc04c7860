/* SPDX-License-Identifier: MIT */
/* render_refusal - how each provider words that an account has used up what it may ask. */
#include "mock/limit.h"

#include "base/mem.h"
#include "mock/render.h"

enum { MS_US = 1000, S_US = 1000 * 1000 };

static const char *const meter_words[METERS] = { "requests", "tokens", "input tokens",
	"output tokens" };

static const struct period_word {
	int64_t us;
	const char *word; /* as it stands behind "per" */
	const char *id; /* in Google's names */
	char letter; /* OpenAI's RPM, TPD */
} periods[] = {
	{ S_US, "second", "Second", 'S' },
	{ 60 * (int64_t)S_US, "minute", "Minute", 'M' },
	{ 3600 * (int64_t)S_US, "hour", "Hour", 'H' },
	{ 86400 * (int64_t)S_US, "day", "Day", 'D' },
};

/* The longest that is not longer: a rate of ten seconds is told as one of seconds. */
static const struct period_word *
period_word(int64_t us)
{
	size_t i = sizeof periods / sizeof *periods - 1;

	while (i > 0 && periods[i].us > us)
		i--;
	return &periods[i];
}

static bool
is_rate(enum mock_lack lack)
{
	return lack < (enum mock_lack)METERS;
}

const char *
mock_refusal_name(const struct mock_refusal *refusal)
{
	static const char *const names[] = {
		[LACK_REQUESTS] = "requests",
		[LACK_TOKENS] = "tokens",
		[LACK_INPUT] = "inputTokens",
		[LACK_OUTPUT] = "outputTokens",
		[LACK_CONCURRENT] = "concurrent",
		[LACK_QUOTA] = "quota",
	};

	return names[refusal->lack];
}

void
mock_write_go_time(struct buf *out, int64_t us)
{
	int64_t ms = us / MS_US + (us % MS_US > 0), s = ms / 1000;

	if (ms > 0 && ms < 1000) {
		buf_addf(out, "%lldms", (long long)ms);
		return;
	}
	if (s >= 3600)
		buf_addf(out, "%lldh", (long long)(s / 3600));
	if (s >= 60)
		buf_addf(out, "%lldm", (long long)(s / 60 % 60));
	buf_addf(out, "%lld", (long long)(s % 60));
	if (ms % 1000 && s < 60)
		buf_addf(out, ".%03lld", (long long)(ms % 1000));
	buf_addc(out, 's');
}

struct refusing {
	const struct mock_refusal *refusal;
	const struct mock_request *request;
	const struct mock_rate *rate; /* what it is of, where it is of one */
	const char *meter;
	const struct period_word *period;
	int64_t wait_us; /* that is told; -1: none */
	struct buf text; /* of the message */
	struct mock_error *error;
};

static void
put_wait(struct refusing *f, const char *before, const char *after)
{
	if (f->wait_us < 0)
		return;
	buf_adds(&f->text, before);
	mock_write_go_time(&f->text, f->wait_us);
	buf_adds(&f->text, after);
}

static void
say(struct refusing *f, int status, const char *type, const char *code)
{
	f->error->status = status;
	f->error->type = xstrdup_or_null(type);
	f->error->code = xstrdup_or_null(code);
	f->error->message = xstrdup(f->text.p);
}

static void
refuse_azure(struct refusing *f)
{
	const char *model = f->request->model.p;

	buf_addf(&f->text, "Your requests to %s for %s in mock have exceeded ", model, model);
	buf_addf(&f->text, "%s limit.", f->refusal->lack == LACK_TOKENS ? "token rate" : "rate");
	if (f->wait_us >= 0)
		buf_addf(&f->text, " Please retry after %lld seconds.",
		    (long long)(f->wait_us / S_US + (f->wait_us % S_US > 0)));
	say(f, 429, f->meter, "RateLimitReached");
}

static void
refuse_openai(struct refusing *f)
{
	const struct mock_refusal *r = f->refusal;
	bool is_late = is_rate(r->lack) && r->need <= f->rate->count;

	if (r->lack == LACK_QUOTA) {
		buf_adds(&f->text,
		    "You exceeded your current quota, please check your plan and billing details. "
		    "For more information on this error, read the docs: "
		    "https://platform.openai.com/docs/guides/error-codes/api-errors.");
		say(f, 429, "insufficient_quota", "insufficient_quota");
		return;
	}
	if (f->request->deployment || f->request->versioned) {
		refuse_azure(f);
		return;
	}
	buf_adds(
	    &f->text, !is_rate(r->lack) || is_late ? "Rate limit reached" : "Request too large");
	buf_addf(&f->text, " for %s in organization org-mock on ", f->request->model.p);
	if (is_rate(r->lack))
		buf_addf(&f->text, "%s per %s (%cP%c): Limit %lld, ", f->meter,
		    f->period->letter == 'M' ? "min" : f->period->word,
		    r->lack == LACK_REQUESTS ? 'R' : 'T', f->period->letter,
		    (long long)f->rate->count);
	else
		buf_addf(
		    &f->text, "concurrent requests: Limit %lld, ", (long long)r->limit->concurrent);
	if (is_late)
		buf_addf(&f->text, "Used %lld, ", (long long)(f->rate->count - r->left));
	buf_addf(&f->text, "Requested %lld.", (long long)(r->need > 0 ? r->need : 1));
	put_wait(f, " Please try again in ", ".");
	buf_adds(&f->text, " Visit https://platform.openai.com/account/rate-limits to learn more.");
	say(f, 429, r->lack == LACK_REQUESTS || !is_rate(r->lack) ? "requests" : "tokens",
	    "rate_limit_exceeded");
}

static void
refuse_anthropic(struct refusing *f)
{
	if (f->refusal->lack == LACK_QUOTA) {
		buf_adds(&f->text, "Your credit balance is too low to access the Anthropic API. "
				   "Please go to Plans & Billing to upgrade or purchase credits.");
		say(f, 400, "invalid_request_error", NULL);
		return;
	}
	if (is_rate(f->refusal->lack))
		buf_addf(&f->text,
		    "This request would exceed your organization's rate limit of %lld %s per %s "
		    "(org: org-mock, model: %s).",
		    (long long)f->rate->count, f->meter, f->period->word, f->request->model.p);
	else
		buf_adds(
		    &f->text, "Number of concurrent connections has exceeded your rate limit.");
	buf_adds(&f->text, " For details, refer to: https://docs.claude.com/en/api/rate-limits. "
			   "You can see the response headers for current usage. Please reduce the "
			   "prompt length or the maximum tokens requested, or try again later.");
	say(f, 429, "rate_limit_error", NULL);
}

static void
refuse_gemini(struct refusing *f)
{
	bool is_tokens = is_rate(f->refusal->lack) && f->refusal->lack != LACK_REQUESTS;
	const char *id = f->refusal->lack == LACK_QUOTA ? "Day"
			 : f->period                    ? f->period->id
							: "Minute";
	struct mock_quota_failure *q = &f->error->quota;

	q->metric = xasprintf("generativelanguage.googleapis.com/generate_content_free_tier_%s",
	    is_tokens ? "input_token_count" : "requests");
	q->id = is_tokens ? xasprintf("GenerateContentInputTokensPerModelPer%s-FreeTier", id)
			  : xasprintf("GenerateRequestsPer%sPerProjectPerModel-FreeTier", id);
	q->model = xstrdup(f->request->model.p);
	q->value = f->rate                                 ? f->rate->count
		   : f->refusal->lack == LACK_CONCURRENT   ? f->refusal->limit->concurrent
		   : f->refusal->limit->quota.requests > 0 ? f->refusal->limit->quota.requests
							   : 0;
	buf_addf(&f->text,
	    "You exceeded your current quota, please check your plan and billing details. For more "
	    "information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.\n"
	    "* Quota exceeded for metric: %s, limit: %lld, model: %s",
	    q->metric, (long long)q->value, q->model);
	put_wait(f, "\nPlease retry in ", ".");
	say(f, 429, "RESOURCE_EXHAUSTED", NULL);
}

static void
refuse_vertex(struct refusing *f)
{
	if (f->refusal->lack == LACK_QUOTA) {
		buf_adds(&f->text, "This API method requires billing to be enabled. Please enable "
				   "billing on project mock, then retry.");
		say(f, 403, "PERMISSION_DENIED", "BILLING_DISABLED");
		return;
	}
	buf_adds(&f->text,
	    "Resource exhausted. Please try again later. Please refer to "
	    "https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details.");
	say(f, 429, "RESOURCE_EXHAUSTED", NULL);
}

/* A server of one's own is busy; who has used up anything is a guest of Ollama's cloud. */
static void
refuse_ollama(struct refusing *f)
{
	bool is_busy = f->refusal->lack == LACK_CONCURRENT;

	buf_adds(&f->text,
	    is_busy ? "server busy, please try again.  maximum pending requests exceeded"
	    : f->refusal->lack == LACK_QUOTA
		? "you (mock) have reached your weekly usage limit, upgrade for higher limits: "
		  "https://ollama.com/upgrade"
		: "too many requests");
	say(f, is_busy ? 503 : 429, NULL, NULL);
}

static void
refuse_bedrock(struct refusing *f)
{
	const char *what = f->refusal->lack == LACK_QUOTA        ? "tokens per day"
			   : f->refusal->lack == LACK_CONCURRENT ? "connections"
			   : f->refusal->lack == LACK_REQUESTS   ? "requests"
								 : "tokens";

	buf_addf(&f->text, "Too many %s, please wait before trying again.", what);
	say(f, 429, "ThrottlingException", NULL);
}

static void
refuse_cohere(struct refusing *f)
{
	const struct mock_limit *limit = f->refusal->limit;
	int64_t most = f->rate                          ? f->rate->count
		       : f->refusal->lack == LACK_QUOTA ? limit->quota.requests
							: limit->concurrent;

	if (f->refusal->lack == LACK_QUOTA && limit->quota.requests < 0) {
		buf_adds(&f->text, "please add or update your payment method at "
				   "https://dashboard.cohere.com/billing?tab=payment");
		say(f, 402, NULL, NULL);
		return;
	}
	if (is_rate(f->refusal->lack) && f->refusal->lack != LACK_REQUESTS)
		buf_addf(&f->text, "trial token rate limit exceeded, limit is %lld tokens per %s",
		    (long long)most, f->period->word);
	else
		buf_addf(&f->text,
		    "You are using a Trial key, which is limited to %lld API calls / %s. You can "
		    "continue to use the Trial key for free or upgrade to a Production key with "
		    "higher rate limits at 'https://dashboard.cohere.com/api-keys'.",
		    (long long)most,
		    f->refusal->lack == LACK_QUOTA ? "month"
		    : f->period                    ? f->period->word
						   : "minute");
	say(f, 429, NULL, NULL);
}

/* What it tells of the time to wait: who has used up an account waits in vain. */
static int64_t
told_us(const struct mock_refusal *r, const struct mock_request *request)
{
	bool tells = request->family == FAMILY_OPENAI || request->family == FAMILY_ANTHROPIC ||
		     request->family == FAMILY_GEMINI;

	if (r->limit->retry_after == TELL_TIME)
		return r->limit->retry_after_ms * MS_US;
	return r->limit->retry_after == TELL_NOTHING || !tells || request->vertex ? -1 : r->wait_us;
}

static void
refusal_word(
    const struct mock_refusal *refusal, const struct mock_request *r, struct mock_error *error)
{
	static void (*const refusals[])(struct refusing *) = {
		[FAMILY_OPENAI] = refuse_openai,
		[FAMILY_ANTHROPIC] = refuse_anthropic,
		[FAMILY_GEMINI] = refuse_gemini,
		[FAMILY_OLLAMA] = refuse_ollama,
		[FAMILY_BEDROCK] = refuse_bedrock,
		[FAMILY_COHERE] = refuse_cohere,
	};
	struct refusing f = {
		.refusal = refusal,
		.request = r,
		.wait_us = told_us(refusal, r),
		.text = BUF_INIT(BUF_UNLIMITED),
		.error = error,
	};

	if (is_rate(refusal->lack)) {
		f.rate = &refusal->limit->rates[refusal->lack];
		f.meter = meter_words[refusal->lack];
		f.period = period_word(f.rate->period_us);
	}
	(r->vertex ? refuse_vertex : refusals[r->family])(&f);
	if (f.wait_us >= 0)
		error->retry_after_ms = f.wait_us / MS_US + (f.wait_us % MS_US > 0);
	buf_release(&f.text);
}

/* Who counts the time tells it in whole seconds, OpenAI in milliseconds besides; Google in its
 * details. A time of the script's own is told as it is. */
static void
refusal_fields(
    const struct mock_refusal *refusal, enum mock_family family, int64_t ms, struct mock_reply *r)
{
	if (ms < 0 || refusal->limit->retry_after == TELL_TIME)
		return;
	if (family == FAMILY_GEMINI)
		mock_reply_drop(r, "retry-after");
	else
		mock_reply_fieldf(
		    r, "retry-after", "%lld", (long long)(ms / 1000 + (ms % 1000 > 0)));
	if (family == FAMILY_OPENAI)
		mock_reply_fieldf(r, "retry-after-ms", "%lld", (long long)ms);
}

void
mock_refusal_render(const struct mock_refusal *refusal, const struct mock_request *request,
    uint64_t serial, struct mock_reply *r)
{
	enum mock_family family = request->vertex ? FAMILY_GEMINI : request->family;
	struct mock_error error = MOCK_ERROR_NONE;

	refusal_word(refusal, request, &error);
	mock_render_error(&error, family, serial, r);
	refusal_fields(refusal, family, error.retry_after_ms, r);
	r->head_wait_us = refusal->limit->delay_us;
	mock_error_release(&error);
}
