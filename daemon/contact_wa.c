#include "daemon/contact_wa.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/card.h"
#include "daemon/change.h"
#include "daemon/consent.h"
#include "daemon/contact.h"
#include "daemon/desk.h"
#include "daemon/heard.h"
#include "daemon/merge.h"
#include "daemon/person.h"
#include "daemon/request.h"
#include "daemon/store/message.h"
#include "daemon/store/wamid.h"
#include "daemon/survey.h"
#include "daemon/window.h"

/* What it says of being written to holds for the rules that run after it, and
 * its file is to be fetched. */
static enum outcome
wa_written(struct contact *c, struct err *e)
{
	struct card_place at = { .message_id = c->place.id,
				 .connection_id = c->connection_id,
				 .connection = c->by.name,
				 .now_ms = c->now_ms };
	enum outcome o = card_media(c->d, c->s, c->whatsapp, &at, e);

	return o == OUT_OK ? consent_contact(c, e) : o;
}

static bool
is_type(const struct contact *c, const char *type)
{
	return strcmp(member_str(c->whatsapp, "type"), type) == 0;
}

enum outcome
contact_wa_read(struct contact *c, bool echo, struct err *e)
{
	const char *number;
	enum outcome o = link_find(c->s, c->connection, role_name(c->rq->role),
				   &c->by, e);

	if (o != OUT_OK)
		return o;
	number = member_str(c->by.settings, "phone_number_id");
	if (strcmp(c->by.kind, "whatsapp") != 0 || number == NULL)
		return err_code(e, OUT_PERM, "bad_params",
				"'connection' is not one of kind whatsapp");
	c->external_id = member_str(c->whatsapp, "id");
	if (*c->external_id == '\0')
		return err_code(e, OUT_PERM, "bad_params",
				"'whatsapp.id' is empty");
	c->connection_id = c->by.id;
	c->channel = "whatsapp";
	card_digest(number, c->external_id, c->digest_made);
	c->digest = c->digest_made;
	c->card = card_text(c->whatsapp, echo ? CARD_ECHO : 0);
	c->title_made = contact_title(c->text);
	c->title = c->title_made;
	c->name = member_str(c->whatsapp, "profile_name");
	c->written = wa_written;
	return OUT_OK;
}

enum outcome
contact_wa_person(struct contact *c, bool echo, struct err *e)
{
	struct wa_person p = { .wa_id = member_str(c->whatsapp, "to"),
			       .user_id = member_str(c->whatsapp, "to_user_id"),
			       .to = true };
	struct wa_identity who;
	enum outcome o;

	if (echo)
		p.scope = wa_person_scope(c->by.settings);
	else
		wa_person_read(c->whatsapp, c->by.settings, &p);
	c->address = p.wa_id != NULL && *p.wa_id != '\0' ? p.wa_id : p.user_id;
	o = wa_person_take(c->s, &p, c->now_ms, &who, c->warnings, e);
	if (o != OUT_OK)
		return o;
	c->from = who.from;
	/* whoever was there with that number was met before */
	return !echo && (who.from.made || who.linked)
		       ? heard_whatsapp(c, p.wa_id, e)
		       : OUT_OK;
}

/* The incident of a message, if it is of this customer. */
static enum outcome
wa_own(struct contact *c, const char *wamid, struct incident *inc,
       struct err *e)
{
	struct message_place at = { .id = 0 };
	enum outcome o = OUT_OK;

	*inc = (struct incident){ .id = 0 };
	if (wamid != NULL && *wamid != '\0')
		o = wamid_find(c->s, c->connection_id, wamid, &at, e);
	if (o != OUT_OK || at.id == 0)
		return o;
	o = incident_load(c->s, at.incident_id, inc, e);
	if (o == OUT_OK && inc->customer_id != c->from.customer_id) {
		incident_release(inc);
		inc->id = 0;
	}
	return o;
}

/* The one of the message that it quotes, unless that is over. */
static enum outcome
wa_quoted(struct contact *c, int64_t *id_out, struct err *e)
{
	struct incident inc;
	enum outcome o =
		wa_own(c, member_str(c->whatsapp, "context_id"), &inc, e);

	if (o == OUT_OK && inc.id != 0 && inc.state != INCIDENT_CLOSED &&
	    inc.state != INCIDENT_SPAM)
		*id_out = inc.id;
	incident_release(&inc);
	return o;
}

enum outcome
contact_wa_match(struct contact *c, struct err *e)
{
	const char *group = member_str(c->whatsapp, "group_id");
	int64_t id = 0;
	enum outcome o;

	c->at = MATCH_NEW;
	if (c->from.made)
		return OUT_OK;
	c->at.matched = "quoted";
	o = wa_quoted(c, &id, e);
	if (o == OUT_OK && id == 0) {
		c->at.matched = "conversation";
		o = wamid_conversation(c->s, c->from.customer_id,
				       c->connection_id, group, &id, e);
	}
	/* contact_put() finds that it is over: a new one follows it */
	if (o == OUT_OK && id == 0)
		o = wamid_closed(c->s, c->from.customer_id, c->connection_id,
				 group, &id, e);
	c->at.incident_id = id;
	c->at.why = c->at.matched;
	if (id == 0)
		c->at = MATCH_NEW;
	return o;
}

static bool
is_tap(const struct contact *c)
{
	int64_t incident;
	int score;

	return survey_tap(c->whatsapp, &incident, &score);
}

bool
contact_wa_is_note(const struct contact *c)
{
	return is_type(c, "edit") || is_type(c, "revoke") || is_tap(c) ||
	       is_type(c, "system") || is_type(c, "request_welcome");
}

/* The incident of the message that was changed or taken back. */
static enum outcome
changed_target(struct contact *c, struct incident *inc, struct err *e)
{
	const json_t *edit = json_object_get(c->whatsapp, "edit");

	return wa_own(c,
		      is_type(c, "edit")
			      ? member_str(edit, "original_message_id")
			      : member_str(c->whatsapp, "revoke"),
		      inc, e);
}

/* The incident that a note is about: that of the message that was changed,
 * else the one that goes on. */
static enum outcome
note_target(struct contact *c, struct incident *inc, struct err *e)
{
	int64_t id = 0;
	enum outcome o = OUT_OK;

	if (is_type(c, "edit") || is_type(c, "revoke"))
		o = changed_target(c, inc, e);
	if (o != OUT_OK || inc->id != 0 || is_type(c, "edit"))
		return o;
	if (is_tap(c))
		o = survey_asked(c->s, c->whatsapp, c->from.customer_id, &id,
				 e);
	else
		o = wamid_conversation(
			c->s, c->from.customer_id, c->connection_id,
			member_str(c->whatsapp, "group_id"), &id, e);
	return o == OUT_OK && id != 0 ? incident_load(c->s, id, inc, e) : o;
}

static enum outcome
note_write(struct contact *c, const char *author, struct err *e)
{
	char *warnings = json_dumps(c->warnings, JSON_COMPACT);
	struct message_new m = { .incident_id = c->inc.id,
				 .number = c->inc.messages + 1,
				 .direction = "note",
				 .author = author,
				 .identity_id = c->from.id,
				 .connection_id = c->connection_id,
				 .external_id = c->external_id,
				 .digest = c->digest,
				 .received_ms = c->received_ms,
				 .committed_ms = c->now_ms,
				 .text = c->text,
				 .raw_sha256 = c->raw_sha256,
				 .warnings = warnings,
				 .whatsapp = c->card };
	enum outcome o = change_blob(c->s, c->rq, c->raw_sha256, c->now_ms, e);

	if (o == OUT_OK)
		o = message_add(c->s, &m, &c->place.id, e);
	if (o == OUT_OK)
		o = change_message(c->s, &c->inc, c->place.id, "note",
				   c->now_ms, 0, c->now_ms, e);
	mem_free(warnings);
	c->place.incident_id = c->inc.id;
	c->place.number = c->inc.messages;
	return o == OUT_OK ? incident_save(c->s, &c->inc, e) : o;
}

/* A tap on what a survey asks is the person's own word all the same. */
static enum outcome
tapped(struct contact *c, struct err *e)
{
	enum outcome o =
		survey_answered(c->s, c->whatsapp, &c->inc, c->now_ms, e);

	return o == OUT_OK ? window_open(c->s, c->connection_id,
					 c->from.customer_id, c->received_ms,
					 c->external_id, e)
			   : o;
}

enum outcome
contact_wa_note(struct contact *c, const char *author, bool *written_out,
		struct err *e)
{
	enum outcome o;

	*written_out = true;
	if (is_type(c, "request_welcome"))
		return window_open(c->s, c->connection_id, c->from.customer_id,
				   c->received_ms, NULL, e);
	o = note_target(c, &c->inc, e);
	if (o == OUT_OK && c->inc.id == 0) {
		*written_out = !is_type(c, "edit") && !is_tap(c);
		return OUT_OK;
	}
	if (o == OUT_OK)
		o = merge_survivor(c->s, &c->inc, e);
	c->now_ms = change_now(&c->inc, c->now_ms);
	if (o == OUT_OK)
		o = note_write(c, author, e);
	return o == OUT_OK && is_tap(c) ? tapped(c, e) : o;
}
