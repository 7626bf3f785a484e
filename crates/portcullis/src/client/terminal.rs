//! What is printed for people: escaping and colour. Everything a server sent is escaped before it
//! reaches a terminal, however friendly the server.

use std::io::IsTerminal as _;

/// Text without anything that moves a cursor, starts an escape sequence or turns text around.
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if model::is_unprintable(c) { '\u{fffd}' } else { c }).collect()
}

/// The same, with moments as people read them: to the second, in UTC.
pub fn readable(text: &str) -> String {
    match text.parse::<jiff::Timestamp>() {
        Ok(moment) => moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => clean(text),
    }
}

/// Colours, or none.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    colours: bool,
}

impl Style {
    /// No colours.
    pub const PLAIN: Self = Self { colours: false };

    /// Colours if standard output is a terminal and `NO_COLOR` is not set.
    pub fn of_stdout() -> Self {
        Self { colours: std::io::stdout().is_terminal() && !no_color() }
    }

    /// Colours if standard error is a terminal and `NO_COLOR` is not set.
    pub fn of_stderr() -> Self {
        Self { colours: std::io::stderr().is_terminal() && !no_color() }
    }

    /// For what matters most.
    pub fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// For refusals.
    pub fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    /// For what is allowed.
    pub fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// For labels.
    pub fn quiet(self, text: &str) -> String {
        self.paint("2", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty())
}
