//! Ids that secrets carry.

use kernel::typed_id;

typed_id!(
    /// One session: a sign-in and all that followed from it.
    SessionId
);

typed_id!(
    /// One invitation.
    InvitationId
);
