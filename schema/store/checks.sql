-- Questions to a store that a sound one answers with no row. Each follows a
-- line "-- check: NAME" and ends at the next one.

-- check: foreign_keys
SELECT "table", rowid, parent FROM pragma_foreign_key_check;
