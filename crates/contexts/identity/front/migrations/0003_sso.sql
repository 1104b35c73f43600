CREATE TABLE identity_sso_attempts (
    workspace_id UUID NOT NULL,
    state BYTEA NOT NULL,
    verifier BYTEA NOT NULL,
    provider TEXT NOT NULL,
    workspace TEXT,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, state));

CREATE INDEX identity_sso_attempts_expiry ON identity_sso_attempts (workspace_id, expires_at);
