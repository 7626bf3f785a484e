-- Pull requests: what somebody proposes to take into a branch, what others say of it, what happened
-- to it, and the events that tell programs outside. One row here is one thing a person can see.
--
-- Whoever did something is named, not referred to: a token may be gone while its work stays.
-- Reviewers are users, and users stay.

insert into sequence (noun, last) values
    ('pull_request', 0), ('comment', 0), ('task', 0), ('activity', 0), ('event', 0);

-- The number of the newest one; never given out twice.
alter table repository add column last_pull_request bigint not null default 0;

-- `repository_id` is the destination. The source is null once that repository is gone. Branches
-- are whole ref names. `source_commit` and `destination_commit` are the tips as last seen; of a
-- request that is no longer open, as they were when it ended.
create table pull_request (
    id bigint primary key,
    repository_id bigint not null references repository (id),
    number bigint not null,
    title text not null,
    description text not null,
    state text not null,
    draft bigint not null,
    principal_kind text not null,
    principal_id bigint,
    principal_name text not null,
    source_repository_id bigint references repository (id),
    source_branch text not null,
    source_commit text not null,
    destination_branch text not null,
    destination_commit text not null,
    close_source_branch bigint not null,
    merge_commit text,
    reason text not null,
    closed_kind text,
    closed_id bigint,
    closed_name text,
    closed_at bigint,
    created_at bigint not null,
    updated_at bigint not null,
    version bigint not null,
    unique (repository_id, number)
);
create index pull_request_state on pull_request (repository_id, state, number);
create index pull_request_author on pull_request (principal_kind, principal_id);
create index pull_request_source on pull_request (source_repository_id, state, source_branch);
create unique index pull_request_open
    on pull_request (repository_id, destination_branch, source_repository_id, source_branch)
    where state = 'OPEN';

create table pull_request_participant (
    pull_request_id bigint not null references pull_request (id) on delete cascade,
    user_id bigint not null references "user" (id),
    role text not null,
    review text,
    participated_at bigint,
    primary key (pull_request_id, user_id)
);
create index pull_request_participant_user on pull_request_participant (user_id);

-- The lines an inline comment is about are those of the two commits. `from` and `to` are the last
-- lines of what it is about, `start_…` the first where that is more than one.
create table pull_request_comment (
    id bigint primary key,
    pull_request_id bigint not null references pull_request (id) on delete cascade,
    parent_id bigint references pull_request_comment (id),
    principal_kind text not null,
    principal_id bigint,
    principal_name text not null,
    raw text not null,
    path text,
    from_line bigint,
    to_line bigint,
    start_from_line bigint,
    start_to_line bigint,
    source_commit text not null,
    destination_commit text not null,
    pending bigint not null,
    deleted bigint not null,
    resolved_kind text,
    resolved_id bigint,
    resolved_name text,
    resolved_at bigint,
    created_at bigint not null,
    updated_at bigint not null
);
create index pull_request_comment_of on pull_request_comment (pull_request_id, id);

create table pull_request_task (
    id bigint primary key,
    pull_request_id bigint not null references pull_request (id) on delete cascade,
    comment_id bigint references pull_request_comment (id),
    principal_kind text not null,
    principal_id bigint,
    principal_name text not null,
    raw text not null,
    pending bigint not null,
    resolved_kind text,
    resolved_id bigint,
    resolved_name text,
    resolved_at bigint,
    created_at bigint not null,
    updated_at bigint not null
);
create index pull_request_task_of on pull_request_task (pull_request_id, id);

-- `payload` is JSON of `app`: what changed.
create table pull_request_activity (
    id bigint primary key,
    pull_request_id bigint not null references pull_request (id) on delete cascade,
    principal_kind text not null,
    principal_id bigint,
    principal_name text not null,
    at bigint not null,
    kind text not null,
    comment_id bigint,
    payload text not null
);
create index pull_request_activity_of on pull_request_activity (pull_request_id, id);

create table default_reviewer (
    level text not null,
    owner_id bigint not null,
    user_id bigint not null references "user" (id),
    primary key (level, owner_id, user_id)
);

-- What programs outside are to be told, written in the transaction of what happened, so that each
-- is there exactly once. Deliveries are made from here.
create table event (
    id bigint primary key,
    at bigint not null,
    repository_id bigint not null,
    name text not null,
    principal_kind text not null,
    principal_id bigint,
    principal_name text not null,
    payload text not null
);
create index event_repository on event (repository_id, id);
