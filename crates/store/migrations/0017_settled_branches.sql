-- Whether the source branch goes after a later merge is settled when that is asked for. Of those that
-- were asked for before, nobody knows what their askers meant: the branch stays.
update waiting_merge set close_source_branch = 0 where close_source_branch is null;
