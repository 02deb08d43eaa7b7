//! The table of functions for the docs.

use std::fmt::Write;

use super::catalogue::functions;
use super::entry::{Function, FunctionKind, Standing};

/// The functions as Markdown tables, as `docs/nrql.md` shows them; a test keeps the page equal to this.
#[must_use]
pub fn functions_markdown() -> String {
    let mut page = String::new();
    for (title, kind) in [("Aggregates", FunctionKind::Aggregate), ("Row functions", FunctionKind::Row)] {
        if !page.is_empty() {
            page.push('\n');
        }
        let _ = write!(page, "### {title}\n\n| function | result |\n|---|---|\n");
        for function in functions().filter(|function| function.kind == kind) {
            let _ = writeln!(page, "| `{}` | {} |", function.signature.replace('|', "\\|"), about(function));
        }
    }
    page
}

fn about(function: &Function) -> String {
    let standing = match function.standing {
        Standing::Documented | Standing::Refused => "",
        Standing::Undocumented => " *Undocumented.*",
        Standing::Metrics => " *For metrics.*",
    };
    let aliases: Vec<String> = function.aliases.iter().map(|alias| format!("`{alias}`")).collect();
    let aliases = if aliases.is_empty() { String::new() } else { format!(" Also {}.", aliases.join(", ")) };
    format!("{}{aliases}{standing}", function.about.replace('|', "\\|"))
}
