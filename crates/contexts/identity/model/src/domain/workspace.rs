//! One workspace: its name, members, invitations and own roles.
//!
//! Invariants
//! - a workspace that exists has an owner, always;
//! - nobody gives, changes or takes away a role that may more than they may themselves;
//! - an invitation is used once, in time, and only by who holds its secret; an archived workspace stays as it is.

mod event;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use contracts::identity::IdentityFact;
use kernel::{Aggregate, Permission, Personal, Timestamp, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::InvitationId;

use super::{
    Refusal,
    roles::{self, ADMIN, OWNER},
};

pub use event::WorkspaceEvent;

/// What is known of an open invitation.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Invited {
    role: String,
    hash: String,
    expires_at: i64,
}

/// An invitation to be made.
pub struct NewInvitation {
    /// Its id, which is the subject that `email` is sealed under.
    pub invitation: InvitationId,
    /// Who is invited.
    pub email: Personal<String>,
    /// What they will be.
    pub role: String,
    /// SHA-256 of the secret, in hexadecimal digits.
    pub hash: String,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// A workspace as its events tell it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Workspace {
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
    pub fn create(&self, workspace: WorkspaceId, name: String) -> Vec<WorkspaceEvent> {
        if self.id.is_none() { vec![WorkspaceEvent::WorkspaceCreated { workspace, name }] } else { vec![] }
    }

    /// Calls it otherwise; its own name changes nothing.
    ///
    /// # Errors
    /// [`Refusal::Archived`], [`Refusal::NoSuchWorkspace`].
    pub fn rename(&self, name: String) -> Decided {
        self.open()?;
        Ok(if self.name == name { vec![] } else { vec![WorkspaceEvent::WorkspaceRenamed { name }] })
    }

    /// Closes it for good; one that is closed or not there stays so.
    pub fn archive(&self) -> Vec<WorkspaceEvent> {
        if self.open().is_ok() { vec![WorkspaceEvent::WorkspaceArchived] } else { vec![] }
    }

    /// By somebody who holds `authority`.
    ///
    /// # Errors
    /// [`Refusal::Archived`], [`Refusal::NoSuchWorkspace`], [`Refusal::AlreadyMember`], [`Refusal::NoSuchRole`], [`Refusal::BeyondAuthority`].
    pub fn add_member(&self, user: UserId, role: String, authority: &[Permission]) -> Decided {
        self.open()?;
        self.within(&role, authority)?;
        if self.members.contains_key(&user) {
            return Err(Refusal::AlreadyMember);
        }
        Ok(vec![WorkspaceEvent::MemberAdded { user, role }])
    }

    /// Gives a member another role, by somebody who may as much as both.
    ///
    /// # Errors
    /// [`Refusal::Archived`], [`Refusal::NoSuchWorkspace`], [`Refusal::NoSuchMember`], [`Refusal::NoSuchRole`], [`Refusal::BeyondAuthority`], [`Refusal::LastOwner`].
    pub fn change_role(&self, user: UserId, role: String, authority: &[Permission]) -> Decided {
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

    /// Ends a membership, by somebody who may as much.
    ///
    /// # Errors
    /// [`Refusal::Archived`], [`Refusal::NoSuchWorkspace`], [`Refusal::NoSuchMember`], [`Refusal::NoSuchRole`], [`Refusal::BeyondAuthority`], [`Refusal::LastOwner`].
    pub fn remove_member(&self, user: UserId, authority: &[Permission]) -> Decided {
        self.open()?;
        let present = self.members.get(&user).ok_or(Refusal::NoSuchMember)?;
        self.within(present, authority)?;
        self.keep_an_owner(user)?;
        Ok(vec![WorkspaceEvent::MemberRemoved { user }])
    }

    /// One owner makes another member one, and is an administrator from then on.
    ///
    /// # Errors
    /// [`Refusal::Archived`], [`Refusal::NoSuchWorkspace`], [`Refusal::BeyondAuthority`] from who is no owner, [`Refusal::NoSuchMember`].
    pub fn transfer_ownership(&self, from: UserId, to: UserId) -> Decided {
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

    /// Rules whether its sessions need a second factor.
    ///
    /// # Errors
    /// [`Refusal::Archived`], [`Refusal::NoSuchWorkspace`].
    pub fn rule_second_factor(&self, required: bool) -> Decided {
        self.open()?;
        let changes = self.requires_factor != required;
        Ok(changes.then_some(WorkspaceEvent::SecondFactorRuled { required }).into_iter().collect())
    }

    /// Whether its sessions need a second factor.
    pub fn requires_factor(&self) -> bool {
        self.requires_factor
    }

    /// Invites somebody to a role, by somebody who may as much.
    ///
    /// # Errors
    /// [`Refusal::Archived`], [`Refusal::NoSuchWorkspace`], [`Refusal::NoSuchRole`], [`Refusal::BeyondAuthority`].
    pub fn invite(&self, new: NewInvitation, authority: &[Permission]) -> Decided {
        self.open()?;
        self.within(&new.role, authority)?;
        let NewInvitation { invitation, email, role, hash, expires_at } = new;
        Ok(vec![WorkspaceEvent::MemberInvited { invitation, email, role, hash, expires_at: expires_at.0 }])
    }

    /// Who holds the secret joins; a member who has an invitation too stays what they are.
    ///
    /// # Errors
    /// [`Refusal::Archived`], [`Refusal::NoSuchWorkspace`], [`Refusal::BadInvitation`].
    pub fn accept(&self, (invitation, hash): (InvitationId, &str), user: UserId, now: Timestamp) -> Decided {
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

    /// Ends an invitation that was not used.
    ///
    /// # Errors
    /// [`Refusal::Archived`], [`Refusal::NoSuchWorkspace`], [`Refusal::BadInvitation`].
    pub fn revoke_invitation(&self, invitation: InvitationId) -> Decided {
        self.open()?;
        if !self.invited.contains_key(&invitation) {
            return Err(Refusal::BadInvitation);
        }
        Ok(vec![WorkspaceEvent::InvitationRevoked { invitation }])
    }

    /// Makes a role of its own, or gives it another meaning; within what the giver may.
    ///
    /// # Errors
    /// [`Refusal::Archived`], [`Refusal::NoSuchWorkspace`], [`Refusal::BuiltInRole`], [`Refusal::BeyondAuthority`].
    pub fn define_role(&self, role: String, may: &[Permission], authority: &[Permission]) -> Decided {
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

    /// Removes a role that was made here and that nobody has or is invited to.
    ///
    /// # Errors
    /// [`Refusal::Archived`], [`Refusal::NoSuchWorkspace`], [`Refusal::BuiltInRole`], [`Refusal::NoSuchRole`],
    /// [`Refusal::RoleInUse`].
    pub fn drop_role(&self, role: String) -> Decided {
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
    ///
    /// # Errors
    /// [`Refusal::NoSuchRole`], [`Refusal::BeyondAuthority`].
    pub fn within(&self, role: &str, authority: &[Permission]) -> Result<(), Refusal> {
        let may = self.permissions(role).ok_or_else(|| Refusal::NoSuchRole { role: role.to_owned() })?;
        if may.iter().all(|each| authority.contains(each)) { Ok(()) } else { Err(Refusal::BeyondAuthority) }
    }

    /// What a role may here.
    pub fn permissions(&self, role: &str) -> Option<Vec<Permission>> {
        roles::built_in(role).or_else(|| {
            let names = self.custom.get(role)?;
            Some(names.iter().filter_map(|name| roles::permission(name)).collect())
        })
    }

    /// The role of a member; `None` for somebody who is none.
    pub fn role_of(&self, user: UserId) -> Option<&str> {
        self.members.get(&user).map(String::as_str)
    }

    /// Names of the roles that were made here.
    pub fn own_roles(&self) -> impl Iterator<Item = &str> {
        self.custom.keys().map(String::as_str)
    }

    /// What it is called; empty before it is there.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it was created; an archived one was.
    pub fn exists(&self) -> bool {
        self.id.is_some()
    }

    /// Whether it is closed for good.
    pub fn is_archived(&self) -> bool {
        self.archived
    }

    /// Whether somebody owns it; only a new one has nobody.
    pub fn has_owner(&self) -> bool {
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
