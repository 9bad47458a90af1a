/* What a template needs, when it may go, how it reads, what is sent of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "daemon/base/mem.h"
#include "daemon/book_warn.h"
#include "daemon/template.h"
#include "rules/book.h"
#include "tests/unit/fixture.h"

method_fn m_job_take;
method_fn m_template_put;
method_fn m_template_list;
method_fn m_template_preview;
method_fn m_template_sync;

#define BODY "{\"type\":\"BODY\",\"text\":\"Hola {{1}}, pedido {{2}}.\"}"
#define NAMED                                                                  \
	"{\"type\":\"BODY\",\"text\":\"{{order}} de {{name}}; {{order}}.\"}"
#define HEAD "{\"type\":\"HEADER\",\"format\":\"TEXT\",\"text\":\"¡{{1}}!\"}"
#define PLAIN "{\"type\":\"HEADER\",\"format\":\"TEXT\",\"text\":\"Tienda\"}"
#define SHOWS "{\"type\":\"HEADER\",\"format\":\"IMAGE\",\"example\":{}}"
#define FOOT "{\"type\":\"FOOTER\",\"text\":\"Gracias\"}"
#define BUTTONS(X) "{\"type\":\"BUTTONS\",\"buttons\":[" X "]}"
#define QUICK "{\"type\":\"QUICK_REPLY\",\"text\":\"Sí\"}"
#define URL                                                                    \
	"{\"type\":\"URL\",\"text\":\"Ver\",\"url\":\"https://"                \
	"tienda.example/p/{{1}}\"}"
#define STILL                                                                  \
	"{\"type\":\"URL\",\"text\":\"Web\",\"url\":\"https://"                \
	"tienda.example/\"}"
#define CODE "{\"type\":\"COPY_CODE\",\"text\":\"Copiar\"}"

#define BLANKS_4 "a    b"
#define BLANKS_5 "a     b"

static json_t *
parse(const char *text)
{
	json_t *j = json_loads(text, 0, NULL);

	assert_non_null(j);
	return j;
}

/* --- may it go? --------------------------------------------------------------- */

struct check {
	const char *components;
	const char *values;
	const char *header; /* NULL: none */
	bool file;
	const char *fault; /* part of what is said; NULL: it may go */
};

static const struct check checks[] = {
	{ "[" BODY "]", "[\"Ana\",\"1042\"]", NULL, false, NULL },
	{ "[" BODY "]", "[\"Ana\"]", NULL, false, "takes 2 parameters, not 1" },
	{ "[" BODY "]", "[\"Ana\",\"b\",\"c\"]", NULL, false, "not 3" },
	{ "[" BODY "]", "[]", NULL, false, "not 0" },
	{ "[" BODY "]", "[\"Ana\",\"\"]", NULL, false, "parameter 2 is empty" },
	{ "[" BODY "]", "[\"Ana\",\"  \"]", NULL, false,
	  "parameter 2 is empty" },
	{ "[" BODY "]", "[\"A\\nna\",\"b\"]", NULL, false, "line break" },
	{ "[" BODY "]", "[\"A\\tna\",\"b\"]", NULL, false, "tab" },
	{ "[" BODY "]", "[\"" BLANKS_4 "\",\"b\"]", NULL, false, NULL },
	{ "[" BODY "]", "[\"" BLANKS_5 "\",\"b\"]", NULL, false, "blanks" },
	{ "[" BODY "]", "[\"Ana\",7]", NULL, false, "parameter 2 is no text" },
	{ "[" BODY "]", "[\"Ana\",\"b\"]", "x", false,
	  "header takes no parameter" },
	{ "[" BODY "]", "[\"Ana\",\"b\"]", NULL, true, "takes no file" },
	{ "[" NAMED "]", "[\"1042\",\"Ana\"]", NULL, false, NULL },
	{ "[" NAMED "]", "[\"1042\"]", NULL, false, "takes 2" },
	{ "[" HEAD "," BODY "]", "[\"a\",\"b\"]", "Ana", false, NULL },
	{ "[" HEAD "," BODY "]", "[\"a\",\"b\"]", NULL, false,
	  "header takes a parameter" },
	{ "[" HEAD "," BODY "]", "[\"a\",\"b\"]", "", false,
	  "header's parameter is empty" },
	{ "[" PLAIN "," BODY "]", "[\"a\",\"b\"]", NULL, false, NULL },
	{ "[" SHOWS "," BODY "]", "[\"a\",\"b\"]", NULL, true, NULL },
	{ "[" SHOWS "," BODY "]", "[\"a\",\"b\"]", NULL, false,
	  "header shows a file" },
	{ "[" BODY "," BUTTONS(QUICK "," STILL) "]", "[\"a\",\"b\"]", NULL,
	  false, NULL },
	{ "[" BODY "," BUTTONS(STILL "," URL) "]", "[\"a\",\"b\",\"9\"]", NULL,
	  false, NULL },
	{ "[" BODY "," BUTTONS(URL "," CODE) "]", "[\"a\",\"b\",\"9\"]", NULL,
	  false, "takes 4" },
	{ "[" BODY "," BUTTONS("{\"type\":\"OTP\"}") "]", "[\"a\",\"b\"]", NULL,
	  false, "such a button" },
	{ "[" BODY ",{\"type\":\"CAROUSEL\"}]", "[\"a\",\"b\"]", NULL, false,
	  "such a part" },
	{ "[{\"type\":\"HEADER\",\"format\":\"LOCATION\"}," BODY "]",
	  "[\"a\",\"b\"]", NULL, false, "such a part" },
	{ "[" BODY "," BODY "]", "[\"a\",\"b\"]", NULL, false, "such a part" },
	{ "[" FOOT "]", "[]", NULL, false, "no body" },
	{ "{}", "[]", NULL, false, "no body" },
	{ "[{\"type\":\"BODY\"}]", "[]", NULL, false, NULL },
	{ "[{\"type\":\"BODY\",\"text\":\"{{99}}\"}]", "[]", NULL, false,
	  "such a part" },
	{ "[{\"type\":\"BODY\",\"text\":\"{1} {{}} {{a b}} {{x\"}]", "[]", NULL,
	  false, NULL },
};

static void
test_check(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof checks / sizeof *checks; i++) {
		const struct check *c = &checks[i];
		json_t *components = parse(c->components);
		json_t *values = parse(c->values);
		struct template_values v = { values, c->header, c->file };
		struct err e = { .text = "" };
		enum outcome o = template_check(components, &v, &e);

		if (c->fault == NULL && o != OUT_OK)
			fail_msg("check %zu: %s", i, e.text);
		if (c->fault != NULL &&
		    (o != OUT_PERM || strcmp(e.code, "template") != 0 ||
		     strstr(e.text, c->fault) == NULL))
			fail_msg("check %zu: '%s' is not '%s'", i, e.text,
				 c->fault);
		json_decref(components);
		json_decref(values);
	}
}

/* Of characters, not of octets; the last that fits, and one more. */
static void
test_length(void **state)
{
	/* "Hola " ", pedido " "." and "x" are 16 characters */
	static const size_t room[] = { TEMPLATE_BODY_MAX - 16,
				       TEMPLATE_BODY_MAX - 15 };
	json_t *components = parse("[" BODY "]");
	char text[2 * TEMPLATE_BODY_MAX + 1];
	size_t i;
	size_t k;

	(void)state;
	for (i = 0; i < 2; i++) {
		json_t *values = json_array();
		struct template_values v = { .list = values };
		struct err e;

		for (k = 0; k < room[i]; k++)
			memcpy(text + 2 * k, "ñ", 2);
		text[2 * room[i]] = '\0';
		(void)json_array_append_new(values, json_string(text));
		(void)json_array_append_new(values, json_string("x"));
		assert_int_equal(template_check(components, &v, &e),
				 i == 0 ? OUT_OK : OUT_PERM);
		json_decref(values);
	}
	json_decref(components);
}

/* --- how it reads --------------------------------------------------------------- */

struct reading {
	const char *components;
	const char *values;
	const char *header;
	const char *text;
};

static const struct reading readings[] = {
	{ "[" BODY "]", "[\"Ana\",\"1042\"]", NULL, "Hola Ana, pedido 1042." },
	{ "[" BODY "]", "[\"Ana\"]", NULL, "Hola Ana, pedido {{2}}." },
	{ "[" BODY "]", "[\"{{2}}\",\"b\"]", NULL, "Hola {{2}}, pedido b." },
	{ "[" NAMED "]", "[\"1042\",\"Ana\"]", NULL, "1042 de Ana; 1042." },
	{ "[{\"type\":\"BODY\",\"text\":\"{{2}}{{ 1 }}\"}]", "[\"a\",\"b\"]",
	  NULL, "ba" },
	{ "[" FOOT "," BODY "," HEAD "]", "[\"a\",\"b\"]", "Ana",
	  "¡Ana!\n\nHola a, pedido b.\n\nGracias" },
	{ "[" HEAD "," BODY "]", "[]", NULL,
	  "¡{{1}}!\n\nHola {{1}}, pedido {{2}}." },
	{ "[" SHOWS "," BODY "]", "[\"a\",\"b\"]", NULL, "Hola a, pedido b." },
	{ "[" BODY "," BUTTONS(QUICK "," URL "," STILL "," CODE) "]",
	  "[\"a\",\"b\",\"9\",\"OFERTA\"]", NULL,
	  "Hola a, pedido b.\n\n[Sí]\n[Ver] https://tienda.example/p/9\n"
	  "[Web] https://tienda.example/\n[Copiar] OFERTA" },
};

static void
test_render(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof readings / sizeof *readings; i++) {
		json_t *components = parse(readings[i].components);
		json_t *values = parse(readings[i].values);
		struct template_values v = { .list = values,
					     .header = readings[i].header };
		char *text = template_render(components, &v);

		assert_string_equal(text, readings[i].text);
		mem_free(text);
		json_decref(components);
		json_decref(values);
	}
}

/* --- what is sent ----------------------------------------------------------------- */

static const struct reading sent[] = {
	{ "[" BODY "]", "[\"Ana\",\"1042\"]", NULL,
	  "[{\"type\":\"body\",\"parameters\":[{\"type\":\"text\",\"text\":"
	  "\"Ana\"},{\"type\":\"text\",\"text\":\"1042\"}]}]" },
	{ "[" NAMED "]", "[\"1042\",\"Ana\"]", NULL,
	  "[{\"type\":\"body\",\"parameters\":[{\"type\":\"text\",\"text\":"
	  "\"1042\",\"parameter_name\":\"order\"},{\"type\":\"text\",\"text\":"
	  "\"Ana\",\"parameter_name\":\"name\"}]}]" },
	{ "[" PLAIN ",{\"type\":\"BODY\",\"text\":\"Hola\"}," FOOT "]", "[]",
	  NULL, "[]" },
	{ "[" HEAD ",{\"type\":\"BODY\",\"text\":\"Hola\"}]", "[]", "Ana",
	  "[{\"type\":\"header\",\"parameters\":[{\"type\":\"text\",\"text\":"
	  "\"Ana\"}]}]" },
	{ "[" SHOWS ",{\"type\":\"BODY\",\"text\":\"Hola\"}]", "[]", NULL,
	  "[{\"type\":\"header\",\"parameters\":[{\"type\":\"image\","
	  "\"image\":{}}]}]" },
	{ "[{\"type\":\"BODY\",\"text\":\"Hola\"}," BUTTONS(QUICK "," URL
								  "," CODE) "]",
	  "[\"9\",\"OFERTA\"]", NULL,
	  "[{\"type\":\"button\",\"sub_type\":\"url\",\"index\":\"1\","
	  "\"parameters\":[{\"type\":\"text\",\"text\":\"9\"}]},"
	  "{\"type\":\"button\",\"sub_type\":\"copy_code\",\"index\":\"2\","
	  "\"parameters\":[{\"type\":\"coupon_code\",\"coupon_code\":"
	  "\"OFERTA\"}]}]" },
};

static void
test_fill(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof sent / sizeof *sent; i++) {
		json_t *components = parse(sent[i].components);
		json_t *values = parse(sent[i].values);
		json_t *want = parse(sent[i].text);
		struct template_values v = { .list = values,
					     .header = sent[i].header };
		json_t *got = template_fill(components, &v);

		if (!json_equal(got, want))
			fail_msg("fill %zu: %s", i, json_dumps(got, 0));
		json_decref(got);
		json_decref(want);
		json_decref(components);
		json_decref(values);
	}
}

static void
test_value(void **state)
{
	static const char *const pairs[][2] = {
		{ "Ana", "Ana" },
		{ " Ana\n García ", "Ana García" },
		{ "a\t\t\r\n b", "a b" },
		{ "", "" },
		{ " \n", "" },
	};
	char text[3000];
	char *value;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		value = template_value(pairs[i][0]);
		assert_string_equal(value, pairs[i][1]);
		mem_free(value);
	}
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	value = template_value(text);
	assert_int_equal(strlen(value), TEMPLATE_VALUE_MAX);
	mem_free(value);
}

/* --- with the store ----------------------------------------------------------------- */

static void
number_add(const char *name)
{
	char *sql = sqlite3_mprintf(
		"INSERT INTO connection (name, kind, role, settings, active, "
		"version, state, state_detail, created_ms) VALUES (%Q, "
		"'whatsapp', 'whatsapp', '{}', 1, 1, 'unknown', '', 1)",
		name);

	fixture_exec(sql);
	sqlite3_free(sql);
}

static json_t *
one(const char *name, const char *language, const char *status)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", name, "language",
			 language, "category", "UTILITY", "status", status,
			 "components", parse("[" BODY "]"));
}

/* templates is taken; since: NULL for none */
static void
put(json_t *templates, bool complete, const char *since, int64_t gone)
{
	json_t *p = json_pack("{s:s, s:o, s:b}", "connection", "tienda",
			      "templates", templates, "complete", complete);
	struct call c;

	if (since != NULL)
		(void)json_object_set_new(p, "since", json_string(since));
	c = fixture_call(m_template_put, ROLE_WHATSAPP, 0, p);
	assert_int_equal(c.outcome, OUT_OK);
	assert_int_equal(got_int(&c, "gone"), gone);
	call_release(&c);
}

static void
test_put(void **state)
{
	(void)state;
	number_add("tienda");
	number_add("segunda");
	put(json_pack("[o, o]", one("aviso", "es", "PENDING"),
		      one("viejo", "es", "APPROVED")),
	    true, NULL, 0);
	fixture_exec(
		"INSERT INTO template SELECT (SELECT id FROM connection "
		"WHERE name = 'segunda'), name, language, category, status, "
		"components, synced_ms FROM template");
	/* in two parts, an hour later: what is in neither has gone */
	fx.now_ms = T0_MS + 3600 * 1000;
	put(json_pack("[o]", one("aviso", "es", "APPROVED")), false, NULL, 0);
	fx.now_ms += 1000;
	put(json_pack("[o]", one("nuevo", "es_MX", "APPROVED")), true,
	    "2026-01-05T10:00:00.000Z", 1);
	assert_string_equal(
		fixture_text("SELECT group_concat(t.name || '/' || t.status, "
			     "' ') FROM template t JOIN connection c "
			     "ON c.id = t.connection_id "
			     "WHERE c.name = 'tienda'"),
		"aviso/APPROVED nuevo/APPROVED");
	assert_int_equal(fixture_int("SELECT count(*) FROM template t "
				     "JOIN connection c "
				     "ON c.id = t.connection_id "
				     "WHERE c.name = 'segunda'"),
			 2);
}

/* One page of two, from after (taken) on: what is in it is added to seen. A
 * new "after", or NULL behind the last page. */
static json_t *
page(json_t *after, char *seen, size_t size)
{
	json_t *p = json_pack("{s:s, s:i}", "connection", "tienda", "limit", 2);
	const json_t *list;
	const json_t *t;
	struct call c;
	size_t i;

	if (after != NULL)
		(void)json_object_set_new(p, "after", after);
	c = fixture_call(m_template_list, ROLE_CONTROL, 0, p);
	assert_int_equal(c.outcome, OUT_OK);
	list = json_object_get(c.result, "templates");
	json_array_foreach(list, i, t)
	{
		size_t n = strlen(seen);

		assert_int_equal(
			json_integer_value(json_object_get(t, "parameters")),
			2);
		(void)snprintf(
			seen + n, size - n, "%s.%s%c ",
			json_string_value(json_object_get(t, "name")),
			json_string_value(json_object_get(t, "language")),
			json_is_true(json_object_get(t, "usable")) ? '+' : '-');
	}
	t = json_array_get(list, json_array_size(list) - 1);
	after = NULL;
	if (json_is_true(json_object_get(c.result, "more")))
		after = json_sprintf(
			"tienda/%s/%s",
			json_string_value(json_object_get(t, "name")),
			json_string_value(json_object_get(t, "language")));
	call_release(&c);
	return after;
}

static void
test_after(void **state)
{
	static const char *const wrong[] = { "", "tienda", "tienda/a" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct call c =
			fixture_call(m_template_list, ROLE_CONTROL, 0,
				     json_pack("{s:s}", "after", wrong[i]));

		assert_string_equal(c.err.code, "bad_params");
		call_release(&c);
	}
}

/* Pages follow each other without a gap, and say what a template needs. */
static void
test_list(void **state)
{
	char seen[256] = "";
	json_t *after;

	(void)state;
	number_add("tienda");
	put(json_pack("[o, o, o, o, o]", one("b", "es", "APPROVED"),
		      one("a", "pt_BR", "PAUSED"), one("a", "es", "APPROVED"),
		      one("c", "es", "APPROVED"), one("a", "en", "APPROVED")),
	    true, NULL, 0);
	after = page(NULL, seen, sizeof seen);
	assert_non_null(after);
	after = page(after, seen, sizeof seen);
	assert_non_null(after);
	assert_null(page(after, seen, sizeof seen));
	assert_string_equal(seen, "a.en+ a.es+ a.pt_BR- b.es+ c.es+ ");
}

static struct call
preview(json_t *parameters)
{
	return fixture_call(m_template_preview, ROLE_CONTROL, 0,
			    json_pack("{s:s, s:s, s:s, s:o}", "connection",
				      "tienda", "name", "aviso", "language",
				      "es", "parameters", parameters));
}

static void
test_preview(void **state)
{
	struct call c;

	(void)state;
	number_add("tienda");
	c = preview(json_array());
	assert_string_equal(c.err.code, "not_found");
	call_release(&c);
	put(json_pack("[o]", one("aviso", "es", "APPROVED")), true, NULL, 0);
	c = preview(json_pack("[s]", "Ana"));
	assert_string_equal(
		json_string_value(json_object_get(c.result, "text")),
		"Hola Ana, pedido {{2}}.");
	assert_non_null(json_object_get(c.result, "fault"));
	call_release(&c);
	c = preview(json_pack("[s, s]", "Ana", "7"));
	assert_null(json_object_get(c.result, "fault"));
	call_release(&c);
}

static void
test_make(void **state)
{
	json_t *ask = json_pack("{s:s, s:s, s:[s, s]}", "name", "aviso",
				"language", "es", "parameters", "Ana", "7");
	static const char *const status[] = { "PAUSED", "APPROVED" };
	struct template_made m;
	struct err e;
	int64_t id;
	size_t i;

	(void)state;
	number_add("tienda");
	id = fixture_int("SELECT id FROM connection WHERE name = 'tienda'");
	for (i = 0; i < 2; i++) {
		put(json_pack("[o]", one("aviso", "es", status[i])), true, NULL,
		    0);
		assert_int_equal(
			template_make(fx.store, id, ask, false, &m, &e),
			i == 0 ? OUT_PERM : OUT_OK);
	}
	assert_string_equal(m.text, "Hola Ana, pedido 7.");
	assert_string_equal(
		json_string_value(json_object_get(m.whats, "language")), "es");
	assert_int_equal(
		json_array_size(json_object_get(m.whats, "components")), 1);
	template_made_release(&m);
	(void)json_object_set_new(ask, "language", json_string("en"));
	assert_int_equal(template_make(fx.store, id, ask, false, &m, &e),
			 OUT_PERM);
	assert_string_equal(e.code, "template");
	assert_null(m.text);
	json_decref(ask);
}

/* What a book says of templates, against what numbers have. */
static void
warns(const char *reply, const char *want)
{
	char *text = mem_printf("queue \"q\" { }\nreply \"r\" { text \"a\"\n"
				"%s }\n",
				reply);
	struct book_errors errs = { .n = 0 };
	struct book *b = NULL;
	json_t *list = NULL;
	const char *got;
	struct err e;

	assert_int_equal(book_read(text, strlen(text), &b, &errs), OUT_OK);
	assert_int_equal(book_warnings(fx.store, b, &list, &e), OUT_OK);
	got = json_string_value(
		json_object_get(json_array_get(list, 0), "text"));
	if (want == NULL ? got != NULL : got == NULL || strcmp(got, want) != 0)
		fail_msg("'%s': %s", reply, got);
	if (got != NULL)
		assert_int_equal(json_integer_value(json_object_get(
					 json_array_get(list, 0), "line")),
				 3);
	json_decref(list);
	book_unref(&b);
	mem_free(text);
}

static void
test_warnings(void **state)
{
	(void)state;
	warns("template \"nada\"", NULL); /* no number has read any */
	number_add("tienda");
	put(json_pack("[o, o]", one("aviso", "es_MX", "APPROVED"),
		      one("malo", "es", "REJECTED")),
	    true, NULL, 0);
	warns("template \"nada\"", "no number has a template 'nada'");
	warns("template \"malo\" with \"a\", \"b\"",
	      "no number has a template 'malo'");
	warns("template es \"aviso\" with \"a\", \"b\"", NULL);
	warns("template \"aviso\" with \"a\", \"b\"", NULL);
	warns("template en \"aviso\" with \"a\", \"b\"",
	      "template 'aviso' is not there in 'en'");
	warns("template es \"aviso\" with \"a\"",
	      "template 'aviso' takes 2 parameters, not 1");
	warns("template es \"aviso\" header \"h\" with \"a\", \"b\"",
	      "the header of template 'aviso' takes no text");
}

#define JOBS "SELECT count(*) FROM job WHERE kind = 'template.sync'"

/* At the start, once an hour, by hand; never two that wait. */
static void
test_sync(void **state)
{
	struct call c;

	(void)state;
	(void)fixture_tick();
	assert_true(fx.desk.templates_ms == INT64_MAX);
	fx.desk.templates_ms = 0;
	number_add("tienda");
	(void)fixture_tick();
	assert_int_equal(fixture_int(JOBS), 1);
	c = fixture_call(m_template_sync, ROLE_CONTROL, 0,
			 json_pack("{s:s}", "connection", "tienda"));
	assert_int_equal(c.outcome, OUT_OK);
	assert_true(json_is_null(json_object_get(c.result, "job")));
	call_release(&c);
	assert_int_equal(fixture_int(JOBS), 1);
	fixture_exec("UPDATE job SET state = 'done', ended_ms = 1");
	fx.now_ms += TEMPLATE_SYNC_MS - 1;
	assert_true(fixture_tick() <= fx.now_ms + 1);
	assert_int_equal(fixture_int(JOBS " AND state = 'queued'"), 0);
	fx.now_ms += 1;
	(void)fixture_tick();
	assert_int_equal(fixture_int(JOBS " AND state = 'queued'"), 1);
	assert_true(fx.desk.wake_jobs & (1U << ROLE_WHATSAPP));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_render),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_value),
		cmocka_unit_test_setup_teardown(test_put, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_list, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_after, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_preview, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_make, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_warnings, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_sync, fixture_setup,
						fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
