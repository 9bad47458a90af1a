#include "daemon/store/incident.h"

#include <assert.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/sql.h"
#include "daemon/store/store_p.h"
#include "daemon/store/tally.h"
#include "rules/book.h"

static const char *const state_names[INCIDENT_STATE_COUNT] = {
	"new",    "open", "pending_customer", "on_hold", "snoozed", "solved",
	"closed", "spam", "merged",
};
static const char *const channels[] = { "email", "chat", "whatsapp", "phone",
					"form",  "api",  "order" };
static const char *const priorities[] = { "low", "normal", "high", "urgent" };
static const char *const directions[] = { "in", "out", "note" };

#define INCIDENT_COLUMNS                                                       \
	"id, customer_id, connection_id, channel, queue, state, priority, "    \
	"reason, policy, saved_reply, assignee_id, created_ms, updated_ms, "   \
	"due_ms, messages, last_direction, last_ms, follows_id, team, "        \
	"wake_ms, undecided, merged_into, claims_id"
#define INCIDENT_TOLD                                                          \
	"(SELECT e.at_ms FROM event e WHERE e.incident_id = incident.id "      \
	"ORDER BY e.seq DESC LIMIT 1)"
static const struct sql q_load = { "read an incident",
				   "SELECT " INCIDENT_COLUMNS ", " INCIDENT_TOLD
				   " FROM incident WHERE id = $1" };
static const struct sql q_instant = {
	"read an incident's instant",
	"SELECT max($2, updated_ms, coalesce(" INCIDENT_TOLD ", 0)) "
	"FROM incident WHERE id = $1"
};
static const struct sql q_add = {
	"add an incident",
	"INSERT INTO incident (customer_id, connection_id, channel, queue, "
	"state, priority, reason, policy, saved_reply, assignee_id, "
	"created_ms, updated_ms, due_ms, messages, last_direction, last_ms, "
	"follows_id, active, team, wake_ms, undecided, claims_id) VALUES ($1, $2, $3, $4, "
	"$5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, "
	"$20, $21, $22)"
};
static const struct sql q_save = {
	"change an incident",
	"UPDATE incident SET queue = $2, state = $3, priority = $4, "
	"reason = $5, policy = $6, saved_reply = $7, assignee_id = $8, "
	"updated_ms = $9, due_ms = $10, messages = $11, last_direction = $12, "
	"last_ms = $13, active = $14, team = $15, wake_ms = $16, "
	"undecided = $17, merged_into = $18 WHERE id = $1"
};
static const struct sql q_counted = {
	"read what of an incident is counted",
	"SELECT state, queue, assignee_id, due_ms FROM incident WHERE id = $1"
};
static const struct sql q_tag_add = {
	"add a tag",
	"INSERT INTO incident_tag (incident_id, tag) VALUES ($1, $2) "
	"ON CONFLICT DO NOTHING"
};
static const struct sql q_tag_remove = {
	"remove a tag",
	"DELETE FROM incident_tag WHERE incident_id = $1 AND tag = $2"
};
static const struct sql q_tags = {
	"list tags",
	"SELECT tag FROM incident_tag WHERE incident_id = $1 ORDER BY tag"
};
static const struct sql q_agent = { "find an agent",
				    "SELECT active FROM agent WHERE id = $1" };
#define LINK_COLUMNS "id, name, kind, role, settings, active"
static const struct sql q_link_id = {
	"find a connection's number",
	"SELECT id FROM connection WHERE name = $1 AND role = $2"
};
static const struct sql q_link_load = { "read a connection",
					"SELECT " LINK_COLUMNS
					" FROM connection WHERE id = $1" };
static const struct sql q_link_find = { "find a connection",
					"SELECT " LINK_COLUMNS
					" FROM connection WHERE name = $1 "
					"AND ($2 IS NULL OR role = $2)" };
static const struct sql q_link_first = {
	"find the first connection",
	"SELECT " LINK_COLUMNS " FROM connection WHERE role = $1 "
	"AND active = 1 AND (kind <> 'mailbox' "
	"OR json_extract(settings, "
	"'$.smtp_host') IS NOT NULL) "
	"ORDER BY id LIMIT 1"
};
static const struct sql q_desk_name = { "read the desk's name",
					"SELECT name FROM desk WHERE id = 1" };

#define WORDS(list) (sizeof(list) / sizeof(list)[0])

static const char *
incident_word(const char *const *list, size_t n, const char *s)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(list[i], s) == 0)
			return list[i];
	return NULL;
}

const char *
incident_state_name(enum incident_state st)
{
	assert(st < INCIDENT_STATE_COUNT);
	return state_names[st];
}

enum incident_state
incident_state_parse(const char *s)
{
	int i;

	for (i = 0; i < INCIDENT_STATE_COUNT; i++)
		if (strcmp(state_names[i], s) == 0)
			break;
	return (enum incident_state)i;
}

bool
incident_state_active(enum incident_state st)
{
	return st < INCIDENT_SOLVED;
}

const char *
incident_channel(const char *s)
{
	return incident_word(channels, WORDS(channels), s);
}

const char *
incident_priority(const char *s)
{
	return incident_word(priorities, WORDS(priorities), s);
}

bool
incident_reason(const char *s)
{
	return book_is_reason(s);
}

void
incident_set_str(char **field, const char *v)
{
	char *copy = mem_strdup(v);

	mem_free(*field);
	*field = copy;
}

void
incident_release(struct incident *inc)
{
	MEM_CLEAR(&inc->queue);
	MEM_CLEAR(&inc->reason);
	MEM_CLEAR(&inc->policy);
	MEM_CLEAR(&inc->saved_reply);
	MEM_CLEAR(&inc->team);
}

static void
incident_read(sqlite3_stmt *st, struct incident *inc)
{
	inc->id = sql_get_int(st, 0);
	inc->customer_id = sql_get_int(st, 1);
	inc->connection_id = sql_get_int(st, 2);
	inc->channel = incident_channel(sql_get_text(st, 3));
	incident_set_str(&inc->queue, sql_get_text(st, 4));
	inc->state = incident_state_parse(sql_get_text(st, 5));
	inc->priority = incident_priority(sql_get_text(st, 6));
	incident_set_str(&inc->reason, sql_get_text(st, 7));
	incident_set_str(&inc->policy, sql_get_text(st, 8));
	incident_set_str(&inc->saved_reply, sql_get_text(st, 9));
	inc->assignee_id = sql_get_int(st, 10);
	inc->created_ms = sql_get_int(st, 11);
	inc->updated_ms = sql_get_int(st, 12);
	inc->due_ms = sql_get_int(st, 13);
	inc->messages = sql_get_int(st, 14);
	inc->last_direction = incident_word(directions, WORDS(directions),
					    sql_get_text(st, 15));
	inc->last_ms = sql_get_int(st, 16);
	inc->follows_id = sql_get_int(st, 17);
	incident_set_str(&inc->team, sql_get_text(st, 18));
	inc->wake_ms = sql_get_int(st, 19);
	inc->undecided = sql_get_int(st, 20) != 0;
	inc->merged_into = sql_get_int(st, 21);
	inc->claims_id = sql_get_int(st, 22);
	inc->told_ms = sql_get_int(st, 23);
}

enum outcome
incident_load(struct store *s, int64_t id, struct incident *inc_out,
	      struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_load);
	bool row;
	enum outcome o;

	memset(inc_out, 0, sizeof *inc_out);
	sql_set_int(st, 1, id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK)
		return o;
	if (!row)
		return err_code(e, OUT_PERM, "not_found",
				"no such incident: %lld", (long long)id);
	incident_read(st, inc_out);
	sql_reset(st);
	/* the table's own rules say that these are among the words */
	assert(inc_out->channel && inc_out->priority &&
	       inc_out->state < INCIDENT_STATE_COUNT);
	if (inc_out->last_direction == NULL)
		inc_out->last_direction = "in";
	return OUT_OK;
}

enum outcome
incident_instant(struct store *s, int64_t id, int64_t at_ms, int64_t *at_out,
		 struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_instant);
	bool row = false;
	enum outcome o;

	*at_out = at_ms;
	sql_set_int(st, 1, id);
	sql_set_int(st, 2, at_ms);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row)
		*at_out = sql_get_int(st, 0);
	sql_reset(st);
	return o;
}

static struct tally_row
counted(const struct incident *inc)
{
	return (struct tally_row){ .state = inc->state,
				   .queue = inc->queue,
				   .assignee_id = inc->assignee_id,
				   .due_ms = inc->due_ms };
}

enum outcome
incident_add(struct store *s, struct incident *inc, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_add);
	enum outcome o;

	sql_set_int(st, 1, inc->customer_id);
	sql_set_id(st, 2, inc->connection_id);
	sql_set_str(st, 3, inc->channel);
	sql_set_str(st, 4, inc->queue);
	sql_set_str(st, 5, incident_state_name(inc->state));
	sql_set_str(st, 6, inc->priority);
	sql_set_str(st, 7, inc->reason);
	sql_set_str(st, 8, inc->policy);
	sql_set_str(st, 9, inc->saved_reply);
	sql_set_id(st, 10, inc->assignee_id);
	sql_set_int(st, 11, inc->created_ms);
	sql_set_int(st, 12, inc->updated_ms);
	sql_set_id(st, 13, inc->due_ms);
	sql_set_int(st, 14, inc->messages);
	sql_set_str(st, 15, inc->last_direction);
	sql_set_int(st, 16, inc->last_ms);
	sql_set_id(st, 17, inc->follows_id);
	sql_set_int(st, 18, incident_state_active(inc->state));
	sql_set_str(st, 19, inc->team != NULL ? inc->team : "");
	sql_set_id(st, 20, inc->wake_ms);
	sql_set_int(st, 21, inc->undecided);
	sql_set_id(st, 22, inc->claims_id);
	o = sql_done(s, st, e);
	if (o != OUT_OK)
		return o;
	inc->id = sql_last_id(s);
	if (s->tally_own) {
		struct tally_row now = counted(inc);

		tally_note(s->tally, NULL, &now);
	}
	return OUT_OK;
}

/* Tell the tally what the row is, and what it becomes. The row is asked, not
 * the struct: that may have been read before another change. */
static enum outcome
incident_count(struct store *s, const struct incident *inc, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_counted);
	struct tally_row now = counted(inc);
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, inc->id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		struct tally_row was = {
			.state = incident_state_parse(sql_get_text(st, 0)),
			.queue = sql_get_text(st, 1),
			.assignee_id = sql_get_int(st, 2),
			.due_ms = sql_get_int(st, 3),
		};

		tally_note(s->tally, &was, &now);
	}
	sql_reset(st);
	return o;
}

enum outcome
incident_save(struct store *s, const struct incident *inc, struct err *e)
{
	size_t mark = s->tally_own ? tally_mark(s->tally) : 0;
	enum outcome o = OUT_OK;
	sqlite3_stmt *st;

	assert(inc->id > 0);
	if (s->tally_own)
		o = incident_count(s, inc, e);
	if (o != OUT_OK)
		return o;
	st = sql_stmt(s, &q_save);
	sql_set_int(st, 1, inc->id);
	sql_set_str(st, 2, inc->queue);
	sql_set_str(st, 3, incident_state_name(inc->state));
	sql_set_str(st, 4, inc->priority);
	sql_set_str(st, 5, inc->reason);
	sql_set_str(st, 6, inc->policy);
	sql_set_str(st, 7, inc->saved_reply);
	sql_set_id(st, 8, inc->assignee_id);
	sql_set_int(st, 9, inc->updated_ms);
	sql_set_id(st, 10, inc->due_ms);
	sql_set_int(st, 11, inc->messages);
	sql_set_str(st, 12, inc->last_direction);
	sql_set_int(st, 13, inc->last_ms);
	sql_set_int(st, 14, incident_state_active(inc->state));
	sql_set_str(st, 15, inc->team);
	sql_set_id(st, 16, inc->wake_ms);
	sql_set_int(st, 17, inc->undecided);
	sql_set_id(st, 18, inc->merged_into);
	o = sql_done(s, st, e);
	if (o != OUT_OK && s->tally_own)
		tally_undo(s->tally, mark);
	return o;
}

static enum outcome
incident_tag(struct store *s, const struct sql *q, int64_t id, const char *tag,
	     bool *changed_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, q);
	enum outcome o;

	sql_set_int(st, 1, id);
	sql_set_str(st, 2, tag);
	o = sql_done(s, st, e);
	*changed_out = o == OUT_OK && sql_changes(s) > 0;
	return o;
}

enum outcome
incident_tag_add(struct store *s, int64_t id, const char *tag,
		 bool *changed_out, struct err *e)
{
	return incident_tag(s, &q_tag_add, id, tag, changed_out, e);
}

enum outcome
incident_tag_remove(struct store *s, int64_t id, const char *tag,
		    bool *changed_out, struct err *e)
{
	return incident_tag(s, &q_tag_remove, id, tag, changed_out, e);
}

enum outcome
incident_tags(struct store *s, int64_t id, json_t **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_tags);
	json_t *list = json_array();
	bool row;
	enum outcome o;

	sql_set_int(st, 1, id);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row)
		(void)json_array_append_new(list, sql_json_str(st, 0));
	if (o != OUT_OK) {
		json_decref(list);
		list = NULL;
	}
	*out = list;
	return o;
}

enum outcome
incident_agent(struct store *s, int64_t agent_id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_agent);
	bool row;
	bool active;
	enum outcome o;

	sql_set_int(st, 1, agent_id);
	o = sql_row(s, st, &row, e);
	active = o == OUT_OK && row && sql_get_int(st, 0) != 0;
	sql_reset(st);
	if (o == OUT_OK && !active)
		return err_code(e, OUT_PERM, "not_found", "no such agent: %lld",
				(long long)agent_id);
	return o;
}

void
link_release(struct link *l)
{
	MEM_CLEAR(&l->name);
	MEM_CLEAR(&l->kind);
	MEM_CLEAR(&l->role);
	json_decref(l->settings);
	l->settings = NULL;
}

/* The row of a bound statement; out->id stays 0 if there is none. */
static enum outcome
link_read(struct store *s, sqlite3_stmt *st, struct link *out, struct err *e)
{
	bool row;
	enum outcome o;

	memset(out, 0, sizeof *out);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK || !row)
		return o;
	out->id = sql_get_int(st, 0);
	out->name = mem_strdup(sql_get_text(st, 1));
	out->kind = mem_strdup(sql_get_text(st, 2));
	out->role = mem_strdup(sql_get_text(st, 3));
	out->settings = sql_json_doc(st, 4);
	out->active = sql_get_int(st, 5) != 0;
	sql_reset(st);
	return OUT_OK;
}

enum outcome
link_load(struct store *s, int64_t id, struct link *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_link_load);
	enum outcome o;

	sql_set_int(st, 1, id);
	o = link_read(s, st, out, e);
	if (o == OUT_OK && out->id == 0)
		return err_code(e, OUT_PERM, "not_found",
				"no such connection: %lld", (long long)id);
	return o;
}

enum outcome
link_find(struct store *s, const char *name, const char *role, struct link *out,
	  struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_link_find);
	enum outcome o;

	sql_set_str(st, 1, name);
	sql_set_str(st, 2, role);
	o = link_read(s, st, out, e);
	if (o == OUT_OK && out->id == 0)
		return err_code(e, OUT_PERM, "not_found",
				"no such connection: '%s'", name);
	return o;
}

enum outcome
link_id(struct store *s, const char *name, const char *role, int64_t *id_out,
	struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_link_id);
	bool row;
	enum outcome o;

	sql_set_str(st, 1, name);
	sql_set_str(st, 2, role);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK)
		return o;
	if (!row)
		return err_code(e, OUT_PERM, "not_found",
				"no such connection: '%s'", name);
	*id_out = sql_get_int(st, 0);
	sql_reset(st);
	return OUT_OK;
}

enum outcome
link_first(struct store *s, const char *role, struct link *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_link_first);

	sql_set_str(st, 1, role);
	return link_read(s, st, out, e);
}

enum outcome
desk_name(struct store *s, char **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_desk_name);
	bool row;
	enum outcome o = sql_row(s, st, &row, e);

	*out = NULL;
	if (o != OUT_OK)
		return o;
	*out = mem_strdup(row ? sql_get_text(st, 0) : "");
	sql_reset(st);
	return OUT_OK;
}
