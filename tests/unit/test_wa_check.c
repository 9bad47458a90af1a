/* Pages of templates as the bus takes them; what Graph says of a number, in
 * lines; the file of a template's header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "daemon/base/mem.h"
#include "gateways/whatsapp/accounts.h"
#include "gateways/whatsapp/check.h"
#include "gateways/whatsapp/graph.h"
#include "gateways/whatsapp/message.h"
#include "gateways/whatsapp/templates.h"

static json_t *
parse(const char *text)
{
	json_t *j = json_loads(text, 0, NULL);

	assert_non_null(j);
	return j;
}

/* --- templates ------------------------------------------------------------------ */

static void
a_page_is_asked_for(void **state)
{
	char *q = templates_query(NULL);

	(void)state;
	assert_string_equal(q, "?fields=name,language,category,status,"
			       "components&limit=50");
	mem_free(q);
	q = templates_query("a&b=c /");
	assert_non_null(strstr(q, "&limit=50&after=a%26b%3Dc"));
	assert_null(strchr(q + 1, ' '));
	mem_free(q);
}

static void
a_page_is_taken(void **state)
{
	static const char page_text[] =
		"{\"data\":["
		"{\"name\":\"a\",\"language\":\"es\",\"category\":\"UTILITY\","
		"\"status\":\"APPROVED\",\"components\":[],\"id\":\"1\"},"
		"{\"name\":\"b\",\"language\":\"es\",\"components\":[]},"
		"{\"name\":\"\",\"language\":\"es\",\"components\":[]},"
		"{\"name\":\"c\",\"language\":7,\"components\":[]},"
		"{\"name\":\"d\",\"language\":\"es\"},"
		"{\"name\":\"e\",\"language\":\"es\",\"components\":{}},"
		"\"f\"]}";
	json_t *page = parse(page_text);
	json_t *list = json_array();
	json_t *want = parse(
		"[{\"name\":\"a\",\"language\":\"es\",\"category\":\"UTILITY\","
		"\"status\":\"APPROVED\",\"components\":[]},"
		"{\"name\":\"b\",\"language\":\"es\",\"category\":\"UNKNOWN\","
		"\"status\":\"UNKNOWN\",\"components\":[]}]");

	(void)state;
	assert_int_equal(templates_take(page, list), 5);
	assert_true(json_equal(list, want));
	json_decref(page);
	json_decref(list);
	json_decref(want);
}

/* One octet over the ceiling is left out. */
static void
long_ones_are_left_out(void **state)
{
	char text[TEMPLATE_ONE_BYTES];
	size_t more;

	(void)state;
	for (more = 0; more < 2; more++) {
		json_t *list = json_array();
		json_t *page;

		/* ["..."] */
		memset(text, 'x', sizeof text);
		text[TEMPLATE_ONE_BYTES - 4 + more] = '\0';
		page = json_pack("{s:[{s:s, s:s, s:[s]}]}", "data", "name", "a",
				 "language", "es", "components", text);
		assert_int_equal(templates_take(page, list), more);
		assert_int_equal(json_array_size(list), 1 - more);
		json_decref(page);
		json_decref(list);
	}
}

static void
the_last_page_is_known(void **state)
{
	static const struct {
		const char *page;
		const char *after;
	} pages[] = {
		{ "{\"paging\":{\"cursors\":{\"after\":\"X\"},"
		  "\"next\":\"https://graph.facebook.com/\"}}",
		  "X" },
		{ "{\"paging\":{\"cursors\":{\"after\":\"X\"}}}", NULL },
		{ "{\"paging\":{\"next\":\"https://evil.example/\"}}", NULL },
		{ "{\"paging\":{\"cursors\":{\"after\":7},\"next\":\"x\"}}",
		  NULL },
		{ "{\"paging\":[]}", NULL },
		{ "{}", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof pages / sizeof pages[0]; i++) {
		json_t *page = parse(pages[i].page);
		const char *after = templates_after(page);

		if (pages[i].after == NULL)
			assert_null(after);
		else
			assert_string_equal(after, pages[i].after);
		json_decref(page);
	}
}

/* By number and by octets; one that is too long alone goes alone. */
static void
a_list_goes_in_parts(void **state)
{
	static char text[TEMPLATES_PART_BYTES / 2];
	json_t *list = json_array();
	size_t i;

	(void)state;
	assert_int_equal(templates_part(list, 0), 0);
	for (i = 0; i < TEMPLATES_PART + 3; i++)
		(void)json_array_append_new(list, json_pack("[s]", "x"));
	assert_int_equal(templates_part(list, 0), TEMPLATES_PART);
	assert_int_equal(templates_part(list, TEMPLATES_PART), 3);
	memset(text, 'x', sizeof text - 1);
	for (i = 0; i < 3; i++)
		(void)json_array_append_new(list, json_pack("[s]", text));
	assert_int_equal(templates_part(list, TEMPLATES_PART + 3), 1);
	assert_int_equal(templates_part(list, TEMPLATES_PART + 2), 2);
	json_decref(list);
}

/* --- a number ---------------------------------------------------------------------- */

static const char number_text[] =
	"{\"id\":\"1065\",\"display_phone_number\":\"+34 600 11 12 22\","
	"\"verified_name\":\"Tienda\",\"quality_rating\":\"GREEN\","
	"\"throughput\":{\"level\":\"STANDARD\"},\"status\":\"CONNECTED\","
	"\"platform_type\":\"CLOUD_API\"}";

struct case_of {
	const char *key; /* of the answer, changed; NULL: nothing is */
	json_t *value;   /* taken */
	const char *check;
	bool ok;
	const char *detail; /* part of it */
};

static void
judge(const struct case_of *c)
{
	char phone[] = "1065";
	char display[] = "+34 600-111222";
	struct account k = { .phone_number_id = phone,
			     .display_number = display };
	struct graph_answer a = { .outcome = OUT_OK, .status = 200 };
	json_t *list = json_array();
	const json_t *x;
	bool found = false;
	size_t i;

	a.body = parse(number_text);
	if (c->key != NULL)
		(void)json_object_set_new(a.body, c->key, c->value);
	assert_true(check_number(&k, &a, list));
	json_array_foreach(list, i, x)
	{
		const char *name =
			json_string_value(json_object_get(x, "check"));
		const char *detail =
			json_string_value(json_object_get(x, "detail"));

		if (strcmp(name, c->check) != 0)
			continue;
		found = true;
		assert_int_equal(json_is_true(json_object_get(x, "ok")), c->ok);
		if (strstr(detail, c->detail) == NULL)
			fail_msg("'%s' is not in '%s'", c->detail, detail);
	}
	assert_true(found);
	json_decref(a.body);
	json_decref(list);
}

static void
a_number_is_judged(void **state)
{
	const struct case_of cases[] = {
		{ NULL, NULL, "token", true, "takes it" },
		{ NULL, NULL, "number", true,
		  "+34 600 11 12 22 \"Tienda\", quality GREEN, throughput "
		  "STANDARD, CONNECTED" },
		{ "id", json_string("1"), "number", false, "another number" },
		{ "display_phone_number", json_string("+34 600 111 22"),
		  "number", false, "says another number" },
		{ "platform_type", json_string("NOT_APPLICABLE"), "number",
		  false, "not registered" },
		{ "status", json_string("BANNED"), "number", false,
		  "not connected" },
		{ "status", json_integer(7), "number", true, "Tienda" },
		{ "quality_rating", json_string("RED"), "number", false,
		  "quality is low" },
		{ "webhook_configuration",
		  json_pack("{s:s}", "application",
			    "https://a.example/whatsapp/1065"),
		  "address", true, "https://a.example/whatsapp/1065" },
		{ "webhook_configuration",
		  json_pack("{s:s}", "application",
			    "https://a.example/whatsapp/21065"),
		  "address", false, "does not name the number" },
		{ "webhook_configuration",
		  json_pack("{s:s, s:s}", "application",
			    "https://a.example/whatsapp/1065", "phone_number",
			    "https://other.example/"),
		  "address", false, "other.example" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		judge(&cases[i]);
}

/* "token- number+ " of a refusal. */
static void
refusal(enum outcome o, int code, long status, const char *want)
{
	char phone[] = "1065";
	char none[] = "";
	struct account k = { .phone_number_id = phone, .display_number = none };
	struct graph_answer a = { .outcome = o, .status = status };
	json_t *list = json_array();
	char got[128] = "";
	const json_t *x;
	size_t i;

	a.error.code = code;
	(void)snprintf(a.err.text, sizeof a.err.text, "why");
	assert_false(check_number(&k, &a, list));
	json_array_foreach(list, i, x)
	{
		size_t n = strlen(got);

		(void)snprintf(got + n, sizeof got - n, "%s%c ",
			       json_string_value(json_object_get(x, "check")),
			       json_is_true(json_object_get(x, "ok")) ? '+'
								      : '-');
	}
	assert_string_equal(got, want);
	json_decref(list);
}

static void
refusals_are_told_apart(void **state)
{
	(void)state;
	refusal(OUT_PERM, 190, 401, "token- ");
	refusal(OUT_PERM, 0, 401, "token- ");
	refusal(OUT_PERM, 100, 400, "token+ number- ");
	refusal(OUT_PERM, GRAPH_NO_CODE, 0, "number- ");
	refusal(OUT_TEMP, 0, 0, "number- ");
	refusal(OUT_UNSURE, 0, 0, "number- ");
}

/* The one line that an answer makes. */
static void
line(void (*check)(const struct graph_answer *, json_t *), const char *body,
     bool ok, const char *detail)
{
	struct graph_answer a = { .outcome = OUT_OK, .status = 200 };
	json_t *list = json_array();
	const json_t *x;

	a.body = parse(body);
	check(&a, list);
	assert_int_equal(json_array_size(list), 1);
	x = json_array_get(list, 0);
	assert_int_equal(json_is_true(json_object_get(x, "ok")), ok);
	assert_string_equal(json_string_value(json_object_get(x, "detail")),
			    detail);
	json_decref(a.body);
	json_decref(list);
}

static void
webhook_and_templates(void **state)
{
	(void)state;
	line(check_webhook, "{\"data\":[]}", false,
	     "no app is subscribed: Meta delivers nothing");
	line(check_webhook, "{}", false,
	     "no app is subscribed: Meta delivers nothing");
	line(check_webhook,
	     "{\"data\":[{\"whatsapp_business_api_data\":{\"name\":\"a\"}},"
	     "{\"whatsapp_business_api_data\":{\"name\":\"b\"}}]}",
	     true, "subscribed: a, b");
	line(check_templates, "{\"data\":[]}", true, "0 of 0 approved");
	line(check_templates,
	     "{\"data\":[{\"name\":\"a\",\"language\":\"es\","
	     "\"status\":\"APPROVED\"},{\"name\":\"b\",\"language\":\"en\","
	     "\"status\":\"PAUSED\"},{\"status\":\"REJECTED\"}]}",
	     false, "1 of 3 approved; b (en) PAUSED");
}

/* --- a header with a file -------------------------------------------------------------- */

static void
header(const char *type, const struct kind *kind, const char *media,
       const char *want)
{
	char *text = mem_printf(
		"{\"key\":\"k\",\"text\":\"t\",\"whatsapp\":{\"to\":{"
		"\"wa_id\":\"346\"},\"kind\":\"template\",\"file\":{"
		"\"filename\":\"f.pdf\"},\"template\":{\"name\":\"n\","
		"\"language\":\"es\",\"components\":[{\"type\":\"header\","
		"\"parameters\":[{\"type\":\"%s\",\"%s\":%s}]}]}}}",
		type, type, strcmp(type, "text") == 0 ? "\"x\"" : "{}");
	json_t *d = parse(text);
	json_t *got = NULL;
	json_t *p;
	struct err e;
	char *is = NULL;

	assert_int_equal(message_build(d, kind, media, &got, &e),
			 want != NULL ? OUT_OK : OUT_PERM);
	if (want != NULL) {
		p = json_object_get(
			json_array_get(json_object_get(
					       json_object_get(got, "template"),
					       "components"),
				       0),
			"parameters");
		is = json_dumps(json_array_get(p, 0), JSON_COMPACT);
		assert_string_equal(is, want);
	}
	mem_free(is);
	json_decref(got);
	json_decref(d);
	mem_free(text);
}

static void
a_header_shows_its_file(void **state)
{
	struct kind png = { KIND_IMAGE, "image", "image/png" };
	struct kind pdf = { KIND_DOCUMENT, "document", "application/pdf" };

	(void)state;
	header("image", &png, "77",
	       "{\"type\":\"image\",\"image\":{\"id\":\"77\"}}");
	header("document", &pdf, "77",
	       "{\"type\":\"document\",\"document\":{\"id\":\"77\","
	       "\"filename\":\"f.pdf\"}}");
	header("document", &png, "77",
	       "{\"type\":\"document\",\"document\":{\"id\":\"77\","
	       "\"filename\":\"f.pdf\"}}");
	header("image", &pdf, "77", NULL);
	header("video", &png, "77", NULL);
	header("image", NULL, NULL, NULL);
	header("text", &png, "77", NULL);
	header("text", NULL, NULL, "{\"type\":\"text\",\"text\":\"x\"}");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_asked_for),
		cmocka_unit_test(a_page_is_taken),
		cmocka_unit_test(long_ones_are_left_out),
		cmocka_unit_test(the_last_page_is_known),
		cmocka_unit_test(a_list_goes_in_parts),
		cmocka_unit_test(a_number_is_judged),
		cmocka_unit_test(refusals_are_told_apart),
		cmocka_unit_test(webhook_and_templates),
		cmocka_unit_test(a_header_shows_its_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
