/* SPDX-License-Identifier: MIT */
/* test_openai_request - chat completions: what we send, and how it fits the server it goes to. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/building.h"

static const char openai[] = "https://api.openai.com/v1";
static const char lab[] = "http://127.0.0.1:8000/v1";

static void
expect_at(
    const char *url, const char *model, const char *record, const char *body, const char *warnings)
{
	struct building b;

	building_of(&b, &(struct order){ .dialect = &dialect_openai_chat,
			    .base_url = url,
			    .model = model,
			    .record = record });
	assert_string_equal(b.err.text, "");
	assert_int_equal(b.rc, 0);
	assert_string_equal(b.wire.body.p, body);
	assert_string_equal(b.answer.warnings.p, warnings);
	building_release(&b);
}

#define TURNS(turns) "{\"messages\":[" turns "]}"
#define SENT(turns) "{\"model\":\"m\",\"messages\":[" turns "],\"stream\":false}"

static void
expect_turns(const char *turns, const char *sent)
{
	expect_at(lab, NULL, turns, sent, "");
}

static void
expect_refused(const char *url, const char *record, const char *why)
{
	struct building b;

	building_of(&b,
	    &(struct order){ .dialect = &dialect_openai_chat, .base_url = url, .record = record });
	assert_int_equal(b.rc, -1);
	assert_string_equal(b.err.text, why);
	building_release(&b);
}

/* --- conversation --- */

static void
a_bare_prompt_is_one_message_spelled_as_it_was(void **state)
{
	(void)state;
	expect_at(lab, NULL, "{\"prompt\":\"h\\u00e9llo\\n\"}",
	    SENT("{\"role\":\"user\",\"content\":\"h\\u00e9llo\\n\"}"), "");
}

static void
text_and_media_become_typed_parts(void **state)
{
	(void)state;
	expect_turns(
	    TURNS(
		"{\"role\":\"system\",\"content\":[{\"type\":\"text\",\"text\":\"s\"}]},"
		"{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
		"{\"type\":\"image\",\"mediaType\":\"image/png\",\"data\":\"aGk=\"},"
		"{\"type\":\"image\",\"mediaType\":\"image/png\",\"url\":\"http://x/y\"},"
		"{\"type\":\"audio\",\"mediaType\":\"audio/mpeg\",\"data\":\"AA==\"},"
		"{\"type\":\"file\",\"mediaType\":\"application/pdf\",\"name\":\"a.pdf\",\"data\":\"AA==\"},"
		"{\"type\":\"file\",\"mediaType\":\"application/pdf\",\"fileId\":\"f1\"},"
		"{\"type\":\"file\",\"mediaType\":\"text/plain\",\"text\":\"plain\"}]}"),
	    SENT(
		"{\"role\":\"system\",\"content\":\"s\"},"
		"{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
		"{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,aGk=\"}},"
		"{\"type\":\"image_url\",\"image_url\":{\"url\":\"http://x/y\"}},"
		"{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AA==\",\"format\":\"mp3\"}},"
		"{\"type\":\"file\",\"file\":{\"filename\":\"a.pdf\",\"file_data\":\"data:application/pdf;base64,AA==\"}},"
		"{\"type\":\"file\",\"file\":{\"file_id\":\"f1\"}},"
		"{\"type\":\"text\",\"text\":\"plain\"}]}"));
}

static void
what_the_api_has_no_form_for_is_refused(void **state)
{
	(void)state;
	expect_refused(openai,
	    TURNS(
		"{\"role\":\"user\",\"content\":[{\"type\":\"video\",\"mediaType\":\"video/mp4\",\"url\":\"http://x\"}]}"),
	    "this provider takes no video parts");
	expect_refused(lab,
	    TURNS(
		"{\"role\":\"user\",\"content\":[{\"type\":\"audio\",\"mediaType\":\"audio/wav\",\"url\":\"http://x\"}]}"),
	    "this provider takes audio as data only");
	expect_refused(openai,
	    TURNS(
		"{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"mediaType\":\"application/pdf\",\"url\":\"http://x\"}]}"),
	    "this provider takes files as data or fileId, not by url");
}

static void
calls_and_results_go_as_strings_of_json(void **state)
{
	(void)state;
	expect_turns(
	    TURNS(
		"{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"a\\n\"},{\"type\":\"text\",\"text\":\"b\"},"
		"{\"type\":\"toolCall\",\"id\":\"c1\",\"name\":\"f\",\"arguments\":{\"a\": \"\\\"\"}},"
		"{\"type\":\"toolCall\",\"id\":\"c2\",\"name\":\"g\",\"arguments\":{}}]},"
		"{\"role\":\"tool\",\"content\":[{\"type\":\"toolResult\",\"id\":\"c1\",\"content\":\"x\"},"
		"{\"type\":\"toolResult\",\"id\":\"c2\",\"content\":{\"n\": 1.10}}]},"
		"{\"role\":\"assistant\",\"content\":[{\"type\":\"toolCall\",\"id\":\"c3\",\"name\":\"h\"}]},"
		"{\"role\":\"user\",\"content\":[{\"type\":\"toolResult\",\"id\":\"c3\",\"content\":[{\"type\":\"text\",\"text\":\"y\"}]},"
		"{\"type\":\"text\",\"text\":\"more\"}]}"),
	    SENT(
		"{\"role\":\"assistant\",\"content\":\"a\\nb\",\"tool_calls\":["
		"{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\": \\\"\\\\\\\"\\\"}\"}},"
		"{\"id\":\"c2\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]},"
		"{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"x\"},"
		"{\"role\":\"tool\",\"tool_call_id\":\"c2\",\"content\":\"{\\\"n\\\": 1.10}\"},"
		"{\"role\":\"assistant\",\"content\":null,\"tool_calls\":["
		"{\"id\":\"c3\",\"type\":\"function\",\"function\":{\"name\":\"h\",\"arguments\":\"{}\"}}]},"
		"{\"role\":\"tool\",\"tool_call_id\":\"c3\",\"content\":\"y\"},"
		"{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"more\"}]}"));
}

static void
reasoning_goes_back_only_where_it_came_from(void **state)
{
#define OPAQUE(provider, value)                                                                    \
	"\"opaque\":{\"provider\":\"" provider "\",\"model\":\"m\",\"value\":" value "}"
	(void)state;
	expect_at(lab, NULL,
	    TURNS("{\"role\":\"assistant\",\"content\":[{\"type\":\"reasoning\",\"text\":\"r\\n\"," OPAQUE(
		"test",
		"{\"field\":\"reasoning_content\"}") "},"
						     "{\"type\":\"text\",\"text\":\"a\"}]},"
						     "{\"role\":\"assistant\",\"content\":[{\"type\":\"reasoning\",\"text\":\"r\"," OPAQUE(
							 "other",
							 "{\"field\":\"reasoning_content\"}") "},"
											      "{\"type\":\"text\",\"text\":\"b\"}]},"
											      "{\"role\":\"assistant\",\"content\":[{\"type\":\"reasoning\",\"text\":\"r\"," OPAQUE(
												  "test",
												  "{\"reasoning_details\":[{\"data\": \"x\"}]}") "},"
																		 "{\"type\":\"reasoning\",\"text\":\"\"," OPAQUE(
																		     "test",
																		     "{\"reasoning_details\":[1]}") "}]},"
																						    "{\"role\":\"assistant\",\"content\":[{\"type\":\"reasoning\",\"text\":\"r\"," OPAQUE(
																							"test",
																							"{\"field\":\"thinking\"}") "},"
																										    "{\"type\":\"text\",\"text\":\"c\"}]}"),
	    SENT(
		"{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_content\":\"r\\n\"},"
		"{\"role\":\"assistant\",\"content\":\"b\"},"
		"{\"role\":\"assistant\",\"content\":\"\",\"reasoning_details\":[{\"data\": \"x\"},1]},"
		"{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"r\"}]},"
		"{\"type\":\"text\",\"text\":\"c\"}]}"),
	    "{\"option\":\"messages\",\"message\":\"reasoning that is not this model's own is left out\"}");
}

#define THEIRS                                                                                     \
	"{\"option\":\"messages\",\"message\":\"a part of another provider's own is left out\"}"

static void
a_calls_own_state_and_blocks_of_the_provider_go_back(void **state)
{
	(void)state;
	expect_at(lab, NULL,
	    TURNS("{\"role\":\"assistant\",\"content\":[{\"type\":\"toolCall\",\"id\":\"c\",\"name\":\"f\",\"arguments\":{}," OPAQUE(
		"test",
		"{\"extra_content\":{\"google\":1}}") "},"
						      "{\"type\":\"provider\",\"provider\":\"test\",\"value\":{\"annotations\":[{\"type\":\"file\",\"hash\":\"h\"}]}},"
						      "{\"type\":\"provider\",\"provider\":\"test\",\"value\":{\"citations\":[1]}}]},"
						      "{\"role\":\"user\",\"content\":[{\"type\":\"provider\",\"provider\":\"openai-chat\",\"value\":{\"type\":\"x\"}},"
						      "{\"type\":\"provider\",\"provider\":\"anthropic\",\"value\":{\"type\":\"y\"}}]}"),
	    SENT(
		"{\"role\":\"assistant\",\"content\":null,\"annotations\":[{\"type\":\"file\",\"hash\":\"h\"}],"
		"\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"},\"extra_content\":{\"google\":1}}]},"
		"{\"role\":\"user\",\"content\":[{\"type\":\"x\"}]}"),
	    THEIRS);
}

static void
a_block_that_cannot_go_back_is_warned_of(void **state)
{
	(void)state;
	expect_at(lab, NULL,
	    TURNS("{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
		  "{\"type\":\"provider\",\"provider\":\"anthropic\",\"value\":{\"type\":\"y\"}},"
		  "{\"type\":\"provider\",\"provider\":\"test\",\"value\":{\"citations\":[1]}}]},"
		  "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"b\"},"
		  "{\"type\":\"provider\",\"provider\":\"test\",\"value\":\"y\"}]}"),
	    SENT("{\"role\":\"assistant\",\"content\":\"a\"},"
		 "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"b\"}]}"),
	    THEIRS
	    ",{\"option\":\"messages\",\"message\":\"a provider's part that is no object is left out\"}");
}

static void
deepseek_gets_an_empty_reasoning_for_a_turn_with_calls(void **state)
{
	(void)state;
	expect_at("https://api.deepseek.com", NULL,
	    TURNS(
		"{\"role\":\"assistant\",\"content\":[{\"type\":\"toolCall\",\"id\":\"c\",\"name\":\"f\",\"arguments\":{}}]}"),
	    SENT(
		"{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"\",\"tool_calls\":["
		"{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}"),
	    "");
}

static void
the_first_reasoner_never_gets_its_reasoning_back(void **state)
{
	(void)state;
	expect_at(lab, "deepseek-r1:7b",
	    TURNS(
		"{\"role\":\"assistant\",\"content\":[{\"type\":\"reasoning\",\"text\":\"r\",\"opaque\":{\"provider\":\"test\","
		"\"model\":\"deepseek-r1:7b\",\"value\":{\"field\":\"reasoning\"}}},{\"type\":\"text\",\"text\":\"a\"}]}"),
	    "{\"model\":\"deepseek-r1:7b\",\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"}],\"stream\":false}",
	    "");
}

static void
mistral_gets_ids_of_its_own_form_in_calls_and_results_alike(void **state)
{
	(void)state;
	expect_at("https://api.mistral.ai", NULL,
	    TURNS(
		"{\"role\":\"assistant\",\"content\":[{\"type\":\"toolCall\",\"id\":\"call_1\",\"name\":\"f\",\"arguments\":{}},"
		"{\"type\":\"toolCall\",\"id\":\"aB3dE6gH9\",\"name\":\"f\",\"arguments\":{}}]},"
		"{\"role\":\"tool\",\"content\":[{\"type\":\"toolResult\",\"id\":\"call_1\",\"content\":\"x\"},"
		"{\"type\":\"toolResult\",\"id\":\"aB3dE6gH9\",\"content\":\"y\"}]}"),
	    SENT(
		"{\"role\":\"assistant\",\"content\":null,\"tool_calls\":["
		"{\"id\":\"16xj2wjzp\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},"
		"{\"id\":\"aB3dE6gH9\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
		"{\"role\":\"tool\",\"tool_call_id\":\"16xj2wjzp\",\"content\":\"x\"},"
		"{\"role\":\"tool\",\"tool_call_id\":\"aB3dE6gH9\",\"content\":\"y\"}"),
	    "");
}

static void
reasoning_between_tags_goes_back_between_them(void **state)
{
	(void)state;
	expect_turns(
	    TURNS("{\"role\":\"assistant\",\"content\":[{\"type\":\"reasoning\",\"text\":\"hm\"," OPAQUE(
		"test",
		"{\"field\":\"think\",\"open\":\"<think>\\n\",\"close\":\"</think>\\n\"}") "},"
											   "{\"type\":\"text\",\"text\":\"a\"}]}"),
	    SENT("{\"role\":\"assistant\",\"content\":\"<think>\\nhm</think>\\na\"}"));
}

static void
mistral_is_told_that_its_answer_was_begun(void **state)
{
	static const char begun[] = TURNS(
	    "{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"The \"}");

	(void)state;
	expect_at("https://api.mistral.ai", NULL, begun,
	    SENT("{\"role\":\"user\",\"content\":\"q\"},"
		 "{\"role\":\"assistant\",\"content\":\"The \",\"prefix\":true}"),
	    "");
	expect_at(openai, NULL, begun,
	    SENT(
		"{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"The \"}"),
	    "{\"option\":\"messages\",\"message\":\"this provider goes on from no answer that was begun: "
	    "it answers anew\"}");
}

/* --- tool results --- */

#define CALL_AND(result, after)                                                                    \
	TURNS("{\"role\":\"assistant\",\"content\":[{\"type\":\"toolCall\",\"id\":\"abcdefgh1\","  \
	      "\"name\":\"f\",\"arguments\":{}}]},{\"role\":\"tool\",\"content\":[" result         \
	      "]}" after)
#define CALL_SENT(messages)                                                                        \
	SENT(                                                                                      \
	    "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"abcdefgh1\","      \
	    "\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}," messages)
#define TOOL_SAYS(text) "{\"role\":\"tool\",\"tool_call_id\":\"abcdefgh1\",\"content\":" text "}"
#define RESULT(members) "{\"type\":\"toolResult\",\"id\":\"abcdefgh1\"," members "}"
#define PICTURE "{\"type\":\"image\",\"url\":\"http://p\"}"
#define PICTURE_SENT "{\"type\":\"image_url\",\"image_url\":{\"url\":\"http://p\"}}"

static void
a_result_that_is_an_error_says_so_in_words(void **state)
{
	(void)state;
	expect_turns(CALL_AND(RESULT("\"content\":\"no\",\"isError\":true"), ""),
	    CALL_SENT(TOOL_SAYS("\"Error: no\"")));
	expect_turns(CALL_AND(RESULT("\"content\":{\"a\":1},\"isError\":true"), ""),
	    CALL_SENT(TOOL_SAYS("\"{\\\"error\\\":{\\\"a\\\":1}}\"")));
	expect_turns(
	    CALL_AND(
		RESULT("\"content\":[{\"type\":\"text\",\"text\":\"no\"}],\"isError\":true"), ""),
	    CALL_SENT(TOOL_SAYS("\"Error: no\"")));
	expect_turns(CALL_AND(RESULT("\"content\":[1,2],\"isError\":false"), ""),
	    CALL_SENT(TOOL_SAYS("\"[1,2]\"")));
	expect_turns(CALL_AND(RESULT("\"isError\":true"), ""), CALL_SENT(TOOL_SAYS("\"Error: \"")));
}

static void
a_results_pictures_follow_the_last_result_in_a_turn_of_their_own(void **state)
{
	static const char both[] = CALL_AND(
	    RESULT("\"content\":[{\"type\":\"text\",\"text\":\"see\"}," PICTURE "]") "," RESULT(
		"\"content\":\"b\""),
	    ",{\"role\":\"user\",\"content\":\"so?\"}");

	(void)state;
	expect_turns(both,
	    CALL_SENT(TOOL_SAYS("\"see\"") "," TOOL_SAYS(
		"\"b\"") ","
			 "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"From the result of tool call "
			 "abcdefgh1:\"}," PICTURE_SENT
			 "]},{\"role\":\"user\",\"content\":\"so?\"}"));
	expect_turns(CALL_AND(RESULT("\"content\":[" PICTURE "]"), ""),
	    CALL_SENT(TOOL_SAYS(
		"\"\"") ","
			"{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"From the result of tool call "
			"abcdefgh1:\"}," PICTURE_SENT "]}"));
}

static void
mistral_takes_a_results_pictures_and_a_turn_before_the_users(void **state)
{
	(void)state;
	expect_at("https://api.mistral.ai", NULL,
	    CALL_AND(RESULT("\"content\":[" PICTURE "],\"isError\":true"),
		",{\"role\":\"user\",\"content\":\"so?\"}"),
	    CALL_SENT(TOOL_SAYS(
		"[{\"type\":\"text\",\"text\":\"Error:\"}," PICTURE_SENT
		"]") ","
		     "{\"role\":\"assistant\",\"content\":\"OK.\"},{\"role\":\"user\",\"content\":\"so?\"}"),
	    "{\"option\":\"messages\",\"message\":\"an assistant's turn (\\\"OK.\\\") is put between a "
	    "tool's result and the user's\"}");
	expect_at("https://api.mistral.ai", NULL,
	    CALL_AND(RESULT("\"content\":\"x\""),
		",{\"role\":\"assistant\",\"content\":\"y\"},{\"role\":\"user\",\"content\":\"z\"}"),
	    CALL_SENT(TOOL_SAYS(
		"\"x\"") ",{\"role\":\"assistant\",\"content\":\"y\"},{\"role\":\"user\",\"content\":\"z\"}"),
	    "");
}

static void
perplexity_gets_turns_of_one_role_as_one(void **state)
{
	(void)state;
	expect_at("https://api.perplexity.ai", NULL,
	    "{\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"system\",\"content\":\"t\"},"
	    "{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"user\",\"content\":[" PICTURE "]},"
	    "{\"role\":\"assistant\",\"content\":\"b\"}],\"prompt\":\"c\"}",
	    SENT(
		"{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"system\",\"content\":\"t\"},"
		"{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}," PICTURE_SENT
		"]},"
		"{\"role\":\"assistant\",\"content\":\"b\"},{\"role\":\"user\",\"content\":\"c\"}"),
	    "");
}

/* --- options --- */

#define ASK(options) "{\"prompt\":\"x\",\"options\":{" options "}}"
#define GOT(model, options)                                                                        \
	"{\"model\":\"" model "\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]" options "}"

static void
options_take_the_names_of_the_server(void **state)
{
	static const char ask[] = ASK(
	    "\"maxTokens\":9,\"temperature\":0.70,\"topP\":1,\"topK\":3,\"stop\":[\"a\"],\"seed\":-4,\"stream\":true");

	(void)state;
	expect_at(lab, NULL, ask,
	    GOT("m",
		",\"max_tokens\":9,\"temperature\":0.70,\"top_p\":1,\"top_k\":3,\"stop\":[\"a\"],\"seed\":-4,"
		"\"stream\":true,\"stream_options\":{\"include_usage\":true}"),
	    "");
	expect_at(
	    lab, NULL, ASK("\"stop\":\"a\""), GOT("m", ",\"stop\":[\"a\"],\"stream\":false"), "");
	expect_at("https://api.mistral.ai", NULL, ask,
	    GOT("m",
		",\"max_tokens\":9,\"temperature\":0.70,\"top_p\":1,\"stop\":[\"a\"],\"random_seed\":-4,\"stream\":true"),
	    "{\"option\":\"options.topK\",\"message\":\"this provider does not know it\"}");
}

static void
openais_reasoning_models_have_rules_of_their_own(void **state)
{
	(void)state;
	expect_at(openai, "o3-mini",
	    "{\"messages\":[{\"role\":\"system\",\"content\":\"s\"}],\"options\":{\"maxTokens\":9,\"temperature\":1,\"reasoning\":\"high\"}}",
	    "{\"model\":\"o3-mini\",\"messages\":[{\"role\":\"developer\",\"content\":\"s\"}],\"max_completion_tokens\":9,"
	    "\"reasoning_effort\":\"high\",\"stream\":false}",
	    "{\"option\":\"options.temperature\",\"message\":\"this model takes no sampling parameters\"}");
	/* The same model elsewhere is served by somebody else's rules. */
	expect_at(lab, "o3-mini", ASK("\"maxTokens\":9,\"temperature\":1"),
	    GOT("o3-mini", ",\"max_tokens\":9,\"temperature\":1,\"stream\":false"), "");
	expect_at(openai, "gpt-5.2", ASK("\"temperature\":1,\"reasoning\":\"off\""),
	    GOT("gpt-5.2", ",\"temperature\":1,\"reasoning_effort\":\"none\",\"stream\":false"),
	    "");
	expect_at(openai, "gpt-5-mini", ASK("\"reasoning\":\"off\""),
	    GOT("gpt-5-mini", ",\"reasoning_effort\":\"minimal\",\"stream\":false"),
	    "{\"option\":\"options.reasoning\",\"message\":\"this model always reasons; the least is asked for\"}");
	expect_at(openai, "gpt-4o-mini", ASK("\"maxTokens\":9,\"reasoning\":\"low\""),
	    GOT("gpt-4o-mini", ",\"max_tokens\":9,\"stream\":false"),
	    "{\"option\":\"options.reasoning\",\"message\":\"this model does not reason\"}");
	expect_at(
	    openai, "gpt-4o", ASK("\"reasoning\":\"off\""), GOT("gpt-4o", ",\"stream\":false"), "");
}

static void
each_server_is_told_in_its_own_words_how_much_to_reason(void **state)
{
	static const struct {
		const char *url, *reasoning, *said, *warned;
	} rows[] = {
		{ lab, "\"medium\"", ",\"reasoning_effort\":\"medium\"", "" },
		{ lab, "\"off\"", ",\"reasoning_effort\":\"none\"", "" },
		{ lab, "\"xhigh\"", ",\"reasoning_effort\":\"high\"",
		    "{\"option\":\"options.reasoning\",\"message\":\"\\\"xhigh\\\" is not known here; \\\"high\\\" is asked for\"}" },
		{ lab, "{\"budgetTokens\":100}", "",
		    "{\"option\":\"options.reasoning\",\"message\":\"a token budget cannot be carried; use a level\"}" },
		{ "https://api.x.ai", "\"off\"", "",
		    "{\"option\":\"options.reasoning\",\"message\":\"this provider has no word for it\"}" },
		{ "https://api.mistral.ai", "\"high\"", ",\"reasoning_effort\":\"high\"", "" },
		{ "https://api.mistral.ai", "\"low\"", ",\"reasoning_effort\":\"high\"",
		    "{\"option\":\"options.reasoning\",\"message\":\"\\\"low\\\" is not known here; \\\"high\\\" is asked for\"}" },
		{ "https://api.moonshot.ai", "\"high\"", ",\"thinking\":{\"type\":\"enabled\"}",
		    "{\"option\":\"options.reasoning\",\"message\":\"it is on or off here, and no level can be carried\"}" },
		{ "https://openrouter.ai/api", "\"xhigh\"", ",\"reasoning\":{\"effort\":\"xhigh\"}",
		    "" },
		{ "https://openrouter.ai/api", "{\"budgetTokens\":100}",
		    ",\"reasoning\":{\"max_tokens\":100}", "" },
		{ "https://api.deepseek.com", "\"off\"", ",\"thinking\":{\"type\":\"disabled\"}",
		    "" },
		{ "https://api.deepseek.com", "\"xhigh\"",
		    ",\"thinking\":{\"type\":\"enabled\"},\"reasoning_effort\":\"max\"", "" },
		{ "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
		    "{\"budgetTokens\":100}", ",\"enable_thinking\":true,\"thinking_budget\":100",
		    "" },
		{ "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "\"off\"",
		    ",\"enable_thinking\":false", "" },
	};
	struct buf ask = BUF_INIT(BUF_UNLIMITED), got = BUF_INIT(BUF_UNLIMITED);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		buf_reset(&ask);
		buf_reset(&got);
		buf_addf(
		    &ask, "{\"prompt\":\"x\",\"options\":{\"reasoning\":%s}}", rows[i].reasoning);
		buf_addf(&got,
		    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]%s,\"stream\":false}",
		    rows[i].said);
		expect_at(rows[i].url, NULL, ask.p, got.p, rows[i].warned);
	}
	buf_release(&ask);
	buf_release(&got);
}

static void
single_models_are_told_otherwise_than_their_neighbours(void **state)
{
	(void)state;
	expect_at("https://api.x.ai", "grok-4.3", ASK("\"reasoning\":\"off\""),
	    GOT("grok-4.3", ",\"reasoning_effort\":\"none\",\"stream\":false"), "");
	expect_at("https://api.moonshot.ai", "kimi-k3", ASK("\"reasoning\":\"xhigh\""),
	    GOT("kimi-k3", ",\"reasoning_effort\":\"max\",\"stream\":false"), "");
	expect_at("https://api.cerebras.ai", "zai-glm-4.7", ASK("\"reasoning\":\"off\""),
	    GOT("zai-glm-4.7", ",\"reasoning_effort\":\"none\",\"stream\":false"), "");
	expect_at("https://api.cerebras.ai", "gpt-oss-120b", ASK("\"reasoning\":\"off\""),
	    GOT("gpt-oss-120b", ",\"stream\":false"),
	    "{\"option\":\"options.reasoning\",\"message\":\"this provider has no word for it\"}");
}

static void
tools_and_the_choice_among_them_are_sent_together(void **state)
{
#define TOOL                                                                                       \
	"{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\",\"parameters\":{\"type\":\"object\"},\"strict\":true}}"
#define WITH_TOOL(rest)                                                                                                                   \
	"{\"prompt\":\"x\",\"tools\":[{\"name\":\"f\",\"description\":\"d\",\"inputSchema\":{\"type\":\"object\"},\"strict\":true}]" rest \
	"}"
	(void)state;
	expect_at(lab, NULL,
	    WITH_TOOL(",\"toolChoice\":\"required\",\"options\":{\"parallelTools\":false}"),
	    GOT("m",
		",\"tools\":[" TOOL
		"],\"tool_choice\":\"required\",\"parallel_tool_calls\":false,\"stream\":false"),
	    "");
	expect_at("https://api.mistral.ai/v1", NULL, WITH_TOOL(",\"toolChoice\":\"required\""),
	    GOT("m", ",\"tools\":[" TOOL "],\"tool_choice\":\"any\",\"stream\":false"), "");
	expect_at("https://api.mistral.ai/v1", NULL, WITH_TOOL(",\"toolChoice\":\"none\""),
	    GOT("m", ",\"stream\":false"), "");
	expect_at(lab, NULL, WITH_TOOL(",\"toolChoice\":{\"name\":\"f\"}"),
	    GOT("m",
		",\"tools\":[" TOOL
		"],\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}},\"stream\":false"),
	    "");
	expect_at(lab, NULL,
	    "{\"prompt\":\"x\",\"toolChoice\":\"none\",\"options\":{\"parallelTools\":true}}",
	    GOT("m", ",\"stream\":false"), "");
}

static void
a_schema_is_strict_where_it_can_be(void **state)
{
#define FORMAT(schema, strict)                                                                                     \
	",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"response\",\"schema\":" schema \
	",\"strict\":" strict "}},\"stream\":false"
#define CLOSED                                                                                     \
	"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}},\"required\":[\"a\"],\"additionalProperties\":false}"
#define OPEN                                                                                       \
	"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},\"additionalProperties\":false}"
	(void)state;
	expect_at(
	    lab, NULL, ASK("\"responseSchema\":" CLOSED), GOT("m", FORMAT(CLOSED, "true")), "");
	expect_at(lab, NULL, ASK("\"responseSchema\":" OPEN), GOT("m", FORMAT(OPEN, "false")), "");
	expect_at(lab, NULL, ASK("\"responseSchema\":{\"items\":" OPEN "}"),
	    GOT("m", FORMAT("{\"items\":" OPEN "}", "false")), "");
	/* what LM Studio has loaded is no reason to keep a schema from it */
	expect_at("http://localhost:1234/v1", NULL, ASK("\"responseSchema\":" CLOSED),
	    GOT("m", FORMAT(CLOSED, "true")), "");
}

static void
cache_marks_go_to_gateways_that_take_them(void **state)
{
	static const char turns[] = TURNS(
	    "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\",\"cache\":\"1h\"}]}");

	(void)state;
	expect_at("https://openrouter.ai/api", NULL, turns,
	    SENT(
		"{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}}]}"),
	    "");
	expect_at(openai, NULL, turns, SENT("{\"role\":\"user\",\"content\":\"a\"}"), "");
}

static void
cache_auto_marks_the_prefixes_of_claude_behind_a_gateway(void **state)
{
	static const char record[] =
	    "{\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\",\"content\":\"a\"},"
	    "{\"role\":\"assistant\",\"content\":\"b\"},{\"role\":\"user\",\"content\":\"c\"}],"
	    "\"options\":{\"cache\":\"auto\"}}";
#define MARKED(text)                                                                               \
	"[{\"type\":\"text\",\"text\":\"" text "\",\"cache_control\":{\"type\":\"ephemeral\"}}]"
#define BODY(model, system, last)                                                                       \
	"{\"model\":\"" model "\",\"messages\":[{\"role\":\"system\",\"content\":" system               \
	"},{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"},{\"role\":" \
	"\"user\",\"content\":" last "}],\"stream\":false}"

	(void)state;
	expect_at("https://openrouter.ai/api", "anthropic/claude-sonnet-4.5", record,
	    BODY("anthropic/claude-sonnet-4.5", MARKED("s"), MARKED("c")), "");
	expect_at("https://openrouter.ai/api", "openai/gpt-4o", record,
	    BODY("openai/gpt-4o", "\"s\"", "\"c\""), "");
	expect_at(openai, "gpt-4o", record, BODY("gpt-4o", "\"s\"", "\"c\""), "");
}

static void
cache_off_drops_the_marks_or_is_warned_of(void **state)
{
	static const char record[] =
	    "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\",\"cache\":true}]}],"
	    "\"options\":{\"cache\":\"off\"}}";

	(void)state;
	expect_at("https://openrouter.ai/api", NULL, record,
	    SENT("{\"role\":\"user\",\"content\":\"a\"}"), "");
	expect_at(openai, NULL, record, SENT("{\"role\":\"user\",\"content\":\"a\"}"),
	    "{\"option\":\"options.cache\",\"message\":\"this provider caches by itself\"}");
}

/* --- what every dialect's request gets --- */

static void
the_request_has_its_url_key_and_headers(void **state)
{
	struct http_headers own = { 0 };
	struct building b;

	(void)state;
	http_headers_add(&own, "X-Team", "blue");
	building_of(&b, &(struct order){ .dialect = &dialect_openai_chat,
			    .base_url = openai,
			    .key = "sk-1",
			    .headers = &own,
			    .record = "{\"prompt\":\"x\",\"options\":{\"stream\":true}}" });
	assert_string_equal(b.wire.url.p, "https://api.openai.com/v1/chat/completions");
	assert_string_equal(http_headers_get(&b.wire.headers, "authorization"), "Bearer sk-1");
	assert_string_equal(http_headers_get(&b.wire.headers, "content-type"), "application/json");
	assert_string_equal(http_headers_get(&b.wire.headers, "x-team"), "blue");
	assert_int_equal(b.wire.framing, FRAME_SSE);
	building_release(&b);
	building_of(&b,
	    &(struct order){
		.dialect = &dialect_openai_chat, .base_url = lab, .record = "{\"prompt\":\"x\"}" });
	assert_null(http_headers_get(&b.wire.headers, "authorization"));
	assert_int_equal(b.wire.framing, FRAME_WHOLE);
	building_release(&b);
	http_headers_release(&own);
}

static void
provider_options_are_merged_last_and_plus_appends(void **state)
{
	(void)state;
	expect_at(lab, NULL,
	    "{\"prompt\":\"x\",\"options\":{\"stream\":true,\"stop\":[\"a\"]},\"providerOptions\":{\"test\":{\"n\":1.0,\"stream_options\":{\"x\":2},"
	    "\"stop+\":[\"b\"],\"messages+\":[{\"role\":\"user\",\"content\":\"y\"}],\"model\":null,\"new+\":[1]},\"openai-chat\":{\"no\":1}}}",
	    "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"user\",\"content\":\"y\"}],\"stop\":[\"a\",\"b\"],\"stream\":true,"
	    "\"stream_options\":{\"include_usage\":true,\"x\":2},\"n\":1.0,\"new\":[1]}",
	    "");
	expect_at(lab, NULL,
	    "{\"prompt\":\"x\",\"providerOptions\":{\"openai-chat\":{\"user\":\"me\"},\"gemini\":{\"a\":1}}}",
	    GOT("m", ",\"stream\":false,\"user\":\"me\""), "");
	/* At every depth; NAME and NAME+ together: replaced, then appended to. */
	expect_at(lab, NULL,
	    "{\"prompt\":\"x\",\"options\":{\"stream\":true,\"stop\":[\"a\"]},\"providerOptions\":{\"test\":{\"stream_options\":{\"list+\":[1],"
	    "\"include_usage\":null},\"stop\":[\"b\"],\"stop+\":[\"c\"],\"n\":{\"o\":{\"gone\":null,\"p+\":[2],\"r+\":null,\"q+\":[2],\"q\":[1]}}}}}",
	    GOT("m",
		",\"stop\":[\"b\",\"c\"],\"stream\":true,\"stream_options\":{\"list\":[1]},\"n\":{\"o\":{\"p\":[2],\"q\":[1,2]}}"),
	    "");
	expect_refused(lab, "{\"prompt\":\"x\",\"providerOptions\":{\"test\":{\"model+\":[1]}}}",
	    "providerOptions: model+: appends an array to an array");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bare_prompt_is_one_message_spelled_as_it_was),
		cmocka_unit_test(text_and_media_become_typed_parts),
		cmocka_unit_test(what_the_api_has_no_form_for_is_refused),
		cmocka_unit_test(calls_and_results_go_as_strings_of_json),
		cmocka_unit_test(reasoning_goes_back_only_where_it_came_from),
		cmocka_unit_test(a_calls_own_state_and_blocks_of_the_provider_go_back),
		cmocka_unit_test(a_block_that_cannot_go_back_is_warned_of),
		cmocka_unit_test(deepseek_gets_an_empty_reasoning_for_a_turn_with_calls),
		cmocka_unit_test(the_first_reasoner_never_gets_its_reasoning_back),
		cmocka_unit_test(reasoning_between_tags_goes_back_between_them),
		cmocka_unit_test(mistral_is_told_that_its_answer_was_begun),
		cmocka_unit_test(a_result_that_is_an_error_says_so_in_words),
		cmocka_unit_test(a_results_pictures_follow_the_last_result_in_a_turn_of_their_own),
		cmocka_unit_test(mistral_takes_a_results_pictures_and_a_turn_before_the_users),
		cmocka_unit_test(perplexity_gets_turns_of_one_role_as_one),
		cmocka_unit_test(mistral_gets_ids_of_its_own_form_in_calls_and_results_alike),
		cmocka_unit_test(options_take_the_names_of_the_server),
		cmocka_unit_test(openais_reasoning_models_have_rules_of_their_own),
		cmocka_unit_test(each_server_is_told_in_its_own_words_how_much_to_reason),
		cmocka_unit_test(single_models_are_told_otherwise_than_their_neighbours),
		cmocka_unit_test(tools_and_the_choice_among_them_are_sent_together),
		cmocka_unit_test(a_schema_is_strict_where_it_can_be),
		cmocka_unit_test(cache_marks_go_to_gateways_that_take_them),
		cmocka_unit_test(cache_auto_marks_the_prefixes_of_claude_behind_a_gateway),
		cmocka_unit_test(cache_off_drops_the_marks_or_is_warned_of),
		cmocka_unit_test(the_request_has_its_url_key_and_headers),
		cmocka_unit_test(provider_options_are_merged_last_and_plus_appends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
