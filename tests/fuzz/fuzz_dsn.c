/*
 * Any octets as a report's part, as a returned mail, as the words of a bounce:
 * what is said of recipients and ids is within its ceilings and is text.
 * The first octet chooses the kind.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/absence.h"
#include "gateways/mail/hint.h"
#include "gateways/mail/report.h"

#define INPUT_MAX ((size_t)128 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
is_text(const char *s, size_t max)
{
	size_t n = strlen(s);

	if (n >= max || !utf8_valid(s, n))
		abort();
}

static void
check(const struct hint *t)
{
	if (t->count > HINT_RECIPIENTS_MAX || t->id_count > HINT_IDS_MAX ||
	    (t->robot && !t->why) || (t->robot && t->may_respond) ||
	    (t->bounce && !t->robot))
		abort();
	for (size_t i = 0; i < t->count; i++) {
		const struct hint_recipient *r = &t->list[i];

		is_text(r->address, sizeof(r->address));
		is_text(r->original, sizeof(r->original));
		is_text(r->status, sizeof(r->status));
		is_text(r->reason, sizeof(r->reason));
		if (!strchr(r->address, '@') || strchr(r->reason, '\n'))
			abort();
	}
	for (size_t i = 0; i < t->id_count; i++)
		is_text(t->ids[i], sizeof(t->ids[i]));
}

/* The header, then the text of a whole mail. */
static void
read_mail(struct hint *t, const char *p, size_t n)
{
	struct head h;
	struct buf text;
	const char *subject;

	head_read(&h, p, n);
	subject = head_value(&h, "Subject");
	hint_head(t, &h, head_value(&h, "From"), subject,
		  head_value(&h, "Content-Type"), "");
	(void)absence_subject(subject);
	if ((t->bounce || t->nobody) && !t->report)
		report_scan(t, p + h.body, n - h.body);
	buf_init(&text, INPUT_MAX * 3);
	(void)utf8_clean(&text, p + h.body, n - h.body);
	hint_end(t, &h, buf_str(&text), text.len);
	buf_release(&text);
	head_release(&h);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const kinds[] = {
		"message/delivery-status",
		"message/feedback-report",
		"message/disposition-notification",
		"message/rfc822",
	};
	struct hint *t;
	char *octets;

	if (!n || n > INPUT_MAX)
		return 0;
	t = mem_new(1, sizeof(*t));
	octets = malloc(n); /* its end is guarded */
	if (!octets)
		abort();
	memcpy(octets, p + 1, n - 1);
	if (p[0] % 5 < 4)
		report_part(t, kinds[p[0] % 5], octets, n - 1);
	else
		read_mail(t, octets, n - 1);
	check(t);
	free(octets);
	mem_free(t);
	return 0;
}
