#include "gateways/mail/challenge.h"

#include <string.h>
#include <strings.h>

#include "daemon/base/mem.h"
#include "gateways/mail/head.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))
#define TEXT_READ ((size_t)8 * 1024)

/* Set by such programs on their own mails. */
static const char *const fields[] = {
	"X-Bluebottle-Request", "X-Challenge",    "X-Challenge-Response",
	"X-ChallengeResponse",  "X-Boxbe-Notice",
};

static const char *const subjects[] = {
	"please confirm your message",
	"please confirm your email to",
	"please verify your message",
	"confirm your message to",
	"your message is waiting for confirmation",
	"your mail is waiting for confirmation",
	"your message requires verification",
	"your email requires verification",
	"email requires verification",
	"e-mail requires verification",
	"sender verification required",
	"verification required for your message",
	"confirma tu mensaje",
	"confirme su mensaje",
	"por favor, confirma tu mensaje",
	"verifica tu mensaje",
	"su mensaje requiere confirmaci",
	"tu mensaje requiere confirmaci",
	"bitte bestätigen sie ihre nachricht",
	"veuillez confirmer votre message",
	"confirmez votre message",
	"confirme sua mensagem",
	"conferma il tuo messaggio",
};

/* One word of each column says it. */
static const char *const held[] = {
	"your message was received",
	"your message has been received",
	"received your message",
	"your message about",
	"your message is being held",
	"your message has been held",
	"your message is waiting",
	"your email is waiting",
	"your message to",
	"your email to",
	"email from you",
	"account is protected by",
	"inbox is protected by",
	"mailbox is protected by",
	"tu mensaje",
	"su mensaje",
	"votre message",
	"ihre nachricht",
};
static const char *const proof[] = {
	"allowed list",
	"approved senders",
	"approved sender list",
	"guest list",
	"list of approved",
	"not pre-approved",
	"prove that you are",
	"verify that you are",
	"confirm that you are a",
	"confirm you are a human",
	"you are a real person",
	"you are human",
	"challenge/response",
	"challenge-response",
	"lista de remitentes autorizados",
	"lista de remitentes permitidos",
	"lista blanca",
	"demuestra que eres una persona",
	"que no eres un robot",
	"que usted es una persona",
	"vous n'êtes pas un robot",
	"dass sie kein roboter sind",
};

static bool
any_in(const char *s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcasestr(s, list[i]))
			return true;
	return false;
}

bool
challenge_head(const struct head *h, const char *subject)
{
	while (strncasecmp(subject, "re:", 3) == 0 || *subject == ' ')
		subject += *subject == ' ' ? 1 : 3;
	for (size_t i = 0; i < COUNT(fields); i++)
		if (head_first(h, fields[i]))
			return true;
	for (size_t i = 0; i < COUNT(subjects); i++)
		if (strncasecmp(subject, subjects[i], strlen(subjects[i])) == 0)
			return true;
	return false;
}

bool
challenge_text(const char *text, size_t n)
{
	char *s = mem_strndup(text, n < TEXT_READ ? n : TEXT_READ);
	bool yes =
		any_in(s, proof, COUNT(proof)) && any_in(s, held, COUNT(held));

	mem_free(s);
	return yes;
}
