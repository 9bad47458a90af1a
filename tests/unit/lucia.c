#include "tests/unit/lucia.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

method_fn m_incident_answer;

const struct letter lucia_first = { .id = "<a1@lucia.example>",
				    .from = "lucia@example.org",
				    .subject = "Mi pedido",
				    .text = "¿Dónde está?" };

void
lucia_mail(const char *id)
{
	struct letter m = lucia_first;
	struct call c;

	m.id = id;
	m.references = strcmp(id, lucia_first.id) != 0 ? lucia_first.id : NULL;
	c = fixture_mail(&m);
	assert_int_equal(got_int(&c, "incident"), 1);
	call_release(&c);
}

struct call
lucia_staff(method_fn *fn, json_t *params)
{
	return fixture_call(fn, ROLE_CONSOLE, fx.agent_id, params);
}

struct call
lucia_answer(int seen, const char *to)
{
	json_t *p = json_pack("{s:i, s:s, s:i}", "id", 1, "text",
			      "Sale hoy mismo", "seen", seen);

	if (to != NULL)
		(void)json_object_set_new(p, "state", json_string(to));
	return lucia_staff(m_incident_answer, p);
}

void
lucia_answered(int seen, const char *to)
{
	struct call c = lucia_answer(seen, to);

	if (c.outcome != OUT_OK)
		fail_msg("%s", c.err.text);
	call_release(&c);
}
