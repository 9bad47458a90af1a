#include "daemon/template.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"

#define HOLE_NAME_MAX 64
#define BLANKS_MAX 4 /* in a row, in a value */

/* A variable of a text. */
struct hole {
	const char *name; /* in the text, not ended */
	size_t n;
};

/* The variables of a text, each once. */
struct holes {
	struct hole at[TEMPLATE_VALUES_MAX];
	size_t count; /* values that it takes */
	size_t names;
	bool named;
	bool many; /* more than there is room for */
};

/* --- variables ------------------------------------------------------------- */

static bool
hole_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

/*
 * The next {{name}} at or after *i; *i is then after it.
 * from_out  where it begins
 */
static bool
hole_next(const char *text, size_t *i, size_t *from_out, struct hole *out)
{
	const char *p = text + *i;

	while ((p = strstr(p, "{{")) != NULL) {
		const char *name = p + 2 + strspn(p + 2, " ");
		const char *end;
		size_t n = 0;

		while (n <= HOLE_NAME_MAX && hole_char(name[n]))
			n++;
		end = name + n + strspn(name + n, " ");
		if (n > 0 && n <= HOLE_NAME_MAX && end[0] == '}' &&
		    end[1] == '}') {
			*from_out = (size_t)(p - text);
			*out = (struct hole){ name, n };
			*i = (size_t)(end + 2 - text);
			return true;
		}
		p++;
	}
	return false;
}

/* Its number from 1 on; 0: it has a name. */
static size_t
hole_number(const struct hole *h)
{
	size_t v = 0;
	size_t i;

	for (i = 0; i < h->n; i++) {
		if (h->name[i] < '0' || h->name[i] > '9')
			return 0;
		if (v <= TEMPLATE_VALUES_MAX)
			v = v * 10 + (size_t)(h->name[i] - '0');
	}
	return v;
}

static void
holes_add(struct holes *hs, const struct hole *h)
{
	size_t number = hole_number(h);
	size_t i;

	for (i = 0; i < hs->names; i++)
		if (hs->at[i].n == h->n &&
		    memcmp(hs->at[i].name, h->name, h->n) == 0)
			return;
	if (hs->names == TEMPLATE_VALUES_MAX || number > TEMPLATE_VALUES_MAX) {
		hs->many = true;
		return;
	}
	hs->at[hs->names++] = *h;
	hs->named = hs->named || number == 0;
	if (number > hs->count)
		hs->count = number;
}

static void
holes_of(const char *text, struct holes *hs)
{
	struct hole h;
	size_t from;
	size_t i = 0;

	memset(hs, 0, sizeof *hs);
	while (hole_next(text, &i, &from, &h))
		holes_add(hs, &h);
	if (hs->named)
		hs->count = hs->names;
}

/* Which value a variable takes, from 0 on. */
static size_t
holes_index(const struct holes *hs, const struct hole *h)
{
	size_t i;

	if (!hs->named)
		return hole_number(h) - 1;
	for (i = 0; i < hs->names; i++)
		if (hs->at[i].n == h->n &&
		    memcmp(hs->at[i].name, h->name, h->n) == 0)
			break;
	return i;
}

/* --- components ------------------------------------------------------------ */

static const char *
text_of(const json_t *o, const char *member)
{
	const char *v = json_string_value(json_object_get(o, member));

	return v != NULL ? v : "";
}

static bool
is(const json_t *o, const char *member, const char *word)
{
	return strcmp(text_of(o, member), word) == 0;
}

/* The component of a type, or NULL. */
static const json_t *
part_of(const json_t *components, const char *type)
{
	const json_t *c;
	size_t i;

	json_array_foreach(components, i, c)
	{
		if (is(c, "type", type))
			return c;
	}
	return NULL;
}

static const json_t *
buttons_of(const json_t *components)
{
	return json_object_get(part_of(components, "BUTTONS"), "buttons");
}

/* Does a button take a value of its own? */
static bool
button_asks(const json_t *b)
{
	struct holes hs;

	if (is(b, "type", "COPY_CODE"))
		return true;
	if (!is(b, "type", "URL"))
		return false;
	holes_of(text_of(b, "url"), &hs);
	return hs.count > 0;
}

static bool
button_known(const json_t *b)
{
	static const char *const types[] = { "QUICK_REPLY", "URL",
					     "PHONE_NUMBER", "COPY_CODE",
					     "VOICE_CALL" };
	size_t i;

	for (i = 0; i < sizeof types / sizeof *types; i++)
		if (is(b, "type", types[i]))
			return true;
	return false;
}

/* The file that a header shows; NULL: none. */
static const char *
header_file(const json_t *header)
{
	if (is(header, "format", "IMAGE"))
		return "image";
	if (is(header, "format", "VIDEO"))
		return "video";
	if (is(header, "format", "DOCUMENT"))
		return "document";
	return NULL;
}

/* Each sort of part is there once: the first is the one that is read. */
static enum outcome
needs_part(const json_t *components, const json_t *c,
	   struct template_needs *out, struct err *e)
{
	bool first = part_of(components, text_of(c, "type")) == c;
	struct holes hs;

	if (first && is(c, "type", "BODY")) {
		holes_of(text_of(c, "text"), &hs);
		out->values += hs.count;
		if (!hs.many)
			return OUT_OK;
	} else if (first && is(c, "type", "HEADER")) {
		holes_of(text_of(c, "text"), &hs);
		out->header = hs.count > 0;
		out->file = header_file(c);
		if (hs.count <= 1 &&
		    (out->file != NULL || is(c, "format", "TEXT")))
			return OUT_OK;
	} else if (first &&
		   (is(c, "type", "FOOTER") || is(c, "type", "BUTTONS"))) {
		return OUT_OK;
	}
	return err_code(e, OUT_PERM, "template",
			"a template with such a part cannot be sent from "
			"here: '%.32s'",
			text_of(c, "type"));
}

static enum outcome
needs_buttons(const json_t *buttons, struct template_needs *out, struct err *e)
{
	const json_t *b;
	size_t i;

	if (json_array_size(buttons) > TEMPLATE_BUTTONS_MAX)
		return err_code(e, OUT_PERM, "template",
				"a template has at most %d buttons",
				TEMPLATE_BUTTONS_MAX);
	json_array_foreach(buttons, i, b)
	{
		if (!button_known(b))
			return err_code(e, OUT_PERM, "template",
					"a template with such a button cannot "
					"be sent from here: '%.32s'",
					text_of(b, "type"));
		out->values += button_asks(b);
	}
	return OUT_OK;
}

enum outcome
template_needs(const json_t *components, struct template_needs *out,
	       struct err *e)
{
	enum outcome o = OUT_OK;
	const json_t *c;
	size_t i;

	memset(out, 0, sizeof *out);
	if (part_of(components, "BODY") == NULL)
		return err_code(e, OUT_PERM, "template",
				"the template has no body");
	json_array_foreach(components, i, c)
	{
		o = needs_part(components, c, out, e);
		if (o != OUT_OK)
			return o;
	}
	return needs_buttons(buttons_of(components), out, e);
}

/* --- filling in ------------------------------------------------------------- */

static const char *
value_at(const struct template_values *v, size_t i)
{
	return json_string_value(json_array_get(v->list, i));
}

/* A text with its variables; those without a value stay as they are. */
static void
text_fill(const char *text, const json_t *values, size_t first, struct buf *b)
{
	const struct template_values v = { .list = values };
	struct holes hs;
	struct hole h;
	size_t done = 0;
	size_t from;
	size_t i = 0;

	holes_of(text, &hs);
	while (hole_next(text, &i, &from, &h)) {
		const char *with = value_at(&v, first + holes_index(&hs, &h));

		if (with == NULL)
			continue;
		(void)buf_add(b, text + done, from - done);
		(void)buf_puts(b, with);
		done = i;
	}
	(void)buf_puts(b, text + done);
}

static void
header_fill(const json_t *header, const struct template_values *v,
	    struct buf *b)
{
	json_t *one = json_array();

	if (v->header != NULL)
		(void)json_array_append_new(one, json_string(v->header));
	text_fill(text_of(header, "text"), one, 0, b);
	json_decref(one);
}

static size_t
body_values(const json_t *body)
{
	struct holes hs;

	holes_of(text_of(body, "text"), &hs);
	return hs.count;
}

/* One line: what it says, and where it leads. */
static void
button_line(const json_t *button, const struct template_values *v, size_t value,
	    struct buf *b)
{
	(void)buf_printf(b, "\n[%s]", text_of(button, "text"));
	if (is(button, "type", "URL")) {
		(void)buf_putc(b, ' ');
		text_fill(text_of(button, "url"), v->list, value, b);
	} else if (is(button, "type", "PHONE_NUMBER")) {
		(void)buf_printf(b, " %s", text_of(button, "phone_number"));
	} else if (is(button, "type", "COPY_CODE") &&
		   value_at(v, value) != NULL) {
		(void)buf_printf(b, " %s", value_at(v, value));
	}
}

char *
template_render(const json_t *components, const struct template_values *v)
{
	const json_t *header = part_of(components, "HEADER");
	const json_t *body = part_of(components, "BODY");
	const json_t *footer = part_of(components, "FOOTER");
	size_t value = body_values(body);
	struct buf b;
	const json_t *button;
	size_t i;

	buf_init(&b, TEMPLATE_BYTES_MAX);
	if (is(header, "format", "TEXT")) {
		header_fill(header, v, &b);
		(void)buf_puts(&b, "\n\n");
	}
	text_fill(text_of(body, "text"), v->list, 0, &b);
	if (footer != NULL)
		(void)buf_printf(&b, "\n\n%s", text_of(footer, "text"));
	if (json_array_size(buttons_of(components)) > 0)
		(void)buf_putc(&b, '\n');
	json_array_foreach(buttons_of(components), i, button)
	{
		button_line(button, v, value, &b);
		value += button_asks(button);
	}
	return buf_take(&b);
}

/* --- checking ---------------------------------------------------------------- */

static size_t
characters(const char *p)
{
	size_t n = 0;

	for (; *p != '\0'; p++)
		n += ((unsigned char)*p & 0xc0) != 0x80;
	return n;
}

/* What is wrong with a value; NULL: nothing. */
static const char *
value_fault(const char *v)
{
	if (*v == '\0' || v[strspn(v, " ")] == '\0')
		return "is empty";
	if (strpbrk(v, "\n\r\t") != NULL)
		return "has a line break or a tab";
	if (strstr(v, "     ") != NULL)
		return "has more than four blanks in a row";
	if (characters(v) > TEMPLATE_VALUE_MAX)
		return "is longer than 1024 characters";
	return NULL;
}

static enum outcome
check_values(const struct template_values *v, struct err *e)
{
	const json_t *j;
	size_t i;

	json_array_foreach(v->list, i, j)
	{
		const char *fault = json_is_string(j)
					    ? value_fault(json_string_value(j))
					    : "is no text";

		if (fault != NULL)
			return err_code(e, OUT_PERM, "template",
					"parameter %zu %s", i + 1, fault);
	}
	if (v->header != NULL && value_fault(v->header) != NULL)
		return err_code(e, OUT_PERM, "template",
				"the header's parameter %s",
				value_fault(v->header));
	return OUT_OK;
}

static enum outcome
check_needs(const struct template_needs *n, const struct template_values *v,
	    struct err *e)
{
	if (json_array_size(v->list) != n->values)
		return err_code(e, OUT_PERM, "template",
				"the template takes %zu parameters, not %zu",
				n->values, json_array_size(v->list));
	if (n->header != (v->header != NULL))
		return err_code(e, OUT_PERM, "template",
				n->header ? "the template's header takes a "
					    "parameter"
					  : "the template's header takes no "
					    "parameter");
	if ((n->file != NULL) != v->file)
		return err_code(e, OUT_PERM, "template",
				n->file != NULL
					? "the template's header shows a file"
					: "a template takes no file");
	return OUT_OK;
}

/* As long as Meta takes it? */
static enum outcome
check_length(const json_t *components, const struct template_values *v,
	     struct err *e)
{
	const json_t *body = part_of(components, "BODY");
	size_t value = body_values(body);
	const json_t *button;
	struct buf b;
	bool fits;
	size_t i;

	buf_init(&b, TEMPLATE_BYTES_MAX);
	text_fill(text_of(body, "text"), v->list, 0, &b);
	fits = !b.full && characters(buf_str(&b)) <= TEMPLATE_BODY_MAX;
	buf_clear(&b);
	header_fill(part_of(components, "HEADER"), v, &b);
	fits = fits && !b.full &&
	       characters(buf_str(&b)) <= TEMPLATE_HEADER_MAX;
	json_array_foreach(buttons_of(components), i, button)
	{
		buf_clear(&b);
		text_fill(text_of(button, "url"), v->list, value, &b);
		fits = fits && !b.full && b.len <= TEMPLATE_URL_MAX;
		value += button_asks(button);
	}
	buf_release(&b);
	if (fits)
		return OUT_OK;
	return err_code(e, OUT_PERM, "template",
			"filled in it is too long: %d characters of the body, "
			"%d of the header",
			TEMPLATE_BODY_MAX, TEMPLATE_HEADER_MAX);
}

enum outcome
template_check(const json_t *components, const struct template_values *v,
	       struct err *e)
{
	struct template_needs n;
	enum outcome o = template_needs(components, &n, e);

	if (o == OUT_OK)
		o = check_needs(&n, v, e);
	if (o == OUT_OK)
		o = check_values(v, e);
	return o == OUT_OK ? check_length(components, v, e) : o;
}

/* --- what is sent -------------------------------------------------------------- */

/* {type: text, text, parameter_name?} */
static json_t *
parameter(const struct holes *hs, size_t i, const char *text)
{
	json_t *p = json_object();

	(void)json_object_set_new(p, "type", json_string("text"));
	if (hs->named)
		(void)json_object_set_new(
			p, "parameter_name",
			json_stringn(hs->at[i].name, hs->at[i].n));
	(void)json_object_set_new(p, "text", json_string(text));
	return p;
}

static void
part_add(json_t *list, const char *type, json_t *parameters)
{
	json_t *c = json_object();

	(void)json_object_set_new(c, "type", json_string(type));
	(void)json_object_set_new(c, "parameters", parameters);
	(void)json_array_append_new(list, c);
}

static void
header_part(const json_t *header, const struct template_values *v, json_t *list)
{
	const char *file = header_file(header);
	json_t *parameters = json_array();
	struct holes hs;

	holes_of(text_of(header, "text"), &hs);
	if (file != NULL)
		(void)json_array_append_new(
			parameters,
			json_pack("{s:s, s:{}}", "type", file, file));
	else if (hs.count > 0 && v->header != NULL)
		(void)json_array_append_new(parameters,
					    parameter(&hs, 0, v->header));
	if (json_array_size(parameters) > 0)
		part_add(list, "header", parameters);
	else
		json_decref(parameters);
}

static void
body_part(const json_t *body, const struct template_values *v, json_t *list)
{
	json_t *parameters = json_array();
	struct holes hs;
	size_t i;

	holes_of(text_of(body, "text"), &hs);
	for (i = 0; i < hs.count && value_at(v, i) != NULL; i++)
		(void)json_array_append_new(parameters,
					    parameter(&hs, i, value_at(v, i)));
	if (i > 0)
		part_add(list, "body", parameters);
	else
		json_decref(parameters);
}

static json_t *
button_part(const json_t *button, size_t index, const char *value)
{
	bool code = is(button, "type", "COPY_CODE");
	char *at = mem_printf("%zu", index);
	json_t *p;

	p = json_pack("{s:s, s:s, s:s, s:[{s:s, s:s}]}", "type", "button",
		      "sub_type", code ? "copy_code" : "url", "index", at,
		      "parameters", "type", code ? "coupon_code" : "text",
		      code ? "coupon_code" : "text", value);
	mem_free(at);
	return p;
}

json_t *
template_fill(const json_t *components, const struct template_values *v)
{
	const json_t *body = part_of(components, "BODY");
	size_t value = body_values(body);
	json_t *list = json_array();
	const json_t *button;
	size_t i;

	header_part(part_of(components, "HEADER"), v, list);
	body_part(body, v, list);
	json_array_foreach(buttons_of(components), i, button)
	{
		if (!button_asks(button))
			continue;
		(void)json_array_append_new(
			list, button_part(button, i, value_at(v, value)));
		value++;
	}
	return list;
}

/* --- a value -------------------------------------------------------------------- */

char *
template_value(const char *text)
{
	const char *end = text + strlen(text);
	size_t length = 0;
	bool blank = false;
	struct buf b;

	buf_init(&b, TEMPLATE_BYTES_MAX);
	while (text < end && length < TEMPLATE_VALUE_MAX) {
		size_t n = utf8_next(text, (size_t)(end - text), NULL);

		if (n == 0)
			break;
		if (n == 1 && strchr(" \n\r\t", *text) != NULL) {
			blank = b.len > 0;
		} else {
			if (blank)
				(void)buf_putc(&b, ' ');
			length += 1 + blank;
			blank = false;
			(void)buf_add(&b, text, n);
		}
		text += n;
	}
	return buf_take(&b);
}
