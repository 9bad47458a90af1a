#include "daemon/heard.h"

#include <string.h>

#include "daemon/authentic.h"
#include "daemon/buyer.h"
#include "daemon/contact.h"
#include "daemon/member.h"
#include "daemon/store/incident.h"
#include "daemon/store/shopper.h"

/* Is it authentic, by the server of its mailbox? */
static enum outcome
is_authentic(const struct contact *c, bool *out, struct err *e)
{
	struct link by = { .id = 0 };
	enum outcome o = OUT_OK;

	*out = false;
	if (c->connection_id == 0 || c->headers == NULL)
		return OUT_OK;
	o = link_load(c->s, c->connection_id, &by, e);
	if (o == OUT_OK)
		*out = authentic_from(c->headers,
				      member_str(by.settings, "auth_server"),
				      c->address);
	link_release(&by);
	return o;
}

enum outcome
heard_mail(struct contact *c, struct err *e)
{
	bool proved = false;
	bool authentic = false;
	enum outcome o;

	if (strcmp(c->channel, "email") != 0 || c->from.id == 0)
		return OUT_OK;
	o = shopper_is_proved(c->s, c->from.id, &proved, e);
	if (o != OUT_OK || proved)
		return o;
	o = is_authentic(c, &authentic, e);
	if (o == OUT_OK && authentic)
		o = shopper_prove(c->s, c->from.id, e);
	if (o != OUT_OK || (!authentic && !c->from.made))
		return o;
	return buyer_heard(c->s, c->from.customer_id, "email", c->address,
			   authentic, c->now_ms, e);
}

enum outcome
heard_whatsapp(struct contact *c, const char *wa_id, struct err *e)
{
	if (wa_id == NULL || *wa_id == '\0' || c->from.customer_id == 0)
		return OUT_OK;
	return buyer_heard(c->s, c->from.customer_id, "whatsapp", wa_id, true,
			   c->now_ms, e);
}
