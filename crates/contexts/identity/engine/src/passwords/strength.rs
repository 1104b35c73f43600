//! How soon a password is guessed, by zxcvbn: Wheeler, "zxcvbn: Low-Budget Password Strength Estimation", USENIX Security 2016.

use zxcvbn::{feedback::Feedback, zxcvbn};

use crate::PasswordError;

/// Refuses what has a lower score, given what one knows of its owner.
pub(super) fn check(password: &str, about: &[String], least: u8) -> Result<(), PasswordError> {
    // `ann@example.com` is guessed by its parts too, and `Ann Lee` by `annlee`.
    let parts = about.iter().flat_map(|text| text.split(['@', '.', ' '])).filter(|part| part.len() > 2);
    let joined: Vec<String> = about.iter().map(|text| text.replace(['@', '.', ' '], "").to_lowercase()).collect();
    let inputs: Vec<&str> = about.iter().chain(&joined).map(String::as_str).chain(parts).collect();
    let entropy = zxcvbn(password, &inputs);
    if u8::from(entropy.score()) >= least {
        return Ok(());
    }
    let warning = entropy.feedback().and_then(Feedback::warning).map(|warning| warning.to_string());
    let why = warning.map_or_else(
        || "it is too easy to guess".to_owned(),
        |text| format!("it is too easy to guess: {}", text.trim_end_matches('.').to_lowercase()),
    );
    Err(PasswordError::Weak { why })
}
