#include "gateways/mail/absence.h"

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "daemon/base/utf8.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))
#define SUBJECT_READ 400 /* octets of a subject that are looked at */

/* Phrases are written as fold() leaves them. */

/* At the start; whatever follows. */
static const char *const answers[] = {
	/* English */
	"automatic reply",
	"automatic response",
	"automated reply",
	"automated response",
	"auto reply",
	"auto-reply",
	"autoreply",
	"auto response",
	"auto-response",
	"autoresponse",
	"out of office autoreply",
	"out of office auto-reply",
	"out of office reply",
	"out of office response",
	"out of office message",
	"out of office notification",
	"out-of-office reply",
	"vacation reply",
	"vacation response",
	"vacation message",
	"away from my mail",
	"i am out of the office",
	"i'm out of the office",
	"i am currently out of",
	"i will be out of the office",
	/* Spanish, Catalan, Galician, Basque */
	"respuesta automatica",
	"respuesta autom",
	"contestacion automatica",
	"autorespuesta",
	"auto-respuesta",
	"aviso de ausencia",
	"mensaje de ausencia",
	"notificacion de ausencia",
	"mensaje automatico de ausencia",
	"resposta automatica",
	"resposta autom",
	"missatge d'absencia",
	"erantzun automatikoa",
	/* German */
	"automatische antwort",
	"automatische abwesenheit",
	"autoantwort",
	"abwesenheitsnotiz",
	"abwesenheitsnachricht",
	"abwesenheitsmeldung",
	"abwesenheitsbenachrichtigung",
	"abwesenheitsassistent",
	"abwesenheitshinweis",
	/* French */
	"reponse automatique",
	"message d'absence",
	"notification d'absence",
	"message automatique d'absence",
	"avis d'absence",
	/* Portuguese, Italian */
	"mensagem de ausencia",
	"mensagem automatica de ausencia",
	"risposta automatica",
	"messaggio di assenza",
	"avviso di assenza",
	/* Dutch */
	"automatisch antwoord",
	"automatische reactie",
	"automatische beantwoording",
	"afwezigheidsbericht",
	"afwezigheidsmelding",
	"afwezigheidsassistent",
	/* Swedish, Danish, Norwegian, Finnish */
	"autosvar",
	"automatiskt svar",
	"automatisk svar",
	"franvaromeddelande",
	"fravaersmeddelelse",
	"fravaersmelding",
	"automaattinen vastaus",
	/* Polish, Czech, Hungarian, Romanian, Turkish */
	"odpowiedz automatyczna",
	"automatyczna odpowiedz",
	"autoodpowiedz",
	"automaticka odpoved",
	"automatikus valasz",
	"raspuns automat",
	"otomatik yanit",
	"otomatik cevap",
	/* Russian, Ukrainian, Greek */
	"автоматический ответ",
	"автоответ",
	"автоматична відповідь",
	"αυτόματη απάντηση",
	/* Japanese, Chinese, Korean */
	"自動返信",
	"自動応答",
	"自动回复",
	"自動回覆",
	"자동 회신",
};

/* At the start or at the end, standing by itself. */
static const char *const away[] = {
	"out of office",
	"out of the office",
	"out-of-office",
	"away from the office",
	"away from office",
	"fuera de la oficina",
	"fuera de oficina",
	"ausente de la oficina",
	"fora de l'oficina",
	"abwesend",
	"abwesenheit",
	"nicht im buro",
	"nicht im haus",
	"absent du bureau",
	"absence du bureau",
	"absente du bureau",
	"fora do escritorio",
	"fuori ufficio",
	"fuori sede",
	"assente dall'ufficio",
	"afwezig",
	"niet op kantoor",
	"franvaro",
	"fravaer",
	"ikke pa kontoret",
	"inte pa kontoret",
	"poza biurem",
	"poissa toimistosta",
};

/* Latin letters from U+00C0 on without what is added to them. */
static const char plain[] =
	"aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty"
	"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
	"lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

static uint32_t
fold_one(uint32_t cp)
{
	if (cp < 0x80)
		return (uint32_t)tolower((int)cp);
	if (cp >= 0xc0 && cp < 0xc0 + sizeof(plain) - 1)
		return (unsigned char)plain[cp - 0xc0];
	if (cp >= 0x410 && cp <= 0x42f)
		return cp + 0x20;
	if (cp == 0x2019) /* apostrophe as typed by some */
		return '\'';
	return cp;
}

/* Lower case, no accents, one blank for a run of them. */
static void
fold(const char *s, char out[SUBJECT_READ])
{
	size_t left = strlen(s), n = 0;

	while (left && n + UTF8_BYTES_MAX + 2 < SUBJECT_READ) {
		uint32_t cp = 0, to;
		size_t k = utf8_next(s, left, &cp);

		to = fold_one(cp);
		s += k ? k : 1;
		left -= k ? k : 1;
		if (!k || (cp >= 0x300 && cp < 0x370))
			continue;
		if (to == 0xa0 || to < ' ')
			to = ' ';
		if (cp == 0xe6 || cp == 0xc6) { /* ae */
			out[n++] = 'a';
			to = 'e';
		}
		if (to != ' ' || (n && out[n - 1] != ' '))
			n += utf8_encode(to, out + n);
	}
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
}

/* Where the words begin: behind brackets and stars. */
static const char *
begin(const char *s)
{
	return s + strspn(s, " [(*<\"'-=");
}

/* Do no ordinary words go on here? */
static bool
stands_alone(const char *s)
{
	static const char *const on[] = { " until", " till", " from",  " bis",
					  " hasta", " del ", " desde", " jusqu",
					  " re:",   " ab ",  " vom " };

	if (!*s || strchr(":;.,!()[]*\"/", *s))
		return true;
	if (strncmp(s, " -", 2) == 0 || strncmp(s, " \xe2\x80\x93", 4) == 0 ||
	    strncmp(s, " (", 2) == 0 || strncmp(s, " [", 2) == 0 ||
	    strncmp(s, " :", 2) == 0)
		return true;
	for (size_t i = 0; i < COUNT(on); i++)
		if (strncmp(s, on[i], strlen(on[i])) == 0)
			return true;
	return false;
}

/* "Ann Lee is out of the office (back on Monday)", "Your order (automatic
 * response)": the phrase ends what is said. */
static bool
ends_with(const char *s, const char *phrase)
{
	const char *at = s, *found = NULL;

	while ((at = strstr(at, phrase)) != NULL)
		found = at++;
	if (!found || found == s || !strchr(" ([-:", found[-1]))
		return false;
	return stands_alone(found + strlen(phrase));
}

/* An answer's name in brackets behind the subject that it answers. */
static bool
bracketed(const char *s, const char *phrase)
{
	const char *at = s;
	size_t n = strlen(phrase);

	while ((at = strstr(at, phrase)) != NULL) {
		if (at > s && (at[-1] == '(' || at[-1] == '[') &&
		    (at[n] == ')' || at[n] == ']') && !at[n + 1])
			return true;
		at++;
	}
	return false;
}

bool
absence_subject(const char *subject)
{
	char s[SUBJECT_READ];
	const char *from;

	fold(subject, s);
	from = begin(s);
	for (size_t i = 0; i < COUNT(answers); i++)
		if (strncmp(from, answers[i], strlen(answers[i])) == 0 ||
		    bracketed(s, answers[i]))
			return true;
	for (size_t i = 0; i < COUNT(away); i++) {
		size_t n = strlen(away[i]);

		if (strncmp(from, away[i], n) == 0 && stands_alone(from + n))
			return true;
		if (strncmp(s, "re:", 3) != 0 && ends_with(s, away[i]))
			return true;
	}
	return false;
}
