\set n random(1, COUNT)
SELECT id FROM bench_cases WHERE n = :n \gset
\set seq random(100, 2000000000)
WITH
read_case AS (SELECT * FROM applications WHERE id = :id),
read_endorsements AS (SELECT count(from_stage) AS c FROM events WHERE application_id = :id AND action = 'endorse'),
read_findings AS (SELECT count(*) AS c FROM findings WHERE application_id = :id),
read_evidence AS (SELECT count(*) AS c FROM evidence WHERE application_id = :id AND removed_at IS NULL),
new_event AS (INSERT INTO events (application_id, seq, at, actor_kind, action, from_state, to_state, from_stage, facts, previous_hash, hash) VALUES (:id, :seq, now(), 'client', 'endorse', 'in_review', 'approved', 'decision', '{"authorization":"CNKZ-K498-SM2E-DGSM"}', decode(repeat('ab', 32), 'hex'), decode(repeat('cd', 32), 'hex'))),
updated_case AS (UPDATE applications SET state = 'approved', stage = NULL, place = 'taken', version = version + 1, event_seq = :seq, event_hash = decode(repeat('cd', 32), 'hex'), updated_at = now(), due_at = now(), decided_at = now() WHERE id = :id),
new_authorization AS (INSERT INTO authorizations (number, application_id, state, valid_from, valid_until, issued_at) VALUES (gen_random_uuid()::text, :id, 'valid', current_date, current_date, now())),
new_notification AS (INSERT INTO notifications (id, application_id, event_seq, message, language, recipient_sealed, contents_sealed, state, attempts, next_attempt_at, created_at) VALUES (gen_random_uuid(), :id, :seq, 'approved', 'en', decode(repeat('ab', 60), 'hex'), decode(repeat('ab', 900), 'hex'), 'pending', 0, now(), now())),
new_ledger_entry AS (INSERT INTO quota_entries (application_id, event_seq, batch_id, at, movement, held_delta, taken_delta, direction, category, sponsor) VALUES (:id, :seq, BATCH, now(), 'take', 0, 1, 'CN-KZ', 'technical', 'steppe')),
updated_limit AS (UPDATE batch_limits SET taken = taken + 1 WHERE batch_id = BATCH AND dimension = 'direction' AND key = 'CN-KZ' AND held + taken + 1 <= capacity),
updated_batch AS (UPDATE batches SET taken = taken + 1 WHERE id = BATCH AND held + taken + 1 <= capacity)
SELECT read_case.*, read_endorsements.c, read_findings.c, read_evidence.c FROM read_case, read_endorsements, read_findings, read_evidence;
