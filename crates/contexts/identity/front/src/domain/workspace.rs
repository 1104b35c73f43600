//! One workspace: its name, members, invitations and own roles.
//!
//! Invariants
//! - a workspace that exists has an owner, always;
//! - nobody gives, changes or takes away a role that may more than they may themselves;
//! - an invitation is used once, in time, and only by who holds its secret; an archived workspace stays as it is.

use std::collections::{BTreeMap, BTreeSet};

use contracts::identity::IdentityFact;
use identity_engine::InvitationId;
use kernel::{Aggregate, Event, Permission, Personal, Timestamp, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::roles::{self, ADMIN, OWNER};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum WorkspaceEvent {
    WorkspaceCreated {
        workspace: WorkspaceId,
        name: String,
    },
    WorkspaceRenamed {
        name: String,
    },
    WorkspaceArchived,
    MemberAdded {
        user: UserId,
        role: String,
    },
    RoleChanged {
        user: UserId,
        role: String,
    },
    MemberRemoved {
        user: UserId,
    },
    MemberInvited {
        invitation: InvitationId,
        /// Sealed under the invitation as its subject, for there may be no account yet.
        email: Personal<String>,
        role: String,
        /// SHA-256 of the secret in the mail, in hexadecimal digits.
        hash: String,
        /// Microseconds since the epoch.
        expires_at: i64,
    },
    InvitationAccepted {
        invitation: InvitationId,
        user: UserId,
    },
    InvitationRevoked {
        invitation: InvitationId,
    },
    RoleDefined {
        role: String,
        permissions: Vec<String>,
    },
    RoleDropped {
        role: String,
    },
    /// Whether a session may anything here without a second factor.
    SecondFactorRuled {
        required: bool,
    },
}

impl Event for WorkspaceEvent {}

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
    #[error("could not remove the role `{role}`: members have it")]
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

/// What is known of an open invitation.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Invited {
    role: String,
    hash: String,
    expires_at: i64,
}

/// An invitation to be made.
pub(crate) struct NewInvitation {
    pub(crate) invitation: InvitationId,
    pub(crate) email: Personal<String>,
    pub(crate) role: String,
    pub(crate) hash: String,
    pub(crate) expires_at: Timestamp,
}

/// A workspace as its events tell it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Workspace {
    id: Option<WorkspaceId>,
    name: String,
    archived: bool,
    members: BTreeMap<UserId, String>,
    invited: BTreeMap<InvitationId, Invited>,
    custom: BTreeMap<String, BTreeSet<String>>,
    requires_factor: bool,
}

type Decided = Result<Vec<WorkspaceEvent>, Refusal>;

impl Workspace {
    /// Creates it; said again, it changes nothing.
    pub(crate) fn create(&self, workspace: WorkspaceId, name: String) -> Vec<WorkspaceEvent> {
        if self.id.is_none() { vec![WorkspaceEvent::WorkspaceCreated { workspace, name }] } else { vec![] }
    }

    pub(crate) fn rename(&self, name: String) -> Decided {
        self.open()?;
        Ok(if self.name == name { vec![] } else { vec![WorkspaceEvent::WorkspaceRenamed { name }] })
    }

    pub(crate) fn archive(&self) -> Vec<WorkspaceEvent> {
        if self.open().is_ok() { vec![WorkspaceEvent::WorkspaceArchived] } else { vec![] }
    }

    /// By somebody who holds `authority`.
    pub(crate) fn add_member(&self, user: UserId, role: String, authority: &[Permission]) -> Decided {
        self.open()?;
        self.within(&role, authority)?;
        if self.members.contains_key(&user) {
            return Err(Refusal::AlreadyMember);
        }
        Ok(vec![WorkspaceEvent::MemberAdded { user, role }])
    }

    pub(crate) fn change_role(&self, user: UserId, role: String, authority: &[Permission]) -> Decided {
        self.open()?;
        let present = self.members.get(&user).ok_or(Refusal::NoSuchMember)?;
        self.within(&role, authority)?;
        self.within(present, authority)?;
        if *present == role {
            return Ok(vec![]);
        }
        self.keep_an_owner(user)?;
        Ok(vec![WorkspaceEvent::RoleChanged { user, role }])
    }

    pub(crate) fn remove_member(&self, user: UserId, authority: &[Permission]) -> Decided {
        self.open()?;
        let present = self.members.get(&user).ok_or(Refusal::NoSuchMember)?;
        self.within(present, authority)?;
        self.keep_an_owner(user)?;
        Ok(vec![WorkspaceEvent::MemberRemoved { user }])
    }

    /// One owner makes another member one, and is an administrator from then on.
    pub(crate) fn transfer_ownership(&self, from: UserId, to: UserId) -> Decided {
        self.open()?;
        if self.role_of(from) != Some(OWNER) {
            return Err(Refusal::BeyondAuthority);
        }
        let present = self.role_of(to).ok_or(Refusal::NoSuchMember)?;
        if from == to {
            return Ok(vec![]);
        }
        let role = |user, role: &str| WorkspaceEvent::RoleChanged { user, role: role.to_owned() };
        let mut events = vec![];
        events.extend((present != OWNER).then(|| role(to, OWNER)));
        events.push(role(from, ADMIN));
        Ok(events)
    }

    pub(crate) fn rule_second_factor(&self, required: bool) -> Decided {
        self.open()?;
        let changes = self.requires_factor != required;
        Ok(changes.then_some(WorkspaceEvent::SecondFactorRuled { required }).into_iter().collect())
    }

    pub(crate) fn requires_factor(&self) -> bool {
        self.requires_factor
    }

    pub(crate) fn invite(&self, new: NewInvitation, authority: &[Permission]) -> Decided {
        self.open()?;
        self.within(&new.role, authority)?;
        let NewInvitation { invitation, email, role, hash, expires_at } = new;
        Ok(vec![WorkspaceEvent::MemberInvited { invitation, email, role, hash, expires_at: expires_at.0 }])
    }

    /// Who holds the secret joins; a member who has an invitation too stays what they are.
    pub(crate) fn accept(&self, (invitation, hash): (InvitationId, &str), user: UserId, now: Timestamp) -> Decided {
        self.open()?;
        let invited = self.invited.get(&invitation).ok_or(Refusal::BadInvitation)?;
        if invited.hash != hash || invited.expires_at <= now.0 {
            return Err(Refusal::BadInvitation);
        }
        let mut events = vec![WorkspaceEvent::InvitationAccepted { invitation, user }];
        if !self.members.contains_key(&user) {
            self.permissions(&invited.role).ok_or(Refusal::BadInvitation)?;
            events.push(WorkspaceEvent::MemberAdded { user, role: invited.role.clone() });
        }
        Ok(events)
    }

    pub(crate) fn revoke_invitation(&self, invitation: InvitationId) -> Decided {
        self.open()?;
        if !self.invited.contains_key(&invitation) {
            return Err(Refusal::BadInvitation);
        }
        Ok(vec![WorkspaceEvent::InvitationRevoked { invitation }])
    }

    /// Makes a role of its own, or gives it another meaning; within what the giver may.
    pub(crate) fn define_role(&self, role: String, may: &[Permission], authority: &[Permission]) -> Decided {
        self.open()?;
        if roles::built_in(&role).is_some() {
            return Err(Refusal::BuiltInRole { role });
        }
        let present = self.permissions(&role).unwrap_or_default();
        if !may.iter().chain(&present).all(|each| authority.contains(each)) {
            return Err(Refusal::BeyondAuthority);
        }
        let names: BTreeSet<String> = may.iter().map(|each| each.name().to_owned()).collect();
        if self.custom.get(&role) == Some(&names) {
            return Ok(vec![]);
        }
        Ok(vec![WorkspaceEvent::RoleDefined { role, permissions: names.into_iter().collect() }])
    }

    pub(crate) fn drop_role(&self, role: String) -> Decided {
        self.open()?;
        if roles::built_in(&role).is_some() {
            return Err(Refusal::BuiltInRole { role });
        }
        if !self.custom.contains_key(&role) {
            return Err(Refusal::NoSuchRole { role });
        }
        let invited = self.invited.values().map(|each| &each.role);
        if self.members.values().chain(invited).any(|each| *each == role) {
            return Err(Refusal::RoleInUse { role });
        }
        Ok(vec![WorkspaceEvent::RoleDropped { role }])
    }

    /// Whether the role exists and may no more than `authority`.
    pub(crate) fn within(&self, role: &str, authority: &[Permission]) -> Result<(), Refusal> {
        let may = self.permissions(role).ok_or_else(|| Refusal::NoSuchRole { role: role.to_owned() })?;
        if may.iter().all(|each| authority.contains(each)) { Ok(()) } else { Err(Refusal::BeyondAuthority) }
    }

    /// What a role may here.
    pub(crate) fn permissions(&self, role: &str) -> Option<Vec<Permission>> {
        roles::built_in(role).or_else(|| {
            let names = self.custom.get(role)?;
            Some(names.iter().filter_map(|name| roles::permission(name)).collect())
        })
    }

    pub(crate) fn role_of(&self, user: UserId) -> Option<&str> {
        self.members.get(&user).map(String::as_str)
    }

    /// Names of the roles that were made here.
    pub(crate) fn own_roles(&self) -> impl Iterator<Item = &str> {
        self.custom.keys().map(String::as_str)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn exists(&self) -> bool {
        self.id.is_some()
    }

    pub(crate) fn is_archived(&self) -> bool {
        self.archived
    }

    pub(crate) fn has_owner(&self) -> bool {
        self.members.values().any(|role| role == OWNER)
    }

    fn open(&self) -> Result<(), Refusal> {
        match (self.id, self.archived) {
            (None, _) => Err(Refusal::NoSuchWorkspace),
            (_, true) => Err(Refusal::Archived),
            _ => Ok(()),
        }
    }

    fn keep_an_owner(&self, leaving: UserId) -> Result<(), Refusal> {
        let is_owner = self.members.get(&leaving).is_some_and(|role| role == OWNER);
        let others = self.members.iter().any(|(user, role)| *user != leaving && role == OWNER);
        if is_owner && !others { Err(Refusal::LastOwner) } else { Ok(()) }
    }
}

impl Aggregate for Workspace {
    const STREAM: &'static str = "identity.workspace";
    const SNAPSHOT_EVERY: u32 = 100;
    const STATE_VERSION: u16 = 2;
    type Id = WorkspaceId;
    type Event = WorkspaceEvent;
    type Published = IdentityFact;

    fn apply(&mut self, event: &WorkspaceEvent) {
        use WorkspaceEvent as E;
        match event.clone() {
            E::WorkspaceCreated { workspace, name } => (self.id, self.name) = (Some(workspace), name),
            E::WorkspaceRenamed { name } => self.name = name,
            E::WorkspaceArchived => self.archived = true,
            E::MemberAdded { user, role } | E::RoleChanged { user, role } => drop(self.members.insert(user, role)),
            E::MemberRemoved { user } => drop(self.members.remove(&user)),
            E::MemberInvited { invitation, role, hash, expires_at, .. } => {
                self.invited.insert(invitation, Invited { role, hash, expires_at });
            }
            E::InvitationAccepted { invitation, .. } | E::InvitationRevoked { invitation } => {
                self.invited.remove(&invitation);
            }
            E::RoleDefined { role, permissions } => drop(self.custom.insert(role, permissions.into_iter().collect())),
            E::RoleDropped { role } => drop(self.custom.remove(&role)),
            E::SecondFactorRuled { required } => self.requires_factor = required,
        }
    }

    fn publish(&self, event: &WorkspaceEvent) -> Option<IdentityFact> {
        use WorkspaceEvent as E;
        Some(match event.clone() {
            E::WorkspaceCreated { workspace, name } => IdentityFact::WorkspaceCreated { workspace, name },
            E::WorkspaceRenamed { name } => IdentityFact::WorkspaceRenamed { name },
            E::WorkspaceArchived => IdentityFact::WorkspaceArchived,
            E::MemberAdded { user, role } => IdentityFact::MemberAdded { user, role },
            E::RoleChanged { user, role } => IdentityFact::RoleChanged { user, role },
            E::MemberRemoved { user } => IdentityFact::MemberRemoved { user },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;
