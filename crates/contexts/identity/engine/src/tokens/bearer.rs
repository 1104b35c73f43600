//! Secrets of 256 bits of chance: API keys, invitations, links in mails. Only their SHA-256 is stored; with so much chance a
//! salt and a slow hash would add nothing.
//!
//! Invariant: a key and an invitation carry their workspace, so that they are looked up through its own handle.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use identity_model::InvitationId;
use kernel::{Chance, WorkspaceId};
use ring::digest::{SHA256, digest};
use telemetry::Secret;
use uuid::Uuid;

const SECRET_BYTES: usize = 32;
const ID_BYTES: usize = 16;
/// What every API key begins with.
pub const PREFIX: &str = "gg_";

/// SHA-256 in hexadecimal digits.
fn sha256_hex(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn random(chance: &dyn Chance) -> [u8; SECRET_BYTES] {
    let mut bytes = [0; SECRET_BYTES];
    chance.fill(&mut bytes);
    bytes
}

fn read<const N: usize>(text: &str) -> Option<[u8; N]> {
    // Longer texts are none of ours: they are not decoded.
    if text.len() > N * 2 {
        return None;
    }
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

fn id(bytes: &[u8]) -> Option<Uuid> {
    Uuid::from_slice(bytes).ok()
}

/// An API key: `gg_` and base64url of workspace and secret.
#[derive(Debug)]
pub struct Key {
    /// Whose.
    pub workspace: WorkspaceId,
    /// SHA-256 in hexadecimal digits, as it is stored.
    pub hash: String,
}

impl Key {
    /// A new one: what is shown once, and what is stored.
    #[must_use]
    pub fn make(workspace: WorkspaceId, chance: &dyn Chance) -> (Secret<String>, Self) {
        let bytes = [&workspace.0.as_bytes()[..], &random(chance)].concat();
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(&bytes));
        (Secret::new(text), Self { workspace, hash: sha256_hex(&bytes) })
    }

    /// What a text says; `None` for a text of another form.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let bytes: [u8; ID_BYTES + SECRET_BYTES] = read(text.strip_prefix(PREFIX)?)?;
        Some(Self { workspace: id(&bytes[..ID_BYTES])?.into(), hash: sha256_hex(&bytes) })
    }
}

/// The secret of an invitation.
#[derive(Debug)]
pub struct Invite {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Which.
    pub invitation: InvitationId,
    /// SHA-256 in hexadecimal digits, as it is stored.
    pub hash: String,
}

impl Invite {
    /// A new one: what is shown once, and what is stored.
    #[must_use]
    pub fn make(workspace: WorkspaceId, invitation: InvitationId, chance: &dyn Chance) -> (Secret<String>, Self) {
        let bytes = [&workspace.0.as_bytes()[..], invitation.0.as_bytes(), &random(chance)].concat();
        (Secret::new(URL_SAFE_NO_PAD.encode(&bytes)), Self { workspace, invitation, hash: sha256_hex(&bytes) })
    }

    /// What a text says; `None` for a text of another form.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let bytes: [u8; 2 * ID_BYTES + SECRET_BYTES] = read(text)?;
        let (workspace, invitation) = (id(&bytes[..ID_BYTES])?, id(&bytes[ID_BYTES..2 * ID_BYTES])?);
        Some(Self { workspace: workspace.into(), invitation: invitation.into(), hash: sha256_hex(&bytes) })
    }
}

/// The secret of a link that concerns an account or the installation.
#[derive(Debug)]
pub struct Link {
    /// SHA-256, as it is stored.
    pub hash: Vec<u8>,
}

impl Link {
    /// A new one: what is shown once, and what is stored.
    #[must_use]
    pub fn make(chance: &dyn Chance) -> (Secret<String>, Self) {
        let bytes = random(chance);
        (Secret::new(URL_SAFE_NO_PAD.encode(bytes)), Self { hash: digest(&SHA256, &bytes).as_ref().to_vec() })
    }

    /// What a text says; `None` for a text of another form.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let bytes: [u8; SECRET_BYTES] = read(text)?;
        Some(Self { hash: digest(&SHA256, &bytes).as_ref().to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use kernel::SeededChance;

    use super::*;

    #[test]
    fn secrets_read_back_and_nothing_else_is_one() {
        let (chance, workspace) = (SeededChance::new(1), WorkspaceId::new());
        let (text, key) = Key::make(workspace, &chance);
        let read = Key::read(text.expose()).unwrap();
        assert_eq!((read.workspace, &read.hash), (workspace, &key.hash));
        let (link, made) = Link::make(&chance);
        assert_eq!(Link::read(link.expose()).unwrap().hash, made.hash);
        let (invite, made) = Invite::make(workspace, InvitationId::new(), &chance);
        let read = Invite::read(invite.expose()).unwrap();
        assert_eq!((read.workspace, read.invitation, read.hash), (made.workspace, made.invitation, made.hash));
        let plain = text.expose();
        for wrong in ["", "gg_", &plain[3..], &plain[..plain.len() - 1], &format!("{plain}="), &"gg_".repeat(50)] {
            assert!(Key::read(wrong).is_none(), "{wrong}");
        }
        assert!(Link::read(plain).is_none() && Invite::read(link.expose()).is_none());
    }
}
