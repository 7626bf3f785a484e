//! The walls between the rooms, as ARCHITECTURE.md draws them: which crate may depend on which,
//! and what only one of them may do.

use crate::tree::File;

/// The rooms each crate may depend on outside its tests. A crate that is not listed may depend
/// on anything and nobody may depend on it except tests.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("policy", &["model"]),
    ("wire", &["model"]),
    ("store", &["model"]),
    ("repo", &["model", "wire"]),
    ("app", &["model", "policy", "repo", "store", "wire"]),
    ("httpd", &["app", "model", "wire"]),
    ("ssh", &["app", "model"]),
    ("portcullis", &["app", "httpd", "model", "repo", "ssh", "store", "wire"]),
    ("scenario", &["model", "policy"]),
    ("xtask", &[]),
];

/// Crates that exist for tests; product crates may use them in tests only.
const FOR_TESTS: &[&str] = &["scenario", "testkit", "testpg"];

/// Libraries that only one room may use.
const ONLY_IN: &[(&str, &str)] =
    &[("sqlx", "store"), ("gix-", "repo"), ("axum", "httpd"), ("russh", "ssh")];

/// Who besides `ONLY_IN` may, and why.
const ALSO_IN: &[(&str, &str, &str)] = &[
    ("axum", "portcullis", "it serves the router on its listeners"),
    ("sqlx", "testpg", "it makes and drops databases for tests"),
];

/// Product files outside `repo` that may start a program, and why.
const MAY_START: &[(&str, &str)] =
    &[("crates/portcullis/src/client/", "the client asks `git credential` and `git remote`")];

/// Everything that stands on the wrong side of a wall, one line each.
pub fn offences(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        if file.path.ends_with("/Cargo.toml") {
            check_manifest(file, &mut found);
        }
        if file.is_rust() && file.krate() != "xtask" {
            check_source(file, &mut found);
        }
    }
    found
}

fn check_manifest(file: &File, found: &mut Vec<String>) {
    let krate = file.krate();
    let rooms: Vec<&str> = MAY_USE.iter().map(|(it, _)| *it).chain(FOR_TESTS.to_vec()).collect();
    let may = MAY_USE.iter().find(|(it, _)| *it == krate).map(|(_, may)| *may);
    let mut wrong = |why: String| found.push(format!("{}: {why}", file.path));
    for (section, name) in dependencies(&file.text) {
        let in_tests = section == "dev-dependencies" || FOR_TESTS.contains(&krate);
        if let Some(may) = may
            && rooms.contains(&name)
            && !in_tests
            && !may.contains(&name)
        {
            wrong(format!("`{krate}` may not depend on `{name}`"));
        }
        if ["model", "policy"].contains(&krate) && !rooms.contains(&name) && !in_tests {
            wrong(format!("`{krate}` is pure and may not depend on `{name}`"));
        }
        let fenced = ONLY_IN.iter().find(|(library, _)| name.starts_with(library));
        if let Some((library, room)) = fenced
            && krate != *room
            && !ALSO_IN.iter().any(|(it, also, _)| it == library && *also == krate)
            && !in_tests
        {
            wrong(format!("only `{room}` may depend on `{name}`"));
        }
    }
}

/// The dependencies of a manifest with the section each stands in.
fn dependencies(manifest: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut section = "";
    manifest.lines().filter_map(move |line| {
        if let Some(name) = line.trim().strip_prefix('[') {
            section = name.trim_end_matches(']');
            return None;
        }
        let (name, _) = line.split_once('=')?;
        let name = name.trim().split('.').next().unwrap_or_default();
        (section.ends_with("dependencies") && !name.starts_with('#')).then_some((section, name))
    })
}

fn check_source(file: &File, found: &mut Vec<String>) {
    let may_start =
        file.krate() == "repo" || MAY_START.iter().any(|(prefix, _)| file.path.starts_with(prefix));
    for (number, line) in file.product_lines() {
        let code = line.trim_start();
        if code.starts_with("//") {
            continue;
        }
        let mut wrong = |why: &str| found.push(format!("{}:{number}: {why}", file.path));
        if code.contains("Command::new(") && !may_start && !code.contains("clap") {
            wrong("only `repo` starts programs");
        }
        if file.krate() != "store" && is_sql(code) {
            wrong("only `store` has SQL");
        }
        if ["model", "policy"].contains(&file.krate())
            && [
                "std::fs",
                "TcpStream",
                "UdpSocket",
                "std::process",
                "SystemTime",
                "Instant::",
                "std::env",
            ]
            .iter()
            .any(|it| code.contains(it))
        {
            wrong("this room has no I/O, no clock and no environment");
        }
    }
}

fn is_sql(code: &str) -> bool {
    let openings = ["select ", "insert into ", "update ", "delete from ", "create table "];
    code.split('"').skip(1).step_by(2).any(|text| {
        let text = text.trim_start().to_lowercase();
        openings.iter().any(|it| text.starts_with(it))
            && [" from ", " set ", "into ", "table "].iter().any(|it| text.contains(it))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str) -> Vec<String> {
        offences(&[File { path: path.into(), text: text.into() }])
    }

    #[test]
    fn a_dependency_through_a_wall_is_found() {
        let manifest = "[dependencies]\nmodel = { workspace = true }\nstore = { workspace = true }";
        assert_eq!(
            check("crates/httpd/Cargo.toml", manifest),
            ["crates/httpd/Cargo.toml: `httpd` may not depend on `store`"]
        );
        assert_eq!(
            check("crates/policy/Cargo.toml", "[dependencies]\nserde.workspace = true"),
            ["crates/policy/Cargo.toml: `policy` is pure and may not depend on `serde`"]
        );
        assert_eq!(
            check("crates/app/Cargo.toml", "[dependencies]\nsqlx = \"1\""),
            ["crates/app/Cargo.toml: only `store` may depend on `sqlx`"]
        );
        assert!(check("crates/policy/Cargo.toml", "[dev-dependencies]\nscenario = {}").is_empty());
    }

    #[test]
    fn sql_and_programs_outside_their_rooms_are_found() {
        for (text, why) in [
            ("query(\"select id from user\")", "only `store` has SQL"),
            ("Command::new(\"git\")", "only `repo` starts programs"),
        ] {
            assert_eq!(
                check("crates/app/src/x.rs", text),
                [format!("crates/app/src/x.rs:1: {why}")]
            );
            assert!(check("crates/app/tests/it/x.rs", text).is_empty());
        }
        assert!(check("crates/repo/src/git.rs", "Command::new(\"git\")").is_empty());
        assert!(check("crates/store/src/user.rs", "\"select id from user\"").is_empty());
        assert!(check("crates/app/src/x.rs", "say(\"update the remote\")").is_empty());
    }
}
