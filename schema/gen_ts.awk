# Makes gateways/common/ui/wire.ts from methods.tbl and events.tbl:
#   awk -f schema/gen_ts.awk schema/wire/methods.tbl schema/wire/events.tbl
# The tables' own heads say what their lines mean.

function fail(why) {
	printf "%s:%d: %s\n", FILENAME, FNR, why > "/dev/stderr"
	failed = 1
	exit 1
}

# one name in upper camel case: incident.list -> IncidentList
function camel(name,    n, i, parts, out) {
	n = split(name, parts, /[._]/)
	out = ""
	for (i = 1; i <= n; i++)
		out = out toupper(substr(parts[i], 1, 1)) substr(parts[i], 2)
	return out
}

function ts_type(t) {
	if (t ~ /\[\]$/)
		return ts_type(substr(t, 1, length(t) - 2)) "[]"
	if (t == "int")
		return "number"
	if (t == "bool")
		return "boolean"
	if (t == "string" || t == "instant" || t == "sha256" || t == "base64")
		return "string"
	if (t == "json")
		return "unknown"
	if (t !~ /^[A-Z][A-Za-z]*$/)
		fail("no such type: " t)
	used[t] = FILENAME ":" FNR
	return t
}

# the words after field n, without a max=N before them
function remark(n,    i, out) {
	if ($n ~ /^max=/)
		n++
	out = ""
	for (i = n; i <= NF; i++)
		out = out (out == "" ? "" : " ") $i
	gsub(/\*\//, "", out)
	return out
}

function member(name, type, words,    optional) {
	optional = sub(/\?$/, "", type)
	return sprintf("  /** %s */\n  %s%s: %s%s\n", words, name,
		       optional ? "?" : "", ts_type(type),
		       optional ? " | null" : "")
}

BEGIN {
	print "// Made by schema/gen_ts.awk from the tables of schema/wire. Do not edit."
}

/^[ \t]*(#|$)/ || $1 == "rest" {
	next
}

$1 == "type" {
	where = "type"
	order[++blocks] = $2
	known[$2] = 1
	next
}

$1 == "method" {
	where = "method"
	method = $2
	methods[++method_count] = method
	if ($3 == "write" || $3 == "calm" || $3 == "slow")
		writes = writes "  \"" method "\",\n"
	next
}

$1 == "event" {
	where = "event"
	event = $2
	events[++event_count] = event
	next
}

$1 == "field" && where == "type" {
	body[order[blocks]] = body[order[blocks]] member($2, $3, remark(4))
	next
}

$1 == "field" && where == "event" {
	data[event] = data[event] member($2, $3, remark(4))
	next
}

$1 == "param" && where == "method" {
	params[method] = params[method] member($2, $3, remark(4))
	next
}

$1 == "result" && where == "method" {
	results[method] = results[method] member($2, $3, remark(4))
	next
}

{
	fail("not understood: " $0)
}

function interface(name, members) {
	if (members == "")
		printf "\nexport type %s = Record<string, never>\n", name
	else
		printf "\nexport interface %s {\n%s}\n", name, members
}

END {
	if (failed)
		exit 1
	for (t in used)
		if (!(t in known)) {
			printf "%s: no such type: %s\n", used[t], t > "/dev/stderr"
			exit 1
		}
	for (i = 1; i <= blocks; i++)
		interface(order[i], body[order[i]])
	for (i = 1; i <= method_count; i++) {
		interface(camel(methods[i]) "Params", params[methods[i]])
		interface(camel(methods[i]) "Result", results[methods[i]])
	}
	for (i = 1; i <= event_count; i++)
		interface(camel(events[i]) "Data", data[events[i]])

	print "\n/** Every method with what it takes and gives. */"
	print "export interface Methods {"
	for (i = 1; i <= method_count; i++) {
		c = camel(methods[i])
		printf "  \"%s\": { params: %sParams; result: %sResult }\n",
			methods[i], c, c
	}
	print "}\n"
	print "/** Every kind of event with its data. */"
	print "export interface EventData {"
	for (i = 1; i <= event_count; i++)
		printf "  \"%s\": %sData\n", events[i], camel(events[i])
	print "}\n"
	print "export type MethodName = keyof Methods"
	print "export type Params<M extends MethodName> = Methods[M][\"params\"]"
	print "export type Result<M extends MethodName> = Methods[M][\"result\"]"
	print "export type EventKind = keyof EventData"
	print ""
	print "/** Calls a method; rejects with an error that has its machine word. */"
	print "export type Call = <M extends MethodName>(method: M, params: Params<M>) =>"
	print "  Promise<Result<M>>"
	print ""
	print "/** Methods that change something: each call of them carries a key. */"
	printf "export const WRITES: ReadonlySet<string> = new Set([\n%s])\n", writes
}
