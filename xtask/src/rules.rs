//! Bitbucket's rules by number: each has a test that carries it, or a row that says why we depart
//! from it.
//!
//! Which rules there are is a matter of the fact sheet this project was built from. It never
//! judges what a test does; it only sees that none is lost when one is renamed or removed.

use crate::tree::File;
use std::collections::BTreeSet;

/// How many there are.
const LAST: u16 = 111;

/// Where it says what we do otherwise, and why.
const DEPARTURES: &str = "docs/design/departures.md";

/// Numbers that nothing in the project speaks for, and tests of rules that do not exist.
pub fn offences(files: &[File]) -> Vec<String> {
    let tested: BTreeSet<u16> = files.iter().flat_map(of_tests).collect();
    let departed = files.iter().filter(|it| it.path == DEPARTURES).flat_map(|it| of_rows(&it.text));
    let mut covered: BTreeSet<u16> = departed.collect();
    covered.extend(&tested);
    let mut found = Vec::new();
    for number in (1..=LAST).filter(|it| !covered.contains(it)) {
        found.push(format!("rule {number}: no test `rule_{number:03}_…`, no row in {DEPARTURES}"));
    }
    for number in covered.iter().filter(|it| !(1..=LAST).contains(*it)) {
        found.push(format!("rule {number}: there is no such rule"));
    }
    found
}

/// The numbers that the tests of a file carry: `fn rule_020_023_…` carries two.
fn of_tests(file: &File) -> Vec<u16> {
    let lines = file.test_lines().filter(|_| file.is_rust());
    let names = lines.filter_map(|(_, line)| {
        let line = line.trim_start();
        line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn rule_")
    });
    names.flat_map(|it| it.split('_').map_while(number)).collect()
}

/// Three digits.
fn number(part: &str) -> Option<u16> {
    (part.len() == 3).then(|| part.parse().ok()).flatten()
}

/// The numbers in the first column of a table.
fn of_rows(text: &str) -> impl Iterator<Item = u16> {
    let cells = text.lines().filter_map(|it| it.strip_prefix("| ")?.split('|').next());
    cells.flat_map(|it| it.split(',')).filter_map(|it| it.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_without_test_or_row_is_found() {
        let all = |but: u16| {
            let numbers = (1..=LAST).filter(|it| *it != but);
            let tests = numbers.map(|it| format!("async fn rule_{it:03}_is_kept() {{}}\n"));
            File { path: "crates/app/tests/it/a.rs".into(), text: tests.collect() }
        };
        let rows = |text: &str| File { path: DEPARTURES.into(), text: text.into() };
        assert_eq!(offences(&[all(0)]), [""; 0]);
        let lost = offences(&[all(7)]);
        assert!(lost.len() == 1 && lost[0].starts_with("rule 7: no test `rule_007_"), "{lost:?}");
        assert_eq!(offences(&[all(7), rows("| rule |\n|---|\n| 3, 7 | a | b |")]), [""; 0]);
        assert_eq!(offences(&[all(7), rows("| rule | 7 |")]).len(), 1);
        let both = "fn rule_006_007_both() {}\nfn rule_007b_is_none() {}\nfn rule_112_is_none() {}";
        let both = File { path: "crates/httpd/tests/it/b.rs".into(), text: both.into() };
        assert_eq!(offences(&[all(7), both]), ["rule 112: there is no such rule"]);
        let product =
            File { path: "crates/app/src/a.rs".into(), text: "fn rule_007_x() {}".into() };
        assert_eq!(offences(&[all(7), product]).len(), 1, "it is no test");
    }
}
