/* m_search: looking for words. */

#include <string.h>

#include "daemon/desk.h"
#include "daemon/engine.h"
#include "daemon/param.h"
#include "daemon/store/hits.h"
#include "rules/book.h"

#define SEARCH_LIMIT_DEFAULT 20

/* Named by the generated table of handlers. */
method_fn m_incident_search;

enum outcome
m_incident_search(struct desk *d, struct store *s, struct request *rq,
		  struct err *e)
{
	int64_t limit = param_int(rq, "limit", SEARCH_LIMIT_DEFAULT);
	struct hits_query q = { .text = param_str(rq, "text"),
				.after = param_str(rq, "after"),
				.limit = (int)limit,
				.deadline_ms = HITS_DEADLINE_MS };
	struct hits_page p;
	int64_t version;
	struct book *b;
	enum outcome o;

	if (limit < 1 || limit > HITS_LIMIT_MAX)
		return err_code(e, OUT_PERM, "bad_params",
				"'limit' is not from 1 to %d", HITS_LIMIT_MAX);
	b = desk_book(d, &version);
	o = hits_page(s, b, &q, &p, e);
	book_unref(&b);
	if (o == OUT_PERM && strcmp(e->code, "index") == 0) {
		engine_index_damaged(d);
		return err_code(e, OUT_TEMP, "busy",
				"the index is damaged and is made anew");
	}
	if (o != OUT_OK)
		return o;
	if (p.broken)
		engine_index_look(d);
	result_set(rq, "hits", p.hits);
	result_set(rq, "next",
		   p.next[0] != '\0' ? json_string(p.next) : json_null());
	result_set(rq, "indexed", json_integer(p.indexed));
	result_set(rq, "last", json_integer(p.last));
	result_set(rq, "cut", json_boolean(p.cut));
	return OUT_OK;
}
