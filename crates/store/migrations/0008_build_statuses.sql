-- What builds say of commits, one row for each key of a commit, and whom keys are kept for. Whoever
-- posted one is named, not referred to: a token may be gone while its word stays.

insert into sequence (noun, last) values ('build_status', 0);

create table build_status (
    id bigint primary key,
    uuid text not null unique,
    repository_id bigint not null references repository (id),
    commit_id text not null,
    key text not null,
    state text not null,
    url text not null,
    name text not null,
    description text not null,
    refname text,
    principal_kind text not null,
    principal_id bigint,
    principal_name text not null,
    created_at bigint not null,
    updated_at bigint not null,
    unique (repository_id, commit_id, key)
);

create table build_key (
    repository_id bigint not null references repository (id),
    pattern text not null,
    subject_kind text not null,
    subject_id bigint not null,
    primary key (repository_id, pattern, subject_kind, subject_id)
);
create index build_key_subject on build_key (subject_kind, subject_id);
