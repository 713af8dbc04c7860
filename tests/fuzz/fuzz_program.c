/* SPDX-License-Identifier: MIT */
/* fuzz_program - what a program prints comes to the same answer whole and cut anywhere. The first
 * byte chooses its form, the second how it ends. */
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/mem.h"
#include "fuzz/fuzz.h"
#include "llm/program.h"

/* No expression takes jq here, which alone would be slower than all else. */
static const char *const forms[] = {
	"{argv: [x, '{prompt}'], output: {drop: ['^#'], find: {tokensIn: '[0-9.]+k? in', costUsd: "
	"'\\$[0-9]'}, failures: ['^E[0-9]+'], refusals: [sorry]}}",
	"{argv: [x, '{prompt}'], output: {format: json, rules: [{when: {}, ends: true, delta: .d, "
	"content: .c, error: .e, tokensOut: .o, costUsd: .u, stop: .s}], stops: {x: length}}}",
	"{argv: [x, '{prompt}'], output: {format: jsonl, sum: true, inputLacksCache: true, rules: "
	"[{when: {t: a}, begins: true, delta: .d, reasoning: .r, tokensIn: .i, cacheReadTokens: "
	".c}, {when: {t: [b, c]}, ends: true, content: .c, error: .e, model: .m, session: .s}]}}",
};
enum { FORMS = sizeof forms / sizeof *forms };

static struct program *
program_of(const char *yaml)
{
	struct err err = ERR_INIT;
	struct yaml_doc *doc = yaml_parse("form", str_of(yaml), &err);
	struct program *p = NULL;

	if (!doc || program_read(&p, doc, yaml_root(doc), &err) < 0)
		BUG("fuzz_program: a form of its own is wrong");
	yaml_doc_free(doc);
	return p;
}

struct outcome {
	struct buf text;
	enum error_kind kind;
	int64_t in, out;
};

static struct outcome
run(struct program *p, const uint8_t *data, size_t size, size_t widest)
{
	struct outcome o = { .text = BUF_INIT(BUF_UNLIMITED) };
	struct program_end end = { .status = size ? data[0] & 1 : 0, .prompt_tokens = 1 };
	struct program_reader *r;
	struct answer a;
	size_t at, n, wanted = 1;
	bool go_on = true;

	answer_init(&a, NULL, NULL);
	r = program_reader_new(p, &a);
	for (at = size ? 1 : 0; at < size && go_on; at += n) {
		char *piece;

		n = size - at < wanted ? size - at : wanted;
		if (widest == SIZE_MAX)
			n = size - at;
		piece = xmemdup((const char *)data + at, n);
		go_on = program_reader_feed(r, piece, n);
		program_reader_complain(r, piece, n);
		free(piece);
		wanted = wanted % widest + 1;
	}
	program_reader_end(r, &end);
	program_reader_free(r);
	answer_content(&a, &o.text);
	o.kind = a.error.kind;
	o.in = a.usage.in;
	o.out = a.usage.out;
	answer_release(&a);
	return o;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct program *programs[FORMS];
	struct outcome whole, cut;
	size_t form;

	if (!size)
		return 0;
	form = data[0] % FORMS;
	if (!programs[form])
		programs[form] = program_of(forms[form]);
	whole = run(programs[form], data + 1, size - 1, SIZE_MAX);
	cut = run(programs[form], data + 1, size - 1, 7);
	if (!str_eq(buf_str(&whole.text), buf_str(&cut.text)) || whole.kind != cut.kind ||
	    whole.in != cut.in || whole.out != cut.out)
		BUG("fuzz_program: the answer depends on where it is cut");
	buf_release(&whole.text);
	buf_release(&cut.text);
	return 0;
}
