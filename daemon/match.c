#include "daemon/match.h"

#include <string.h>
#include <strings.h>

#include "daemon/change.h"
#include "daemon/match_p.h"
#include "daemon/merge.h"
#include "daemon/store/incident.h"

void
search_found(struct search *x, int64_t incident_id, const char *how)
{
	x->out->incident_id = incident_id;
	x->out->matched = how;
	x->out->why = how;
}

static bool
search_done(const struct search *x)
{
	return x->out->incident_id != 0;
}

/* --- two mailboxes ---------------------------------------------------------- */

/* Is an address that of a connection, with or without what follows a '+'? */
static bool
is_address_of(const char *to, const char *own)
{
	const char *at = strrchr(own, '@');
	size_t local = at != NULL ? (size_t)(at - own) : 0;
	const char *to_at = strrchr(to, '@');

	if (at == NULL || to_at == NULL || strcasecmp(to_at, at) != 0 ||
	    strncasecmp(to, own, local) != 0)
		return false;
	return to + local == to_at || to[local] == '+';
}

static bool
is_among(const json_t *recipients, const char *own)
{
	const json_t *j;
	size_t i;

	json_array_foreach(recipients, i, j)
	{
		if (is_address_of(json_string_value(j), own))
			return true;
	}
	return false;
}

/* Did it go to both, and do both read? A mailbox that took another one's
 * address over goes on with what that one began. */
static bool
went_to_both(const json_t *recipients, const struct link *own,
	     const struct link *other)
{
	const char *here = member_str(own->settings, "address");
	const char *there = member_str(other->settings, "address");

	return other->active && here != NULL && there != NULL &&
	       !is_address_of(here, there) && !is_address_of(there, here) &&
	       is_among(recipients, here) && is_among(recipients, there);
}

static enum outcome
search_both(const struct search *x, int64_t connection_id, bool *out,
	    struct err *e)
{
	struct link own = { .id = 0 };
	struct link other = { .id = 0 };
	enum outcome o = link_load(x->s, x->a->connection_id, &own, e);

	if (o == OUT_OK)
		o = link_load(x->s, connection_id, &other, e);
	if (o == OUT_OK)
		*out = went_to_both(json_object_get(x->a->mail, "recipients"),
				    &own, &other);
	link_release(&own);
	link_release(&other);
	return o;
}

enum outcome
search_elsewhere(struct search *x, int64_t incident_id, int64_t connection_id,
		 bool *out, struct err *e)
{
	enum outcome o;

	*out = false;
	if (connection_id == 0 || x->a->connection_id == 0 ||
	    connection_id == x->a->connection_id)
		return OUT_OK;
	o = search_both(x, connection_id, out, e);
	if (o == OUT_OK && !*out && x->a->external_id != NULL)
		o = named_twice(x->s, incident_id, x->a->external_id,
				x->a->connection_id, out, e);
	x->elsewhere = x->elsewhere || *out;
	return o;
}

/* --- Message-IDs that we know ----------------------------------------------------- */

/* The list that a mail came by; NULL: none. */
static const char *
known_list_id(const json_t *mail)
{
	const json_t *h;
	size_t i;

	json_array_foreach(json_object_get(mail, "headers"), i, h)
	{
		const char *name = member_str(h, "name");

		if (name != NULL && strcasecmp(name, "List-Id") == 0)
			return member_str(h, "value");
	}
	return NULL;
}

/* Who writes to the list that the other mail came by got it from there. */
static enum outcome
known_by_list(const struct search *x, const char *id, struct named_place *p,
	      struct err *e)
{
	const char *list_id = known_list_id(x->a->mail);

	if (p->takes_part || list_id == NULL)
		return OUT_OK;
	return named_by_list(x->s, id, p->incident_id, list_id, &p->takes_part,
			     e);
}

static enum outcome
known_one(struct search *x, const char *id, const char *how, struct err *e)
{
	struct named_place p;
	bool elsewhere = false;
	enum outcome o;

	if (id == NULL ||
	    (x->a->external_id != NULL && strcmp(id, x->a->external_id) == 0))
		return OUT_OK; /* a mail that answers itself answers nothing */
	x->named = true;
	x->left--;
	o = named_known(x->s, id, &x->from, &p, e);
	if (o == OUT_OK && p.incident_id != 0)
		o = known_by_list(x, id, &p, e);
	if (o != OUT_OK || p.incident_id == 0)
		return o;
	if (!p.takes_part) {
		if (x->out->claims_id == 0)
			x->out->claims_id = p.incident_id;
		return OUT_OK;
	}
	o = search_elsewhere(x, p.incident_id, p.connection_id, &elsewhere, e);
	if (o == OUT_OK && !elsewhere) {
		search_found(x, p.incident_id, how);
		x->out->takes_part = true;
	}
	return o;
}

static bool
list_has(const json_t *list, const json_t *id)
{
	const json_t *j;
	size_t i;

	json_array_foreach(list, i, j)
	{
		if (json_equal(j, id))
			return true;
	}
	return false;
}

/* The newest one is the last. `before`: a list that was looked through. */
static enum outcome
known_list(struct search *x, const char *member, const char *before,
	   struct err *e)
{
	const json_t *list = json_object_get(x->a->mail, member);
	const json_t *known = json_object_get(x->a->mail, before);
	enum outcome o = OUT_OK;
	size_t i = json_array_size(list);

	while (i-- > 0 && !search_done(x) && x->left > 0 && o == OUT_OK) {
		const json_t *id = json_array_get(list, i);

		if (!list_has(known, id))
			o = known_one(x, json_string_value(id), member, e);
	}
	return o;
}

/* --- a reply that came first -------------------------------------------------------- */

static enum outcome
search_late(struct search *x, struct err *e)
{
	int64_t id = 0;
	enum outcome o;

	if (x->a->customer_id == 0 || x->a->connection_id == 0 ||
	    x->a->external_id == NULL)
		return OUT_OK;
	o = named_late(x->s, x->a->external_id, &x->from,
		       x->a->now_ms - MATCH_LATE_MS, &id, e);
	if (o == OUT_OK && id != 0) {
		search_found(x, id, "late_parent");
		x->out->takes_part = true;
	}
	return o;
}

/* --- all of it ------------------------------------------------------------------------ */

/* Why it opens one. */
static void
search_nothing(struct search *x)
{
	if (x->out->claims_id != 0)
		x->out->why = "stranger";
	else if (x->elsewhere)
		x->out->why = "other_mailbox";
	else if (strcmp(x->out->why, "gone") != 0 && x->named)
		x->out->why = "unknown";
}

enum outcome
match_contact(struct desk *d, struct store *s, const struct match_ask *a,
	      struct match *out, struct err *e)
{
	struct search x = { .a = a,
			    .d = d,
			    .s = s,
			    .from = { .customer_id = a->customer_id,
				      .address = a->address,
				      .connection_id = a->connection_id },
			    .out = out,
			    .left = MATCH_KNOWN_MAX };
	const json_t *bounce = json_object_get(a->mail, "bounce");
	enum outcome o = OUT_OK;

	*out = MATCH_NEW;
	if (json_is_object(bounce))
		o = search_bounce(&x, bounce, e);
	if (o == OUT_OK && !search_done(&x))
		o = search_token(&x, e);
	if (o != OUT_OK || search_done(&x) ||
	    strcmp(out->why, "tokens_differ") == 0)
		return o;
	o = known_list(&x, "in_reply_to", "", e);
	if (o == OUT_OK && !search_done(&x))
		o = known_list(&x, "references", "in_reply_to", e);
	if (o == OUT_OK && !search_done(&x))
		o = search_late(&x, e);
	if (o == OUT_OK && !search_done(&x))
		search_nothing(&x);
	if (search_done(&x))
		out->claims_id = 0;
	return o;
}

enum outcome
match_load(struct store *s, struct match *m, int64_t customer_id,
	   struct incident *inc, struct err *e)
{
	int64_t named = m->incident_id;
	bool bounce = strcmp(m->matched, "bounce") == 0;
	enum outcome o = incident_load(s, named, inc, e);

	if (o == OUT_PERM && strcmp(e->code, "not_found") == 0) {
		*m = MATCH_NEW;
		m->why = "gone";
		return OUT_OK;
	}
	if (o != OUT_OK)
		return o;
	if (inc->customer_id == customer_id)
		m->takes_part = true;
	o = merge_survivor(s, inc, e);
	if (o == OUT_OK && inc->id != named) {
		m->incident_id = inc->id;
		if (*m->matched != '\0' && !bounce)
			m->matched = "merged";
	}
	/* what came back is about that very answer */
	if (o == OUT_OK && ((inc->state == INCIDENT_CLOSED && !bounce) ||
			    inc->state == INCIDENT_MERGED)) {
		m->follows_id = inc->id;
		m->incident_id = 0;
		m->matched = "";
		m->why = "closed";
		incident_release(inc);
	}
	return o;
}

json_t *
match_names(const json_t *mail, const char *external_id)
{
	static const char *const members[] = { "in_reply_to", "references" };
	json_t *names = NULL;
	size_t m;

	for (m = 0; m < sizeof members / sizeof members[0]; m++) {
		const json_t *list = json_object_get(mail, members[m]);
		size_t i = json_array_size(list);

		while (i-- > 0 && json_array_size(names) < MATCH_NAMES_MAX) {
			json_t *id = json_array_get(list, i);
			const char *text = json_string_value(id);

			if (text == NULL || (external_id != NULL &&
					     strcmp(text, external_id) == 0))
				continue;
			if (names == NULL)
				names = json_array();
			(void)json_array_append(names, id);
		}
	}
	return names;
}
