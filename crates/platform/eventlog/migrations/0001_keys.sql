CREATE TABLE key_workspaces (
    workspace_id UUID NOT NULL,
    version BIGINT NOT NULL,
    master BYTEA NOT NULL,
    wrapped BYTEA NOT NULL,
    PRIMARY KEY (workspace_id, version));

CREATE TABLE key_subjects (
    workspace_id UUID NOT NULL,
    subject_id UUID NOT NULL,
    version BIGINT NOT NULL,
    wrapped_by BIGINT NOT NULL,
    wrapped BYTEA,
    PRIMARY KEY (workspace_id, subject_id));
