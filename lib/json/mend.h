/* SPDX-License-Identifier: MIT */
/*
 * mend - JSON that every reader takes.
 *
 * RFC 8259 lets a string hold half a surrogate pair ("\ud800"), which is no character: jq refuses
 * the whole line. Where a value goes into a file that others must read, the half becomes \ufffd.
 */
#ifndef JSON_MEND_H
#define JSON_MEND_H

#include "base/buf.h"
#include "base/str.h"

/* Append json, which is proven, with halves of surrogate pairs replaced; all else as it is. */
void mend_surrogates(struct str json, struct buf *out);

#endif
