//! From RE2's syntax to that of the `regex` crate.

use std::collections::HashSet;

use super::class::Class;

/// How often an item may be repeated, repetitions inside repetitions multiplied.
const MOST_REPEATS: u32 = 1_000;
const MOST_DEPTH: usize = 200;

/// The pattern in the syntax of the `regex` crate, or why it is none of RE2's.
pub(super) fn translated(pattern: &str) -> Result<String, String> {
    let mut translator = Translator {
        rest: pattern,
        out: String::new(),
        names: HashSet::new(),
        groups: Vec::new(),
        last: Last::Nothing,
        start: 0,
    };
    while !translator.rest.is_empty() {
        translator.item()?;
    }
    if translator.groups.is_empty() {
        Ok(translator.out)
    } else {
        Err("a closing parenthesis is missing".to_owned())
    }
}

/// What stands before the place that is read.
#[derive(Clone, Copy)]
enum Last {
    /// The beginning of an alternative: nothing to repeat.
    Nothing,
    /// Flags, which RE2 looks through.
    Flags,
    /// An item, with how often something in it is repeated.
    Item(u32),
    /// A repetition.
    Repeated,
}

struct Translator<'p> {
    rest: &'p str,
    out: String,
    names: HashSet<&'p str>,
    groups: Vec<Group>,
    last: Last,
    /// Where the last item begins in `out`.
    start: usize,
}

/// A group that is open.
struct Group {
    /// The most repeats in what stands in it so far.
    most: u32,
    /// Where it begins in `out`.
    start: usize,
}

type Step<T = ()> = Result<T, String>;

impl<'p> Translator<'p> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(next)
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.rest.strip_prefix(text);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    /// Notes the repeats of an item that is complete.
    fn put(&mut self, text: &str) {
        self.start = self.out.len();
        self.out.push_str(text);
        self.last = Last::Item(1);
    }

    fn literal(&mut self, code: u32) {
        let mut class = Class::default();
        class.range(code, code);
        match char::from_u32(code) {
            Some(c) if c.is_alphanumeric() || c == ' ' => self.put(c.encode_utf8(&mut [0; 4])),
            Some(_) => self.put(&format!("\\x{{{code:X}}}")),
            None => self.put(&class.bracket(false)),
        }
    }

    fn item(&mut self) -> Step {
        let rest = self.rest;
        match self.take() {
            None => {}
            Some('(') if rest.starts_with("(?") => self.special_group()?,
            Some('(') => self.open("(")?,
            Some(')') => {
                let Some(Group { most, start }) = self.groups.pop() else {
                    return Err("unmatched closing parenthesis".to_owned());
                };
                self.out.push(')');
                self.start = start;
                self.last = Last::Item(most);
                self.note_repeats(most);
            }
            Some('|') => {
                self.out.push('|');
                self.last = Last::Nothing;
            }
            Some('^') => self.put("^"),
            Some('$') => self.put("$"),
            Some('.') => self.put("."),
            Some('[') => {
                let class = self.bracket()?;
                self.put(&class);
            }
            Some('*') => self.repeat("*", 0, 1)?,
            Some('+') => self.repeat("+", 1, 1)?,
            Some('?') => self.repeat("?", 0, 1)?,
            Some('{') => match counted(rest) {
                Some((least, most, length)) => {
                    self.rest = &rest[length..];
                    let written = &rest[..length];
                    if least > MOST_REPEATS || most.is_some_and(|most| most > MOST_REPEATS || most < least) {
                        return Err(format!("`{written}`: an item is repeated up to 1,000 times"));
                    }
                    self.repeat(written, least, most.unwrap_or(least))?;
                }
                None => self.literal(u32::from('{')),
            },
            Some('\\') => self.escaped()?,
            Some(c) => self.literal(u32::from(c)),
        }
        Ok(())
    }

    fn open(&mut self, group: &str) -> Step {
        if self.groups.len() >= MOST_DEPTH {
            return Err("its groups are nested too deeply".to_owned());
        }
        self.groups.push(Group { most: 1, start: self.out.len() });
        self.out.push_str(group);
        self.last = Last::Nothing;
        Ok(())
    }

    /// `(?:…)`, `(?P<name>…)`, `(?<name>…)`, `(?i)`, `(?i:…)`.
    fn special_group(&mut self) -> Step {
        self.eat("?");
        if self.rest.starts_with("P<")
            || self.rest.starts_with('<') && !self.rest.starts_with("<=") && !self.rest.starts_with("<!")
        {
            self.eat("P");
            self.eat("<");
            let (name, rest) = self.rest.split_once('>').ok_or("the name of a group is not terminated")?;
            if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
                return Err(format!("`{name}` is not a valid group name"));
            }
            if !self.names.insert(name) {
                return Err(format!("two groups have the name `{name}`"));
            }
            self.rest = rest;
            // Groups are distinguished by their position.
            return self.open("(");
        }
        let mut flags = String::new();
        let (mut negated, mut any) = (false, false);
        loop {
            let wrong = |next: Option<char>| {
                format!("`(?{flags}{}` is not an RE2 group", next.map_or_else(String::new, String::from))
            };
            match self.take() {
                Some(flag @ ('i' | 'm' | 's' | 'U')) => {
                    any = true;
                    flags.push(flag);
                }
                Some('-') if !negated => {
                    (negated, any) = (true, false);
                    flags.push('-');
                }
                Some(end @ (':' | ')')) if any || !negated => {
                    let flags = distinct(&flags);
                    if end == ':' {
                        return self.open(&format!("(?{flags}:"));
                    }
                    if !flags.is_empty() {
                        self.out.push_str(&format!("(?{flags})"));
                    }
                    self.last = Last::Flags;
                    return Ok(());
                }
                other => return Err(wrong(other)),
            }
        }
    }

    fn repeat(&mut self, operator: &str, least: u32, most: u32) -> Step {
        let inner = match self.last {
            Last::Item(inner) => inner,
            Last::Repeated => {
                // The two operators that follow each other are named together.
                let before: String =
                    self.out.chars().rev().take_while(|c| "*+?".contains(*c)).take(1).collect();
                return Err(format!("`{before}{operator}` repeats something that is already repeated"));
            }
            Last::Nothing | Last::Flags => {
                return Err(format!("there is nothing for `{operator}` to repeat"));
            }
        };
        let repeats = inner.saturating_mul(most.max(least).max(1));
        if repeats > MOST_REPEATS && most.max(least) >= 2 {
            return Err(format!(
                "`{operator}`: an item is repeated up to 1,000 times, inner repetitions included"
            ));
        }
        let lazy = self.eat("?");
        if most.max(least) == 0 && self.out[self.start..].starts_with('(') {
            // The `regex` crate would forget the groups in an item that never matches; RE2 counts them.
            self.out.insert_str(self.start, "(?:");
            self.out.push_str("[a&&b])?");
        } else {
            self.out.push_str(operator);
        }
        if lazy {
            self.out.push('?');
        }
        self.last = Last::Repeated;
        self.note_repeats(repeats);
        Ok(())
    }

    /// Notes in the group around it how often something is repeated.
    fn note_repeats(&mut self, repeats: u32) {
        if let Some(group) = self.groups.last_mut() {
            group.most = repeats.max(group.most);
        }
    }

    fn escaped(&mut self) -> Step {
        match self.peek() {
            None => return Err("it ends with a backslash".to_owned()),
            Some('b') => self.anchor("(?-u:\\b)"),
            Some('B') => self.anchor("(?-u:\\B)"),
            Some('A') => self.anchor("\\A"),
            Some('z') => self.anchor("\\z"),
            Some('C') => return Err("`\\C`, a single byte, is not evaluated".to_owned()),
            Some('Q') => {
                self.take();
                let (quoted, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.rest = rest;
                quoted.chars().for_each(|c| self.literal(u32::from(c)));
            }
            Some('p' | 'P') => {
                let (class, negated) = self.unicode_class()?;
                self.put(&class.bracket(negated));
            }
            Some(letter @ ('d' | 'D' | 's' | 'S' | 'w' | 'W')) => {
                self.take();
                let class = Class::perl(letter).unwrap_or_default();
                self.put(&class.bracket(letter.is_ascii_uppercase()));
            }
            Some(_) => {
                let code = self.escape()?;
                self.literal(code);
            }
        }
        Ok(())
    }

    fn anchor(&mut self, anchor: &str) {
        self.take();
        self.put(anchor);
    }

    /// `\pL`, `\p{Greek}`, `\p{^Greek}` and their negations; the backslash is read.
    fn unicode_class(&mut self) -> Step<(Class, bool)> {
        let mut negated = self.take() == Some('P');
        let name = if self.eat("{") {
            let (name, rest) = self.rest.split_once('}').ok_or("`\\p{` has no end")?;
            self.rest = rest;
            name
        } else {
            let length = self.peek().ok_or("a class follows `\\p`")?.len_utf8();
            let (name, rest) = self.rest.split_at(length);
            self.rest = rest;
            name
        };
        let plain = name.strip_prefix('^');
        negated ^= plain.is_some();
        let name = plain.unwrap_or(name);
        Class::unicode(name)
            .map(|class| (class, negated))
            .ok_or_else(|| format!("RE2 knows no class `{name}`"))
    }

    /// The code of a character that is written with a backslash, which is read.
    fn escape(&mut self) -> Step<u32> {
        let rest = self.rest;
        let Some(first) = self.take() else { return Err("it ends with a backslash".to_owned()) };
        let code = match first {
            '0'..='7' => self.octal(first),
            'x' => self.hex(),
            'n' => Some(0x0a),
            'r' => Some(0x0d),
            't' => Some(0x09),
            'a' => Some(0x07),
            'f' => Some(0x0c),
            'v' => Some(0x0b),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(u32::from(c)),
            _ => None,
        };
        code.ok_or_else(|| {
            let shown: String = rest.chars().take(1).collect();
            format!("`\\{shown}` means nothing in RE2")
        })
    }

    /// Up to three digits; a single one but 0 would be a reference.
    fn octal(&mut self, first: char) -> Option<u32> {
        let digit = |c: Option<char>| c.and_then(|c| c.to_digit(8));
        if first != '0' && digit(self.peek()).is_none() {
            return None;
        }
        let mut code = first.to_digit(8)?;
        for _ in 0..2 {
            let Some(next) = digit(self.peek()) else { break };
            self.take();
            code = code * 8 + next;
        }
        Some(code)
    }

    fn hex(&mut self) -> Option<u32> {
        if self.eat("{") {
            let (digits, rest) = self.rest.split_once('}')?;
            let valid = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit());
            let code = u32::from_str_radix(digits, 16).ok().filter(|code| valid && *code <= 0x10_ffff)?;
            self.rest = rest;
            return Some(code);
        }
        let (first, second) = (self.take()?.to_digit(16)?, self.take()?.to_digit(16)?);
        Some(first * 16 + second)
    }

    /// A class in brackets, the opening one read.
    fn bracket(&mut self) -> Step<String> {
        let negated = self.eat("^");
        let mut class = Class::default();
        let mut first = true;
        loop {
            if self.rest.is_empty() {
                return Err("a bracket is not closed".to_owned());
            }
            if !first && self.eat("]") {
                return Ok(class.bracket(negated));
            }
            first = false;
            if let Some((name, rest)) = self.rest.strip_prefix("[:").and_then(|rest| rest.split_once(":]")) {
                let (plain, not) = name.strip_prefix('^').map_or((name, false), |plain| (plain, true));
                let found = Class::posix(plain).ok_or_else(|| format!("RE2 knows no class `[:{name}:]`"))?;
                class.join(&found, not);
                self.rest = rest;
                continue;
            }
            let escaped = self.rest.strip_prefix('\\').and_then(|rest| rest.chars().next());
            match escaped {
                Some('p' | 'P') => {
                    self.eat("\\");
                    let (found, not) = self.unicode_class()?;
                    class.join(&found, not);
                }
                Some(letter @ ('d' | 'D' | 's' | 'S' | 'w' | 'W')) => {
                    self.eat("\\");
                    self.take();
                    let found = Class::perl(letter).unwrap_or_default();
                    class.join(&found, letter.is_ascii_uppercase());
                }
                _ => self.range(&mut class)?,
            }
        }
    }

    /// One character of a class, or a range of them.
    fn range(&mut self, class: &mut Class) -> Step {
        let before = self.rest;
        let first = self.class_character()?;
        let mut last = first;
        if self.rest.starts_with('-') && !self.rest.starts_with("-]") && self.rest.len() > 1 {
            self.take();
            last = self.class_character()?;
        }
        if last < first {
            let written = &before[..before.len() - self.rest.len()];
            return Err(format!("the range `{written}` is reversed"));
        }
        class.range(first, last);
        Ok(())
    }

    fn class_character(&mut self) -> Step<u32> {
        if self.eat("\\") {
            return self.escape();
        }
        self.take().map(u32::from).ok_or_else(|| "a bracket is not closed".to_owned())
    }
}

/// Flags without repetitions, the last of each counting: the `regex` crate takes each once.
fn distinct(flags: &str) -> String {
    let (on, off) = flags.split_once('-').unwrap_or((flags, ""));
    let mut kept = String::new();
    kept.extend("imsU".chars().filter(|flag| on.contains(*flag) && !off.contains(*flag)));
    if !off.is_empty() {
        kept.push('-');
        kept.extend("imsU".chars().filter(|flag| off.contains(*flag)));
    }
    kept
}

/// `{n}`, `{n,}`, `{n,m}` at the beginning of a string: both bounds and the length; `None` where the brace is literal.
fn counted(text: &str) -> Option<(u32, Option<u32>, usize)> {
    let (inside, _) = text.strip_prefix('{')?.split_once('}')?;
    let number = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let leading = text.len() > 1 && text.starts_with('0');
        (plain && !leading).then(|| text.parse().unwrap_or(u32::MAX))
    };
    let (least, most) = match inside.split_once(',') {
        None => (number(inside)?, Some(number(inside)?)),
        Some((least, "")) => (number(least)?, None),
        Some((least, most)) => (number(least)?, Some(number(most)?)),
    };
    Some((least, most, inside.len() + 2))
}
