#include "daemon/settings_scan.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"

#define HINT_DISTANCE 2 /* letters by which a known name may differ */

/* What may stand where. A section is a key with the section itself. */
static const struct {
	const char *section;
	const char *name;
} known[] = {
	{ "", "data" },
	{ "", "run" },
	{ "", "log" },
	{ "", "limits" },
	{ "", "role" },
	{ "", "console" },
	{ "", "chat" },
	{ "", "whatsapp" },
	{ "", "shop" },
	{ "log", "kind" },
	{ "log", "level" },
	{ "limits", "peers" },
	{ "limits", "reserve" },
	{ "role", "user" },
	{ "console", "address" },
	{ "console", "port" },
	{ "console", "certificate" },
	{ "console", "key" },
	{ "console", "url" },
	{ "chat", "address" },
	{ "chat", "port" },
	{ "chat", "certificate" },
	{ "chat", "key" },
	{ "chat", "url" },
	{ "whatsapp", "address" },
	{ "whatsapp", "port" },
	{ "whatsapp", "certificate" },
	{ "whatsapp", "key" },
	{ "whatsapp", "url" },
	{ "shop", "address" },
	{ "shop", "port" },
	{ "shop", "certificate" },
	{ "shop", "key" },
	{ "shop", "url" },
};
#define KNOWN (sizeof known / sizeof known[0])

static const char *const role_titles[] = { "mail",   "chat",    "whatsapp",
					   "shop",   "webhook", "console",
					   "control" };

enum token {
	TOKEN_WORD, /* also a string in quotes */
	TOKEN_EQUALS,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_OTHER,
	TOKEN_END,
	TOKEN_BROKEN /* a string or comment without its end */
};

struct cursor {
	const char *at;
	int line;
	int token_line;
	const char *token;    /* where the last token begins */
	char word[SCAN_WORD]; /* cut */
};

/* --- words ------------------------------------------------------------------ */

static bool
skip_blank(struct cursor *c)
{
	for (;;) {
		if (*c->at == '\n') {
			c->line++;
			c->at++;
		} else if (isspace((unsigned char)*c->at)) {
			c->at++;
		} else if (*c->at == '#' ||
			   (c->at[0] == '/' && c->at[1] == '/')) {
			c->at += strcspn(c->at, "\n");
		} else if (c->at[0] == '/' && c->at[1] == '*') {
			c->token_line = c->line;
			for (c->at += 2;
			     *c->at != '\0' && strncmp(c->at, "*/", 2) != 0;
			     c->at++)
				c->line += *c->at == '\n';
			if (*c->at == '\0')
				return false;
			c->at += 2;
		} else {
			return true;
		}
	}
}

static void
keep(struct cursor *c, size_t *n, char ch)
{
	if (*n + 1 < sizeof c->word)
		c->word[(*n)++] = ch;
	c->word[*n] = '\0';
}

static enum token
quoted(struct cursor *c)
{
	char end = *c->at++;
	size_t n = 0;

	c->word[0] = '\0';
	for (; *c->at != end; c->at++) {
		if (*c->at == '\0')
			return TOKEN_BROKEN;
		if (*c->at == '\\' && c->at[1] != '\0')
			c->at++;
		c->line += *c->at == '\n';
		keep(c, &n, *c->at);
	}
	c->at++;
	return TOKEN_WORD;
}

static enum token
next_token(struct cursor *c)
{
	size_t n = 0;

	if (!skip_blank(c))
		return TOKEN_BROKEN;
	c->token_line = c->line;
	c->token = c->at;
	switch (*c->at) {
	case '\0':
		return TOKEN_END;
	case '"':
	case '\'':
		return quoted(c);
	case '=':
		c->at++;
		return TOKEN_EQUALS;
	case '{':
		c->at++;
		return TOKEN_OPEN;
	case '}':
		c->at++;
		return TOKEN_CLOSE;
	default:
		break;
	}
	c->word[0] = '\0';
	while (isalnum((unsigned char)*c->at) ||
	       (*c->at != '\0' && strchr("_-./:@", *c->at) != NULL))
		keep(c, &n, *c->at++);
	if (n > 0)
		return TOKEN_WORD;
	keep(c, &n, *c->at++);
	return TOKEN_OTHER;
}

/* --- names ------------------------------------------------------------------- */

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Letters to insert, delete or change to make b of a (Wagner and Fischer). */
static size_t
distance(const char *a, const char *b)
{
	size_t row[SCAN_WORD + 1];
	size_t i;
	size_t j;
	size_t m = strlen(b);

	for (j = 0; j <= m; j++)
		row[j] = j;
	for (i = 1; i <= strlen(a); i++) {
		size_t corner = row[0];

		row[0] = i;
		for (j = 1; j <= m; j++) {
			size_t old = row[j];

			row[j] = least(row[j] + 1, row[j - 1] + 1,
				       corner + (a[i - 1] != b[j - 1]));
			corner = old;
		}
	}
	return row[m];
}

static bool
is_known(const char *section, const char *name)
{
	size_t i;

	for (i = 0; i < KNOWN; i++)
		if (strcmp(known[i].section, section) == 0 &&
		    strcmp(known[i].name, name) == 0)
			return true;
	return false;
}

/* The known name that is nearest to a wrong one, or NULL. */
static const char *
nearest(const char *section, const char *name)
{
	const char *best = NULL;
	size_t best_far = HINT_DISTANCE + 1;
	size_t i;

	for (i = 0; i < KNOWN; i++) {
		size_t far;

		if (strcmp(known[i].section, section) != 0)
			continue;
		far = distance(name, known[i].name);
		if (far < best_far) {
			best_far = far;
			best = known[i].name;
		}
	}
	return best;
}

/* --- statements ---------------------------------------------------------------- */

struct scanner {
	struct scan *sc;
	const char *path;
	struct settings_errors *errs;
	struct cursor c;
	char section[SCAN_WORD]; /* "" at the top */
	char title[SCAN_WORD];
	int section_line;
	bool unknown;        /* the section is: nothing in it is looked at */
	char *text;          /* what the cursor walks over */
	size_t section_from; /* where the section begins in it */
};

static bool
broken(const struct scanner *s, int line, const char *text)
{
	settings_note(s->errs, s->path, line, "%s", text);
	return false;
}

static void
add_key(struct scanner *s, const char *section, const char *title,
	const char *name, int line)
{
	const struct scan_key *old = scan_find(s->sc, section, title, name);
	struct scan_key *k;

	if (old != NULL) {
		settings_note(s->errs, s->path, line,
			      "'%s' stands twice (first on line %d)",
			      *name == '\0' ? section : name, old->line);
		return;
	}
	if (s->sc->n == SCAN_KEYS_MAX)
		return;
	if (s->sc->list == NULL)
		s->sc->list = mem_new(SCAN_KEYS_MAX, sizeof *s->sc->list);
	k = &s->sc->list[s->sc->n++];
	(void)snprintf(k->section, sizeof k->section, "%s", section);
	(void)snprintf(k->title, sizeof k->title, "%s", title);
	(void)snprintf(k->name, sizeof k->name, "%s", name);
	k->line = line;
}

/* libconfuse is not to see what is wrong already: it would stop there. */
static void
blank(struct scanner *s, size_t from)
{
	size_t to = (size_t)(s->c.at - s->text);

	for (; from < to; from++)
		if (s->text[from] != '\n')
			s->text[from] = ' ';
}

/* false: there is no such key here. */
static bool
check_name(struct scanner *s, const char *name, int line)
{
	const char *hint;

	if (s->unknown || is_known(s->section, name))
		return true;
	hint = nearest(s->section, name);
	if (hint != NULL)
		settings_note(s->errs, s->path, line,
			      "no such key '%s' (did you mean '%s'?)", name,
			      hint);
	else if (s->section[0] != '\0')
		settings_note(s->errs, s->path, line,
			      "no such key '%s' in section '%s'", name,
			      s->section);
	else
		settings_note(s->errs, s->path, line, "no such key '%s'", name);
	return false;
}

/* false: a section of that name takes no such title. */
static bool
check_title(const struct scanner *s, const char *name, const char *title,
	    int line)
{
	size_t i;

	if (strcmp(name, "role") != 0) {
		if (*title != '\0')
			settings_note(s->errs, s->path, line,
				      "section '%s' takes no name", name);
		return *title == '\0';
	}
	for (i = 0; i < sizeof role_titles / sizeof role_titles[0]; i++)
		if (strcmp(title, role_titles[i]) == 0)
			return true;
	settings_note(s->errs, s->path, line,
		      "role '%s' is none of mail, chat, whatsapp, shop, "
		      "webhook, console, control",
		      title);
	return false;
}

static bool
begin_section(struct scanner *s, const char *name, const char *title, int line)
{
	if (s->section[0] != '\0') {
		settings_note(s->errs, s->path, line,
			      "section '%s' stands inside section '%s', which "
			      "begins on line %d (is its '}' missing?)",
			      name, s->section, s->section_line);
		return false;
	}
	s->unknown = !is_known("", name) || !check_title(s, name, title, line);
	(void)snprintf(s->section, sizeof s->section, "%s", name);
	(void)snprintf(s->title, sizeof s->title, "%s", title);
	s->section_line = line;
	add_key(s, name, title, "", line);
	return true;
}

/* A statement whose first word was read. */
static bool
statement(struct scanner *s)
{
	char name[SCAN_WORD];
	char title[SCAN_WORD] = "";
	int line = s->c.token_line;
	size_t from = (size_t)(s->c.token - s->text);
	bool fits;
	enum token t;

	(void)snprintf(name, sizeof name, "%s", s->c.word);
	t = next_token(&s->c);
	if (t == TOKEN_EQUALS) {
		fits = check_name(s, name, line);
		if (next_token(&s->c) != TOKEN_WORD)
			return broken(s, line, "after '=' comes a value");
		if (fits)
			add_key(s, s->section, s->title, name, line);
		else
			blank(s, from);
		return true;
	}
	if (t == TOKEN_WORD) {
		(void)snprintf(title, sizeof title, "%s", s->c.word);
		t = next_token(&s->c);
	}
	if (t != TOKEN_OPEN) {
		settings_note(s->errs, s->path, line,
			      "after '%s' comes '=' and a value, or '{'", name);
		return false;
	}
	if (s->section[0] == '\0')
		(void)check_name(s, name, line);
	s->section_from = from;
	return begin_section(s, name, title, line);
}

bool
scan_text(struct scan *sc, const char *path, char *text,
	  struct settings_errors *errs)
{
	struct scanner s = { .sc = sc,
			     .path = path,
			     .errs = errs,
			     .text = text,
			     .c = { .at = text, .line = 1 } };

	for (;;) {
		switch (next_token(&s.c)) {
		case TOKEN_WORD:
			if (!statement(&s))
				return false;
			break;
		case TOKEN_CLOSE:
			if (s.section[0] == '\0')
				return broken(&s, s.c.token_line,
					      "'}' ends no section");
			if (s.unknown)
				blank(&s, s.section_from);
			s.section[0] = s.title[0] = '\0';
			s.unknown = false;
			break;
		case TOKEN_END:
			if (s.section[0] == '\0')
				return true;
			settings_note(errs, path, s.section_line,
				      "section '%s' that begins here is not "
				      "ended (add '}')",
				      s.section);
			return false;
		case TOKEN_BROKEN:
			return broken(&s, s.c.token_line,
				      "what begins here in quotes or as a "
				      "comment is not ended");
		default:
			return broken(&s, s.c.token_line,
				      "a key or a section is expected here");
		}
	}
}

const struct scan_key *
scan_find(const struct scan *sc, const char *section, const char *title,
	  const char *name)
{
	size_t i;

	for (i = 0; i < sc->n; i++) {
		const struct scan_key *k = &sc->list[i];

		if (strcmp(k->section, section == NULL ? "" : section) == 0 &&
		    strcmp(k->title, title == NULL ? "" : title) == 0 &&
		    strcmp(k->name, name) == 0)
			return k;
	}
	return NULL;
}

int
scan_section_line(const struct scan *sc, const char *section)
{
	const struct scan_key *k = scan_find(sc, section, NULL, "");

	return k == NULL ? 0 : k->line;
}

void
scan_release(struct scan *sc)
{
	mem_free(sc->list);
	*sc = (struct scan){ .n = 0 };
}
