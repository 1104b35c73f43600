//! How the rules of a workspace say no.
//!
//! Invariant: no text tells a stranger whether an invitation was there; a link that is not good is one refusal.

use kernel::{ErrorKind, ProductError};

/// The rules say no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There would be nobody left who may do everything.
    #[error("could not do it: a workspace needs an owner")]
    LastOwner,
    /// They belong to it already.
    #[error("could not add the user: they are a member already")]
    AlreadyMember,
    /// They do not belong to it.
    #[error("there is no such member")]
    NoSuchMember,
    /// Neither built in nor made here.
    #[error("there is no role `{role}`")]
    NoSuchRole {
        /// As given.
        role: String,
    },
    /// Somebody has it.
    #[error("could not remove the role `{role}`: members or API keys have it")]
    RoleInUse {
        /// Which.
        role: String,
    },
    /// Its meaning is fixed.
    #[error("could not change the role `{role}`: it is built in")]
    BuiltInRole {
        /// Which.
        role: String,
    },
    /// It may more than who gives it.
    #[error("could not give or take a role that may more than you")]
    BeyondAuthority,
    /// No invitation, or used, or over.
    #[error("could not use the link: it was used already, has ended, or was never ours")]
    BadInvitation,
    /// It stays as it is.
    #[error("could not change the workspace: it is archived")]
    Archived,
    /// There is none yet.
    #[error("there is no such workspace")]
    NoSuchWorkspace,
}

impl ProductError for Refusal {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::LastOwner
            | Self::AlreadyMember
            | Self::RoleInUse { .. }
            | Self::BuiltInRole { .. }
            | Self::Archived => ErrorKind::Conflict,
            Self::NoSuchMember | Self::NoSuchWorkspace => ErrorKind::NotFound,
            Self::NoSuchRole { .. } | Self::BadInvitation => ErrorKind::Invalid,
            Self::BeyondAuthority => ErrorKind::Forbidden,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::LastOwner => "identity.last_owner",
            Self::AlreadyMember => "identity.already_member",
            Self::RoleInUse { .. } => "identity.role_in_use",
            Self::BuiltInRole { .. } => "identity.built_in_role",
            Self::Archived => "identity.archived",
            Self::NoSuchMember | Self::NoSuchWorkspace => "identity.not_found",
            Self::NoSuchRole { .. } => "identity.no_such_role",
            Self::BadInvitation => "identity.bad_link",
            Self::BeyondAuthority => "identity.beyond_authority",
        }
    }

    fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::LastOwner => "make another member an owner first",
            Self::AlreadyMember => "change their role instead",
            Self::RoleInUse { .. } => "give those members another role, and revoke those keys, first",
            Self::BuiltInRole { .. } => "make a role of another name",
            Self::Archived => "work in another workspace",
            Self::NoSuchMember | Self::NoSuchWorkspace => "look at the list of those that exist",
            Self::NoSuchRole { .. } => "`GET /api/v1/roles` lists them",
            Self::BadInvitation => "ask for a new one",
            Self::BeyondAuthority => "ask an owner of the workspace to do it",
        };
        Some(text.to_owned())
    }
}
