#include "gateways/shop/presta_xml.h"

#include <stdbool.h>
#include <string.h>

#include <libxml/parser.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"

#define CHUNK ((size_t)16 * 1024)
#define NAME_MAX_OCTETS 100
#define ROOT "prestashop"

/* An element that is open. */
struct open {
	char name[NAME_MAX_OCTETS + 1];
	char id[NAME_MAX_OCTETS + 1]; /* attribute of texts in a language */
	bool listed;                  /* nodeType says that it is a list */
	json_t *names;                /* of the elements in it, */
	json_t *values;               /* and what they hold */
	struct buf text;
};

struct walk {
	xmlParserCtxtPtr parser;
	struct open open[PRESTA_XML_DEPTH_MAX];
	size_t depth;
	size_t elements;
	json_t *root;    /* what it held */
	const char *why; /* it was stopped; NULL: it was not */
};

static void
stop(struct walk *w, const char *why)
{
	if (w->why == NULL)
		w->why = why;
	xmlStopParser(w->parser);
}

/* libxml2 gives attributes as (name, prefix, URI, begin, end). */
static void
attributes(struct open *o, int count, const xmlChar **attrs)
{
	for (int i = 0; i < count; i++, attrs += 5) {
		const char *name = (const char *)attrs[0];
		size_t n = (size_t)(attrs[4] - attrs[3]);

		if (strcmp(name, "nodeType") == 0)
			o->listed = true;
		if (strcmp(name, "id") == 0 && n <= NAME_MAX_OCTETS) {
			memcpy(o->id, attrs[3], n);
			o->id[n] = '\0';
		}
	}
}

static void
on_start(void *arg, const xmlChar *name, const xmlChar *prefix,
	 const xmlChar *uri, int spaces, const xmlChar **space, int attrs,
	 int defaulted, const xmlChar **attr)
{
	struct walk *w = arg;
	struct open *o;

	(void)prefix;
	(void)uri;
	(void)spaces;
	(void)space;
	(void)defaulted;
	if (w->why != NULL)
		return;
	if (w->depth == PRESTA_XML_DEPTH_MAX) {
		stop(w, "nested too deep");
		return;
	}
	if (++w->elements > PRESTA_XML_ELEMENTS_MAX ||
	    strlen((const char *)name) > NAME_MAX_OCTETS) {
		stop(w, "too many elements, or one whose name is too long");
		return;
	}
	o = &w->open[w->depth++];
	memset(o, 0, sizeof *o);
	memcpy(o->name, name, strlen((const char *)name) + 1);
	o->names = json_array();
	o->values = json_array();
	buf_init(&o->text, PRESTA_XML_BYTES_MAX);
	attributes(o, attrs, attr);
	if (w->depth == 1 && strcmp(o->name, ROOT) != 0)
		stop(w, "no answer of the webservice");
}

static void
on_text(void *arg, const xmlChar *p, int n)
{
	struct walk *w = arg;

	if (w->why == NULL && w->depth > 0)
		(void)buf_add(&w->open[w->depth - 1].text, p, (size_t)n);
}

static const char *
name_of(const struct open *o, size_t i)
{
	return json_string_value(json_array_get(o->names, i));
}

/* Are all elements in it of one name, and that name (NULL: any)? */
static bool
is_of(const struct open *o, const char *name)
{
	size_t n = json_array_size(o->names);

	if (name == NULL && n > 0)
		name = name_of(o, 0);
	for (size_t i = 0; i < n; i++)
		if (strcmp(name_of(o, i), name) != 0)
			return false;
	return n > 0;
}

/* A list of records, right below the root? */
static bool
is_records(const struct walk *w, const struct open *o)
{
	return w->depth == 2 && is_of(o, NULL) &&
	       json_is_object(json_array_get(o->values, 0));
}

/* Members; of a repeated name they are an array. */
static json_t *
members(const struct open *o)
{
	json_t *out = json_object();
	json_t *v;
	size_t i;

	json_array_foreach(o->values, i, v)
	{
		json_t *was = json_object_get(out, name_of(o, i));

		if (was == NULL)
			(void)json_object_set(out, name_of(o, i), v);
		else if (json_is_array(was))
			(void)json_array_append(was, v);
		else
			(void)json_object_set_new(out, name_of(o, i),
						  json_pack("[O, O]", was, v));
	}
	return out;
}

static json_t *
value(const struct walk *w, const struct open *o)
{
	if (strcmp(o->name, "language") == 0)
		return json_pack("{s:s, s:s%}", "id", o->id, "value",
				 buf_str(&o->text), o->text.len);
	if (json_array_size(o->values) == 0)
		return o->listed ? json_array()
				 : json_stringn(buf_str(&o->text), o->text.len);
	if (o->listed || is_of(o, "language") || is_of(o, "error") ||
	    is_records(w, o))
		return json_incref(o->values);
	return members(o);
}

static void
release(struct open *o)
{
	json_decref(o->names);
	json_decref(o->values);
	buf_release(&o->text);
}

static void
on_end(void *arg, const xmlChar *name, const xmlChar *prefix,
       const xmlChar *uri)
{
	struct walk *w = arg;
	struct open *o;
	struct open *up;

	(void)name;
	(void)prefix;
	(void)uri;
	if (w->why != NULL || w->depth == 0)
		return;
	o = &w->open[w->depth - 1];
	if (w->depth == 1) {
		w->root = members(o);
	} else {
		up = &w->open[w->depth - 2];
		(void)json_array_append_new(up->names, json_string(o->name));
		(void)json_array_append_new(up->values, value(w, o));
	}
	release(o);
	w->depth--;
}

static void
on_doctype(void *arg, const xmlChar *name, const xmlChar *id,
	   const xmlChar *uri)
{
	(void)name;
	(void)id;
	(void)uri;
	stop(arg, "it has a DOCTYPE");
}

/* Feed the octets in parts, so that a stop is one. false: not well-formed. */
static bool
feed(struct walk *w, const char *p, size_t n)
{
	for (size_t at = 0; at < n && w->why == NULL; at += CHUNK) {
		size_t part = n - at < CHUNK ? n - at : CHUNK;

		if (xmlParseChunk(w->parser, p + at, (int)part,
				  at + part == n) != 0)
			return false;
	}
	return w->why == NULL;
}

enum outcome
presta_xml(const char *p, size_t n, json_t **out, struct err *e)
{
	xmlSAXHandler sax = { .initialized = XML_SAX2_MAGIC,
			      .startElementNs = on_start,
			      .endElementNs = on_end,
			      .characters = on_text,
			      .cdataBlock = on_text,
			      .internalSubset = on_doctype };
	struct walk *w;
	bool fine;
	enum outcome o = OUT_OK;

	*out = NULL;
	if (n > PRESTA_XML_BYTES_MAX || !utf8_valid(p, n))
		return err_set(e, OUT_PERM, "too large, or no text in UTF-8");
	w = mem_new(1, sizeof *w);
	w->parser = xmlCreatePushParserCtxt(&sax, w, NULL, 0, NULL);
	if (w->parser == NULL)
		mem_out();
	(void)xmlCtxtUseOptions(w->parser, XML_PARSE_NONET | XML_PARSE_NOERROR |
						   XML_PARSE_NOWARNING |
						   XML_PARSE_IGNORE_ENC);
	fine = feed(w, p, n);
	if (!fine || w->root == NULL)
		o = err_set(e, OUT_PERM, "XML that is refused: %s",
			    w->why != NULL ? w->why : "it is not well-formed");
	else
		*out = json_incref(w->root);
	json_decref(w->root);
	while (w->depth > 0)
		release(&w->open[--w->depth]);
	xmlFreeParserCtxt(w->parser);
	mem_free(w);
	return o;
}
