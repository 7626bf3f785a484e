//! Leaves files that are no text out of a diff as it goes by. git says of them only that they
//! differ, and has no option to say nothing.

use std::io::{self, Write};

/// Lines of one file's part that are held back until it is clear what it is; a head is never
/// longer.
const HEAD: usize = 64 << 10;

/// Passes on all of a diff but the parts about binary files.
pub(super) struct WithoutBinary<'w> {
    output: &'w mut dyn Write,
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
    /// The head of a file's part, while it may be that of a binary one.
    head: Vec<u8>,
    /// Is this a part that has been found to be text?
    is_text: bool,
}

impl<'w> WithoutBinary<'w> {
    pub(super) fn new(output: &'w mut dyn Write) -> Self {
        Self { output, line: Vec::new(), head: Vec::new(), is_text: true }
    }

    /// Passes on what is still held back.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        self.take(&line)?;
        // A change of the mode alone is a part without a body.
        self.output.write_all(&self.head)
    }

    /// One line. Only the first of a part and those of its head begin with a letter; content
    /// begins with a mark.
    fn take(&mut self, line: &[u8]) -> io::Result<()> {
        if line.starts_with(b"diff --git ") {
            self.output.write_all(&std::mem::take(&mut self.head))?;
            self.is_text = false;
        }
        if self.is_text {
            return self.output.write_all(line);
        }
        if line.starts_with(b"Binary files ") {
            self.head.clear();
            return Ok(());
        }
        self.head.extend_from_slice(line);
        if line.starts_with(b"@@ ") || self.head.len() > HEAD {
            self.is_text = true;
            return self.output.write_all(&std::mem::take(&mut self.head));
        }
        Ok(())
    }
}

impl Write for WithoutBinary<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|&b| b == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                self.take(&line)?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
