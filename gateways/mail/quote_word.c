#include "gateways/mail/quote_word.h"

#include <ctype.h>
#include <string.h>

/* clang-format off */
static const char *const verbs[] = {
	"wrote", "writes", "said", "a écrit", "a ecrit", "écrit",
	"escribió", "escribio", "ha escrito", "escribía",
	"schrieb", "schreibt", "geschrieben", "schreef", "geschreven",
	"ha scritto", "scrive", "escreveu", "escreveu o seguinte",
	"skrev", "skrev följande", "følgende", "napisał", "napisała",
	"napisał(a)", "pisze", "написал", "написала", "написав", "пишет",
	"写道", "va escriure", "ha escrit", "idatzi du", "escribiu",
	"kirjoitti", "a scris", "έγραψε", "yazdı", "napsal", "napsala",
	"napsal(a)", "írta", "đã viết", "작성", "missatge de",
	NULL
};

static const char *const to_me[] = {
	"me escribió", "nos escribió", "os escribió", "le escribió",
	"me ha escrito", "nos ha escrito", "os he escrito", "me escribieron",
	"wrote to me", "wrote to us", "wrote me", "wrote us", "i wrote",
	"we wrote", "schrieb mir", "schrieb uns", "schrieb ich",
	"mir geschrieben", "uns geschrieben", "m'a écrit", "m’a écrit",
	"nous a écrit", "ai écrit", "mi ha scritto", "ci ha scritto",
	"ho scritto", "mi scrive", "me escreveu", "nos escreveu",
	"escreveu-me", "escreveu-nos", "m'ha escrit", "me escribiu",
	NULL
};

static const char *const starts[] = {
	"On ", "El ", "Le ", "Am ", "Op ", "Il ", "Em ", "Den ", "W dniu ",
	"Dnia ", "At ", "Em:", "Na ", "Vào ", "在", "В ", "På ", "Fra ",
	"Ezt ", "Em qua", "Em seg", "Em ter", "Em qui", "Em sex", "Në ",
	"Dne ", "Pe ", "O ", "Στις ", "A ", "No dia ", "În ", "Quoting ",
	"Missatge de ", "Igorlea: ",
	NULL
};

static const char *const starts_day[] = {
	"On ", "El ", "Le ", "Am ", "Em ", "Il giorno ", "No dia ",
	NULL
};

static const char *const original[] = {
	"original message", "original email", "original mail",
	"original appointment", "mensaje original", "correo original",
	"mensagem original", "message d'origine", "message d’origine",
	"message original", "messaggio originale", "oorspronkelijk bericht",
	"ursprüngliche nachricht", "ursprungliche nachricht",
	"original-nachricht", "originalnachricht", "original nachricht", "oprindelig meddelelse",
	"opprinnelig melding", "ursprungligt meddelande", "reply message",
	"in reply to", "missatge original", "wiadomość oryginalna",
	"oryginalna wiadomość", "исходное сообщение", "jatorrizko mezua",
	"mensaxe orixinal", "alkuperäinen viesti", "původní zpráva",
	"mesaj original", "eredeti üzenet", "orijinal ileti", "原始邮件",
	NULL
};

static const char *const forwarded[] = {
	"forwarded message", "forwarded by", "begin forwarded message",
	"mensaje reenviado", "mensaje reexpedido", "correo reenviado",
	"inicio del mensaje reenviado", "message transf",
	"début du message", "debut du message",
	"weitergeleitete nachricht", "weitergeleitete mail",
	"anfang der weitergeleiteten", "messaggio inoltrato",
	"inizio messaggio inoltrato", "inizio del messaggio inoltrato",
	"mensagem encaminhada", "mensagem reencaminhada",
	"início da mensagem", "inicio da mensagem",
	"doorgestuurd bericht", "begin doorgestuurd bericht",
	"missatge reenviat", "vidarebefordrat", "vidarebefordrat mejl",
	"videresendt melding", "videresendt meddelelse",
	"videresendt besked", "wiadomość przekazana",
	"przekazana wiadomość", "przekazana dalej",
	"пересылаемое сообщение", "пересланное сообщение",
	"birzalitako mezua", "mensaxe reenviada", "mensaxe encamiñada",
	"välitetty viesti", "přeposlaná zpráva", "mesaj redirecționat",
	"továbbított üzenet", "iletilen ileti",
	NULL
};

static const char *const field_from[] = {
	"From", "De", "Von", "Van", "Da", "Fra", "Från", "Od", "От",
	"Expediteur", "Expéditeur", "Remitente", "Remetente", "Mittente",
	"发件人", "Absender", "Lähettäjä", "Feladó", "Gönderen", "Kimden",
	"Nork", "De la",
	NULL
};

static const char *const field_date[] = {
	"Date", "Sent", "Fecha", "Datum", "Enviado", "Enviado el",
	"Enviado em", "Envoyé", "Envoyé le", "Data", "Gesendet", "Inviato",
	"Inviato il", "Verzonden", "Skickat", "Sendt", "Wysłano",
	"Enviada em", "Enviada", "Data d'enviament", "Отправлено", "Дата",
	"Lähetetty", "Odesláno", "Trimis", "Dato", "Enviat",
	NULL
};

static const char *const field_title[] = {
	"Subject", "Asunto", "Objet", "Betreff", "Onderwerp", "Oggetto",
	"Assunto", "Ämne", "Emne", "Temat", "Тема", "Assumpte", "Aihe",
	"Předmět", "Subiect", "Tárgy", "Konu", "Gaia", "主题", "Sujet",
	NULL
};

static const char *const field_other[] = {
	"To", "Cc", "Para", "À", "An", "Aan", "A", "Till", "Til", "Do",
	"Reply-To", "Received", "Responder a", "Importance", "Importancia",
	"Кому", "Copia", "Kopie", "Kopia", "Per a", "Pour", "Bcc",
	"Attachments", "Datos adjuntos", "Anlagen", "Priority", "Wichtigkeit",
	"Prioridad", "Vastaanottaja", "Komu", "Címzett", "Kime", "Către",
	"收件人", "Nori", "Répondre à", "Antwort an", "Rispondi a",
	"Destinatario", "Destinataire", "Empfänger", "Message-ID",
	NULL
};

static const char *const mobile[] = {
	"sent from ", "sent via ", "sent with ", "sent using ",
	"sent on the go", "sent mobile", "sent by ", "<<sent ", "send from ",
	"from my iphone", "get outlook for", "get [outlook for",
	"enviado desde ", "enviado do meu", "enviado de mi", "enviado con ",
	"enviado a través de", "enviado a partir", "mandado desde ",
	"enviado del ", "enviado do ", "enviado via ", "enviada do ",
	"obtener outlook para", "obtén outlook para", "descarga outlook",
	"obter o outlook para", "obtenha o outlook para",
	"envoyé de ", "envoyé depuis", "envoyé à partir", "envoyé avec ",
	"télécharger outlook pour", "obtenir outlook pour",
	"von meinem ", "gesendet mit ", "gesendet von ", "gesendet aus ",
	"von unterwegs gesendet", "diese nachricht wurde von mein",
	"holen sie sich outlook", "outlook für ",
	"verzonden van", "verzonden met ", "verzonden vanaf",
	"verstuurd vanaf", "outlook voor ",
	"inviato da", "inviato dal", "ottieni outlook per",
	"scarica outlook per", "skickat från", "sendt fra", "wysłano z",
	"enviat des de", "bidalia ", "nire iphone", "lähetetty ",
	"отправлено с ", "從我的 ",
	NULL
};

static const char *const device[] = {
	"my ", "mi ", "mí ", "meu ", "mon ", "mein", "mijn ", "min ", "mio ",
	"nire ", "meva ", "моего", "我的", "iphone", "ipad", "ipod", "android",
	"ios", "windows", "blackberry", "samsung", "galaxy", "huawei",
	"xiaomi", "redmi", "oppo", "motorola", "nokia", "pixel", "mobil",
	"móvil", "movil", "celular", "telef", "telém", "telé", "phone",
	"smartphone", "handy", "tablet", "device", "cell ", "outlook",
	"yahoo", "gmail", "gmx", "web.de", "proton", "spark", "airmail",
	"bluemail", "k-9", "thunderbird", "nine", "zoho", "mail", "correo",
	"courrier", "posta", "app ", "on the go", "unterwegs",
	NULL
};

static const char *const marker[] = {
	"reply above this line",
	"responde por encima de esta línea",
	"responde por encima de esta linea",
	NULL
};

static const char *const legal[] = {
	/* that it is for somebody */
	"confidential", "privileged", "intended recipient", "addressee",
	"confidencial", "destinatari", "vertraulich",
	"adressat", "empfänger", "confidentiel", "destinataire",
	"destinatário", "riservat", "confidenzial", "vertrouwelijk",
	"geadresseerde", "exclusively for", "uso exclusivo",
	"exclusivamente", "exclusivement", "ausschließlich",
	"esclusivamente", "intended solely", "intended only",
	/* what others must not do */
	"disclos", "unauthori", "dissemination", "prohibid", "prohibited",
	"divulgación", "no autorizad", "unbefugt", "nicht gestattet",
	"untersagt", "interdit", "divulgation", "non autorisé", "proibid",
	"não autorizad", "vietat", "non autorizzat", "verboden",
	"received this", "recibido este", "por error", "in error", "by mistake", "por engano", "por erro",
	"par erreur", "irrtümlich", "per errore", "delete it", "elimin",
	"destroy", "lösch", "vernicht", "détrui", "apague", "cancell",
	/* what it says of itself */
	"este mensaje", "este correo", "this e-mail", "this email",
	"this message", "diese e-mail", "diese nachricht", "ce message",
	"ce courriel", "esta mensagem", "este e-mail", "questo messaggio",
	"questa e-mail", "questa email", "dit bericht", "attachments",
	"adjuntos", "anhänge", "pièces jointes", "anexos", "allegati",
	/* data protection */
	"protección de datos", "reglamento (ue)", "rgpd", "gdpr", "lopd",
	"lssi", "2016/679", "datenschutz", "dsgvo", "data protection",
	"protection des données", "proteção de dados",
	"protezione dei dati", "d.lgs", "freedom of information",
	NULL
};

static const char *const legal_alone[] = {
	"consider the environment before printing",
	"think before you print", "antes de imprimir este",
	"antes de imprimir, piensa", "piense en el medio ambiente",
	"piensa en el medio ambiente", "pense en el medio ambiente",
	"denken sie an die umwelt", "an die umwelt, bevor",
	"pensez à l'environnement", "pensez à l’environnement",
	"pense no meio ambiente", "pense no ambiente",
	"pensa all'ambiente", "rispetta l'ambiente",
	"libre de virus. www", "libre de virus.www", "virus-free. www",
	"virus-free.www", "virenfrei. www", "virenfrei.www",
	"garanti sans virus. www", "sans virus.www", "privo di virus. www",
	"privo di virus.www", "livre de vírus. www", "sem vírus. www",
	"livre de vírus.www", "sem vírus.www",
	"scanned for viruses", "been scanned for virus",
	"checked for viruses", "swept for", "screened for viruses",
	"presence of computer viruses", "analizado en busca de virus",
	"auf viren geprüft", "auf viren überprüft",
	NULL
};

static const char *const legal_title[] = {
	"aviso legal", "aviso de confidencialidad", "nota de confidencialidad",
	"cláusula de confidencialidad", "cláusula legal", "advertencia legal",
	"información básica sobre protección de datos", "aviso de privacidad",
	"confidentiality notice", "confidentiality note", "legal notice",
	"legal disclaimer", "disclaimer", "privacy notice", "important notice",
	"haftungsausschluss", "vertraulichkeitshinweis", "rechtlicher hinweis",
	"avis de confidentialité", "clause de confidentialité",
	"avertissement", "aviso de confidencialidade", "aviso legal",
	"avviso di riservatezza", "avviso legale", "informativa privacy",
	"nota di riservatezza",
	NULL
};

static const char *const sent_on[] = {
	"fwd", "fw", "rv", "wg", "tr", "enc", "i", "vb", "vl", "pd",
	"doorst", "reenv", "reenviado", "weitergeleitet", "inoltro", "ilt",
	"пересл", "转发", "továbbítás",
	NULL
};
/* clang-format on */

static const char *const *const lists[QUOTE_LISTS] = {
	[QUOTE_VERBS] = verbs,
	[QUOTE_TO_ME] = to_me,
	[QUOTE_STARTS] = starts,
	[QUOTE_STARTS_DAY] = starts_day,
	[QUOTE_ORIGINAL] = original,
	[QUOTE_FORWARDED] = forwarded,
	[QUOTE_FIELD_FROM] = field_from,
	[QUOTE_FIELD_DATE] = field_date,
	[QUOTE_FIELD_TITLE] = field_title,
	[QUOTE_FIELD_OTHER] = field_other,
	[QUOTE_MOBILE] = mobile,
	[QUOTE_DEVICE] = device,
	[QUOTE_MARKER] = marker,
	[QUOTE_LEGAL] = legal,
	[QUOTE_LEGAL_ALONE] = legal_alone,
	[QUOTE_LEGAL_TITLE] = legal_title,
	[QUOTE_SENT_ON] = sent_on,
};

/* "Am 5." is German, "AM" a half of the day. */
static bool
is_exact(enum quote_words list)
{
	return list == QUOTE_STARTS || list == QUOTE_STARTS_DAY;
}

/* Is octet c the same as that of a word, in any case? Letters of Latin
 * with marks too: 0xc3 is before them in both. */
static bool
same(unsigned char c, unsigned char w, unsigned char before)
{
	if (c == w || tolower(c) == tolower(w))
		return true;
	return before == 0xc3 && (c | 0x20) == (w | 0x20) && c >= 0x80 &&
	       w >= 0x80;
}

/* Octets of the word that the text begins with, or 0. */
static size_t
matches(const char *word, const char *p, size_t n)
{
	size_t i;

	/* most words are another one at once */
	if (n == 0 || ((*p ^ *word) & ~0x20) != 0)
		return 0;
	for (i = 0; word[i] != '\0'; i++)
		if (i == n || !same((unsigned char)p[i], (unsigned char)word[i],
				    i > 0 ? (unsigned char)word[i - 1] : 0))
			return 0;
	return i;
}

size_t
quote_starts(enum quote_words list, const char *p, size_t n)
{
	const char *const *w;
	size_t best = 0;

	for (w = lists[list]; *w != NULL; w++) {
		size_t k = matches(*w, p, n);

		if (k > 0 && is_exact(list) && memcmp(*w, p, k) != 0)
			continue;

		best = k > best ? k : best;
	}
	return best;
}

bool
quote_ends(enum quote_words list, const char *p, size_t n)
{
	const char *const *w;

	for (w = lists[list]; *w != NULL; w++) {
		size_t k = strlen(*w);

		if (k <= n && matches(*w, p + n - k, k) != 0)
			return true;
	}
	return false;
}

/* A word may begin at p[i]; those that are written without blanks anywhere. */
static bool
begins(const char *p, size_t i)
{
	unsigned char c = (unsigned char)p[i];
	unsigned char before = i > 0 ? (unsigned char)p[i - 1] : ' ';

	if (c >= 0x80 && c < 0xc0)
		return false;
	if (i > 1 && memcmp(p + i - 2, "\xc2\xa0", 2) == 0)
		return true; /* after a blank that does not break */
	return c >= 0xe3 || !(isalnum(before) || before >= 0x80) ||
	       isdigit(before);
}

bool
quote_within(enum quote_words list, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (begins(p, i) && quote_starts(list, p + i, n - i) != 0)
			return true;
	return false;
}

size_t
quote_count(enum quote_words list, const char *p, size_t n, size_t max)
{
	const char *const *w;
	size_t count = 0;
	size_t i;

	for (w = lists[list]; *w != NULL && count < max; w++)
		for (i = 0; i < n; i++)
			if (begins(p, i) && matches(*w, p + i, n - i) != 0) {
				count++;
				break;
			}
	return count;
}
