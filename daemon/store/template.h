#ifndef POSTIGO_STORE_TEMPLATE_H
#define POSTIGO_STORE_TEMPLATE_H

/*
 * template: rows of WhatsApp's approved messages, as they were last seen at
 * Meta. What one says and needs is in daemon/template.h.
 * Source: schema/STORE.md, "template".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define TEMPLATES_NAMED_MAX 100
#define TEMPLATES_LIST_MAX 500            /* rows of one list */
#define TEMPLATES_LIST_BYTES (512 * 1024) /* of components in one list */

struct template_row {
	int64_t connection_id;
	const char *name;
	const char *language;
	const char *category;
	const char *status;
	const char *components; /* JSON */
};

/* Write it, or write it over. */
enum outcome template_put(struct store *s, const struct template_row *t,
			  int64_t now_ms, struct err *e) MUST_CHECK;

/* Delete a connection's templates that were last seen before an instant. */
enum outcome template_sweep(struct store *s, int64_t connection_id,
			    int64_t before_ms, int64_t *n_out,
			    struct err *e) MUST_CHECK;

/*
 * Find one.
 * status_out      as Meta said it; free with mem_free
 * components_out  new; NULL if there is no such template
 */
enum outcome template_find(struct store *s, int64_t connection_id,
			   const char *name, const char *language,
			   char **status_out, json_t **components_out,
			   struct err *e) MUST_CHECK;

/* Are there any, of any connection? */
enum outcome template_any(struct store *s, bool *out, struct err *e) MUST_CHECK;

/* Those of that name that may go, of any connection and language, at most
 * TEMPLATES_NAMED_MAX: new list of {language, components}. */
enum outcome template_named(struct store *s, const char *name, json_t **out,
			    struct err *e) MUST_CHECK;

/*
 * The languages in which a template is approved, as new strings.
 */
enum outcome template_languages(struct store *s, int64_t connection_id,
				const char *name, json_t **out,
				struct err *e) MUST_CHECK;

/* Whose templates, and from where on. */
struct template_page {
	const char *connection; /* NULL: of all */
	/* after which row; NULL: from the first on */
	const char *after_connection;
	const char *after_name;
	const char *after_language;
	int limit;
};

/*
 * Templates by connection, name and language.
 * out       new list of {connection, name, language, category, status,
 *           components, synced_at}
 * more_out  there are more than these
 */
enum outcome template_list(struct store *s, const struct template_page *p,
			   json_t **out, bool *more_out,
			   struct err *e) MUST_CHECK;

/* Is a synchronization of that connection's templates queued? */
enum outcome template_sync_queued(struct store *s, int64_t connection_id,
				  bool *out, struct err *e) MUST_CHECK;

#endif
