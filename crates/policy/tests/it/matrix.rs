//! The access matrix: every act, asked by everybody, at every kind of place.

use crate::acts::{every_act, name};
use crate::generated::is_as_generated;
use model::Level;
use policy::{Question, decide};
use scenario::Scenario;
use std::fmt::Write;

/// A column: its heading, what makes it so, and who asks.
struct Column {
    heading: &'static str,
    world: &'static str,
    asker: &'static str,
}

const fn column(heading: &'static str, world: &'static str, asker: &'static str) -> Column {
    Column { heading, world, asker }
}

/// Tokens are those of a repository admin, so that nothing but their scopes narrows them.
const COLUMNS: [Column; 25] = [
    column("anonymous", "", "anonymous"),
    column("a stranger", "", "eve"),
    column("a member of the workspace", "member ann", "ann"),
    column("repository read", "grant ann read", "ann"),
    column("repository write", "grant ann write", "ann"),
    column("repository admin", "grant ann admin", "ann"),
    column("project read", "grant ann read on project", "ann"),
    column("project write", "grant ann write on project", "ann"),
    column("project create-repository", "grant ann create-repository on project", "ann"),
    column("project admin", "grant ann admin on project", "ann"),
    column("workspace read", "grant ann read on workspace", "ann"),
    column("workspace write", "grant ann write on workspace", "ann"),
    column("workspace create-repository", "grant ann create-repository on workspace", "ann"),
    column("workspace admin", "grant ann admin on workspace", "ann"),
    column("an owner of the workspace", "owner ann", "ann"),
    column("an instance admin", "grant ann admin on instance", "ann"),
    column("access token, repository", "token ci-bot repository", "token:ci-bot"),
    column("access token, repository:write", "token ci-bot repository:write", "token:ci-bot"),
    column(
        "access token, repository:write and :admin",
        "token ci-bot repository:write repository:admin",
        "token:ci-bot",
    ),
    column(
        "an owner's API token, read:repository",
        "owner ann\napi-token ann t read:repository:bitbucket",
        "ann@t",
    ),
    column(
        "an owner's API token, admin:repository",
        "owner ann\napi-token ann t admin:repository:bitbucket",
        "ann@t",
    ),
    column(
        "an owner's token for another repository",
        "owner ann\napi-token ann t repository:write repository:admin project account elsewhere",
        "ann@t",
    ),
    column("access key, write", "grant key:deploy write", "key:deploy"),
    column("workload, write", "grant workload:build write", "workload:build"),
    column("the server itself", "", "system"),
];

fn may(state: &str, column: &Column, act: &policy::Act) -> bool {
    let text = format!("user ann\nuser eve\n{}\n{state}", column.world);
    let world = Scenario::parse(&text).unwrap();
    let who = world.asker(column.asker).unwrap();
    let facts = world.facts_at(act.needs().on, &who);
    decide(&Question { who: &who, act, facts: &facts }).is_allowed()
}

#[test]
fn the_access_matrix_is_as_generated() {
    let mut text = String::from(
        "Who may do what. Made by the test `matrix`; read it as a diff.\n\
         `x` is allowed, `.` is refused. Restrictions, networks and expired credentials are left\n\
         out: they only take away.\n\nColumns\n",
    );
    for (at, column) in COLUMNS.iter().enumerate() {
        writeln!(text, "  {:>2}  {}", at + 1, column.heading).unwrap();
    }
    let sections = [
        (Level::Instance, "", "the instance"),
        (Level::Workspace, "", "a workspace"),
        (Level::Project, "", "a private project"),
        (Level::Repository, "", "a private repository"),
        (Level::Repository, "public", "a public repository"),
        (Level::Repository, "archived", "a private, archived repository"),
        (Level::Repository, "over-quota", "a private repository over its size limit"),
        (Level::Repository, "read-only", "a private repository, the instance being read-only"),
        (Level::Repository, "nowhere", "a repository that does not exist"),
    ];
    for (level, state, heading) in sections {
        write!(text, "\n{heading:<52}").unwrap();
        for at in 1..=COLUMNS.len() {
            write!(text, "{at:>3}").unwrap();
        }
        text.push('\n');
        let acts: Vec<_> = every_act().into_iter().filter(|it| it.needs().on == level).collect();
        if !acts.iter().any(|act| COLUMNS.iter().any(|it| may(state, it, act))) {
            text.push_str("  nothing is allowed to anybody\n");
            continue;
        }
        for act in &acts {
            write!(text, "  {:<50}", name(act)).unwrap();
            for column in &COLUMNS {
                text.push_str(if may(state, column, act) { "  x" } else { "  ." });
            }
            text.push('\n');
        }
    }
    is_as_generated("access-matrix.txt", &text);
}
