#include "daemon/letterhead.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/store/incident.h"
#include "daemon/store/outmail.h"

/* The customer's, if it is one of ours; else the mailbox's, else the desk's. */
static enum outcome
pick_language(struct store *s, const struct link *l, int64_t customer_id,
	      const char **out, struct err *e)
{
	struct outmail_languages known;
	const char *mailbox = member_str(l->settings, "language");
	const char *code;
	enum outcome o = outmail_languages(s, customer_id, &known, e);

	if (o != OUT_OK)
		return o;
	code = known.customer;
	if (strcmp(code, "es") != 0 && strcmp(code, "en") != 0)
		code = mailbox != NULL ? mailbox : known.desk;
	*out = strcmp(code, "en") == 0 ? "en" : "es";
	return OUT_OK;
}

/* The mailbox's text in that language, else in the other one; NULL: none. */
static const char *
mailbox_signature(const struct link *l, const char *language)
{
	const json_t *texts = json_object_get(l->settings, "signature");
	const char *t = json_string_value(json_object_get(texts, language));

	if (t == NULL)
		t = json_string_value(json_object_get(texts, "es"));
	return t != NULL ? t : json_string_value(json_object_get(texts, "en"));
}

/* The agent's lines, then the mailbox's. */
static enum outcome
put_signature(struct store *s, const struct link *l, const char *language,
	      int64_t agent_id, json_t *mail, struct err *e)
{
	const char *shop = mailbox_signature(l, language);
	char *own = NULL;
	char *both;
	enum outcome o = outmail_signature(s, agent_id, &own, e);

	if (o != OUT_OK)
		return o;
	both = mem_printf("%s%s%s", own,
			  *own != '\0' && shop != NULL ? "\n" : "",
			  shop != NULL ? shop : "");
	if (*both != '\0')
		(void)json_object_set_new(mail, "signature", json_string(both));
	mem_free(both);
	mem_free(own);
	return OUT_OK;
}

enum outcome
letterhead_fix(struct store *s, const struct link *l,
	       const struct letterhead *head, json_t *mail, struct err *e)
{
	const char *language = head->language;
	enum outcome o = OUT_OK;

	if (language == NULL)
		o = pick_language(s, l, head->customer_id, &language, e);
	if (o == OUT_OK)
		o = put_signature(s, l, language, head->agent_id, mail, e);
	if (o != OUT_OK)
		return o;
	(void)json_object_set_new(mail, "language", json_string(language));
	if (head->answered != 0 &&
	    json_is_true(json_object_get(l->settings, "quote_history")))
		(void)json_object_set_new(mail, "quote",
					  json_integer(head->answered));
	return OUT_OK;
}

bool
letterhead_dsn(const struct link *l, bool automatic)
{
	return !automatic && strcmp(l->kind, "mailbox") == 0 &&
	       !json_is_false(json_object_get(l->settings, "delivery_reports"));
}
