//! What is made from a contract.

mod collector;
mod dashboards;
mod file;
mod go;
mod json_schema;
mod language;
mod markdown;
mod nrql_schema;
mod prometheus;
mod python;
mod rust;
mod text;
mod typescript;
mod weaver;

pub use self::file::GeneratedFile;
use crate::model::{ContractFile, OutputSpec, Target};

impl ContractFile {
    /// Everything that the file's `[generate]` table asks for.
    #[must_use]
    pub fn generate(&self) -> Vec<GeneratedFile> {
        self.outputs.iter().flat_map(|output| self.generate_one(output)).collect()
    }

    /// One target at one path.
    #[must_use]
    pub fn generate_one(&self, output: &OutputSpec) -> Vec<GeneratedFile> {
        let path = output.path.clone();
        let one = |text| vec![GeneratedFile { path: path.clone(), text }];
        match output.target {
            Target::Rust => rust::files(self, &path),
            Target::JsonSchema => one(json_schema::text(self)),
            Target::Markdown => one(markdown::text(self)),
            Target::NrqlSchema => one(nrql_schema::text(self)),
            Target::Prometheus => one(prometheus::text(self)),
            Target::Weaver => one(weaver::text(self)),
            Target::Collector => one(collector::text(self)),
            Target::Python => python::files(self, &path),
            Target::TypeScript => typescript::files(self, &path),
            Target::Go => go::files(self, &path),
            Target::Dashboards => dashboards::files(self, &path),
        }
    }
}
