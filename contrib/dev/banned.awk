# Calls that are not made. Strings and comments are looked through.
BEGIN {
	list = "strcpy strcat strncpy strncat sprintf vsprintf strtok gets " \
		"atoi atol atof localtime gmtime ctime asctime mktemp tmpnam " \
		"rand srand system alloca"
	n = split(list, word, " ")
	for (i = 1; i <= n; i++)
		banned[word[i]] = 1
	in_tests["localtime"] = in_tests["gmtime"] = in_tests["system"] = 1
}

FNR == 1 {
	comment = 0
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
