#include "rules/reply.h"

#include <stdbool.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "rules/book.h"

static const char *const names[] = { "customer.name",   "customer.first_name",
				     "agent.name",      "incident.ref",
				     "subject",         "shop.name",
				     "expected.answer", "claim.code" };

#define NAMES (sizeof names / sizeof *names)

const char *
reply_variable_name(size_t i)
{
	return i < NAMES ? names[i] : NULL;
}

static bool
name_char(char c)
{
	return (c >= 'a' && c <= 'z') || c == '.' || c == '_';
}

int
reply_variable(const char *text, size_t *i, size_t *from_out, size_t *n_out)
{
	const char *open = text + *i;

	while ((open = strchr(open, '{')) != NULL) {
		size_t n = 0;

		while (name_char(open[1 + n]))
			n++;
		if (n != 0 && open[1 + n] == '}') {
			*from_out = (size_t)(open - text) + 1;
			*n_out = n;
			*i = *from_out + n + 1;
			return 1;
		}
		open++;
	}
	return 0;
}

static const char *
value(const struct reply_facts *f, const char *name, size_t n)
{
	const char *values[NAMES] = {
		f->customer_name,   f->customer_first_name,
		f->agent_name,      f->incident_ref,
		f->subject,         f->shop_name,
		f->expected_answer, f->claim_code
	};
	size_t i;

	for (i = 0; i < NAMES; i++)
		if (strlen(names[i]) == n && memcmp(names[i], name, n) == 0)
			return values[i] != NULL ? values[i] : "";
	return "";
}

bool
book_text_asks_expected(const char *text)
{
	return strstr(text, "{expected.answer}") != NULL;
}

void
book_text_render(const char *text, const struct reply_facts *f, struct buf *b)
{
	size_t done = 0;
	size_t i = 0;
	size_t from;
	size_t n;

	while (reply_variable(text, &i, &from, &n)) {
		(void)buf_add(b, text + done, from - 1 - done);
		(void)buf_puts(b, value(f, text + from, n));
		done = i;
	}
	(void)buf_puts(b, text + done);
}

void
book_reply_render(const struct book_reply *r, const struct reply_facts *f,
		  struct buf *b)
{
	book_text_render(r->text, f, b);
}
