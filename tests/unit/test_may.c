/* Rights: the program's table says what schema/wire/methods.tbl says, for
 * every method, socket and role of staff. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/wire/method.h"

#define LINE_MAX_BYTES 1000

/* Is word one of a list with commas? */
static bool
listed(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; (p = strstr(p, word)) != NULL; p += n)
		if ((p == list || p[-1] == ',') &&
		    (p[n] == '\0' || p[n] == ','))
			return true;
	return false;
}

static void
compare(const char *name, const char *bare, const char *as)
{
	const struct method *m = method_find(name);

	if (m == NULL)
		fail_msg("%s is not in the program", name);
	for (int r = 0; r < ROLE_COUNT; r++) {
		const char *role = role_name((enum role)r);

		if (method_may(m, (enum role)r, ACTOR_NONE, STAFF_AGENT) !=
		    listed(bare, role))
			fail_msg("%s on %s without a person", name, role);
		if (method_may(m, (enum role)r, ACTOR_VISITOR, STAFF_AGENT) !=
		    (r == ROLE_CHAT && listed(as, "visitor")))
			fail_msg("%s on %s as a visitor", name, role);
		for (int s = 0; s < STAFF_COUNT; s++) {
			bool sockets = r == ROLE_CONSOLE || r == ROLE_CONTROL;
			bool want =
				sockets &&
				(listed(as, "staff") || listed(as, "self") ||
				 listed(as, staff_name((enum staff)s)));

			if (method_may(m, (enum role)r, ACTOR_STAFF,
				       (enum staff)s) != want)
				fail_msg("%s on %s as %s", name, role,
					 staff_name((enum staff)s));
		}
	}
	assert_int_equal(m->self, listed(as, "self"));
	assert_int_equal(m->visitor, listed(as, "visitor"));
}

static void
every_right_is_as_the_table_says(void **state)
{
	const char *src = getenv("POSTIGO_SRCDIR");
	char path[4096];
	char line[LINE_MAX_BYTES];
	char name[100];
	char kind[20];
	char bare[200];
	char as[200];
	size_t n = 0;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/schema/wire/methods.tbl",
		 src != NULL ? src : "..");
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "method %99s %19s bare=%199s as=%199s", name,
			   kind, bare, as) != 4)
			continue;
		compare(name, bare, as);
		n++;
	}
	(void)fclose(f);
	assert_true(n > 40);
	assert_int_equal(n, method_count);
}

static void
no_gateway_for_customers_acts_for_a_person(void **state)
{
	static const enum role outer[] = { ROLE_MAIL, ROLE_CHAT, ROLE_WHATSAPP,
					   ROLE_SHOP, ROLE_WEBHOOK };

	(void)state;
	for (size_t i = 0; i < method_count; i++)
		for (size_t r = 0; r < 5; r++)
			for (int s = 0; s < STAFF_COUNT; s++)
				assert_false(method_may(&method_table[i],
							outer[r], ACTOR_STAFF,
							(enum staff)s));
}

static void
agents_change_neither_people_nor_connections(void **state)
{
	static const char *const names[] = {
		"agent.add",       "agent.update",      "agent.link",
		"connection.add",  "connection.update", "connection.remove",
		"connection.list", "connection.test",   "book.apply",
		"desk.set",        "store.backup",      "session.login",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_false(method_may(method_find(names[i]), ROLE_CONSOLE,
					ACTOR_STAFF, STAFF_AGENT));
}

/* What a visitor may is this list, and a method that joins it is looked at by
 * whoever adds it here. */
static void
visitors_do_what_concerns_their_own_chat(void **state)
{
	static const char *const names[] = {
		"blob.get",  "chat.end",    "chat.get",   "chat.got",
		"chat.rate", "chat.typing", "chat.write",
	};
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < method_count; i++)
		n += method_table[i].visitor;
	assert_int_equal(n, sizeof(names) / sizeof(names[0]));
	for (size_t i = 0; i < n; i++)
		assert_true(method_find(names[i])->visitor);
	assert_false(method_may(method_find("chat.get"), ROLE_CONSOLE,
				ACTOR_VISITOR, STAFF_ADMIN));
	assert_false(method_may(method_find("chat.get"), ROLE_CHAT, ACTOR_STAFF,
				STAFF_ADMIN));
	assert_false(method_may(method_find("chat.get"), ROLE_CHAT, ACTOR_NONE,
				STAFF_ADMIN));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_right_is_as_the_table_says),
		cmocka_unit_test(no_gateway_for_customers_acts_for_a_person),
		cmocka_unit_test(agents_change_neither_people_nor_connections),
		cmocka_unit_test(visitors_do_what_concerns_their_own_chat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
