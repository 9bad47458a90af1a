/* Single header values of a corpus of real mails, where there is one: what
 * the readers of encoded words, addresses, ids and parameters make of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "gateways/mail/addr.h"
#include "gateways/mail/head.h"
#include "gateways/mail/param.h"
#include "gateways/mail/word.h"

#define ROOM ((size_t)1024 * 1024)
#define LINE_OCTETS_MAX 65536

/* How many rows of one kind came out as their source has them. */
struct tally {
	const char *kind;
	bool (*is_right)(const char *raw, const json_t *expect);
	int least; /* percent */
	int right, all;
};

/* Two texts are one if their words are: blanks count for nothing. */
static bool
same(const char *a, const char *b)
{
	for (;;) {
		a += strspn(a, " \t\r\n\"");
		b += strspn(b, " \t\r\n\"");
		if (!*a || *a != *b)
			return *a == *b;
		a++;
		b++;
	}
}

/* The value as a header field gives it: unfolded, trimmed. Freed by caller. */
static char *
value_of(const char *raw)
{
	char *mail = mem_printf("X: %s\n\n", raw);
	struct head h;
	char *s;

	head_read(&h, mail, strlen(mail));
	s = mem_strdup(head_value(&h, "X"));
	head_release(&h);
	mem_free(mail);
	return s;
}

static bool
text_is_right(const char *raw, const json_t *expect)
{
	struct buf b;
	bool right;

	buf_init(&b, ROOM);
	word_decode(&b, NULL, raw, strlen(raw));
	right = same(buf_str(&b),
		     json_is_string(expect) ? json_string_value(expect) : "");
	buf_release(&b);
	return right;
}

/* Take the people of one list out of a; false: somebody is missing. */
static bool
has_people(struct addrs *a, const json_t *people, size_t *count)
{
	size_t i;
	json_t *p;

	json_array_foreach(people, i, p)
	{
		const char *want =
			json_string_value(json_object_get(p, "address"));
		bool found = false;

		for (size_t k = 0; want && k < a->count && !found; k++)
			found = strcasecmp(a->list[k].address, want) == 0;
		if (!found)
			return false;
		(*count)++;
	}
	return true;
}

static bool
addresses_are_right(const char *raw, const json_t *expect)
{
	struct addrs a = { .count = 0 };
	json_t *list = json_object_get(expect, "List"), *g;
	size_t count = 0, i;
	bool right;

	addr_read(&a, NULL, raw, strlen(raw));
	right = has_people(&a, list, &count);
	json_array_foreach(json_object_get(expect, "Group"), i, g) right =
		right &&
		has_people(&a, json_object_get(g, "addresses"), &count);
	right = right && count == a.count;
	addr_release(&a);
	return right;
}

static bool
ids_are_right(const char *raw, const json_t *expect)
{
	struct buf id;
	size_t at = 0, i;
	bool right = true;
	json_t *want;

	buf_init(&id, HEAD_VALUE_MAX);
	json_array_foreach(expect, i, want)
	{
		size_t n = json_string_length(want);

		right = right && head_id(raw, &at, &id) && id.len == n + 2 &&
			memcmp(id.data + 1, json_string_value(want), n) == 0;
	}
	right = right && !head_id(raw, &at, &id);
	buf_release(&id);
	return right;
}

static bool
kind_is_right(const char *raw, const json_t *expect)
{
	const char *type = json_string_value(json_object_get(expect, "c_type"));
	const char *sub =
		json_string_value(json_object_get(expect, "c_subtype"));
	char kind[200], want[200];
	struct buf v;
	bool right = true;
	size_t i;
	json_t *pair;

	if (!type)
		return true; /* any answer will do */
	(void)snprintf(want, sizeof(want), "%s%s%s", type, sub ? "/" : "",
		       sub ? sub : "");
	param_kind(raw, kind, sizeof(kind));
	right = strncasecmp(kind, want, strlen(want)) == 0;
	buf_init(&v, ROOM);
	json_array_foreach(json_object_get(expect, "attributes"), i, pair)
	{
		const char *name = json_string_value(json_array_get(pair, 0));
		const char *value = json_string_value(json_array_get(pair, 1));

		if (strstr(name, "-language"))
			continue;
		buf_clear(&v);
		right = right && param_get(&v, raw, name) &&
			same(buf_str(&v), value);
	}
	buf_release(&v);
	return right;
}

static void
judge(struct tally *t, const json_t *row)
{
	const char *raw = json_string_value(json_object_get(row, "raw"));
	char *value;

	if (!raw)
		return;
	value = value_of(raw);
	t->all++;
	if (t->is_right(value, json_object_get(row, "expect")))
		t->right++;
	else
		print_message("%s not as its source has it: %.90s\n", t->kind,
			      value);
	mem_free(value);
}

static void
values_are_read_as_their_sources_read_them(void **state)
{
	struct tally kinds[] = {
		{ "unstructured", text_is_right, 98, 0, 0 },
		{ "address", addresses_are_right, 85, 0, 0 },
		{ "id", ids_are_right, 75, 0, 0 },
		{ "content_type", kind_is_right, 95, 0, 0 },
	};
	static char line[LINE_OCTETS_MAX];
	const char *given = getenv("POSTIGO_SHARED");
	const char *src = getenv("POSTIGO_SRCDIR");
	char *path = given ? mem_printf("%s/corpus/mail/headers.jsonl", given)
			   : mem_printf("%s/../shared/corpus/mail/"
					"headers.jsonl",
					src ? src : ".");
	FILE *f = fopen(path, "re");

	(void)state;
	if (!f) {
		print_message("no values at %s: skipped\n", path);
		mem_free(path);
		skip();
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		json_t *row = json_loads(line, JSON_ALLOW_NUL, NULL);
		const char *kind =
			json_string_value(json_object_get(row, "kind"));

		for (size_t i = 0; kind && i < sizeof(kinds) / sizeof(*kinds);
		     i++)
			if (strcmp(kinds[i].kind, kind) == 0)
				judge(&kinds[i], row);
		json_decref(row);
	}
	(void)fclose(f);
	mem_free(path);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		print_message("%s: %d of %d\n", kinds[i].kind, kinds[i].right,
			      kinds[i].all);
		assert_true(kinds[i].all > 0);
		assert_true(kinds[i].right * 100 >=
			    kinds[i].least * kinds[i].all);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_read_as_their_sources_read_them),
	};

	hash_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
