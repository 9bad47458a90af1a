/* Values in the parameters of cases. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/orderpage.h"
#include "tests/fault/cases.h"
#include "tests/fault/rig.h"

#define YEAR_2100_S INT64_C(4102444800)

#define WORDS_MAX 64
#define EXPANDED_MAX (4 * 1024 * 1024)

static struct {
	char *name;
	char *text;
} words[WORDS_MAX];
static size_t word_count;

static const char book_text[] =
	"queue \"general\" { title \"General\" }\n"
	"queue \"devoluciones\" { title \"Devoluciones\" }\n"
	"calendar \"siempre\" {\n"
	"    timezone \"Europe/Madrid\"\n"
	"    mon-fri 09:00-18:00\n"
	"    closed 2026-01-06\n"
	"}\n"
	"policy \"correo\" {\n"
	"    via email\n"
	"    calendar \"siempre\"\n"
	"    first response 4h\n"
	"    next response 8h\n"
	"}\n"
	"policy \"charla\" {\n"
	"    via chat\n"
	"    calendar \"siempre\"\n"
	"    first response 5m\n"
	"}\n"
	"reply \"gracias\" {\n"
	"    title \"Gracias\"\n"
	"    text \"Gracias, {customer.name}. Su caso es {incident.ref}.\"\n"
	"}\n"
	"rule \"devolución\" {\n"
	"    on contact via email, chat\n"
	"    if subject or body matches /\\bdevoluci[oó]n\\b/\n"
	"    then reason return_request, queue \"devoluciones\", "
	"priority high, tag \"devolucion\"\n"
	"    example \"quiero una devolución\"\n"
	"    counterexample \"hola\"\n"
	"}\n";

static void
keep_text(const char *name, char *text)
{
	size_t i = 0;

	while (i < word_count && strcmp(words[i].name, name) != 0)
		i++;
	if (i == WORDS_MAX)
		rig_fail("too many words");
	if (i == word_count)
		words[word_count++].name = mem_strdup(name);
	mem_free(words[i].text);
	words[i].text = text;
}

void
words_keep(const char *name, const json_t *value)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY);

	if (text == NULL)
		rig_fail("no value for $%s", name);
	keep_text(name, mem_strdup(text));
	free(text);
}

static void
keep_string(const char *name, const char *value)
{
	json_t *j = json_string(value);

	words_keep(name, j);
	json_decref(j);
}

static void
keep_blob(const char *name, const char *data, size_t n)
{
	char word[64];
	char sha[HASH_HEX];
	struct buf b64;

	buf_init(&b64, EXPANDED_MAX);
	hash_hex(data, n, sha);
	(void)hash_b64(&b64, data, n);
	(void)snprintf(word, sizeof word, "%s_sha", name);
	keep_string(word, sha);
	(void)snprintf(word, sizeof word, "%s_b64", name);
	keep_string(word, buf_str(&b64));
	(void)snprintf(word, sizeof word, "%s_bytes", name);
	keep_text(word, mem_printf("%zu", n));
	buf_release(&b64);
}

/* Octets that are a file of their own, not a row. */
static void
keep_large(const char *name, size_t n, unsigned seed)
{
	char *data = mem_new(n, 1);
	size_t i;

	for (i = 0; i < n; i++)
		data[i] = (char)('a' + (i * 7 + seed + i / 251) % 26);
	keep_blob(name, data, n);
	mem_free(data);
}

void
words_start(const char *dir)
{
	static const char *const mails[] = { "mail1", "mail2", "mail3",
					     "mail4", "mail5", "line1" };
	unsigned char key[HASH_BYTES];
	char token[ORDERPAGE_TOKEN_MAX];
	size_t i;

	(void)memset(key, RIG_KEY, sizeof key);
	orderpage_token(key, 1, YEAR_2100_S, token);
	keep_string("page", token);
	keep_string("dir", dir);
	keep_text("backup", mem_printf("\"%s/backup\"", dir));
	keep_string("book", book_text);
	keep_text("badbook", mem_strdup("\"queue { title 3 }\\nrule \\\"x\\\" "
					"{ on contact if subject "
					"matches /(/ }\\n\""));
	for (i = 0; i < sizeof mails / sizeof mails[0]; i++)
		keep_blob(mails[i], mails[i], strlen(mails[i]));
	keep_blob("note", "una foto", 8);
	keep_large("large1", 70000, 1);
	keep_large("large2", 80000, 2);
	keep_large("large3", 66000, 3);
}

char *
words_expand(const char *params)
{
	struct buf b;
	const char *p;

	buf_init(&b, EXPANDED_MAX);
	for (p = params; *p != '\0'; p++) {
		size_t i = 0;
		size_t n;

		if (*p != '$') {
			(void)buf_putc(&b, *p == '\'' ? '"' : *p);
			continue;
		}
		n = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz0123456789_");
		while (i < word_count && (strlen(words[i].name) != n ||
					  memcmp(words[i].name, p + 1, n) != 0))
			i++;
		if (i == word_count)
			rig_fail("no word %.*s", (int)n + 1, p);
		(void)buf_puts(&b, words[i].text);
		p += n;
	}
	return buf_take(&b);
}

void
words_end(void)
{
	while (word_count > 0) {
		word_count--;
		mem_free(words[word_count].name);
		mem_free(words[word_count].text);
		words[word_count].text = NULL;
	}
}
