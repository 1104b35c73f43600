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

typed_id!(
    /// One passkey of an account.
    PasskeyId
);

typed_id!(
    /// One shared secret of an account and an authenticator.
    TotpId
);

typed_id!(
    /// One question to an authenticator, answered once.
    ChallengeId
);
