#include "daemon/answer_wa.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/outgoing.h"
#include "daemon/request.h"
#include "daemon/split.h"
#include "daemon/store/message.h"
#include "daemon/store/outmail.h"
#include "daemon/window.h"

static bool
given(const struct request *rq, const char *name)
{
	const json_t *j = json_object_get(rq->params, name);

	return j != NULL && !json_is_null(j);
}

static enum outcome
none_given(const struct request *rq, struct err *e)
{
	static const char *const names[] = { "quotes", "template", "buttons" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (given(rq, names[i]))
			return err_code(e, OUT_PERM, "bad_params",
					"'%s' is for an incident that came by "
					"WhatsApp",
					names[i]);
	return OUT_OK;
}

static enum outcome
read_quotes(struct store *s, const struct request *rq,
	    const struct incident *inc, struct answer_wa *out, struct err *e)
{
	int64_t number = member_int(rq->params, "quotes", 0);
	enum outcome o;

	if (!given(rq, "quotes"))
		return OUT_OK;
	o = message_channel_id(s, inc->id, inc->connection_id, number,
			       &out->quotes, e);
	if (o == OUT_OK && out->quotes == NULL)
		return err_code(e, OUT_PERM, "bad_params",
				"'quotes': message %lld is not one that "
				"WhatsApp knows",
				(long long)number);
	return o;
}

static enum outcome
read_buttons(struct store *s, const struct request *rq,
	     const struct incident *inc, struct answer_wa *out, struct err *e)
{
	struct outmail_languages l;
	char prefix[64];
	enum outcome o;

	if (!given(rq, "buttons"))
		return OUT_OK;
	if (given(rq, "template"))
		return err_code(e, OUT_PERM, "bad_params",
				"'buttons': a template has its own");
	(void)snprintf(prefix, sizeof prefix,
		       "answer:%lld:%lld:", (long long)inc->id,
		       (long long)inc->messages + 1);
	o = outmail_languages(s, inc->customer_id, &l, e);
	return o == OUT_OK
		       ? split_buttons(
				 json_object_get(rq->params, "buttons"), prefix,
				 *l.customer != '\0' ? l.customer : l.desk,
				 &out->interactive, e)
		       : o;
}

static enum outcome
read_template(struct store *s, const struct request *rq,
	      const struct incident *inc, struct answer_wa *out, struct err *e)
{
	const json_t *files = json_object_get(rq->params, "attachments");

	if (!given(rq, "template"))
		return OUT_OK;
	return template_make(s, inc->connection_id,
			     json_object_get(rq->params, "template"),
			     json_array_size(files) > 0, &out->made, e);
}

enum outcome
answer_wa_read(struct store *s, struct request *rq, const struct incident *inc,
	       struct answer_wa *out, struct err *e)
{
	struct window w;
	enum outcome o = window_of(s, inc, rq->now_ms, &w, e);

	memset(out, 0, sizeof *out);
	if (o == OUT_OK && w.can == CAN_REPLY_NONE)
		return none_given(rq, e);
	if (o == OUT_OK)
		o = window_allows(&w, given(rq, "template"), &rq->error_data,
				  e);
	if (o == OUT_OK)
		o = read_template(s, rq, inc, out, e);
	if (o == OUT_OK)
		o = read_quotes(s, rq, inc, out, e);
	if (o == OUT_OK)
		o = read_buttons(s, rq, inc, out, e);
	if (o != OUT_OK)
		answer_wa_release(out);
	return o;
}

void
answer_wa_release(struct answer_wa *a)
{
	MEM_CLEAR(&a->quotes);
	template_made_release(&a->made);
	json_decref(a->interactive);
	a->interactive = NULL;
}

void
answer_wa_fill(const struct answer_wa *a, struct outgoing *out)
{
	out->quotes = a->quotes;
	out->interactive = a->interactive;
	if (a->made.text == NULL)
		return;
	out->text = a->made.text;
	out->whats = a->made.whats;
}

void
answer_wa_refused(struct request *rq, const struct err *e)
{
	if (strcmp(e->code, "text_too_long") != 0 || rq->error_data != NULL)
		return;
	rq->error_data = json_object();
	(void)json_object_set_new(rq->error_data, "characters",
				  json_integer((json_int_t)split_chars(
					  member_str(rq->params, "text"))));
}
