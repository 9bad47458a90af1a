#include "daemon/copies.h"

#include <string.h>

#include "daemon/change.h"
#include "daemon/contact.h"
#include "daemon/store/customer.h"
#include "daemon/store/participant.h"

#define ADDRESS_MAX 254 /* octets that a mail system delivers to */

static enum outcome
copies_ours(struct store *s, const char *address, bool *out, struct err *e)
{
	enum outcome o = participant_own(s, address, out, e);

	if (o == OUT_OK && !*out)
		o = participant_agent(s, address, out, e);
	return o;
}

static enum outcome
copies_one(struct store *s, const struct incident *inc, const json_t *who,
	   int64_t now_ms, struct err *e)
{
	const char *address = member_str(who, "address");
	struct identity id = { .id = 0 };
	bool ours = false;
	enum outcome o;

	if (address == NULL || strchr(address, '@') == NULL ||
	    strlen(address) > ADDRESS_MAX)
		return OUT_OK;
	o = copies_ours(s, address, &ours, e);
	if (o != OUT_OK || ours)
		return o;
	o = identity_take(s, "email", address, member_str(who, "name"), now_ms,
			  &id, e);
	if (o != OUT_OK || id.customer_id == inc->customer_id)
		return o;
	return participant_add(s, inc->id, id.id, e);
}

enum outcome
copies_answer(struct store *s, const struct incident *inc, const json_t *cc,
	      int64_t now_ms, struct err *e)
{
	enum outcome o = OUT_OK;
	size_t i;

	for (i = 0; o == OUT_OK && i < json_array_size(cc) && i < COPIES_MAX;
	     i++)
		o = copies_one(s, inc, json_array_get(cc, i), now_ms, e);
	return o;
}

/* Does the sender take part? Who came by a token alone does not. */
static enum outcome
copies_may(const struct contact *c, bool *out, struct err *e)
{
	*out = c->at.takes_part || c->inc.customer_id == c->from.customer_id;
	if (*out)
		return OUT_OK;
	return participant_is(c->s, c->inc.id, c->from.customer_id, out, e);
}

enum outcome
copies_contact(struct contact *c, struct err *e)
{
	const json_t *cc = json_object_get(c->mail, "cc");
	bool may = false;
	enum outcome o;

	if (json_array_size(cc) == 0 || c->robot)
		return OUT_OK;
	o = copies_may(c, &may, e);
	return o == OUT_OK && may
		       ? copies_answer(c->s, &c->inc, cc, c->now_ms, e)
		       : o;
}
