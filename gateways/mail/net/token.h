#ifndef POSTIGO_MAIL_TOKEN_H
#define POSTIGO_MAIL_TOKEN_H

/*
 * token: access tokens that another program looks after: read from a file,
 * or printed by a command.
 *
 * Invariants: no shell; an answer has at most TOKEN_ANSWER_MAX octets and, of
 * a command, TOKEN_WAIT_MS, after which it is killed with what it started;
 * neither a token nor a command's arguments are part of a text.
 */

#include <stdint.h>

#include "gateways/mail/net/net.h"

#define TOKEN_ANSWER_MAX ((size_t)64 * 1024)
#define TOKEN_WAIT_MS 20000
#define TOKEN_ARGS_MAX 32

struct buf;

/*
 * The octets of a token file.
 * out             of TOKEN_ANSWER_MAX; appended to
 * written_ms_out  when it was written, UTC since 1970
 *
 * OUT_TEMP  NET_NETWORK: it cannot be read now, and why
 */
enum outcome token_file(const char *path, struct buf *out,
			int64_t *written_ms_out, struct err *e) MUST_CHECK;

/*
 * What a command prints. It gets nothing to read and an environment of
 * PATH, HOME and LC_ALL; what it prints as errors goes nowhere.
 * command  words with blanks between, the first one a path
 * cancel   ends the wait; NULL: none
 *
 * OUT_TEMP  NET_NETWORK: it cannot be run, was too slow or failed;
 *           NET_CANCELLED
 */
enum outcome token_command(const char *command, const struct net_cancel *cancel,
			   struct buf *out, struct err *e) MUST_CHECK;

#endif
