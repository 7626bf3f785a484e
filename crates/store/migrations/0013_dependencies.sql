-- Which pull requests have to be merged before another one of the same repository.

create table pull_request_dependency (
    pull_request_id bigint not null references pull_request (id) on delete cascade,
    depends_on_id bigint not null references pull_request (id) on delete cascade,
    primary key (pull_request_id, depends_on_id)
);
create index pull_request_dependency_on on pull_request_dependency (depends_on_id);
