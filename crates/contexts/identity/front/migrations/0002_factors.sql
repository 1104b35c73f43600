ALTER TABLE identity_sessions ADD COLUMN strong BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE identity_challenges (
    workspace_id UUID NOT NULL,
    challenge_id UUID NOT NULL,
    purpose TEXT NOT NULL,
    about UUID NOT NULL,
    state BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, challenge_id));

CREATE INDEX identity_challenges_end ON identity_challenges (workspace_id, expires_at);

CREATE TABLE identity_factor_uses (
    workspace_id UUID NOT NULL,
    factor_id UUID NOT NULL,
    user_id UUID NOT NULL,
    mark BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, factor_id));

CREATE INDEX identity_factor_uses_user ON identity_factor_uses (workspace_id, user_id);
