#include "gateways/mail/chore.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "gateways/mail/mailset.h"
#include "gateways/mail/net/imap.h"

void
chore_free(struct chore **cp)
{
	struct chore *c = *cp;

	if (!c)
		return;
	mem_free(c->folder);
	mem_free(c->octets);
	mem_free(c->message_id);
	MEM_CLEAR(cp);
}

/* Is the mail's folder, as it was then, the selected one? A folder or a
 * validity that is gone leaves nothing to do: *gone_out. */
static enum outcome
choose(const struct chore *c, const struct mailset *set, struct imap *imap,
       uint32_t selected, bool *moved_out, bool *gone_out, struct err *e)
{
	struct imap_folder f;
	enum outcome o;

	*gone_out = false;
	if (selected && strcmp(c->folder, set->folder) == 0) {
		*gone_out = selected != c->uid_validity;
		return OUT_OK;
	}
	*moved_out = true;
	o = imap_select(imap, c->folder, &f, e);
	if (o == OUT_OK)
		*gone_out = f.uidvalidity != c->uid_validity;
	else if (net_class(e) == NET_C_NO_FOLDER)
		*gone_out = true;
	return *gone_out ? OUT_OK : o;
}

static enum outcome
do_handled(const struct chore *c, const struct mailset *set, struct imap *imap,
	   uint32_t selected, bool *moved_out, struct err *e)
{
	bool gone = false, left = false;
	enum outcome o;

	if (set->handled == HANDLED_LEAVE)
		return OUT_OK;
	o = choose(c, set, imap, selected, moved_out, &gone, e);
	if (o != OUT_OK || gone)
		return o;
	if (set->handled == HANDLED_FLAG)
		o = imap_mark_seen(imap, c->uid, e);
	else
		o = imap_move(imap, c->uid, set->handled_folder, &left, e);
	return o != OUT_OK && net_class(e) == NET_C_GONE ? OUT_OK : o;
}

static enum outcome
do_copy(const struct chore *c, const struct mailset *set, struct imap *imap,
	bool *moved_out, struct err *e)
{
	uint32_t uid = 0;
	enum outcome o;

	if (!set->sent_folder)
		return OUT_OK;
	*moved_out = true;
	o = imap_find(imap, set->sent_folder, c->message_id, &uid, e);
	if (o != OUT_OK || uid)
		return o;
	return imap_append(imap, set->sent_folder, c->octets, c->n, NULL, e);
}

enum outcome
chore_do(const struct chore *c, const struct mailset *set, struct imap *imap,
	 uint32_t selected, bool *moved_out, struct err *e)
{
	*moved_out = false;
	if (c->kind == CHORE_HANDLED)
		return do_handled(c, set, imap, selected, moved_out, e);
	return do_copy(c, set, imap, moved_out, e);
}
