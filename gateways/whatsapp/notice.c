#include "gateways/whatsapp/notice.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/utf8.h"

#define WORD_MAX 100 /* octets of a code or a field */
#define DETAIL_MAX 1000
#define SECOND_MS 1000

/* How much it matters. Rows of a field count from the first that fits. */
static const struct weight {
	const char *field;
	const char *word; /* of its event; NULL: any other */
	const char *severity;
} weights[] = {
	{ "account_update", "ACCOUNT_RESTRICTION", "critical" },
	{ "account_update", "ACCOUNT_VIOLATION", "critical" },
	{ "account_update", "ACCOUNT_DELETED", "critical" },
	{ "account_update", "DISABLED_UPDATE", "critical" },
	{ "account_update", "PARTNER_REMOVED", "critical" },
	{ "account_update", NULL, "warning" },
	{ "phone_number_quality_update", "FLAGGED", "warning" },
	{ "phone_number_quality_update", "DOWNGRADE", "warning" },
	{ "phone_number_name_update", "REJECTED", "warning" },
	{ "message_template_status_update", "REJECTED", "warning" },
	{ "message_template_status_update", "PAUSED", "warning" },
	{ "message_template_status_update", "DISABLED", "warning" },
	{ "message_template_status_update", "FLAGGED", "warning" },
	{ "security", NULL, "warning" },
};

static const char *
str(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static const char *
severity_of(const json_t *event, const char *field, const char *word)
{
	const char *said = str(event, "severity");

	if (said != NULL)
		return strcmp(said, "CRITICAL") == 0  ? "critical"
		       : strcmp(said, "WARNING") == 0 ? "warning"
						      : "info";
	for (size_t i = 0; i < sizeof weights / sizeof weights[0]; i++)
		if (strcmp(weights[i].field, field) == 0 &&
		    (weights[i].word == NULL ||
		     strcmp(weights[i].word, word) == 0))
			return weights[i].severity;
	return "info";
}

static json_t *
cut(const char *s, size_t max)
{
	return json_stringn(s, utf8_cut(s, strlen(s), max));
}

static json_t *
make(const char *connection, int64_t at_ms, const char *severity,
     const char *field, const char *code, const char *detail)
{
	char at[32];

	clock_iso_ms(at_ms, at);
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "connection",
			 connection, "at", at, "severity", severity, "field",
			 cut(field, WORD_MAX), "code", cut(code, WORD_MAX),
			 "detail", cut(detail, DETAIL_MAX));
}

/* The word of an event that says what it is; "": it has none. */
static const char *
word_of(const json_t *event)
{
	static const char *const names[] = { "event", "decision",
					     "alert_type" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str(event, names[i]) != NULL)
			return str(event, names[i]);
	return "";
}

json_t *
notice_event(const json_t *event, const char *connection, int64_t at_ms)
{
	const json_t *time = json_object_get(event, "timestamp");
	const char *field = str(event, "field");
	const char *detail = str(event, "detail");
	const char *word = word_of(event);

	if (time != NULL && json_integer_value(time) * SECOND_MS < at_ms)
		at_ms = json_integer_value(time) * SECOND_MS;
	return make(connection, at_ms, severity_of(event, field, word), field,
		    word[0] != '\0' ? word : field,
		    detail != NULL ? detail : "");
}

json_t *
notice_error(const json_t *error, const char *connection, int64_t at_ms)
{
	const char *title = str(error, "title");
	const char *detail = str(error, "detail");
	char code[WORD_MAX];

	(void)snprintf(
		code, sizeof code, "%lld",
		(long long)json_integer_value(json_object_get(error, "code")));
	return make(connection, at_ms, "warning", "errors", code,
		    detail != NULL  ? detail
		    : title != NULL ? title
				    : "");
}

json_t *
notice_own(const char *code, const char *detail, const char *connection,
	   int64_t at_ms)
{
	return make(connection, at_ms, "warning", "postigo", code, detail);
}
