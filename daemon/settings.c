#include "daemon/settings.h"

#include <arpa/inet.h>
#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/settings_scan.h"

#define DEFAULT_DATA "/var/lib/postigo"
#define DEFAULT_PEERS 64
#define PEERS_MAX 256
#define RESERVE_MIB_MAX (16 * 1024 * 1024)
#define MIB (1024 * 1024)

static const char *const roles[ROLE_COUNT] = { "mail",   "chat",    "whatsapp",
					       "shop",   "webhook", "console",
					       "control" };
static const char *const faces[FACE_COUNT] = { "console", "chat", "whatsapp",
					       "shop" };
static const int ports[FACE_COUNT] = { 8480, 8481, 8482, 8483 };

/* What is being read, for the functions that check one value. */
struct reading {
	const char *path;
	struct settings *s;
	struct settings_errors *errs;
	const struct scan *scan;
	cfg_t *cfg;
};

void
settings_note(struct settings_errors *errs, const char *path, int line,
	      const char *fmt, ...)
{
	struct buf b;
	char text[512];
	va_list ap;

	if (errs->n == SETTINGS_ERRORS_MAX)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	buf_init(&b, 8192);
	if (line > 0)
		(void)buf_printf(&b, "%s:%d: %s", path, line, text);
	else
		(void)buf_printf(&b, "%s: %s", path, text);
	errs->list[errs->n++] = buf_take(&b);
}

/* --- values ----------------------------------------------------------------- */

/*
 * The value of a key as text, or NULL if it is not set. line_out: where.
 */
static const char *
value(const struct reading *r, const char *section, const char *title,
      const char *name, int *line_out)
{
	const struct scan_key *k = scan_find(r->scan, section, title, name);
	cfg_t *c = r->cfg;

	if (k == NULL)
		return NULL;
	*line_out = k->line;
	if (title != NULL)
		c = cfg_gettsec(r->cfg, section, title);
	else if (section != NULL)
		c = cfg_getsec(r->cfg, section);
	return c == NULL ? NULL : cfg_getstr(c, name);
}

static void
take_path(const struct reading *r, const char *section, const char *name,
	  char **out)
{
	int line;
	const char *v = value(r, section, NULL, name, &line);

	if (v == NULL)
		return;
	if (*v == '\0' || strlen(v) >= PATH_MAX) {
		settings_note(r->errs, r->path, line,
			      "'%s' is not a path (an empty one or one over "
			      "%d bytes)",
			      name, PATH_MAX);
		return;
	}
	mem_free(*out);
	*out = mem_strdup(v);
}

static bool
take_number(const struct reading *r, const char *section, const char *name,
	    long min, long max, long *out)
{
	int line;
	const char *v = value(r, section, NULL, name, &line);
	char *end;
	long n;

	if (v == NULL)
		return false;
	errno = 0;
	n = strtol(v, &end, 10);
	if (*v == '\0' || *end != '\0' || errno != 0 || n < min || n > max) {
		settings_note(r->errs, r->path, line,
			      "value '%.40s' of '%s' is not a number from %ld "
			      "to %ld",
			      v, name, min, max);
		return false;
	}
	*out = n;
	return true;
}

static void
take_log(const struct reading *r)
{
	int line;
	struct err e;
	const char *v = value(r, "log", NULL, "kind", &line);

	if (v != NULL && strcmp(v, "journal") == 0)
		r->s->log_kind = LOG_JOURNAL;
	else if (v != NULL && strcmp(v, "json") != 0)
		settings_note(r->errs, r->path, line,
			      "log kind '%.40s' is none of json, journal", v);
	v = value(r, "log", NULL, "level", &line);
	if (v != NULL && log_level_parse(v, &r->s->log_level, &e) != OUT_OK)
		settings_note(r->errs, r->path, line, "%s", e.text);
}

static void
take_role(const struct reading *r, enum role role)
{
	int line;
	const char *v = value(r, "role", roles[role], "user", &line);
	const struct passwd *pw;

	if (v == NULL)
		return;
	pw = getpwnam(v);
	if (pw == NULL) {
		settings_note(r->errs, r->path, line,
			      "there is no user '%.64s' on this system", v);
		return;
	}
	r->s->user_named[role] = true;
	r->s->user[role] = pw->pw_uid;
}

static bool
is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

static bool
is_address(const char *v)
{
	unsigned char at[16];

	return inet_pton(AF_INET, v, at) == 1 ||
	       inet_pton(AF_INET6, v, at) == 1;
}

static void
take_url(const struct reading *r, const char *section, char **out)
{
	int line;
	const char *v = value(r, section, NULL, "url", &line);

	if (v == NULL)
		return;
	if (strncmp(v, "https://", 8) != 0 && strncmp(v, "http://", 7) != 0) {
		settings_note(r->errs, r->path, line,
			      "url '%.80s' does not begin with https:// or "
			      "http://",
			      v);
		return;
	}
	mem_free(*out);
	*out = mem_strdup(v);
}

static void
take_face(const struct reading *r, enum face f)
{
	struct face_settings *face = &r->s->face[f];
	int line = 0;
	long port;
	const char *v = value(r, faces[f], NULL, "address", &line);

	if (v != NULL && !is_address(v)) {
		settings_note(r->errs, r->path, line,
			      "address '%.64s' is not a literal IPv4 or IPv6 "
			      "address",
			      v);
	} else if (v != NULL) {
		mem_free(face->address);
		face->address = mem_strdup(v);
	}
	if (take_number(r, faces[f], "port", 1, 65535, &port))
		face->port = (int)port;
	take_path(r, faces[f], "certificate", &face->certificate);
	take_path(r, faces[f], "key", &face->key);
	take_url(r, faces[f], &face->url);
	if ((*face->certificate == '\0') != (*face->key == '\0'))
		settings_note(r->errs, r->path,
			      scan_section_line(r->scan, faces[f]),
			      "'certificate' and 'key' of '%s' come together",
			      faces[f]);
	else if (!is_loopback(face->address) && *face->key == '\0')
		settings_note(r->errs, r->path, line,
			      "address '%.64s' of '%s' is not loopback: name "
			      "'certificate' and 'key', or put a proxy in "
			      "front",
			      face->address, faces[f]);
}

static void
take_all(const struct reading *r)
{
	long n;
	int i;

	take_path(r, NULL, "data", &r->s->data_dir);
	take_path(r, NULL, "run", &r->s->run_dir);
	take_log(r);
	if (take_number(r, "limits", "peers", 1, PEERS_MAX, &n))
		r->s->peers = (size_t)n;
	if (take_number(r, "limits", "reserve", 0, RESERVE_MIB_MAX, &n))
		r->s->reserve = (int64_t)n * MIB;
	for (i = 0; i < ROLE_COUNT; i++)
		take_role(r, (enum role)i);
	for (i = 0; i < FACE_COUNT; i++)
		take_face(r, (enum face)i);
}

/* --- the file ---------------------------------------------------------------- */

static struct settings_errors *cfg_errors; /* libconfuse's hook has no argument
					      of ours */
static const char *cfg_errors_path;

static void
note_cfg_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char text[400];

	(void)vsnprintf(text, sizeof text, fmt, ap);
	settings_note(cfg_errors, cfg_errors_path, cfg->line, "%s", text);
}

static cfg_opt_t log_opts[] = {
	CFG_STR("kind", "json", CFGF_NONE),
	CFG_STR("level", "info", CFGF_NONE),
	CFG_END(),
};
static cfg_opt_t limit_opts[] = {
	CFG_STR("peers", "64", CFGF_NONE),
	CFG_STR("reserve", NULL, CFGF_NONE),
	CFG_END(),
};
static cfg_opt_t role_opts[] = {
	CFG_STR("user", NULL, CFGF_NONE),
	CFG_END(),
};
static cfg_opt_t face_opts[] = {
	CFG_STR("address", "127.0.0.1", CFGF_NONE),
	CFG_STR("port", NULL, CFGF_NONE),
	CFG_STR("certificate", NULL, CFGF_NONE),
	CFG_STR("key", NULL, CFGF_NONE),
	CFG_STR("url", NULL, CFGF_NONE),
	CFG_END(),
};

static void
parse_values(struct reading *r, const char *text)
{
	cfg_opt_t opts[] = {
		CFG_STR("data", NULL, CFGF_NONE),
		CFG_STR("run", NULL, CFGF_NONE),
		CFG_SEC("log", log_opts, CFGF_NONE),
		CFG_SEC("limits", limit_opts, CFGF_NONE),
		CFG_SEC("role", role_opts, CFGF_MULTI | CFGF_TITLE),
		CFG_SEC("console", face_opts, CFGF_NONE),
		CFG_SEC("chat", face_opts, CFGF_NONE),
		CFG_SEC("whatsapp", face_opts, CFGF_NONE),
		CFG_SEC("shop", face_opts, CFGF_NONE),
		CFG_END(),
	};

	r->cfg = cfg_init(opts, CFGF_IGNORE_UNKNOWN);
	if (r->cfg == NULL) {
		settings_note(r->errs, r->path, 0, "out of memory");
		return;
	}
	cfg_errors = r->errs;
	cfg_errors_path = r->path;
	(void)cfg_set_error_function(r->cfg, note_cfg_error);
	/* libconfuse reads from memory with a name of its own; lines agree */
	if (cfg_parse_buf(r->cfg, text) == CFG_SUCCESS)
		take_all(r);
	else if (r->errs->n == 0)
		settings_note(r->errs, r->path, 0, "cannot be read now");
	(void)cfg_free(r->cfg);
}

static enum outcome
read_file(const char *path, struct buf *b, struct settings_errors *errs)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;
	char *room;

	if (fd >= 0) {
		do {
			room = buf_room(b, 4096);
			n = room == NULL ? 0 : read(fd, room, 4096);
			if (n > 0)
				b->len += (size_t)n;
		} while (n > 0 || (n < 0 && errno == EINTR));
	}
	if (fd < 0 || n < 0)
		settings_note(errs, path, 0, "cannot be read: %s",
			      strerror(errno));
	else if (b->full)
		settings_note(errs, path, 0, "is over %d bytes",
			      SETTINGS_BYTES);
	else if (b->len > 0 && memchr(b->data, '\0', b->len) != NULL)
		settings_note(errs, path, 0, "holds a NUL byte");
	if (fd >= 0)
		(void)close(fd);
	if (errs->n > 0)
		return OUT_PERM;
	(void)buf_putc(b, '\n');
	return OUT_OK;
}

static struct settings *
defaults(void)
{
	struct settings *s = mem_new(1, sizeof *s);
	int i;

	s->data_dir = mem_strdup(DEFAULT_DATA);
	s->log_kind = LOG_JSON;
	s->log_level = LOG_LVL_INFO;
	s->peers = DEFAULT_PEERS;
	s->reserve = SETTINGS_RESERVE_AUTO;
	for (i = 0; i < FACE_COUNT; i++) {
		struct face_settings *f = &s->face[i];

		f->address = mem_strdup("127.0.0.1");
		f->port = ports[i];
		f->certificate = mem_strdup("");
		f->key = mem_strdup("");
		f->url = mem_strdup("");
	}
	return s;
}

static void
read_into(struct settings *s, const char *path, struct settings_errors *errs)
{
	struct scan scan = { .n = 0 };
	struct reading r = {
		.path = path, .s = s, .errs = errs, .scan = &scan
	};
	struct buf text;

	buf_init(&text, SETTINGS_BYTES);
	if (read_file(path, &text, errs) == OUT_OK &&
	    scan_text(&scan, path, text.data, errs))
		parse_values(&r, buf_str(&text));
	scan_release(&scan);
	buf_release(&text);
}

enum outcome
settings_read(const char *path, const char *dir, struct settings **out,
	      struct settings_errors *errs)
{
	struct settings *s = defaults();

	*out = NULL;
	if (path != NULL)
		read_into(s, path, errs);
	if (dir != NULL) {
		mem_free(s->data_dir);
		s->data_dir = mem_strdup(dir);
	}
	if (s->run_dir == NULL)
		s->run_dir = mem_printf("%s/run", s->data_dir);
	if (errs->n > 0) {
		settings_free(&s);
		return OUT_PERM;
	}
	*out = s;
	return OUT_OK;
}

void
settings_free(struct settings **sp)
{
	struct settings *s = *sp;
	int i;

	if (s == NULL)
		return;
	for (i = 0; i < FACE_COUNT; i++) {
		mem_free(s->face[i].address);
		mem_free(s->face[i].certificate);
		mem_free(s->face[i].key);
		mem_free(s->face[i].url);
	}
	mem_free(s->data_dir);
	mem_free(s->run_dir);
	MEM_CLEAR(sp);
}

void
settings_errors_release(struct settings_errors *errs)
{
	while (errs->n > 0)
		mem_free(errs->list[--errs->n]);
}

bool
settings_user_may(const struct settings *s, enum role role, uid_t uid)
{
	return s->user_named[role] && s->user[role] == uid;
}

bool
settings_user_named(const struct settings *s, enum role role)
{
	return s->user_named[role];
}
