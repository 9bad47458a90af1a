#include "gateways/mail/net/oauth.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "gateways/common/http_client.h"

#define WORDS_MAX 200 /* of what a token server says */
#define TOKEN_MAX 16384
#define SHOWN_MIN 4  /* octets of a secret that count as showing it */
#define SHOWN_MAX 12 /* more of it need not be shown */

struct oauth {
	char *url; /* NULL: token is used as it is */
	char *client_id;
	char *client_secret;
	char *refresh_token;
	char *ca_file;
	pthread_mutex_t lock;
	char *token;
	int64_t until_ms; /* monotonic */
};

void
oauth_start(void)
{
	http_start();
}

static char *
copy(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s && *s ? mem_strdup(s) : NULL;
}

enum outcome
oauth_new(const json_t *settings, const json_t *secrets, const char *ca_file,
	  struct oauth **out, struct err *e)
{
	struct oauth *o = mem_new(1, sizeof(*o));
	enum outcome r = OUT_OK;

	o->url = copy(settings, "oauth_token_url");
	o->client_id = copy(settings, "oauth_client_id");
	o->client_secret = copy(secrets, "oauth_client_secret");
	o->refresh_token = copy(secrets, "oauth_refresh_token");
	o->ca_file = mem_strdup(ca_file);
	(void)pthread_mutex_init(&o->lock, NULL);
	if (!o->url)
		o->token = copy(secrets, "access_token");
	if (!o->url && !o->token)
		r = err_code(e, OUT_PERM, NET_AUTH,
			     "the secret 'access_token' is missing");
	else if (o->url && strncmp(o->url, "https://", 8) != 0)
		r = err_code(e, OUT_PERM, NET_AUTH,
			     "'oauth_token_url' is not https");
	else if (o->url && (!o->client_id || !o->refresh_token))
		r = err_code(e, OUT_PERM, NET_AUTH, "%s is missing",
			     o->client_id ? "the secret 'oauth_refresh_token'"
					  : "'oauth_client_id'");
	if (r != OUT_OK)
		oauth_free(&o);
	*out = o;
	return r;
}

void
oauth_free(struct oauth **op)
{
	struct oauth *o = *op;

	if (!o)
		return;
	(void)pthread_mutex_destroy(&o->lock);
	mem_free(o->url);
	mem_free(o->client_id);
	mem_free(o->client_secret);
	mem_free(o->refresh_token);
	mem_free(o->ca_file);
	mem_free(o->token);
	MEM_CLEAR(op);
}

static bool
cancelled(void *arg)
{
	return net_cancel_is_set(arg);
}

static void
field(struct buf *form, const char *name, const char *value)
{
	if (value && buf_printf(form, "%s%s=", form->len ? "&" : "", name))
		(void)http_form_value(form, value);
}

/* What a failure of the client is to us. */
static enum outcome
failed(const struct err *why, enum outcome r, struct err *e)
{
	if (strcmp(why->code, HTTP_CANCELLED) == 0)
		return err_code(e, OUT_TEMP, NET_CANCELLED, "cancelled");
	if (r == OUT_PERM)
		return err_code(e, OUT_PERM, NET_TLS,
				"the token server's %.200s", why->text);
	return err_code(e, OUT_TEMP, NET_NETWORK,
			"could not ask the token server: %.200s", why->text);
}

/* Do the words repeat what we sent, or how it begins? */
static bool
shows(const char *words, const char *secret)
{
	char start[SHOWN_MAX + 1];

	if (!secret || strlen(secret) < SHOWN_MIN)
		return false;
	(void)snprintf(start, sizeof(start), "%s", secret);
	return strstr(words, start) != NULL;
}

/* "invalid_grant: Token has been revoked", as far as it says so. */
static enum outcome
refused(const struct oauth *o, long status, const json_t *answer, struct err *e)
{
	const char *error = json_string_value(json_object_get(answer, "error"));
	const char *text =
		json_string_value(json_object_get(answer, "error_description"));
	struct buf words;

	buf_init(&words, (size_t)4 * WORDS_MAX);
	if (error)
		net_words(&words, error, strlen(error), WORDS_MAX / 4);
	if (text) {
		(void)buf_puts(&words, ": ");
		net_words(&words, text, strlen(text), WORDS_MAX);
	}
	if (shows(buf_str(&words), o->refresh_token) ||
	    shows(buf_str(&words), o->client_secret)) {
		buf_clear(&words);
		(void)buf_puts(&words, "(its words repeat what we sent)");
	}
	if (status >= 400 && status < 500 && status != 429)
		(void)err_code(e, OUT_PERM, NET_AUTH,
			       "the token server refuses (%ld): '%s'", status,
			       buf_str(&words));
	else
		(void)err_code(e, OUT_TEMP, NET_NETWORK,
			       "the token server answers %ld: '%s'", status,
			       buf_str(&words));
	buf_release(&words);
	return status >= 400 && status < 500 && status != 429 ? OUT_PERM
							      : OUT_TEMP;
}

static enum outcome
take_answer(struct oauth *o, long status, const struct buf *answer,
	    struct err *e)
{
	json_t *a = json_loadb(buf_str(answer), answer->len, 0, NULL);
	const char *token =
		json_string_value(json_object_get(a, "access_token"));
	const char *again =
		json_string_value(json_object_get(a, "refresh_token"));
	json_int_t life = json_integer_value(json_object_get(a, "expires_in"));
	enum outcome r = OUT_OK;

	if (status != 200) {
		r = refused(o, status, a, e);
	} else if (!token || !*token || strlen(token) > TOKEN_MAX) {
		r = err_code(e, OUT_TEMP, NET_PROTOCOL,
			     "the token server's answer has no token");
	} else {
		if (life <= 0)
			life = OAUTH_LIFE_S;
		if (life > OAUTH_LIFE_S_MAX)
			life = OAUTH_LIFE_S_MAX;
		mem_free(o->token);
		o->token = mem_strdup(token);
		o->until_ms = clock_tick_ms() + (life - OAUTH_SPARE_S) * 1000;
		if (again && *again && strlen(again) <= TOKEN_MAX) {
			/* rotated: the old one may be good no longer */
			mem_free(o->refresh_token);
			o->refresh_token = mem_strdup(again);
		}
	}
	json_decref(a);
	return r;
}

static enum outcome
refresh(struct oauth *o, const struct net_cancel *cancel, struct err *e)
{
	struct http_post p = { .url = o->url,
			       .ca_file = o->ca_file,
			       .wait_s = OAUTH_WAIT_S,
			       .answer_max = OAUTH_ANSWER_MAX,
			       .stop = cancel ? cancelled : NULL,
			       .stop_arg = (void *)(uintptr_t)cancel };
	struct buf form, answer;
	struct err why;
	enum outcome r;
	long status = 0;

	buf_init(&form, (size_t)4 * 3 * TOKEN_MAX);
	buf_init(&answer, OAUTH_ANSWER_MAX);
	field(&form, "grant_type", "refresh_token");
	field(&form, "client_id", o->client_id);
	field(&form, "client_secret", o->client_secret);
	field(&form, "refresh_token", o->refresh_token);
	p.body = buf_str(&form);
	p.body_n = form.len;
	r = http_post(&p, &answer, &status, &why);
	r = r != OUT_OK ? failed(&why, r, e)
			: take_answer(o, status, &answer, e);
	buf_release(&form);
	buf_release(&answer);
	return r;
}

enum outcome
oauth_token(struct oauth *o, const struct net_cancel *cancel, char **out,
	    struct err *e)
{
	enum outcome r = OUT_OK;

	*out = NULL;
	(void)pthread_mutex_lock(&o->lock);
	if (o->url && (!o->token || clock_tick_ms() >= o->until_ms))
		r = refresh(o, cancel, e);
	if (r == OUT_OK)
		*out = mem_strdup(o->token);
	(void)pthread_mutex_unlock(&o->lock);
	return r;
}

void
oauth_forget(struct oauth *o)
{
	(void)pthread_mutex_lock(&o->lock);
	if (o->url)
		MEM_CLEAR(&o->token);
	(void)pthread_mutex_unlock(&o->lock);
}
