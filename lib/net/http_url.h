/* SPDX-License-Identifier: MIT */
/* http_url - what messages may say of a URL: whom it names, never what its query holds. */
#ifndef NET_HTTP_URL_H
#define NET_HTTP_URL_H

/* "host:port" of an http(s) URL, the port being the scheme's where none is named; "?" where it is
 * none. The caller frees. */
char *http_url_peer(const char *url);

#endif
