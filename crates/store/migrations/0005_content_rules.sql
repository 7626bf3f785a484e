-- Rules about content take an argument: a pattern, an expression, paths, the name of a check. And a
-- repository may have a limit for its size, in bytes; null is the limit of the configuration.

alter table restriction add column argument text;
alter table repository add column size_limit bigint;
