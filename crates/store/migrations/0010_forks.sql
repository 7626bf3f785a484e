-- What a repository was forked from, as long as that is there; and the one that all forks of forks
-- began with, by a number that is never given out again.

alter table repository add column parent_id bigint references repository (id);
alter table repository add column fork_root bigint;
create index repository_parent on repository (parent_id);
