# Directions of includes: the first file is includes.tbl, the others are
# sources. Prints one line per include that the table does not allow.

function glob(pattern) {
	gsub(/[.]/, "[.]", pattern)
	gsub(/[*]/, ".*", pattern)
	return "^" pattern "$"
}

function folder(path) {
	sub(/\/[^\/]*$/, "", path)
	return path
}

# The longest row that covers a folder.
function row(dir, i, best) {
	best = ""
	for (i in may)
		if (index(dir "/", i "/") == 1 && length(i) > length(best))
			best = i
	return best
}

function own(name, from, r, to, list, n, i) {
	if (name == "daemon/config.h" || name == "config.h")
		return
	to = folder(name)
	if (to == name) {
		print FILENAME ":" FNR ": '" name "' is not written from the root"
		return
	}
	from = folder(FILENAME)
	r = row(from)
	if (r == "") {
		print FILENAME ":" FNR ": includes.tbl has no row for " from
		return
	}
	n = split(may[r] " " r, list, " ")
	for (i = 1; i <= n; i++)
		if (to == list[i] || (list[i] == r && row(to) == r))
			return
	print FILENAME ":" FNR ": " from " may not include '" name "'"
}

function third(name, i, n, list, k) {
	for (i in only) {
		if (name !~ glob(i))
			continue
		n = split(only[i], list, " ")
		for (k = 1; k <= n; k++)
			if (FILENAME ~ glob(list[k]))
				return
		print FILENAME ":" FNR ": <" name "> belongs to " only[i]
	}
}

FILENAME ~ /includes[.]tbl$/ {
	if ($1 == "may" || $1 == "only") {
		kind = $1
		name = $2
		$1 = $2 = ""
		if (kind == "may")
			may[name] = $0
		else
			only[name] = $0
	}
	next
}

/^#include "/ {
	split($0, part, "\"")
	own(part[2])
}

/^#include </ {
	split($0, part, /[<>]/)
	third(part[2])
}
