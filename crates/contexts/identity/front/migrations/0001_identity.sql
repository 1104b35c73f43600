CREATE TABLE identity_sessions (
    workspace_id UUID NOT NULL,
    session_id UUID NOT NULL,
    user_id UUID NOT NULL,
    workspace UUID NOT NULL,
    seed BYTEA NOT NULL,
    generation BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    device BYTEA NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (workspace_id, session_id));

CREATE INDEX identity_sessions_user ON identity_sessions (workspace_id, user_id, created_at);

CREATE TABLE identity_links (
    workspace_id UUID NOT NULL,
    hash BYTEA NOT NULL,
    purpose TEXT NOT NULL,
    about UUID NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, hash));

CREATE TABLE identity_signing_keys (
    workspace_id UUID NOT NULL,
    kid UUID NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, kid));

CREATE TABLE identity_key_uses (
    workspace_id UUID NOT NULL,
    key_id UUID NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, key_id));
