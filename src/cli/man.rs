//! `quarterday man`: the manual page, one for the program with all its commands.

use clap::CommandFactory as _;
use clap_mangen::Man;

use super::examples::with_examples;
use super::output::{complain, say_raw};
use super::{Cli, Exit};

pub(super) fn man() -> Exit {
    match page() {
        Ok(page) => {
            say_raw(&page);
            Exit::Success
        }
        Err(error) => {
            complain(&format!("the manual page cannot be printed: {error}"));
            Exit::Failure
        }
    }
}

/// The page in roff: the program, then each command with its options and examples.
fn page() -> std::io::Result<String> {
    let mut cli = with_examples(Cli::command());
    cli.build();
    let mut page = Vec::new();
    let whole = Man::new(cli.clone()).manual("quarterday");
    whole.render_title(&mut page)?;
    whole.render_name_section(&mut page)?;
    whole.render_synopsis_section(&mut page)?;
    whole.render_description_section(&mut page)?;
    whole.render_options_section(&mut page)?;
    for command in cli.get_subcommands().filter(|c| !c.is_hide_set() && c.get_name() != "help") {
        let mut part = Vec::new();
        let man = Man::new(command.clone());
        man.render_synopsis_section(&mut part)?;
        man.render_description_section(&mut part)?;
        man.render_options_section(&mut part)?;
        man.render_extra_section(&mut part)?;
        let part = String::from_utf8_lossy(&part).replace("\n.SH ", "\n.SS ");
        let part = part.strip_prefix(".SH ").map(|rest| format!(".SS {rest}")).unwrap_or(part);
        page.extend(format!(".SH \"COMMAND {}\"\n{part}", command.get_name().to_uppercase()).bytes());
    }
    whole.render_extra_section(&mut page)?;
    whole.render_version_section(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
