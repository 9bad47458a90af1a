# Calls that are not made, and numbers with a floating point where money is.
# Strings and comments are looked through.
BEGIN {
	list = "strcpy strcat strncpy strncat sprintf vsprintf strtok gets " \
		"atoi atol atof localtime gmtime ctime asctime mktemp tmpnam " \
		"rand srand system alloca"
	n = split(list, word, " ")
	for (i = 1; i <= n; i++)
		banned[word[i]] = 1
	float = "double float strtod strtof strtold json_real json_real_value " \
		"json_number_value"
	n = split(float, word, " ")
	for (i = 1; i <= n; i++)
		floating[word[i]] = 1
	in_tests["localtime"] = in_tests["gmtime"] = in_tests["system"] = 1
}

FNR == 1 {
	comment = 0
	money = FILENAME ~ /^gateways\/shop\// ||
		FILENAME ~ /^daemon\/(store\/)?(order|parcel|shipment)/ ||
		FILENAME ~ /^daemon\/(base\/money|ctl\/import)/
}

{
	line = $0
	gsub(/\\./, "", line)
	gsub(/"[^"]*"/, "\"\"", line)
	gsub(/\/\*[^*]*\*\//, "", line)
	if (comment) {
		if (!sub(/^.*\*\//, "", line))
			next
		comment = 0
	}
	if (sub(/\/\*.*$/, "", line))
		comment = 1
	rest = line
	while (money && match(rest, /[A-Za-z_][A-Za-z0-9_]*/)) {
		name = substr(rest, RSTART, RLENGTH)
		if (name in floating)
			print FILENAME ":" FNR ": " name ": money has no " \
				"floating point"
		rest = substr(rest, RSTART + RLENGTH)
	}
	while (match(line, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
		name = substr(line, RSTART, RLENGTH - 1)
		sub(/[ \t]+$/, "", name)
		before = RSTART > 1 ? substr(line, RSTART - 1, 1) : ""
		if (name in banned && before != "." && before != ">" &&
		    !(FILENAME ~ /^tests\// && name in in_tests))
			print FILENAME ":" FNR ": " name "() is not used here"
		line = substr(line, RSTART + RLENGTH)
	}
}
