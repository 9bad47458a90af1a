#ifndef POSTIGO_WHATSAPP_NOTICE_H
#define POSTIGO_WHATSAPP_NOTICE_H

/*
 * notice: what an administrator is told of an account, a number or a
 * template, as parameters of account.event. Pure.
 */

#include <jansson.h>
#include <stdint.h>

/*
 * Of a fact of "events".
 * at_ms  when it came; its own time counts, if it has one
 */
json_t *notice_event(const json_t *event, const char *connection,
		     int64_t at_ms);

/* Of a fact of "errors". */
json_t *notice_error(const json_t *error, const char *connection,
		     int64_t at_ms);

/*
 * Of this program.
 * code    static: own_number, foreign_number, unknown_number
 * detail  what it is about
 */
json_t *notice_own(const char *code, const char *detail, const char *connection,
		   int64_t at_ms);

#endif
