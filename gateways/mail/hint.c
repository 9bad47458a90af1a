#include "gateways/mail/hint.h"

#include <string.h>
#include <strings.h>

#include "daemon/base/utf8.h"
#include "gateways/mail/absence.h"
#include "gateways/mail/challenge.h"
#include "gateways/mail/returned.h"
#include "gateways/mail/robot.h"

void
hint_robot(struct hint *t, const char *code)
{
	t->robot = true;
	t->may_respond = false;
	if (!t->why)
		t->why = code;
}

struct hint_recipient *
hint_recipient(struct hint *t, const char *address)
{
	struct hint_recipient *r;

	for (size_t i = 0; i < t->count; i++)
		if (strcasecmp(t->list[i].address, address) == 0)
			return &t->list[i];
	if (t->count == HINT_RECIPIENTS_MAX)
		return NULL;
	r = &t->list[t->count++];
	memset(r, 0, sizeof(*r));
	memcpy(r->address, address, strlen(address) + 1);
	return r;
}

void
hint_id(struct hint *t, const char *id, size_t n)
{
	if (t->id_count == HINT_IDS_MAX || n > HEAD_ID_MAX || n < 3 ||
	    !utf8_valid(id, n))
		return;
	for (size_t i = 0; i < t->id_count; i++)
		if (strlen(t->ids[i]) == n && memcmp(t->ids[i], id, n) == 0)
			return;
	memcpy(t->ids[t->id_count], id, n);
	t->ids[t->id_count++][n] = '\0';
}

/* Two desks must not talk to each other for ever: whose mark it is, the
 * daemon knows. */
static void
read_loop(struct hint *t, const struct head *h)
{
	const struct field *f = head_first(h, "X-Postigo-Loop");

	if (f && f->value_len < HINT_LOOP_MAX &&
	    utf8_valid(f->value, f->value_len))
		memcpy(t->loop, f->value, f->value_len + 1);
}

/* Is it a bounce by its header? Mail systems call theirs an automatic reply
 * too. */
static bool
is_bounce(const struct head *h, const char *from, const char *subject)
{
	return head_first(h, "X-Failed-Recipients") ||
	       (robot_daemon(from) && returned_subject(subject) &&
		!absence_subject(subject));
}

/* Is it one by what it says? Others use the null path as well: absence notes,
 * shops that tell of a parcel's delivery. */
static bool
says_bounce(const struct hint *t, const char *text, size_t n)
{
	char status[CODES_STATUS_MAX];

	if (!t->nobody || t->auto_reply || t->receipt || t->complaint)
		return false;
	if (returned_words(text, n) || returned_delayed(text, n))
		return true;
	if (n > RETURNED_TEXT_MAX)
		n = RETURNED_TEXT_MAX;
	return t->titled && (t->id_count || codes_smtp(text, n) ||
			     codes_status(text, n, CODES_BAD, status));
}

void
hint_head(struct hint *t, const struct head *h, const char *from,
	  const char *subject, const char *kind, const char *report)
{
	bool parts = strcmp(kind, "multipart/report") == 0;

	if (parts)
		hint_robot(t, "report");
	robot_head(t, h, from, subject);
	t->bounce = (parts && strcasecmp(report, "delivery-status") == 0) ||
		    is_bounce(h, from, subject);
	if (t->bounce && t->why && strcmp(t->why, "challenge") == 0)
		t->bounce = false;
	if (t->bounce)
		t->why = "report";
	if (strncasecmp(subject, "complaint about message", 23) == 0)
		hint_robot(t, "report");
	t->nobody = robot_daemon(from) || robot_null_path(h);
	t->titled = returned_subject(subject);
	t->delayed = t->nobody && returned_late(subject);
	read_loop(t, h);
	t->may_respond = !t->robot && robot_may_answer(h, from);
}

/* Nothing failed: a program wants to know whether a person wrote. */
static void
take_challenge(struct hint *t)
{
	t->bounce = false;
	t->why = "challenge";
	t->count = 0;
}

/* Nobody has failed yet, whatever the words sounded like. */
static void
take_delay(struct hint *t)
{
	t->delayed = true;
	for (size_t i = 0; i < t->count; i++)
		t->list[i].permanent = t->list[i].status[0] == '5';
}

/* Does a server say with a code that it will never take it? */
static bool
is_final(const struct hint *t, const char *text, size_t n)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->list[i].status[0] == '5')
			return true;
	return codes_smtp(text,
			  n < RETURNED_TEXT_MAX ? n : RETURNED_TEXT_MAX) == 5;
}

const char *
hint_kind(const struct hint *t)
{
	if (t->complaint)
		return "complaint";
	if (!t->bounce)
		return t->receipt ? "delivered" : NULL;
	if (t->report ? t->failed : !t->delayed)
		return "failed";
	return t->delayed ? "delayed" : "delivered";
}

void
hint_end(struct hint *t, const struct head *h, const char *text, size_t n)
{
	if (t->complaint) {
		hint_robot(t, "report");
		t->bounce = false;
	} else if (t->report && t->count && (t->delayed || !t->auto_reply)) {
		t->bounce = true;
		hint_robot(t, "report");
	}
	if (!t->bounce && says_bounce(t, text, n))
		t->bounce = true;
	if (t->bounce && !t->report) {
		returned_text(t, h, text, n);
		if (t->delayed || returned_delayed(text, n))
			take_delay(t);
	}
	if ((t->bounce || t->nobody) && !is_final(t, text, n) &&
	    challenge_text(text, n))
		take_challenge(t);
	if (t->bounce)
		t->why = "report";
	if (hint_kind(t) && !t->id_count)
		returned_ids(t, text, n);
}
