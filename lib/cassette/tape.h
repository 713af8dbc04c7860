/* SPDX-License-Identifier: MIT */
/*
 * tape - an exchange on its way into a cassette: what was asked, what came and when.
 *
 * It is gathered in memory and written whole, as a case of its own, when it is over: a run that is
 * killed leaves no half case. Known secrets are masked in all of it, and headers that carry one are
 * left out.
 *
 *	t = tape_new(provider, api); tape_request(t, ...); tape_head(t, ...); tape_data(t, ...);
 *	tape_save(t, dir, ...); tape_free(t);
 */
#ifndef CASSETTE_TAPE_H
#define CASSETTE_TAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "net/frame.h"
#include "net/http.h"

struct tape;

/* Directories of the case: PROVIDER/API/... in the cassette. */
struct tape *tape_new(const char *provider, const char *api);
void tape_free(struct tape *t); /* NULL is allowed */

void tape_request(struct tape *t, const char *method, const char *url,
    const struct http_headers *headers, struct str body);
void tape_head(struct tape *t, int status, const struct http_headers *headers);
/* at_us: since the request went out; only its differences count. */
void tape_data(struct tape *t, const char *p, size_t n, int64_t at_us);

/*
 * Write the case below dir, which is made if it is not there. framing: of a streamed answer. The
 * case is named by what was asked, so that recording the same again has names in order: HASH,
 * HASH-2, ... An exchange without an answer's head leaves no case, and is no error.
 */
int tape_save(struct tape *t, const char *dir, enum frame_format framing, bool cut, int64_t end_us,
    int64_t now_wall_us, struct err *err) __attribute__((warn_unused_result));

#endif
