/* imap_write: marking, moving and storing mails; folders. */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/mail/net/folder.h"
#include "gateways/mail/net/guard.h"
#include "gateways/mail/net/imap_p.h"
#include "gateways/mail/net/stream.h"

#define MESSAGE_ID_MAX 998
#define FOLDER_TEXT_MAX 2000

/* A failure of a change that may have been made: ask before repeating. */
static enum outcome
unsure(const struct imap *i, enum outcome o)
{
	return o != OUT_OK && stream_dead(i->stream) ? OUT_UNSURE : o;
}

static bool
wants_create(const struct imap *i)
{
	return guard_status(i->guard) == GUARD_NO &&
	       (imap_said(i, "TRYCREATE") || imap_said(i, "NONEXISTENT"));
}

/* --- flags --------------------------------------------------------------- */

static enum outcome
add_flag(struct imap *i, uint32_t uid, struct mailimap_flag *flag,
	 struct err *e)
{
	struct mailimap_flag_list *flags = mailimap_flag_list_new_empty();
	struct mailimap_store_att_flags *att;
	struct mailimap_set *set;
	enum outcome o;
	int r;

	mailimap_flag_list_add(flags, flag);
	att = mailimap_store_att_flags_new_add_flags_silent(flags);
	set = mailimap_set_new_single(uid);
	o = imap_begin_short(i, e);
	if (o == OUT_OK) {
		r = mailimap_uid_store(i->etpan, set, att);
		o = imap_result(i, r, "the mail cannot be marked", e);
	}
	mailimap_set_free(set);
	mailimap_store_att_flags_free(att);
	return o;
}

enum outcome
imap_mark_seen(struct imap *i, uint32_t uid, struct err *e)
{
	enum outcome o = imap_need_folder(i, e);

	if (o == OUT_OK)
		o = add_flag(i, uid, mailimap_flag_new_seen(), e);
	return o;
}

/* --- folders ------------------------------------------------------------- */

enum outcome
imap_create(struct imap *i, const char *folder, struct err *e)
{
	struct buf wire;
	enum outcome o;

	buf_init(&wire, IMAP_WIRE_MAX);
	o = imap_wire_name(&wire, folder, e);
	if (o == OUT_OK)
		o = imap_begin_short(i, e);
	if (o == OUT_OK)
		o = imap_result(i, mailimap_create(i->etpan, buf_str(&wire)),
				"the folder cannot be created", e);
	if (o == OUT_PERM && !stream_dead(i->stream) &&
	    imap_said(i, "ALREADYEXISTS"))
		o = OUT_OK;
	buf_release(&wire);
	return o;
}

static const char *
attribute(const struct mailimap_mbx_list_oflag *f)
{
	switch (f->of_type) {
	case MAILIMAP_MBX_LIST_OFLAG_NOINFERIORS:
		return "\\NoInferiors";
	case MAILIMAP_MBX_LIST_OFLAG_FLAG_EXT:
		return f->of_flag_ext;
	default:
		return NULL;
	}
}

static void
put_attribute(struct buf *out, const char *word)
{
	if (word == NULL)
		return;
	if (out->len > 0)
		buf_putc(out, ' ');
	if (word[0] != '\\')
		buf_putc(out, '\\');
	net_words(out, word, strlen(word), 60);
}

static void
put_attributes(struct buf *out, const struct mailimap_mbx_list_flags *flags)
{
	if (flags == NULL)
		return;
	if (flags->mbf_type == MAILIMAP_MBX_LIST_FLAGS_SFLAG &&
	    flags->mbf_sflag == MAILIMAP_MBX_LIST_SFLAG_NOSELECT)
		put_attribute(out, "\\Noselect");
	for (clistiter *at = flags->mbf_oflags == NULL
				     ? NULL
				     : clist_begin(flags->mbf_oflags);
	     at != NULL; at = clist_next(at))
		put_attribute(out, attribute(clist_content(at)));
}

static void
tell_folders(const clist *list, imap_folder_seen *seen, void *ctx)
{
	struct buf name, attributes;

	buf_init(&name, FOLDER_TEXT_MAX);
	buf_init(&attributes, FOLDER_TEXT_MAX);
	for (clistiter *at = clist_begin(list); at != NULL;
	     at = clist_next(at)) {
		const struct mailimap_mailbox_list *m = clist_content(at);

		buf_clear(&name);
		buf_clear(&attributes);
		folder_decode(&name, m->mb_name);
		put_attributes(&attributes, m->mb_flag);
		seen(ctx, buf_str(&name), buf_str(&attributes),
		     m->mb_delimiter);
	}
	buf_release(&name);
	buf_release(&attributes);
}

enum outcome
imap_folders(struct imap *i, imap_folder_seen *seen, void *ctx, struct err *e)
{
	clist *list = NULL;
	enum outcome o = imap_begin(i, IMAP_COMMAND_MS, IMAP_REPLY_MAX,
				    IMAP_FOLDERS_MAX, 0, e);
	int r;

	if (o != OUT_OK)
		return o;
	r = mailimap_list(i->etpan, "", "*", &list);
	o = imap_result(i, r, "the folders cannot be listed", e);
	if (o == OUT_OK && list != NULL)
		tell_folders(list, seen, ctx);
	if (list != NULL)
		mailimap_list_result_free(list);
	return o;
}

/* --- moving -------------------------------------------------------------- */

/* OUT_PERM, NET_GONE if the selected folder has no such mail. */
static enum outcome
is_there(struct imap *i, uint32_t uid, struct err *e)
{
	struct mailimap_set *set;
	struct mailimap_fetch_type *type;
	clist *list = NULL;
	bool found;
	enum outcome o = imap_begin_short(i, e);
	int r;

	if (o != OUT_OK)
		return o;
	set = mailimap_set_new_single(uid);
	type = mailimap_fetch_type_new_fetch_att(mailimap_fetch_att_new_uid());
	r = mailimap_uid_fetch(i->etpan, set, type, &list);
	mailimap_set_free(set);
	mailimap_fetch_type_free(type);
	o = imap_result(i, r, "the mail cannot be found", e);
	found = r == MAILIMAP_NO_ERROR && list != NULL &&
		imap_list_has(list, uid);
	if (r == MAILIMAP_NO_ERROR && list != NULL)
		mailimap_fetch_list_free(list);
	if (o == OUT_OK && !found)
		o = err_code(e, OUT_PERM, NET_GONE,
			     "the mail is no longer in the folder");
	return o;
}

typedef int etpan_transfer(mailimap *session, struct mailimap_set *set,
			   const char *folder);

/* MOVE or COPY; creates the folder if the server says that it would help. */
static enum outcome
transfer(struct imap *i, etpan_transfer *how, uint32_t uid, const char *folder,
	 const char *wire, struct err *e)
{
	struct mailimap_set *set = mailimap_set_new_single(uid);
	enum outcome o = imap_begin_short(i, e);

	if (o == OUT_OK)
		o = imap_result(i, how(i->etpan, set, wire),
				"the mail cannot be moved", e);
	if (o != OUT_OK && !stream_dead(i->stream) && wants_create(i)) {
		o = imap_create(i, folder, e);
		if (o == OUT_OK)
			o = imap_begin_short(i, e);
		if (o == OUT_OK)
			o = imap_result(i, how(i->etpan, set, wire),
					"the mail cannot be moved", e);
	}
	mailimap_set_free(set);
	return unsure(i, o);
}

/* The copy is there: take this one away, or say that it was left. */
static enum outcome
take_away(struct imap *i, uint32_t uid, bool *left_out, struct err *e)
{
	struct mailimap_set *set;
	enum outcome o = add_flag(i, uid, mailimap_flag_new_deleted(), e);

	*left_out = true;
	if (o == OUT_OK && i->can_uidplus) {
		o = imap_begin_short(i, e);
		if (o == OUT_OK) {
			set = mailimap_set_new_single(uid);
			o = imap_result(i, mailimap_uid_expunge(i->etpan, set),
					"the mail cannot be removed", e);
			mailimap_set_free(set);
		}
		*left_out = o != OUT_OK;
	}
	return stream_dead(i->stream) ? OUT_UNSURE : OUT_OK;
}

enum outcome
imap_move(struct imap *i, uint32_t uid, const char *folder, bool *left_out,
	  struct err *e)
{
	struct buf wire;
	enum outcome o = imap_need_folder(i, e);

	*left_out = false;
	buf_init(&wire, IMAP_WIRE_MAX);
	if (o == OUT_OK)
		o = imap_wire_name(&wire, folder, e);
	if (o == OUT_OK)
		o = is_there(i, uid, e);
	if (o == OUT_OK && i->can_move) {
		o = transfer(i, mailimap_uid_move, uid, folder, buf_str(&wire),
			     e);
	} else if (o == OUT_OK) {
		o = transfer(i, mailimap_uid_copy, uid, folder, buf_str(&wire),
			     e);
		if (o == OUT_OK)
			o = take_away(i, uid, left_out, e);
	}
	buf_release(&wire);
	return o;
}

/* --- storing ------------------------------------------------------------- */

/* "[APPENDUID 38505 3955] done": 3955; 0: not said. */
static uint32_t
appended_uid(const struct imap *i)
{
	const char *at = guard_words(i->guard);
	char *end;
	unsigned long long uid;

	if (!imap_said(i, "APPENDUID"))
		return 0;
	at = strchr(at, ' ');
	at = at == NULL ? NULL : strchr(at + 1, ' ');
	if (at == NULL)
		return 0;
	uid = strtoull(at + 1, &end, 10);
	return *end == ']' && uid <= UINT32_MAX ? (uint32_t)uid : 0;
}

static enum outcome
append_once(struct imap *i, const char *wire, const void *octets, size_t n,
	    struct err *e)
{
	struct mailimap_flag_list *flags;
	enum outcome o =
		imap_begin(i, IMAP_APPEND_MS, IMAP_REPLY_MAX, 2000, 0, e);

	if (o != OUT_OK)
		return o;
	flags = mailimap_flag_list_new_empty();
	mailimap_flag_list_add(flags, mailimap_flag_new_seen());
	o = imap_result(i,
			mailimap_append(i->etpan, wire, flags, NULL, octets, n),
			"the mail cannot be stored", e);
	mailimap_flag_list_free(flags);
	/* Before the server asked for them no octet of it went. */
	return guard_continued(i->guard) ? unsure(i, o) : o;
}

enum outcome
imap_append(struct imap *i, const char *folder, const void *octets, size_t n,
	    uint32_t *uid_out, struct err *e)
{
	struct buf wire;
	enum outcome o;

	if (uid_out != NULL)
		*uid_out = 0;
	buf_init(&wire, IMAP_WIRE_MAX);
	o = imap_wire_name(&wire, folder, e);
	if (o == OUT_OK)
		o = append_once(i, buf_str(&wire), octets, n, e);
	if (o != OUT_OK && !stream_dead(i->stream) && wants_create(i)) {
		o = imap_create(i, folder, e);
		if (o == OUT_OK)
			o = append_once(i, buf_str(&wire), octets, n, e);
	}
	if (o == OUT_OK && uid_out != NULL)
		*uid_out = appended_uid(i);
	buf_release(&wire);
	return o;
}

/* --- finding ------------------------------------------------------------- */

static enum outcome
search(struct imap *i, const char *message_id, uint32_t *uid_out, struct err *e)
{
	struct mailimap_search_key *key;
	clist *list = NULL;
	enum outcome o = imap_begin_short(i, e);
	int r;

	if (o != OUT_OK)
		return o;
	/* Taken, for free(), which is what mem_free() is. */
	key = mailimap_search_key_new_header(mem_strdup("Message-ID"),
					     mem_strdup(message_id));
	r = mailimap_uid_search(i->etpan, NULL, key, &list);
	mailimap_search_key_free(key);
	o = imap_result(i, r, "the folder cannot be searched", e);
	for (clistiter *at = list != NULL ? clist_begin(list) : NULL;
	     o == OUT_OK && at != NULL; at = clist_next(at)) {
		const uint32_t *uid = clist_content(at);

		if (*uid > *uid_out)
			*uid_out = *uid;
	}
	/* Here libetpan leaves it to us after a NO too. */
	if (list != NULL)
		mailimap_search_result_free(list);
	return o;
}

static enum outcome
examine(struct imap *i, const char *folder, bool *there, struct err *e)
{
	struct buf wire;
	enum outcome o;

	*there = false;
	buf_init(&wire, IMAP_WIRE_MAX);
	o = imap_wire_name(&wire, folder, e);
	if (o == OUT_OK)
		o = imap_begin_short(i, e);
	if (o == OUT_OK) {
		i->selected = false;
		guard_forget(i->guard);
		o = imap_result(i, mailimap_examine(i->etpan, buf_str(&wire)),
				"the folder cannot be opened", e);
		*there = i->selected = o == OUT_OK;
		if (o == OUT_PERM && !stream_dead(i->stream))
			o = OUT_OK; /* there is none */
	}
	buf_release(&wire);
	return o;
}

enum outcome
imap_find(struct imap *i, const char *folder, const char *message_id,
	  uint32_t *uid_out, struct err *e)
{
	bool there;
	enum outcome o;

	*uid_out = 0;
	if (strlen(message_id) > MESSAGE_ID_MAX || message_id[0] == '\0')
		return err_code(e, OUT_PERM, NET_REFUSED,
				"this cannot be looked for");
	for (const char *p = message_id; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			return err_code(e, OUT_PERM, NET_REFUSED,
					"this cannot be looked for");
	o = examine(i, folder, &there, e);
	if (o == OUT_OK && there)
		o = search(i, message_id, uid_out, e);
	return o;
}
