# The paths of /api/v1 from methods.tbl: the table of gateways/console/rest.h
# (mode=table), or the description of it for programs (mode=openapi).
#
#   awk -v mode=table -f schema/gen_rest.awk schema/wire/methods.tbl

function rest_of_line(from,   s, i) {
	s = $0
	for (i = 1; i < from; i++)
		sub(/^[ \t]*[^ \t]+/, "", s)
	sub(/^[ \t]+/, "", s)
	return s
}

# Backslashes and quotes with a backslash before them. By character: awks do not
# agree on backslashes in what sub and gsub put in.
function escaped(s,   i, c, o)
{
	o = ""
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		o = o (c == "\\" || c == "\"" ? "\\" c : c)
	}
	return o
}

function quoted(s) {
	return "\"" escaped(s) "\""
}

# JSON inside a C string: quoted twice.
function out(s) {
	printf "\t\"%s\"\n", escaped(s)
}

# A schema for a type of the table.
function schema(t,   list, inner) {
	sub(/\?$/, "", t)
	list = sub(/\[\]$/, "", t)
	if (t == "int") inner = "{\"type\":\"integer\"}"
	else if (t == "bool") inner = "{\"type\":\"boolean\"}"
	else if (t == "string") inner = "{\"type\":\"string\"}"
	else if (t == "instant") inner = "{\"type\":\"string\",\"format\":\"date-time\"}"
	else if (t == "sha256") inner = "{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{64}$\"}"
	else if (t == "base64") inner = "{\"type\":\"string\",\"format\":\"byte\"}"
	else if (t == "json") inner = "{}"
	else inner = "{\"$ref\":\"#/components/schemas/" t "\"}"
	return list ? "{\"type\":\"array\",\"items\":" inner "}" : inner
}

# One property: name, type, text. The text follows a type or its max=.
function property(name, type, text) {
	if (text ~ /^max=[0-9]+/)
		sub(/^max=[0-9]+[ \t]*/, "", text)
	sub(/[ \t]+$/, "", text)
	if (type ~ /^(int|bool|string|instant|sha256|base64)\??$/)
		return quoted(name) ":" substr(schema(type), 1, length(schema(type)) - 1) \
			",\"description\":" quoted(text) "}"
	return quoted(name) ":" schema(type)
}

function add(where, name, type, text) {
	props[where] = props[where] (props[where] == "" ? "" : ",") \
		property(name, type, text)
	if (type !~ /\?$/)
		needed[where] = needed[where] (needed[where] == "" ? "" : ",") quoted(name)
}

function object(where) {
	return "{\"type\":\"object\",\"properties\":{" props[where] "}" \
		(needed[where] == "" ? "" : ",\"required\":[" needed[where] "]") "}"
}

/^#/ || NF == 0 { next }

$1 == "type" { where = "type " $2; types[++ntypes] = $2; next }
$1 == "field" { add(where, $2, $3, rest_of_line(4)); next }
$1 == "method" { method = $2; next }
$1 == "param" {
	add("param " method, $2, $3, rest_of_line(4))
	pname[method, ++nparams[method]] = $2
	ptype[method, nparams[method]] = $3
	next
}
$1 == "result" { add("result " method, $2, $3, rest_of_line(4)); next }
$1 == "rest" { n++; verb[n] = $2; path[n] = $3; of[n] = method; next }

function parameters(i, m,   j, s, name, in_path) {
	s = ""
	for (j = 1; j <= nparams[m]; j++) {
		name = pname[m, j]
		in_path = index(path[i], "{" name "}") > 0
		if (!in_path && verb[i] != "GET")
			continue
		s = s (s == "" ? "" : ",") "{\"name\":" quoted(name) \
			",\"in\":\"" (in_path ? "path" : "query") "\",\"required\":" \
			(in_path || ptype[m, j] !~ /\?$/ ? "true" : "false") \
			",\"schema\":" schema(ptype[m, j]) "}"
	}
	return s
}

function operation(i,   m) {
	m = of[i]
	out("\"" tolower(verb[i]) "\":{\"operationId\":" quoted(m) ",\"parameters\":[" \
		parameters(i, m) "],")
	if (verb[i] != "GET")
		out("\"requestBody\":{\"content\":{\"application/json\":{\"schema\":" \
			object("param " m) "}}},")
	out("\"responses\":{\"2XX\":{\"description\":\"done\",\"content\":{\"application/json\":{\"schema\":" \
		object("result " m) "}}},\"default\":{\"$ref\":\"#/components/responses/Error\"}}}")
}

function openapi(   i, j, first, seen, k) {
	print "/* Made by schema/gen_rest.awk. */"
	print "extern const char rest_openapi[];"
	print "extern const unsigned long rest_openapi_len;"
	print "const char rest_openapi[] ="
	out("{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Postigo\",\"version\":\"1\"},")
	out("\"servers\":[{\"url\":\"/api/v1\"}],\"security\":[{\"token\":[]}],\"paths\":{")
	for (i = 1; i <= n; i++) {
		if (path[i] in seen)
			continue
		seen[path[i]] = 1
		out((i > 1 ? "," : "") quoted(path[i]) ":{")
		first = 1
		for (j = i; j <= n; j++)
			if (path[j] == path[i]) {
				if (!first)
					out(",")
				first = 0
				operation(j)
			}
		out("}")
	}
	out("},\"components\":{\"securitySchemes\":{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"}},")
	out("\"responses\":{\"Error\":{\"description\":\"refused\",\"content\":{\"application/json\":{\"schema\":{\"type\":\"object\",\"properties\":{\"error\":{\"type\":\"object\",\"properties\":{\"code\":{\"type\":\"string\"},\"message\":{\"type\":\"string\"}},\"required\":[\"code\",\"message\"]}},\"required\":[\"error\"]}}}}},")
	out("\"schemas\":{")
	for (k = 1; k <= ntypes; k++)
		out((k > 1 ? "," : "") quoted(types[k]) ":" object("type " types[k]))
	out("}}}")
	print "\t\"\\n\";"
	print "const unsigned long rest_openapi_len = sizeof rest_openapi - 1;"
}

END {
	if (mode == "openapi") {
		openapi()
		exit
	}
	print "/* Made by schema/gen_rest.awk. */"
	print "#include \"gateways/console/rest.h\"\n"
	print "const struct rest_route rest_routes[] = {"
	for (i = 1; i <= n; i++)
		printf "\t{ \"%s\", \"%s\", \"%s\" },\n", verb[i], path[i], of[i]
	print "};"
	print "const size_t rest_count = sizeof rest_routes / sizeof rest_routes[0];"
}
