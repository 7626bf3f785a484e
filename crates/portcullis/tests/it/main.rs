//! Sessions: the real program, or a server in this process, and what people see of it. One binary
//! for all of them, so that they link once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod abandoned;
mod can;
mod channels;
mod checks;
mod client;
mod clients;
mod command_line;
mod configuration;
mod content;
mod crash;
mod crash_making;
mod demo;
mod dependencies;
mod file_history;
mod gpg_signatures;
mod keys;
mod kinds;
mod landing;
mod layers;
mod merge_commands;
mod merged_paths;
mod peers;
mod plumbing;
mod policies;
mod previews;
mod program;
mod published;
mod pull_requests;
mod push_options;
mod reading;
mod refusals;
mod request_commands;
mod restricted;
mod review_groups;
mod screen;
mod serving;
mod session;
mod site;
mod ssh_attacks;
mod ssh_door;
mod story;
mod superseding;
mod talk;
mod transport;
mod two_worlds;
mod upkeep;
mod workbench;

/// A file that nobody names above would look like tests and never run.
#[test]
fn no_file_is_forgotten() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it");
    let main = include_str!("main.rs");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        assert!(
            module == "main" || main.contains(&format!("\nmod {module};\n")),
            "tests/it/{name} is not named in main.rs"
        );
    }
}
