/* SPDX-License-Identifier: MIT */
/* mock - one request at a time: who is asked, what is answered, what goes wrong, what is recorded.
 */
#include "mock/mock.h"

#include "base/mem.h"
#include "json/json.h"
#include "json/jsonw.h"
#include "mock/recorded.h"
#include "mock/check.h"
#include "mock/limit.h"
#include "mock/play.h"
#include "mock/render.h"
#include "mock/script.h"
#include "serve/serve.h"
#include "sys/clock.h"
#include "sys/rand.h"

#define MOCK_BODY_MAX ((size_t)64 << 20)

struct mock {
	struct mock_config config;
	uv_loop_t *loop;
	struct serve *serve;
	struct mock_script *script;
	struct cassettes *cassettes; /* NULL: none */
	struct mock_faults faults; /* for every request */
	struct rand chance;
	int64_t opened_us;
	uint64_t serial; /* of the last answer */
	int64_t done; /* exchanges */
};

/* One exchange. */
struct visit {
	struct mock *mock;
	struct serve_exchange *x;
	struct buf named; /* the recorded case that the request asks for */
	struct str path; /* without the prefix that names a case */
	struct mock_request request;
	struct cassette_case *recorded; /* the answer, where it is one */
	struct buf account; /* whose key it came with */
	struct mock_admission admission;
	const char *limit; /* what of its limits it was refused for; NULL: it was not */
	bool is_json;
	struct mock_reply reply;
	struct mock_wire wire;
	bool raw;
	struct mock_play *play;
	struct mock_faults
	    faults; /* those chosen: items are borrowed, spec and the array are not */
	int64_t start_us;
};

/* --- records --- */

static void
mock_record(struct mock *m, struct buf *text)
{
	if (m->config.record)
		m->config.record(m->config.user, buf_str(text));
	buf_release(text);
}

static void
mock_record_open(struct jsonw *w, struct buf *text, const char *type)
{
	struct buf ts = BUF_INIT(64);

	clock_print(&ts, clock_wall_us());
	jsonw_start(w, text);
	jsonw_object(w);
	jsonw_kstr(w, "type", type);
	jsonw_kstr(w, "ts", ts.p);
	buf_release(&ts);
}

static void
mock_record_listening(struct mock *m)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	mock_record_open(&w, &text, "listening");
	jsonw_kstr(&w, "url", serve_url(m->serve));
	jsonw_end(&w);
	mock_record(m, &text);
}

/* Queries may hold keys, so the path stands without one. */
static void
visit_record(const struct visit *v, enum serve_end end)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	mock_record_open(&w, &text, "exchange");
	jsonw_ki64(&w, "seq", v->mock->done);
	jsonw_kstr(&w, "method", serve_method(v->x));
	jsonw_kstrn(&w, "path", serve_path(v->x));
	jsonw_kstrn(&w, "provider", buf_str(&v->request.provider));
	if (v->request.model.len)
		jsonw_kstrn(&w, "model", buf_str(&v->request.model));
	if (v->recorded)
		jsonw_kstr(&w, "case", v->recorded->name);
	if (!v->raw || !v->wire.headless)
		jsonw_ki64(&w, "status", v->reply.status);
	jsonw_kbool(&w, "stream", v->reply.streamed);
	if (v->limit)
		jsonw_kstr(&w, "limit", v->limit);
	if (v->faults.spec)
		jsonw_kstr(&w, "fault", v->faults.spec);
	if (end == SERVE_GONE)
		jsonw_kbool(&w, "aborted", true);
	jsonw_ki64(&w, "bytes", v->play ? (int64_t)mock_play_bytes(v->play) : 0);
	jsonw_key(&w, "ms");
	jsonw_double(&w, (double)(clock_mono_us() - v->start_us) / 1000);
	if (v->mock->config.log_bodies && serve_body(v->x).len) {
		jsonw_key(&w, "request");
		if (v->is_json)
			jsonw_json(&w, v->request.body);
		else
			jsonw_strn(&w, serve_body(v->x));
	}
	jsonw_end(&w);
	mock_record(v->mock, &text);
}

/* --- answering --- */

static const char *
visit_field(void *user, const char *name)
{
	return serve_header(user, name);
}

static bool
visit_check(struct visit *v, const char *method, struct mock_error *error)
{
	struct buf query_key = BUF_INIT(1024);
	const char *api_key = serve_header(v->x, "x-api-key");
	struct check_aws aws = {
		.method = method,
		.path = serve_path(v->x),
		.query = serve_query(v->x),
		.body = serve_body(v->x),
		.field = visit_field,
		.user = v->x,
	};
	struct mock_credentials c = { .want = v->mock->config.key, .aws = &aws };
	bool ok;

	if (!api_key)
		api_key = serve_header(v->x, "x-goog-api-key");
	c.api_key = api_key ? api_key : serve_header(v->x, "api-key");
	c.authorization = serve_header(v->x, "authorization");
	c.anthropic_version = serve_header(v->x, "anthropic-version");
	if (serve_query_get(v->x, "key", &query_key))
		c.query_key = query_key.p;
	buf_addstr(&v->account, mock_check_account(&c));
	ok = mock_check_path(&v->request, v->path, method, error) &&
	     mock_check_key(&v->request, &c, error);
	buf_release(&query_key);
	if (!ok || strcmp(method, "POST") != 0 || v->mock->config.unchecked)
		return ok;
	return mock_check_content_type(&v->request, serve_header(v->x, "content-type"), error) &&
	       mock_check_body(&v->request, v->is_json, v->request.body, error);
}

/* Whose manners a refusal has: at Vertex AI's door Google's, whatever model is behind it. */
static enum mock_family
visit_refuser(const struct visit *v, const struct mock_error *error)
{
	return v->request.vertex && error->status == 401 ? FAMILY_GEMINI : v->request.family;
}

static void
visit_refuse(struct visit *v, int status, const char *what, struct str which)
{
	struct mock_error error = MOCK_ERROR_NONE;

	(void)mock_refuse(&error, status, NULL, "llm-mock: %s%.*s", what,
	    (int)str_cut_utf8(which, 200), which.p ? which.p : "");
	mock_render_error(&error, v->request.family, v->mock->serial, &v->reply);
	mock_error_release(&error);
}

static void
visit_play_case(struct visit *v, struct cassette_case *k)
{
	struct err err = ERR_INIT;

	v->recorded = k;
	if (mock_recorded_reply(k, &v->reply, &err) < 0)
		visit_refuse(v, 500, "", str_of(err.text));
}

/* The recorded case that the request names, or is next, or fits; false where there is none. */
static bool
visit_from_cassette(struct visit *v)
{
	struct mock *m = v->mock;
	struct cassette_case *k;

	if (v->named.len) {
		k = m->cassettes ? cassettes_named(m->cassettes, buf_str(&v->named)) : NULL;
		if (k)
			visit_play_case(v, k);
		else
			visit_refuse(v, 404, "there is no case ", buf_str(&v->named));
		return true;
	}
	if (!m->cassettes)
		return false;
	k = m->config.sequence
		? cassettes_next(m->cassettes)
		: mock_recorded_match(m->cassettes, serve_method(v->x), v->path, &v->request);
	if (k)
		visit_play_case(v, k);
	else if (m->config.sequence)
		visit_refuse(v, 404, "the recorded sequence is over", STR_NONE);
	return k || m->config.sequence;
}

/* Whether its account may ask now; else the reply is the refusal. */
static bool
visit_admit(struct visit *v)
{
	struct mock *m = v->mock;
	struct mock_asking asking = {
		.request = &v->request,
		.key = buf_str(&v->account),
		.since_us = clock_mono_us() - m->opened_us,
	};
	struct mock_refusal refusal;

	if (mock_limits_admit(mock_script_limits(m->script), &asking, &v->admission, &refusal))
		return true;
	mock_refusal_render(&refusal, &v->request, m->serial, &v->reply);
	v->limit = mock_refusal_name(&refusal);
	return false;
}

static void
visit_answer(struct visit *v, struct mock_faults **faults)
{
	struct mock *m = v->mock;
	struct mock_answer *answer;

	if (v->request.api == MOCK_EMBED) {
		mock_render_embeddings(&v->request, &v->reply);
		v->reply.tokens_in = mock_request_tokens(&v->request);
	} else {
		answer = mock_script_answer(m->script, &v->request,
		    &(struct mock_moment){ clock_mono_us() - m->opened_us, &m->chance });
		mock_render(answer, &v->request, m->serial, &v->reply);
		*faults = &answer->faults;
	}
	mock_admission_settle(&v->admission, v->reply.tokens_in, v->reply.tokens_out);
}

static void
visit_render(struct visit *v, struct mock_faults **faults)
{
	struct mock *m = v->mock;
	struct mock_error error = MOCK_ERROR_NONE;
	const char *const *models;
	size_t count;

	m->serial++;
	if (visit_from_cassette(v))
		return;
	if (v->request.api == MOCK_GOOGLE_TOKEN) {
		mock_render_token(m->config.key,
		    serve_header(v->x, "metadata-flavor") ||
			strcmp(serve_method(v->x), "POST") == 0,
		    m->serial, &v->reply);
	} else if (!visit_check(v, serve_method(v->x), &error)) {
		mock_render_error(&error, visit_refuser(v, &error), m->serial, &v->reply);
		mock_error_release(&error);
	} else if (v->request.api >= MOCK_OPENAI_MODELS) {
		models = mock_script_models(m->script, &count);
		mock_render_models(&v->request, models, count, &v->reply);
	} else if (m->cassettes && !m->config.script) {
		visit_refuse(v, 404, "no recorded case fits this request", STR_NONE);
	} else {
		if (v->request.api == MOCK_RESPONSE || visit_admit(v))
			visit_answer(v, faults);
		mock_admission_tell(&v->admission, &v->request, clock_wall_us(), &v->reply);
	}
}

/* The first so many components of path, unescaped, onto name; what is left of path. */
static struct str
visit_take_components(struct str path, int components, struct buf *name)
{
	struct str part;

	buf_reset(name);
	for (; components > 0 && str_split(&path, '/', &part); components--) {
		if (name->len)
			buf_addc(name, '/');
		serve_unescape(part, name);
	}
	/* The slash that stood before what is left. */
	return path.len ? (struct str){ path.p - 1, path.len + 1 } : STR_LIT("/");
}

/* "/case/NAME/v1/...": the name is one component, or three where PROVIDER/API/CASE is a case. */
static void
visit_name_case(struct visit *v)
{
	static const char prefix[] = "/case/";
	const char *header = serve_header(v->x, "x-mock-case");
	struct str path = serve_path(v->x), below;

	v->path = path;
	if (header)
		buf_adds(&v->named, header);
	if (!str_starts(path, prefix))
		return;
	below = (struct str){ path.p + sizeof prefix - 1, path.len - (sizeof prefix - 1) };
	v->path = visit_take_components(below, 3, &v->named);
	if (!v->mock->cassettes || !cassettes_named(v->mock->cassettes, buf_str(&v->named)))
		v->path = visit_take_components(below, 1, &v->named);
}

static void
visit_read(struct visit *v)
{
	struct buf alt = BUF_INIT(64), version = BUF_INIT(64);
	struct str body = serve_body(v->x);
	struct err err = ERR_INIT;
	struct json json = JSON_ABSENT;

	mock_request_path(&v->request, v->path, serve_header(v->x, "anthropic-version") != NULL);
	v->request.sse = serve_query_get(v->x, "alt", &alt) && str_is(buf_str(&alt), "sse");
	buf_release(&alt);
	v->request.versioned = serve_query_get(v->x, "api-version", &version) && version.len;
	buf_release(&version);
	v->is_json = body.len > 0 && json_parse(body.p, body.len, &json, &err) == 0;
	if (v->is_json)
		mock_request_body(&v->request, json);
}

/* A fault that the request asks for and that is misspelt is the tester's mistake: tell him. */
static void
visit_bad_fault(struct visit *v, const struct err *err)
{
	struct mock_error error = MOCK_ERROR_NONE;

	(void)mock_refuse(&error, 400, NULL, "llm-mock: x-mock-fault: %s", err->text);
	mock_reply_release(&v->reply);
	mock_render_error(&error, v->request.family, v->mock->serial, &v->reply);
	mock_error_release(&error);
}

static void
visit_choose_faults(struct visit *v, struct mock_faults *scripted, struct mock_faults *asked)
{
	const char *header = serve_header(v->x, "x-mock-fault");
	struct err err = ERR_INIT;

	if (header && *header && mock_faults_parse(asked, str_of(header), &err) < 0) {
		visit_bad_fault(v, &err);
		return;
	}
	mock_faults_choose(&v->mock->faults, &v->mock->chance, &v->faults);
	if (scripted)
		mock_faults_choose(scripted, &v->mock->chance, &v->faults);
	mock_faults_choose(asked, &v->mock->chance, &v->faults);
}

static void
visit_begin(void *user, struct serve_exchange *x)
{
	struct mock *m = user;
	struct visit *v = xcalloc(1, sizeof *v);
	struct mock_faults *scripted = NULL, asked = { 0 };

	v->mock = m;
	v->x = x;
	v->start_us = serve_arrived_us(x);
	serve_set_data(x, v);
	mock_request_init(&v->request);
	buf_init(&v->named, BUF_UNLIMITED);
	buf_init(&v->account, BUF_UNLIMITED);
	visit_name_case(v);
	visit_read(v);
	visit_render(v, &scripted);
	visit_choose_faults(v, scripted, &asked);
	mock_wire_content(&v->reply, &v->faults, v->request.family, m->serial);
	v->raw = mock_wire_is_raw(&v->reply, &v->faults);
	if (v->raw)
		mock_wire_build(&v->wire, &v->reply, &v->faults);
	mock_faults_release(
	    &asked); /* the wire is built: the faults' texts are not needed any more */
	v->play = mock_play_start(m->loop, x, &v->reply, v->raw ? &v->wire : NULL);
}

static void
visit_drained(void *user, struct serve_exchange *x)
{
	struct visit *v = serve_data(x);

	(void)user;
	if (v->play)
		mock_play_drained(v->play);
}

static void
visit_end(void *user, struct serve_exchange *x, enum serve_end end)
{
	struct mock *m = user;
	struct visit *v = serve_data(x);

	m->done++;
	visit_record(v, end);
	mock_play_free(v->play);
	mock_reply_release(&v->reply);
	if (v->raw)
		mock_wire_release(&v->wire);
	mock_request_release(&v->request);
	buf_release(&v->named);
	buf_release(&v->account);
	mock_admission_end(&v->admission);
	free(v->faults.items);
	free(v->faults.spec);
	free(v);
	if (m->done == m->config.requests && m->config.enough)
		m->config.enough(m->config.user);
}

/* --- the server --- */

static void
mock_free(struct mock *m)
{
	mock_script_free(m->script);
	cassettes_free(m->cassettes);
	mock_faults_release(&m->faults);
	free(m);
}

static int
mock_prepare(struct mock *m, struct err *err)
{
	const char *const *spec;

	rand_seed(&m->chance, m->config.seed);
	for (spec = m->config.faults; spec && *spec; spec++)
		if (mock_faults_parse(&m->faults, str_of(*spec), err) < 0)
			return -1;
	if (m->config.cassettes && *m->config.cassettes) {
		m->cassettes = cassettes_open((const char *const *)m->config.cassettes, err);
		if (!m->cassettes)
			return -1;
	}
	m->script = m->config.script ? mock_script_load(m->config.script, err) : mock_script_new();
	return m->script ? 0 : -1;
}

struct mock *
mock_open(uv_loop_t *loop, const struct mock_config *config, struct err *err)
{
	static const struct serve_handler on = { visit_begin, visit_drained, visit_end };
	struct mock *m = xcalloc(1, sizeof *m);
	struct serve_config where = {
		.address = config->address, .port = config->port, .body_max = MOCK_BODY_MAX
	};

	m->config = *config;
	m->loop = loop;
	m->opened_us = clock_mono_us();
	if (mock_prepare(m, err) < 0 || !(m->serve = serve_open(loop, &where, &on, m, err))) {
		mock_free(m);
		return NULL;
	}
	mock_record_listening(m);
	return m;
}

void
mock_close(struct mock *m)
{
	m->config.enough = NULL; /* it is */
	serve_close(m->serve);
	mock_free(m);
}
