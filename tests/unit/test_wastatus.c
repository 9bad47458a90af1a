/*
 * What WhatsApp says of a message after it accepted it: every order of every
 * set of statuses ends the same; a receipt proves; who waits is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "daemon/wastatus.h"
#include "tests/unit/wa_desk.h"

method_fn m_delivery_again;

#define HOUR_MS INT64_C(3600000)

static const char *const words[] = { "sent", "delivered", "read", "played",
				     "failed" };
#define WORDS 5

/* --- the table of ranks ----------------------------------------------------- */

/* State and receipt after a sequence of words. */
static void
run(const char *start, const int *order, int n, char out[32])
{
	enum wa_receipt r = WA_RECEIPT_NONE;
	const char *state = start;
	int i;

	for (i = 0; i < n; i++) {
		switch (wastatus_step(state, &r, words[order[i]])) {
		case WA_STEP_PROVED:
			state = "sent";
			break;
		case WA_STEP_FAILED:
			state = "failed";
			break;
		case WA_STEP_KEEP:
			break;
		}
	}
	(void)snprintf(out, 32, "%s/%s", state, wa_receipt_name(r));
}

/* What a set of words must end in, whatever their order. */
static void
expected(const char *start, unsigned set, char out[32])
{
	static const char *const ranks[] = { "sent", "delivered", "read",
					     "played" };
	const char *receipt = "";
	const char *state = start;
	int i;

	for (i = 0; i < 4; i++)
		if (set & 1U << i)
			receipt = ranks[i];
	if (*receipt != '\0' && strcmp(receipt, "sent") != 0)
		state = "sent";
	else if (set & 1U << 4)
		state = "failed";
	else if (*receipt != '\0' && strcmp(start, "failed") != 0)
		state = "sent";
	(void)snprintf(out, 32, "%s/%s", state, receipt);
}

/* Every order of what is left, after `n` chosen. */
static int
permute(const char *start, unsigned set, unsigned left, int *order, int n)
{
	char got[32];
	char want[32];
	int tried = 0;
	int i;

	if (left == 0) {
		run(start, order, n, got);
		expected(start, set, want);
		assert_string_equal(got, want);
		return 1;
	}
	for (i = 0; i < WORDS; i++)
		if (left & 1U << i) {
			order[n] = i;
			tried += permute(start, set, left & ~(1U << i), order,
					 n + 1);
		}
	return tried;
}

static void
every_order_of_every_set_ends_the_same(void **state)
{
	static const char *const starts[] = { "queued", "taken", "sent",
					      "failed", "unknown" };
	int order[WORDS];
	int tried = 0;
	unsigned set;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof starts / sizeof starts[0]; i++)
		for (set = 0; set < 1U << WORDS; set++)
			tried += permute(starts[i], set, set, order, 0);
	assert_int_equal(tried, 5 * 326);
}

static void
other_words_change_nothing(void **state)
{
	static const char *const others[] = { "deleted", "warning", "", "Sent",
					      "DELIVERED" };
	enum wa_receipt r = WA_RECEIPT_SENT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_int_equal(wastatus_step("taken", &r, others[i]),
				 WA_STEP_KEEP);
	assert_int_equal(r, WA_RECEIPT_SENT);
}

/* --- in the store ----------------------------------------------------------- */

static const char *
row(const struct wa_sent *d)
{
	char sql[160];

	(void)snprintf(sql, sizeof sql,
		       "SELECT state || '/' || receipt FROM delivery "
		       "WHERE id = %lld",
		       (long long)d->id);
	return fixture_text(sql);
}

static int
events(const char *kind)
{
	char sql[160];

	(void)snprintf(sql, sizeof sql,
		       "SELECT count(*) FROM event WHERE kind = '%s'", kind);
	return (int)fixture_int(sql);
}

/* Two words in an order, and the answer to the request before, between or
 * after them. */
static void
pair(int a, int b, int place, bool tracked)
{
	static int n;
	struct wa_sent d = wa_taken("Sale hoy mismo");
	const char *key = tracked ? d.key : NULL;
	unsigned set = 1U << a | 1U << b;
	char id[32];
	char want[32];
	const char *state;
	int i;

	(void)snprintf(id, sizeof id, "wamid.%d", n++);
	for (i = 0; i <= 2; i++) {
		if (i == place) {
			state = wa_report(&d, "sent", id, 0);
			assert_string_not_equal(state, "conflict");
		}
		if (i < 2)
			(void)wa_status(id, key, words[i == 0 ? a : b], 0);
	}
	expected("sent", set, want);
	assert_string_equal(row(&d), want);
	assert_int_equal(fixture_int("SELECT count(*) FROM status "
				     "WHERE delivery_id IS NULL"),
			 0);
}

static void
every_pair_around_the_answer(void **state)
{
	int a;
	int b;
	int place;

	(void)state;
	for (a = 0; a < WORDS; a++)
		for (b = 0; b < WORDS; b++)
			for (place = 0; place <= 2; place++) {
				pair(a, b, place, false);
				pair(a, b, place, true);
				fx.now_ms += 1000;
			}
}

static void
a_status_counts_once(void **state)
{
	struct wa_sent d = wa_taken("Sale hoy mismo");
	int told;

	(void)state;
	assert_string_equal(wa_report(&d, "sent", "wamid.a", 0), "sent");
	assert_string_equal(wa_status("wamid.a", NULL, "read", 0), "sent");
	told = events("delivery.receipt");
	assert_int_equal(told, 1);
	assert_string_equal(wa_status("wamid.a", NULL, "read", 0), "sent");
	assert_string_equal(wa_status("wamid.a", NULL, "delivered", 0), "sent");
	assert_int_equal(events("delivery.receipt"), told);
	assert_string_equal(row(&d), "sent/read");
	assert_int_equal(fixture_int("SELECT count(*) FROM status"), 2);
}

/* The answer to the request was lost: the tracker says it all. */
static void
a_tracker_resolves_what_was_taken(void **state)
{
	struct wa_sent d = wa_taken("Sale hoy mismo");

	(void)state;
	assert_string_equal(wa_status("wamid.a", d.key, "sent", 0), "sent");
	assert_string_equal(row(&d), "sent/sent");
	assert_string_equal(fixture_text("SELECT external_id FROM delivery"),
			    "wamid.a");
	/* a gateway that waited in vain */
	assert_string_equal(wa_report(&d, "unknown", NULL, 0), "sent");
	assert_string_equal(row(&d), "sent/sent");
}

static void
a_tracker_resolves_what_nobody_knew(void **state)
{
	struct wa_sent d = wa_taken("Sale hoy mismo");
	json_t *list;

	(void)state;
	wa_begin(&d);
	fx.now_ms += 200000;
	(void)fixture_tick();
	assert_string_equal(row(&d), "unknown/");
	/* nothing goes again by itself, however long one waits */
	fx.now_ms += 12 * HOUR_MS;
	(void)fixture_tick();
	list = wa_take();
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
	assert_string_equal(wa_status("wamid.a", d.key, "delivered", 0),
			    "sent");
	assert_string_equal(row(&d), "sent/delivered");
}

static void
a_status_that_nothing_came_for_is_forgotten(void **state)
{
	(void)state;
	assert_string_equal(wa_status("wamid.x", NULL, "sent", 0), "parked");
	assert_string_equal(wa_status("wamid.x", "no-such-key", "read", 0),
			    "parked");
	fx.now_ms += 24 * HOUR_MS - 1;
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT count(*) FROM status"), 2);
	fx.now_ms += 1;
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT count(*) FROM status"), 0);
}

/* Another number's status, though it names a delivery of this one. */
static void
a_tracker_is_of_its_own_number(void **state)
{
	struct wa_sent d = wa_taken("Sale hoy mismo");

	(void)state;
	fixture_exec("INSERT INTO connection (id, name, kind, role, settings, "
		     "created_ms) VALUES (4, 'otra_tienda', 'whatsapp', "
		     "'whatsapp', '{}', 1);"
		     "UPDATE connection SET name = 'x' WHERE id = 3;"
		     "UPDATE connection SET name = 'tienda' WHERE id = 4;");
	assert_string_equal(wa_status("wamid.a", d.key, "read", 0), "parked");
	assert_string_equal(row(&d), "taken/");
}

/* --- what follows ----------------------------------------------------------- */

#define CLOCK "SELECT state || '/' || start_s FROM clock WHERE id = 1"

static void
a_failure_after_sent_reopens(void **state)
{
	struct wa_sent d;
	char first[48];

	(void)state;
	(void)snprintf(first, sizeof first, "%s", fixture_text(CLOCK));
	fx.now_ms += HOUR_MS;
	d = wa_taken("Sale hoy mismo");
	assert_string_equal(wa_report(&d, "sent", "wamid.a", 0), "sent");
	assert_string_equal(fixture_text("SELECT state FROM clock"),
			    "fulfilled");
	assert_string_equal(fixture_text("SELECT state FROM incident"),
			    "pending_customer");
	fx.now_ms += 5000;
	assert_string_equal(wa_status("wamid.a", d.key, "failed", 131047),
			    "failed");
	assert_string_equal(fixture_text(CLOCK), first);
	assert_string_equal(fixture_text("SELECT state FROM incident"), "open");
	assert_int_equal(fixture_int("SELECT error_code FROM delivery"),
			 131047);
	assert_string_equal(
		fixture_text("SELECT json_extract(data, '$.code') FROM event "
			     "WHERE kind = 'delivery.failed'"),
		"131047");
	/* the window is closed, whatever we thought */
	assert_int_equal(fixture_int("SELECT until_ms FROM contact_window") <=
				 fx.now_ms,
			 1);
}

/* It did arrive, on another device of theirs: the answer counts, from then on
 * when it was written. */
static void
a_receipt_after_a_failure_proves(void **state)
{
	struct wa_sent d = wa_taken("Sale hoy mismo");
	int64_t answered_s = fx.now_ms / 1000;

	(void)state;
	assert_string_equal(wa_report(&d, "sent", "wamid.a", 0), "sent");
	fx.now_ms += 5 * HOUR_MS;
	assert_string_equal(wa_status("wamid.a", d.key, "failed", 131000),
			    "failed");
	assert_string_equal(fixture_text("SELECT state FROM clock"), "running");
	assert_string_equal(wa_status("wamid.a", d.key, "sent", 0), "failed");
	fx.now_ms += 1000;
	assert_string_equal(wa_status("wamid.a", d.key, "delivered", 0),
			    "sent");
	assert_string_equal(fixture_text("SELECT state FROM clock"),
			    "fulfilled");
	assert_int_equal(fixture_int("SELECT ended_s FROM clock"), answered_s);
	assert_int_equal(fixture_int("SELECT error_code IS NULL AND bounced_ms "
				     "IS NULL FROM delivery"),
			 1);
}

static void
codes_say_more(void **state)
{
	struct wa_sent d = wa_taken("Uno");

	(void)state;
	assert_string_equal(wa_report(&d, "failed", NULL, 131026), "failed");
	assert_int_equal(fixture_int("SELECT count(*) FROM identity WHERE "
				     "failed_ms IS NOT NULL"),
			 1);
	fixture_exec("UPDATE identity SET failed_ms = NULL, "
		     "failed_detail = ''");
	d = wa_taken("Dos");
	assert_string_equal(wa_report(&d, "sent", "wamid.b", 0), "sent");
	assert_string_equal(wa_status("wamid.b", NULL, "failed", 131050),
			    "failed");
	assert_string_equal(fixture_text("SELECT group_concat(consent, '') "
					 "FROM identity"),
			    "out");
	assert_int_equal(events("delivery.failed"), 2);
}

static struct call
again(const struct wa_sent *d)
{
	return fixture_call(m_delivery_again, ROLE_CONSOLE, fx.agent_id,
			    json_pack("{s:I}", "delivery", (json_int_t)d->id));
}

static void
staff_send_it_again(void **state)
{
	struct wa_sent d = wa_taken("Sale hoy mismo");
	struct call c;
	json_t *list;

	(void)state;
	c = again(&d);
	assert_int_equal(c.outcome, OUT_PERM);
	assert_string_equal(c.err.code, "conflict");
	call_release(&c);
	assert_string_equal(wa_report(&d, "failed", NULL, 131000), "failed");
	assert_string_equal(fixture_text("SELECT state FROM clock"), "running");
	wa_does(again(&d));
	assert_string_equal(row(&d), "queued/");
	assert_string_equal(fixture_text("SELECT state FROM clock"),
			    "fulfilled");
	list = wa_take();
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(list, 0), "key")),
			    d.key);
	json_decref(list);
	d.attempt++;
	assert_string_equal(wa_report(&d, "sent", "wamid.b", 0), "sent");
	c = again(&d);
	assert_int_equal(c.outcome, OUT_PERM);
	call_release(&c);
}

/* Meta tells things twice, hours apart. */
static void
an_old_failure_does_not_end_the_next_try(void **state)
{
	struct wa_sent d = wa_taken("Sale hoy mismo");

	(void)state;
	assert_string_equal(wa_report(&d, "sent", "wamid.a", 0), "sent");
	assert_string_equal(wa_status("wamid.a", d.key, "failed", 131000),
			    "failed");
	wa_does(again(&d));
	assert_string_equal(wa_status("wamid.a", d.key, "failed", 131000),
			    "queued");
	assert_int_equal(events("delivery.failed"), 1);
}

static void
nothing_goes_again_into_a_closed_window(void **state)
{
	struct wa_sent d = wa_taken("Sale hoy mismo");
	struct call c;

	(void)state;
	assert_string_equal(wa_report(&d, "unknown", NULL, 0), "unknown");
	fx.now_ms += 24 * HOUR_MS;
	c = again(&d);
	assert_int_equal(c.outcome, OUT_PERM);
	assert_string_equal(c.err.code, "window_closed");
	call_release(&c);
	assert_string_equal(row(&d), "unknown/");
}

/* The gateway hears last. */
static void
a_late_word_about_what_is_over_is_no_conflict(void **state)
{
	struct wa_sent d = wa_taken("Sale hoy mismo");

	(void)state;
	assert_string_equal(wa_status("wamid.a", d.key, "failed", 131000),
			    "failed");
	assert_string_equal(wa_report(&d, "sent", "wamid.a", 0), "failed");
	assert_string_equal(wa_status("wamid.a", NULL, "delivered", 0), "sent");
	assert_string_equal(wa_report(&d, "sent", "wamid.a", 0), "sent");
}

/* --- a model ------------------------------------------------------------------ */

#define WALKS 40
#define WALK_STEPS 14

/* A delivery as PROTOCOL.md says that it is. */
struct model {
	struct wa_sent d;
	const char *state;
	enum wa_receipt receipt;
	unsigned said; /* words that came of the newest attempt's message */
	bool begun;    /* the newest attempt may have gone */
	int went;      /* how many attempts may have */
	int allowed; /* and may at most: one, and one for each word of staff */
};

static unsigned
dice(uint64_t *seed, unsigned sides)
{
	*seed = *seed * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(*seed >> 33) % sides;
}

static void
model_status(struct model *m, unsigned word)
{
	char id[64];

	(void)snprintf(id, sizeof id, "wamid.%lld.%lld", (long long)m->d.id,
		       (long long)m->d.attempt);
	(void)wa_status(id, m->d.key, words[word], 131000);
	if (m->said & 1U << word)
		return;
	m->said |= 1U << word;
	if (word == 4) {
		if (m->receipt < WA_RECEIPT_DELIVERED)
			m->state = "failed";
		return;
	}
	if ((enum wa_receipt)(word + 1) > m->receipt)
		m->receipt = (enum wa_receipt)(word + 1);
	if (strcmp(m->state, "failed") != 0 ||
	    m->receipt >= WA_RECEIPT_DELIVERED)
		m->state = "sent";
}

static void
model_report(struct model *m, unsigned how)
{
	static const char *const results[] = { "sent", "failed", "unknown" };
	bool over = strcmp(m->state, "sent") == 0 ||
		    strcmp(m->state, "failed") == 0;

	(void)wa_report(&m->d, results[how], NULL, 0);
	if (over || (how == 2 && strcmp(m->state, "queued") == 0))
		return;
	m->state = results[how];
}

static void
model_begin(struct model *m)
{
	if (strcmp(m->state, "taken") != 0 || m->begun)
		return;
	wa_begin(&m->d);
	m->begun = true;
	m->went++;
}

static void
model_lapse(struct model *m)
{
	fx.now_ms += 151000;
	(void)fixture_tick();
	if (strcmp(m->state, "taken") == 0)
		m->state = m->begun ? "unknown" : "queued";
}

static void
model_again(struct model *m)
{
	struct call c = again(&m->d);
	bool may = strcmp(m->state, "failed") == 0 ||
		   strcmp(m->state, "unknown") == 0;

	assert_int_equal(c.outcome, may ? OUT_OK : OUT_PERM);
	call_release(&c);
	if (!may)
		return;
	m->state = "queued";
	m->receipt = WA_RECEIPT_NONE;
	m->allowed++;
}

static void
model_take(struct model *m)
{
	json_t *list = wa_take();

	assert_int_equal(json_array_size(list),
			 strcmp(m->state, "queued") == 0 ? 1 : 0);
	if (json_array_size(list) > 0) {
		m->state = "taken";
		m->d.attempt++;
		m->begun = false;
		m->said = 0;
	}
	json_decref(list);
}

static void
model_step(struct model *m, unsigned step)
{
	if (step < 5)
		model_status(m, step);
	else if (step < 8)
		model_report(m, step - 5);
	else if (step == 8)
		model_lapse(m);
	else if (step == 9)
		model_again(m);
	else if (step == 10)
		model_take(m);
	else
		model_begin(m);
}

/* Whatever happens in whatever order, a delivery is what the model says, and
 * never may go once more than somebody asked for. */
static void
random_days_end_as_the_model_says(void **state)
{
	uint64_t seed = 20261122;
	char want[32];
	int w;
	int i;

	(void)state;
	for (w = 0; w < WALKS; w++) {
		struct model m = { .d = wa_taken("Sale hoy mismo"),
				   .state = "taken",
				   .allowed = 1 };

		for (i = 0; i < WALK_STEPS; i++) {
			model_step(&m, dice(&seed, 12));
			(void)snprintf(want, sizeof want, "%s/%s", m.state,
				       wa_receipt_name(m.receipt));
			assert_string_equal(row(&m.d), want);
			assert_true(m.went <= m.allowed);
		}
		/* nothing is left for the next one to take */
		if (strcmp(m.state, "queued") == 0)
			model_take(&m);
		wa_contact(m.d.key, "¿Y?");
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, wa_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_order_of_every_set_ends_the_same),
		cmocka_unit_test(other_words_change_nothing),
		TEST(every_pair_around_the_answer),
		TEST(a_status_counts_once),
		TEST(a_tracker_resolves_what_was_taken),
		TEST(a_tracker_resolves_what_nobody_knew),
		TEST(a_status_that_nothing_came_for_is_forgotten),
		TEST(a_tracker_is_of_its_own_number),
		TEST(a_failure_after_sent_reopens),
		TEST(a_receipt_after_a_failure_proves),
		TEST(codes_say_more),
		TEST(staff_send_it_again),
		TEST(an_old_failure_does_not_end_the_next_try),
		TEST(nothing_goes_again_into_a_closed_window),
		TEST(a_late_word_about_what_is_over_is_no_conflict),
		TEST(random_days_end_as_the_model_says),
	};

	return cmocka_run_group_tests_name("statuses", tests, NULL, NULL);
}
