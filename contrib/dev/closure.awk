# For each .c among the files given: its name and those of our headers that
# it takes in, directly or not, on one line.
/^#include "/ {
	split($0, part, "\"")
	takes[FILENAME] = takes[FILENAME] " " part[2]
}

function walk(file, list, n, i) {
	n = split(takes[file], list, " ")
	for (i = 1; i <= n; i++)
		if (!(list[i] in seen)) {
			seen[list[i]] = 1
			line = line " " list[i]
			walk(list[i])
		}
}

FNR == 1 && FILENAME ~ /[.]c$/ { sources[++count] = FILENAME }

END {
	for (k = 1; k <= count; k++) {
		split("", seen)
		line = sources[k]
		walk(sources[k])
		print line
	}
}
