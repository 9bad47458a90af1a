/*
 * m_agent: the people of the desk, their API tokens and links.
 *
 * Nobody makes somebody above themselves or changes somebody above
 * themselves, and the last active admin stays one. The control socket alone
 * (whoever owns the desk's folder) stands above all.
 */

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/desk.h"
#include "daemon/engine.h"
#include "daemon/param.h"
#include "daemon/people.h"
#include "daemon/store/agent.h"
#include "daemon/store/event.h"
#include "daemon/store/row.h"
#include "daemon/store/session.h"
#include "daemon/trail.h"

#define MADE_PASSWORD 20 /* characters of a password that is made here */

/* Named by the generated table of handlers. */
prepare_fn p_agent_add;
prepare_fn p_agent_password;
method_fn m_agent_add;
method_fn m_agent_link;
method_fn m_agent_list;
method_fn m_agent_password;
method_fn m_agent_prefer;
method_fn m_agent_update;
method_fn m_token_add;
method_fn m_token_remove;

/* What the worker made of a password. */
struct made {
	char hash[AGENT_HASH_MAX];
	char password[MADE_PASSWORD + 1]; /* made here; "" if it was given */
	struct people_try current;        /* agent.password: of 'current' */
	bool tried;
};

static enum outcome
not_allowed(struct err *e, const char *why)
{
	return err_code(e, OUT_PERM, "not_allowed", "%s", why);
}

/* May the caller change somebody of that role? */
static enum outcome
may_touch(const struct request *rq, enum staff role, struct err *e)
{
	if (rq->agent_id != 0 && role > rq->staff)
		return not_allowed(e, "that is above your own role");
	return OUT_OK;
}

/* May the caller act for that agent? Methods marked "self" let everyone in:
 * about themselves. */
static enum outcome
may_self(const struct request *rq, int64_t agent_id, struct err *e)
{
	if (rq->agent_id == 0 || rq->agent_id == agent_id ||
	    (rq->method->as & (1U << rq->staff)) != 0)
		return OUT_OK;
	return not_allowed(e, "this person may do that for themselves only");
}

static enum outcome
language_ok(const char *language, struct err *e)
{
	if (language == NULL || language[0] == '\0' ||
	    strcmp(language, "es") == 0 || strcmp(language, "en") == 0)
		return OUT_OK;
	return err_code(e, OUT_PERM, "bad_params",
			"'language' is neither es nor en");
}

/* The role that is asked for; STAFF_COUNT if none is. */
static enum outcome
role_wanted(const struct request *rq, enum staff *out, struct err *e)
{
	const char *role = param_str(rq, "role");

	*out = STAFF_COUNT;
	if (role == NULL)
		return OUT_OK;
	*out = staff_parse(role);
	if (*out == STAFF_COUNT)
		return err_code(e, OUT_PERM, "bad_params",
				"'role' is none of agent, lead, manager, "
				"admin");
	return may_touch(rq, *out, e);
}

/* The row was changed: memory, subscribers, audit, and the result. */
static enum outcome
changed(struct desk *d, struct store *s, struct request *rq, int64_t id,
	struct err *e)
{
	struct agent_row a;
	json_t *agent = NULL;
	enum outcome o = agent_get(s, id, &a, e);

	if (o == OUT_OK)
		o = event_add(s, rq->now_ms, "agent.changed", 0, rq->agent_id,
			      json_pack("{s:I}", "agent", (json_int_t)id), e);
	if (o == OUT_OK)
		o = trail_add(s, rq, id, "ok", e);
	if (o == OUT_OK)
		o = agent_view(s, id, &agent, e);
	if (o != OUT_OK)
		return o;
	people_put(d->people, &a);
	result_set(rq, "agent", agent);
	return OUT_OK;
}

/* A password that nobody has to type: five groups of letters and digits that
 * are not mistaken for each other. */
static void
make_password(char out[MADE_PASSWORD + 1])
{
	static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
	unsigned char r[MADE_PASSWORD];

	hash_random(r, sizeof(r));
	for (size_t i = 0; i < MADE_PASSWORD; i++) {
		/* 31 letters: octets of 248 and more would favour some */
		while (r[i] >= 248)
			hash_random(&r[i], 1);
		out[i] = letters[r[i] % 31];
	}
	out[MADE_PASSWORD] = '\0';
}

enum outcome
p_agent_add(struct desk *d, struct request *rq, struct err *e)
{
	const char *given = param_str(rq, "password");
	struct made *m;
	enum outcome o = OUT_OK;

	(void)d;
	if (given != NULL)
		o = password_check(given, param_str(rq, "email"), e);
	if (o != OUT_OK)
		return o;
	m = mem_new(1, sizeof(*m));
	if (given == NULL)
		make_password(m->password);
	o = password_hash(given != NULL ? given : m->password, m->hash, e);
	rq->prepared = m;
	return o;
}

enum outcome
m_agent_add(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct made *m = rq->prepared;
	const char *language = param_str(rq, "language");
	char email[AGENT_EMAIL_MAX];
	enum staff role;
	int64_t id = 0;
	enum outcome o = role_wanted(rq, &role, e);

	if (o == OUT_OK)
		o = language_ok(language, e);
	if (o != OUT_OK)
		return o;
	if (!people_email(param_str(rq, "email"), email))
		return err_code(e, OUT_PERM, "bad_params",
				"'email' is not an e-mail address");
	o = agent_insert(s, email, param_str(rq, "name"), role,
			 language != NULL ? language : "", m->hash, rq->now_ms,
			 &id, e);
	if (o == OUT_OK)
		o = changed(d, s, rq, id, e);
	if (o == OUT_OK)
		result_set(rq, "password",
			   m->password[0] != '\0' ? json_string(m->password)
						  : json_null());
	return o;
}

enum outcome
m_agent_list(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	json_t *list = NULL;
	enum outcome o = agent_list(s, &list, e);

	(void)d;
	if (o == OUT_OK)
		result_set(rq, "agents", list);
	return o;
}

/* Would it leave the desk without an admin? */
static enum outcome
admin_stays(struct store *s, const struct agent_row *a, enum staff role,
	    int active, struct err *e)
{
	bool was = a->role == STAFF_ADMIN && a->active;
	bool is = (role == STAFF_COUNT ? a->role : role) == STAFF_ADMIN &&
		  (active < 0 ? a->active : active != 0);
	int64_t others = 0;
	enum outcome o;

	if (!was || is)
		return OUT_OK;
	o = agent_other_admins(s, a->id, &others, e);
	if (o == OUT_OK && others == 0)
		return err_code(e, OUT_PERM, "conflict",
				"this is the last active admin");
	return o;
}

/* Sessions, links and handles of an agent whose rights have changed. */
static enum outcome
follow(struct desk *d, struct store *s, const struct agent_row *before,
       enum staff role, int active, struct err *e)
{
	enum outcome o = OUT_OK;

	if (active == 0 && before->active) {
		o = session_end_agent(s, before->id, NULL, e);
		if (o == OUT_OK)
			o = link_end_agent(s, before->id, e);
		desk_end_sessions(d, before->id, NULL, NULL);
	} else if (role != STAFF_COUNT && role != before->role) {
		engine_agent_role(d, before->id, role);
	}
	return o;
}

/* 1, 0, or -1: it was not given. */
static int
flag_wanted(const struct request *rq, const char *name)
{
	return param_given(rq, name) ? param_bool(rq, name, false) : -1;
}

enum outcome
m_agent_update(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	int64_t id = param_int(rq, "id", 0);
	const char *language = param_str(rq, "language");
	int active = flag_wanted(rq, "active");
	struct agent_row a;
	enum staff role;
	enum outcome o = agent_get(s, id, &a, e);

	if (o == OUT_OK)
		o = may_touch(rq, a.role, e);
	if (o == OUT_OK)
		o = role_wanted(rq, &role, e);
	if (o == OUT_OK)
		o = language_ok(language, e);
	if (o == OUT_OK)
		o = admin_stays(s, &a, role, active, e);
	if (o == OUT_OK)
		o = agent_change(s, id, param_str(rq, "name"), role, language,
				 active, flag_wanted(rq, "mail_notices"), e);
	if (o == OUT_OK)
		o = follow(d, s, &a, role, active, e);
	return o == OUT_OK ? changed(d, s, rq, id, e) : o;
}

/* Everybody says for themselves how they are spoken to. */
enum outcome
m_agent_prefer(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	const char *language = param_str(rq, "language");
	enum outcome o = language_ok(language, e);

	if (o == OUT_OK)
		o = agent_change(s, rq->agent_id, NULL, STAFF_COUNT, language,
				 -1, flag_wanted(rq, "mail_notices"), e);
	if (o == OUT_OK && param_given(rq, "signature"))
		o = agent_set_signature(s, rq->agent_id,
					param_str(rq, "signature"), e);
	return o == OUT_OK ? changed(d, s, rq, rq->agent_id, e) : o;
}

enum outcome
p_agent_password(struct desk *d, struct request *rq, struct err *e)
{
	const char *current = param_str(rq, "current");
	struct made *m;
	enum outcome o = password_check(param_str(rq, "password"), NULL, e);

	if (o != OUT_OK)
		return o;
	m = mem_new(1, sizeof(*m));
	rq->prepared = m;
	if (current != NULL && rq->agent_id == param_int(rq, "id", 0)) {
		o = people_try_again(d->people, param_int(rq, "id", 0), current,
				     clock_now_ms(), &m->current,
				     &rq->retry_after_ms, e);
		m->tried = true;
	}
	if (o == OUT_OK)
		o = password_hash(param_str(rq, "password"), m->hash, e);
	return o;
}

/* Whoever changes their own password must know the one before. */
static enum outcome
current_ok(struct store *s, struct request *rq, const struct agent_row *a,
	   const struct made *m, struct err *e)
{
	bool known = m->tried && m->current.good &&
		     strcmp(m->current.hash, a->hash) == 0;
	enum outcome o = OUT_OK;

	if (m->tried)
		o = agent_set_tries(s, a->id, m->current.failures,
				    m->current.retry_ms, e);
	if (o != OUT_OK || rq->agent_id != a->id || known)
		return o;
	o = trail_add(s, rq, a->id, "refused", e);
	if (o != OUT_OK)
		return o;
	rq->keep = true;
	return err_code(e, OUT_PERM, "refused",
			"'current' is not the password now");
}

enum outcome
m_agent_password(struct desk *d, struct store *s, struct request *rq,
		 struct err *e)
{
	const struct made *m = rq->prepared;
	int64_t id = param_int(rq, "id", 0);
	const char *mine = rq->agent_id == id ? rq->session : NULL;
	struct agent_row a;
	enum outcome o = may_self(rq, id, e);

	if (o == OUT_OK)
		o = agent_get(s, id, &a, e);
	if (o == OUT_OK)
		o = may_touch(rq, a.role, e);
	if (o == OUT_OK)
		o = current_ok(s, rq, &a, m, e);
	if (o == OUT_OK)
		o = agent_set_hash(s, id, m->hash, e);
	if (o == OUT_OK)
		o = agent_set_tries(s, id, 0, 0, e);
	if (o == OUT_OK)
		o = session_end_agent(s, id, mine, e);
	if (o == OUT_OK)
		o = link_end_agent(s, id, e);
	if (o != OUT_OK)
		return o;
	desk_end_sessions(d, id, NULL, mine);
	return changed(d, s, rq, id, e);
}

enum outcome
m_agent_link(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	int64_t id = param_int(rq, "id", 0);
	struct agent_row a;
	char token[48];
	char hash[HASH_HEX];
	enum outcome o = agent_get(s, id, &a, e);

	(void)d;
	if (o == OUT_OK)
		o = may_touch(rq, a.role, e);
	if (o != OUT_OK)
		return o;
	if (!a.active)
		return err_code(e, OUT_PERM, "conflict",
				"this agent is not active");
	hash_token(token);
	hash_hex(token, strlen(token), hash);
	o = link_add(s, hash, id, rq->now_ms + LINK_MS, e);
	if (o == OUT_OK)
		o = trail_add(s, rq, id, "ok", e);
	if (o != OUT_OK)
		return o;
	result_set(rq, "token", json_string(token));
	result_set(rq, "expires_at", row_iso(rq->now_ms + LINK_MS));
	return OUT_OK;
}

enum outcome
m_token_add(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	int64_t agent_id = param_int(rq, "agent", 0);
	struct agent_row a;
	char token[48];
	char hash[HASH_HEX];
	int64_t id = 0;
	enum outcome o = may_self(rq, agent_id, e);

	(void)d;
	if (o == OUT_OK)
		o = agent_get(s, agent_id, &a, e);
	if (o == OUT_OK)
		o = may_touch(rq, a.role, e);
	if (o != OUT_OK)
		return o;
	hash_token(token);
	hash_hex(token, strlen(token), hash);
	o = apitoken_insert(s, hash, agent_id, param_str(rq, "label"),
			    rq->now_ms, &id, e);
	if (o == OUT_OK)
		o = trail_add(s, rq, id, "ok", e);
	if (o != OUT_OK)
		return o;
	result_set(rq, "id", json_integer(id));
	result_set(rq, "token", json_string(token));
	return OUT_OK;
}

enum outcome
m_token_remove(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	int64_t id = param_int(rq, "id", 0);
	int64_t agent_id = 0;
	char hash[HASH_HEX];
	enum outcome o = apitoken_owner(s, id, &agent_id, hash, e);

	if (o == OUT_OK)
		o = may_self(rq, agent_id, e);
	if (o == OUT_OK)
		o = apitoken_delete(s, id, e);
	if (o == OUT_OK)
		o = trail_add(s, rq, id, "ok", e);
	if (o != OUT_OK)
		return o;
	desk_end_sessions(d, 0, hash, NULL);
	result_set(rq, "removed", json_true());
	return OUT_OK;
}
