#include "daemon/buyer.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/ascii.h"
#include "daemon/base/phone.h"
#include "daemon/customer.h"
#include "daemon/person.h"
#include "daemon/shared.h"
#include "daemon/store/shopper.h"
#include "daemon/store/suggestion.h"
#include "daemon/store/wa_identity.h"

#define EMAIL_MAX 255 /* octets, with NUL; longer ones prove nothing */
#define SCOPE_MAX 24

/* Somebody who has an address of the buyer. */
struct holder {
	int64_t customer_id; /* 0: nobody */
	bool proved;
};

struct who_buys {
	struct store *s;
	const struct buyer *b;
	int64_t connection_id;
	char scope[SCOPE_MAX]; /* of its accounts */
	const char *account;   /* "": a guest, or an id that is too long */
	char email[EMAIL_MAX]; /* "": none, or shared */
	char phone[PHONE_MAX];
	struct holder by_email;
	struct holder by_phone;
	int64_t now_ms;
	struct buyer_is *out;
};

static const char *
text(const char *t)
{
	return t != NULL ? t : "";
}

/* --- what is known of the buyer ------------------------------------------------ */

static void
fold(const char *email, char out[EMAIL_MAX])
{
	if (snprintf(out, EMAIL_MAX, "%s", email) >= EMAIL_MAX)
		out[0] = '\0';
	ascii_fold(out);
}

static enum outcome
read_email(struct who_buys *w, struct err *e)
{
	bool shared = true;
	enum outcome o = OUT_OK;

	fold(text(w->b->email), w->email);
	if (*w->email != '\0')
		o = shared_is(w->s, SHOPPER_EMAIL, w->email, &shared, e);
	if (shared)
		w->email[0] = '\0';
	if (o == OUT_OK && !shared)
		o = shopper_email(w->s, w->email, &w->by_email.customer_id,
				  &w->by_email.proved, e);
	return o;
}

/* WhatsApp vouches for a number that writes. */
static enum outcome
read_phone(struct who_buys *w, struct err *e)
{
	const char *phone = text(w->b->phone);
	struct wa_row row = { .id = 0 };
	bool shared = true;
	enum outcome o = OUT_OK;

	if (*phone == '+' && strlen(phone) < PHONE_MAX)
		o = shared_is(w->s, SHOPPER_PHONE, phone, &shared, e);
	if (o != OUT_OK || shared)
		return o;
	(void)snprintf(w->phone, sizeof w->phone, "%s", phone);
	o = wa_person_number(w->s, phone + 1, &row, e);
	w->by_phone.customer_id = row.customer_id;
	w->by_phone.proved = row.customer_id != 0;
	return o;
}

/* --- somebody who was there ------------------------------------------------------ */

static enum outcome
found(struct who_buys *w, int64_t customer_id, const char *basis, struct err *e)
{
	struct wa_row row;

	w->out->customer_id = customer_id;
	w->out->basis = basis;
	if (*w->account == '\0' || strcmp(basis, "account") == 0)
		return OUT_OK;
	return wa_row_add(w->s, customer_id, "shop_customer", w->scope,
			  w->account, w->now_ms, &row, e);
}

static enum outcome
by_account(struct who_buys *w, struct err *e)
{
	struct wa_row row;
	enum outcome o = wa_row_find(w->s, "shop_customer", w->scope,
				     w->account, &row, e);

	if (o == OUT_OK && row.id != 0)
		o = found(w, row.customer_id, "account", e);
	return o;
}

/* An account is somebody's who has none there yet. */
static enum outcome
by_holder(struct who_buys *w, const struct holder *h, const char *basis,
	  struct err *e)
{
	bool another = false;
	enum outcome o = OUT_OK;

	if (h->customer_id == 0 || !h->proved || w->out->customer_id != 0)
		return OUT_OK;
	if (*w->account != '\0')
		o = shopper_has_account(w->s, h->customer_id, w->connection_id,
					&another, e);
	if (o == OUT_OK && !another)
		o = found(w, h->customer_id, basis, e);
	return o;
}

/* A guest who bought there before. */
static enum outcome
by_guest(struct who_buys *w, struct err *e)
{
	bool mail = *w->email != '\0';
	int64_t customer = 0;
	enum outcome o;

	if (*w->account != '\0' || (!mail && *w->phone == '\0'))
		return OUT_OK;
	o = shopper_guest(w->s, w->connection_id,
			  mail ? SHOPPER_EMAIL : SHOPPER_PHONE,
			  mail ? w->email : w->phone, &customer, e);
	if (o == OUT_OK && customer != 0)
		o = found(w, customer, mail ? "email" : "phone", e);
	return o;
}

/* --- somebody new ------------------------------------------------------------------ */

static enum outcome
make(struct who_buys *w, struct err *e)
{
	const char *basis = "account";
	struct wa_row row;
	enum outcome o;

	if (*w->account == '\0')
		basis = *w->email != '\0' ? "email" : "phone";
	if (*w->account == '\0' && *w->email == '\0' && *w->phone == '\0')
		return OUT_OK;
	o = wa_customer_add(w->s, w->b->name, w->now_ms, &w->out->customer_id,
			    e);
	w->out->made = true;
	w->out->basis = basis;
	if (o == OUT_OK && *w->account != '\0')
		o = wa_row_add(w->s, w->out->customer_id, "shop_customer",
			       w->scope, w->account, w->now_ms, &row, e);
	return o;
}

static enum outcome
suggest(struct who_buys *w, const struct holder *h, const char *proved,
	const char *claimed, struct err *e)
{
	if (h->customer_id == 0 || w->out->customer_id == 0)
		return OUT_OK;
	return suggestion_add(w->s, w->out->customer_id, h->customer_id,
			      h->proved ? proved : claimed, w->now_ms, e);
}

static enum outcome
who(struct who_buys *w, struct err *e)
{
	enum outcome o = read_email(w, e);

	if (o == OUT_OK)
		o = read_phone(w, e);
	if (o == OUT_OK)
		o = by_holder(w, &w->by_email, "email", e);
	if (o == OUT_OK)
		o = by_holder(w, &w->by_phone, "phone", e);
	if (o == OUT_OK && w->out->customer_id == 0)
		o = by_guest(w, e);
	if (o == OUT_OK && w->out->customer_id == 0)
		o = make(w, e);
	if (o == OUT_OK)
		o = suggest(w, &w->by_email, "email", "email_unverified", e);
	return o == OUT_OK ? suggest(w, &w->by_phone, "phone",
				     "phone_unverified", e)
			   : o;
}

enum outcome
buyer_take(struct store *s, int64_t connection_id, const struct buyer *b,
	   int64_t now_ms, struct buyer_is *out, struct err *e)
{
	struct who_buys w = { .s = s,
			      .b = b,
			      .connection_id = connection_id,
			      .account = text(b->external_id),
			      .now_ms = now_ms,
			      .out = out };
	enum outcome o = OUT_OK;

	memset(out, 0, sizeof *out);
	out->basis = "";
	(void)snprintf(w.scope, sizeof w.scope, "%lld",
		       (long long)connection_id);
	if (strlen(w.account) >= WA_VALUE_MAX)
		w.account = "";
	if (*w.account != '\0')
		o = by_account(&w, e);
	return o == OUT_OK && out->customer_id == 0 ? who(&w, e) : o;
}

/* --- somebody writes ---------------------------------------------------------------- */

/* May a buyer be made a part of who wrote, without asking? */
static enum outcome
may_join(struct store *s, int64_t customer_id, int64_t buyer_id, bool *out,
	 struct err *e)
{
	bool bare = false;
	bool rivals = true;
	bool refused = true;
	enum outcome o = shopper_is_bare(s, buyer_id, &bare, e);

	if (o == OUT_OK)
		o = shopper_rivals(s, customer_id, buyer_id, &rivals, e);
	if (o == OUT_OK)
		o = suggestion_refused(s, customer_id, buyer_id, &refused, e);
	*out = bare && !rivals && !refused;
	return o;
}

static enum outcome
meet(struct store *s, int64_t customer_id, int64_t buyer_id, const char *basis,
     bool verified, int64_t now_ms, struct err *e)
{
	struct customer_by by = { .role = "desk", .now_ms = now_ms };
	int64_t merge = 0;
	bool join = false;
	enum outcome o = OUT_OK;

	if (verified)
		o = may_join(s, customer_id, buyer_id, &join, e);
	if (o != OUT_OK)
		return o;
	return join ? customer_merge(s, customer_id, buyer_id, &by, &merge, e)
		    : suggestion_add(s, customer_id, buyer_id, basis, now_ms,
				     e);
}

/* As orders have it; "": not as any. */
static void
key_of(enum shopper_by by, const char *value, char out[EMAIL_MAX])
{
	char plus[PHONE_MAX + 1];
	char phone[PHONE_MAX];

	if (by == SHOPPER_EMAIL) {
		fold(value, out);
		return;
	}
	out[0] = '\0';
	if (strlen(value) >= PHONE_MAX)
		return;
	(void)snprintf(plus, sizeof plus, "+%s", value);
	if (phone_e164(plus, NULL, phone))
		memcpy(out, phone, sizeof phone);
}

enum outcome
buyer_heard(struct store *s, int64_t customer_id, const char *kind,
	    const char *value, bool verified, int64_t now_ms, struct err *e)
{
	bool mail = strcmp(kind, "email") == 0;
	enum shopper_by by = mail ? SHOPPER_EMAIL : SHOPPER_PHONE;
	const char *basis = mail ? "email" : "phone";
	char key[EMAIL_MAX];
	int64_t ids[SHOPPER_WHO_MAX];
	bool shared = true;
	int n = 0;
	int i;
	enum outcome o = OUT_OK;

	key_of(by, value, key);
	if (*key != '\0')
		o = shopper_who(s, by, key, customer_id, ids, &n, e);
	/* most who write never bought */
	if (o == OUT_OK && n > 0)
		o = shared_is(s, by, key, &shared, e);
	if (!verified)
		basis = mail ? "email_unverified" : "phone_unverified";
	for (i = 0; o == OUT_OK && !shared && i < n; i++)
		o = meet(s, customer_id, ids[i], basis, verified, now_ms, e);
	return o;
}
