-- The number of the request that took the place of one that is superseded.

alter table pull_request add column superseded_by bigint;
