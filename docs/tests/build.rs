//! Makes one function of each Rust block in README.md, docs and the READMEs of crates and examples. A block sees the
//! names that `preambles/<page>-<number>.rs` declares, if there is such a file.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?);
    let root = here.join("../..");
    let mut pages = vec![root.join("README.md")];
    for folder in ["docs", "docs/adr", "docs/benchmarks"] {
        pages.extend(markdown(&root.join(folder))?);
    }
    for folder in ["crates", "examples"] {
        for entry in fs::read_dir(root.join(folder))? {
            pages.extend(Some(entry?.path().join("README.md")).filter(|page| page.exists()));
        }
    }
    pages.sort();
    let mut code = String::new();
    for page in &pages {
        println!("cargo::rerun-if-changed={}", page.display());
        let name = name_of(page, &root);
        for (number, block) in blocks(&fs::read_to_string(page)?).into_iter().enumerate() {
            let preamble = here.join("preambles").join(format!("{name}-{}.rs", number + 1));
            let preamble = fs::read_to_string(preamble).unwrap_or_default();
            let _ = writeln!(
                code,
                "async fn {}_{}() -> Result<(), Box<dyn std::error::Error>> {{\n{preamble}\n{block}\n;\nOk(())\n}}",
                name.replace('-', "_"),
                number + 1
            );
        }
    }
    println!("cargo::rerun-if-changed=preambles");
    fs::write(PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?).join("blocks.rs"), code)
}

/// `README` for the first page, `docs-lab` for `docs/lab.md`.
fn name_of(page: &Path, root: &Path) -> String {
    let inner = page.strip_prefix(root).unwrap_or(page).with_extension("");
    inner.to_string_lossy().replace(['/', '\\', '_'], "-").to_lowercase()
}

fn markdown(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(folder)? {
        pages.extend(Some(entry?.path()).filter(|path| path.extension().is_some_and(|end| end == "md")));
    }
    Ok(pages)
}

/// The blocks marked `rust`.
fn blocks(text: &str) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), None);
    for line in text.lines() {
        match (&mut open, line.trim_end()) {
            (None, "```rust") => open = Some(String::new()),
            (Some(_), "```") => found.extend(open.take()),
            (Some(block), line) => {
                block.push_str(line);
                block.push('\n');
            }
            _ => {}
        }
    }
    found
}
