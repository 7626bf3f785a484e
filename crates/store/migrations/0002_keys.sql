-- SSH keys: personal ones, access keys of places, and a short memory of keys that nobody has.
--
-- Both kinds of key take their ids from one row of `sequence`. Whoever adds a key holds that row
-- until the end, so two requests cannot both find that a key is not there yet.

insert into sequence (noun, last) values ('ssh_key', 0);

-- `key` is the algorithm and the key in base64, without the comment.
create table ssh_key (
    id bigint primary key,
    uuid text not null unique,
    user_id bigint not null references "user" (id),
    label text not null,
    key text not null,
    comment text not null,
    fingerprint text not null unique,
    last_used_at bigint,
    last_refused_at bigint,
    created_at bigint not null,
    created_by text not null
);
create index ssh_key_user on ssh_key (user_id);

create table access_key (
    id bigint primary key,
    level text not null,
    owner_id bigint not null,
    label text not null,
    key text not null,
    comment text not null,
    fingerprint text not null,
    last_used_at bigint,
    last_refused_at bigint,
    created_at bigint not null,
    created_by text not null,
    unique (level, owner_id, fingerprint)
);
create index access_key_fingerprint on access_key (fingerprint);

-- One row per key and address. `why` is a word: what was wrong with it the last time.
create table unknown_key (
    fingerprint text not null,
    address text not null,
    why text not null,
    first_at bigint not null,
    last_at bigint not null,
    times bigint not null,
    primary key (fingerprint, address)
);
create index unknown_key_last on unknown_key (last_at);
