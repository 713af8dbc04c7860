/* SPDX-License-Identifier: MIT */
/* mock - a weather as a script of llm-mock, for real processes to walk through. */
#ifndef TESTS_SIM_MOCK_H
#define TESTS_SIM_MOCK_H

#include "sim/weather.h"

/* On standard output. length_s is of the whole time, which spells hold for a part of. */
void mock_print(const struct weather *weather, double length_s);

#endif
