//! What keeps a repository fast: nobody asks for it, and whatever puts packs there counts.

use crate::pull_requests::{open, world};
use crate::session::until;
use testkit::Server;

/// More than the server lets be: see `repo::MANY_PACKS`.
const MANY: usize = 60;

fn packs(server: &Server) -> usize {
    let folder = server.folder("acme/site").join("objects/pack");
    let names = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name());
    names.filter(|it| it.to_str().unwrap().ends_with(".pack")).count()
}

#[test]
fn previews_of_many_requests_are_combined_into_few_packs() {
    let (server, tree) = world();
    let tip = tree.git(&["rev-parse", "HEAD"]);
    for at in 0..MANY {
        let (parent, branch) = (tip.as_str(), format!("refs/heads/topic-{at}"));
        let made = tree.git(&["commit-tree", "HEAD^{tree}", "-p", parent, "-m", &branch]);
        tree.git(&["update-ref", &branch, &made]);
    }
    tree.push_with(&[], &["refs/heads/topic-*:refs/heads/topic-*"]).accepted();
    let ann = server.rest_as("ann");
    (0..MANY).for_each(|at| drop(open(&ann, &format!("topic-{at}"))));
    until("one pack of many", || (packs(&server) < MANY / 2).then_some(()));
    server.is_sound("acme/site");
}
