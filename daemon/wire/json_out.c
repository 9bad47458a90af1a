#include "daemon/wire/json_out.h"

#include <assert.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/utf8.h"
#include "daemon/wire/json_text.h"

#define CLEAN_MAX (4 * 1024 * 1024) /* a damaged text, made readable */

void
json_out_tree(struct json_out *o)
{
	memset(o, 0, sizeof *o);
}

void
json_out_text(struct json_out *o, struct buf *b)
{
	memset(o, 0, sizeof *o);
	o->text = b;
}

/* A value of the tree finds its place. */
static void
place(struct json_out *o, const char *key, json_t *v)
{
	if (o->depth == 0)
		o->tree = v;
	else if (key != NULL)
		(void)json_object_set_new_nocheck(o->open[o->depth - 1], key,
						  v);
	else
		(void)json_array_append_new(o->open[o->depth - 1], v);
}

/* What stands before a value of the text. */
static void
before(struct json_out *o, const char *key)
{
	if (o->comma)
		(void)buf_putc(o->text, ',');
	o->comma = true;
	if (key == NULL)
		return;
	(void)json_text_string(o->text, key, strlen(key));
	(void)buf_putc(o->text, ':');
}

static void
begin(struct json_out *o, const char *key, bool object)
{
	assert(o->depth < JSON_OUT_DEPTH);
	if (o->text != NULL) {
		before(o, key);
		(void)buf_putc(o->text, object ? '{' : '[');
		o->close[o->depth] = object ? '}' : ']';
		o->comma = false;
	} else {
		json_t *v = object ? json_object() : json_array();

		place(o, key, v);
		o->open[o->depth] = v;
	}
	o->depth++;
}

void
json_out_object(struct json_out *o, const char *key)
{
	begin(o, key, true);
}

void
json_out_array(struct json_out *o, const char *key)
{
	begin(o, key, false);
}

void
json_out_end(struct json_out *o)
{
	assert(o->depth > 0);
	o->depth--;
	if (o->text == NULL)
		return;
	(void)buf_putc(o->text, o->close[o->depth]);
	o->comma = true;
}

static void
put_string(struct json_out *o, const char *key, const char *s, size_t n)
{
	if (o->text == NULL) {
		place(o, key, json_stringn_nocheck(s, n));
		return;
	}
	before(o, key);
	(void)json_text_string(o->text, s, n);
}

void
json_out_string(struct json_out *o, const char *key, const char *s, size_t n)
{
	struct buf b;

	if (utf8_valid(s, n)) {
		put_string(o, key, s, n);
		return;
	}
	buf_init(&b, CLEAN_MAX);
	(void)utf8_clean(&b, s, n);
	put_string(o, key, buf_str(&b), b.len);
	buf_release(&b);
}

void
json_out_int(struct json_out *o, const char *key, int64_t n)
{
	if (o->text == NULL) {
		place(o, key, json_integer(n));
		return;
	}
	before(o, key);
	(void)json_text_integer(o->text, n);
}

void
json_out_bool(struct json_out *o, const char *key, bool yes)
{
	if (o->text == NULL) {
		place(o, key, json_boolean(yes));
		return;
	}
	before(o, key);
	(void)buf_puts(o->text, yes ? "true" : "false");
}

void
json_out_null(struct json_out *o, const char *key)
{
	if (o->text == NULL) {
		place(o, key, json_null());
		return;
	}
	before(o, key);
	(void)buf_puts(o->text, "null");
}

void
json_out_ms(struct json_out *o, const char *key, int64_t t_ms)
{
	char iso[32];

	clock_iso_ms(t_ms, iso);
	put_string(o, key, iso, strlen(iso));
}

json_t *
json_out_take(struct json_out *o)
{
	json_t *v = o->tree;

	json_out_tree(o);
	return v;
}
