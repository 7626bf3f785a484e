-- Groups of a workspace whose approval a repository, or each repository of a project, may ask for.

create table review_group (
    level text not null,
    owner_id bigint not null,
    group_id bigint not null references "group" (id) on delete cascade,
    primary key (level, owner_id, group_id)
);
