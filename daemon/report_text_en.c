#include "daemon/report_text.h"

/* English. Sorted by name. */
const struct report_word report_words_en[] = {
	{ "mail.before", "before" },
	{ "mail.file", "report" },
	{ "mail.more", "The attached file has the other rows." },
	{ "mail.open", "Open it in Postigo" },
	{ "mail.to", "to" },
	{ "mail.why",
	  "Postigo sends this report on a schedule. Whoever keeps the reports changes it on the page of reports." },
	{ "month.1", "Jan" },
	{ "month.10", "Oct" },
	{ "month.11", "Nov" },
	{ "month.12", "Dec" },
	{ "month.2", "Feb" },
	{ "month.3", "Mar" },
	{ "month.4", "Apr" },
	{ "month.5", "May" },
	{ "month.6", "Jun" },
	{ "month.7", "Jul" },
	{ "month.8", "Aug" },
	{ "month.9", "Sep" },
	{ "report.agents", "Agents" },
	{ "report.backlog", "Backlog" },
	{ "report.breaches", "Breaches" },
	{ "report.kept", "Answer times told" },
	{ "report.margins", "Margins" },
	{ "report.promises", "Promises" },
	{ "report.staffing", "Staffing" },
	{ "report.times", "Response times" },
	{ "report.today", "Today" },
	{ "report.volume", "Volume" },
};

const size_t report_words_en_count =
	sizeof(report_words_en) / sizeof(report_words_en[0]);
