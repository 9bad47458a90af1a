#!/bin/sh
# prefilter: a million pairs of a pattern and a text, both by chance, of which
# the prefilter may leave out none that matches; others in each run.
set -u
seed=$(date +%s)
echo "prefilter: --pairs 1000000 --seed $seed"
exec "${POSTIGO_BUILDDIR:?}/tests/unit/test_prefilter" --pairs 1000000 \
	--seed "$seed"
