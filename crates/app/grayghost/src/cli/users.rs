//! `grayghost users`: accounts, for operators and scripts.

use std::io::{self, BufRead};

use clap::{Args, Subcommand};
use identity::{CreateUser, EmailAddress, ImportUser, Password};

use super::operator::Operator;
use crate::{exit::Ending, failure::Failure, session::Session};

const EXAMPLES: &str = "\
Examples:
  echo \"$PASSWORD\" | grayghost users create ann@example.com --password-stdin
  grayghost users create bob@example.com --role analyst     without a password: Bob asks for a reset
  echo \"$HASH\" | grayghost users import cid@example.com --hash-stdin
The first account of a workspace becomes its owner, the others are viewers, where no role is given.";

/// Make accounts.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Users {
    #[command(flatten)]
    operator: Operator,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Create(Create),
    Import(Import),
}

/// Who it is, and what they may.
#[derive(Debug, Args)]
struct Person {
    /// E-mail address.
    email: String,
    /// Name; the part before the `@` where it is left out.
    #[arg(long)]
    name: Option<String>,
    /// Role in the workspace.
    #[arg(long)]
    role: Option<String>,
}

/// Make an account that is a member of the workspace. Prints its id.
#[derive(Debug, Args)]
struct Create {
    #[command(flatten)]
    person: Person,
    /// Read the password from standard input: its first line.
    #[arg(long)]
    password_stdin: bool,
}

/// Take over an account from elsewhere, with the bcrypt hash of its password. Prints its id.
#[derive(Debug, Args)]
struct Import {
    #[command(flatten)]
    person: Person,
    /// Read the hash (`$2b$…`) from standard input: its first line.
    #[arg(long, required = true)]
    hash_stdin: bool,
}

/// What is asked of identity, before it is known which role is meant.
enum Asked {
    Create(CreateUser),
    Import(ImportUser),
}

impl Users {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let (What::Create(Create { person, .. }) | What::Import(Import { person, .. })) = &self.what;
        let asked = self.what.read()?;
        let accounts = self.operator.open(session)?;
        let made = session.wait(async {
            let made = match asked {
                Asked::Create(command) => accounts.create(command, person.role.as_deref()).await,
                Asked::Import(command) => accounts.import(command, person.role.as_deref()).await,
            };
            accounts.close().await;
            made
        })?;
        session.screen.line(made)?;
        Ok(Ending::Done)
    }
}

impl What {
    fn read(&self) -> Result<Asked, Failure> {
        let role = String::new();
        Ok(match self {
            Self::Create(Create { person, password_stdin }) => {
                let (email, name) = person.read()?;
                let password = password_stdin.then(first_line).transpose()?;
                Asked::Create(CreateUser { email, name, password, role })
            }
            Self::Import(Import { person, .. }) => {
                let (email, name) = person.read()?;
                Asked::Import(ImportUser { email, name, hash: first_line()?, role })
            }
        })
    }
}

impl Person {
    fn read(&self) -> Result<(EmailAddress, String), Failure> {
        let email = EmailAddress::parse(&self.email)?;
        let before = self.email.split('@').next().unwrap_or_default();
        Ok((email, self.name.clone().unwrap_or_else(|| before.to_owned())))
    }
}

/// What was typed or piped, without the end of its line.
fn first_line() -> Result<Password, Failure> {
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    read.map_err(|source| Failure::Input { path: "-".into(), source })?;
    let kept = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(kept);
    Ok(Password::new(line))
}
