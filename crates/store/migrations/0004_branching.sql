-- Branching models of projects and repositories.

-- A branch that is null follows the main branch. A repository's row counts while `in_force` is 1;
-- else the repository inherits what its project says.
create table branching_model (
    level text not null,
    owner_id bigint not null,
    in_force bigint not null,
    development text,
    production_enabled bigint not null,
    production text,
    delete_merged bigint not null,
    changed_at bigint not null,
    changed_by text,
    primary key (level, owner_id)
);

create table branch_type (
    level text not null,
    owner_id bigint not null,
    class text not null,
    enabled bigint not null,
    prefix text not null,
    primary key (level, owner_id, class)
);
