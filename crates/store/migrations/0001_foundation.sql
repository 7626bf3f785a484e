-- The first release needs people, places, rules, credentials and records to stand on; everything
-- that decides a push or tells of one is here.
--
-- One text for SQLite and PostgreSQL: text, bigint and bytea only; time is milliseconds, flags are
-- 0 and 1, closed lists are words that are parsed on the way out. Ids come from `sequence` and are
-- never used twice, so that an id in an old record can't come to mean something else.

create table setting (
    key text primary key,
    value text not null
);

create table facts_version (
    id bigint primary key,
    version bigint not null
);
insert into facts_version (id, version) values (1, 1);

create table sequence (
    noun text primary key,
    last bigint not null
);
insert into sequence (noun, last) values
    ('user', 0), ('workspace', 0), ('group', 0), ('project', 0), ('repository', 0),
    ('api_token', 0), ('access_token', 0), ('restriction', 0), ('audit', 0);

create table "user" (
    id bigint primary key,
    uuid text not null unique,
    username text not null unique,
    display_name text not null,
    email text not null unique,
    password_hash text,
    is_admin bigint not null,
    active bigint not null,
    created_at bigint not null
);

create table workspace (
    id bigint primary key,
    uuid text not null unique,
    slug text not null unique,
    name text not null,
    created_at bigint not null,
    updated_at bigint not null
);

create table member (
    workspace_id bigint not null references workspace (id),
    user_id bigint not null references "user" (id),
    role text not null,
    primary key (workspace_id, user_id)
);
create index member_user on member (user_id);

create table "group" (
    id bigint primary key,
    workspace_id bigint not null references workspace (id),
    slug text not null,
    name text not null,
    unique (workspace_id, slug)
);

create table group_member (
    group_id bigint not null references "group" (id),
    user_id bigint not null references "user" (id),
    primary key (group_id, user_id)
);
create index group_member_user on group_member (user_id);

create table project (
    id bigint primary key,
    uuid text not null unique,
    workspace_id bigint not null references workspace (id),
    key text not null,
    name text not null,
    description text not null,
    is_private bigint not null,
    is_default bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    unique (workspace_id, key)
);

create table repository (
    id bigint primary key,
    uuid text not null unique,
    workspace_id bigint not null references workspace (id),
    project_id bigint not null references project (id),
    slug text not null,
    name text not null,
    description text not null,
    is_private bigint not null,
    fork_policy text not null,
    archived bigint not null,
    main_branch text,
    language text not null,
    has_issues bigint not null,
    has_wiki bigint not null,
    size bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    unique (workspace_id, slug)
);
create index repository_project on repository (project_id);

-- `level` and `owner_id` say where a row hangs; the instance is owner 0. `subject_id` is 0 for
-- everyone and anyone.
create table "grant" (
    level text not null,
    owner_id bigint not null,
    subject_kind text not null,
    subject_id bigint not null,
    permission text not null,
    primary key (level, owner_id, subject_kind, subject_id)
);
create index grant_subject on "grant" (subject_kind, subject_id);

-- `scopes` null is a credential without limits; empty is good for nothing. The limits are null
-- where there is none.
create table api_token (
    id bigint primary key,
    user_id bigint not null references "user" (id),
    name text not null,
    hash bytea not null unique,
    last4 text not null,
    scopes text,
    repository_limit text,
    ref_limit text,
    expires_at bigint,
    revoked_at bigint,
    replaced_by bigint,
    last_used_at bigint,
    last_refused_at bigint,
    created_at bigint not null,
    created_by text not null
);
create index api_token_user on api_token (user_id);

create table access_token (
    id bigint primary key,
    level text not null,
    owner_id bigint not null,
    name text not null,
    hash bytea not null unique,
    last4 text not null,
    scopes text,
    repository_limit text,
    ref_limit text,
    expires_at bigint,
    revoked_at bigint,
    replaced_by bigint,
    last_used_at bigint,
    last_refused_at bigint,
    created_at bigint not null,
    created_by text not null
);
create index access_token_owner on access_token (level, owner_id);

create table restriction (
    id bigint primary key,
    level text not null,
    owner_id bigint not null,
    kind text not null,
    matcher text not null,
    pattern text not null,
    on_refs text not null,
    mode text not null,
    value bigint,
    note text,
    changed_at bigint not null,
    changed_by text
);
create index restriction_owner on restriction (level, owner_id);

create table restriction_except (
    restriction_id bigint not null references restriction (id) on delete cascade,
    position bigint not null,
    pattern text not null,
    primary key (restriction_id, position)
);

create table restriction_subject (
    restriction_id bigint not null references restriction (id) on delete cascade,
    subject_kind text not null,
    subject_id bigint not null,
    until bigint,
    reason text,
    primary key (restriction_id, subject_kind, subject_id)
);
create index restriction_subject_subject on restriction_subject (subject_kind, subject_id);

-- Records: what happened. They name principals instead of referring to them, because they must
-- stay true when the principal is gone.
create table refusal (
    id text primary key,
    code text not null,
    workspace_id bigint,
    repository_id bigint,
    principal_kind text not null,
    principal_id bigint,
    principal_name text not null,
    at bigint not null,
    viewers text not null,
    payload text not null
);
create index refusal_repository on refusal (repository_id, at);

-- `updates` is one line per ref: operation, old id, new id, ref name. One row per push and not per
-- ref, because a push of a thousand refs must cost one statement.
create table push (
    id text primary key,
    repository_id bigint not null,
    principal_kind text not null,
    principal_id bigint,
    principal_name text not null,
    credential text not null,
    channel text not null,
    protocol text not null,
    at bigint not null,
    updates text not null
);
create index push_repository on push (repository_id, at);

create table audit (
    id bigint primary key,
    at bigint not null,
    principal_kind text not null,
    principal_id bigint,
    principal_name text not null,
    credential text not null,
    channel text not null,
    request_id text not null,
    what text not null,
    subject_kind text not null,
    subject_id bigint not null,
    before text,
    after text
);
create index audit_subject on audit (subject_kind, subject_id);
