//! What records: its constructor takes what the process knows.

use crate::json::quoted as literal;
use crate::make::text::Lines;
use crate::model::{ContractFile, SupplierSpec};
use crate::names::snake;

pub(super) fn write(out: &mut Lines, contract: &ContractFile) {
    let own = contract.attributes.iter().filter(|one| one.supplier == SupplierSpec::Process);
    let mut process = vec![("service_name".to_owned(), "serviceName".to_owned(), "str")];
    process.push(("commit_id".to_owned(), "commitId".to_owned(), "str | None = None"));
    process.push(("env".to_owned(), "env".to_owned(), "str | None = None"));
    process.push(("cohort".to_owned(), "cohort".to_owned(), "str = \"real\""));
    process.extend(own.map(|one| (snake(&one.key), one.key.clone(), "str | None = None")));
    out.line(format!("\n\nclass {}Recorder:", contract.event));
    out.line("    \"\"\"Records events with a logger of the application's own OpenTelemetry SDK.\"\"\"\n");
    out.line("    def __init__(\n        self,\n        logger: Logger,\n        *,");
    process.iter().for_each(|(name, _, kind)| out.line(format!("        {name}: {kind},")));
    out.line("        on_drop: Callable[[str, str], None] | None = None,\n    ) -> None:");
    out.line("        \"\"\"Take what the process knows; a value that breaks its rule is an error.");
    out.line("\n        `on_drop` is told the key and the rule of each value that is dropped later.\n        \"\"\"");
    out.line("        process = {");
    process.iter().for_each(|(name, key, _)| out.line(format!("            {}: {name},", literal(key))));
    out.line("        }");
    out.line("        self._logger = logger\n        self._on_drop = on_drop");
    out.line("        self._process = {k: v for k, v in process.items() if v is not None}");
    out.line("        for key, value in self._process.items():");
    out.line("            broken = _CHECKS[key](value)");
    out.line("            if broken is not None:");
    out.line("                raise ValueError(f\"{key} breaks the rule {broken}\")");
}
