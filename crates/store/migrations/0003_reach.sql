-- How far people and tokens reach: from which addresses, by what a group is given unasked, and in
-- a workspace of one's own; and why a credential was refused the last time.
--
-- Lists of addresses are blocks (`10.0.0.0/8`) separated by spaces; null is from anywhere.

alter table workspace add column allowed_addresses text;
alter table workspace add column two_factor bigint not null default 0;
-- Of a personal workspace, the user it is of.
alter table workspace add column person_id bigint references "user" (id);
create unique index workspace_person on workspace (person_id);

-- What a group is granted on each new repository of its workspace; null is nothing.
alter table "group" add column default_permission text;

alter table api_token add column address_limit text;
alter table access_token add column address_limit text;

alter table api_token add column last_refused_code text;
alter table api_token add column last_refused_why text;
alter table access_token add column last_refused_code text;
alter table access_token add column last_refused_why text;
alter table ssh_key add column last_refused_code text;
alter table ssh_key add column last_refused_why text;
alter table access_key add column last_refused_code text;
alter table access_key add column last_refused_why text;
