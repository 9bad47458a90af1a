#include "gateways/mail/net/oauth.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "gateways/common/http_client.h"
#include "gateways/mail/net/token.h"

#define WORDS_MAX 200 /* of what a token server says */
#define TOKEN_MAX 16384
#define SHOWN_MIN 4  /* octets of a secret that count as showing it */
#define SHOWN_MAX 12 /* more of it need not be shown */
#define TROUBLE_MAX 200
#define LONG_S ((json_int_t)10 * 365 * 86400)

struct oauth {
	char *url; /* NULL: token is used as it is */
	char *client_id;
	char *client_secret;
	char *refresh_token;
	char *ca_file;
	pthread_mutex_t lock;
	char *file;    /* a source of tokens, NULL: none */
	char *command; /* another one */
	char *token;
	int64_t until_ms;      /* it is used no longer; monotonic */
	int64_t early_ms;      /* it is to be replaced; monotonic, 0: unknown */
	int64_t end_ms;        /* it ends; UTC since 1970, 0: unknown */
	int64_t refresh_ms;    /* the refresh token ends; the same */
	char why[TROUBLE_MAX]; /* it could not be replaced, "" it could */
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

/* Does anything give fresh ones? */
static bool
has_source(const struct oauth *o)
{
	return o->url || o->file || o->command;
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
	o->file = copy(settings, "oauth_token_file");
	o->command = copy(settings, "oauth_token_command");
	if (!has_source(o))
		o->token = copy(secrets, "access_token");
	if (!has_source(o) && !o->token)
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
	mem_free(o->file);
	mem_free(o->command);
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

/* Keep a token that is good for life_s from now on; 0: it does not say.
 * quiet_s  how long one that does not say is used without asking again */
static void
keep(struct oauth *o, const char *token, json_int_t life_s, int64_t quiet_s)
{
	int64_t tick = clock_tick_ms();
	int64_t early_s =
		life_s / 4 < OAUTH_EARLY_S ? life_s / 4 : OAUTH_EARLY_S;

	/* the same one again: it still ends when it was to end */
	if (o->token && strcmp(o->token, token) == 0 && o->early_ms)
		return;
	mem_free(o->token);
	o->token = mem_strdup(token);
	o->why[0] = '\0';
	if (life_s > OAUTH_LIFE_S_MAX)
		life_s = OAUTH_LIFE_S_MAX;
	o->until_ms =
		tick + (life_s > 0 ? life_s - OAUTH_SPARE_S : quiet_s) * 1000;
	o->early_ms = life_s > 0 ? tick + (life_s - early_s) * 1000 : 0;
	o->end_ms = life_s > 0 ? clock_now_ms() + life_s * 1000 : 0;
}

/* Could it be one in XOAUTH2's response? */
static bool
is_token(const char *s)
{
	size_t n = s ? strlen(s) : 0;

	for (size_t i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] > '~')
			return false;
	return n > 0 && n <= TOKEN_MAX;
}

/* The refresh token that comes along: the old one may be good no longer. */
static void
take_refresh(struct oauth *o, const json_t *a)
{
	const char *again =
		json_string_value(json_object_get(a, "refresh_token"));
	const json_t *life = json_object_get(a, "refresh_token_expires_in");
	json_int_t s = json_integer_value(
		life ? life : json_object_get(a, "refresh_expires_in"));

	if (s > 0 && s < LONG_S)
		o->refresh_ms = clock_now_ms() + s * 1000;
	if (!again || !*again || strlen(again) > TOKEN_MAX)
		return;
	mem_free(o->refresh_token);
	o->refresh_token = mem_strdup(again);
}

static enum outcome
take_answer(struct oauth *o, long status, const struct buf *answer,
	    struct err *e)
{
	json_t *a = json_loadb(buf_str(answer), answer->len, 0, NULL);
	const char *token =
		json_string_value(json_object_get(a, "access_token"));
	json_int_t life = json_integer_value(json_object_get(a, "expires_in"));
	enum outcome r = OUT_OK;

	if (status != 200) {
		r = refused(o, status, a, e);
	} else if (!is_token(token)) {
		r = err_code(e, OUT_TEMP, NET_PROTOCOL,
			     "the token server's answer has no token");
	} else {
		keep(o, token, life > 0 ? life : OAUTH_LIFE_S, 0);
		take_refresh(o, a);
	}
	json_decref(a);
	return r;
}

static enum outcome
refresh(struct oauth *o, const struct net_cancel *cancel, struct err *e)
{
	struct http_request p = { .url = o->url,
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
	r = http_ask(&p, &answer, &status, &why);
	r = r != OUT_OK ? failed(&why, r, e)
			: take_answer(o, status, &answer, e);
	buf_release(&form);
	buf_release(&answer);
	return r;
}

/* --- a file, a command ---------------------------------------------------- */

/* How long a token of a file or a command is still good, in seconds; 0: it
 * does not say. since_ms: when it was given. */
static json_int_t
life_left(const json_t *a, int64_t since_ms)
{
	const json_t *at = json_object_get(a, "expires_at");
	json_int_t in = json_integer_value(json_object_get(a, "expires_in"));
	int64_t end_ms = 0, left;

	if (json_is_integer(at) && json_integer_value(at) > 0 &&
	    json_integer_value(at) < INT64_MAX / 1000)
		end_ms = json_integer_value(at) * 1000;
	else if (json_is_string(at))
		(void)clock_parse(json_string_value(at), &end_ms);
	else if (in > 0 && in < LONG_S)
		end_ms = since_ms + in * 1000;
	if (!end_ms)
		return 0;
	left = (end_ms - clock_now_ms()) / 1000;
	return left > 0 ? left : -1;
}

/* The token alone, or an object as token servers give. */
static enum outcome
take_text(struct oauth *o, struct buf *text, int64_t since_ms, struct err *e)
{
	const char *from = o->file ? "file" : "command";
	json_t *a = json_loadb(buf_str(text), text->len, 0, NULL);
	const char *token = buf_str(text);
	json_int_t life = 0;
	enum outcome r = OUT_OK;

	while (text->len > 0 && strchr(" \t\r\n", text->data[text->len - 1]))
		text->data[--text->len] = '\0';
	if (json_is_object(a)) {
		token = json_string_value(json_object_get(a, "access_token"));
		life = life_left(a, since_ms);
	}
	if (memchr(buf_str(text), '\0', text->len) || !is_token(token))
		r = err_code(e, OUT_TEMP, NET_PROTOCOL,
			     "the token %s gives no token", from);
	else if (life < 0)
		r = err_code(e, OUT_TEMP, NET_AUTH,
			     "the token %s gives one that has ended", from);
	else
		keep(o, token, life, o->file ? 0 : OAUTH_QUIET_S);
	json_decref(a);
	return r;
}

static enum outcome
from_source(struct oauth *o, const struct net_cancel *cancel, struct err *e)
{
	int64_t since_ms = clock_now_ms();
	struct buf text;
	enum outcome r;

	if (o->url)
		return refresh(o, cancel, e);
	buf_init(&text, TOKEN_ANSWER_MAX);
	r = o->file ? token_file(o->file, &text, &since_ms, e)
		    : token_command(o->command, cancel, &text, e);
	if (r == OUT_OK)
		r = take_text(o, &text, since_ms, e);
	buf_release(&text);
	return r;
}

enum outcome
oauth_token(struct oauth *o, const struct net_cancel *cancel, char **out,
	    struct err *e)
{
	enum outcome r = OUT_OK;

	*out = NULL;
	(void)pthread_mutex_lock(&o->lock);
	if (has_source(o) &&
	    (!o->token || o->file || clock_tick_ms() >= o->until_ms))
		r = from_source(o, cancel, e);
	if (r == OUT_OK)
		*out = mem_strdup(o->token);
	(void)pthread_mutex_unlock(&o->lock);
	return r;
}

/* One that ends soon, in time. */
static void
replace(struct oauth *o, const struct net_cancel *cancel)
{
	struct err e;
	int64_t tick = clock_tick_ms();

	if (!o->token || !o->early_ms || tick < o->early_ms)
		return;
	if (from_source(o, cancel, &e) != OUT_OK)
		(void)snprintf(o->why, sizeof(o->why), "%.180s", e.text);
	else if (o->early_ms && clock_tick_ms() >= o->early_ms)
		(void)snprintf(o->why, sizeof(o->why), "nobody replaces it");
	if (o->why[0])
		o->early_ms = tick + OAUTH_AGAIN_S * INT64_C(1000);
}

void
oauth_renew(struct oauth *o, const struct net_cancel *cancel, char *text,
	    size_t n)
{
	char at[32];

	text[0] = '\0';
	(void)pthread_mutex_lock(&o->lock);
	if (has_source(o))
		replace(o, cancel);
	if (o->why[0]) {
		clock_iso_s(o->end_ms / 1000, at);
		(void)snprintf(text, n, "the access token ends at %s: %s", at,
			       o->why);
	} else if (o->refresh_ms && o->refresh_ms - clock_now_ms() <
					    OAUTH_ALARM_S * INT64_C(1000)) {
		clock_iso_s(o->refresh_ms / 1000, at);
		(void)snprintf(text, n,
			       "the refresh token ends at %s: give a new one",
			       at);
	}
	(void)pthread_mutex_unlock(&o->lock);
}

void
oauth_forget(struct oauth *o)
{
	(void)pthread_mutex_lock(&o->lock);
	if (has_source(o))
		MEM_CLEAR(&o->token);
	(void)pthread_mutex_unlock(&o->lock);
}
