#ifndef POSTIGO_TEMPLATE_H
#define POSTIGO_TEMPLATE_H

/*
 * template: WhatsApp's approved messages, the only ones that go outside of the
 * window: what one needs, whether it was given, how the customer will read it,
 * and what is sent. Components are those of Graph (message_templates), values
 * are texts alone.
 *
 * Values stand in this order: those of the body ({{1}}, {{2}} by their
 * number, {{name}} by where they first stand), then one for each button that
 * has one (the end of a URL, a code to copy). The header's own is apart.
 *
 * Invariant: what template_check() lets pass has the number, the names and the
 * form of parameters that was approved; the codes 132000 and 132012 of Graph
 * are then not ours to cause.
 *
 * Source: Meta, "Message templates", and "Components" of its reference.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct desk;
struct store;

#define TEMPLATE_VALUES_MAX 50   /* of one message */
#define TEMPLATE_VALUE_MAX 1024  /* characters of one */
#define TEMPLATE_BODY_MAX 1024   /* characters, filled in */
#define TEMPLATE_HEADER_MAX 60   /* characters, filled in */
#define TEMPLATE_URL_MAX 2000    /* octets, filled in */
#define TEMPLATE_BYTES_MAX 65536 /* of a text, or of its components */
#define TEMPLATE_BUTTONS_MAX 10
#define TEMPLATE_LANGUAGE_MAX 15 /* octets: "zh_CN" */
#define TEMPLATE_NAME_MAX 512
#define TEMPLATE_SYNC_MS ((int64_t)3600 * 1000)

/* What is filled in. All borrowed. */
struct template_values {
	const json_t *list; /* strings; NULL: none */
	const char *header; /* of a header with a variable; NULL: none */
	bool file;          /* a file goes along, for a header that shows one */
};

/* What one asks for. */
struct template_needs {
	size_t values; /* of the body and of buttons */
	bool header;   /* a text for the header */
	/* the file that its header shows: image, video, document; static, NULL:
	 * none */
	const char *file;
};

/*
 * components  of Graph, as they were synchronized
 * OUT_PERM    code "template": of a sort that cannot be sent from here
 */
enum outcome template_needs(const json_t *components,
			    struct template_needs *out,
			    struct err *e) MUST_CHECK;

/*
 * May it go with these values? A value is one line without tabs, with at most
 * four blanks in a row, and not empty: Meta takes no other.
 *
 * OUT_PERM  code "template"; the message says what is wrong
 */
enum outcome template_check(const json_t *components,
			    const struct template_values *v,
			    struct err *e) MUST_CHECK;

/*
 * How the customer will read it: header, body, footer, a line for each
 * button. Values that are missing are shown as they stand in the template,
 * so it serves a preview too. Free with mem_free.
 */
char *template_render(const json_t *components,
		      const struct template_values *v);

/*
 * Member "components" of what is sent; only for what passed template_check().
 * A header with a file has the file's type and no id: whoever uploads it adds
 * that. New.
 */
json_t *template_fill(const json_t *components,
		      const struct template_values *v);

/* A text as a value can be: one line, no tab, no run of blanks, cut at
 * TEMPLATE_VALUE_MAX characters. Free with mem_free. */
char *template_value(const char *text);

/* --- with the store -------------------------------------------------------- */

/* A template that is to go. */
struct template_made {
	char *text;    /* as it will be read */
	json_t *whats; /* {name, language, components}: OutWhatsapp.template */
};

void template_made_release(struct template_made *m);

/*
 * Make ready what a caller asks for.
 *
 * ask   {name, language, parameters: [string], header?}, borrowed
 * file  a file goes along with it
 * out   empty unless OUT_OK
 *
 * OUT_PERM  code "template": not known, not approved, or wrongly filled in
 */
enum outcome template_make(struct store *s, int64_t connection_id,
			   const json_t *ask, bool file,
			   struct template_made *out, struct err *e) MUST_CHECK;

/*
 * Have a connection's templates read anew, by a job of its gateway.
 * job_out  its row; 0: one is queued already
 */
enum outcome template_sync_ask(struct desk *d, struct store *s,
			       int64_t connection_id, int64_t now_ms,
			       int64_t *job_out, struct err *e) MUST_CHECK;

/* The same for each active connection of WhatsApp: several may be of one
 * account, whose templates they share. */
enum outcome template_sync_all(struct desk *d, struct store *s, int64_t now_ms,
			       struct err *e) MUST_CHECK;

/*
 * Once TEMPLATE_SYNC_MS, and at the start: template_sync_all().
 * next_ms_out  the instant of the next time; INT64_MAX: there is no such
 *              connection
 */
enum outcome template_tick(struct desk *d, struct store *s, int64_t now_ms,
			   int64_t *next_ms_out, struct err *e) MUST_CHECK;

#endif
