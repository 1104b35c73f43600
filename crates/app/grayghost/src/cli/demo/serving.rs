//! The end of `grayghost demo --serve`: an administrator with a password that chance has chosen, how to sign in, and the server.

use std::io::{self, Write};

use telemetry::Secret;

use crate::{
    accounts::Accounts,
    exit::Ending,
    failure::Failure,
    serve::{self, Started},
    session::Session,
    settings,
};

/// Whom the demo lets in.
const ADMINISTRATOR: &str = "admin@example.com";

pub(super) fn serve(session: &mut Session, listen: Option<&str>) -> Result<Ending, Failure> {
    let flags = listen.map(|address| ("--listen".to_owned(), address.to_owned()));
    let loaded = settings::load(&session.project, flags.into_iter().collect())?;
    let made = session.wait(async {
        let accounts = Accounts::open(&loaded.config, &session.project, None).await?;
        let made = accounts.first_owner(ADMINISTRATOR).await;
        accounts.close().await;
        made
    })?;
    session.screen.flush()?;
    session.stop.hush();
    serve::start_logs(&loaded.config)?;
    let tell = |started: &Started<'_>| {
        // Whoever does not read the screen does not miss it: the password can be set anew.
        let _ = io::stdout().lock().write_all(how_to_sign_in(&started.base, made.as_ref()).as_bytes());
    };
    session.wait(serve::run(loaded, &session.project, &session.stop, &tell))?;
    Ok(Ending::Done)
}

/// Commands that can be pasted, from signing in to an answer.
fn how_to_sign_in(base: &str, password: Option<&Secret<String>>) -> String {
    let shown = password.map_or("PASSWORD", |password| password.expose());
    let known = match password {
        Some(password) => format!("password {}   (shown this once)", password.expose()),
        None => "the password that the first `demo --serve` has shown".to_owned(),
    };
    format!(
        "\nserving     {base}, the API at {base}/api/docs\n\
         sign in as  {ADMINISTRATOR}, {known}\n\n  \
         TOKEN=$(curl -s {base}/api/v1/sessions -H 'Content-Type: application/json' \\\n    \
         -d '{{\"email\":\"{ADMINISTRATOR}\",\"password\":\"{shown}\"}}' | sed 's/.*\"access_token\":\"\\([^\"]*\\).*/\\1/')\n  \
         curl -s {base}/api/v1/assets -H \"Authorization: Bearer $TOKEN\"\n  \
         curl -s {base}/api/v1/sql -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n    \
         -d '{{\"statement\":\"select * from gold.top_products limit 5\"}}'\n\n\
         Ctrl-C ends it.\n"
    )
}
