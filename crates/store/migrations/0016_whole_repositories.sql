-- A repository's row comes before its folder. Where the process dies between the two, the next
-- start has to know which rows nobody was ever told of: those that are not whole.
alter table repository add column whole bigint not null default 1;
