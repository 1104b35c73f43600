//! `grayghost users`: accounts, for operators and scripts.

use std::io::{self, BufRead};

use clap::{Args, Subcommand};
use identity::{CreateUser, EmailAddress, Password};

use super::operator::Operator;
use crate::{exit::Ending, failure::Failure, session::Session};

const EXAMPLES: &str = "\
Examples:
  echo \"$PASSWORD\" | grayghost users create ann@example.com --password-stdin
  grayghost users create bob@example.com --role analyst     without a password: Bob asks for a reset
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
}

/// Make an account that is a member of the workspace. Prints its id.
#[derive(Debug, Args)]
struct Create {
    /// E-mail address.
    email: String,
    /// Name; the part before the `@` where it is left out.
    #[arg(long)]
    name: Option<String>,
    /// Role in the workspace.
    #[arg(long)]
    role: Option<String>,
    /// Read the password from standard input: its first line.
    #[arg(long)]
    password_stdin: bool,
}

impl Users {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let What::Create(create) = &self.what;
        let command = create.command()?;
        let accounts = self.operator.open(session)?;
        let made = session.wait(async {
            let made = accounts.create(command, create.role.as_deref()).await;
            accounts.close().await;
            made
        })?;
        session.screen.line(made)?;
        Ok(Ending::Done)
    }
}

impl Create {
    fn command(&self) -> Result<CreateUser, Failure> {
        let email = EmailAddress::parse(&self.email)?;
        let password = self.password_stdin.then(first_line).transpose()?;
        let before = self.email.split('@').next().unwrap_or_default();
        let name = self.name.clone().unwrap_or_else(|| before.to_owned());
        Ok(CreateUser { email, name, password, role: String::new() })
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
