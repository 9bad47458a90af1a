#include "daemon/ctl/factline.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"

#define MONEY_MAX 1000000000000000 /* in major units */

static bool
bad(struct factline *f, const char *name, const char *should)
{
	(void)snprintf(f->bad, sizeof f->bad, "'%s' is not %s", name, should);
	return false;
}

static bool
read_number(struct factline *f, const struct field_row *row, const json_t *v)
{
	bool flag = row->kind == FIELD_FLAG;

	if (flag ? !json_is_boolean(v) : !json_is_integer(v))
		return bad(f, row->name,
			   flag ? "true or false" : "a whole number");
	f->facts.number[row->field] =
		flag ? json_is_true(v) : json_integer_value(v);
	f->facts.has[row->field] = true;
	return true;
}

/* "100.00 EUR" */
static bool
read_money(struct factline *f, const struct field_row *row, const json_t *v)
{
	static const char should[] = "an amount as \"100.00 EUR\"";
	const char *s = json_string_value(v);
	int64_t major = 0;
	int64_t minor = 0;
	int digits = 0;
	int want;

	if (s == NULL)
		return bad(f, row->name, should);
	for (; *s >= '0' && *s <= '9' && major < MONEY_MAX; s++)
		major = major * 10 + (*s - '0');
	if (*s == '.')
		for (s++; *s >= '0' && *s <= '9' && digits < 4; s++, digits++)
			minor = minor * 10 + (*s - '0');
	if (*s != ' ' || strlen(s + 1) != 3)
		return bad(f, row->name, should);
	want = field_currency_digits(s + 1);
	if (want < digits)
		return bad(f, row->name, should);
	for (; digits < want; digits++)
		minor *= 10;
	for (digits = 0; digits < want; digits++)
		major *= 10;
	memcpy(f->currency, s + 1, sizeof f->currency);
	f->facts.currency = f->currency;
	f->facts.number[row->field] = major + minor;
	f->facts.has[row->field] = true;
	return true;
}

static bool
read_field(struct factline *f, const struct field_row *row, const json_t *v)
{
	switch (row->kind) {
	case FIELD_TEXT:
	case FIELD_WORD:
		break;
	case FIELD_MONEY:
		return read_money(f, row, v);
	case FIELD_NUMBER:
	case FIELD_DURATION:
	case FIELD_FLAG:
		return read_number(f, row, v);
	}
	if (row->field == RULE_FIELD_HEADER ||
	    row->field == RULE_FIELD_FILE_NAME ||
	    row->field == RULE_FIELD_FILE_TYPE || row->field == RULE_FIELD_TAG)
		return true; /* lists have members of their own */
	if (!json_is_string(v))
		return bad(f, row->name, "a string");
	f->facts.text[row->field] = json_string_value(v);
	return true;
}

static bool
add_header(struct factline *f, const char *name, const json_t *v)
{
	if (!json_is_string(v))
		return bad(f, name, "a header's text");
	if (f->facts.header_count < RULE_HEADERS_MAX) {
		struct rule_pair *p = &f->headers[f->facts.header_count++];

		p->name = name;
		p->value = json_string_value(v);
	}
	return true;
}

/* {"X-Name": "text", "Received": ["text", "text"]} */
static bool
read_headers(struct factline *f, json_t *o)
{
	const char *name;
	json_t *v;
	json_t *one;
	size_t i;

	if (!json_is_object(o))
		return bad(f, "headers", "an object");
	json_object_foreach(o, name, v)
	{
		if (!json_is_array(v)) {
			if (!add_header(f, name, v))
				return false;
			continue;
		}
		json_array_foreach(
			v, i, one) if (!add_header(f, name, one)) return false;
	}
	f->facts.headers = f->headers;
	return true;
}

/* [{"name": "photo.jpg", "type": "image/jpeg"}] */
static bool
read_files(struct factline *f, const json_t *list)
{
	const json_t *one;
	size_t i;

	if (!json_is_array(list))
		return bad(f, "files", "a list");
	json_array_foreach(list, i, one)
	{
		const json_t *name = json_object_get(one, "name");
		const json_t *type = json_object_get(one, "type");

		if (!json_is_string(name) || !json_is_string(type))
			return bad(f, "files", "a list of names and types");
		if (i < RULE_FILES_MAX) {
			f->files[i].name = json_string_value(name);
			f->files[i].value = json_string_value(type);
			f->facts.file_count = i + 1;
		}
	}
	f->facts.files = f->files;
	if (!f->facts.has[RULE_FIELD_ATTACHMENTS]) {
		f->facts.has[RULE_FIELD_ATTACHMENTS] = true;
		f->facts.number[RULE_FIELD_ATTACHMENTS] =
			(int64_t)json_array_size(list);
	}
	return true;
}

static bool
read_tags(struct factline *f, const json_t *list)
{
	const json_t *one;
	size_t i;

	if (!json_is_array(list))
		return bad(f, "tags", "a list");
	json_array_foreach(list, i, one)
	{
		if (!json_is_string(one))
			return bad(f, "tags", "a list of strings");
		if (i < RULE_TAGS_MAX) {
			f->tags[i] = json_string_value(one);
			f->facts.tag_count = i + 1;
		}
	}
	f->facts.tags = f->tags;
	return true;
}

static bool
read_now(struct factline *f, const json_t *v)
{
	int64_t ms;

	if (!json_is_string(v) || !clock_parse(json_string_value(v), &ms))
		return bad(f, "now", "an instant as 2026-01-05T09:00:00Z");
	f->facts.now_s = ms / 1000;
	return true;
}

static bool
read_event(struct factline *f, const json_t *v)
{
	if (!json_is_string(v) || event_bit(json_string_value(v)) == 0)
		return bad(f, "event", "an event");
	f->facts.event = json_string_value(v);
	return true;
}

bool
factline_read(struct factline *f, const json_t *o)
{
	json_t *it = (json_t *)(uintptr_t)o; /* its loop asks for it */
	const struct field_row *row;
	const char *name;
	json_t *v;

	memset(&f->facts, 0, sizeof f->facts);
	f->facts.event = "contact";
	f->facts.now_s = clock_now_ms() / 1000;
	json_object_foreach(it, name, v)
	{
		bool ok = true;

		if (json_is_null(v))
			continue;
		if (strcmp(name, "event") == 0)
			ok = read_event(f, v);
		else if (strcmp(name, "now") == 0)
			ok = read_now(f, v);
		else if (strcmp(name, "headers") == 0)
			ok = read_headers(f, v);
		else if (strcmp(name, "files") == 0)
			ok = read_files(f, v);
		else if (strcmp(name, "tags") == 0)
			ok = read_tags(f, v);
		else if ((row = field_find(name)) != NULL)
			ok = read_field(f, row, v);
		if (!ok)
			return false;
	}
	return true;
}
