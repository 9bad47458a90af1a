#include "daemon/kinds.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"

#define KIND_SETTINGS_MAX 32
#define KIND_SECRETS_MAX 8
#define KIND_NEEDS_MAX 4
#define DIGITS_MAX 32
#define HOST_MAX 253
#define FOLDER_MAX 255
#define COMPLAINT_MAX 1000 /* octets of an error's text */
#define COMPLAINT_MORE 120 /* of one complaint's reason */

enum form {
	FORM_TEXT,    /* one line */
	FORM_ADDRESS, /* an e-mail address */
	FORM_PATH,    /* absolute, without ".." */
	FORM_CHOICE,  /* one of the words of choices */
	FORM_INT,     /* a whole number from low to high */
	FORM_BOOL,    /* true or false */
	FORM_HOST,    /* a name or an IP address */
	FORM_HTTPS,   /* a URL */
	FORM_HOOK,    /* the same, or http:// on this machine */
	FORM_FOLDER,  /* name of a folder on a mail server */
	FORM_DAY,     /* 2026-01-31 */
	FORM_COMMAND, /* a program's path and its arguments */
	FORM_DIGITS,  /* 1 to 32 of them */
	FORM_COUNTRY, /* two capital letters */
	FORM_TEXTS    /* texts of several lines by language */
};

struct setting {
	const char *name;
	enum form form;
	bool optional;
	const char *choices; /* FORM_CHOICE: words with a space between */
	int64_t low;         /* FORM_INT */
	int64_t high;
	bool local; /* of this machine: see kind_local() */
};

/* What no setting alone can say, added to b. */
typedef void cross_fn(const json_t *settings, struct buf *b);

struct kind {
	const char *name;
	enum role role;
	struct setting settings[KIND_SETTINGS_MAX];
	const char *secrets[KIND_SECRETS_MAX];
	/* of them, those that it cannot do without; NULL after the last */
	const char *needs[KIND_NEEDS_MAX + 1];
	cross_fn *cross; /* NULL: nothing */
};

static cross_fn mailbox_cross;
static cross_fn chat_cross;
static cross_fn whatsapp_cross;
static cross_fn shop_cross;
static cross_fn shopify_cross;

#define LANGUAGES "es en"
#define SECURITIES "tls starttls none"
#define PORT_MAX 65535
#define REMEMBER_DAYS_MAX 365
#define ORIGINS_MAX 20
#define MEDIA_HOSTS_MAX 20
#define POLL_S_MIN 5
#define POLL_S_MAX 3600
#define SHOP_PATH_DIGITS 32
#define RETURN_DAYS_MAX 365

/* What every connection of role shop may have: where its deliveries come in
 * (made by connection.add), and how long its goods may be sent back. */
#define SHOP_SETTINGS                                                          \
	{ "path", FORM_TEXT, true },                                           \
	{                                                                      \
		"return_days", FORM_INT, true, NULL, 0, RETURN_DAYS_MAX        \
	}

static const struct kind kinds[] = {
	{ .name = "maildir",
	  .role = ROLE_MAIL,
	  .settings = { { "address", FORM_ADDRESS, false },
			{ "auth_server", FORM_HOST, true },
			{ "from_name", FORM_TEXT, false },
			{ "in", FORM_PATH, false },
			{ "out", FORM_PATH, false },
			{ "language", FORM_CHOICE, true, LANGUAGES },
			{ "signature", FORM_TEXTS, true },
			{ "quote_history", FORM_BOOL, true },
			{ "acknowledge", FORM_BOOL, true },
			{ "acknowledge_reply", FORM_TEXT, true } } },
	{ .name = "pipe",
	  .role = ROLE_MAIL,
	  .settings = { { "address", FORM_ADDRESS, false },
			{ "auth_server", FORM_HOST, true },
			{ "from_name", FORM_TEXT, false },
			{ "out", FORM_PATH, false },
			{ "language", FORM_CHOICE, true, LANGUAGES },
			{ "signature", FORM_TEXTS, true },
			{ "quote_history", FORM_BOOL, true },
			{ "acknowledge", FORM_BOOL, true },
			{ "acknowledge_reply", FORM_TEXT, true } } },
	{ .name = "mailbox",
	  .role = ROLE_MAIL,
	  .settings = { { "address", FORM_ADDRESS, false },
			{ "auth_server", FORM_HOST, true },
			{ "from_name", FORM_TEXT, false },
			{ "language", FORM_CHOICE, true, LANGUAGES },
			{ "imap_host", FORM_HOST, false },
			{ "imap_port", FORM_INT, true, NULL, 1, PORT_MAX },
			{ "imap_security", FORM_CHOICE, true, SECURITIES },
			{ "imap_user", FORM_TEXT, true },
			{ "folder", FORM_FOLDER, true },
			{ "handled", FORM_CHOICE, true, "flag move leave" },
			{ "handled_folder", FORM_FOLDER, true },
			{ "start", FORM_CHOICE, true, "new all since" },
			{ "start_since", FORM_DAY, true },
			{ "poll_s", FORM_INT, true, NULL, POLL_S_MIN,
			  POLL_S_MAX },
			{ "smtp_host", FORM_HOST, true },
			{ "smtp_port", FORM_INT, true, NULL, 1, PORT_MAX },
			{ "smtp_security", FORM_CHOICE, true, SECURITIES },
			{ "smtp_user", FORM_TEXT, true },
			{ "sent_folder", FORM_FOLDER, true },
			{ "signature", FORM_TEXTS, true },
			{ "quote_history", FORM_BOOL, true },
			{ "delivery_reports", FORM_BOOL, true },
			{ "auth", FORM_CHOICE, true, "password xoauth2" },
			{ "ca_file", FORM_PATH, true },
			{ "oauth_token_url", FORM_HTTPS, true },
			{ "oauth_client_id", FORM_TEXT, true },
			{ "oauth_token_file", FORM_PATH, true, .local = true },
			{ "oauth_token_command", FORM_COMMAND, true,
			  .local = true },
			{ "acknowledge", FORM_BOOL, true },
			{ "acknowledge_reply", FORM_TEXT, true } },
	  .secrets = { "password", "smtp_password", "access_token",
		       "oauth_client_secret", "oauth_refresh_token" },
	  .cross = mailbox_cross },
	{ .name = "chat",
	  .role = ROLE_CHAT,
	  .settings = { { "origins", FORM_TEXT, false },
			{ "title", FORM_TEXT, false },
			{ "language", FORM_CHOICE, true, LANGUAGES },
			{ "color", FORM_TEXT, true },
			{ "greeting_es", FORM_TEXT, true },
			{ "greeting_en", FORM_TEXT, true },
			{ "mail", FORM_TEXT, true },
			{ "remember_days", FORM_INT, true, NULL, 0,
			  REMEMBER_DAYS_MAX } },
	  .cross = chat_cross },
	{ .name = "webhook",
	  .role = ROLE_WEBHOOK,
	  .settings = { { "url", FORM_HOOK, false },
			{ "ca_file", FORM_PATH, true } },
	  .secrets = { "secret" },
	  .needs = { "secret" } },
	{ .name = "whatsapp",
	  .role = ROLE_WHATSAPP,
	  .settings = { { "phone_number_id", FORM_DIGITS, false },
			{ "waba_id", FORM_DIGITS, false },
			{ "display_number", FORM_TEXT, false },
			{ "graph_base", FORM_HOOK, true },
			{ "graph_version", FORM_TEXT, true },
			{ "portfolio", FORM_TEXT, true },
			{ "language", FORM_CHOICE, true, LANGUAGES },
			{ "mail", FORM_TEXT, true },
			{ "fallback", FORM_CHOICE, true, "offer send" },
			{ "acknowledge", FORM_BOOL, true },
			{ "acknowledge_reply", FORM_TEXT, true },
			{ "survey", FORM_BOOL, true },
			{ "read_receipts", FORM_BOOL, true },
			{ "ca_file", FORM_PATH, true },
			{ "media_hosts", FORM_TEXT, true } },
	  .secrets = { "access_token", "app_secret", "app_secret_next",
		       "verify_token" },
	  .needs = { "access_token", "app_secret", "verify_token" },
	  .cross = whatsapp_cross },
	{ .name = "woocommerce",
	  .role = ROLE_SHOP,
	  .settings = { { "url", FORM_HOOK, false },
			{ "zone", FORM_TEXT, true },
			{ "country", FORM_COUNTRY, true },
			{ "completed", FORM_CHOICE, true, "shipped delivered" },
			{ "ca_file", FORM_PATH, true },
			SHOP_SETTINGS },
	  .secrets = { "consumer_key", "consumer_secret", "webhook_secret" },
	  .needs = { "webhook_secret" },
	  .cross = shop_cross },
	{ .name = "shopify",
	  .role = ROLE_SHOP,
	  .settings = { { "shop_domain", FORM_HOST, false },
			{ "country", FORM_COUNTRY, true },
			{ "url", FORM_HOOK, true },
			{ "ca_file", FORM_PATH, true },
			SHOP_SETTINGS },
	  .secrets = { "access_token", "client_secret", "client_secret_next" },
	  .needs = { "client_secret" },
	  .cross = shopify_cross },
	{ .name = "prestashop",
	  .role = ROLE_SHOP,
	  .settings = { { "url", FORM_HOOK, false },
			{ "zone", FORM_TEXT, true },
			{ "country", FORM_COUNTRY, true },
			{ "id_shop", FORM_DIGITS, true },
			{ "ca_file", FORM_PATH, true },
			SHOP_SETTINGS },
	  .secrets = { "key" },
	  .needs = { "key" },
	  .cross = shop_cross },
	{ .name = "magento",
	  .role = ROLE_SHOP,
	  .settings = { { "url", FORM_HOOK, false },
			{ "country", FORM_COUNTRY, true },
			{ "ca_file", FORM_PATH, true },
			SHOP_SETTINGS },
	  .secrets = { "token" },
	  .needs = { "token" },
	  .cross = shop_cross },
	{ .name = "orders",
	  .role = ROLE_SHOP,
	  .settings = { { "country", FORM_COUNTRY, true }, SHOP_SETTINGS },
	  .secrets = { "secret" },
	  .needs = { "secret" },
	  .cross = shop_cross },
	{ .name = "aftership",
	  .role = ROLE_SHOP,
	  .settings = { SHOP_SETTINGS },
	  .secrets = { "webhook_secret" },
	  .needs = { "webhook_secret" },
	  .cross = shop_cross },
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

bool
kind_is_flag(const struct kind *k, const char *name)
{
	const struct setting *x = setting_find(k, name);

	return x != NULL && x->form == FORM_BOOL;
}

bool
kind_is_number(const struct kind *k, const char *name)
{
	const struct setting *x = setting_find(k, name);

	return x != NULL && x->form == FORM_INT;
}

bool
kind_is_texts(const struct kind *k, const char *name)
{
	const struct setting *x = setting_find(k, name);

	return x != NULL && x->form == FORM_TEXTS;
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

/* Is v one of the words? */
static bool
is_choice(const char *v, const char *words)
{
	size_t n = strlen(v);

	if (strchr(v, ' ') != NULL)
		return false;
	for (const char *p = words; p != NULL; p = strchr(p, ' ')) {
		p += *p == ' ';
		if (strncmp(p, v, n) == 0 && (p[n] == ' ' || p[n] == '\0'))
			return true;
	}
	return false;
}

static bool
is_ip(const char *v)
{
	unsigned char octets[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, v, octets) == 1 ||
	       inet_pton(AF_INET6, v, octets) == 1;
}

/* Labels of letters, digits, '-' and '_' with single dots between. */
static bool
is_host_name(const char *v)
{
	const char *p = v;

	for (;;) {
		size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789-_");

		if (n == 0 || n > 63 || p[0] == '-' || p[n - 1] == '-')
			return false;
		if (p[n] == '\0')
			return true;
		if (p[n] != '.')
			return false;
		p += n + 1;
	}
}

static bool
is_host(const char *v)
{
	return strlen(v) <= HOST_MAX && (is_ip(v) || is_host_name(v));
}

/* Does a connection to it stay on this machine? */
static bool
is_loopback(const char *v)
{
	unsigned char octets[sizeof(struct in6_addr)];
	static const unsigned char one[sizeof(struct in6_addr)] = { [15] = 1 };

	if (inet_pton(AF_INET, v, octets) == 1)
		return octets[0] == 127;
	if (inet_pton(AF_INET6, v, octets) == 1)
		return memcmp(octets, one, sizeof one) == 0;
	return strcasecmp(v, "localhost") == 0;
}

/* SCHEME HOST[:PORT][/...], without a person's name in it.
 * here  the host is this machine */
static bool
is_url(const char *v, const char *scheme, bool here)
{
	char host[HOST_MAX + 1];
	size_t n;

	if (strncmp(v, scheme, strlen(scheme)) != 0)
		return false;
	v += strlen(scheme);
	n = strcspn(v, ":/?");
	if (n == 0 || n >= sizeof host || strpbrk(v, " \"<>\\@#") != NULL)
		return false;
	(void)memcpy(host, v, n);
	host[n] = '\0';
	v += n;
	if (*v == ':') {
		size_t digits = strspn(v + 1, "0123456789");

		if (digits == 0 || digits > 5 ||
		    strchr("/?", v[1 + digits]) == NULL)
			return false;
	}
	return is_host(host) && (!here || is_loopback(host));
}

static bool
is_https(const char *v)
{
	return is_url(v, "https://", false);
}

/* '*' and '%' are wildcards of the server's list. */
static bool
is_folder(const char *v)
{
	size_t n = strlen(v);

	return n <= FOLDER_MAX && v[0] != ' ' && v[n - 1] != ' ' &&
	       strpbrk(v, "*%") == NULL;
}

static bool
all_digits(const char *v, size_t n)
{
	return strspn(v, "0123456789") >= n;
}

/* A day of the calendar, 1970 to 9999. */
static bool
is_day(const char *v)
{
	char instant[sizeof "2026-01-31T00:00:00Z"];
	int64_t ms;

	if (strlen(v) != 10 || !all_digits(v, 4) || v[4] != '-' ||
	    !all_digits(v + 5, 2) || v[7] != '-' || !all_digits(v + 8, 2))
		return false;
	(void)snprintf(instant, sizeof instant, "%sT00:00:00Z", v);
	return clock_parse(instant, &ms) && ms >= 0;
}

/* The first word is a path. */
static bool
is_command(const char *v)
{
	char path[KIND_SETTING_MAX + 1];
	size_t n = strcspn(v, " ");

	(void)memcpy(path, v, n);
	path[n] = '\0';
	return is_path(path);
}

static bool
is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* What is wrong with a text that is one line, or NULL. */
static const char *
text_wrong(const struct setting *x, const char *t)
{
	switch (x->form) {
	case FORM_ADDRESS:
		return is_address(t) ? NULL : "is not an e-mail address";
	case FORM_PATH:
		return is_path(t) ? NULL : "is not an absolute path";
	case FORM_CHOICE:
		return is_choice(t, x->choices) ? NULL : "is none of";
	case FORM_HOST:
		return is_host(t) ? NULL
				  : "is neither a host's name nor its address";
	case FORM_HTTPS:
		return is_https(t) ? NULL : "is not an https:// address";
	case FORM_HOOK:
		return is_https(t) || is_url(t, "http://", true)
			       ? NULL
			       : "is not an https:// address (http:// only of "
				 "this machine)";
	case FORM_FOLDER:
		return is_folder(t) ? NULL : "is not a folder's name";
	case FORM_DAY:
		return is_day(t) ? NULL : "is not a day like 2026-01-31";
	case FORM_COMMAND:
		return is_command(t) ? NULL
				     : "does not begin with a program's "
				       "absolute path";
	case FORM_DIGITS:
		return strlen(t) <= DIGITS_MAX && all_digits(t, strlen(t))
			       ? NULL
			       : "is not 1 to 32 digits";
	case FORM_COUNTRY:
		return strlen(t) == 2 && is_capital(t[0]) && is_capital(t[1])
			       ? NULL
			       : "is not a country like ES";
	case FORM_TEXT:
	case FORM_INT:
	case FORM_BOOL:
	case FORM_TEXTS:
		break;
	}
	return NULL;
}

/* Lines of a mail: no controls but ends of lines and tabs. */
static bool
are_lines(const char *v)
{
	for (; *v != '\0'; v++)
		if (((unsigned char)*v < ' ' && *v != '\n' && *v != '\t') ||
		    *v == 0x7f)
			return false;
	return true;
}

/* What is wrong with texts by language, or NULL. */
static const char *
texts_wrong(const json_t *v)
{
	const char *language;
	json_t *text;

	if (!json_is_object(v))
		return "is not an object of texts by language";
	json_object_foreach((json_t *)v, language, text)
	{
		const char *t = json_string_value(text);

		if (!is_choice(language, LANGUAGES))
			return "has a language that is none of es, en";
		if (t == NULL || t[0] == '\0' || !are_lines(t))
			return "has something that is no text";
		if (strlen(t) > KIND_TEXTS_MAX)
			return "has a text that is too long";
	}
	return NULL;
}

/* What is wrong with a value, or NULL. */
static const char *
setting_wrong(const struct setting *x, const json_t *v)
{
	const char *t = json_string_value(v);

	if (x->form == FORM_INT) {
		if (!json_is_integer(v))
			return "is not a whole number";
		return json_integer_value(v) >= x->low &&
				       json_integer_value(v) <= x->high
			       ? NULL
			       : "is not from";
	}
	if (x->form == FORM_BOOL)
		return json_is_boolean(v) ? NULL : "is neither true nor false";
	if (x->form == FORM_TEXTS)
		return texts_wrong(v);
	if (t == NULL)
		return "is not a text";
	if (t[0] == '\0')
		return "is empty";
	if (strlen(t) > KIND_SETTING_MAX)
		return "is too long";
	if (!one_line(t))
		return "is not one line";
	return text_wrong(x, t);
}

static void
complain(struct buf *b, const char *where, const char *name, const char *why)
{
	(void)buf_printf(b, "%s'%s%.60s' %s", b->len > 0 ? "; " : "", where,
			 name, why);
}

/* The same of a setting, with what would be right where a table says it. */
static void
setting_complain(struct buf *b, const struct setting *x, const char *why)
{
	char more[COMPLAINT_MORE];

	(void)snprintf(more, sizeof more, "%s", why);
	if (strcmp(why, "is none of") == 0)
		(void)snprintf(more, sizeof more, "%s: %s", why, x->choices);
	else if (strcmp(why, "is not from") == 0)
		(void)snprintf(more, sizeof more, "%s %lld to %lld", why,
			       (long long)x->low, (long long)x->high);
	complain(b, "settings.", x->name, more);
}

/* --- the kind mailbox ----------------------------------------------------- */

static const char *
text_of(const json_t *settings, const char *name, const char *or_else)
{
	const char *v =
		json_string_value(json_object_get((json_t *)settings, name));

	return v != NULL ? v : or_else;
}

/* Without encryption a password would be read on its way. */
static void
cross_security(const json_t *settings, struct buf *b, const char *security,
	       const char *host)
{
	const char *h = text_of(settings, host, NULL);

	if (h != NULL && !is_loopback(h) &&
	    strcmp(text_of(settings, security, "tls"), "none") == 0)
		complain(b, "settings.", security,
			 "is none: only with localhost, 127.x.x.x or ::1");
}

/* INBOX has no case; others are what the server makes of them. */
static bool
same_folder(const char *a, const char *b)
{
	return strcasecmp(a, "INBOX") == 0 ? strcasecmp(a, b) == 0
					   : strcmp(a, b) == 0;
}

static void
cross_start(const json_t *settings, struct buf *b)
{
	bool since = strcmp(text_of(settings, "start", ""), "since") == 0;
	bool day = text_of(settings, "start_since", NULL) != NULL;

	if (since && !day)
		complain(b, "settings.", "start_since",
			 "is missing: start is since");
	if (day && !since)
		complain(b, "settings.", "start_since",
			 "is given, and start is not since");
}

/* Tokens come from one place. */
static void
cross_tokens(const json_t *settings, struct buf *b)
{
	static const char *const names[] = { "oauth_token_url",
					     "oauth_token_file",
					     "oauth_token_command" };
	const char *first = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (text_of(settings, names[i], NULL) == NULL)
			continue;
		if (first != NULL)
			complain(b, "settings.", names[i],
				 "is another source of tokens");
		first = names[i];
	}
}

static void
mailbox_cross(const json_t *settings, struct buf *b)
{
	const char *folder = text_of(settings, "folder", "INBOX");
	const char *handled = text_of(settings, "handled_folder", NULL);
	const char *sent = text_of(settings, "sent_folder", NULL);

	cross_security(settings, b, "imap_security", "imap_host");
	cross_security(settings, b, "smtp_security", "smtp_host");
	if (handled == NULL &&
	    strcmp(text_of(settings, "handled", ""), "move") == 0)
		complain(b, "settings.", "handled_folder",
			 "is missing: handled is move");
	if (handled != NULL && same_folder(folder, handled))
		complain(b, "settings.", "handled_folder",
			 "is the folder that is read");
	if (sent != NULL && same_folder(folder, sent))
		complain(b, "settings.", "sent_folder",
			 "is the folder that is read");
	if (text_of(settings, "smtp_host", NULL) == NULL &&
	    json_is_true(json_object_get(settings, "acknowledge")))
		complain(b, "settings.", "acknowledge",
			 "is true, but the mailbox does not send: smtp_host "
			 "is missing");
	if (text_of(settings, "oauth_token_url", NULL) != NULL &&
	    text_of(settings, "oauth_client_id", NULL) == NULL)
		complain(b, "settings.", "oauth_client_id",
			 "is missing: oauth_token_url is set");
	cross_start(settings, b);
	cross_tokens(settings, b);
}

/* --- the kind chat -------------------------------------------------------- */

/* SCHEME://HOST[:PORT], as a browser writes it: in lower case, no path. http
 * is for a shop that is tried out on this machine. */
static bool
is_origin(const char *v, size_t n)
{
	static const char secure[] = "https://";
	static const char plain[] = "http://";
	char rest[HOST_MAX + 16];
	bool tls = n > sizeof secure && strncmp(v, secure, 8) == 0;
	size_t skip = tls ? sizeof secure - 1 : sizeof plain - 1;
	char *host = rest;
	char *port;

	if ((!tls && (n <= skip || strncmp(v, plain, skip) != 0)) ||
	    n - skip >= sizeof rest)
		return false;
	(void)memcpy(rest, v + skip, n - skip);
	rest[n - skip] = '\0';
	port = strrchr(rest, ':');
	if (rest[0] == '[') {
		host = rest + 1;
		port = strchr(rest, ']');
		if (port == NULL)
			return false;
		*port++ = '\0';
		if (*port != ':' && *port != '\0')
			return false;
		port = *port == ':' ? port : NULL;
	}
	if (port != NULL) {
		size_t digits = strspn(port + 1, "0123456789");

		*port = '\0';
		if (digits == 0 || digits > 5 || port[1 + digits] != '\0')
			return false;
	}
	return strpbrk(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL &&
	       is_host(host) && (tls || is_loopback(host));
}

static bool
are_origins(const char *v)
{
	int n = 0;

	for (v += strspn(v, " "); *v != '\0'; v += strspn(v, " ")) {
		size_t len = strcspn(v, " ");

		if (++n > ORIGINS_MAX || !is_origin(v, len))
			return false;
		v += len;
	}
	return n > 0;
}

static void
chat_cross(const json_t *settings, struct buf *b)
{
	const char *color = text_of(settings, "color", NULL);

	if (!are_origins(text_of(settings, "origins", "")))
		complain(b, "settings.", "origins",
			 "is not a list of https://HOST[:PORT] with spaces "
			 "between (http:// only of this machine)");
	if (color != NULL && (strlen(color) != 7 || color[0] != '#' ||
			      strspn(color + 1, "0123456789abcdefABCDEF") != 6))
		complain(b, "settings.", "color", "is not #rrggbb");
}

/* --- the kind whatsapp ---------------------------------------------------- */

/* v25.0 */
static bool
is_version(const char *v)
{
	size_t n = strspn(v, "v");
	size_t major = n == 1 ? strspn(v + 1, "0123456789") : 0;
	const char *dot = v + 1 + major;

	return major > 0 && major <= 3 && *dot == '.' && dot[1] != '\0' &&
	       strlen(dot + 1) <= 2 && all_digits(dot + 1, strlen(dot + 1));
}

/* Hosts with spaces between. */
static bool
are_hosts(const char *v)
{
	char host[HOST_MAX + 1];
	int n = 0;

	for (v += strspn(v, " "); *v != '\0'; v += strspn(v, " ")) {
		size_t len = strcspn(v, " ");

		if (++n > MEDIA_HOSTS_MAX || len > HOST_MAX)
			return false;
		(void)memcpy(host, v, len);
		host[len] = '\0';
		if (!is_host(host))
			return false;
		v += len;
	}
	return n > 0;
}

static void
whatsapp_cross(const json_t *settings, struct buf *b)
{
	const char *hosts = text_of(settings, "media_hosts", NULL);

	if (!is_version(text_of(settings, "graph_version", "v1.0")))
		complain(b, "settings.", "graph_version", "is not like v25.0");
	if (hosts != NULL && !are_hosts(hosts))
		complain(b, "settings.", "media_hosts",
			 "is not a list of hosts with spaces between");
	if (strcmp(text_of(settings, "fallback", ""), "send") == 0 &&
	    text_of(settings, "mail", NULL) == NULL)
		complain(b, "settings.", "mail",
			 "is missing: fallback is send");
}

/* --- kinds of role shop --------------------------------------------------- */

static void
shop_cross(const json_t *settings, struct buf *b)
{
	const char *path = text_of(settings, "path", NULL);

	if (path != NULL &&
	    (strlen(path) != SHOP_PATH_DIGITS ||
	     strspn(path, "0123456789abcdef") != SHOP_PATH_DIGITS))
		complain(b, "settings.", "path",
			 "is not 32 hexadecimal digits");
}

/* url stands for https://SHOP_DOMAIN, where a shop is tried out. */
static void
shopify_cross(const json_t *settings, struct buf *b)
{
	if (strpbrk(text_of(settings, "shop_domain", ""),
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != NULL)
		complain(b, "settings.", "shop_domain", "is not in lower case");
	shop_cross(settings, b);
}

/* --- checks --------------------------------------------------------------- */

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
			setting_complain(&b, x, why);
	}
	json_object_foreach((json_t *)settings, name, v)
	{
		if (setting_find(k, name) == NULL)
			complain(&b, "settings.", name, "is not known");
	}
	if (b.len == 0 && k->cross != NULL)
		k->cross(settings, &b);
	return complaints(&b, e);
}

enum outcome
kind_local(const struct kind *k, const json_t *before, const json_t *after,
	   struct err *e)
{
	for (size_t i = 0; i < KIND_SETTINGS_MAX && k->settings[i].name; i++) {
		const struct setting *x = &k->settings[i];
		const char *is = text_of(after, x->name, NULL);

		if (x->local && is != NULL &&
		    strcmp(is, text_of(before, x->name, "")) != 0)
			return err_code(e, OUT_PERM, "not_allowed",
					"'settings.%s' reaches into the "
					"machine: set it on the command line",
					x->name);
	}
	return OUT_OK;
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

enum outcome
kind_needs(const struct kind *k, const json_t *secrets, struct err *e)
{
	for (const char *const *n = k->needs; *n != NULL; n++)
		if (json_string_value(json_object_get(secrets, *n)) == NULL)
			return err_code(e, OUT_PERM, "bad_params",
					"'secrets.%s' is missing", *n);
	return OUT_OK;
}
