-- The schema as version 1 had it, and a few rows. Never edit: old stores look like this.
-- $id, $text, $number, $clustered and $plain are spelled as the engine wants them.
CREATE TABLE meta (name $text NOT NULL PRIMARY KEY, value $number NOT NULL) $clustered;
INSERT INTO meta (name, value) VALUES ('schema', 1);
CREATE TABLE proofs (
  address $text NOT NULL CHECK (address <> ''),
  account $text NOT NULL CHECK (account <> ''),
  since $number NOT NULL,
  source $text NOT NULL,
  reference $text NOT NULL,
  PRIMARY KEY (address, account)) $clustered;
CREATE INDEX proofs_by_account ON proofs (account, address);
CREATE TABLE marks (
  address $text NOT NULL PRIMARY KEY,
  released $number,
  dispute $number,
  disputed $number,
  dispute_reference $text NOT NULL,
  dispute_detail $text NOT NULL,
  CHECK ((dispute IS NULL) = (disputed IS NULL)),
  CHECK (released IS NOT NULL OR dispute IS NOT NULL)) $clustered;
CREATE INDEX marks_disputed ON marks (disputed) WHERE dispute IS NOT NULL;
CREATE TABLE changes (
  id $id,
  address $text NOT NULL CHECK (address <> ''),
  from_account $text NOT NULL,
  to_account $text NOT NULL,
  reference $text NOT NULL,
  announced_by $text NOT NULL,
  announced $number NOT NULL,
  valid_until $number NOT NULL,
  state $number NOT NULL,
  settled $number) $plain;
CREATE INDEX changes_by_address ON changes (address);
CREATE INDEX changes_by_state ON changes (state, valid_until);
CREATE TABLE grants (
  account $text NOT NULL CHECK (account <> ''),
  target $text NOT NULL CHECK (target <> ''),
  reference $text NOT NULL,
  granted_by $text NOT NULL,
  since $number NOT NULL,
  ends $number,
  PRIMARY KEY (account, target)) $clustered;
CREATE TABLE locks (
  account $text NOT NULL CHECK (account <> ''),
  scope $number NOT NULL,
  reason $text NOT NULL,
  reference $text NOT NULL,
  locked_by $text NOT NULL,
  since $number NOT NULL,
  ends $number,
  PRIMARY KEY (account, scope)) $clustered;
CREATE TABLE flows (
  token $text NOT NULL PRIMARY KEY,
  expires $number NOT NULL) $clustered;
CREATE TABLE flow_steps (
  id $id,
  token $text NOT NULL REFERENCES flows (token) ON DELETE CASCADE,
  notice $text NOT NULL,
  account $text NOT NULL,
  address $text NOT NULL,
  happened $number NOT NULL) $plain;
CREATE INDEX flow_steps_by_token ON flow_steps (token);
CREATE INDEX flow_steps_by_account ON flow_steps (account);
CREATE INDEX flows_by_end ON flows (expires);
CREATE TABLE fan_in (
  mailbox $text NOT NULL,
  account $text NOT NULL,
  notice $text NOT NULL,
  happened $number NOT NULL,
  PRIMARY KEY (mailbox, account, notice)) $clustered;
CREATE INDEX fan_in_by_notice ON fan_in (notice, happened);
CREATE INDEX fan_in_by_account ON fan_in (account);
CREATE TABLE alarms (
  scope $text NOT NULL,
  account $text NOT NULL,
  happened $number NOT NULL,
  PRIMARY KEY (scope, account)) $clustered;
CREATE TABLE breakers (
  scope $text NOT NULL PRIMARY KEY,
  opened $number NOT NULL,
  ends $number,
  reason $text NOT NULL,
  reference $text NOT NULL,
  opened_by $text NOT NULL) $clustered;
CREATE TABLE incidents (
  reference $text NOT NULL PRIMARY KEY,
  happened $number NOT NULL,
  kind $text NOT NULL,
  action $text NOT NULL,
  gateway $text NOT NULL,
  queue_id $text NOT NULL,
  account $text NOT NULL,
  client $text NOT NULL,
  sender $text NOT NULL,
  recipients $text NOT NULL,
  reasons $text NOT NULL,
  summary $text NOT NULL,
  state $text NOT NULL,
  settled $number,
  settled_by $text NOT NULL,
  settled_reference $text NOT NULL,
  settled_why $text NOT NULL) $plain;
CREATE INDEX incidents_by_time ON incidents (happened);
CREATE INDEX incidents_by_queue_id ON incidents (queue_id);
CREATE INDEX incidents_by_account ON incidents (account);
CREATE TABLE history (
  id $id,
  kind $text NOT NULL,
  address $text NOT NULL,
  accounts $text NOT NULL,
  who $text NOT NULL,
  happened $number NOT NULL,
  reference $text NOT NULL,
  why $text NOT NULL,
  was $text NOT NULL,
  became $text NOT NULL) $plain;
CREATE INDEX history_by_address ON history (address, id);
CREATE INDEX history_by_time ON history (happened);
CREATE TABLE history_accounts (
  account $text NOT NULL,
  id $number NOT NULL REFERENCES history (id) ON DELETE CASCADE,
  PRIMARY KEY (account, id)) $clustered;
CREATE INDEX history_accounts_by_id ON history_accounts (id);
INSERT INTO proofs (address, account, since, source, reference) VALUES
  ('a@x', 'anna', 1000000, 'mail', 'OLD-1'), ('b@x', 'bert', 2000000, 'import', '');
INSERT INTO marks (address, released, dispute, disputed, dispute_reference, dispute_detail) VALUES
  ('a@x', NULL, 2, 3000000, 'W-1', 'two accounts in one flow');
INSERT INTO locks (account, scope, reason, reference, locked_by, since, ends) VALUES
  ('bert', 0, 'old lock', '', 'uid 0', 1, NULL);
INSERT INTO history (kind, address, accounts, who, happened, reference, why, was, became) VALUES
  ('enrol', 'a@x', 'anna', 'mail', 1000000, 'OLD-1', '', '', 'anna');
INSERT INTO history_accounts (account, id) VALUES ('anna', 1);
