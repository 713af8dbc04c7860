/* SPDX-License-Identifier: MIT */
/*
 * limit - what a provider lets an account ask: so many requests and tokens in a time, so many
 * requests at once, and so much in all. Pure: the time is handed in.
 *
 * A rate is a bucket that holds a period's worth and fills evenly, as OpenAI's and Anthropic's do.
 * Each key at a provider is an account of its own, whatever connection it comes over. A request
 * and its input are taken as it is let in, its output once the answer is chosen, so a bucket may be
 * in debt. What is refused takes nothing.
 *
 *	if (mock_limits_admit(limits, &asking, &admission, &refusal))
 *		mock_admission_settle(&admission, reply.tokens_in, reply.tokens_out);
 *	else
 *		mock_refusal_render(&refusal, request, serial, &reply);	// as that provider says it
 *	mock_admission_tell(&admission, request, wall_us, &reply);	// x-ratelimit-...
 *	mock_admission_end(&admission);
 */
#ifndef MOCK_LIMIT_H
#define MOCK_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "mock/answer.h"
#include "mock/reply.h"
#include "mock/request.h"
#include "mock/weather.h"

enum mock_meter { METER_REQUESTS, METER_TOKENS, METER_INPUT, METER_OUTPUT, METERS };

struct mock_rate {
	int64_t count;
	int64_t period_us; /* 0: no limit */
};

struct mock_quota { /* of all that was ever asked; -1: no limit */
	int64_t requests, tokens, pusd;
	int64_t in_pusd, out_pusd; /* of a token */
};

struct mock_account {
	char *provider, *key;
	double level[METERS]; /* what may be taken now */
	int64_t filled_us; /* when it was so */
	int64_t in_flight;
	int64_t requests, tokens, pusd; /* in all */
};

enum mock_telling { TELL_AS_PROVIDER, TELL_NOTHING, TELL_TIME };

struct mock_limit {
	char *provider, *model; /* globs; NULL: any */
	struct mock_rate rates[METERS];
	int64_t concurrent; /* -1: no limit */
	struct mock_quota quota;
	struct mock_span during; /* to_us 0: always */
	enum mock_telling retry_after;
	int64_t retry_after_ms; /* TELL_TIME's */
	int64_t delay_us; /* a refusal takes so long */
	struct mock_account **accounts;
	size_t count, cap;
};

struct mock_limits {
	struct mock_limit *items;
	size_t count, cap;
};
void mock_limits_release(struct mock_limits *l);

/* What may be taken of a rate now, in whole ones. */
int64_t mock_account_left(const struct mock_account *a, enum mock_meter meter);

struct mock_asking {
	const struct mock_request *request;
	struct str key; /* whose account it is; may be empty */
	int64_t since_us; /* the server began to listen */
};

enum mock_lack {
	LACK_REQUESTS, /* as METER_..., of a rate */
	LACK_TOKENS,
	LACK_INPUT,
	LACK_OUTPUT,
	LACK_CONCURRENT,
	LACK_QUOTA,
};

struct mock_refusal {
	const struct mock_limit *limit;
	enum mock_lack lack;
	int64_t left; /* of a rate */
	int64_t need; /* what of it was asked for; more than the rate's count: it never succeeds */
	int64_t wait_us; /* until there is enough; -1: that can't be told */
};

/* The accounts that an asking counts for. Zeros: none. */
struct mock_admission {
	struct mock_stay {
		struct mock_limit *limit;
		struct mock_account *account;
	} * stays;
	size_t count, cap;
	bool is_in; /* it was let in, and has not ended */
	int64_t tokens_in; /* taken for it */
};

/* Whether every limit that applies lets it in; else refusal says why. admission starts as zeros,
 * and mock_admission_end is due either way. */
bool mock_limits_admit(struct mock_limits *l, const struct mock_asking *asking,
    struct mock_admission *admission, struct mock_refusal *refusal);
/* What it came to, the input included that was estimated before. */
void mock_admission_settle(struct mock_admission *a, int64_t tokens_in, int64_t tokens_out);
void mock_admission_end(struct mock_admission *a);

/* How the provider refuses; r is initialised by it. */
void mock_refusal_render(const struct mock_refusal *refusal, const struct mock_request *request,
    uint64_t serial, struct mock_reply *r);
/* "requests", "tokens", "concurrent", "quota": for the record. */
const char *mock_refusal_name(const struct mock_refusal *refusal);
/* What the provider's answers tell of limits, whether they are good or not. */
void mock_admission_tell(const struct mock_admission *a, const struct mock_request *request,
    int64_t wall_us, struct mock_reply *r);

#endif
