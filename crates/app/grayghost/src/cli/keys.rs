//! `grayghost keys`: API keys, for operators and scripts.

use std::time::Duration;

use clap::{Args, Subcommand};
use identity::IssueKey;

use super::operator::Operator;
use crate::{exit::Ending, failure::Failure, session::Session};

const EXAMPLES: &str = "\
Examples:
  KEY=$(grayghost keys create --role analyst --expires 30d)
  curl -H \"Authorization: Bearer $KEY\" http://127.0.0.1:8080/api/v1/assets";

/// Make API keys.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Keys {
    #[command(flatten)]
    operator: Operator,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Create(Create),
}

/// Make a key of the workspace. Prints the key and nothing else; it is shown this once.
#[derive(Debug, Args)]
struct Create {
    /// What it may: a role of the workspace.
    #[arg(long)]
    role: String,
    /// When it ends: `90m`, `12h`, `30d`; never where it is left out.
    #[arg(long, value_name = "TIME", value_parser = time)]
    expires: Option<Duration>,
    /// What it is for.
    #[arg(long, default_value = "made by an operator")]
    name: String,
}

impl Keys {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let What::Create(create) = &self.what;
        let (name, role) = (create.name.clone(), create.role.clone());
        let command = IssueKey { name, role, expires_in: create.expires };
        let accounts = self.operator.open(session)?;
        let made = session.wait(async {
            let made = accounts.identity.issue_key(&accounts.actor, command).await;
            accounts.close().await;
            made
        })?;
        session.screen.line(made.secret.expose())?;
        Ok(Ending::Done)
    }
}

/// A number and `s`, `m`, `h` or `d`.
fn time(text: &str) -> Result<Duration, String> {
    let wrong = || "write a number and `s`, `m`, `h` or `d`, such as `30d`".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u32 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
    if number == 0 {
        return Err("a key that ends at once is none".to_owned());
    }
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_a_number_and_a_unit() {
        let seconds = |text| time(text).map(|time| time.as_secs()).ok();
        assert_eq!(["45s", "90m", "12h", "30d"].map(seconds), [45, 5_400, 43_200, 2_592_000].map(Some));
        for wrong in ["", "d", "30", "30 d", "-1d", "0d", "1.5h", "30é", "99999999999d"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
