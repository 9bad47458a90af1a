#include "rules/reply.h"

#include <stddef.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "rules/book.h"

/* A name, and the member of the facts that it reads. */
struct variable {
	const char *name;
	size_t at;
};

#define FACT(member) offsetof(struct reply_facts, member)

static const struct variable variables[] = {
	{ "customer.name", FACT(customer_name) },
	{ "customer.first_name", FACT(customer_first_name) },
	{ "agent.name", FACT(agent_name) },
	{ "incident.ref", FACT(incident_ref) },
	{ "subject", FACT(subject) },
	{ "shop.name", FACT(shop_name) },
	{ "expected.answer", FACT(expected_answer) },
	{ "claim.code", FACT(claim_code) },
	{ "order.number", FACT(order_number) },
	{ "order.total", FACT(order_total) },
	{ "order.placed", FACT(order_placed) },
	{ "order.promised", FACT(order_promised) },
	{ "order.tracking_url", FACT(order_tracking_url) },
	{ "order.lines", FACT(order_lines) },
};

#define VARIABLES (sizeof variables / sizeof *variables)

const char *
reply_variable_name(size_t i)
{
	return i < VARIABLES ? variables[i].name : NULL;
}

static const struct variable *
variable_of(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < VARIABLES; i++)
		if (strlen(variables[i].name) == n &&
		    memcmp(variables[i].name, name, n) == 0)
			return &variables[i];
	return NULL;
}

bool
reply_variable_known(const char *name, size_t n)
{
	return variable_of(name, n) != NULL;
}

static bool
name_char(char c)
{
	return (c >= 'a' && c <= 'z') || c == '.' || c == '_';
}

/* What stands after '|': a text in quotes and the closing brace. at: of the
 * first octet after '|'. Returns where the variable ends; 0: it is not so. */
static size_t
reply_or(const char *text, size_t at, struct reply_hole *out)
{
	size_t n;

	if (text[at] != '"')
		return 0;
	n = strcspn(text + at + 1, "\"");
	if (text[at + 1 + n] != '"' || text[at + 2 + n] != '}')
		return 0;
	out->or_from = at + 1;
	out->or_n = n;
	return at + n + 3;
}

/* Does a variable begin at that brace? */
static bool
reply_at(const char *text, size_t at, size_t *i, struct reply_hole *out)
{
	size_t end;

	*out = (struct reply_hole){ .start = at, .from = at + 1 };
	while (name_char(text[out->from + out->n]))
		out->n++;
	end = out->from + out->n;
	if (out->n == 0)
		return false;
	if (text[end] == '}') {
		*i = end + 1;
		return true;
	}
	if (text[end] != '|')
		return false;
	*i = reply_or(text, end + 1, out);
	if (*i != 0)
		return true;
	/* of what is no variable's name it is text */
	out->bad = reply_variable_known(text + out->from, out->n);
	*i = end + 1;
	return out->bad;
}

bool
reply_variable(const char *text, size_t *i, struct reply_hole *out)
{
	const char *open = text + *i;

	for (; (open = strchr(open, '{')) != NULL; open++)
		if (reply_at(text, (size_t)(open - text), i, out))
			return true;
	return false;
}

/* The value of a variable; NULL or "": it has none. */
static const char *
value(const struct reply_facts *f, const char *name, size_t n)
{
	const struct variable *v = variable_of(name, n);

	if (v == NULL)
		return NULL;
	return *(const char *const *)(const void *)((const char *)f + v->at);
}

static void
fill(struct buf *b, const char *text, const struct reply_hole *h,
     const struct reply_facts *f)
{
	const char *v = value(f, text + h->from, h->n);

	if (v != NULL && *v != '\0')
		(void)buf_puts(b, v);
	else
		(void)buf_add(b, text + h->or_from, h->or_n);
}

/* Does a text ask a variable whose name begins so? */
static bool
asks(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);
	size_t i = 0;
	struct reply_hole h;

	while (reply_variable(text, &i, &h))
		if (h.n >= n && memcmp(text + h.from, prefix, n) == 0)
			return true;
	return false;
}

bool
book_text_asks_expected(const char *text)
{
	return asks(text, "expected.answer");
}

bool
book_text_asks_order(const char *text)
{
	return asks(text, "order.");
}

void
book_text_render(const char *text, const struct reply_facts *f, struct buf *b)
{
	size_t done = 0;
	size_t i = 0;
	struct reply_hole h;

	while (reply_variable(text, &i, &h)) {
		(void)buf_add(b, text + done, h.start - done);
		fill(b, text, &h, f);
		done = i;
	}
	(void)buf_puts(b, text + done);
}
