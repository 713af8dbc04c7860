/* SPDX-License-Identifier: MIT */
/*
 * bench_multi - the barest loop over libcurl's multi interface: COUNT posts of one body to URL,
 * JOBS at once, answers thrown away. What llm-call is measured against: all that it does more is
 * records. Usage: bench_multi URL COUNT JOBS BODY
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

static size_t
swallow(char *p, size_t size, size_t n, void *user)
{
	(void)p;
	(void)user;
	return size * n;
}

int
main(int argc, char **argv)
{
	struct curl_slist *fields = curl_slist_append(NULL, "content-type: application/json");
	long count, jobs, started = 0, ended = 0, failed = 0;
	CURLM *multi = curl_multi_init();
	CURLMsg *msg;
	int running, left;

	if (argc != 5 || !multi)
		return 2;
	count = strtol(argv[2], NULL, 10);
	jobs = strtol(argv[3], NULL, 10);
	fields = curl_slist_append(fields, "authorization: Bearer bench-key");
	while (started < jobs && started < count) {
		CURL *easy = curl_easy_init();

		curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
		curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, argv[4]);
		curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, swallow);
		curl_multi_add_handle(multi, easy);
		started++;
	}
	while (ended < count) {
		curl_multi_perform(multi, &running);
		while ((msg = curl_multi_info_read(multi, &left)) != NULL) {
			CURL *easy = msg->easy_handle;

			failed += msg->data.result != CURLE_OK;
			ended++;
			curl_multi_remove_handle(multi, easy);
			if (started < count) {
				curl_multi_add_handle(multi, easy);
				started++;
			} else {
				curl_easy_cleanup(easy);
			}
		}
		if (ended < count)
			curl_multi_poll(multi, NULL, 0, 1000, NULL);
	}
	curl_multi_cleanup(multi);
	curl_slist_free_all(fields);
	if (failed)
		fprintf(stderr, "bench_multi: %ld failed\n", failed);
	return failed != 0;
}
