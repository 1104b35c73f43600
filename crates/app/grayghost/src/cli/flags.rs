//! Every setting of the server as a flag: made from the table of settings, never written twice.

use std::sync::LazyLock;

use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches, ValueHint};
use config::{Kind, SECTIONS, Spelling};

static SPELLINGS: LazyLock<Vec<Spelling>> = LazyLock::new(|| Spelling::all(SECTIONS));

/// Flags with their dashes and what they were given, in the order typed.
pub(super) type Given = Vec<(String, String)>;

/// All settings, shown in the help: for the verbs that are about them.
#[derive(Debug, Clone, Default)]
pub(super) struct Flags(pub(super) Given);

/// The same before or after the words of a verb with several; the help shows those of the database.
#[derive(Debug, Clone, Default)]
pub(super) struct BesideFlags(pub(super) Given);

/// Which flags a help shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Help {
    All,
    Database,
}

fn augment(command: Command, help: Help) -> Command {
    SPELLINGS.iter().fold(command, |command, spelling| {
        let is_hidden = help == Help::Database && !spelling.setting.name.starts_with("database.");
        let is_global = help == Help::Database;
        let long = flag(&spelling.flag, spelling).hide(is_hidden || spelling.short_flag.is_some()).global(is_global);
        let command = command.arg(long);
        match &spelling.short_flag {
            Some(short) => command.arg(flag(short, spelling).hide(is_hidden).global(is_global)),
            None => command,
        }
    })
}

fn flag(dashed: &'static str, spelling: &'static Spelling) -> Arg {
    let (name, setting) = (dashed.trim_start_matches('-'), spelling.setting);
    let default = setting.default.filter(|default| !default.is_empty());
    let default = default.map(|default| format!(" [default: {default}]")).unwrap_or_default();
    Arg::new(name)
        .long(name)
        .value_name(value_name(&setting.kind))
        .help(format!("{}{default}", setting.doc))
        .help_heading("Settings")
        .action(ArgAction::Append)
        .value_hint(if setting.kind == Kind::Path { ValueHint::AnyPath } else { ValueHint::Unknown })
}

fn value_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::LogFilter => "TEXT",
        Kind::Choice(_) => "WORD",
        Kind::Url { .. } => "URL",
        Kind::Address => "ADDR",
        Kind::Bool => "BOOL",
        Kind::Integer { .. } => "N",
        Kind::DurationMs { .. } => "MS",
        Kind::SizeBytes { .. } => "BYTES",
        Kind::Path => "PATH",
        Kind::List { .. } => "LIST",
    }
}

/// In the order typed, because of two that say the same the later holds.
fn given(matches: &ArgMatches) -> Given {
    let spelled = SPELLINGS.iter().flat_map(|spelling| [Some(&spelling.flag), spelling.short_flag.as_ref()]).flatten();
    let mut given: Vec<(usize, String, String)> = Vec::new();
    for dashed in spelled {
        let name = dashed.trim_start_matches('-');
        let (values, places) = (matches.get_many::<String>(name), matches.indices_of(name));
        let (Some(values), Some(places)) = (values, places) else { continue };
        given.extend(values.zip(places).map(|(value, place)| (place, dashed.clone(), value.clone())));
    }
    given.sort_by_key(|(place, ..)| *place);
    given.into_iter().map(|(_, flag, value)| (flag, value)).collect()
}

macro_rules! flags {
    ($name:ident, $help:expr) => {
        impl FromArgMatches for $name {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                Ok(Self(given(matches)))
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                self.0.extend(given(matches));
                Ok(())
            }
        }

        impl clap::Args for $name {
            fn augment_args(command: Command) -> Command {
                augment(command, $help)
            }

            fn augment_args_for_update(command: Command) -> Command {
                augment(command, $help)
            }
        }
    };
}
flags!(Flags, Help::All);
flags!(BesideFlags, Help::Database);

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(typed: &[&str]) -> Given {
        let command = augment(Command::new("serve").no_binary_name(true), Help::All);
        given(&command.try_get_matches_from(typed).expect("flags"))
    }

    #[test]
    fn every_setting_has_its_flags_and_the_later_of_two_comes_last() {
        for spelling in SPELLINGS.iter() {
            for flag in [Some(&spelling.flag), spelling.short_flag.as_ref()].into_iter().flatten() {
                assert_eq!(parsed(&[flag, "x"]), [(flag.clone(), "x".to_owned())]);
            }
        }
        let typed = ["--listen", "a", "--log-level=b", "--server-listen", "c", "--listen", "d"];
        let expected = [("--listen", "a"), ("--log-level", "b"), ("--server-listen", "c"), ("--listen", "d")];
        assert_eq!(parsed(&typed), expected.map(|(flag, value)| (flag.to_owned(), value.to_owned())));
    }
}
