#include "daemon/kinds.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"

#define KIND_SETTINGS_MAX 12
#define KIND_SECRETS_MAX 4
#define COMPLAINT_MAX 400 /* octets of an error's text */

enum form {
	FORM_TEXT,    /* one line */
	FORM_ADDRESS, /* an e-mail address */
	FORM_PATH,    /* absolute, without ".." */
	FORM_LANGUAGE /* es or en */
};

struct setting {
	const char *name;
	enum form form;
	bool optional;
};

struct kind {
	const char *name;
	enum role role;
	struct setting settings[KIND_SETTINGS_MAX];
	const char *secrets[KIND_SECRETS_MAX];
};

static const struct kind kinds[] = {
	{ .name = "maildir",
	  .role = ROLE_MAIL,
	  .settings = { { "address", FORM_ADDRESS, false },
			{ "from_name", FORM_TEXT, false },
			{ "in", FORM_PATH, false },
			{ "out", FORM_PATH, false },
			{ "language", FORM_LANGUAGE, true } } },
	{ .name = "pipe",
	  .role = ROLE_MAIL,
	  .settings = { { "address", FORM_ADDRESS, false },
			{ "from_name", FORM_TEXT, false },
			{ "out", FORM_PATH, false },
			{ "language", FORM_LANGUAGE, true } } },
};

const struct kind *
kind_find(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

enum role
kind_role(const struct kind *k)
{
	return k->role;
}

static const struct setting *
setting_find(const struct kind *k, const char *name)
{
	for (size_t i = 0; i < KIND_SETTINGS_MAX && k->settings[i].name; i++)
		if (strcmp(k->settings[i].name, name) == 0)
			return &k->settings[i];
	return NULL;
}

static bool
one_line(const char *v)
{
	for (; *v != '\0'; v++)
		if ((unsigned char)*v < ' ' || *v == 0x7f)
			return false;
	return true;
}

static bool
is_address(const char *v)
{
	const char *at = strchr(v, '@');

	return at != NULL && at != v && at[1] != '\0' &&
	       strchr(at + 1, '@') == NULL && strpbrk(v, " \t<>,;\"") == NULL;
}

/* Absolute, and no component of it is "..". */
static bool
is_path(const char *v)
{
	if (v[0] != '/' || v[1] == '\0')
		return false;
	for (const char *p = v; (p = strstr(p, "/..")) != NULL; p += 3)
		if (p[3] == '\0' || p[3] == '/')
			return false;
	return true;
}

/* What is wrong with a value, or NULL. */
static const char *
setting_wrong(const struct setting *x, const json_t *v)
{
	const char *t = json_string_value(v);

	if (t == NULL)
		return "is not a text";
	if (t[0] == '\0')
		return "is empty";
	if (strlen(t) > KIND_SETTING_MAX)
		return "is too long";
	if (!one_line(t))
		return "is not one line";
	switch (x->form) {
	case FORM_ADDRESS:
		return is_address(t) ? NULL : "is not an e-mail address";
	case FORM_PATH:
		return is_path(t) ? NULL : "is not an absolute path";
	case FORM_LANGUAGE:
		if (strcmp(t, "es") == 0 || strcmp(t, "en") == 0)
			return NULL;
		return "is neither es nor en";
	case FORM_TEXT:
		break;
	}
	return NULL;
}

static void
complain(struct buf *b, const char *where, const char *name, const char *why)
{
	(void)buf_printf(b, "%s'%s%.60s' %s", b->len > 0 ? "; " : "", where,
			 name, why);
}

static enum outcome
complaints(struct buf *b, struct err *e)
{
	enum outcome o = OUT_OK;

	if (b->len > 0 || b->full)
		o = err_code(e, OUT_PERM, "bad_params", "%s", buf_str(b));
	buf_release(b);
	return o;
}

enum outcome
kind_settings(const struct kind *k, const json_t *settings, struct err *e)
{
	const char *name;
	json_t *v;
	struct buf b;

	if (!json_is_object(settings))
		return err_code(e, OUT_PERM, "bad_params",
				"'settings' is not an object");
	buf_init(&b, COMPLAINT_MAX);
	for (size_t i = 0; i < KIND_SETTINGS_MAX && k->settings[i].name; i++) {
		const struct setting *x = &k->settings[i];
		const json_t *given = json_object_get(settings, x->name);
		const char *why = NULL;

		if (given == NULL || json_is_null(given))
			why = x->optional ? NULL : "is missing";
		else
			why = setting_wrong(x, given);
		if (why != NULL)
			complain(&b, "settings.", x->name, why);
	}
	json_object_foreach((json_t *)settings, name, v)
	{
		if (setting_find(k, name) == NULL)
			complain(&b, "settings.", name, "is not known");
	}
	return complaints(&b, e);
}

static bool
secret_known(const struct kind *k, const char *name)
{
	for (size_t i = 0; i < KIND_SECRETS_MAX && k->secrets[i]; i++)
		if (strcmp(k->secrets[i], name) == 0)
			return true;
	return false;
}

enum outcome
kind_secrets(const struct kind *k, const json_t *secrets, struct err *e)
{
	const char *name;
	json_t *v;
	struct buf b;

	if (secrets == NULL)
		return OUT_OK;
	if (!json_is_object(secrets))
		return err_code(e, OUT_PERM, "bad_params",
				"'secrets' is not an object");
	buf_init(&b, COMPLAINT_MAX);
	json_object_foreach((json_t *)secrets, name, v)
	{
		const char *t = json_string_value(v);

		if (!secret_known(k, name))
			complain(&b, "secrets.", name, "is not known");
		else if (!json_is_null(v) &&
			 (t == NULL || t[0] == '\0' ||
			  strlen(t) > KIND_SECRET_MAX || !one_line(t)))
			complain(&b, "secrets.", name, "is not a secret");
	}
	return complaints(&b, e);
}
