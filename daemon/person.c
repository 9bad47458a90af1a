#include "daemon/person.h"

#include <string.h>

#include "daemon/change.h"
#include "daemon/match_key.h"
#include "daemon/person_p.h"

/* --- what was told ----------------------------------------------------------- */

const char *
wa_person_scope(const json_t *settings)
{
	const char *scope = member_str(settings, "portfolio");

	if (scope == NULL || *scope == '\0')
		scope = member_str(settings, "waba_id");
	return scope != NULL ? scope : "";
}

/* Who hides the number may share it, when a button asks for it: WhatsApp says
 * that it is their own. */
static void
read_shared(const json_t *card, char out[MATCH_KEY_MAX])
{
	const char *origin = member_str(card, "contacts_origin");
	const json_t *contacts = json_object_get(card, "contacts");
	const json_t *phones =
		json_object_get(json_array_get(contacts, 0), "phones");
	const json_t *phone = json_array_get(phones, 0);
	const char *wa_id = member_str(phone, "wa_id");

	out[0] = '\0';
	if (origin == NULL || strcmp(origin, "contact_request") != 0)
		return;
	(void)match_key_digits(
		wa_id != NULL ? wa_id : member_str(phone, "phone"), out);
}

void
wa_person_read(const json_t *card, const json_t *settings, struct wa_person *p)
{
	const char *from = member_str(card, "from");
	const json_t *system = json_object_get(card, "system");

	memset(p, 0, sizeof *p);
	p->scope = wa_person_scope(settings);
	p->wa_id = member_str(card, "wa_id");
	if (p->wa_id == NULL || *p->wa_id == '\0')
		p->wa_id = from;
	p->user_id = member_str(card, "user_id");
	p->parent_user_id = member_str(card, "parent_user_id");
	p->username = member_str(card, "username");
	p->name = member_str(card, "profile_name");
	p->system = json_is_object(system) ? system : NULL;
	read_shared(card, p->shared);
}

const char *
person_told(const char *value)
{
	return value != NULL && strlen(value) < WA_VALUE_MAX ? value : "";
}

void
person_warn(struct who *w, const char *code)
{
	const json_t *j;
	size_t i;

	json_array_foreach(w->warnings, i, j)
	{
		if (strcmp(json_string_value(j), code) == 0)
			return;
	}
	(void)json_array_append_new(w->warnings, json_string(code));
}

/* --- who has which address ---------------------------------------------------- */

enum outcome
person_load(struct who *w, const char *wa_id, const char *user_id,
	    const char *parent, struct err *e)
{
	enum outcome o = OUT_OK;
	int i;

	match_key(person_told(wa_id), w->key);
	w->slots[WHO_NUMBER] = (struct slot){ .kind = "whatsapp",
					      .scope = "",
					      .value = person_told(wa_id) };
	w->slots[WHO_KEY] = (struct slot){ .kind = "phone_match",
					   .scope = "",
					   .value = w->key };
	w->slots[WHO_ID] = (struct slot){ .kind = "bsuid",
					  .scope = w->scope,
					  .value = person_told(user_id) };
	w->slots[WHO_PARENT] = (struct slot){ .kind = "parent_bsuid",
					      .scope = w->scope,
					      .value = person_told(parent) };
	for (i = 0; o == OUT_OK && i < WHO_SLOTS; i++)
		o = wa_row_find(w->s, w->slots[i].kind, w->slots[i].scope,
				w->slots[i].value, &w->slots[i].row, e);
	return o;
}

enum outcome
person_retire_ids(struct who *w, int64_t customer_id, const char *kind,
		  const char *scope, const char *except, struct err *e)
{
	struct wa_row rows[WA_ROWS_MAX];
	int n = 0;
	int i;
	enum outcome o =
		wa_row_list(w->s, customer_id, kind, scope, rows, &n, e);

	for (i = 0; o == OUT_OK && i < n; i++)
		if (strcmp(rows[i].value, except) != 0)
			o = wa_row_retire(w->s, rows[i].id, e);
	return o;
}

enum outcome
person_retire_number(struct who *w, int64_t customer_id, const char *key,
		     const char *wa_id, struct err *e)
{
	struct wa_row rows[WA_ROWS_MAX];
	char other[MATCH_KEY_MAX];
	int n = 0;
	int i;
	enum outcome o =
		wa_row_list(w->s, customer_id, "whatsapp", "", rows, &n, e);

	for (i = 0; o == OUT_OK && i < n; i++) {
		match_key(rows[i].value, other);
		if (strcmp(rows[i].value, wa_id) == 0 ||
		    (*key != '\0' && strcmp(other, key) == 0))
			o = wa_row_retire(w->s, rows[i].id, e);
	}
	if (o == OUT_OK)
		o = wa_row_list(w->s, customer_id, "phone_match", "", rows, &n,
				e);
	for (i = 0; o == OUT_OK && i < n; i++)
		if (strcmp(rows[i].value, key) == 0)
			o = wa_row_retire(w->s, rows[i].id, e);
	return o;
}

/* Has the customer an id in this portfolio? */
static enum outcome
has_id(struct who *w, int64_t customer_id, bool *out, struct err *e)
{
	struct wa_row rows[WA_ROWS_MAX];
	int n = 0;
	enum outcome o =
		wa_row_list(w->s, customer_id, "bsuid", w->scope, rows, &n, e);

	*out = n > 0;
	return o;
}

/* --- who is it? ------------------------------------------------------------- */

/* The number says who it is, unless their id is another one. */
static enum outcome
owner_by_number(struct who *w, struct err *e)
{
	char written[MATCH_KEY_MAX];
	struct wa_row row = w->slots[WHO_NUMBER].row;
	bool same = true; /* the number itself is known */
	bool other = false;
	enum outcome o = OUT_OK;

	if (row.id == 0)
		row = w->slots[WHO_KEY].row;
	if (row.id == 0) {
		same = false;
		match_key_written(w->slots[WHO_NUMBER].value, written);
		o = wa_row_find(w->s, "phone_match", "", written, &row, e);
	}
	if (o == OUT_OK && row.id != 0 && *w->slots[WHO_ID].value != '\0')
		o = has_id(w, row.customer_id, &other, e);
	if (o != OUT_OK || row.id == 0)
		return o;
	if (!other) {
		w->customer_id = row.customer_id;
		return OUT_OK;
	}
	if (!same)
		return OUT_OK;
	person_warn(w, PERSON_NEW_SAME_NUMBER);
	o = person_retire_number(w, row.customer_id, w->key,
				 w->slots[WHO_NUMBER].value, e);
	w->slots[WHO_NUMBER].row.id = 0;
	w->slots[WHO_KEY].row.id = 0;
	return o;
}

enum outcome
person_owner(struct who *w, struct err *e)
{
	if (w->slots[WHO_ID].row.id != 0)
		w->customer_id = w->slots[WHO_ID].row.customer_id;
	else if (w->slots[WHO_PARENT].row.id != 0)
		w->customer_id = w->slots[WHO_PARENT].row.customer_id;
	else
		return owner_by_number(w, e);
	return OUT_OK;
}

/* Nobody known: a new customer. One who has the number on the phone channel
 * may be somebody else of the same house. */
static enum outcome
owner_make(struct who *w, const char *name, struct err *e)
{
	bool phone = false;
	enum outcome o =
		wa_customer_add(w->s, name, w->now_ms, &w->customer_id, e);

	w->made = true;
	if (o == OUT_OK && *w->slots[WHO_NUMBER].value != '\0')
		o = wa_phone_known(w->s, w->slots[WHO_NUMBER].value, &phone, e);
	if (phone)
		person_warn(w, PERSON_PHONE_KNOWN);
	return o;
}

/* Has somebody else the number, in whatever form? */
static bool
number_of_another(const struct who *w)
{
	const struct wa_row *row = &w->slots[WHO_NUMBER].row;

	if (row->id == 0)
		row = &w->slots[WHO_KEY].row;
	return row->id != 0 && row->customer_id != w->customer_id;
}

static enum outcome
slot_keep(struct who *w, struct slot *sl, struct err *e)
{
	if (*sl->value == '\0')
		return OUT_OK;
	if (sl->row.id != 0) {
		if (sl->row.customer_id != w->customer_id)
			person_warn(w, PERSON_OF_ANOTHER);
		return OUT_OK;
	}
	w->linked = w->linked || !w->made;
	return wa_row_add(w->s, w->customer_id, sl->kind, sl->scope, sl->value,
			  w->now_ms, &sl->row, e);
}

/* The customer has the addresses that were told, but for those that somebody
 * else has. */
static enum outcome
slots_keep(struct who *w, struct err *e)
{
	enum outcome o = OUT_OK;

	if (number_of_another(w)) {
		person_warn(w, PERSON_OF_ANOTHER);
	} else {
		o = slot_keep(w, &w->slots[WHO_NUMBER], e);
		if (o == OUT_OK && w->slots[WHO_KEY].row.id == 0)
			o = slot_keep(w, &w->slots[WHO_KEY], e);
	}
	if (o == OUT_OK)
		o = slot_keep(w, &w->slots[WHO_ID], e);
	return o == OUT_OK ? slot_keep(w, &w->slots[WHO_PARENT], e) : o;
}

/* --- to the caller ---------------------------------------------------------------- */

static void
from_of(const struct who *w, struct wa_identity *out)
{
	static const enum slot_of order[] = { WHO_NUMBER, WHO_ID, WHO_PARENT };
	size_t i;

	out->from.customer_id = w->customer_id;
	out->from.made = w->made;
	out->linked = w->linked;
	for (i = 0; i < sizeof order / sizeof order[0]; i++) {
		const struct wa_row *row = &w->slots[order[i]].row;

		if (row->id != 0 && row->customer_id == w->customer_id) {
			out->from.id = row->id;
			return;
		}
	}
}

static bool
keys_changed(const struct wa_person *p)
{
	const char *type = member_str(p->system, "type");

	return type != NULL && strcmp(type, "customer_identity_changed") == 0;
}

/* The number that was told, else the one that was shared. */
static const char *
number_of(const struct wa_person *p)
{
	if (p->wa_id != NULL && *p->wa_id != '\0')
		return p->wa_id;
	return p->shared;
}

static const char *
username_of(const struct wa_person *p)
{
	const char *name = p->username;

	return name != NULL && *name == '@' ? name + 1 : name;
}

enum outcome
wa_person_take(struct store *s, const struct wa_person *p, int64_t now_ms,
	       struct wa_identity *out, json_t *warnings, struct err *e)
{
	struct who w = { .s = s,
			 .scope = p->scope,
			 .now_ms = now_ms,
			 .warnings = warnings };
	enum outcome o;

	memset(out, 0, sizeof *out);
	if (person_is_change(p)) {
		o = person_changed(&w, p, e);
	} else {
		o = person_load(&w, number_of(p), p->user_id, p->parent_user_id,
				e);
		if (o == OUT_OK)
			o = person_owner(&w, e);
	}
	if (keys_changed(p))
		person_warn(&w, PERSON_KEYS_CHANGED);
	if (o == OUT_OK && w.customer_id == 0)
		o = owner_make(&w, p->name, e);
	else if (o == OUT_OK)
		o = wa_customer_name(s, w.customer_id, p->name, e);
	if (o == OUT_OK)
		o = slots_keep(&w, e);
	from_of(&w, out);
	if (o == OUT_OK && out->from.id != 0 && !p->to)
		o = wa_row_heard(s, out->from.id, username_of(p), now_ms, e);
	return o;
}

enum outcome
wa_person_reach(struct store *s, int64_t customer_id, const char *scope,
		struct wa_reach *out, struct err *e)
{
	struct wa_row rows[WA_ROWS_MAX];
	int n = 0;
	enum outcome o =
		wa_row_list(s, customer_id, "whatsapp", "", rows, &n, e);

	memset(out, 0, sizeof *out);
	if (o == OUT_OK && n > 0) {
		out->identity_id = rows[0].id;
		memcpy(out->wa_id, rows[0].value, sizeof out->wa_id);
	}
	if (o == OUT_OK)
		o = wa_row_list(s, customer_id, "bsuid", scope, rows, &n, e);
	if (o == OUT_OK && n > 0) {
		if (out->identity_id == 0)
			out->identity_id = rows[0].id;
		memcpy(out->user_id, rows[0].value, sizeof out->user_id);
	}
	return o;
}

enum outcome
wa_person_learn(struct store *s, int64_t customer_id, const char *scope,
		const char *wa_id, const char *user_id, int64_t now_ms,
		struct err *e)
{
	struct who w = { .s = s,
			 .scope = scope,
			 .now_ms = now_ms,
			 .warnings = json_array(),
			 .customer_id = customer_id };
	bool other = false;
	enum outcome o = person_load(&w, wa_id, user_id, NULL, e);

	/* the number is somebody's who has another id: nobody we know */
	if (o == OUT_OK && *w.slots[WHO_ID].value != '\0' &&
	    w.slots[WHO_ID].row.id == 0)
		o = has_id(&w, customer_id, &other, e);
	if (o == OUT_OK && !other)
		o = slots_keep(&w, e);
	json_decref(w.warnings);
	return o;
}

enum outcome
wa_person_number(struct store *s, const char *wa_id, struct wa_row *out,
		 struct err *e)
{
	struct wa_row rows[WA_ROWS_MAX];
	char key[MATCH_KEY_MAX];
	int n = 0;
	enum outcome o = wa_row_find(s, "whatsapp", "", wa_id, out, e);

	if (o != OUT_OK || out->id != 0)
		return o;
	match_key(wa_id, key);
	o = wa_row_find(s, "phone_match", "", key, out, e);
	if (o == OUT_OK && out->id != 0)
		o = wa_row_list(s, out->customer_id, "whatsapp", "", rows, &n,
				e);
	if (n > 0)
		*out = rows[0];
	return o;
}

enum outcome
wa_person_add_number(struct store *s, int64_t customer_id, const char *wa_id,
		     int64_t now_ms, struct wa_row *out, struct err *e)
{
	struct wa_row key_row;
	char key[MATCH_KEY_MAX];
	enum outcome o = wa_row_add(s, customer_id, "whatsapp", "", wa_id,
				    now_ms, out, e);

	match_key(wa_id, key);
	return o == OUT_OK ? wa_row_add(s, customer_id, "phone_match", "", key,
					now_ms, &key_row, e)
			   : o;
}

enum outcome
wa_person_find(struct store *s, const char *scope, const char *wa_id,
	       const char *user_id, struct wa_row *out, struct err *e)
{
	enum outcome o =
		wa_row_find(s, "bsuid", scope, person_told(user_id), out, e);

	if (o != OUT_OK || out->id != 0)
		return o;
	return wa_person_number(s, person_told(wa_id), out, e);
}
