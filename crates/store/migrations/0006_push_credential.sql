-- What-if questions ask what would have become of a push, and by what kind of credential it came.
-- The words of `credential` are for people; this is for programs. Null in older rows: not known.

alter table push add column credential_kind text;
