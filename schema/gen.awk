# Tables to code and pages. Usage: awk -v mode=MODE -f gen.awk FILE.tbl
#
#   mode=table     C: daemon/wire/method_table.c
#   mode=handlers  C: daemon/handlers.c
#   mode=methods   Markdown: the methods of PROTOCOL.md
#   mode=events    Markdown: the events of PROTOCOL.md (from events.tbl)
#
# The form of a table: see the head of wire/methods.tbl.

function fail(why)
{
	printf "%s:%d: %s\n", FILENAME, FNR, why > "/dev/stderr"
	bad = 1
	exit 1
}

function words_from(n,   i, s)
{
	s = ""
	for (i = n; i <= NF; i++)
		s = s (s == "" ? "" : " ") $i
	return s
}

function shape_add(owner, kind,   t, n, key)
{
	n = ++count[owner, kind]
	key = owner SUBSEP kind SUBSEP n
	name[key] = $2
	t = $3
	optional[key] = sub(/\?$/, "", t)
	list[key] = sub(/\[\]$/, "", t)
	type[key] = t
	max[key] = list[key] ? 100 : 1000
	doc[key] = words_from(4)
	if ($4 ~ /^max=[0-9]+$/) {
		max[key] = substr($4, 5)
		doc[key] = words_from(5)
	}
	if (doc[key] == "")
		fail("'" $2 "' says nothing about itself")
}

function mask(s, names, n, prefix,   i, j, parts, k, out, found)
{
	if (s == "-")
		return "0"
	k = split(s, parts, ",")
	out = ""
	for (i = 1; i <= k; i++) {
		if (parts[i] == "self" || parts[i] == "visitor")
			continue
		found = 0
		for (j = 1; j <= n; j++)
			if (names[j] == parts[i])
				found = 1
		if (!found)
			fail("no such role: " parts[i])
		out = out (out == "" ? "" : " | ") "1U << " prefix toupper(parts[i])
	}
	return out == "" ? "0" : out
}

/^#/ || /^[ \t]*$/ { next }

$1 == "type" {
	owner = "type " $2
	types[++type_count] = $2
	is_type[$2] = 1
	next
}
$1 == "method" {
	owner = "method " $2
	if ($2 in method_kind)
		fail("method " $2 " stands twice")
	methods[++method_count] = $2
	method_kind[$2] = $3
	sub(/^bare=/, "", $4)
	sub(/^as=/, "", $5)
	method_bare[$2] = $4
	sub(/^staff/, "agent,lead,manager,admin", $5)
	method_as[$2] = $5
	current = $2
	next
}
$1 == "event" {
	owner = "event " $2
	events[++event_count] = $2
	next
}
$1 == "field" || $1 == "param" || $1 == "result" {
	shape_add(owner, $1)
	next
}
$1 == "rest" {
	rest[current] = $2 " " $3
	next
}
{ fail("cannot read this line: " $0) }

function c_type(t)
{
	if (t == "int") return "PARAM_INT"
	if (t == "bool") return "PARAM_BOOL"
	if (t == "string") return "PARAM_STRING"
	if (t == "instant") return "PARAM_INSTANT"
	if (t == "sha256") return "PARAM_SHA256"
	if (t == "base64") return "PARAM_BASE64"
	if (t == "json") return "PARAM_JSON"
	if (t in is_type) return "PARAM_SHAPE"
	printf "no such type: %s\n", t > "/dev/stderr"
	exit 1
}

function c_params(owner, kind, cname,   i, key)
{
	printf "static const struct param %s[] = {\n", cname
	for (i = 1; i <= count[owner, kind]; i++) {
		key = owner SUBSEP kind SUBSEP i
		printf "\t{ \"%s\", %s, %s, %s, %s, %s },\n", name[key],
			c_type(type[key]), list[key] ? "true" : "false",
			optional[key] ? "true" : "false", max[key],
			(type[key] in is_type) ? "&shape_" type[key] : "NULL"
		if (type[key] in is_type)
			used[type[key]] = 1
	}
	printf "\t{ NULL, PARAM_INT, false, false, 0, NULL }\n};\n"
}

function sorted(   i, j, t)
{
	for (i = 2; i <= method_count; i++) {
		t = methods[i]
		for (j = i - 1; j >= 1 && methods[j] > t; j--)
			methods[j + 1] = methods[j]
		methods[j + 1] = t
	}
}

function cname_of(m,   s)
{
	s = m
	gsub(/\./, "_", s)
	return s
}

# Types that parameters need: their own, and those of their fields.
function need(owner, kind,   i, key)
{
	for (i = 1; i <= count[owner, kind]; i++) {
		key = owner SUBSEP kind SUBSEP i
		if ((type[key] in is_type) && !(type[key] in needed)) {
			needed[type[key]] = 1
			need("type " type[key], "field")
		}
	}
}

function put_table(   i, m, n, r, s)
{
	for (i = 1; i <= method_count; i++)
		need("method " methods[i], "param")
	n = split("mail,chat,whatsapp,shop,webhook,console,control", r, ",")
	split("agent,lead,manager,admin", s, ",")
	print "/* Made from schema/wire/methods.tbl by schema/gen.awk. */"
	print "#include \"daemon/wire/method.h\"\n"
	for (i = 1; i <= type_count; i++) {
		if (!(types[i] in needed))
			continue
		c_params("type " types[i], "field", "fields_" types[i])
		printf "static const struct shape shape_%s = { \"%s\", fields_%s };\n\n", types[i], types[i], types[i]
	}
	for (i = 1; i <= method_count; i++)
		c_params("method " methods[i], "param", "params_" cname_of(methods[i]))
	print "\nconst struct method method_table[] = {"
	for (i = 1; i <= method_count; i++) {
		m = methods[i]
		printf "\t{ \"%s\", METHOD_%s, %s, %s, %s, %s, params_%s, %d },\n", m,
			toupper(method_kind[m]),
			mask(method_bare[m], r, n, "ROLE_"),
			mask(method_as[m], s, 4, "STAFF_"),
			method_as[m] ~ /self/ ? "true" : "false",
			method_as[m] ~ /visitor/ ? "true" : "false",
			cname_of(m), i - 1
	}
	printf "};\nconst size_t method_count = %d;\n", method_count
}

# Has it a slow part, p_NAME?
function prepares(m)
{
	return method_kind[m] == "calm" || method_kind[m] == "slow"
}

function put_handlers(   i, m)
{
	print "/* Made from schema/wire/methods.tbl by schema/gen.awk. */"
	print "#include \"daemon/request.h\"\n"
	for (i = 1; i <= method_count; i++)
		printf "method_fn m_%s;\n", cname_of(methods[i])
	for (i = 1; i <= method_count; i++)
		if (prepares(methods[i]))
			printf "prepare_fn p_%s;\n", cname_of(methods[i])
	print "\nmethod_fn *const method_handlers[] = {"
	for (i = 1; i <= method_count; i++)
		printf "\tm_%s,\n", cname_of(methods[i])
	print "};\n\nprepare_fn *const method_prepares[] = {"
	for (i = 1; i <= method_count; i++) {
		m = methods[i]
		printf "\t%s,\n", prepares(m) ? "p_" cname_of(m) : "NULL"
	}
	print "};"
}

function md_rows(owner, kind, title,   i, key)
{
	if (!count[owner, kind])
		return
	printf "\n| %s | Type | What it is |\n| --- | --- | --- |\n", title
	for (i = 1; i <= count[owner, kind]; i++) {
		key = owner SUBSEP kind SUBSEP i
		printf "| `%s` | %s%s%s%s | %s |\n", name[key], type[key],
			list[key] ? "[]" : "", optional[key] ? "?" : "",
			max[key] != (list[key] ? 100 : 1000) ? ", at most " max[key] : "",
			doc[key]
	}
}

function put_methods(   i, m)
{
	print "## Shapes"
	for (i = 1; i <= type_count; i++) {
		printf "\n### %s\n", types[i]
		md_rows("type " types[i], "field", "Member")
	}
	print "\n## Methods\n\n| Method | Kind | Bare sockets | Persons |\n| --- | --- | --- | --- |"
	for (i = 1; i <= method_count; i++) {
		m = methods[i]
		printf "| `%s` | %s | %s | %s |\n", m, method_kind[m], method_bare[m], method_as[m]
	}
	for (i = 1; i <= method_count; i++) {
		m = methods[i]
		printf "\n### %s\n", m
		if (m in rest)
			printf "\nREST: `%s` under `/api/v1`.\n", rest[m]
		md_rows("method " m, "param", "Parameter")
		md_rows("method " m, "result", "Result")
	}
}

function put_events(   i)
{
	print "## Events"
	for (i = 1; i <= event_count; i++) {
		printf "\n### %s\n", events[i]
		md_rows("event " events[i], "field", "Data")
	}
}

END {
	if (bad)
		exit 1
	sorted()
	if (mode == "table")
		put_table()
	else if (mode == "handlers")
		put_handlers()
	else if (mode == "methods")
		put_methods()
	else if (mode == "events")
		put_events()
	else {
		print "gen.awk: no such mode: " mode > "/dev/stderr"
		exit 1
	}
}
