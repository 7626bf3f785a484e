//! Small worlds as text: who there is, what was granted and restricted, what somebody tries,
//! and what the answer is.
//!
//! Policy tables and session tests share this language, so a table row and a session can be
//! compared by eye. It is for tests: it never touches a disk or a server; `testkit` builds a
//! real server from the same [`Statement`]s.
//!
//! # The language
//!
//! One statement a line; `#` starts a comment. A world is one repository in one project in one
//! workspace, and the people around it.
//!
//! | statement | says |
//! |---|---|
//! | `repo acme/site` | the repository's path; `acme/site` when nothing is said |
//! | `project CORE` | the project's key; `CORE` when nothing is said |
//! | `public`, `archived`, `over-quota`, `nowhere` | what is the case with the repository; `nowhere`: it does not exist |
//! | `default main` | its default branch; none when nothing is said |
//! | `model release rel/*`, `model production main` | what the branching model calls so |
//! | `pull-request approvals 2 tasks 1` | the pull request that is merged: `approvals`, `default-reviewers`, `review-groups`, `changes-requested`, `tasks`, `comments`, `passed`, `failed`, `behind`, `dependencies`; not known when nothing is said |
//! | `user ann devs ops` | a user, and the groups they are in |
//! | `suspended ann` | their account is suspended |
//! | `member ann`, `owner ann` | their role in the workspace |
//! | `grant devs write` | a grant on the repository; `on project`, `on workspace`, `on instance` at the end puts it higher |
//! | `token ci-bot repository:write` | an access token of the repository with these scopes; `on project` and `on workspace` as above |
//! | `api-token ann laptop repository:write` | an API token of a user. After the scopes: `refs ann/*` limits it to refs, `from 10.0.0.0/8` to addresses, `elsewhere` to another repository; `expired`, `revoked` |
//! | `restrict 1 main push only ann, token:ci-bot` | a restriction, see below |
//! | `read-only`, `maintenance` | the state of the server |
//! | `address 10.0.0.0/8` | what the server lets in; `on workspace` at the end: what the workspace lets in |
//! | `two-factor` | the workspace asks for a second factor |
//! | `now 3` | it is the third day; day 0 when nothing is said |
//!
//! ```text
//! restrict NUMBER PATTERN [but PATTERN, …] [branches|tags|both] KIND [only LIST|except LIST] [evaluate] [on LEVEL]
//! ```
//!
//! A pattern is `any`, a full ref name such as `refs/heads/main`, `ant:release/**`,
//! `class:release` (of the branching model), or a glob. A rule is about branches unless it says
//! otherwise; with `ant:`, about every ref. A kind that takes a number has it behind it. `only` is for allow-lists, `except` for the other kinds. A list
//! is `nobody`, or subjects separated by commas; each may end in `until 5` (the fifth day).
//!
//! A subject is `everyone`, `anyone`, `token:NAME`, `key:NAME`, `workload:NAME`, the name of a
//! user that was declared above, or else the name of a group.
//!
//! # Questions
//!
//! ```text
//! ASKER CHANGE REF[, CHANGE REF …] -> ANSWER
//! ASKER fetch|push|read            -> ANSWER
//! ```
//!
//! An asker is `anonymous`, `system`, `token:NAME`, `key:NAME`, `workload:NAME`, or a user:
//! `ann` as declared, `ann/devs+ops` in these groups besides, `ann@laptop` by that API token. Any
//! of them may come `from 10.1.2.3`; without it, nobody knows from where.
//! A change is `unseen`, `create`, `fast-forward`, `rewrite`, `delete`, or `merge` (of a pull
//! request); refs are branches unless written in full. Behind a ref may stand what the change
//! brings: `unlooked` (nobody has looked), `adding-nothing`, and `against 3+5`: that is not as
//! rules 3 and 5 want it.
//!
//! The answer is `allowed`, `undecided`, or `refused:` with the code and sentence of every reason
//! and the rule it comes from. A push of several refs is answered ref by ref.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may fail"))]

mod answer;
mod question;
mod statement;
mod words;
mod world;

pub use answer::answer;
pub use statement::{ApiToken, Listed, Name, Rule, Statement};
pub use world::Scenario;

use std::fmt;

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it and what would be right.
    pub why: String,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for BadLine {}
