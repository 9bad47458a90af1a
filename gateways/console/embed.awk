# Make a C string of text files: awk -v name=LOGIN -f embed.awk FILE...
BEGIN {
	print "/* Made by embed.awk. */"
	printf "extern const char %s[];\nextern const unsigned long %s_len;\n", name, name
	printf "const char %s[] =\n", name
}
{
	gsub(/\\/, "\\\\\\\\")
	gsub(/"/, "\\\"")
	printf "\t\"%s\\n\"\n", $0
}
END {
	printf "\t\"\";\nconst unsigned long %s_len = sizeof %s - 1;\n", name, name
}
