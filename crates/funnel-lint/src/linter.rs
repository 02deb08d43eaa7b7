//! Checks the queries of files.

use std::io;
use std::path::{Path, PathBuf};

use nrql::Severity;

use crate::catalogue::Catalogue;
use crate::extract::{IGNORE, Lines};
use crate::judge::{Judge, LintOptions, LintedQuery};
use crate::walk::{self, LARGEST};
use crate::{find, fix};

/// Checks files.
#[derive(Clone, Debug)]
pub struct Linter {
    catalogue: Catalogue,
    options: LintOptions,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct LintReport {
    /// Every query, file by file, in the order of the text.
    pub queries: Vec<LintedQuery>,
    /// How many files were read.
    pub files: usize,
    /// Files that could not be read, and why.
    pub unread: Vec<(PathBuf, String)>,
    /// How many findings a baseline took out.
    pub known: usize,
}

impl LintReport {
    /// How many findings are errors.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.count(Severity::Error)
    }

    /// How many findings are warnings.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning)
    }

    fn count(&self, severity: Severity) -> usize {
        self.queries
            .iter()
            .flat_map(|query| &query.findings)
            .filter(|finding| finding.severity == severity)
            .count()
    }
}

impl Default for Linter {
    fn default() -> Self {
        Self::new(Catalogue::standard(), LintOptions::default())
    }
}

impl Linter {
    /// A linter that knows these events.
    #[must_use]
    pub fn new(catalogue: Catalogue, options: LintOptions) -> Self {
        Self { catalogue, options }
    }

    /// The queries of a string. Its name says how it is read, and stands in the findings.
    #[must_use]
    pub fn lint_text(&self, name: &str, text: &str) -> Vec<LintedQuery> {
        self.lint(name, text, true)
    }

    fn lint(&self, name: &str, text: &str, named: bool) -> Vec<LintedQuery> {
        if text.contains(&format!("{IGNORE}-file")) {
            return Vec::new();
        }
        let lines = Lines::new(text);
        let judge = Judge { catalogue: &self.catalogue, options: &self.options };
        find::find(name, text, named).iter().map(|found| judge.judge(name, &lines, found)).collect()
    }

    /// The queries of files and of the files in folders. `progress` is called with each file before it is read.
    ///
    /// # Errors
    /// A path that is not there, or a folder that cannot be read. A file in a folder that cannot be read is listed in the
    /// report.
    pub fn lint_paths(&self, paths: &[PathBuf], mut progress: impl FnMut(&Path)) -> io::Result<LintReport> {
        let mut report = LintReport::default();
        for path in paths {
            let failed =
                |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
            let folder = std::fs::metadata(path).map_err(failed)?.is_dir();
            let files = if folder { walk::files(path).map_err(failed)? } else { vec![path.clone()] };
            for file in files {
                progress(&file);
                match read(&file) {
                    Ok(text) => {
                        report.files += 1;
                        report.queries.extend(self.lint(&file.to_string_lossy(), &text, !folder));
                    }
                    Err(error) if folder => report.unread.push((file, error.to_string())),
                    Err(error) => return Err(failed(error)),
                }
            }
        }
        Ok(report)
    }
}

/// The text of a file with every [fix](crate::Finding::fix) of its queries made, and how many there were. `None` when there is none.
///
/// A fix whose word no longer stands where it was found is left out.
///
/// ```
/// use funnel_lint::{Linter, fixed};
///
/// let text = "SELECT count(*) FROM InstantFunnel WHERE funnelStep = 'clam'";
/// let queries = Linter::default().lint_text("claims.nrql", text);
/// let (text, count) = fixed(text, &queries).unwrap();
/// assert_eq!((text.as_str(), count), ("SELECT count(*) FROM InstantFunnel WHERE funnelStep = 'claim'", 1));
/// ```
#[must_use]
pub fn fixed(text: &str, queries: &[LintedQuery]) -> Option<(String, usize)> {
    let findings = queries.iter().flat_map(|query| &query.findings);
    fix::apply(text, findings.filter_map(|finding| finding.fix.as_ref()))
}

fn read(file: &Path) -> io::Result<String> {
    if std::fs::metadata(file)?.len() > LARGEST {
        return Err(io::Error::other("larger than 64 MiB"));
    }
    String::from_utf8(std::fs::read(file)?).map_err(|_| io::Error::other("not UTF-8"))
}
