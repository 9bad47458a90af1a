# Turn SQL files into C: migrations in the order given, then checks.sql.
# Usage: awk -f embed.awk 0001_base.sql ... checks.sql > migrations.c
function quote(s) {
	gsub(/\\/, "\\\\", s)
	gsub(/"/, "\\\"", s)
	return "\"" s "\\n\""
}
BEGIN {
	print "/* Made by embed.awk from schema/store; do not edit. */"
	print "#include \"daemon/store/migrate.h\"\n"
}
FNR == 1 {
	if (open)
		print "\t;\n"
	open = 1
	file = FILENAME
	sub(/.*\//, "", file)
	if (file == "checks.sql") {
		print "const char migrate_checks[] ="
	} else {
		names[++count] = file
		printf "static const char sql_%d[] =\n", count
	}
}
{ print "\t" quote($0) }
END {
	print "\t;\n"
	print "const struct migration migrations[] = {"
	for (i = 1; i <= count; i++)
		printf "\t{ \"%s\", sql_%d },\n", names[i], i
	print "};"
	printf "const size_t migration_count = %d;\n", count
}
