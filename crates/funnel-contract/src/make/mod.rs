//! What is made from a contract.

mod file;
mod names;
mod rust;
mod text;

use crate::model::{ContractFile, OutputSpec, Target};
pub use file::GeneratedFile;

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
        match output.target {
            Target::Rust => rust::files(self, &path),
        }
    }
}
