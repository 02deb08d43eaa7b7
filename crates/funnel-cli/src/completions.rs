//! `funnel completions`

use crate::failure::Failure;
use crate::output::say;

/// Print shell completions for the commands and options.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  funnel completions bash > ~/.local/share/bash-completion/completions/funnel
  funnel completions zsh > ~/.zfunc/_funnel
  funnel completions fish > ~/.config/fish/completions/funnel.fish")]
pub(crate) struct CompletionsArguments {
    /// The shell
    shell: clap_complete::Shell,
}

pub(crate) fn run(arguments: &CompletionsArguments, mut command: clap::Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "funnel", &mut script);
    say(&String::from_utf8_lossy(&script))
}
