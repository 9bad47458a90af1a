#include "gateways/console/text.h"

#include <string.h>

static const char *const texts[TEXT_COUNT][2] = {
	[TEXT_LOGIN_TITLE] = { "Entrar", "Log in" },
	[TEXT_EMAIL] = { "Correo", "E-mail" },
	[TEXT_PASSWORD] = { "Contraseña", "Password" },
	[TEXT_ENTER] = { "Entrar", "Log in" },
	[TEXT_REFUSED] = { "El correo o la contraseña no son correctos.",
			   "The e-mail or the password is not right." },
	[TEXT_TOO_MANY] = { "Demasiados intentos. Espera un poco y prueba "
			    "otra vez.",
			    "Too many tries. Wait a little and try again." },
	[TEXT_DOWN] = { "El servicio no responde ahora. Prueba otra vez en "
			"unos segundos.",
			"The service does not answer now. Try again in a few "
			"seconds." },
	[TEXT_FORM_OLD] = { "Esta página había caducado. Prueba otra vez.",
			    "This page had expired. Try again." },
	[TEXT_LINK_TITLE] = { "Entrar con un enlace", "Log in with a link" },
	[TEXT_LINK_HELP] = { "Este enlace sirve una sola vez. Pulsa el botón "
			     "para entrar.",
			     "This link works once. Press the button to log "
			     "in." },
	[TEXT_LINK_BUTTON] = { "Entrar en la consola", "Enter the console" },
	[TEXT_LINK_DEAD] = { "Este enlace ya no sirve. Pide otro a quien "
			     "administra la mesa.",
			     "This link no longer works. Ask whoever runs the "
			     "desk for another." },
	[TEXT_OUT] = { "Has salido.", "You have logged out." },
	[TEXT_NO_SCRIPT] = { "La consola necesita JavaScript.",
			     "The console needs JavaScript." },
	[TEXT_NOT_BUILT] = { "Las páginas de la consola no están instaladas.",
			     "The pages of the console are not installed." },
	[TEXT_OPENING] = { "Abriendo la consola…", "Opening the console…" },
	[TEXT_OPEN] = { "Abrir la consola", "Open the console" },
	[TEXT_OTHER_LANGUAGE] = { "English", "Español" },
};

const char *
text_get(enum text t, const char *language)
{
	return texts[t][strcmp(language, "en") == 0 ? 1 : 0];
}
