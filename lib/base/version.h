/* SPDX-License-Identifier: MIT */
/* version - what --version prints; the Makefile hands it in. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#ifndef AGENTFLOW_VERSION
#define AGENTFLOW_VERSION "0.1.0"
#endif

#endif
