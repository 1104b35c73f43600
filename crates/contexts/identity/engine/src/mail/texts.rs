//! What the mails say. A link holds its secret behind `#`, which browsers send to no server and write in no log.

use telemetry::Secret;

/// Why a mail is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailPurpose {
    /// To join a workspace.
    Invitation,
    /// To choose another password.
    Reset,
    /// To show that the address is right.
    Verification,
    /// To make an account.
    SignUp,
    /// To whom has an account already.
    HasAccount,
}

/// Subject and body.
#[must_use]
pub fn compose(purpose: MailPurpose, workspace: &str, public_url: &str, secret: &Secret<String>) -> (String, String) {
    let base = public_url.trim_end_matches('/');
    let link = |page: &str| format!("{base}/{page}#token={}", secret.expose());
    let (subject, what, link) = match purpose {
        MailPurpose::Invitation => (
            format!("You are invited to {workspace}"),
            format!("You are invited to join the workspace {workspace} of Gray Ghost. To accept, open:"),
            link("accept-invitation"),
        ),
        MailPurpose::Reset => (
            "Choose a new password".to_owned(),
            "Somebody, probably you, asked for a new password of your Gray Ghost account. To choose one, open:"
                .to_owned(),
            link("reset-password"),
        ),
        MailPurpose::Verification => (
            "Confirm your e-mail address".to_owned(),
            "To confirm that this is your e-mail address, open:".to_owned(),
            link("verify-email"),
        ),
        MailPurpose::SignUp => (
            "Finish signing up".to_owned(),
            "Somebody, probably you, wants a Gray Ghost account for this address. To choose a password, open:"
                .to_owned(),
            link("sign-up"),
        ),
        MailPurpose::HasAccount => {
            let what = "Somebody, probably you, wants a Gray Ghost account for this address, which has one already. \
                        To sign in, or to choose another password, open:";
            let body = format!("{what}\n\n  {base}/sign-in\n\nIf this is not about you, ignore it.\n");
            return ("You have an account already".to_owned(), body);
        }
    };
    (
        subject,
        format!(
            "{what}\n\n  {link}\n\nThe link works once and for a limited time. If this is not about you, ignore it.\n"
        ),
    )
}
