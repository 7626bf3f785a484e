//! `cargo xtask bench`: the decision alone, pull requests in a large repository, then end to end
//! beside stock git.
//!
//! The end-to-end harness lives beside the checkout, not in it; it runs a peer and our release
//! build in turns and prints ours relative to theirs.

use crate::install;
use crate::run::{cargo, root, run, say, target};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Two servers of the harness that run in turns.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Pair {
    theirs: &'static str,
    ours: &'static str,
}

/// `git http-backend` behind nginx.
const HTTP: Pair = Pair { theirs: "http-nginx", ours: "portcullis-http" };
/// OpenSSH with git-shell.
const GIT_SHELL: Pair = Pair { theirs: "ssh-git-shell", ours: "portcullis-ssh" };
/// OpenSSH with gitolite.
const GITOLITE: Pair = Pair { theirs: "ssh-gitolite", ours: "portcullis-ssh" };

/// A scenario of the harness, the measure that counts, and what we promised: a ratio to the
/// peer, or a figure of our own.
struct Goal {
    pair: Pair,
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
        pair: HTTP,
        scenario: "idle_memory",
        measure: "idle_pss_mb",
        goal: Target::Figure(30.0),
        what: "idle memory, MB",
    },
    Goal {
        pair: HTTP,
        scenario: "wire_push_one_commit_guarded",
        measure: "cpu_ms_per_op",
        goal: Target::Ratio(1.0 / 10.0),
        what: "guarded one-commit push, ours durable, server CPU ms",
    },
    Goal {
        pair: HTTP,
        scenario: "push_refused_50mb",
        measure: "cpu_ms_per_op",
        goal: Target::Ratio(1.0 / 10.0),
        what: "refused push of 50 MB, server CPU ms",
    },
    Goal {
        pair: HTTP,
        scenario: "push_one_commit_manyrefs",
        measure: "cpu_ms_per_op",
        goal: Target::Ratio(1.0 / 50.0),
        what: "push into 100,000 refs, server CPU ms",
    },
    Goal {
        pair: HTTP,
        scenario: "push_1000_refs",
        measure: "cpu_ms_per_op",
        goal: Target::Ratio(1.0 / 15.0),
        what: "1,000 refs in one push, server CPU ms",
    },
    Goal {
        pair: HTTP,
        scenario: "push_50mb_few_objects",
        measure: "cpu_ms_per_op",
        goal: Target::Ratio(1.0 / 6.0),
        what: "50 MB in 50 files, server CPU ms",
    },
    Goal {
        pair: GIT_SHELL,
        scenario: "push_one_commit",
        measure: "cpu_ms_per_op",
        goal: Target::Ratio(1.0 / 20.0),
        what: "SSH: one-commit push, server CPU ms",
    },
    Goal {
        pair: GIT_SHELL,
        scenario: "fetch_nothing_new",
        measure: "cpu_ms_per_op",
        goal: Target::Ratio(1.0 / 20.0),
        what: "SSH: fetch of nothing new, server CPU ms",
    },
    Goal {
        pair: GIT_SHELL,
        scenario: "clone_medium",
        measure: "cpu_ms_per_op",
        goal: Target::Ratio(1.0),
        what: "SSH: clone of 60 MB, server CPU ms",
    },
    Goal {
        pair: GIT_SHELL,
        scenario: "push_refused_50mb",
        measure: "uploaded_mb",
        goal: Target::Figure(1.0),
        what: "SSH: refused push of 50 MB, MB sent by the client",
    },
    Goal {
        pair: GITOLITE,
        scenario: "push_one_commit",
        measure: "cpu_ms_per_op",
        goal: Target::Ratio(1.0 / 40.0),
        what: "SSH, gitolite: one-commit push, server CPU ms",
    },
];

/// Benchmarks that need no harness: the package, and its benchmark.
const OWN: [(&str, &str); 2] = [("policy", "decide"), ("portcullis", "pull_requests")];

impl Goal {
    /// Does a word of the command line mean it? By its scenario, or by the peer.
    fn is_meant_by(&self, word: &str) -> bool {
        self.scenario.contains(word) || self.pair.theirs.contains(word)
    }
}

/// Runs everything, or only the benchmarks and scenarios whose name, or whose peer's, contains one
/// of `picked`.
pub fn run_all(picked: &[String]) -> Result<()> {
    let wanted: Vec<&Goal> = GOALS
        .iter()
        .filter(|it| picked.is_empty() || picked.iter().any(|word| it.is_meant_by(word)))
        .collect();
    let own: Vec<_> = OWN
        .into_iter()
        .filter(|(_, bench)| picked.is_empty() || picked.iter().any(|word| bench.contains(word)))
        .collect();
    if wanted.is_empty() && own.is_empty() {
        let known = GOALS.iter().map(|it| it.scenario).chain(OWN.map(|it| it.1));
        bail!("no such scenario; there are {}", known.collect::<Vec<_>>().join(", "));
    }
    for (package, bench) in own {
        run(cargo().args(["bench", "-p", package, "--bench", bench]))?;
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let harness = harness()?;
    install::install(install::FOR_BENCH)?;
    run(cargo().args(["build", "--release", "-p", "portcullis"]))?;
    let mut tables = Vec::new();
    for pair in [HTTP, GIT_SHELL, GITOLITE] {
        let of_pair: Vec<_> = wanted.iter().copied().filter(|it| it.pair == pair).collect();
        if !of_pair.is_empty() {
            tables.push((of_pair.clone(), compare(&harness, pair, &of_pair)?));
        }
    }
    tables.iter().try_for_each(|(goals, rows)| print_table(goals, rows))
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
             only the benchmarks without it were run",
            folder.display()
        );
    }
    Ok(folder)
}

/// Runs the harness, passing its lines on, and returns those of its final table.
fn compare(harness: &Path, pair: Pair, wanted: &[&Goal]) -> Result<Vec<Row>> {
    let rounds = std::env::var("PORTCULLIS_BENCH_ROUNDS").unwrap_or_else(|_| "3".into());
    let mut command = Command::new(harness.join("compare"));
    command
        .args([pair.theirs, pair.ours])
        .args(wanted.iter().map(|it| it.scenario))
        .args(["--rounds", &rounds])
        .env("GITBENCH_PORTCULLIS", target().join("release/portcullis"))
        .stdout(Stdio::piped());
    say(&format!("xtask: comparing {} with {}, in turns", pair.ours, pair.theirs));
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
    let theirs = wanted.first().map_or("", |it| it.pair.theirs);
    writeln!(out, "\n{:54} {theirs:>13} {:>9} {:>7} {:>7}", "", "ours", "ratio", "goal")?;
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
            "{:54} {:13.2} {:9.2} {:>7} {limit:>7}  {verdict}",
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
