#include "gateways/console/page.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/log.h"
#include "daemon/base/markup.h"
#include "daemon/base/mem.h"
#include "daemon/config.h"
#include "gateways/common/http.h"
#include "gateways/console/console.h"
#include "gateways/console/person.h"
#include "gateways/console/text.h"

#define PAGE_BYTES 32768
#define HTML "text/html; charset=utf-8"
#define CSRF_MAX 48
#define TOKEN_MAX 64 /* characters of a one-time link's */
#define EMAIL_MAX 254
#define PASSWORD_MAX 1000
#define NEXT_MAX 1000             /* of where to go after the log-in */
#define REPORTS_UNDER "/reports/" /* and a report's name */
#define LANGUAGE_COOKIE "postigo-lang"

/* What a form's page shows. */
struct form {
	const char *language;
	enum text title;
	int error; /* enum text, or -1 */
	int notice;
	const char *email; /* typed before; may be NULL */
	const char *next;  /* may be NULL */
	const char *token; /* of a one-time link, or NULL: log-in */
};

/* A call of the log-in under way. */
struct entry {
	struct console *console;
	struct hit *hit;
	char *next;
	char *email;
	bool link;
};

/* --- languages and cookies ------------------------------------------------- */

static const char *
language_of(const struct console *c, const struct hit *h)
{
	const char *arg = hit_arg(h, "lang");
	char cookie[8];

	if (arg != NULL && strcmp(arg, "es") == 0)
		return "es";
	if (arg != NULL && strcmp(arg, "en") == 0)
		return "en";
	if (http_cookie(hit_header(h, "cookie"), LANGUAGE_COOKIE, cookie,
			sizeof cookie))
		return strcmp(cookie, "en") == 0 ? "en" : "es";
	return http_language(hit_header(h, "accept-language"),
			     strcmp(c->desk_language, "en") == 0 ? "en" : "es");
}

static void
set_cookie(const struct console *c, struct hit *h, const char *name,
	   const char *value, const char *more)
{
	hit_setf(h, "set-cookie",
		 "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s", name, value,
		 c->https ? "; Secure" : "", more);
}

static void
keep_language(struct hit *h, const char *language)
{
	if (hit_arg(h, "lang") != NULL)
		hit_setf(h, "set-cookie",
			 LANGUAGE_COOKIE
			 "=%s; Path=/; Max-Age=31536000; HttpOnly; "
			 "SameSite=Lax",
			 language);
}

/* The path of one of our pages, n octets. */
static bool
page_known(const char *path, size_t n)
{
	static const char *const plain[] = { "/", "/incidents", "/reports" };
	static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
	size_t under = sizeof REPORTS_UNDER - 1;
	size_t i;

	for (i = 0; i < sizeof plain / sizeof plain[0]; i++)
		if (strlen(plain[i]) == n && strncmp(plain[i], path, n) == 0)
			return true;
	return n > under && strncmp(path, REPORTS_UNDER, under) == 0 &&
	       strspn(path + under, lower) >= n - under;
}

/* An address of ours to go to. Anything else is dropped. */
static const char *
safe_next(const char *next)
{
	if (next == NULL || strlen(next) > NEXT_MAX ||
	    !page_known(next, strcspn(next, "?")) ||
	    strpbrk(next, "\r\n\\ \t\"<>") != NULL)
		return NULL;
	return next;
}

static void
redirect(const struct console *c, struct hit *h, const char *to)
{
	console_secure(c, h, PAGE_DATA);
	hit_set(h, "location", to);
	hit_send(h, 303, NULL, NULL, 0);
}

/* --- making pages ---------------------------------------------------------- */

static void
head(struct buf *b, const char *language, const char *title)
{
	(void)buf_printf(
		b,
		"<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta "
		"charset=\"utf-8\">\n<meta name=\"viewport\" "
		"content=\"width=device-width, initial-scale=1\">\n<title>%s · "
		"Postigo</title>\n<link rel=\"stylesheet\" "
		"href=\"/assets/login.css\">\n</head>\n<body>\n<main>\n<p "
		"class=\"mark\"><i aria-hidden=\"true\"></i>Postigo</p>\n<div "
		"class=\"card\">\n<h1>%s</h1>\n",
		language, title, title);
}

static void
hidden(struct buf *b, const char *name, const char *value)
{
	(void)buf_printf(b, "<input type=\"hidden\" name=\"%s\" value=\"",
			 name);
	markup_escape(b, value);
	(void)buf_puts(b, "\">\n");
}

static void
fields(struct buf *b, const struct form *f)
{
	(void)buf_printf(
		b,
		"<label for=\"email\">%s</label>\n<input id=\"email\" "
		"name=\"email\" type=\"email\" autocomplete=\"username\" "
		"maxlength=\"%d\" required%s value=\"",
		text_get(TEXT_EMAIL, f->language), EMAIL_MAX,
		f->email == NULL ? " autofocus" : "");
	markup_escape(b, f->email != NULL ? f->email : "");
	(void)buf_printf(b,
			 "\">\n<label for=\"password\">%s</label>\n<input "
			 "id=\"password\" name=\"password\" type=\"password\" "
			 "autocomplete=\"current-password\" maxlength=\"%d\" "
			 "required%s>\n",
			 text_get(TEXT_PASSWORD, f->language), PASSWORD_MAX,
			 f->email != NULL ? " autofocus" : "");
}

static void
foot(struct buf *b, const struct form *f)
{
	const char *other = strcmp(f->language, "en") == 0 ? "es" : "en";

	(void)buf_printf(b, "</div>\n<footer><a href=\"?lang=%s", other);
	if (f->token != NULL) {
		(void)buf_puts(b, "&amp;token=");
		http_escape(b, f->token);
	}
	if (f->next != NULL) {
		(void)buf_puts(b, "&amp;next=");
		http_escape(b, f->next);
	}
	(void)buf_printf(b,
			 "\" lang=\"%s\" hreflang=\"%s\">%s</a></footer>\n"
			 "</main>\n</body>\n</html>\n",
			 other, other,
			 text_get(TEXT_OTHER_LANGUAGE, f->language));
}

static void
line(struct buf *b, const struct form *f, int text, const char *class,
     const char *role)
{
	if (text >= 0)
		(void)buf_printf(b, "<p class=\"%s\" role=\"%s\">%s</p>\n",
				 class, role,
				 text_get((enum text)text, f->language));
}

static void
send_form(struct console *c, struct hit *h, int status, const struct form *f)
{
	char csrf[CSRF_MAX];
	struct buf b;

	buf_init(&b, PAGE_BYTES);
	hash_token(csrf);
	head(&b, f->language, text_get(f->title, f->language));
	line(&b, f, f->notice, "notice", "status");
	line(&b, f, f->error, "error", "alert");
	(void)buf_printf(&b, "<form method=\"post\" action=\"%s\">\n",
			 f->token != NULL ? "/login/link" : "/login");
	hidden(&b, "csrf", csrf);
	if (f->next != NULL)
		hidden(&b, "next", f->next);
	if (f->token != NULL)
		hidden(&b, "token", f->token);
	else
		fields(&b, f);
	(void)buf_printf(
		&b, "<button type=\"submit\">%s</button>\n</form>\n",
		text_get(f->token != NULL ? TEXT_LINK_BUTTON : TEXT_ENTER,
			 f->language));
	foot(&b, f);
	console_secure(c, h, PAGE_FORM);
	set_cookie(c, h, console_csrf_cookie(c), csrf, "; Max-Age=3600");
	keep_language(h, f->language);
	hit_send(h, status, HTML, b.data, b.len);
	buf_release(&b);
}

/* --- the shell ------------------------------------------------------------- */

static void
send_notice(struct console *c, struct hit *h, int status, enum text t)
{
	struct form f = { .language = language_of(c, h),
			  .error = (int)t,
			  .notice = -1 };
	struct buf b;

	buf_init(&b, PAGE_BYTES);
	head(&b, f.language, "Postigo");
	line(&b, &f, f.error, "error", "alert");
	foot(&b, &f);
	console_secure(c, h, PAGE_FORM);
	hit_send(h, status, HTML, b.data, b.len);
	buf_release(&b);
}

static void
send_shell(struct console *c, struct hit *h, const struct person *p)
{
	const char *js = assets_name(c->assets, "console.js");
	const char *css = assets_name(c->assets, "console.css");
	const char *shared = assets_name(c->assets, "shared.js");
	const char *own =
		json_string_value(json_object_get(person_agent(p), "language"));
	const char *language =
		own != NULL && own[0] != '\0' ? own : c->desk_language;
	struct buf b;

	if (js == NULL || css == NULL) {
		send_notice(c, h, 503, TEXT_NOT_BUILT);
		return;
	}
	buf_init(&b, PAGE_BYTES);
	(void)buf_printf(&b, "<!doctype html>\n<html lang=\"%s\" data-desk=\"",
			 language);
	markup_escape(&b, c->desk_name);
	(void)buf_printf(
		&b,
		"\" data-desk-language=\"%s\" data-version=\"%s\">\n<head>\n"
		"<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
		"content=\"width=device-width, initial-scale=1\">\n<title>"
		"Postigo</title>\n<link rel=\"stylesheet\" href=\"/assets/%s\">"
		"\n",
		c->desk_language, PACKAGE_VERSION, css);
	/* What the program imports: asked for at once, not after it. */
	if (shared != NULL)
		(void)buf_printf(&b,
				 "<link rel=\"modulepreload\" "
				 "href=\"/assets/%s\">\n",
				 shared);
	(void)buf_printf(
		&b,
		"<script type=\"module\" src=\"/assets/%s\"></script>\n"
		"</head>\n<body>\n<div id=\"app\"></div>\n<noscript>%s"
		"</noscript>\n</body>\n</html>\n",
		js, text_get(TEXT_NO_SCRIPT, language));
	console_secure(c, h, PAGE_APP);
	hit_send(h, 200, HTML, b.data, b.len);
	buf_release(&b);
}

static void
to_login(struct console *c, struct hit *h)
{
	const char *path = hit_path(h);
	struct buf next;
	struct buf to;
	size_t bare;
	size_t i;

	buf_init(&next, NEXT_MAX);
	buf_init(&to, NEXT_MAX * 3 + 16);
	(void)buf_puts(&next, path);
	bare = next.len;
	for (i = 0; hit_arg_at(h, i) != NULL; i++) {
		const char *eq = strchr(hit_arg_at(h, i), '=');

		if (eq == NULL || strchr(hit_arg_at(h, i), '&') != NULL)
			continue;
		(void)buf_printf(&next, "%s%.*s=", next.len > bare ? "&" : "?",
				 (int)(eq - hit_arg_at(h, i)),
				 hit_arg_at(h, i));
		http_escape(&next, eq + 1);
	}
	(void)buf_puts(&to, "/login");
	if (next.len > 1 && !next.full && safe_next(buf_str(&next)) != NULL) {
		(void)buf_puts(&to, "?next=");
		http_escape(&to, buf_str(&next));
	}
	redirect(c, h, buf_str(&to));
	buf_release(&next);
	buf_release(&to);
}

/*
 * The session's cookie is SameSite=Strict, so a link in a mail comes without
 * it. A page that at once asks for the same address again, now from our own
 * site, brings it.
 */
static void
send_again(struct console *c, struct hit *h)
{
	struct form f = { .language = language_of(c, h),
			  .error = -1,
			  .notice = -1 };
	struct buf b;

	buf_init(&b, PAGE_BYTES);
	head(&b, f.language, text_get(TEXT_OPENING, f.language));
	(void)buf_printf(&b, "<p><a href=\"\">%s</a></p>\n",
			 text_get(TEXT_OPEN, f.language));
	foot(&b, &f);
	console_secure(c, h, PAGE_FORM);
	hit_set(h, "refresh", "0");
	hit_send(h, 200, HTML, b.data, b.len);
	buf_release(&b);
}

static void
shell_known(void *arg, struct person *p, enum outcome o, const struct err *e)
{
	struct entry *n = arg;

	(void)e;
	if (p != NULL)
		send_shell(n->console, n->hit, p);
	else if (o == OUT_PERM)
		to_login(n->console, n->hit);
	else
		send_notice(n->console, n->hit, 503, TEXT_DOWN);
	hit_unref(n->hit);
	mem_free(n);
}

static struct entry *
entry_new(struct console *c, struct hit *h)
{
	struct entry *n = mem_new(1, sizeof *n);

	n->console = c;
	n->hit = hit_ref(h);
	return n;
}

static bool
session_cookie(const struct console *c, const struct hit *h,
	       char out[HTTP_COOKIE_MAX])
{
	return http_cookie(hit_header(h, "cookie"), console_cookie(c), out,
			   HTTP_COOKIE_MAX);
}

void
page_shell(struct console *c, struct hit *h)
{
	const char *site = hit_header(h, "sec-fetch-site");
	char cookie[HTTP_COOKIE_MAX];

	if (session_cookie(c, h, cookie))
		person_open(c, cookie, false, shell_known, entry_new(c, h));
	else if (site != NULL && strcmp(site, "cross-site") == 0)
		send_again(c, h);
	else
		to_login(c, h);
}

/* --- log-in ------------------------------------------------------------------ */

static void
send_login(struct console *c, struct hit *h, int status, int error,
	   const char *email, const char *next)
{
	struct form f = { .language = language_of(c, h),
			  .title = TEXT_LOGIN_TITLE,
			  .error = error,
			  .notice = -1,
			  .email = email,
			  .next = safe_next(next) };

	if (hit_arg(h, "out") != NULL)
		f.notice = TEXT_OUT;
	send_form(c, h, status, &f);
}

static void
login_known(void *arg, struct person *p, enum outcome o, const struct err *e)
{
	struct entry *n = arg;
	const char *next = safe_next(hit_arg(n->hit, "next"));

	(void)o;
	(void)e;
	if (p != NULL)
		redirect(n->console, n->hit, next != NULL ? next : "/");
	else
		send_login(n->console, n->hit, 200, -1, NULL, next);
	hit_unref(n->hit);
	mem_free(n);
}

void
page_login(struct console *c, struct hit *h)
{
	char cookie[HTTP_COOKIE_MAX];

	if (session_cookie(c, h, cookie))
		person_open(c, cookie, false, login_known, entry_new(c, h));
	else
		send_login(c, h, 200, -1, NULL, hit_arg(h, "next"));
}

/* Is the form one that we gave to this browser? */
static bool
form_is_ours(const struct console *c, struct hit *h, const char *body, size_t n)
{
	char cookie[CSRF_MAX];
	char *field = http_form(body, n, "csrf");
	bool ours = field != NULL && console_same_origin(c, h) &&
		    http_cookie(hit_header(h, "cookie"), console_csrf_cookie(c),
				cookie, sizeof cookie) &&
		    cookie[0] != '\0' && strlen(field) == strlen(cookie) &&
		    hash_same(field, cookie, strlen(cookie));

	mem_free(field);
	return ours;
}

static void
send_link(struct console *c, struct hit *h, int status, int error,
	  const char *token)
{
	struct form f = { .language = language_of(c, h),
			  .title = TEXT_LINK_TITLE,
			  .error = error,
			  .notice = error < 0 ? (int)TEXT_LINK_HELP : -1,
			  .token = token };

	send_form(c, h, status, &f);
}

static void
entry_refused(struct entry *n, const struct bus_reply *r)
{
	bool many = strcmp(r->err.code, "too_many") == 0;
	int error = many                     ? TEXT_TOO_MANY
		    : r->outcome != OUT_PERM ? TEXT_DOWN
		    : n->link                ? TEXT_LINK_DEAD
					     : TEXT_REFUSED;
	int status = many ? 429 : r->outcome == OUT_PERM ? 403 : 503;

	if (status != 403)
		hit_setf(n->hit, "retry-after", "%d",
			 r->retry_after_ms > 0
				 ? (int)((r->retry_after_ms + 999) / 1000)
				 : CONSOLE_DOWN_RETRY_S);
	if (n->link && status == 403)
		send_login(n->console, n->hit, status, error, NULL, NULL);
	else if (n->link)
		send_link(n->console, n->hit, status, error, n->email);
	else
		send_login(n->console, n->hit, status, error, n->email,
			   n->next);
}

static void
entered(void *arg, const struct bus_reply *r)
{
	struct entry *n = arg;
	const char *cookie =
		json_string_value(json_object_get(r->result, "cookie"));

	if (r->outcome == OUT_OK && cookie != NULL) {
		set_cookie(n->console, n->hit, console_cookie(n->console),
			   cookie, "");
		redirect(n->console, n->hit,
			 safe_next(n->next) != NULL ? n->next : "/");
	} else {
		entry_refused(n, r);
	}
	hit_unref(n->hit);
	mem_free(n->next);
	mem_free(n->email);
	mem_free(n);
}

static void
enter(struct console *c, struct entry *n, const char *method, json_t *params)
{
	struct bus_reply r = { .outcome = OUT_TEMP };

	r.outcome = bus_call(c->bus, method, params, NULL, NULL, entered, n,
			     &r.err);
	if (r.outcome != OUT_OK)
		entered(n, &r);
}

static void
login_body(void *arg, struct hit *h, const char *p, size_t len)
{
	struct console *c = arg;
	char *email = http_form(p, len, "email");
	char *password = http_form(p, len, "password");
	char *next = http_form(p, len, "next");
	struct entry *n;

	if (p == NULL)
		return;
	if (!form_is_ours(c, h, p, len)) {
		send_login(c, h, 403, TEXT_FORM_OLD, email, next);
	} else if (email == NULL || password == NULL ||
		   strlen(email) > EMAIL_MAX ||
		   strlen(password) > PASSWORD_MAX) {
		send_login(c, h, 403, TEXT_REFUSED, email, next);
	} else {
		n = entry_new(c, h);
		n->email = mem_strdup(email);
		n->next = mem_strdup(next);
		enter(c, n, "session.login",
		      json_pack("{s:s, s:s, s:s}", "email", email, "password",
				password, "network", hit_address(h)));
	}
	if (password != NULL)
		explicit_bzero(password, strlen(password));
	mem_free(email);
	mem_free(password);
	mem_free(next);
}

void
page_login_post(struct console *c, struct hit *h)
{
	hit_body(h, CONSOLE_BODY_BYTES, login_body, c);
}

/* --- one-time links ---------------------------------------------------------- */

void
page_link(struct console *c, struct hit *h)
{
	const char *token = hit_arg(h, "token");

	if (token == NULL || strlen(token) > TOKEN_MAX)
		send_login(c, h, 403, TEXT_LINK_DEAD, NULL, NULL);
	else
		send_link(c, h, 200, -1, token);
}

static void
link_body(void *arg, struct hit *h, const char *p, size_t len)
{
	struct console *c = arg;
	char *token = http_form(p, len, "token");
	struct entry *n;

	if (p == NULL)
		return;
	if (token == NULL || strlen(token) > TOKEN_MAX) {
		send_login(c, h, 403, TEXT_LINK_DEAD, NULL, NULL);
	} else if (!form_is_ours(c, h, p, len)) {
		send_link(c, h, 403, TEXT_FORM_OLD, token);
	} else {
		n = entry_new(c, h);
		n->link = true;
		n->email = mem_strdup(token);
		enter(c, n, "session.redeem",
		      json_pack("{s:s}", "token", token));
	}
	mem_free(token);
}

void
page_link_post(struct console *c, struct hit *h)
{
	hit_body(h, CONSOLE_BODY_BYTES, link_body, c);
}

/* --- log-out ----------------------------------------------------------------- */

static void
out_known(void *arg, struct person *p, enum outcome o, const struct err *e)
{
	struct entry *n = arg;
	struct console *c = n->console;

	(void)e;
	if (p == NULL && o == OUT_TEMP) {
		/* The session would go on: say so rather than pretend. */
		send_notice(c, n->hit, 503, TEXT_DOWN);
	} else {
		if (p != NULL)
			person_logout(c, p);
		set_cookie(c, n->hit, console_cookie(c), "", "; Max-Age=0");
		hit_set(n->hit, "clear-site-data", "\"cache\", \"storage\"");
		redirect(c, n->hit, "/login?out=1");
	}
	hit_unref(n->hit);
	mem_free(n);
}

static void
logout_body(void *arg, struct hit *h, const char *p, size_t len)
{
	struct console *c = arg;
	char cookie[HTTP_COOKIE_MAX];

	(void)len;
	if (p == NULL)
		return;
	if (session_cookie(c, h, cookie))
		person_open(c, cookie, false, out_known, entry_new(c, h));
	else
		redirect(c, h, "/login");
}

void
page_logout(struct console *c, struct hit *h)
{
	if (!console_same_origin(c, h)) {
		console_secure(c, h, PAGE_DATA);
		http_error(h, 403, "not_allowed", "not from a page of ours", 0);
		return;
	}
	hit_body(h, CONSOLE_BODY_BYTES, logout_body, c);
}
