/* outgoing_wa: what goes by WhatsApp, a message of Graph each. */

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/desk.h"
#include "daemon/outgoing_p.h"
#include "daemon/person.h"
#include "daemon/split.h"
#include "daemon/store/window.h"
#include "daemon/token.h"
#include "daemon/window.h"

/* Nothing that a program writes goes to whoever wants nothing of the kind,
 * unless it answers that very word. */
static enum outcome
may_go(struct store *s, const struct draft *dr, const struct incident *inc,
       const struct outgoing *out, int64_t now_ms, struct err *e)
{
	struct window w;
	json_t *data = NULL;
	enum outcome o =
		window_between(s, dr->link.id, inc->customer_id, now_ms, &w, e);

	if (o != OUT_OK)
		return o;
	if (out->bot && out->reaction == NULL && w.opted_out && !out->asked_for)
		return err_code(e, OUT_PERM, "window_closed",
				"the customer wants nothing automatic");
	o = window_allows(&w, out->whats != NULL, &data, e);
	json_decref(data);
	return o;
}

static enum outcome
find_way(struct store *s, struct draft *dr, const struct incident *inc,
	 struct wa_reach *reach, struct err *e)
{
	enum outcome o =
		wa_person_reach(s, inc->customer_id,
				wa_person_scope(dr->link.settings), reach, e);

	if (o == OUT_OK && reach->identity_id == 0)
		return err_code(e, OUT_PERM, "bad_params",
				"cannot send it: the customer has no address "
				"on WhatsApp");
	return o;
}

static json_t *
wa_to(const struct wa_reach *reach)
{
	json_t *to = json_object();

	if (*reach->wa_id != '\0')
		(void)json_object_set_new(to, "wa_id",
					  json_string(reach->wa_id));
	if (*reach->user_id != '\0')
		(void)json_object_set_new(to, "user_id",
					  json_string(reach->user_id));
	return to;
}

/* OutWhatsapp of one part; only the first quotes. */
static json_t *
wa_json(const struct outgoing *out, const struct split_part *part,
	const struct wa_reach *reach, bool first)
{
	json_t *wa = json_object();

	(void)json_object_set_new(wa, "to", wa_to(reach));
	(void)json_object_set_new(wa, "kind", json_string(part->kind));
	if (first && out->quotes != NULL)
		(void)json_object_set_new(wa, "quotes",
					  json_string(out->quotes));
	if (strcmp(part->kind, "template") == 0)
		(void)json_object_set(wa, "template", (json_t *)out->whats);
	if (strcmp(part->kind, "interactive") == 0)
		(void)json_object_set(wa, "interactive",
				      (json_t *)out->interactive);
	if (strcmp(part->kind, "reaction") == 0)
		(void)json_object_set(wa, "reaction", (json_t *)out->reaction);
	return wa;
}

/* The tracker that comes back with each status. */
static char *
wa_key(const struct desk *d, const struct incident *inc)
{
	char token[TOKEN_MAX];

	token_make(d->key, inc->id, inc->messages + 1, token);
	return mem_strdup(token);
}

/* What the parts of an answer have in common. */
struct sending {
	struct draft *dr;
	struct desk *d;
	struct store *s;
	const struct request *rq;
	struct incident *inc;
	const struct outgoing *out;
	struct wa_reach reach;
	int64_t now_ms;
};

static void
draft_part(const struct sending *x, const struct split_part *part,
	   const json_t *files, bool first)
{
	const char *wa_id = x->reach.wa_id;
	struct draft *dr = x->dr;

	dr->files = files;
	dr->text = part->text ? x->out->text : "";
	dr->identity_id = x->reach.identity_id;
	dr->key = wa_key(x->d, x->inc);
	dr->whatsapp = wa_json(x->out, part, &x->reach, first);
	dr->mail = json_pack(
		"{s:[o]}", "to",
		draft_address(x->out->name,
			      *wa_id != '\0' ? wa_id : x->reach.user_id));
	if (first && x->out->saved_reply != NULL)
		(void)json_object_set_new(dr->mail, "saved_reply",
					  json_string(x->out->saved_reply));
}

static enum outcome
write_part(const struct sending *x, const struct split_part *part, bool first,
	   int64_t *message_out, struct err *e)
{
	json_t *files = json_array();
	enum outcome o;

	if (part->file != NULL)
		(void)json_array_append(files, (json_t *)part->file);
	draft_part(x, part, files, first);
	o = draft_write(x->dr, x->d, x->s, x->rq, x->inc, x->out, x->now_ms,
			message_out, e);
	draft_clear(x->dr);
	json_decref(files);
	return o;
}

enum outcome
outgoing_whatsapp(struct draft *dr, struct desk *d, struct store *s,
		  const struct request *rq, struct incident *inc,
		  const struct outgoing *out, int64_t now_ms,
		  int64_t *message_out, struct err *e)
{
	struct split_ask ask = { .text = out->text,
				 .files = out->attachments,
				 .is_template = out->whats != NULL,
				 .is_reaction = out->reaction != NULL,
				 .interactive = out->interactive };
	struct sending x = { .dr = dr,
			     .d = d,
			     .s = s,
			     .rq = rq,
			     .inc = inc,
			     .out = out,
			     .now_ms = now_ms };
	struct split sp = { 0 };
	int64_t id;
	size_t i;
	enum outcome o;

	*message_out = 0;
	if (json_array_size(out->cc) > 0)
		return err_code(e, OUT_PERM, "bad_params",
				"'cc': an answer by WhatsApp has no copies");
	o = may_go(s, dr, inc, out, out->send_ms, e);
	if (o == OUT_OK)
		o = find_way(s, dr, inc, &x.reach, e);
	if (o == OUT_OK)
		o = split_answer(&ask, &sp, e);
	for (i = 0; o == OUT_OK && i < sp.n; i++)
		o = write_part(&x, &sp.parts[i], i == 0,
			       i == 0 ? message_out : &id, e);
	return o;
}
