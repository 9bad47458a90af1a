#include "gateways/shop/presta.h"

#include <string.h>

#include "gateways/common/scan.h"
#include "gateways/shop/presta_xml.h"
#include "gateways/shop/take.h"

#define DEPTH_MAX 32
#define MARK "\xef\xbb\xbf"

/* The first octet that is neither a mark nor a blank; 0: none. */
static char
first_of(const char *p, size_t n)
{
	size_t i = n >= strlen(MARK) && memcmp(p, MARK, strlen(MARK)) == 0
			   ? strlen(MARK)
			   : 0;

	while (i < n &&
	       (p[i] == ' ' || p[i] == '\t' || p[i] == '\r' || p[i] == '\n'))
		i++;
	return i < n ? p[i] : '\0';
}

enum outcome
presta_tree(const char *p, size_t n, json_t **out, struct err *e)
{
	enum outcome o;

	*out = NULL;
	if (first_of(p, n) == '<')
		return presta_xml(p, n, out, e);
	if (n >= strlen(MARK) && memcmp(p, MARK, strlen(MARK)) == 0) {
		p += strlen(MARK);
		n -= strlen(MARK);
	}
	o = scan_json_text(p, n, DEPTH_MAX, out, e);
	if (o != OUT_OK)
		return o;
	if (json_is_array(*out) && json_array_size(*out) == 0) {
		json_decref(*out);
		*out = json_object();
	}
	if (json_is_object(*out))
		return OUT_OK;
	json_decref(*out);
	*out = NULL;
	return err_set(e, OUT_PERM, "no answer of the webservice");
}

json_t *
presta_records(const json_t *tree, const char *one, const char *many)
{
	json_t *lone = take_object(tree, one);

	if (lone != NULL)
		return json_pack("[O]", lone);
	return take_list(tree, many, PRESTA_RECORDS_MAX);
}

const char *
presta_error(const json_t *tree, const char **text_out)
{
	const json_t *first;
	const char *code;

	*text_out = NULL;
	if (json_object_get(tree, "errors") == NULL)
		return NULL;
	first = json_array_get(json_object_get(tree, "errors"), 0);
	code = take_str(first, "code");
	*text_out = take_str(first, "message");
	return code != NULL ? code : "";
}

bool
presta_is(const json_t *record, const char *name, const char *text)
{
	const char *s = take_str(record, name);

	return s != NULL && text != NULL && strcmp(s, text) == 0;
}

json_t *
presta_by_id(const json_t *records)
{
	json_t *map = json_object();
	json_t *record;
	size_t i;

	json_array_foreach(records, i, record)
	{
		const char *id = take_str(record, "id");

		if (id != NULL)
			(void)json_object_set(map, id, record);
	}
	return map;
}

const json_t *
presta_find(const struct presta_about *about, const char *resource,
	    const char *id)
{
	return id != NULL
		       ? take_object(json_object_get(about->joined, resource),
				     id)
		       : NULL;
}

/* A text, or the first of one in several languages. */
static const char *
said(const json_t *record, const char *name)
{
	const json_t *v = json_object_get(record, name);

	if (json_is_array(v))
		return take_str(json_array_get(v, 0), "value");
	return take_str(record, name);
}

static bool
has_template(const json_t *state, const char *name)
{
	const char *s = said(state, "template");

	return s != NULL && strcmp(s, name) == 0;
}

struct presta_state
presta_state(const struct presta_about *about, const char *id)
{
	const json_t *state = presta_find(about, "order_states", id);
	struct presta_state s = { .known = state != NULL };

	if (state == NULL)
		return s;
	s.paid = take_flag(state, "paid");
	s.shipped = take_flag(state, "shipped");
	s.cancelled = has_template(state, "order_canceled");
	s.refunded = has_template(state, "refund");
	s.failed = has_template(state, "payment_error");
	/* The core's own state for what has arrived is shipped as well, and
	 * the only one of those that mails nothing. */
	s.delivered = s.shipped && take_flag(state, "unremovable") &&
		      json_object_get(state, "template") != NULL &&
		      said(state, "template") == NULL;
	return s;
}
