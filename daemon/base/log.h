#ifndef POSTIGO_LOG_H
#define POSTIGO_LOG_H

/*
 * log: one event per line, to standard error as JSON lines, or to journald.
 *
 * Only loops and mains log; everything else returns a struct err. No message
 * bodies and no addresses at level info and above. Text from outside is
 * escaped and cut at 200 bytes by log_text().
 */

#include "daemon/base/err.h"

enum log_level {
	LOG_LVL_ERROR,
	LOG_LVL_WARN,
	LOG_LVL_INFO,
	LOG_LVL_DEBUG
};
enum log_kind {
	LOG_JSON,
	LOG_JOURNAL
};

/*
 * Choose where lines go; called once by a main before any thread starts.
 * program  static text, member "program" of each line
 * LOG_JOURNAL falls back to LOG_JSON when journald's socket is absent.
 */
void log_open(const char *program, enum log_kind kind, enum log_level upto);

/*
 * Write one line: {"time","level","program","pid","event","msg"}.
 * event  static machine word: "store.commit_failed"
 * Thread safe; one write(2) a line, cut at 4 KiB.
 */
void log_write(enum log_level level, const char *event, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...) log_write(LOG_LVL_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_LVL_WARN, __VA_ARGS__)
#define log_info(...) log_write(LOG_LVL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LVL_DEBUG, __VA_ARGS__)

/* Outside text made safe for a line, cut at 200 bytes, into out[256]. */
const char *log_text(const char *p, unsigned long n, char out[256]);

/* Read "error", "warn", "info" or "debug". OUT_PERM: none of them. */
enum outcome log_level_parse(const char *s, enum log_level *out,
			     struct err *e) MUST_CHECK;

#endif
