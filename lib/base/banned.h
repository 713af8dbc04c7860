/* SPDX-License-Identifier: MIT */
/*
 * banned - functions that no file of ours may call; forced in by the Makefile's -include.
 *
 * They overflow (strcpy, sprintf), keep hidden state (strtok), can't report errors (atoi), race
 * (mktemp), or go round base/mem.h (malloc).
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

/* The system's own headers declare these names: they must be read before the names are taken away.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#undef strcpy
#undef strcat
#undef sprintf
#undef strtok
#undef atoi
#undef atol
#undef atof
#undef mktemp
#undef localtime
#undef system
#define strcpy(d, s) banned_strcpy_use_buf
#define strcat(d, s) banned_strcat_use_buf
#define sprintf(...) banned_sprintf_use_buf_addf
#define strtok(s, d) banned_strtok_use_str_split
#define atoi(s) banned_atoi_use_num_i64
#define atol(s) banned_atol_use_num_i64
#define atof(s) banned_atof_use_num_double
#define mktemp(s) banned_mktemp_use_file_replace
#define localtime(t) banned_localtime_use_clock_print
#define system(s) banned_system_use_proc

#endif
