/*
 * read_person: which of a change's contacts wrote a message. Never by place:
 * Meta does not promise that they stand in the same order.
 */

#include <stdio.h>
#include <string.h>

#include "gateways/whatsapp/read.h"
#include "gateways/whatsapp/read_inner.h"
#include "gateways/whatsapp/read_take.h"

#define KEY_MAX (WA_ID_MAX + 16)

static const struct take contact_members[] = {
	{ "wa_id", TAKE_ID, NULL },
	{ "identity_key_hash", TAKE_WORD, NULL },
	{ NULL, TAKE_ID, NULL },
};

/* Only where the message itself does not say. */
static const struct take user_members[] = {
	{ "user_id", TAKE_ID, NULL },
	{ NULL, TAKE_ID, NULL },
};
static const struct take parent_members[] = {
	{ "parent_user_id", TAKE_ID, NULL },
	{ NULL, TAKE_ID, NULL },
};

static const struct take profile_members[] = {
	{ "name", TAKE_NAME, "profile_name" },
	{ "username", TAKE_NAME, NULL },
	{ NULL, TAKE_ID, NULL },
};

static bool
same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Note a contact under one of its ids; the first one of an id counts. */
static void
note(json_t *people, json_t *contact, const char *member)
{
	const char *id = take_id(contact, member);
	char key[KEY_MAX];

	if (id == NULL)
		return;
	(void)snprintf(key, sizeof key, "%s %s", member, id);
	if (json_object_get(people, key) == NULL)
		(void)json_object_set(people, key, contact);
}

static const json_t *
find(const struct reading *r, const char *member, const char *id)
{
	char key[KEY_MAX];

	if (id == NULL)
		return NULL;
	(void)snprintf(key, sizeof key, "%s %s", member, id);
	return json_object_get(r->people, key);
}

/* Are all messages of the change from one sender? */
static bool
one_sender(const struct reading *r)
{
	const json_t *list = take_array(r->value, "messages");
	const json_t *first = json_array_get(list, 0);
	const char *from = take_id(first, "from");
	const char *user = take_id(first, "from_user_id");
	const json_t *m;
	size_t i;

	json_array_foreach(list, i, m)
	{
		const char *f = take_id(m, "from");
		const char *u = take_id(m, "from_user_id");

		if ((f != NULL || from != NULL) && !same(f, from))
			return false;
		if ((u != NULL || user != NULL) && !same(u, user))
			return false;
	}
	return true;
}

void
read_people(struct reading *r)
{
	const json_t *contacts = take_array(r->value, "contacts");
	json_t *c;
	size_t i;

	(void)json_object_clear(r->people);
	r->lone = NULL;
	json_array_foreach(contacts, i, c)
	{
		note(r->people, c, "user_id");
		note(r->people, c, "wa_id");
	}
	if (json_array_size(contacts) == 1 && one_sender(r))
		r->lone = json_array_get(contacts, 0);
}

/* A lone contact is the lone sender's, unless its user id is another's. */
static const json_t *
lone(const struct reading *r, const char *user)
{
	const char *other = take_id(r->lone, "user_id");

	return user == NULL || other == NULL || same(user, other) ? r->lone
								  : NULL;
}

void
read_person(const struct reading *r, const json_t *o, json_t *message)
{
	const char *user = take_id(o, "from_user_id");
	const json_t *c = find(r, "user_id", user);

	if (c == NULL)
		c = find(r, "wa_id", take_id(o, "from"));
	if (c == NULL)
		c = lone(r, user);
	if (c == NULL)
		return;
	take_all(message, c, contact_members);
	if (user == NULL)
		take_all(message, c, user_members);
	if (json_object_get(message, "parent_user_id") == NULL)
		take_all(message, c, parent_members);
	take_all(message, take_object(c, "profile"), profile_members);
}
