/* SPDX-License-Identifier: MIT */
/*
 * fuzz - a fuzz target is a file with this one function: libFuzzer calls it with bytes of its own
 * making, replay.c with the corpus in tests/fuzz/corpus/NAME (make check). It aborts where an
 * invariant breaks.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
