//! Writing text line by line.

/// Lines of a file, indented.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    text: String,
    depth: usize,
    indent: &'static str,
}

impl Lines {
    pub(crate) fn new(indent: &'static str) -> Self {
        Self { indent, ..Self::default() }
    }

    /// One line, or several parted by `\n`, at the present depth.
    pub(crate) fn line(&mut self, line: impl AsRef<str>) {
        for line in line.as_ref().split('\n') {
            if !line.is_empty() {
                for _ in 0..self.depth {
                    self.text.push_str(self.indent);
                }
                self.text.push_str(line);
            }
            self.text.push('\n');
        }
    }

    /// A line, what is written inside one step deeper, and a line that closes it.
    pub(crate) fn block(&mut self, head: impl AsRef<str>, foot: &str, inside: impl FnOnce(&mut Self)) {
        self.line(head);
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        self.line(foot);
    }

    pub(crate) fn gap(&mut self) {
        self.text.push('\n');
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }
}
