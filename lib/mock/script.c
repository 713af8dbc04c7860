/* SPDX-License-Identifier: MIT */
/* script - rules: which request they fit, and whose turn it is. */
#include "mock/script.h"

#include <fnmatch.h>
#include <regex.h>

#include "base/mem.h"
#include "base/num.h"
#include "json/yaml.h"
#include "mock/limit_read.h"
#include "mock/script_read.h"

struct rule {
	char *provider, *model; /* globs; NULL: any */
	char *contains; /* of the last user message */
	regex_t matches;
	bool has_matches;
	char *tool; /* is offered */
	bool has_tool_result, tool_result; /* the last message is one, or is none */
	bool has_stream, stream;
	int64_t call; /* the n-th request that this rule's provider and model fit; 0: any */
	struct mock_span during; /* of the server's life; to_us 0: always */
	double share; /* of the requests that fit in all else; 1: all */
	int64_t times; /* answers it gives at most; -1: no end */
	struct mock_answer *answers; /* in turn; the last repeats */
	size_t answer_count, answer_cap;
	int64_t seen, given;
};

struct mock_script {
	struct rule *rules;
	size_t count, cap;
	struct mock_answer usual; /* where no rule fits; its timing is every answer's default */
	char **models;
	size_t model_count, model_cap;
	struct mock_limits limits;
};

static const char *const when_members[] = { "contains", "matches", "tool", "toolResult", "stream",
	"call", "during", "share", NULL };
static const char *const rule_members[] = { "provider", "model", "when", "times", "sequence",
	/* and an answer's */ "text", "echo", "repeat", "reasoning", "object", "toolCalls",
	"tokens", "stop", "returnModel", "ttft", "ttftP99", "perTokenDelay", "tokensPerSecond",
	"chunkWords", "headers", "error", "fault", NULL };

/* --- loading --- */

static struct mock_answer *
rule_new_answer(struct rule *rule, const struct mock_answer *usual)
{
	struct mock_answer *a;

	VEC_GROW(rule->answers, rule->answer_count, rule->answer_cap);
	a = &rule->answers[rule->answer_count++];
	*a = (struct mock_answer)MOCK_ANSWER_INIT;
	a->ttft_us = a->ttft_median_us = usual->ttft_us;
	a->ttft_p99_us = usual->ttft_p99_us;
	a->token_us = usual->token_us;
	a->chunk_words = usual->chunk_words;
	return a;
}

static int
rule_read_regex(
    const struct yaml_doc *doc, const struct yaml *when, struct rule *rule, struct err *err)
{
	const struct yaml *node = yaml_get(when, "matches");
	char why[128]; /* regerror cuts its text to what it is given */
	int rc;

	if (!node)
		return 0;
	if (!yaml_str(node))
		return yaml_error(doc, node, err, "matches: not a text");
	rc = regcomp(&rule->matches, yaml_str(node), REG_EXTENDED | REG_NOSUB);
	if (rc != 0) {
		(void)regerror(rc, &rule->matches, why, sizeof why);
		return yaml_error(doc, node, err, "matches: %s", why);
	}
	rule->has_matches = true;
	return 0;
}

static int
rule_read_weather(
    const struct yaml_doc *doc, const struct yaml *when, struct rule *rule, struct err *err)
{
	const struct yaml *share = yaml_get(when, "share");

	if (mock_yaml_span(doc, when, "during", &rule->during, err) < 0)
		return -1;
	if (share && (!yaml_str(share) || !num_double(str_of(yaml_str(share)), &rule->share) ||
			 rule->share < 0 || rule->share > 1))
		return yaml_error(doc, share, err, "share: not a number from 0 to 1");
	return 0;
}

static int
rule_read_when(
    const struct yaml_doc *doc, const struct yaml *when, struct rule *rule, struct err *err)
{
	if (!when)
		return 0;
	if (yaml_known(doc, when, "when", when_members, err) < 0 ||
	    mock_yaml_text(doc, when, "contains", &rule->contains, err) < 0 ||
	    mock_yaml_text(doc, when, "tool", &rule->tool, err) < 0 ||
	    mock_yaml_bool(doc, when, "toolResult", &rule->tool_result, err) < 0 ||
	    mock_yaml_bool(doc, when, "stream", &rule->stream, err) < 0 ||
	    mock_yaml_count(doc, when, "call", &rule->call, err) < 0)
		return -1;
	rule->has_tool_result = yaml_get(when, "toolResult") != NULL;
	rule->has_stream = yaml_get(when, "stream") != NULL;
	if (rule_read_weather(doc, when, rule, err) < 0)
		return -1;
	return rule_read_regex(doc, when, rule, err);
}

static int
rule_read(struct mock_script *s, const struct yaml_doc *doc, const struct yaml *map,
    struct rule *rule, struct err *err)
{
	const struct yaml *sequence = yaml_get(map, "sequence");
	size_t i;

	if (yaml_known(doc, map, "an answer", rule_members, err) < 0 ||
	    mock_yaml_text(doc, map, "provider", &rule->provider, err) < 0 ||
	    mock_yaml_text(doc, map, "model", &rule->model, err) < 0 ||
	    mock_yaml_count(doc, map, "times", &rule->times, err) < 0 ||
	    rule_read_when(doc, yaml_get(map, "when"), rule, err) < 0)
		return -1;
	if (!sequence)
		return mock_answer_read(doc, map, rule_new_answer(rule, &s->usual), err);
	if (sequence->kind != YAML_LIST || sequence->count == 0)
		return yaml_error(doc, sequence, err, "sequence: not a list of answers");
	for (i = 0; i < sequence->count; i++)
		if (yaml_known(doc, sequence->items[i], "an answer of a sequence",
			mock_answer_members, err) < 0 ||
		    mock_answer_read(
			doc, sequence->items[i], rule_new_answer(rule, &s->usual), err) < 0)
			return -1;
	return 0;
}

static int
script_read_models(
    struct mock_script *s, const struct yaml_doc *doc, const struct yaml *list, struct err *err)
{
	size_t i;

	if (list && list->kind != YAML_LIST)
		return yaml_error(doc, list, err, "models: not a list");
	for (i = 0; list && i < list->count; i++) {
		if (!yaml_str(list->items[i]))
			return yaml_error(doc, list->items[i], err, "models: not a name");
		VEC_GROW(s->models, s->model_count, s->model_cap);
		s->models[s->model_count++] = xstrdup(yaml_str(list->items[i]));
	}
	return 0;
}

static int
script_read(struct mock_script *s, const struct yaml_doc *doc, struct err *err)
{
	static const char *const members[] = { "defaults", "models", "limits", "answers", NULL };
	const struct yaml *root = yaml_root(doc), *defaults = yaml_get(root, "defaults");
	const struct yaml *answers = yaml_get(root, "answers");
	struct rule *rule;
	size_t i;

	if (root->kind == YAML_NULL)
		return 0;
	if (yaml_known(doc, root, "a script", members, err) < 0 ||
	    script_read_models(s, doc, yaml_get(root, "models"), err) < 0 ||
	    mock_limits_read(doc, yaml_get(root, "limits"), &s->limits, err) < 0)
		return -1;
	if (defaults && (yaml_known(doc, defaults, "defaults", mock_answer_members, err) < 0 ||
			    mock_answer_read(doc, defaults, &s->usual, err) < 0))
		return -1;
	if (s->usual.text || s->usual.object || s->usual.call_count)
		s->usual.echo = false;
	if (answers && answers->kind != YAML_LIST)
		return yaml_error(doc, answers, err, "answers: not a list");
	for (i = 0; answers && i < answers->count; i++) {
		VEC_GROW(s->rules, s->count, s->cap);
		rule = &s->rules[s->count++];
		*rule = (struct rule){ .times = -1, .share = 1 };
		if (rule_read(s, doc, answers->items[i], rule, err) < 0)
			return -1;
	}
	return 0;
}

struct mock_script *
mock_script_new(void)
{
	struct mock_script *s = xcalloc(1, sizeof *s);

	s->usual = (struct mock_answer)MOCK_ANSWER_INIT;
	s->usual.echo = true;
	return s;
}

static struct mock_script *
script_of(struct yaml_doc *doc, struct err *err)
{
	struct mock_script *s = mock_script_new();

	if (doc && script_read(s, doc, err) == 0) {
		yaml_doc_free(doc);
		return s;
	}
	yaml_doc_free(doc);
	mock_script_free(s);
	return NULL;
}

struct mock_script *
mock_script_load(const char *path, struct err *err)
{
	return script_of(yaml_load(path, err), err);
}

struct mock_script *
mock_script_parse(const char *file, struct str text, struct err *err)
{
	return script_of(yaml_parse(file, text, err), err);
}

static void
rule_release(struct rule *rule)
{
	size_t i;

	for (i = 0; i < rule->answer_count; i++)
		mock_answer_release(&rule->answers[i]);
	free(rule->answers);
	free(rule->provider);
	free(rule->model);
	free(rule->contains);
	free(rule->tool);
	if (rule->has_matches)
		regfree(&rule->matches);
}

void
mock_script_free(struct mock_script *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; i < s->count; i++)
		rule_release(&s->rules[i]);
	for (i = 0; i < s->model_count; i++)
		free(s->models[i]);
	free(s->models);
	mock_limits_release(&s->limits);
	free(s->rules);
	mock_answer_release(&s->usual);
	free(s);
}

/* --- asking --- */

static bool
rule_fits(struct rule *rule, const struct mock_request *r, const struct mock_moment *moment)
{
	if (rule->provider && fnmatch(rule->provider, r->provider.p, 0) != 0)
		return false;
	if (rule->model && fnmatch(rule->model, r->model.p, 0) != 0)
		return false;
	rule->seen++;
	if (rule->call && rule->seen != rule->call)
		return false;
	if (rule->times >= 0 && rule->given >= rule->times)
		return false;
	if (rule->during.to_us && !mock_span_holds(&rule->during, moment->since_us))
		return false;
	if (rule->has_tool_result && rule->tool_result != r->ends_in_tool_result)
		return false;
	if (rule->has_stream && rule->stream != r->stream)
		return false;
	if (rule->tool && !mock_request_offers(r, rule->tool))
		return false;
	if (rule->contains && !strstr(r->user.p, rule->contains))
		return false;
	if (rule->has_matches && regexec(&rule->matches, r->user.p, 0, NULL, 0) != 0)
		return false;
	return rule->share >= 1 || rand_unit(moment->chance) < rule->share;
}

static struct mock_answer *
with_spread(struct mock_answer *a, const struct mock_moment *moment)
{
	if (a->ttft_p99_us)
		a->ttft_us = mock_spread_us(a->ttft_median_us, a->ttft_p99_us, moment->chance);
	return a;
}

struct mock_answer *
mock_script_answer(
    struct mock_script *s, const struct mock_request *r, const struct mock_moment *moment)
{
	struct rule *rule, *found = NULL;
	int64_t turn;
	size_t i;

	/* All rules before the one that fits count the request; those after do not see it. */
	for (i = 0; i < s->count && !found; i++) {
		rule = &s->rules[i];
		if (rule_fits(rule, r, moment))
			found = rule;
	}
	if (!found)
		return with_spread(&s->usual, moment);
	turn = found->given++;
	if (turn >= (int64_t)found->answer_count)
		turn = (int64_t)found->answer_count - 1;
	return with_spread(&found->answers[turn], moment);
}

const char *const *
mock_script_models(const struct mock_script *s, size_t *count)
{
	static const char *const usual[] = { "mock-model" };

	*count = s->model_count ? s->model_count : sizeof usual / sizeof *usual;
	return s->model_count ? (const char *const *)s->models : usual;
}

struct mock_limits *
mock_script_limits(struct mock_script *s)
{
	return &s->limits;
}
