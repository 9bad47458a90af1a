# Make a C string of text files: awk -v name=LOGIN -f embed.awk FILE...
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

BEGIN {
	print "/* Made by embed.awk. */"
	printf "extern const char %s[];\nextern const unsigned long %s_len;\n", name, name
	printf "const char %s[] =\n", name
}
{
	printf "\t\"%s\\n\"\n", escaped($0)
}
END {
	printf "\t\"\";\nconst unsigned long %s_len = sizeof %s - 1;\n", name, name
}
