-- OpenPGP keys of users: what their commits are signed with. They let nobody in.

insert into sequence (noun, last) values ('gpg_key', 0);

-- `key` is the public key in its armour, as it was pasted; `fingerprint` lower case hexadecimal.
create table gpg_key (
    id bigint primary key,
    user_id bigint not null references "user" (id),
    label text not null,
    key text not null,
    fingerprint text not null unique,
    made_at bigint not null,
    expires_at bigint,
    created_at bigint not null,
    created_by text not null
);
create index gpg_key_user on gpg_key (user_id);

-- The keys that signatures name, the main key among them where it signs. `key_id` is the short
-- name, which may belong to several.
create table gpg_signer (
    gpg_key_id bigint not null references gpg_key (id),
    place bigint not null,
    fingerprint text not null,
    key_id text not null,
    made_at bigint not null,
    expires_at bigint,
    primary key (gpg_key_id, place)
);
create index gpg_signer_key_id on gpg_signer (key_id);
