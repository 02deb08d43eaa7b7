//! Fences that say `nrql`.

use super::plain;
use crate::extract::Extract;
use crate::found::Found;

pub(super) fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut fence: Option<(String, bool, usize, Extract)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start_matches([' ', '>']);
        let indent = line.len() - bare.len();
        let mark: String = bare.chars().take_while(|c| matches!(c, '`' | '~')).collect();
        match &mut fence {
            Some((open, wanted, _, inside))
                if mark.starts_with(open.as_str()) && bare[mark.len()..].trim().is_empty() =>
            {
                if *wanted {
                    found.extend(plain::find_in(inside));
                }
                fence = None;
            }
            Some((_, _, cut, inside)) => {
                let skip = indent.min(*cut);
                inside.push(&line[skip..], at + skip, line.len() - skip);
            }
            None if mark.len() >= 3 => {
                let language = bare[mark.len()..].trim().split([' ', '{', ',']).next().unwrap_or("");
                fence = Some((mark, language.eq_ignore_ascii_case("nrql"), indent, Extract::default()));
            }
            None => {}
        }
        at += line.len();
    }
    found
}
