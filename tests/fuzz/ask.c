#include "tests/fuzz/ask.h"

#include <string.h>

#include "daemon/base/mem.h"

#define DEPTH_MAX 4
#define TEXT_MAX 48
#define ITEMS_MAX 3

/* Words that handlers know, names of what the desk holds, and what lies near
 * a ceiling or has a meaning for somebody. */
static const char *const words[] = {
	"",
	"a",
	"new",
	"open",
	"pending_customer",
	"on_hold",
	"snoozed",
	"solved",
	"closed",
	"spam",
	"merged",
	"low",
	"normal",
	"high",
	"urgent",
	"email",
	"chat",
	"phone",
	"whatsapp",
	"form",
	"api",
	"order",
	"in",
	"out",
	"active",
	"mine",
	"unassigned",
	"pending",
	"all",
	"due",
	"newest",
	"sent",
	"failed",
	"unknown",
	"ok",
	"failing",
	"agent",
	"lead",
	"manager",
	"admin",
	"es",
	"en",
	"other",
	"return_request",
	"refund_status",
	"bus",
	"site",
	"casa",
	"nadie",
	"maildir",
	"pipe",
	"mailbox",
	"general",
	"devoluciones",
	"INBOX",
	"c1",
	"ana@tienda.example",
	"cliente@correo.example",
	"<1@correo.example>",
	"<2@correo.example>",
	"\"Ana\" <a@b>",
	"P-1",
	"2",
	"una contraseña larga",
	"Ñandú devolución \xF0\x9F\x98\x80",
	"a\nb\rc\x7F",
	"' OR 1=1 --",
	"%s%n",
	"NEAR(a b)",
	"../../etc/passwd",
	"9223372036854775807",
	"{\"a\":[1]}",
	"https://tienda.example/p?x=1",
	"https://tienda.example",
	"application/octet-stream",
	"image/png",
};

static const char *const instants[] = {
	"2026-01-05T09:00:00.000Z", "2026-01-05T08:59:59.999Z",
	"1970-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z",
	"2100-02-29T00:00:00.000Z", "2026-01-05",
};

/* Of nothing; of "hola"; of octets over 64 KiB that the desk has. */
static const char *const digests[] = {
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	"b221d9dbb083a7f33428d7c2a3c3198ae925614d70210e28716ccaa7cd4ddb79",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"B221D9DBB083A7F33428D7C2A3C3198AE925614D70210E28716CCAA7CD4DDB79",
};

static const int64_t numbers[] = {
	-1,
	0,
	1,
	2,
	3,
	4,
	5,
	7,
	20,
	100,
	1000,
	65536,
	65537,
	393216,
	INT64_C(1) << 31,
	INT64_C(1) << 53,
	INT64_MAX,
	INT64_MIN,
};

#define COUNT(x) (sizeof(x) / sizeof((x)[0]))

static json_t *members(struct ask *a, const struct param *params, int depth);

uint8_t
ask_octet(struct ask *a)
{
	if (a->n == 0)
		return 0;
	a->n--;
	return *a->p++;
}

size_t
ask_below(struct ask *a, size_t max)
{
	return ask_octet(a) % max;
}

/* Text of the octets themselves; what is not UTF-8 is left to the network
 * thread's own fuzzer. */
static json_t *
own_text(struct ask *a)
{
	char text[TEXT_MAX];
	size_t n = ask_below(a, TEXT_MAX);
	size_t i;

	for (i = 0; i < n; i++) {
		text[i] = (char)(ask_octet(a) & 0x7F);
		if (text[i] == '\0')
			text[i] = ' ';
	}
	return json_stringn(text, n);
}

/* A text of exactly, or one more than, what is allowed. */
static json_t *
long_text(size_t max, bool more)
{
	json_t *s;
	char *text;
	size_t n = max + (more ? 1 : 0);

	if (n > 4096)
		n = 4096;
	text = mem_new(n + 1, 1);
	memset(text, 'x', n);
	s = json_stringn(text, n);
	mem_free(text);
	return s;
}

static json_t *
text_value(struct ask *a, size_t max)
{
	switch (ask_below(a, 8)) {
	case 0:
		return own_text(a);
	case 1:
		return long_text(max, (ask_octet(a) & 1) != 0);
	default:
		return json_string(words[ask_below(a, COUNT(words))]);
	}
}

/* Anything that is JSON: settings, secrets, wrong types. */
static json_t *
any_value(struct ask *a, int depth)
{
	static const char *const names[] = { "address",  "from_name", "in",
					     "out",      "origins",   "title",
					     "language", "password",  "mail",
					     "imap_host" };
	json_t *o;
	size_t n;

	switch (depth >= DEPTH_MAX ? 0 : ask_below(a, 8)) {
	case 0:
		return json_null();
	case 1:
		return json_boolean(ask_octet(a) & 1);
	case 2:
		return json_integer(numbers[ask_below(a, COUNT(numbers))]);
	case 3:
		return json_array();
	case 4:
		return text_value(a, 1000);
	default:
		o = json_object();
		for (n = ask_below(a, 6); n > 0; n--)
			(void)json_object_set_new(
				o, names[ask_below(a, COUNT(names))],
				ask_octet(a) & 1 ? text_value(a, 100)
						 : any_value(a, depth + 1));
		return o;
	}
}

static json_t *
value(struct ask *a, const struct param *p, int depth)
{
	if (depth >= DEPTH_MAX)
		return json_null();
	switch (p->type) {
	case PARAM_INT:
		return json_integer(numbers[ask_below(a, COUNT(numbers))]);
	case PARAM_BOOL:
		return json_boolean(ask_octet(a) & 1);
	case PARAM_STRING:
		return text_value(a, p->max);
	case PARAM_INSTANT:
		return json_string(instants[ask_below(a, COUNT(instants))]);
	case PARAM_SHA256:
		return json_string(digests[ask_below(a, COUNT(digests))]);
	case PARAM_BASE64:
		return json_string(ask_octet(a) & 1 ? "aG9sYQ==" : "");
	case PARAM_SHAPE:
		return members(a, p->shape->params, depth + 1);
	case PARAM_JSON:
		break;
	}
	return any_value(a, depth + 1);
}

static json_t *
list(struct ask *a, const struct param *p, int depth)
{
	json_t *o = json_array();
	size_t n;

	for (n = ask_below(a, ITEMS_MAX + 1); n > 0; n--)
		(void)json_array_append_new(o, value(a, p, depth + 1));
	return o;
}

/* What an octet says of a parameter: mostly there and of its type. */
static json_t *
members(struct ask *a, const struct param *params, int depth)
{
	json_t *o = json_object();

	for (; params->name != NULL; params++) {
		size_t how = ask_below(a, 16);

		if (params->optional ? how < 7 : how == 15)
			continue;
		if (how == 14)
			(void)json_object_set_new(o, params->name,
						  any_value(a, depth));
		else
			(void)json_object_set_new(
				o, params->name,
				params->list ? list(a, params, depth)
					     : value(a, params, depth));
	}
	return o;
}

json_t *
ask_params(struct ask *a, const struct method *m)
{
	return members(a, m->params, 0);
}
