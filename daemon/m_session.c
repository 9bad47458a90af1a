/*
 * m_session: log-in, one-time links, handles. A cookie is 32 random octets;
 * the store has its SHA-256 alone.
 */

#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/desk.h"
#include "daemon/engine.h"
#include "daemon/param.h"
#include "daemon/people.h"
#include "daemon/store/agent.h"
#include "daemon/store/row.h"
#include "daemon/store/session.h"
#include "daemon/trail.h"

#define STALE_MS 50 /* a password changed while it was checked */

/* Named by the generated table of handlers. */
prepare_fn p_session_login;
method_fn m_session_close;
method_fn m_session_login;
method_fn m_session_open;
method_fn m_session_redeem;

enum outcome
p_session_login(struct desk *d, struct request *rq, struct err *e)
{
	struct people_try *t = mem_new(1, sizeof(*t));
	enum outcome o =
		people_try(d->people, param_str(rq, "email"),
			   param_str(rq, "password"), param_str(rq, "network"),
			   clock_now_ms(), t, &rq->retry_after_ms, e);

	if (o == OUT_OK)
		rq->prepared = t;
	else
		mem_free(t);
	return o;
}

/* The same words for every reason. */
static enum outcome
refuse(struct store *s, struct request *rq, int64_t agent_id, struct err *e)
{
	enum outcome o = trail_add(s, rq, agent_id, "refused", e);

	if (o != OUT_OK)
		return o;
	rq->keep = true;
	return err_code(e, OUT_PERM, "refused",
			"e-mail or password are not right");
}

/* A new session for an agent: cookie, end and person into the result. */
static enum outcome
begin(struct store *s, struct request *rq, int64_t agent_id, struct err *e)
{
	char cookie[48];
	char hash[HASH_HEX];
	json_t *agent = NULL;
	enum outcome o;

	hash_token(cookie);
	hash_hex(cookie, strlen(cookie), hash);
	o = session_add(s, hash, agent_id, rq->now_ms, e);
	if (o == OUT_OK)
		o = trail_add(s, rq, agent_id, "ok", e);
	if (o == OUT_OK)
		o = agent_view(s, agent_id, &agent, e);
	if (o != OUT_OK)
		return o;
	result_set(rq, "cookie", json_string(cookie));
	result_set(rq, "expires_at", row_iso(rq->now_ms + SESSION_MS));
	result_set(rq, "agent", agent);
	return OUT_OK;
}

/* Is what the worker verified still what the store has? */
static enum outcome
still(struct desk *d, struct store *s, struct request *rq,
      const struct people_try *t, struct err *e)
{
	struct agent_row a;
	enum outcome o = agent_get(s, t->agent_id, &a, e);

	if (o != OUT_OK)
		return o;
	if (strcmp(a.hash, t->hash) == 0 && (a.active || !t->good))
		return OUT_OK;
	people_put(d->people, &a);
	rq->retry_after_ms = STALE_MS;
	return err_code(e, OUT_TEMP, "busy",
			"could not log in now: the account was changed");
}

enum outcome
m_session_login(struct desk *d, struct store *s, struct request *rq,
		struct err *e)
{
	const struct people_try *t = rq->prepared;
	enum outcome o = OUT_OK;

	if (t->agent_id != 0) {
		o = still(d, s, rq, t, e);
		if (o == OUT_OK)
			o = agent_set_tries(s, t->agent_id, t->failures,
					    t->retry_ms, e);
	}
	if (o == OUT_OK && t->good && t->better[0] != '\0') {
		struct agent_row a;

		o = agent_set_hash(s, t->agent_id, t->better, e);
		if (o == OUT_OK)
			o = agent_get(s, t->agent_id, &a, e);
		if (o == OUT_OK)
			people_put(d->people, &a);
	}
	if (o != OUT_OK)
		return o;
	return t->good ? begin(s, rq, t->agent_id, e)
		       : refuse(s, rq, t->agent_id, e);
}

enum outcome
m_session_redeem(struct desk *d, struct store *s, struct request *rq,
		 struct err *e)
{
	const char *token = param_str(rq, "token");
	struct agent_row a = { 0 };
	char hash[HASH_HEX];
	int64_t agent_id = 0;
	enum outcome o;

	(void)d;
	hash_hex(token, strlen(token), hash);
	o = link_take(s, hash, rq->now_ms, &agent_id, e);
	if (o == OUT_OK && agent_id != 0)
		o = agent_get(s, agent_id, &a, e);
	if (o != OUT_OK)
		return o;
	if (!a.active) {
		o = trail_add(s, rq, agent_id, "refused", e);
		if (o != OUT_OK)
			return o;
		rq->keep = true;
		return err_code(e, OUT_PERM, "refused",
				"the link was used, or is too old");
	}
	return begin(s, rq, agent_id, e);
}

static enum outcome
no_session(struct err *e)
{
	return err_code(e, OUT_PERM, "no_session", "the session has ended");
}

/* Whose cookie or token it is. agent_out 0: nobody's. */
static enum outcome
open_whose(struct store *s, struct request *rq, char hash[HASH_HEX],
	   int64_t *agent_out, int64_t *expires_ms_out, struct err *e)
{
	const char *cookie = param_str(rq, "cookie");
	const char *token = param_str(rq, "token");
	const char *secret = cookie != NULL ? cookie : token;

	if ((cookie != NULL) == (token != NULL))
		return err_code(e, OUT_PERM, "bad_params",
				"give either 'cookie' or 'token'");
	hash_hex(secret, strlen(secret), hash);
	if (cookie != NULL)
		return session_use(s, hash, rq->now_ms, agent_out,
				   expires_ms_out, e);
	return apitoken_find(s, hash, rq->now_ms, agent_out, expires_ms_out, e);
}

/* A wrong token is worth a row; a cookie that ran out is not. */
static enum outcome
open_refused(struct store *s, struct request *rq, struct err *e)
{
	enum outcome o = OUT_OK;

	if (param_given(rq, "token")) {
		o = trail_add(s, rq, 0, "no_session", e);
		rq->keep = o == OUT_OK;
	}
	return o == OUT_OK ? no_session(e) : o;
}

enum outcome
m_session_open(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	struct agent_row a = { 0 };
	int64_t agent_id = 0;
	int64_t expires_ms = 0;
	char hash[HASH_HEX];
	json_t *agent = NULL;
	const char *handle;
	enum outcome o = open_whose(s, rq, hash, &agent_id, &expires_ms, e);

	(void)d;
	if (o == OUT_OK && agent_id != 0)
		o = agent_get(s, agent_id, &a, e);
	if (o != OUT_OK)
		return o;
	if (!a.active)
		return open_refused(s, rq, e);
	o = agent_view(s, agent_id, &agent, e);
	if (o != OUT_OK)
		return o;
	handle = engine_handle_open(
		rq, agent_id, a.role,
		json_string_value(json_object_get(agent, "name")), hash,
		expires_ms);
	if (handle == NULL) {
		json_decref(agent);
		return err_code(e, OUT_TEMP, "busy",
				"too many handles are open on this connection");
	}
	result_set(rq, "handle", json_string(handle));
	result_set(rq, "agent", agent);
	result_set(rq, "expires_at",
		   expires_ms != 0 ? row_iso(expires_ms) : json_null());
	return OUT_OK;
}

enum outcome
m_session_close(struct desk *d, struct store *s, struct request *rq,
		struct err *e)
{
	char hash[HASH_HEX];
	bool ended = false;
	enum outcome o = OUT_OK;

	if (!engine_handle_close(rq, param_str(rq, "handle"), hash))
		return no_session(e);
	if (param_bool(rq, "logout", false)) {
		o = session_end(s, hash, &ended, e);
		if (o == OUT_OK && ended) {
			desk_end_sessions(d, 0, hash, NULL);
			o = trail_add(s, rq, 0, "ok", e);
		}
	}
	if (o == OUT_OK)
		result_set(rq, "closed", json_true());
	return o;
}
