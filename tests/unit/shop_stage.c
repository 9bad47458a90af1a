#include "tests/unit/shop_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/mem.h"

/* --- facts ------------------------------------------------------------------ */

const char *
shop_text(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

json_t *
shop_nth(const json_t *o, const char *list, size_t i)
{
	return json_array_get(json_object_get(o, list), i);
}

void
shop_has(const json_t *o, const char *name, const char *value)
{
	const char *s = shop_text(o, name);

	if (value == NULL)
		assert_null(json_object_get(o, name));
	else if (s == NULL)
		fail_msg("%s is not there", name);
	else
		assert_string_equal(s, value);
}

void
shop_states_are(const json_t *order, const char *state, const char *paid,
		const char *fulfilled)
{
	shop_has(order, "state", state);
	shop_has(order, "payment_state", paid);
	shop_has(order, "fulfilment_state", fulfilled);
}

json_t *
shop_facts(read_fn *read, const struct read_about *about, const char *body)
{
	json_t *out = NULL;
	struct err e = { .text = "" };

	if (read(about, body, strlen(body), &out, &e) != OUT_OK)
		fail_msg("refused: %s", e.text);
	return out;
}

void
shop_refuses(read_fn *read, const struct read_about *about, const char *body,
	     const char *words, const char *code)
{
	json_t *out = NULL;
	struct err e = { .text = "" };

	assert_int_equal(read(about, body, strlen(body), &out, &e), OUT_PERM);
	assert_null(out);
	assert_true(e.text[0] != '\0');
	if (strstr(e.text, words) == NULL)
		fail_msg("'%s' does not say '%s'", e.text, words);
	if (code != NULL)
		assert_string_equal(e.code, code);
}

/* --- a run ------------------------------------------------------------------ */

void
shop_stage_open(struct shop_stage *s, const struct pull *pull,
		const struct read_about *about, json_t *settings,
		json_t *secrets)
{
	memset(s, 0, sizeof *s);
	s->pull = pull;
	s->start = "";
	s->settings = settings;
	s->secrets = secrets;
	s->shop.settings = settings;
	s->shop.secrets = secrets;
	s->shop.about = *about;
	s->run = json_object();
}

static void
forget_told(struct shop_stage *s)
{
	json_decref(s->told.facts);
	memset(&s->told, 0, sizeof s->told);
	s->e = (struct err){ .text = "" };
}

static void
forget_ask(struct shop_stage *s)
{
	mem_free(s->ask.url);
	for (size_t i = 0; i <= PULL_HEADERS_MAX; i++)
		mem_free(s->ask.header[i]);
	mem_free(s->ask.body);
	memset(&s->ask, 0, sizeof s->ask);
}

void
shop_stage_close(struct shop_stage *s)
{
	forget_ask(s);
	forget_told(s);
	json_decref(s->run);
	json_decref(s->settings);
	json_decref(s->secrets);
}

bool
shop_ask(struct shop_stage *s)
{
	forget_ask(s);
	forget_told(s);
	return s->pull->next(&s->shop, s->run, s->since_ms, &s->ask);
}

void
shop_asks(struct shop_stage *s, const char *resource, const char *query)
{
	char *start = mem_printf("%s%s?", s->start, resource);

	assert_true(shop_ask(s));
	if (strncmp(s->ask.url, start, strlen(start)) != 0)
		fail_msg("%s is no %s", s->ask.url, resource);
	if (strstr(s->ask.url, query) == NULL)
		fail_msg("%s has no %s", s->ask.url, query);
	mem_free(start);
}

void
shop_ends(struct shop_stage *s)
{
	assert_false(shop_ask(s));
}

static const char *
header(const void *arg, const char *name)
{
	const struct shop_stage *s = arg;

	if (strcmp(name, "retry-after") == 0)
		return s->retry_after;
	return strcmp(name, "x-wp-totalpages") == 0 ? s->pages : NULL;
}

enum outcome
shop_answer(struct shop_stage *s, long status, const char *body)
{
	const struct pull_answer a = { .status = status,
				       .body = body,
				       .n = strlen(body),
				       .header = header,
				       .header_arg = s };

	forget_told(s);
	return s->pull->answer(&s->shop, s->run, &a, &s->told, &s->e);
}

void
shop_answers(struct shop_stage *s, const char *body)
{
	if (shop_answer(s, 200, body) != OUT_OK)
		fail_msg("refused: %s", s->e.text);
}
