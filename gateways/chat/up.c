#include "gateways/chat/up.h"

#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"
#include "daemon/wire/frame.h"

#define SAFE_ID                                                                \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-"

static const char *const names[] = {
	[UP_OPEN] = "open",     [UP_START] = "start", [UP_WRITE] = "write",
	[UP_TYPING] = "typing", [UP_GOT] = "got",     [UP_END] = "end",
	[UP_RATE] = "rate",     [UP_PING] = "ping",
};

const char *
up_name(enum up_kind kind)
{
	return names[kind];
}

static size_t
characters(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xC0) != 0x80;
	return n;
}

static bool
over(const char *s, size_t max)
{
	return s != NULL && strlen(s) > max && characters(s) > max;
}

/* --- members: false if one has another type ------------------------------ */

/* A member that is absent or null is NULL. */
static bool
take_text(const struct up_frame *f, const char *name, const char **out)
{
	const json_t *v = json_object_get(f->whole, name);

	*out = json_string_value(v);
	return v == NULL || json_is_null(v) || json_is_string(v);
}

static bool
take_number(const struct up_frame *f, const char *name, int64_t *out)
{
	const json_t *v = json_object_get(f->whole, name);

	*out = json_integer_value(v);
	return v == NULL || (json_is_integer(v) && *out >= 0);
}

static bool
take_flag(const struct up_frame *f, const char *name, bool *out)
{
	const json_t *v = json_object_get(f->whole, name);

	*out = json_is_true(v);
	return v == NULL || json_is_boolean(v);
}

static bool
is_id(const char *s)
{
	size_t n = s != NULL ? strlen(s) : 0;

	return n != 0 && n <= UP_ID_MAX && strspn(s, SAFE_ID) == n;
}

static bool
is_token(const char *s)
{
	size_t n = strlen(s);

	return n != 0 && n <= UP_TOKEN_MAX && strspn(s, SAFE_ID) == n;
}

static bool
is_file(const json_t *o)
{
	const char *sha = json_string_value(json_object_get(o, "sha256"));
	const json_t *name = json_object_get(o, "filename");

	return sha != NULL && hash_is_hex(sha) &&
	       (name == NULL || json_is_string(name));
}

static bool
take_files(struct up_frame *f)
{
	size_t i;
	json_t *file;

	f->files = json_object_get(f->whole, "files");
	if (f->files == NULL)
		return true;
	if (!json_is_array(f->files))
		return false;
	json_array_foreach(f->files, i, file)
	{
		if (!is_file(file))
			return false;
	}
	if (json_array_size(f->files) == 0)
		f->files = NULL;
	return true;
}

/* --- kinds --------------------------------------------------------------- */

static enum up_read
read_open(struct up_frame *f)
{
	if (!take_text(f, "token", &f->token) ||
	    !take_number(f, "from", &f->from) ||
	    !take_number(f, "incident", &f->incident) ||
	    (f->token != NULL && !is_token(f->token)))
		return UP_WRONG;
	return UP_GOOD;
}

static enum up_read
read_start(struct up_frame *f, const char **code)
{
	if (!take_text(f, "name", &f->name) ||
	    !take_text(f, "email", &f->email) ||
	    !take_text(f, "language", &f->language) ||
	    !take_flag(f, "remember", &f->remember) || f->name == NULL)
		return UP_WRONG;
	if (f->language != NULL && strcmp(f->language, "es") != 0 &&
	    strcmp(f->language, "en") != 0)
		return UP_WRONG;
	if (f->email != NULL && f->email[0] == '\0')
		f->email = NULL;
	*code = "too_long";
	return over(f->name, UP_NAME_MAX) || over(f->email, UP_EMAIL_MAX)
		       ? UP_REFUSE
		       : UP_GOOD;
}

static bool
is_blank(const char *s)
{
	return s[strspn(s, " \t\r\n")] == '\0';
}

static enum up_read
read_write(struct up_frame *f, const char **code)
{
	const char *id = NULL;

	if (!take_text(f, "id", &id) || !is_id(id))
		return UP_WRONG;
	f->id = id;
	if (!take_text(f, "text", &f->text) ||
	    !take_text(f, "page", &f->page) || !take_files(f))
		return UP_WRONG;
	if (f->text == NULL)
		f->text = "";
	if (over(f->page, UP_PAGE_MAX))
		f->page = NULL;
	*code = "too_long";
	if (over(f->text, UP_TEXT_MAX))
		return UP_REFUSE;
	*code = "bad_file";
	if (json_array_size(f->files) > UP_FILES_MAX)
		return UP_REFUSE;
	*code = "empty";
	return f->files == NULL && is_blank(f->text) ? UP_REFUSE : UP_GOOD;
}

static enum up_read
read_rate(struct up_frame *f, const char **code)
{
	int64_t score;

	if (!take_number(f, "score", &score) ||
	    !take_text(f, "comment", &f->comment) || score < 1 || score > 5)
		return UP_WRONG;
	f->score = (int)score;
	if (f->comment != NULL && is_blank(f->comment))
		f->comment = NULL;
	*code = "too_long";
	return over(f->comment, UP_COMMENT_MAX) ? UP_REFUSE : UP_GOOD;
}

static enum up_read
read_kind(struct up_frame *f, const char **code)
{
	switch (f->kind) {
	case UP_OPEN:
		return read_open(f);
	case UP_START:
		return read_start(f, code);
	case UP_WRITE:
		return read_write(f, code);
	case UP_RATE:
		return read_rate(f, code);
	case UP_TYPING:
		return json_object_get(f->whole, "on") != NULL &&
				       take_flag(f, "on", &f->on)
			       ? UP_GOOD
			       : UP_WRONG;
	case UP_GOT:
		return json_object_get(f->whole, "number") != NULL &&
				       take_number(f, "number", &f->number)
			       ? UP_GOOD
			       : UP_WRONG;
	default:
		return UP_GOOD;
	}
}

static bool
find_kind(struct up_frame *f)
{
	const char *t = json_string_value(json_object_get(f->whole, "t"));
	size_t i;

	for (i = 0; t != NULL && i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(t, names[i]) == 0) {
			f->kind = (enum up_kind)i;
			return true;
		}
	}
	return false;
}

enum up_read
up_parse(const char *p, size_t n, struct up_frame *f, const char **code)
{
	enum up_read r = UP_WRONG;
	struct err e;

	memset(f, 0, sizeof *f);
	*code = NULL;
	if (n > UP_BYTES || frame_parse(p, n, &f->whole, &e) != OUT_OK)
		return UP_NOT_JSON;
	if (find_kind(f))
		r = read_kind(f, code);
	if (r == UP_WRONG)
		up_release(f);
	if (r != UP_REFUSE)
		*code = NULL;
	return r;
}

void
up_release(struct up_frame *f)
{
	json_decref(f->whole);
	memset(f, 0, sizeof *f);
}
