/*
 * postigo mailbox: mailboxes on servers; test and fetch are verbs of the mail
 * gateway's own program.
 */

#include "daemon/ctl/ctl.h"

static void
add_mailbox(struct table *t, const json_t *x)
{
	table_add(t, ctl_str(x, "connection"));
	table_add(t, ctl_str(x, "folder"));
	table_add(t, ctl_str(x, "state"));
	table_add_number(t, ctl_int(x, "stored"));
	table_add_number(t, ctl_int(x, "refused"));
	table_add(t, ctl_str(x, "seen_at"));
	table_add(t, ctl_str(x, "state_detail"));
}

int
verb_mailbox_list(struct ctl *c, const struct ctl_args *a)
{
	static const char *const headings[] = { "NAME",   "FOLDER",  "STATE",
						"STORED", "REFUSED", "READ",
						"DETAIL", NULL };

	(void)a;
	return table_ask(c, headings, "mailbox.list", json_object(),
			 "mailboxes", add_mailbox);
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
