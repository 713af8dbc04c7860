/* SPDX-License-Identifier: MIT */
/* mock - a weather as a script of llm-mock, for real processes to walk through. */
#ifndef TESTS_SIM_MOCK_H
#define TESTS_SIM_MOCK_H

#include "sim/weather.h"

/* On standard output. Spells that hold for a part of the whole time, and limits of rate, are not to
 * be had there. */
void mock_print(const struct weather *weather);

#endif
