//! The tables, as a list of steps: step *n* takes a database of version *n* to version *n + 1*.
//!
//! A released step is never edited; a change of the tables is a new step. Times are nanoseconds since
//! the epoch, UTC. Names that the services compare without case are `COLLATE NOCASE`.

/// What makes a file ours: `PRAGMA application_id`, the letters `IMMS`.
pub(super) const APPLICATION_ID: i32 = 0x494d_4d53;

/// Every step from an empty file to today's tables.
pub(super) const STEPS: &[&str] = &[BASE, LENIENT];

const BASE: &str = "
CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE quotas (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- `remaining` NULL: until it is removed.
CREATE TABLE faults (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    action TEXT NOT NULL,
    kind TEXT NOT NULL,
    amount INTEGER,
    remaining INTEGER
) STRICT;

CREATE TABLE nonces (
    scope TEXT NOT NULL,
    nonce TEXT NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (scope, nonce)
) STRICT, WITHOUT ROWID;
CREATE INDEX nonces_by_expiry ON nonces (expires);

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE,
    display_name TEXT NOT NULL,
    comments TEXT NOT NULL,
    email TEXT NOT NULL,
    mobile_phone TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL
) STRICT;

CREATE TABLE groups (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE,
    comments TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL
) STRICT;

CREATE TABLE memberships (
    group_id TEXT NOT NULL REFERENCES groups (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    joined INTEGER NOT NULL,
    PRIMARY KEY (group_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_by_user ON memberships (user_id);

-- `user_id` NULL: a key of the account itself.
CREATE TABLE access_keys (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT REFERENCES users (id),
    secret TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('Active', 'Inactive')),
    created INTEGER NOT NULL
) STRICT;
CREATE INDEX access_keys_by_user ON access_keys (user_id);

-- `visible`: reads do not show the row before this time.
CREATE TABLE roles (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE,
    document TEXT NOT NULL,
    description TEXT NOT NULL,
    max_session INTEGER NOT NULL,
    console_login INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    visible INTEGER NOT NULL
) STRICT;

-- `next_version` is the number that the next version gets; numbers are never used twice.
CREATE TABLE policies (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('System', 'Custom')),
    name TEXT NOT NULL COLLATE NOCASE,
    description TEXT NOT NULL,
    default_version INTEGER NOT NULL,
    next_version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    visible INTEGER NOT NULL,
    UNIQUE (kind, name)
) STRICT;
CREATE INDEX policies_by_name ON policies (name, kind);

CREATE TABLE policy_versions (
    policy_id INTEGER NOT NULL REFERENCES policies (id),
    number INTEGER NOT NULL,
    document TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (policy_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE attachments (
    entity_kind TEXT NOT NULL CHECK (entity_kind IN ('User', 'Group', 'Role')),
    entity_id TEXT NOT NULL,
    policy_id INTEGER NOT NULL REFERENCES policies (id),
    attached INTEGER NOT NULL,
    visible INTEGER NOT NULL,
    PRIMARY KEY (entity_kind, entity_id, policy_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachments_by_policy ON attachments (policy_id, entity_kind);

-- `owner` is a role's id, a policy's number or a project's number, as text.
CREATE TABLE tags (
    kind TEXT NOT NULL CHECK (kind IN ('role', 'policy', 'project')),
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (kind, owner, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    access_key_id TEXT NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL,
    token TEXT NOT NULL,
    role_id TEXT NOT NULL,
    name TEXT NOT NULL,
    policy TEXT,
    source_identity TEXT,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_expiry ON sessions (expires);

-- `shown`: the values that reads still show, as JSON, until `effective`.
CREATE TABLE projects (
    id INTEGER PRIMARY KEY,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    service_role TEXT NOT NULL,
    template_id TEXT NOT NULL,
    max_datasets INTEGER NOT NULL,
    max_bindings INTEGER NOT NULL,
    max_files INTEGER NOT NULL,
    max_entities INTEGER NOT NULL,
    max_relations INTEGER NOT NULL,
    max_total_size INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    visible INTEGER NOT NULL,
    shown TEXT,
    effective INTEGER NOT NULL,
    UNIQUE (region, name)
) STRICT;

CREATE TABLE datasets (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    template_id TEXT NOT NULL,
    max_bindings INTEGER NOT NULL,
    max_files INTEGER NOT NULL,
    max_entities INTEGER NOT NULL,
    max_relations INTEGER NOT NULL,
    max_total_size INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    UNIQUE (project_id, name)
) STRICT;

CREATE TABLE bindings (
    dataset_id INTEGER NOT NULL REFERENCES datasets (id),
    uri TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (dataset_id, uri)
) STRICT, WITHOUT ROWID;

CREATE TABLE attached_buckets (
    region TEXT NOT NULL,
    bucket TEXT NOT NULL,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    description TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (region, bucket)
) STRICT, WITHOUT ROWID;
CREATE INDEX attached_buckets_by_project ON attached_buckets (project_id, bucket);

-- Triggers and batches. `state` is the one that `since` began; later ones follow from the clock.
CREATE TABLE ingestions (
    project_id INTEGER NOT NULL REFERENCES projects (id),
    kind TEXT NOT NULL CHECK (kind IN ('Trigger', 'Batch')),
    id TEXT NOT NULL,
    input TEXT NOT NULL,
    actions TEXT NOT NULL,
    notification TEXT,
    tags TEXT,
    service_role TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('Ready', 'Running', 'Suspended', 'Failed')),
    since INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    PRIMARY KEY (project_id, kind, id)
) STRICT, WITHOUT ROWID;
";

const LENIENT: &str = "
-- The checks that are left out.
CREATE TABLE lenient (
    name TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
";
