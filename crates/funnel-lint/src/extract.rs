//! A string taken out of a file, with the place of each of its bytes there.

use std::ops::Range;

/// A decoded text. Byte `i` of [`text`](Self::text) stands at byte `at[i]` of the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extract {
    pub(crate) text: String,
    at: Vec<usize>,
    /// Where the byte behind the text would stand.
    end: usize,
}

impl Extract {
    /// A part of the file as it stands there.
    pub(crate) fn of(source: &str, range: Range<usize>) -> Self {
        let text = source.get(range.clone()).unwrap_or("").to_owned();
        let end = range.start + text.len();
        Self { at: (range.start..end).collect(), text, end }
    }

    /// Adds what stands at `at` of the file, `width` bytes there.
    pub(crate) fn push(&mut self, text: &str, at: usize, width: usize) {
        let verbatim = text.len() == width;
        self.at.extend((0..text.len()).map(|byte| if verbatim { at + byte } else { at }));
        self.text.push_str(text);
        self.end = at + width;
    }

    pub(crate) fn push_char(&mut self, character: char, at: usize, width: usize) {
        let mut bytes = [0; 4];
        self.push(character.encode_utf8(&mut bytes), at, width);
    }

    /// The place in the file of a byte of the text.
    pub(crate) fn place(&self, byte: usize) -> usize {
        self.at.get(byte).copied().unwrap_or(self.end)
    }

    pub(crate) fn append(&mut self, other: &Self) {
        self.text.push_str(&other.text);
        self.at.extend(&other.at);
        self.end = other.end;
    }

    /// A part of it.
    pub(crate) fn slice(&self, range: Range<usize>) -> Self {
        let text = self.text.get(range.clone()).unwrap_or("").to_owned();
        let end = self.place(range.start + text.len());
        let at = self.at.get(range.start..range.start + text.len()).unwrap_or(&[]).to_vec();
        Self { text, at, end }
    }

    /// The same without blanks at its ends.
    pub(crate) fn trimmed(&self) -> Self {
        let start = self.text.len() - self.text.trim_start().len();
        self.slice(start..start + self.text.trim().len())
    }

    /// What was found in this text, with its places in the file that this text is from.
    pub(crate) fn outer(&self, mut inner: Self) -> Self {
        inner.at.iter_mut().for_each(|at| *at = self.place(*at));
        inner.end = self.place(inner.end);
        inner
    }
}

/// Where the lines of a file begin.
#[derive(Debug)]
pub(crate) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    /// The characters before each block of [`BLOCK`] bytes, so that a column far into a long line costs one block.
    before: Vec<usize>,
    /// The lines, from 1, that have an ignore comment.
    ignoring: Vec<usize>,
}

/// The mark of an ignore comment.
pub(crate) const IGNORE: &str = "funnel-lint-ignore";

const BLOCK: usize = 1 << 10;

/// The characters that begin in these bytes.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

impl<'t> Lines<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let blocks = text.as_bytes().chunks(BLOCK).map(characters);
        let sums = blocks.scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        });
        let before = std::iter::once(0).chain(sums).collect();
        let mut lines = Self { text, starts, before, ignoring: Vec::new() };
        lines.ignoring = text.match_indices(IGNORE).map(|(at, _)| lines.number(at)).collect();
        lines
    }

    /// Line and column of a byte, from 1; the column counts characters.
    pub(crate) fn place(&self, at: usize) -> (usize, usize) {
        let line = self.number(at);
        let start = self.starts[line - 1];
        let column = self.characters_before(at).saturating_sub(self.characters_before(start)) + 1;
        (line, column)
    }

    /// The line of a byte, from 1.
    fn number(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at)
    }

    /// The lines of this range that have an ignore comment.
    pub(crate) fn ignoring(&self, range: std::ops::RangeInclusive<usize>) -> impl Iterator<Item = &'t str> {
        let first = self.ignoring.partition_point(|line| line < range.start());
        let of_range = self.ignoring.iter().skip(first).take_while(move |line| range.contains(line));
        of_range.map(|line| self.line(*line))
    }

    fn characters_before(&self, at: usize) -> usize {
        let at = at.min(self.text.len());
        let block = at / BLOCK;
        self.before.get(block).map_or(0, |sum| sum + characters(&self.text.as_bytes()[block * BLOCK..at]))
    }

    /// A line, from 1, without its end.
    pub(crate) fn line(&self, line: usize) -> &'t str {
        let Some(start) = line.checked_sub(1).and_then(|line| self.starts.get(line)) else { return "" };
        self.text[*start..].split(['\n', '\r']).next().unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn a_column_counts_characters_however_long_the_line_is() {
        let text = format!("{}\n{}x\ry", "é".repeat(3_000), "aß→😀".repeat(1_000));
        let lines = Lines::new(&text);
        for (at, _) in text.char_indices() {
            let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
            let line = text[..at].matches('\n').count() + 1;
            assert_eq!(lines.place(at), (line, text[start..at].chars().count() + 1), "{at}");
        }
    }
}
