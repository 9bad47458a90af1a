/*
 * postigo mailbox: mailboxes on servers; test and fetch are verbs of the mail
 * gateway's own program.
 */

#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"

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

int
verb_mailbox_test(struct ctl *c, const struct ctl_args *a)
{
	return mail_program(c, "mailbox", "test", a->words, a->word);
}

int
verb_mailbox_fetch(struct ctl *c, const struct ctl_args *a)
{
	return mail_program(c, "mailbox", "fetch", a->words, a->word);
}
