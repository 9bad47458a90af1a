#include "gateways/mail/report.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "gateways/mail/codes.h"
#include "gateways/mail/head.h"
#include "gateways/mail/hint.h"

#define READ_MAX ((size_t)256 * 1024) /* octets of a part, of a mail */
#define GROUPS_MAX (HINT_RECIPIENTS_MAX * 2)

static bool
begins(const char *s, const char *with)
{
	return strncasecmp(s, with, strlen(with)) == 0;
}

/* The address in a field of the form "rfc822; a@b". */
static bool
address_of(const struct head *h, const char *field, char out[CODES_ADDRESS_MAX])
{
	const char *s = head_value(h, field);
	size_t at, end;

	return codes_address(s, strlen(s), out, &at, &end);
}

/* Did it arrive, or was it given to somebody who does not report? */
static bool
is_good_news(const char *action, const char *status)
{
	return begins(action, "deliv") || begins(action, "relay") ||
	       begins(action, "expand") || *status == '2';
}

static void
fill(struct hint_recipient *r, const struct head *h, const char *action)
{
	const char *status = head_value(h, "Status");
	const char *words = head_value(h, "Diagnostic-Code");
	int class;

	if (!codes_status(status, strlen(status), CODES_ANY, r->status))
		(void)codes_status(words, strlen(words), CODES_BAD, r->status);
	class = r->status[0] ? r->status[0] - '0'
			     : codes_smtp(words, strlen(words));
	r->permanent = class ? class == 5 : begins(action, "failed");
	codes_words(words, strlen(words), r->reason);
}

/* One group of fields: the mail's, or one recipient's. */
static void
read_group(struct hint *t, const struct head *h)
{
	const char *action = head_value(h, "Action");
	const char *status = head_value(h, "Status");
	char address[CODES_ADDRESS_MAX], original[CODES_ADDRESS_MAX] = "";
	struct hint_recipient *r;

	(void)address_of(h, "Original-Recipient", original);
	if (!address_of(h, "Final-Recipient", address) &&
	    !address_of(h, "X-Actual-Recipient", address)) {
		if (!*original)
			return;
		memcpy(address, original, sizeof(address));
	}
	t->report = true;
	if (begins(action, "delayed"))
		t->delayed = true;
	if (is_good_news(action, status))
		return;
	if (!begins(action, "delayed"))
		t->failed = true;
	r = hint_recipient(t, address);
	if (!r)
		return;
	memcpy(r->original, original, sizeof(r->original));
	fill(r, h, action);
}

static void
group_at(struct hint *t, const char *p, size_t n)
{
	struct head h;

	head_read(&h, p, n);
	read_group(t, &h);
	head_release(&h);
}

static void
read_status(struct hint *t, const char *p, size_t n)
{
	size_t from = 0, at = 0;
	int groups = 0;

	while (at < n && groups < GROUPS_MAX) {
		const char *nl = memchr(p + at, '\n', n - at);
		size_t len = nl ? (size_t)(nl - p) - at + 1 : n - at;
		bool blank = len <= 2 && (p[at] == '\n' || p[at] == '\r');

		at += len;
		if (!blank && at < n)
			continue;
		if (at > from + 2) {
			group_at(t, p + from, at - from);
			groups++;
		}
		from = at;
	}
}

static void
read_feedback(struct hint *t, const char *p, size_t n)
{
	char address[CODES_ADDRESS_MAX];
	struct head h;

	head_read(&h, p, n);
	if (!begins(head_value(&h, "Feedback-Type"), "not-spam"))
		t->complaint = true;
	if (address_of(&h, "Original-Rcpt-To", address))
		(void)hint_recipient(t, address);
	head_release(&h);
}

static void
read_returned(struct hint *t, const char *p, size_t n)
{
	struct head h;
	struct buf id;

	head_read(&h, p, n);
	buf_init(&id, HEAD_VALUE_MAX);
	if (head_message_id(&h, &id))
		hint_id(t, buf_str(&id), id.len);
	if (!t->sent_to[0])
		(void)address_of(&h, "To", t->sent_to);
	buf_release(&id);
	head_release(&h);
}

/* A receipt (RFC 8098) is sent by who got it. */
static void
read_receipt(struct hint *t, const char *p, size_t n)
{
	struct head h;
	struct buf id;
	size_t at = 0;

	head_read(&h, p, n);
	buf_init(&id, HEAD_VALUE_MAX);
	t->receipt = true;
	if (head_id(head_value(&h, "Original-Message-ID"), &at, &id))
		hint_id(t, buf_str(&id), id.len);
	buf_release(&id);
	head_release(&h);
}

void
report_part(struct hint *t, const char *kind, const char *p, size_t n)
{
	static const struct {
		const char *kind;
		void (*read)(struct hint *t, const char *p, size_t n);
	} kinds[] = {
		{ "message/delivery-status", read_status },
		{ "message/global-delivery-status", read_status },
		{ "message/feedback-report", read_feedback },
		{ "message/disposition-notification", read_receipt },
		{ "message/global-disposition-notification", read_receipt },
		{ "message/rfc822", read_returned },
		{ "text/rfc822-headers", read_returned },
		{ "message/global-headers", read_returned },
	};

	if (n > READ_MAX)
		n = READ_MAX;
	for (size_t i = 0; n && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i].kind, kind) == 0)
			kinds[i].read(t, p, n);
}

void
report_scan(struct hint *t, const char *p, size_t n)
{
	static const char field[] = "\nFinal-Recipient:";
	const char *at, *end;

	if (n > READ_MAX)
		n = READ_MAX;
	at = n ? memmem(p, n, field, sizeof(field) - 1) : NULL;
	end = at;
	while (end && end > p + 1 &&
	       !(end[0] == '\n' &&
		 (end[-1] == '\n' || (end[-1] == '\r' && end[-2] == '\n'))))
		end--; /* to the blank line before its group */
	if (end)
		read_status(t, end, n - (size_t)(end - p));
}
