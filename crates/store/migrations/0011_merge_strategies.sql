-- Which merge strategies are allowed into the branches of a class, and which is the usual one. An
-- empty class is for every branch that no row is about by its class.

create table merge_strategy (
    repository_id bigint not null references repository (id),
    class text not null,
    allowed text not null,
    usual text not null,
    primary key (repository_id, class)
);
