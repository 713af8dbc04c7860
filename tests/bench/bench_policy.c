/* SPDX-License-Identifier: MIT */
/*
 * bench_policy - what routing asks of a request, and what guards cost, for policy.sh to print:
 *
 *	bench_policy facts            each fact of a small and a large request: ns a call
 *	bench_policy guards           patterns that people write, in text that has few: MB/s
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/die.h"
#include "policy/condition.h"
#include "policy/facts.h"
#include "policy/guard.h"
#include "sys/clock.h"

enum { ROUNDS = 5, ROUND_US = 60 * 1000 };

static const char prose[] =
    "The customer wrote again that the parcel of order 48213 has not come, that she asked twice "
    "and that nobody answered. Please read the thread, say what went wrong in two sentences and "
    "draft a reply (polite, no excuses) to anna@example.com.\\n";

struct job {
	struct request request;
	struct facts facts;
	const struct policy *policy;
	struct buf out;
};
typedef void job_fn(struct job *job);

static void
start_only(struct job *j)
{
	facts_start(&j->facts, &j->request);
}

static void
needs(struct job *j)
{
	facts_start(&j->facts, &j->request);
	(void)facts_needs(&j->facts);
}

static void
role_and_tags(struct job *j)
{
	facts_start(&j->facts, &j->request);
	(void)facts_role(&j->facts);
	(void)facts_sensitivity(&j->facts);
}

static void
text(struct job *j)
{
	facts_start(&j->facts, &j->request);
	(void)facts_text(&j->facts);
}

static void
complexity(struct job *j)
{
	facts_start(&j->facts, &j->request);
	(void)facts_complexity(&j->facts);
}

static void
routes(struct job *j)
{
	facts_start(&j->facts, &j->request);
	for (size_t i = 0; i < j->policy->route_count; i++)
		if (condition_fits(j->policy, &j->policy->routes[i], &j->facts, 0, NULL) ==
		    CONDITION_FITS)
			break;
}

static void
redact(struct job *j)
{
	buf_reset(&j->out);
	(void)guard_redact_request(j->policy, j->request.record, &j->out, NULL);
}

static void
stops(struct job *j)
{
	(void)guard_stops_request(j->policy, j->request.record);
}

/* Nanoseconds a call, the best of ROUNDS. */
static double
time_of(job_fn *fn, struct job *job)
{
	double best = 0;

	for (int round = 0; round < ROUNDS; round++) {
		int64_t start = clock_mono_us(), now = start, n = 0;

		for (; now - start < ROUND_US; now = clock_mono_us())
			for (int i = 0; i < 16; i++, n++)
				fn(job);
		if (round == 0 || (double)(now - start) * 1e3 / (double)n < best)
			best = (double)(now - start) * 1e3 / (double)n;
	}
	return best;
}

static void
read_record(struct job *job, const struct buf *record)
{
	struct err err = ERR_INIT;
	struct json v;

	if (json_parse(record->p, record->len, &v, &err) < 0 ||
	    request_read(&job->request, v, NULL, &err) < 0)
		err_die(&err);
}

static void
add_record(struct buf *out, int paragraphs)
{
	buf_adds(out,
	    "{\"id\":\"r1\",\"model\":\"role:builder\",\"messages\":[{\"role\":\"system\","
	    "\"content\":\"You answer customers.\"},{\"role\":\"user\",\"content\":\"");
	while (paragraphs--)
		buf_adds(out, prose);
	buf_adds(out, "\"}],\"tags\":{\"team\":\"ops\",\"sensitivity\":\"internal\"}}");
}

static struct policy *
policy_of(const char *text)
{
	struct err err = ERR_INIT;
	struct policy *p = policy_parse("bench", str_of(text), &err);

	if (!p)
		err_die(&err);
	return p;
}

static void
bench_facts(void)
{
	static const struct {
		const char *what;
		job_fn *fn;
	} rows[] = { { "facts_start", start_only }, { "role, sensitivity", role_and_tags },
		{ "needs", needs }, { "text", text }, { "complexity", complexity },
		{ "5 routes: tags, role, time, words, complexity", routes } };
	static const int sizes[] = { 1, 64 };
	struct policy *p = policy_of(
	    "version: 1\nroutes:\n"
	    "  - {match: {tags: {team: [core, infra]}}, use: openai:a}\n"
	    "  - {match: {role: [planner]}, use: openai:a}\n"
	    "  - {match: {time: {days: sat, zone: Europe/Berlin}}, use: openai:a}\n"
	    "  - {match: {any: [refund, invoice]}, use: openai:a}\n"
	    "  - {conditions: [{complexity: high}], use: openai:a}\n");

	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		struct buf record = BUF_INIT(BUF_UNLIMITED);
		struct job job = { .policy = p };

		add_record(&record, sizes[s]);
		read_record(&job, &record);
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
			printf("%-52s %8zu bytes %10.0f ns\n", rows[i].what, record.len,
			    time_of(rows[i].fn, &job));
		request_release(&job.request);
		facts_release(&job.facts);
		buf_release(&record);
	}
	policy_free(p);
}

static void
bench_guards(void)
{
	static const struct {
		const char *what, *guards;
	} rows[] = {
		{ "a key: sk-[A-Za-z0-9_-]{20,}",
		    "{name: k, pattern: 'sk-[A-Za-z0-9_-]{20,}', action: ACTION}" },
		{ "a private key's header",
		    "{name: k, pattern: 'BEGIN (?:RSA |EC )?PRIVATE KEY', action: ACTION}" },
		{ "a card number",
		    "{name: k, pattern: '\\b(?:\\d[ -]?){15}\\d\\b', action: ACTION}" },
		{ "a mail address (one a line; block finds it at once)",
		    "{name: k, pattern: '[A-Za-z0-9._-]+@[A-Za-z0-9-]+\\.[A-Za-z]+', action: "
		    "ACTION}" },
	};
	struct buf record = BUF_INIT(BUF_UNLIMITED), file = BUF_INIT(BUF_UNLIMITED);
	struct job job = { .out = BUF_INIT(BUF_UNLIMITED) };

	add_record(&record, 400);
	read_record(&job, &record);
	printf("over a request of %zu bytes, a string with an escape each line\n", record.len);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (int stop = 0; stop < 2; stop++) {
			const char *act = strstr(rows[i].guards, "ACTION");
			struct policy *p;

			buf_reset(&file);
			buf_adds(&file, "version: 1\nproviders: [openai]\nguards:\n  - ");
			buf_add(&file, rows[i].guards, (size_t)(act - rows[i].guards));
			buf_addf(&file, "%s}\n", stop ? "block" : "redact");
			p = policy_of(file.p);
			job.policy = p;
			printf("%-52s %-8s %8.0f MB/s\n", rows[i].what, stop ? "block" : "redact",
			    (double)record.len * 1e3 / time_of(stop ? stops : redact, &job));
			policy_free(p);
		}
	}
	request_release(&job.request);
	buf_release(&job.out);
	buf_release(&record);
	buf_release(&file);
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "facts") == 0)
		bench_facts();
	else if (argc == 2 && strcmp(argv[1], "guards") == 0)
		bench_guards();
	else
		die(EXIT_USAGE, "usage: bench_policy facts | guards");
	return 0;
}
