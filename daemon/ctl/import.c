/*
 * postigo import orders, import list: orders of a file, from a shop's export
 * or from another program, into the read copy.
 */

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/base/money.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/import_pass.h"
#include "daemon/kinds.h"
#include "rules/zone.h"

const struct ctl_option import_orders_options[] = {
	{ "--connection", "NAME",
	  "the shop's; the only one if it is not given" },
	{ "--dry-run", NULL, "read and check all of it, and take nothing" },
	{ "--format", "WORD", "csv or ndjson" },
	{ "--preset", "SHOP", "woocommerce, shopify or prestashop" },
	{ "--delimiter", "WORD", "comma, semicolon, tab or pipe" },
	{ "--decimal", "WORD", "point or comma" },
	{ "--dates", "WORD", "iso, dmy or mdy" },
	{ "--zone", "ZONE", "of times that have none; UTC" },
	{ "--encoding", "NAME", "utf-8, windows-1252, utf-16le or utf-16be" },
	{ "--currency", "CODE", "of amounts that have none" },
	{ NULL, NULL, NULL },
};

/* One command. */
struct import {
	struct ctl *c;
	const char *path;
	char *connection;
	char *country;
	char *zone_name; /* NULL: UTC */
	struct zone *zone;
	struct import_file file;
	struct import_look look;
	struct import_form form;
	struct import_send *send;
	bool dry;
};

/* --- where it goes -------------------------------------------------------- */

static bool
is_shop(const json_t *connection)
{
	const struct kind *k = kind_find(ctl_str(connection, "kind"));

	return k != NULL && kind_role(k) == ROLE_SHOP;
}

/*
 * The connection of role shop with that name; name NULL: the only active one.
 * found  borrowed; NULL: there is none
 * 0, or an exit code after a line.
 */
static int
find_shop(const json_t *list, const char *name, const json_t **found)
{
	const json_t *x;
	size_t i;

	*found = NULL;
	json_array_foreach(list, i, x)
	{
		if (!is_shop(x) ||
		    (name != NULL
			     ? strcmp(ctl_str(x, "name"), name) != 0
			     : json_is_false(json_object_get(x, "active"))))
			continue;
		if (*found != NULL)
			return ctl_fail(EXIT_USAGE,
					"there are several shops, '%s' and "
					"'%s': say --connection",
					ctl_str(*found, "name"),
					ctl_str(x, "name"));
		*found = x;
	}
	if (*found == NULL && name != NULL)
		return ctl_fail(EXIT_DATA,
				"there is no shop '%s': 'postigo connection "
				"list' has their names",
				name);
	return EXIT_FINE;
}

static char *
setting(const json_t *shop, const char *name)
{
	const char *v = ctl_str(json_object_get(shop, "settings"), name);

	return *v != '\0' ? mem_strdup(v) : NULL;
}

/* What is known of the shop. A dry run may do without one. */
static int
take_shop(struct import *m, const json_t *shop)
{
	if (shop != NULL) {
		m->connection = mem_strdup(ctl_str(shop, "name"));
		m->country = setting(shop, "country");
		m->zone_name = setting(shop, "zone");
		ctl_say(m->c, "%s: for shop '%s'", m->path, m->connection);
		return EXIT_FINE;
	}
	if (!m->dry)
		return ctl_fail(EXIT_DATA,
				"there is no shop yet; for files alone: "
				"postigo connection add tienda orders "
				"country=ES --secret secret=FILE");
	ctl_say(m->c, "%s: without a shop its zone and country are not known",
		m->path);
	return EXIT_FINE;
}

/* A file may be tried without a daemon. */
static int
open_shop(struct import *m, const char *name)
{
	json_t *result = NULL;
	const json_t *shop = NULL;
	int code;

	if (m->dry && name == NULL && access(m->c->socket, F_OK) != 0)
		return take_shop(m, NULL);
	code = ctl_ask(m->c, "connection.list", NULL, CTL_ASK_MS, &result);
	if (code == EXIT_FINE)
		code = find_shop(json_object_get(result, "connections"), name,
				 &shop);
	if (code == EXIT_FINE)
		code = take_shop(m, shop);
	json_decref(result);
	return code;
}

/* --- how it is read ------------------------------------------------------- */

static int
open_zone(struct import *m, const char *said)
{
	struct err e = { .text = "" };

	if (said != NULL) {
		mem_free(m->zone_name);
		m->zone_name = mem_strdup(said);
	}
	if (m->zone_name == NULL)
		return EXIT_FINE;
	if (zone_open(m->zone_name, &m->zone, &e) != OUT_OK)
		return ctl_fail(EXIT_USAGE, "%s", e.text);
	return EXIT_FINE;
}

static int
open_form(struct import *m, const struct ctl_args *a)
{
	const char *preset = ctl_arg(a, "--preset");
	const char *currency = ctl_arg(a, "--currency");

	if (preset != NULL && !preset_find(preset, &m->form.preset))
		return ctl_fail(EXIT_USAGE,
				"no such preset '%s': woocommerce, shopify, "
				"prestashop",
				preset);
	if (currency != NULL && !money_currency(currency))
		return ctl_fail(EXIT_USAGE,
				"'%s' is no currency: three capitals",
				currency);
	m->form.currency = currency;
	m->form.country = m->country;
	return EXIT_FINE;
}

static int
look(struct import *m, const struct ctl_args *a)
{
	struct import_asked asked = {
		.format = ctl_arg(a, "--format"),
		.delimiter = ctl_arg(a, "--delimiter"),
		.decimal = ctl_arg(a, "--decimal"),
		.dates = ctl_arg(a, "--dates"),
		.preset = m->form.preset,
	};
	int code = import_look(m->c, &m->file, &asked, &m->look);

	m->form.mark = m->look.mark;
	m->form.dates = m->look.dates;
	m->form.zone = m->zone;
	if (code == EXIT_FINE && m->look.csv)
		ctl_say(m->c, "%s: times without a zone are of %s", m->path,
			m->zone_name != NULL ? m->zone_name : "UTC");
	return code;
}

/* The same octets, read in the same way. */
static void
identity(const struct import *m, char out[HASH_HEX])
{
	char *all = mem_printf("%s %d %d %d %d %d %d %s %s %s", m->file.sha256,
			       m->file.code, m->look.csv, m->look.delimiter,
			       m->form.mark, m->form.dates, m->form.preset,
			       m->zone_name != NULL ? m->zone_name : "",
			       m->form.currency != NULL ? m->form.currency : "",
			       m->country != NULL ? m->country : "");

	hash_hex(all, strlen(all), out);
	mem_free(all);
}

/* --- what came of it ------------------------------------------------------ */

static void
refused(void *ctx, long long line, const char *id, const char *why)
{
	const struct import *m = ctx;
	char *one;

	if (m->c->json) {
		json_t *o =
			json_pack("{s:I, s:s, s:s}", "line", (json_int_t)line,
				  "external_id", id, "why", why);

		(void)ctl_print_json(o);
		json_decref(o);
		return;
	}
	one = ctl_clean(id);
	(void)fprintf(stderr, "%s:%lld: %s%s%s\n", m->path, line, one,
		      *one != '\0' ? ": " : "", why);
	mem_free(one);
}

static int
say_end(const struct import *m, int64_t took_ms)
{
	struct send_counts n = import_send_counts(m->send);
	json_t *o;
	int code = EXIT_FINE;

	if (m->c->json) {
		o = json_pack("{s:I, s:I, s:I, s:I, s:b}", "accepted",
			      (json_int_t)n.accepted, "changed",
			      (json_int_t)n.changed, "refused",
			      (json_int_t)n.refused, "ms", (json_int_t)took_ms,
			      "dry_run", m->dry);
		code = ctl_print_json(o);
		json_decref(o);
	} else if (m->dry) {
		(void)printf("right: %" PRId64 ", refused: %" PRId64
			     "; nothing was taken\n",
			     n.accepted, n.refused);
	} else {
		(void)printf("accepted: %" PRId64 ", of them new or changed: "
			     "%" PRId64 "; refused: %" PRId64 "\n",
			     n.accepted, n.changed, n.refused);
	}
	if (code == EXIT_FINE && n.refused > 0)
		code = EXIT_DATA;
	return code;
}

static int
take(struct import *m)
{
	const char *name = strrchr(m->path, '/');
	char sha256[HASH_HEX];
	struct import_pass pass = { .c = m->c,
				    .file = &m->file,
				    .look = &m->look,
				    .form = &m->form,
				    .refused = refused,
				    .ctx = m,
				    .show = m->dry };
	int64_t began = clock_tick_ms();
	int code;

	identity(m, sha256);
	code = import_send_begin(m->c, m->connection,
				 name != NULL ? name + 1 : m->path, sha256,
				 m->dry, refused, m, &m->send, &pass.from);
	if (code != EXIT_FINE)
		return code;
	if (pass.from > 0)
		ctl_say(m->c, "%s: goes on behind line %lld", m->path,
			pass.from);
	pass.send = m->send;
	code = import_pass(&pass);
	if (code == EXIT_FINE && import_file_changed(&m->file))
		code = ctl_fail(EXIT_DATA, "'%s' was written to meanwhile",
				m->path);
	if (code == EXIT_FINE)
		code = import_send_end(m->send);
	if (code == EXIT_FINE)
		code = say_end(m, clock_tick_ms() - began);
	import_send_free(&m->send);
	return code;
}

int
verb_import_orders(struct ctl *c, const struct ctl_args *a)
{
	struct import m = { .c = c, .dry = ctl_arg(a, "--dry-run") != NULL };
	int code;

	hash_start();
	code = import_file_open(a->word[0], ctl_arg(a, "--encoding"), &m.file);
	if (code != EXIT_FINE)
		return code;
	m.path = m.file.path;
	code = open_shop(&m, ctl_arg(a, "--connection"));
	if (code == EXIT_FINE)
		code = open_zone(&m, ctl_arg(a, "--zone"));
	if (code == EXIT_FINE)
		code = open_form(&m, a);
	if (code == EXIT_FINE)
		code = look(&m, a);
	if (code == EXIT_FINE)
		code = take(&m);
	import_look_end(&m.look);
	import_file_close(&m.file);
	zone_free(&m.zone);
	mem_free(m.connection);
	mem_free(m.country);
	mem_free(m.zone_name);
	return code;
}

/* --- import list ---------------------------------------------------------- */

static void
add_run(struct table *t, const json_t *x)
{
	table_add_number(t, ctl_int(x, "id"));
	table_add(t, ctl_str(x, "connection"));
	table_add(t, ctl_str(x, "name"));
	table_add(t, ctl_str(x, "state"));
	table_add_number(t, ctl_int(x, "line"));
	table_add_number(t, ctl_int(x, "accepted"));
	table_add_number(t, ctl_int(x, "changed"));
	table_add_number(t, ctl_int(x, "refused"));
	table_add(t, ctl_str(x, "started_at"));
}

int
verb_import_list(struct ctl *c, const struct ctl_args *a)
{
	static const char *const headings[] = {
		"ID",       "CONNECTION", "FILE",    "STATE",   "LINE",
		"ACCEPTED", "CHANGED",    "REFUSED", "STARTED", NULL
	};

	(void)a;
	return table_ask(c, headings, "import.list", NULL, "runs", add_run);
}
