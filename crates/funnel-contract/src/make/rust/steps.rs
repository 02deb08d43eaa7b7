//! The steps as a type.

use super::super::text::Lines;
use super::layout::{Home, doc, literal};
use crate::model::ContractFile;
use crate::names::{pascal, sentence};

pub(super) fn write(out: &mut Lines, contract: &ContractFile, home: Home) {
    match home {
        Home::Core => {
            out.line("use super::table::CONTRACT;");
            out.gap();
        }
        Home::Service => out.gap(),
    }
    doc(out, "A step of the funnel. Exhaustive on purpose: a new step must break every match.");
    out.line("#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]");
    out.block("pub enum Step {", "}", |out| {
        for step in &contract.steps {
            let brief = if step.brief.is_empty() { format!("`{}`", step.name) } else { step.brief.clone() };
            doc(out, &sentence(&brief));
            out.line(format!("{},", pascal(&step.name)));
        }
    });
    out.gap();
    out.block("impl Step {", "}", |out| {
        let all: Vec<_> = contract.steps.iter().map(|step| format!("Self::{}", pascal(&step.name))).collect();
        doc(out, "The steps in funnel order.");
        out.line(format!("pub const ALL: [Self; {}] = [{}];", all.len(), all.join(", ")));
        out.gap();
        doc(out, "The value of `funnelStep` and of the Prometheus label `step`.");
        out.line("#[must_use]");
        out.block("pub const fn as_str(self) -> &'static str {", "}", |out| {
            out.line("CONTRACT.steps[self.index()].name");
        });
        out.gap();
        doc(out, "The position in the funnel, from 0.");
        out.line("#[must_use]");
        out.block("pub const fn index(self) -> usize {", "}", |out| out.line("self as usize"));
    });
    out.gap();
    if home == Home::Core {
        parsed(out, contract);
    }
}

fn parsed(out: &mut Lines, contract: &ContractFile) {
    let names: Vec<_> = contract.steps.iter().map(|step| step.name.as_str()).collect();
    let list = match names.as_slice() {
        [others @ .., last] if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => names.concat(),
    };
    doc(out, "A string that does not name a step.");
    out.line("#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]");
    out.line(format!("#[error({})]", literal(&format!("not a funnel step; the steps are {list}"))));
    out.line("pub struct ParseStepError;");
    out.gap();
    out.block("impl std::str::FromStr for Step {", "}", |out| {
        out.line("type Err = ParseStepError;");
        out.gap();
        out.block("fn from_str(text: &str) -> Result<Self, Self::Err> {", "}", |out| {
            out.line("Self::ALL.into_iter().find(|step| step.as_str() == text).ok_or(ParseStepError)");
        });
    });
    out.gap();
    out.block("impl std::fmt::Display for Step {", "}", |out| {
        out.block("fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {", "}", |out| {
            out.line("f.write_str(self.as_str())");
        });
    });
}
