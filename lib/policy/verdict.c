/* SPDX-License-Identifier: MIT */
/* verdict - the table of what each error.kind means for the next step. */
#include "policy/verdict.h"

#include <stddef.h>

const char *const verdict_nexts[] = {
	[VERDICT_AGAIN] = "again",
	[VERDICT_NEXT] = "next",
	[VERDICT_OTHER] = "other provider",
	[VERDICT_BIGGER] = "bigger window",
	[VERDICT_FILTER] = "contentFilter",
	[VERDICT_STOP] = "stop",
	NULL,
};
const char *const verdict_charges[] = {
	[VERDICT_FREE] = "nothing",
	[VERDICT_BOUND] = "bound",
	NULL,
};

/* clang-format off */
const struct verdict verdict_rows[] = {
	{ ERROR_RATE_LIMIT, VERDICT_AGAIN, VERDICT_FREE, "it says when, or soon" },
	{ ERROR_OVERLOADED, VERDICT_AGAIN, VERDICT_FREE, "it passes" },
	{ ERROR_SERVER, VERDICT_AGAIN, VERDICT_FREE, "mostly one request's bad luck" },
	{ ERROR_NETWORK, VERDICT_AGAIN, VERDICT_FREE, "no byte of an answer came" },
	{ ERROR_TRUNCATED, VERDICT_AGAIN, VERDICT_BOUND, "the stream was cut" },
	{ ERROR_PROTOCOL, VERDICT_AGAIN, VERDICT_BOUND, "the answer made no sense" },
	{ ERROR_TIMEOUT, VERDICT_NEXT, VERDICT_BOUND, "its time is gone already" },
	{ ERROR_NOT_FOUND, VERDICT_NEXT, VERDICT_FREE, "the model is gone" },
	{ ERROR_PERMISSION, VERDICT_NEXT, VERDICT_FREE, "the key may use other models" },
	{ ERROR_UNSUPPORTED, VERDICT_NEXT, VERDICT_FREE, "another one may carry it" },
	{ ERROR_QUOTA, VERDICT_OTHER, VERDICT_FREE, "the account's money is used up" },
	{ ERROR_AUTH, VERDICT_OTHER, VERDICT_FREE, "the key is no good" },
	{ ERROR_REGION, VERDICT_OTHER, VERDICT_FREE, "it does not serve this place" },
	{ ERROR_CONTEXT_LENGTH, VERDICT_BIGGER, VERDICT_FREE, "the text is too long for it" },
	{ ERROR_CONTENT_FILTER, VERDICT_FILTER, VERDICT_BOUND, "a prompt is not hawked around" },
	{ ERROR_INVALID_REQUEST, VERDICT_STOP, VERDICT_FREE, "it would be refused everywhere" },
	{ ERROR_INVALID_INPUT, VERDICT_STOP, VERDICT_FREE, "the record is malformed" },
	{ ERROR_BUDGET, VERDICT_STOP, VERDICT_FREE, "somebody's limit says no" },
	{ ERROR_POLICY, VERDICT_STOP, VERDICT_FREE, "somebody's rule says no" },
	{ ERROR_CANCELLED, VERDICT_STOP, VERDICT_BOUND, "nobody waits for it" },
	{ ERROR_NONE, VERDICT_STOP, VERDICT_FREE, NULL },
};
/* clang-format on */

const struct verdict *
verdict_of(enum error_kind kind)
{
	const struct verdict *v = verdict_rows;

	while (v->kind != kind && v->kind != ERROR_NONE)
		v++;
	return v;
}
