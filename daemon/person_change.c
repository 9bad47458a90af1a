/* person_change: WhatsApp tells that the number or the id of a person is
 * another one now. */

#include <string.h>

#include "daemon/change.h"
#include "daemon/match_key.h"
#include "daemon/person_p.h"

/* Who was it before? The id of before, the id as told now, the number. */
static enum outcome
changed_owner(struct who *w, const struct wa_person *p, struct err *e)
{
	const char *previous = member_str(p->system, "previous_user_id");
	struct slot *sl = w->slots;
	enum outcome o = OUT_OK;

	if (previous != NULL)
		o = person_load(w, p->wa_id, previous, p->parent_user_id, e);
	if (o == OUT_OK && (previous == NULL || sl[WHO_ID].row.id == 0))
		o = person_load(w, p->wa_id, p->user_id, p->parent_user_id, e);
	if (o != OUT_OK)
		return o;
	if (sl[WHO_ID].row.id != 0)
		w->customer_id = sl[WHO_ID].row.customer_id;
	else if (sl[WHO_NUMBER].row.id != 0)
		w->customer_id = sl[WHO_NUMBER].row.customer_id;
	else if (sl[WHO_KEY].row.id != 0)
		w->customer_id = sl[WHO_KEY].row.customer_id;
	return OUT_OK;
}

/* What was theirs before is not any more. A new number brings new ids, in
 * every portfolio. */
static enum outcome
changed_retire(struct who *w, const struct wa_person *p, const char *new_wa,
	       const char *new_id, struct err *e)
{
	char before[MATCH_KEY_MAX];
	char after[MATCH_KEY_MAX];
	const char *old = person_told(p->wa_id);
	bool moved;
	enum outcome o = OUT_OK;

	match_key(old, before);
	match_key(new_wa, after);
	moved = *new_wa != '\0' && strcmp(old, new_wa) != 0 &&
		(*before == '\0' || strcmp(before, after) != 0);
	if (moved && *old != '\0')
		o = person_retire_number(w, w->customer_id, before, old, e);
	if (o == OUT_OK && (moved || *new_id != '\0'))
		o = person_retire_ids(w, w->customer_id, "bsuid",
				      moved ? NULL : w->scope, new_id, e);
	if (o == OUT_OK && moved)
		o = person_retire_ids(w, w->customer_id, "parent_bsuid", NULL,
				      "", e);
	return o;
}

/* Has somebody else an address of *w? */
static bool
is_of_another(const struct who *w)
{
	int i;

	for (i = 0; i < WHO_SLOTS; i++)
		if (w->slots[i].row.id != 0 &&
		    w->slots[i].row.customer_id != w->customer_id)
			return true;
	return false;
}

enum outcome
person_changed(struct who *w, const struct wa_person *p, struct err *e)
{
	const char *new_wa = person_told(member_str(p->system, "wa_id"));
	const char *new_id = person_told(member_str(p->system, "user_id"));
	enum outcome o = changed_owner(w, p, e);

	if (o == OUT_OK)
		o = person_load(w, new_wa, new_id, NULL, e);
	if (o != OUT_OK)
		return o;
	if (w->customer_id == 0)
		return person_owner(w, e);
	if (is_of_another(w)) {
		person_warn(w, PERSON_OF_ANOTHER);
		return person_load(w, p->wa_id, p->user_id, p->parent_user_id,
				   e);
	}
	o = changed_retire(w, p, new_wa, new_id, e);
	return o == OUT_OK ? person_load(w, new_wa, new_id, NULL, e) : o;
}

bool
person_is_change(const struct wa_person *p)
{
	static const char *const types[] = { "user_changed_number",
					     "customer_changed_number",
					     "user_changed_user_id" };
	const char *type = member_str(p->system, "type");
	size_t i;

	for (i = 0; type != NULL && i < sizeof types / sizeof types[0]; i++)
		if (strcmp(type, types[i]) == 0)
			return *person_told(member_str(p->system, "wa_id")) !=
				       '\0' ||
			       *person_told(member_str(p->system, "user_id")) !=
				       '\0';
	return false;
}
