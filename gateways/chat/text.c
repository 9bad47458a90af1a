#include "gateways/chat/text.h"

#include <string.h>

static const char *const texts[TEXT_COUNT][2] = {
	[TEXT_TITLE] = { "Chat", "Chat" },
	[TEXT_NO_SCRIPT] = { "El chat necesita JavaScript.",
			     "The chat needs JavaScript." },
	[TEXT_NOT_BUILT] = { "El chat no está instalado en este servidor.",
			     "The chat is not installed on this server." },
	[TEXT_NO_SITE] = { "Este servidor no conoce ningún sitio con ese "
			   "nombre.",
			   "This server knows no site of that name." },
	[TEXT_AWAY] = { "El servicio no responde ahora. Prueba otra vez en "
			"unos segundos.",
			"The service does not answer now. Try again in a few "
			"seconds." },
};

const char *
text_get(enum text t, const char *language)
{
	return texts[t][strcmp(language, "en") == 0 ? 1 : 0];
}
