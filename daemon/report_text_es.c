#include "daemon/report_text.h"

/* Spanish. Sorted by name. */
const struct report_word report_words_es[] = {
	{ "mail.before", "antes" },
	{ "mail.file", "informe" },
	{ "mail.more", "El archivo adjunto tiene las demás filas." },
	{ "mail.open", "Ábrelo en Postigo" },
	{ "mail.to", "a" },
	{ "mail.why",
	  "Postigo envía este informe según un plan. Quien lleva los informes lo cambia en la página de informes." },
	{ "month.1", "ene" },
	{ "month.10", "oct" },
	{ "month.11", "nov" },
	{ "month.12", "dic" },
	{ "month.2", "feb" },
	{ "month.3", "mar" },
	{ "month.4", "abr" },
	{ "month.5", "may" },
	{ "month.6", "jun" },
	{ "month.7", "jul" },
	{ "month.8", "ago" },
	{ "month.9", "sep" },
	{ "report.agents", "Agentes" },
	{ "report.backlog", "Pendientes" },
	{ "report.breaches", "Incumplimientos" },
	{ "report.kept", "Plazos anunciados" },
	{ "report.margins", "Márgenes" },
	{ "report.promises", "Promesas" },
	{ "report.staffing", "Personal necesario" },
	{ "report.times", "Tiempos de respuesta" },
	{ "report.today", "Hoy" },
	{ "report.volume", "Volumen" },
};

const size_t report_words_es_count =
	sizeof(report_words_es) / sizeof(report_words_es[0]);
