CREATE TABLE gateway_answers (
    workspace_id UUID NOT NULL,
    key BYTEA NOT NULL,
    fingerprint BYTEA NOT NULL,
    holder UUID NOT NULL,
    held_until BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    key_version BIGINT,
    answer BYTEA,
    PRIMARY KEY (workspace_id, key));

CREATE INDEX gateway_answers_age ON gateway_answers (expires_at);
