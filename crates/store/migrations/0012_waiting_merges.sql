-- Pull requests that are to be merged later: by themselves once nothing is missing (`auto`), or in
-- their turn (`queue`). A row of a request that has ended waits for nothing: it goes as soon as the
-- ref of its queued commit has gone.
--
-- `position` is the order in which they were asked for, and never given out twice. `proof` says
-- with which credential it was asked for, so that it is judged as that is when the time comes; no
-- secret can be made from it. Of a queue, `base_commit` and `queued_commit` are what it was made on
-- and what would land. `missing` is what was missing when it was last looked at, one a line.

insert into sequence (noun, last) values ('waiting_merge', 0);

create table waiting_merge (
    pull_request_id bigint primary key references pull_request (id) on delete cascade,
    repository_id bigint not null,
    destination_branch text not null,
    position bigint not null,
    way text not null,
    principal_kind text not null,
    principal_id bigint,
    principal_name text not null,
    proof text not null,
    address text,
    asked_at bigint not null,
    source_commit text not null,
    strategy text,
    message text,
    close_source_branch bigint,
    base_commit text,
    queued_commit text,
    missing text not null
);
create index waiting_merge_order on waiting_merge (repository_id, destination_branch, position);
