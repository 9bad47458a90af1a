#ifndef POSTIGO_HEAD_H
#define POSTIGO_HEAD_H

/*
 * head: the header block of a mail as octets: where it ends, which fields it
 * has. Nothing is decoded here, so both the gateway (which needs an identity
 * for mail that cannot be parsed) and postigo-mime use it.
 *
 * Invariants: linear in the octets; at most HEAD_FIELDS_MAX fields of some
 * HEAD_BLOCK_MAX octets; a field over HEAD_VALUE_MAX octets is cut there.
 */

#include <stdbool.h>
#include <stddef.h>

struct buf;

#define HEAD_FIELDS_MAX 2000
#define HEAD_VALUE_MAX ((size_t)32 * 1024)
#define HEAD_BLOCK_MAX ((size_t)1024 * 1024)
#define HEAD_ID_MAX 998 /* octets of a Message-ID (RFC 5322 2.1.1) */

struct field {
	const char *name; /* as written, not ended by NUL */
	size_t name_len;
	char *value; /* unfolded, trimmed, ended by NUL; owned */
	size_t value_len;
};

struct head {
	struct field *fields;
	size_t count;
	size_t kept; /* octets of all values */
	size_t body; /* offset of the first octet after the block */
	bool cut;    /* a ceiling was met */
};

/*
 * Split raw (n octets, borrowed and pointed into). Skips an mbox "From "
 * line and lines that are no fields.
 */
void head_read(struct head *h, const char *raw, size_t n);
void head_release(struct head *h);

/* The first field of that name (any case); NULL: none. Borrowed. */
const struct field *head_first(const struct head *h, const char *name);

/* The first usable value, "" if there is none. Borrowed. */
const char *head_value(const struct head *h, const char *name);

/* Next field of that name from *at on, which moves behind it. */
const struct field *head_next(const struct head *h, const char *name,
			      size_t *at);

/*
 * The first Message-ID in s at or after *at, into out with its brackets
 * (added to a bare token). false: no more. At most HEAD_ID_MAX octets.
 */
bool head_id(const char *s, size_t *at, struct buf *out);

/* The mail's own id into out (emptied first). false: it has none. */
bool head_message_id(const struct head *h, struct buf *out);

/*
 * The digest that identifies a mail beside its Message-ID: SHA-256 of the
 * octets after the header, or of all octets for a mail without an id.
 */
void head_digest(const struct head *h, const char *raw, size_t n, bool has_id,
		 char out[65]);

#endif
