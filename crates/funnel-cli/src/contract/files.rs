//! `funnel contract check`, `generate` and `diff`: contract files.

use std::path::{Path, PathBuf};

use funnel_contract::{ContractDiff, ContractFile, OutputSpec, Target};

use crate::ask;
use crate::failure::Failure;
use crate::output::say;

/// What is done with contract files.
#[derive(clap::Subcommand)]
pub(crate) enum FileCommand {
    /// Check contract files; report each mistake with its position and a correction
    Check {
        /// Contract files
        #[arg(required = true, value_name = "FILE", value_parser = ask::path)]
        files: Vec<PathBuf>,
    },
    /// Write the files that the `[generate]` tables of contract files list
    Generate {
        /// Contract files
        #[arg(required = true, value_name = "FILE", value_parser = ask::path)]
        files: Vec<PathBuf>,
        /// Write nothing; exit with 1 if a file does not match its contract
        #[arg(long)]
        check: bool,
        /// Write nothing; print the output of this target
        #[arg(long, conflicts_with = "check", value_parser = target)]
        target: Option<Target>,
    },
    /// Print the JSON Schema of the format of contract files, for editors
    Schema,
    /// Print test events, one per line, with the values that every implementation must keep and drop
    Vectors {
        /// A contract file
        #[arg(value_name = "FILE", value_parser = ask::path)]
        file: PathBuf,
        /// How many
        #[arg(long, default_value_t = 10_000)]
        count: usize,
        /// Seed; another seed gives other events
        #[arg(long, default_value_t = 7)]
        seed: u64,
    },
    /// Report what changed, who is affected by a breaking change and in which order to deploy; exit with 1 if there is a breaking change without a new version
    Diff {
        /// The old contract file
        #[arg(value_name = "OLD", value_parser = ask::path)]
        old: PathBuf,
        /// The new contract file
        #[arg(value_name = "NEW", value_parser = ask::path)]
        new: PathBuf,
    },
}

pub(super) fn run(command: &FileCommand) -> Result<(), Failure> {
    match command {
        FileCommand::Check { files } => check(files),
        FileCommand::Generate { files, target: Some(target), .. } => print(files, *target),
        FileCommand::Generate { files, check, .. } => generate(files, *check),
        FileCommand::Schema => say(&ContractFile::format_schema()),
        FileCommand::Vectors { file, count, seed } => {
            let vectors = read(file)?.vectors(*seed, *count);
            say(&vectors.iter().map(|vector| vector.to_json() + "\n").collect::<String>())
        }
        FileCommand::Diff { old, new } => {
            let diff = ContractDiff::between(&read(old)?, &read(new)?);
            say(&diff.to_string())?;
            if diff.needs_version() {
                return Err(Failure::Wrong(format!("{} needs a new version", new.display())));
            }
            Ok(())
        }
    }
}

/// Reads a contract file.
pub(super) fn read(path: &Path) -> Result<ContractFile, Failure> {
    let name = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::CannotAsk(format!("{name} cannot be read: {error}")))?;
    ContractFile::parse(&text).map_err(|error| {
        let lines: Vec<_> = error.mistakes.iter().map(|mistake| format!("{name}:{mistake}")).collect();
        Failure::Wrong(format!("{name} is not a valid contract:\n{}", lines.join("\n")))
    })
}

fn check(files: &[PathBuf]) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    for path in files {
        match read(path) {
            Ok(contract) => {
                let (event, version) = (&contract.event, contract.version);
                say(&format!("{}: {event}, version {version}\n", path.display()))?;
            }
            Err(Failure::Wrong(message)) => wrong.push(message),
            Err(other) => return Err(other),
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure::Wrong(wrong.join("\n"))) }
}

fn target(word: &str) -> Result<Target, String> {
    let words = Target::ALL.map(Target::as_str).join(", ");
    Target::named(word).ok_or_else(|| format!("use one of {words}"))
}

fn print(files: &[PathBuf], target: Target) -> Result<(), Failure> {
    for path in files {
        let contract = read(path)?;
        let output = OutputSpec { target, path: target.file_name(&contract) };
        contract.generate_one(&output).iter().try_for_each(|file| say(&file.text))?;
    }
    Ok(())
}

fn generate(files: &[PathBuf], check: bool) -> Result<(), Failure> {
    let mut drifted = Vec::new();
    for path in files {
        let contract = read(path)?;
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        let made = contract.generate();
        if made.is_empty() {
            return Err(Failure::CannotAsk(format!(
                "{} has no `[generate]` table; add one, for example\n[generate]\nrust = \"src/{}.rs\"",
                path.display(),
                contract.event.to_ascii_lowercase()
            )));
        }
        for file in made {
            let to = folder.join(&file.path);
            let is_same = std::fs::read_to_string(&to).is_ok_and(|found| file.is_same(&found));
            if is_same {
                continue;
            }
            if check {
                drifted.push(to.display().to_string());
                continue;
            }
            write(&to, &file.text)?;
            say(&format!("{}\n", to.display()))?;
        }
    }
    if drifted.is_empty() {
        return Ok(());
    }
    Err(Failure::Wrong(format!(
        "these files do not match the contract: {}; run `funnel contract generate`",
        drifted.join(", ")
    )))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| Failure::CannotAsk(format!("{} cannot be written: {error}", path.display())))
}
