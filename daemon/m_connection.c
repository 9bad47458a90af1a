/*
 * m_connection: mailboxes and their like. Secrets are sealed here under the
 * desk's key, and opened for the role that owns the connection alone.
 */

#include "daemon/m_connection.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/desk.h"
#include "daemon/kinds.h"
#include "daemon/param.h"
#include "daemon/seal.h"
#include "daemon/store/connection.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "daemon/store/job.h"
#include "daemon/store/mailbox.h"
#include "daemon/store/row.h"
#include "daemon/template.h"
#include "daemon/trail.h"
#include "rules/book.h"

#define PATH_OCTETS 16 /* of a shop's path; see kinds.c */

/* Named by the generated table of handlers. */
method_fn m_connection_add;
method_fn m_connection_list;
method_fn m_connection_mine;
method_fn m_connection_remove;
method_fn m_connection_report;
method_fn m_connection_test;
method_fn m_connection_update;

/* A list being made of connections. */
struct listing {
	struct desk *d;
	json_t *list;
};

/* The secrets of a row, name to value; an empty object if there are none. */
static enum outcome
secrets_open(const struct desk *d, const struct connection_row *c, json_t **out,
	     struct err *e)
{
	char *plain = NULL;
	enum outcome o;

	if (c->secrets == NULL) {
		*out = json_object();
		return OUT_OK;
	}
	o = unseal(d->key, c->secrets, c->secrets_bytes, &plain, e);
	if (o != OUT_OK)
		return o;
	*out = json_loads(plain, 0, NULL);
	sodium_memzero(plain, strlen(plain));
	mem_free(plain);
	if (*out == NULL)
		return err_set(e, OUT_PERM, "cannot read sealed secrets");
	return OUT_OK;
}

/* Seal an object of secrets into the row; an empty one is none. */
static enum outcome
secrets_seal(const struct desk *d, struct connection_row *c,
	     const json_t *secrets, struct err *e)
{
	char *plain;

	MEM_CLEAR(&c->secrets);
	c->secrets_bytes = 0;
	if (json_object_size(secrets) == 0)
		return OUT_OK;
	plain = json_dumps(secrets, JSON_COMPACT);
	if (plain == NULL || strlen(plain) > SEAL_MAX) {
		mem_free(plain);
		return err_code(e, OUT_PERM, "bad_params",
				"'secrets' are too long");
	}
	c->secrets = seal(d->key, plain, strlen(plain), &c->secrets_bytes);
	sodium_memzero(plain, strlen(plain));
	mem_free(plain);
	return OUT_OK;
}

/* What is given replaces, null removes. */
static enum outcome
secrets_change(const struct desk *d, struct connection_row *c,
	       const json_t *change, struct err *e)
{
	const struct kind *k;
	json_t *all = NULL;
	const char *name;
	json_t *v;
	enum outcome o;

	if (change == NULL)
		return OUT_OK;
	o = secrets_open(d, c, &all, e);
	if (o != OUT_OK)
		return o;
	k = kind_find(c->kind);
	json_object_foreach((json_t *)change, name, v)
	{
		if (json_is_null(v))
			(void)json_object_del(all, name);
		else
			(void)json_object_set(all, name, v);
	}
	if (k != NULL)
		o = kind_needs(k, all, e);
	if (o == OUT_OK)
		o = secrets_seal(d, c, all, e);
	json_decref(all);
	return o;
}

/* A Connection: what staff see of it. */
static enum outcome
connection_json(const struct desk *d, const struct connection_row *c,
		json_t **out, struct err *e)
{
	json_t *secrets = NULL;
	json_t *names = json_array();
	const char *name;
	json_t *v;
	json_t *o;

	/* what cannot be opened is shown as nothing: it must be set again */
	if (secrets_open(d, c, &secrets, e) != OUT_OK)
		secrets = json_object();
	json_object_foreach(secrets, name, v)(void)
		json_array_append_new(names, json_string(name));
	json_decref(secrets);
	o = json_object();
	row_set(o, "id", json_integer(c->id));
	row_set(o, "name", json_string(c->name));
	row_set(o, "kind", json_string(c->kind));
	row_set(o, "settings", json_incref(c->settings));
	row_set(o, "active", json_boolean(c->active));
	row_set(o, "version", json_integer(c->version));
	row_set(o, "state", json_string(c->state));
	row_set(o, "state_detail", json_string(c->state_detail));
	row_set(o, "state_at",
		c->state_ms != 0 ? row_iso(c->state_ms) : json_null());
	row_set(o, "secret_names", names);
	*out = o;
	return OUT_OK;
}

static enum outcome
list_one(void *arg, const struct connection_row *c, struct err *e)
{
	struct listing *l = arg;
	json_t *one = NULL;
	enum outcome o = connection_json(l->d, c, &one, e);

	if (o == OUT_OK)
		(void)json_array_append_new(l->list, one);
	return o;
}

enum outcome
connections_json(struct desk *d, struct store *s, json_t **out, struct err *e)
{
	struct listing l = { .d = d, .list = json_array() };
	enum outcome o = connection_each(s, NULL, false, list_one, &l, e);

	if (o != OUT_OK) {
		json_decref(l.list);
		l.list = NULL;
	}
	*out = l.list;
	return o;
}

enum outcome
m_connection_list(struct desk *d, struct store *s, struct request *rq,
		  struct err *e)
{
	json_t *list = NULL;
	enum outcome o = connections_json(d, s, &list, e);

	if (o == OUT_OK)
		result_set(rq, "connections", list);
	return o;
}

/* A MyConnection: what the owning role's gateway needs. */
static enum outcome
mine_one(void *arg, const struct connection_row *c, struct err *e)
{
	struct listing *l = arg;
	json_t *secrets = NULL;
	json_t *o;
	enum outcome out = secrets_open(l->d, c, &secrets, e);

	if (out != OUT_OK)
		return out;
	o = json_object();
	row_set(o, "id", json_integer(c->id));
	row_set(o, "name", json_string(c->name));
	row_set(o, "kind", json_string(c->kind));
	row_set(o, "settings", json_incref(c->settings));
	row_set(o, "secrets", secrets);
	row_set(o, "version", json_integer(c->version));
	(void)json_array_append_new(l->list, o);
	return OUT_OK;
}

enum outcome
m_connection_mine(struct desk *d, struct store *s, struct request *rq,
		  struct err *e)
{
	struct listing l = { .d = d, .list = json_array() };

	result_set(rq, "connections", l.list);
	return connection_each(s, role_name(rq->role), true, mine_one, &l, e);
}

/* Events, audit and who is to be told, after a row was written. */
static enum outcome
changed(struct desk *d, struct store *s, struct request *rq, int64_t id,
	const char *role, struct err *e)
{
	enum outcome o =
		event_add(s, rq->now_ms, "connection.changed", 0, rq->agent_id,
			  json_pack("{s:I}", "connection", (json_int_t)id), e);

	if (o == OUT_OK)
		o = trail_add(s, rq, id, "ok", e);
	if (role_parse(role) != ROLE_COUNT)
		d->wake_connections |= 1U << role_parse(role);
	/* the supervisor starts some programs only when they are needed */
	d->wake_connections |= 1U << ROLE_CONTROL;
	return o;
}

/* The stored row as the result, and everything that follows from it. */
static enum outcome
finish(struct desk *d, struct store *s, struct request *rq, const char *name,
       struct err *e)
{
	struct connection_row c;
	json_t *one = NULL;
	int64_t job;
	enum outcome o = connection_load(s, name, &c, e);

	if (o == OUT_OK)
		o = changed(d, s, rq, c.id, c.role, e);
	if (o == OUT_OK && c.active && role_parse(c.role) == ROLE_WHATSAPP)
		o = template_sync_ask(d, s, c.id, rq->now_ms, &job, e);
	if (o == OUT_OK)
		o = connection_json(d, &c, &one, e);
	if (o == OUT_OK)
		result_set(rq, "connection", one);
	connection_release(&c);
	return o;
}

/* A name is letters, digits, and . _ - within. */
static enum outcome
name_ok(const char *name, struct err *e)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	if (n > 0 && name[n] == '\0' && name[0] != '.' && name[0] != '-')
		return OUT_OK;
	return err_code(e, OUT_PERM, "bad_params",
			"'name' has other than letters, digits, '.', '_', "
			"'-'");
}

static enum outcome
kind_of(const char *name, const struct kind **out, struct err *e)
{
	*out = kind_find(name);
	if (*out != NULL)
		return OUT_OK;
	return err_code(e, OUT_PERM, "bad_params",
			"'kind' is not known: '%.40s'", name);
}

/* The mailbox that a site or a number names is there. */
static enum outcome
site_mail_ok(struct store *s, const char *mail, struct err *e)
{
	int64_t id = 0;
	enum outcome o = link_id(s, mail, role_name(ROLE_MAIL), &id, e);

	if (o == OUT_PERM && strcmp(e->code, "not_found") == 0)
		return err_code(e, OUT_PERM, "bad_params",
				"'settings.mail' is not a connection of role "
				"mail");
	return o;
}

/* The saved reply that a mailbox acknowledges with is there. */
static enum outcome
reply_ok(struct desk *d, const char *name, struct err *e)
{
	struct book *b = desk_book(d, NULL);
	bool there = book_reply(b, name) != NULL;

	book_unref(&b);
	return there ? OUT_OK
		     : err_code(e, OUT_PERM, "bad_params",
				"'settings.acknowledge_reply' is not a saved "
				"reply of the desk book");
}

/* What one connection of a role alone may have, and which that is. */
struct only {
	const char *setting;
	const char *value;
	const char *name;
};

static enum outcome
only_one(void *arg, const struct connection_row *c, struct err *e)
{
	const struct only *x = arg;
	const char *value =
		json_string_value(json_object_get(c->settings, x->setting));

	if (value == NULL || strcmp(value, x->value) != 0 ||
	    strcmp(c->name, x->name) == 0)
		return OUT_OK;
	return err_code(e, OUT_PERM, "exists",
			"'settings.%s' is that of connection '%s'", x->setting,
			c->name);
}

/* Has no other connection of the role that value? Absent: none has. */
static enum outcome
only_ok(struct store *s, enum role role, const char *name, const char *setting,
	const json_t *settings, struct err *e)
{
	struct only x = { .setting = setting,
			  .value = json_string_value(
				  json_object_get(settings, setting)),
			  .name = name };

	return x.value == NULL ? OUT_OK
			       : connection_each(s, role_name(role), false,
						 only_one, &x, e);
}

/* What a kind wants; and what it names is there. */
static enum outcome
settings_ok(struct desk *d, struct store *s, const struct kind *k,
	    const char *name, const json_t *settings, struct err *e)
{
	const char *mail = json_string_value(json_object_get(settings, "mail"));
	const char *reply = json_string_value(
		json_object_get(settings, "acknowledge_reply"));
	enum outcome o = kind_settings(k, settings, e);

	if (o == OUT_OK && mail != NULL)
		o = site_mail_ok(s, mail, e);
	if (o == OUT_OK && reply != NULL)
		o = reply_ok(d, reply, e);
	if (o == OUT_OK && kind_role(k) == ROLE_WHATSAPP)
		o = only_ok(s, ROLE_WHATSAPP, name, "phone_number_id", settings,
			    e);
	if (o == OUT_OK && kind_role(k) == ROLE_SHOP)
		o = only_ok(s, ROLE_SHOP, name, "path", settings, e);
	return o;
}

/* Who works on the machine itself speaks for nobody else. */
static enum outcome
local_ok(const struct request *rq, const struct kind *k, const json_t *before,
	 const json_t *after, struct err *e)
{
	if (rq->role == ROLE_CONTROL && rq->agent_id == 0)
		return OUT_OK;
	return kind_local(k, before, after, e);
}

/* Where a shop's deliveries come in is nobody's to guess. */
static void
path_make(json_t *settings)
{
	unsigned char octets[PATH_OCTETS];
	char path[2 * PATH_OCTETS + 1];

	if (json_string_value(json_object_get(settings, "path")) != NULL)
		return;
	hash_random(octets, sizeof octets);
	hash_to_hex(octets, sizeof octets, path);
	(void)json_object_set_new(settings, "path", json_string(path));
}

enum outcome
m_connection_add(struct desk *d, struct store *s, struct request *rq,
		 struct err *e)
{
	const char *name = param_str(rq, "name");
	const json_t *secrets = param_json(rq, "secrets");
	const struct kind *k = NULL;
	struct connection_row c = { 0 };
	enum outcome o = name_ok(name, e);

	if (o == OUT_OK)
		o = kind_of(param_str(rq, "kind"), &k, e);
	if (o == OUT_OK)
		o = settings_ok(d, s, k, name, param_json(rq, "settings"), e);
	if (o == OUT_OK)
		o = local_ok(rq, k, NULL, param_json(rq, "settings"), e);
	if (o == OUT_OK)
		o = kind_secrets(k, secrets, e);
	if (o == OUT_OK)
		o = kind_needs(k, secrets, e);
	if (o != OUT_OK)
		return o;
	c.name = mem_strdup(name);
	c.kind = mem_strdup(param_str(rq, "kind"));
	c.role = mem_strdup(role_name(kind_role(k)));
	c.settings = json_copy(param_json(rq, "settings"));
	if (kind_role(k) == ROLE_SHOP)
		path_make(c.settings);
	o = secrets_change(d, &c, secrets, e);
	if (o == OUT_OK)
		o = connection_insert(s, &c, rq->now_ms, e);
	connection_release(&c);
	return o == OUT_OK ? finish(d, s, rq, name, e) : o;
}

/* The account that a mailbox is read from: server and log-in name. */
static bool
same_account(const json_t *a, const json_t *b)
{
	static const char *const names[] = { "imap_host", "imap_user" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *x = json_string_value(json_object_get(a, names[i]));
		const char *y = json_string_value(json_object_get(b, names[i]));

		/* only the log-in name can be absent: it is the address */
		if (x == NULL)
			x = json_string_value(json_object_get(a, "address"));
		if (y == NULL)
			y = json_string_value(json_object_get(b, "address"));
		if (x == NULL || y == NULL || strcasecmp(x, y) != 0)
			return false;
	}
	return true;
}

/* Settings that replace those of a row. UIDs of another account may be the
 * same numbers, and must not hide its mails. */
static enum outcome
settings_change(struct store *s, struct connection_row *c, json_t *settings,
		struct err *e)
{
	enum outcome o = OUT_OK;

	if (strcmp(c->kind, "mailbox") == 0 &&
	    !same_account(c->settings, settings))
		o = folder_forget(s, c->id, e);
	json_decref(c->settings);
	c->settings = json_incref(settings);
	return o;
}

/* The shop knows the path: other settings do not change it. */
static void
path_keep(const json_t *before, json_t *settings)
{
	json_t *path = json_object_get(before, "path");

	if (path != NULL &&
	    json_string_value(json_object_get(settings, "path")) == NULL)
		(void)json_object_set(settings, "path", path);
}

static enum outcome
update(struct desk *d, struct store *s, struct request *rq,
       struct connection_row *c, struct err *e)
{
	json_t *settings = param_json(rq, "settings");
	const struct kind *k = NULL;
	enum outcome o = kind_of(c->kind, &k, e);

	if (o == OUT_OK && settings != NULL)
		o = settings_ok(d, s, k, c->name, settings, e);
	if (o == OUT_OK && settings != NULL)
		o = local_ok(rq, k, c->settings, settings, e);
	if (o == OUT_OK)
		o = kind_secrets(k, param_json(rq, "secrets"), e);
	if (o == OUT_OK)
		o = secrets_change(d, c, param_json(rq, "secrets"), e);
	if (o != OUT_OK)
		return o;
	if (settings != NULL && kind_role(k) == ROLE_SHOP)
		path_keep(c->settings, settings);
	c->active = param_bool(rq, "active", c->active);
	return settings != NULL ? settings_change(s, c, settings, e) : OUT_OK;
}

enum outcome
m_connection_update(struct desk *d, struct store *s, struct request *rq,
		    struct err *e)
{
	const char *name = param_str(rq, "name");
	struct connection_row c;
	enum outcome o = connection_load(s, name, &c, e);

	if (o == OUT_OK)
		o = update(d, s, rq, &c, e);
	if (o == OUT_OK)
		o = connection_store(s, &c, e);
	connection_release(&c);
	return o == OUT_OK ? finish(d, s, rq, name, e) : o;
}

enum outcome
m_connection_remove(struct desk *d, struct store *s, struct request *rq,
		    struct err *e)
{
	struct connection_row c;
	enum outcome o = connection_load(s, param_str(rq, "name"), &c, e);

	if (o == OUT_OK)
		o = connection_delete(s, c.id, e);
	if (o == OUT_OK)
		o = changed(d, s, rq, c.id, c.role, e);
	connection_release(&c);
	if (o == OUT_OK)
		result_set(rq, "removed", json_true());
	return o;
}

enum outcome
m_connection_test(struct desk *d, struct store *s, struct request *rq,
		  struct err *e)
{
	struct connection_row c;
	json_t *payload = json_object();
	int64_t job = 0;
	enum outcome o = connection_load(s, param_str(rq, "name"), &c, e);

	if (o == OUT_OK && !c.active)
		o = err_code(e, OUT_PERM, "conflict",
			     "this connection is not active");
	if (o == OUT_OK)
		o = job_add(s, "connection.test", c.id, payload, rq->now_ms,
			    &job, e);
	if (o == OUT_OK) {
		if (role_parse(c.role) != ROLE_COUNT)
			d->wake_jobs |= 1U << role_parse(c.role);
		result_set(rq, "job", json_integer(job));
	}
	connection_release(&c);
	json_decref(payload);
	return o;
}

enum outcome
m_connection_report(struct desk *d, struct store *s, struct request *rq,
		    struct err *e)
{
	const char *state = param_str(rq, "state");
	const char *detail = param_str(rq, "detail");
	struct connection_row c;
	bool fresh;
	enum outcome o;

	(void)d;
	if (strcmp(state, "ok") != 0 && strcmp(state, "failing") != 0)
		return err_code(e, OUT_PERM, "bad_params",
				"'state' is neither ok nor failing");
	o = connection_load(s, param_str(rq, "name"), &c, e);
	if (o == OUT_OK && strcmp(c.role, role_name(rq->role)) != 0)
		o = err_code(e, OUT_PERM, "not_found",
			     "no such connection: '%.100s'", c.name);
	fresh = o == OUT_OK && (strcmp(c.state, state) != 0 ||
				strcmp(c.state_detail, detail) != 0);
	/* it fails since the first time, whatever it says since */
	if (fresh)
		o = connection_set_state(
			s, c.id, state, detail,
			strcmp(c.state, state) != 0 ? rq->now_ms : c.state_ms,
			e);
	if (fresh && o == OUT_OK && strcmp(c.state, state) != 0)
		o = event_add(
			s, rq->now_ms, "connection.changed", 0, 0,
			json_pack("{s:I}", "connection", (json_int_t)c.id), e);
	connection_release(&c);
	if (o == OUT_OK)
		result_set(rq, "stored", json_boolean(fresh));
	return o;
}
