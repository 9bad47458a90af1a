#include "gateways/whatsapp/graph_error.h"

#include <limits.h>
#include <string.h>

#include "daemon/base/utf8.h"

#define FAILED(c)                                                              \
	{                                                                      \
		(c), GRAPH_FAILED, GRAPH_MESSAGE, GRAPH_STEADY, 0, 0, false    \
	}
#define ALERT(c)                                                               \
	{                                                                      \
		(c), GRAPH_FAILED, GRAPH_MESSAGE, GRAPH_STEADY, 0, 0, true     \
	}
#define STOP(c)                                                                \
	{                                                                      \
		(c), GRAPH_STOP, GRAPH_CONNECTION, GRAPH_STEADY, 0, 0, true    \
	}
#define LATER(c, scope, growth, seconds, tries)                                \
	{                                                                      \
		(c), GRAPH_LATER, (scope), (growth), (seconds), (tries), false \
	}

#define PARAMETER 100
#define PERMISSION_FIRST 200 /* to 299: a permission is missing */
#define PERMISSION_LAST 299
#define SPAM_REST_S 3600 /* of the number, after 131048 */
#define TOO_MANY 429

/* By code. 100 with subcode 33 (a number that is gone) is as 100. */
static const struct graph_rule rows[] = {
	STOP(0), /* token */
	LATER(1, GRAPH_MESSAGE, GRAPH_STEADY, 20, 1),
	LATER(2, GRAPH_MESSAGE, GRAPH_DOUBLING, 5, 0), /* down */
	STOP(3),
	LATER(4, GRAPH_CONNECTION, GRAPH_DOUBLING, 300,
	      0), /* calls of an app */
	STOP(10),
	FAILED(33),
	FAILED(100), /* our mistake */
	STOP(190),   /* token */
	STOP(368),   /* blocked for its policies */
	LATER(80007, GRAPH_CONNECTION, GRAPH_DOUBLING, 300,
	      0),                                          /* WABA's calls */
	LATER(130429, GRAPH_NUMBER, GRAPH_DOUBLING, 1, 0), /* throughput */
	FAILED(130472), /* an experiment of Meta's */
	FAILED(130497), /* country */
	LATER(131000, GRAPH_MESSAGE, GRAPH_DOUBLING, 5, 3),
	STOP(131005),
	FAILED(131008),
	FAILED(131009),
	LATER(131016, GRAPH_MESSAGE, GRAPH_DOUBLING, 5, 0),
	FAILED(131021), /* to ourselves */
	FAILED(131026), /* cannot be reached */
	FAILED(131030), /* a number for tests, not in its list */
	STOP(131031),   /* locked */
	FAILED(131037), /* the display name is not approved */
	ALERT(131042),  /* payment */
	ALERT(131045),  /* not registered */
	FAILED(131047), /* the window is closed: a template */
	{ 131048, GRAPH_FAILED, GRAPH_NUMBER, GRAPH_STEADY, SPAM_REST_S, 0,
	  true },
	FAILED(131049), /* marketing to this person: not before a day */
	FAILED(131050), /* opted out of marketing */
	FAILED(131051),
	FAILED(131052), /* media that came in: ask the customer */
	FAILED(131053), /* media of a kind that is not taken */
	LATER(131056, GRAPH_PERSON, GRAPH_FOURFOLD, 1, 0), /* pair */
	LATER(131057, GRAPH_NUMBER, GRAPH_STEADY, 60, 0),  /* maintenance */
	FAILED(131062), /* not by a business-scoped id */
	FAILED(131063),
	FAILED(131064),
	FAILED(132000), /* templates: the number of parameters, ... */
	FAILED(132001),
	FAILED(132005),
	FAILED(132007),
	FAILED(132008),
	FAILED(132012),
	ALERT(132015), /* paused */
	ALERT(132016), /* disabled */
	FAILED(132068),
	LATER(132069, GRAPH_MESSAGE, GRAPH_DOUBLING, 60,
	      3), /* flow throttled */
	LATER(133004, GRAPH_MESSAGE, GRAPH_DOUBLING, 5, 0),
	ALERT(133010),  /* not registered */
	FAILED(133016), /* registering too often */
	FAILED(135000),
	FAILED(137000), /* the person's keys are other ones */
	LATER(2494100, GRAPH_NUMBER, GRAPH_STEADY, 60, 0), /* maintenance */
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct graph_rule permission = STOP(PERMISSION_FIRST);
static const struct graph_rule passing =
	LATER(GRAPH_NO_CODE, GRAPH_MESSAGE, GRAPH_DOUBLING, 5, 3);
static const struct graph_rule too_many =
	LATER(GRAPH_NO_CODE, GRAPH_NUMBER, GRAPH_DOUBLING, 1, 0);
static const struct graph_rule refused = FAILED(GRAPH_NO_CODE);

/* A member as one line of UTF-8, cut to size - 1 octets. */
static void
put_text(char *out, size_t size, const json_t *v)
{
	const char *s = json_string_value(v);
	size_t n = s ? utf8_cut(s, strlen(s), size - 1) : 0;

	for (size_t i = 0; i < n; i++)
		out[i] = (unsigned char)s[i] < ' ' || s[i] == 0x7f ? ' ' : s[i];
	out[n] = '\0';
}

/* A whole number that an int holds; else absent. */
static int
get_int(const json_t *o, const char *name, int absent)
{
	const json_t *v = json_object_get(o, name);
	json_int_t n = json_integer_value(v);

	return json_is_integer(v) && n >= 0 && n <= INT_MAX ? (int)n : absent;
}

bool
graph_error_read(const json_t *body, long status, struct graph_error *out)
{
	const json_t *x = json_object_get(body, "error");
	const json_t *data = json_object_get(x, "error_data");

	memset(out, 0, sizeof(*out));
	out->status = status;
	out->code = GRAPH_NO_CODE;
	if (!json_is_object(x))
		return false;
	out->code = get_int(x, "code", GRAPH_NO_CODE);
	out->subcode = get_int(x, "error_subcode", 0);
	out->transient = json_is_true(json_object_get(x, "is_transient"));
	put_text(out->title, sizeof(out->title), json_object_get(x, "message"));
	/* of templates error_data is a text */
	put_text(out->details, sizeof(out->details),
		 json_is_string(data) ? data
				      : json_object_get(data, "details"));
	put_text(out->trace, sizeof(out->trace),
		 json_object_get(x, "fbtrace_id"));
	out->proof = out->code == PARAMETER &&
		     strstr(out->title, "appsecret_proof") != NULL;
	return out->code != GRAPH_NO_CODE;
}

const struct graph_rule *
graph_error_rule(const struct graph_error *x)
{
	if (x->proof) /* the app's settings, not the message */
		return &permission;
	if (x->code >= PERMISSION_FIRST && x->code <= PERMISSION_LAST)
		return &permission;
	for (size_t i = 0; x->code != GRAPH_NO_CODE && i < ROWS; i++)
		if (rows[i].code == x->code)
			return &rows[i];
	if (x->status == TOO_MANY)
		return &too_many;
	return x->transient || x->status >= 500 ? &passing : &refused;
}

const struct graph_rule *
graph_error_row(size_t i)
{
	return i < ROWS ? &rows[i] : NULL;
}

int
graph_error_wait_s(const struct graph_rule *r, unsigned times, unsigned chance)
{
	int factor = r->growth == GRAPH_FOURFOLD   ? 4
		     : r->growth == GRAPH_DOUBLING ? 2
						   : 1;
	int s = r->seconds;

	while (times > 1 && s < GRAPH_WAIT_S_MAX && factor > 1) {
		s *= factor;
		times--;
	}
	if (s > GRAPH_WAIT_S_MAX)
		s = GRAPH_WAIT_S_MAX;
	if (r->growth == GRAPH_DOUBLING && s >= 4)
		s += (int)(chance % (unsigned)(s / 4 + 1));
	return s;
}
