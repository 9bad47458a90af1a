#!/bin/sh
# prefilter: a million pairs of a pattern and a text, and a million of a rule
# and a contact, all by chance and others in each run: what matches is never
# left out, and what a book says is the same with its index and without.
set -u
bin=${POSTIGO_BUILDDIR:?}/tests/unit
seed=$(date +%s)
echo "prefilter: --pairs 1000000 --seed $seed"
"$bin/test_prefilter" --pairs 1000000 --seed "$seed" || exit 1
exec "$bin/test_index" --pairs 1000000 --seed "$seed"
