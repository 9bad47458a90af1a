#include "gateways/mail/quote.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"

#define WROTE_LINES 4      /* a "wrote" line may wrap over so many */
#define WROTE_MAX 400      /* octets of one */
#define HEAD_WORD_MAX 60   /* octets before a field's colon */
#define BLOCK_LINES 8      /* of a header block */
#define SIGNATURE_LINES 20 /* below "-- " */
#define MOBILE_LINES 4     /* "Sent from my phone" is in the last ones */

struct line {
	const char *p;
	size_t n;    /* without its ending and trailing blanks */
	bool quoted; /* starts with > */
	bool empty;
};

struct text {
	struct line *lines;
	size_t count; /* lines that are kept so far */
};

static const char *const wrote_ends[] = {
	"wrote:",          "writes:",    "said:",        "escribió:",
	"escribio:",       "escribió :", "ha escrito:",  "a écrit :",
	"a écrit:",        "a ecrit :",  "écrit :",      "schrieb:",
	"geschrieben:",    "schreef:",   "geschreven:",  "ha scritto:",
	"scrive:",         "escreveu:",  "escreveu :",   "skrev:",
	"skrev följande:", "napisał:",   "napisała:",    "napisał(a):",
	"pisze:",          "написал:",   "написала:",    "пишет:",
	"写道：",          "写道:",      "va escriure:", "idatzi du:",
	"schreibt:",       "schrieb :",
};

/* How the same lines begin, when the end is further away. */
static const char *const wrote_starts[] = {
	"On ",     "El ",        "Le ",     "Am ",    "Op ",    "Il ",
	"Em ",     "Den ",       "W dniu ", "Dnia ",  "At ",    "Em:",
	"Na ",     "Il giorno ", "*On ",    "_On ",   "2",      "1",
	"Vào ",    "在",         "В ",      "På ",    "Fra ",   "Ezt ",
	"El día ", "Em qua",     "Em seg",  "Em ter", "Em qui", "Em sex",
};

static const char *const original_words[] = {
	"original message",        "original email",
	"original mail",           "original appointment",
	"mensaje original",        "mensagem original",
	"message d'origine",       "messaggio originale",
	"oorspronkelijk bericht",  "ursprüngliche nachricht",
	"ursprungliche nachricht", "oprindelig meddelelse",
	"ursprungligt meddelande", "reply message",
	"message original",        "in reply to",
	"reply above this line",   "original-nachricht",
	"missatge original",
};

static const char *const forward_words[] = {
	"forwarded message",    "mensaje reenviado",
	"message transf",       "weitergeleitete nachricht",
	"messaggio inoltrato",  "doorgestuurd bericht",
	"mensagem encaminhada", "begin forwarded message",
	"mensaje reexpedido",
};

static const char *const from_words[] = {
	"From",      "De",         "Von",        "Van",
	"Da",        "Fra",        "Från",       "Od",
	"От",        "Expediteur", "Expéditeur", "Remitente",
	"Remetente", "Mittente",   "发件人",     "Absender",
};

static const char *const head_words[] = {
	"Sent",     "Date",       "To",         "Subject",     "Cc",
	"Enviado",  "Enviado el", "Enviado em", "Fecha",       "Para",
	"Asunto",   "CC",         "Envoyé",     "À",           "Objet",
	"Gesendet", "Datum",      "An",         "Betreff",     "Verzonden",
	"Aan",      "Onderwerp",  "Inviato",    "Data",        "A",
	"Oggetto",  "Assunto",    "Skickat",    "Till",        "Ämne",
	"Sendt",    "Til",        "Emne",       "Wysłano",     "Do",
	"Temat",    "Reply-To",   "Received",   "Responder a", "Importance",
	"Кому",     "Тема",
};

static const char *const mobile_words[] = {
	"sent from my ",
	"sent from mail",
	"sent from outlook",
	"sent from an",
	"sent from a ",
	"sent via ",
	"sent with ",
	"get outlook for",
	"enviado desde ",
	"enviado do meu",
	"enviado de mi",
	"obtener outlook para",
	"obtén outlook para",
	"envoyé de ",
	"envoyé depuis",
	"von meinem ",
	"gesendet mit ",
	"gesendet von ",
	"diese nachricht wurde von mein",
	"verzonden van",
	"verstuurd vanaf",
	"verzonden vanaf",
	"inviato da",
	"skickat från",
	"sendt fra",
	"wysłano z",
	"sent using ",
	"sent on the go",
	"sent mobile",
};

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static bool
starts(const struct line *l, const char *s, bool cases)
{
	size_t n = strlen(s);

	return l->n >= n &&
	       (cases ? memcmp(l->p, s, n) == 0 : strncasecmp(l->p, s, n) == 0);
}

static bool
contains(const struct line *l, const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; l->n >= n && i <= l->n - n && i < WROTE_MAX; i++)
		if (strncasecmp(l->p + i, s, n) == 0)
			return true;
	return false;
}

static void
split(struct text *t, const char *p, size_t n)
{
	size_t cap = 64;

	t->lines = mem_new(cap, sizeof(*t->lines));
	t->count = 0;
	while (n && t->count <= QUOTE_LINES_MAX) {
		const char *nl = memchr(p, '\n', n);
		size_t len = nl ? (size_t)(nl - p) : n;
		struct line l = { p, len, false, false };

		while (l.n && strchr(" \t\r", l.p[l.n - 1]))
			l.n--;
		l.empty = l.n == 0;
		l.quoted = l.n && *l.p == '>';
		if (t->count == cap) {
			cap *= 2;
			t->lines = mem_resize(t->lines, cap, sizeof(l));
		}
		t->lines[t->count++] = l;
		n -= nl ? len + 1 : len;
		p += nl ? len + 1 : len;
	}
}

/* The line without quote marks, blanks and marks of bold in front. */
static struct line
bare(struct line l)
{
	while (l.n && strchr("> \t*_|", *l.p)) {
		l.p++;
		l.n--;
	}
	return l;
}

static bool
ends_as_wrote(const struct line *l)
{
	struct line b = *l;

	while (b.n && strchr("*_ \t", b.p[b.n - 1]))
		b.n--;
	if (!b.n || (b.p[b.n - 1] != ':' && b.p[b.n - 1] != '\x9a'))
		return false; /* each of them ends in a colon */
	for (size_t i = 0; i < COUNT(wrote_ends); i++) {
		size_t n = strlen(wrote_ends[i]);

		if (b.n >= n &&
		    strncasecmp(b.p + b.n - n, wrote_ends[i], n) == 0)
			return true;
	}
	return false;
}

static bool
has_digit(const struct line *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (isdigit((unsigned char)l->p[i]))
			return true;
	return false;
}

/*
 * Does a line "On ..., N wrote:" begin at i? Returns how many lines it has.
 * Ordinary sentences also start with "El", so the end decides.
 */
static size_t
wrote_at(const struct text *t, size_t i)
{
	bool start = false, digit = false, at = false;
	size_t octets = 0;

	for (size_t k = 0; k < COUNT(wrote_starts); k++)
		start = start || starts(&t->lines[i], wrote_starts[k], true);
	for (size_t k = 0; k < WROTE_LINES && i + k < t->count; k++) {
		const struct line *l = &t->lines[i + k];

		if (l->empty || l->quoted || (octets += l->n) > WROTE_MAX)
			return 0;
		digit = digit || has_digit(l);
		at = at || memchr(l->p, '@', l->n) != NULL;
		if (ends_as_wrote(l))
			return (start && (digit || at)) ||
					       (k == 0 && (at || digit))
				       ? k + 1
				       : 0;
		if (!start && k == 1)
			return 0;
	}
	return 0;
}

/* "-----Original Message-----" and its kin. */
static bool
is_original(const struct line *l)
{
	struct line b = bare(*l);

	if (b.n < 4 || b.n > 120 || !strchr("-_=#", *b.p))
		return false;
	for (size_t i = 0; i < COUNT(original_words); i++)
		if (contains(&b, original_words[i]))
			return true;
	return false;
}

static bool
is_head(const struct line *l, const char *const *words, size_t n)
{
	struct line b = bare(*l);
	size_t near = b.n < HEAD_WORD_MAX ? b.n : HEAD_WORD_MAX;

	if (!memchr(b.p, ':', near) && !memchr(b.p, '\x9a', near))
		return false;
	for (size_t i = 0; i < n; i++) {
		size_t k = strlen(words[i]);

		if (b.n <= k || strncasecmp(b.p, words[i], k) != 0)
			continue;
		while (k < b.n && strchr(" *_\t", b.p[k]))
			k++;
		if (k < b.n && (b.p[k] == ':' ||
				(b.n - k > 2 && memcmp(b.p + k, "：", 3) == 0)))
			return true;
	}
	return false;
}

/* A block of From:, Sent:, To:, Subject: as Outlook writes it. */
static bool
block_at(const struct text *t, size_t i)
{
	size_t found = 0;

	if (!is_head(&t->lines[i], from_words, COUNT(from_words)))
		return false;
	for (size_t k = 1; k < BLOCK_LINES && i + k < t->count; k++) {
		const struct line *l = &t->lines[i + k];

		if (l->empty && k > 2)
			break;
		found += is_head(l, head_words, COUNT(head_words));
	}
	return found >= 2;
}

static bool
is_rule(const struct line *l)
{
	struct line b = *l;

	if (b.n < 5)
		return false;
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] != '_' && b.p[i] != '-' && b.p[i] != '=')
			return false;
	return true;
}

static bool
is_forward(const struct text *t)
{
	for (size_t i = 0; i < t->count && i < 200; i++)
		for (size_t k = 0; k < COUNT(forward_words); k++) {
			struct line b = bare(t->lines[i]);

			if (b.n < 100 && !t->lines[i].quoted &&
			    (strchr("-_", b.n ? *b.p : 'x') ||
			     starts(&b, "begin ", false)) &&
			    contains(&b, forward_words[k]))
				return true;
		}
	return false;
}

static void
trim(struct text *t)
{
	while (t->count && (t->lines[t->count - 1].empty ||
			    is_rule(&t->lines[t->count - 1])))
		t->count--;
}

/* Is there text of the author's own after line i? */
static bool
own_after(const struct text *t, size_t i)
{
	bool quoted = false;

	for (; i < t->count; i++) {
		if (t->lines[i].quoted)
			quoted = true;
		else if (!t->lines[i].empty && quoted)
			return true;
	}
	return false;
}

/* Cut where the history begins; lines of the author's own below it stay. */
static void
cut_history(struct text *t)
{
	for (size_t i = 0; i < t->count; i++) {
		size_t wrote = wrote_at(t, i);

		if (is_original(&t->lines[i]) || block_at(t, i) ||
		    (wrote && !own_after(t, i + wrote))) {
			t->count = i;
			trim(t);
			return;
		}
	}
}

/* Quoted lines at the end go, and the "wrote" line above them. */
static void
cut_trailing_quote(struct text *t)
{
	size_t end = t->count;

	while (end && (t->lines[end - 1].quoted || t->lines[end - 1].empty))
		end--;
	if (end == t->count || !end)
		return;
	for (size_t k = 1; k <= WROTE_LINES && k <= end; k++)
		if (wrote_at(t, end - k) == k) {
			end -= k;
			break;
		}
	if (end)
		t->count = end;
	trim(t);
}

/* Below: "wrote" and its quote at the start, the answer after it. */
static size_t
skip_leading_quote(const struct text *t)
{
	size_t i = 0, wrote;

	while (i < t->count && t->lines[i].empty)
		i++;
	wrote = i < t->count ? wrote_at(t, i) : 0;
	if (!wrote)
		return 0;
	i += wrote;
	while (i < t->count && (t->lines[i].quoted || t->lines[i].empty))
		i++;
	for (size_t k = i; k < t->count; k++)
		if (t->lines[k].quoted)
			return 0; /* answers between the quotes */
	return i < t->count ? i : 0;
}

static bool
is_mobile(const struct line *l)
{
	struct line b = bare(*l);

	if (b.n > 150)
		return false;
	for (size_t i = 0; i < COUNT(mobile_words); i++)
		if (starts(&b, mobile_words[i], false))
			return true;
	return false;
}

static bool
is_dashes(const struct line *l)
{
	return (l->n == 2 && memcmp(l->p, "--", 2) == 0) ||
	       (l->n == 3 && memcmp(l->p, "—", 3) == 0) ||
	       (l->n == 2 && memcmp(l->p, "__", 2) == 0);
}

static void
cut_signature(struct text *t, size_t from)
{
	size_t filled = 0;

	for (size_t i = t->count; i > from; i--) {
		if (is_dashes(&t->lines[i - 1]) ||
		    (filled < MOBILE_LINES && is_mobile(&t->lines[i - 1]))) {
			t->count = i - 1;
			trim(t);
			filled = 0;
		}
		if (i <= t->count && !t->lines[i - 1].empty &&
		    ++filled > SIGNATURE_LINES)
			return;
	}
}

void
quote_cut(struct buf *out, const char *p, size_t n)
{
	struct text t;
	size_t from, at = out->len, all;

	split(&t, p, n);
	all = t.count;
	if (t.count > QUOTE_LINES_MAX || is_forward(&t)) {
		mem_free(t.lines);
		(void)buf_add(out, p, n);
		return;
	}
	from = skip_leading_quote(&t);
	if (!from) {
		cut_history(&t);
		cut_trailing_quote(&t);
	}
	cut_signature(&t, from);
	if (t.count <= from) {
		t.count = all;
		from = 0;
	}
	trim(&t);
	while (from < t.count && t.lines[from].empty)
		from++;
	for (size_t i = from; i < t.count; i++) {
		(void)buf_add(out, t.lines[i].p, t.lines[i].n);
		if (i + 1 < t.count)
			(void)buf_putc(out, '\n');
	}
	if (out->len == at)
		(void)buf_add(out, p, n);
	mem_free(t.lines);
}
