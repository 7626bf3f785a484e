//! `cargo xtask bench`: micro benchmarks of the decision, then end to end beside stock git.
//!
//! The end-to-end harness lives beside the checkout, not in it; it runs `git http-backend`
//! behind nginx and our release build in turns and prints ours relative to theirs.

use crate::install;
use crate::run::{cargo, root, run, say, target};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A scenario of the harness, the measure that counts, and what we promised: a ratio to stock
/// git, or a figure of our own.
struct Goal {
    scenario: &'static str,
    measure: &'static str,
    goal: Target,
    what: &'static str,
}

#[derive(Clone, Copy)]
enum Target {
    /// Ours divided by theirs, at most.
    Ratio(f64),
    /// Ours alone, at most.
    Figure(f64),
}

const GOALS: &[Goal] = &[
    Goal {
        scenario: "idle_memory",
        measure: "idle_pss_mb",
        goal: Target::Figure(30.0),
        what: "idle memory, MB",
    },
    Goal {
        scenario: "wire_push_one_commit_guarded",
        measure: "cpu_ms_per_op",
        goal: Target::Ratio(1.0 / 10.0),
        what: "guarded one-commit push, ours durable, server CPU ms",
    },
    Goal {
        scenario: "push_refused_50mb",
        measure: "cpu_ms_per_op",
        goal: Target::Ratio(1.0 / 10.0),
        what: "refused push of 50 MB, server CPU ms",
    },
    Goal {
        scenario: "push_one_commit_manyrefs",
        measure: "cpu_ms_per_op",
        goal: Target::Ratio(1.0 / 50.0),
        what: "push into 100,000 refs, server CPU ms",
    },
    Goal {
        scenario: "push_1000_refs",
        measure: "cpu_ms_per_op",
        goal: Target::Ratio(1.0 / 15.0),
        what: "1,000 refs in one push, server CPU ms",
    },
    Goal {
        scenario: "push_50mb_few_objects",
        measure: "cpu_ms_per_op",
        goal: Target::Ratio(1.0 / 6.0),
        what: "50 MB in 50 files, server CPU ms",
    },
];

/// Runs everything, or only the scenarios whose name contains one of `picked`.
pub fn run_all(picked: &[String]) -> Result<()> {
    let wanted: Vec<&Goal> = GOALS
        .iter()
        .filter(|it| picked.is_empty() || picked.iter().any(|p| it.scenario.contains(p.as_str())))
        .collect();
    if wanted.is_empty() {
        let known: Vec<&str> = GOALS.iter().map(|it| it.scenario).collect();
        bail!("no such scenario; there are {}", known.join(", "));
    }
    if picked.is_empty() {
        run(cargo().args(["bench", "-p", "policy"]))?;
    }
    let harness = harness()?;
    install::install(install::FOR_BENCH)?;
    run(cargo().args(["build", "--release", "-p", "portcullis"]))?;
    let table = compare(&harness, &wanted)?;
    print_table(&wanted, &table)
}

/// The folder of the harness: `PORTCULLIS_BENCH`, else `shared/bench` beside the checkout.
fn harness() -> Result<PathBuf> {
    let folder = match std::env::var_os("PORTCULLIS_BENCH") {
        Some(folder) => PathBuf::from(folder),
        None => root().join("../shared/bench"),
    };
    if !folder.join("compare").is_file() {
        bail!(
            "the end-to-end harness is not at {} (say where it is with PORTCULLIS_BENCH=FOLDER); \
             only the micro benchmarks were run",
            folder.display()
        );
    }
    Ok(folder)
}

/// Runs the harness, passing its lines on, and returns those of its final table.
fn compare(harness: &Path, wanted: &[&Goal]) -> Result<Vec<Row>> {
    let rounds = std::env::var("PORTCULLIS_BENCH_ROUNDS").unwrap_or_else(|_| "3".into());
    let mut command = Command::new(harness.join("compare"));
    command
        .args(["http-nginx", "portcullis-http"])
        .args(wanted.iter().map(|it| it.scenario))
        .args(["--rounds", &rounds])
        .env("GITBENCH_PORTCULLIS", target().join("release/portcullis"))
        .stdout(Stdio::piped());
    say("xtask: comparing with git http-backend behind nginx, in turns");
    let mut child = command.spawn().context("could not start the harness (python3?)")?;
    let out = child.stdout.take().context("its output is piped")?;
    let mut rows = Vec::new();
    for line in BufReader::new(out).lines() {
        let line = line?;
        say(&line);
        rows.extend(Row::parse(&line));
    }
    if !child.wait()?.success() {
        bail!("the harness failed");
    }
    Ok(rows)
}

/// One line of the harness's table: `scenario measure theirs ours xRATIO (range)`.
struct Row {
    scenario: String,
    measure: String,
    theirs: f64,
    ours: f64,
}

impl Row {
    fn parse(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [scenario, measure, theirs, ours, ratio, ..] = words.as_slice() else { return None };
        ratio.strip_prefix('x')?;
        Some(Self {
            scenario: (*scenario).to_owned(),
            measure: (*measure).to_owned(),
            theirs: theirs.parse().ok()?,
            ours: ours.parse().ok()?,
        })
    }

    /// The harness prints its own ratio with two decimals, too coarse for a fiftieth.
    fn ratio(&self) -> f64 {
        self.ours / self.theirs
    }
}

fn print_table(wanted: &[&Goal], rows: &[Row]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{:54} {:>9} {:>9} {:>7} {:>7}", "", "stock", "ours", "ratio", "goal")?;
    for goal in wanted {
        let row = rows.iter().find(|it| it.scenario == goal.scenario && it.measure == goal.measure);
        let Some(row) = row else {
            writeln!(out, "{:54} not measured, see above", goal.what)?;
            continue;
        };
        let (limit, reached) = match goal.goal {
            Target::Ratio(most) => (format!("1/{:.0}", 1.0 / most), row.ratio() <= most),
            Target::Figure(most) => (format!("{most:.0}"), row.ours <= most),
        };
        let verdict = if reached { "reached" } else { "MISSED" };
        writeln!(
            out,
            "{:54} {:9.2} {:9.2} {:>7} {limit:>7}  {verdict}",
            goal.what,
            row.theirs,
            row.ours,
            format!("1/{:.1}", 1.0 / row.ratio())
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_harness_is_read() {
        let line = "push_1000_refs   cpu_ms_per_op   179.00   9.50  x0.05  (0.05..0.06)";
        let row = Row::parse(line).expect("a row");
        assert_eq!((row.theirs, row.ours), (179.0, 9.5));
        for other in ["", "{\"scenario\": \"x\"}", "push_1000_refs ERROR portcullis-http: x y"] {
            assert!(Row::parse(other).is_none(), "{other}");
        }
    }
}
