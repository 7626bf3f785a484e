//! The program `portcullis`. Everything is in the library, so that tests can have it, too.

fn main() -> std::process::ExitCode {
    portcullis::main()
}
