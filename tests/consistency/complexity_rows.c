/* SPDX-License-Identifier: MIT */
/* complexity_rows - what agentflow-policy(5) prints of complexity, from the data itself:
 * complexity_rows rows | levels | keywords. */
#include <stdio.h>
#include <string.h>

#include "policy/complexity.h"

int
main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (strcmp(what, "rows") == 0) {
		for (int i = 0; i < COMPLEXITY_ROWS; i++) {
			const struct complexity_row *row = &complexity_rows[i];

			printf(".It %s Ta %d Ta %d Ta %d Ta %s\n", row->what, (int)row->step,
			    row->points, row->most, row->counts);
		}
	} else if (strcmp(what, "levels") == 0) {
		printf("From %d points on it is medium, from %d on high.\n", COMPLEXITY_MEDIUM_FROM,
		    COMPLEXITY_HIGH_FROM);
	} else if (strcmp(what, "keywords") == 0) {
		for (const char *const *word = complexity_keywords; *word; word++)
			printf("%s%s\n", *word, word[1] ? "," : ".");
	} else {
		fputs("usage: complexity_rows rows | levels | keywords\n", stderr);
		return 2;
	}
	return 0;
}
