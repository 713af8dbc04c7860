/* SPDX-License-Identifier: MIT */
/* complexity - how hard a request looks, by a stated sum. */
#include "policy/complexity.h"

#include <stdbool.h>
#include <stddef.h>
#include <strings.h>

const struct complexity_row complexity_rows[COMPLEXITY_ROWS] = {
	[COMPLEXITY_TOKENS] = { "tokens", 500, 1, 20, "estimated tokens of the whole request" },
	[COMPLEXITY_TURNS] = { "turns", 2, 1, 8, "turns of the conversation, system texts aside" },
	[COMPLEXITY_TOOLS] = { "tools", 1, 2, 10, "tools that it offers" },
	[COMPLEXITY_CODE] = { "codeLines", 5, 1, 12, "lines of code in the user's text" },
	[COMPLEXITY_KEYWORDS] = { "keywords", 1, 7, 20, "keywords in the user's text, each once" },
	[COMPLEXITY_REASONING] = { "reasoning", 1, 10, 20,
	    "reasoning asked for: 1 medium or from 4096 tokens, 2 high, xhigh or from 16384" },
	[COMPLEXITY_MEDIA] = { "media", 1, 3, 6, "images, documents, sounds and films" },
	[COMPLEXITY_SCHEMA] = { "schema", 1, 4, 4, "a response schema" },
};

/* In order of their first letters, which start_of relies on. */
const char *const complexity_keywords[] = { "algorithm", "analy", "architect", "compare",
	"complexity", "concurren", "contradict", "deadlock", "debug", "derive", "design", "diagnos",
	"edge case", "evaluate", "explain why", "hypothes", "implement", "induction", "invariant",
	"migrat", "optimi", "proof", "prove", "race condition", "refactor", "root cause",
	"segfault", "segmentation fault", "stack trace", "step by step", "step-by-step", "strategy",
	"synthesi", "theorem", "trade-off", "tradeoff", "vulnerab", NULL };
enum { KEYWORDS = sizeof complexity_keywords / sizeof *complexity_keywords - 1 };
_Static_assert(KEYWORDS <= 64, "a bit of a word for each");

int
complexity_points(enum complexity_what what, int64_t count)
{
	const struct complexity_row *row = &complexity_rows[what];
	int64_t steps = count / row->step;

	return steps >= row->most                ? row->most
	       : steps * row->points > row->most ? row->most
						 : (int)steps * row->points;
}

enum complexity
complexity_of(int points)
{
	return points >= COMPLEXITY_HIGH_FROM     ? COMPLEXITY_HIGH
	       : points >= COMPLEXITY_MEDIUM_FROM ? COMPLEXITY_MEDIUM
						  : COMPLEXITY_LOW;
}

/* --- code --- */

/* What a line of code begins with that a line of prose does not. */
static const char *const code_starts[] = { "#include ", "#define ", "def ", "class ", "fn ",
	"func ", "function ", "import ", "package ", "public ", "private ", "static ", "const ",
	"let ", "var ", "if (", "for (", "while (", "switch (", "return ", "SELECT ", "INSERT ",
	"UPDATE ", "CREATE ", "Traceback ", "diff --git ", "@@ ", "$ ", ">>> ", "//", "/*", NULL };

/* "import duties rose" is prose: of words that prose has too, the line must not end as a sentence
 * does, and be short. */
static bool
looks_like_code(struct str line)
{
	enum { PROSE_FROM = 100 };
	const char *const *start = code_starts;
	char last;

	if (!line.len)
		return false;
	last = line.p[line.len - 1];
	if (last == ';' || last == '{' || last == '}')
		return true;
	if (line.len >= PROSE_FROM || last == '.' || last == '?' || last == '!')
		return false;
	while (*start && ((*start)[0] != line.p[0] || !str_starts(line, *start)))
		start++;
	return *start;
}

static int64_t
count_code(struct str text)
{
	struct str line;
	bool fenced = false;
	int64_t n = 0;

	while (str_split(&text, '\n', &line)) {
		line = str_trim(line);
		if (str_starts(line, "```") || str_starts(line, "~~~"))
			fenced = !fenced;
		else if (fenced ? line.len > 0 : looks_like_code(line))
			n++;
	}
	return n;
}

/* --- keywords --- */

/* Whether a keyword stands at p. Its first letter does; most words fall by their second. */
static bool
begins_with(const char *p, const char *end, const char *word)
{
	size_t n;

	if (end - p < 2 || (p[1] | 0x20) != word[1])
		return false;
	n = strlen(word);
	return n <= (size_t)(end - p) && strncasecmp(p, word, n) == 0;
}

/* Where the keywords of each letter begin; those of the next end them. */
static void
start_of(unsigned char first[27])
{
	unsigned char k = 0;

	for (int letter = 0; letter < 27; letter++) {
		while (k < KEYWORDS && complexity_keywords[k][0] < 'a' + letter)
			k++;
		first[letter] = k;
	}
}

static int64_t
count_keywords(struct str text)
{
	const char *p = text.p, *end = text.p + text.len;
	unsigned char first[27];
	uint64_t seen = 0;
	int64_t n = 0;

	start_of(first);
	while (p < end) {
		int letter = (*p | 0x20) - 'a';

		if (letter >= 0 && letter < 26)
			for (size_t k = first[letter]; k < first[letter + 1]; k++)
				if (begins_with(p, end, complexity_keywords[k]))
					seen |= (uint64_t)1 << k;
		while (p < end && str_is_word(*p))
			p++;
		while (p < end && !str_is_word(*p))
			p++;
	}
	for (; seen; seen &= seen - 1)
		n++;
	return n;
}

void
complexity_read(struct str text, int64_t *code_lines, int64_t *keywords)
{
	*code_lines = count_code(text);
	*keywords = count_keywords(text);
}
