#include "gateways/mail/returned.h"

#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/mail/codes.h"
#include "gateways/mail/head.h"
#include "gateways/mail/hint.h"
#include "gateways/mail/robot.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))
#define IDS_TEXT ((size_t)64 * 1024) /* quoted headers stand at the end */
#define ID_LABELS 40   /* "Message-ID" words of a text that are looked at */
#define REASON_LINES 8 /* behind an address, in which its reason stands */
#define REASON_LEAST 8 /* octets: less is a bracket, a colon */
#define LABEL_NEAR 20  /* octets between a word and its address */
#define WORDS_TEXT ((size_t)2 * 1024) /* what a bounce says stands first */
#define ID_NEAR 200 /* octets behind the label in which the id begins */

static const char *const bounce_words[] = {
	"deliver",
	"failure",
	"failed",
	"returned mail",
	"returned to sender",
	"returning to sender",
	"mail system error",
	"mail error",
	"server: errors",
	"error sending",
	"rejected",
	"could not send",
	"cannot send",
	"user unknown",
	"unknown user",
	"mailbox full",
	"bounce",
	/* Spanish, Portuguese, Catalan */
	"no entregado",
	"no se puede entregar",
	"no se pudo entregar",
	"no se ha podido entregar",
	"estado de entrega",
	"error de entrega",
	"devuelto",
	"falha na entrega",
	"status de entrega",
	"não entregue",
	"no s'ha pogut lliurar",
	/* French, Italian */
	"non remis",
	"non-remise",
	"état de remise",
	"échec de la remise",
	"mancato recapito",
	"mancata consegna",
	"notifica di stato",
	/* German, Dutch, Swedish, Danish, Norwegian */
	"unzustellbar",
	"nicht zugestellt",
	"zustellung fehlgeschlagen",
	"übermittlungsstatus",
	"onbestelbaar",
	"niet bezorgd",
	"niet afgeleverd",
	"kunde inte levereras",
	"kunne ikke leveres",
	/* Polish, Russian */
	"niedostarcz",
	"nie dostarczono",
	"не доставлено",
	"Недоставленное",
	/* Japanese, Chinese, Korean */
	"配信",
	"送信できません",
	"退信",
	"投递失败",
	"배달",
};

/* As mail systems write them; what people write about them is not sent by a
 * mail system. */
static const char *const failure_words[] = {
	"could not be delivered",
	"couldn't be delivered",
	"not be delivered to",
	"cannot be delivered",
	"was not delivered",
	"were not delivered",
	"undeliverable",
	"unable to deliver",
	"delivery failed",
	"delivery failure",
	"delivery to the following",
	"permanent error",
	"permanent fatal error",
	"returning your message",
	"no such user",
	"user unknown",
	"unknown user",
	"invalid user address",
	"invalid recipient",
	"recipient address rejected",
	"did not reach the following",
	"wasn't able to deliver",
	"not able to deliver",
	"could not deliver",
	"attempting to deliver",
	"account is disabled",
	"address not found",
	"address couldn't be found",
	"mailbox is full",
	"mailbox full",
	"no se ha podido entregar",
	"no se pudo entregar",
	"no ha podido ser entregado",
	"konnte nicht zugestellt",
	"n'a pas pu être",
	"pôde ser entregue",
	"non è stato possibile",
};

static const char *const delay_words[] = {
	"will be retried",
	"will retry",
	"will continue to try",
	"will keep trying",
	"will be attempted again",
	"keep trying to deliver",
	"has not yet been delivered",
	"have not yet been delivered",
	"not been delivered yet",
	"not yet been delivered",
	"do not need to resend",
	"you do not need to re-send",
	"no need to resend",
	"this is a warning message only",
	"delivery attempts will continue",
	"delivery is delayed",
	"seguirá intentando",
	"sera de nouveau tenté",
	"weitere zustellversuche",
};

static bool
any_in(const char *s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcasestr(s, list[i]))
			return true;
	return false;
}

bool
returned_subject(const char *subject)
{
	return any_in(subject, bounce_words, COUNT(bounce_words));
}

bool
returned_words(const char *text, size_t n)
{
	char *s = mem_strndup(text, n < WORDS_TEXT ? n : WORDS_TEXT);
	bool yes = any_in(s, failure_words, COUNT(failure_words));

	mem_free(s);
	return yes;
}

bool
returned_late(const char *subject)
{
	static const char *const words[] = {
		"delayed",  "warning: could not send",
		"(delay)",  "retrasado",
		"demorado", "verzögert",
		"retardé",
	};

	return any_in(subject, words, COUNT(words));
}

bool
returned_delayed(const char *text, size_t n)
{
	char *s = mem_strndup(text,
			      n < RETURNED_TEXT_MAX ? n : RETURNED_TEXT_MAX);
	bool yes = any_in(s, delay_words, COUNT(delay_words));

	mem_free(s);
	return yes;
}

/* Is it the one that the bounce was sent to, or a mail system's own? */
static bool
is_own(const struct head *h, const char *address)
{
	return strcasestr(head_value(h, "To"), address) ||
	       strcasestr(head_value(h, "Delivered-To"), address) ||
	       robot_daemon(address);
}

/* Does a returned mail begin with this line? Words about it stand alone, or
 * between dashes; in a sentence they are none. */
static bool
begins_returned(const char *line, size_t n)
{
	static const char *const fields[] = { "Return-Path:", "Received:",
					      "Message-Id:" };
	static const char *const words[] = {
		"original message",    "copy of your message",
		"copy of the message", "unsent message",
		"message headers",     "header of the"
	};
	const char *end = line + n, *at = line;
	bool rule = n && strchr("-=*_", *line);

	for (size_t i = 0; i < COUNT(fields); i++)
		if (strncasecmp(line, fields[i], strlen(fields[i])) == 0)
			return true;
	at += strspn(at, " \t-=*_");
	rule = rule || at - line > 4;
	for (size_t i = 0; i < COUNT(words); i++) {
		const char *found = strcasestr(at, words[i]);

		if (found && found < end && (rule || found == at))
			return true;
	}
	return false;
}

/* Where the returned mail begins, or n. Text ended by NUL. */
static size_t
words_end(const char *text, size_t n)
{
	for (size_t at = 0; at < n;) {
		const char *nl = memchr(text + at, '\n', n - at);
		size_t len = nl ? (size_t)(nl - text) - at : n - at;

		if (at > 20 && begins_returned(text + at, len))
			return at;
		at += len + 1;
	}
	return n;
}

static bool
has_code(const char *p, size_t n)
{
	char status[CODES_STATUS_MAX];

	return codes_smtp(p, n) || codes_status(p, n, CODES_BAD, status);
}

/* The words about an address: the first line near it with a server's code, else
 * the rest of its own line or the next one that says something. */
static void
reason_of(struct hint_recipient *r, const char *p, size_t n)
{
	char words[CODES_WORDS_MAX];

	for (int line = 0; line < REASON_LINES && n; line++) {
		const char *nl = memchr(p, '\n', n);
		size_t len = nl ? (size_t)(nl - p) : n, k;
		bool code = has_code(p, len);

		codes_words(p, len, words);
		k = strlen(words);
		if (code ||
		    (!r->reason[0] && k >= REASON_LEAST && words[k - 1] != ':'))
			memcpy(r->reason, words, k + 1);
		if (code)
			return;
		p += len + (nl != NULL);
		n -= len + (nl != NULL);
	}
}

/* near: from the address on, within the text. */
static void
add_failed(struct hint *t, const char *address, const char *near, size_t n,
	   const char *text, size_t text_n)
{
	struct hint_recipient *r = hint_recipient(t, address);
	int class;

	if (!r || r->status[0])
		return;
	if (!codes_status(near, n, CODES_BAD, r->status))
		(void)codes_status(text, text_n, CODES_BAD, r->status);
	class = r->status[0] ? r->status[0] - '0' : codes_smtp(near, n);
	if (!class)
		class = codes_smtp(text, text_n);
	r->permanent =
		class ? class == 5 : strcasestr(text, "temporar") == NULL;
	reason_of(r, near, n);
}

/* Addresses at the start of a line are the list of those who failed. */
static void
read_lines(struct hint *t, const struct head *h, const char *text, size_t n)
{
	char address[CODES_ADDRESS_MAX];
	size_t from, end;

	for (size_t at = 0; at < n;) {
		const char *nl = memchr(text + at, '\n', n - at);
		size_t len = nl ? (size_t)(nl - text) - at : n - at;
		size_t skip = strspn(text + at, " \t<\"'*-");

		if (skip < len &&
		    codes_address(text + at, len, address, &from, &end) &&
		    from <= skip && !is_own(h, address))
			add_failed(t, address, text + at, n - at, text, n);
		at += len + 1;
	}
}

/* The address behind a word of SMTP, or behind "To:" of the returned mail. */
static void
read_label(struct hint *t, const struct head *h, const char *text, size_t n,
	   const char *label)
{
	char address[CODES_ADDRESS_MAX];
	const char *at = text;
	size_t from, end, len;

	while (!t->count && (at = strcasestr(at, label)) != NULL) {
		at += strlen(label);
		len = strcspn(at, "\n");
		if (!codes_address(at, len, address, &from, &end) ||
		    from > LABEL_NEAR || is_own(h, address))
			continue;
		at += from;
		add_failed(t, address, at,
			   at < text + n ? n - (size_t)(at - text) : 0, text,
			   n);
	}
}

/* The first address in a sentence. */
static void
read_any(struct hint *t, const struct head *h, const char *text, size_t n)
{
	char address[CODES_ADDRESS_MAX];
	const char *at = text;
	size_t from, end;

	while (!t->count && at < text + n &&
	       codes_address(at, n - (size_t)(at - text), address, &from,
			     &end)) {
		at += from;
		if (!is_own(h, address))
			add_failed(t, address, at, n - (size_t)(at - text),
				   text, n);
		at += end - from;
	}
}

/* Whom a bounce in plain words names; else whom the returned mail was for. */
static void
read_words(struct hint *t, const struct head *h, const char *text, size_t n)
{
	size_t end = words_end(text, n);

	read_lines(t, h, text, end);
	read_label(t, h, text, end, "rcpt to:");
	read_any(t, h, text, end);
	if (!t->count && t->sent_to[0] && !is_own(h, t->sent_to))
		add_failed(t, t->sent_to, "", 0, text, end);
	read_label(t, h, text, end, "\nto:");
}

static void
read_field(struct hint *t, const char *failed, const char *text, size_t n)
{
	char address[CODES_ADDRESS_MAX], status[CODES_STATUS_MAX] = "";
	size_t from, end;
	const char *at;

	(void)codes_status(text, n, CODES_BAD, status);
	while (*failed) {
		size_t len = strcspn(failed, ",");
		struct hint_recipient *r =
			codes_address(failed, len, address, &from, &end)
				? hint_recipient(t, address)
				: NULL;

		if (r) {
			memcpy(r->status, status, sizeof(r->status));
			r->permanent = status[0] != '4';
			at = strcasestr(text, address);
			if (at && at < text + n)
				reason_of(r, at + strlen(address),
					  n - (size_t)(at - text) -
						  strlen(address));
		}
		failed += len + (failed[len] == ',');
	}
}

void
returned_text(struct hint *t, const struct head *h, const char *text, size_t n)
{
	const char *failed = head_value(h, "X-Failed-Recipients");
	char *s = mem_strndup(text,
			      n < RETURNED_TEXT_MAX ? n : RETURNED_TEXT_MAX);

	n = strlen(s);
	if (*failed)
		read_field(t, failed, s, n);
	else
		read_words(t, h, s, n);
	mem_free(s);
}

void
returned_ids(struct hint *t, const char *text, size_t n)
{
	char *s = mem_strndup(text, n < IDS_TEXT ? n : IDS_TEXT);
	const char *at = s;
	struct buf id;

	buf_init(&id, HEAD_ID_MAX * 2);
	for (int i = 0; i < ID_LABELS; i++) {
		size_t skip, in = 0;
		char *near;

		at = strcasestr(at, "message-id");
		if (!at)
			break;
		at += strlen("message-id");
		skip = strcspn(at, "<");
		if (!at[skip] || skip > ID_NEAR)
			continue;
		near = mem_strndup(at + skip, strnlen(at + skip, HEAD_ID_MAX));
		if (head_id(near, &in, &id) && in <= HEAD_ID_MAX)
			hint_id(t, buf_str(&id), id.len);
		mem_free(near);
	}
	buf_release(&id);
	mem_free(s);
}
