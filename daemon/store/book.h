#ifndef POSTIGO_STORE_BOOK_H
#define POSTIGO_STORE_BOOK_H

/*
 * book: the stored versions of the desk book. Its grammar and meaning are
 * rules/book.h's.
 *
 * Invariants: versions grow by one and are never changed; the newest is the
 * applied one; only texts that were read without error are stored.
 */

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"

struct book;
struct store;

/*
 * At the start: make the desk's row and version 1 (one queue, "general") if
 * the store is new, and read the newest version. The writing handle, no
 * transaction open.
 *
 * out          one reference (book_unref)
 * version_out  its version
 *
 * OUT_PERM  the stored text cannot be read by this program; e says where
 */
enum outcome book_load(struct store *s, struct book **out, int64_t *version_out,
		       struct err *e) MUST_CHECK;

/*
 * {version, hash, text} of a version; 0: the newest.
 * OUT_PERM  code "not_found"
 */
enum outcome book_stored(struct store *s, int64_t version, json_t **out,
			 struct err *e) MUST_CHECK;

/*
 * BookVersions (methods.tbl) without "rules", newest first.
 *
 * before  versions older than this one; 0: from the newest on
 * limit   at most so many
 * out     new list
 */
enum outcome book_versions(struct store *s, int64_t before, int limit,
			   json_t **out, struct err *e) MUST_CHECK;

/* The newest version's number; 0: none is stored. */
enum outcome book_newest(struct store *s, int64_t *version_out,
			 struct err *e) MUST_CHECK;

/* The version that was applied at an instant: the first one, if that is
 * before it. */
enum outcome book_version_at(struct store *s, int64_t at_ms,
			     int64_t *version_out, struct err *e) MUST_CHECK;

/*
 * Store a text as the next version.
 * agent_id  who applied it; 0: nobody
 * hash_out  SHA-256 of the text
 */
enum outcome book_insert(struct store *s, const char *text, size_t n,
			 int64_t agent_id, const char *note, int64_t now_ms,
			 int64_t *version_out, char hash_out[HASH_HEX],
			 struct err *e) MUST_CHECK;

/*
 * Read a stored version again; one reference (book_unref).
 * OUT_PERM  code "not_found"; or its text cannot be read by this program
 */
enum outcome book_at_version(struct store *s, int64_t version,
			     struct book **out, struct err *e) MUST_CHECK;

/* As book_at_version, but its promises alone (book_promises_read). */
enum outcome book_promises_at(struct store *s, int64_t version,
			      struct book **out, struct err *e) MUST_CHECK;

#endif
