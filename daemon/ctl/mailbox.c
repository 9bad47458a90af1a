/*
 * postigo mailbox: mailboxes on servers.
 */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"

#define LOOK_MS 60000 /* longest wait for the end of a look */
#define LOOK_STEP_MS 200

static void
add_number(struct table *t, const json_t *x, const char *name)
{
	char *text = mem_printf("%lld", ctl_int(x, name));

	table_add(t, text);
	mem_free(text);
}

int
verb_mailbox_list(struct ctl *c, const struct ctl_args *a)
{
	static const char *const headings[] = { "NAME",   "FOLDER",  "STATE",
						"STORED", "REFUSED", "READ",
						"DETAIL", NULL };
	json_t *result = NULL;
	json_t *x;
	size_t i;
	struct table *t;
	int code =
		ctl_ask(c, "mailbox.list", json_object(), CTL_ASK_MS, &result);

	(void)a;
	if (code != EXIT_FINE)
		return code;
	t = table_new(headings);
	json_array_foreach(json_object_get(result, "mailboxes"), i, x)
	{
		if (c->json) {
			code = ctl_print_json(x);
			continue;
		}
		table_add(t, ctl_str(x, "connection"));
		table_add(t, ctl_str(x, "folder"));
		table_add(t, ctl_str(x, "state"));
		add_number(t, x, "stored");
		add_number(t, x, "refused");
		table_add(t, ctl_str(x, "seen_at"));
		table_add(t, ctl_str(x, "state_detail"));
	}
	if (c->json)
		table_drop(&t);
	else
		table_print(c, &t);
	json_decref(result);
	return code;
}

/* The folder of a mailbox that was read last. */
static int
look(struct ctl *c, const char *name, json_t **out)
{
	json_t *result = NULL;
	json_t *x;
	size_t i;
	int code =
		ctl_ask(c, "mailbox.list", json_object(), CTL_ASK_MS, &result);

	*out = NULL;
	if (code != EXIT_FINE)
		return code;
	json_array_foreach(json_object_get(result, "mailboxes"), i, x)
	{
		/* instants of one form: their texts have their order */
		if (strcmp(ctl_str(x, "connection"), name) != 0 ||
		    (*out != NULL && strcmp(ctl_str(x, "seen_at"),
					    ctl_str(*out, "seen_at")) < 0))
			continue;
		json_decref(*out);
		*out = json_incref(x);
	}
	json_decref(result);
	return *out != NULL
		       ? EXIT_FINE
		       : ctl_fail(EXIT_DATA, "no such mailbox: '%s'", name);
}

/* Wait until it was read after the look that `before` tells of. */
static int
wait_look(struct ctl *c, const char *name, const json_t *before, json_t **out)
{
	struct timespec step = { .tv_nsec = LOOK_STEP_MS * 1000000L };
	int64_t until = clock_tick_ms() + LOOK_MS;

	do {
		int code = look(c, name, out);

		if (code != EXIT_FINE || strcmp(ctl_str(*out, "seen_at"),
						ctl_str(before, "seen_at")) > 0)
			return code;
		json_decref(*out);
		*out = NULL;
		(void)nanosleep(&step, NULL);
	} while (clock_tick_ms() < until);
	return ctl_fail(EXIT_LATER, "'%s' was not read within %d s", name,
			LOOK_MS / 1000);
}

/* A test that goes well makes the gateway look at once. */
int
verb_mailbox_fetch(struct ctl *c, const struct ctl_args *a)
{
	const char *name = a->word[0];
	json_t *before = NULL;
	json_t *now = NULL;
	json_t *end = NULL;
	int code = look(c, name, &before);

	if (code == EXIT_FINE)
		code = connection_try(c, name, &end);
	if (code == EXIT_FINE)
		code = wait_look(c, name, before, &now);
	if (code == EXIT_FINE && c->json)
		code = ctl_print_json(now);
	if (code == EXIT_FINE)
		ctl_say(c, "'%s': %lld stored, %lld refused", name,
			ctl_int(now, "stored") - ctl_int(before, "stored"),
			ctl_int(now, "refused") - ctl_int(before, "refused"));
	json_decref(before);
	json_decref(now);
	json_decref(end);
	return code;
}
