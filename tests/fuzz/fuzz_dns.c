/*
 * fuzz_dns: what the DNS answers. An even first octet: octets of an answer,
 * whose texts are read as records of SPF, DKIM and DMARC. An odd one: lines,
 * each the answer to the next question of a check.
 * Says: no crash; texts are printable and within their ceiling; what is
 * expanded is a name; a check ends after a bounded number of questions; what
 * is refused says why.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/ctl/check_domain.h"
#include "daemon/ctl/dmarc.h"
#include "daemon/ctl/tags.h"

#define ASKED_MAX                                                              \
	700 /* SPF_LOOKUPS_MAX terms of a question or two, or of
			 SPF_HOSTS_MAX hosts */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct spf_ask who = { .domain = "email.example.com",
				    .sender = "strong-bad@email.example.com",
				    .ip = { .family = AF_INET,
					    .octets = { 192, 0, 2, 3 } } };

/* --- one record ------------------------------------------------------------------ */

static void
check_spf_record(const char *text)
{
	static struct spf s;
	struct err e = { .text = "" };
	char name[DNS_NAME_MAX + 1];

	if (spf_read(text, &s, &e) != OUT_OK && e.text[0] == '\0')
		abort();
	for (size_t i = 0; i < s.n; i++) {
		const struct spf_term *t = &s.term[i];

		if (t->domain != NULL &&
		    spf_expand(&who, who.domain, t->domain, name) &&
		    !dns_is_name(name))
			abort();
		if (e.text[0] == '\0' && (t->prefix4 < 0 || t->prefix4 > 128 ||
					  t->prefix6 < 0 || t->prefix6 > 128))
			abort();
	}
	spf_release(&s);
}

static void
check_record(const char *text)
{
	struct dkim_signature sign[DKIM_SIGNATURES_MAX];
	struct dkim_key k;
	struct dmarc d;
	struct err e = { .text = "" };
	size_t n;

	check_spf_record(text);
	e.text[0] = '\0';
	if (dkim_read(text, &k, &e) == OUT_OK ? k.bits < 0 || k.bits > 4096 * 8
					      : e.text[0] == '\0')
		abort();
	e.text[0] = '\0';
	if (dmarc_read(text, &d, &e) == OUT_OK
		    ? d.percent < 0 || d.percent > 100
		    : e.text[0] == '\0')
		abort();
	dkim_signatures(text, sign, &n);
	for (size_t i = 0; i < n; i++)
		if (!dns_is_name(sign[i].domain) ||
		    !dkim_is_selector(sign[i].selector))
			abort();
}

static void
check_answer(const uint8_t *data, size_t size)
{
	for (int kind = DNS_TXT; kind <= DNS_MX; kind++) {
		struct dns_list l = { .n = 0 };

		(void)dns_read(data, size, (enum dns_kind)kind, &l);
		for (size_t i = 0; i < l.n; i++) {
			if (strlen(l.item[i]) > DNS_TEXT_MAX)
				abort();
			for (const char *p = l.item[i]; *p != '\0'; p++)
				if (*p < ' ' || *p > '~')
					abort();
			check_record(l.item[i]);
		}
		dns_list_release(&l);
	}
}

/* --- a whole check --------------------------------------------------------------- */

struct lines {
	const char *p;
	int asked;
};

/* The next line, its records with tabs between; "?" is no answer. */
static enum outcome
answer(void *arg, const char *name, enum dns_kind kind, struct dns_list *out,
       struct err *e)
{
	struct lines *l = arg;
	size_t n = strcspn(l->p, "\n");
	const char *end = l->p + n;
	const char *p = l->p;

	(void)kind;
	out->n = 0;
	l->p = *end == '\0' ? end : end + 1;
	if (++l->asked > ASKED_MAX)
		abort();
	if (!dns_is_name(name))
		return err_set(e, OUT_PERM, "no name");
	if (n == 1 && *p == '?')
		return err_set(e, OUT_TEMP, "no answer");
	while (p < end && out->n < DNS_ITEMS_MAX) {
		size_t len = strcspn(p, "\t\n");

		out->item[out->n++] = mem_strndup(p, len);
		p += len + (p + len < end);
	}
	return OUT_OK;
}

static void
check_lines(const char *text)
{
	struct lines l = { .p = text };
	struct domain_ask q = { .ask = answer,
				.arg = &l,
				.domain = who.domain,
				.address = who.sender,
				.host = "smtp.example.com",
				.selector = { "k1" },
				.selectors = 1 };
	struct findings f;

	findings_init(&f);
	check_domain(&q, &f);
	if (json_array_size(f.list) == 0)
		abort();
	findings_release(&f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	hash_start();
	text = mem_strndup((const char *)data + 1, size - 1);
	if (data[0] % 2 == 0) {
		check_answer(data + 1, size - 1);
		check_record(text);
	} else {
		check_lines(text);
	}
	mem_free(text);
	return 0;
}
