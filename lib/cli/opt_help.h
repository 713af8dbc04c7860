/* SPDX-License-Identifier: MIT */
/* opt_help - what an option table says of itself: help, version, shell completion. Each prints and
 * ends with 0. */
#ifndef CLI_OPT_HELP_H
#define CLI_OPT_HELP_H

#include <stdbool.h>

#include "cli/opt.h"

bool opt_is_end(const struct opt *o);
_Noreturn void opt_print_help(const struct opt_spec *spec);
_Noreturn void opt_print_version(void);
/* shell: bash, zsh or fish; anything else is misuse. */
_Noreturn void opt_print_completion(const struct opt_spec *spec, const char *shell);

#endif
