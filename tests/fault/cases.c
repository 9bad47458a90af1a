#include "tests/fault/cases.h"

/* clang-format off */
#define ASK(name, asker) .method = name, .who = asker
#define BARE(r) { .role = ROLE_##r }
#define ADMIN { .role = ROLE_CONSOLE, .agent_id = RIG_AGENT_ADMIN }
#define AGENT { .role = ROLE_CONSOLE, .agent_id = RIG_AGENT }
/* The visitor who has written, and one who has not. */
#define VISITOR { .role = ROLE_CHAT, .visitor_id = 1, .incident_id = 4 }
#define STARTED { .role = ROLE_CHAT, .visitor_id = 1 }
#define NEWCOMER { .role = ROLE_CHAT, .visitor_id = 2 }

#define MAIL_OF(id, who, more) MAIL_BY("correo", id, who, more)
#define MAIL_BY(connection, id, who, more) \
	"{'connection':'" connection "','external_id':'<" id "@cliente.example>'," \
	"'digest':$" id "_sha,'received_at':'2026-01-05T08:58:00.000Z'," \
	"'channel':'email','from':{'name':'" who "','address':'" who \
	"@cliente.example'},'recipients':['hola@olmo.example']," \
	"'subject':'Una pregunta','text':'quiero una devolución de " id "'," \
	"'raw':{'sha256':$" id "_sha,'bytes':$" id "_bytes,'data':$" id \
	"_b64}" more "}"

#define WHATSAPP_OF(id) \
	"{'connection':'numero','digest':$mail5_sha," \
	"'received_at':'2026-01-05T08:58:00.000Z','channel':'whatsapp'," \
	"'text':'¿Hola?','raw':{'sha256':$mail5_sha," \
	"'bytes':$mail5_bytes,'data':$mail5_b64},'whatsapp':{'id':'" id \
	"','type':'text','supported':true,'from':'34600111222'," \
	"'wa_id':'34600111222','profile_name':'Eva'}}"

#define TEMPLATE_OF(name) \
	"{'name':'" name "','language':'es','category':'UTILITY','status':'APPROVED'," \
	"'components':[{'type':'BODY','text':'Hola {{1}}'}]}"

#define HOOK_OF(id) \
	"{'connection':'numero','received_at':'2026-01-05T08:58:00.000Z'," \
	"'body':{'sha256':$" id "_sha,'bytes':$" id "_bytes,'data':$" id "_b64}}"

#define ORDER_OF(id, hour, more) \
	"{'external_id':'" id "','number':'N-" id "','currency':'EUR'," \
	"'total':'12.50','placed_at':'2026-01-05T07:00:00Z'," \
	"'updated_at':'2026-01-05T" hour ":00:00Z','customer':{" \
	"'external_id':'77','email':'eva@cliente.example'},'lines':[" \
	"{'external_id':'1','name':'Vela'}],'refunds':[{'amount':'1'}]," \
	"'returns':[{'status':'approved'}],'shipments':[{'external_id':" \
	"'p','tracking_number':'T" id "','status':'shipped'," \
	"'checkpoints':[{'text':'Madrid'}]}]" more "}"

#define PLACE(more) \
	"{'connection':'buzon','folder':'INBOX','uid_validity':7" more "}"

const struct fault_case fault_steps[] = {
	{ ASK("agent.add", BARE(CONTROL)),
	  .params = "{'email':'ana@olmo.example','name':'Ana','role':'admin',"
	  "'password':'una clave muy larga 1','language':'es'}" },
	{ ASK("agent.add", BARE(CONTROL)),
	  .params = "{'email':'luis@olmo.example','name':'Luis','role':'agent',"
	  "'password':'una clave muy larga 2'}" },
	{ ASK("desk.set", BARE(CONTROL)), .params = "{'name':'Tienda Olmo','language':'es'}" },
	{ ASK("connection.add", BARE(CONTROL)),
	  .params = "{'name':'correo','kind':'pipe','settings':{'address':"
	  "'hola@olmo.example','from_name':'Tienda Olmo','out':'/tmp/out'}}" },
	{ ASK("connection.add", BARE(CONTROL)),
	  .params = "{'name':'buzon','kind':'mailbox','settings':{'address':"
	  "'buzon@olmo.example','from_name':'Olmo','imap_host':'127.0.0.1',"
	  "'imap_security':'none','smtp_host':'127.0.0.1',"
	  "'smtp_security':'none','sent_folder':'Sent'},"
	  "'secrets':{'password':'secreto'}}" },
	{ ASK("connection.add", BARE(CONTROL)),
	  .params = "{'name':'web','kind':'chat','settings':{'origins':"
	  "'https://olmo.example','title':'Olmo','mail':'correo'}}" },
	{ ASK("connection.add", BARE(CONTROL)),
	  .params = "{'name':'vieja','kind':'pipe','settings':{'address':"
	  "'vieja@olmo.example','from_name':'Olmo','out':'/tmp/out2',"
	  "'acknowledge':true}}" },
	{ ASK("book.apply", BARE(CONTROL)), .params = "{'text':$book,'note':'primera'}" },
	{ ASK("mailbox.open", BARE(MAIL)),
	  .params = PLACE(",'uid_next':10,'start':'all'") },
	{ ASK("contact.add", BARE(MAIL)), .params = MAIL_OF("mail1", "eva", "") },
	{ ASK("contact.add", BARE(MAIL)),
	  .params = MAIL_OF("mail2", "ivo", ",'attachments':[{'filename':'foto.png',"
	  "'content_type':'image/png','size':$large1_bytes,"
	  "'sha256':$large1_sha,'inline':false,'data':$large1_b64}]") },
	{ ASK("incident.answer", AGENT), .params = "{'id':1,'text':'Hola, Eva','seen':1}" },
	{ ASK("incident.answer", AGENT), .params = "{'id':2,'text':'Hola, Ivo','seen':1}" },
	{ ASK("outbox.take", BARE(MAIL)), .params = "{'max':1,'lease_ms':600000}" },
	{ ASK("contact.add", BARE(MAIL)),
	  .params = "{'connection':'buzon','external_id':'<mail3@cliente.example>',"
	  "'digest':$mail3_sha,'received_at':'2026-01-05T08:58:00.000Z',"
	  "'channel':'email','from':{'address':'eva@cliente.example'},"
	  "'text':'otra cosa','raw':{'sha256':$mail3_sha,"
	  "'bytes':$mail3_bytes,'data':$mail3_b64},'mailbox':{"
	  "'folder':'INBOX','uid_validity':7,'uid':3}}" },
	{ ASK("connection.test", BARE(CONTROL)), .params = "{'name':'buzon'}" },
	{ ASK("job.take", BARE(MAIL)), .params = "{'max':1,'lease_ms':600000}" },
	{ ASK("visitor.start", BARE(CHAT)),
	  .params = "{'connection':'web','name':'Sol','email':'sol@cliente.example',"
	  "'network':'192.0.2.1','remember':true}",
	  .keep = "token", .as = "visitor" },
	{ ASK("visitor.start", BARE(CHAT)),
	  .params = "{'connection':'web','name':'Paz','network':'192.0.2.2'}" },
	{ ASK("chat.write", STARTED),
	  .params = "{'id':'l1','text':'¿Hay alguien?','page':'https://olmo.example/a'}" },
	{ ASK("incident.answer", AGENT), .params = "{'id':4,'text':'Sí','seen':1}" },
	{ ASK("agent.link", BARE(CONTROL)), .params = "{'id':2}",
	  .keep = "token", .as = "link" },
	{ ASK("token.add", BARE(CONTROL)), .params = "{'agent':2,'label':'caja'}",
	  .keep = "token", .as = "api" },
	{ ASK("session.login", BARE(CONSOLE)),
	  .params = "{'email':'luis@olmo.example','password':'una clave muy larga 2',"
	  "'network':'192.0.2.9'}", .keep = "cookie", .as = "cookie" },
	{ ASK("incident.note", AGENT), .params = "{'id':1,'text':'llamar mañana'}" },
	{ ASK("blob.put", BARE(CONSOLE)),
	  .params = "{'upload':'u0','offset':0,'data':$large2_b64,'end':true,"
	  "'sha256':$large2_sha}" },
	{ ASK("plan.add", BARE(CONTROL)),
	  .params = "{'name':'Semana','report':'promises','period':'week',"
	  "'minute':480,'zone':'Europe/Madrid','agents':[1,2],"
	  "'connection':'correo'}" },
	{ ASK("plan.try", BARE(CONTROL)), .params = "{'id':1,'agents':[1]}" },
	{ ASK("job.take", BARE(MAIL)), .params = "{'max':2,'lease_ms':600000}" },
	{ ASK("plan.try", BARE(CONTROL)), .params = "{'id':1,'agents':[2]}" },
	{ ASK("agent.away", AGENT), .params = "{'reason':'break'}" },
	{ ASK("claim.register", AGENT), .params = "{'id':2}" },
	/* by WhatsApp: incident 5; delivery 3 was sent, 4 failed */
	{ ASK("connection.add", BARE(CONTROL)),
	  .params = "{'name':'numero','kind':'whatsapp','settings':{"
	  "'phone_number_id':'1001','waba_id':'2001',"
	  "'display_number':'+34 900 111 222','mail':'correo'},'secrets':{"
	  "'access_token':'t','app_secret':'s','verify_token':'v'}}" },
	{ ASK("connection.add", BARE(CONTROL)),
	  .params = "{'name':'pedidos','kind':'orders','settings':{},"
	  "'secrets':{'secret':'un-secreto-largo'}}" },
	{ ASK("contact.add", BARE(WHATSAPP)), .params = WHATSAPP_OF("wamid.in1") },
	{ ASK("incident.answer", AGENT), .params = "{'id':5,'text':'Hola','seen':1}" },
	{ ASK("incident.answer", AGENT), .params = "{'id':5,'text':'Y eso','seen':2}" },
	{ ASK("outbox.take", BARE(WHATSAPP)), .params = "{'max':2,'lease_ms':150000}" },
	{ ASK("outbox.report", BARE(WHATSAPP)),
	  .params = "{'delivery':3,'attempt':1,'result':'sent',"
	  "'external_id':'wamid.out1'}" },
	{ ASK("outbox.report", BARE(WHATSAPP)),
	  .params = "{'delivery':4,'attempt':1,'result':'failed','error_code':131000}" },
	{ ASK("incident.answer", AGENT), .params = "{'id':5,'text':'Ya','seen':3}" },
	{ ASK("outbox.take", BARE(WHATSAPP)), .params = "{'max':1,'lease_ms':600000}" },
	/* with a file that is to be fetched, and two hooks, one of them taken */
	{ ASK("contact.add", BARE(WHATSAPP)),
	  .params = "{'connection':'numero','digest':$mail5_sha,"
	  "'received_at':'2026-01-05T08:58:00.000Z','channel':'whatsapp',"
	  "'text':'','raw':{'sha256':$mail5_sha,'bytes':$mail5_bytes,"
	  "'data':$mail5_b64},'whatsapp':{'id':'wamid.in2','type':'image',"
	  "'supported':true,'wa_id':'34600111333','media':{'kind':'image',"
	  "'id':'77','mime_type':'image/png'}}}",
	  .keep = "message", .as = "foto" },
	{ ASK("hook.put", BARE(WHATSAPP)), .params = HOOK_OF("mail1") },
	{ ASK("hook.put", BARE(WHATSAPP)), .params = HOOK_OF("large1") },
	{ ASK("hook.take", BARE(WHATSAPP)), .params = "{'max':1,'lease_ms':600000}" },
	{ ASK("template.put", BARE(WHATSAPP)),
	  .params = "{'connection':'numero','complete':true,'templates':["
	  TEMPLATE_OF("aviso") "," TEMPLATE_OF("viejo") "]}" },
	{ ASK("identity.add", AGENT),
	  .params = "{'customer':4,'kind':'email','value':'otra@example.org'}" },
	{ ASK("import.begin", BARE(CONTROL)),
	  .params = "{'connection':'pedidos','name':'uno.csv',"
	  "'sha256':$mail1_sha}" },
	/* an order, and an incident about it */
	{ ASK("order.put", BARE(SHOP)),
	  .params = "{'connection':'pedidos','orders':[" ORDER_OF("1", "08", "") "]}" },
	{ ASK("order.link", AGENT), .params = "{'incident':5,'order':1}" },
	/* two made one, and what shops ask on somebody's behalf */
	{ ASK("customer.merge", AGENT), .params = "{'customer':1,'gone':2}" },
	{ ASK("privacy.put", BARE(SHOP)),
	  .params = "{'connection':'pedidos','topic':'customers/data_request',"
	  "'id':'77','body':{'orders_requested':[1]}}" },
	{ .method = NULL }
};

static const struct fault_case with_cookie = { ASK("session.open", BARE(CONSOLE)), .params = "{'cookie':$cookie}"
};
static const struct fault_case with_token = { ASK("visitor.open", BARE(CHAT)), .params = "{'connection':'web','token':$visitor}"
};

const struct fault_case fault_cases[] = {
	{ ASK("hello", BARE(MAIL)),
	  .params = "{'protocol':1,'program':'postigo-mail','version':'1'}" },
	{ ASK("ping", BARE(MAIL)), .params = "{}" },
	{ ASK("status.get", BARE(CONTROL)), .params = "{}", .reports = true },
	{ ASK("desk.get", BARE(CONTROL)), .params = "{}" },
	{ ASK("desk.set", BARE(CONTROL)), .params = "{'name':'Olmo','language':'en'}" },

	{ ASK("session.login", BARE(CONSOLE)),
	  .params = "{'email':'ana@olmo.example','password':'una clave muy larga 1',"
	  "'network':'192.0.2.7'}" },
	{ ASK("session.login", BARE(CONSOLE)),
	  .params = "{'email':'ana@olmo.example','password':'una clave falsa',"
	  "'network':'192.0.2.7'}", .refused = "refused", .counts = true },
	{ ASK("session.redeem", BARE(CONSOLE)), .params = "{'token':$link}" },
	{ ASK("session.open", BARE(CONTROL)), .params = "{'token':$api}" },
	{ ASK("session.open", BARE(CONSOLE)), .params = "{'cookie':$cookie}" },
	{ ASK("session.close", BARE(CONSOLE)), .params = "{'handle':$before,'logout':true}",
	  .before = &with_cookie },
	{ ASK("agent.list", BARE(CONTROL)), .params = "{}" },
	{ ASK("agent.add", BARE(CONTROL)),
	  .params = "{'email':'mar@olmo.example','name':'Mar','role':'lead'}" },
	{ ASK("agent.update", BARE(CONTROL)), .params = "{'id':2,'name':'Luis P.',"
	  "'role':'lead','active':false}" },
	{ ASK("agent.prefer", AGENT), .params = "{'language':'en','mail_notices':true}" },
	{ ASK("agent.away", ADMIN),
	  .params = "{'reason':'meeting','until':'2026-01-05T18:00:00Z'}" },
	{ ASK("agent.back", AGENT), .params = "{}" },
	{ ASK("agent.password", BARE(CONTROL)),
	  .params = "{'id':2,'password':'otra clave muy larga'}" },
	{ ASK("agent.link", BARE(CONTROL)), .params = "{'id':2}" },
	{ ASK("token.add", BARE(CONTROL)), .params = "{'agent':1,'label':'otra'}" },
	{ ASK("token.remove", BARE(CONTROL)), .params = "{'id':1}" },

	{ ASK("contact.add", BARE(MAIL)), .params = MAIL_OF("mail4", "nora",
	  ",'reply_text':'una devolución','html':'<p>una</p>',"
	  "'cc':[{'address':'otro@cliente.example'}],"
	  "'reply_to':[{'address':'nora2@cliente.example'}],"
	  "'warnings':['unparsed'],"
	  "'attachments':[{'filename':'nota.txt','content_type':'text/plain',"
	  "'size':$note_bytes,'sha256':$note_sha,'inline':false,"
	  "'content_id':'a@b','data':$note_b64},{'filename':'larga.bin',"
	  "'content_type':'application/octet-stream','size':$large3_bytes,"
	  "'sha256':$large3_sha,'inline':true,'data':$large3_b64}]") },
	/* one that is acknowledged */
	{ ASK("contact.add", BARE(MAIL)),
	  .params = MAIL_BY("vieja", "mail5", "paz", ",'may_respond':true") },
	{ ASK("contact.add", BARE(MAIL)), .params = MAIL_OF("mail5", "eva",
	  ",'in_reply_to':['<mail1@cliente.example>'],"
	  "'references':['<mail1@cliente.example>']") },
	{ ASK("contact.add", BARE(MAIL)), .params = MAIL_OF("mail1", "eva", "") },
	{ ASK("blob.put", BARE(CONSOLE)),
	  .params = "{'upload':'u1','offset':0,'data':$large3_b64,'end':true,"
	  "'sha256':$large3_sha}" },
	{ ASK("blob.put", BARE(MAIL)),
	  .params = "{'upload':'u2','offset':0,'data':$note_b64,'end':true,"
	  "'sha256':$note_sha}" },
	{ ASK("blob.get", BARE(CONTROL)),
	  .params = "{'sha256':$large1_sha,'message':2,'offset':0,'length':393216}" },

	{ ASK("incident.list", BARE(CONTROL)), .params = "{}" },
	{ ASK("incident.list", BARE(CONTROL)), .params = "{'view':'all','sort':'newest',"
	  "'limit':1}" },
	{ ASK("incident.counts", BARE(CONTROL)), .params = "{}" },
	{ ASK("incident.get", BARE(CONTROL)), .params = "{'id':1}" },
	{ ASK("incident.get", BARE(CONTROL)), .params = "{'id':4}" },
	{ ASK("incident.search", BARE(CONTROL)),
	  .params = "{'text':'devolución \\u0022quiero una\\u0022 -nada*'}",
	  .reports = true },
	{ ASK("message.list", BARE(CONTROL)), .params = "{'incident':1,'before':9}" },
	{ ASK("message.get", BARE(CONTROL)), .params = "{'id':2}" },
	{ ASK("incident.create", AGENT),
	  .params = "{'channel':'phone','direction':'in','name':'Luz','address':"
	  "'+34600000000','subject':'Llamada','text':'pide una devolución'}",
	  .key = "k-create" },
	{ ASK("incident.create", AGENT),
	  .params = "{'channel':'email','direction':'out','customer':1,"
	  "'subject':'Su pedido','text':'Ya salió'}" },
	{ ASK("incident.answer", AGENT),
	  .params = "{'id':1,'text':'Gracias','seen':3,'state':'solved','cc':[{"
	  "'address':'jefa@cliente.example'}],'attachments':[{'filename':"
	  "'b.bin','content_type':'application/octet-stream','size':"
	  "$large2_bytes,'sha256':$large2_sha,'inline':false}],"
	  "'saved_reply':'gracias'}", .key = "k-answer" },
	{ ASK("incident.answer", AGENT), .params = "{'id':1,'text':'Tarde','seen':0}",
	  .refused = "seen" },
	{ ASK("incident.note", AGENT), .params = "{'id':2,'text':'una nota'}", .key = "k-note" },
	{ ASK("incident.assign", AGENT), .params = "{'id':3,'agent':1,'expect':0}", .key = "k-as" },
	{ ASK("incident.set", AGENT),
	  .params = "{'id':1,'state':'solved','queue':'general','priority':'urgent',"
	  "'reason':'other','add_tags':['uno','dos'],"
	  "'remove_tags':['devolucion']}", .key = "k-set" },
	{ ASK("incident.set", AGENT), .params = "{'id':3,'state':'spam'}" },
	{ ASK("customer.get", BARE(CONTROL)), .params = "{'id':1}" },
	{ ASK("customer.find", BARE(CONTROL)), .params = "{'text':'eva'}" },
	{ ASK("contact.explain", BARE(MAIL)),
	  .params = "{'connection':'correo','digest':$mail1_sha,"
	  "'received_at':'2026-01-05T08:58:00.000Z','channel':'email',"
	  "'from':{'address':'nueva@cliente.example'},"
	  "'recipients':['hola@olmo.example'],'text':'quiero una devolución',"
	  "'bounce':{'kind':'failed','message_ids':['<a@b.example>'],"
	  "'recipients':[]}}" },
	{ ASK("identity.retry", AGENT), .params = "{'id':1}" },
	{ ASK("delivery.fallback", AGENT), .params = "{'delivery':4}" },
	{ ASK("consent.add", BARE(WHATSAPP)),
	  .params = "{'connection':'numero','wa_id':'34600111222',"
	  "'consent':'out'}" },
	{ ASK("identity.add", AGENT),
	  .params = "{'customer':1,'kind':'whatsapp',"
		    "'value':'+34 600 111 444'}" },
	{ ASK("customer.consent", AGENT),
	  .params = "{'identity':1,'consent':'out'}" },
	{ ASK("customer.note", AGENT),
	  .params = "{'customer':1,'text':'Llama siempre por la tarde'}" },
	{ ASK("clock.explain", BARE(CONTROL)), .params = "{'id':1}" },
	{ ASK("incident.opened", AGENT), .params = "{'id':1}" },
	{ ASK("breach.list", BARE(CONTROL)),
	  .params = "{'since':'2026-01-01T00:00:00Z',"
	  "'until':'2026-02-01T00:00:00Z','limit':2}" },
	{ ASK("breach.say", ADMIN),
	  .params = "{'clock':1,'cause':'worked_on','reason':'no'}",
	  .refused = "not_found" },
	{ ASK("claim.register", AGENT), .params = "{'id':1}" },
	{ ASK("claim.withdraw", AGENT), .params = "{'id':2}" },
	{ ASK("incident.merge", AGENT), .params = "{'id':3,'into':1}" },
	{ ASK("incident.typing", AGENT), .params = "{'id':4,'on':true}" },

	{ ASK("chat.site", BARE(CHAT)), .params = "{'connection':'web'}" },
	{ ASK("visitor.start", BARE(CHAT)),
	  .params = "{'connection':'web','name':'Ada','email':'ada@cliente.example',"
	  "'language':'es','network':'192.0.2.3'}" },
	{ ASK("visitor.open", BARE(CHAT)), .params = "{'connection':'web','token':$visitor}" },
	{ ASK("visitor.close", BARE(CHAT)), .params = "{'handle':$before}",
	  .before = &with_token },
	{ ASK("chat.get", VISITOR), .params = "{'from':0}" },
	{ ASK("chat.write", VISITOR), .params = "{'id':'l2','text':'quiero una devolución',"
	  "'page':'https://olmo.example/b','attachments':[{'filename':'n.txt',"
	  "'content_type':'text/plain','size':$note_bytes,'sha256':$note_sha,"
	  "'inline':false,'data':$note_b64}]}" },
	{ ASK("chat.write", NEWCOMER), .params = "{'id':'l1','text':'Hola'}" },
	{ ASK("chat.got", VISITOR), .params = "{'number':2}" },
	{ ASK("chat.end", VISITOR), .params = "{}" },
	{ ASK("chat.rate", VISITOR), .params = "{'score':4,'comment':'bien'}" },
	{ ASK("chat.typing", VISITOR), .params = "{'on':true}" },

	{ ASK("reply.list", BARE(CONTROL)), .params = "{'incident':1}" },
	{ ASK("book.get", BARE(CONTROL)), .params = "{}" },
	{ ASK("book.check", BARE(CONTROL)), .params = "{'text':$book}" },
	{ ASK("book.check", BARE(CONTROL)), .params = "{'text':$badbook}" },
	{ ASK("book.apply", BARE(CONTROL)), .params = "{'text':$book,'base':2,"
	  "'note':'otra'}" },
	{ ASK("book.diff", BARE(CONTROL)), .params = "{'text':'queue \\u0022x\\u0022 {}'}" },
	{ ASK("book.diff", BARE(CONTROL)), .params = "{'from':1,'to':2}" },
	{ ASK("book.list", BARE(CONTROL)), .params = "{'limit':10}" },
	{ ASK("book.rules", BARE(CONTROL)), .params = "{}" },
	{ ASK("book.test", BARE(CONTROL)),
	  .params = "{'text':$book,'since':'2020-01-01T00:00:00Z','limit':5}" },
	{ ASK("incident.explain", BARE(CONTROL)), .params = "{'id':1,'all':true}" },
	{ ASK("book.rollback", BARE(CONTROL)),
	  .params = "{'version':1,'base':2,'note':'atrás'}" },

	{ ASK("connection.list", BARE(CONTROL)), .params = "{}" },
	{ ASK("connection.add", BARE(CONTROL)),
	  .params = "{'name':'nueva','kind':'mailbox','settings':{'address':"
	  "'n@olmo.example','from_name':'Olmo','imap_host':'127.0.0.1'},"
	  "'secrets':{'password':'x','smtp_password':'y'}}" },
	{ ASK("connection.update", BARE(CONTROL)),
	  .params = "{'name':'buzon','settings':{'address':'buzon@olmo.example',"
	  "'from_name':'Olmo 2','imap_host':'127.0.0.2','smtp_host':"
	  "'127.0.0.1'},'secrets':{'password':null,'smtp_password':'z'},"
	  "'active':true}" },
	{ ASK("connection.remove", BARE(CONTROL)), .params = "{'name':'vieja'}" },
	{ ASK("connection.test", BARE(CONTROL)), .params = "{'name':'correo'}" },
	{ ASK("connection.mine", BARE(MAIL)), .params = "{}" },
	{ ASK("connection.report", BARE(MAIL)),
	  .params = "{'name':'buzon','state':'failing','detail':'no responde'}" },
	{ ASK("outbox.take", BARE(MAIL)), .params = "{'max':20,'lease_ms':60000}" },
	{ ASK("outbox.report", BARE(MAIL)),
	  .params = "{'delivery':1,'attempt':1,'result':'sent','detail':'250 ok'}" },
	{ ASK("outbox.report", BARE(MAIL)),
	  .params = "{'delivery':1,'attempt':1,'result':'failed','detail':'550 no'}" },
	{ ASK("outbox.get", BARE(MAIL)), .params = "{'delivery':2}" },
	{ ASK("incident.answer", AGENT),
	  .params = "{'id':5,'text':'¿Te sirve?','seen':4,'quotes':1,"
	  "'buttons':['Sí','No']}" },
	{ ASK("incident.react", AGENT),
	  .params = "{'id':5,'number':1,'emoji':'\xF0\x9F\x91\x8D'}" },
	{ ASK("delivery.again", AGENT), .params = "{'delivery':4}" },
	{ ASK("outbox.begin", BARE(WHATSAPP)),
	  .params = "{'delivery':5,'attempt':1,'lease_ms':150000}" },
	{ ASK("outbox.report", BARE(WHATSAPP)),
	  .params = "{'delivery':5,'attempt':1,'result':'sent',"
	  "'external_id':'wamid.out3','to':{'wa_id':'34600111222'}}" },
	{ ASK("status.add", BARE(WHATSAPP)),
	  .params = "{'connection':'numero','external_id':'wamid.out1',"
	  "'status':'failed','at':'2026-01-05T08:59:00.000Z',"
	  "'errors':[{'code':131047,'detail':'fuera de plazo'}]}" },
	{ ASK("status.add", BARE(WHATSAPP)),
	  .params = "{'connection':'numero','external_id':'wamid.out1',"
	  "'status':'read','at':'2026-01-05T08:59:00.000Z'}" },
	{ ASK("status.add", BARE(WHATSAPP)),
	  .params = "{'connection':'numero','external_id':'wamid.nobody',"
	  "'status':'read','at':'2026-01-05T08:59:00.000Z'}" },
	{ ASK("contact.add", BARE(WHATSAPP)), .params = WHATSAPP_OF("wamid.in3") },
	{ ASK("hook.put", BARE(WHATSAPP)), .params = HOOK_OF("mail2") },
	{ ASK("hook.put", BARE(WHATSAPP)), .params = HOOK_OF("large3") },
	{ ASK("hook.take", BARE(WHATSAPP)), .params = "{'max':9,'lease_ms':60000}" },
	{ ASK("hook.end", BARE(WHATSAPP)),
	  .params = "{'hook':1,'attempt':1,'result':'done'}" },
	{ ASK("hook.end", BARE(WHATSAPP)),
	  .params = "{'hook':1,'attempt':1,'result':'again','why':'mal día'}" },
	{ ASK("hook.list", BARE(CONTROL)), .params = "{}" },
	{ ASK("hook.get", BARE(CONTROL)), .params = "{'id':1}" },
	{ ASK("hook.again", BARE(CONTROL)), .params = "{'id':1}",
	  .refused = "conflict" },
	{ ASK("blob.get", BARE(WHATSAPP)),
	  .params = "{'sha256':$large1_sha,'hook':2,'offset':0,'length':393216}" },
	{ ASK("reaction.put", BARE(WHATSAPP)),
	  .params = "{'connection':'numero','target':'wamid.out1',"
	  "'at':'2026-01-05T08:59:00.000Z','emoji':'\xF0\x9F\x91\x8D',"
	  "'whatsapp':{'id':'wamid.in4','type':'reaction','supported':true,"
	  "'wa_id':'34600111222'}}" },
	{ ASK("media.put", BARE(WHATSAPP)),
	  .params = "{'message':$foto,'position':1,'sha256':$large2_sha}" },
	{ ASK("echo.add", BARE(WHATSAPP)),
	  .params = "{'connection':'numero','text':'Ya te llamo',"
	  "'received_at':'2026-01-05T08:59:00.000Z','raw':{"
	  "'sha256':$mail4_sha,'bytes':$mail4_bytes,'data':$mail4_b64},"
	  "'whatsapp':{'id':'wamid.echo','type':'text','supported':true,"
	  "'to':'34600111333'}}" },
	{ ASK("account.event", BARE(WHATSAPP)),
	  .params = "{'connection':'numero','at':'2026-01-05T08:59:00.000Z',"
	  "'severity':'warning','field':'account_alerts','code':'LIMIT',"
	  "'detail':'250'}" },
	{ ASK("account.list", ADMIN), .params = "{}" },
	{ ASK("account.event", BARE(WHATSAPP)),
	  .params = "{'connection':'numero','at':'2026-01-05T08:59:00.000Z',"
	  "'severity':'warning','field':'message_template_status_update',"
	  "'code':'PAUSED','detail':'aviso'}" },
	{ ASK("template.put", BARE(WHATSAPP)),
	  .params = "{'connection':'numero','complete':true,'templates':["
	  TEMPLATE_OF("aviso") "," TEMPLATE_OF("nuevo") "]}" },
	{ ASK("template.list", AGENT), .params = "{'limit':1}" },
	{ ASK("template.preview", AGENT),
	  .params = "{'connection':'numero','name':'aviso','language':'es',"
	  "'parameters':['Eva']}" },
	{ ASK("template.sync", ADMIN), .params = "{'connection':'numero'}" },
	{ ASK("order.put", BARE(SHOP)),
	  .params = "{'connection':'pedidos','orders':["
	  ORDER_OF("1", "09", ",'payment_state':'paid'") ","
	  ORDER_OF("2", "08", "") "]}" },
	{ ASK("order.put", BARE(SHOP)),
	  .params = "{'connection':'pedidos','orders':[{}]}",
	  .refused = "bad_order" },
	{ ASK("order.gone", BARE(SHOP)),
	  .params = "{'connection':'pedidos','external_id':'1',"
	  "'at':'2026-01-05T08:30:00.000Z'}" },
	{ ASK("shipment.put", BARE(SHOP)),
	  .params = "{'connection':'pedidos','shipments':[{'tracking_number':"
	  "'t1','status':'exception','updated_at':'2026-01-05T08:40:00Z',"
	  "'checkpoints':[{'text':'Lugo'}]},{'tracking_number':'nobody',"
	  "'status':'shipped','updated_at':'2026-01-05T08:40:00Z'}]}" },
	{ ASK("order.list", AGENT), .params = "{'customer':4}" },
	{ ASK("order.get", AGENT), .params = "{'id':1}" },
	{ ASK("order.find", AGENT), .params = "{'q':'N-1'}" },
	{ ASK("order.link", AGENT), .params = "{'incident':4,'order':1}" },
	{ ASK("order.unlink", AGENT), .params = "{'incident':5,'order':1}" },
	{ ASK("customer.panel", AGENT), .params = "{'customer':4,'incident':5}" },
	{ ASK("order.page", AGENT), .params = "{'order':1}" },
	{ ASK("order.public", BARE(CHAT)), .params = "{'token':$page}" },
	{ ASK("order.public", BARE(CHAT)), .params = "{'token':'o1'}",
	  .refused = "not_found" },
	{ ASK("order.send_page", AGENT),
	  .params = "{'order':1,'incident':5,'language':'es'}" },
	{ ASK("customer.merge", AGENT), .params = "{'customer':4,'gone':3}" },
	{ ASK("customer.unmerge", AGENT), .params = "{'merge':1}" },
	{ ASK("customer.suggestions", AGENT), .params = "{}" },
	{ ASK("suggestion.refuse", AGENT), .params = "{'id':1}" },
	{ ASK("customer.timeline", AGENT), .params = "{'customer':4}" },
	{ ASK("privacy.put", BARE(SHOP)),
	  .params = "{'connection':'pedidos','topic':'customers/redact',"
	  "'id':'77','body':{'orders_to_redact':[1]}}" },
	{ ASK("privacy.list", ADMIN), .params = "{'waiting':true}" },
	{ ASK("privacy.get", ADMIN), .params = "{'id':1}" },
	{ ASK("privacy.done", ADMIN), .params = "{'id':1}" },
	{ ASK("shop.cursor", BARE(SHOP)),
	  .params = "{'connection':'pedidos','resource':'orders','mark':'2026',"
	  "'looked_at':'2026-01-05T08:59:00Z'}" },
	{ ASK("mailbox.open", BARE(MAIL)),
	  .params = "{'connection':'buzon','folder':'INBOX','uid_validity':8,"
	  "'uid_next':4,'start':'new'}" },
	{ ASK("mailbox.absent", BARE(MAIL)), .params = PLACE(",'uids':[1,2,3,4]") },
	{ ASK("mailbox.seen", BARE(MAIL)), .params = PLACE(",'next_uid':5") },
	{ ASK("mailbox.refuse", BARE(MAIL)),
	  .params = PLACE(",'uid':4,'code':'too_large','bytes':99999999") },
	{ ASK("mailbox.list", BARE(CONTROL)), .params = "{}" },
	{ ASK("job.take", BARE(MAIL)), .params = "{'max':5,'lease_ms':60000}" },
	{ ASK("job.report", BARE(MAIL)),
	  .params = "{'job':1,'attempt':1,'ok':true,'result':{'text':'bien'}}" },
	{ ASK("job.get", BARE(CONTROL)), .params = "{'id':1}" },

	{ ASK("job.list", BARE(CONTROL)), .params = "{'kind':'mail.notice'}" },
	{ ASK("job.again", BARE(CONTROL)), .params = "{'id':99}",
	  .refused = "not_found" },

	{ ASK("import.begin", BARE(CONTROL)),
	  .params = "{'connection':'pedidos','name':'dos.csv',"
	  "'sha256':$mail2_sha}" },
	{ ASK("import.mark", BARE(CONTROL)),
	  .params = "{'run':1,'line':7,'accepted':3,'changed':2,'refused':1,"
	  "'state':'done'}" },
	{ ASK("import.list", BARE(CONTROL)), .params = "{}" },

	{ ASK("report.list", BARE(CONTROL)), .params = "{}" },
	{ ASK("report.get", BARE(CONTROL)),
	  .params = "{'report':'promises','since':'2026-01-01T00:00:00Z',"
	  "'until':'2026-02-01T00:00:00Z','compare':'previous'}" },
	{ ASK("report.get", BARE(CONTROL)),
	  .params = "{'report':'backlog','since':'2026-01-01T00:00:00Z',"
	  "'until':'2026-02-01T00:00:00Z'}" },
	{ ASK("report.staffing", BARE(CONTROL)), .params = "{'channel':'chat'}" },
	{ ASK("plan.list", BARE(CONTROL)), .params = "{}" },
	{ ASK("plan.add", ADMIN),
	  .params = "{'name':'Mes','report':'volume','params':{'group':'channel'},"
	  "'period':'month','minute':0,'agents':[2],'below':100}" },
	{ ASK("plan.update", ADMIN),
	  .params = "{'id':1,'minute':540,'agents':[1],'above':5000}" },
	{ ASK("plan.remove", BARE(CONTROL)), .params = "{'id':1}" },
	{ ASK("plan.try", ADMIN), .params = "{'id':1}" },
	{ ASK("notice.get", BARE(MAIL)), .params = "{'job':3}" },
	{ ASK("notice.begin", BARE(MAIL)), .params = "{'job':3,'attempt':1}" },

	{ ASK("events.since", BARE(CONTROL)), .params = "{'from':0}" },
	{ ASK("events.subscribe", BARE(CONTROL)), .params = "{'from':3}" },
	{ ASK("store.backup", BARE(CONTROL)), .params = "{'dir':$backup}",
	  .counts = true },
	{ ASK("store.check", BARE(CONTROL)), .params = "{}", .reports = true },

	/* deadlines that passed, leases that ran out, a chat that goes on */
	{ ASK("tick", BARE(CONTROL)), .params = "{}", .at_s = 86400 },
	{ .method = NULL }
};
