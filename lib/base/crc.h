/* SPDX-License-Identifier: MIT */
/* crc - the checksum of gzip, PNG and AWS event streams (reflected, polynomial 0xEDB88320). */
#ifndef BASE_CRC_H
#define BASE_CRC_H

#include <stdint.h>

#include "base/str.h"

/* The CRC-32 of what crc was the checksum of (0: of nothing) and bytes behind it. */
uint32_t crc_32(uint32_t crc, struct str bytes);

#endif
