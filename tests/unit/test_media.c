/* SPDX-License-Identifier: MIT */
/* test_media - what a file is, and where it is named. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "llm/media.h"

static void
expect_media(
    const char *name, struct str bytes, enum part_type type, const char *media_type, bool is_text)
{
	struct media m;

	assert_true(media_of(name, bytes, &m));
	assert_string_equal(m.media_type, media_type);
	assert_int_equal(m.type, type);
	assert_int_equal(m.is_text, is_text);
}

static void
bytes_tell_before_names_do(void **state)
{
	(void)state;
	expect_media("a.txt", STR_LIT("\x89PNG\r\n\x1a\n.."), PART_IMAGE, "image/png", false);
	expect_media("a", STR_LIT("RIFF....WEBPVP8 "), PART_IMAGE, "image/webp", false);
	expect_media("a", STR_LIT("RIFF....WAVEfmt "), PART_AUDIO, "audio/wav", false);
	expect_media("a",
	    STR_LIT("\0\0\0\x18"
		    "ftypM4A "),
	    PART_AUDIO, "audio/mp4", false);
	expect_media("a",
	    STR_LIT("\0\0\0\x18"
		    "ftypisom"),
	    PART_VIDEO, "video/mp4", false);
	expect_media("a.md", STR_LIT("%PDF-1.4 plain"), PART_FILE, "application/pdf", false);
	expect_media("a", STR_LIT("ID3\x04\0"), PART_AUDIO, "audio/mpeg", false);
}

static void
text_is_known_by_being_text(void **state)
{
	struct media m;

	(void)state;
	expect_media("notes", STR_LIT("h\xc3\xa9"), PART_FILE, "text/plain", true);
	expect_media("A.CSV", STR_LIT("a,b\n"), PART_FILE, "text/csv", true);
	expect_media("a.json", STR_LIT("{}"), PART_FILE, "application/json", true);
	expect_media("a", STR_LIT("BMW and ID3"), PART_FILE, "text/plain", true);
	expect_media("a", STR_LIT("the new WAVE"), PART_FILE, "text/plain", true);
	expect_media("a.txt", STR_LIT(""), PART_FILE, "text/plain", true);
	expect_media("a.docx", STR_LIT("PK\x03\x04\0"), PART_FILE,
	    "application/vnd.openxmlformats-officedocument.wordprocessingml.document", false);
	assert_false(media_of("a",
	    STR_LIT("\xff\xfe"
		    "a\0"),
	    &m));
	assert_false(media_of("dir.d/a", STR_LIT("\0"), &m));
}

static void
expect_path(const char *url, const char *path)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	assert_true(media_is_file(json_literal(url)));
	media_file_path(json_literal(url), &out);
	assert_string_equal(out.p, path);
	buf_release(&out);
}

static void
a_path_is_taken_as_it_is_and_an_address_unescaped(void **state)
{
	(void)state;
	expect_path("\"file:a b%20.png\"", "a b%20.png");
	expect_path("\"file:/etc/\\u00e9\"", "/etc/\xc3\xa9");
	expect_path("\"file:\\/\\/\\/a%20b%2F%zz%0\"", "/a b/%zz%0");
	expect_path("\"file://localhost/a\"", "/a");
	expect_path("\"file:///a%00b\"", "/a%00b");
	assert_false(media_is_file(json_literal("\"http://a\"")));
	assert_false(media_is_file(json_literal("7")));
	assert_false(media_is_file(JSON_ABSENT));
}

static void
base64_is_padded(void **state)
{
	const struct {
		struct str bytes;
		const char *text;
	} rows[] = {
		{ STR_LIT(""), "" },
		{ STR_LIT("f"), "Zg==" },
		{ STR_LIT("fo"), "Zm8=" },
		{ STR_LIT("foo"), "Zm9v" },
		{ STR_LIT("\xff\xef\xbe\0"), "/+++AA==" },
	};
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		buf_reset(&out);
		media_base64(&out, rows[i].bytes);
		assert_string_equal(out.p, rows[i].text);
	}
	buf_release(&out);
}

static void
text_goes_under_its_name(void **state)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);

	(void)state;
	media_text(json_literal("{\"name\":\"a\\u00e9\",\"text\":\"x\\ny\"}"), &out);
	assert_string_equal(out.p, "<file name=\\\"a\\u00e9\\\">\\nx\\ny\\n</file>");
	buf_reset(&out);
	media_text(json_literal("{\"text\":\"x\\ny\"}"), &out);
	assert_string_equal(out.p, "x\\ny");
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_tell_before_names_do),
		cmocka_unit_test(text_is_known_by_being_text),
		cmocka_unit_test(a_path_is_taken_as_it_is_and_an_address_unescaped),
		cmocka_unit_test(base64_is_padded),
		cmocka_unit_test(text_goes_under_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
